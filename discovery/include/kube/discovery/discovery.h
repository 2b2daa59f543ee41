/**
 * @file
 * @brief Asking what an API server offers.
 *
 * @defgroup discovery discovery: what an API server offers
 * @brief Groups, versions and resources of an API server, under client-go's names.
 * @{
 */
#ifndef KUBE_DISCOVERY_DISCOVERY_H
#define KUBE_DISCOVERY_DISCOVERY_H

#include <kube/base/call.h>
#include <kube/base/error.h>
#include <kube/base/export.h>
#include <kube/base/io.h>
#include <kube/base/status.h>
#include <kube/discovery/group.h>
#include <kube/discovery/resource.h>
#include <kube/discovery/server_version.h>
#include <kube/discovery/snapshot.h>
#include <stdbool.h>

KUBE_BEGIN_DECLS

/**
 * @brief Something that can be asked what an API server offers: the live client, or whatever implements
 *        <kube/sys/discovery.h>.
 * @threadsafety Thread-safe; counted. Blocking calls from many threads share its connections.
 * @since 0.1
 */
typedef struct kube_discovery kube_discovery;

/**
 * @brief One more reference.
 * @param[in] discovery May be NULL.
 * @return @p discovery.
 * @ownership    The caller's; release with kube_discovery_unref().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_discovery *kube_discovery_ref(kube_discovery *discovery);

/**
 * @brief One reference less; the last one frees. Operations still running keep their own.
 * @param[in] discovery May be NULL.
 * @threadsafety Any thread; not while a blocking call of this object runs in another thread, unless that thread holds a
 *               reference. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_discovery_unref(kube_discovery *discovery);

/**
 * @brief The groups the server offers. Stale versions are left out of them, without an error.
 * @param[in]  discovery Whom to ask.
 * @param[in]  opts      Deadline and cancel; NULL: the defaults.
 * @param[out] out       Receives the groups. Untouched on failure.
 * @param[out] err       Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK                 Groups returned.
 * @retval KUBE_ERR_UNAUTHORIZED, KUBE_ERR_FORBIDDEN, KUBE_ERR_NOT_FOUND, KUBE_ERR_TOO_MANY_REQUESTS, KUBE_ERR_SERVER
 *                                 The server refused.
 * @retval KUBE_ERR_UNAVAILABLE, KUBE_ERR_TLS  No connection.
 * @retval KUBE_ERR_PROTOCOL, KUBE_ERR_PARSE, KUBE_ERR_LIMIT  The answer cannot be used: the message says why.
 * @retval KUBE_ERR_TIMEOUT, KUBE_ERR_CANCELLED  As asked.
 * @retval KUBE_ERR_WOULD_DEADLOCK Called inside a callback of a loop.
 * @retval KUBE_ERR_FORKED         The object belongs to the parent process.
 * @ownership    `*out` is the caller's; release with kube_api_group_list_unref(). It outlives @p discovery.
 * @threadsafety Any thread, any number at once. @blocking Up to the deadline.
 * @since 0.1
 */
KUBE_API kube_status kube_discovery_server_groups(kube_discovery *discovery, const kube_call_options *opts,
                                                  kube_api_group_list **out, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief The resources of one group-version.
 * @param[in]  discovery     Whom to ask.
 * @param[in]  group_version "apps/v1", or "v1" for the core group.
 * @param[in]  opts          Deadline and cancel; NULL: the defaults.
 * @param[out] out           Receives the list. Untouched on failure.
 * @param[out] err           Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK              The list; empty for "v1" on a server without a core group.
 * @retval KUBE_ERR_NOT_FOUND   The server does not have that group-version.
 * @retval KUBE_ERR_INVALID_ARG @p group_version is empty, or no group-version.
 * @retval KUBE_ERR_UNAVAILABLE And the other statuses of kube_discovery_server_groups().
 * @ownership    `*out` is the caller's; release with kube_api_resource_list_unref(). It outlives @p discovery.
 * @threadsafety Any thread, any number at once. @blocking Up to the deadline.
 * @since 0.1
 */
KUBE_API kube_status kube_discovery_server_resources_for_group_version(kube_discovery *discovery,
                                                                       const char *group_version,
                                                                       const kube_call_options *opts,
                                                                       kube_api_resource_list **out,
                                                                       kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief All groups and all their resources.
 *
 * The live client tries a second time at once when something is missing, as client-go does.
 * @param[in]  discovery  Whom to ask.
 * @param[in]  opts       Deadline and cancel; NULL: the defaults.
 * @param[out] groups_out Receives the groups; NULL: not wanted.
 * @param[out] lists_out  Receives the lists, in the order of groups and versions; NULL: not wanted.
 * @param[out] err        Receives the explanation of a failure or of what is missing; may be NULL.
 * @retval KUBE_OK          Nothing is missing. As in client-go this is also said when an aggregated document calls
 *                          every group-version stale.
 * @retval KUBE_ERR_PARTIAL Both are set and @p err has one child for each group-version that is missing.
 * @retval KUBE_ERR_CANCELLED, KUBE_ERR_TIMEOUT As asked; also when it happens between the two attempts.
 * @retval KUBE_ERR_UNAVAILABLE And the other statuses of kube_discovery_server_groups(); nothing is set.
 * @ownership    The caller's; release with kube_api_group_list_unref() and kube_api_resource_lists_unref().
 * @threadsafety Any thread, any number at once. @blocking Up to the deadline.
 * @since 0.1
 */
KUBE_API kube_status kube_discovery_server_groups_and_resources(kube_discovery *discovery,
                                                                const kube_call_options *opts,
                                                                kube_api_group_list **groups_out,
                                                                kube_api_resource_lists **lists_out,
                                                                kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Each resource once, in the version the server prefers; see kube_discovery_snapshot_preferred_resources().
 *
 * The live client tries a second time at once when something is missing, as client-go does.
 * @param[in]  discovery Whom to ask.
 * @param[in]  opts      Deadline and cancel; NULL: the defaults.
 * @param[out] out       Receives the lists, in the order of groups and versions.
 * @param[out] err       Receives the explanation of a failure or of what is missing; may be NULL.
 * @retval KUBE_OK          Nothing is missing.
 * @retval KUBE_ERR_PARTIAL `*out` is set and @p err has one child for each group-version that is missing.
 * @retval KUBE_ERR_CANCELLED, KUBE_ERR_TIMEOUT As asked; also when it happens between the two attempts.
 * @retval KUBE_ERR_UNAVAILABLE And the other statuses of kube_discovery_server_groups().
 * @ownership    `*out` is the caller's; release with kube_api_resource_lists_unref().
 * @threadsafety Any thread, any number at once. @blocking Up to the deadline.
 * @since 0.1
 */
KUBE_API kube_status kube_discovery_server_preferred_resources(kube_discovery *discovery,
                                                               const kube_call_options *opts,
                                                               kube_api_resource_lists **out,
                                                               kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief The namespaced ones of the preferred resources; lists that are left empty are dropped. One attempt only.
 * @param[in]  discovery Whom to ask.
 * @param[in]  opts      Deadline and cancel; NULL: the defaults.
 * @param[out] out       Receives the lists, in the order of groups and versions.
 * @param[out] err       Receives the explanation of a failure or of what is missing; may be NULL.
 * @retval KUBE_OK          Nothing is missing.
 * @retval KUBE_ERR_PARTIAL `*out` is set and @p err has one child for each group-version that is missing.
 * @retval KUBE_ERR_UNAVAILABLE And the other statuses of kube_discovery_server_groups().
 * @ownership    `*out` is the caller's; release with kube_api_resource_lists_unref().
 * @threadsafety Any thread, any number at once. @blocking Up to the deadline.
 * @since 0.1
 */
KUBE_API kube_status kube_discovery_server_preferred_namespaced_resources(kube_discovery *discovery,
                                                                          const kube_call_options *opts,
                                                                          kube_api_resource_lists **out,
                                                                          kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief The version the server says it is.
 * @param[in]  discovery Whom to ask.
 * @param[in]  opts      Deadline and cancel; NULL: the defaults.
 * @param[out] out       Receives it. Untouched on failure.
 * @param[out] err       Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK              The version.
 * @retval KUBE_ERR_UNSUPPORTED This discovery cannot tell.
 * @retval KUBE_ERR_UNAVAILABLE And the other statuses of kube_discovery_server_groups().
 * @ownership    `*out` is the caller's; release with kube_server_version_unref().
 * @threadsafety Any thread, any number at once. @blocking Up to the deadline.
 * @since 0.1
 */
KUBE_API kube_status kube_discovery_server_version(kube_discovery *discovery, const kube_call_options *opts,
                                                   kube_server_version **out, kube_error **err) KUBE_MUST_CHECK;

/** @brief What to fetch. @since 0.1 */
typedef enum kube_discovery_want {
    KUBE_DISCOVERY_WANT_ALL           = 0, /**< All groups with all their resources.                                  */
    KUBE_DISCOVERY_WANT_GROUPS        = 1, /**< The groups; their resources only where they come with them.           */
    KUBE_DISCOVERY_WANT_GROUP_VERSION = 2  /**< The resources of one group-version, and nothing else.                 */
} kube_discovery_want;

/**
 * @brief A fetch has ended.
 * @param[in] user     As given.
 * @param[in] status   KUBE_OK; KUBE_ERR_PARTIAL with both set; or a failure, as kube_discovery_server_groups() returns.
 * @param[in] snapshot The answer, the callee's to unref; NULL on failure.
 * @param[in] err      The explanation, the callee's to free; NULL on success.
 * @since 0.1
 */
typedef void kube_discovery_fetch_done(void *user, kube_status status, kube_discovery_snapshot *snapshot,
                                       kube_error *err);

/**
 * @brief Starts a fetch on a loop; afterwards every question is answered by the snapshot, without waiting.
 * @param[in]  discovery     Whom to ask; kept by reference until the fetch is done.
 * @param[in]  io            The caller's loop.
 * @param[in]  want          What to fetch.
 * @param[in]  group_version Which, for KUBE_DISCOVERY_WANT_GROUP_VERSION; else NULL. Copied.
 * @param[in]  opts          Deadline and cancel; NULL: the defaults.
 * @param[in]  done          Called exactly once, from a step of @p io, unless this function fails. KUBE_ERR_PARTIAL
 *                           says that a group-version of the snapshot is stale or failed.
 * @param[in]  user          Handed to @p done.
 * @param[out] err           Receives the explanation of a failure; may be NULL.
 * @retval KUBE_PENDING         Started.
 * @retval KUBE_ERR_INVALID_ARG @p group_version is missing or no group-version, or the options were not initialised.
 * @retval KUBE_ERR_CANCELLED, KUBE_ERR_TIMEOUT, KUBE_ERR_OUT_OF_MEMORY, KUBE_ERR_FORKED Not started.
 * @return Or whatever other failure the discovery's fetch returns at once; then @p done is not called.
 * @threadsafety The thread that steps @p io. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_discovery_fetch_start(kube_discovery *discovery, kube_io *io, kube_discovery_want want,
                                                const char *group_version, const kube_call_options *opts,
                                                kube_discovery_fetch_done *done, void *user,
                                                kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Asks the server whether what is known is still true, on a loop, and remembers the answer.
 *
 * A cached client asks with the validators of what it remembers: when nothing has changed that is two requests whose
 * answers have no body. Meanwhile questions with KUBE_FRESHNESS_ONLY_IF_CACHED are answered from what is remembered,
 * and afterwards all are. A discovery that remembers nothing just fetches.
 * @param[in]  discovery Whom to ask; kept by reference until the refresh is done.
 * @param[in]  io        The caller's loop.
 * @param[in]  opts      Deadline and cancel; NULL: the defaults. Its freshness is not looked at.
 * @param[in]  done      Called once, from kube_io_step() or kube_io_free() of @p io.
 * @param[in]  user      Handed to @p done.
 * @param[out] err       Receives the explanation of a failure; may be NULL.
 * @retval KUBE_PENDING         Started: @p done will be called.
 * @retval KUBE_ERR_INVALID_ARG Something is missing. @p done will not be called.
 * @retval KUBE_ERR_OUT_OF_MEMORY, KUBE_ERR_FORKED  @p done will not be called.
 * @threadsafety The thread that steps @p io. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_discovery_refresh_start(kube_discovery *discovery, kube_io *io,
                                                  const kube_call_options *opts, kube_discovery_fetch_done *done,
                                                  void *user, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Whether all that was answered since the beginning, or since it was invalidated, is this object's own
 *        knowledge. false: something came from what another process wrote; who misses a resource may invalidate and ask
 *        again.
 * @param[in] discovery Any; one that remembers nothing is always fresh.
 * @return As said.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API bool kube_discovery_fresh(const kube_discovery *discovery);

/**
 * @brief From now on nothing is used that is older than this moment. Other processes go on using what is stored until
 *        it is replaced. Answers that are already in hand stay as they are.
 * @param[in] discovery Any; one that remembers nothing does nothing.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_discovery_invalidate(kube_discovery *discovery);

KUBE_END_DECLS

/** @} */
#endif
