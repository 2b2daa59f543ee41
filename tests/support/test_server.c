#include "test_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct test_connection {
    test_server     *server;
    test_connection *next;
    pthread_t        thread;
    SSL             *ssl;
    int              fd;
    unsigned         number;
    bool             open;  /* the handler has not closed it */
    bool             wrote; /* during this request */
};

struct test_server {
    test_server_options options;
    SSL_CTX            *ssl_ctx;
    int                 listener, stop_fd;
    uint16_t            port;
    pthread_t           thread;
    pthread_mutex_t     lock; /* guards the counters and the list */
    unsigned            connections, requests;
    test_connection    *list;
};

static void require(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "test_server: %s: %s\n", what, strerror(errno));
    abort();
}

static bool stopping(const test_server *server)
{
    struct pollfd p = { server->stop_fd, POLLIN, 0 };

    return poll(&p, 1, 0) == 1;
}

/* False when the server is being stopped first. */
static bool wait_readable(const test_connection *c)
{
    struct pollfd p[2] = { { c->fd, POLLIN, 0 }, { c->server->stop_fd, POLLIN, 0 } };

    if (c->ssl != NULL && SSL_pending(c->ssl) > 0)
        return true;
    while (poll(p, 2, -1) < 0)
        require(errno == EINTR, "poll");
    return p[1].revents == 0;
}

static int read_some(test_connection *c, char *buf, size_t size)
{
    if (!wait_readable(c))
        return -1;
    return c->ssl != NULL ? SSL_read(c->ssl, buf, (int)size) : (int)recv(c->fd, buf, size, 0);
}

void test_write(test_connection *c, const void *data, size_t len)
{
    const char *p = data;

    c->wrote = true;
    while (c->open && len > 0) {
        int n = c->ssl != NULL ? SSL_write(c->ssl, p, (int)(len < 16384 ? len : 16384))
                               : (int)send(c->fd, p, len, MSG_NOSIGNAL);

        if (n <= 0) {
            c->open = false;
            return;
        }
        p += n;
        len -= (size_t)n;
    }
}

void test_writef(test_connection *c, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    int n;

    va_start(args, format);
    n = vasprintf(&text, format, args);
    va_end(args);
    require(n >= 0, "formatting");
    test_write(c, text, (size_t)n);
    free(text);
}

void test_reply(test_connection *c, int status, const char *headers, const char *body)
{
    /* In one piece: two small writes in a row wait for the peer's delayed acknowledgement. */
    test_writef(c, "HTTP/1.1 %d Whatever\r\n%sContent-Length: %zu\r\n\r\n%s", status, headers != NULL ? headers : "",
                strlen(body), body);
}

void test_close(test_connection *c)
{
    if (c->ssl != NULL)
        SSL_shutdown(c->ssl);
    shutdown(c->fd, SHUT_WR);
    c->open = false;
}

void test_reset(test_connection *c)
{
    struct linger linger = { 1, 0 };

    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    c->open = false;
    if (c->ssl != NULL)
        SSL_set_quiet_shutdown(c->ssl, 1);
}

void test_hold(test_connection *c, unsigned ms)
{
    struct pollfd p = { c->server->stop_fd, POLLIN, 0 };

    while (poll(&p, 1, (int)ms) < 0 && errno == EINTR)
        ;
}

void test_request_header(const test_request *request, const char *name, char *value, size_t size)
{
    const char *line = strstr(request->head, "\r\n");
    size_t len = strlen(name);

    value[0] = '\0';
    while (line != NULL && line[2] != '\0') {
        line += 2;
        if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
            const char *start = line + len + 1, *end;

            start += strspn(start, " ");
            end = strstr(start, "\r\n");
            snprintf(value, size, "%.*s", (int)(end - start), start);
            return;
        }
        line = strstr(line, "\r\n");
    }
}

/* One head. False when the connection is over. */
static bool read_request(test_connection *c, char *buf, size_t size, size_t *have, test_request *request)
{
    char *end;

    while ((end = memmem(buf, *have, "\r\n\r\n", 4)) == NULL) {
        int n = *have < size ? read_some(c, buf + *have, size - *have) : -1;

        if (n <= 0)
            return false;
        *have += (size_t)n;
    }
    end += 4;
    snprintf(request->head, sizeof request->head, "%.*s", (int)(end - buf), buf);
    *have -= (size_t)(end - buf);
    memmove(buf, end, *have);
    return sscanf(request->head, "%15s %4095s", request->method, request->target) == 2;
}

static void serve(test_connection *c)
{
    test_server *server = c->server;
    char *buf = malloc(16384);
    test_request *request = malloc(sizeof *request);
    size_t have = 0;

    require(buf != NULL && request != NULL, "allocating");
    while (c->open && read_request(c, buf, 16384, &have, request)) {
        pthread_mutex_lock(&server->lock);
        request->number = ++server->requests;
        pthread_mutex_unlock(&server->lock);
        request->connection = c->number;
        c->wrote = false;
        server->options.handler(server->options.user, c, request);
        if (!c->wrote)
            break;
    }
    free(request);
    free(buf);
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
    test_connection *c = arg;
    bool ok = true;

    block_sigpipe();
    if (c->server->ssl_ctx != NULL) {
        c->ssl = SSL_new(c->server->ssl_ctx);
        SSL_set_fd(c->ssl, c->fd);
        ok = wait_readable(c) && SSL_accept(c->ssl) == 1;
    }
    if (ok)
        serve(c);
    if (c->ssl != NULL) {
        if (ok && c->open)
            SSL_shutdown(c->ssl);
        SSL_free(c->ssl);
    }
    ERR_clear_error();
    pthread_mutex_lock(&c->server->lock); /* test_server_stop() shuts down what is still open */
    shutdown(c->fd, SHUT_WR);
    close(c->fd);
    c->fd = -1;
    pthread_mutex_unlock(&c->server->lock);
    return NULL;
}

static void accept_one(test_server *server)
{
    test_connection *c = calloc(1, sizeof *c);
    int fd = accept(server->listener, NULL, NULL);

    require(c != NULL, "allocating");
    if (fd < 0) {
        free(c);
        return;
    }
    c->server = server;
    c->fd = fd;
    c->open = true;
    pthread_mutex_lock(&server->lock);
    c->number = ++server->connections;
    c->next = server->list;
    server->list = c;
    pthread_mutex_unlock(&server->lock);
    require(pthread_create(&c->thread, NULL, connection_thread, c) == 0, "making a thread");
}

static void *accept_thread(void *arg)
{
    test_server *server = arg;
    struct pollfd p[2] = { { server->listener, POLLIN, 0 }, { server->stop_fd, POLLIN, 0 } };

    while (!stopping(server)) {
        if (poll(p, 2, -1) > 0 && (p[0].revents & POLLIN))
            accept_one(server);
    }
    return NULL;
}

static SSL_CTX *make_ssl_ctx(const test_server_options *options)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    require(ctx != NULL && SSL_CTX_use_certificate(ctx, options->cert->cert) == 1 &&
                SSL_CTX_use_PrivateKey(ctx, options->cert->key) == 1,
            "setting up TLS");
    if (options->client_ca != NULL) {
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), options->client_ca->cert);
        SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"t", 1);
    }
    return ctx;
}

test_server *test_server_start(const test_server_options *options)
{
    test_server *server = calloc(1, sizeof *server);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;

    require(server != NULL, "allocating");
    server->options = *options;
    pthread_mutex_init(&server->lock, NULL);
    if (options->cert != NULL)
        server->ssl_ctx = make_ssl_ctx(options);
    server->stop_fd = eventfd(0, EFD_CLOEXEC);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    require(server->listener >= 0 && bind(server->listener, (struct sockaddr *)&address, sizeof address) == 0 &&
                listen(server->listener, options->accept_backlog != 0 ? (int)options->accept_backlog : 64) == 0 &&
                getsockname(server->listener, (struct sockaddr *)&address, &len) == 0,
            "listening");
    server->port = ntohs(address.sin_port);
    require(pthread_create(&server->thread, NULL, accept_thread, server) == 0, "making a thread");
    return server;
}

void test_server_stop(test_server *server)
{
    uint64_t one = 1;

    if (server == NULL)
        return;
    require(write(server->stop_fd, &one, sizeof one) == (ssize_t)sizeof one, "stopping");
    pthread_join(server->thread, NULL);
    pthread_mutex_lock(&server->lock);
    for (test_connection *c = server->list; c != NULL; c = c->next) {
        if (c->fd >= 0)
            shutdown(c->fd, SHUT_RDWR); /* a handler may be stuck in a write nobody reads */
    }
    pthread_mutex_unlock(&server->lock);
    while (server->list != NULL) {
        test_connection *c = server->list;

        server->list = c->next;
        pthread_join(c->thread, NULL);
        free(c);
    }
    close(server->listener);
    close(server->stop_fd);
    SSL_CTX_free(server->ssl_ctx);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

uint16_t test_server_port(const test_server *server)
{
    return server->port;
}

unsigned test_server_connections(test_server *server)
{
    unsigned n;

    pthread_mutex_lock(&server->lock);
    n = server->connections;
    pthread_mutex_unlock(&server->lock);
    return n;
}

unsigned test_server_requests(test_server *server)
{
    unsigned n;

    pthread_mutex_lock(&server->lock);
    n = server->requests;
    pthread_mutex_unlock(&server->lock);
    return n;
}
