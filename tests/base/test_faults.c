/* A loop and what stands on it, with each fault: it is said, nothing stays open or running, and the next attempt
 * works. */
#include "child_fixture.h"
#include "fault_sweep.h"

#include "shared/blocking.h"

#include <string.h>
#include <unistd.h>

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
        assert_true(f->time && f->task);
        assert_true(f->events == KUBE_IO_READ || f->events == KUBE_IO_ERROR);
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
    if (st == KUBE_OK)
        st = live(io, &f, err);
    if (st == KUBE_OK && f.events == KUBE_IO_ERROR)
        st = KUBE_ERR_IO;
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
        assert_true(st == KUBE_ERR_IO || st == KUBE_ERR_OUT_OF_MEMORY);
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

static const fault_case cases[] = {
    { .name = "a loop", .run = a_loop, .allocations = 5, .refusals = 6, .interruptions = 2 },
    { .name = "a program", .run = a_program, .allocations = 9, .refusals = 16, .interruptions = 2 },
    { .name = "a program at the end of its loop", .run = a_program_at_the_end_of_its_loop,
      .allocations = 8, .refusals = 14, .interruptions = 3 },
    { .name = "a blocking call", .run = a_blocking_call, .allocations = 4, .refusals = 5, .interruptions = 1 },
};

int main(void)
{
    return fault_sweep_main(cases, sizeof cases / sizeof cases[0], NULL, NULL);
}
