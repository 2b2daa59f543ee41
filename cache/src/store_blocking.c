/* The forms that wait. A local store is asked directly: it needs no loop, so this is legal inside a callback. */
#include "store.h"

#include "shared/options.h"

#include <kube/sys/error.h>


enum { DEFAULT_TIMEOUT_MS = 5000 };

typedef struct waiting {
    kube_store              *store;
    const kube_store_key    *key;
    const kube_store_value  *value; /* of a put; NULL: a remove */
    const kube_call_options *opts;
    kube_call                call;
    kube__blocking_call     *waiter;
    kube_store_entry         entry;
    kube_store_info          info;
    kube_error              *err;
    kube_error             **err_wanted; /* NULL: do not build errors */
} waiting;

static void on_entry(void *user, kube_status status, const kube_store_entry *entry, kube_error *err)
{
    waiting *w = user;

    if (entry != NULL)
        w->entry = *entry;
    w->err = err;
    kube__blocking_finish(w->waiter, status);
}

static void on_info(void *user, kube_status status, const kube_store_info *info, kube_error *err)
{
    waiting *w = user;

    if (info != NULL)
        w->info = *info;
    w->err = err;
    kube__blocking_finish(w->waiter, status);
}

static kube_status begin_get(waiting *w, kube_io *io)
{
    return kube_store_begin_get(w->store, io, w->key, &w->call, on_entry, w, &w->entry, w->err_wanted);
}

static kube_status begin_change(waiting *w, kube_io *io)
{
    if (w->value == NULL)
        return kube_store_begin_remove(w->store, io, w->key, &w->call, on_info, w, w->err_wanted);
    return kube_store_begin_put(w->store, io, w->key, w->value, &w->call, on_info, w, &w->info, w->err_wanted);
}

static kube_status start(waiting *w, kube_io *io, kube__blocking_call *waiter,
                         kube_status (*begin)(waiting *w, kube_io *io))
{
    kube_status st = kube_call_init(io, w->opts, DEFAULT_TIMEOUT_MS, &w->call, w->err_wanted);

    w->waiter = waiter;
    return st == KUBE_OK ? begin(w, io) : st;
}

static kube_status start_get(void *arg, kube_io *io, kube__blocking_call *waiter)
{
    return start(arg, io, waiter, begin_get);
}

static kube_status start_change(void *arg, kube_io *io, kube__blocking_call *waiter)
{
    return start(arg, io, waiter, begin_change);
}

/* Nothing a local store does waits, so that a deadline has no say; a cancel that was fired before has. */
static kube_status run_local(waiting *w, kube_status (*begin)(waiting *w, kube_io *io))
{
    kube_call_options opts;
    kube_status st = kube__options_import(&opts, sizeof opts, w->opts, sizeof opts, "kube_call_options",
                                          w->err_wanted);

    if (st == KUBE_OK && kube_cancel_is_fired(opts.cancel))
        st = kube_error_set(w->err_wanted, KUBE_ERR_CANCELLED, "cancelled");
    return st == KUBE_OK ? begin(w, NULL) : st;
}

static kube_status run(waiting *w, bool is_get, kube_error **err)
{
    kube_store *store = w->store;
    kube_status st;

    w->err_wanted = err != NULL ? &w->err : NULL;
    kube_store_ref(store); /* another thread may let go of it, and the last reference must not be dropped in a round */
    if (store == NULL || store->ops.is_local)
        st = run_local(w, is_get ? begin_get : begin_change);
    else
        st = kube__blocking_run(store->blocking, is_get ? start_get : start_change, w, w->err_wanted);
    if (st != KUBE_OK && err != NULL)
        *err = w->err;
    else
        kube_error_free(w->err);
    kube_store_unref(store);
    return st;
}

kube_status kube_store_get(kube_store *store, const kube_store_key *key, const kube_call_options *opts,
                           kube_store_entry *out, kube_error **err)
{
    waiting w = { .store = store, .key = key, .opts = opts };
    kube_status st = run(&w, true, err);

    if (st == KUBE_OK)
        *out = w.entry;
    return st;
}

kube_status kube_store_put(kube_store *store, const kube_store_key *key, kube_str bytes, kube_str validator,
                           const kube_call_options *opts, kube_store_info *out, kube_error **err)
{
    kube_store_value value = { sizeof value, bytes, validator, 0 };
    waiting w = { .store = store, .key = key, .value = &value, .opts = opts };
    kube_status st = run(&w, false, err);

    if (st == KUBE_OK && out != NULL)
        *out = w.info;
    return st;
}

kube_status kube_store_remove(kube_store *store, const kube_store_key *key, const kube_call_options *opts,
                              kube_error **err)
{
    waiting w = { .store = store, .key = key, .opts = opts };

    return run(&w, false, err);
}
