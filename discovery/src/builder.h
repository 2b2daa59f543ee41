/* What becomes a snapshot: growing arrays of records whose texts are interned. The decoders write here; nothing outside
 * of this file and them sees a record. */
#ifndef KUBE_DISCOVERY_BUILDER_H
#define KUBE_DISCOVERY_BUILDER_H

#include "id_map.h"
#include "intern.h"

#include <kube/base/buf.h>
#include <kube/sys/discovery.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KUBE__DOCUMENT_API, KUBE__DOCUMENT_APIS, KUBE__DOCUMENT_COUNT }; /* what has a validator: /api and /apis */

enum {
    KUBE__RESOURCES_MAX = 1000000, /* ceilings for what a server says: far above any cluster, far below what hurts */
    KUBE__GROUP_VERSIONS_MAX = 50000,
    KUBE__GROUPS_MAX = 20000,
    KUBE__LIST_MAX = 10000, /* verbs, short names, categories of one resource; what has more is left out */
    KUBE__TEXT_MAX_BYTES = 1024 /* likewise; joined names would otherwise cost their length each time */
};

typedef struct kube__resource_record {
    kube__text      name, singular, kind, group, version, hash;
    kube__text_list verbs, short_names, categories;
    bool            namespaced;
    bool            subresource;
    bool            unclean; /* some text of it is unclean, see kube__read_text(): to be left out */
} kube__resource_record;

typedef struct kube__group_version_record {
    kube__text  key;       /* group/version, what it is looked up by                */
    kube__text  group, version;
    kube__text  name;      /* as the group list writes it                           */
    kube__text  list_name; /* as the resource list writes it                        */
    uint32_t    first_resource, resource_count;
    uint8_t     state, origin;
    bool        nil_resources; /* the list was null or missing, not empty           */
    bool        unclean;
    kube_error *error;         /* of a failed one, owned                            */
    int64_t     time_unix_ms;  /* of its list, where it is older than the builder's */
    uint32_t    left_out;      /* the builder's count before anything of it was read */
} kube__group_version_record;

typedef struct kube__group_record {
    kube__text      name, kind, api_version, preferred_name, preferred_version;
    kube__text_list addresses; /* clientCIDR and serverAddress by turns             */
    uint32_t        first_version, listed_count, version_count; /* the listed ones come first */
    bool            nil_versions;
    bool            unclean;
    bool            prefers_first; /* aggregated documents name no preferred version: it is the first listed one */
} kube__group_record;

struct kube_discovery_snapshot_builder {
    kube__intern                in;
    kube__resource_record      *resources;
    size_t                      resource_count, resource_capacity;
    kube__group_version_record *versions;
    size_t                      version_count, version_capacity;
    kube__group_record         *groups;
    size_t                      group_count, group_capacity;
    kube__text                 *scratch_texts; /* the list being read                          */
    size_t                      scratch_count, scratch_capacity;
    kube_buf                    scratch;       /* the text being composed or unescaped         */
    kube__id_map                by_key;        /* the first group-version of a key             */
    int64_t                     time_unix_ms;
    kube__text                  validators[KUBE__DOCUMENT_COUNT];
    uint32_t                    core_group_count; /* of the groups: those that /api brought */
    uint32_t                    left_out;
    unsigned                    aggregated_documents, legacy_documents;
    bool                        useless;       /* a document failed half-way, or it was built  */
};

/* The first failure of an append or an intern as a status; KUBE_OK when there was none. */
kube_status kube__builder_status(const kube_discovery_snapshot_builder *b, kube_error **err);
/* INVALID_STATE when the builder can only be freed. */
kube_status kube__builder_check(const kube_discovery_snapshot_builder *b, kube_error **err);

/* Appends a zeroed record. NULL when there is no memory or the ceiling is reached: the builder's status tells. */
kube__resource_record *kube__builder_add_resource(kube_discovery_snapshot_builder *b);
kube__group_version_record *kube__builder_add_version(kube_discovery_snapshot_builder *b);

/* The list being read: start with scratch_count 0, push, then intern it. false on failure. */
bool kube__builder_push_text(kube_discovery_snapshot_builder *b, kube__text text);
/* "<a><separator><b>", interned; both were interned before. */
kube__text kube__builder_join(kube_discovery_snapshot_builder *b, kube__text first, char separator, kube__text second);

/* Adds a group whose versions are those appended since first_version: gives them their keys, puts the stale ones behind
 * the others and leaves out what is unclean, the whole group if its own name is. */
bool kube__builder_end_group(kube_discovery_snapshot_builder *b, kube__group_record *group);
/* Forgets the versions from this one on, with their resources and what was left out of them. They may not belong to a
 * group yet. */
void kube__builder_cut_versions(kube_discovery_snapshot_builder *b, size_t version_count);

/* Whether the resources came with the groups: all documents were aggregated ones. */
bool kube__builder_is_aggregated(const kube_discovery_snapshot_builder *b);
/* To be called behind each document that brings groups: where formats are mixed, what came with groups does not
 * count. */
void kube__builder_end_document(kube_discovery_snapshot_builder *b, kube_discovery_document kind);

/* The group-version of this name, added as a group of its own where it is not listed. */
kube_status kube__builder_version_named(kube_discovery_snapshot_builder *b, const char *group_version, size_t *out,
                                        kube_error **err);
/* Decodes an APIResourceList into that group-version; on failure nothing changed. */
kube_status kube__builder_load_version(kube_discovery_snapshot_builder *b, size_t version, kube_str bytes,
                                       kube_error **err);
/* The list of that group-version is the empty one, as said for a core group that does not exist. */
void kube__builder_load_empty(kube_discovery_snapshot_builder *b, size_t version);
/* Takes into that group-version what a snapshot knows of it. false on failure. */
bool kube__builder_copy_version(kube_discovery_snapshot_builder *b, size_t version, const kube_group_version *from);
/* Adds a group of a snapshot with its versions, of which only the stale ones have a state. false on failure. */
bool kube__builder_copy_group(kube_discovery_snapshot_builder *b, const kube_api_group *from);
/* Visible ASCII, not empty and not long: it can go into a header. */
bool kube__is_validator(const char *validator);
/* Keeps what a later request can be made conditional on; what no header could hold is dropped, NULL too. */
void kube__builder_set_validator(kube_discovery_snapshot_builder *b, size_t document, const char *validator);
/* Takes the failure. */
void kube__builder_fail_version(kube_discovery_snapshot_builder *b, size_t version, kube_error *failure);

#endif
