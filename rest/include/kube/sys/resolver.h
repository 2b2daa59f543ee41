/**
 * @file
 * @brief Plugging in a resolver: how a host name becomes addresses.
 * @ingroup rest
 *
 * Without one, libcurl resolves in a short-lived thread of its own. A program that must have no foreign thread, or has
 * an asynchronous resolver already, hands in its own. Hosts that are addresses are never resolved.
 */
#ifndef KUBE_SYS_RESOLVER_H
#define KUBE_SYS_RESOLVER_H

#include <kube/base/blob.h>
#include <kube/sys/io.h>

KUBE_BEGIN_DECLS

/**
 * @brief A source of addresses.
 * @threadsafety Thread-safe; counted.
 * @since 0.1
 */
typedef struct kube_resolver kube_resolver;

/**
 * @brief An answer that had to wait.
 * @param[in] user      As given.
 * @param[in] status    KUBE_OK or a failure (KUBE_ERR_UNAVAILABLE: the name is unknown).
 * @param[in] addresses IP addresses separated by commas ("10.0.0.1,fd00::1"), best first, at most 64 KiB with the
 *                      host; the callee's to unref.
 * @param[in] err       The explanation, the callee's to free; NULL on success.
 * @since 0.1
 */
typedef void kube_resolver_done(void *user, kube_status status, kube_blob *addresses, kube_error *err);

/** @brief What a resolver can do. @since 0.1 */
typedef struct kube_resolver_ops {
    size_t struct_size; /**< sizeof(kube_resolver_ops). */

    /** Frees the state; exactly once, after the last call. */
    void (*destroy)(void *state);

    /**
     * The addresses of @p host: now, or KUBE_PENDING and @p done later from a step of @p io. The answer is used for a
     * minute. After that it is asked for again, and requests go on with the old one until the new one is there. When
     * no connection came about with it, requests wait for the new one. A failure, and what is not an IP address, is
     * told (KUBE_ERR_UNAVAILABLE) where there is no earlier answer; where there is one it serves for five seconds more.
     * Called from any thread; on one loop from one thread at a time.
     */
    kube_status (*resolve)(void *state, kube_io *io, const char *host, const kube_call *call, kube_resolver_done *done,
                           void *user, kube_blob **out, kube_error **err);
} kube_resolver_ops;

/**
 * @brief Makes a resolver of functions and a state.
 * @param[in]  ops   Copied; `resolve` is required.
 * @param[in]  state Handed to each function. Taken, on failure too: then it is destroyed at once.
 * @param[out] out   Receives it.
 * @param[out] err   Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK Made.
 * @retval KUBE_ERR_INVALID_ARG, KUBE_ERR_OUT_OF_MEMORY Not made.
 * @ownership    `*out` is the caller's; release with kube_resolver_unref().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_resolver_new(const kube_resolver_ops *ops, void *state, kube_resolver **out,
                                       kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief One more reference.
 * @param[in] resolver May be NULL.
 * @return @p resolver.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_resolver *kube_resolver_ref(kube_resolver *resolver);

/**
 * @brief One reference less; the last one frees.
 * @param[in] resolver May be NULL.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_resolver_unref(kube_resolver *resolver);

KUBE_END_DECLS

#endif
