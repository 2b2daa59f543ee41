/* Hash indexes inside a snapshot: group-versions by key, resources by name, singular, kind, short name and category. */
#include "hash.h"
#include "snapshot.h"

#include <pthread.h>
#include <string.h>

/* At most two thirds full. */
size_t kube__index_slots(size_t keys)
{
    size_t slots = 4;

    if (keys == 0)
        return 0;
    while (slots < keys + keys / 2)
        slots *= 2;
    return slots;
}

static inline size_t first_slot(const kube_discovery_snapshot *s, const char *text, size_t len, size_t slot_count)
{
    return (size_t)kube__hash(s->seed, text, len) & (slot_count - 1);
}

/* The slot of the key, or the free one where it belongs. */
static inline uint32_t *version_slot(const kube_discovery_snapshot *s, const char *key)
{
    size_t len = strlen(key), i = first_slot(s, key, len, s->version_slot_count);

    while (s->version_slots[i] != 0) {
        const kube_group_version *v = &s->versions[s->version_slots[i] - 1];

        if (v->key_len == len && kube__same(v->key, key, len))
            break;
        i = (i + 1) & (s->version_slot_count - 1);
    }
    return &s->version_slots[i];
}

static bool is_failure(const kube_group_version *v)
{
    return v->state == KUBE_GROUP_VERSION_STALE || v->state == KUBE_GROUP_VERSION_FAILED;
}

/* A server may list a group-version twice. Then the last one that is loaded counts, and the last failure. */
void kube__index_versions(kube_discovery_snapshot *s)
{
    for (size_t i = 0; i < s->version_count; i++) {
        uint32_t *slot = version_slot(s, s->versions[i].key);

        if (*slot == 0 || s->versions[i].state == KUBE_GROUP_VERSION_LOADED ||
            s->versions[*slot - 1].state != KUBE_GROUP_VERSION_LOADED)
            *slot = (uint32_t)i + 1;
    }
    for (size_t i = s->version_count; i-- > 0;) {
        kube_group_version *v = &s->versions[i];

        v->answer = *version_slot(s, v->key) - 1;
        if (is_failure(v) && !s->versions[v->answer].failure_seen) {
            s->versions[v->answer].failure_seen = true;
            v->failure_counts = true;
        }
    }
}

static inline uint32_t *posting_slot(const kube_discovery_snapshot *s, const kube__index *index, const char *text)
{
    size_t len = strlen(text), i = first_slot(s, text, len, index->slot_count);

    while (index->slots[i] != 0 && strcmp(s->texts + index->postings[index->slots[i] - 1].text, text) != 0)
        i = (i + 1) & (index->slot_count - 1);
    return &index->slots[i];
}

/* Puts the resource before those that have the text already. */
static void post(kube_discovery_snapshot *s, kube_api_resource_key key, uint32_t *used, const char *text,
                 size_t resource)
{
    kube__index *index = &s->indexes[key];
    kube__posting *posting;
    uint32_t *slot;

    if (text[0] == '\0')
        return;
    slot = posting_slot(s, index, text);
    if (*slot != 0 && index->postings[*slot - 1].resource == resource)
        return; /* a list that has the text twice */
    posting = &index->postings[used[key]++];
    posting->text = (uint32_t)(text - s->texts);
    posting->resource = (uint32_t)resource;
    posting->next = *slot;
    *slot = used[key];
}

static void post_list(kube_discovery_snapshot *s, kube_api_resource_key key, uint32_t *used, const kube__texts *list,
                      size_t resource)
{
    for (size_t i = 0; list != NULL && i < list->count; i++)
        post(s, key, used, kube__texts_at(list, i), resource);
}

/* From the last resource to the first, because each is put before the others. */
static void index_resources(kube_discovery_snapshot *s)
{
    uint32_t used[KUBE__INDEX_COUNT] = { 0 };

    for (size_t i = s->resource_count; i-- > 0;) {
        const kube_api_resource *r = &s->resources[i];
        const kube_group_version *v = kube__resource_owner(r);

        if (&s->versions[v->answer] != v)
            continue; /* the server lists the group-version again, and the other list counts */
        post(s, KUBE_API_RESOURCE_BY_NAME, used, kube__resource_text(r, r->name), i);
        post_list(s, KUBE_API_RESOURCE_BY_SHORT_NAME, used, kube__resource_texts(r, r->short_names), i);
        post_list(s, KUBE_API_RESOURCE_BY_CATEGORY, used, kube__resource_texts(r, r->categories), i);
        if (r->subresource)
            continue;
        post(s, KUBE_API_RESOURCE_BY_SINGULAR, used, kube__resource_text(r, r->singular), i);
        post(s, KUBE_API_RESOURCE_BY_KIND, used, kube__resource_text(r, r->kind), i);
    }
}

/* Most snapshots are never searched by name, and filling the indexes is a good part of making one. It needs no memory
 * that is not there, so it cannot fail; who comes while another one fills them waits for that. */
static const kube__index *index_of(const kube_discovery_snapshot *snapshot, kube_api_resource_key key)
{
    static pthread_mutex_t filling = PTHREAD_MUTEX_INITIALIZER;
    union {
        const kube_discovery_snapshot *lent;
        kube_discovery_snapshot       *own;
    } same = { .lent = snapshot };

    if (!atomic_load_explicit(&same.own->indexed, memory_order_acquire)) {
        pthread_mutex_lock(&filling);
        if (!atomic_load_explicit(&same.own->indexed, memory_order_relaxed)) {
            index_resources(same.own);
            atomic_store_explicit(&same.own->indexed, true, memory_order_release);
        }
        pthread_mutex_unlock(&filling);
    }
    return &snapshot->indexes[key];
}

const kube_group_version *kube_discovery_snapshot_group_version(const kube_discovery_snapshot *snapshot,
                                                                const char *group_version)
{
    uint32_t found;

    if (snapshot->version_slot_count == 0)
        return NULL;
    found = *version_slot(snapshot, group_version);
    return found != 0 ? &snapshot->versions[found - 1] : NULL;
}

kube_api_resource_iter kube_discovery_snapshot_find(const kube_discovery_snapshot *snapshot, kube_api_resource_key key,
                                                    const char *value)
{
    kube_api_resource_iter iter = { .snapshot = snapshot, .index = (uint32_t)key };

    if ((uint32_t)key < KUBE__INDEX_COUNT && snapshot->indexes[key].slot_count != 0)
        iter.next = *posting_slot(snapshot, index_of(snapshot, key), value);
    return iter;
}

const kube_api_resource *kube_api_resource_iter_next(kube_api_resource_iter *iter)
{
    const kube__posting *posting;

    if (iter->next == 0)
        return NULL;
    posting = &iter->snapshot->indexes[iter->index].postings[iter->next - 1];
    iter->next = posting->next;
    return &iter->snapshot->resources[posting->resource];
}
