/* A snapshot is one block of memory: this header, then groups, group-versions, resources, lists of texts, indexes and
 * texts. Resources are the many, so they point by 32-bit distances from themselves; groups and group-versions are few
 * and use pointers. */
#ifndef KUBE_DISCOVERY_SNAPSHOT_PRIVATE_H
#define KUBE_DISCOVERY_SNAPSHOT_PRIVATE_H

#include "counted.h"

#include <kube/discovery/snapshot.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Texts, each at a distance from the list itself. */
typedef struct kube__texts {
    uint32_t count;
    int32_t  at[];
} kube__texts;

/* Distances are from the resource itself. */
struct kube_api_resource {
    int32_t name, singular, kind, group, version, hash;
    int32_t verbs, short_names, categories; /* 0: the server sent none, not even an empty list */
    int32_t group_version;                  /* to the kube_group_version                        */
    bool    namespaced;
    bool    subresource;
};

struct kube_api_resource_list {
    kube__counted                  *owner; /* what a reference to the list refers to: a snapshot, or several lists */
    const char                     *group_version;
    const kube_api_resource        *first;  /* the resources are neighbours ...                         */
    const kube_api_resource *const *chosen; /* ... or, where this is not NULL, these                    */
    size_t                          count;
};

struct kube_group_version {
    const char            *group, *version;
    const char            *name; /* as the group list writes it */
    const char            *key;  /* group/version               */
    kube_api_resource_list list;
    kube_error            *error;
    int64_t                time_unix_ms;
    uint32_t               key_len;
    uint32_t               answer;   /* the index of the group-version whose resources count under this key */
    uint8_t                state, origin;
    bool                   nil_resources;
    bool                   failure_counts; /* stale or failed, and the last one such with this key          */
    bool                   failure_seen;   /* some group-version with the same key has failure_counts       */
    bool                   storable;       /* its names are safe as file names                              */
};

struct kube_api_group {
    const char               *name, *kind, *api_version;
    const char               *preferred_version, *preferred_name;
    const kube__texts        *addresses; /* clientCIDR and serverAddress by turns; NULL: none */
    const kube_group_version *versions;  /* the listed ones, then the stale ones               */
    uint32_t                  listed_count, version_count;
    bool                      nil_versions;
};

struct kube_api_group_list {
    kube__counted        *owner;
    const kube_api_group *groups;
    size_t                count;
};

typedef struct kube__posting {
    uint32_t text;     /* offset in the texts          */
    uint32_t resource;
    uint32_t next;     /* with the same text, + 1      */
} kube__posting;

/* Open addressing; a slot is a posting's index + 1, or 0. */
typedef struct kube__index {
    uint32_t      *slots;
    kube__posting *postings;
    size_t         slot_count; /* a power of two, or 0 when nothing is indexed */
} kube__index;

enum { KUBE__INDEX_COUNT = 5 }; /* one per kube_api_resource_key */

struct kube_discovery_snapshot {
    kube__counted       counted;
    kube_api_group_list groups;
    kube_api_group     *group_items;
    kube_group_version *versions;
    kube_api_resource  *resources;
    const char         *texts;
    size_t              text_bytes;
    const uint32_t     *lists; /* all lists of texts, one behind the other; the first word is none of them */
    size_t              list_words;
    uint32_t           *version_slots; /* by key: index + 1, or 0 */
    size_t              version_slot_count;
    size_t              version_count, resource_count, bytes;
    kube__index         indexes[KUBE__INDEX_COUNT]; /* to be reached by kube__snapshot_index() */
    atomic_bool         indexed;                    /* they are filled: by the first who looks something up */
    const char         *validators[2]; /* of /api and /apis, "" where there is none */
    uint64_t            seed;
    size_t              core_group_count; /* how many of the groups came from /api */
    uint32_t            left_out;
    bool                aggregated; /* the resources came with the groups */
};

static inline const char *kube__resource_text(const kube_api_resource *r, int32_t distance)
{
    return (const char *)r + distance;
}

static inline const kube__texts *kube__resource_texts(const kube_api_resource *r, int32_t distance)
{
    return distance != 0 ? (const kube__texts *)(const void *)((const char *)r + distance) : NULL;
}

static inline const kube_group_version *kube__resource_owner(const kube_api_resource *r)
{
    return (const kube_group_version *)(const void *)((const char *)r + r->group_version);
}

static inline const char *kube__texts_at(const kube__texts *list, size_t i)
{
    return (const char *)list + list->at[i];
}

/* The group-version whose resources count under the key of this one, or NULL when none is loaded. */
static inline const kube_group_version *kube__answer_of(const kube_discovery_snapshot *s, const kube_group_version *v)
{
    const kube_group_version *answer = &s->versions[v->answer];

    return answer->state == KUBE_GROUP_VERSION_LOADED ? answer : NULL;
}

/* A reference to a snapshot that was lent: only the count in it changes. */
kube_discovery_snapshot *kube__snapshot_own(const kube_discovery_snapshot *snapshot);

size_t kube__index_slots(size_t keys);
/* The memory has been laid out and zeroed; versions and resources are in place. */
void kube__index_versions(kube_discovery_snapshot *s);

#endif
