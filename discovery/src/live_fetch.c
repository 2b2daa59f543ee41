/* One fetch: /api and /apis at the same time, then, on a legacy server, each group-version. The steps are driven by
 * answers, by a task while a large document is decoded in slices, and by the guard. */
#include "live.h"

#include "shared/alloc.h"
#include "snapshot.h"

#include <kube/sys/error.h>

#include <string.h>

static void release(kube__fetch *f)
{
    kube_io_guard_free(f->guard);
    kube_io_task_free(f->task);
    for (size_t i = 0; i < 2; i++)
        kube_rest_response_unref(f->roots[i].response);
    kube__free(f->walk);
    kube_discovery_snapshot_builder_free(f->builder);
    kube_discovery_snapshot_unref(f->known);
    kube_cancel_unref(f->call.cancel);
    kube__free(f);
}

void kube__fetch_fail(kube__fetch *f, kube_status status, kube_error *err)
{
    if (f->failure != KUBE_OK) {
        kube_error_free(err);
        return;
    }
    f->failure = status;
    f->err = err;
    kube_cancel_fire(f->call.cancel); /* the requests in flight end with the next step */
}

static kube_status build(kube__fetch *f, kube_error **err)
{
    kube_status st = kube_discovery_snapshot_builder_build(f->builder, &f->snapshot, err);

    if (st == KUBE_OK && f->want == KUBE_DISCOVERY_WANT_ALL)
        st = kube_discovery_snapshot_failures(f->snapshot, err);
    return st;
}

/* One phase after the other, until something has to be waited for. */
static kube_status run_phases(kube__fetch *f, kube_error **err)
{
    kube_status st = KUBE_OK;

    if (f->phase == KUBE__FETCH_GROUPS) {
        st = kube__fetch_decode_roots(f, err);
        if (st == KUBE_OK && f->want == KUBE_DISCOVERY_WANT_ALL && !kube__builder_is_aggregated(f->builder))
            st = kube__fetch_plan_walk(f, err);
        if (st != KUBE_OK)
            return st;
        f->phase = KUBE__FETCH_WALK;
    }
    st = kube__fetch_walk(f);
    return st == KUBE_OK ? build(f, err) : st;
}

kube_status kube__fetch_advance(kube__fetch *f)
{
    kube_error *err = NULL;
    kube_status st;

    if (f->failure == KUBE_OK) {
        st = run_phases(f, &err);
        if (st == KUBE_OK || st == KUBE_ERR_PARTIAL) {
            f->err = err;
            return st;
        }
        if (st != KUBE_PENDING)
            kube__fetch_fail(f, st, err);
    }
    return f->failure != KUBE_OK && f->in_flight == 0 ? f->failure : KUBE_PENDING;
}

void kube__fetch_resume(kube__fetch *f)
{
    kube_status st = kube__fetch_advance(f);

    if (st != KUBE_PENDING) {
        kube_discovery_fetch_done *done = f->done;
        void *user = f->user;
        kube_discovery_snapshot *snapshot = f->snapshot;
        kube_error *err = f->err;

        release(f);
        done(user, st, snapshot, err);
    }
}

static void on_task(void *user)
{
    kube__fetch_resume(user);
}

static void on_guard(void *user, kube_status why)
{
    kube__fetch *f = user;
    kube_error *err = NULL;

    (void)kube_error_set(&err, why, "%s", why == KUBE_ERR_TIMEOUT ? "discovery did not end before the deadline"
                                                                  : "discovery was cancelled");
    kube__fetch_fail(f, why, err);
    kube__fetch_resume(f);
}

static kube_status make(const kube__live *live, kube_io *io, const kube_discovery_request *request,
                        const kube_call *call, kube__fetch **out, kube_error **err)
{
    kube__fetch *f = NULL;
    kube_status st;

    if (KUBE__NEW(f) == NULL)
        return kube_error_no_memory(err);
    f->live = live;
    f->io = io;
    f->want = request->want;
    f->call.deadline_ns = call->deadline_ns;
    for (size_t i = 0; i < 2; i++)
        f->roots[i].fetch = f;
    st = kube_io_guard_new(io, call, on_guard, f, &f->guard, err);
    if (st == KUBE_OK)
        st = kube_io_task_new(io, on_task, f, &f->task, err);
    if (st == KUBE_OK)
        st = kube_cancel_new(call->cancel, &f->call.cancel, err);
    if (st == KUBE_OK) {
        const kube_clock *clock = kube_io_clock(io);

        st = kube_discovery_snapshot_builder_new(clock->unix_ms(clock->state), &f->builder, err);
    }
    if (st != KUBE_OK) {
        release(f);
        return st;
    }
    *out = f;
    return KUBE_OK;
}

kube_status kube__live_fetch(void *state, kube_io *io, const kube_discovery_request *request, const kube_call *call,
                             kube_discovery_fetch_done *done, void *user, kube_discovery_snapshot **out,
                             kube_error **err)
{
    kube__fetch *f = NULL;
    kube_error *why = NULL;
    kube_status st = make(state, io, request, call, &f, err);

    if (st != KUBE_OK)
        return st;
    f->done = done;
    f->user = user;
    if (request->known != NULL && request->known->aggregated && request->known->left_out == 0)
        f->known = kube__snapshot_own(request->known);
    if (f->want == KUBE_DISCOVERY_WANT_GROUP_VERSION) {
        f->phase = KUBE__FETCH_WALK;
        st = kube__fetch_plan_one(f, request->group_version, &why);
        if (st != KUBE_OK)
            kube__fetch_fail(f, st, why);
    } else {
        kube__fetch_send_roots(f);
    }
    st = kube__fetch_advance(f);
    if (st == KUBE_PENDING)
        return st;
    if (st == KUBE_OK || st == KUBE_ERR_PARTIAL)
        *out = f->snapshot;
    if (err != NULL && st != KUBE_OK)
        *err = f->err;
    else
        kube_error_free(f->err);
    release(f);
    return st;
}
