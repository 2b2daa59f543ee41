/* What was looked for or asked before an invalidation, or before a newer answer, does not undo it by coming later. */
#include "flight.h"

#define ALL "apps/v1: deployments; batch/v1: jobs"
#define ALL_NEWER "apps/v1: statefulsets; batch/v1: cronjobs"
#define TTL KUBE_FRESHNESS_DEFAULT

static cached_fixture f;

typedef void place_test(void);

static void over(cached_place place, place_test *test)
{
    cached_fixture_init(&f, place);
    f.fake.later = f.fake.held = true;
    test();
    cached_fixture_clear(&f);
}

/* Over a folder and in memory: with documents, and without. */
#define BOTH(sentence)                                                                                                 \
    static void over_##sentence(void);                                                                                 \
    static void sentence(void **state)                                                                                 \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        over(CACHED_KUBECTLS_FOLDER, over_##sentence);                                                                 \
        over(CACHED_MEMORY, over_##sentence);                                                                          \
        over(CACHED_DOCUMENTS_SLOW, over_##sentence);                                                                  \
    }                                                                                                                  \
    static void over_##sentence(void)

BOTH(what_was_asked_before_an_invalidation_is_asked_again)
{
    kube_discovery *d = cached_fixture_client(&f);
    kube_io *io = flight_io(NULL);
    outcome o;

    flight_start(d, io, NULL, NULL, &o);
    flight_run_until_asked(io, &f.fake);
    kube_discovery_invalidate(d);
    flight_release(&f.fake);
    flight_run_until(io, &o);
    flight_expect_all(&o, ALL);
    assert_int_equal(f.fake.attempts, 2);
    assert_string_equal(ask_all(d, TTL), ALL);
    assert_int_equal(f.fake.attempts, 2);
    kube_io_free(io);
    kube_discovery_unref(d);
}

BOTH(one_that_is_invalidated_all_the_time_still_answers)
{
    kube_discovery *d = cached_fixture_client(&f);
    kube_io *io = flight_io(NULL);
    outcome o;

    f.fake.held = false;
    flight_start(d, io, NULL, NULL, &o);
    while (o.calls == 0) {
        kube_discovery_invalidate(d);
        assert_int_equal(kube_io_run(io, 1000), KUBE_OK);
    }
    flight_expect_all(&o, ALL);
    assert_in_range(f.fake.attempts, 1, 3);
    kube_io_free(io);
    kube_discovery_unref(d);
}

/* What is being written when it is invalidated is older than that, whoever writes it. */
static void an_answer_that_is_being_written_counts_no_more_once_it_is_invalidated(void **state)
{
    static const cached_place places[] = { CACHED_DOCUMENTS_SLOW, CACHED_SLOW };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        kube_discovery *d;
        kube_io *io = flight_io(NULL);
        slow_store_knobs *knobs = cached_place_has_documents(places[i]) ? &f.documents_knobs : &f.store_knobs;
        outcome o;

        cached_fixture_init(&f, places[i]);
        d = cached_fixture_client(&f);
        flight_start(d, io, NULL, NULL, &o);
        while (o.calls == 0 && atomic_load(&knobs->count[SLOW_STORE_PUT]) == 0)
            (void)!kube_io_step(io, 0);
        assert_int_equal(o.calls, 0);
        kube_discovery_invalidate(d);
        flight_run_until(io, &o);
        flight_expect_all(&o, ALL);
        assert_int_equal(f.fake.attempts, 1);
        assert_string_equal(ask_all(d, TTL), ALL);
        assert_int_equal(f.fake.attempts, 2);
        kube_io_free(io);
        kube_discovery_unref(d);
        cached_fixture_clear(&f);
    }
}

static unsigned gets_of_a_question(kube_discovery *d)
{
    unsigned before = atomic_load(&f.documents_knobs.count[SLOW_STORE_GET]);

    assert_string_equal(ask_all(d, TTL), ALL_NEWER);
    return atomic_load(&f.documents_knobs.count[SLOW_STORE_GET]) - before;
}

/* What is read takes a moment; what the delegate has answered meanwhile stays. */
static void what_was_looked_for_before_an_answer_came_does_not_displace_it(void **state)
{
    kube_discovery *writer, *d;
    kube_io *io = flight_io(NULL);
    outcome o = { .calls = 0 };
    unsigned gets;

    (void)state;
    cached_fixture_init(&f, CACHED_DOCUMENTS_SLOW);
    writer = cached_fixture_client(&f);
    d = cached_fixture_client(&f);
    assert_string_equal(ask_all(writer, TTL), ALL);
    assert_int_equal(
        kube_discovery_fetch_start(d, io, KUBE_DISCOVERY_WANT_GROUP_VERSION, "apps/v1", NULL, on_fetched, &o, NULL),
        KUBE_PENDING);
    f.fake.answers[0] = cached_newer;
    assert_string_equal(ask_all(d, KUBE_FRESHNESS_REVALIDATE), ALL_NEWER);
    gets = gets_of_a_question(d);
    assert_int_equal(o.calls, 0);
    flight_run_until(io, &o);
    outcome_clear(&o);
    assert_int_equal(gets_of_a_question(d), gets);
    assert_int_equal(f.fake.attempts, 2);
    kube_io_free(io);
    kube_discovery_unref(writer);
    kube_discovery_unref(d);
    cached_fixture_clear(&f);
}

static void what_is_being_read_when_it_is_invalidated_is_not_used(void **state)
{
    kube_discovery *writer, *d;
    kube_io *io = flight_io(NULL);
    outcome o;

    (void)state;
    cached_fixture_init(&f, CACHED_DOCUMENTS_SLOW);
    writer = cached_fixture_client(&f);
    d = cached_fixture_client(&f);
    assert_string_equal(ask_all(writer, TTL), ALL);
    f.fake.answers[0] = cached_newer;
    flight_start(d, io, "apps/v1", NULL, &o);
    kube_discovery_invalidate(d);
    flight_run_until(io, &o);
    assert_int_equal(o.status, KUBE_OK);
    assert_string_equal(list_text(kube_group_version_resources(kube_discovery_snapshot_group_version(o.snapshot,
                                                                                                     "apps/v1"))),
                        "statefulsets");
    assert_int_equal(f.fake.attempts, 2);
    outcome_clear(&o);
    kube_io_free(io);
    kube_discovery_unref(writer);
    kube_discovery_unref(d);
    cached_fixture_clear(&f);
}

/* What was looked for counts no more, but what is asked for afterwards does. */
static void the_first_answer_of_one_that_was_invalidated_while_it_looked_is_kept(void **state)
{
    kube_io *io = flight_io(NULL);
    kube_discovery *d;
    unsigned gets;
    outcome o;

    (void)state;
    cached_fixture_init(&f, CACHED_SLOW);
    d = cached_fixture_client(&f);
    flight_start(d, io, NULL, NULL, &o);
    kube_discovery_invalidate(d);
    flight_run_until(io, &o);
    flight_expect_all(&o, ALL);
    gets = atomic_load(&f.store_knobs.count[SLOW_STORE_GET]);
    assert_string_equal(ask_all(d, TTL), ALL);
    assert_int_equal(atomic_load(&f.store_knobs.count[SLOW_STORE_GET]), gets);
    assert_int_equal(f.fake.attempts, 1);
    kube_io_free(io);
    kube_discovery_unref(d);
    cached_fixture_clear(&f);
}

/* The one that was reading finds it, and does not make it count for longer than the other one lets it. */
static void what_came_meanwhile_may_be_found_by_one_that_began_before(void **state)
{
    (void)state;
    for (int invalidated = 0; invalidated <= 1; invalidated++) {
        kube_io *io = flight_io(NULL);
        kube_discovery *writer, *d;
        outcome o;

        cached_fixture_init(&f, CACHED_SLOW);
        writer = cached_fixture_client(&f);
        d = cached_fixture_client(&f);
        assert_string_equal(ask_all(writer, TTL), ALL);
        flight_start(d, io, NULL, NULL, &o);
        f.fake.answers[0] = cached_newer;
        if (invalidated)
            kube_discovery_invalidate(d);
        assert_string_equal(ask_all(d, invalidated ? TTL : KUBE_FRESHNESS_REVALIDATE), ALL_NEWER);
        flight_run_until(io, &o);
        flight_expect_all(&o, ALL_NEWER);
        assert_string_equal(ask_all(d, TTL), ALL_NEWER);
        assert_int_equal(f.fake.attempts, 2);
        kube_io_free(io);
        kube_discovery_unref(writer);
        kube_discovery_unref(d);
        cached_fixture_clear(&f);
    }
}

static void an_answer_displaces_what_was_read_while_it_was_waited_for(void **state)
{
    static const char *const segments[] = { "apps", "v1", "serverresources.json" };
    const kube_store_key key = { .segments = segments, .count = 3 };
    kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
    kube_io *io = flight_io(NULL);
    kube_discovery *writer, *d;
    outcome o;

    (void)state;
    cached_fixture_init(&f, CACHED_DOCUMENTS_SLOW);
    writer = cached_fixture_client(&f);
    d = cached_fixture_client(&f);
    assert_string_equal(ask_all(writer, TTL), ALL);
    f.fake.answers[0] = cached_newer;
    f.fake.later = true;
    opts.freshness = KUBE_FRESHNESS_REVALIDATE;
    flight_start(d, io, NULL, &opts, &o);
    flight_run_until_asked(io, &f.fake);
    assert_int_equal(kube_store_put(f.documents, &key, kube_str_c("{\"resources\":[{\"name\":\"another\"}]}"),
                                    kube_str_c(NULL), NULL, NULL, NULL),
                     KUBE_OK);
    assert_string_equal(ask_version(d, "apps/v1", TTL), "another");
    flight_release(&f.fake);
    flight_run_until(io, &o);
    flight_expect_all(&o, ALL_NEWER);
    assert_int_equal(gets_of_a_question(d), 3); /* each document says what is known: it is read, and not composed */
    assert_int_equal(f.fake.attempts, 2);
    kube_io_free(io);
    kube_discovery_unref(writer);
    kube_discovery_unref(d);
    cached_fixture_clear(&f);
}

/* Whoever gave up waiting for it has asked since, and what that one wrote stays. */
static void what_is_still_being_written_does_not_replace_what_came_since(void **state)
{
    static const cached_place places[] = { CACHED_DOCUMENTS_SLOW, CACHED_SLOW };

    (void)state;
    for (size_t i = 0; i < 2 * COUNT_OF(places); i++) {
        slow_store_knobs *knobs = cached_place_has_documents(places[i / 2]) ? &f.documents_knobs : &f.store_knobs;
        fake_clock clock;
        kube_io *io = flight_io(NULL), *other_io;
        kube_discovery *d;
        outcome first, second;

        fake_clock_init(&clock);
        other_io = flight_io(&clock.clock);
        cached_fixture_init(&f, places[i / 2]);
        d = cached_fixture_client(&f);
        flight_start(d, io, NULL, NULL, &first);
        while (first.calls == 0 && atomic_load(&knobs->count[SLOW_STORE_PUT]) == 0)
            (void)!kube_io_step(io, 0);
        assert_int_equal(first.calls, 0); /* its first writing is under way */
        if (i % 2 == 1)
            kube_discovery_invalidate(d);
        f.fake.answers[0] = cached_newer;
        flight_start(
            d, other_io, NULL,
            &(kube_call_options){ .struct_size = sizeof(kube_call_options), .freshness = KUBE_FRESHNESS_REVALIDATE },
            &second);
        for (int n = 0; n < 1000 && second.calls == 0; n++) {
            fake_clock_advance(&clock, 20);
            flight_turn(other_io);
        }
        flight_expect_all(&second, ALL_NEWER);
        flight_run_until(io, &first);
        flight_expect_all(&first, ALL);
        assert_string_equal(ask_version(d, "batch/v1", TTL), "cronjobs");
        if (!cached_place_has_documents(places[i / 2])) /* the one document that was under way is not to be held back */
            assert_string_equal(ask_all(d, TTL), ALL_NEWER);
        kube_io_free(io);
        kube_io_free(other_io);
        kube_discovery_unref(d);
        cached_fixture_clear(&f);
    }
}

/* As another thread may while invalidating is under way, and the delegate still says what it remembers. */
static void ask_meanwhile(void *d)
{
    assert_string_equal(ask_all(d, TTL), ALL);
    f.fake.answers[0] = cached_newer;
}

static void an_invalidation_reaches_the_delegate_before_anybody_asks_it_again(void **state)
{
    (void)state;
    for (int place = 0; place < CACHED_PLACES; place++) {
        kube_discovery *d;

        cached_fixture_init(&f, (cached_place)place);
        d = cached_fixture_client(&f);
        assert_string_equal(ask_all(d, TTL), ALL);
        f.fake.invalidated = ask_meanwhile;
        f.fake.invalidated_arg = d;
        kube_discovery_invalidate(d);
        assert_string_equal(ask_all(d, TTL), ALL_NEWER);
        kube_discovery_unref(d);
        cached_fixture_clear(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(what_was_asked_before_an_invalidation_is_asked_again),
        ALLOC_TRACE_TEST(one_that_is_invalidated_all_the_time_still_answers),
        ALLOC_TRACE_TEST(an_answer_that_is_being_written_counts_no_more_once_it_is_invalidated),
        ALLOC_TRACE_TEST(what_was_looked_for_before_an_answer_came_does_not_displace_it),
        ALLOC_TRACE_TEST(what_is_being_read_when_it_is_invalidated_is_not_used),
        ALLOC_TRACE_TEST(the_first_answer_of_one_that_was_invalidated_while_it_looked_is_kept),
        ALLOC_TRACE_TEST(what_came_meanwhile_may_be_found_by_one_that_began_before),
        ALLOC_TRACE_TEST(an_answer_displaces_what_was_read_while_it_was_waited_for),
        ALLOC_TRACE_TEST(what_is_still_being_written_does_not_replace_what_came_since),
        ALLOC_TRACE_TEST(an_invalidation_reaches_the_delegate_before_anybody_asks_it_again),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
