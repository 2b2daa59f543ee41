/* The transport on libcurl against a server that behaves, and one that does not. */
#include "rest_fixture.h"

#include <kube/base/io.h>

#include <pthread.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define STATUS_404                                                                                                     \
    "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"message\":\"pods \\\"x\\\" not found\"," \
    "\"reason\":\"NotFound\",\"code\":404}"

static void write_endless_body(kube_testing_connection *c)
{
    char block[16384];

    memset(block, 'x', sizeof block);
    kube_testing_connection_writef(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 4096; i++) { /* 64 MiB */
        kube_testing_connection_writef(c, "%zx\r\n", sizeof block);
        kube_testing_connection_write(c, block, sizeof block);
        kube_testing_connection_writef(c, "\r\n");
    }
}

enum { LARGE_BYTES = 2 << 20 };

static void write_large_body(kube_testing_connection *c)
{
    static char block[LARGE_BYTES];

    memset(block, 'x', sizeof block);
    kube_testing_connection_writef(c, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", sizeof block);
    kube_testing_connection_write(c, block, sizeof block);
}

static void write_many_headers(kube_testing_connection *c)
{
    kube_testing_connection_writef(c, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 4000; i++)
        kube_testing_connection_writef(c, "X-%d: %0100d\r\n", i, i);
    kube_testing_connection_writef(c, "Content-Length: 0\r\n\r\n");
}

static void put_bits(unsigned char *out, size_t *at, const char *bits)
{
    for (; *bits != '\0'; bits++, (*at)++)
        out[*at / 8] |= (unsigned char)((*bits - '0') << (*at % 8));
}

/* 850 KB that become 135 MB: one literal 'x', then half a million times "the same 258 bytes again", in one deflate
 * block with the fixed codes. */
static void write_gzip_bomb(kube_testing_connection *c)
{
    static const unsigned char head[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3 };
    static unsigned char block[1 << 20];
    size_t at = 0;

    memset(block, 0, sizeof block);
    put_bits(block, &at, "010");      /* not the last block; fixed codes */
    put_bits(block, &at, "10101000"); /* the literal 'x' */
    for (int i = 0; i < 1 << 19; i++)
        put_bits(block, &at, "1100010100000"); /* length 258, distance 1 */
    kube_testing_connection_writef(c,
                                   "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n");
    kube_testing_connection_writef(c, "%zx\r\n", sizeof head + at / 8);
    kube_testing_connection_write(c, head, sizeof head);
    kube_testing_connection_write(c, block, at / 8);
    kube_testing_connection_writef(c, "\r\n0\r\n\r\n");
}

static void handler(void *user, kube_testing_connection *c, const kube_testing_request *r)
{
    char value[200];

    (void)user;
    if (strcmp(r->target, "/ok") == 0) {
        kube_testing_connection_reply(c, 200, "Content-Type: application/json\r\nETag:  \"abc\" \r\nX-Empty:\r\n",
                                      "{}");
    } else if (strcmp(r->target, "/echo") == 0) {
        kube_testing_connection_reply(c, 200, NULL, r->head);
    } else if (strcmp(r->target, "/count") == 0) {
        nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL); /* long enough for a second connection to pay */
        snprintf(value, sizeof value, "%u", r->connection);
        kube_testing_connection_reply(c, 200, NULL, value);
    } else if (strcmp(r->target, "/hold") == 0) {
        kube_testing_connection_hold(c, 30000);
    } else if (strcmp(r->target, "/endless") == 0) {
        write_endless_body(c);
    } else if (strcmp(r->target, "/large") == 0) {
        write_large_body(c);
    } else if (strcmp(r->target, "/half") == 0) {
        kube_testing_connection_writef(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        kube_testing_connection_hold(c, 30000);
    } else if (strcmp(r->target, "/headers") == 0) {
        write_many_headers(c);
    } else if (strcmp(r->target, "/long-header") == 0) {
        kube_testing_connection_writef(c, "HTTP/1.1 200 OK\r\nX: %0150000d\r\nContent-Length: 0\r\n\r\n", 1);
    } else if (strcmp(r->target, "/soon") == 0) {
        kube_testing_connection_hold(c, 150);
        kube_testing_connection_reply(c, 200, NULL, "at last");
    } else if (strcmp(r->target, "/bomb") == 0) {
        write_gzip_bomb(c);
    } else if (strcmp(r->target, "/short") == 0) {
        kube_testing_connection_writef(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
        kube_testing_connection_close(c);
    } else if (strcmp(r->target, "/reset") == 0) {
        kube_testing_connection_writef(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
        kube_testing_connection_reset(c);
    } else if (strcmp(r->target, "/nothing") == 0) {
        kube_testing_connection_close(c);
    } else if (strcmp(r->target, "/http09") == 0) {
        kube_testing_connection_writef(c, "hello\r\n");
        kube_testing_connection_close(c);
    } else if (strcmp(r->target, "/nonsense") == 0) {
        kube_testing_connection_writef(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n");
        kube_testing_connection_close(c);
    } else if (strcmp(r->target, "/bye") == 0) {
        kube_testing_connection_reply(c, 200, NULL, "bye"); /* says keep-alive, and closes all the same */
        kube_testing_connection_close(c);
    } else if (strcmp(r->target, "/to-ok") == 0) {
        kube_testing_connection_reply(c, 307, "Location: /ok\r\n", "");
    } else if (strcmp(r->target, "/to-evil") == 0) {
        kube_testing_connection_reply(c, 302, "Location: https://evil.example/\r\n", "");
    } else if (strcmp(r->target, "/loop") == 0) {
        kube_testing_connection_reply(c, 302, "Location: /loop\r\n", "");
    } else if (strcmp(r->target, "/interim") == 0) {
        kube_testing_connection_writef(c, "HTTP/1.1 103 Early Hints\r\nETag: wrong\r\n\r\n");
        kube_testing_connection_reply(c, 200, "ETag: right\r\n", "x");
    } else {
        kube_testing_connection_reply(c, 404, "Content-Type: application/json\r\n", STATUS_404);
    }
}

static void assert_outcome(rest_result *r, kube_status status, const char *part_of_message)
{
    const char *message = kube_error_message(r->err);

    if (r->status != status || (part_of_message != NULL && strstr(message, part_of_message) == NULL))
        fail_msg("got %s: %s (expected %s: %s)", kube_status_name(r->status), message, kube_status_name(status),
                 part_of_message != NULL ? part_of_message : "");
    rest_result_clear(r);
}

static void get_and_expect(kube_rest_client *client, const char *path, kube_status status, const char *part)
{
    rest_result r;

    rest_get(client, path, &r);
    assert_outcome(&r, status, part);
}

static int set_up(void **state)
{
    static rest_fixture fixture;

    rest_fixture_start(&fixture, handler, NULL);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    rest_fixture_clear(*state);
    return 0;
}

static void an_answer_has_status_headers_and_body(void **state)
{
    kube_rest_client *client = rest_fixture_client(*state);
    rest_result r;

    rest_get(client, "/ok", &r);
    assert_int_equal(r.status, KUBE_OK);
    assert_int_equal(kube_rest_response_http_status(r.response), 200);
    assert_true(kube_str_is(kube_rest_response_body(r.response), "{}"));
    assert_string_equal(kube_rest_response_header(r.response, "content-TYPE"), "application/json");
    assert_string_equal(kube_rest_response_header(r.response, "etag"), "\"abc\"");
    assert_string_equal(kube_rest_response_header(r.response, "x-empty"), "");
    assert_null(kube_rest_response_header(r.response, "x-absent"));
    rest_result_clear(&r);
    rest_get(client, "/interim", &r);
    assert_string_equal(kube_rest_response_header(r.response, "etag"), "right");
    rest_result_clear(&r);
    kube_rest_client_unref(client);
}

static void requests_one_after_the_other_share_a_connection(void **state)
{
    rest_fixture *f = *state;
    kube_rest_client *client = rest_fixture_client(f);
    unsigned before = kube_testing_http_server_connection_count(f->server);
    kube_rest_client_stats stats;

    for (int i = 0; i < 20; i++)
        get_and_expect(client, "/ok", KUBE_OK, NULL);
    assert_int_equal(kube_testing_http_server_connection_count(f->server) - before, 1);
    kube_rest_client_read_stats(client, &stats);
    assert_int_equal(stats.connections, 1);
    kube_rest_client_unref(client);
}

static void our_headers_are_the_ones_that_are_sent(void **state)
{
    kube_rest_client_options o = rest_fixture_options(*state);
    kube_rest_param extra[] = { { "X-Extra", "value" }, { "X-Void", "" } };
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    kube_rest_client *client = NULL;
    kube_rest_response *response = NULL;
    const char *head;

    o.bearer_token = "s3cret";
    assert_int_equal(kube_rest_client_new(&o, &client, NULL), KUBE_OK);
    request.path = "/echo";
    request.headers = extra;
    request.header_count = 2;
    assert_int_equal(kube_rest_client_do(client, &request, NULL, &response, NULL), KUBE_OK);
    head = kube_rest_response_body(response).data;
    assert_non_null(strstr(head, "GET /echo HTTP/1.1\r\n"));
    assert_non_null(strstr(head, "\r\nAuthorization: Bearer s3cret\r\n"));
    assert_non_null(strstr(head, "\r\nAccept: application/json, */*\r\n"));
    assert_non_null(strstr(head, "\r\nUser-Agent: libkube/"));
    assert_non_null(strstr(head, "\r\nX-Extra: value\r\n"));
    assert_non_null(strstr(head, "\r\nX-Void:"));
    assert_null(strstr(head, "Accept-Encoding")); /* the server is on this machine */
    kube_rest_response_unref(response);
    kube_rest_client_unref(client);
}

static void many_requests_at_once_wait_for_the_first_connection_and_stay_within_the_bound(void **state)
{
    rest_fixture *f = *state;
    kube_rest_client *client = rest_fixture_client(f);
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    unsigned before = kube_testing_http_server_connection_count(f->server);
    rest_result results[100];
    kube_io *io = NULL;

    memset(results, 0, sizeof results);
    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    request.path = "/count";
    for (int i = 0; i < 100; i++)
        assert_int_equal(kube_rest_client_start(client, io, &request, NULL, rest_record, &results[i], NULL),
                         KUBE_PENDING);
    assert_int_equal(results[0].calls, 0);
    for (int i = 0; i < 100; i++) {
        rest_run_until_done(io, &results[i]);
        assert_int_equal(results[i].status, KUBE_OK);
        assert_int_equal(results[i].calls, 1);
        rest_result_clear(&results[i]);
    }
    assert_in_range(kube_testing_http_server_connection_count(f->server) - before, 2, 16);
    kube_rest_client_unref(client);
    kube_io_free(io);
}

static void what_the_server_refuses_becomes_a_status_and_its_own_words(void **state)
{
    kube_rest_client *client = rest_fixture_client(*state);
    rest_result r;

    rest_get(client, "/missing", &r);
    assert_int_equal(r.status, KUBE_ERR_NOT_FOUND);
    assert_int_equal(kube_error_http_status(r.err), 404);
    assert_string_equal(kube_error_reason(r.err), "NotFound");
    assert_non_null(strstr(kube_error_message(r.err), "pods \"x\" not found"));
    assert_non_null(strstr(kube_error_message(r.err), "/missing"));
    rest_result_clear(&r);
    kube_rest_client_unref(client);
}

static void broken_answers_are_errors_and_the_client_stays_usable(void **state)
{
    static const struct {
        const char *path;
        kube_status status;
        const char *part;
    } cases[] = {
        { "/short", KUBE_ERR_UNAVAILABLE, "lost" },
        { "/reset", KUBE_ERR_UNAVAILABLE, "lost" },
        { "/nothing", KUBE_ERR_UNAVAILABLE, "lost" },
        { "/http09", KUBE_ERR_PROTOCOL, NULL },
        { "/nonsense", KUBE_ERR_UNAVAILABLE, NULL },
        { "/headers", KUBE_ERR_LIMIT, "headers" },
        { "/long-header", KUBE_ERR_LIMIT, "header" },
        { "/to-evil", KUBE_ERR_PROTOCOL, "another origin" },
        { "/loop", KUBE_ERR_PROTOCOL, "more than 10 redirects" },
    };
    kube_rest_client *client = rest_fixture_client(*state);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        get_and_expect(client, cases[i].path, cases[i].status, cases[i].part);
        get_and_expect(client, "/ok", KUBE_OK, NULL);
    }
    get_and_expect(client, "/to-ok", KUBE_OK, NULL);
    kube_rest_client_unref(client);
}

static void a_body_never_passes_its_ceiling_compressed_or_not(void **state)
{
    kube_rest_client_options o = rest_fixture_options(*state);
    kube_rest_client *client = NULL;
    rest_result r;

    o.max_response_bytes = LARGE_BYTES;
    assert_int_equal(kube_rest_client_new(&o, &client, NULL), KUBE_OK);
    rest_get(client, "/large", &r);
    assert_int_equal(r.status, KUBE_OK);
    assert_int_equal(kube_rest_response_body(r.response).len, LARGE_BYTES);
    rest_result_clear(&r);
    kube_rest_client_unref(client);
    o.max_response_bytes = 1000; /* less than what comes at a time */
    assert_int_equal(kube_rest_client_new(&o, &client, NULL), KUBE_OK);
    get_and_expect(client, "/large", KUBE_ERR_LIMIT, "larger than 1000 bytes");
    get_and_expect(client, "/endless", KUBE_ERR_LIMIT, "larger than 1000 bytes");
    get_and_expect(client, "/ok", KUBE_OK, NULL);
    kube_rest_client_unref(client);
    o.max_response_bytes = 1 << 20;
    o.compression = KUBE_COMPRESSION_ALWAYS;
    assert_int_equal(kube_rest_client_new(&o, &client, NULL), KUBE_OK);
    get_and_expect(client, "/endless", KUBE_ERR_LIMIT, "larger than 1048576 bytes");
    get_and_expect(client, "/bomb", KUBE_ERR_LIMIT, "larger than 1048576 bytes");
    get_and_expect(client, "/ok", KUBE_OK, NULL);
    kube_rest_client_unref(client);
}

static void a_connection_the_server_closed_while_idle_is_replaced_unnoticed(void **state)
{
    kube_rest_client *client = rest_fixture_client(*state);

    for (int i = 0; i < 5; i++)
        get_and_expect(client, "/bye", KUBE_OK, NULL);
    kube_rest_client_unref(client);
}

static void a_deadline_ends_a_request_at_once(void **state)
{
    kube_rest_client *client = rest_fixture_client(*state);
    static const char *const paths[] = { "/hold", "/half" };
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
    int64_t start = test_now_ms();

    opts.timeout_ms = 50;
    for (int i = 0; i < 2; i++) {
        rest_result r = { 0 };

        request.path = paths[i];
        r.status = kube_rest_client_do(client, &request, &opts, &r.response, &r.err);
        assert_outcome(&r, KUBE_ERR_TIMEOUT, "no answer within");
    }
    assert_true(test_now_ms() - start < 5000);
    get_and_expect(client, "/ok", KUBE_OK, NULL);
    kube_rest_client_unref(client);
}

static void a_cancel_ends_running_and_waiting_requests_with_one_done_each(void **state)
{
    kube_rest_client_options o = rest_fixture_options(*state);
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
    kube_rest_client *client = NULL;
    rest_result results[10];
    kube_io *io = NULL;

    memset(results, 0, sizeof results);
    o.max_connections = 2;
    assert_int_equal(kube_rest_client_new(&o, &client, NULL), KUBE_OK);
    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    assert_int_equal(kube_cancel_new(NULL, &opts.cancel, NULL), KUBE_OK);
    request.path = "/hold";
    for (int i = 0; i < 10; i++)
        assert_int_equal(kube_rest_client_start(client, io, &request, &opts, rest_record, &results[i], NULL),
                         KUBE_PENDING);
    for (int i = 0; i < 20; i++)
        assert_int_equal(kube_io_run(io, 10), KUBE_OK);
    kube_cancel_fire(opts.cancel);
    assert_int_equal(results[0].calls, 0);
    rest_run_until_done(io, &results[9]);
    for (int i = 0; i < 10; i++) {
        rest_run_until_done(io, &results[i]);
        assert_int_equal(results[i].calls, 1);
        assert_int_equal(results[i].status, KUBE_ERR_CANCELLED);
        rest_result_clear(&results[i]);
    }
    assert_int_equal(kube_rest_client_start(client, io, &request, &opts, rest_record, &results[0], NULL),
                     KUBE_ERR_CANCELLED);
    kube_cancel_unref(opts.cancel);
    kube_io_free(io);
    kube_rest_client_unref(client);
}

static void freeing_the_loop_ends_what_is_in_flight_with_one_done_each(void **state)
{
    kube_rest_client *client = rest_fixture_client(*state);
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    rest_result results[30];

    for (int rounds = 0; rounds < 4; rounds++) {
        kube_io *io = NULL;

        memset(results, 0, sizeof results);
        assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
        request.path = rounds % 2 == 0 ? "/hold" : "/ok";
        for (int i = 0; i < 30; i++)
            assert_int_equal(kube_rest_client_start(client, io, &request, NULL, rest_record, &results[i], NULL),
                             KUBE_PENDING);
        for (int i = 0; i < rounds * 3; i++)
            assert_int_equal(kube_io_run(io, 20), KUBE_OK);
        kube_io_free(io);
        for (int i = 0; i < 30; i++) {
            assert_int_equal(results[i].calls, 1);
            assert_true(results[i].status == KUBE_ERR_CANCELLED || results[i].status == KUBE_OK);
            rest_result_clear(&results[i]);
        }
    }
    get_and_expect(client, "/ok", KUBE_OK, NULL);
    kube_rest_client_unref(client);
}

static void a_client_may_be_released_before_its_loop_and_while_requests_run(void **state)
{
    kube_rest_client *client = rest_fixture_client(*state);
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    rest_result result = { 0 };
    kube_io *io = NULL;

    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    request.path = "/ok";
    assert_int_equal(kube_rest_client_start(client, io, &request, NULL, rest_record, &result, NULL), KUBE_PENDING);
    kube_rest_client_unref(client);
    rest_run_until_done(io, &result);
    assert_int_equal(result.status, KUBE_OK);
    rest_result_clear(&result);
    assert_int_equal(kube_io_step(io, 5000), KUBE_OK); /* closes the connections */
    kube_io_free(io);
}

static void each_loop_of_a_client_has_connections_of_its_own(void **state)
{
    rest_fixture *f = *state;
    kube_rest_client *client = rest_fixture_client(f);
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    unsigned before = kube_testing_http_server_connection_count(f->server);
    kube_io *loops[3] = { NULL, NULL, NULL };

    request.path = "/ok";
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3; i++) {
            rest_result r = { 0 };

            if (round == 0)
                assert_int_equal(kube_io_new(NULL, &loops[i], NULL), KUBE_OK);
            if (loops[i] == NULL)
                continue;
            assert_int_equal(kube_rest_client_start(client, loops[i], &request, NULL, rest_record, &r, NULL),
                             KUBE_PENDING);
            rest_run_until_done(loops[i], &r);
            assert_int_equal(r.status, KUBE_OK);
            rest_result_clear(&r);
        }
        kube_io_free(loops[1]); /* neither the first nor the last that was met */
        loops[1] = NULL;
    }
    assert_int_equal(kube_testing_http_server_connection_count(f->server) - before, 3);
    kube_io_free(loops[0]);
    kube_io_free(loops[2]);
    kube_rest_client_unref(client);
}

static void *let_go(void *arg)
{
    usleep(50000);
    kube_rest_client_unref(arg);
    return NULL;
}

static void a_client_may_lose_its_last_reference_while_a_blocking_call_waits(void **state)
{
    kube_rest_client *client = rest_fixture_client(*state);
    pthread_t thread;
    rest_result r;

    assert_int_equal(pthread_create(&thread, NULL, let_go, client), 0);
    rest_get(client, "/soon", &r);
    assert_outcome(&r, KUBE_OK, NULL);
    pthread_join(thread, NULL);
}

static void without_a_free_descriptor_there_is_no_connection(void **state)
{
    kube_rest_client *client = rest_fixture_client(*state);
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    struct rlimit limit, none;
    rest_result r = { 0 };
    kube_io *io = NULL;

    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = (struct rlimit){ 0, limit.rlim_max };
    request.path = "/ok";
    assert_int_equal(kube_rest_client_start(client, io, &request, NULL, rest_record, &r, NULL), KUBE_PENDING);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    rest_run_until_done(io, &r);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_outcome(&r, KUBE_ERR_UNAVAILABLE, "no connection");
    get_and_expect(client, "/ok", KUBE_OK, NULL);
    kube_rest_client_unref(client);
    kube_io_free(io);
}

/* ---- a retry from a `done` ---- */

typedef struct retry {
    kube_rest_client *client;
    kube_io *io;
    rest_result first, second;
} retry;

static void on_first(void *user, kube_status status, kube_rest_response *response, kube_error *err)
{
    retry *t = user;
    kube_rest_request request = KUBE_REST_REQUEST_INIT;

    rest_record(&t->first, status, response, err);
    request.path = "/ok";
    assert_int_equal(kube_rest_client_start(t->client, t->io, &request, NULL, rest_record, &t->second, NULL),
                     KUBE_PENDING);
}

static void what_a_done_starts_is_a_new_try_of_its_own(void **state)
{
    rest_fixture *f = *state;
    retry t = { .client = NULL };
    kube_rest_client_options o = rest_fixture_options(f);
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    unsigned before;

    o.ca_pem = kube_testing_cert_pem(f->other_ca); /* no connection can be made */
    o.ca_pem_len = strlen(o.ca_pem);
    assert_int_equal(kube_rest_client_new(&o, &t.client, NULL), KUBE_OK);
    assert_int_equal(kube_io_new(NULL, &t.io, NULL), KUBE_OK);
    request.path = "/ok";
    before = kube_testing_http_server_connection_count(f->server);
    assert_int_equal(kube_rest_client_start(t.client, t.io, &request, NULL, on_first, &t, NULL), KUBE_PENDING);
    rest_run_until_done(t.io, &t.second);
    assert_int_equal(t.first.status, KUBE_ERR_TLS);
    assert_int_equal(t.second.status, KUBE_ERR_TLS);
    assert_int_equal(kube_testing_http_server_connection_count(f->server) - before, 2); /* it was really tried */
    rest_result_clear(&t.first);
    rest_result_clear(&t.second);
    kube_rest_client_unref(t.client);
    kube_io_free(t.io);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_has_status_headers_and_body),
        cmocka_unit_test(requests_one_after_the_other_share_a_connection),
        cmocka_unit_test(our_headers_are_the_ones_that_are_sent),
        cmocka_unit_test(many_requests_at_once_wait_for_the_first_connection_and_stay_within_the_bound),
        cmocka_unit_test(what_the_server_refuses_becomes_a_status_and_its_own_words),
        cmocka_unit_test(broken_answers_are_errors_and_the_client_stays_usable),
        cmocka_unit_test(a_body_never_passes_its_ceiling_compressed_or_not),
        cmocka_unit_test(a_connection_the_server_closed_while_idle_is_replaced_unnoticed),
        cmocka_unit_test(a_deadline_ends_a_request_at_once),
        cmocka_unit_test(a_cancel_ends_running_and_waiting_requests_with_one_done_each),
        cmocka_unit_test(freeing_the_loop_ends_what_is_in_flight_with_one_done_each),
        cmocka_unit_test(each_loop_of_a_client_has_connections_of_its_own),
        cmocka_unit_test(a_client_may_lose_its_last_reference_while_a_blocking_call_waits),
        cmocka_unit_test(without_a_free_descriptor_there_is_no_connection),
        cmocka_unit_test(what_a_done_starts_is_a_new_try_of_its_own),
        cmocka_unit_test(a_client_may_be_released_before_its_loop_and_while_requests_run),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
