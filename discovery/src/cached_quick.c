/* The shortest way from a question to its answer. An agent asks for the same few lists again and again; what it asks is
 * in memory, and looking at the time and at one number says whether that still counts. */
#include "cached.h"

#include "shared/process.h"

#include <sched.h>

enum { SPINS = 64 };

/* Held for a dozen instructions: it is hardly ever taken, and a thread that lost its processor in there is let
 * through. */
static void acquire(kube__quick *quick)
{
    unsigned spins = 0;

    while (atomic_flag_test_and_set_explicit(&quick->lock, memory_order_acquire)) {
        if (++spins % SPINS == 0)
            sched_yield();
    }
}

static void release(kube__quick *quick)
{
    atomic_flag_clear_explicit(&quick->lock, memory_order_release);
}

static bool is_unchanged(const kube__cached *c, const kube__quick *quick)
{
    uint64_t changes = 0;

    return !quick->has_changes || (kube_store_changes(c->store, &changes) == KUBE_OK && changes == quick->changes);
}

kube_discovery_snapshot *kube__cached_current(void *state)
{
    kube__cached *c = state;
    kube__quick *quick = &c->quick;
    kube_discovery_snapshot *snapshot = NULL;
    int64_t now;

    if (c->documents != NULL || c->policy != KUBE_FRESHNESS_TTL || c->process != kube__process())
        return NULL;
    now = kube__cached_now(c);
    acquire(quick);
    if (quick->snapshot != NULL && now <= quick->until_unix_ms && is_unchanged(c, quick)) {
        snapshot = kube_discovery_snapshot_ref(quick->snapshot);
        quick->hits++;
    }
    release(quick);
    return snapshot;
}

/* Puts another one in its place, and returns the old one. */
static kube_discovery_snapshot *replace(kube__quick *quick, kube_discovery_snapshot *snapshot)
{
    kube_discovery_snapshot *old;

    acquire(quick);
    old = quick->snapshot;
    quick->snapshot = snapshot;
    release(quick);
    return old;
}

void kube__cached_forget_quick(kube__cached *c)
{
    kube_discovery_snapshot_unref(replace(&c->quick, NULL));
}

/* Only what would have been used without any effect: what is not ours ends freshness with its first use. A store that
 * can be peeked into, but not asked for changes, is peeked into each time. */
static bool is_for_quick(kube__cached_op *op)
{
    kube_store_info info;

    if (op->c->documents != NULL || op->live != NULL || op->freshness != KUBE_FRESHNESS_TTL || op->c->ttl_ms < 0)
        return false;
    return op->has_changes || op->c->store == NULL ||
           kube_store_peek(op->c->store, kube__cached_entry_key(op, "snapshot"), &info) == KUBE_ERR_UNSUPPORTED;
}

void kube__cached_set_quick(kube__cached_op *op)
{
    kube__cached *c = op->c;
    kube__quick *quick = &c->quick;
    kube_discovery_snapshot *old;
    int64_t stored = op->entry.stored_at_unix_ms;

    if (!is_for_quick(op))
        return;
    pthread_mutex_lock(&c->lock);
    if (c->epoch != op->epoch) {
        pthread_mutex_unlock(&c->lock);
        return;
    }
    acquire(quick);
    old = quick->snapshot;
    quick->snapshot = kube_discovery_snapshot_ref(op->answer);
    quick->until_unix_ms = stored > INT64_MAX - c->ttl_ms ? INT64_MAX : stored + c->ttl_ms;
    quick->changes = op->changes;
    quick->has_changes = op->has_changes;
    release(quick);
    pthread_mutex_unlock(&c->lock);
    kube_discovery_snapshot_unref(old);
}

uint64_t kube__cached_quick_hits(kube__cached *c)
{
    uint64_t hits;

    acquire(&c->quick);
    hits = c->quick.hits;
    release(&c->quick);
    return hits;
}
