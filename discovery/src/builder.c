/* Records, appended and cut. What fails is remembered by the interner's status, so that appends can be made freely. */
#include "builder.h"

#include "names.h"
#include "shared/alloc.h"

#include <kube/sys/error.h>

#include <string.h>

enum { SCRATCH_MAX_BYTES = 16 << 20 };

kube_status kube_discovery_snapshot_builder_new(int64_t time_unix_ms, kube_discovery_snapshot_builder **out,
                                                kube_error **err)
{
    kube_discovery_snapshot_builder *b = NULL;
    kube_status st;

    if (KUBE__NEW(b) == NULL)
        return kube_error_no_memory(err);
    kube__intern_init(&b->in);
    kube_buf_init(&b->scratch, SCRATCH_MAX_BYTES);
    b->by_key.seed = b->in.seed;
    b->time_unix_ms = time_unix_ms;
    st = kube__builder_status(b, err);
    if (st != KUBE_OK) {
        kube_discovery_snapshot_builder_free(b);
        return st;
    }
    *out = b;
    return KUBE_OK;
}

void kube_discovery_snapshot_builder_free(kube_discovery_snapshot_builder *b)
{
    if (b == NULL)
        return;
    kube__builder_cut_versions(b, 0);
    kube__intern_clear(&b->in);
    kube__free(b->resources);
    kube__free(b->versions);
    kube__free(b->groups);
    kube__free(b->scratch_texts);
    kube_buf_clear(&b->scratch);
    kube__id_map_clear(&b->by_key);
    kube__free(b);
}

kube_status kube__builder_status(const kube_discovery_snapshot_builder *b, kube_error **err)
{
    if (b->in.failure == KUBE_ERR_OUT_OF_MEMORY)
        return kube_error_no_memory(err);
    if (b->in.failure != KUBE_OK)
        return kube_error_set(err, b->in.failure, "more groups, versions, resources or text than libkube accepts");
    return KUBE_OK;
}

kube_status kube__builder_check(const kube_discovery_snapshot_builder *b, kube_error **err)
{
    if (b->useless)
        return kube_error_set(err, KUBE_ERR_INVALID_STATE, "the builder has failed, or built its snapshot, before");
    return KUBE_OK;
}

static bool reserve(kube_discovery_snapshot_builder *b, void *items, size_t *capacity, size_t count, size_t item_bytes,
                    size_t max)
{
    size_t more = *capacity != 0 ? *capacity * 2 : 64;
    void *old, *grown;

    if (b->in.failure != KUBE_OK)
        return false;
    if (count >= max) {
        b->in.failure = KUBE_ERR_LIMIT;
        return false;
    }
    if (count < *capacity)
        return true;
    memcpy(&old, items, sizeof old); /* items is the address of a pointer to whatever record */
    grown = kube__realloc_array(old, more, item_bytes);
    if (grown == NULL) {
        b->in.failure = KUBE_ERR_OUT_OF_MEMORY;
        return false;
    }
    memcpy(items, &grown, sizeof grown);
    *capacity = more;
    return true;
}

kube__resource_record *kube__builder_add_resource(kube_discovery_snapshot_builder *b)
{
    kube__resource_record *record;

    if (!reserve(b, &b->resources, &b->resource_capacity, b->resource_count, sizeof *record, KUBE__RESOURCES_MAX))
        return NULL;
    record = &b->resources[b->resource_count++];
    memset(record, 0, sizeof *record);
    return record;
}

kube__group_version_record *kube__builder_add_version(kube_discovery_snapshot_builder *b)
{
    kube__group_version_record *record;

    if (!reserve(b, &b->versions, &b->version_capacity, b->version_count, sizeof *record, KUBE__GROUP_VERSIONS_MAX))
        return NULL;
    record = &b->versions[b->version_count++];
    memset(record, 0, sizeof *record);
    record->first_resource = (uint32_t)b->resource_count;
    record->left_out = b->left_out;
    return record;
}

bool kube__builder_push_text(kube_discovery_snapshot_builder *b, kube__text text)
{
    if (!reserve(b, &b->scratch_texts, &b->scratch_capacity, b->scratch_count, sizeof text, KUBE__LIST_MAX))
        return false;
    b->scratch_texts[b->scratch_count++] = text;
    return true;
}

kube__text kube__builder_join(kube_discovery_snapshot_builder *b, kube__text first, char separator, kube__text second)
{
    kube_status st;

    if (b->in.failure != KUBE_OK)
        return KUBE__TEXT_FAILED;
    kube_buf_reset(&b->scratch);
    kube_buf_append_c(&b->scratch, kube__intern_get(&b->in, first));
    kube_buf_append_char(&b->scratch, separator);
    kube_buf_append_c(&b->scratch, kube__intern_get(&b->in, second));
    st = kube_buf_status(&b->scratch, NULL);
    if (st != KUBE_OK) {
        b->in.failure = st;
        return KUBE__TEXT_FAILED;
    }
    return kube__intern_text(&b->in, kube_buf_str(&b->scratch));
}

void kube__builder_cut_versions(kube_discovery_snapshot_builder *b, size_t version_count)
{
    if (version_count >= b->version_count)
        return;
    for (size_t i = version_count; i < b->version_count; i++)
        kube_error_free(b->versions[i].error);
    b->resource_count = b->versions[version_count].first_resource;
    b->left_out = b->versions[version_count].left_out;
    b->version_count = version_count;
}

/* The clean ones among the appended versions: the listed first, then the stale, each in the server's order. */
static bool sort_versions(kube_discovery_snapshot_builder *b, kube__group_record *group)
{
    size_t first = group->first_version, count = b->version_count - first, kept = 0;
    kube__group_version_record *sorted = kube__calloc(count, sizeof *sorted);

    if (sorted == NULL) {
        b->in.failure = KUBE_ERR_OUT_OF_MEMORY;
        return false;
    }
    for (int stale = 0; stale <= 1; stale++) {
        for (size_t i = first; i < b->version_count; i++) {
            const kube__group_version_record *v = &b->versions[i];

            if (!v->unclean && (v->state == KUBE_GROUP_VERSION_STALE) == (stale == 1))
                sorted[kept++] = *v;
        }
        if (stale == 0)
            group->listed_count = (uint32_t)kept;
    }
    b->left_out += (uint32_t)(count - kept);
    memcpy(b->versions + first, sorted, kept * sizeof *sorted);
    b->version_count = first + kept;
    kube__free(sorted);
    return true;
}

/* A version with a slash cannot be asked for, and "" with "apps/v1" must not stand for "apps" with "v1". */
static bool enter_key(kube_discovery_snapshot_builder *b, size_t index)
{
    const kube__group_version_record *v = &b->versions[index];
    uint32_t *slot;

    if (strchr(kube__intern_get(&b->in, v->version), '/') != NULL)
        return true;
    slot = kube__id_map_put(&b->by_key, v->key);
    if (slot == NULL)
        b->in.failure = KUBE_ERR_OUT_OF_MEMORY;
    else if (*slot == KUBE__ID_NONE)
        *slot = (uint32_t)index;
    return slot != NULL;
}

static bool enter_version(kube_discovery_snapshot_builder *b, size_t index, kube__text group)
{
    kube__text version = b->versions[index].version;
    kube__text key = group != 0 ? kube__builder_join(b, group, '/', version) : version;
    kube__group_version_record *v = &b->versions[index];

    if (b->in.failure != KUBE_OK)
        return false;
    v->group = group;
    v->key = key;
    if (v->origin == KUBE_GROUP_VERSION_ORIGIN_DOCUMENT)
        v->name = v->list_name = key;
    return enter_key(b, index);
}

static void prefer_first(const kube_discovery_snapshot_builder *b, kube__group_record *group)
{
    group->nil_versions = group->listed_count == 0;
    if (group->listed_count == 0)
        return;
    group->preferred_version = b->versions[group->first_version].version;
    group->preferred_name = b->versions[group->first_version].key;
}

bool kube__builder_end_group(kube_discovery_snapshot_builder *b, kube__group_record *group)
{
    size_t first = group->first_version;
    bool needs_sorting = false;

    if (b->in.failure != KUBE_OK)
        return false;
    if (group->unclean) {
        kube__builder_cut_versions(b, first);
        b->left_out++;
        return true;
    }
    for (size_t i = first; i < b->version_count; i++)
        needs_sorting |= b->versions[i].unclean || b->versions[i].state == KUBE_GROUP_VERSION_STALE;
    group->listed_count = (uint32_t)(b->version_count - first);
    if (needs_sorting && !sort_versions(b, group))
        return false;
    group->version_count = (uint32_t)(b->version_count - first);
    for (size_t i = first; i < b->version_count; i++) {
        if (!enter_version(b, i, group->name))
            return false;
    }
    if (group->prefers_first)
        prefer_first(b, group);
    if (!reserve(b, &b->groups, &b->group_capacity, b->group_count, sizeof *group, KUBE__GROUPS_MAX))
        return false;
    b->groups[b->group_count++] = *group;
    return true;
}
