/**
 * @file
 * @brief Everything a server offers, at one moment: the questions that need no waiting.
 * @ingroup discovery
 *
 * A snapshot is what every answer of discovery is a view of. It is made once and never changed; a newer answer is
 * another snapshot. A program with a loop of its own fetches one (kube_discovery_fetch_start()) and asks it afterwards
 * as often as it likes, from any thread, without a lock.
 *
 * @code
 * const kube_group_version *apps = kube_discovery_snapshot_group_version(snapshot, "apps/v1");
 * kube_api_resource_iter it = kube_discovery_snapshot_find(snapshot, KUBE_API_RESOURCE_BY_SHORT_NAME, "deploy");
 * const kube_api_resource *deployments = kube_api_resource_iter_next(&it);
 * @endcode
 */
#ifndef KUBE_DISCOVERY_SNAPSHOT_H
#define KUBE_DISCOVERY_SNAPSHOT_H

#include <kube/base/error.h>
#include <kube/base/export.h>
#include <kube/base/status.h>
#include <kube/discovery/group.h>
#include <kube/discovery/resource.h>
#include <stddef.h>
#include <stdint.h>

KUBE_BEGIN_DECLS

/**
 * @brief What a server offers, as far as it was asked for and known, at one moment.
 * @threadsafety Immutable, counted: share freely.
 * @since 0.1
 */
typedef struct kube_discovery_snapshot kube_discovery_snapshot;

/**
 * @brief One more reference.
 * @param[in] snapshot May be NULL.
 * @return @p snapshot.
 * @ownership    The caller's; release with kube_discovery_snapshot_unref().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_discovery_snapshot *kube_discovery_snapshot_ref(kube_discovery_snapshot *snapshot);

/**
 * @brief One reference less; the last one frees. Lists that were taken from it keep their own.
 * @param[in] snapshot May be NULL.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_discovery_snapshot_unref(kube_discovery_snapshot *snapshot);

/**
 * @brief The groups, as the server lists them: the core group first, nothing merged, stale versions left out.
 * @param[in] snapshot The snapshot.
 * @return The list; never NULL.
 * @ownership    Borrowed; lives as long as @p snapshot. kube_api_group_list_ref() makes it the caller's own.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const kube_api_group_list *kube_discovery_snapshot_groups(const kube_discovery_snapshot *snapshot);

/**
 * @brief How many groups there are.
 * @param[in] snapshot The snapshot.
 * @return The number.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API size_t kube_discovery_snapshot_group_count(const kube_discovery_snapshot *snapshot);

/**
 * @brief One group, in the server's order.
 * @param[in] snapshot The snapshot.
 * @param[in] i        Less than kube_discovery_snapshot_group_count().
 * @return The group, or NULL when @p i is out of range.
 * @ownership    Borrowed; lives as long as @p snapshot.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const kube_api_group *kube_discovery_snapshot_group_at(const kube_discovery_snapshot *snapshot, size_t i);

/**
 * @brief How many group-versions there are, stale and failed ones included.
 * @param[in] snapshot The snapshot.
 * @return The number.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API size_t kube_discovery_snapshot_group_version_count(const kube_discovery_snapshot *snapshot);

/**
 * @brief One group-version, in the order of groups and versions, a group's stale ones behind its others.
 * @param[in] snapshot The snapshot.
 * @param[in] i        Less than kube_discovery_snapshot_group_version_count().
 * @return The group-version, or NULL when @p i is out of range.
 * @ownership    Borrowed; lives as long as @p snapshot.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const kube_group_version *
kube_discovery_snapshot_group_version_at(const kube_discovery_snapshot *snapshot, size_t i);

/**
 * @brief The group-version of a name: one hash lookup.
 * @param[in] snapshot      The snapshot.
 * @param[in] group_version "apps/v1", or "v1" for the core group.
 * @return The group-version in whatever state, or NULL when the server does not list it. When a server lists it more
 *         than once, the last one that is loaded.
 * @ownership    Borrowed; lives as long as @p snapshot.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const kube_group_version *
kube_discovery_snapshot_group_version(const kube_discovery_snapshot *snapshot, const char *group_version);

/** @brief What a resource is looked up by. Names are compared byte by byte. @since 0.1 */
typedef enum kube_api_resource_key {
    KUBE_API_RESOURCE_BY_NAME       = 0, /**< "deployments", "deployments/status".                          */
    KUBE_API_RESOURCE_BY_SINGULAR   = 1, /**< "deployment"; never a subresource.                            */
    KUBE_API_RESOURCE_BY_KIND       = 2, /**< "Deployment"; never a subresource.                            */
    KUBE_API_RESOURCE_BY_SHORT_NAME = 3, /**< "deploy".                                                     */
    KUBE_API_RESOURCE_BY_CATEGORY   = 4  /**< "all".                                                        */
} kube_api_resource_key;

/**
 * @brief A walk over the resources that match, in the caller's storage. Its members are private.
 * @threadsafety One thread at a time; lives as long as the snapshot.
 * @since 0.1
 */
typedef struct kube_api_resource_iter {
    const kube_discovery_snapshot *snapshot; /**< Private. */
    uint32_t                       index;    /**< Private. */
    uint32_t                       next;     /**< Private. */
} kube_api_resource_iter;

/**
 * @brief Finds the resources that have a name, a kind, a short name or a category.
 * @param[in] snapshot The snapshot.
 * @param[in] key      What @p value is.
 * @param[in] value    What to look for. An empty one finds nothing.
 * @return A walk in priority order: the server's order of groups, versions and resources.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_api_resource_iter kube_discovery_snapshot_find(const kube_discovery_snapshot *snapshot,
                                                             kube_api_resource_key key, const char *value);

/**
 * @brief The next resource of a walk.
 * @param[in,out] iter The walk.
 * @return The resource, or NULL at the end.
 * @ownership    Borrowed; lives as long as the snapshot.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API const kube_api_resource *kube_api_resource_iter_next(kube_api_resource_iter *iter);

/**
 * @brief How many resources and subresources are loaded.
 * @param[in] snapshot The snapshot.
 * @return The number.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API size_t kube_discovery_snapshot_resource_count(const kube_discovery_snapshot *snapshot);

/**
 * @brief How many groups, versions and resources were left out: a string of theirs holds control characters
 *        or is longer than 1 KiB, or they have more than 10,000 verbs, short names or categories.
 * @param[in] snapshot The snapshot.
 * @return The number; 0 for every server that is in order.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API size_t kube_discovery_snapshot_left_out_count(const kube_discovery_snapshot *snapshot);

/**
 * @brief The memory it holds; errors of failed group-versions are not counted.
 * @param[in] snapshot The snapshot.
 * @return Bytes.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API size_t kube_discovery_snapshot_memory_bytes(const kube_discovery_snapshot *snapshot);

/**
 * @brief Tells which group-versions are stale or failed.
 * @param[in]  snapshot The snapshot.
 * @param[out] err      Receives an error with one child per such group-version; may be NULL.
 * @retval KUBE_OK          There are none.
 * @retval KUBE_ERR_PARTIAL There are some.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_discovery_snapshot_failures(const kube_discovery_snapshot *snapshot,
                                                      kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief All groups, and the resource list of every group-version that is loaded.
 * @param[in]  snapshot   The snapshot.
 * @param[out] groups_out Receives the groups; NULL: not wanted.
 * @param[out] lists_out  Receives the lists, in the order of groups and versions; NULL: not wanted.
 * @param[out] err        Receives the explanation of a failure or of what is missing; may be NULL.
 * @retval KUBE_OK          Nothing is missing. As in client-go this is also said when an aggregated document calls
 *                          every group-version stale; kube_discovery_snapshot_failures() tells more.
 * @retval KUBE_ERR_PARTIAL Both are set and @p err has one child for each group-version that is missing.
 * @retval KUBE_ERR_OUT_OF_MEMORY Neither is set.
 * @ownership    The caller's; release with kube_api_group_list_unref() and kube_api_resource_lists_unref().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_discovery_snapshot_groups_and_resources(const kube_discovery_snapshot *snapshot,
                                                                  kube_api_group_list **groups_out,
                                                                  kube_api_resource_lists **lists_out,
                                                                  kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Each resource once, in the version the server prefers; subresources left out.
 *
 * The version is the preferred one of the group, or, where that does not have the resource, the first listed one that
 * does. There is one list for every group-version that is loaded, also when no resource of it was chosen.
 * @param[in]  snapshot The snapshot.
 * @param[out] out      Receives the lists, in the order of groups and versions.
 * @param[out] err      Receives the explanation of a failure or of what is missing; may be NULL.
 * @retval KUBE_OK          Nothing is missing.
 * @retval KUBE_ERR_PARTIAL `*out` is set and @p err has one child for each group-version that is missing.
 * @retval KUBE_ERR_OUT_OF_MEMORY `*out` is not set.
 * @ownership    `*out` is the caller's; release with kube_api_resource_lists_unref().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_discovery_snapshot_preferred_resources(const kube_discovery_snapshot *snapshot,
                                                                 kube_api_resource_lists **out,
                                                                 kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief The namespaced ones of kube_discovery_snapshot_preferred_resources(); lists that are left empty are dropped.
 * @param[in]  snapshot The snapshot.
 * @param[out] out      Receives the lists, in the order of groups and versions.
 * @param[out] err      Receives the explanation of a failure or of what is missing; may be NULL.
 * @retval KUBE_OK          Nothing is missing.
 * @retval KUBE_ERR_PARTIAL `*out` is set and @p err has one child for each group-version that is missing.
 * @retval KUBE_ERR_OUT_OF_MEMORY `*out` is not set.
 * @ownership    `*out` is the caller's; release with kube_api_resource_lists_unref().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_discovery_snapshot_preferred_namespaced_resources(const kube_discovery_snapshot *snapshot,
                                                                            kube_api_resource_lists **out,
                                                                            kube_error **err) KUBE_MUST_CHECK;

KUBE_END_DECLS

#endif
