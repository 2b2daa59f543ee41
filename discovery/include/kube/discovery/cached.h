/**
 * @file
 * @brief The cached client: discovery whose answers are remembered, and the builder that composes it.
 * @ingroup discovery
 *
 * What it remembers, and what that means, is client-go's CachedDiscoveryClient: an answer is used until its time to
 * live is over; kube_discovery_fresh() tells whether anything was used that another process wrote;
 * kube_discovery_invalidate() makes it use nothing older than that moment. It shares kubectl's folder with kubectl, in
 * both directions.
 *
 * @code
 * kube_cached_discovery_builder *b = kube_cached_discovery_builder_new();
 * kube_cached_discovery_builder_rest(b, rest);
 * kube_cached_discovery_builder_disk(b, NULL);
 * st = kube_cached_discovery_builder_build(b, &discovery, &err);
 * @endcode
 *
 * Where the cache is at fault (a full disk, a damaged file, a store that is out of time) the answer comes from the
 * server, and the logger is told in one line. A call ends when it was cancelled or its deadline is over also while what
 * it found out is written.
 *
 * What was not there is asked for again with each question for that group-version: a resource that was installed a
 * moment ago is found. So is one that failed for a passing reason (no connection, 429, 5xx). One that the server
 * refused (403) or garbled is remembered so for the time to live, or until kube_discovery_invalidate().
 *
 * Who needs the server waits for one who is asking it already, in this process or another, for five seconds at most;
 * then it asks by itself. KUBE_FRESHNESS_REVALIDATE too may be answered by a question that was under way.
 */
#ifndef KUBE_DISCOVERY_CACHED_H
#define KUBE_DISCOVERY_CACHED_H

#include <kube/base/call.h>
#include <kube/base/clock.h>
#include <kube/base/error.h>
#include <kube/base/export.h>
#include <kube/base/log.h>
#include <kube/base/status.h>
#include <kube/cache/store.h>
#include <kube/discovery/client.h>
#include <kube/discovery/discovery.h>
#include <kube/rest/client.h>
#include <stdint.h>

KUBE_BEGIN_DECLS

/** A time to live for kube_cached_discovery_builder_ttl_ms(): everything is always expired. */
#define KUBE_TTL_ALWAYS_EXPIRED (-1)

/** The time to live where nothing else is said: ten minutes, in milliseconds. */
#define KUBE_TTL_DEFAULT_MS (10 * 60 * 1000)

/**
 * @brief Collects what a cached client is made of. It remembers its first error, which only the building reports, so
 *        that composing reads as a plain list of calls; NULL is accepted by all of them.
 * @threadsafety One thread at a time.
 * @since 0.1
 */
typedef struct kube_cached_discovery_builder kube_cached_discovery_builder;

/**
 * @brief Makes an empty builder.
 * @return The builder; NULL when memory ran out, which kube_cached_discovery_builder_build() then reports.
 * @ownership    The caller's; consumed by kube_cached_discovery_builder_build(), or freed with
 *               kube_cached_discovery_builder_free().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_cached_discovery_builder *kube_cached_discovery_builder_new(void);

/**
 * @brief Frees a builder that is not to build anything.
 * @param[in] builder May be NULL.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_cached_discovery_builder_free(kube_cached_discovery_builder *builder);

/**
 * @brief The server: a live client is made for it. Either this or a delegate is needed.
 * @param[in] builder The builder.
 * @param[in] rest    Kept by reference.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_cached_discovery_builder_rest(kube_cached_discovery_builder *builder, kube_rest_client *rest);

/**
 * @brief Options of the live client that is made for a rest client.
 * @param[in] builder The builder.
 * @param[in] opts    Copied; NULL: the defaults.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_cached_discovery_builder_client_options(kube_cached_discovery_builder *builder,
                                                           const kube_discovery_client_options *opts);

/**
 * @brief Whom to ask for what is not remembered, in place of a live client.
 * @param[in] builder  The builder.
 * @param[in] delegate Kept by reference. Not a cached client.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_cached_discovery_builder_delegate(kube_cached_discovery_builder *builder, kube_discovery *delegate);

/**
 * @brief Which server a delegate asks. It names the folder on disk, and the entry in a store that is shared.
 * @param[in] builder The builder.
 * @param[in] url     "https://host:port/prefix", as in the kubeconfig. Copied. Needed with a delegate and a disk or a
 *                    store; with a rest client it is not: that one knows.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_cached_discovery_builder_server(kube_cached_discovery_builder *builder, const char *url);

/**
 * @brief Sets users apart that are not to share what is remembered, where a server tells them different things.
 *        kubectl's documents know no users: a builder that is told of both refuses to build.
 * @param[in] builder The builder.
 * @param[in] user    Any text that is no secret. Copied; NULL: all users share.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_cached_discovery_builder_user(kube_cached_discovery_builder *builder, const char *user);

/**
 * @brief Remembers on disk, in kubectl's folder, so that each is served by what the other one wrote.
 *
 * Below the root, `discovery/<host>/` holds what kubectl would have written and nothing else, in its bytes and modes;
 * `libkube/<server>/` holds libkube's own snapshot, with which it need not read the rest. docs/formats.md describes
 * both.
 * @param[in] builder The builder.
 * @param[in] root    The cache folder; NULL: `$KUBECACHEDIR`, else `$HOME/.kube/cache`. Copied.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_cached_discovery_builder_disk(kube_cached_discovery_builder *builder, const char *root);

/**
 * @brief Remembers on disk, in libkube's own form and for this user alone (modes 0700 and 0600); kubectl's folder is
 *        neither read nor written.
 * @param[in] builder The builder.
 * @param[in] root    The cache folder; NULL: as kube_cached_discovery_builder_disk(). Copied.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_cached_discovery_builder_private_disk(kube_cached_discovery_builder *builder, const char *root);

/**
 * @brief Remembers in this process's memory. So does a builder that was told no place.
 * @param[in] builder The builder.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_cached_discovery_builder_memory(kube_cached_discovery_builder *builder);

/**
 * @brief Remembers in a store, under the key {"<server>", "snapshot"}; several clients and servers may share it.
 * @param[in] builder The builder.
 * @param[in] store   Kept by reference.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_cached_discovery_builder_store(kube_cached_discovery_builder *builder, kube_store *store);

/**
 * @brief Keeps kubectl's documents in a store of one's own, beside what kube_cached_discovery_builder_store() said, or
 *        instead: servergroups.json and <group>/<version>/serverresources.json, of this server and for all its users.
 * @param[in] builder   The builder.
 * @param[in] documents Kept by reference. Its generations must change whenever a document does.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_cached_discovery_builder_documents(kube_cached_discovery_builder *builder, kube_store *documents);

/**
 * @brief How long what is remembered counts.
 * @param[in] builder The builder.
 * @param[in] ttl_ms  Milliseconds from when it was stored; 0: KUBE_TTL_DEFAULT_MS; KUBE_TTL_ALWAYS_EXPIRED.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_cached_discovery_builder_ttl_ms(kube_cached_discovery_builder *builder, int64_t ttl_ms);

/**
 * @brief How old answers may be where a call says nothing.
 * @param[in] builder The builder.
 * @param[in] policy  KUBE_FRESHNESS_DEFAULT is KUBE_FRESHNESS_TTL.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_cached_discovery_builder_policy(kube_cached_discovery_builder *builder, kube_freshness policy);

/**
 * @brief Where the time is read.
 * @param[in] builder The builder.
 * @param[in] clock   Outlives what is built; NULL: the rest client's, else the system's. With files it must agree with
 *                    the clock that dates them.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_cached_discovery_builder_clock(kube_cached_discovery_builder *builder, const kube_clock *clock);

/**
 * @brief Who is told, at KUBE_LOG_WARNING, when the cache is at fault.
 * @param[in] builder The builder.
 * @param[in] logger  Copied; NULL: nobody.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_cached_discovery_builder_logger(kube_cached_discovery_builder *builder, const kube_logger *logger);

/**
 * @brief Makes the cached client. Nothing is read or sent before the first question.
 * @param[in]  builder Consumed, on failure too. NULL: memory had run out.
 * @param[out] out     Receives it: a discovery like any other.
 * @param[out] err     Receives the builder's first error; may be NULL.
 * @retval KUBE_OK                Made.
 * @retval KUBE_ERR_INVALID_ARG   There is neither a rest client nor a delegate, or both; two places to remember; a
 *                                delegate on disk or in a store without a server; a user and kubectl's documents; or a
 *                                value is out of range.
 * @retval KUBE_ERR_CONFIG        The default folder cannot be told: neither `KUBECACHEDIR` nor `HOME` is set.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @ownership    `*out` is the caller's; release with kube_discovery_unref().
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_cached_discovery_builder_build(kube_cached_discovery_builder *builder, kube_discovery **out,
                                                         kube_error **err) KUBE_MUST_CHECK;

/** @brief What a cached client has done so far. @since 0.1 */
typedef struct kube_cached_discovery_stats {
    uint64_t hits;    /**< Questions answered by what was remembered, or another question had just learnt. */
    uint64_t misses;  /**< Questions that asked the delegate, answered or not.      */
    uint64_t written; /**< Documents and entries written; those touched count too.  */
} kube_cached_discovery_stats;

/**
 * @brief Counts what a cached client has done so far.
 * @param[in]  discovery A cached client; for others all numbers are 0.
 * @param[out] out       Receives the numbers.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_cached_discovery_read_stats(const kube_discovery *discovery, kube_cached_discovery_stats *out);

KUBE_END_DECLS

#endif
