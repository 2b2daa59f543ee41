/**
 * @file
 * @brief API resources and lists of them.
 * @ingroup discovery
 *
 * Everything here is a view of a snapshot: immutable, never copied. A list keeps its snapshot alive; what is read from
 * it is borrowed. Strings are NUL-terminated and never NULL; what the server left out reads as "".
 */
#ifndef KUBE_DISCOVERY_RESOURCE_H
#define KUBE_DISCOVERY_RESOURCE_H

#include <kube/base/export.h>
#include <stdbool.h>
#include <stddef.h>

KUBE_BEGIN_DECLS

/**
 * @brief One resource ("deployments") or subresource ("deployments/status") of one group-version.
 * @threadsafety Immutable: share freely. Lives as long as the object it was read from.
 * @since 0.1
 */
typedef struct kube_api_resource kube_api_resource;

/**
 * @brief Resources of one group-version, in the server's order, subresources behind their parent.
 * @threadsafety Immutable, counted: share freely.
 * @since 0.1
 */
typedef struct kube_api_resource_list kube_api_resource_list;

/**
 * @brief Several resource lists, in the order of groups and versions.
 * @threadsafety Immutable, counted: share freely.
 * @since 0.1
 */
typedef struct kube_api_resource_lists kube_api_resource_lists;

/**
 * @brief The name that stands in URLs: the plural, or "plural/subresource".
 * @param[in] resource The resource.
 * @return The name. It has no control characters; it may be empty when the server says so.
 * @ownership    Borrowed; lives as long as @p resource.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_api_resource_name(const kube_api_resource *resource);

/**
 * @brief The singular name; a subresource has its parent's.
 * @param[in] resource The resource.
 * @return The name, or "".
 * @ownership    Borrowed; lives as long as @p resource.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_api_resource_singular_name(const kube_api_resource *resource);

/**
 * @brief The kind of its objects.
 * @param[in] resource The resource.
 * @return The kind, or "".
 * @ownership    Borrowed; lives as long as @p resource.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_api_resource_kind(const kube_api_resource *resource);

/**
 * @brief The group of its kind, where the server names one.
 * @param[in] resource The resource.
 * @return The group; "" means the group of the list.
 * @ownership    Borrowed; lives as long as @p resource.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_api_resource_group(const kube_api_resource *resource);

/**
 * @brief The version of its kind, where the server names one.
 * @param[in] resource The resource.
 * @return The version; "" means the version of the list.
 * @ownership    Borrowed; lives as long as @p resource.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_api_resource_version(const kube_api_resource *resource);

/**
 * @brief The group-version that offers it.
 * @param[in] resource The resource.
 * @return "apps/v1", or "v1" for the core group.
 * @ownership    Borrowed; lives as long as @p resource.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_api_resource_group_version(const kube_api_resource *resource);

/**
 * @brief The hash of the version its objects are stored in. Aggregated documents do not carry it.
 * @param[in] resource The resource.
 * @return The hash, or "".
 * @ownership    Borrowed; lives as long as @p resource.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_api_resource_storage_version_hash(const kube_api_resource *resource);

/**
 * @brief Tells whether its objects live in namespaces.
 * @param[in] resource The resource.
 * @return true for namespaced resources.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API bool kube_api_resource_is_namespaced(const kube_api_resource *resource);

/**
 * @brief Tells whether it is a subresource: whether its name has a slash.
 * @param[in] resource The resource.
 * @return true for subresources.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API bool kube_api_resource_is_subresource(const kube_api_resource *resource);

/**
 * @brief How many verbs it supports.
 * @param[in] resource The resource.
 * @return The number.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API size_t kube_api_resource_verb_count(const kube_api_resource *resource);

/**
 * @brief One verb, in the server's order.
 * @param[in] resource The resource.
 * @param[in] i        Less than kube_api_resource_verb_count().
 * @return The verb, or NULL when @p i is out of range.
 * @ownership    Borrowed; lives as long as @p resource.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_api_resource_verb_at(const kube_api_resource *resource, size_t i);

/**
 * @brief Tells whether it supports a verb.
 * @param[in] resource The resource.
 * @param[in] verb     The verb, as in "list".
 * @return true when it does.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API bool kube_api_resource_has_verb(const kube_api_resource *resource, const char *verb);

/**
 * @brief How many short names it has.
 * @param[in] resource The resource.
 * @return The number.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API size_t kube_api_resource_short_name_count(const kube_api_resource *resource);

/**
 * @brief One short name ("deploy").
 * @param[in] resource The resource.
 * @param[in] i        Less than kube_api_resource_short_name_count().
 * @return The short name, or NULL when @p i is out of range.
 * @ownership    Borrowed; lives as long as @p resource.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_api_resource_short_name_at(const kube_api_resource *resource, size_t i);

/**
 * @brief How many categories it belongs to.
 * @param[in] resource The resource.
 * @return The number.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API size_t kube_api_resource_category_count(const kube_api_resource *resource);

/**
 * @brief One category ("all").
 * @param[in] resource The resource.
 * @param[in] i        Less than kube_api_resource_category_count().
 * @return The category, or NULL when @p i is out of range.
 * @ownership    Borrowed; lives as long as @p resource.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_api_resource_category_at(const kube_api_resource *resource, size_t i);

/**
 * @brief Tells whether it belongs to a category.
 * @param[in] resource The resource.
 * @param[in] category The category.
 * @return true when it does.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API bool kube_api_resource_has_category(const kube_api_resource *resource, const char *category);

/**
 * @brief The group-version the list is about, as the server writes it in the list.
 * @param[in] list The list; NULL gives "".
 * @return "apps/v1", or "v1" for the core group.
 * @ownership    Borrowed; lives as long as @p list.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_api_resource_list_group_version(const kube_api_resource_list *list);

/**
 * @brief How many resources are in the list.
 * @param[in] list The list; NULL counts as empty.
 * @return The number.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API size_t kube_api_resource_list_count(const kube_api_resource_list *list);

/**
 * @brief One resource of a list.
 * @param[in] list The list.
 * @param[in] i    Less than kube_api_resource_list_count().
 * @return The resource, or NULL when @p i is out of range.
 * @ownership    Borrowed; lives as long as @p list.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const kube_api_resource *kube_api_resource_list_at(const kube_api_resource_list *list, size_t i);

/**
 * @brief A list of one's own: a reference to it, and so to its snapshot.
 * @param[in] list Owned or borrowed; may be NULL.
 * @return @p list, or NULL.
 * @ownership    The caller's; release with kube_api_resource_list_unref().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_api_resource_list *kube_api_resource_list_ref(const kube_api_resource_list *list);

/**
 * @brief One reference less.
 * @param[in] list May be NULL.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_api_resource_list_unref(kube_api_resource_list *list);

/**
 * @brief How many lists there are.
 * @param[in] lists The lists; NULL counts as none.
 * @return The number.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API size_t kube_api_resource_lists_count(const kube_api_resource_lists *lists);

/**
 * @brief One list.
 * @param[in] lists The lists.
 * @param[in] i     Less than kube_api_resource_lists_count().
 * @return The list, or NULL when @p i is out of range.
 * @ownership    Borrowed; lives as long as @p lists. kube_api_resource_list_ref() makes it the caller's own.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const kube_api_resource_list *kube_api_resource_lists_at(const kube_api_resource_lists *lists, size_t i);

/**
 * @brief One more reference.
 * @param[in] lists May be NULL.
 * @return @p lists.
 * @ownership    The caller's; release with kube_api_resource_lists_unref().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_api_resource_lists *kube_api_resource_lists_ref(kube_api_resource_lists *lists);

/**
 * @brief One reference less; the last one frees.
 * @param[in] lists May be NULL.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_api_resource_lists_unref(kube_api_resource_lists *lists);

KUBE_END_DECLS

#endif
