/* The server: its listener, its threads, and how they end. */
#include "http_private.h"

#include "pki.h"
#include "shared/alloc.h"
#include "shared/options.h"

#include <kube/sys/error.h>
#include <openssl/err.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DEFAULT_BACKLOG = 64 };

unsigned kube__testing_http_server_next_request(kube_testing_http_server *server)
{
    unsigned number;

    pthread_mutex_lock(&server->lock);
    number = ++server->requests;
    pthread_mutex_unlock(&server->lock);
    return number;
}

/* In the server's threads only: whether the library under test keeps SIGPIPE away from a program is to be seen. */
static void block_sigpipe(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void *connection_thread(void *arg)
{
    kube_testing_connection *c = arg;

    block_sigpipe();
    kube__testing_connection_run(c);
    pthread_mutex_lock(&c->server->lock); /* stopping shuts down what is still open */
    if (!c->reset)
        shutdown(c->fd, SHUT_WR);
    close(c->fd);
    c->fd = -1;
    pthread_mutex_unlock(&c->server->lock);
    return NULL;
}

/* Takes a connection whose thread is over out of the list; NULL: there is none. */
static kube_testing_connection *take_finished(kube_testing_http_server *server)
{
    kube_testing_connection *found = NULL;

    pthread_mutex_lock(&server->lock);
    for (kube_testing_connection **at = &server->list; *at != NULL && found == NULL;) {
        if ((*at)->fd < 0) {
            found = *at;
            *at = found->next;
        } else {
            at = &(*at)->next;
        }
    }
    pthread_mutex_unlock(&server->lock);
    return found;
}

static void join_finished(kube_testing_http_server *server)
{
    kube_testing_connection *c;

    while ((c = take_finished(server)) != NULL) {
        pthread_join(c->thread, NULL);
        kube__free(c);
    }
}

/* In the order in which connections were accepted, and outside the lock: the callback may ask the server. */
static bool admits(kube_testing_http_server *server, unsigned number)
{
    const kube_testing_http_server_options *options = &server->options;

    return options->admission == NULL || options->admission(options->user, number);
}

static unsigned next_connection(kube_testing_http_server *server)
{
    unsigned number;

    pthread_mutex_lock(&server->lock);
    number = ++server->connections;
    pthread_mutex_unlock(&server->lock);
    return number;
}

static void accept_one(kube_testing_http_server *server)
{
    kube_testing_connection *c = NULL;
    int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC), one = 1;
    unsigned number;
    bool admitted;

    if (fd < 0)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    number = next_connection(server);
    admitted = admits(server, number);
    pthread_mutex_lock(&server->lock);
    if (KUBE__NEW(c) != NULL) {
        c->server = server;
        c->fd = fd;
        c->open = true;
        c->number = number;
        c->admitted = admitted;
        /* Under the lock, so that the thread is in the list before it can be over. */
        if (pthread_create(&c->thread, NULL, connection_thread, c) == 0) {
            c->next = server->list;
            server->list = c;
            fd = -1;
        }
    }
    pthread_mutex_unlock(&server->lock);
    if (fd >= 0) { /* no memory or no thread: the peer sees a connection that is closed */
        close(fd);
        kube__free(c);
    }
}

static void *accept_thread(void *arg)
{
    kube_testing_http_server *server = arg;
    struct pollfd p[2] = { { server->listener, POLLIN, 0 }, { server->stop_fd, POLLIN, 0 } };

    block_sigpipe();
    do {
        if (poll(p, 2, -1) > 0 && (p[0].revents & POLLIN) != 0)
            accept_one(server);
        join_finished(server);
    } while ((p[1].revents & POLLIN) == 0);
    return NULL;
}

static kube_status make_ssl_ctx(kube_testing_http_server *server, kube_error **err)
{
    const kube_testing_cert *cert = server->options.cert, *ca = server->options.client_ca;

    if (cert->cert == NULL || (ca != NULL && ca->cert == NULL))
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "a test server needs certificates, not only their keys");
    server->ssl_ctx = SSL_CTX_new(TLS_server_method());
    if (server->ssl_ctx == NULL || SSL_CTX_use_certificate(server->ssl_ctx, cert->cert) != 1 ||
        SSL_CTX_use_PrivateKey(server->ssl_ctx, cert->key) != 1) {
        ERR_clear_error();
        return kube_error_set(err, KUBE_ERR_TLS, "a test server's certificate was not taken by OpenSSL");
    }
    if (ca != NULL) {
        SSL_CTX_set_verify(server->ssl_ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        X509_STORE_add_cert(SSL_CTX_get_cert_store(server->ssl_ctx), ca->cert);
        SSL_CTX_set_session_id_context(server->ssl_ctx, (const unsigned char *)"t", 1);
    }
    return KUBE_OK;
}

static kube_status open_sockets(kube_testing_http_server *server, kube_error **err)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(server->options.port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    int backlog = server->options.backlog != 0 ? (int)server->options.backlog : DEFAULT_BACKLOG, one = 1;

    server->stop_fd = eventfd(0, EFD_CLOEXEC);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server->stop_fd < 0 || server->listener < 0)
        return kube_error_set_errno(err, KUBE_ERR_IO, errno, "making the sockets of a test server");
    /* A fixed port is free again as soon as the last server on it is gone. */
    if (server->options.port != 0)
        setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(server->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(server->listener, backlog) != 0 || getsockname(server->listener, (struct sockaddr *)&address, &len) != 0)
        return kube_error_set_errno(err, KUBE_ERR_IO, errno, "listening on 127.0.0.1:%u",
                                    (unsigned)server->options.port);
    server->port = ntohs(address.sin_port);
    return KUBE_OK;
}

kube_status kube_testing_http_server_start(const kube_testing_http_server_options *opts, kube_testing_http_server **out,
                                           kube_error **err)
{
    kube_testing_http_server *server = NULL;
    kube_testing_http_server_options o;
    kube_status st = kube__options_import(&o, sizeof o, opts, sizeof o, "kube_testing_http_server_options", err);
    int error;

    if (st == KUBE_OK && (out == NULL || o.handler == NULL))
        st = kube_error_set(err, KUBE_ERR_INVALID_ARG, "kube_testing_http_server_start: handler or out is missing");
    if (st == KUBE_OK && KUBE__NEW(server) == NULL)
        st = kube_error_no_memory(err);
    if (st != KUBE_OK)
        return st;
    server->options = o;
    server->listener = server->stop_fd = -1;
    pthread_mutex_init(&server->lock, NULL);
    if (o.cert != NULL)
        st = make_ssl_ctx(server, err);
    server->options.cert = server->options.client_ca = NULL;
    if (st == KUBE_OK)
        st = open_sockets(server, err);
    if (st == KUBE_OK) {
        error = pthread_create(&server->thread, NULL, accept_thread, server);
        server->running = error == 0;
        if (error != 0)
            st = kube_error_set_errno(err, KUBE_ERR_IO, error, "making the thread of a test server");
    }
    if (st == KUBE_OK) {
        *out = server;
        server = NULL;
    }
    kube_testing_http_server_stop(server);
    return st;
}

/* A handler may be stuck in a write nobody reads, or in a handshake nobody answers. */
static void shut_down_connections(kube_testing_http_server *server)
{
    pthread_mutex_lock(&server->lock);
    for (kube_testing_connection *c = server->list; c != NULL; c = c->next) {
        if (c->fd >= 0)
            shutdown(c->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&server->lock);
}

void kube_testing_http_server_stop(kube_testing_http_server *server)
{
    if (server == NULL)
        return;
    if (server->running) {
        eventfd_write(server->stop_fd, 1);
        pthread_join(server->thread, NULL);
    }
    shut_down_connections(server);
    while (server->list != NULL) {
        kube_testing_connection *c = server->list;

        server->list = c->next;
        pthread_join(c->thread, NULL);
        kube__free(c);
    }
    if (server->listener >= 0)
        close(server->listener);
    if (server->stop_fd >= 0)
        close(server->stop_fd);
    SSL_CTX_free(server->ssl_ctx);
    pthread_mutex_destroy(&server->lock);
    kube__free(server);
}

uint16_t kube_testing_http_server_port(const kube_testing_http_server *server)
{
    return server->port;
}

unsigned kube_testing_http_server_connection_count(kube_testing_http_server *server)
{
    unsigned n;

    pthread_mutex_lock(&server->lock);
    n = server->connections;
    pthread_mutex_unlock(&server->lock);
    return n;
}

unsigned kube_testing_http_server_request_count(kube_testing_http_server *server)
{
    unsigned n;

    pthread_mutex_lock(&server->lock);
    n = server->requests;
    pthread_mutex_unlock(&server->lock);
    return n;
}
