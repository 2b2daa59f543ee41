#include "base_fixture.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* An operation under guard, as a transport would write it: interrupted, it frees its guard and is done. */
typedef struct op {
    kube_io       *io;
    kube_io_guard *guard;
    kube_status    why;
    int            done;
    int            name;
    int           *order, *count; /* shared list; may be NULL */
    void         (*then)(struct op *op);
    struct op     *other;
} op;

static void on_interrupt(void *user, kube_status why)
{
    op *o = user;

    o->why = why;
    o->done++;
    kube_io_guard_free(o->guard);
    o->guard = NULL;
    if (o->order != NULL)
        o->order[(*o->count)++] = o->name;
    if (o->then != NULL)
        o->then(o);
}

static void begin(op *o, kube_io *io, const kube_call *call)
{
    *o = (op){ .io = io };
    assert_int_equal(kube_io_guard_new(io, call, on_interrupt, o, &o->guard, NULL), KUBE_OK);
}

static kube_cancel *make_cancel(kube_cancel *parent)
{
    kube_cancel *cancel = NULL;

    assert_int_equal(kube_cancel_new(parent, &cancel, NULL), KUBE_OK);
    return cancel;
}

static void a_calls_deadline_comes_from_its_options(void **state)
{
    kube_call_options opts = KUBE_CALL_OPTIONS_INIT, zeroed;
    kube_cancel *cancel = make_cancel(NULL);
    kube_error *err = NULL;
    fake_clock fake;
    kube_call call;
    kube_io *io;

    (void)state;
    fake_clock_init(&fake, 7);
    io = make_fake_io(&fake);
    assert_int_equal(kube_call_init(io, NULL, 0, &call, NULL), KUBE_OK);
    assert_int_equal(call.deadline_ns, 0);
    assert_null(call.cancel);
    assert_int_equal(kube_call_init(io, NULL, 30, &call, NULL), KUBE_OK);
    assert_int_equal(call.deadline_ns, 7 + 30 * MS);
    opts.cancel = cancel;
    assert_int_equal(kube_call_init(io, &opts, 30, &call, NULL), KUBE_OK);
    assert_int_equal(call.deadline_ns, 7 + 30 * MS);
    assert_ptr_equal(call.cancel, cancel);
    opts.timeout_ms = 2;
    assert_int_equal(kube_call_init(io, &opts, 30, &call, NULL), KUBE_OK);
    assert_int_equal(call.deadline_ns, 7 + 2 * MS);
    opts.timeout_ms = -1;
    assert_int_equal(kube_call_init(io, &opts, 30, &call, NULL), KUBE_OK);
    assert_int_equal(call.deadline_ns, 0);
    opts.timeout_ms = INT64_MAX;
    assert_int_equal(kube_call_init(io, &opts, 30, &call, NULL), KUBE_OK);
    assert_true(call.deadline_ns == INT64_MAX);
    memset(&zeroed, 0, sizeof zeroed);
    assert_int_equal(kube_call_init(io, &zeroed, 30, &call, &err), KUBE_ERR_INVALID_ARG);
    assert_error(err, KUBE_ERR_INVALID_ARG, "kube_call_options");
    kube_cancel_unref(cancel);
    kube_io_free(io);
}

static void a_fired_cancel_interrupts_in_the_next_step_and_once(void **state)
{
    kube_io *io = make_io();
    kube_cancel *cancel = make_cancel(NULL);
    const kube_call call = { 0, cancel };
    op o;

    (void)state;
    begin(&o, io, &call);
    assert_true(settle(io));
    assert_int_equal(o.done, 0);
    kube_cancel_fire(cancel);
    kube_cancel_fire(cancel);
    assert_int_equal(o.done, 0); /* never inside fire */
    assert_true(readable(kube_io_fd(io), 0));
    assert_true(settle(io));
    assert_int_equal(o.done, 1);
    assert_int_equal(o.why, KUBE_ERR_CANCELLED);
    kube_io_free(io);
    assert_int_equal(o.done, 1);
    kube_cancel_unref(cancel);
}

static void the_deadline_interrupts(void **state)
{
    fake_clock fake;
    kube_call call = { 100, NULL };
    kube_io *io;
    op o;

    (void)state;
    fake_clock_init(&fake, 0);
    io = make_fake_io(&fake);
    begin(&o, io, &call);
    fake_clock_advance(&fake, 99);
    assert_true(settle(io));
    assert_int_equal(o.done, 0);
    fake_clock_advance(&fake, 1);
    assert_true(settle(io));
    assert_int_equal(o.done, 1);
    assert_int_equal(o.why, KUBE_ERR_TIMEOUT);
    kube_io_free(io);
}

static void both_at_once_are_told_as_one(void **state)
{
    kube_cancel *cancel = make_cancel(NULL);
    const kube_call call = { 100, cancel };
    fake_clock fake;
    kube_io *io;
    op o;

    (void)state;
    fake_clock_init(&fake, 0);
    io = make_fake_io(&fake);
    begin(&o, io, &call);
    kube_cancel_fire(cancel);
    fake_clock_advance(&fake, 1000);
    kube_io_free(io); /* and the end of the loop on top */
    assert_int_equal(o.done, 1);
    assert_int_equal(o.why, KUBE_ERR_CANCELLED);
    kube_cancel_unref(cancel);
}

static void keep_guard(void *user, kube_status why)
{
    op *o = user;

    o->why = why;
    o->done++;
}

static void a_guard_kept_after_its_interruption_stays_silent(void **state)
{
    kube_cancel *cancel = make_cancel(NULL);
    const kube_call call = { 100, cancel };
    op o = { .done = 0 };
    fake_clock fake;
    kube_io *io;

    (void)state;
    fake_clock_init(&fake, 0);
    io = make_fake_io(&fake);
    assert_int_equal(kube_io_guard_new(io, &call, keep_guard, &o, &o.guard, NULL), KUBE_OK);
    kube_cancel_fire(cancel);
    assert_true(settle(io));
    fake_clock_advance(&fake, 1000);
    assert_true(settle(io));
    assert_int_equal(o.done, 1);
    kube_io_guard_free(o.guard);
    kube_io_free(io);
    assert_int_equal(o.done, 1);
    kube_cancel_unref(cancel);
}

static void a_freed_guard_is_never_heard_of_again(void **state)
{
    kube_cancel *cancel = make_cancel(NULL);
    const kube_call call = { 100, cancel };
    fake_clock fake;
    kube_io *io;
    op o;

    (void)state;
    fake_clock_init(&fake, 0);
    io = make_fake_io(&fake);
    begin(&o, io, &call);
    kube_cancel_fire(cancel); /* its task is queued already */
    kube_io_guard_free(o.guard);
    kube_io_guard_free(NULL);
    fake_clock_advance(&fake, 1000);
    assert_true(settle(io));
    kube_io_free(io);
    assert_int_equal(o.done, 0);
    kube_cancel_unref(cancel);
}

static void what_is_over_before_it_begins_is_not_begun(void **state)
{
    kube_cancel *cancel = make_cancel(NULL);
    kube_io_guard *guard = NULL;
    kube_error *err = NULL;
    kube_call call = { 0, cancel };
    fake_clock fake;
    kube_io *io;
    op o = { .done = 0 };

    (void)state;
    fake_clock_init(&fake, 100);
    io = make_fake_io(&fake);
    kube_cancel_fire(cancel);
    assert_int_equal(kube_io_guard_new(io, &call, on_interrupt, &o, &guard, &err), KUBE_ERR_CANCELLED);
    assert_error(err, KUBE_ERR_CANCELLED, "cancel");
    err = NULL;
    call = (kube_call){ 100, NULL };
    assert_int_equal(kube_io_guard_new(io, &call, on_interrupt, &o, &guard, &err), KUBE_ERR_TIMEOUT);
    assert_error(err, KUBE_ERR_TIMEOUT, "deadline");
    assert_null(guard);
    assert_true(settle(io));
    kube_io_free(io);
    assert_int_equal(o.done, 0);
    kube_cancel_unref(cancel);
}

static void freeing_the_loop_interrupts_the_youngest_first(void **state)
{
    kube_io *io = make_io();
    int order[20], count = 0;
    op ops[20];

    (void)state;
    for (int i = 0; i < 20; i++) {
        begin(&ops[i], io, NULL);
        ops[i].name = i;
        ops[i].order = order;
        ops[i].count = &count;
    }
    kube_io_guard_free(ops[7].guard);
    kube_io_guard_free(ops[19].guard);
    kube_io_guard_free(ops[0].guard);
    kube_io_free(io);
    assert_int_equal(count, 17);
    for (int i = 0, expected = 18; i < 17; i++, expected--) {
        if (expected == 7)
            expected--;
        assert_int_equal(order[i], expected);
        assert_int_equal(ops[expected].why, KUBE_ERR_CANCELLED);
        assert_int_equal(ops[expected].done, 1);
    }
}

static void begin_again(op *o)
{
    kube_io_guard *guard = NULL;

    o->why = kube_io_guard_new(o->io, NULL, on_interrupt, o, &guard, NULL);
}

static void end_other(op *o)
{
    kube_io_guard_free(o->other->guard);
    o->other->guard = NULL;
}

static void while_the_loop_is_freed_nothing_begins_and_all_may_end(void **state)
{
    kube_io *io = make_io();
    op ops[3];

    (void)state;
    for (int i = 0; i < 3; i++)
        begin(&ops[i], io, NULL);
    ops[2].then = end_other; /* the youngest, told first, ends the one below it */
    ops[2].other = &ops[1];
    ops[0].then = begin_again;
    kube_io_free(io);
    assert_int_equal(ops[2].done, 1);
    assert_int_equal(ops[1].done, 0);
    assert_int_equal(ops[0].done, 1);
    assert_int_equal(ops[0].why, KUBE_ERR_CANCELLED);
}

static void one_cancel_ends_operations_of_several_loops(void **state)
{
    enum { COUNT = 50 };
    kube_io *ios[2] = { make_io(), make_io() };
    kube_cancel *parent = make_cancel(NULL), *child = make_cancel(parent);
    const kube_call call = { 0, child };
    op ops[COUNT];

    (void)state;
    for (int i = 0; i < COUNT; i++)
        begin(&ops[i], ios[i % 2], &call);
    kube_cancel_unref(child); /* the operations keep it */
    kube_cancel_fire(parent);
    assert_true(settle(ios[0]));
    assert_true(settle(ios[1]));
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(ops[i].done, 1);
    kube_cancel_unref(parent);
    kube_io_free(ios[0]);
    kube_io_free(ios[1]);
}

static void *fire(void *arg)
{
    kube_cancel_fire(arg);
    return NULL;
}

static void cancels_from_other_threads_race_with_ends(void **state)
{
    enum { ROUNDS = 150, COUNT = 8 };
    kube_io *io = make_io();

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        kube_cancel *cancel = make_cancel(NULL);
        const kube_call call = { 0, cancel };
        pthread_t thread;
        op ops[COUNT];

        for (int i = 0; i < COUNT; i++)
            begin(&ops[i], io, &call);
        pthread_create(&thread, NULL, fire, cancel);
        for (int i = 0; i < COUNT; i += 2) { /* these end by themselves, before or after they were told */
            if (round % 3 == 0)
                assert_true(kube_io_step(io, 0) != KUBE_ERR_IO);
            kube_io_guard_free(ops[i].guard);
            ops[i].guard = NULL;
        }
        pthread_join(thread, NULL);
        assert_true(settle(io));
        for (int i = 0; i < COUNT; i++) {
            assert_true(ops[i].done <= 1);
            if (i % 2 == 1)
                assert_int_equal(ops[i].done, 1);
        }
        kube_cancel_unref(cancel);
    }
    kube_io_free(io);
}

static void a_cancel_may_be_fired_while_the_loop_is_freed(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        kube_io *io = make_io();
        kube_cancel *cancel = make_cancel(NULL);
        const kube_call call = { 0, cancel };
        pthread_t thread;
        op ops[4];

        for (int i = 0; i < 4; i++)
            begin(&ops[i], io, &call);
        pthread_create(&thread, NULL, fire, cancel);
        kube_io_free(io);
        pthread_join(thread, NULL);
        for (int i = 0; i < 4; i++)
            assert_int_equal(ops[i].done, 1);
        kube_cancel_unref(cancel);
    }
}

static void every_failed_allocation_is_said(void **state)
{
    kube_cancel *cancel = make_cancel(NULL);

    (void)state;
    for (size_t n = 1;; n++) {
        fake_clock fake;
        const kube_call call = { 100, cancel };
        op o = { .done = 0 };
        kube_status st;
        kube_io *io;
        bool reached;

        fake_clock_init(&fake, 0);
        io = make_fake_io(&fake);
        alloc_trace_fail_at(n);
        st = kube_io_guard_new(io, &call, on_interrupt, &o, &o.guard, NULL);
        reached = alloc_trace_stop();
        assert_int_equal(st, reached ? KUBE_ERR_OUT_OF_MEMORY : KUBE_OK);
        fake_clock_advance(&fake, 1000);
        assert_true(settle(io));
        assert_int_equal(o.done, !reached);
        kube_io_free(io);
        if (!reached)
            break;
    }
    kube_cancel_unref(cancel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(a_calls_deadline_comes_from_its_options),
        ALLOC_TRACE_TEST(a_fired_cancel_interrupts_in_the_next_step_and_once),
        ALLOC_TRACE_TEST(the_deadline_interrupts),
        ALLOC_TRACE_TEST(both_at_once_are_told_as_one),
        ALLOC_TRACE_TEST(a_guard_kept_after_its_interruption_stays_silent),
        ALLOC_TRACE_TEST(a_freed_guard_is_never_heard_of_again),
        ALLOC_TRACE_TEST(what_is_over_before_it_begins_is_not_begun),
        ALLOC_TRACE_TEST(freeing_the_loop_interrupts_the_youngest_first),
        ALLOC_TRACE_TEST(while_the_loop_is_freed_nothing_begins_and_all_may_end),
        ALLOC_TRACE_TEST(one_cancel_ends_operations_of_several_loops),
        ALLOC_TRACE_TEST(cancels_from_other_threads_race_with_ends),
        ALLOC_TRACE_TEST(a_cancel_may_be_fired_while_the_loop_is_freed),
        ALLOC_TRACE_TEST(every_failed_allocation_is_said),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
