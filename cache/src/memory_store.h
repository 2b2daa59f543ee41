/* The state of a memory store. Its mutex is for pointers: nothing is copied, allocated or freed under it. */
#ifndef KUBE_CACHE_MEMORY_STORE_PRIVATE_H
#define KUBE_CACHE_MEMORY_STORE_PRIVATE_H

#include "key.h"

#include <kube/cache/memory_store.h>
#include <kube/sys/store.h>

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

/* Immutable but for its links, and for `info`, which the mutex guards. */
typedef struct kube__memory_entry {
    struct kube__memory_entry *next;          /* in its bucket, or among those to be freed         */
    struct kube__memory_entry *newer, *older; /* by use                                            */
    kube_blob      *bytes, *validator;
    kube_store_info info;
    uint64_t        hash;
    uint64_t        cost; /* against the ceiling */
    size_t          key_len;
    char            key[];
} kube__memory_entry;

typedef struct kube__memory_lock {
    struct kube__memory_lock *next, *prev; /* among those that were not given back */
    int64_t expires_ns;
    char    key[KUBE__KEY_MAX_BYTES];
} kube__memory_lock;

typedef struct kube__memory_store {
    pthread_mutex_t      mutex;
    const kube_clock    *clock;
    uint64_t             max_bytes;
    uint64_t             seed;
    uint32_t                process;
    atomic_uint_fast64_t changes;    /* how often anything was put, touched or removed */
    uint64_t             generation; /* the latest given out; from here on under the mutex */
    uint64_t             cost;
    kube__memory_entry **buckets;
    size_t               bucket_count; /* a power of two */
    size_t               entry_count;
    kube__memory_entry  *newest, *oldest;
    kube__memory_lock   *locks;
} kube__memory_store;

/* The ops; see kube_store_ops. */
kube_status kube__memory_try_lock(void *state, kube_io *io, const kube_store_key *key, int64_t lease_ms,
                                  const kube_call *call, kube_store_lock_done *done, void *user, kube_store_lock **out,
                                  kube_error **err);
void kube__memory_unlock(void *state, kube_store_lock *given);

#endif
