/* Reading groups, group-versions and lists of groups. */
#include "snapshot.h"

const char *kube_api_group_name(const kube_api_group *group)
{
    return group->name;
}

size_t kube_api_group_version_count(const kube_api_group *group)
{
    return group->listed_count;
}

const kube_group_version *kube_api_group_version_at(const kube_api_group *group, size_t i)
{
    return i < group->listed_count ? &group->versions[i] : NULL;
}

const char *kube_api_group_preferred_version(const kube_api_group *group)
{
    return group->preferred_version;
}

const char *kube_api_group_preferred_group_version(const kube_api_group *group)
{
    return group->preferred_name;
}

const char *kube_group_version_name(const kube_group_version *group_version)
{
    return group_version->name;
}

const char *kube_group_version_group(const kube_group_version *group_version)
{
    return group_version->group;
}

const char *kube_group_version_version(const kube_group_version *group_version)
{
    return group_version->version;
}

kube_group_version_state kube_group_version_state_of(const kube_group_version *group_version)
{
    return group_version != NULL ? (kube_group_version_state)group_version->state : KUBE_GROUP_VERSION_ABSENT;
}

kube_group_version_origin kube_group_version_origin_of(const kube_group_version *group_version)
{
    return (kube_group_version_origin)group_version->origin;
}

int64_t kube_group_version_time_unix_ms(const kube_group_version *group_version)
{
    return group_version->time_unix_ms;
}

const kube_api_resource_list *kube_group_version_resources(const kube_group_version *group_version)
{
    return group_version != NULL && group_version->state == KUBE_GROUP_VERSION_LOADED ? &group_version->list : NULL;
}

const kube_error *kube_group_version_error(const kube_group_version *group_version)
{
    return group_version != NULL ? group_version->error : NULL;
}

size_t kube_api_group_list_count(const kube_api_group_list *list)
{
    return list != NULL ? list->count : 0;
}

const kube_api_group *kube_api_group_list_at(const kube_api_group_list *list, size_t i)
{
    return list != NULL && i < list->count ? &list->groups[i] : NULL;
}

/* A list is a part of its snapshot, which is not const: only the count in it changes. */
static kube_api_group_list *own(const kube_api_group_list *list)
{
    union {
        const kube_api_group_list *borrowed;
        kube_api_group_list       *owned;
    } same = { .borrowed = list };

    return same.owned;
}

kube_api_group_list *kube_api_group_list_ref(const kube_api_group_list *list)
{
    if (list != NULL)
        kube__counted_ref(list->owner);
    return own(list);
}

void kube_api_group_list_unref(kube_api_group_list *list)
{
    if (list != NULL)
        kube__counted_unref(list->owner);
}
