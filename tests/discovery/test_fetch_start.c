/* Fetching on a loop of the caller's, over any discovery. */
#include "discovery_fixture.h"
#include "fake_discovery.h"

#include <kube/base/io.h>

#define ITEMS(items) "{\"items\":[" items "]}"
#define GOOD                                                                                                           \
    "{\"metadata\":{\"name\":\"a\"},\"versions\":[{\"version\":\"v1\",\"resources\":[{\"resource\":\"x\","             \
    "\"responseKind\":{\"kind\":\"X\"},\"scope\":\"Namespaced\",\"verbs\":[\"get\"]}]}]}"
#define STALE "{\"metadata\":{\"name\":\"b\"},\"versions\":[{\"version\":\"v1\",\"freshness\":\"Stale\"}]}"

static const char good[] = ITEMS(GOOD), partial[] = ITEMS(GOOD "," STALE);

typedef struct outcome {
    int calls;
    kube_status status;
    kube_discovery_snapshot *snapshot;
    kube_error *err;
    kube_discovery *asks; /* a blocking question is tried inside the callback */
    kube_status nested;
} outcome;

static void on_fetched(void *user, kube_status status, kube_discovery_snapshot *snapshot, kube_error *err)
{
    outcome *o = user;
    kube_api_group_list *groups = NULL;

    o->calls++;
    o->status = status;
    o->snapshot = snapshot;
    o->err = err;
    if (o->asks != NULL)
        o->nested = kube_discovery_server_groups(o->asks, NULL, &groups, NULL);
}

static void outcome_clear(outcome *o)
{
    kube_discovery_snapshot_unref(o->snapshot);
    kube_error_free(o->err);
    *o = (outcome){ .calls = 0 };
}

static kube_io *new_io(void)
{
    kube_io *io = NULL;

    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    return io;
}

static kube_status start(kube_discovery *d, kube_io *io, const kube_call_options *opts, outcome *o)
{
    return kube_discovery_fetch_start(d, io, KUBE_DISCOVERY_WANT_ALL, NULL, opts, on_fetched, o, NULL);
}

static void step(kube_io *io)
{
    for (int i = 0; i < 5; i++)
        (void)!kube_io_step(io, 10);
}

static void done_comes_from_a_step_even_when_the_answer_is_there_at_once(void **state)
{
    fake_discovery f = { .answers = { good, partial } };
    kube_discovery *d = fake_discovery_new(&f, 0);
    kube_io *io = new_io();
    outcome o = { .calls = 0 };

    (void)state;
    for (int later = 0; later <= 1; later++) {
        f.later = later;
        assert_int_equal(start(d, io, NULL, &o), KUBE_PENDING);
        assert_int_equal(o.calls, 0);
        step(io);
        assert_int_equal(o.calls, 1);
        assert_int_equal(o.status, later ? KUBE_ERR_PARTIAL : KUBE_OK);
        assert_non_null(o.snapshot);
        assert_true((o.err != NULL) == (later != 0));
        outcome_clear(&o);
    }
    kube_io_free(io);
    kube_discovery_unref(d);
}

static void the_discovery_may_be_let_go_while_a_fetch_runs(void **state)
{
    fake_discovery f = { .answers = { good } };
    kube_io *io = new_io();
    outcome o = { .calls = 0 };

    (void)state;
    for (int later = 0; later <= 1; later++) {
        kube_discovery *d = fake_discovery_new(&f, 0);

        f.later = later;
        f.destroyed = 0;
        assert_int_equal(start(d, io, NULL, &o), KUBE_PENDING);
        kube_discovery_unref(d);
        assert_int_equal(f.destroyed, 0);
        step(io);
        assert_int_equal(o.calls, 1);
        assert_int_equal(f.destroyed, 1);
        outcome_clear(&o);
    }
    kube_io_free(io);
}

static void freeing_the_loop_ends_a_fetch(void **state)
{
    fake_discovery f = { .answers = { good } };
    kube_discovery *d = fake_discovery_new(&f, 0);

    (void)state;
    for (int later = 0; later <= 1; later++) {
        kube_io *io = new_io();
        outcome o = { .calls = 0 };

        f.later = later;
        assert_int_equal(start(d, io, NULL, &o), KUBE_PENDING);
        kube_io_free(io);
        assert_int_equal(o.calls, 1);
        assert_int_equal(o.status, later ? KUBE_ERR_CANCELLED : KUBE_OK);
        outcome_clear(&o);
    }
    kube_discovery_unref(d);
}

static void the_cancel_of_a_fetch_may_be_let_go_while_it_runs(void **state)
{
    fake_discovery f = { .answers = { good }, .later = true };
    kube_discovery *d = fake_discovery_new(&f, 0);
    kube_io *io = new_io();
    kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
    outcome o = { .calls = 0 };

    (void)state;
    assert_int_equal(kube_cancel_new(NULL, &opts.cancel, NULL), KUBE_OK);
    assert_int_equal(start(d, io, &opts, &o), KUBE_PENDING);
    kube_cancel_unref(opts.cancel);
    step(io);
    assert_int_equal(o.status, KUBE_OK);
    outcome_clear(&o);
    kube_io_free(io);
    kube_discovery_unref(d);
}

static void a_fetch_that_cannot_begin_fails_at_once_and_is_never_done(void **state)
{
    fake_discovery f = { .answers = { good } };
    kube_discovery *d = fake_discovery_new(&f, 0);
    kube_io *io = new_io();
    kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
    outcome o = { .calls = 0 };
    kube_error *err = NULL;

    (void)state;
    assert_int_equal(
        kube_discovery_fetch_start(d, io, KUBE_DISCOVERY_WANT_GROUP_VERSION, NULL, NULL, on_fetched, &o, NULL),
        KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_discovery_fetch_start(d, io, KUBE_DISCOVERY_WANT_ALL, "v1", NULL, on_fetched, &o, NULL),
                     KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_discovery_fetch_start(d, io, (kube_discovery_want)9, NULL, NULL, on_fetched, &o, NULL),
                     KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_discovery_fetch_start(d, io, KUBE_DISCOVERY_WANT_ALL, NULL, NULL, NULL, &o, NULL),
                     KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_discovery_fetch_start(NULL, io, KUBE_DISCOVERY_WANT_ALL, NULL, NULL, on_fetched, &o, NULL),
                     KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_discovery_fetch_start(d, NULL, KUBE_DISCOVERY_WANT_ALL, NULL, NULL, on_fetched, &o, NULL),
                     KUBE_ERR_INVALID_ARG);
    assert_int_equal(start(d, io, &(kube_call_options){ .struct_size = 0 }, &o), KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_cancel_new(NULL, &opts.cancel, NULL), KUBE_OK);
    kube_cancel_fire(opts.cancel);
    assert_int_equal(start(d, io, &opts, &o), KUBE_ERR_CANCELLED);
    f.failure = KUBE_ERR_TLS;
    assert_int_equal(kube_discovery_fetch_start(d, io, KUBE_DISCOVERY_WANT_ALL, NULL, NULL, on_fetched, &o, &err),
                     KUBE_ERR_TLS);
    assert_string_equal(kube_error_message(err), "as the test wants");
    kube_error_free(err);
    step(io);
    assert_int_equal(o.calls, 0);
    kube_cancel_unref(opts.cancel);
    kube_io_free(io);
    kube_discovery_unref(d);
}

static void a_group_version_can_be_fetched_alone(void **state)
{
    fake_discovery f = { .answers = { good }, .later = true };
    kube_discovery *d = fake_discovery_new(&f, 0);
    kube_io *io = new_io();
    char name[] = "a/v1";
    outcome o = { .calls = 0 };

    (void)state;
    assert_int_equal(
        kube_discovery_fetch_start(d, io, KUBE_DISCOVERY_WANT_GROUP_VERSION, name, NULL, on_fetched, &o, NULL),
        KUBE_PENDING);
    memset(name, 'x', sizeof name - 1);
    step(io);
    assert_int_equal(o.calls, 1);
    assert_string_equal(f.group_version, "a/v1");
    outcome_clear(&o);
    kube_io_free(io);
    kube_discovery_unref(d);
}

static void a_blocking_question_inside_a_callback_is_refused(void **state)
{
    fake_discovery f = { .answers = { good } };
    kube_discovery *d = fake_discovery_new(&f, 0);
    kube_io *io = new_io();
    outcome o = { .asks = d };

    (void)state;
    assert_int_equal(start(d, io, NULL, &o), KUBE_PENDING);
    step(io);
    assert_int_equal(o.nested, KUBE_ERR_WOULD_DEADLOCK);
    outcome_clear(&o);
    kube_io_free(io);
    kube_discovery_unref(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(done_comes_from_a_step_even_when_the_answer_is_there_at_once),
        ALLOC_TRACE_TEST(the_discovery_may_be_let_go_while_a_fetch_runs),
        ALLOC_TRACE_TEST(freeing_the_loop_ends_a_fetch),
        ALLOC_TRACE_TEST(the_cancel_of_a_fetch_may_be_let_go_while_it_runs),
        ALLOC_TRACE_TEST(a_fetch_that_cannot_begin_fails_at_once_and_is_never_done),
        ALLOC_TRACE_TEST(a_group_version_can_be_fetched_alone),
        ALLOC_TRACE_TEST(a_blocking_question_inside_a_callback_is_refused),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
