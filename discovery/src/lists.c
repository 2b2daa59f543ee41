/* Several resource lists: one object, one allocation. */
#include "lists.h"

#include "shared/alloc.h"

#include <kube/sys/error.h>

static void destroy(kube__counted *counted)
{
    kube_api_resource_lists *lists = (kube_api_resource_lists *)(void *)counted;

    kube_discovery_snapshot_unref(lists->snapshot);
    kube__free(lists);
}

kube_status kube__lists_new(const kube_discovery_snapshot *snapshot, size_t lists, size_t choices,
                            kube_api_resource_lists **out, kube_error **err)
{
    kube_api_resource_lists *made;
    char *base = kube__calloc(1, sizeof *made + lists * sizeof *made->items + choices * sizeof *made->chosen);

    if (base == NULL)
        return kube_error_no_memory(err);
    made = (kube_api_resource_lists *)(void *)base;
    kube__counted_init(&made->counted, destroy);
    made->snapshot = kube__snapshot_own(snapshot);
    made->items = (kube_api_resource_list *)(void *)(base + sizeof *made);
    made->chosen = (const kube_api_resource **)(void *)(base + sizeof *made + lists * sizeof *made->items);
    *out = made;
    return KUBE_OK;
}

kube_api_resource_list *kube__lists_add(kube_api_resource_lists *lists, const char *group_version)
{
    kube_api_resource_list *list = &lists->items[lists->count++];

    list->owner = &lists->counted;
    list->group_version = group_version;
    list->chosen = lists->chosen + lists->chosen_count;
    return list;
}

void kube__lists_choose(kube_api_resource_lists *lists, const kube_api_resource *resource)
{
    lists->chosen[lists->chosen_count++] = resource;
    lists->items[lists->count - 1].count++;
}

size_t kube_api_resource_lists_count(const kube_api_resource_lists *lists)
{
    return lists != NULL ? lists->count : 0;
}

const kube_api_resource_list *kube_api_resource_lists_at(const kube_api_resource_lists *lists, size_t i)
{
    return lists != NULL && i < lists->count ? &lists->items[i] : NULL;
}

kube_api_resource_lists *kube_api_resource_lists_ref(kube_api_resource_lists *lists)
{
    if (lists != NULL)
        kube__counted_ref(&lists->counted);
    return lists;
}

void kube_api_resource_lists_unref(kube_api_resource_lists *lists)
{
    if (lists != NULL)
        kube__counted_unref(&lists->counted);
}
