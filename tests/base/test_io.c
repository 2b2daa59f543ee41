/* The loop as its owner sees it: rounds, its descriptor inside another loop, wake-ups, threads. Forked children are in
 * test_io_fork.c. */
#include "base_fixture.h"
#include "watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static void a_loop_takes_three_descriptors_and_gives_them_back(void **state)
{
    size_t before = open_descriptors();
    kube_io *io = make_io();

    (void)state;
    assert_int_equal(open_descriptors(), before + 3);
    for (int fd = 0; fd < 1024; fd++) {
        if (fcntl(fd, F_GETFD) != -1 && fd >= kube_io_fd(io) && fd < kube_io_fd(io) + 3)
            assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    }
    kube_io_free(io);
    assert_int_equal(open_descriptors(), before);
    kube_io_free(NULL);
}

static void without_descriptors_there_is_no_loop(void **state)
{
    struct rlimit old, low;
    size_t before = open_descriptors();
    rlim_t lowest = 0;

    (void)state;
    while (fcntl((int)lowest, F_GETFD) != -1)
        lowest++;
    getrlimit(RLIMIT_NOFILE, &old);
    low = old;
    for (rlim_t left = 0; left < 3; left++) {
        kube_io *io = NULL;
        kube_error *err = NULL;
        kube_status st;

        low.rlim_cur = lowest + left;
        setrlimit(RLIMIT_NOFILE, &low);
        st = kube_io_new(NULL, &io, &err);
        setrlimit(RLIMIT_NOFILE, &old);
        assert_int_equal(st, KUBE_ERR_IO);
        assert_null(io);
        assert_error(err, KUBE_ERR_IO, "Too many open files");
    }
    assert_int_equal(open_descriptors(), before);
}

static void every_failed_allocation_is_said(void **state)
{
    size_t before = open_descriptors();

    (void)state;
    for (size_t n = 1;; n++) {
        kube_io *io = NULL;
        kube_error *err = NULL;
        kube_status st;
        bool reached;

        alloc_trace_fail_at(n);
        st = kube_io_new(NULL, &io, &err);
        reached = alloc_trace_stop();
        assert_int_equal(st, reached ? KUBE_ERR_OUT_OF_MEMORY : KUBE_OK);
        kube_io_free(io);
        kube_error_free(err);
        if (!reached)
            break;
    }
    assert_int_equal(open_descriptors(), before);
}

static void options_must_be_initialised_and_clocks_whole(void **state)
{
    kube_io_options zeroed = { 0 }, opts = KUBE_IO_OPTIONS_INIT;
    fake_clock fake;
    kube_error *err = NULL;
    kube_io *io = NULL;

    (void)state;
    assert_int_equal(kube_io_new(&zeroed, &io, &err), KUBE_ERR_INVALID_ARG);
    assert_error(err, KUBE_ERR_INVALID_ARG, "kube_io_options");
    opts.clock = &fake.clock;
    for (int broken = 0; broken < 3; broken++) {
        fake_clock_init(&fake, 0);
        if (broken == 0)
            fake.clock.struct_size = 0;
        else if (broken == 1)
            fake.clock.monotonic_ns = NULL;
        else
            fake.clock.unix_ms = NULL;
        assert_int_equal(kube_io_new(&opts, &io, NULL), KUBE_ERR_INVALID_ARG);
    }
    assert_null(io);
}

static void the_clock_is_copied(void **state)
{
    fake_clock fake;
    kube_io *io;

    (void)state;
    fake_clock_init(&fake, 12345);
    io = make_fake_io(&fake);
    fake.clock.monotonic_ns = NULL;
    assert_int_equal(kube_io_now_ns(io), 12345);
    assert_int_equal(kube_io_clock(io)->struct_size, sizeof(kube_clock));
    kube_io_free(io);
}

static void an_idle_step_has_nothing_to_do(void **state)
{
    kube_io *io = make_io();

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(kube_io_step(io, 0), KUBE_OK);
        assert_int_equal(kube_io_step(io, 5000), KUBE_OK);
    }
    assert_false(readable(kube_io_fd(io), 0));
    assert_int_equal(kube_io_run(io, 0), KUBE_OK);
    kube_io_free(io);
}

static void a_budget_of_nothing_is_one_round(void **state)
{
    kube_io *io = make_io();
    kube_io_task *task = NULL;
    int calls = 0;

    (void)state;
    assert_int_equal(kube_io_task_new(io, count_call, &calls, &task, NULL), KUBE_OK);
    kube_io_task_post(task);
    assert_true(readable(kube_io_fd(io), 0));
    assert_int_equal(kube_io_step(io, 0), KUBE_PENDING);
    assert_int_equal(calls, 1);
    assert_int_equal(kube_io_step(io, 0), KUBE_OK);
    assert_false(readable(kube_io_fd(io), 0));
    kube_io_task_post(task);
    assert_int_equal(kube_io_step(io, 5000), KUBE_OK); /* with a budget the round that finds nothing is made too */
    assert_int_equal(calls, 2);
    kube_io_task_free(task);
    kube_io_free(io);
}

static void count_event(void *user, unsigned events)
{
    (void)events;
    ++*(int *)user;
}

/* The budget is about the thread's time, which passes whatever the loop's clock says. */
static void a_busy_descriptor_cannot_hold_a_step_beyond_its_budget(void **state)
{
    (void)state;
    for (int with_fake_clock = 0; with_fake_clock < 2; with_fake_clock++) {
        kube_io_watch *watch = NULL;
        fake_clock fake;
        kube_io *io;
        int ends[2], calls = 0;

        fake_clock_init(&fake, 0);
        io = with_fake_clock ? make_fake_io(&fake) : make_io();
        assert_int_equal(pipe(ends), 0);
        assert_int_equal(write(ends[1], "x", 1), 1);
        assert_int_equal(kube_io_watch_new(io, ends[0], KUBE_IO_READ, count_event, &calls, &watch, NULL), KUBE_OK);
        watchdog_start();
        assert_int_equal(kube_io_step(io, 2), KUBE_PENDING);
        watchdog_stop();
        assert_true(calls > 1);
        assert_true(readable(kube_io_fd(io), 0));
        kube_io_watch_free(watch);
        close(ends[0]);
        close(ends[1]);
        kube_io_free(io);
    }
}

typedef struct host {
    kube_io           *io;
    int                outer;
    struct epoll_event got;
} host;

static void host_open(host *h, uint32_t how)
{
    struct epoll_event ev = { .events = EPOLLIN | how };

    h->io = make_io();
    h->outer = epoll_create1(EPOLL_CLOEXEC);
    assert_int_equal(epoll_ctl(h->outer, EPOLL_CTL_ADD, kube_io_fd(h->io), &ev), 0);
}

static bool host_wait(host *h, int timeout_ms)
{
    return epoll_wait(h->outer, &h->got, 1, timeout_ms) == 1;
}

static void host_close(host *h)
{
    kube_io_free(h->io);
    close(h->outer);
}

/* What an operation does that is started by the host's own code, not from a callback: the host then goes to wait. */
static void what_is_started_outside_a_step_reaches_an_outer_loop(uint32_t how)
{
    kube_io_watch *watch = NULL;
    kube_io_timer *timer = NULL, *sooner = NULL;
    int ends[2], events = 0, rings = 0;
    host h;

    host_open(&h, how);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(kube_io_step(h.io, 5000), KUBE_OK);

    assert_int_equal(kube_io_watch_new(h.io, ends[0], KUBE_IO_READ, count_event, &events, &watch, NULL), KUBE_OK);
    while (host_wait(&h, 0))
        assert_int_equal(kube_io_step(h.io, 5000), KUBE_OK);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_true(host_wait(&h, 1000));
    assert_int_equal(kube_io_step(h.io, 0), KUBE_PENDING);
    assert_true(events > 0);
    kube_io_watch_set(watch, 0);
    assert_int_equal(kube_io_step(h.io, 5000), KUBE_OK);
    while (host_wait(&h, 0))
        assert_int_equal(kube_io_step(h.io, 5000), KUBE_OK);

    events = 0;
    kube_io_watch_set(watch, KUBE_IO_READ);
    for (int i = 0; i < 3 && events == 0 && host_wait(&h, 1000); i++)
        assert_int_equal(kube_io_step(h.io, 0), KUBE_PENDING);
    assert_true(events > 0);
    kube_io_watch_free(watch);
    assert_int_equal(kube_io_step(h.io, 5000), KUBE_OK);

    assert_int_equal(kube_io_timer_new(h.io, count_call, &rings, &timer, NULL), KUBE_OK);
    assert_int_equal(kube_io_timer_new(h.io, count_call, &rings, &sooner, NULL), KUBE_OK);
    kube_io_timer_start(timer, kube_io_now_ns(h.io) + 60000 * MS);
    while (host_wait(&h, 0))
        assert_int_equal(kube_io_step(h.io, 5000), KUBE_OK);
    kube_io_timer_start(sooner, kube_io_now_ns(h.io) + 3 * MS);
    for (int i = 0; i < 5 && rings == 0 && host_wait(&h, 1000); i++)
        assert_int_equal(kube_io_step(h.io, 5000), KUBE_OK);
    assert_int_equal(rings, 1);
    kube_io_timer_free(timer);
    kube_io_timer_free(sooner);
    close(ends[0]);
    close(ends[1]);
    host_close(&h);
}

static void an_outer_loop_sees_what_is_started_outside_a_step(void **state)
{
    (void)state;
    what_is_started_outside_a_step_reaches_an_outer_loop(0);
}

static void an_edge_triggered_outer_loop_sees_it_too(void **state)
{
    (void)state;
    what_is_started_outside_a_step_reaches_an_outer_loop(EPOLLET);
}

static void drain_one(void *user, unsigned events)
{
    int *fd = user;
    char byte;

    (void)events;
    if (read(fd[0], &byte, 1) == 1)
        fd[2]++;
}

/* The outer loop is told of each change from idle to ready, and of nothing else. */
static void an_edge_triggered_outer_loop_misses_nothing(void **state)
{
    int pipe_and_count[3] = { 0, 0, 0 }, calls = 0;
    kube_io_watch *watch = NULL;
    kube_io_timer *timer = NULL;
    kube_io_task *task = NULL;
    uint32_t random = 7;
    int rung = 0, posted = 0, rings = 0, written = 0;
    host h;

    (void)state;
    host_open(&h, EPOLLET);
    assert_int_equal(pipe(pipe_and_count), 0);
    assert_int_equal(kube_io_watch_new(h.io, pipe_and_count[0], KUBE_IO_READ, drain_one, pipe_and_count, &watch, NULL),
                     KUBE_OK);
    assert_int_equal(kube_io_timer_new(h.io, count_call, &rings, &timer, NULL), KUBE_OK);
    assert_int_equal(kube_io_task_new(h.io, count_call, &calls, &task, NULL), KUBE_OK);
    for (int i = 0; i < 300; i++) {
        uint32_t what = next_random(&random) % 7 + 1;

        if (what & 1) {
            int n = (int)(next_random(&random) % 3) + 1;

            assert_int_equal(write(pipe_and_count[1], "xyz", (size_t)n), n);
            written += n;
        }
        if (what & 2) {
            kube_io_task_post(task);
            posted++;
        }
        if (what & 4) {
            kube_io_timer_start(timer, kube_io_now_ns(h.io) + 50000);
            rung++;
        }
        for (int turns = 0; turns < 20; turns++) {
            if (pipe_and_count[2] == written && calls == posted && rings == rung)
                break;
            assert_true(host_wait(&h, 1000));
            while (kube_io_step(h.io, 1) == KUBE_PENDING)
                ;
        }
        assert_int_equal(pipe_and_count[2], written);
        assert_int_equal(calls, posted);
        assert_int_equal(rings, rung);
    }
    kube_io_watch_free(watch);
    kube_io_timer_free(timer);
    kube_io_task_free(task);
    close(pipe_and_count[0]);
    close(pipe_and_count[1]);
    host_close(&h);
}

typedef struct waited {
    kube_io    *io;
    atomic_bool woken;
} waited;

static void *wake_soon(void *arg)
{
    struct timespec pause = { 0, 2000000 };

    nanosleep(&pause, NULL);
    kube_io_wake(arg);
    return NULL;
}

static void a_wake_from_another_thread_ends_the_wait(void **state)
{
    kube_io *io = make_io();
    pthread_t thread;

    (void)state;
    watchdog_start();
    pthread_create(&thread, NULL, wake_soon, io);
    assert_int_equal(kube_io_run(io, -1), KUBE_OK);
    pthread_join(thread, NULL);
    watchdog_stop();
    settle(io);
    kube_io_wake(io); /* before the wait counts as well */
    kube_io_wake(io);
    assert_true(readable(kube_io_fd(io), 0));
    assert_int_equal(kube_io_run(io, -1), KUBE_OK);
    assert_true(settle(io));
    assert_false(readable(kube_io_fd(io), 0));
    kube_io_free(io);
}

static void *tell_and_wake(void *arg)
{
    struct timespec pause = { 0, 2000000 };
    waited *w = arg;

    nanosleep(&pause, NULL);
    atomic_store(&w->woken, true);
    kube_io_wake(w->io);
    return NULL;
}

/* The kernel counts in an int: 2^32 must not become 0, nor anything negative. */
static void a_wait_may_be_longer_than_the_kernel_counts(void **state)
{
    static const int64_t waits[] = { INT64_C(1) << 32, INT64_MAX };

    (void)state;
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        waited w = { .io = make_io() };
        pthread_t thread;

        pthread_create(&thread, NULL, tell_and_wake, &w);
        assert_int_equal(kube_io_run(w.io, waits[i]), KUBE_OK);
        assert_true(atomic_load(&w.woken));
        pthread_join(thread, NULL);
        kube_io_free(w.io);
    }
}

static kube_io *io_of_the_handler;

static void wake_in_handler(int number)
{
    (void)number;
    errno = ENOTTY;
    kube_io_wake(io_of_the_handler);
    if (errno != ENOTTY)
        _exit(1);
}

static void a_signal_handler_may_wake(void **state)
{
    struct sigaction action = { .sa_handler = wake_in_handler }, old;

    (void)state;
    io_of_the_handler = make_io();
    sigaction(SIGUSR1, &action, &old);
    raise(SIGUSR1);
    assert_true(readable(kube_io_fd(io_of_the_handler), 0));
    assert_int_equal(kube_io_run(io_of_the_handler, -1), KUBE_OK);
    sigaction(SIGUSR1, &old, NULL);
    kube_io_free(io_of_the_handler);
}

static void run_waits_no_longer_than_it_may(void **state)
{
    kube_io *io = make_io();
    int64_t begin = kube_io_now_ns(io);

    (void)state;
    assert_int_equal(kube_io_run(io, 5), KUBE_OK);
    assert_true(kube_io_now_ns(io) - begin >= 4 * MS);
    kube_io_free(io);
}

typedef struct nested {
    kube_io       *own, *other;
    kube_status    got[4];
    kube_io_guard *guard;
} nested;

static void step_inside(void *user)
{
    nested *n = user;

    n->got[0] = kube_io_step(n->own, 0);
    n->got[1] = kube_io_run(n->own, 0);
    n->got[2] = kube_io_step(n->other, 0);
    n->got[3] = kube_io_run(n->other, 0);
}

static void step_inside_event(void *user, unsigned events)
{
    (void)events;
    step_inside(user);
}

static void step_inside_guard(void *user, kube_status why)
{
    nested *n = user;

    (void)why;
    kube_io_guard_free(n->guard);
    step_inside(n);
}

static void assert_deadlocks(nested *n)
{
    for (int i = 0; i < 4; i++) {
        assert_int_equal(n->got[i], KUBE_ERR_WOULD_DEADLOCK);
        n->got[i] = KUBE_OK;
    }
}

static void inside_callbacks_no_loop_can_be_stepped(void **state)
{
    nested n = { .own = make_io(), .other = make_io() };
    kube_io_watch *watch = NULL;
    kube_io_timer *timer = NULL;
    int ends[2];

    (void)state;
    assert_int_equal(kube_io_submit(n.own, step_inside, &n, NULL), KUBE_OK);
    assert_true(settle(n.own));
    assert_deadlocks(&n);

    assert_int_equal(kube_io_timer_new(n.own, step_inside, &n, &timer, NULL), KUBE_OK);
    kube_io_timer_start(timer, 0);
    assert_true(settle(n.own));
    kube_io_timer_free(timer);
    assert_deadlocks(&n);

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(kube_io_watch_new(n.own, ends[1], KUBE_IO_WRITE, step_inside_event, &n, &watch, NULL), KUBE_OK);
    assert_int_equal(kube_io_step(n.own, 0), KUBE_PENDING);
    kube_io_watch_free(watch);
    close(ends[0]);
    close(ends[1]);
    assert_deadlocks(&n);

    assert_int_equal(kube_io_guard_new(n.own, NULL, step_inside_guard, &n, &n.guard, NULL), KUBE_OK);
    kube_io_free(n.own); /* its callbacks are callbacks too */
    assert_deadlocks(&n);
    assert_int_equal(kube_io_step(n.other, 0), KUBE_OK); /* and afterwards this thread may step again */
    kube_io_free(n.other);
}

static void *try_to_step(void *arg)
{
    nested *n = arg;

    n->got[0] = kube_io_step(n->own, 0);
    n->got[1] = kube_io_run(n->own, 0);
    n->got[2] = kube_io_step(n->other, 0);
    return NULL;
}

static void let_a_thread_try(void *user)
{
    pthread_t thread;

    pthread_create(&thread, NULL, try_to_step, user);
    pthread_join(thread, NULL);
}

static void a_second_thread_is_turned_away(void **state)
{
    nested n = { .own = make_io(), .other = make_io() };

    (void)state;
    assert_int_equal(kube_io_submit(n.own, let_a_thread_try, &n, NULL), KUBE_OK);
    assert_true(settle(n.own));
    assert_int_equal(n.got[0], KUBE_ERR_INVALID_STATE);
    assert_int_equal(n.got[1], KUBE_ERR_INVALID_STATE);
    assert_int_equal(n.got[2], KUBE_OK); /* another loop is that thread's own affair */
    let_a_thread_try(&n);
    assert_int_equal(n.got[0], KUBE_OK); /* one after the other is fine */
    kube_io_free(n.own);
    kube_io_free(n.other);
}

static void what_was_submitted_is_called_by_free(void **state)
{
    kube_io *io = make_io();
    int calls = 0;

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(kube_io_submit(io, count_call, &calls, NULL), KUBE_OK);
    kube_io_free(io);
    assert_int_equal(calls, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(a_loop_takes_three_descriptors_and_gives_them_back),
        ALLOC_TRACE_TEST(without_descriptors_there_is_no_loop),
        ALLOC_TRACE_TEST(every_failed_allocation_is_said),
        ALLOC_TRACE_TEST(options_must_be_initialised_and_clocks_whole),
        ALLOC_TRACE_TEST(the_clock_is_copied),
        ALLOC_TRACE_TEST(an_idle_step_has_nothing_to_do),
        ALLOC_TRACE_TEST(a_budget_of_nothing_is_one_round),
        ALLOC_TRACE_TEST(a_busy_descriptor_cannot_hold_a_step_beyond_its_budget),
        ALLOC_TRACE_TEST(an_outer_loop_sees_what_is_started_outside_a_step),
        ALLOC_TRACE_TEST(an_edge_triggered_outer_loop_sees_it_too),
        ALLOC_TRACE_TEST(an_edge_triggered_outer_loop_misses_nothing),
        ALLOC_TRACE_TEST(a_wake_from_another_thread_ends_the_wait),
        ALLOC_TRACE_TEST(a_wait_may_be_longer_than_the_kernel_counts),
        ALLOC_TRACE_TEST(a_signal_handler_may_wake),
        ALLOC_TRACE_TEST(run_waits_no_longer_than_it_may),
        ALLOC_TRACE_TEST(inside_callbacks_no_loop_can_be_stepped),
        ALLOC_TRACE_TEST(a_second_thread_is_turned_away),
        ALLOC_TRACE_TEST(what_was_submitted_is_called_by_free),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
