/* Locks of the memory store: a short list of those that are held. */
#include "memory_store.h"

#include "shared/alloc.h"
#include "shared/process.h"

#include <kube/sys/error.h>

#include <limits.h>
#include <string.h>
#include <unistd.h>

/* Under the mutex. */
static void delist(kube__memory_store *store, kube__memory_lock *lock)
{
    if (lock->prev != NULL)
        lock->prev->next = lock->next;
    else
        store->locks = lock->next;
    if (lock->next != NULL)
        lock->next->prev = lock->prev;
}

/* Under the mutex. False: somebody holds it, and his lease is not over. Of several with one key the latest comes first,
 * and the leases of the others are over. */
static bool enlist(kube__memory_store *store, kube__memory_lock *lock, int64_t now_ns)
{
    kube__memory_lock *other = store->locks;

    while (other != NULL && strcmp(other->key, lock->key) != 0)
        other = other->next;
    if (other != NULL && now_ns < other->expires_ns)
        return false;
    lock->next = store->locks;
    if (lock->next != NULL)
        lock->next->prev = lock;
    store->locks = lock;
    return true;
}

static int64_t end_of_lease(int64_t now_ns, int64_t lease_ms)
{
    return lease_ms < (INT64_MAX - now_ns) / 1000000 ? now_ns + lease_ms * 1000000 : INT64_MAX;
}

kube_status kube__memory_try_lock(void *state, kube_io *io, const kube_store_key *key, int64_t lease_ms,
                                  const kube_call *call, kube_store_lock_done *done, void *user, kube_store_lock **out,
                                  kube_error **err)
{
    kube__memory_store *store = state;
    kube__memory_lock *lock = NULL;
    int64_t now_ns = store->clock->monotonic_ns(store->clock->state);
    bool taken;

    (void)io, (void)call, (void)done, (void)user;
    if (KUBE__NEW(lock) == NULL)
        return kube_error_no_memory(err);
    kube__key_join(key, key->count, lock->key);
    lock->expires_ns = end_of_lease(now_ns, lease_ms);
    pthread_mutex_lock(&store->mutex);
    taken = enlist(store, lock, now_ns);
    pthread_mutex_unlock(&store->mutex);
    if (!taken) {
        kube_status st = kube_error_set(err, KUBE_ERR_CONFLICT, "locking %s: somebody holds it", lock->key);

        kube__free(lock);
        return st;
    }
    *out = (kube_store_lock *)(void *)lock;
    return KUBE_OK;
}

void kube__memory_unlock(void *state, kube_store_lock *given)
{
    kube__memory_store *store = state;
    kube__memory_lock *lock = (kube__memory_lock *)(void *)given;

    if (store->process != kube__process())
        return; /* a thread that does not exist here may have held the mutex */
    pthread_mutex_lock(&store->mutex);
    delist(store, lock);
    pthread_mutex_unlock(&store->mutex);
    kube__free(lock);
}
