/**
 * @file
 * @brief API groups, their versions, and what is known of each version.
 * @ingroup discovery
 */
#ifndef KUBE_DISCOVERY_GROUP_H
#define KUBE_DISCOVERY_GROUP_H

#include <kube/base/error.h>
#include <kube/base/export.h>
#include <kube/discovery/resource.h>
#include <stddef.h>
#include <stdint.h>

KUBE_BEGIN_DECLS

/**
 * @brief One API group with the versions the server offers.
 * @threadsafety Immutable: share freely. Lives as long as the object it was read from.
 * @since 0.1
 */
typedef struct kube_api_group kube_api_group;

/**
 * @brief The groups of a server: the core group first, then the others in the server's order.
 * @threadsafety Immutable, counted: share freely.
 * @since 0.1
 */
typedef struct kube_api_group_list kube_api_group_list;

/**
 * @brief One version of one group, with what the snapshot knows of its resources.
 * @threadsafety Immutable: share freely. Lives as long as the object it was read from.
 * @since 0.1
 */
typedef struct kube_group_version kube_group_version;

/** @brief What a snapshot knows of a group-version's resources. @since 0.1 */
typedef enum kube_group_version_state {
    KUBE_GROUP_VERSION_ABSENT = 0, /**< Nothing: only its name was asked for.                                  */
    KUBE_GROUP_VERSION_LOADED = 1, /**< The list of its resources, perhaps empty.                              */
    KUBE_GROUP_VERSION_STALE  = 2, /**< The server says that its own knowledge is out of date, and gives none. */
    KUBE_GROUP_VERSION_FAILED = 3  /**< The list could not be had; the error is kept.                          */
} kube_group_version_state;

/** @brief Where a group-version's state comes from. @since 0.1 */
typedef enum kube_group_version_origin {
    KUBE_GROUP_VERSION_ORIGIN_SERVER   = 1, /**< A list of its own, asked of the server.                    */
    KUBE_GROUP_VERSION_ORIGIN_DOCUMENT = 2  /**< The server's aggregated document, together with the others. */
} kube_group_version_origin;

/**
 * @brief The group's name.
 * @param[in] group The group.
 * @return "apps"; "" for the core group.
 * @ownership    Borrowed; lives as long as @p group.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_api_group_name(const kube_api_group *group);

/**
 * @brief How many versions the server lists for the group. Stale ones are not among them.
 * @param[in] group The group.
 * @return The number; 0 is possible.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API size_t kube_api_group_version_count(const kube_api_group *group);

/**
 * @brief One listed version, in the server's order.
 * @param[in] group The group.
 * @param[in] i     Less than kube_api_group_version_count().
 * @return The version, or NULL when @p i is out of range.
 * @ownership    Borrowed; lives as long as @p group.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const kube_group_version *kube_api_group_version_at(const kube_api_group *group, size_t i);

/**
 * @brief The version the server prefers.
 * @param[in] group The group.
 * @return "v1", or "" when there is none. It need not be among the listed ones.
 * @ownership    Borrowed; lives as long as @p group.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_api_group_preferred_version(const kube_api_group *group);

/**
 * @brief The group-version the server prefers.
 * @param[in] group The group.
 * @return "apps/v1", or "" when there is none.
 * @ownership    Borrowed; lives as long as @p group.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_api_group_preferred_group_version(const kube_api_group *group);

/**
 * @brief The group-version as the server writes it.
 * @param[in] group_version The group-version.
 * @return "apps/v1", or "v1" for the core group.
 * @ownership    Borrowed; lives as long as @p group_version.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_group_version_name(const kube_group_version *group_version);

/**
 * @brief The group alone.
 * @param[in] group_version The group-version.
 * @return "apps"; "" for the core group.
 * @ownership    Borrowed; lives as long as @p group_version.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_group_version_group(const kube_group_version *group_version);

/**
 * @brief The version alone.
 * @param[in] group_version The group-version.
 * @return "v1".
 * @ownership    Borrowed; lives as long as @p group_version.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_group_version_version(const kube_group_version *group_version);

/**
 * @brief What the snapshot knows of it.
 * @param[in] group_version The group-version; NULL is absent.
 * @return The state.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_group_version_state kube_group_version_state_of(const kube_group_version *group_version);

/**
 * @brief Where its state comes from.
 * @param[in] group_version The group-version; not absent.
 * @return The origin.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_group_version_origin kube_group_version_origin_of(const kube_group_version *group_version);

/**
 * @brief When the server said so.
 * @param[in] group_version The group-version.
 * @return Milliseconds since 1970, UTC; 0 when nothing is known of it.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API int64_t kube_group_version_time_unix_ms(const kube_group_version *group_version);

/**
 * @brief Its resources.
 * @param[in] group_version The group-version; may be NULL.
 * @return The list, or NULL unless its state is KUBE_GROUP_VERSION_LOADED.
 * @ownership    Borrowed; lives as long as @p group_version. kube_api_resource_list_ref() makes it the caller's own.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const kube_api_resource_list *kube_group_version_resources(const kube_group_version *group_version);

/**
 * @brief Why its resources could not be had.
 * @param[in] group_version The group-version; may be NULL.
 * @return The error, or NULL unless its state is KUBE_GROUP_VERSION_FAILED.
 * @ownership    Borrowed; lives as long as @p group_version.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const kube_error *kube_group_version_error(const kube_group_version *group_version);

/**
 * @brief How many groups there are.
 * @param[in] list The list; NULL counts as empty.
 * @return The number.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API size_t kube_api_group_list_count(const kube_api_group_list *list);

/**
 * @brief One group.
 * @param[in] list The list.
 * @param[in] i    Less than kube_api_group_list_count().
 * @return The group, or NULL when @p i is out of range.
 * @ownership    Borrowed; lives as long as @p list.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const kube_api_group *kube_api_group_list_at(const kube_api_group_list *list, size_t i);

/**
 * @brief A list of one's own: a reference to it, and so to its snapshot.
 * @param[in] list Owned or borrowed; may be NULL.
 * @return @p list, or NULL.
 * @ownership    The caller's; release with kube_api_group_list_unref().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_api_group_list *kube_api_group_list_ref(const kube_api_group_list *list);

/**
 * @brief One reference less.
 * @param[in] list May be NULL.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_api_group_list_unref(kube_api_group_list *list);

KUBE_END_DECLS

#endif
