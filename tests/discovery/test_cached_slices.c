/* What takes long takes several turns of the loop. */
#include "cached_fixture.h"
#include "fetch_outcome.h"

enum { GROUPS = 60, FEW = 3, TICK_NS = 1000000, SLICE_TICKS = 6, TURNS_MAX = 10000 };

static cached_fixture f;

/* A time that passes by being looked at. */
static int64_t tick(void *state)
{
    fake_clock *clock = state;

    clock->now_ns += TICK_NS;
    return clock->now_ns;
}

/* So fast that a slice is over with each second look. */
static int64_t leap(void *state)
{
    fake_clock *clock = state;

    clock->now_ns += SLICE_TICKS / 2 * TICK_NS;
    return clock->now_ns;
}

/* So fast that a slice is over before it has begun: a machine that crawls. */
static int64_t bound(void *state)
{
    fake_clock *clock = state;

    clock->now_ns += 2 * SLICE_TICKS * TICK_NS;
    return clock->now_ns;
}

static const char *groups(int count)
{
    static char text[GROUPS * 256];
    size_t len = 0;

    len += (size_t)snprintf(text + len, sizeof text - len, "{\"items\":[");
    for (int i = 0; i < count; i++)
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "%s{\"metadata\":{\"name\":\"g%d\"},\"versions\":[{\"version\":\"v1\",\"resources\":[{"
                                "\"resource\":\"rs\",\"responseKind\":{\"kind\":\"R\"},\"verbs\":[\"get\"]}]}]}",
                                i > 0 ? "," : "", i);
    snprintf(text + len, sizeof text - len, "]}");
    return text;
}

/* How many turns a question takes on a loop whose time passes so, until its time is over. */
static unsigned turns_within(kube_discovery *d, int64_t (*monotonic)(void *), int64_t timeout_ms, kube_status status)
{
    kube_call_options call = KUBE_CALL_OPTIONS_INIT;
    kube_io_options opts = KUBE_IO_OPTIONS_INIT;
    fake_clock clock;
    kube_io *io = NULL;
    outcome o = { .calls = 0 };
    unsigned turns = 0;

    fake_clock_init(&clock);
    clock.clock.monotonic_ns = monotonic;
    opts.clock = &clock.clock;
    call.timeout_ms = timeout_ms;
    assert_int_equal(kube_io_new(&opts, &io, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_fetch_start(d, io, KUBE_DISCOVERY_WANT_ALL, NULL, &call, on_fetched, &o, NULL),
                     KUBE_PENDING);
    for (; o.calls == 0; turns++) {
        kube_status st = kube_io_step(io, 0);

        assert_true(turns < TURNS_MAX);
        assert_true(st == KUBE_OK || st == KUBE_PENDING);
    }
    assert_int_equal(o.status, status);
    outcome_clear(&o);
    kube_io_free(io);
    return turns;
}

static unsigned turns_of(kube_discovery *d, int64_t (*monotonic)(void *))
{
    return turns_within(d, monotonic, 0, KUBE_OK);
}

static void a_deadline_ends_reading_and_writing_many_documents(void **state)
{
    kube_discovery *writer, *reader;

    (void)state;
    cached_fixture_init(&f, CACHED_DOCUMENTS_ONLY);
    f.fake.answers[0] = groups(GROUPS);
    writer = cached_fixture_client(&f);
    reader = cached_fixture_client(&f);
    assert_in_range(turns_within(writer, tick, GROUPS, KUBE_ERR_TIMEOUT), 2, GROUPS);
    assert_int_equal(turns_of(writer, fake_clock_monotonic), 1);
    assert_in_range(turns_within(reader, tick, GROUPS, KUBE_ERR_TIMEOUT), 2, GROUPS);
    kube_discovery_unref(writer);
    kube_discovery_unref(reader);
    cached_fixture_clear(&f);
}

static void many_documents_are_read_in_slices(void **state)
{
    kube_discovery *writer, *reader, *other;

    (void)state;
    cached_fixture_init(&f, CACHED_DOCUMENTS_ONLY);
    f.fake.answers[0] = groups(GROUPS);
    writer = cached_fixture_client(&f);
    reader = cached_fixture_client(&f);
    other = cached_fixture_client(&f);
    (void)ask_all(writer, KUBE_FRESHNESS_DEFAULT);
    assert_int_equal(turns_of(reader, fake_clock_monotonic), 1);
    /* each is looked at, and read */
    assert_in_range(turns_of(other, tick), 2 * GROUPS / SLICE_TICKS, 10 * GROUPS);
    assert_int_equal(f.fake.attempts, 1);
    kube_discovery_unref(writer);
    kube_discovery_unref(reader);
    kube_discovery_unref(other);
    cached_fixture_clear(&f);
}

static void many_documents_are_written_in_slices(void **state)
{
    kube_discovery *d;

    (void)state;
    cached_fixture_init(&f, CACHED_DOCUMENTS_ONLY);
    f.fake.answers[0] = groups(GROUPS);
    d = cached_fixture_client(&f);
    /* likewise, and written */
    assert_in_range(turns_of(d, tick), 2 * GROUPS / SLICE_TICKS, 10 * GROUPS);
    kube_discovery_unref(d);
    cached_fixture_clear(&f);
}

static void every_slice_gets_on_by_a_document(void **state)
{
    kube_discovery *writer, *reader;

    (void)state;
    cached_fixture_init(&f, CACHED_DOCUMENTS_ONLY);
    f.fake.answers[0] = groups(GROUPS);
    writer = cached_fixture_client(&f);
    reader = cached_fixture_client(&f);
    assert_in_range(turns_of(writer, bound), GROUPS, 10 * GROUPS);
    assert_in_range(turns_of(reader, bound), GROUPS, 10 * GROUPS);
    assert_int_equal(f.fake.attempts, 1);
    kube_discovery_unref(writer);
    kube_discovery_unref(reader);
    cached_fixture_clear(&f);
}

/* Where a pause costs memory that is not there it is done without. */
static void any_allocation_may_fail_between_slices(void **state)
{
    kube_discovery_snapshot *ready = aggregated_snapshot(NULL, groups(FEW));
    bool reached = true;

    (void)state;
    for (size_t n = 1; reached; n++) {
        kube_io_options opts = KUBE_IO_OPTIONS_INIT;
        outcome o = { .calls = 0 };
        kube_discovery *d;
        fake_clock clock;
        kube_io *io = NULL;
        kube_status st;

        cached_fixture_init(&f, CACHED_DOCUMENTS_ONLY);
        f.fake.ready = ready;
        d = cached_fixture_client(&f);
        fake_clock_init(&clock);
        clock.clock.monotonic_ns = leap;
        opts.clock = &clock.clock;
        assert_int_equal(kube_io_new(&opts, &io, NULL), KUBE_OK);
        alloc_trace_fail_at(n);
        st = kube_discovery_fetch_start(d, io, KUBE_DISCOVERY_WANT_ALL, NULL, NULL, on_fetched, &o, NULL);
        for (int i = 0; st == KUBE_PENDING && o.calls == 0 && i < 1000; i++)
            (void)!kube_io_step(io, 0);
        reached = alloc_trace_stop();
        assert_int_equal(o.calls, st == KUBE_PENDING ? 1 : 0);
        if (st == KUBE_PENDING)
            st = o.status;
        assert_int_equal(st, st != KUBE_OK ? KUBE_ERR_OUT_OF_MEMORY : KUBE_OK);
        assert_true(reached || st == KUBE_OK);
        if (st == KUBE_OK)
            assert_int_equal(kube_discovery_snapshot_resource_count(o.snapshot), FEW);
        outcome_clear(&o);
        assert_in_range(n, 1, 500);
        kube_io_free(io);
        kube_discovery_unref(d);
        cached_fixture_clear(&f);
    }
    kube_discovery_snapshot_unref(ready);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(many_documents_are_read_in_slices),
        ALLOC_TRACE_TEST(many_documents_are_written_in_slices),
        ALLOC_TRACE_TEST(every_slice_gets_on_by_a_document),
        ALLOC_TRACE_TEST(any_allocation_may_fail_between_slices),
        ALLOC_TRACE_TEST(a_deadline_ends_reading_and_writing_many_documents),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
