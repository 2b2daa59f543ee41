/* From records to a snapshot: sizes, one allocation, copies, indexes. */
#include "builder.h"
#include "names.h"
#include "shared/alloc.h"
#include "snapshot.h"

#include <kube/sys/error.h>

#include <string.h>

enum { SNAPSHOT_MAX_BYTES = 512 << 20, POSTINGS_MAX = 8 << 20 };

/* Where each part begins, in bytes from the start of the block. Parts with pointers come first, so that all are
 * aligned. */
typedef struct layout {
    size_t groups, versions, resources, lists, version_slots, texts, end;
    size_t slots[KUBE__INDEX_COUNT], postings[KUBE__INDEX_COUNT];
    size_t resource_count, slot_count[KUBE__INDEX_COUNT], version_slot_count;
} layout;

static size_t place(layout *l, size_t count, size_t item_bytes)
{
    size_t at = l->end;

    l->end += (count * item_bytes + 7) / 8 * 8;
    return at;
}

static size_t list_count(const kube_discovery_snapshot_builder *b, kube__text_list list)
{
    return list != 0 ? b->in.lists[list] : 0;
}

/* An upper bound for each index: what is listed twice is counted twice. false: too many. */
static bool count_postings(const kube_discovery_snapshot_builder *b, layout *l, size_t *postings)
{
    size_t total = 0;

    memset(postings, 0, KUBE__INDEX_COUNT * sizeof *postings);
    for (size_t v = 0; v < b->version_count; v++) {
        const kube__group_version_record *version = &b->versions[v];

        if (version->state != KUBE_GROUP_VERSION_LOADED)
            continue;
        l->resource_count += version->resource_count;
        for (size_t i = 0; i < version->resource_count; i++) {
            const kube__resource_record *r = &b->resources[version->first_resource + i];

            postings[KUBE_API_RESOURCE_BY_NAME]++;
            postings[KUBE_API_RESOURCE_BY_SINGULAR] += !r->subresource;
            postings[KUBE_API_RESOURCE_BY_KIND] += !r->subresource;
            postings[KUBE_API_RESOURCE_BY_SHORT_NAME] += list_count(b, r->short_names);
            postings[KUBE_API_RESOURCE_BY_CATEGORY] += list_count(b, r->categories);
            total += 3 + list_count(b, r->short_names) + list_count(b, r->categories);
            if (total > POSTINGS_MAX)
                return false;
        }
    }
    return true;
}

static bool lay_out(const kube_discovery_snapshot_builder *b, layout *l)
{
    size_t postings[KUBE__INDEX_COUNT];

    memset(l, 0, sizeof *l);
    if (!count_postings(b, l, postings))
        return false;
    (void)place(l, 1, sizeof(kube_discovery_snapshot));
    l->groups = place(l, b->group_count, sizeof(kube_api_group));
    l->versions = place(l, b->version_count, sizeof(kube_group_version));
    l->resources = place(l, l->resource_count, sizeof(kube_api_resource));
    l->lists = place(l, b->in.list_len, sizeof(uint32_t));
    l->version_slot_count = kube__index_slots(b->version_count);
    l->version_slots = place(l, l->version_slot_count, sizeof(uint32_t));
    for (size_t i = 0; i < KUBE__INDEX_COUNT; i++) {
        l->slot_count[i] = kube__index_slots(postings[i]);
        l->slots[i] = place(l, l->slot_count[i], sizeof(uint32_t));
        l->postings[i] = place(l, postings[i], sizeof(kube__posting));
    }
    l->texts = place(l, b->in.text_len, 1);
    return l->end <= SNAPSHOT_MAX_BYTES;
}

static int32_t distance(const void *from, const void *to)
{
    return (int32_t)((const char *)to - (const char *)from);
}

static void copy_lists(const kube_discovery_snapshot_builder *b, const kube_discovery_snapshot *s, uint32_t *to)
{
    const uint32_t *from = b->in.lists;
    size_t i = 1;

    while (i < b->in.list_len) {
        uint32_t *list = to + i;

        list[0] = from[i];
        for (uint32_t k = 1; k <= from[i]; k++)
            list[k] = (uint32_t)distance(list, s->texts + from[i + k]);
        i += from[i] + 1u;
    }
}

static int32_t list_distance(const kube_api_resource *r, const uint32_t *lists, kube__text_list list)
{
    return list != 0 ? distance(r, lists + list) : 0;
}

static void copy_resource(const kube__resource_record *from, const kube_discovery_snapshot *s, const uint32_t *lists,
                          const kube_group_version *v, kube_api_resource *r)
{
    r->name = distance(r, s->texts + from->name);
    r->singular = distance(r, s->texts + from->singular);
    r->kind = distance(r, s->texts + from->kind);
    r->group = distance(r, s->texts + from->group);
    r->version = distance(r, s->texts + from->version);
    r->hash = distance(r, s->texts + from->hash);
    r->verbs = list_distance(r, lists, from->verbs);
    r->short_names = list_distance(r, lists, from->short_names);
    r->categories = list_distance(r, lists, from->categories);
    r->group_version = distance(r, v);
    r->namespaced = from->namespaced;
    r->subresource = from->subresource;
}

static bool is_storable(const char *group, const char *version)
{
    return (group[0] == '\0' || kube__is_dns1123_subdomain(kube_str_c(group))) &&
           kube__is_dns1035_label(kube_str_c(version));
}

static void copy_versions(kube_discovery_snapshot_builder *b, kube_discovery_snapshot *s, const uint32_t *lists)
{
    kube_api_resource *next = s->resources;

    for (size_t i = 0; i < b->version_count; i++) {
        kube__group_version_record *from = &b->versions[i];
        kube_group_version *v = &s->versions[i];

        v->group = s->texts + from->group;
        v->version = s->texts + from->version;
        v->name = s->texts + from->name;
        v->key = s->texts + from->key;
        v->key_len = (uint32_t)strlen(v->key);
        v->state = from->state;
        v->origin = from->origin;
        v->nil_resources = from->nil_resources;
        v->time_unix_ms = from->time_unix_ms != 0 ? from->time_unix_ms : b->time_unix_ms;
        if (from->state == KUBE_GROUP_VERSION_ABSENT)
            v->time_unix_ms = 0;
        v->storable = is_storable(v->group, v->version);
        v->error = from->error;
        from->error = NULL; /* the snapshot's now */
        v->list.owner = &s->counted;
        v->list.group_version = s->texts + from->list_name;
        v->list.first = next;
        v->list.count = from->state == KUBE_GROUP_VERSION_LOADED ? from->resource_count : 0;
        for (size_t k = 0; k < v->list.count; k++)
            copy_resource(&b->resources[from->first_resource + k], s, lists, v, next++);
    }
}

static void copy_groups(const kube_discovery_snapshot_builder *b, kube_discovery_snapshot *s, const uint32_t *lists)
{
    for (size_t i = 0; i < b->group_count; i++) {
        const kube__group_record *from = &b->groups[i];
        kube_api_group *g = &s->group_items[i];

        g->name = s->texts + from->name;
        g->kind = s->texts + from->kind;
        g->api_version = s->texts + from->api_version;
        g->preferred_version = s->texts + from->preferred_version;
        g->preferred_name = s->texts + from->preferred_name;
        g->addresses = from->addresses != 0 ? (const kube__texts *)(const void *)(lists + from->addresses) : NULL;
        g->versions = s->versions + from->first_version;
        g->listed_count = from->listed_count;
        g->version_count = from->version_count;
        g->nil_versions = from->nil_versions;
    }
}

static void destroy(kube__counted *counted)
{
    kube_discovery_snapshot *s = (kube_discovery_snapshot *)(void *)counted;

    for (size_t i = 0; i < s->version_count; i++)
        kube_error_free(s->versions[i].error);
    kube__free(s);
}

static void fill(kube_discovery_snapshot_builder *b, const layout *l, kube_discovery_snapshot *s)
{
    char *base = (char *)s;
    uint32_t *lists = (uint32_t *)(void *)(base + l->lists);

    kube__counted_init(&s->counted, destroy);
    s->seed = b->in.seed;
    s->bytes = l->end;
    s->left_out = b->left_out;
    s->aggregated = kube__builder_is_aggregated(b);
    s->group_items = (kube_api_group *)(void *)(base + l->groups);
    s->groups.owner = &s->counted;
    s->groups.groups = s->group_items;
    s->groups.count = b->group_count;
    s->versions = (kube_group_version *)(void *)(base + l->versions);
    s->version_count = b->version_count;
    s->resources = (kube_api_resource *)(void *)(base + l->resources);
    s->resource_count = l->resource_count;
    s->version_slots = (uint32_t *)(void *)(base + l->version_slots);
    s->version_slot_count = l->version_slot_count;
    for (size_t i = 0; i < KUBE__INDEX_COUNT; i++) {
        s->indexes[i].slots = (uint32_t *)(void *)(base + l->slots[i]);
        s->indexes[i].slot_count = l->slot_count[i];
        s->indexes[i].postings = (kube__posting *)(void *)(base + l->postings[i]);
    }
    s->texts = base + l->texts;
    s->text_bytes = b->in.text_len;
    s->lists = lists;
    s->list_words = b->in.list_len;
    memcpy(base + l->texts, b->in.text, b->in.text_len);
    for (size_t i = 0; i < KUBE__DOCUMENT_COUNT; i++)
        s->validators[i] = s->texts + b->validators[i];
    s->core_group_count = b->core_group_count;
    copy_lists(b, s, lists);
    copy_versions(b, s, lists);
    copy_groups(b, s, lists);
    kube__index_versions(s);
}

kube_status kube_discovery_snapshot_builder_build(kube_discovery_snapshot_builder *b, kube_discovery_snapshot **out,
                                                  kube_error **err)
{
    kube_discovery_snapshot *s;
    layout l;
    kube_status st = kube__builder_status(b, err);

    if (st != KUBE_OK)
        return st;
    if (kube__builder_check(b, err) != KUBE_OK)
        return KUBE_ERR_INVALID_STATE;
    if (!lay_out(b, &l))
        return kube_error_set(err, KUBE_ERR_LIMIT, "the server offers more than libkube accepts");
    s = kube__calloc(1, l.end);
    if (s == NULL)
        return kube_error_no_memory(err);
    fill(b, &l, s);
    b->useless = true;
    *out = s;
    return KUBE_OK;
}
