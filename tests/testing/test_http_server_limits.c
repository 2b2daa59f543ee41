/* The server when the system gives it no more: no descriptor, no thread, and signals in between.
 * Whoever was not served is told by a closed connection, and the next is served. */
#include "stub_fixture.h"

#include <kube/testing/http_server.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void handler(void *user, kube_testing_connection *c, const kube_testing_request *r)
{
    (void)user;
    if (strcmp(r->target, "/large") == 0)
        (void)kube_testing_connection_writef(c, "%*s", 2 << 20, "");
    else if (strcmp(r->target, "/hold") == 0 && !kube_testing_connection_hold(c, 100))
        kube_testing_connection_close(c);
    else
        (void)kube_testing_connection_reply(c, 200, NULL, "ok");
}

static kube_testing_http_server *start(const kube_testing_cert *cert)
{
    kube_testing_http_server_options options = KUBE_TESTING_HTTP_SERVER_OPTIONS_INIT;
    kube_testing_http_server *server = NULL;

    options.handler = handler;
    options.cert = cert;
    assert_int_equal(kube_testing_http_server_start(&options, &server, NULL), KUBE_OK);
    return server;
}

static void expect_no_start(const kube_testing_http_server_options *options, kube_status status, const char *part)
{
    kube_testing_http_server *server = NULL;
    kube_error *err = NULL;

    assert_int_equal(kube_testing_http_server_start(options, &server, &err), status);
    assert_null(server);
    if (strstr(kube_error_message(err), part) == NULL)
        fail_msg("not about \"%s\": %s", part, kube_error_message(err));
    kube_error_free(err);
}

static kube_testing_cert *make_cert(void)
{
    kube_testing_cert_options options = KUBE_TESTING_CERT_OPTIONS_INIT;
    kube_testing_cert *cert = NULL;

    options.common_name = "server";
    assert_int_equal(kube_testing_cert_new(&options, NULL, &cert, NULL), KUBE_OK);
    return cert;
}

/* What comes on a connection that sends this and no more. */
static reply finish(int fd, const char *text)
{
    reply r;

    raw_send(fd, text);
    (void)shutdown(fd, SHUT_WR); /* fails when the server has already gone */
    r = raw_read(fd, 4 << 20);
    close(fd);
    return r;
}

static void expect_service(const kube_testing_http_server *server)
{
    reply r = finish(raw_connect(kube_testing_http_server_port(server)), "GET / HTTP/1.1\r\n\r\n");

    assert_int_equal(r.status, 200);
    assert_string_equal(r.body, "ok");
    reply_clear(&r);
}

static void what_is_no_certificate_and_what_is_missing_is_refused(void **state)
{
    kube_testing_http_server_options options = KUBE_TESTING_HTTP_SERVER_OPTIONS_INIT;
    kube_testing_cert *cert = make_cert(), *key = NULL;

    (void)state;
    assert_int_equal(kube_testing_key_new(&key, NULL), KUBE_OK);
    options.handler = handler;
    assert_int_equal(kube_testing_http_server_start(&options, NULL, NULL), KUBE_ERR_INVALID_ARG);
    options.struct_size = 0;
    expect_no_start(&options, KUBE_ERR_INVALID_ARG, "INIT");
    options.struct_size = sizeof options;
    options.cert = key;
    expect_no_start(&options, KUBE_ERR_INVALID_ARG, "certificates");
    options.cert = cert;
    options.client_ca = key;
    expect_no_start(&options, KUBE_ERR_INVALID_ARG, "certificates");
    kube_testing_cert_free(cert);
    kube_testing_cert_free(key);
}

/* The lowest number that is free, as the next descriptor gets it. */
static int next_descriptor(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    close(fd);
    return fd;
}

static struct rlimit limit_descriptors(int count)
{
    struct rlimit before, less;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    less = (struct rlimit){ (rlim_t)count, before.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &less), 0);
    return before;
}

static void without_descriptors_no_server_starts(void **state)
{
    kube_testing_http_server_options options = KUBE_TESTING_HTTP_SERVER_OPTIONS_INIT;

    (void)state;
    options.handler = handler;
    for (int more = 0; more < 2; more++) { /* it needs two */
        struct rlimit before = limit_descriptors(next_descriptor() + more);

        expect_no_start(&options, KUBE_ERR_IO, "sockets");
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    }
    kube_testing_http_server_stop(start(NULL));
}

static int64_t busy_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void who_came_while_there_were_no_descriptors_is_served_later(void **state)
{
    kube_testing_http_server *server = start(NULL);
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(kube_testing_http_server_port(server)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct rlimit before = limit_descriptors(next_descriptor());
    int64_t busy = busy_ms();
    reply r;

    (void)state;
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0); /* the kernel takes it */
    while (busy_ms() < busy + 3) /* the server tries again and again */
        usleep(1000);
    assert_int_equal(kube_testing_http_server_connection_count(server), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    r = finish(fd, "GET / HTTP/1.1\r\n\r\n");
    assert_string_equal(r.body, "ok");
    reply_clear(&r);
    kube_testing_http_server_stop(server);
}

/* From now on no thread can be made: its stack would be as large as all addresses. */
static void forbid_threads(pthread_attr_t *before)
{
    pthread_attr_t huge;

    assert_int_equal(pthread_getattr_default_np(before), 0);
    assert_int_equal(pthread_attr_init(&huge), 0);
    assert_int_equal(pthread_attr_setstacksize(&huge, (size_t)1 << 47), 0);
    assert_int_equal(pthread_setattr_default_np(&huge), 0);
    pthread_attr_destroy(&huge);
}

static void allow_threads(pthread_attr_t *before)
{
    assert_int_equal(pthread_setattr_default_np(before), 0);
    pthread_attr_destroy(before);
}

static void without_a_thread_a_connection_is_closed(void **state)
{
    kube_testing_http_server_options options = KUBE_TESTING_HTTP_SERVER_OPTIONS_INIT;
    kube_testing_http_server *server = start(NULL);
    pthread_attr_t before;
    reply r;
    int fd;

    (void)state;
    options.handler = handler;
    forbid_threads(&before);
    expect_no_start(&options, KUBE_ERR_IO, "thread");
    fd = raw_connect(kube_testing_http_server_port(server));
    r = raw_read(fd, 100);
    close(fd);
    allow_threads(&before);
    assert_true(r.closed);
    assert_int_equal(r.len, 0);
    reply_clear(&r);
    expect_service(server);
    kube_testing_http_server_stop(server);
}

static void what_is_too_long_to_be_formatted_is_not_sent(void **state)
{
    kube_testing_http_server *server = start(NULL);
    reply r = finish(raw_connect(kube_testing_http_server_port(server)), "GET /large HTTP/1.1\r\n\r\n");

    (void)state;
    assert_true(r.closed);
    assert_int_equal(r.len, 0);
    reply_clear(&r);
    expect_service(server);
    kube_testing_http_server_stop(server);
}

/* ---- signals ---- */

static void on_signal(int number)
{
    (void)number;
}

/* A signal for each thread but this one, whose handler interrupts what it waits in. */
static void disturb(void)
{
    DIR *dir = opendir("/proc/self/task");
    struct dirent *entry;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        long id = strtol(entry->d_name, NULL, 10);

        if (id != 0 && id != syscall(SYS_gettid))
            (void)syscall(SYS_tgkill, getpid(), id, SIGUSR1);
    }
    closedir(dir);
}

static void signals_do_not_end_a_wait(void **state)
{
    struct sigaction action = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };
    kube_testing_http_server *server = start(NULL);
    int idle = raw_connect(kube_testing_http_server_port(server));
    int held = raw_connect(kube_testing_http_server_port(server));
    int64_t began = now_ms();
    reply r;

    (void)state;
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    raw_send(held, "GET /hold HTTP/1.1\r\n\r\n");
    while (kube_testing_http_server_request_count(server) == 0)
        usleep(1000);
    for (int i = 0; i < 20; i++) {
        disturb();
        usleep(1000);
    }
    assert_int_equal(sigaction(SIGUSR1, &ignore, NULL), 0); /* a thread that has not run since has one yet to come */
    r = raw_read(held, strlen("HTTP/1.1 200 Whatever\r\nContent-Length: 2\r\n\r\nok"));
    close(held);
    assert_string_equal(r.body, "ok");
    assert_true(now_ms() - began >= 100);
    reply_clear(&r);
    r = finish(idle, "GET / HTTP/1.1\r\n\r\n");
    assert_string_equal(r.body, "ok");
    reply_clear(&r);
    expect_service(server);
    kube_testing_http_server_stop(server);
}

/* ---- TLS ---- */

static SSL *connect_tls(SSL_CTX *ctx, const kube_testing_http_server *server, int *fd)
{
    SSL *ssl = SSL_new(ctx);

    *fd = raw_connect(kube_testing_http_server_port(server));
    assert_non_null(ssl);
    assert_int_equal(SSL_set_fd(ssl, *fd), 1);
    assert_int_equal(SSL_connect(ssl), 1);
    return ssl;
}

/* A request of so many bytes. */
static void fill_request(char *text, size_t len)
{
    static const char begin[] = "GET / HTTP/1.1\r\nX: ", end[] = "\r\n\r\n";

    memset(text, 'x', len);
    memcpy(text, begin, strlen(begin));
    memcpy(text + len - strlen(end), end, strlen(end));
}

/* The third record is larger than what the server has room for: what OpenSSL keeps of it must not be waited for. */
static void a_request_that_came_with_the_one_before_is_answered(void **state)
{
    enum { FIRST = 30000, SECOND = 6000, RECORD = 16384, SHORT = 4096 };
    static char text[FIRST + SECOND];
    kube_testing_cert *cert = make_cert();
    kube_testing_http_server *server = start(cert);
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    char answers[512] = "";
    size_t len = 0;
    int fd, n = 1;
    SSL *ssl;

    (void)state;
    assert_non_null(ctx);
    fill_request(text, FIRST);
    fill_request(text + FIRST, SECOND);
    ssl = connect_tls(ctx, server, &fd);
    assert_int_equal(SSL_write(ssl, text, RECORD), RECORD);
    assert_int_equal(SSL_write(ssl, text + RECORD, SHORT), SHORT);
    assert_int_equal(SSL_write(ssl, text + RECORD + SHORT, FIRST + SECOND - RECORD - SHORT),
                     FIRST + SECOND - RECORD - SHORT);
    while (n > 0 && len < 2 * strlen("HTTP/1.1 200 Whatever\r\nContent-Length: 2\r\n\r\nok")) {
        n = SSL_read(ssl, answers + len, (int)(sizeof answers - 1 - len));
        len += n > 0 ? (size_t)n : 0;
    }
    assert_int_equal(kube_testing_http_server_request_count(server), 2);
    assert_string_equal(answers, "HTTP/1.1 200 Whatever\r\nContent-Length: 2\r\n\r\nok"
                                 "HTTP/1.1 200 Whatever\r\nContent-Length: 2\r\n\r\nok");
    SSL_free(ssl);
    close(fd);
    SSL_CTX_free(ctx);
    kube_testing_http_server_stop(server);
    kube_testing_cert_free(cert);
}

static void what_is_no_handshake_ends_the_connection(void **state)
{
    kube_testing_cert *cert = make_cert();
    kube_testing_http_server *server = start(cert);
    reply r = finish(raw_connect(kube_testing_http_server_port(server)), "GET / HTTP/1.1\r\n\r\n");

    (void)state;
    assert_true(r.closed);
    assert_int_equal(r.status, 0);
    assert_int_equal(kube_testing_http_server_request_count(server), 0);
    reply_clear(&r);
    kube_testing_http_server_stop(server);
    kube_testing_cert_free(cert);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(what_is_no_certificate_and_what_is_missing_is_refused),
        ALLOC_TRACE_TEST(without_descriptors_no_server_starts),
        ALLOC_TRACE_TEST(who_came_while_there_were_no_descriptors_is_served_later),
        ALLOC_TRACE_TEST(without_a_thread_a_connection_is_closed),
        ALLOC_TRACE_TEST(what_is_too_long_to_be_formatted_is_not_sent),
        ALLOC_TRACE_TEST(signals_do_not_end_a_wait),
        ALLOC_TRACE_TEST(a_request_that_came_with_the_one_before_is_answered),
        ALLOC_TRACE_TEST(what_is_no_handshake_ends_the_connection),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
