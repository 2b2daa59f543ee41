/* Reading resources and lists of them. */
#include "lists.h"
#include "snapshot.h"

#include <string.h>

const char *kube_api_resource_name(const kube_api_resource *resource)
{
    return kube__resource_text(resource, resource->name);
}

const char *kube_api_resource_singular_name(const kube_api_resource *resource)
{
    return kube__resource_text(resource, resource->singular);
}

const char *kube_api_resource_kind(const kube_api_resource *resource)
{
    return kube__resource_text(resource, resource->kind);
}

const char *kube_api_resource_group(const kube_api_resource *resource)
{
    return kube__resource_text(resource, resource->group);
}

const char *kube_api_resource_version(const kube_api_resource *resource)
{
    return kube__resource_text(resource, resource->version);
}

const char *kube_api_resource_group_version(const kube_api_resource *resource)
{
    return kube__resource_owner(resource)->key;
}

const char *kube_api_resource_storage_version_hash(const kube_api_resource *resource)
{
    return kube__resource_text(resource, resource->hash);
}

bool kube_api_resource_is_namespaced(const kube_api_resource *resource)
{
    return resource->namespaced;
}

bool kube_api_resource_is_subresource(const kube_api_resource *resource)
{
    return resource->subresource;
}

static size_t texts_count(const kube__texts *list)
{
    return list != NULL ? list->count : 0;
}

static const char *texts_get(const kube__texts *list, size_t i)
{
    return list != NULL && i < list->count ? kube__texts_at(list, i) : NULL;
}

static bool texts_have(const kube__texts *list, const char *text)
{
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        if (strcmp(kube__texts_at(list, i), text) == 0)
            return true;
    }
    return false;
}

size_t kube_api_resource_verb_count(const kube_api_resource *resource)
{
    return texts_count(kube__resource_texts(resource, resource->verbs));
}

const char *kube_api_resource_verb_at(const kube_api_resource *resource, size_t i)
{
    return texts_get(kube__resource_texts(resource, resource->verbs), i);
}

bool kube_api_resource_has_verb(const kube_api_resource *resource, const char *verb)
{
    return texts_have(kube__resource_texts(resource, resource->verbs), verb);
}

size_t kube_api_resource_short_name_count(const kube_api_resource *resource)
{
    return texts_count(kube__resource_texts(resource, resource->short_names));
}

const char *kube_api_resource_short_name_at(const kube_api_resource *resource, size_t i)
{
    return texts_get(kube__resource_texts(resource, resource->short_names), i);
}

size_t kube_api_resource_category_count(const kube_api_resource *resource)
{
    return texts_count(kube__resource_texts(resource, resource->categories));
}

const char *kube_api_resource_category_at(const kube_api_resource *resource, size_t i)
{
    return texts_get(kube__resource_texts(resource, resource->categories), i);
}

bool kube_api_resource_has_category(const kube_api_resource *resource, const char *category)
{
    return texts_have(kube__resource_texts(resource, resource->categories), category);
}

const char *kube_api_resource_list_group_version(const kube_api_resource_list *list)
{
    return list != NULL ? list->group_version : "";
}

size_t kube_api_resource_list_count(const kube_api_resource_list *list)
{
    return list != NULL ? list->count : 0;
}

const kube_api_resource *kube_api_resource_list_at(const kube_api_resource_list *list, size_t i)
{
    if (list == NULL || i >= list->count)
        return NULL;
    return list->chosen != NULL ? list->chosen[i] : list->first + i;
}

/* A list is a part of its owner, which is not const: only the count in it changes. */
kube_api_resource_list *kube__list_own(const kube_api_resource_list *list)
{
    union {
        const kube_api_resource_list *borrowed;
        kube_api_resource_list       *owned;
    } same = { .borrowed = list };

    return same.owned;
}

kube_api_resource_list *kube_api_resource_list_ref(const kube_api_resource_list *list)
{
    if (list != NULL)
        kube__counted_ref(list->owner);
    return kube__list_own(list);
}

void kube_api_resource_list_unref(kube_api_resource_list *list)
{
    if (list != NULL)
        kube__counted_unref(list->owner);
}
