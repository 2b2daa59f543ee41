#include "slow_store.h"

#include <kube/cache/memory_store.h>
#include <kube/sys/error.h>

#include <stdlib.h>

typedef struct slow_store {
    kube_store       *entries;
    slow_store_knobs *knobs;
} slow_store;

/* One operation that was begun. What it is asked lives until it has ended; that is promised. */
typedef struct pending {
    slow_store             *store;
    slow_store_op           op;
    kube_io_task           *task;
    kube_io_guard          *guard;
    const kube_store_key   *key;
    const kube_store_value *value;
    uint64_t                generation;
    int64_t                 lease_ms;
    kube_store_get_done    *get_done;
    kube_store_put_done    *put_done;
    kube_store_lock_done   *lock_done;
    void                   *user;
} pending;

typedef struct answer {
    kube_store_entry entry;
    kube_store_info  info;
    kube_store_lock *lock;
    kube_error      *err;
} answer;

static void free_pending(pending *p)
{
    kube_io_guard_free(p->guard);
    kube_io_task_free(p->task);
    free(p);
}

/* The operation is over before its caller hears of it: he may begin the next one. */
static void finish(pending *p, kube_status status, answer *a)
{
    pending ended = *p;

    if (p->store->knobs->no_generation)
        a->entry.info.generation = a->info.generation = 0;
    free_pending(p);
    if (ended.op == SLOW_STORE_GET)
        ended.get_done(ended.user, status, status == KUBE_OK ? &a->entry : NULL, a->err);
    else if (ended.op == SLOW_STORE_LOCK)
        ended.lock_done(ended.user, status, a->lock, a->err);
    else
        ended.put_done(ended.user, status, status == KUBE_OK && ended.op != SLOW_STORE_REMOVE ? &a->info : NULL,
                       a->err);
}

static kube_status ask(pending *p, answer *a)
{
    kube_store *entries = p->store->entries;

    switch (p->op) {
    case SLOW_STORE_GET:
        return kube_store_begin_get(entries, NULL, p->key, NULL, NULL, NULL, &a->entry, &a->err);
    case SLOW_STORE_PUT:
        return kube_store_begin_put(entries, NULL, p->key, p->value, NULL, NULL, NULL, &a->info, &a->err);
    case SLOW_STORE_TOUCH:
        return kube_store_begin_touch(entries, NULL, p->key, p->generation, NULL, NULL, NULL, &a->info, &a->err);
    case SLOW_STORE_REMOVE:
        return kube_store_begin_remove(entries, NULL, p->key, NULL, NULL, NULL, &a->err);
    default:
        return kube_store_begin_lock(entries, NULL, p->key, p->lease_ms, NULL, NULL, NULL, &a->lock, &a->err);
    }
}

static void on_task(void *user)
{
    pending *p = user;
    answer a = { { NULL, NULL, { 0, 0, 0 } }, { 0, 0, 0 }, NULL, NULL };
    kube_status st = p->store->knobs->fail[p->op];

    if (st != KUBE_OK)
        kube_error_set(&a.err, st, "the slow store was told to fail");
    else
        st = ask(p, &a);
    finish(p, st, &a);
}

static void on_guard(void *user, kube_status why)
{
    answer a = { { NULL, NULL, { 0, 0, 0 } }, { 0, 0, 0 }, NULL, NULL };

    kube_error_set(&a.err, why, "the slow store was interrupted");
    finish(user, why, &a);
}

static kube_status begin(const pending *asked, kube_io *io, const kube_call *call, kube_error **err)
{
    pending *p = malloc(sizeof *p);
    kube_status st;

    if (p == NULL)
        return kube_error_no_memory(err);
    *p = *asked;
    st = kube_io_task_new(io, on_task, p, &p->task, err);
    if (st == KUBE_OK)
        st = kube_io_guard_new(io, call, on_guard, p, &p->guard, err);
    if (st != KUBE_OK) {
        free_pending(p);
        return st;
    }
    p->store->knobs->count[p->op]++;
    if (!p->store->knobs->silent)
        kube_io_task_post(p->task);
    return KUBE_PENDING;
}

static kube_status slow_get(void *state, kube_io *io, const kube_store_key *key, const kube_call *call,
                            kube_store_get_done *done, void *user, kube_store_entry *out, kube_error **err)
{
    pending p = { .store = state, .op = SLOW_STORE_GET, .key = key, .get_done = done, .user = user };

    (void)out;
    return begin(&p, io, call, err);
}

static kube_status slow_put(void *state, kube_io *io, const kube_store_key *key, const kube_store_value *value,
                            const kube_call *call, kube_store_put_done *done, void *user, kube_store_info *out,
                            kube_error **err)
{
    pending p = { .store = state, .op = SLOW_STORE_PUT, .key = key, .value = value, .put_done = done, .user = user };

    (void)out;
    return begin(&p, io, call, err);
}

static kube_status slow_touch(void *state, kube_io *io, const kube_store_key *key, uint64_t generation,
                              const kube_call *call, kube_store_put_done *done, void *user, kube_store_info *out,
                              kube_error **err)
{
    pending p = { .store = state, .op = SLOW_STORE_TOUCH, .key = key, .generation = generation, .put_done = done,
                  .user = user };

    (void)out;
    return begin(&p, io, call, err);
}

static kube_status slow_remove(void *state, kube_io *io, const kube_store_key *key, const kube_call *call,
                               kube_store_put_done *done, void *user, kube_error **err)
{
    pending p = { .store = state, .op = SLOW_STORE_REMOVE, .key = key, .put_done = done, .user = user };

    return begin(&p, io, call, err);
}

static kube_status slow_lock(void *state, kube_io *io, const kube_store_key *key, int64_t lease_ms,
                             const kube_call *call, kube_store_lock_done *done, void *user, kube_store_lock **out,
                             kube_error **err)
{
    pending p = { .store = state, .op = SLOW_STORE_LOCK, .key = key, .lease_ms = lease_ms, .lock_done = done,
                  .user = user };

    (void)out;
    return begin(&p, io, call, err);
}

static void slow_unlock(void *state, kube_store_lock *lock)
{
    slow_store *store = state;

    kube_store_unlock(store->entries, lock);
}

static void slow_destroy(void *state)
{
    slow_store *store = state;

    kube_store_unref(store->entries);
    store->knobs->destroyed++;
    free(store);
}

kube_status slow_store_new(const kube_clock *clock, slow_store_knobs *knobs, kube_store **out, kube_error **err)
{
    static const kube_store_ops ops = {
        .struct_size = sizeof ops,
        .destroy = slow_destroy,
        .get = slow_get,
        .put = slow_put,
        .touch = slow_touch,
        .remove = slow_remove,
        .try_lock = slow_lock,
        .unlock = slow_unlock,
    };
    kube_memory_store_options opts = KUBE_MEMORY_STORE_OPTIONS_INIT;
    slow_store *store = calloc(1, sizeof *store);
    kube_status st;

    if (store == NULL)
        return kube_error_no_memory(err);
    store->knobs = knobs;
    opts.clock = clock;
    st = kube_memory_store_new(&opts, &store->entries, err);
    if (st != KUBE_OK) {
        free(store);
        return st;
    }
    return kube_store_new(&ops, store, clock, out, err);
}
