#include "fake_discovery.h"

#include "discovery_fixture.h"

static kube_status answer(fake_discovery *f, kube_discovery_snapshot **out, kube_error **err)
{
    size_t i = f->attempts < COUNT_OF(f->answers) ? f->attempts : COUNT_OF(f->answers) - 1;
    kube_discovery_snapshot *s;
    kube_status st;

    f->attempts++;
    f->asked_about_known += f->known;
    if (f->known && f->unchanged)
        return kube_error_set(err, KUBE_ERR_NOT_MODIFIED, "nothing newer");
    if (f->failure != KUBE_OK)
        return kube_error_set(err, f->failure, "as the test wants");
    if (f->ready != NULL) {
        *out = kube_discovery_snapshot_ref(f->ready);
        return KUBE_OK;
    }
    while (i > 0 && f->answers[i] == NULL)
        i--;
    s = aggregated_snapshot(NULL, f->answers[i]);
    st = kube_discovery_snapshot_failures(s, err);
    kube_cancel_fire(f->fires);
    *out = s;
    return st;
}

static void finish(fake_discovery *f, kube_status why)
{
    kube_discovery_snapshot *s = NULL;
    kube_error *err = NULL;
    kube_status st = why != KUBE_OK ? kube_error_set(&err, why, "interrupted") : answer(f, &s, &err);
    kube_discovery_fetch_done *done = f->done;

    kube_io_guard_free(f->guard);
    kube_io_task_free(f->task);
    f->task = NULL;
    f->done = NULL;
    done(f->user, st, s, err);
}

static void on_task(void *user)
{
    finish(user, KUBE_OK);
}

static void on_guard(void *user, kube_status why)
{
    finish(user, why);
}

static kube_status fetch(void *state, kube_io *io, const kube_discovery_request *request, const kube_call *call,
                         kube_discovery_fetch_done *done, void *user, kube_discovery_snapshot **out, kube_error **err)
{
    fake_discovery *f = state;
    kube_status st;

    f->want = request->want;
    f->known = request->known != NULL;
    snprintf(f->group_version, sizeof f->group_version, "%s",
             request->group_version != NULL ? request->group_version : "");
    f->done = done;
    f->user = user;
    st = kube_io_guard_new(io, call, on_guard, f, &f->guard, err);
    if (st != KUBE_OK)
        return st;
    if (!f->later) {
        kube_io_guard_free(f->guard);
        return answer(f, out, err);
    }
    st = kube_io_task_new(io, on_task, f, &f->task, err);
    if (st != KUBE_OK) {
        kube_io_guard_free(f->guard);
        return st;
    }
    if (!f->held)
        kube_io_task_post(f->task);
    return KUBE_PENDING;
}

void fake_discovery_release(fake_discovery *f)
{
    kube_io_task_post(f->task);
}

static void destroy(void *state)
{
    fake_discovery *f = state;

    f->destroyed++;
}

static void invalidate(void *state)
{
    fake_discovery *f = state;

    if (f->invalidated != NULL)
        f->invalidated(f->invalidated_arg);
}

kube_discovery *fake_discovery_new(fake_discovery *f, uint32_t max_attempts)
{
    const kube_discovery_ops ops = { .struct_size = sizeof ops,
                                     .destroy = destroy,
                                     .fetch = fetch,
                                     .invalidate = invalidate,
                                     .max_attempts = max_attempts };
    kube_discovery *d = NULL;

    assert_int_equal(kube_discovery_new(&ops, f, NULL, &d, NULL), KUBE_OK);
    return d;
}
