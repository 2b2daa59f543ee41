/* One connection of the server: reading heads, writing whatever the handler wants. */
#include "http_private.h"

#include "shared/alloc.h"

#include <kube/base/buf.h>
#include <openssl/err.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { HEAD_BYTES = 32 * 1024, TEXT_BYTES = 1 << 20, RECORD_BYTES = 16 * 1024, METHOD_BYTES = 16 };

/* A request and the memory it stands in. */
typedef struct reading {
    char buf[HEAD_BYTES];
    size_t have;
    char head[HEAD_BYTES + 1];
    char method[METHOD_BYTES];
    char target[HEAD_BYTES];
} reading;

/* False when the server is being stopped first. */
static bool wait_readable(const kube_testing_connection *c)
{
    struct pollfd p[2] = { { c->fd, POLLIN, 0 }, { c->server->stop_fd, POLLIN, 0 } };
    int n;

    if (c->ssl != NULL && SSL_pending(c->ssl) > 0)
        return true;
    do
        n = poll(p, 2, -1);
    while (n < 0 && errno == EINTR);
    return n > 0 && p[1].revents == 0;
}

static int read_some(kube_testing_connection *c, char *buf, size_t size)
{
    if (!wait_readable(c))
        return -1;
    return c->ssl != NULL ? SSL_read(c->ssl, buf, (int)size) : (int)recv(c->fd, buf, size, 0);
}

bool kube_testing_connection_write(kube_testing_connection *c, const void *data, size_t len)
{
    const char *p = data;

    c->wrote = true;
    while (c->open && len > 0) {
        size_t piece = len < RECORD_BYTES ? len : RECORD_BYTES;
        int n = c->ssl != NULL ? SSL_write(c->ssl, p, (int)piece) : (int)send(c->fd, p, piece, MSG_NOSIGNAL);

        if (n <= 0) {
            c->open = false;
        } else {
            p += n;
            len -= (size_t)n;
        }
    }
    return c->open;
}

bool kube_testing_connection_writef(kube_testing_connection *c, const char *format, ...)
{
    kube_buf text = KUBE_BUF_INIT(TEXT_BYTES);
    va_list args;

    va_start(args, format);
    kube_buf_append_v(&text, format, args);
    va_end(args);
    if (kube_buf_status(&text, NULL) != KUBE_OK)
        c->open = false; /* the peer learns of it as of any other broken answer */
    kube_testing_connection_write(c, text.data, text.len);
    kube_buf_clear(&text);
    return c->open;
}

bool kube_testing_connection_reply(kube_testing_connection *c, int status, const char *headers, const char *body)
{
    /* In one piece: two small writes in a row wait for the peer's delayed acknowledgement. */
    return kube_testing_connection_writef(c, "HTTP/1.1 %d Whatever\r\n%sContent-Length: %zu\r\n\r\n%s", status,
                                          headers != NULL ? headers : "", strlen(body), body);
}

void kube_testing_connection_close(kube_testing_connection *c)
{
    if (!c->open)
        return; /* a reset must not become an orderly end */
    if (c->ssl != NULL)
        SSL_shutdown(c->ssl);
    shutdown(c->fd, SHUT_WR);
    c->open = false;
}

void kube_testing_connection_reset(kube_testing_connection *c)
{
    struct linger linger = { 1, 0 };

    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    if (c->ssl != NULL)
        SSL_set_quiet_shutdown(c->ssl, 1);
    c->open = false;
    c->reset = true;
}

/* Until the time is over, the peer gone, or the server being stopped. */
static bool hold(const kube_testing_connection *c, int ms)
{
    struct pollfd p[2] = { { c->fd, POLLRDHUP, 0 }, { c->server->stop_fd, POLLIN, 0 } };
    int n;

    do
        n = poll(p, 2, ms);
    while (n < 0 && errno == EINTR);
    return n == 0;
}

bool kube_testing_connection_hold(kube_testing_connection *c, uint32_t ms)
{
    return hold(c, ms < INT32_MAX ? (int)ms : INT32_MAX);
}

bool kube_testing_request_header(const kube_testing_request *request, const char *name, char *value, size_t size)
{
    size_t len = strlen(name);

    value[0] = '\0';
    for (const char *line = strstr(request->head, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, len) == 0 && line[2 + len] == ':') {
            const char *start = line + 2 + len + 1;

            start += strspn(start, " ");
            snprintf(value, size, "%.*s", (int)strcspn(start, "\r"), start);
            return true;
        }
    }
    return false;
}

/* A word of the request line, up to a blank. */
static const char *take_word(const char *line, char *word, size_t size)
{
    size_t len = strcspn(line, " \r\n");

    if (len == 0 || len >= size)
        return NULL;
    memcpy(word, line, len);
    word[len] = '\0';
    return line + len + strspn(line + len, " ");
}

/* One head. False when the connection is over, or what came is no request. */
static bool read_request(kube_testing_connection *c, reading *r)
{
    const char *end, *rest;
    size_t len;

    while ((end = memmem(r->buf, r->have, "\r\n\r\n", 4)) == NULL) {
        int n = r->have < sizeof r->buf ? read_some(c, r->buf + r->have, sizeof r->buf - r->have) : -1;

        if (n <= 0)
            return false;
        r->have += (size_t)n;
    }
    len = (size_t)(end - r->buf) + 4;
    memcpy(r->head, r->buf, len);
    r->head[len] = '\0';
    r->have -= len;
    memmove(r->buf, r->buf + len, r->have);
    rest = take_word(r->head, r->method, sizeof r->method);
    return rest != NULL && take_word(rest, r->target, sizeof r->target) != NULL;
}

static void serve(kube_testing_connection *c)
{
    kube_testing_http_server *server = c->server;
    kube_testing_request request = { .connection = c->number };
    reading *r = NULL;

    if (KUBE__NEW(r) == NULL)
        return;
    request.method = r->method;
    request.target = r->target;
    request.head = r->head;
    request.resumed = c->ssl != NULL && SSL_session_reused(c->ssl) == 1;
    while (c->open && read_request(c, r)) {
        request.number = kube__testing_http_server_next_request(server);
        c->wrote = false;
        server->options.handler(server->options.user, c, &request);
        if (!c->wrote)
            break;
    }
    kube__free(r);
}

static bool shake_hands(kube_testing_connection *c)
{
    c->ssl = SSL_new(c->server->ssl_ctx);
    return c->ssl != NULL && SSL_set_fd(c->ssl, c->fd) == 1 && wait_readable(c) && SSL_accept(c->ssl) == 1;
}

void kube__testing_connection_run(kube_testing_connection *c)
{
    bool ok = c->admitted;

    if (!ok)
        (void)hold(c, -1);
    if (ok && c->server->ssl_ctx != NULL)
        ok = shake_hands(c);
    if (ok)
        serve(c);
    if (c->ssl != NULL) {
        if (ok && c->open)
            SSL_shutdown(c->ssl);
        SSL_free(c->ssl);
    }
    ERR_clear_error();
}
