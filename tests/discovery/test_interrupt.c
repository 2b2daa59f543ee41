/* The live client when it is cancelled, out of time, let go, or its loop is freed, wherever it may be. */
#include "discovery_fixture.h"
#include "fake_server.h"
#include "fetch_outcome.h"

#include <kube/base/io.h>
#include <kube/discovery.h>

static fake_server server;

/* A clock that a test moves, and that may move by itself each time it is read. */
typedef struct test_clock {
    kube_clock clock;
    int64_t now_ns, tick_ns;
} test_clock;

static int64_t monotonic_ns(void *state)
{
    test_clock *c = state;

    c->now_ns += c->tick_ns;
    return c->now_ns;
}

static int64_t unix_ms(void *state)
{
    (void)state;
    return 1700000000000;
}

static test_clock now = { .clock = { sizeof(kube_clock), &now, monotonic_ns, unix_ms }, .now_ns = 1 };

static int set_up(void **state)
{
    if (alloc_trace_setup(state) != 0)
        return 1;
    fake_server_init(&server);
    now.tick_ns = 0;
    return 0;
}

static int tear_down(void **state)
{
    fake_server_clear(&server);
    return alloc_trace_teardown(state);
}

static kube_io *new_io(void)
{
    kube_io_options opts = KUBE_IO_OPTIONS_INIT;
    kube_io *io = NULL;

    opts.clock = &now.clock;
    assert_int_equal(kube_io_new(&opts, &io, NULL), KUBE_OK);
    return io;
}

static kube_discovery *client(void)
{
    kube_discovery *d = NULL;

    assert_int_equal(kube_discovery_client_new(server.client, NULL, &d, NULL), KUBE_OK);
    return d;
}

static void step(kube_io *io, int times)
{
    for (int i = 0; i < times; i++)
        (void)!kube_io_step(io, 0);
}

static void start(kube_discovery *d, kube_io *io, const kube_call_options *opts, outcome *o)
{
    assert_int_equal(kube_discovery_fetch_start(d, io, KUBE_DISCOVERY_WANT_ALL, NULL, opts, on_fetched, o, NULL),
                     KUBE_PENDING);
}

/* A fetch that is under way: in front of the groups, or in the middle of the walk over a legacy server's lists. */
static void start_and_wait(kube_discovery *d, kube_io *io, bool walking, const kube_call_options *opts, outcome *o)
{
    fake_server_reset(&server);
    server.timing = walking ? FAKE_LATER : FAKE_NEVER;
    fake_server_answer(&server, "/api", 200, FAKE_JSON, "{\"versions\":[\"v1\"]}");
    fake_server_answer(&server, "/apis", 200, FAKE_JSON,
                       "{\"groups\":[{\"name\":\"a\",\"versions\":[{\"groupVersion\":\"a/v1\",\"version\":\"v1\"}]}]}");
    start(d, io, opts, o);
    if (walking) {
        server.timing = FAKE_NEVER; /* the answers to the groups are on their way; those to the lists will not come */
        step(io, 5);
        assert_int_equal(server.log_count, 4);
    }
    assert_int_equal(server.in_flight, 2);
    assert_int_equal(o->calls, 0);
}

static void a_cancel_ends_everything_in_flight_and_then_the_fetch(void **state)
{
    kube_discovery *d = client();
    kube_io *io = new_io();

    (void)state;
    for (int walking = 0; walking <= 1; walking++) {
        kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
        outcome o = { .calls = 0 };

        assert_int_equal(kube_cancel_new(NULL, &opts.cancel, NULL), KUBE_OK);
        start_and_wait(d, io, walking, &opts, &o);
        kube_cancel_fire(opts.cancel);
        assert_int_equal(o.calls, 0);
        step(io, 4);
        assert_int_equal(o.calls, 1);
        assert_int_equal(o.status, KUBE_ERR_CANCELLED);
        assert_null(o.snapshot);
        assert_int_equal(server.in_flight, 0);
        kube_cancel_unref(opts.cancel);
        outcome_clear(&o);
    }
    kube_io_free(io);
    kube_discovery_unref(d);
}

static void the_deadline_of_the_call_ends_the_fetch(void **state)
{
    kube_discovery *d = client();
    kube_io *io = new_io();

    (void)state;
    for (int walking = 0; walking <= 1; walking++) {
        kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
        outcome o = { .calls = 0 };

        opts.timeout_ms = 1000;
        start_and_wait(d, io, walking, &opts, &o);
        now.now_ns += INT64_C(999) * 1000000;
        step(io, 4);
        assert_int_equal(o.calls, 0);
        now.now_ns += INT64_C(2) * 1000000;
        step(io, 4);
        assert_int_equal(o.calls, 1);
        assert_int_equal(o.status, KUBE_ERR_TIMEOUT);
        assert_int_equal(server.in_flight, 0);
        outcome_clear(&o);
    }
    kube_io_free(io);
    kube_discovery_unref(d);
}

static void expect_thirty_two_seconds(const kube_call_options *opts)
{
    kube_discovery *d = client();
    kube_io *io = new_io();
    outcome o = { .calls = 0 };

    start_and_wait(d, io, false, opts, &o);
    now.now_ns += INT64_C(31999) * 1000000;
    step(io, 4);
    assert_int_equal(o.calls, 0);
    now.now_ns += INT64_C(2) * 1000000;
    step(io, 4);
    assert_int_equal(o.status, KUBE_ERR_TIMEOUT);
    outcome_clear(&o);
    /* In the walk it is the group-versions that fail: the groups are there. */
    start_and_wait(d, io, true, opts, &o);
    now.now_ns += INT64_C(32001) * 1000000;
    step(io, 4);
    assert_int_equal(o.status, KUBE_ERR_PARTIAL);
    assert_int_equal(kube_error_child_count(o.err), 2);
    assert_int_equal(kube_error_status(kube_error_child_at(o.err, 0)), KUBE_ERR_TIMEOUT);
    outcome_clear(&o);
    kube_io_free(io);
    kube_discovery_unref(d);
}

static void without_a_deadline_or_with_a_later_one_each_request_has_thirty_two_seconds(void **state)
{
    kube_call_options opts = KUBE_CALL_OPTIONS_INIT;

    (void)state;
    expect_thirty_two_seconds(NULL);
    opts.timeout_ms = 100 * 1000;
    expect_thirty_two_seconds(&opts);
}

/* Time passes with each look at the clock, so that the deadline falls between any two steps. */
static void wherever_the_deadline_falls_it_is_the_fetch_that_is_out_of_time(void **state)
{
    kube_discovery *d = client();
    kube_status st = KUBE_ERR_TIMEOUT;
    int64_t ms;

    (void)state;
    now.tick_ns = 1000000;
    for (ms = 1; st == KUBE_ERR_TIMEOUT; ms++) {
        kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
        kube_io *io = new_io();
        outcome o = { .calls = 0 };

        opts.timeout_ms = ms;
        fake_server_reset(&server);
        server.timing = FAKE_LATER;
        fake_server_answer(&server, "/api", 200, FAKE_JSON, "{\"versions\":[\"v1\"]}");
        fake_server_answer(&server, "/apis", 200, FAKE_JSON,
                           "{\"groups\":[{\"name\":\"a\",\"versions\":[{\"groupVersion\":\"a/v1\",\"version\":\"v1\"},"
                           "{\"groupVersion\":\"a/v2\",\"version\":\"v2\"}]}]}");
        fake_server_answer(&server, "/api/v1", 200, FAKE_JSON, "{}");
        fake_server_answer(&server, "/apis/a/v1", 200, FAKE_JSON, "{}");
        fake_server_answer(&server, "/apis/a/v2", 200, FAKE_JSON, "{}");
        st = kube_discovery_fetch_start(d, io, KUBE_DISCOVERY_WANT_ALL, NULL, &opts, on_fetched, &o, NULL);
        if (st == KUBE_PENDING) {
            step(io, 20);
            assert_int_equal(o.calls, 1);
            st = o.status;
        }
        assert_int_equal(server.in_flight, 0);
        outcome_clear(&o);
        kube_io_free(io);
    }
    assert_int_equal(st, KUBE_OK);
    assert_in_range(ms, 10, 200);
    kube_discovery_unref(d);
}

static void freeing_the_loop_ends_the_fetch_once(void **state)
{
    kube_discovery *d = client();

    (void)state;
    for (int walking = 0; walking <= 1; walking++) {
        kube_io *io = new_io();
        outcome o = { .calls = 0 };

        start_and_wait(d, io, walking, NULL, &o);
        kube_io_free(io);
        assert_int_equal(o.calls, 1);
        assert_int_equal(o.status, KUBE_ERR_CANCELLED);
        assert_int_equal(server.in_flight, 0);
        outcome_clear(&o);
    }
    kube_discovery_unref(d);
}

static void the_client_may_be_let_go_while_it_works(void **state)
{
    kube_io *io = new_io();

    (void)state;
    for (int walking = 0; walking <= 1; walking++) {
        kube_discovery *d = client();
        kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
        outcome o = { .calls = 0 };

        assert_int_equal(kube_cancel_new(NULL, &opts.cancel, NULL), KUBE_OK);
        start_and_wait(d, io, walking, &opts, &o);
        kube_discovery_unref(d);
        kube_cancel_fire(opts.cancel);
        kube_cancel_unref(opts.cancel);
        step(io, 4);
        assert_int_equal(o.calls, 1);
        outcome_clear(&o);
    }
    kube_io_free(io);
}

static void a_final_failure_does_not_wait_for_the_other_request(void **state)
{
    static const char *const failing[] = { "/api", "/apis" };
    kube_discovery *d = client();
    kube_io *io = new_io();

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        outcome o = { .calls = 0 };

        fake_server_reset(&server);
        server.timing = FAKE_LATER;
        server.in_reverse = i == 0; /* /apis is asked first: the failing one is to be answered first */
        fake_server_answer(&server, failing[i], 403, FAKE_JSON, "{}");
        fake_server_answer(&server, failing[1 - i], 200, FAKE_JSON, "{}");
        start(d, io, NULL, &o);
        step(io, 4);
        assert_int_equal(o.calls, 1);
        assert_int_equal(o.status, KUBE_ERR_FORBIDDEN);
        assert_int_equal(server.in_flight, 0);
        outcome_clear(&o);
    }
    kube_io_free(io);
    kube_discovery_unref(d);
}

/* An aggregated document of so many groups. */
static char *large_document(int groups)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);

    assert_non_null(f);
    fputs("{\"items\":[", f);
    for (int i = 0; i < groups; i++)
        fprintf(f, "%s{\"metadata\":{\"name\":\"g%d\"},\"versions\":[{\"version\":\"v1\"}]}", i > 0 ? "," : "", i);
    fputs("]}", f);
    assert_int_equal(fclose(f), 0);
    return text;
}

static void start_decoding(kube_discovery *d, kube_io *io, const char *document, const kube_call_options *opts,
                           outcome *o)
{
    fake_server_reset(&server);
    server.timing = FAKE_LATER;
    fake_server_answer(&server, "/api", 404, FAKE_JSON, "{}");
    fake_server_answer(&server, "/apis", 200, FAKE_V2, document);
    start(d, io, opts, o);
}

static void a_large_document_is_decoded_in_slices(void **state)
{
    kube_discovery *d = client();
    kube_io *io = new_io();
    char *document = large_document(50);
    outcome o = { .calls = 0 };
    int steps = 0;

    (void)state;
    now.tick_ns = 10 * 1000000; /* each look at the clock takes longer than a slice may */
    start_decoding(d, io, document, NULL, &o);
    for (; o.calls == 0 && steps < 1000; steps++)
        step(io, 1);
    assert_int_equal(o.status, KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_group_count(o.snapshot), 50);
    assert_true(steps > 50);
    outcome_clear(&o);
    now.tick_ns = 0; /* and when there is time enough, at once */
    start_decoding(d, io, document, NULL, &o);
    for (steps = 0; o.calls == 0 && steps < 1000; steps++)
        step(io, 1);
    assert_int_equal(o.status, KUBE_OK);
    assert_true(steps < 5);
    outcome_clear(&o);
    kube_io_free(io);
    kube_discovery_unref(d);
    free(document);
}

static void how_long_a_slice_is_can_be_chosen(void **state)
{
    kube_discovery_client_options opts = KUBE_DISCOVERY_CLIENT_OPTIONS_INIT;
    kube_discovery *d = NULL;
    kube_io *io = new_io();
    char *document = large_document(50);
    outcome o = { .calls = 0 };
    int steps = 0;

    (void)state;
    opts.slice_ms = 100; /* of looks at the clock: ten, and so many groups */
    assert_int_equal(kube_discovery_client_new(server.client, &opts, &d, NULL), KUBE_OK);
    now.tick_ns = 10 * 1000000;
    start_decoding(d, io, document, NULL, &o);
    for (; o.calls == 0 && steps < 1000; steps++)
        step(io, 1);
    assert_int_equal(o.status, KUBE_OK);
    assert_in_range(steps, 5, 15);
    outcome_clear(&o);
    kube_io_free(io);
    kube_discovery_unref(d);
    free(document);
}

static void a_fetch_can_be_interrupted_between_two_slices(void **state)
{
    kube_discovery *d = client();
    char *document = large_document(50);

    (void)state;
    now.tick_ns = 10 * 1000000;
    for (int how = 0; how < 3; how++) {
        kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
        kube_io *io = new_io();
        outcome o = { .calls = 0 };

        assert_int_equal(kube_cancel_new(NULL, &opts.cancel, NULL), KUBE_OK);
        opts.timeout_ms = 10000;
        start_decoding(d, io, document, &opts, &o);
        step(io, 20);
        assert_int_equal(o.calls, 0);
        assert_int_equal(server.in_flight, 0); /* nothing but the decoding is left */
        if (how == 0)
            kube_cancel_fire(opts.cancel);
        else if (how == 1)
            now.now_ns += INT64_C(20000) * 1000000;
        if (how < 2)
            step(io, 3);
        else
            kube_io_free(io);
        assert_int_equal(o.calls, 1);
        assert_int_equal(o.status, how == 1 ? KUBE_ERR_TIMEOUT : KUBE_ERR_CANCELLED);
        outcome_clear(&o);
        if (how < 2)
            kube_io_free(io);
        kube_cancel_unref(opts.cancel);
    }
    kube_discovery_unref(d);
    free(document);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_cancel_ends_everything_in_flight_and_then_the_fetch),
        TEST(the_deadline_of_the_call_ends_the_fetch),
        TEST(without_a_deadline_or_with_a_later_one_each_request_has_thirty_two_seconds),
        TEST(wherever_the_deadline_falls_it_is_the_fetch_that_is_out_of_time),
        TEST(freeing_the_loop_ends_the_fetch_once),
        TEST(the_client_may_be_let_go_while_it_works),
        TEST(a_final_failure_does_not_wait_for_the_other_request),
        TEST(a_large_document_is_decoded_in_slices),
        TEST(how_long_a_slice_is_can_be_chosen),
        TEST(a_fetch_can_be_interrupted_between_two_slices),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
