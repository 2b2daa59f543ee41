/* A forked child shares the parent's epoll, timer and event descriptors: whatever it calls must not reach into them. */
#include "base_fixture.h"

#include "shared/blocking.h"
#include "shared/io.h"

#include <kube/base/cancel.h>

#include <pthread.h>
#include <time.h>
#include <unistd.h>

/* Everything a loop can hold, all of it waiting. */
typedef struct estate {
    kube_io        *io;
    kube_cancel    *cancel;
    kube_io_watch  *watch;
    kube_io_timer  *timer;
    kube_io_task   *task;
    kube_io_guard  *guard;
    kube__blocking *blocking;
    int             ends[2];
    int             events, rings, runs, interruptions;
} estate;

static void on_event(void *user, unsigned events)
{
    estate *e = user;

    (void)events;
    e->events++;
    kube_io_watch_set(e->watch, 0);
}

static void on_interrupt(void *user, kube_status why)
{
    estate *e = user;

    (void)why;
    e->interruptions++;
    kube_io_guard_free(e->guard);
    e->guard = NULL;
}

static void build(estate *e)
{
    kube_call call = { 0, NULL };

    *e = (estate){ .io = make_io() };
    assert_int_equal(pipe(e->ends), 0);
    assert_int_equal(kube_cancel_new(NULL, &e->cancel, NULL), KUBE_OK);
    call.cancel = e->cancel;
    call.deadline_ns = kube_io_now_ns(e->io) + 60000 * MS;
    assert_int_equal(kube_io_watch_new(e->io, e->ends[0], KUBE_IO_READ, on_event, e, &e->watch, NULL), KUBE_OK);
    assert_int_equal(kube_io_timer_new(e->io, count_call, &e->rings, &e->timer, NULL), KUBE_OK);
    assert_int_equal(kube_io_task_new(e->io, count_call, &e->runs, &e->task, NULL), KUBE_OK);
    assert_int_equal(kube_io_guard_new(e->io, &call, on_interrupt, e, &e->guard, NULL), KUBE_OK);
    assert_int_equal(kube__blocking_new(kube_clock_system(), &e->blocking, NULL), KUBE_OK);
    assert_true(settle(e->io));
}

/* Whether everything still works where it was made. */
static void assert_alive_and_free(estate *e)
{
    assert_false(readable(kube_io_fd(e->io), 0)); /* nothing was signalled from elsewhere */
    assert_int_equal(kube_io_step(e->io, 5000), KUBE_OK);
    assert_int_equal(e->events + e->rings + e->runs + e->interruptions, 0);
    assert_int_equal(write(e->ends[1], "x", 1), 1);
    assert_true(readable(kube_io_fd(e->io), 1000));
    kube_io_timer_start(e->timer, 0);
    kube_io_task_post(e->task);
    kube_cancel_fire(e->cancel);
    assert_int_equal(kube_io_step(e->io, 5000), KUBE_OK);
    assert_int_equal(e->events, 1);
    assert_int_equal(e->rings, 1);
    assert_int_equal(e->runs, 1);
    assert_int_equal(e->interruptions, 1);
    kube_io_timer_start(e->timer, kube_io_now_ns(e->io) + MS);
    for (int i = 0; i < 10 && e->rings < 2; i++) {
        assert_true(readable(kube_io_fd(e->io), 1000));
        assert_int_equal(kube_io_step(e->io, 5000), KUBE_OK);
    }
    assert_int_equal(e->rings, 2);
    kube_io_watch_free(e->watch);
    kube_io_timer_free(e->timer);
    kube_io_task_free(e->task);
    kube_cancel_unref(e->cancel);
    kube__blocking_free(e->blocking);
    close(e->ends[0]);
    close(e->ends[1]);
    kube_io_free(e->io);
}

static kube_status never_started(void *arg, kube_io *io, kube__blocking_call *call)
{
    (void)arg;
    (void)io;
    (void)call;
    return KUBE_ERR_SERVER;
}

static void never_done(void *user, kube_status status, int wait_status, char *output, size_t output_len)
{
    (void)user;
    (void)status;
    (void)wait_status;
    (void)output;
    (void)output_len;
}

static int call_everything(void *arg)
{
    estate *e = arg;
    static const char *const argv[] = { "true", NULL };
    kube_io_child_options child = { .struct_size = sizeof child, .path = "/bin/true", .argv = argv };
    kube_call fired = { 1, e->cancel };
    kube_io_watch *watch = NULL;
    kube_io_timer *timer = NULL;
    kube_io_task *task = NULL;
    kube_io_guard *guard = NULL;
    int calls = 0;

    if (kube_io_step(e->io, 0) != KUBE_ERR_FORKED || kube_io_step(e->io, 5000) != KUBE_ERR_FORKED)
        return 1;
    if (kube_io_run(e->io, -1) != KUBE_ERR_FORKED || kube__io_turn(e->io, -1) != KUBE_ERR_FORKED)
        return 2;
    if (kube_io_watch_new(e->io, 0, KUBE_IO_READ, on_event, e, &watch, NULL) != KUBE_ERR_FORKED)
        return 3;
    if (kube_io_timer_new(e->io, count_call, &calls, &timer, NULL) != KUBE_ERR_FORKED)
        return 4;
    if (kube_io_task_new(e->io, count_call, &calls, &task, NULL) != KUBE_ERR_FORKED)
        return 5;
    if (kube_io_guard_new(e->io, NULL, on_interrupt, e, &guard, NULL) != KUBE_ERR_FORKED)
        return 6;
    if (kube_io_submit(e->io, count_call, &calls, NULL) != KUBE_ERR_FORKED)
        return 7;
    if (kube_io_child_start(e->io, &child, NULL, never_done, NULL, NULL) != KUBE_ERR_FORKED)
        return 8;
    if (kube__blocking_run(e->blocking, never_started, NULL, NULL) != KUBE_ERR_FORKED)
        return 9;
    kube_cancel_fire(e->cancel);
    if (kube_io_guard_new(e->io, &fired, on_interrupt, e, &guard, NULL) != KUBE_ERR_FORKED)
        return 10; /* whatever else is wrong with the call */
    if (kube_io_child_start(e->io, &child, &fired, never_done, NULL, NULL) != KUBE_ERR_FORKED)
        return 11;
    kube_io_wake(e->io);
    kube_io_task_post(e->task);
    kube_io_timer_start(e->timer, 0);
    kube_io_timer_stop(e->timer);
    kube_io_watch_set(e->watch, 0);
    kube_io_watch_set(e->watch, KUBE_IO_WRITE);
    return calls + e->events + e->rings + e->runs + e->interruptions;
}

static int free_everything(void *arg)
{
    estate *e = arg;

    kube_io_guard_free(e->guard);
    kube_io_task_free(e->task);
    kube_io_timer_free(e->timer);
    kube_io_watch_free(e->watch);
    kube__blocking_free(e->blocking);
    kube_cancel_unref(e->cancel);
    kube_io_free(e->io);
    return e->events + e->rings + e->runs + e->interruptions;
}

static int call_then_free(void *arg)
{
    int rc = call_everything(arg);

    return rc != 0 ? rc : free_everything(arg);
}

static void in_a_child_every_function_says_forked(void **state)
{
    estate e;

    (void)state;
    build(&e);
    assert_int_equal(run_forked(call_everything, &e), 0);
    assert_alive_and_free(&e);
}

static void what_a_child_frees_stays_the_parents(void **state)
{
    estate e;

    (void)state;
    build(&e);
    assert_int_equal(run_forked(free_everything, &e), 0);
    assert_alive_and_free(&e);
    build(&e);
    assert_int_equal(run_forked(call_then_free, &e), 0);
    assert_alive_and_free(&e);
}

static int make_one_of_its_own(void *arg)
{
    kube_io *io = NULL;
    int calls = 0;

    (void)arg;
    if (kube_io_new(NULL, &io, NULL) != KUBE_OK || kube_io_submit(io, count_call, &calls, NULL) != KUBE_OK)
        return 1;
    if (kube_io_step(io, 5000) != KUBE_OK || calls != 1)
        return 2;
    kube_io_free(io);
    return 0;
}

static void a_child_may_have_a_loop_of_its_own(void **state)
{
    estate e;

    (void)state;
    build(&e);
    assert_int_equal(run_forked(make_one_of_its_own, NULL), 0);
    assert_alive_and_free(&e);
}

typedef struct poster {
    kube_io_task *task;
    atomic_bool   stop;
} poster;

static void *post_all_the_time(void *arg)
{
    poster *p = arg;

    while (!atomic_load(&p->stop))
        kube_io_task_post(p->task);
    return NULL;
}

/* The fork may happen while the other thread, which the child does not have, holds a lock of the loop. */
static void a_lock_held_during_the_fork_stops_no_child(void **state)
{
    estate e;
    poster p = { .task = NULL };
    pthread_t thread;
    int calls = 0;

    (void)state;
    build(&e);
    assert_int_equal(kube_io_task_new(e.io, count_call, &calls, &p.task, NULL), KUBE_OK);
    pthread_create(&thread, NULL, post_all_the_time, &p);
    for (int i = 0; i < 10; i++)
        assert_int_equal(run_forked(call_then_free, &e), 0);
    atomic_store(&p.stop, true);
    pthread_join(thread, NULL);
    kube_io_task_free(p.task);
    assert_true(settle(e.io));
    assert_alive_and_free(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(in_a_child_every_function_says_forked),
        ALLOC_TRACE_TEST(what_a_child_frees_stays_the_parents),
        ALLOC_TRACE_TEST(a_child_may_have_a_loop_of_its_own),
        ALLOC_TRACE_TEST(a_lock_held_during_the_fork_stops_no_child),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
