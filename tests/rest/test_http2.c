/* Connections that carry many requests: how many there are, and when one is given up. The loops have a clock of their
 * own: nothing here waits for time to pass. */
#include "fake_clock.h"
#include "http2_server.h"
#include "relay.h"
#include "rest_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 100, FULL = 90, STALL_MS = 500, SILENCE_MS = 10000 };

typedef struct scene {
    http2_server *server;
    rest_fixture f;
    kube_testing_cert *cert;
    fake_clock clock;
    kube_io *io;
    kube_rest_client *client;
    rest_result results[MANY];
} scene;

static scene s;

static relay *way; /* to the server, where a test wants one */

static bool begin_at(http2_server_options options, bool relayed)
{
    kube_rest_client_options o;
    kube_io_options io_options = KUBE_IO_OPTIONS_INIT;

    memset(&s, 0, sizeof s);
    rest_fixture_init(&s.f);
    s.cert = rest_fixture_cert(
        (kube_testing_cert_options){ .common_name = "server", .alt_names = "IP:127.0.0.1,IP:::1" }, s.f.ca);
    options.cert_pem = kube_testing_cert_pem(s.cert);
    options.key_pem = kube_testing_cert_key_pem(s.cert);
    s.server = http2_server_start(&options);
    if (s.server == NULL)
        return false;
    way = relayed ? relay_start((uint16_t)http2_server_port(s.server)) : NULL;
    snprintf(s.f.url, sizeof s.f.url, "https://%s:%u", options.ipv6 ? "[::1]" : "127.0.0.1",
             relayed ? relay_port(way) : http2_server_port(s.server));
    o = rest_fixture_options(&s.f);
    o.timeout_ms = -1;
    assert_int_equal(kube_rest_client_new(&o, &s.client, NULL), KUBE_OK);
    fake_clock_init(&s.clock);
    io_options.clock = &s.clock.clock;
    assert_int_equal(kube_io_new(&io_options, &s.io, NULL), KUBE_OK);
    return true;
}

static bool begin(http2_server_options options)
{
    return begin_at(options, false);
}

static int end(void **state)
{
    (void)state;
    kube_rest_client_unref(s.client);
    kube_io_free(s.io);
    if (way != NULL)
        relay_stop(way);
    http2_server_stop(s.server);
    kube_testing_cert_free(s.cert);
    rest_fixture_clear(&s.f);
    return 0;
}

static void start(rest_result *r, int64_t timeout_ms, kube_cancel *cancel)
{
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    kube_call_options opts = KUBE_CALL_OPTIONS_INIT;

    request.path = "/";
    opts.timeout_ms = timeout_ms;
    opts.cancel = cancel;
    assert_int_equal(kube_rest_client_start(s.client, s.io, &request, &opts, rest_record, r, NULL), KUBE_PENDING);
}

static void start_many(void)
{
    for (int i = 0; i < MANY; i++)
        start(&s.results[i], 0, NULL);
}

/* Turns the loop until the server has read so many, or a long time has passed. */
static void run_until_read(unsigned count)
{
    int64_t limit = test_now_ms() + 20000;

    while (http2_server_requests(s.server) != count && test_now_ms() < limit)
        assert_int_equal(kube_io_run(s.io, 5), KUBE_OK);
    assert_int_equal(http2_server_requests(s.server), count);
}

static void advance(int64_t ms)
{
    fake_clock_advance(&s.clock, ms);
    for (int i = 0; i < 3; i++) /* what is due is done in a step, what that asks for in the next */
        assert_int_equal(kube_io_run(s.io, 1), KUBE_OK);
}

static void finish(rest_result *r, kube_status status)
{
    rest_run_until_done(s.io, r);
    assert_int_equal(r->calls, 1);
    if (r->status != status)
        fail_msg("%s", kube_error_message(r->err));
    if (status == KUBE_OK)
        assert_true(kube_str_is(kube_rest_response_body(r->response), "ok"));
    rest_result_clear(r);
}

/* The connection is made and everything that is said at its beginning has been heard. */
static void make_acquaintance(void)
{
    rest_result r = { 0 };

    start(&r, 0, NULL);
    finish(&r, KUBE_OK);
}

static void ninety_requests_share_a_connection_and_the_others_wait_for_them(void **state)
{
    (void)state;
    assert_true(begin((http2_server_options){ .max_streams = 100 }));
    http2_server_hold(s.server, FULL);
    start_many();
    run_until_read(FULL);
    advance(STALL_MS - 1);
    assert_int_equal(http2_server_connections(s.server), 1);
    http2_server_release(s.server);
    for (int i = 0; i < MANY; i++)
        finish(&s.results[i], KUBE_OK);
    assert_int_equal(http2_server_connections(s.server), 1);
}

static void a_queue_that_stands_still_gets_another_connection(void **state)
{
    (void)state;
    assert_true(begin((http2_server_options){ .max_streams = 100 }));
    http2_server_hold(s.server, MANY);
    start_many();
    run_until_read(FULL);
    advance(STALL_MS);
    run_until_read(MANY);
    assert_int_equal(http2_server_connections(s.server), 2);
    http2_server_release(s.server);
    for (int i = 0; i < MANY; i++)
        finish(&s.results[i], KUBE_OK);
}

static void a_queue_that_moves_is_not_one_that_stands_still(void **state)
{
    kube_cancel *cancel = NULL;

    (void)state;
    assert_true(begin((http2_server_options){ .max_streams = 100 }));
    assert_int_equal(kube_cancel_new(NULL, &cancel, NULL), KUBE_OK);
    http2_server_hold(s.server, MANY);
    start(&s.results[0], 0, cancel);
    for (int i = 1; i < MANY; i++)
        start(&s.results[i], 0, NULL);
    run_until_read(FULL);
    advance(STALL_MS - 1);
    kube_cancel_fire(cancel); /* makes room for one */
    finish(&s.results[0], KUBE_ERR_CANCELLED);
    run_until_read(FULL + 1);
    advance(STALL_MS - 1);
    assert_int_equal(http2_server_connections(s.server), 1);
    advance(1);
    run_until_read(MANY);
    assert_int_equal(http2_server_connections(s.server), 2);
    kube_cancel_unref(cancel);
    http2_server_release(s.server);
    for (int i = 1; i < MANY; i++)
        finish(&s.results[i], KUBE_OK);
}

static void one_that_waits_for_them_runs_out_of_time_by_itself(void **state)
{
    (void)state;
    assert_true(begin((http2_server_options){ .max_streams = 100 }));
    http2_server_hold(s.server, FULL);
    for (int i = 0; i < FULL; i++)
        start(&s.results[i], 0, NULL);
    start(&s.results[FULL], STALL_MS / 2, NULL);
    run_until_read(FULL);
    advance(STALL_MS / 2);
    finish(&s.results[FULL], KUBE_ERR_TIMEOUT);
    http2_server_release(s.server);
    for (int i = 0; i < FULL; i++)
        finish(&s.results[i], KUBE_OK);
    assert_int_equal(http2_server_connections(s.server), 1);
}

static void a_second_connection_that_cannot_be_made_takes_nobody_along(void **state)
{
    int failed = 0;

    (void)state;
    assert_true(begin((http2_server_options){ .max_streams = 100 }));
    http2_server_hold(s.server, FULL);
    start_many();
    run_until_read(FULL);
    http2_server_stop_listening(s.server);
    advance(STALL_MS);
    for (int64_t limit = test_now_ms() + 20000; failed == 0 && test_now_ms() < limit;) {
        assert_int_equal(kube_io_run(s.io, 5), KUBE_OK);
        for (int i = 0; i < MANY; i++)
            failed += s.results[i].calls;
    }
    assert_int_equal(failed, 1);
    http2_server_release(s.server);
    for (int i = 0; i < MANY; i++) {
        if (s.results[i].calls == 0 || s.results[i].status == KUBE_OK) {
            finish(&s.results[i], KUBE_OK);
        } else {
            assert_int_equal(failed--, 1);
            finish(&s.results[i], KUBE_ERR_UNAVAILABLE);
        }
    }
}

static void a_second_connection_that_is_never_answered_takes_nobody_along(void **state)
{
    (void)state;
    assert_true(begin_at((http2_server_options){ .max_streams = 100 }, true));
    http2_server_hold(s.server, FULL);
    for (int i = 0; i < MANY; i++)
        start(&s.results[i], i < FULL ? 0 : 2 * STALL_MS, NULL);
    run_until_read(FULL);
    relay_break_after(way, RELAY_TO_SERVER, 0, RELAY_STALLS);
    advance(STALL_MS);
    for (int64_t limit = test_now_ms() + 20000; !relay_broke(way) && test_now_ms() < limit;)
        assert_int_equal(kube_io_run(s.io, 5), KUBE_OK);
    assert_true(relay_broke(way));
    advance(2 * STALL_MS);
    for (int i = FULL; i < MANY; i++)
        finish(&s.results[i], KUBE_ERR_TIMEOUT);
    http2_server_release(s.server);
    for (int i = 0; i < FULL; i++)
        finish(&s.results[i], KUBE_OK);
    start(&s.results[0], 0, NULL);
    finish(&s.results[0], KUBE_OK);
    assert_int_equal(http2_server_connections(s.server), 2);
}

static void requests_on_connections_that_carry_one_each_have_connections_of_their_own(void **state)
{
    (void)state;
    assert_true(begin((http2_server_options){ .max_streams = 1 }));
    make_acquaintance();
    http2_server_hold(s.server, 3);
    for (int i = 0; i < 3; i++)
        start(&s.results[i], 0, NULL);
    run_until_read(4);
    assert_int_equal(http2_server_connections(s.server), 3);
    http2_server_release(s.server);
    for (int i = 0; i < 3; i++)
        finish(&s.results[i], KUBE_OK);
}

enum { AT_ONCE = 6 };

static atomic_int there; /* requests that the server after the other has read */

/* Answers when so many are there at once; else late, and with something else. */
static void answer_together(void *user, kube_testing_connection *c, const kube_testing_request *r)
{
    int64_t limit = test_now_ms() + 20000;

    (void)user;
    (void)r;
    there++;
    while (there < AT_ONCE && test_now_ms() < limit)
        kube_testing_connection_hold(c, 5);
    kube_testing_connection_reply(c, 200, NULL, there < AT_ONCE ? "alone" : "ok");
}

/* Four connections are enough for HTTP/2, and too few for a server that speaks it no longer. */
static void a_server_that_changes_to_http_1_gets_as_many_connections_as_any(void **state)
{
    kube_testing_http_server_options o = KUBE_TESTING_HTTP_SERVER_OPTIONS_INIT;
    kube_testing_http_server *other = NULL;

    (void)state;
    assert_true(begin((http2_server_options){ .max_streams = 1 }));
    make_acquaintance();
    http2_server_hold(s.server, 1);
    start(&s.results[0], 0, NULL);
    run_until_read(2);
    http2_server_stop_listening(s.server);
    o.port = (uint16_t)http2_server_port(s.server);
    o.cert = s.cert;
    o.handler = answer_together;
    assert_int_equal(kube_testing_http_server_start(&o, &other, NULL), KUBE_OK);
    there = 0;
    for (int i = 1; i <= AT_ONCE; i++)
        start(&s.results[i], 0, NULL);
    for (int i = 1; i <= AT_ONCE; i++)
        finish(&s.results[i], KUBE_OK);
    http2_server_release(s.server);
    finish(&s.results[0], KUBE_OK);
    kube_testing_http_server_stop(other);
}

static void look_at_silence(bool ipv6)
{
    bool begun = begin((http2_server_options){ .ipv6 = ipv6 });

    if (!begun && ipv6) {
        print_message("there is no ::1\n");
        skip();
    }
    assert_true(begun);
    make_acquaintance();
    http2_server_hold(s.server, 1);
    start(&s.results[0], 2 * SILENCE_MS, NULL);
    run_until_read(2);
    advance(2 * SILENCE_MS);
    finish(&s.results[0], KUBE_ERR_TIMEOUT);
    start(&s.results[1], 0, NULL);
    finish(&s.results[1], KUBE_OK);
    assert_int_equal(http2_server_connections(s.server), 2);
}

static void a_connection_on_which_nothing_comes_is_given_up_with_the_request_that_waited(void **state)
{
    (void)state;
    look_at_silence(false);
}

static void so_is_one_over_ipv6(void **state)
{
    (void)state;
    look_at_silence(true);
}

static void a_connection_on_which_others_are_answered_is_kept(void **state)
{
    (void)state;
    assert_true(begin((http2_server_options){ .max_streams = 100 }));
    make_acquaintance();
    http2_server_hold(s.server, 1);
    start(&s.results[0], 2 * SILENCE_MS, NULL);
    run_until_read(2);
    advance(SILENCE_MS);
    start(&s.results[1], 0, NULL);
    finish(&s.results[1], KUBE_OK);
    advance(SILENCE_MS);
    finish(&s.results[0], KUBE_ERR_TIMEOUT);
    start(&s.results[2], 0, NULL);
    finish(&s.results[2], KUBE_OK);
    assert_int_equal(http2_server_connections(s.server), 1);
}

static void a_request_that_was_short_of_time_says_nothing_of_its_connection(void **state)
{
    (void)state;
    assert_true(begin((http2_server_options){ .max_streams = 100 }));
    make_acquaintance();
    http2_server_hold(s.server, 1);
    start(&s.results[0], SILENCE_MS / 2, NULL);
    run_until_read(2);
    advance(SILENCE_MS / 2);
    finish(&s.results[0], KUBE_ERR_TIMEOUT);
    start(&s.results[1], 0, NULL);
    finish(&s.results[1], KUBE_OK);
    assert_int_equal(http2_server_connections(s.server), 1);
}

static void short_requests_that_nothing_comes_of_say_it_together(void **state)
{
    (void)state;
    assert_true(begin((http2_server_options){ .max_streams = 100 }));
    make_acquaintance();
    http2_server_hold(s.server, 3);
    for (unsigned i = 0; i < 3; i++) {
        start(&s.results[i], SILENCE_MS * 2 / 5, NULL);
        run_until_read(2 + i);
        advance(SILENCE_MS * 2 / 5);
        finish(&s.results[i], KUBE_ERR_TIMEOUT);
        assert_int_equal(http2_server_connections(s.server), 1);
    }
    start(&s.results[3], 0, NULL);
    finish(&s.results[3], KUBE_OK);
    assert_int_equal(http2_server_connections(s.server), 2);
}

static void an_answer_between_them_makes_them_begin_anew(void **state)
{
    (void)state;
    assert_true(begin((http2_server_options){ .max_streams = 100 }));
    make_acquaintance();
    for (unsigned i = 0; i < 4; i++) {
        http2_server_hold(s.server, 1);
        start(&s.results[0], SILENCE_MS * 2 / 5, NULL);
        run_until_read(2 + 2 * i);
        advance(SILENCE_MS * 2 / 5);
        finish(&s.results[0], KUBE_ERR_TIMEOUT);
        start(&s.results[1], 0, NULL);
        finish(&s.results[1], KUBE_OK);
    }
    assert_int_equal(http2_server_connections(s.server), 1);
}

static void requests_that_wait_at_once_count_once(void **state)
{
    (void)state;
    assert_true(begin((http2_server_options){ .max_streams = 100 }));
    make_acquaintance();
    http2_server_hold(s.server, 3);
    for (unsigned i = 0; i < 3; i++)
        start(&s.results[i], SILENCE_MS * 2 / 5, NULL);
    run_until_read(4);
    advance(SILENCE_MS * 2 / 5);
    for (unsigned i = 0; i < 3; i++)
        finish(&s.results[i], KUBE_ERR_TIMEOUT);
    start(&s.results[3], 0, NULL);
    finish(&s.results[3], KUBE_OK);
    assert_int_equal(http2_server_connections(s.server), 1);
}

/* A slow server is no dead one: who has the time may wait for it. */
static void who_may_wait_longer_keeps_the_connection_of_who_may_not(void **state)
{
    (void)state;
    assert_true(begin((http2_server_options){ .max_streams = 100 }));
    make_acquaintance();
    http2_server_hold(s.server, 2);
    start(&s.results[0], 2 * SILENCE_MS, NULL);
    start(&s.results[1], 10 * SILENCE_MS, NULL);
    run_until_read(3);
    advance(2 * SILENCE_MS);
    finish(&s.results[0], KUBE_ERR_TIMEOUT);
    http2_server_release(s.server);
    finish(&s.results[1], KUBE_OK);
    assert_int_equal(http2_server_connections(s.server), 1);
}

static void but_not_for_ever(void **state)
{
    (void)state;
    assert_true(begin((http2_server_options){ .max_streams = 100 }));
    make_acquaintance();
    http2_server_hold(s.server, 2);
    start(&s.results[0], 3 * SILENCE_MS, NULL);
    start(&s.results[1], 10 * SILENCE_MS, NULL);
    run_until_read(3);
    advance(3 * SILENCE_MS);
    finish(&s.results[0], KUBE_ERR_TIMEOUT);
    rest_run_until_done(s.io, &s.results[1]); /* lost with its connection, or repeated by libcurl on the next one */
    assert_int_equal(s.results[1].calls, 1);
    assert_true(s.results[1].status == KUBE_ERR_UNAVAILABLE || s.results[1].status == KUBE_OK);
    rest_result_clear(&s.results[1]);
    start(&s.results[2], 0, NULL);
    finish(&s.results[2], KUBE_OK);
    assert_int_equal(http2_server_connections(s.server), 2);
}

/* Nearly as much as a request may have, on a connection that goes on afterwards. */
static void a_request_with_long_headers_is_sent(void **state)
{
    static char value[59000];
    const kube_rest_param header = { "X-Long", value };
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    rest_result r = { 0 };

    (void)state;
    memset(value, 'x', sizeof value - 1);
    assert_true(begin((http2_server_options){ .max_streams = 100 }));
    make_acquaintance();
    request.path = "/";
    request.headers = &header;
    request.header_count = 1;
    assert_int_equal(kube_rest_client_start(s.client, s.io, &request, NULL, rest_record, &r, NULL), KUBE_PENDING);
    finish(&r, KUBE_OK);
    start(&s.results[0], 0, NULL);
    finish(&s.results[0], KUBE_OK);
    assert_int_equal(http2_server_connections(s.server), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(ninety_requests_share_a_connection_and_the_others_wait_for_them, end),
        cmocka_unit_test_teardown(a_queue_that_stands_still_gets_another_connection, end),
        cmocka_unit_test_teardown(a_queue_that_moves_is_not_one_that_stands_still, end),
        cmocka_unit_test_teardown(one_that_waits_for_them_runs_out_of_time_by_itself, end),
        cmocka_unit_test_teardown(a_second_connection_that_cannot_be_made_takes_nobody_along, end),
        cmocka_unit_test_teardown(a_second_connection_that_is_never_answered_takes_nobody_along, end),
        cmocka_unit_test_teardown(requests_on_connections_that_carry_one_each_have_connections_of_their_own, end),
        cmocka_unit_test_teardown(a_server_that_changes_to_http_1_gets_as_many_connections_as_any, end),
        cmocka_unit_test_teardown(a_connection_on_which_nothing_comes_is_given_up_with_the_request_that_waited, end),
        cmocka_unit_test_teardown(so_is_one_over_ipv6, end),
        cmocka_unit_test_teardown(a_connection_on_which_others_are_answered_is_kept, end),
        cmocka_unit_test_teardown(a_request_that_was_short_of_time_says_nothing_of_its_connection, end),
        cmocka_unit_test_teardown(short_requests_that_nothing_comes_of_say_it_together, end),
        cmocka_unit_test_teardown(an_answer_between_them_makes_them_begin_anew, end),
        cmocka_unit_test_teardown(requests_that_wait_at_once_count_once, end),
        cmocka_unit_test_teardown(who_may_wait_longer_keeps_the_connection_of_who_may_not, end),
        cmocka_unit_test_teardown(but_not_for_ever, end),
        cmocka_unit_test_teardown(a_request_with_long_headers_is_sent, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
