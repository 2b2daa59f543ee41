/* Several at once: one question to the delegate whatever the number of askers, loops, threads and clients; and what
 * ends while it is waited for. */
#include "flight.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALL "apps/v1: deployments; batch/v1: jobs"
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

BOTH(askers_on_one_loop_share_one_question)
{
    kube_discovery *d = cached_fixture_client(&f);
    kube_io *io = flight_io(NULL);
    outcome o[5];

    f.fake.held = false;
    for (int i = 0; i < 5; i++)
        flight_start(d, io, NULL, NULL, &o[i]);
    for (int i = 0; i < 5; i++)
        flight_run_until(io, &o[i]);
    for (int i = 0; i < 5; i++)
        flight_expect_all(&o[i], ALL);
    assert_int_equal(f.fake.attempts, 1);
    kube_io_free(io);
    kube_discovery_unref(d);
}

typedef struct asker {
    pthread_t thread;
    kube_discovery *d;
    bool on_a_loop;
    kube_status status;
    size_t lists;
} asker;

static void *ask_in_thread(void *arg)
{
    asker *a = arg;
    kube_api_resource_lists *lists = NULL;

    if (a->on_a_loop) {
        outcome o = { .calls = 0 };
        kube_io *io = NULL;

        if (kube_io_new(NULL, &io, NULL) != KUBE_OK ||
            kube_discovery_fetch_start(a->d, io, KUBE_DISCOVERY_WANT_ALL, NULL, NULL, on_fetched, &o, NULL) !=
                KUBE_PENDING)
            return NULL;
        while (o.calls == 0 && kube_io_run(io, 1000) == KUBE_OK)
            ;
        a->status = o.status;
        if (o.snapshot != NULL &&
            kube_discovery_snapshot_groups_and_resources(o.snapshot, NULL, &lists, NULL) == KUBE_OK)
            a->lists = kube_api_resource_lists_count(lists);
        outcome_clear(&o);
        kube_io_free(io);
    } else {
        a->status = kube_discovery_server_groups_and_resources(a->d, NULL, NULL, &lists, NULL);
        a->lists = kube_api_resource_lists_count(lists);
    }
    kube_api_resource_lists_unref(lists);
    return NULL;
}

BOTH(threads_that_block_and_threads_with_loops_share_one_question)
{
    enum { ASKERS = 16 };
    asker askers[ASKERS];
    kube_discovery *d = cached_fixture_client(&f);

    f.fake.held = false;
    for (int i = 0; i < ASKERS; i++) {
        askers[i] = (asker){ .d = d, .on_a_loop = i % 2 == 1, .status = KUBE_PENDING };
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask_in_thread, &askers[i]), 0);
    }
    for (int i = 0; i < ASKERS; i++) {
        pthread_join(askers[i].thread, NULL);
        assert_int_equal(askers[i].status, KUBE_OK);
        assert_int_equal(askers[i].lists, 2);
    }
    assert_int_equal(f.fake.attempts, 1);
    kube_discovery_unref(d);
}

BOTH(a_failure_is_told_to_all_who_waited_for_it)
{
    kube_discovery *d = cached_fixture_client(&f);
    kube_io *io = flight_io(NULL), *other_io = flight_io(NULL);
    outcome o[4];

    f.fake.held = false;
    f.fake.failure = KUBE_ERR_FORBIDDEN;
    for (int i = 0; i < 4; i++)
        flight_start(d, i < 3 ? io : other_io, NULL, NULL, &o[i]);
    for (int i = 0; i < 3; i++)
        flight_run_until(io, &o[i]);
    flight_run_until(other_io, &o[3]);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(o[i].calls, 1);
        assert_int_equal(o[i].status, KUBE_ERR_FORBIDDEN);
        assert_non_null(o[i].err);
        outcome_clear(&o[i]);
    }
    if (f.place != CACHED_DOCUMENTS_SLOW) /* there the other loop may come when the failure is over */
        assert_int_equal(f.fake.attempts, 1);
    kube_io_free(io);
    kube_io_free(other_io);
    kube_discovery_unref(d);
}

BOTH(who_asks_may_be_cancelled_and_the_next_one_asks)
{
    kube_discovery *d = cached_fixture_client(&f);
    kube_io *io = flight_io(NULL), *other_io = flight_io(NULL);
    kube_cancel *cancel = NULL;
    outcome first, second;

    assert_int_equal(kube_cancel_new(NULL, &cancel, NULL), KUBE_OK);
    flight_start(d, io, NULL, &(kube_call_options){ .struct_size = sizeof(kube_call_options), .cancel = cancel },
                 &first);
    flight_run_until_asked(io, &f.fake);
    flight_start(d, other_io, NULL, NULL, &second);
    f.fake.held = false;
    kube_cancel_fire(cancel);
    flight_run_until(io, &first);
    assert_int_equal(first.status, KUBE_ERR_CANCELLED);
    outcome_clear(&first);
    flight_run_until(other_io, &second);
    flight_expect_all(&second, ALL);
    kube_cancel_unref(cancel);
    kube_io_free(io);
    kube_io_free(other_io);
    kube_discovery_unref(d);
}

BOTH(the_loop_of_who_asks_may_be_freed_and_the_next_one_asks)
{
    kube_discovery *d = cached_fixture_client(&f);
    kube_io *io = flight_io(NULL), *other_io = flight_io(NULL);
    outcome first, second;

    flight_start(d, io, NULL, NULL, &first);
    flight_run_until_asked(io, &f.fake);
    flight_start(d, other_io, NULL, NULL, &second);
    f.fake.held = false;
    kube_io_free(io);
    assert_int_equal(first.calls, 1);
    assert_int_equal(first.status, KUBE_ERR_CANCELLED);
    outcome_clear(&first);
    flight_run_until(other_io, &second);
    flight_expect_all(&second, ALL);
    kube_io_free(other_io);
    kube_discovery_unref(d);
}

BOTH(who_waits_leaves_when_it_is_cancelled_or_out_of_time_or_its_loop_ends)
{
    kube_discovery *d = cached_fixture_client(&f);
    fake_clock clock;
    kube_io *io = flight_io(NULL), *other_io, *third_io;
    kube_cancel *cancel = NULL;
    outcome first, cancelled, late, freed;

    fake_clock_init(&clock);
    other_io = flight_io(&clock.clock);
    third_io = flight_io(NULL);
    assert_int_equal(kube_cancel_new(NULL, &cancel, NULL), KUBE_OK);
    flight_start(d, io, NULL, NULL, &first);
    flight_run_until_asked(io, &f.fake);
    flight_start(d, other_io, NULL, &(kube_call_options){ .struct_size = sizeof(kube_call_options), .cancel = cancel },
                 &cancelled);
    flight_start(d, other_io, NULL, &(kube_call_options){ .struct_size = sizeof(kube_call_options), .timeout_ms = 500 },
                 &late);
    flight_start(d, third_io, NULL, NULL, &freed);
    for (int i = 0; i < 10; i++)
        flight_turn(other_io);
    assert_int_equal(cancelled.calls + late.calls + freed.calls, 0);
    kube_cancel_fire(cancel);
    flight_run_until(other_io, &cancelled);
    assert_int_equal(cancelled.status, KUBE_ERR_CANCELLED);
    fake_clock_advance(&clock, 501);
    flight_run_until(other_io, &late);
    assert_int_equal(late.status, KUBE_ERR_TIMEOUT);
    kube_io_free(third_io);
    assert_int_equal(freed.calls, 1);
    assert_int_equal(freed.status, KUBE_ERR_CANCELLED);
    flight_release(&f.fake);
    flight_run_until(io, &first);
    flight_expect_all(&first, ALL);
    assert_int_equal(f.fake.attempts, 1);
    outcome_clear(&cancelled);
    outcome_clear(&late);
    outcome_clear(&freed);
    kube_cancel_unref(cancel);
    kube_io_free(io);
    kube_io_free(other_io);
    kube_discovery_unref(d);
}

/* ---- between clients, as between processes ---- */

static kube_discovery *client_of(fake_discovery *fake)
{
    kube_discovery *ours = f.delegate, *d;

    f.delegate = fake_discovery_new(fake, 0);
    d = cached_fixture_client(&f);
    kube_discovery_unref(f.delegate);
    f.delegate = ours;
    return d;
}

static void clients_with_one_place_wait_for_each_other(void **state)
{
    static const cached_place places[] = { CACHED_KUBECTLS_FOLDER, CACHED_PRIVATE_DISK, CACHED_MEMORY, CACHED_SLOW };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        fake_discovery other = { .answers = { cached_newer }, .later = true };
        kube_discovery *a, *b;
        kube_io *io = flight_io(NULL), *other_io = flight_io(NULL);
        outcome first, second;

        cached_fixture_init(&f, places[i]);
        f.fake.later = f.fake.held = true;
        a = cached_fixture_client(&f);
        b = client_of(&other);
        flight_start(a, io, NULL, NULL, &first);
        flight_run_until_asked(io, &f.fake);
        flight_start(b, other_io, NULL, NULL, &second);
        for (int n = 0; n < 5; n++)
            assert_int_equal(kube_io_run(other_io, 30), KUBE_OK); /* it looks again, and still waits */
        assert_int_equal(second.calls, 0);
        flight_release(&f.fake);
        flight_run_until(io, &first);
        flight_expect_all(&first, ALL);
        flight_run_until(other_io, &second);
        flight_expect_all(&second, ALL);
        assert_int_equal(other.attempts, 0);
        kube_io_free(io);
        kube_io_free(other_io);
        kube_discovery_unref(a);
        kube_discovery_unref(b);
        cached_fixture_clear(&f);
    }
}

static void one_that_holds_the_lock_too_long_is_not_waited_for(void **state)
{
    fake_discovery other = { .answers = { cached_apps_and_batch }, .later = true };
    fake_clock clock;
    kube_discovery *a, *b;
    kube_io *io = flight_io(NULL), *other_io;
    outcome first, second;

    (void)state;
    fake_clock_init(&clock);
    other_io = flight_io(&clock.clock);
    cached_fixture_init(&f, CACHED_KUBECTLS_FOLDER);
    f.fake.later = f.fake.held = true;
    a = cached_fixture_client(&f);
    b = client_of(&other);
    flight_start(a, io, NULL, NULL, &first);
    flight_run_until_asked(io, &f.fake); /* and never goes on */
    flight_start(b, other_io, NULL, NULL, &second);
    for (int n = 0; n < 240; n++) { /* 4.8 s */
        fake_clock_advance(&clock, 20);
        flight_turn(other_io);
    }
    assert_int_equal(other.attempts, 0);
    for (int n = 0; n < 100 && second.calls == 0; n++) {
        fake_clock_advance(&clock, 20);
        flight_turn(other_io);
    }
    flight_expect_all(&second, ALL);
    assert_int_equal(other.attempts, 1);
    kube_io_free(io);
    assert_int_equal(first.status, KUBE_ERR_CANCELLED);
    outcome_clear(&first);
    kube_io_free(other_io);
    kube_discovery_unref(a);
    kube_discovery_unref(b);
    cached_fixture_clear(&f);
}

/* Its thread may well be the one that asks: nobody else could wake it. */
BOTH(one_whose_loop_stands_still_is_not_waited_for)
{
    fake_clock clock;
    kube_discovery *d = cached_fixture_client(&f);
    kube_io *io = flight_io(NULL), *other_io;
    fake_discovery first_question;
    outcome first, second;

    fake_clock_init(&clock);
    other_io = flight_io(&clock.clock);
    flight_start(d, io, NULL, NULL, &first);
    flight_run_until_asked(io, &f.fake); /* and never goes on */
    first_question = f.fake;
    f.fake.later = f.fake.held = false;
    flight_start(d, other_io, NULL, NULL, &second);
    for (int n = 0; n < 240; n++) { /* 4.8 s */
        fake_clock_advance(&clock, 20);
        flight_turn(other_io);
    }
    assert_int_equal(f.fake.attempts, 0); /* answers */
    for (int n = 0; n < 100 && second.calls == 0; n++) {
        fake_clock_advance(&clock, 20);
        flight_turn(other_io);
    }
    flight_expect_all(&second, ALL);
    assert_int_equal(f.fake.attempts, 1);
    f.fake = first_question;
    kube_io_free(io);
    assert_int_equal(first.status, KUBE_ERR_CANCELLED);
    outcome_clear(&first);
    kube_io_free(other_io);
    assert_string_equal(ask_all(d, TTL), ALL);
    kube_discovery_unref(d);
}

/* ---- on a loop ---- */

typedef struct refresh {
    kube_discovery *d;
    unsigned calls;
    kube_status status;
    char inside[256];     /* what is at hand inside of the callback */
    kube_status blocking; /* what a blocking call says there when nothing is */
} refresh;

static void on_refreshed(void *user, kube_status status, kube_discovery_snapshot *snapshot, kube_error *err)
{
    refresh *r = user;

    r->calls++;
    r->status = status;
    snprintf(r->inside, sizeof r->inside, "%s", ask_all(r->d, KUBE_FRESHNESS_ONLY_IF_CACHED));
    r->blocking = kube_discovery_server_groups_and_resources(
        r->d, &(kube_call_options){ .struct_size = sizeof(kube_call_options), .freshness = KUBE_FRESHNESS_REVALIDATE },
        NULL, NULL, NULL);
    kube_discovery_snapshot_unref(snapshot);
    kube_error_free(err);
}

static void a_refresh_is_answered_once_and_what_is_remembered_is_at_hand_meanwhile(void **state)
{
    refresh r = { .calls = 0 };
    kube_io *io = flight_io(NULL);

    (void)state;
    cached_fixture_init(&f, CACHED_KUBECTLS_FOLDER);
    r.d = cached_fixture_client(&f);
    (void)ask_all(r.d, TTL);
    f.fake.later = f.fake.held = true;
    f.fake.answers[0] = cached_newer;
    assert_int_equal(kube_discovery_refresh_start(r.d, io, NULL, on_refreshed, &r, NULL), KUBE_PENDING);
    flight_run_until_asked(io, &f.fake);
    assert_string_equal(ask_all(r.d, KUBE_FRESHNESS_ONLY_IF_CACHED), ALL);
    flight_release(&f.fake);
    while (r.calls == 0)
        assert_int_equal(kube_io_run(io, 1000), KUBE_OK);
    assert_int_equal(kube_io_run(io, 0), KUBE_OK);
    assert_int_equal(r.calls, 1);
    assert_int_equal(r.status, KUBE_OK);
    assert_string_equal(r.inside, "apps/v1: statefulsets; batch/v1: cronjobs");
    assert_int_equal(r.blocking, KUBE_ERR_WOULD_DEADLOCK);
    kube_io_free(io);
    kube_discovery_unref(r.d);
    cached_fixture_clear(&f);
}

static void a_refresh_of_what_remembers_nothing_fetches(void **state)
{
    outcome o = { .calls = 0 };
    kube_io *io = flight_io(NULL);

    (void)state;
    cached_fixture_init(&f, CACHED_MEMORY);
    assert_int_equal(kube_discovery_refresh_start(f.delegate, io, NULL, on_fetched, &o, NULL), KUBE_PENDING);
    flight_run_until(io, &o);
    flight_expect_all(&o, ALL);
    assert_true(kube_discovery_fresh(f.delegate));
    kube_discovery_invalidate(f.delegate);
    kube_io_free(io);
    cached_fixture_clear(&f);
}

/* What is at hand is answered without a loop; writing it to a store behind a network takes one. */
static void what_is_at_hand_is_still_written_to_a_store_that_answers_later(void **state)
{
    kube_memory_store_options o = KUBE_MEMORY_STORE_OPTIONS_INIT;
    kube_discovery *d;
    unsigned puts;

    (void)state;
    cached_fixture_init(&f, CACHED_SLOW);
    o.clock = &f.clock.clock;
    assert_int_equal(kube_memory_store_new(&o, &f.documents, NULL), KUBE_OK);
    d = cached_fixture_client(&f);
    (void)ask_groups(d, TTL);
    puts = atomic_load(&f.store_knobs.count[SLOW_STORE_PUT]);
    assert_string_equal(ask_all(d, TTL), ALL);
    assert_string_equal(f.log, "");
    assert_int_equal(atomic_load(&f.store_knobs.count[SLOW_STORE_PUT]), puts + 1);
    assert_int_equal(f.fake.attempts, 1);
    kube_discovery_unref(d);
    cached_fixture_clear(&f);
}

/* On a loop of the child's own as well. */
static bool refuses_everything(kube_discovery *d)
{
    kube_discovery_request request = { .struct_size = sizeof request, .want = KUBE_DISCOVERY_WANT_ALL };
    kube_call call = { .deadline_ns = 0 };
    kube_discovery_snapshot *s = NULL;
    kube_server_version *version = NULL;
    kube_io *io = NULL;

    return kube_discovery_server_groups(d, NULL, NULL, NULL) == KUBE_ERR_FORKED &&
           kube_io_new(NULL, &io, NULL) == KUBE_OK &&
           kube_discovery_fetch(d, io, &request, &call, NULL, NULL, &s, NULL) == KUBE_ERR_FORKED &&
           kube_discovery_fetch_server_version(d, io, &call, NULL, NULL, &version, NULL) == KUBE_ERR_FORKED;
}

static void a_forked_child_may_only_free_it(void **state)
{
    static const cached_place places[] = { CACHED_KUBECTLS_FOLDER, CACHED_MEMORY };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        kube_discovery *d;
        pid_t pid;
        int status = 0;

        cached_fixture_init(&f, places[i]);
        d = cached_fixture_client(&f);
        (void)ask_all(d, TTL);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            kube_cached_discovery_stats stats;
            bool refused = refuses_everything(d);

            kube_discovery_invalidate(d);
            kube_cached_discovery_read_stats(d, &stats);
            kube_discovery_unref(d);
            _exit(refused ? 0 : 1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        assert_string_equal(ask_all(d, TTL), ALL);
        kube_discovery_unref(d);
        cached_fixture_clear(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(askers_on_one_loop_share_one_question),
        ALLOC_TRACE_TEST(threads_that_block_and_threads_with_loops_share_one_question),
        ALLOC_TRACE_TEST(a_failure_is_told_to_all_who_waited_for_it),
        ALLOC_TRACE_TEST(who_asks_may_be_cancelled_and_the_next_one_asks),
        ALLOC_TRACE_TEST(the_loop_of_who_asks_may_be_freed_and_the_next_one_asks),
        ALLOC_TRACE_TEST(who_waits_leaves_when_it_is_cancelled_or_out_of_time_or_its_loop_ends),
        ALLOC_TRACE_TEST(clients_with_one_place_wait_for_each_other),
        ALLOC_TRACE_TEST(one_that_holds_the_lock_too_long_is_not_waited_for),
        ALLOC_TRACE_TEST(one_whose_loop_stands_still_is_not_waited_for),
        ALLOC_TRACE_TEST(a_refresh_is_answered_once_and_what_is_remembered_is_at_hand_meanwhile),
        ALLOC_TRACE_TEST(a_refresh_of_what_remembers_nothing_fetches),
        ALLOC_TRACE_TEST(what_is_at_hand_is_still_written_to_a_store_that_answers_later),
        ALLOC_TRACE_TEST(a_forked_child_may_only_free_it),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
