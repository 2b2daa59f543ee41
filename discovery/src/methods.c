/* client-go's methods: each fetches a snapshot and asks it. They block. */
#include "discovery_private.h"
#include "lists.h"
#include "names.h"

#include <kube/sys/error.h>

/* One blocking operation, possibly of several attempts with one deadline. */
typedef struct waiting {
    kube_discovery          *discovery;
    const kube_call_options *opts;
    kube_discovery_request   request;
    kube_call                call;
    bool                     has_call; /* the deadline was fixed by the first attempt */
    kube__blocking_call     *waiter;
    kube_discovery_snapshot *snapshot;
    kube_server_version     *version;
    kube_error              *err;
} waiting;

static kube_status fix_call(waiting *w, kube_io *io)
{
    kube_status st = KUBE_OK;

    if (!w->has_call)
        st = kube_call_init(io, w->opts, 0, &w->call, &w->err);
    w->has_call = st == KUBE_OK;
    return st;
}

static void on_fetched(void *user, kube_status status, kube_discovery_snapshot *snapshot, kube_error *err)
{
    waiting *w = user;

    w->snapshot = snapshot;
    w->err = err;
    kube__blocking_finish(w->waiter, status);
}

static kube_status start_fetch(void *arg, kube_io *io, kube__blocking_call *waiter)
{
    waiting *w = arg;
    kube_status st = fix_call(w, io);

    w->waiter = waiter;
    if (st == KUBE_OK)
        st = kube_discovery_fetch(w->discovery, io, &w->request, &w->call, on_fetched, w, &w->snapshot, &w->err);
    return st;
}

static void on_version(void *user, kube_status status, kube_server_version *version, kube_error *err)
{
    waiting *w = user;

    w->version = version;
    w->err = err;
    kube__blocking_finish(w->waiter, status);
}

static kube_status start_version(void *arg, kube_io *io, kube__blocking_call *waiter)
{
    waiting *w = arg;
    kube_status st = fix_call(w, io);

    w->waiter = waiter;
    if (st == KUBE_OK)
        st = kube_discovery_fetch_server_version(w->discovery, io, &w->call, on_version, w, &w->version, &w->err);
    return st;
}

/* What is at hand needs no loop. */
static kube_status fetch(waiting *w)
{
    const kube_discovery_ops *ops = &w->discovery->ops;
    kube_status st = KUBE_PENDING;

    if (w->opts != NULL && kube_cancel_is_fired(w->opts->cancel))
        return kube_error_set(&w->err, KUBE_ERR_CANCELLED, "cancelled before anything was asked");
    if (ops->current != NULL && w->request.freshness == KUBE_FRESHNESS_DEFAULT &&
        w->request.want != KUBE_DISCOVERY_WANT_GROUP_VERSION)
        w->snapshot = ops->current(w->discovery->state);
    if (w->snapshot != NULL)
        return KUBE_OK;
    if (ops->at_hand != NULL)
        st = ops->at_hand(w->discovery->state, &w->request, &w->snapshot, &w->err);
    return st != KUBE_PENDING ? st : kube__blocking_run(w->discovery->blocking, start_fetch, w, &w->err);
}

/* What is missing of a partial answer is told by the question, not by the fetch. */
static kube_status conclude(waiting *w, kube_status st, kube_error **err)
{
    if (st != KUBE_OK && st != KUBE_ERR_PARTIAL && err != NULL)
        *err = w->err;
    else
        kube_error_free(w->err);
    w->err = NULL;
    return st == KUBE_ERR_PARTIAL ? KUBE_OK : st;
}

static kube_status begin(waiting *w, kube_discovery *discovery, const kube_call_options *opts,
                         kube_discovery_want want, kube_error **err)
{
    *w = (waiting){ .discovery = discovery, .opts = opts };
    w->request.struct_size = sizeof w->request;
    w->request.want = want;
    if (discovery == NULL)
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "a discovery is needed");
    return kube__freshness_of(opts, &w->request.freshness, err);
}

kube_status kube_discovery_server_groups(kube_discovery *discovery, const kube_call_options *opts,
                                         kube_api_group_list **out, kube_error **err)
{
    waiting w;
    kube_status st = begin(&w, discovery, opts, KUBE_DISCOVERY_WANT_GROUPS, err);

    if (st == KUBE_OK)
        st = conclude(&w, fetch(&w), err);
    if (st == KUBE_OK)
        *out = kube_api_group_list_ref(kube_discovery_snapshot_groups(w.snapshot));
    kube_discovery_snapshot_unref(w.snapshot);
    return st;
}

/* A snapshot of one group-version whose list is not there. */
static kube_status explain_absence(const kube_group_version *v, const char *group_version, kube_error **err)
{
    const kube_error *why = kube_group_version_error(v);

    if (why != NULL) {
        if (err != NULL)
            *err = kube_error_copy(why);
        return kube_error_status(why);
    }
    if (kube_group_version_state_of(v) == KUBE_GROUP_VERSION_STALE)
        return kube_error_set(err, KUBE_ERR_STALE, "stale GroupVersion discovery: %s", group_version);
    return kube_error_set(err, KUBE_ERR_NOT_FOUND, "the server has no group-version %s", group_version);
}

/* The list that is at hand without any effort, if it is: the reference to its snapshot becomes the list's. */
static kube_api_resource_list *current_list(const kube_discovery *discovery, const char *group_version)
{
    kube_discovery_snapshot *snapshot = discovery->ops.current(discovery->state);
    const kube_api_resource_list *list = NULL;

    if (snapshot != NULL)
        list = kube_group_version_resources(kube_discovery_snapshot_group_version(snapshot, group_version));
    if (list == NULL)
        kube_discovery_snapshot_unref(snapshot);
    return kube__list_own(list);
}

kube_status kube_discovery_server_resources_for_group_version(kube_discovery *discovery, const char *group_version,
                                                              const kube_call_options *opts,
                                                              kube_api_resource_list **out, kube_error **err)
{
    kube_api_resource_list *current = NULL;
    waiting w;
    kube_str group, version;
    kube_status st;

    if (opts == NULL && discovery != NULL && group_version != NULL && discovery->ops.current != NULL)
        current = current_list(discovery, group_version);
    if (current != NULL) {
        *out = current;
        return KUBE_OK;
    }
    st = begin(&w, discovery, opts, KUBE_DISCOVERY_WANT_GROUP_VERSION, err);
    w.request.group_version = group_version;
    if (st == KUBE_OK)
        st = kube__group_version_parse(group_version, &group, &version, err);
    if (st == KUBE_OK)
        st = conclude(&w, fetch(&w), err);
    if (st == KUBE_OK) {
        const kube_group_version *v = kube_discovery_snapshot_group_version(w.snapshot, group_version);
        const kube_api_resource_list *list = kube_group_version_resources(v);

        if (list != NULL)
            *out = kube_api_resource_list_ref(list);
        else
            st = explain_absence(v, group_version, err);
    }
    kube_discovery_snapshot_unref(w.snapshot);
    return st;
}

/* Whether to ask again: something is missing, and this discovery is one that tries more than once. */
static bool wants_retry(const waiting *w, kube_status st, uint32_t attempt)
{
    return st == KUBE_ERR_PARTIAL && attempt < w->discovery->ops.max_attempts;
}

/* Whether client-go's questions speak of stale group-versions, as far as the answer knows any. */
static bool tells_stale(const waiting *w)
{
    return !w->discovery->ops.silent_when_stale;
}

kube_status kube_discovery_server_groups_and_resources(kube_discovery *discovery, const kube_call_options *opts,
                                                       kube_api_group_list **groups_out,
                                                       kube_api_resource_lists **lists_out, kube_error **err)
{
    kube_api_group_list *groups = NULL;
    kube_api_resource_lists *lists = NULL;
    kube_error *missing = NULL;
    waiting w;
    kube_status st = begin(&w, discovery, opts, KUBE_DISCOVERY_WANT_ALL, err);

    for (uint32_t attempt = 1; st == KUBE_OK; attempt++) {
        st = conclude(&w, fetch(&w), err);
        if (st == KUBE_OK)
            st = kube__groups_and_resources(w.snapshot, tells_stale(&w), groups_out != NULL ? &groups : NULL,
                                            lists_out != NULL ? &lists : NULL, err != NULL ? &missing : NULL);
        kube_discovery_snapshot_unref(w.snapshot);
        w.snapshot = NULL;
        if (!wants_retry(&w, st, attempt))
            break;
        kube_api_group_list_unref(groups);
        kube_api_resource_lists_unref(lists);
        kube_error_free(missing);
        groups = NULL;
        lists = NULL;
        missing = NULL;
        st = KUBE_OK;
    }
    if (missing != NULL)
        *err = missing;
    if (st == KUBE_OK || st == KUBE_ERR_PARTIAL) {
        if (groups_out != NULL)
            *groups_out = groups;
        if (lists_out != NULL)
            *lists_out = lists;
    }
    return st;
}

static kube_status preferred(kube_discovery *discovery, const kube_call_options *opts, bool namespaced_only, bool retry,
                             kube_api_resource_lists **out, kube_error **err)
{
    kube_api_resource_lists *lists = NULL;
    kube_error *missing = NULL;
    waiting w;
    kube_status st = begin(&w, discovery, opts, KUBE_DISCOVERY_WANT_ALL, err);

    for (uint32_t attempt = 1; st == KUBE_OK; attempt++) {
        st = conclude(&w, fetch(&w), err);
        if (st == KUBE_OK)
            st = kube__preferred(w.snapshot, tells_stale(&w), namespaced_only, &lists, err != NULL ? &missing : NULL);
        kube_discovery_snapshot_unref(w.snapshot);
        w.snapshot = NULL;
        if (!retry || !wants_retry(&w, st, attempt))
            break;
        kube_api_resource_lists_unref(lists);
        kube_error_free(missing);
        lists = NULL;
        missing = NULL;
        st = KUBE_OK;
    }
    if (missing != NULL)
        *err = missing;
    if (st == KUBE_OK || st == KUBE_ERR_PARTIAL)
        *out = lists;
    return st;
}

kube_status kube_discovery_server_preferred_resources(kube_discovery *discovery, const kube_call_options *opts,
                                                      kube_api_resource_lists **out, kube_error **err)
{
    return preferred(discovery, opts, false, true, out, err);
}

kube_status kube_discovery_server_preferred_namespaced_resources(kube_discovery *discovery,
                                                                 const kube_call_options *opts,
                                                                 kube_api_resource_lists **out, kube_error **err)
{
    return preferred(discovery, opts, true, false, out, err);
}

kube_status kube_discovery_server_version(kube_discovery *discovery, const kube_call_options *opts,
                                          kube_server_version **out, kube_error **err)
{
    waiting w;
    kube_status st = begin(&w, discovery, opts, KUBE_DISCOVERY_WANT_ALL, err);

    if (st == KUBE_OK)
        st = conclude(&w, kube__blocking_run(discovery->blocking, start_version, &w, &w.err), err);
    if (st == KUBE_OK)
        *out = w.version;
    return st;
}
