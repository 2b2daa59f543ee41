/* Group-versions that are loaded, or fail, one by one; and what mixed formats mean. */
#include "builder.h"
#include "decode.h"
#include "names.h"

#include <kube/sys/error.h>

bool kube__builder_is_aggregated(const kube_discovery_snapshot_builder *b)
{
    return b->aggregated_documents != 0 && b->legacy_documents == 0;
}

void kube__builder_end_document(kube_discovery_snapshot_builder *b, kube_discovery_document kind)
{
    if (kind == KUBE_DISCOVERY_DOCUMENT_AGGREGATED)
        b->aggregated_documents++;
    else
        b->legacy_documents++;
    if (b->aggregated_documents == 0 || b->legacy_documents == 0)
        return;
    for (size_t i = 0; i < b->version_count; i++) {
        kube__group_version_record *v = &b->versions[i];

        if (v->state == KUBE_GROUP_VERSION_LOADED && v->origin == KUBE_GROUP_VERSION_ORIGIN_DOCUMENT) {
            v->state = KUBE_GROUP_VERSION_ABSENT;
            v->resource_count = 0;
        }
    }
}

kube_status kube__builder_version_named(kube_discovery_snapshot_builder *b, const char *group_version, size_t *out,
                                        kube_error **err)
{
    kube__group_record group = { .first_version = (uint32_t)b->version_count };
    kube__group_version_record *added;
    kube_str group_name, version;
    kube__text key;
    uint32_t found = KUBE__ID_NONE;
    kube_status st = kube__builder_check(b, err);

    if (st == KUBE_OK)
        st = kube__group_version_parse(group_version, &group_name, &version, err);
    if (st != KUBE_OK)
        return st;
    key = kube__intern_text(&b->in, kube_str_c(group_version));
    if (b->in.failure == KUBE_OK)
        found = kube__id_map_get(&b->by_key, key);
    if (found != KUBE__ID_NONE) {
        *out = found;
        return KUBE_OK;
    }
    added = kube__builder_add_version(b);
    if (added == NULL)
        return kube__builder_status(b, err);
    group.name = kube__intern_text(&b->in, group_name);
    added->version = kube__intern_text(&b->in, version);
    added->name = group.preferred_name = key;
    group.preferred_version = added->version;
    if (!kube__builder_end_group(b, &group))
        return kube__builder_status(b, err);
    *out = b->version_count - 1;
    return KUBE_OK;
}

static void set_state(kube__group_version_record *v, kube_group_version_state state)
{
    kube_error_free(v->error);
    v->error = NULL;
    v->state = (uint8_t)state;
    v->origin = KUBE_GROUP_VERSION_ORIGIN_SERVER;
    v->time_unix_ms = 0;
}

kube_status kube__builder_load_version(kube_discovery_snapshot_builder *b, size_t version, kube_str bytes,
                                       kube_error **err)
{
    kube__group_version_record *v = &b->versions[version];
    kube__resource_list_record list = { .group_version = v->key };
    size_t first = b->resource_count;
    uint32_t left_out = b->left_out;
    kube_status st = kube__decode_resource_list(b, bytes, &list, err);

    if (st != KUBE_OK) {
        b->resource_count = first;
        b->left_out = left_out;
        if (st == KUBE_ERR_LIMIT && b->in.failure == st)
            b->in.failure = KUBE_OK; /* what one list has too much must not take the others away */
        return st;
    }
    set_state(v, KUBE_GROUP_VERSION_LOADED);
    v->list_name = list.group_version;
    v->nil_resources = list.nil_resources;
    v->first_resource = (uint32_t)first;
    v->resource_count = (uint32_t)(b->resource_count - first);
    return KUBE_OK;
}

void kube__builder_load_empty(kube_discovery_snapshot_builder *b, size_t version)
{
    kube__group_version_record *v = &b->versions[version];

    set_state(v, KUBE_GROUP_VERSION_LOADED);
    v->list_name = v->key;
    v->nil_resources = true;
    v->resource_count = 0;
}

void kube__builder_fail_version(kube_discovery_snapshot_builder *b, size_t version, kube_error *failure)
{
    kube__group_version_record *v = &b->versions[version];

    set_state(v, KUBE_GROUP_VERSION_FAILED);
    v->error = failure;
    v->resource_count = 0;
}

kube_status kube_discovery_snapshot_builder_add_resources(kube_discovery_snapshot_builder *b,
                                                          const char *group_version, kube_str bytes, kube_error **err)
{
    size_t version = 0;
    kube_status st = kube__builder_version_named(b, group_version, &version, err);

    return st == KUBE_OK ? kube__builder_load_version(b, version, bytes, err) : st;
}

kube_status kube_discovery_snapshot_builder_add_failure(kube_discovery_snapshot_builder *b, const char *group_version,
                                                        kube_error *failure, kube_error **err)
{
    size_t version = 0;
    kube_status st = kube__builder_version_named(b, group_version, &version, err);

    if (st == KUBE_OK)
        kube__builder_fail_version(b, version, failure);
    else
        kube_error_free(failure);
    return st;
}
