/* Who asks the delegate, when several want to at the same moment: one at a time, and nobody is forgotten. */
#include "flight.h"

#define ALL "apps/v1: deployments; batch/v1: jobs"
#define TTL KUBE_FRESHNESS_DEFAULT

static cached_fixture f;

/* With documents, and without; in stores that answer at once, and later. */
static const cached_place places[] = { CACHED_KUBECTLS_FOLDER, CACHED_MEMORY, CACHED_DOCUMENTS_SLOW, CACHED_SLOW };

static kube_discovery *begin(cached_place place)
{
    cached_fixture_init(&f, place);
    f.fake.later = f.fake.held = true;
    return cached_fixture_client(&f);
}

static void end(kube_discovery *d)
{
    kube_discovery_unref(d);
    cached_fixture_clear(&f);
}

/* Far enough to wait for whoever asks. */
static void flight_wait(kube_io *io, const outcome *o)
{
    for (int i = 0; i < 20; i++)
        flight_turn(io);
    assert_int_equal(o->calls, 0);
}

static void expect_status(outcome *o, kube_status status)
{
    assert_int_equal(o->calls, 1);
    assert_int_equal(o->status, status);
    assert_non_null(o->err);
    outcome_clear(o);
}

static kube_call_options cancelled_by(kube_cancel **cancel)
{
    kube_call_options o = KUBE_CALL_OPTIONS_INIT;

    assert_int_equal(kube_cancel_new(NULL, cancel, NULL), KUBE_OK);
    o.cancel = *cancel;
    return o;
}

static void of_those_who_wait_any_may_leave(void **state)
{
    enum { WAITING = 3 };

    (void)state;
    for (size_t i = 0; i < WAITING * COUNT_OF(places); i++) {
        kube_discovery *d = begin(places[i / WAITING]);
        kube_io *io = flight_io(NULL);
        kube_cancel *cancel = NULL;
        kube_call_options opts = cancelled_by(&cancel);
        outcome first, waiting[WAITING];

        flight_start(d, io, NULL, NULL, &first);
        flight_run_until_asked(io, &f.fake);
        for (size_t k = 0; k < WAITING; k++) {
            flight_start(d, io, NULL, k == i % WAITING ? &opts : NULL, &waiting[k]);
            flight_wait(io, &waiting[k]);
        }
        kube_cancel_fire(cancel);
        flight_run_until(io, &waiting[i % WAITING]);
        expect_status(&waiting[i % WAITING], KUBE_ERR_CANCELLED);
        flight_release(&f.fake);
        flight_run_until(io, &first);
        flight_expect_all(&first, ALL);
        for (size_t k = 0; k < WAITING; k++) {
            if (k == i % WAITING)
                continue;
            flight_run_until(io, &waiting[k]);
            flight_expect_all(&waiting[k], ALL);
        }
        assert_int_equal(f.fake.attempts, 1);
        kube_cancel_unref(cancel);
        kube_io_free(io);
        end(d);
    }
}

/* Each on a loop of its own, and time stands still: the next one comes to its turn by being given it, or not at all. */
static void a_turn_that_comes_together_with_the_cancel_is_given_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * COUNT_OF(places); i++) {
        bool fails = i % 2 == 1;
        kube_discovery *d = begin(places[i / 2]);
        kube_cancel *cancel = NULL;
        kube_call_options opts = cancelled_by(&cancel);
        outcome asks, leaves, next;
        fake_clock clock;
        kube_io *io, *leaving_io, *next_io;

        fake_clock_init(&clock);
        io = flight_io(&clock.clock);
        leaving_io = flight_io(&clock.clock);
        next_io = flight_io(&clock.clock);
        flight_start(d, io, NULL, NULL, &asks);
        flight_run_until_asked(io, &f.fake);
        flight_start(d, leaving_io, NULL, &opts, &leaves);
        flight_wait(leaving_io, &leaves);
        flight_start(d, next_io, NULL, NULL, &next);
        flight_wait(next_io, &next);
        f.fake.failure = fails ? KUBE_ERR_FORBIDDEN : KUBE_OK;
        kube_cancel_fire(cancel); /* it learns of both with its next step, of this first */
        flight_release(&f.fake);
        flight_run_until(io, &asks);
        flight_run_until(leaving_io, &leaves);
        expect_status(&leaves, KUBE_ERR_CANCELLED);
        for (int n = 0; n < 100 && next.calls == 0; n++)
            flight_turn(next_io);
        if (fails) {
            expect_status(&asks, KUBE_ERR_FORBIDDEN);
            expect_status(&next, KUBE_ERR_FORBIDDEN);
        } else {
            flight_expect_all(&asks, ALL);
            flight_expect_all(&next, ALL);
        }
        assert_int_equal(f.fake.attempts, 1);
        kube_cancel_unref(cancel);
        kube_io_free(io);
        kube_io_free(leaving_io);
        kube_io_free(next_io);
        end(d);
    }
}

/* The time of the one who asks is over in the very moment in which the other one would wait no longer. */
static void a_turn_that_comes_together_with_the_end_of_waiting_is_taken_once(void **state)
{
    enum { WAIT_MS = 5000 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        kube_discovery *d = begin(places[i]);
        kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
        outcome late, waits;
        fake_clock clock;
        kube_io *io;

        fake_clock_init(&clock);
        io = flight_io(&clock.clock);
        opts.timeout_ms = WAIT_MS;
        flight_start(d, io, NULL, &opts, &late);
        flight_run_until_asked(io, &f.fake);
        flight_start(d, io, NULL, NULL, &waits);
        flight_wait(io, &waits);
        f.fake.held = false;
        fake_clock_advance(&clock, WAIT_MS);
        flight_run_until(io, &waits);
        expect_status(&late, KUBE_ERR_TIMEOUT);
        flight_expect_all(&waits, ALL);
        assert_int_equal(f.fake.attempts, 1);
        kube_io_free(io);
        end(d);
    }
}

static void those_who_revalidate_at_the_same_time_share_one_question(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        kube_discovery *d = begin(places[i]);
        kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
        kube_io *io = flight_io(NULL);
        outcome first, second;

        opts.freshness = KUBE_FRESHNESS_REVALIDATE;
        flight_start(d, io, NULL, &opts, &first);
        flight_run_until_asked(io, &f.fake);
        flight_start(d, io, NULL, &opts, &second);
        flight_wait(io, &second);
        flight_release(&f.fake);
        flight_run_until(io, &first);
        flight_run_until(io, &second);
        flight_expect_all(&first, ALL);
        flight_expect_all(&second, ALL);
        assert_int_equal(f.fake.attempts, 1); /* it came after both had begun */
        kube_io_free(io);
        end(d);
    }
}

/* Of a cancel, a deadline or a process the others have their own. */
static void a_failure_that_is_nobody_elses_is_not_told_to_those_who_wait(void **state)
{
    static const kube_status failures[] = { KUBE_ERR_CANCELLED, KUBE_ERR_TIMEOUT, KUBE_ERR_FORKED };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(failures) * COUNT_OF(places); i++) {
        kube_discovery *d = begin(places[i / COUNT_OF(failures)]);
        kube_io *io = flight_io(NULL);
        outcome first, second;

        f.fake.failure = failures[i % COUNT_OF(failures)];
        flight_start(d, io, NULL, NULL, &first);
        flight_run_until_asked(io, &f.fake);
        flight_start(d, io, NULL, NULL, &second);
        flight_wait(io, &second);
        fake_discovery_release(&f.fake);
        flight_run_until(io, &first);
        expect_status(&first, f.fake.failure);
        flight_run_until_asked(io, &f.fake);
        f.fake.failure = KUBE_OK;
        flight_release(&f.fake);
        flight_run_until(io, &second);
        flight_expect_all(&second, ALL);
        assert_int_equal(f.fake.attempts, 2);
        kube_io_free(io);
        end(d);
    }
}

/* Another client, as another process, holds the lock. */
static void each_allocation_of_waiting_for_another_process_may_fail(void **state)
{
    bool reached = true;

    (void)state;
    for (size_t n = 1; reached; n++) {
        fake_discovery other_fake = { .answers = { cached_newer } };
        kube_discovery *d = begin(CACHED_MEMORY), *ours = f.delegate, *other;
        kube_io *io = flight_io(NULL), *other_io;
        outcome first, second = { .calls = 0 };
        fake_clock clock;
        kube_status st;

        fake_clock_init(&clock);
        other_io = flight_io(&clock.clock);
        f.delegate = fake_discovery_new(&other_fake, 0);
        other = cached_fixture_client(&f);
        flight_start(d, io, NULL, NULL, &first);
        flight_run_until_asked(io, &f.fake);
        alloc_trace_fail_at(n);
        st =
            kube_discovery_fetch_start(other, other_io, KUBE_DISCOVERY_WANT_ALL, NULL, NULL, on_fetched, &second, NULL);
        for (int i = 0; i < 5 && st == KUBE_PENDING; i++) {
            fake_clock_advance(&clock, 20); /* it looks again */
            flight_turn(other_io);
        }
        reached = alloc_trace_stop();
        flight_release(&f.fake);
        flight_run_until(io, &first);
        flight_expect_all(&first, ALL);
        for (int i = 0; i < 100 && st == KUBE_PENDING && second.calls == 0; i++) {
            fake_clock_advance(&clock, 20);
            flight_turn(other_io);
        }
        if (st == KUBE_PENDING && second.status == KUBE_OK)
            flight_expect_all(&second, ALL);
        else
            assert_int_equal(st == KUBE_PENDING ? second.status : st, KUBE_ERR_OUT_OF_MEMORY);
        outcome_clear(&second);
        kube_discovery_unref(other);
        kube_discovery_unref(f.delegate);
        f.delegate = ours;
        kube_io_free(io);
        kube_io_free(other_io);
        end(d);
        assert_in_range(n, 1, 500);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(of_those_who_wait_any_may_leave),
        ALLOC_TRACE_TEST(a_turn_that_comes_together_with_the_cancel_is_given_on),
        ALLOC_TRACE_TEST(a_turn_that_comes_together_with_the_end_of_waiting_is_taken_once),
        ALLOC_TRACE_TEST(those_who_revalidate_at_the_same_time_share_one_question),
        ALLOC_TRACE_TEST(a_failure_that_is_nobody_elses_is_not_told_to_those_who_wait),
        ALLOC_TRACE_TEST(each_allocation_of_waiting_for_another_process_may_fail),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
