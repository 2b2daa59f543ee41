/* The life of an operation: its steps, one after the other, until something has to be waited for. */
#include "cached.h"

#include "hash.h"
#include "names.h"
#include "shared/alloc.h"
#include "shared/process.h"

#include <kube/sys/error.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SLICE_MS = 5 };

/* What was found is forgotten; what is held (turn, lock, the delegate's answer) stays. */
static void forget(kube__cached_op *op)
{
    kube__view_unref(op->view);
    kube_discovery_snapshot_unref(op->groups);
    kube_discovery_snapshot_unref(op->answer);
    kube_discovery_snapshot_builder_free(op->builder);
    kube__free(op->sources);
    kube__free(op->generations);
    kube_store_entry_clear(&op->read);
    op->view = NULL;
    op->groups = op->answer = NULL;
    op->builder = NULL;
    op->sources = NULL;
    op->generations = NULL;
    op->next = 0;
    op->groups_source = KUBE__SOURCE_MISS;
}

kube_status kube__cached_out_of_memory(kube__cached_op *op)
{
    kube_error_free(op->err);
    op->err = NULL;
    return kube_error_no_memory(&op->err);
}

kube_status kube__cached_answer(kube__cached_op *op, kube_discovery_snapshot *snapshot)
{
    kube_discovery_snapshot_ref(snapshot);
    kube_discovery_snapshot_unref(op->answer);
    op->answer = snapshot;
    return KUBE_OK;
}

/* ---- waiting ---- */

static void on_guard(void *user, kube_status why)
{
    kube__cached_op *op = user;
    kube__cached *c = op->c;

    kube__cached_stop_waiting(op);
    if (kube__turn_leave(&c->turn, &c->lock, &op->wait))
        op->has_turn = true; /* to be given on */
    kube_error_free(op->err);
    op->err = NULL;
    op->outcome = kube_error_set(&op->err, why, "%s",
                                 why == KUBE_ERR_TIMEOUT ? "the cached discovery did not end before the deadline"
                                                         : "the cached discovery was cancelled");
    op->step = kube__cached_end;
    kube__cached_resume(op);
}

kube_status kube__cached_start_waiting(kube__cached_op *op)
{
    return kube_io_guard_new(op->io, &op->call, on_guard, op, &op->guard, &op->err);
}

void kube__cached_stop_waiting(kube__cached_op *op)
{
    kube_io_guard_free(op->guard);
    op->guard = NULL;
}

/* Who has the turn may be on a loop that nobody steps, and be waited for by the very thread that should. It is asked
 * without the turn then, and without the lock, which that one holds. true: that has begun. */
static bool give_up_turn(kube__cached_op *op)
{
    kube__cached *c = op->c;

    if (kube_io_now_ns(op->io) < op->turn_until_ns)
        return false;
    if (kube__turn_leave(&c->turn, &c->lock, &op->wait))
        op->has_turn = true;
    else
        op->without_turn = op->without_lock = true;
    (void)kube__cached_restart(op);
    return true;
}

/* The turn, the timer of the turn or the lock, or the next slice. What waits has a guard; without one it was the second
 * of two of them that came together. */
static void on_task(void *user)
{
    kube__cached_op *op = user;
    kube__cached *c = op->c;

    if (op->guard == NULL)
        return;
    switch (kube__turn_outcome(&c->lock, &op->wait, &op->outcome, &op->err)) {
    case KUBE__TURN_WAITING:
        if (!give_up_turn(op))
            return;
        break;
    case KUBE__TURN_GRANTED:
        op->has_turn = true;
        (void)kube__cached_restart(op);
        break;
    case KUBE__TURN_FAILED:
        op->step = kube__cached_end;
        break;
    default:
        break;
    }
    kube_io_timer_stop(op->timer);
    kube__cached_stop_waiting(op);
    kube__cached_resume(op);
}

kube_status kube__cached_breathe(kube__cached_op *op)
{
    bool is_new = op->slice_is_new;
    kube_status st;

    op->slice_is_new = false; /* each gets on by one piece of work, however late it is */
    if (op->io == NULL || is_new || kube_io_now_ns(op->io) < op->slice_until_ns)
        return KUBE_OK;
    st = kube__cached_start_waiting(op);
    if (st == KUBE_OK) {
        kube_io_task_post(op->task);
        return KUBE_PENDING;
    }
    if (st != KUBE_ERR_OUT_OF_MEMORY)
        return st;            /* it was cancelled, or its time is over */
    kube_error_free(op->err); /* then without a pause */
    op->err = NULL;
    return KUBE_OK;
}

/* A loop that ends takes no guards. */
static bool loop_is_ending(const kube__cached_op *op)
{
    kube_io_guard *guard = NULL;
    kube_status st = op->io != NULL ? kube_io_guard_new(op->io, NULL, on_guard, NULL, &guard, NULL) : KUBE_OK;

    kube_io_guard_free(guard);
    return st == KUBE_ERR_CANCELLED;
}

bool kube__cached_is_over(const kube__cached_op *op, kube_status status)
{
    switch (status) {
    case KUBE_ERR_OUT_OF_MEMORY:
        return true;
    case KUBE_ERR_CANCELLED:
        return kube_cancel_is_fired(op->call.cancel) || loop_is_ending(op);
    case KUBE_ERR_TIMEOUT:
        return op->io != NULL && op->call.deadline_ns != 0 && kube_io_now_ns(op->io) >= op->call.deadline_ns;
    default:
        return false;
    }
}

/* ---- complaints ---- */

static uint64_t hash_of(const kube__cached_op *op, const kube_error *err)
{
    const char *text = kube_error_message(err);

    return kube__hash(op->c->seed, text, strlen(text));
}

/* An operation that looks again meets the same fault again. */
void kube__cached_complain(kube__cached_op *op, kube_error *err)
{
    uint64_t hash = hash_of(op, err);

    for (unsigned i = 0; i < op->complaints && i < KUBE__COMPLAINTS; i++) {
        if (op->complained[i] == hash) {
            kube_error_free(err);
            return;
        }
    }
    if (op->complaints < KUBE__COMPLAINTS)
        op->complained[op->complaints] = hash;
    if (op->complaints++ == 0)
        op->complaint = err;
    else
        kube_error_free(err);
}

/* Each once, until something was written without any: a full disk is not news with each question. Under the lock. */
static bool note_complaint(kube__cached *c, uint64_t hash)
{
    bool news = kube__id_map_get(&c->told, hash) == KUBE__ID_NONE;
    uint32_t *slot = news ? kube__id_map_put(&c->told, hash) : NULL;

    if (slot != NULL)
        *slot = 1;
    return news;
}

static bool is_news(const kube__cached_op *op)
{
    enum { TOLD_MAX = 256 };
    kube__cached *c = op->c;
    bool news = false;

    pthread_mutex_lock(&c->lock);
    if ((op->complaints == 0 && op->written != 0) || c->told.count > TOLD_MAX) {
        kube__id_map_clear(&c->told);
        c->told.seed = c->seed;
    }
    for (unsigned i = 0; i < op->complaints && i < KUBE__COMPLAINTS; i++)
        news = note_complaint(c, op->complained[i]) || news;
    pthread_mutex_unlock(&c->lock);
    return news;
}

static void tell_complaints(kube__cached_op *op)
{
    const char *text = kube_error_message(op->complaint);
    bool news = is_news(op);

    if (news && op->complaints == 1)
        kube_log(&op->c->logger, KUBE_LOG_WARNING, "discovery cache: %s", text);
    else if (news)
        kube_log(&op->c->logger, KUBE_LOG_WARNING, "discovery cache: %s (and %u more)", text, op->complaints - 1);
}

kube_status kube__cached_restart(kube__cached_op *op)
{
    forget(op);
    kube_discovery_snapshot_unref(op->live);
    op->live = NULL;
    op->live_is_new = op->healed = op->healed_in_time = op->entry_is_old = op->synced = false;
    op->step = kube__cached_begin;
    return KUBE_OK;
}

/* ---- the end ---- */

static bool is_own_matter(kube_status status)
{
    return status == KUBE_ERR_CANCELLED || status == KUBE_ERR_TIMEOUT || status == KUBE_ERR_FORKED;
}

void kube__cached_give_back(kube__cached_op *op)
{
    kube__cached *c = op->c;

    kube_store_unlock(c->store, op->lock);
    op->lock = NULL;
    if (op->has_turn)
        kube__turn_give(&c->turn, &c->lock);
    op->has_turn = false;
}

/* Who waited for this one's answer is told of its failure, unless that is nobody else's. */
static void share_failure(kube__cached_op *op, kube_status status)
{
    if (!op->has_turn || status == KUBE_OK || op->answer != NULL || is_own_matter(status))
        return;
    kube__turn_fail(&op->c->turn, &op->c->lock, status, op->err);
    op->has_turn = false;
}

static void clear(kube__cached_op *op)
{
    forget(op);
    kube_discovery_snapshot_unref(op->live);
    kube_discovery_snapshot_unref(op->known);
    kube__cached_stop_waiting(op);
    kube_io_timer_free(op->timer);
    kube_io_task_free(op->task);
    kube_cancel_unref(op->call.cancel);
    kube_buf_clear(&op->document);
    kube_error_free(op->complaint);
    kube__free(op->split);
    kube__free(op->bytes);
}

/* What the answer says of the group-version that was asked for. */
static kube_status check_version(kube__cached_op *op)
{
    const kube_group_version *v = kube_discovery_snapshot_group_version(op->answer, op->group_version);

    switch (kube_group_version_state_of(v)) {
    case KUBE_GROUP_VERSION_LOADED:
        return KUBE_OK;
    case KUBE_GROUP_VERSION_STALE:
        return kube_error_set(&op->err, KUBE_ERR_STALE, "stale GroupVersion discovery: %s", op->group_version);
    case KUBE_GROUP_VERSION_FAILED:
        op->err = kube_error_copy(kube_group_version_error(v));
        return kube_error_status(op->err);
    default:
        return kube_error_set(&op->err, KUBE_ERR_NOT_FOUND, "the server has no group-version %s", op->group_version);
    }
}

/* KUBE_OK and KUBE_ERR_PARTIAL leave the answer in the operation. */
static kube_status conclude(kube__cached_op *op)
{
    kube_status st = op->outcome;

    if (st == KUBE_OK && op->want == KUBE_DISCOVERY_WANT_GROUP_VERSION)
        st = check_version(op);
    else if (st == KUBE_OK && op->want == KUBE_DISCOVERY_WANT_ALL)
        st = kube_discovery_snapshot_failures(op->answer, &op->err);
    share_failure(op, st);
    kube__cached_give_back(op);
    tell_complaints(op);
    kube__cached_count(op->c, op->outcome == KUBE_OK && op->attempts == 0, op->attempts != 0, op->written);
    return st;
}

kube_status kube__cached_end(kube__cached_op *op)
{
    op->step = NULL;
    return KUBE_OK;
}

/* A failed step is the end. false: something is waited for. */
static bool run(kube__cached_op *op)
{
    op->slice_is_new = true;
    if (op->io != NULL)
        op->slice_until_ns = kube_io_now_ns(op->io) + SLICE_MS * (int64_t)1000000;
    while (op->step != NULL) {
        kube_status st = op->step(op);

        if (st == KUBE_PENDING)
            return false;
        if (st != KUBE_OK) {
            op->outcome = st;
            op->step = NULL;
        }
    }
    return true;
}

void kube__cached_resume(kube__cached_op *op)
{
    kube_discovery_fetch_done *done = op->done;
    void *user = op->user;
    kube_discovery_snapshot *answer = NULL;
    kube_error *err;
    kube_status st;

    if (!run(op))
        return;
    st = conclude(op);
    if (st == KUBE_OK || st == KUBE_ERR_PARTIAL) {
        answer = op->answer;
        op->answer = NULL;
    }
    err = op->err;
    clear(op);
    kube__free(op);
    done(user, st, answer, err);
}

/* ---- the beginning ---- */

static kube_status split_version(kube__cached_op *op)
{
    kube_str group, version;
    kube_status st = kube__group_version_parse(op->group_version, &group, &version, &op->err);

    if (st != KUBE_OK)
        return st;
    op->split = kube__malloc(group.len + version.len + 2);
    if (op->split == NULL)
        return kube__cached_out_of_memory(op);
    if (group.len != 0)
        memcpy(op->split, group.data, group.len);
    op->split[group.len] = '\0';
    memcpy(op->split + group.len + 1, version.data, version.len);
    op->split[group.len + 1 + version.len] = '\0';
    return KUBE_OK;
}

static kube_status set_up(kube__cached_op *op, kube__cached *c, const kube_discovery_request *request)
{
    op->c = c;
    op->want = request->want;
    op->group_version = request->group_version;
    op->freshness = request->freshness != KUBE_FRESHNESS_DEFAULT ? request->freshness : c->policy;
    op->forced = op->freshness == KUBE_FRESHNESS_REVALIDATE;
    op->step = kube__cached_begin;
    kube_buf_init(&op->document, 64u << 20);
    pthread_mutex_lock(&c->lock);
    op->live_serial = c->live_serial;
    pthread_mutex_unlock(&c->lock);
    return op->want == KUBE_DISCOVERY_WANT_GROUP_VERSION ? split_version(op) : KUBE_OK;
}

kube_status kube__cached_at_hand(void *state, const kube_discovery_request *request, kube_discovery_snapshot **out,
                                 kube_error **err)
{
    kube__cached_op op = { .io = NULL };
    kube__cached *c = state;
    kube_status st;

    if (c->process != kube__process())
        return kube_error_set(err, KUBE_ERR_FORKED, "the cached client belongs to the parent process");
    st = set_up(&op, c, request);
    if (st == KUBE_OK)
        st = run(&op) ? conclude(&op) : KUBE_PENDING;
    if (st == KUBE_PENDING)
        tell_complaints(&op);
    if (st == KUBE_OK || st == KUBE_ERR_PARTIAL) {
        *out = op.answer;
        op.answer = NULL;
    }
    if (err != NULL && st != KUBE_OK && st != KUBE_PENDING)
        *err = op.err;
    else
        kube_error_free(op.err);
    clear(&op);
    return st;
}

static kube_status make(kube__cached *c, kube_io *io, const kube_discovery_request *request, const kube_call *call,
                        kube__cached_op **out, kube_error **err)
{
    kube__cached_op *op = NULL;
    kube_status st;

    if (KUBE__NEW(op) == NULL)
        return kube_error_no_memory(err);
    op->io = io;
    op->call.deadline_ns = call->deadline_ns;
    op->call.cancel = kube_cancel_ref(call->cancel);
    st = set_up(op, c, request);
    if (st == KUBE_OK)
        st = kube_io_task_new(io, on_task, op, &op->task, &op->err);
    if (st == KUBE_OK)
        st = kube_io_timer_new(io, on_task, op, &op->timer, &op->err);
    op->wait.task = op->task;
    if (st != KUBE_OK) {
        if (err != NULL)
            *err = op->err;
        else
            kube_error_free(op->err);
        clear(op);
        kube__free(op);
        return st;
    }
    *out = op;
    return KUBE_OK;
}

kube_status kube__cached_fetch(void *state, kube_io *io, const kube_discovery_request *request, const kube_call *call,
                               kube_discovery_fetch_done *done, void *user, kube_discovery_snapshot **out,
                               kube_error **err)
{
    kube__cached *c = state;
    kube__cached_op *op = NULL;
    kube_status st;

    if (c->process != kube__process())
        return kube_error_set(err, KUBE_ERR_FORKED, "the cached client belongs to the parent process");
    st = make(c, io, request, call, &op, err);
    if (st != KUBE_OK)
        return st;
    op->done = done;
    op->user = user;
    if (!run(op))
        return KUBE_PENDING;
    st = conclude(op);
    if (st == KUBE_OK || st == KUBE_ERR_PARTIAL) {
        *out = op->answer;
        op->answer = NULL;
    }
    if (err != NULL && st != KUBE_OK)
        *err = op->err;
    else
        kube_error_free(op->err);
    clear(op);
    kube__free(op);
    return st;
}
