#include "stub_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int raw_connect(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct timeval patience = { 60, 0 };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

void raw_send(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

ssize_t raw_recv(int fd, char *bytes, size_t size)
{
    ssize_t n;

    do
        n = recv(fd, bytes, size, 0); /* one with a time limit is not begun again by the kernel */
    while (n < 0 && errno == EINTR);
    return n;
}

reply raw_read(int fd, size_t max_bytes)
{
    reply r = { .status = 0 };
    char *bytes = malloc(max_bytes + 1), *end;
    ssize_t n = 1;

    assert_non_null(bytes);
    while (n > 0 && r.len < max_bytes) {
        n = raw_recv(fd, bytes + r.len, max_bytes - r.len);
        if (n > 0)
            r.len += (size_t)n;
    }
    r.reset = n < 0 && errno == ECONNRESET;
    r.closed = n == 0 || r.reset;
    bytes[r.len] = '\0';
    end = strstr(bytes, "\r\n\r\n");
    if (end != NULL && sscanf(bytes, "HTTP/1.1 %d", &r.status) == 1) {
        snprintf(r.head, sizeof r.head, "%.*s", (int)(end + 2 - bytes), bytes);
        r.body_len = r.len - (size_t)(end + 4 - bytes);
        memmove(bytes, end + 4, r.body_len + 1);
    }
    r.body = bytes;
    return r;
}

const char *reply_header(const reply *r, const char *name)
{
    static char value[1024];
    size_t len = strlen(name);

    for (const char *line = strstr(r->head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
            snprintf(value, sizeof value, "%.*s", (int)strcspn(line + len + 2, "\r"), line + len + 2);
            return value;
        }
    }
    return NULL;
}

void reply_clear(reply *r)
{
    free(r->body);
    r->body = NULL;
}

kube_testing_apiserver *stub_start(const char *recording, kube_testing_form form)
{
    kube_testing_apiserver_options opts = KUBE_TESTING_APISERVER_OPTIONS_INIT;
    kube_testing_apiserver *server = NULL;
    kube_error *err = NULL;

    opts.recording = recording;
    opts.form = form;
    opts.plain_http = true;
    if (kube_testing_apiserver_start(&opts, &server, &err) != KUBE_OK)
        fail_msg("%s", kube_error_message(err));
    return server;
}

uint16_t stub_port(const kube_testing_apiserver *server)
{
    return (uint16_t)strtoul(strrchr(kube_testing_apiserver_url(server), ':') + 1, NULL, 10);
}

reply stub_get(const kube_testing_apiserver *server, const char *target, const char *headers)
{
    char text[2048];
    int fd = raw_connect(stub_port(server));
    reply r;

    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: stub\r\nConnection: close\r\n%s\r\n", target,
             headers != NULL ? headers : "");
    raw_send(fd, text);
    r = raw_read(fd, 2 << 20);
    close(fd);
    return r;
}

char *stub_body(const kube_testing_apiserver *server, const char *target, const char *accept, int status)
{
    char header[512];
    reply r;

    snprintf(header, sizeof header, "Accept: %s\r\n", accept);
    r = stub_get(server, target, header);
    if (r.status != status)
        fail_msg("%s was answered with %d: %s", target, r.status, r.body);
    return r.body;
}

char *read_file(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    char *bytes = malloc(1 << 20);

    if (f == NULL || bytes == NULL)
        fail_msg("%s cannot be opened", path);
    *len = fread(bytes, 1, (1 << 20) - 1, f);
    bytes[*len] = '\0';
    fclose(f);
    return bytes;
}
