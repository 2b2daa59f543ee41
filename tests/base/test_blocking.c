/* Threads that wait on one private loop. The operations here are timers, tasks and immediate answers. */
#include "base_fixture.h"
#include "watchdog.h"

#include "shared/blocking.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static kube__blocking *make_blocking(void)
{
    kube__blocking *blocking = NULL;

    assert_int_equal(kube__blocking_new(kube_clock_system(), &blocking, NULL), KUBE_OK);
    return blocking;
}

/* An operation that ends after some microseconds, or at once, with a status of its own. */
typedef struct op {
    kube__blocking      *blocking;
    kube__blocking_call *call;
    kube_io_timer       *timer;
    int                  delay_us;  /* negative: a final status at once */
    kube_status          outcome;   /* what it ends with */
    kube_status          got;       /* what the waiting thread was told */
    int                  starts;
    pthread_t            started_by;
    void               (*in_callback)(struct op *op);
} op;

static void on_time(void *user)
{
    op *o = user;

    if (o->in_callback != NULL)
        o->in_callback(o);
    kube_io_timer_free(o->timer);
    kube__blocking_finish(o->call, o->outcome);
}

static kube_status start_op(void *arg, kube_io *io, kube__blocking_call *call)
{
    op *o = arg;
    kube_status st;

    o->starts++;
    o->started_by = pthread_self();
    if (o->delay_us < 0)
        return o->outcome;
    o->call = call;
    st = kube_io_timer_new(io, on_time, o, &o->timer, NULL);
    if (st != KUBE_OK)
        return st;
    kube_io_timer_start(o->timer, kube_io_now_ns(io) + o->delay_us * INT64_C(1000));
    return KUBE_PENDING;
}

static void *wait_for_op(void *arg)
{
    op *o = arg;

    o->got = kube__blocking_run(o->blocking, start_op, o, NULL);
    return NULL;
}

static void one_thread_gets_its_status(void **state)
{
    kube__blocking *blocking = make_blocking();

    (void)state;
    for (int delay = -1; delay < 2; delay++) {
        op o = { .blocking = blocking, .delay_us = delay * 500, .outcome = KUBE_ERR_CONFLICT };

        wait_for_op(&o);
        assert_int_equal(o.got, KUBE_ERR_CONFLICT);
        assert_int_equal(o.starts, 1);
    }
    kube__blocking_free(blocking);
    kube__blocking_free(NULL);
}

static void without_a_call_there_is_no_loop(void **state)
{
    size_t before = open_descriptors();
    kube__blocking *blocking = make_blocking();

    (void)state;
    assert_int_equal(open_descriptors(), before);
    kube__blocking_free(blocking);
}

static void threads_whose_operations_end_in_mixed_order_all_get_their_own(void **state)
{
    enum { THREADS = 32 };
    kube__blocking *blocking = make_blocking();
    pthread_t threads[THREADS];
    op ops[THREADS];
    uint32_t random = 5;

    (void)state;
    watchdog_start();
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < THREADS; i++) {
            ops[i] = (op){ .blocking = blocking, .outcome = (kube_status)(i % 25 + 1) };
            ops[i].delay_us = i % 5 == 0 ? -1 : (int)(next_random(&random) % 8000);
            pthread_create(&threads[i], NULL, wait_for_op, &ops[i]);
        }
        for (int i = 0; i < THREADS; i++) {
            pthread_join(threads[i], NULL);
            assert_int_equal(ops[i].got, ops[i].outcome);
            assert_int_equal(ops[i].starts, 1);
        }
    }
    watchdog_stop();
    kube__blocking_free(blocking);
}

/* The first thread drives and is done long before the others: one of them must take over. */
static void when_the_driver_leaves_another_one_drives(void **state)
{
    kube__blocking *blocking = make_blocking();
    struct timespec pause = { 0, 1000000 };
    pthread_t threads[4];
    op ops[4];

    (void)state;
    watchdog_start();
    for (int i = 0; i < 4; i++) {
        ops[i] = (op){ .blocking = blocking, .delay_us = 4000 + 4000 * i, .outcome = KUBE_OK };
        pthread_create(&threads[i], NULL, wait_for_op, &ops[i]);
        if (i == 0)
            nanosleep(&pause, NULL); /* so that it is the driver, if the scheduler agrees */
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(ops[i].got, KUBE_OK);
    }
    watchdog_stop();
    kube__blocking_free(blocking);
}

static void *wait_many_times(void *arg)
{
    op *o = arg;

    for (int i = 0; i < 200 && o->got == KUBE_OK; i++) {
        o->delay_us = i % 3 == 0 ? -1 : i % 7 * 10;
        wait_for_op(o);
    }
    return NULL;
}

static void threads_that_come_and_go_lose_no_wake_up(void **state)
{
    enum { THREADS = 6 };
    kube__blocking *blocking = make_blocking();
    pthread_t threads[THREADS];
    op ops[THREADS];

    (void)state;
    watchdog_start();
    for (int i = 0; i < THREADS; i++) {
        ops[i] = (op){ .blocking = blocking, .outcome = KUBE_OK };
        pthread_create(&threads[i], NULL, wait_many_times, &ops[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(ops[i].got, KUBE_OK);
        assert_int_equal(ops[i].starts, 200);
    }
    watchdog_stop();
    kube__blocking_free(blocking);
}

/* Finished by a task, as an operation is whose answer comes from a queue. */
typedef struct queued {
    kube__blocking_call *call;
    kube_io_task        *task;
} queued;

static void on_task(void *user)
{
    queued *q = user;

    kube_io_task_free(q->task);
    kube__blocking_finish(q->call, KUBE_ERR_GONE);
}

static kube_status start_queued(void *arg, kube_io *io, kube__blocking_call *call)
{
    queued *q = arg;

    q->call = call;
    if (kube_io_task_new(io, on_task, q, &q->task, NULL) != KUBE_OK)
        return KUBE_ERR_OUT_OF_MEMORY;
    kube_io_task_post(q->task);
    return KUBE_PENDING;
}

static void an_operation_may_end_by_a_task(void **state)
{
    kube__blocking *blocking = make_blocking();
    queued q;

    (void)state;
    assert_int_equal(kube__blocking_run(blocking, start_queued, &q, NULL), KUBE_ERR_GONE);
    kube__blocking_free(blocking);
}

static void block_again(op *o)
{
    op inner = { .blocking = o->blocking, .delay_us = -1, .outcome = KUBE_OK };

    wait_for_op(&inner);
    o->outcome = inner.got;
    if (inner.starts != 0)
        abort();
}

static void block_in_task(void *user)
{
    block_again(user);
}

static void inside_a_callback_of_any_loop_it_would_deadlock(void **state)
{
    kube__blocking *blocking = make_blocking();
    op own = { .blocking = blocking, .delay_us = 0, .outcome = KUBE_OK, .in_callback = block_again };
    op other = { .blocking = blocking };
    kube_io *io = make_io();

    (void)state;
    wait_for_op(&own);
    assert_int_equal(own.got, KUBE_ERR_WOULD_DEADLOCK);
    assert_int_equal(kube_io_submit(io, block_in_task, &other, NULL), KUBE_OK);
    assert_true(settle(io));
    assert_int_equal(other.outcome, KUBE_ERR_WOULD_DEADLOCK);
    kube_io_free(io);
    kube__blocking_free(blocking);
}

static int run_in_child(void *arg)
{
    op o = { .blocking = arg, .delay_us = -1, .outcome = KUBE_OK };

    wait_for_op(&o);
    kube__blocking_free(arg);
    return o.got == KUBE_ERR_FORKED && o.starts == 0 ? 0 : 1;
}

static void after_a_fork_only_the_parent_may_wait(void **state)
{
    kube__blocking *blocking = make_blocking();
    pthread_t thread;
    op busy = { .blocking = blocking, .delay_us = 20000, .outcome = KUBE_OK };
    op again = { .blocking = blocking, .delay_us = 100, .outcome = KUBE_OK };

    (void)state;
    assert_int_equal(run_forked(run_in_child, blocking), 0);
    pthread_create(&thread, NULL, wait_for_op, &busy); /* somebody may be waiting, with the lock or without */
    for (int i = 0; i < 5; i++)
        assert_int_equal(run_forked(run_in_child, blocking), 0);
    wait_for_op(&again);
    assert_int_equal(again.got, KUBE_OK);
    pthread_join(thread, NULL);
    assert_int_equal(busy.got, KUBE_OK);
    kube__blocking_free(blocking);
}

static void every_failed_allocation_is_said(void **state)
{
    size_t before = open_descriptors();

    (void)state;
    for (size_t n = 1;; n++) {
        kube__blocking *blocking = NULL;
        op o = { .delay_us = 100, .outcome = KUBE_ERR_GONE };
        kube_error *err = NULL;
        kube_status st;
        bool reached;

        alloc_trace_fail_at(n);
        st = kube__blocking_new(kube_clock_system(), &blocking, &err);
        if (st == KUBE_OK)
            st = kube__blocking_run(blocking, start_op, &o, &err);
        reached = alloc_trace_stop();
        assert_int_equal(st, reached ? KUBE_ERR_OUT_OF_MEMORY : KUBE_ERR_GONE);
        if (reached && blocking != NULL) { /* and the next call works */
            o.starts = 0;
            assert_int_equal(kube__blocking_run(blocking, start_op, &o, NULL), KUBE_ERR_GONE);
        }
        kube_error_free(err);
        kube__blocking_free(blocking);
        assert_int_equal(open_descriptors(), before);
        if (!reached)
            return;
    }
}

/* The task that hands an operation to the driver is made by the thread that waits: that may fail as well. */
static void a_waiting_thread_survives_a_failed_allocation(void **state)
{
    kube__blocking *blocking = make_blocking();
    struct timespec pause = { 0, 2000000 };
    op driver = { .blocking = blocking, .delay_us = 15000, .outcome = KUBE_OK };
    op waiting = { .blocking = blocking, .delay_us = -1, .outcome = KUBE_OK };
    pthread_t thread;
    bool reached;

    (void)state;
    pthread_create(&thread, NULL, wait_for_op, &driver);
    nanosleep(&pause, NULL);
    alloc_trace_fail_at(1);
    wait_for_op(&waiting);
    reached = alloc_trace_stop();
    pthread_join(thread, NULL);
    assert_true(driver.got == KUBE_OK || reached);
    assert_true(waiting.got == KUBE_OK || waiting.got == KUBE_ERR_OUT_OF_MEMORY);
    wait_for_op(&waiting);
    assert_int_equal(waiting.got, KUBE_OK);
    kube__blocking_free(blocking);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(one_thread_gets_its_status),
        ALLOC_TRACE_TEST(without_a_call_there_is_no_loop),
        ALLOC_TRACE_TEST(threads_whose_operations_end_in_mixed_order_all_get_their_own),
        ALLOC_TRACE_TEST(when_the_driver_leaves_another_one_drives),
        ALLOC_TRACE_TEST(threads_that_come_and_go_lose_no_wake_up),
        ALLOC_TRACE_TEST(an_operation_may_end_by_a_task),
        ALLOC_TRACE_TEST(inside_a_callback_of_any_loop_it_would_deadlock),
        ALLOC_TRACE_TEST(after_a_fork_only_the_parent_may_wait),
        ALLOC_TRACE_TEST(every_failed_allocation_is_said),
        ALLOC_TRACE_TEST(a_waiting_thread_survives_a_failed_allocation),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
