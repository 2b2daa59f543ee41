#include "http2_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS = 16, HELD = 128, BUFFER_BYTES = 64 * 1024, FRAME_HEAD = 9, PREFACE_BYTES = 24 };
enum { FRAME_DATA = 0, FRAME_HEADERS = 1, FRAME_RST_STREAM = 3, FRAME_SETTINGS = 4, FRAME_PING = 6 };
enum { FLAG_ACK = 1, FLAG_END_STREAM = 1, FLAG_END_HEADERS = 4 };

/* One thread serves all connections, so that no SSL object is used by two. */
typedef struct connection {
    SSL *ssl; /* NULL: free */
    int fd;
    bool greeted;
    unsigned char buf[BUFFER_BYTES];
    size_t have;
    unsigned held[HELD];
    size_t held_count;
} connection;

struct http2_server {
    http2_server_options options;
    SSL_CTX *ctx;
    int listener, wake;
    unsigned port;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    bool stop, release;
    bool deaf; /* connections are refused */
    unsigned to_hold, requests, accepted;
    connection connections[CONNECTIONS]; /* the thread's own */
};

static void require(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "http2_server: %s failed\n", what);
    abort();
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *len, const unsigned char *offered,
                           unsigned offered_len, void *user)
{
    (void)ssl, (void)offered, (void)offered_len, (void)user;
    *out = (const unsigned char *)"h2";
    *len = 2;
    return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *make_ctx(http2_server *server)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    BIO *cert_bio = BIO_new_mem_buf(server->options.cert_pem, -1);
    BIO *key_bio = BIO_new_mem_buf(server->options.key_pem, -1);
    X509 *cert = PEM_read_bio_X509(cert_bio, NULL, NULL, NULL);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(key_bio, NULL, NULL, NULL);

    require(SSL_CTX_use_certificate(ctx, cert) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1, "taking a certificate");
    SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
    X509_free(cert);
    EVP_PKEY_free(key);
    BIO_free(cert_bio);
    BIO_free(key_bio);
    return ctx;
}

static void close_connection(connection *c)
{
    SSL_free(c->ssl);
    close(c->fd);
    memset(c, 0, sizeof *c);
}

static void write_frame(connection *c, unsigned type, unsigned flags, unsigned stream, const void *data, size_t len)
{
    unsigned char frame[FRAME_HEAD + 64] = { 0, 0, (unsigned char)len, (unsigned char)type, (unsigned char)flags };

    for (int i = 0; i < 4; i++)
        frame[5 + i] = (unsigned char)(stream >> (24 - 8 * i));
    if (len != 0)
        memcpy(frame + FRAME_HEAD, data, len);
    SSL_write(c->ssl, frame, (int)(FRAME_HEAD + len)); /* a peer that has gone is met when reading */
}

static void answer(connection *c, unsigned stream)
{
    write_frame(c, FRAME_HEADERS, FLAG_END_HEADERS, stream, "\x88", 1); /* :status 200, of HPACK's table */
    write_frame(c, FRAME_DATA, FLAG_END_STREAM, stream, "ok", 2);
}

static void on_request(http2_server *server, connection *c, unsigned stream)
{
    bool hold;

    pthread_mutex_lock(&server->lock);
    hold = server->to_hold != 0;
    server->to_hold -= hold;
    server->requests++;
    pthread_mutex_unlock(&server->lock);
    require(c->held_count < HELD, "holding so many");
    if (hold)
        c->held[c->held_count++] = stream;
    else
        answer(c, stream);
}

static void on_reset(connection *c, unsigned stream)
{
    for (size_t i = 0; i < c->held_count; i++) {
        if (c->held[i] != stream)
            continue;
        c->held[i] = c->held[--c->held_count];
        return;
    }
}

static void on_frame(http2_server *server, connection *c, const unsigned char *frame, size_t len)
{
    unsigned stream = ((unsigned)frame[5] & 0x7f) << 24 | (unsigned)frame[6] << 16 | (unsigned)frame[7] << 8 | frame[8];

    if (frame[3] == FRAME_HEADERS)
        on_request(server, c, stream);
    else if (frame[3] == FRAME_RST_STREAM)
        on_reset(c, stream);
    else if (frame[3] == FRAME_SETTINGS && (frame[4] & FLAG_ACK) == 0)
        write_frame(c, FRAME_SETTINGS, FLAG_ACK, 0, NULL, 0);
    else if (frame[3] == FRAME_PING && (frame[4] & FLAG_ACK) == 0)
        write_frame(c, FRAME_PING, FLAG_ACK, 0, frame + FRAME_HEAD, len);
}

/* The settings: how many streams there may be. */
static void greet(http2_server *server, connection *c)
{
    const unsigned char max_streams[] = { 0, 3, 0, 0, 0, (unsigned char)server->options.max_streams };

    write_frame(c, FRAME_SETTINGS, 0, 0, max_streams, sizeof max_streams);
    c->greeted = true;
}

static void take_bytes(http2_server *server, connection *c)
{
    size_t at = 0;

    if (!c->greeted && c->have >= PREFACE_BYTES) {
        at = PREFACE_BYTES;
        greet(server, c);
    }
    while (c->greeted && c->have - at >= FRAME_HEAD) {
        const unsigned char *frame = c->buf + at;
        size_t len = (size_t)frame[0] << 16 | (size_t)frame[1] << 8 | frame[2];

        if (c->have - at < FRAME_HEAD + len)
            break;
        on_frame(server, c, frame, len);
        at += FRAME_HEAD + len;
    }
    memmove(c->buf, c->buf + at, c->have - at);
    c->have -= at;
}

static void on_readable(http2_server *server, connection *c)
{
    do {
        int n = SSL_read(c->ssl, c->buf + c->have, (int)(BUFFER_BYTES - c->have));

        if (n <= 0) {
            close_connection(c);
            return;
        }
        c->have += (size_t)n;
        take_bytes(server, c);
    } while (SSL_pending(c->ssl) > 0);
}

static void accept_one(http2_server *server)
{
    int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC), one = 1;
    connection *c = server->connections;

    if (fd < 0)
        return;
    pthread_mutex_lock(&server->lock);
    server->accepted++;
    pthread_mutex_unlock(&server->lock);
    while (c < server->connections + CONNECTIONS && c->ssl != NULL)
        c++;
    require(c < server->connections + CONNECTIONS, "taking so many connections");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    c->fd = fd;
    c->ssl = SSL_new(server->ctx);
    SSL_set_fd(c->ssl, fd);
    if (SSL_accept(c->ssl) != 1)
        close_connection(c);
}

static void release_held(connection *c)
{
    for (size_t i = 0; i < c->held_count; i++)
        answer(c, c->held[i]);
    c->held_count = 0;
}

/* What the test asked for meanwhile. False: to end. */
static bool obey(http2_server *server)
{
    uint64_t count;
    bool stop, release;

    if (read(server->wake, &count, sizeof count) < 0)
        return true;
    pthread_mutex_lock(&server->lock);
    stop = server->stop;
    release = server->release;
    server->release = false;
    pthread_mutex_unlock(&server->lock);
    for (size_t i = 0; i < CONNECTIONS && release; i++)
        release_held(&server->connections[i]);
    return !stop;
}

static bool is_deaf(http2_server *server)
{
    bool deaf;

    pthread_mutex_lock(&server->lock);
    deaf = server->deaf;
    pthread_mutex_unlock(&server->lock);
    return deaf;
}

static void *serve(void *arg)
{
    http2_server *server = arg;
    struct pollfd p[CONNECTIONS + 2];
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    do {
        p[CONNECTIONS] = (struct pollfd){ is_deaf(server) ? -1 : server->listener, POLLIN, 0 };
        p[CONNECTIONS + 1] = (struct pollfd){ server->wake, POLLIN, 0 };
        for (size_t i = 0; i < CONNECTIONS; i++)
            p[i] = (struct pollfd){ server->connections[i].ssl != NULL ? server->connections[i].fd : -1, POLLIN, 0 };
        poll(p, CONNECTIONS + 2, -1);
        for (size_t i = 0; i < CONNECTIONS; i++) {
            if (p[i].revents != 0)
                on_readable(server, &server->connections[i]);
        }
        if (p[CONNECTIONS].revents != 0 && !is_deaf(server))
            accept_one(server);
    } while (p[CONNECTIONS + 1].revents == 0 || obey(server));
    return NULL;
}

static bool listen_on_loopback(http2_server *server)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    struct sockaddr *address = server->options.ipv6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
    socklen_t len = server->options.ipv6 ? sizeof v6 : sizeof v4;

    server->listener = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server->listener < 0 || /* another server may take the port over */
        setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int)) != 0 ||
        bind(server->listener, address, len) != 0 || listen(server->listener, 64) != 0 ||
        getsockname(server->listener, address, &len) != 0)
        return false;
    server->port = ntohs(server->options.ipv6 ? v6.sin6_port : v4.sin_port);
    return true;
}

http2_server *http2_server_start(const http2_server_options *options)
{
    http2_server *server = calloc(1, sizeof *server);

    require(server != NULL, "an allocation");
    server->options = *options;
    if (server->options.max_streams == 0)
        server->options.max_streams = 100;
    if (!listen_on_loopback(server)) {
        if (server->listener >= 0)
            close(server->listener);
        free(server);
        return NULL;
    }
    server->ctx = make_ctx(server);
    server->wake = eventfd(0, EFD_CLOEXEC);
    pthread_mutex_init(&server->lock, NULL);
    require(server->wake >= 0 && pthread_create(&server->thread, NULL, serve, server) == 0, "starting a thread");
    return server;
}

static void command(http2_server *server, bool *flag)
{
    uint64_t one = 1;

    pthread_mutex_lock(&server->lock);
    *flag = true;
    pthread_mutex_unlock(&server->lock);
    require(write(server->wake, &one, sizeof one) == sizeof one, "waking the thread");
}

void http2_server_stop(http2_server *server)
{
    if (server == NULL)
        return;
    command(server, &server->stop);
    pthread_join(server->thread, NULL);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        if (server->connections[i].ssl != NULL)
            close_connection(&server->connections[i]);
    }
    close(server->listener);
    close(server->wake);
    SSL_CTX_free(server->ctx);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

unsigned http2_server_port(const http2_server *server)
{
    return server->port;
}

void http2_server_hold(http2_server *server, unsigned count)
{
    pthread_mutex_lock(&server->lock);
    server->to_hold = count;
    pthread_mutex_unlock(&server->lock);
}

void http2_server_release(http2_server *server)
{
    command(server, &server->release);
}

static unsigned read_locked(http2_server *server, const unsigned *value)
{
    unsigned copy;

    pthread_mutex_lock(&server->lock);
    copy = *value;
    pthread_mutex_unlock(&server->lock);
    return copy;
}

unsigned http2_server_requests(http2_server *server)
{
    return read_locked(server, &server->requests);
}

unsigned http2_server_connections(http2_server *server)
{
    return read_locked(server, &server->accepted);
}

void http2_server_stop_listening(http2_server *server)
{
    command(server, &server->deaf);
    shutdown(server->listener, SHUT_RDWR); /* the kernel refuses from here on */
}
