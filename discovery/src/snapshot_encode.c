/* From a snapshot to bytes: its arrays one after the other, with offsets in the texts in place of pointers. */
#include "shared/alloc.h"
#include "snapshot.h"
#include "snapshot_wire.h"

#include <kube/sys/error.h>

#include <string.h>

static const uint64_t max_wire_bytes = 1u << 30;

typedef struct writer {
    const kube_discovery_snapshot *s;
    char *at;
    size_t error_at; /* where the next error's text comes, in the texts */
} writer;

static void put(writer *w, uint32_t value)
{
    unsigned char bytes[] = { (unsigned char)value, (unsigned char)(value >> 8), (unsigned char)(value >> 16),
                              (unsigned char)(value >> 24) };

    memcpy(w->at, bytes, sizeof bytes);
    w->at += sizeof bytes;
}

static void put_64(writer *w, uint64_t value)
{
    put(w, (uint32_t)value);
    put(w, (uint32_t)(value >> 32));
}

static void put_bytes(writer *w, const void *bytes, size_t len)
{
    if (len != 0)
        memcpy(w->at, bytes, len);
    w->at += len;
}

/* The next word begins at a multiple of four. */
static size_t padding(size_t bytes)
{
    return (4 - bytes % 4) % 4;
}

static void pad(writer *w, size_t bytes)
{
    memset(w->at, 0, padding(bytes));
    w->at += padding(bytes);
}

static void put_text(writer *w, const char *text)
{
    put(w, (uint32_t)(text - w->s->texts));
}

static uint32_t list_of(const writer *w, const void *list)
{
    return list != NULL ? (uint32_t)((const uint32_t *)list - w->s->lists) : 0;
}

static void put_lists(writer *w)
{
    const kube_discovery_snapshot *s = w->s;
    size_t i = 1;

    put(w, 0);
    while (i < s->list_words) {
        const kube__texts *list = (const kube__texts *)(const void *)(s->lists + i);

        put(w, list->count);
        for (uint32_t k = 0; k < list->count; k++)
            put_text(w, kube__texts_at(list, k));
        i += list->count + 1u;
    }
}

static void put_groups(writer *w)
{
    for (size_t i = 0; i < w->s->groups.count; i++) {
        const kube_api_group *g = &w->s->group_items[i];

        put_text(w, g->name);
        put_text(w, g->kind);
        put_text(w, g->api_version);
        put_text(w, g->preferred_name);
        put_text(w, g->preferred_version);
        put(w, list_of(w, g->addresses));
        put(w, g->listed_count | (g->nil_versions ? KUBE__WIRE_BIT : 0));
        put(w, g->version_count);
    }
}

static void put_versions(writer *w)
{
    for (size_t i = 0; i < w->s->version_count; i++) {
        const kube_group_version *v = &w->s->versions[i];

        put_text(w, v->key);
        put_text(w, v->group);
        put_text(w, v->version);
        put_text(w, v->name);
        put_text(w, v->list.group_version);
        put(w, (uint32_t)v->list.count | (v->nil_resources ? KUBE__WIRE_BIT : 0));
        put(w, (uint32_t)v->state | (uint32_t)v->origin << 8);
        put(w, v->error != NULL ? (uint32_t)kube_error_status(v->error) : 0);
        put(w, v->error != NULL ? (uint32_t)w->error_at : 0);
        put_64(w, (uint64_t)v->time_unix_ms);
        if (v->error != NULL)
            w->error_at += strlen(kube_error_message(v->error)) + 1;
    }
}

static void put_resources(writer *w)
{
    for (size_t i = 0; i < w->s->resource_count; i++) {
        const kube_api_resource *r = &w->s->resources[i];

        put_text(w, kube__resource_text(r, r->name));
        put_text(w, kube__resource_text(r, r->singular));
        put_text(w, kube__resource_text(r, r->kind));
        put_text(w, kube__resource_text(r, r->group));
        put_text(w, kube__resource_text(r, r->version));
        put_text(w, kube__resource_text(r, r->hash));
        put(w, list_of(w, kube__resource_texts(r, r->verbs)));
        put(w, list_of(w, kube__resource_texts(r, r->short_names)));
        put(w, list_of(w, kube__resource_texts(r, r->categories)) | (r->namespaced ? KUBE__WIRE_BIT : 0));
    }
}

static size_t error_bytes(const kube_discovery_snapshot *s)
{
    size_t bytes = 0;

    for (size_t i = 0; i < s->version_count; i++) {
        if (s->versions[i].error != NULL)
            bytes += strlen(kube_error_message(s->versions[i].error)) + 1;
    }
    return bytes;
}

static void put_texts(writer *w, size_t text_bytes)
{
    const kube_discovery_snapshot *s = w->s;

    put_bytes(w, s->texts, s->text_bytes);
    for (size_t i = 0; i < s->version_count; i++) {
        const char *message = kube_error_message(s->versions[i].error);

        if (s->versions[i].error != NULL)
            put_bytes(w, message, strlen(message) + 1);
    }
    pad(w, text_bytes);
}

static void put_head(writer *w, kube_str identity, size_t errors, bool generations)
{
    const kube_discovery_snapshot *s = w->s;

    put(w, KUBE__WIRE_MAGIC);
    put(w, KUBE__WIRE_VERSION);
    put(w, (uint32_t)((s->aggregated ? KUBE__WIRE_AGGREGATED : 0) | (generations ? KUBE__WIRE_GENERATIONS : 0)));
    put(w, (uint32_t)identity.len);
    put(w, (uint32_t)s->text_bytes);
    put(w, (uint32_t)errors);
    put(w, (uint32_t)s->list_words);
    put(w, (uint32_t)s->groups.count);
    put(w, (uint32_t)s->core_group_count);
    put(w, (uint32_t)s->version_count);
    put(w, (uint32_t)s->resource_count);
    put_text(w, s->validators[0]);
    put_text(w, s->validators[1]);
}

kube_status kube__snapshot_encode(const kube_discovery_snapshot *s, kube_str identity, const uint64_t *generations,
                                  char **out, size_t *len_out, kube_error **err)
{
    size_t errors = error_bytes(s), text_bytes = s->text_bytes + errors;
    size_t words = KUBE__WIRE_HEAD_WORDS + s->list_words + s->groups.count * KUBE__WIRE_GROUP_WORDS +
                   s->version_count * KUBE__WIRE_VERSION_WORDS + s->resource_count * KUBE__WIRE_RESOURCE_WORDS +
                   (generations != NULL ? 2 * (s->version_count + 1) : 0);
    size_t len = words * 4 + identity.len + padding(identity.len) + text_bytes + padding(text_bytes);
    char *bytes;
    writer w;

    if (len > max_wire_bytes)
        return kube_error_set(err, KUBE_ERR_LIMIT, "a snapshot of %zu bytes is not kept", len);
    bytes = kube__malloc(len);
    if (bytes == NULL)
        return kube_error_no_memory(err);
    w = (writer){ .s = s, .at = bytes, .error_at = s->text_bytes };
    put_head(&w, identity, errors, generations != NULL);
    put_bytes(&w, identity.data, identity.len);
    pad(&w, identity.len);
    put_texts(&w, text_bytes);
    put_lists(&w);
    put_groups(&w);
    put_versions(&w);
    put_resources(&w);
    for (size_t i = 0; generations != NULL && i <= s->version_count; i++)
        put_64(&w, generations[i]);
    *out = bytes;
    *len_out = len;
    return KUBE_OK;
}
