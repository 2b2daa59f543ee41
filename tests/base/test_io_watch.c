#include "base_fixture.h"
#include "watchdog.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A pipe whose reading end is watched. */
typedef struct tap {
    kube_io       *io;
    int            ends[2];
    kube_io_watch *watch;
    int            calls;
    unsigned       events; /* all that were ever reported */
    void         (*then)(struct tap *tap);
    struct tap    *other;
} tap;

static void on_event(void *user, unsigned events)
{
    tap *t = user;

    t->calls++;
    t->events |= events;
    if (t->then != NULL)
        t->then(t);
}

static void watch_fd(tap *t, kube_io *io, int fd, unsigned events)
{
    t->io = io;
    assert_int_equal(kube_io_watch_new(io, fd, events, on_event, t, &t->watch, NULL), KUBE_OK);
}

static void open_tap(tap *t, kube_io *io, unsigned events)
{
    *t = (tap){ 0 };
    assert_int_equal(pipe(t->ends), 0);
    watch_fd(t, io, t->ends[0], events);
}

static void fill(const tap *t)
{
    assert_int_equal(write(t->ends[1], "x", 1), 1);
}

static void close_tap(tap *t)
{
    kube_io_watch_free(t->watch);
    close(t->ends[0]);
    if (t->ends[1] >= 0)
        close(t->ends[1]);
}

static void readiness_and_hang_up_are_reported(void **state)
{
    kube_io *io = make_io();
    tap in, out = { 0 };

    (void)state;
    open_tap(&in, io, KUBE_IO_READ);
    assert_true(settle(io));
    assert_int_equal(in.calls, 0);
    fill(&in);
    assert_int_equal(kube_io_step(io, 0), KUBE_PENDING);
    assert_int_equal(in.events, KUBE_IO_READ);
    assert_int_equal(kube_io_step(io, 0), KUBE_PENDING);
    assert_int_equal(in.calls, 2); /* level-triggered */
    close(in.ends[1]);
    in.ends[1] = -1;
    assert_int_equal(kube_io_step(io, 0), KUBE_PENDING);
    assert_int_equal(in.events, KUBE_IO_READ | KUBE_IO_ERROR);
    close_tap(&in);

    open_tap(&in, io, 0);
    watch_fd(&out, io, in.ends[1], KUBE_IO_WRITE);
    assert_int_equal(kube_io_step(io, 0), KUBE_PENDING);
    assert_int_equal(out.events, KUBE_IO_WRITE);
    assert_int_equal(in.calls, 0);
    kube_io_watch_free(out.watch);
    close_tap(&in);
    kube_io_free(io);
}

static void nothing_is_reported_that_was_not_asked_for(void **state)
{
    kube_io *io = make_io();
    tap t;

    (void)state;
    open_tap(&t, io, 0);
    fill(&t);
    assert_true(settle(io));
    assert_int_equal(t.calls, 0);
    kube_io_watch_set(t.watch, KUBE_IO_READ);
    kube_io_watch_set(t.watch, 0);
    assert_true(settle(io));
    kube_io_watch_set(t.watch, KUBE_IO_READ);
    settle(io);
    kube_io_watch_set(t.watch, 0);
    t.calls = 0;
    assert_true(settle(io));
    assert_int_equal(t.calls, 0);
    assert_false(readable(kube_io_fd(io), 0));
    close_tap(&t);
    kube_io_free(io);
}

static void free_other(tap *t)
{
    kube_io_watch_free(t->other->watch);
    t->other->watch = NULL;
}

static void silence_other(tap *t)
{
    kube_io_watch_set(t->other->watch, 0);
}

static void replace_other(tap *t)
{
    free_other(t);
    /* the same slot, on a descriptor with nothing to read: an event that was fetched for the old watch is not its
     * own */
    if (kube_io_watch_new(t->io, t->ends[1], KUBE_IO_READ, on_event, t->other, &t->other->watch, NULL) != KUBE_OK)
        abort();
}

static void free_itself(tap *t)
{
    kube_io_watch_free(t->watch);
    t->watch = NULL;
}

/* Two descriptors are ready in one round, and whichever is served first acts on the other. */
static int calls_when_the_first_acts(void (*act)(tap *t))
{
    kube_io *io = make_io();
    tap a, b;
    int calls;

    open_tap(&a, io, KUBE_IO_READ);
    open_tap(&b, io, KUBE_IO_READ);
    a.other = &b;
    b.other = &a;
    a.then = b.then = act;
    fill(&a);
    fill(&b);
    assert_int_equal(kube_io_step(io, 0), KUBE_PENDING);
    calls = a.calls + b.calls;
    close_tap(&a);
    close_tap(&b);
    kube_io_free(io);
    return calls;
}

static void a_watch_freed_in_the_same_batch_is_not_called(void **state)
{
    (void)state;
    assert_int_equal(calls_when_the_first_acts(free_other), 1);
}

static void a_watch_silenced_in_the_same_batch_is_not_called(void **state)
{
    (void)state;
    assert_int_equal(calls_when_the_first_acts(silence_other), 1);
}

static void a_successor_in_the_same_slot_gets_no_old_event(void **state)
{
    (void)state;
    assert_int_equal(calls_when_the_first_acts(replace_other), 1);
}

static void a_watch_may_free_itself(void **state)
{
    (void)state;
    assert_int_equal(calls_when_the_first_acts(free_itself), 2);
}

static void a_task_silences_an_event_of_its_round(void **state)
{
    kube_io *io = make_io();
    tap t;

    (void)state;
    open_tap(&t, io, KUBE_IO_READ);
    settle(io);
    fill(&t);
    kube_io_watch_set(t.watch, 0);
    assert_true(settle(io));
    assert_int_equal(t.calls, 0);
    close_tap(&t);
    kube_io_free(io);
}

/* Another file under the same number, while the watch is kept: what a pool of sockets does. */
static void reuse_number(tap *t)
{
    int fd = t->ends[0], fresh[2];

    close(t->ends[0]);
    close(t->ends[1]);
    assert_int_equal(pipe(fresh), 0);
    if (fresh[0] != fd) {
        assert_int_equal(dup2(fresh[0], fd), fd);
        close(fresh[0]);
    }
    t->ends[0] = fd;
    t->ends[1] = fresh[1];
}

static void a_number_used_again_while_switched_off_is_watched_anew(void **state)
{
    (void)state;
    for (int rounds = 0; rounds < 3; rounds++) {
        kube_io *io = make_io();
        tap t;

        open_tap(&t, io, KUBE_IO_READ);
        assert_true(settle(io));
        kube_io_watch_set(t.watch, 0);
        if (rounds > 0)
            assert_true(settle(io));
        reuse_number(&t);
        if (rounds > 1)
            assert_true(settle(io));
        kube_io_watch_set(t.watch, KUBE_IO_READ);
        assert_true(settle(io));
        assert_int_equal(t.calls, 0);
        fill(&t);
        assert_int_equal(kube_io_step(io, 0), KUBE_PENDING);
        assert_int_equal(t.events, KUBE_IO_READ);
        close_tap(&t);
        kube_io_free(io);
    }
}

static void a_changed_wish_finds_the_new_file(void **state)
{
    kube_io *io = make_io();
    tap t;

    (void)state;
    open_tap(&t, io, KUBE_IO_READ);
    assert_true(settle(io));
    reuse_number(&t);
    kube_io_watch_set(t.watch, KUBE_IO_READ | KUBE_IO_WRITE);
    assert_true(settle(io));
    fill(&t);
    assert_int_equal(kube_io_step(io, 0), KUBE_PENDING);
    assert_int_equal(t.events & KUBE_IO_READ, KUBE_IO_READ);
    close_tap(&t);
    kube_io_free(io);
}

static void asking_for_what_is_watched_already_changes_nothing(void **state)
{
    kube_io *io = make_io();
    tap t;

    (void)state;
    open_tap(&t, io, KUBE_IO_READ);
    assert_true(settle(io));
    kube_io_watch_set(t.watch, KUBE_IO_READ);
    assert_false(readable(kube_io_fd(io), 0)); /* there is nothing to make a round for */
    fill(&t);
    assert_int_equal(kube_io_step(io, 0), KUBE_PENDING);
    assert_int_equal(t.calls, 1);
    close_tap(&t);
    kube_io_free(io);
}

static void assert_refused(kube_io *io, int fd)
{
    tap t = { 0 };

    watch_fd(&t, io, fd, KUBE_IO_READ);
    watchdog_start();
    for (int i = 0; i < 5 && t.calls == 0; i++)
        assert_int_equal(kube_io_run(io, -1), KUBE_OK);
    watchdog_stop();
    assert_int_equal(t.calls, 1);
    assert_int_equal(t.events, KUBE_IO_ERROR);
    assert_true(settle(io));
    assert_int_equal(t.calls, 1); /* told once, not for ever */
    assert_false(readable(kube_io_fd(io), 0));
    kube_io_watch_set(t.watch, 0);
    assert_true(settle(io));
    assert_int_equal(t.calls, 1);
    kube_io_watch_set(t.watch, KUBE_IO_READ); /* asked again, told again */
    assert_true(settle(io));
    assert_int_equal(t.calls, 2);
    kube_io_watch_free(t.watch);
}

static void what_the_kernel_does_not_watch_is_reported(void **state)
{
    FILE *regular = tmpfile();
    kube_io *io = make_io();
    int closed = dup(0);

    (void)state;
    close(closed);
    assert_refused(io, closed);
    assert_refused(io, fileno(regular));
    assert_refused(io, -1);
    assert_refused(io, kube_io_fd(io));
    kube_io_free(io);
    fclose(regular);
}

static void an_outer_loop_learns_of_a_refusal(void **state)
{
    kube_io *io = make_io();
    tap t = { 0 };

    (void)state;
    watch_fd(&t, io, -1, KUBE_IO_READ);
    for (int i = 0; i < 3 && t.calls == 0; i++) {
        assert_true(readable(kube_io_fd(io), 1000));
        assert_true(kube_io_step(io, 0) == KUBE_PENDING);
    }
    assert_int_equal(t.calls, 1);
    kube_io_watch_free(t.watch);
    kube_io_free(io);
}

static void refused_watches_may_free_each_other(void **state)
{
    kube_io *io = make_io();
    tap a = { 0 }, b = { 0 };

    (void)state;
    watch_fd(&a, io, -1, KUBE_IO_READ);
    watch_fd(&b, io, -1, KUBE_IO_READ);
    a.other = &b;
    b.other = &a;
    a.then = b.then = free_other;
    assert_true(settle(io));
    assert_int_equal(a.calls + b.calls, 1);
    kube_io_watch_free(a.watch);
    kube_io_watch_free(b.watch);
    kube_io_free(io);
}

/* epoll knows a descriptor once: the second watch must not silently take the first one's events. */
static void a_second_watch_of_one_descriptor_is_refused_aloud(void **state)
{
    kube_io *io = make_io();
    tap first, second = { 0 };

    (void)state;
    open_tap(&first, io, KUBE_IO_READ);
    assert_true(settle(io));
    watch_fd(&second, io, first.ends[0], KUBE_IO_READ);
    assert_true(settle(io));
    assert_int_equal(second.events, KUBE_IO_ERROR);
    kube_io_watch_free(second.watch);
    fill(&first);
    assert_int_equal(kube_io_step(io, 0), KUBE_PENDING);
    assert_int_equal(first.events, KUBE_IO_READ);
    close_tap(&first);
    kube_io_free(io);
}

/* libcurl 7.88 closes a socket that never connected first and says "not any more" afterwards: by then the number may be
 * somebody else's. */
static void a_watch_of_a_closed_descriptor_does_not_take_its_successors_events(void **state)
{
    kube_io *io = make_io();
    tap old, new = { 0 };

    (void)state;
    open_tap(&old, io, KUBE_IO_READ);
    assert_true(settle(io));
    close(old.ends[0]);
    assert_int_equal(pipe(new.ends), 0);
    assert_int_equal(new.ends[0], old.ends[0]);
    kube_io_watch_set(old.watch, 0);
    watch_fd(&new, io, new.ends[0], KUBE_IO_READ);
    assert_true(settle(io));
    fill(&new);
    assert_int_equal(kube_io_step(io, 0), KUBE_PENDING);
    assert_int_equal(new.events, KUBE_IO_READ);
    kube_io_watch_free(old.watch);
    new.events = 0;
    assert_int_equal(kube_io_step(io, 0), KUBE_PENDING); /* the byte is still there */
    assert_int_equal(new.events, KUBE_IO_READ);
    close_tap(&new);
    close(old.ends[1]);
    kube_io_free(io);
}

static void make_many(tap *t)
{
    t->then = NULL;
    for (int i = 0; i < 200; i++) {
        if (kube_io_watch_new(t->io, t->ends[0], 0, on_event, t, &t[i + 1].watch, NULL) != KUBE_OK)
            abort();
    }
}

static void a_callback_may_make_many_watches(void **state)
{
    kube_io *io = make_io();
    tap *taps = calloc(201, sizeof *taps);

    (void)state;
    for (int refused = 0; refused < 2; refused++) {
        open_tap(taps, io, refused ? 0 : KUBE_IO_READ);
        taps->then = make_many;
        if (refused) {
            kube_io_watch_free(taps->watch);
            watch_fd(taps, io, -1, KUBE_IO_READ);
        } else {
            fill(taps);
        }
        assert_int_equal(kube_io_step(io, 0), KUBE_PENDING);
        settle(io);
        for (int i = 1; i <= 200; i++)
            kube_io_watch_free(taps[i].watch);
        close_tap(taps);
    }
    free(taps);
    kube_io_free(io);
}

static void more_watches_than_one_round_fetches_are_all_served(void **state)
{
    enum { COUNT = 150 };
    kube_io *io = make_io();
    tap *taps = calloc(COUNT, sizeof *taps);

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        open_tap(&taps[i], io, KUBE_IO_READ);
        taps[i].then = free_itself;
        fill(&taps[i]);
    }
    assert_int_equal(kube_io_step(io, 5000), KUBE_OK);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(taps[i].calls, 1);
        close_tap(&taps[i]);
    }
    free(taps);
    kube_io_free(io);
}

/* Random changes; afterwards exactly those are called whose pipe is full and whose watch is on. */
static void many_random_changes_end_as_the_model_says(void **state)
{
    enum { COUNT = 40 };
    kube_io *io = make_io();
    tap taps[COUNT];
    bool full[COUNT] = { false }, on[COUNT];
    uint32_t random = 1;

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        open_tap(&taps[i], io, KUBE_IO_READ);
        on[i] = true;
    }
    for (int round = 0; round < 400; round++) {
        for (int n = (int)(next_random(&random) % 30); n > 0; n--) {
            uint32_t i = next_random(&random) % COUNT;
            char byte;

            switch (next_random(&random) % 5) {
            case 0:
                if (full[i])
                    assert_int_equal(read(taps[i].ends[0], &byte, 1), 1);
                else
                    fill(&taps[i]);
                full[i] = !full[i];
                break;
            case 1:
            case 2:
                on[i] = !on[i];
                kube_io_watch_set(taps[i].watch, on[i] ? KUBE_IO_READ : 0);
                break;
            case 3:
                kube_io_watch_free(taps[i].watch);
                watch_fd(&taps[i], io, taps[i].ends[0], on[i] ? KUBE_IO_READ : 0);
                break;
            default:
                close_tap(&taps[i]);
                open_tap(&taps[i], io, on[i] ? KUBE_IO_READ : 0);
                full[i] = false;
            }
        }
        for (int i = 0; i < COUNT; i++)
            taps[i].calls = 0;
        assert_true(kube_io_step(io, 0) != KUBE_ERR_IO);
        for (int i = 0; i < COUNT; i++)
            assert_int_equal(taps[i].calls, full[i] && on[i]);
    }
    for (int i = 0; i < COUNT; i++)
        close_tap(&taps[i]);
    kube_io_free(io);
}

static void every_failed_allocation_is_said(void **state)
{
    enum { COUNT = 20 };
    tap t;

    (void)state;
    for (size_t n = 1;; n++) {
        kube_io *io = make_io();
        kube_io_watch *watches[COUNT] = { NULL };
        kube_status st = KUBE_OK;
        bool reached;

        open_tap(&t, io, 0);
        alloc_trace_fail_at(n);
        for (int i = 0; i < COUNT && st == KUBE_OK; i++)
            st = kube_io_watch_new(io, t.ends[0], 0, on_event, &t, &watches[i], NULL);
        reached = alloc_trace_stop();
        assert_int_equal(st, reached ? KUBE_ERR_OUT_OF_MEMORY : KUBE_OK);
        kube_io_watch_set(t.watch, KUBE_IO_READ); /* the loop is as good as before */
        fill(&t);
        assert_int_equal(kube_io_step(io, 0), KUBE_PENDING);
        assert_int_equal(t.calls, 1);
        for (int i = 0; i < COUNT; i++)
            kube_io_watch_free(watches[i]);
        close_tap(&t);
        kube_io_free(io);
        if (!reached)
            return;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(readiness_and_hang_up_are_reported),
        ALLOC_TRACE_TEST(nothing_is_reported_that_was_not_asked_for),
        ALLOC_TRACE_TEST(a_watch_freed_in_the_same_batch_is_not_called),
        ALLOC_TRACE_TEST(a_watch_silenced_in_the_same_batch_is_not_called),
        ALLOC_TRACE_TEST(a_successor_in_the_same_slot_gets_no_old_event),
        ALLOC_TRACE_TEST(a_watch_may_free_itself),
        ALLOC_TRACE_TEST(a_task_silences_an_event_of_its_round),
        ALLOC_TRACE_TEST(a_number_used_again_while_switched_off_is_watched_anew),
        ALLOC_TRACE_TEST(a_changed_wish_finds_the_new_file),
        ALLOC_TRACE_TEST(asking_for_what_is_watched_already_changes_nothing),
        ALLOC_TRACE_TEST(what_the_kernel_does_not_watch_is_reported),
        ALLOC_TRACE_TEST(an_outer_loop_learns_of_a_refusal),
        ALLOC_TRACE_TEST(refused_watches_may_free_each_other),
        ALLOC_TRACE_TEST(a_second_watch_of_one_descriptor_is_refused_aloud),
        ALLOC_TRACE_TEST(a_watch_of_a_closed_descriptor_does_not_take_its_successors_events),
        ALLOC_TRACE_TEST(a_callback_may_make_many_watches),
        ALLOC_TRACE_TEST(more_watches_than_one_round_fetches_are_all_served),
        ALLOC_TRACE_TEST(many_random_changes_end_as_the_model_says),
        ALLOC_TRACE_TEST(every_failed_allocation_is_said),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
