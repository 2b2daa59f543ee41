/* The cached client as an object: what it is made of, what it knows, and what became of it. */
#include "cached.h"

#include "cached_config.h"
#include "discovery_private.h"
#include "hash.h"
#include "shared/alloc.h"
#include "shared/process.h"

#include <kube/sys/error.h>

#include <string.h>
#include <unistd.h>

static void destroy(void *state)
{
    kube__cached *c = state;

    /* In a forked child another thread's lock may be held for ever; memory is given back all the same. */
    kube__view_unref(c->view);
    kube_discovery_snapshot_unref(c->live);
    kube__cached_clear_quick(c);
    kube__id_map_clear(&c->ours);
    kube__id_map_clear(&c->told);
    kube_store_unref(c->store);
    kube_store_unref(c->documents);
    kube_discovery_unref(c->delegate);
    kube__free(c->identity);
    kube__free(c->folder);
    if (c->process == kube__process())
        pthread_mutex_destroy(&c->lock);
    kube__free(c);
}

static bool is_fresh(void *state)
{
    kube__cached *c = state;

    return atomic_load_explicit(&c->fresh, memory_order_relaxed);
}

/* The view stays: a later request is made conditional on it, and what the server then calls unchanged is as new as that
 * answer. */
static void invalidate(void *state)
{
    kube__cached *c = state;
    kube_discovery_snapshot *live;

    if (c->process != kube__process())
        return;
    kube_discovery_invalidate(c->delegate); /* first: who asks it from here on is answered anew */
    pthread_mutex_lock(&c->lock);
    live = c->live;
    c->live = NULL;
    c->invalidated = true;
    c->epoch++;
    kube__id_map_clear(&c->ours);
    c->ours.seed = c->seed;
    atomic_store_explicit(&c->fresh, true, memory_order_relaxed);
    kube__cached_forget_quick(c);
    pthread_mutex_unlock(&c->lock);
    kube_discovery_snapshot_unref(live);
}

static kube_status server_version(void *state, kube_io *io, const kube_call *call, kube_server_version_done *done,
                                  void *user, kube_server_version **out, kube_error **err)
{
    kube__cached *c = state;

    if (c->process != kube__process())
        return kube_error_set(err, KUBE_ERR_FORKED, "the cached client belongs to the parent process");
    return kube_discovery_fetch_server_version(c->delegate, io, call, done, user, out, err);
}

int64_t kube__cached_now(const kube__cached *c)
{
    return c->clock.unix_ms(c->clock.state);
}

/* Strictly after the end it is over; what is dated in the future counts. */
bool kube__cached_in_time(const kube__cached *c, int64_t stored_at_unix_ms)
{
    if (c->ttl_ms < 0)
        return false;
    return stored_at_unix_ms > INT64_MAX - c->ttl_ms || kube__cached_now(c) <= stored_at_unix_ms + c->ttl_ms;
}

bool kube__cached_may_use(kube__cached *c, uint64_t name, bool *ours)
{
    bool may;

    pthread_mutex_lock(&c->lock);
    *ours = kube__id_map_get(&c->ours, name) != KUBE__ID_NONE;
    may = *ours || !c->invalidated;
    pthread_mutex_unlock(&c->lock);
    return may;
}

void kube__cached_used(kube__cached *c, bool ours)
{
    if (!ours && atomic_load_explicit(&c->fresh, memory_order_relaxed))
        atomic_store_explicit(&c->fresh, false, memory_order_relaxed);
}

/* Where memory runs out it is not known for ours: that costs a question, never a wrong answer. Nor is what was
 * answered before an invalidation, however late it is written. */
void kube__cached_wrote(kube__cached_op *op, uint64_t name)
{
    kube__cached *c = op->c;
    uint32_t *slot;

    pthread_mutex_lock(&c->lock);
    slot = c->epoch == op->epoch ? kube__id_map_put(&c->ours, name) : NULL;
    if (slot != NULL)
        *slot = 1;
    pthread_mutex_unlock(&c->lock);
}

/* Under the lock. */
static bool knows_best(const kube__cached_op *op, const kube__view *view)
{
    const kube__cached *c = op->c;

    if (c->epoch != op->epoch)
        return false;
    return c->view == op->view || c->view == NULL || (op->live_is_new && view->answer > c->view->answer);
}

void kube__cached_publish(kube__cached_op *op, kube__view *view)
{
    kube__cached *c = op->c;
    kube__view *old = view;

    pthread_mutex_lock(&c->lock);
    if (op->live_is_new)
        view->answer = op->answer_serial;
    else if (op->view != NULL)
        view->answer = op->view->answer;
    if (knows_best(op, view)) {
        old = c->view;
        c->view = view;
        kube__cached_forget_quick(c);
    }
    pthread_mutex_unlock(&c->lock);
    kube__view_unref(old);
}

void kube__cached_count(kube__cached *c, unsigned hits, unsigned misses, unsigned written)
{
    pthread_mutex_lock(&c->lock);
    c->counted.hits += hits;
    c->counted.misses += misses;
    c->counted.written += written;
    pthread_mutex_unlock(&c->lock);
}

static kube_status copy_config(kube__cached *c, const kube__cached_config *config, kube_error **err)
{
    c->identity = kube__strndup(config->identity);
    c->identity_len = config->identity.len;
    if (config->folder != NULL)
        c->folder = kube__strdup(config->folder);
    if (c->identity == NULL || (config->folder != NULL && c->folder == NULL))
        return kube_error_no_memory(err);
    c->delegate = kube_discovery_ref(config->delegate);
    c->store = kube_store_ref(config->store);
    c->documents = kube_store_ref(config->documents);
    c->ttl_ms = config->ttl_ms != 0 ? config->ttl_ms : KUBE_TTL_DEFAULT_MS;
    c->policy = config->policy != KUBE_FRESHNESS_DEFAULT ? config->policy : KUBE_FRESHNESS_TTL;
    c->clock = config->clock != NULL ? *config->clock : *kube_clock_system();
    c->logger = config->logger;
    return KUBE_OK;
}

static const kube_discovery_ops cached_ops = {
    .struct_size = sizeof cached_ops,
    .destroy = destroy,
    .fetch = kube__cached_fetch,
    .server_version = server_version,
    .silent_when_stale = true,
    .at_hand = kube__cached_at_hand,
    .current = kube__cached_current,
    .fresh = is_fresh,
    .invalidate = invalidate,
};

kube_status kube__cached_new(const kube__cached_config *config, kube_discovery **out, kube_error **err)
{
    kube__cached *c = NULL;
    kube_status st;

    if (KUBE__NEW(c) == NULL)
        return kube_error_no_memory(err);
    c->process = kube__process();
    c->seed = kube__hash_seed();
    c->ours.seed = c->told.seed = c->seed;
    atomic_init(&c->fresh, true);
    kube__cached_init_quick(c);
    pthread_mutex_init(&c->lock, NULL);
    st = copy_config(c, config, err);
    if (st != KUBE_OK) {
        destroy(c);
        return st;
    }
    return kube_discovery_new(&cached_ops, c, &c->clock, out, err);
}

void kube_cached_discovery_read_stats(const kube_discovery *discovery, kube_cached_discovery_stats *out)
{
    kube__cached *c;

    memset(out, 0, sizeof *out);
    if (discovery->ops.fetch != kube__cached_fetch)
        return;
    c = discovery->state;
    if (c->process != kube__process())
        return;
    pthread_mutex_lock(&c->lock);
    *out = c->counted;
    pthread_mutex_unlock(&c->lock);
    out->hits += kube__cached_quick_hits(c);
}
