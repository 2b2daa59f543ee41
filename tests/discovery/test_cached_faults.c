/* What fails while a cached client works: memory, and every operation of its stores. The answer comes all the same, or
 * a status; nothing is leaked; and afterwards it works. */
#include "flight.h"

#define ALL "apps/v1: deployments; batch/v1: jobs"
#define TTL KUBE_FRESHNESS_DEFAULT

static cached_fixture f;

static kube_status try_all(kube_discovery *d, kube_freshness freshness)
{
    kube_call_options o = KUBE_CALL_OPTIONS_INIT;
    kube_api_resource_lists *lists = NULL;
    kube_error *err = NULL;
    kube_status st;

    o.freshness = freshness;
    st = kube_discovery_server_groups_and_resources(d, &o, NULL, &lists, &err);
    if (st == KUBE_OK)
        assert_int_equal(kube_api_resource_lists_count(lists), 2);
    else
        assert_int_equal(kube_error_status(err), st);
    kube_api_resource_lists_unref(lists);
    kube_error_free(err);
    return st;
}

static kube_status try_groups(kube_discovery *d)
{
    kube_api_group_list *groups = NULL;
    kube_status st = kube_discovery_server_groups(d, NULL, &groups, NULL);

    if (st == KUBE_OK)
        assert_int_equal(kube_api_group_list_count(groups), 2);
    kube_api_group_list_unref(groups);
    return st;
}

static kube_status try_version(kube_discovery *d)
{
    kube_api_resource_list *list = NULL;
    kube_status st = kube_discovery_server_resources_for_group_version(d, "apps/v1", NULL, &list, NULL);

    if (st == KUBE_OK)
        assert_int_equal(kube_api_resource_list_count(list), 1);
    kube_api_resource_list_unref(list);
    return st;
}

typedef kube_status scenario(void);

/* Cold, then again, then revalidated: written, used, touched. */
static kube_status cold(void)
{
    kube_discovery *d = cached_fixture_client(&f);
    kube_status st = try_version(d);

    if (st == KUBE_OK)
        st = try_all(d, TTL);
    if (st == KUBE_OK)
        st = try_all(d, KUBE_FRESHNESS_REVALIDATE);
    kube_discovery_unref(d);
    return st;
}

/* The clients are made before, so that the allocations of making them are not failed: that is the builder's test. */
static kube_discovery *client;

static kube_status ask_everything(void)
{
    kube_status st = try_groups(client);

    if (st == KUBE_OK)
        st = try_version(client);
    if (st == KUBE_OK)
        st = try_all(client, TTL);
    if (st == KUBE_OK)
        st = try_all(client, KUBE_FRESHNESS_REVALIDATE);
    if (st == KUBE_OK)
        st = try_all(client, KUBE_FRESHNESS_ONLY_IF_CACHED);
    return st;
}

/* Each round begins with an empty place, or with one that another client has filled. */
static void fail_each_allocation(cached_place place, bool filled, bool unchanged)
{
    for (size_t n = 1;; n++) {
        kube_discovery_snapshot *ready = aggregated_snapshot(NULL, cached_apps_and_batch);
        kube_status st;
        bool reached;

        cached_fixture_init(&f, place);
        f.fake.ready = ready;
        f.fake.later = n % 2 == 0;
        if (filled)
            assert_int_equal(cold(), KUBE_OK);
        f.fake.unchanged = unchanged;
        client = cached_fixture_client(&f);
        alloc_trace_fail_at(n);
        st = ask_everything();
        reached = alloc_trace_stop();
        if (st != KUBE_OK && st != KUBE_ERR_OUT_OF_MEMORY)
            fail_msg("allocation %zu: %s", n, kube_status_name(st));
        if (ask_everything() != KUBE_OK)
            fail_msg("allocation %zu: it works no more", n);
        kube_discovery_unref(client);
        assert_int_equal(cold(), KUBE_OK);
        kube_discovery_snapshot_unref(ready);
        cached_fixture_clear(&f);
        if (!reached) {
            print_message("  place %d, %s: %zu allocations\n", (int)place, filled ? "filled" : "empty", n - 1);
            assert_true(n > 20);
            break;
        }
        assert_true(n < 2000);
    }
}

static void each_allocation_may_fail_over_each_place(void **state)
{
    (void)state;
    for (int place = 0; place < CACHED_PLACES; place++) {
        fail_each_allocation((cached_place)place, false, false);
        fail_each_allocation((cached_place)place, true, true);
    }
}

static void turn(kube_io *io)
{
    kube_status st = kube_io_step(io, 0);

    assert_true(st == KUBE_OK || st == KUBE_PENDING);
}

/* ---- stores that fail ---- */

static void expect_answers(const char *what)
{
    kube_discovery *d = cached_fixture_client(&f);

    for (int i = 0; i < 2; i++) {
        if (strcmp(ask_all(d, TTL), ALL) != 0)
            fail_msg("%s: %s", what, ask_all(d, TTL));
        assert_string_equal(ask_version(d, "apps/v1", TTL), "deployments");
        assert_string_equal(ask_all(d, KUBE_FRESHNESS_REVALIDATE), ALL);
    }
    kube_discovery_unref(d);
}

static void whatever_a_store_fails_at_the_answer_comes(void **state)
{
    static const kube_status failures[] = { KUBE_ERR_IO,      KUBE_ERR_LIMIT,       KUBE_ERR_UNAVAILABLE,
                                            KUBE_ERR_PARSE,   KUBE_ERR_UNSUPPORTED, KUBE_ERR_CONFLICT,
                                            KUBE_ERR_TIMEOUT, KUBE_ERR_CANCELLED }; /* its own, not the call's */
    char what[128];

    (void)state;
    for (int place = CACHED_DOCUMENTS_SLOW; place <= CACHED_SLOW; place++) {
        for (int op = 0; op < SLOW_STORE_OPS; op++) {
            for (size_t i = 0; i < COUNT_OF(failures); i++) {
                if (place != CACHED_DOCUMENTS_SLOW && place != CACHED_SLOW)
                    continue;
                if (op == SLOW_STORE_LOCK && failures[i] == KUBE_ERR_CONFLICT)
                    continue; /* that is no fault, but somebody else's lock: it is waited for */
                cached_fixture_init(&f, (cached_place)place);
                f.fake.unchanged = true;
                f.store_knobs.fail[op] = f.documents_knobs.fail[op] = failures[i];
                snprintf(what, sizeof what, "operation %d fails with %s", op, kube_status_name(failures[i]));
                expect_answers(what);
                f.store_knobs.fail[op] = f.documents_knobs.fail[op] = KUBE_OK;
                expect_answers(what);
                cached_fixture_clear(&f);
            }
        }
    }
}

static void each_fault_is_told_once_until_something_could_be_written(void **state)
{
    static const char *const segments[] = { "apps", "v1", "serverresources.json" };
    const kube_store_key key = { .segments = segments, .count = 3 };
    kube_discovery *writer, *d;

    (void)state;
    cached_fixture_init(&f, CACHED_DOCUMENTS_SLOW);
    writer = cached_fixture_client(&f);
    d = cached_fixture_client(&f);
    (void)ask_all(writer, TTL);
    assert_int_equal(kube_store_put(f.documents, &key, kube_str_c("{"), kube_str_c(NULL), NULL, NULL, NULL), KUBE_OK);
    f.documents_knobs.fail[SLOW_STORE_PUT] = KUBE_ERR_IO;
    for (int i = 0; i < 5; i++) {
        assert_string_equal(ask_version(d, "apps/v1", TTL), "deployments");
        assert_string_equal(ask_version(d, "batch/v1", TTL), "jobs");
    }
    assert_int_equal(f.log_lines, 1);
    f.documents_knobs.fail[SLOW_STORE_PUT] = KUBE_OK;
    assert_string_equal(ask_all(d, KUBE_FRESHNESS_REVALIDATE), ALL);
    f.documents_knobs.fail[SLOW_STORE_GET] = KUBE_ERR_IO;
    (void)ask_all(d, TTL);
    (void)ask_all(d, TTL);
    assert_int_equal(f.log_lines, 2);
    kube_discovery_unref(writer);
    kube_discovery_unref(d);
    cached_fixture_clear(&f);
}

/* Its bytes could not be told from what a client knows: they are not used. */
static void a_store_that_breaks_its_contract_costs_a_cache_and_no_answer(void **state)
{
    (void)state;
    for (int place = CACHED_DOCUMENTS_SLOW; place <= CACHED_SLOW; place++) {
        kube_discovery *writer, *d;

        if (place != CACHED_DOCUMENTS_SLOW && place != CACHED_SLOW)
            continue;
        cached_fixture_init(&f, (cached_place)place);
        f.documents_knobs.no_generation = f.store_knobs.no_generation = true;
        writer = cached_fixture_client(&f);
        d = cached_fixture_client(&f);
        assert_string_equal(ask_all(writer, TTL), ALL);
        assert_string_equal(ask_version(d, "apps/v1", TTL), "deployments");
        assert_string_equal(ask_all(d, TTL), ALL);
        assert_string_equal(ask_all(d, KUBE_FRESHNESS_REVALIDATE), ALL);
        kube_discovery_unref(writer);
        kube_discovery_unref(d);
        cached_fixture_clear(&f);
    }
}

/* A group for each list that somebody damages. */
static void many_groups(kube_buf *answer, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        kube_buf_append_f(answer,
                          "%s{\"metadata\":{\"name\":\"g%u\"},\"versions\":[{\"version\":\"v1\",\"resources\":["
                          "{\"resource\":\"r\",\"responseKind\":{\"kind\":\"R\"},\"verbs\":[\"get\"]}]}]}",
                          i == 0 ? "{\"items\":[" : ",", i);
    kube_buf_append_c(answer, "]}");
}

/* Of the groups from the first to the one before the end; how, is a part of what is told of it. */
static void damage(unsigned first, unsigned end, unsigned how)
{
    for (unsigned i = first; i < end; i++) {
        char name[16], text[512];
        const char *segments[] = { name, "v1", "serverresources.json" };
        const kube_store_key key = { .segments = segments, .count = 3 };

        snprintf(name, sizeof name, "g%u", i);
        snprintf(text, sizeof text, "%*s", (int)how + 1, "{");
        assert_int_equal(kube_store_put(f.documents, &key, kube_str_c(text), kube_str_c(NULL), NULL, NULL, NULL),
                         KUBE_OK);
    }
}

static unsigned lines_of_a_question(kube_discovery *d)
{
    unsigned before = f.log_lines;

    f.log[0] = '\0';
    assert_memory_equal(ask_all(d, TTL), "g0/v1: r; g1/v1: r", 18);
    return f.log_lines - before;
}

static void many_faults_are_told_in_one_line_and_each_only_once(void **state)
{
    enum { LISTS = 12, REMEMBERED = 256, EACH_TIME = 8 };
    kube_buf answer = KUBE_BUF_INIT(8192);
    kube_discovery *writer, *d;

    (void)state;
    cached_fixture_init(&f, CACHED_DOCUMENTS_IN_MEMORY);
    many_groups(&answer, LISTS);
    f.fake.answers[0] = answer.data;
    writer = cached_fixture_client(&f);
    d = cached_fixture_client(&f);
    (void)ask_all(writer, TTL);
    damage(1, 2, 0);
    assert_int_equal(lines_of_a_question(d), 1);
    assert_null(strstr(f.log, "more)"));
    damage(0, 2, 0); /* one is new, and one is not */
    assert_int_equal(lines_of_a_question(d), 1);
    assert_non_null(strstr(f.log, "(and 1 more)"));
    damage(0, 2, 0);
    assert_int_equal(lines_of_a_question(d), 0);
    damage(0, LISTS, 1);
    assert_int_equal(lines_of_a_question(d), 1);
    assert_non_null(strstr(f.log, "(and 11 more)"));
    for (unsigned how = 2; how <= REMEMBERED / EACH_TIME + 2; how++) { /* until the first ones are forgotten */
        damage(0, LISTS, how);
        assert_in_range(lines_of_a_question(d), 1, 2);
    }
    damage(0, 2, 0);
    assert_int_equal(lines_of_a_question(d), 1);
    kube_discovery_unref(writer);
    kube_discovery_unref(d);
    kube_buf_clear(&answer);
    cached_fixture_clear(&f);
}

/* Each further thing asked of it would cost as much time again. */
static void a_store_that_is_out_of_time_is_left_alone(void **state)
{
    kube_discovery *writer, *d;

    (void)state;
    cached_fixture_init(&f, CACHED_DOCUMENTS_SLOW);
    writer = cached_fixture_client(&f);
    d = cached_fixture_client(&f);
    f.documents_knobs.fail[SLOW_STORE_PUT] = KUBE_ERR_TIMEOUT;
    assert_string_equal(ask_all(writer, TTL), ALL);
    assert_int_equal(atomic_load(&f.documents_knobs.count[SLOW_STORE_PUT]), 1);
    f.documents_knobs.fail[SLOW_STORE_PUT] = KUBE_OK;
    assert_string_equal(ask_all(writer, KUBE_FRESHNESS_REVALIDATE), ALL);
    f.documents_knobs.fail[SLOW_STORE_GET] = KUBE_ERR_TIMEOUT;
    atomic_store(&f.documents_knobs.count[SLOW_STORE_GET], 0);
    assert_string_equal(ask_all(d, TTL), ALL);
    assert_in_range(atomic_load(&f.documents_knobs.count[SLOW_STORE_GET]), 1, 2);
    kube_discovery_unref(writer);
    kube_discovery_unref(d);
    cached_fixture_clear(&f);
}

/* Its time, and not that of the question. */
static void a_store_that_is_out_of_time_before_the_deadline_is_done_without(void **state)
{
    kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
    kube_io *io = flight_io(NULL);
    kube_discovery *d;
    outcome o;

    (void)state;
    cached_fixture_init(&f, CACHED_DOCUMENTS_SLOW);
    d = cached_fixture_client(&f);
    f.documents_knobs.fail[SLOW_STORE_GET] = KUBE_ERR_TIMEOUT;
    opts.timeout_ms = 3600 * 1000;
    flight_start(d, io, NULL, &opts, &o);
    flight_run_until(io, &o);
    flight_expect_all(&o, ALL);
    kube_io_free(io);
    kube_discovery_unref(d);
    cached_fixture_clear(&f);
}

/* A store of somebody's own that answers at once, and what it answers is always the same. */
static kube_status own_get(void *state, kube_io *io, const kube_store_key *key, const kube_call *call,
                           kube_store_get_done *done, void *user, kube_store_entry *out, kube_error **err)
{
    (void)io, (void)key, (void)call, (void)done, (void)user, (void)out;
    return kube_error_set(err, *(const kube_status *)state, "as the test wants");
}

static kube_status own_put(void *state, kube_io *io, const kube_store_key *key, const kube_store_value *value,
                           const kube_call *call, kube_store_put_done *done, void *user, kube_store_info *out,
                           kube_error **err)
{
    (void)io, (void)key, (void)value, (void)call, (void)done, (void)user, (void)out;
    return kube_error_set(err, *(const kube_status *)state, "as the test wants");
}

static kube_status own_remove(void *state, kube_io *io, const kube_store_key *key, const kube_call *call,
                              kube_store_put_done *done, void *user, kube_error **err)
{
    (void)io, (void)key, (void)call, (void)done, (void)user;
    return kube_error_set(err, *(const kube_status *)state, "as the test wants");
}

static void a_store_that_fails_at_once_is_told_once_and_done_without(void **state)
{
    static kube_status failures[] = { KUBE_ERR_TIMEOUT, KUBE_ERR_CANCELLED, KUBE_ERR_IO };
    static const kube_store_ops ops = { .struct_size = sizeof ops,
                                        .get = own_get,
                                        .put = own_put,
                                        .remove = own_remove,
                                        .is_local = true };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(failures); i++) {
        kube_discovery *d;

        cached_fixture_init(&f, CACHED_PLACES);
        assert_int_equal(kube_store_new(&ops, &failures[i], NULL, &f.documents, NULL), KUBE_OK);
        d = cached_fixture_client(&f);
        assert_string_equal(ask_all(d, TTL), ALL);
        assert_string_equal(ask_version(d, "apps/v1", TTL), "deployments");
        assert_string_equal(ask_all(d, TTL), ALL);
        assert_int_equal(f.log_lines, 1);
        assert_int_equal(f.fake.attempts, 1);
        kube_discovery_unref(d);
        cached_fixture_clear(&f);
    }
}

static void a_store_that_runs_out_of_time_in_the_middle_is_asked_no_further(void **state)
{
    kube_io *io = flight_io(NULL);
    kube_discovery *writer, *d;
    outcome o;

    (void)state;
    cached_fixture_init(&f, CACHED_DOCUMENTS_SLOW);
    writer = cached_fixture_client(&f);
    f.store_knobs.fail[SLOW_STORE_PUT] = KUBE_ERR_IO; /* no entry, so that the documents are read */
    assert_string_equal(ask_all(writer, TTL), ALL);
    d = cached_fixture_client(&f);
    atomic_store(&f.documents_knobs.count[SLOW_STORE_GET], 0);
    flight_start(d, io, NULL, NULL, &o);
    while (o.calls == 0 && atomic_load(&f.documents_knobs.count[SLOW_STORE_GET]) < 2)
        (void)!kube_io_step(io, 0);
    f.documents_knobs.fail[SLOW_STORE_GET] = KUBE_ERR_TIMEOUT; /* of the first of two lists */
    flight_run_until(io, &o);
    flight_expect_all(&o, ALL);
    assert_int_equal(atomic_load(&f.documents_knobs.count[SLOW_STORE_GET]), 2);
    assert_int_equal(f.fake.attempts, 2);
    kube_io_free(io);
    kube_discovery_unref(writer);
    kube_discovery_unref(d);
    cached_fixture_clear(&f);
}

/* An agent waits for what is going to be installed, and asks every few seconds. */
static void asking_for_what_is_not_there_writes_nothing(void **state)
{
    kube_discovery *d;
    unsigned puts;

    (void)state;
    cached_fixture_init(&f, CACHED_DOCUMENTS_SLOW);
    f.fake.unchanged = true;
    d = cached_fixture_client(&f);
    assert_string_equal(ask_all(d, TTL), ALL);
    puts = atomic_load(&f.store_knobs.count[SLOW_STORE_PUT]);
    for (int i = 0; i < 3; i++)
        assert_string_equal(ask_version(d, "new/v1", TTL), "!not found: the server has no group-version new/v1");
    assert_int_equal(atomic_load(&f.store_knobs.count[SLOW_STORE_PUT]), puts);
    assert_int_equal(f.fake.attempts, 4);
    kube_discovery_unref(d);
    cached_fixture_clear(&f);
}

static void a_store_that_never_answers_costs_no_more_than_the_deadline_or_until_it_is_cancelled(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        bool documents = i % 2 == 1, cancelled = i / 2 == 1;
        fake_clock clock;
        kube_io_options io_opts = KUBE_IO_OPTIONS_INIT;
        kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
        kube_io *io = NULL;
        kube_discovery *d;
        outcome o = { .calls = 0 };

        fake_clock_init(&clock);
        io_opts.clock = &clock.clock;
        assert_int_equal(kube_io_new(&io_opts, &io, NULL), KUBE_OK);
        cached_fixture_init(&f, documents ? CACHED_DOCUMENTS_SLOW : CACHED_SLOW);
        f.store_knobs.silent = !documents;
        f.documents_knobs.silent = documents;
        d = cached_fixture_client(&f);
        opts.timeout_ms = 1000;
        assert_int_equal(kube_cancel_new(NULL, &opts.cancel, NULL), KUBE_OK);
        assert_int_equal(kube_discovery_fetch_start(d, io, KUBE_DISCOVERY_WANT_ALL, NULL, &opts, on_fetched, &o, NULL),
                         KUBE_PENDING);
        for (int n = 0; n < 20; n++)
            turn(io);
        assert_int_equal(o.calls, 0);
        if (cancelled)
            kube_cancel_fire(opts.cancel);
        else
            fake_clock_advance(&clock, 1001);
        for (int n = 0; n < 20 && o.calls == 0; n++)
            turn(io);
        assert_int_equal(o.calls, 1);
        assert_int_equal(o.status, cancelled ? KUBE_ERR_CANCELLED : KUBE_ERR_TIMEOUT);
        assert_string_equal(f.log, ""); /* nor is it a fault of the store's */
        outcome_clear(&o);
        kube_cancel_unref(opts.cancel);
        f.store_knobs.silent = f.documents_knobs.silent = false;
        assert_string_equal(ask_all(d, TTL), ALL);
        kube_discovery_unref(d);
        kube_io_free(io);
        cached_fixture_clear(&f);
    }
}

/* The loop goes away while a store is waited for: one done, and nothing is left. */
static void the_loop_may_end_in_every_phase(void **state)
{
    bool over = false;

    (void)state;
    for (int turns = 0; !over; turns++) {
        kube_io *io = NULL;
        kube_discovery *d;
        outcome o = { .calls = 0 };

        assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
        cached_fixture_init(&f, CACHED_DOCUMENTS_SLOW);
        f.fake.later = true;
        d = cached_fixture_client(&f);
        assert_int_equal(kube_discovery_fetch_start(d, io, KUBE_DISCOVERY_WANT_ALL, NULL, NULL, on_fetched, &o, NULL),
                         KUBE_PENDING);
        for (int i = 0; i < turns; i++)
            turn(io);
        over = o.calls == 1;
        if (over)
            assert_true(turns > 5);
        kube_io_free(io);
        assert_int_equal(o.calls, 1);
        assert_int_equal(o.status, over ? KUBE_OK : KUBE_ERR_CANCELLED);
        outcome_clear(&o);
        assert_string_equal(ask_all(d, TTL), ALL);
        kube_discovery_unref(d);
        cached_fixture_clear(&f);
        assert_true(turns < 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(a_store_that_breaks_its_contract_costs_a_cache_and_no_answer),
        ALLOC_TRACE_TEST(each_allocation_may_fail_over_each_place),
        ALLOC_TRACE_TEST(whatever_a_store_fails_at_the_answer_comes),
        ALLOC_TRACE_TEST(each_fault_is_told_once_until_something_could_be_written),
        ALLOC_TRACE_TEST(a_store_that_is_out_of_time_is_left_alone),
        ALLOC_TRACE_TEST(many_faults_are_told_in_one_line_and_each_only_once),
        ALLOC_TRACE_TEST(a_store_that_is_out_of_time_before_the_deadline_is_done_without),
        ALLOC_TRACE_TEST(a_store_that_fails_at_once_is_told_once_and_done_without),
        ALLOC_TRACE_TEST(a_store_that_runs_out_of_time_in_the_middle_is_asked_no_further),
        ALLOC_TRACE_TEST(asking_for_what_is_not_there_writes_nothing),
        ALLOC_TRACE_TEST(a_store_that_never_answers_costs_no_more_than_the_deadline_or_until_it_is_cancelled),
        ALLOC_TRACE_TEST(the_loop_may_end_in_every_phase),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
