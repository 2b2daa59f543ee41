/* The shortest way from a question to its answer. An agent asks for the same few lists again and again; what it asks is
 * in memory, and looking at the time and at one number says whether that still counts. */
#include "cached.h"

#include "shared/process.h"

#include <sched.h>

enum { SPINS = 64 };

/* Threads take turns in choosing a lane, and keep it. */
static kube__quick *own_lane(kube__cached *c)
{
    static atomic_uint threads;
    static _Thread_local unsigned own; /* 0: not chosen yet */

    if (own == 0)
        own = atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) % KUBE__QUICK_LANES + 1;
    return &c->quick[own - 1].quick;
}

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
    kube__quick *quick;
    kube_discovery_snapshot *snapshot = NULL;
    int64_t now;

    if (c->documents != NULL || c->policy != KUBE_FRESHNESS_TTL || c->process != kube__process())
        return NULL;
    now = kube__cached_now(c);
    quick = own_lane(c);
    acquire(quick);
    if (quick->snapshot != NULL && now <= quick->until_unix_ms && is_unchanged(c, quick)) {
        snapshot = kube_discovery_snapshot_ref(quick->snapshot);
        quick->hits++;
    }
    release(quick);
    return snapshot;
}

/* Puts another one in its place. What takes its place counts as it says; its lock and its hits stay. */
static void replace(kube__quick *quick, const kube__quick *by)
{
    kube_discovery_snapshot *old;

    acquire(quick);
    old = quick->snapshot;
    quick->snapshot = by->snapshot != NULL ? kube_discovery_snapshot_ref(by->snapshot) : NULL;
    quick->until_unix_ms = by->until_unix_ms;
    quick->changes = by->changes;
    quick->has_changes = by->has_changes;
    release(quick);
    kube_discovery_snapshot_unref(old);
}

static void replace_all(kube__cached *c, const kube__quick *by)
{
    for (size_t i = 0; i < KUBE__QUICK_LANES; i++)
        replace(&c->quick[i].quick, by);
}

void kube__cached_init_quick(kube__cached *c)
{
    for (size_t i = 0; i < KUBE__QUICK_LANES; i++)
        atomic_flag_clear(&c->quick[i].quick.lock);
}

void kube__cached_clear_quick(kube__cached *c)
{
    for (size_t i = 0; i < KUBE__QUICK_LANES; i++)
        kube_discovery_snapshot_unref(c->quick[i].quick.snapshot);
}

void kube__cached_forget_quick(kube__cached *c)
{
    const kube__quick nothing = { .snapshot = NULL };

    replace_all(c, &nothing);
}

/* Only what would have been used without any effect: what is not ours ends freshness with its first use. A store that
 * can be peeked into, but not asked for changes, is peeked into each time. */
static bool is_for_quick(kube__cached_op *op)
{
    kube_store_info info;

    if (op->freshness != KUBE_FRESHNESS_TTL)
        return false;
    return op->has_changes || op->c->store == NULL ||
           kube_store_peek(op->c->store, kube__cached_entry_key(op, "snapshot"), &info) == KUBE_ERR_UNSUPPORTED;
}

void kube__cached_set_quick(kube__cached_op *op)
{
    kube__cached *c = op->c;
    int64_t stored = op->entry.stored_at_unix_ms;
    kube__quick quick = { .snapshot = op->answer, .changes = op->changes, .has_changes = op->has_changes };

    if (!is_for_quick(op))
        return;
    quick.until_unix_ms = stored > INT64_MAX - c->ttl_ms ? INT64_MAX : stored + c->ttl_ms;
    pthread_mutex_lock(&c->lock);
    if (c->epoch == op->epoch && c->view == op->view) /* nobody knows better meanwhile */
        replace_all(c, &quick);
    pthread_mutex_unlock(&c->lock);
}

uint64_t kube__cached_quick_hits(kube__cached *c)
{
    uint64_t hits = 0;

    for (size_t i = 0; i < KUBE__QUICK_LANES; i++) {
        acquire(&c->quick[i].quick);
        hits += c->quick[i].quick.hits;
        release(&c->quick[i].quick);
    }
    return hits;
}
