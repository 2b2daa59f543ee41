/* The operations: each is the op of the same name, behind a check of what it is given. */
#include "store.h"

#include "key.h"
#include "shared/alloc.h"
#include "shared/options.h"
#include "shared/process.h"

#include <kube/sys/error.h>

#include <unistd.h>

void kube_store_entry_clear(kube_store_entry *entry)
{
    if (entry == NULL)
        return;
    kube_blob_unref(entry->bytes);
    kube_blob_unref(entry->validator);
    *entry = (kube_store_entry){ NULL, NULL, { 0, 0, 0 } };
}

static kube_status make(const kube_store_ops *ops, const kube_clock *clock, kube_store **out, kube_error **err)
{
    kube_store *made = NULL;
    kube_status st;

    if (ops == NULL)
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "kube_store_ops is missing");
    if (KUBE__NEW(made) == NULL)
        return kube_error_no_memory(err);
    st = kube__options_import(&made->ops, sizeof made->ops, ops, sizeof made->ops, "kube_store_ops", err);
    if (st == KUBE_OK && (made->ops.get == NULL || made->ops.put == NULL || made->ops.remove == NULL))
        st = kube_error_set(err, KUBE_ERR_INVALID_ARG, "kube_store_ops has no get, put or remove");
    if (st == KUBE_OK && (made->ops.try_lock == NULL) != (made->ops.unlock == NULL))
        st = kube_error_set(err, KUBE_ERR_INVALID_ARG, "kube_store_ops has only one of try_lock and unlock");
    if (st == KUBE_OK && !made->ops.is_local)
        st = kube__blocking_new(clock != NULL ? clock : kube_clock_system(), &made->blocking, err);
    if (st != KUBE_OK) {
        kube__free(made);
        return st;
    }
    atomic_init(&made->refs, 1);
    made->process = kube__process();
    *out = made;
    return KUBE_OK;
}

kube_status kube_store_new(const kube_store_ops *ops, void *state, const kube_clock *clock, kube_store **out,
                           kube_error **err)
{
    kube_store *made = NULL;
    kube_status st = make(ops, clock, &made, err);

    if (st == KUBE_OK) {
        made->state = state;
        *out = made;
    } else if (ops != NULL && ops->struct_size >= offsetof(kube_store_ops, get) && ops->destroy != NULL) {
        ops->destroy(state);
    }
    return st;
}

kube_store *kube_store_ref(kube_store *store)
{
    if (store != NULL)
        atomic_fetch_add_explicit(&store->refs, 1, memory_order_relaxed);
    return store;
}

void kube_store_unref(kube_store *store)
{
    if (store == NULL || atomic_fetch_sub_explicit(&store->refs, 1, memory_order_acq_rel) != 1)
        return;
    kube__blocking_free(store->blocking);
    if (store->ops.destroy != NULL)
        store->ops.destroy(store->state);
    kube__free(store);
}

bool kube_store_is_local(const kube_store *store)
{
    return store->ops.is_local;
}

static kube_status check_process(const kube_store *store, kube_error **err)
{
    if (store == NULL)
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "a store is needed");
    if (store->process != kube__process())
        return kube_error_set(err, KUBE_ERR_FORKED, "the store belongs to the parent process");
    return KUBE_OK;
}

static kube_status check(const kube_store *store, const kube_io *io, const kube_store_key *key, kube_error **err)
{
    kube_status st = check_process(store, err);

    if (st == KUBE_OK && io == NULL && !store->ops.is_local)
        st = kube_error_set(err, KUBE_ERR_INVALID_ARG, "this store waits: it needs a loop");
    return st == KUBE_OK ? kube__key_check(key, err) : st;
}

static kube_status check_value(const kube_store_value *value, kube_error **err)
{
    kube_store_value known;
    kube_status st;

    if (value == NULL)
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "a value is needed");
    st = kube__options_import(&known, sizeof known, value, sizeof known, "kube_store_value", err);
    if (st == KUBE_OK && known.validator.len > KUBE_STORE_VALIDATOR_MAX_BYTES)
        st = kube_error_set(err, KUBE_ERR_INVALID_ARG, "a validator of %zu bytes is too long", known.validator.len);
    return st;
}

kube_status kube_store_begin_get(kube_store *store, kube_io *io, const kube_store_key *key, const kube_call *call,
                                 kube_store_get_done *done, void *user, kube_store_entry *out, kube_error **err)
{
    kube_status st = check(store, io, key, err);

    return st == KUBE_OK ? store->ops.get(store->state, io, key, call, done, user, out, err) : st;
}

kube_status kube_store_begin_put(kube_store *store, kube_io *io, const kube_store_key *key,
                                 const kube_store_value *value, const kube_call *call, kube_store_put_done *done,
                                 void *user, kube_store_info *out, kube_error **err)
{
    kube_store_info unwanted;
    kube_status st = check(store, io, key, err);

    if (st == KUBE_OK)
        st = check_value(value, err);
    if (st == KUBE_OK)
        st = store->ops.put(store->state, io, key, value, call, done, user, out != NULL ? out : &unwanted, err);
    return st;
}

kube_status kube_store_begin_touch(kube_store *store, kube_io *io, const kube_store_key *key, uint64_t generation,
                                   const kube_call *call, kube_store_put_done *done, void *user, kube_store_info *out,
                                   kube_error **err)
{
    kube_store_info unwanted;
    kube_status st = check(store, io, key, err);

    if (st != KUBE_OK)
        return st;
    if (store->ops.touch == NULL)
        return kube_error_set(err, KUBE_ERR_UNSUPPORTED, "this store cannot touch an entry");
    return store->ops.touch(store->state, io, key, generation, call, done, user, out != NULL ? out : &unwanted, err);
}

kube_status kube_store_begin_remove(kube_store *store, kube_io *io, const kube_store_key *key, const kube_call *call,
                                    kube_store_put_done *done, void *user, kube_error **err)
{
    kube_status st = check(store, io, key, err);

    return st == KUBE_OK ? store->ops.remove(store->state, io, key, call, done, user, err) : st;
}

kube_status kube_store_peek(kube_store *store, const kube_store_key *key, kube_store_info *out)
{
    kube_status st = check_process(store, NULL);

    if (st == KUBE_OK)
        st = kube__key_check(key, NULL);
    if (st == KUBE_OK && store->ops.peek == NULL)
        st = KUBE_ERR_UNSUPPORTED;
    return st == KUBE_OK ? store->ops.peek(store->state, key, out) : st;
}

kube_status kube_store_begin_lock(kube_store *store, kube_io *io, const kube_store_key *key, int64_t lease_ms,
                                  const kube_call *call, kube_store_lock_done *done, void *user, kube_store_lock **out,
                                  kube_error **err)
{
    kube_status st = check(store, io, key, err);

    if (st == KUBE_OK && lease_ms <= 0)
        st = kube_error_set(err, KUBE_ERR_INVALID_ARG, "a lease is longer than 0");
    if (st != KUBE_OK)
        return st;
    if (store->ops.try_lock == NULL)
        return kube_error_set(err, KUBE_ERR_UNSUPPORTED, "this store has no locks");
    return store->ops.try_lock(store->state, io, key, lease_ms, call, done, user, out, err);
}

void kube_store_unlock(kube_store *store, kube_store_lock *lock)
{
    if (lock != NULL)
        store->ops.unlock(store->state, lock);
}

kube_status kube_store_changes(kube_store *store, uint64_t *out)
{
    if (store->ops.changes == NULL)
        return KUBE_ERR_UNSUPPORTED;
    *out = store->ops.changes(store->state);
    return KUBE_OK;
}
