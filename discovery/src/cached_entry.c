/* libkube's own entry: the whole snapshot. Read when it is not what the view was read from, and, where there are no
 * documents, judged as one. */
#include "cached.h"

#include "shared/alloc.h"
#include "snapshot.h"
#include "snapshot_wire.h"

#include <kube/sys/error.h>

const kube_store_key *kube__cached_entry_key(kube__cached_op *op, const char *name)
{
    size_t count = 0;

    if (op->c->folder != NULL)
        op->entry_segments[count++] = op->c->folder;
    op->entry_segments[count++] = name;
    op->entry_key = (kube_store_key){ .segments = op->entry_segments, .count = count };
    return &op->entry_key;
}

static kube_status plan(kube__cached_op *op)
{
    if (op->c->documents == NULL)
        op->step = kube__cached_plan_entry;
    else
        op->step = op->want == KUBE_DISCOVERY_WANT_ALL ? kube__cached_plan_all : kube__cached_plan_one;
    return KUBE_OK;
}

static void see(kube__cached_op *op, kube__view *view)
{
    kube__cached_publish(op, kube__view_ref(view));
    kube__view_unref(op->view);
    op->view = view;
}

/* A view of nothing, so that there always is one. */
static kube_status see_nothing(kube__cached_op *op, const kube_store_info *entry)
{
    kube__view *view = NULL;
    kube_status st = kube__view_new(NULL, NULL, entry, &view, &op->err);

    if (st != KUBE_OK)
        return st;
    see(op, view);
    return KUBE_OK;
}

static void complain(kube__cached_op *op)
{
    kube__cached_complain(op, op->err);
    op->err = NULL;
}

static kube_status see_entry(kube__cached_op *op)
{
    const kube__cached *c = op->c;
    kube_discovery_snapshot *base = NULL;
    uint64_t *generations = NULL;
    kube__view *view = NULL;
    kube_status st = kube__snapshot_decode(kube_blob_str(op->read.bytes), kube_str_n(c->identity, c->identity_len),
                                           &base, &generations, &op->err);

    if (st == KUBE_ERR_OUT_OF_MEMORY)
        return st;
    if (st == KUBE_ERR_NOT_FOUND) { /* two servers whose folders have one name */
        kube_error_free(op->err);
        op->err = NULL;
    } else if (st != KUBE_OK) {
        complain(op);
    }
    if (st != KUBE_OK)
        return see_nothing(op, &op->read.info);
    st = kube__view_new(base, generations, &op->read.info, &view, &op->err);
    if (st == KUBE_OK)
        see(op, view);
    return st;
}

static kube_status synced(kube__cached_op *op)
{
    kube_status st = op->result;

    if (kube__cached_is_over(op, st))
        return st;
    if (st == KUBE_OK) {
        op->entry = op->read.info;
        st = see_entry(op);
    } else {
        op->entry = (kube_store_info){ .generation = 0 };
        if (st != KUBE_ERR_NOT_FOUND)
            complain(op);
        kube_error_free(op->err);
        op->err = NULL;
        st = op->view == NULL ? see_nothing(op, NULL) : KUBE_OK;
    }
    kube_store_entry_clear(&op->read);
    return st == KUBE_OK ? plan(op) : st;
}

static void on_entry(void *user, kube_status status, const kube_store_entry *entry, kube_error *err)
{
    kube__cached_op *op = user;

    if (status == KUBE_OK)
        op->read = *entry;
    op->err = err;
    op->result = status;
    kube__cached_resume(op);
}

static kube_status sync(kube__cached_op *op)
{
    kube_store *store = op->c->store;

    if (op->io == NULL && !kube_store_is_local(store))
        return KUBE_PENDING;
    op->synced = true;
    op->step = synced;
    op->result = kube_store_begin_get(store, op->io, kube__cached_entry_key(op, "snapshot"), &op->call, on_entry, op,
                                      &op->read, &op->err);
    return op->result == KUBE_PENDING ? KUBE_PENDING : KUBE_OK;
}

/* Whether the entry is another one than the view was read from, as far as that can be told at once. */
static bool is_other(kube__cached_op *op)
{
    kube_status st = kube_store_peek(op->c->store, kube__cached_entry_key(op, "snapshot"), &op->entry);

    if (st == KUBE_ERR_UNSUPPORTED) {
        op->entry = op->view->entry;
        return false;
    }
    if (st != KUBE_OK)
        op->entry = (kube_store_info){ .generation = 0 };
    return st != KUBE_ERR_NOT_FOUND && op->entry.generation != op->view->entry.generation;
}

/* One document is read faster by itself than the entry is, which says what all of them say. After a few of them the
 * entry is worth it. */
static bool can_do_without(const kube__cached_op *op)
{
    enum { FEW = 4 };

    return op->c->documents != NULL && op->want != KUBE_DISCOVERY_WANT_ALL && !op->forced && !op->needs_entry &&
           (op->view == NULL || (op->view->base == NULL && op->view->part_count < FEW));
}

kube_status kube__cached_begin(kube__cached_op *op)
{
    kube__cached *c = op->c;

    pthread_mutex_lock(&c->lock);
    op->view = kube__view_ref(c->view);
    op->epoch = c->epoch;
    op->seen_serial = c->live_serial;
    pthread_mutex_unlock(&c->lock);
    op->has_changes = c->store != NULL && kube_store_changes(c->store, &op->changes) == KUBE_OK;
    if (c->store != NULL && !can_do_without(op) && (op->view == NULL || is_other(op)))
        return sync(op);
    if (op->view == NULL) {
        kube_status st = see_nothing(op, NULL);

        if (st != KUBE_OK)
            return st;
    }
    if (c->store == NULL)
        op->entry = op->view->entry;
    return plan(op);
}

/* ---- without documents ---- */

static bool is_usable(kube__cached_op *op)
{
    bool ours = false;

    if (op->forced || op->view->base == NULL || op->entry.generation == 0 ||
        !kube__cached_may_use(op->c, KUBE__ENTRY_NAME, &ours))
        return false;
    if (op->freshness != KUBE_FRESHNESS_ONLY_IF_CACHED && !kube__cached_in_time(op->c, op->entry.stored_at_unix_ms))
        return false;
    kube__cached_used(op->c, ours);
    return true;
}

static kube_status answer_from_live(kube__cached_op *op)
{
    if (kube__cached_should_heal(op, op->live))
        return kube__cached_heal(op);
    op->entry_is_old = op->live_is_new;
    op->step = op->live_is_new || op->healed_in_time ? kube__cached_write_entry : kube__cached_end;
    return kube__cached_answer(op, op->live);
}

/* What failed for a passing reason is asked for again, and if it comes it is remembered for as long as the rest. */
static kube_status heal(kube__cached_op *op)
{
    op->live = kube_discovery_snapshot_ref(op->view->base);
    op->after_live = answer_from_live;
    return kube__cached_heal(op);
}

kube_status kube__cached_plan_entry(kube__cached_op *op)
{
    bool usable = is_usable(op);

    if (usable && kube__cached_should_heal(op, op->view->base))
        return heal(op);
    if (usable) {
        op->step = kube__cached_end;
        (void)kube__cached_answer(op, op->view->base);
        kube__cached_set_quick(op);
        return KUBE_OK;
    }
    if (!op->synced && op->c->store != NULL && !op->forced && !kube_store_is_local(op->c->store))
        return sync(op); /* a store that cannot be peeked into may have a newer one */
    op->after_live = answer_from_live;
    op->step = kube__cached_get_live;
    return KUBE_OK;
}
