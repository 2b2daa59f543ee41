/* Everything: the list of groups decides which documents there should be, and each is judged by itself. When all that
 * counts says what one snapshot says, that snapshot is the answer; else one is composed. */
#include "cached.h"

#include "shared/alloc.h"
#include "snapshot.h"

#include <kube/sys/error.h>

#include <string.h>

static kube__cached_step classify_versions, compose, judge_unknown, judge_version;

static size_t version_count(const kube__cached_op *op)
{
    return op->groups != NULL ? op->groups->version_count : op->builder->version_count;
}

/* The names of the group-version whose document is looked at. */
static void name_version(kube__cached_op *op, size_t i)
{
    if (op->groups != NULL) {
        const kube_group_version *v = &op->groups->versions[i];

        kube__document_name_of_version(&op->name, op->c, v->key, v->group, v->version);
    } else {
        const kube__intern *in = &op->builder->in;
        const kube__group_version_record *v = &op->builder->versions[i];

        kube__document_name_of_version(&op->name, op->c, kube__intern_get(in, v->key), kube__intern_get(in, v->group),
                                       kube__intern_get(in, v->version));
    }
}

static const char *key_of(const kube__cached_op *op, size_t i)
{
    if (op->groups != NULL)
        return op->groups->versions[i].key;
    return kube__intern_get(&op->builder->in, op->builder->versions[i].key);
}

static bool is_stale(const kube__cached_op *op, size_t i)
{
    return op->groups != NULL ? op->groups->versions[i].state == KUBE_GROUP_VERSION_STALE
                              : op->builder->versions[i].state == KUBE_GROUP_VERSION_STALE;
}

static const kube_group_version *find(const kube_discovery_snapshot *s, const char *key)
{
    return s != NULL ? kube_discovery_snapshot_group_version(s, key) : NULL;
}

/* ---- writing what the delegate's answer was used for ---- */

static kube_status all_done(kube__cached_op *op)
{
    op->step = kube__cached_write;
    return KUBE_OK;
}

/* ---- one snapshot says it all ---- */

static bool is_uniform(const kube__cached_op *op)
{
    const kube_discovery_snapshot *s = op->groups;
    bool is_base = s != NULL && s == op->view->base, is_live = s != NULL && s == op->live;

    if (!is_base && !is_live)
        return false;
    for (size_t i = 0; i < s->version_count; i++) {
        kube__source source = (kube__source)op->sources[i + 1];

        if (!is_stale(op, i) && !(source == KUBE__SOURCE_BASE && is_base) && !(source == KUBE__SOURCE_LIVE && is_live))
            return false;
    }
    return true;
}

static kube_status answer_whole(kube__cached_op *op)
{
    const kube__view *view = op->view;
    size_t count = op->groups->version_count + 1;
    bool anything_new = false;

    for (size_t i = 0; i < count; i++) {
        if (op->sources[i] == KUBE__SOURCE_BASE)
            op->generations[i] = view->generations[i];
        anything_new = anything_new || op->sources[i] == KUBE__SOURCE_LIVE;
    }
    op->entry_is_old = anything_new;
    op->step = anything_new ? all_done : kube__cached_end;
    return kube__cached_answer(op, op->groups);
}

/* ---- composing ---- */

static kube_status fail_version(kube__cached_op *op, size_t i, kube_status status)
{
    kube_error *failure = NULL;

    if (status == KUBE_ERR_STALE)
        (void)kube_error_set(&failure, status, "stale GroupVersion discovery: %s", key_of(op, i));
    else
        (void)kube_error_set(&failure, status, "not found");
    kube__builder_fail_version(op->builder, i, failure);
    return KUBE_OK;
}

static kube_status copy_version(kube__cached_op *op, size_t i, const kube_group_version *from)
{
    if (from == NULL || from->state == KUBE_GROUP_VERSION_ABSENT)
        return fail_version(op, i, KUBE_ERR_NOT_FOUND);
    if (from->state == KUBE_GROUP_VERSION_STALE)
        return fail_version(op, i, KUBE_ERR_STALE);
    if (kube__builder_copy_version(op->builder, i, from))
        return KUBE_OK;
    return kube__builder_status(op->builder, &op->err);
}

static kube_status need_live(kube__cached_op *op, kube__cached_step *then)
{
    op->after_live = then;
    op->step = kube__cached_get_live;
    return KUBE_OK;
}

static kube_status load_version(kube__cached_op *op, size_t i)
{
    const char *key = key_of(op, i);

    switch ((kube__source)op->sources[i + 1]) {
    case KUBE__SOURCE_BASE: {
        const kube_group_version *v = find(op->view->base, key);

        op->generations[i + 1] = op->view->generations[v - op->view->base->versions + 1];
        return copy_version(op, i, v);
    }
    case KUBE__SOURCE_PART: {
        const kube__part *part = NULL;

        name_version(op, i);
        part = kube__view_part(op->view, op->name.hash);
        op->generations[i + 1] = part->generation;
        return copy_version(op, i, find(part->snapshot, key));
    }
    case KUBE__SOURCE_READ:
        if (!op->out_of_reach) {
            name_version(op, i);
            return kube__cached_read(op, judge_version);
        }
        op->sources[i + 1] = KUBE__SOURCE_LIVE;
        /* fall through */
    default:
        return op->live != NULL ? copy_version(op, i, find(op->live, key)) : need_live(op, compose);
    }
}

/* The document has been read. When it makes no sense the delegate's answer takes its place. */
static kube_status judge_version(kube__cached_op *op)
{
    size_t i = op->next;
    kube_status st = kube__cached_judge_read(op);

    op->step = compose;
    if (st == KUBE_OK) {
        st = kube__builder_load_version(op->builder, i, kube_blob_str(op->read.bytes), &op->err);
        if (st == KUBE_OK && op->builder->versions[i].resource_count == 0)
            st = kube_error_set(&op->err, KUBE_ERR_PARSE, "it is empty");
        if (st == KUBE_ERR_PARSE || st == KUBE_ERR_LIMIT) {
            (void)kube_error_wrap(&op->err, st, "%s", key_of(op, i));
            kube__cached_complain(op, op->err);
            op->err = NULL;
            st = KUBE_ERR_NOT_FOUND;
        }
    }
    if (st == KUBE_ERR_NOT_FOUND) {
        op->sources[i + 1] = KUBE__SOURCE_LIVE;
        return KUBE_OK;
    }
    if (st == KUBE_OK) {
        op->builder->versions[i].time_unix_ms = op->read.info.stored_at_unix_ms;
        op->generations[i + 1] = op->read.info.generation;
        op->next++;
    }
    return st;
}

/* Of what it is composed of something may be missing: then of the composition too. */
static uint32_t left_out_of_sources(kube__cached_op *op)
{
    uint32_t left_out = op->live != NULL ? op->live->left_out : 0;
    size_t count = version_count(op) + 1;

    if (op->groups != NULL && op->groups != op->live)
        left_out += op->groups->left_out;
    if (op->view->base != NULL && op->view->base != op->groups && memchr(op->sources, KUBE__SOURCE_BASE, count) != NULL)
        left_out += op->view->base->left_out;
    for (size_t i = 1; i < count; i++) {
        if (op->sources[i] != KUBE__SOURCE_PART)
            continue;
        name_version(op, i - 1);
        left_out += kube__view_part(op->view, op->name.hash)->snapshot->left_out;
    }
    return left_out;
}

static kube_status build(kube__cached_op *op)
{
    kube_discovery_snapshot *made = NULL;
    kube_status st;

    op->builder->left_out += left_out_of_sources(op);
    st = kube_discovery_snapshot_builder_build(op->builder, &made, &op->err);
    if (st != KUBE_OK)
        return st;
    st = kube__cached_answer(op, made);
    kube_discovery_snapshot_unref(made);
    op->next = 0;
    op->entry_is_old = true;
    op->step = all_done;
    return st;
}

static kube_status compose(kube__cached_op *op)
{
    for (; op->next < version_count(op); op->next++) {
        kube_status st = kube__cached_breathe(op);

        if (st == KUBE_OK && !is_stale(op, op->next))
            st = load_version(op, op->next);
        if (st != KUBE_OK || op->step != compose)
            return st;
    }
    return build(op);
}

static kube_status begin_composing(kube__cached_op *op)
{
    kube_status st = KUBE_OK;

    op->step = compose;
    op->next = 0;
    if (op->groups_source == KUBE__SOURCE_BASE)
        op->generations[0] = op->view->generations[0];
    if (op->groups == NULL)
        return st;
    st = kube_discovery_snapshot_builder_new(kube__cached_now(op->c), &op->builder, &op->err);
    for (size_t i = 0; st == KUBE_OK && i < op->groups->groups.count; i++) {
        if (!kube__builder_copy_group(op->builder, &op->groups->group_items[i]))
            st = kube__builder_status(op->builder, &op->err);
    }
    return st;
}

/* ---- judging ---- */

static kube_status all_judged(kube__cached_op *op)
{
    return is_uniform(op) ? answer_whole(op) : begin_composing(op);
}

static uint64_t known_generation(const kube__cached_op *op, const kube_group_version *base)
{
    return base != NULL ? kube__cached_base_generation(op, (size_t)(base - op->view->base->versions) + 1) : 0;
}

static kube__source source_of(kube__cached_op *op, size_t i)
{
    const kube_group_version *base = find(op->view->base, key_of(op, i));
    kube__source source;

    name_version(op, i);
    /* What has no document goes with the list of groups. */
    if (op->groups_source == KUBE__SOURCE_BASE && base != NULL && base->state == KUBE_GROUP_VERSION_LOADED &&
        (base->list.count == 0 || !op->name.storable))
        return KUBE__SOURCE_BASE;
    source = kube__cached_classify(op, known_generation(op, base), op->groups_source != KUBE__SOURCE_READ);
    return source == KUBE__SOURCE_MISS ? KUBE__SOURCE_LIVE : source;
}

/* A store that only tells by being read: when the base does not say the same it is read once more, to be composed. */
static kube_status judge_unknown(kube__cached_op *op)
{
    size_t i = op->next;
    kube_status st = kube__cached_judge_read(op);
    kube__source source = KUBE__SOURCE_READ;

    if (st == KUBE_ERR_NOT_FOUND)
        source = KUBE__SOURCE_LIVE;
    else if (st != KUBE_OK)
        return st;
    else if (op->read.info.generation == known_generation(op, find(op->view->base, key_of(op, i))))
        source = KUBE__SOURCE_BASE;
    op->sources[i + 1] = (unsigned char)source;
    op->next++;
    op->step = classify_versions;
    return KUBE_OK;
}

static kube_status classify_versions(kube__cached_op *op)
{
    bool needs_live = false;

    for (; op->next < version_count(op); op->next++) {
        kube_status st = kube__cached_breathe(op);

        if (st != KUBE_OK)
            return st;
        if (is_stale(op, op->next))
            continue;
        op->sources[op->next + 1] = (unsigned char)source_of(op, op->next);
        if (op->sources[op->next + 1] == KUBE__SOURCE_UNKNOWN)
            return kube__cached_read(op, judge_unknown);
    }
    for (size_t i = 1; i <= op->next; i++)
        needs_live = needs_live || op->sources[i] == KUBE__SOURCE_LIVE;
    op->next = 0;
    op->step = all_judged;
    return needs_live && op->live == NULL ? need_live(op, all_judged) : KUBE_OK;
}

static kube_status begin_judging(kube__cached_op *op, kube__source groups_source)
{
    kube_status st = kube__cached_reserve(op, version_count(op));

    if (st != KUBE_OK)
        return st;
    op->groups_source = groups_source;
    op->sources[0] = (unsigned char)groups_source;
    op->next = 0;
    op->step = classify_versions;
    return KUBE_OK;
}

static kube_status groups_from_live(kube__cached_op *op)
{
    op->groups = kube_discovery_snapshot_ref(op->live);
    return begin_judging(op, KUBE__SOURCE_LIVE);
}

static kube_status groups_from_document(kube__cached_op *op)
{
    kube_status st = kube__cached_judge_read(op);

    if (st == KUBE_ERR_NOT_FOUND)
        return need_live(op, groups_from_live);
    if (st == KUBE_OK && op->read.info.generation == kube__cached_base_generation(op, 0)) {
        op->groups = kube_discovery_snapshot_ref(op->view->base);
        return begin_judging(op, KUBE__SOURCE_BASE);
    }
    if (st == KUBE_OK)
        st = kube_discovery_snapshot_builder_new(op->read.info.stored_at_unix_ms, &op->builder, &op->err);
    if (st == KUBE_OK)
        st = kube_discovery_snapshot_builder_add_groups(op->builder, KUBE_DISCOVERY_DOCUMENT_GROUP_LIST,
                                                        kube_blob_str(op->read.bytes), "servergroups.json", &op->err);
    if (st == KUBE_OK && op->builder->group_count == 0)
        st = kube_error_set(&op->err, KUBE_ERR_PARSE, "servergroups.json: it is empty");
    if (st == KUBE_ERR_PARSE || st == KUBE_ERR_LIMIT) {
        kube__cached_complain(op, op->err);
        op->err = NULL;
        kube_discovery_snapshot_builder_free(op->builder);
        op->builder = NULL;
        return need_live(op, groups_from_live);
    }
    if (st == KUBE_OK)
        st = begin_judging(op, KUBE__SOURCE_READ);
    if (st == KUBE_OK)
        op->generations[0] = op->read.info.generation;
    return st;
}

kube_status kube__cached_plan_all(kube__cached_op *op)
{
    const kube__view *view = op->view;
    kube__source source;

    kube__document_name_of_groups(&op->name);
    source = kube__cached_classify(op, kube__cached_base_generation(op, 0), false);
    switch (source) {
    case KUBE__SOURCE_BASE:
        op->groups = kube_discovery_snapshot_ref(view->base);
        return begin_judging(op, source);
    case KUBE__SOURCE_READ:
    case KUBE__SOURCE_UNKNOWN:
        return kube__cached_read(op, groups_from_document);
    case KUBE__SOURCE_PART: {
        kube_status st;

        op->groups = kube_discovery_snapshot_ref(kube__view_part(view, op->name.hash)->snapshot);
        st = begin_judging(op, source);
        if (st == KUBE_OK)
            op->generations[0] = kube__view_part(view, op->name.hash)->generation;
        return st;
    }
    default:
        return need_live(op, groups_from_live);
    }
}
