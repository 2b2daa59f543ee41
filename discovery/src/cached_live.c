/* The delegate's answer: the one that is there, or a new one, for which it is asked by one operation at a time, in this
 * process and, where the store has locks, among all that share it. */
#include "cached.h"

#include "shared/alloc.h"
#include "snapshot.h"

#include <kube/sys/error.h>

enum { LOCK_LEASE_MS = 60 * 1000, WAIT_MS = 5000, LOCK_POLL_MS = 20, MAX_ATTEMPTS = 3 };

static kube__cached_step ask, answered;

/* ---- one group-version again ---- */

bool kube__cached_should_heal(const kube__cached_op *op, const kube_discovery_snapshot *snapshot)
{
    const kube_group_version *v;

    if (op->want != KUBE_DISCOVERY_WANT_GROUP_VERSION || op->live_is_new || op->healed ||
        op->freshness == KUBE_FRESHNESS_ONLY_IF_CACHED)
        return false;
    v = kube_discovery_snapshot_group_version(snapshot, op->group_version);
    if (kube_group_version_state_of(v) == KUBE_GROUP_VERSION_ABSENT)
        return !op->asked_again;
    if (kube_group_version_state_of(v) != KUBE_GROUP_VERSION_FAILED)
        return false;
    switch (kube_error_status(kube_group_version_error(v))) {
    case KUBE_ERR_CANCELLED:
    case KUBE_ERR_TIMEOUT:
    case KUBE_ERR_NOT_FOUND: /* it was listed, and is being installed */
    case KUBE_ERR_UNAVAILABLE:
    case KUBE_ERR_SERVER:
    case KUBE_ERR_TOO_MANY_REQUESTS:
        return true;
    default:
        return false;
    }
}

/* What the delegate now says of a group-version that failed; it may say that there is none. */
static bool take_again(kube_discovery_snapshot_builder *b, size_t i, const char *group_version,
                       const kube_group_version *by)
{
    kube_error *failure = NULL;

    if (kube_group_version_state_of(by) == KUBE_GROUP_VERSION_STALE)
        (void)kube_error_set(&failure, KUBE_ERR_STALE, "stale GroupVersion discovery: %s", group_version);
    else if (kube_group_version_state_of(by) == KUBE_GROUP_VERSION_ABSENT)
        (void)kube_error_set(&failure, KUBE_ERR_NOT_FOUND, "the server has no group-version %s", group_version);
    else
        return kube__builder_copy_version(b, i, by);
    kube__builder_fail_version(b, i, failure);
    return true;
}

kube_status kube__snapshot_replace(const kube_discovery_snapshot *s, const char *group_version,
                                   const kube_discovery_snapshot *other, kube_discovery_snapshot **out,
                                   kube_error **err)
{
    const kube_group_version *replaced = kube_discovery_snapshot_group_version(s, group_version);
    const kube_group_version *by = kube_discovery_snapshot_group_version(other, group_version);
    kube_discovery_snapshot_builder *b = NULL;
    kube_status st = kube_discovery_snapshot_builder_new(0, &b, err);
    bool ok = st == KUBE_OK;

    for (size_t i = 0; ok && i < s->groups.count; i++)
        ok = kube__builder_copy_group(b, &s->group_items[i]);
    for (size_t i = 0; ok && i < s->version_count; i++) {
        if (&s->versions[i] == replaced)
            ok = take_again(b, i, group_version, by);
        else
            ok = kube__builder_copy_version(b, i, &s->versions[i]);
    }
    if (st == KUBE_OK && !ok)
        st = kube__builder_status(b, err);
    if (st == KUBE_OK) {
        b->core_group_count = (uint32_t)s->core_group_count;
        b->legacy_documents = 1;
        b->left_out = s->left_out + other->left_out;
        st = kube_discovery_snapshot_builder_build(b, out, err);
    }
    kube_discovery_snapshot_builder_free(b);
    return st;
}

/* Somebody has invalidated while the delegate was asked: what it said may be older than that. The last attempt answers
 * all the same, but nobody keeps it. */
static bool is_outdated(kube__cached_op *op)
{
    kube__cached *c = op->c;
    bool outdated;

    pthread_mutex_lock(&c->lock);
    outdated = c->epoch != op->epoch && op->attempts < MAX_ATTEMPTS;
    if (outdated)
        op->epoch = c->epoch;
    pthread_mutex_unlock(&c->lock);
    return outdated;
}

/* It is as old as what it was made of, but for that one group-version. What has come meanwhile knows more: then nobody
 * keeps it. */
static void keep_healed(kube__cached_op *op, kube_discovery_snapshot *healed)
{
    kube__cached *c = op->c;
    kube_discovery_snapshot *old = NULL;

    pthread_mutex_lock(&c->lock);
    op->healed_in_time = c->epoch == op->epoch && c->live_serial == op->seen_serial;
    if (op->healed_in_time && c->live == op->live) {
        old = c->live;
        c->live = kube_discovery_snapshot_ref(healed);
    }
    pthread_mutex_unlock(&c->lock);
    kube_discovery_snapshot_unref(old);
}

/* The one that was asked for again takes its place in the answer. */
static kube_status refetched(kube__cached_op *op)
{
    kube_discovery_snapshot *other = op->answer, *healed = NULL;
    kube_status st = op->result;

    op->answer = NULL;
    if (st == KUBE_OK && is_outdated(op)) {
        kube_discovery_snapshot_unref(other);
        return kube__cached_restart(op);
    }
    if (st == KUBE_OK && kube_discovery_snapshot_group_version(op->live, op->group_version) == NULL)
        healed = kube_discovery_snapshot_ref(other); /* its group is not known of: it is answered, and not kept */
    else if (st == KUBE_OK)
        st = kube__snapshot_replace(op->live, op->group_version, other, &healed, &op->err);
    kube_discovery_snapshot_unref(other);
    if (st != KUBE_OK)
        return st;
    if (healed != other)
        keep_healed(op, healed);
    kube_discovery_snapshot_unref(op->live);
    op->live = healed;
    op->healed = true;
    op->step = op->after_live;
    return KUBE_OK;
}

static void on_answer(void *user, kube_status status, kube_discovery_snapshot *snapshot, kube_error *err)
{
    kube__cached_op *op = user;

    op->result = status;
    op->answer = snapshot;
    op->err = err;
    kube__cached_resume(op);
}

static kube_status refetch(kube__cached_op *op)
{
    if (op->io == NULL)
        return KUBE_PENDING;
    kube__cached_give_back(op); /* what comes of it concerns nobody else */
    op->attempts++;
    op->request = (kube_discovery_request){ .struct_size = sizeof op->request,
                                            .group_version = op->group_version,
                                            .want = KUBE_DISCOVERY_WANT_GROUP_VERSION };
    op->step = refetched;
    op->result =
        kube_discovery_fetch(op->c->delegate, op->io, &op->request, &op->call, on_answer, op, &op->answer, &op->err);
    return op->result == KUBE_PENDING ? KUBE_PENDING : KUBE_OK;
}

kube_status kube__cached_heal(kube__cached_op *op)
{
    const kube_group_version *v = kube_discovery_snapshot_group_version(op->live, op->group_version);

    if (kube_group_version_state_of(v) != KUBE_GROUP_VERSION_ABSENT || !op->live->aggregated)
        return refetch(op);
    op->asked_again = op->forced = true; /* nothing has changed, most likely: that is one short answer */
    op->live_serial = op->seen_serial;
    return kube__cached_restart(op);
}

/* ---- everything ---- */

/* The answer that is there, if it will do. */
static bool take_present(kube__cached_op *op)
{
    kube__cached *c = op->c;
    bool any_age = op->freshness == KUBE_FRESHNESS_ONLY_IF_CACHED;

    pthread_mutex_lock(&c->lock);
    if (c->live != NULL &&
        (op->forced ? c->live_serial != op->live_serial : any_age || kube__cached_in_time(c, c->live_at_unix_ms)))
        op->live = kube_discovery_snapshot_ref(c->live);
    else if (any_age && !c->invalidated)
        op->live = kube_discovery_snapshot_ref(op->view->base);
    op->epoch = c->epoch;
    op->seen_serial = c->live_serial;
    op->live_at_unix_ms = c->live_at_unix_ms;
    pthread_mutex_unlock(&c->lock);
    return op->live != NULL;
}

/* What the server is asked about: the answer must have come with validators, else it makes no difference. */
static kube_discovery_snapshot *choose_known(kube__cached_op *op)
{
    kube__cached *c = op->c;
    kube_discovery_snapshot *known = kube_discovery_snapshot_ref(op->view->base);

    if (known == NULL || !known->aggregated || known->left_out != 0) {
        kube_discovery_snapshot_unref(known);
        pthread_mutex_lock(&c->lock);
        known = c->live != NULL && c->live->left_out == 0 ? kube_discovery_snapshot_ref(c->live) : NULL;
        pthread_mutex_unlock(&c->lock);
    }
    return known;
}

static kube_status ask(kube__cached_op *op)
{
    kube_discovery_snapshot_unref(op->known);
    op->known = choose_known(op);
    op->request = (kube_discovery_request){ .struct_size = sizeof op->request,
                                            .want = KUBE_DISCOVERY_WANT_ALL,
                                            .known = op->known };
    op->attempts++;
    op->step = answered;
    op->result =
        kube_discovery_fetch(op->c->delegate, op->io, &op->request, &op->call, on_answer, op, &op->answer, &op->err);
    return op->result == KUBE_PENDING ? KUBE_PENDING : KUBE_OK;
}

static void keep_answer(kube__cached_op *op)
{
    kube__cached *c = op->c;
    kube_discovery_snapshot *old = NULL;

    pthread_mutex_lock(&c->lock);
    if (c->epoch == op->epoch) {
        old = c->live;
        c->live = kube_discovery_snapshot_ref(op->live);
        c->live_at_unix_ms = kube__cached_now(c);
        op->answer_serial = op->seen_serial = ++c->live_serial;
        if (op->want == KUBE_DISCOVERY_WANT_ALL)
            c->whole_serial = op->answer_serial;
    }
    pthread_mutex_unlock(&c->lock);
    kube_discovery_snapshot_unref(old);
}

static kube_status answered(kube__cached_op *op)
{
    kube_status st = op->result;

    op->live = op->answer;
    op->answer = NULL;
    if (st == KUBE_ERR_NOT_MODIFIED && op->known != NULL)
        op->live = kube_discovery_snapshot_ref(op->known);
    else if (st != KUBE_OK && st != KUBE_ERR_PARTIAL)
        return st;
    kube_error_free(op->err); /* what is missing of a partial answer is said by the answer */
    op->err = NULL;
    if (is_outdated(op)) {
        kube_discovery_snapshot_unref(op->live);
        op->live = NULL;
        op->step = ask;
        return KUBE_OK;
    }
    op->live_is_new = true;
    keep_answer(op);
    op->step = op->after_live;
    return KUBE_OK;
}

/* ---- one at a time ---- */

static kube_status wait_for_turn(kube__cached_op *op)
{
    kube__cached *c = op->c;
    kube_status st = kube__cached_start_waiting(op);

    if (st != KUBE_OK)
        return st;
    op->turn_until_ns = kube_io_now_ns(op->io) + WAIT_MS * (int64_t)1000000;
    if (!kube__turn_take(&c->turn, &c->lock, &op->wait)) {
        kube_io_timer_start(op->timer, op->turn_until_ns);
        return KUBE_PENDING;
    }
    kube__cached_stop_waiting(op);
    op->has_turn = true;
    return KUBE_OK;
}

/* Another process asks the server right now: what it writes will be ours to read. */
static kube_status wait_for_lock(kube__cached_op *op)
{
    int64_t now = kube_io_now_ns(op->io);
    kube_status st;

    if (op->lock_until_ns == 0) /* the turn was waited for already */
        op->lock_until_ns = op->turn_until_ns;
    if (now >= op->lock_until_ns) {
        op->without_lock = true;
        return KUBE_OK;
    }
    st = kube__cached_start_waiting(op);
    if (st != KUBE_OK)
        return st;
    op->step = kube__cached_restart;
    kube_io_timer_start(op->timer, now + LOCK_POLL_MS * (int64_t)1000000);
    return KUBE_PENDING;
}

static kube_status locked(kube__cached_op *op)
{
    op->step = kube__cached_get_live;
    if (op->result == KUBE_OK) {
        if (!op->lock_refused)
            return KUBE_OK;
        op->lock_refused = false; /* whoever held it has written something: look again, holding it now */
        return kube__cached_restart(op);
    }
    if (kube__cached_is_over(op, op->result))
        return op->result;
    kube_error_free(op->err);
    op->err = NULL;
    if (op->result == KUBE_ERR_CONFLICT) {
        op->lock_refused = true;
        return wait_for_lock(op);
    }
    op->without_lock = true; /* a store that cannot lock will say so when it is written to */
    return KUBE_OK;
}

static void on_lock(void *user, kube_status status, kube_store_lock *lock, kube_error *err)
{
    kube__cached_op *op = user;

    op->result = status;
    op->lock = lock;
    op->err = err;
    kube__cached_resume(op);
}

static kube_status take_lock(kube__cached_op *op)
{
    op->step = locked;
    op->result = kube_store_begin_lock(op->c->store, op->io, kube__cached_entry_key(op, "lock"), LOCK_LEASE_MS,
                                       &op->call, on_lock, op, &op->lock, &op->err);
    return op->result == KUBE_PENDING ? KUBE_PENDING : KUBE_OK;
}

kube_status kube__cached_get_live(kube__cached_op *op)
{
    op->step = op->after_live;
    if (take_present(op))
        return KUBE_OK;
    if (op->view->base == NULL && !op->synced && !op->needs_entry && op->c->store != NULL) {
        op->needs_entry = true;
        return kube__cached_restart(op);
    }
    if (op->freshness == KUBE_FRESHNESS_ONLY_IF_CACHED)
        return kube_error_set(&op->err, KUBE_ERR_UNAVAILABLE,
                              "nothing is remembered of it, and only what is remembered was asked for");
    if (op->io == NULL)
        return KUBE_PENDING;
    op->step = kube__cached_get_live;
    if (!op->has_turn && !op->without_turn)
        return wait_for_turn(op);
    if (op->lock == NULL && !op->without_lock && op->c->store != NULL)
        return take_lock(op);
    op->step = ask;
    return KUBE_OK;
}
