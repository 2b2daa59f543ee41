/* The system refuses any one call that the loop and what stands on it make, or interrupts it: it is said, nothing stays
 * open or running, and the next attempt works. */
#include "base_fixture.h"
#include "system_fault.h"

#include "shared/blocking.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A status, with an error or without one. */
typedef kube_status scenario(kube_error **err);

/* ---- a loop with a watch, a timer and a task ---- */

typedef struct fired {
    int            ends[2];
    kube_io_watch *watch;
    unsigned       events;
    bool           time, task;
} fired;

static void on_readable(void *user, unsigned events)
{
    fired *f = user;

    f->events |= events;
    kube_io_watch_set(f->watch, 0);
}

static void on_time(void *user)
{
    ((fired *)user)->time = true;
}

static void on_task(void *user)
{
    ((fired *)user)->task = true;
}

static kube_status live(kube_io *io, fired *f, kube_error **err)
{
    kube_io_timer *timer = NULL;
    kube_io_task *task = NULL;
    kube_status st = kube_io_watch_new(io, f->ends[0], KUBE_IO_READ, on_readable, f, &f->watch, err);

    if (st == KUBE_OK)
        st = kube_io_timer_new(io, on_time, f, &timer, err);
    if (st == KUBE_OK)
        st = kube_io_task_new(io, on_task, f, &task, err);
    if (st == KUBE_OK) {
        kube_io_timer_start(timer, kube_io_now_ns(io) + MS / 10);
        kube_io_task_post(task);
        for (int i = 0; i < 1000 && !(f->time && f->task && f->events != 0); i++) {
            kube_status round = kube_io_run(io, 20);

            st = round != KUBE_OK ? round : st; /* it is told, and the next round waits again */
        }
    }
    kube_io_task_free(task);
    kube_io_timer_free(timer);
    kube_io_watch_free(f->watch);
    return st;
}

/* A watch that the kernel will not have is told KUBE_IO_ERROR; all else goes on. */
static kube_status a_loop(kube_error **err)
{
    fired f = { .events = 0 };
    kube_io *io = NULL;
    kube_status st;

    assert_int_equal(pipe(f.ends), 0);
    assert_int_equal(write(f.ends[1], "x", 1), 1);
    st = kube_io_new(NULL, &io, err);
    if (st == KUBE_OK) {
        st = live(io, &f, err);
        assert_true(f.time && f.task);
        assert_true(f.events == KUBE_IO_READ || f.events == KUBE_IO_ERROR);
        if (f.events == KUBE_IO_ERROR)
            st = KUBE_ERR_IO;
    } else {
        assert_non_null(*err);
    }
    kube_io_free(io);
    close(f.ends[0]);
    close(f.ends[1]);
    return st;
}

/* ---- a started program ---- */

typedef struct ended {
    bool        done;
    int         calls;
    kube_status status;
    char        output[16];
} ended;

static void on_end(void *user, kube_status status, int wait_status, char *output, size_t output_len)
{
    ended *e = user;

    (void)wait_status;
    e->done = true;
    e->calls++;
    e->status = status;
    snprintf(e->output, sizeof e->output, "%.*s", (int)output_len, output);
}

/* Ends by itself, or is killed and KUBE_ERR_IO is told: nobody waits for what cannot be seen any more. */
static kube_status a_program(kube_error **err)
{
    static const char *const argv[] = { "sh", "-c", "sleep 0.01; echo hello", NULL };
    const kube_io_child_options opts = { .struct_size = sizeof opts, .path = "/bin/sh", .argv = argv };
    ended e = { .status = KUBE_OK };
    kube_io *io = NULL;
    kube_status st = kube_io_new(NULL, &io, err);

    if (st == KUBE_OK)
        st = kube_io_child_start(io, &opts, NULL, on_end, &e, err);
    if (st == KUBE_PENDING) {
        for (int i = 0; i < 1000 && !e.done; i++)
            st = kube_io_run(io, 20);
        assert_true(e.done);
        st = e.status;
        if (e.status == KUBE_OK)
            assert_string_equal(e.output, "hello\n");
        else
            assert_int_equal(e.status, KUBE_ERR_IO);
        assert_int_equal(e.calls, 1);
    } else {
        assert_int_equal(e.calls, 0);
        assert_non_null(*err);
    }
    kube_io_free(io);
    return st;
}

/* One that sleeps when its loop ends: killed, and reaped before the loop is gone. */
static kube_status a_program_at_the_end_of_its_loop(kube_error **err)
{
    static const char *const argv[] = { "sh", "-c", "exec sleep 30", NULL };
    const kube_io_child_options opts = { .struct_size = sizeof opts, .path = "/bin/sh", .argv = argv };
    ended e = { .status = KUBE_OK };
    kube_io *io = NULL;
    kube_status st = kube_io_new(NULL, &io, err);

    if (st == KUBE_OK)
        st = kube_io_child_start(io, &opts, NULL, on_end, &e, err);
    kube_io_free(io);
    assert_int_equal(e.calls, st == KUBE_PENDING ? 1 : 0);
    assert_int_equal(e.status, st == KUBE_PENDING ? KUBE_ERR_CANCELLED : KUBE_OK);
    return st == KUBE_PENDING ? KUBE_OK : st;
}

/* ---- a thread that waits ---- */

typedef struct operation {
    kube__blocking_call *call;
    kube_io_timer       *timer;
    kube__blocking      *blocking;
} operation;

static void on_operation_time(void *user)
{
    operation *op = user;

    kube_io_timer_free(op->timer);
    kube__blocking_finish(op->call, KUBE_OK);
}

static kube_status start_operation(void *arg, kube_io *io, kube__blocking_call *call)
{
    operation *op = arg;
    kube_status st = kube_io_timer_new(io, on_operation_time, op, &op->timer, NULL);

    op->call = call;
    if (st == KUBE_OK)
        kube_io_timer_start(op->timer, kube_io_now_ns(io) + MS);
    return st == KUBE_OK ? KUBE_PENDING : st;
}

static kube_status a_blocking_call(kube_error **err)
{
    operation op = { NULL, NULL, NULL };
    kube_status st = kube__blocking_new(kube_clock_system(), &op.blocking, err);

    if (st == KUBE_OK)
        st = kube__blocking_run(op.blocking, start_operation, &op, err);
    kube__blocking_free(op.blocking);
    return st;
}

/* ---- everything, everywhere ---- */

static void check(const char *what, unsigned n, const char *failed, kube_status st, system_fault kind)
{
    bool refused = failed != NULL && kind == SYSTEM_REFUSES;

    if (st != KUBE_OK && !(refused && (st == KUBE_ERR_IO || st == KUBE_ERR_OUT_OF_MEMORY)))
        fail_msg("%s: call %u (%s): %s", what, n, failed, kube_status_name(st));
    if (st == KUBE_OK && refused && !system_fault_may_be_silent(failed))
        fail_msg("%s: call %u (%s): nobody was told", what, n, failed);
    if (has_children())
        fail_msg("%s: call %u (%s): a child is left", what, n, failed);
}

static unsigned fail_each(const char *what, scenario *run, system_fault kind)
{
    size_t descriptors = open_descriptors();

    for (unsigned n = 1;; n++) {
        kube_error *err = NULL;
        const char *failed;
        kube_status st;

        system_fault_at(kind, n);
        st = run(&err);
        failed = system_fault_stop();
        kube_error_free(err);
        err = NULL;
        check(what, n, failed, st, kind);
        if (open_descriptors() != descriptors)
            fail_msg("%s: call %u (%s): a descriptor is left", what, n, failed);
        if (failed == NULL)
            return n - 1;
        if (run(&err) != KUBE_OK)
            fail_msg("%s: after call %u (%s): %s", what, n, failed, kube_error_message(err));
    }
}

static const struct {
    const char *name;
    scenario   *run;
    unsigned    refusals, interruptions; /* at least so many places there are */
} scenarios[] = {
    { "a loop", a_loop, 6, 2 },
    { "a program", a_program, 16, 2 },
    { "a program at the end of its loop", a_program_at_the_end_of_its_loop, 14, 3 },
    { "a blocking call", a_blocking_call, 5, 1 },
};

static void each_call_may_be_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++)
        assert_true(fail_each(scenarios[i].name, scenarios[i].run, SYSTEM_REFUSES) >=
                    scenarios[i].refusals);
}

static void an_interruption_is_not_noticed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++)
        assert_true(fail_each(scenarios[i].name, scenarios[i].run, SYSTEM_INTERRUPTS) >=
                    scenarios[i].interruptions);
}

/* The budget is not spent on it, and the next one goes on. */
static void a_step_says_that_the_kernel_does_not_answer(void **state)
{
    kube_io *io = make_io();
    int calls = 0;

    (void)state;
    assert_int_equal(kube_io_submit(io, count_call, &calls, NULL), KUBE_OK);
    system_fault_at(SYSTEM_REFUSES, 1);
    assert_int_equal(kube_io_step(io, 60000), KUBE_ERR_IO);
    assert_string_equal(system_fault_stop(), "epoll_wait");
    assert_int_equal(calls, 0);
    assert_int_equal(kube_io_step(io, 60000), KUBE_OK);
    assert_int_equal(calls, 1);
    kube_io_free(io);
}

/* As when a user has used up his watches, for as long as that lasts. */
static void programs_that_cannot_be_watched_are_killed_and_leave_nothing(void **state)
{
    static const char *const argv[] = { "sh", "-c", "exec sleep 60", NULL };
    const kube_io_child_options opts = { .struct_size = sizeof opts, .path = "/bin/sh", .argv = argv };
    kube_io *io = make_io();
    size_t descriptors = open_descriptors();

    (void)state;
    for (int i = 0; i < 3; i++) {
        ended e = { .status = KUBE_OK };

        system_fault_always("epoll_ctl");
        assert_int_equal(kube_io_child_start(io, &opts, NULL, on_end, &e, NULL), KUBE_PENDING);
        assert_true(run_until(io, &e.done));
        assert_true(settle(io));
        assert_string_equal(system_fault_stop(), "epoll_ctl");
        assert_int_equal(e.calls, 1);
        assert_int_equal(e.status, KUBE_ERR_IO);
        assert_false(has_children());
        assert_int_equal(open_descriptors(), descriptors);
    }
    kube_io_free(io);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(each_call_may_be_refused),
        ALLOC_TRACE_TEST(an_interruption_is_not_noticed),
        ALLOC_TRACE_TEST(programs_that_cannot_be_watched_are_killed_and_leave_nothing),
        ALLOC_TRACE_TEST(a_step_says_that_the_kernel_does_not_answer),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
