/* What an API server offers, as its aggregated documents say it: groups, versions, and each version's own JSON. */
#ifndef KUBE_TESTING_SRC_TREE_H
#define KUBE_TESTING_SRC_TREE_H

#include <kube/base/buf.h>
#include <kube/base/error.h>
#include <kube/base/str.h>

#include <stdbool.h>

typedef struct kube__tree_version {
    char *name; /* "v1" */
    char *json; /* its object as it came */
    bool  stale;
} kube__tree_version;

typedef struct kube__tree_group {
    char               *name;     /* "" is the core group */
    char               *metadata; /* JSON */
    kube__tree_version *versions;
    size_t              version_count;
} kube__tree_group;

/* Zeroed is empty. */
typedef struct kube__tree {
    kube__tree_group *groups;
    size_t            group_count;
} kube__tree;

void kube__tree_clear(kube__tree *tree);
/* The items of an APIGroupDiscoveryList. */
kube_status kube__tree_add_document(kube__tree *tree, kube_str document, kube_error **err);
/* One item; on failure the tree is as it was. A version that was there is replaced. */
kube_status kube__tree_add_item(kube__tree *tree, kube_str item, kube_error **err);
const kube__tree_group *kube__tree_group_named(const kube__tree *tree, kube_str name);
/* NULL: there is none. */
kube__tree_version *kube__tree_find(const kube__tree *tree, kube_str group, kube_str version);
/* Takes a version away, and with its last one the group. False: it was not there. */
bool kube__tree_remove(kube__tree *tree, kube_str group, kube_str version);

/* The documents a server makes of it, each with the line feed at its end that a real one writes. */
void kube__tree_write_aggregated(const kube__tree *tree, const char *api_version, kube_buf *out);
void kube__tree_write_api_versions(const kube__tree *tree, const char *address, kube_buf *out);
void kube__tree_write_group_list(const kube__tree *tree, kube_buf *out);
void kube__tree_write_group(const kube__tree_group *group, kube_buf *out);
void kube__tree_write_resource_list(const kube__tree_group *group, const kube__tree_version *version, kube_buf *out);

#endif
