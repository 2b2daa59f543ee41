/* Fetching on a user's loop. */
#include "discovery_private.h"
#include "names.h"
#include "shared/alloc.h"
#include "shared/options.h"

#include <kube/sys/error.h>

/* What was given to start, kept until `done`. */
typedef struct started {
    kube_discovery            *discovery;
    kube_discovery_request     request;
    char                      *group_version;
    kube_call                  call;
    kube_cancel               *cancel;
    kube_discovery_fetch_done *done;
    void                      *user;
    kube_io_guard             *guard; /* so that an answer in hand is delivered when the loop is freed first */
    kube_io_task              *task;
    kube_status                status;
    kube_discovery_snapshot   *snapshot;
    kube_error                *err;
} started;

static void release(started *s)
{
    kube_io_guard_free(s->guard);
    kube_io_task_free(s->task);
    kube_cancel_unref(s->cancel);
    kube_discovery_unref(s->discovery);
    kube__free(s->group_version);
    kube__free(s);
}

static void deliver(void *user)
{
    started *s = user;
    kube_discovery_fetch_done *done = s->done;
    void *done_user = s->user;
    kube_status status = s->status;
    kube_discovery_snapshot *snapshot = s->snapshot;
    kube_error *err = s->err;

    release(s);
    done(done_user, status, snapshot, err);
}

static void on_loop_end(void *user, kube_status why)
{
    (void)why;
    deliver(user);
}

static void on_done(void *user, kube_status status, kube_discovery_snapshot *snapshot, kube_error *err)
{
    started *s = user;

    s->status = status;
    s->snapshot = snapshot;
    s->err = err;
    deliver(s);
}

static kube_status check(kube_discovery *discovery, kube_io *io, kube_discovery_want want, const char *group_version,
                         kube_discovery_fetch_done *done, kube_error **err)
{
    kube_str group, version;

    if (discovery == NULL || io == NULL || done == NULL)
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "a discovery, a loop and a done function are needed");
    if ((unsigned)want > KUBE_DISCOVERY_WANT_GROUP_VERSION)
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "nothing that could be fetched");
    if (want == KUBE_DISCOVERY_WANT_GROUP_VERSION)
        return kube__group_version_parse(group_version, &group, &version, err);
    if (group_version != NULL)
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "a group-version is given, but not only it is wanted");
    return KUBE_OK;
}

static kube_status prepare(started *s, kube_discovery *discovery, kube_io *io, kube_discovery_want want,
                           const char *group_version, const kube_call_options *opts, kube_error **err)
{
    kube_status st = kube_call_init(io, opts, 0, &s->call, err);

    if (st == KUBE_OK)
        st = kube__freshness_of(opts, &s->request.freshness, err);
    if (st != KUBE_OK)
        return st;
    s->discovery = kube_discovery_ref(discovery);
    s->cancel = kube_cancel_ref(s->call.cancel);
    s->request.struct_size = sizeof s->request;
    s->request.want = want;
    if (group_version != NULL) {
        s->group_version = kube__strdup(group_version);
        if (s->group_version == NULL)
            return kube_error_no_memory(err);
        s->request.group_version = s->group_version;
    }
    /* Made before anything is sent: an answer that is there at once must be deliverable. */
    st = kube_io_task_new(io, deliver, s, &s->task, err);
    if (st == KUBE_OK)
        st = kube_io_guard_new(io, NULL, on_loop_end, s, &s->guard, err);
    return st;
}

kube_status kube__freshness_of(const kube_call_options *opts, kube_freshness *out, kube_error **err)
{
    kube_call_options o;
    kube_status st = kube__options_import(&o, sizeof o, opts, sizeof o, "kube_call_options", err);

    if (st == KUBE_OK && (unsigned)o.freshness > KUBE_FRESHNESS_ONLY_IF_CACHED)
        st = kube_error_set(err, KUBE_ERR_INVALID_ARG, "freshness has a value this release does not know");
    if (st == KUBE_OK)
        *out = o.freshness;
    return st;
}

kube_status kube_discovery_refresh_start(kube_discovery *discovery, kube_io *io, const kube_call_options *opts,
                                         kube_discovery_fetch_done *done, void *user, kube_error **err)
{
    kube_call_options o;
    kube_status st = kube__options_import(&o, sizeof o, opts, sizeof o, "kube_call_options", err);

    if (st != KUBE_OK)
        return st;
    o.struct_size = sizeof o;
    o.freshness = KUBE_FRESHNESS_REVALIDATE;
    return kube_discovery_fetch_start(discovery, io, KUBE_DISCOVERY_WANT_ALL, NULL, &o, done, user, err);
}

kube_status kube_discovery_fetch_start(kube_discovery *discovery, kube_io *io, kube_discovery_want want,
                                       const char *group_version, const kube_call_options *opts,
                                       kube_discovery_fetch_done *done, void *user, kube_error **err)
{
    started *s = NULL;
    kube_status st = check(discovery, io, want, group_version, done, err);

    if (st != KUBE_OK)
        return st;
    if (KUBE__NEW(s) == NULL)
        return kube_error_no_memory(err);
    s->done = done;
    s->user = user;
    st = prepare(s, discovery, io, want, group_version, opts, err);
    if (st == KUBE_OK)
        st = kube_discovery_fetch(discovery, io, &s->request, &s->call, on_done, s, &s->snapshot, &s->err);
    if (st == KUBE_PENDING) {
        kube_io_guard_free(s->guard); /* what is in flight guards itself */
        s->guard = NULL;
        return KUBE_PENDING;
    }
    if (st == KUBE_OK || st == KUBE_ERR_PARTIAL) {
        s->status = st;
        kube_io_task_post(s->task);
        return KUBE_PENDING;
    }
    if (s->err != NULL && err != NULL)
        *err = s->err;
    else
        kube_error_free(s->err);
    release(s);
    return st;
}
