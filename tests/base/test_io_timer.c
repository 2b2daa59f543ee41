#include "base_fixture.h"
#include "watchdog.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A timer that writes its name into a list when it rings, and may do something more. */
typedef struct bell {
    kube_io       *io;
    kube_io_timer *timer;
    char           name;
    int            rings;
    void         (*then)(struct bell *bell);
    struct bell   *other;
    char          *rung; /* NUL-terminated, room enough */
} bell;

static void on_ring(void *user)
{
    bell *b = user;
    char *end = b->rung + strlen(b->rung);

    b->rings++;
    end[0] = b->name;
    end[1] = '\0';
    if (b->then != NULL)
        b->then(b);
}

static void make_bells(kube_io *io, bell *bells, size_t count, char *rung)
{
    rung[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        bells[i] = (bell){ .io = io, .name = (char)('a' + i), .rung = rung };
        assert_int_equal(kube_io_timer_new(io, on_ring, &bells[i], &bells[i].timer, NULL), KUBE_OK);
    }
}

static void free_bells(bell *bells, size_t count)
{
    for (size_t i = 0; i < count; i++)
        kube_io_timer_free(bells[i].timer);
}

static void timers_ring_in_order_and_not_early(void **state)
{
    char rung[100];
    bell bells[4];
    fake_clock fake;
    kube_io *io;

    (void)state;
    fake_clock_init(&fake, 1000);
    io = make_fake_io(&fake);
    make_bells(io, bells, 4, rung);
    kube_io_timer_start(bells[0].timer, 4000);
    kube_io_timer_start(bells[1].timer, 2000);
    kube_io_timer_start(bells[2].timer, 3000);
    assert_true(settle(io));
    assert_string_equal(rung, "");
    fake_clock_advance(&fake, 999);
    assert_int_equal(kube_io_step(io, 0), KUBE_OK);
    fake_clock_advance(&fake, 1);
    assert_int_equal(kube_io_step(io, 0), KUBE_PENDING);
    assert_string_equal(rung, "b");
    fake_clock_advance(&fake, 10000);
    assert_true(settle(io));
    assert_string_equal(rung, "bca");
    assert_true(settle(io));
    assert_string_equal(rung, "bca"); /* once each; the fourth was never started */
    free_bells(bells, 4);
    kube_io_free(io);
}

static void timers_of_one_deadline_ring_in_the_order_of_starting(void **state)
{
    char rung[100];
    bell bells[20];
    fake_clock fake;
    kube_io *io;

    (void)state;
    fake_clock_init(&fake, 0);
    io = make_fake_io(&fake);
    make_bells(io, bells, 20, rung);
    for (int i = 0; i < 20; i++)
        kube_io_timer_start(bells[i].timer, 50);
    kube_io_timer_start(bells[3].timer, 50); /* starting again is starting later */
    fake_clock_advance(&fake, 60);
    assert_true(settle(io));
    assert_string_equal(rung, "abcefghijklmnopqrstd");
    free_bells(bells, 20);
    kube_io_free(io);
}

static void restart_in_the_past(bell *b)
{
    kube_io_timer_start(b->timer, 0);
}

static void a_timer_restarted_in_the_past_waits_for_the_next_round_and_starves_nobody(void **state)
{
    char rung[100];
    bell bells[3];
    fake_clock fake;
    kube_io *io;

    (void)state;
    fake_clock_init(&fake, 100);
    io = make_fake_io(&fake);
    make_bells(io, bells, 3, rung);
    bells[0].then = bells[1].then = restart_in_the_past;
    for (int i = 0; i < 3; i++)
        kube_io_timer_start(bells[i].timer, 10 + i);
    assert_int_equal(kube_io_step(io, 0), KUBE_PENDING);
    assert_string_equal(rung, "abc");
    assert_int_equal(kube_io_step(io, 0), KUBE_PENDING);
    assert_string_equal(rung, "abcab");
    free_bells(bells, 3);
    kube_io_free(io);
}

static void free_itself(bell *b)
{
    kube_io_timer_free(b->timer);
    b->timer = NULL;
}

static void free_other(bell *b)
{
    free_itself(b->other);
}

static void stop_other(bell *b)
{
    kube_io_timer_stop(b->other->timer);
}

static void delay_other(bell *b)
{
    kube_io_timer_start(b->other->timer, kube_io_now_ns(b->io) + 1000);
}

static void hasten_other(bell *b)
{
    kube_io_timer_start(b->other->timer, 0);
    b->then = NULL;
}

static void what_a_callback_does_to_a_due_timer_counts(void **state)
{
    static const struct {
        void      (*then)(bell *b);
        const char *now, *later;
    } cases[] = {
        { free_itself, "ab", "ab" },  { free_other, "a", "a" },      { stop_other, "a", "a" },
        { delay_other, "a", "ab" },   { hasten_other, "a", "ab" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char rung[100];
        bell bells[2];
        fake_clock fake;
        kube_io *io;

        fake_clock_init(&fake, 100);
        io = make_fake_io(&fake);
        make_bells(io, bells, 2, rung);
        bells[0].other = &bells[1];
        bells[0].then = cases[i].then;
        kube_io_timer_start(bells[0].timer, 10);
        kube_io_timer_start(bells[1].timer, 20);
        assert_int_equal(kube_io_step(io, 0), KUBE_PENDING);
        assert_string_equal(rung, cases[i].now);
        fake_clock_advance(&fake, 5000);
        assert_true(settle(io));
        assert_string_equal(rung, cases[i].later);
        free_bells(bells, 2);
        kube_io_free(io);
    }
}

static void the_ends_of_time_are_times(void **state)
{
    static const int64_t starts[] = { 0, 1, INT64_C(1) << 40, INT64_MAX - 2 };

    (void)state;
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        char rung[100];
        bell bells[4];
        fake_clock fake;
        kube_io *io;

        fake_clock_init(&fake, starts[i]);
        io = make_fake_io(&fake);
        make_bells(io, bells, 4, rung);
        kube_io_timer_start(bells[0].timer, INT64_MAX);
        kube_io_timer_start(bells[1].timer, INT64_MAX - 1);
        assert_int_equal(kube_io_run(io, 1), KUBE_OK);
        assert_string_equal(rung, "");
        kube_io_timer_start(bells[2].timer, INT64_MIN);
        kube_io_timer_start(bells[3].timer, -1);
        assert_int_equal(kube_io_run(io, -1), KUBE_OK);
        assert_string_equal(rung, "cd");
        free_bells(bells, 4);
        kube_io_free(io);
    }
}

static void a_far_deadline_does_not_confuse_the_system(void **state)
{
    static const int64_t deadlines[] = { INT64_MAX - 1, INT64_MAX / 2, INT64_MAX };
    kube_io *io = make_io();
    char rung[100];
    bell b;

    (void)state;
    make_bells(io, &b, 1, rung);
    for (size_t i = 0; i < 3; i++) {
        kube_io_timer_start(b.timer, deadlines[i]);
        assert_true(settle(io));
        assert_false(readable(kube_io_fd(io), 0));
        assert_int_equal(kube_io_run(io, 1), KUBE_OK);
        assert_string_equal(rung, "");
    }
    kube_io_timer_start(b.timer, INT64_MIN);
    assert_true(readable(kube_io_fd(io), 1000));
    assert_int_equal(kube_io_step(io, 5000), KUBE_OK);
    assert_string_equal(rung, "a");
    free_bells(&b, 1);
    kube_io_free(io);
}

/* Model: a timer rings when its time has come, at most once per start. */
static void thousands_of_random_timers_behave_as_the_model_says(void **state)
{
    enum { COUNT = 3000 };
    bell *bells = calloc(COUNT, sizeof *bells);
    int64_t *at = calloc(COUNT, sizeof *at); /* -1: stopped */
    int *rings = calloc(COUNT, sizeof *rings);
    char rung[2 * COUNT] = "";
    uint32_t random = 42;
    fake_clock fake;
    kube_io *io;
    int64_t now = 0;

    (void)state;
    fake_clock_init(&fake, 0);
    io = make_fake_io(&fake);
    make_bells(io, bells, COUNT, rung);
    for (int i = 0; i < COUNT; i++) {
        bells[i].name = '\0'; /* the list is not looked at here */
        at[i] = -1;
    }
    for (int round = 0; round < 200; round++) {
        for (int n = 0; n < 150; n++) {
            uint32_t i = next_random(&random) % COUNT;

            switch (next_random(&random) % 8) {
            case 0:
                kube_io_timer_stop(bells[i].timer);
                at[i] = -1;
                break;
            case 1:
                kube_io_timer_free(bells[i].timer);
                assert_int_equal(kube_io_timer_new(io, on_ring, &bells[i], &bells[i].timer, NULL), KUBE_OK);
                at[i] = -1;
                break;
            default:
                at[i] = now + (int64_t)(next_random(&random) % 1000);
                kube_io_timer_start(bells[i].timer, at[i]);
            }
        }
        now += next_random(&random) % 20;
        fake_clock_advance(&fake, now - atomic_load(&fake.now_ns));
        assert_true(kube_io_step(io, 0) != KUBE_ERR_IO);
        for (int i = 0; i < COUNT; i++) {
            if (at[i] >= 0 && at[i] <= now) {
                rings[i]++;
                at[i] = -1;
            }
            assert_int_equal(bells[i].rings, rings[i]);
        }
    }
    free_bells(bells, COUNT);
    kube_io_free(io);
    free(bells);
    free(at);
    free(rings);
}

static void the_descriptor_becomes_readable_at_the_deadline(void **state)
{
    kube_io *io = make_io();
    char rung[100];
    bell bells[2];
    int64_t at;

    (void)state;
    make_bells(io, bells, 2, rung);
    at = kube_io_now_ns(io) + 5 * MS;
    kube_io_timer_start(bells[0].timer, at);
    assert_true(settle(io));
    if (rung[0] == '\0') /* unless settling took that long */
        assert_true(readable(kube_io_fd(io), 1000));
    assert_true(kube_io_now_ns(io) >= at);
    assert_int_equal(kube_io_step(io, 5000), KUBE_OK);
    assert_string_equal(rung, "a");
    assert_false(readable(kube_io_fd(io), 0));

    kube_io_timer_start(bells[0].timer, kube_io_now_ns(io) + 2 * MS);
    assert_true(settle(io));
    kube_io_timer_stop(bells[0].timer);
    assert_true(settle(io));
    assert_false(readable(kube_io_fd(io), 5));
    free_bells(bells, 2);
    kube_io_free(io);
}

static void waiting_for_a_timer_does_not_spin(void **state)
{
    kube_io *io = make_io();
    char rung[100];
    int rounds = 0;
    bell b;

    (void)state;
    make_bells(io, &b, 1, rung);
    assert_true(settle(io));
    kube_io_timer_start(b.timer, kube_io_now_ns(io) + 5 * MS + 1);
    while (b.rings == 0) {
        assert_int_equal(kube_io_run(io, -1), KUBE_OK);
        rounds++;
    }
    assert_true(rounds <= 3);
    free_bells(&b, 1);
    kube_io_free(io);
}

static void *advance_soon(void *arg)
{
    struct timespec pause = { 0, 3000000 };

    nanosleep(&pause, NULL);
    fake_clock_advance(arg, 10000);
    return NULL;
}

static void a_wait_notices_that_another_clock_moved(void **state)
{
    char rung[100];
    pthread_t thread;
    fake_clock fake;
    kube_io *io;
    bell b;

    (void)state;
    fake_clock_init(&fake, 0);
    io = make_fake_io(&fake);
    make_bells(io, &b, 1, rung);
    kube_io_timer_start(b.timer, 10000);
    pthread_create(&thread, NULL, advance_soon, &fake);
    watchdog_start();
    while (b.rings == 0)
        assert_int_equal(kube_io_run(io, -1), KUBE_OK);
    watchdog_stop();
    pthread_join(thread, NULL);
    free_bells(&b, 1);
    kube_io_free(io);
}

static void starting_needs_no_memory(void **state)
{
    kube_io *io = make_io();
    char rung[200];
    bell bells[100];

    (void)state;
    make_bells(io, bells, 100, rung);
    alloc_trace_forbid();
    for (int i = 0; i < 100; i++)
        kube_io_timer_start(bells[i].timer, -i);
    assert_int_equal(kube_io_step(io, 5000), KUBE_OK);
    assert_false(alloc_trace_stop());
    assert_int_equal(strlen(rung), 100);
    free_bells(bells, 100);
    kube_io_free(io);
}

static void every_failed_allocation_is_said(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        kube_io *io = make_io();
        kube_io_timer *timers[40] = { NULL };
        kube_status st = KUBE_OK;
        int rings = 0, made = 0;
        bool reached;

        alloc_trace_fail_at(n);
        for (int i = 0; i < 40 && st == KUBE_OK; i++) {
            st = kube_io_timer_new(io, count_call, &rings, &timers[i], NULL);
            made += st == KUBE_OK;
        }
        reached = alloc_trace_stop();
        assert_int_equal(st, reached ? KUBE_ERR_OUT_OF_MEMORY : KUBE_OK);
        for (int i = 0; i < made; i++)
            kube_io_timer_start(timers[i], 0);
        assert_int_equal(kube_io_step(io, 5000), KUBE_OK);
        assert_int_equal(rings, made);
        for (int i = 0; i < 40; i++)
            kube_io_timer_free(timers[i]);
        kube_io_free(io);
        if (!reached)
            return;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(timers_ring_in_order_and_not_early),
        ALLOC_TRACE_TEST(timers_of_one_deadline_ring_in_the_order_of_starting),
        ALLOC_TRACE_TEST(a_timer_restarted_in_the_past_waits_for_the_next_round_and_starves_nobody),
        ALLOC_TRACE_TEST(what_a_callback_does_to_a_due_timer_counts),
        ALLOC_TRACE_TEST(the_ends_of_time_are_times),
        ALLOC_TRACE_TEST(a_far_deadline_does_not_confuse_the_system),
        ALLOC_TRACE_TEST(thousands_of_random_timers_behave_as_the_model_says),
        ALLOC_TRACE_TEST(the_descriptor_becomes_readable_at_the_deadline),
        ALLOC_TRACE_TEST(waiting_for_a_timer_does_not_spin),
        ALLOC_TRACE_TEST(a_wait_notices_that_another_clock_moved),
        ALLOC_TRACE_TEST(starting_needs_no_memory),
        ALLOC_TRACE_TEST(every_failed_allocation_is_said),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
