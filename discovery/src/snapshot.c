/* Counting and reading snapshots. */
#include "snapshot.h"

kube_discovery_snapshot *kube_discovery_snapshot_ref(kube_discovery_snapshot *snapshot)
{
    if (snapshot != NULL)
        kube__counted_ref(&snapshot->counted);
    return snapshot;
}

kube_discovery_snapshot *kube__snapshot_own(const kube_discovery_snapshot *snapshot)
{
    union {
        const kube_discovery_snapshot *borrowed;
        kube_discovery_snapshot       *owned;
    } same = { .borrowed = snapshot };

    return kube_discovery_snapshot_ref(same.owned);
}

void kube_discovery_snapshot_unref(kube_discovery_snapshot *snapshot)
{
    if (snapshot != NULL)
        kube__counted_unref(&snapshot->counted);
}

const kube_api_group_list *kube_discovery_snapshot_groups(const kube_discovery_snapshot *snapshot)
{
    return &snapshot->groups;
}

size_t kube_discovery_snapshot_group_count(const kube_discovery_snapshot *snapshot)
{
    return snapshot->groups.count;
}

const kube_api_group *kube_discovery_snapshot_group_at(const kube_discovery_snapshot *snapshot, size_t i)
{
    return kube_api_group_list_at(&snapshot->groups, i);
}

size_t kube_discovery_snapshot_group_version_count(const kube_discovery_snapshot *snapshot)
{
    return snapshot->version_count;
}

const kube_group_version *kube_discovery_snapshot_group_version_at(const kube_discovery_snapshot *snapshot, size_t i)
{
    return i < snapshot->version_count ? &snapshot->versions[i] : NULL;
}

size_t kube_discovery_snapshot_resource_count(const kube_discovery_snapshot *snapshot)
{
    return snapshot->resource_count;
}

size_t kube_discovery_snapshot_left_out_count(const kube_discovery_snapshot *snapshot)
{
    return snapshot->left_out;
}

size_t kube_discovery_snapshot_memory_bytes(const kube_discovery_snapshot *snapshot)
{
    return snapshot->bytes;
}
