/* One document: the list of groups, or the resources of one group-version. */
#include "cached.h"

#include "shared/alloc.h"
#include "snapshot.h"

#include <kube/sys/error.h>

#include <string.h>

static bool wants_groups(const kube__cached_op *op)
{
    return op->want == KUBE_DISCOVERY_WANT_GROUPS;
}

/* The place of a group-version among the documents of a snapshot; 0 when it is not there. */
static size_t document_of(const kube_discovery_snapshot *s, const char *group_version)
{
    const kube_group_version *v = NULL;

    if (s != NULL && group_version != NULL)
        v = kube_discovery_snapshot_group_version(s, group_version);
    return v != NULL ? (size_t)(v - s->versions) + 1 : 0;
}

static void name_document(kube__cached_op *op)
{
    if (wants_groups(op))
        kube__document_name_of_groups(&op->name);
    else
        kube__document_name_of_version(&op->name, op->c, op->group_version, op->split,
                                       op->split + strlen(op->split) + 1);
}

/* What has no document because it has no resources, or a name no folder should have, goes with the list of groups. */
static bool goes_with_groups(const kube__cached_op *op, size_t document)
{
    return !wants_groups(op) && document != 0 &&
           op->view->base->versions[document - 1].state == KUBE_GROUP_VERSION_LOADED &&
           (op->view->base->versions[document - 1].list.count == 0 || !op->name.storable);
}

/* ---- from the delegate's answer ---- */

static bool is_worth_writing(const kube__cached_op *op, size_t document)
{
    const kube_discovery_snapshot *s = op->live;

    if (s->left_out != 0 || op->freshness == KUBE_FRESHNESS_ONLY_IF_CACHED)
        return false;
    if (wants_groups(op))
        return s->groups.count != 0;
    return document != 0 && s->versions[document - 1].state == KUBE_GROUP_VERSION_LOADED &&
           s->versions[document - 1].list.count != 0 && s->versions[document - 1].storable;
}

static kube_status one_from_live(kube__cached_op *op)
{
    size_t document = wants_groups(op) ? 0 : document_of(op->live, op->group_version);
    kube_status st;

    if (!wants_groups(op) && kube__cached_should_heal(op, op->live))
        return kube__cached_heal(op);
    op->entry_is_old = op->live_is_new;
    st = kube__cached_reserve(op, op->live->version_count);
    if (st != KUBE_OK)
        return st;
    if (op->entry_is_old && op->live == op->view->base)
        memcpy(op->generations, op->view->generations, (op->live->version_count + 1) * sizeof *op->generations);
    if (is_worth_writing(op, document))
        op->sources[document] = KUBE__SOURCE_LIVE;
    else if (op->live == op->view->base)
        op->entry_is_old = false; /* nothing has changed, and nothing is written */
    op->step = op->healed && !op->healed_in_time ? kube__cached_end : kube__cached_write;
    return kube__cached_answer(op, op->live);
}

static kube_status need_live(kube__cached_op *op)
{
    op->after_live = one_from_live;
    op->step = kube__cached_get_live;
    return KUBE_OK;
}

/* ---- from the document ---- */

static kube_status decode_document(kube__cached_op *op, kube_discovery_snapshot **out)
{
    kube_str bytes = kube_blob_str(op->read.bytes);
    kube_discovery_snapshot_builder *b = NULL;
    kube_status st = kube_discovery_snapshot_builder_new(op->read.info.stored_at_unix_ms, &b, &op->err);

    if (st == KUBE_OK && wants_groups(op))
        st = kube_discovery_snapshot_builder_add_groups(b, KUBE_DISCOVERY_DOCUMENT_GROUP_LIST, bytes,
                                                        "servergroups.json", &op->err);
    else if (st == KUBE_OK)
        st = kube_discovery_snapshot_builder_add_resources(b, op->group_version, bytes, &op->err);
    if (st == KUBE_OK && (wants_groups(op) ? b->group_count : b->resource_count) == 0)
        st = kube_error_set(&op->err, KUBE_ERR_PARSE, "it is empty");
    if (st == KUBE_OK)
        st = kube_discovery_snapshot_builder_build(b, out, &op->err);
    kube_discovery_snapshot_builder_free(b);
    return st;
}

static kube_status keep_part(kube__cached_op *op, kube_discovery_snapshot *snapshot, uint64_t generation)
{
    kube__part part = { .name = op->name.hash, .generation = generation, .snapshot = snapshot };
    kube__view *view = NULL;
    kube_status st = kube__view_with_part(op->view, &part, &view, &op->err);

    if (st == KUBE_OK)
        kube__cached_publish(op, view);
    return st;
}

/* The place of the document that is looked at; 0 also for a group-version that the base does not have. */
static size_t place_of(const kube__cached_op *op)
{
    return op->name.hash == 0 ? 0 : document_of(op->view->base, op->group_version);
}

/* What the base says of it, if anything. */
static uint64_t known_generation(const kube__cached_op *op)
{
    size_t document = place_of(op);

    return document != 0 || op->name.hash == 0 ? kube__cached_base_generation(op, document) : 0;
}

/* Whether it is the document that was asked for, and not the list of groups in its place. */
static bool is_the_one(const kube__cached_op *op)
{
    return wants_groups(op) || op->name.hash != 0;
}

static kube_status use_document(kube__cached_op *op)
{
    kube_discovery_snapshot *snapshot = NULL;
    kube_status st = decode_document(op, &snapshot);

    if (st == KUBE_ERR_PARSE || st == KUBE_ERR_LIMIT) {
        (void)kube_error_wrap(&op->err, st, "%s", wants_groups(op) ? "servergroups.json" : op->group_version);
        kube__cached_complain(op, op->err);
        op->err = NULL;
        return need_live(op);
    }
    if (st == KUBE_OK)
        st = keep_part(op, snapshot, op->read.info.generation);
    if (st == KUBE_OK)
        st = kube__cached_answer(op, snapshot);
    kube_discovery_snapshot_unref(snapshot);
    op->step = kube__cached_end;
    return st;
}

static kube_status one_from_document(kube__cached_op *op)
{
    kube_status st = kube__cached_judge_read(op);

    if (st != KUBE_OK && st != KUBE_ERR_NOT_FOUND)
        return st;
    if (st == KUBE_OK && op->read.info.generation == known_generation(op)) {
        op->step = kube__cached_end;
        return kube__cached_answer(op, op->view->base);
    }
    return st == KUBE_OK && is_the_one(op) ? use_document(op) : need_live(op);
}

kube_status kube__cached_plan_one(kube__cached_op *op)
{
    const kube__view *view = op->view;

    name_document(op);
    if (goes_with_groups(op, document_of(view->base, op->group_version)))
        kube__document_name_of_groups(&op->name);
    op->step = kube__cached_end;
    switch (kube__cached_classify(op, known_generation(op), false)) {
    case KUBE__SOURCE_BASE:
        return kube__cached_answer(op, view->base);
    case KUBE__SOURCE_PART:
        if (is_the_one(op))
            return kube__cached_answer(op, kube__view_part(view, op->name.hash)->snapshot);
        break;
    case KUBE__SOURCE_READ:
    case KUBE__SOURCE_UNKNOWN:
        return kube__cached_read(op, one_from_document);
    default:
        break;
    }
    return need_live(op);
}
