/* Several resource lists in one block, each a choice of a snapshot's resources. */
#ifndef KUBE_DISCOVERY_LISTS_H
#define KUBE_DISCOVERY_LISTS_H

#include "snapshot.h"

struct kube_api_resource_lists {
    kube__counted            counted;
    kube_discovery_snapshot *snapshot;
    kube_api_resource_list  *items;
    const kube_api_resource **chosen; /* room for the choices of all lists */
    size_t                    count, chosen_count;
};

/* Room for so many lists and choices; empty. It holds a reference to the snapshot. */
kube_status kube__lists_new(const kube_discovery_snapshot *snapshot, size_t lists, size_t choices,
                            kube_api_resource_lists **out, kube_error **err);
/* Appends a list with no resources yet; kube__lists_choose() adds to the last one. */
kube_api_resource_list *kube__lists_add(kube_api_resource_lists *lists, const char *group_version);
void kube__lists_choose(kube_api_resource_lists *lists, const kube_api_resource *resource);

/* The list itself, for whoever has a reference to its owner. NULL gives NULL. */
kube_api_resource_list *kube__list_own(const kube_api_resource_list *list);

/* What is missing, by the rules of one question: failed group-versions always, stale ones where `stale` says so. */
kube_status kube__partial_error(const kube_discovery_snapshot *snapshot, bool stale, kube_error **err);

/* The questions of <kube/discovery/snapshot.h>; `stale`: whether stale group-versions of an aggregated answer count as
 * missing. */
kube_status kube__groups_and_resources(const kube_discovery_snapshot *snapshot, bool stale,
                                       kube_api_group_list **groups_out, kube_api_resource_lists **lists_out,
                                       kube_error **err);
kube_status kube__preferred(const kube_discovery_snapshot *snapshot, bool stale, bool namespaced_only,
                            kube_api_resource_lists **out, kube_error **err);

#endif
