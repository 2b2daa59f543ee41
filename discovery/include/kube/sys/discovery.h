/**
 * @file
 * @brief Implementing discovery: a table of functions, and a builder that makes snapshots of a server's documents.
 * @ingroup discovery
 */
#ifndef KUBE_SYS_DISCOVERY_H
#define KUBE_SYS_DISCOVERY_H

#include <kube/base/clock.h>
#include <kube/base/str.h>
#include <kube/discovery/discovery.h>
#include <kube/sys/io.h>
#include <stdbool.h>

KUBE_BEGIN_DECLS

/**
 * @brief What is asked for. Valid until the operation has ended.
 * @since 0.1
 */
typedef struct kube_discovery_request {
    size_t              struct_size;   /**< sizeof(kube_discovery_request).                                       */
    const char         *group_version; /**< For KUBE_DISCOVERY_WANT_GROUP_VERSION: checked, not empty. Else NULL. */
    const kube_discovery_snapshot *known; /**< One that this discovery gave before: KUBE_ERR_NOT_MODIFIED may be the
                                               answer where all of it is still true. NULL: none. May be ignored.  */
    kube_discovery_want want;          /**< What.                                                                 */
    kube_freshness      freshness;     /**< How old the answer may be; for those who remember.                    */
} kube_discovery_request;

/**
 * @brief The server's version had to be waited for.
 * @param[in] user    As given.
 * @param[in] status  KUBE_OK or a failure.
 * @param[in] version The answer, the callee's to unref; NULL on failure.
 * @param[in] err     The explanation, the callee's to free; NULL on success.
 * @since 0.1
 */
typedef void kube_server_version_done(void *user, kube_status status, kube_server_version *version, kube_error *err);

/**
 * @brief What a discovery can do. Called from any thread; on one loop from one thread at a time.
 *
 * Both operations have the form that <kube/sys/io.h> describes: a final status now, or KUBE_PENDING and `done` later.
 * @since 0.1
 */
typedef struct kube_discovery_ops {
    size_t struct_size; /**< sizeof(kube_discovery_ops). */

    /** Frees the state; exactly once, after the last call and the last `done`. Any thread. May be NULL. */
    void (*destroy)(void *state);

    /**
     * Fetches a snapshot. KUBE_ERR_PARTIAL, with the snapshot and an error, when kube_discovery_snapshot_failures() has
     * something to tell and all was wanted. For one group-version: that one is loaded in the snapshot, or the operation
     * fails. KUBE_ERR_NOT_MODIFIED only where a snapshot is known.
     */
    kube_status (*fetch)(void *state, kube_io *io, const kube_discovery_request *request, const kube_call *call,
                         kube_discovery_fetch_done *done, void *user, kube_discovery_snapshot **out,
                         kube_error **err);

    /** Asks for the server's version. May be NULL: unsupported. */
    kube_status (*server_version)(void *state, kube_io *io, const kube_call *call, kube_server_version_done *done,
                                  void *user, kube_server_version **out, kube_error **err);

    /**
     * How often kube_discovery_server_groups_and_resources() and kube_discovery_server_preferred_resources() ask at
     * most while something is missing. 0: once, as caches do; the live client says 2.
     */
    uint32_t max_attempts;

    /** It says nothing of stale group-versions to the questions of client-go: as client-go's cached client. */
    bool silent_when_stale;
    bool reserved[3]; /**< Zero. */

    /**
     * What is at hand: KUBE_OK or KUBE_ERR_PARTIAL with `*out` set, or a failure, now; KUBE_PENDING when it has to be
     * fetched. Any thread, no loop, never waiting: the questions of client-go try this first. May be NULL.
     */
    kube_status (*at_hand)(void *state, const kube_discovery_request *request, kube_discovery_snapshot **out,
                           kube_error **err);

    /**
     * The snapshot that answers every question right now as the object was told to, with a reference for the caller;
     * NULL when there is none, or it would have to be looked for. As cheap as can be: it is tried before all else. May
     * be NULL.
     */
    kube_discovery_snapshot *(*current)(void *state);

    /** See kube_discovery_fresh(). May be NULL: always. */
    bool (*fresh)(void *state);

    /** See kube_discovery_invalidate(). May be NULL: nothing is remembered. */
    void (*invalidate)(void *state);
} kube_discovery_ops;

/**
 * @brief Makes a discovery of functions and a state.
 * @param[in]  ops   Copied; `fetch` is required.
 * @param[in]  state Handed to each function. Taken, on failure too: then it is destroyed at once.
 * @param[in]  clock For blocking calls; outlives the object. NULL: the system's.
 * @param[out] out   Receives it.
 * @param[out] err   Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK Made.
 * @retval KUBE_ERR_INVALID_ARG, KUBE_ERR_OUT_OF_MEMORY Not made.
 * @ownership    `*out` is the caller's; release with kube_discovery_unref().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_discovery_new(const kube_discovery_ops *ops, void *state, const kube_clock *clock,
                                        kube_discovery **out, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Fetches, as kube_discovery_ops::fetch says: for decorators.
 * @param[in]  discovery Whom to ask; must live until the operation has ended.
 * @param[in]  io        The loop.
 * @param[in]  request   Valid until the operation has ended.
 * @param[in]  call      Deadline and cancel; valid until the operation has ended.
 * @param[in]  done      Called once when KUBE_PENDING is returned.
 * @param[in]  user      Handed to @p done.
 * @param[out] out       Receives the snapshot when KUBE_OK or KUBE_ERR_PARTIAL is returned.
 * @param[out] err       Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK                `*out` is set.
 * @retval KUBE_PENDING           @p done will be called.
 * @retval KUBE_ERR_PARTIAL       All was wanted and something is missing; `*out` and `*err` are set.
 * @retval KUBE_ERR_NOT_MODIFIED  What the request knows is still true; only where it knows something.
 * @retval KUBE_ERR_NOT_FOUND, KUBE_ERR_STALE The group-version that was wanted is not served, or its answer is stale.
 * @retval KUBE_ERR_UNAVAILABLE   And the other statuses of kube_discovery_server_groups(), except
 *                                KUBE_ERR_WOULD_DEADLOCK: nothing blocks here.
 * @ownership    `*out` is the caller's; release with kube_discovery_snapshot_unref().
 * @threadsafety The thread that steps @p io. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_discovery_fetch(kube_discovery *discovery, kube_io *io, const kube_discovery_request *request,
                                          const kube_call *call, kube_discovery_fetch_done *done, void *user,
                                          kube_discovery_snapshot **out, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Asks for the server's version, as kube_discovery_ops::server_version says: for decorators.
 * @param[in]  discovery Whom to ask; must live until the operation has ended.
 * @param[in]  io        The loop.
 * @param[in]  call      Deadline and cancel; valid until the operation has ended.
 * @param[in]  done      Called once when KUBE_PENDING is returned.
 * @param[in]  user      Handed to @p done.
 * @param[out] out       Receives the version when KUBE_OK is returned.
 * @param[out] err       Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK              `*out` is set.
 * @retval KUBE_PENDING         @p done will be called.
 * @retval KUBE_ERR_UNSUPPORTED This discovery cannot tell.
 * @ownership    `*out` is the caller's; release with kube_server_version_unref().
 * @threadsafety The thread that steps @p io. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_discovery_fetch_server_version(kube_discovery *discovery, kube_io *io, const kube_call *call,
                                                         kube_server_version_done *done, void *user,
                                                         kube_server_version **out, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Makes a version from the document at /version.
 * @param[in]  document The bytes; read during the call.
 * @param[out] out      Receives it.
 * @param[out] err      Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK        Made.
 * @retval KUBE_ERR_PARSE The document is not one, or holds control characters: the message says where.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @ownership    `*out` is the caller's; release with kube_server_version_unref().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_server_version_from_json(kube_str document, kube_server_version **out,
                                                   kube_error **err) KUBE_MUST_CHECK;

/** @name Building snapshots
 * @{ */

/**
 * @brief Collects what a server's documents say and makes a snapshot of it. No sockets, no files, no loop.
 *
 * Documents that bring groups come first, that of /api before that of /apis; then the lists of single group-versions,
 * in any order. A document that fails to decode makes the builder useless, except a resource list that is none
 * (KUBE_ERR_PARSE) or has too much (KUBE_ERR_LIMIT): that one leaves no trace.
 * @threadsafety One thread at a time.
 * @since 0.1
 */
typedef struct kube_discovery_snapshot_builder kube_discovery_snapshot_builder;

/**
 * @brief Makes a builder.
 * @param[in]  time_unix_ms When the documents were answered, for kube_group_version_time_unix_ms().
 * @param[out] out          Receives it.
 * @param[out] err          Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK                Made.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @ownership    `*out` is the caller's; free with kube_discovery_snapshot_builder_free().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_discovery_snapshot_builder_new(int64_t time_unix_ms, kube_discovery_snapshot_builder **out,
                                                         kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Frees a builder and what it collected.
 * @param[in] builder May be NULL.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_discovery_snapshot_builder_free(kube_discovery_snapshot_builder *builder);

/** @brief The documents that bring groups. @since 0.1 */
typedef enum kube_discovery_document {
    KUBE_DISCOVERY_DOCUMENT_API_VERSIONS = 1, /**< APIVersions: the legacy answer of /api.                            */
    KUBE_DISCOVERY_DOCUMENT_GROUP_LIST   = 2, /**< APIGroupList: the legacy answer of /apis.                          */
    KUBE_DISCOVERY_DOCUMENT_AGGREGATED   = 3  /**< APIGroupDiscoveryList, v2 or v2beta1: groups with their resources. */
} kube_discovery_document;

/**
 * @brief Adds the groups of a document, and their resources where it has them.
 * @param[in] builder The builder.
 * @param[in] kind    What the document is.
 * @param[in] bytes   The document; read during the call.
 * @param[in] subject Where it came from ("/apis"), for messages.
 * @param[out] err    Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK        Added.
 * @retval KUBE_ERR_PARSE The document is not what it should be: the message says where.
 * @retval KUBE_ERR_LIMIT It has more groups, versions, resources or text than any cluster.
 * @retval KUBE_ERR_INVALID_STATE A document failed before, or the snapshot was made already.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_discovery_snapshot_builder_add_groups(kube_discovery_snapshot_builder *builder,
                                                                kube_discovery_document kind, kube_str bytes,
                                                                const char *subject, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Adds the resources of one group-version: an APIResourceList.
 * @param[in] builder       The builder.
 * @param[in] group_version Which was asked for. When no group lists it, a group of its own is added.
 * @param[in] bytes         The document; read during the call.
 * @param[out] err          Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK        Added: the group-version is loaded, whatever it was before.
 * @retval KUBE_ERR_PARSE The document is not an APIResourceList; nothing changed.
 * @retval KUBE_ERR_INVALID_ARG @p group_version is none; nothing changed.
 * @retval KUBE_ERR_LIMIT It has more resources or text than any cluster; nothing changed.
 * @retval KUBE_ERR_INVALID_STATE A document failed before, or the snapshot was made already.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_discovery_snapshot_builder_add_resources(kube_discovery_snapshot_builder *builder,
                                                                   const char *group_version, kube_str bytes,
                                                                   kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Records that the list of a group-version could not be had.
 * @param[in] builder       The builder.
 * @param[in] group_version Which. When no group lists it, a group of its own is added.
 * @param[in] failure       Why; taken, whatever happens.
 * @param[out] err          Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK        Recorded: the group-version is failed, whatever it was before.
 * @retval KUBE_ERR_INVALID_ARG @p group_version is none.
 * @retval KUBE_ERR_INVALID_STATE A document failed before, or the snapshot was made already.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_discovery_snapshot_builder_add_failure(kube_discovery_snapshot_builder *builder,
                                                                 const char *group_version, kube_error *failure,
                                                                 kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Makes the snapshot. The builder can only be freed afterwards.
 * @param[in]  builder The builder.
 * @param[out] out     Receives the snapshot.
 * @param[out] err     Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK                Made.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed, now or before.
 * @retval KUBE_ERR_LIMIT         There is more than libkube accepts.
 * @retval KUBE_ERR_INVALID_STATE A document failed before, or the snapshot was made already.
 * @ownership    `*out` is the caller's; release with kube_discovery_snapshot_unref().
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_discovery_snapshot_builder_build(kube_discovery_snapshot_builder *builder,
                                                           kube_discovery_snapshot **out,
                                                           kube_error **err) KUBE_MUST_CHECK;
/** @} */

KUBE_END_DECLS

#endif
