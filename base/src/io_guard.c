/* Guards: one object per operation that watches its cancel, its deadline and the end of its loop. */
#include "io_internal.h"
#include "shared/alloc.h"
#include "shared/cancel.h"
#include "shared/io.h"
#include "shared/options.h"

#include <kube/sys/error.h>

struct kube_io_guard {
    kube_io              *io;
    kube_io_guard        *next, *prev; /* in io->guards */
    kube_io_guard_fn     *fn;
    void                 *user;
    kube_io_timer        *deadline;    /* NULL: none */
    kube_io_task         *task;        /* posted by the cancel; NULL: none */
    kube__cancel_listener listener;
};

kube_status kube_call_init(kube_io *io, const kube_call_options *opts, int64_t default_timeout_ms, kube_call *out,
                           kube_error **err)
{
    kube_call_options o;
    int64_t timeout_ms;
    kube_status st = kube__options_import(&o, sizeof o, opts, sizeof o, "kube_call_options", err);

    if (st != KUBE_OK)
        return st;
    timeout_ms = o.timeout_ms != 0 ? o.timeout_ms : default_timeout_ms;
    out->cancel = o.cancel;
    out->deadline_ns = 0;
    if (timeout_ms > 0) {
        int64_t now = kube_io_now_ns(io);

        out->deadline_ns = timeout_ms > (INT64_MAX - now) / 1000000 ? INT64_MAX : now + timeout_ms * 1000000;
    }
    return KUBE_OK;
}

/* Out of the list first: kube__io_guards_close() must not meet it again. The owner frees it, now or later. */
static void unlink_guard(kube_io_guard *guard)
{
    if (guard->prev != NULL)
        guard->prev->next = guard->next;
    else if (guard->io->guards == guard)
        guard->io->guards = guard->next;
    if (guard->next != NULL)
        guard->next->prev = guard->prev;
    guard->next = guard->prev = NULL;
}

static void interrupt(kube_io_guard *guard, kube_status why)
{
    kube_io_guard_fn *fn = guard->fn;

    if (fn == NULL)
        return; /* it has been told before */
    guard->fn = NULL;
    unlink_guard(guard);
    fn(guard->user, why);
}

static void on_cancel(void *user)
{
    interrupt(user, KUBE_ERR_CANCELLED);
}

static void on_deadline(void *user)
{
    interrupt(user, KUBE_ERR_TIMEOUT);
}

static kube_status may_begin(const kube_io *io, const kube_call *call, kube_error **err)
{
    kube_status st = kube__io_check_process(io, err);

    if (st != KUBE_OK)
        return st;
    if (io->closing)
        return kube_error_set(err, KUBE_ERR_CANCELLED, "the loop is being freed");
    if (call != NULL && kube_cancel_is_fired(call->cancel))
        return kube_error_set(err, KUBE_ERR_CANCELLED, "cancelled");
    if (call != NULL && call->deadline_ns != 0 && kube_io_now_ns(io) >= call->deadline_ns)
        return kube_error_set(err, KUBE_ERR_TIMEOUT, "the deadline has passed");
    return KUBE_OK;
}

kube_status kube_io_guard_new(kube_io *io, const kube_call *call, kube_io_guard_fn *fn, void *user,
                              kube_io_guard **out, kube_error **err)
{
    kube_io_guard *guard = NULL;
    kube_status st = may_begin(io, call, err);

    if (st != KUBE_OK)
        return st;
    if (KUBE__NEW(guard) == NULL)
        return kube_error_no_memory(err);
    guard->io = io;
    guard->fn = fn;
    guard->user = user;
    if (call != NULL && call->deadline_ns != 0)
        st = kube_io_timer_new(io, on_deadline, guard, &guard->deadline, err);
    if (st == KUBE_OK && call != NULL && call->cancel != NULL)
        st = kube_io_task_new(io, on_cancel, guard, &guard->task, err);
    if (st != KUBE_OK) {
        kube_io_timer_free(guard->deadline);
        kube__free(guard);
        return st;
    }
    if (guard->deadline != NULL)
        kube_io_timer_start(guard->deadline, call->deadline_ns);
    if (guard->task != NULL)
        kube__cancel_subscribe(call->cancel, &guard->listener, guard->task);
    guard->next = io->guards;
    if (guard->next != NULL)
        guard->next->prev = guard;
    io->guards = guard;
    *out = guard;
    return KUBE_OK;
}

void kube_io_guard_free(kube_io_guard *guard)
{
    if (guard == NULL || kube__io_is_foreign(guard->io)) /* in a forked child its locks are not to be trusted */
        return;
    kube__cancel_unsubscribe(&guard->listener);
    kube_io_task_free(guard->task);
    kube_io_timer_free(guard->deadline);
    unlink_guard(guard);
    kube__free(guard);
}

void kube__io_guards_close(kube_io *io)
{
    while (io->guards != NULL)
        interrupt(io->guards, KUBE_ERR_CANCELLED);
}
