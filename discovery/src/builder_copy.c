/* What a snapshot knows, taken into a builder: when only a part of it is new. */
#include "builder.h"
#include "snapshot.h"

#include <kube/sys/error.h>

#include <string.h>

static kube__text intern(kube_discovery_snapshot_builder *b, const char *text)
{
    return kube__intern_text(&b->in, kube_str_c(text));
}

static kube__text_list intern_list(kube_discovery_snapshot_builder *b, const kube__texts *list)
{
    if (list == NULL)
        return 0;
    b->scratch_count = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (!kube__builder_push_text(b, intern(b, kube__texts_at(list, i))))
            return 0;
    }
    return kube__intern_list(&b->in, b->scratch_texts, b->scratch_count);
}

static bool copy_resource(kube_discovery_snapshot_builder *b, const kube_api_resource *from)
{
    kube__resource_record r = { .namespaced = from->namespaced, .subresource = from->subresource }, *added;

    r.name = intern(b, kube__resource_text(from, from->name));
    r.singular = intern(b, kube__resource_text(from, from->singular));
    r.kind = intern(b, kube__resource_text(from, from->kind));
    r.group = intern(b, kube__resource_text(from, from->group));
    r.version = intern(b, kube__resource_text(from, from->version));
    r.hash = intern(b, kube__resource_text(from, from->hash));
    r.verbs = intern_list(b, kube__resource_texts(from, from->verbs));
    r.short_names = intern_list(b, kube__resource_texts(from, from->short_names));
    r.categories = intern_list(b, kube__resource_texts(from, from->categories));
    added = b->in.failure == KUBE_OK ? kube__builder_add_resource(b) : NULL;
    if (added != NULL)
        *added = r;
    return added != NULL;
}

bool kube__builder_copy_version(kube_discovery_snapshot_builder *b, size_t version, const kube_group_version *from)
{
    size_t first = b->resource_count;
    kube__text list_name = intern(b, from->list.group_version);
    kube__group_version_record *v = &b->versions[version];

    for (size_t i = 0; i < from->list.count; i++) {
        if (!copy_resource(b, &from->list.first[i]))
            return false;
    }
    kube_error_free(v->error);
    v->error = kube_error_copy(from->error);
    v->state = from->state;
    v->origin = from->origin;
    v->time_unix_ms = from->time_unix_ms;
    v->nil_resources = from->nil_resources;
    v->list_name = list_name;
    v->first_resource = (uint32_t)first;
    v->resource_count = (uint32_t)from->list.count;
    return b->in.failure == KUBE_OK;
}

static bool copy_name(kube_discovery_snapshot_builder *b, const kube_group_version *from)
{
    kube__text name = intern(b, from->name), version = intern(b, from->version);
    kube__group_version_record *v = b->in.failure == KUBE_OK ? kube__builder_add_version(b) : NULL;

    if (v == NULL)
        return false;
    v->name = name;
    v->version = version;
    if (from->state == KUBE_GROUP_VERSION_STALE) {
        v->state = from->state;
        v->origin = from->origin;
    }
    return true;
}

bool kube__builder_copy_group(kube_discovery_snapshot_builder *b, const kube_api_group *from)
{
    kube__group_record group = { .first_version = (uint32_t)b->version_count, .nil_versions = from->nil_versions };

    for (size_t i = 0; i < from->version_count; i++) {
        if (!copy_name(b, &from->versions[i]))
            return false;
    }
    group.name = intern(b, from->name);
    group.kind = intern(b, from->kind);
    group.api_version = intern(b, from->api_version);
    group.preferred_name = intern(b, from->preferred_name);
    group.preferred_version = intern(b, from->preferred_version);
    group.addresses = intern_list(b, from->addresses);
    return kube__builder_end_group(b, &group);
}

bool kube__is_validator(const char *validator)
{
    size_t len = 0;

    for (const char *p = validator; *p != '\0'; p++, len++) {
        if (*p < 0x21 || *p > 0x7e || len == KUBE__TEXT_MAX_BYTES)
            return false;
    }
    return len != 0;
}

void kube__builder_set_validator(kube_discovery_snapshot_builder *b, size_t document, const char *validator)
{
    if (validator != NULL && kube__is_validator(validator))
        b->validators[document] = intern(b, validator);
}
