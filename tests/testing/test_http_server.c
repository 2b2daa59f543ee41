/* The server below the API server, seen from a socket. */
#include "stub_fixture.h"

#include <kube/testing/http_server.h>

#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

/* What the handler has seen, for the test to look at when the server has stopped. */
typedef struct seen {
    bool held_to_the_end;
    bool write_failed;
} seen;

static void handler(void *user, kube_testing_connection *c, const kube_testing_request *r)
{
    seen *s = user;
    char value[32];

    if (strcmp(r->target, "/silent") == 0)
        return;
    if (strcmp(r->target, "/resumed") == 0) {
        kube_testing_connection_reply(c, r->resumed ? 200 : 404, NULL, "");
        kube_testing_connection_close(c);
        return;
    }
    if (strcmp(r->target, "/reset") == 0) {
        kube_testing_connection_writef(c, "HTTP/1.1 200 OK\r\n");
        kube_testing_connection_reset(c);
    } else if (strcmp(r->target, "/hold") == 0) {
        s->held_to_the_end = kube_testing_connection_hold(c, 600000);
    } else if (strcmp(r->target, "/flood") == 0) {
        static const char block[65536];

        while (kube_testing_connection_write(c, block, sizeof block))
            ;
        s->write_failed = true;
    } else if (strcmp(r->target, "/header") == 0) {
        kube_testing_connection_reply(c, kube_testing_request_header(r, "x-some", value, sizeof value) ? 200 : 404,
                                      NULL, value);
    } else {
        kube_testing_connection_writef(c, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n%u/%u\n", r->connection,
                                       r->number);
    }
}

static bool leave_out_the_second(void *user, unsigned connection)
{
    (void)user;
    return connection != 2;
}

static kube_testing_http_server *start_with(kube_testing_http_server_options options)
{
    kube_testing_http_server *server = NULL;

    options.struct_size = sizeof options;
    options.handler = handler;
    assert_int_equal(kube_testing_http_server_start(&options, &server, NULL), KUBE_OK);
    return server;
}

static reply ask(kube_testing_http_server *server, const char *text, size_t max_bytes)
{
    int fd = raw_connect(kube_testing_http_server_port(server));
    reply r;

    raw_send(fd, text);
    r = raw_read(fd, max_bytes);
    close(fd);
    return r;
}

static void stop_at_once(kube_testing_http_server *server)
{
    int64_t before = now_ms();

    kube_testing_http_server_stop(server);
    assert_in_range(now_ms() - before, 0, 60000);
}

static void requests_of_a_connection_are_answered_in_order(void **state)
{
    kube_testing_http_server *server = start_with((kube_testing_http_server_options){ .user = NULL });
    const char *two = "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\nGET /silent HTTP/1.1\r\n\r\n";
    reply r = ask(server, two, 4096), again;

    (void)state;
    assert_true(r.closed);
    assert_non_null(strstr(r.body, "1/1\n"));
    assert_non_null(strstr(r.body, "1/2\n"));
    again = ask(server, "GET /a HTTP/1.1\r\n\r\nGET /silent HTTP/1.1\r\n\r\n", 4096);
    assert_string_equal(again.body, "2/4\n");
    assert_int_equal(kube_testing_http_server_connection_count(server), 2);
    assert_int_equal(kube_testing_http_server_request_count(server), 5);
    reply_clear(&r);
    reply_clear(&again);
    kube_testing_http_server_stop(server);
}

static void a_handler_that_writes_nothing_closes_the_connection(void **state)
{
    kube_testing_http_server *server = start_with((kube_testing_http_server_options){ .user = NULL });
    reply r = ask(server, "GET /silent HTTP/1.1\r\n\r\n", 4096);

    (void)state;
    assert_true(r.closed && !r.reset);
    assert_int_equal(r.len, 0);
    reply_clear(&r);
    kube_testing_http_server_stop(server);
}

/* libcurl's own handle resumes a session unless it is told not to. */
static void a_request_tells_whether_its_session_was_resumed(void **state)
{
    kube_testing_cert_options ca = KUBE_TESTING_CERT_OPTIONS_INIT, own = KUBE_TESTING_CERT_OPTIONS_INIT;
    kube_testing_http_server_options opts = { .user = NULL };
    kube_testing_cert *issuer = NULL, *cert = NULL;
    kube_testing_http_server *server;
    CURL *curl = curl_easy_init();
    char url[64];

    (void)state;
    ca.common_name = "ca";
    ca.authority = true;
    own.common_name = "server";
    own.alt_names = "IP:127.0.0.1";
    assert_int_equal(kube_testing_cert_new(&ca, NULL, &issuer, NULL), KUBE_OK);
    assert_int_equal(kube_testing_cert_new(&own, issuer, &cert, NULL), KUBE_OK);
    opts.cert = cert;
    server = start_with(opts);
    snprintf(url, sizeof url, "https://127.0.0.1:%u/resumed", (unsigned)kube_testing_http_server_port(server));
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    for (int i = 0; i < 2; i++) {
        long status = 0;

        assert_int_equal(curl_easy_perform(curl), CURLE_OK);
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        assert_int_equal(status, i == 0 ? 404 : 200);
    }
    curl_easy_cleanup(curl);
    kube_testing_http_server_stop(server);
    kube_testing_cert_free(cert);
    kube_testing_cert_free(issuer);
}

static void a_reset_is_no_orderly_end(void **state)
{
    kube_testing_http_server *server = start_with((kube_testing_http_server_options){ .user = NULL });
    reply r = ask(server, "GET /reset HTTP/1.1\r\n\r\n", 4096);

    (void)state;
    assert_true(r.reset);
    reply_clear(&r);
    kube_testing_http_server_stop(server);
}

static void a_header_is_found_whatever_its_case(void **state)
{
    kube_testing_http_server *server = start_with((kube_testing_http_server_options){ .user = NULL });
    reply r = ask(server, "GET /header HTTP/1.1\r\nX-SOME:  value\r\n\r\nGET /silent HTTP/1.1\r\n\r\n", 4096);

    (void)state;
    assert_int_equal(r.status, 200);
    assert_string_equal(r.body, "value");
    reply_clear(&r);
    r = ask(server, "GET /header HTTP/1.1\r\nX-Something: value\r\n\r\nGET /silent HTTP/1.1\r\n\r\n", 4096);
    assert_int_equal(r.status, 404);
    reply_clear(&r);
    kube_testing_http_server_stop(server);
}

static void what_is_no_request_ends_the_connection(void **state)
{
    kube_testing_http_server *server = start_with((kube_testing_http_server_options){ .user = NULL });
    char *head = malloc(40000);
    reply r = ask(server, "nonsense\r\n\r\n", 4096);

    (void)state;
    assert_true(r.closed && r.len == 0);
    reply_clear(&r);
    assert_non_null(head);
    r = ask(server, "NO-METHOD-IS-AS-LONG / HTTP/1.1\r\n\r\n", 4096);
    assert_true(r.closed && r.len == 0);
    reply_clear(&r);
    memset(head, 'x', 39999);
    head[39999] = '\0';
    r = ask(server, head, 4096);
    assert_true(r.closed && r.len == 0);
    reply_clear(&r);
    assert_int_equal(kube_testing_http_server_request_count(server), 0);
    free(head);
    kube_testing_http_server_stop(server);
}

static void stopping_ends_a_handler_that_holds(void **state)
{
    seen s = { .held_to_the_end = true };
    kube_testing_http_server *server = start_with((kube_testing_http_server_options){ .user = &s });
    int fd = raw_connect(kube_testing_http_server_port(server));

    (void)state;
    raw_send(fd, "GET /hold HTTP/1.1\r\n\r\n");
    while (kube_testing_http_server_request_count(server) == 0)
        usleep(1000);
    stop_at_once(server);
    assert_false(s.held_to_the_end);
    close(fd);
}

static void stopping_ends_a_write_that_nobody_reads(void **state)
{
    seen s = { .write_failed = false };
    kube_testing_http_server *server = start_with((kube_testing_http_server_options){ .user = &s });
    int fd = raw_connect(kube_testing_http_server_port(server));
    char one;

    (void)state;
    raw_send(fd, "GET /flood HTTP/1.1\r\n\r\n");
    assert_int_equal(raw_recv(fd, &one, 1), 1);
    stop_at_once(server);
    assert_true(s.write_failed);
    close(fd);
}

static void stopping_ends_a_handshake_that_nobody_makes(void **state)
{
    kube_testing_cert_options options = KUBE_TESTING_CERT_OPTIONS_INIT;
    kube_testing_cert *cert = NULL;
    kube_testing_http_server *server;
    int silent, half;

    (void)state;
    options.common_name = "server";
    assert_int_equal(kube_testing_cert_new(&options, NULL, &cert, NULL), KUBE_OK);
    server = start_with((kube_testing_http_server_options){ .cert = cert });
    kube_testing_cert_free(cert); /* the server has its own */
    silent = raw_connect(kube_testing_http_server_port(server));
    half = raw_connect(kube_testing_http_server_port(server));
    raw_send(half, "\x16\x03\x01\x02"); /* the beginning of a handshake */
    while (kube_testing_http_server_connection_count(server) < 2)
        usleep(1000);
    stop_at_once(server);
    close(silent);
    close(half);
}

static void a_hold_ends_when_the_peer_has_gone(void **state)
{
    seen s = { .held_to_the_end = true };
    kube_testing_http_server *server = start_with((kube_testing_http_server_options){ .user = &s });
    int fd = raw_connect(kube_testing_http_server_port(server));
    reply r;

    (void)state;
    raw_send(fd, "GET /hold HTTP/1.1\r\n\r\n");
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    r = raw_read(fd, 100); /* the handler wrote nothing, so that its end closes the connection */
    assert_true(r.closed);
    reply_clear(&r);
    close(fd);
    kube_testing_http_server_stop(server);
    assert_false(s.held_to_the_end);
}

static void a_connection_that_is_not_admitted_gets_no_byte(void **state)
{
    kube_testing_http_server *server =
        start_with((kube_testing_http_server_options){ .admission = leave_out_the_second });
    const char *text = "GET /a HTTP/1.1\r\n\r\nGET /silent HTTP/1.1\r\n\r\n";
    reply first = ask(server, text, 4096), third;
    int second = raw_connect(kube_testing_http_server_port(server));
    char one;

    (void)state;
    raw_send(second, text);
    third = ask(server, text, 4096);
    assert_string_equal(first.body, "1/1\n");
    assert_string_equal(third.body, "3/3\n");
    assert_int_equal(recv(second, &one, 1, MSG_DONTWAIT), -1);
    close(second);
    reply_clear(&first);
    reply_clear(&third);
    kube_testing_http_server_stop(server);
}

static void a_port_that_is_taken_is_named(void **state)
{
    kube_testing_http_server *server = start_with((kube_testing_http_server_options){ .user = NULL }), *second = NULL;
    kube_testing_http_server_options options = KUBE_TESTING_HTTP_SERVER_OPTIONS_INIT;
    kube_error *err = NULL;
    char expected[64];

    (void)state;
    options.handler = handler;
    options.port = kube_testing_http_server_port(server);
    assert_int_equal(kube_testing_http_server_start(&options, &second, &err), KUBE_ERR_IO);
    assert_null(second);
    snprintf(expected, sizeof expected, "127.0.0.1:%u", (unsigned)options.port);
    assert_non_null(strstr(kube_error_message(err), expected));
    kube_error_free(err);
    options.handler = NULL;
    assert_int_equal(kube_testing_http_server_start(&options, &second, NULL), KUBE_ERR_INVALID_ARG);
    kube_testing_http_server_stop(server);
    kube_testing_http_server_stop(NULL);
}

/* A server that runs for long must not keep every thread it ever had. */
static void finished_connections_are_given_back(void **state)
{
    kube_testing_http_server *server = start_with((kube_testing_http_server_options){ .user = NULL });
    size_t most;

    (void)state;
    for (int i = 0; i < 3; i++) {
        reply r = ask(server, "GET /silent HTTP/1.1\r\n\r\n", 100);

        reply_clear(&r);
    }
    most = alloc_trace_live() + 8; /* some may be over and not yet collected */
    for (int i = 0; i < 100; i++) {
        reply r = ask(server, "GET /silent HTTP/1.1\r\n\r\n", 100);

        reply_clear(&r);
    }
    assert_in_range(alloc_trace_live(), 0, most);
    kube_testing_http_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(requests_of_a_connection_are_answered_in_order),
        ALLOC_TRACE_TEST(a_handler_that_writes_nothing_closes_the_connection),
        ALLOC_TRACE_TEST(a_request_tells_whether_its_session_was_resumed),
        ALLOC_TRACE_TEST(a_reset_is_no_orderly_end),
        ALLOC_TRACE_TEST(a_header_is_found_whatever_its_case),
        ALLOC_TRACE_TEST(what_is_no_request_ends_the_connection),
        ALLOC_TRACE_TEST(stopping_ends_a_handler_that_holds),
        ALLOC_TRACE_TEST(stopping_ends_a_write_that_nobody_reads),
        ALLOC_TRACE_TEST(stopping_ends_a_handshake_that_nobody_makes),
        ALLOC_TRACE_TEST(a_hold_ends_when_the_peer_has_gone),
        ALLOC_TRACE_TEST(a_connection_that_is_not_admitted_gets_no_byte),
        ALLOC_TRACE_TEST(a_port_that_is_taken_is_named),
        ALLOC_TRACE_TEST(finished_connections_are_given_back),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
