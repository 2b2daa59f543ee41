/* The system refuses any one call that the loop and what stands on it make, or interrupts it: it is said, nothing stays
 * open or running, and the next attempt works. */
#include "child_fixture.h"
#include "system_fault.h"

#include "shared/blocking.h"

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
    int64_t end = now_ms() + PATIENCE_MS;
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
        while (!(f->time && f->task && f->events != 0) && now_ms() < end) {
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

/* Whatever a round comes to: the next one waits again. */
static void turn_until_done(kube_io *io, const script_run *r)
{
    int64_t end = now_ms() + PATIENCE_MS;

    while (!r->done && now_ms() < end) {
        kube_status round = kube_io_run(io, 20);

        (void)round;
    }
    assert_true(r->done);
}

/* On a loop that is made for it, and that turns until the program has ended or is freed at once. */
static kube_status start_program(const char *script, bool turn, script_run *r, kube_error **err)
{
    kube_io *io = NULL;
    kube_status st = kube_io_new(NULL, &io, err);

    r->calls = 0;
    if (st == KUBE_OK)
        st = start_script(r, io, script, 0, NULL, err);
    if (st == KUBE_PENDING && turn)
        turn_until_done(io, r);
    kube_io_free(io);
    assert_int_equal(r->calls, st == KUBE_PENDING ? 1 : 0);
    assert_true(st == KUBE_PENDING || *err != NULL);
    return st == KUBE_PENDING ? r->status : st;
}

/* Ends by itself, or is killed and KUBE_ERR_IO is told: nobody waits for what cannot be seen any more. */
static kube_status a_program(kube_error **err)
{
    script_run r;
    kube_status st = start_program("sleep 0.01; echo hello", true, &r, err);

    if (st == KUBE_OK)
        assert_string_equal(r.output, "hello\n");
    else if (r.calls != 0)
        assert_int_equal(st, KUBE_ERR_IO);
    return st;
}

/* One that sleeps when its loop ends: killed, and reaped before the loop is gone. */
static kube_status a_program_at_the_end_of_its_loop(kube_error **err)
{
    script_run r;
    kube_status st = start_program("exec sleep 300", false, &r, err);

    if (r.calls != 0)
        assert_int_equal(st, KUBE_ERR_CANCELLED);
    return r.calls != 0 ? KUBE_OK : st;
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

static void check(const char *what, unsigned n, const char *failed, kube_status st, system_fault kind, int64_t begin)
{
    bool refused = failed != NULL && kind == SYSTEM_REFUSES;

    if (st != KUBE_OK && !(refused && (st == KUBE_ERR_IO || st == KUBE_ERR_OUT_OF_MEMORY)))
        fail_msg("%s: call %u (%s): %s", what, n, failed, kube_status_name(st));
    if (st == KUBE_OK && refused && !system_fault_may_be_silent(failed))
        fail_msg("%s: call %u (%s): nobody was told", what, n, failed);
    if (!no_child_stays(begin))
        fail_msg("%s: call %u (%s): a child is left", what, n, failed);
}

static unsigned fail_each(const char *what, scenario *run, system_fault kind)
{
    size_t descriptors = open_descriptors();

    for (unsigned n = 1;; n++) {
        kube_error *err = NULL;
        const char *failed;
        kube_status st;
        int64_t begin;

        begin = now_ms();
        system_fault_at(kind, n);
        st = run(&err);
        failed = system_fault_stop();
        kube_error_free(err);
        err = NULL;
        check(what, n, failed, st, kind, begin);
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
    kube_io *io = make_io();
    size_t descriptors = open_descriptors();

    (void)state;
    for (int i = 0; i < 3; i++) {
        script_run r;

        system_fault_always("epoll_ctl");
        must_start_script(&r, io, "exec sleep 300", 0, NULL);
        assert_true(run_until(io, &r.done));
        assert_no_zombie_stays(io);
        assert_string_equal(system_fault_stop(), "epoll_ctl");
        assert_int_equal(r.calls, 1);
        assert_int_equal(r.status, KUBE_ERR_IO);
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
