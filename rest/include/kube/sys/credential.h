/**
 * @file
 * @brief Plugging in an identity: where the Authorization header comes from.
 * @ingroup rest
 */
#ifndef KUBE_SYS_CREDENTIAL_H
#define KUBE_SYS_CREDENTIAL_H

#include <kube/base/blob.h>
#include <kube/sys/io.h>

KUBE_BEGIN_DECLS

/**
 * @brief A source of Authorization headers.
 * @threadsafety Thread-safe; counted.
 * @since 0.1
 */
typedef struct kube_credential kube_credential;

/**
 * @brief An answer that had to wait.
 * @param[in] user          As given.
 * @param[in] status        KUBE_OK or a failure.
 * @param[in] authorization The header's value, the callee's to unref; NULL: send none.
 * @param[in] err           The explanation, the callee's to free; NULL on success.
 * @since 0.1
 */
typedef void kube_credential_done(void *user, kube_status status, kube_blob *authorization, kube_error *err);

/**
 * @brief What a credential can do. Called from any thread; on one loop from one thread at a time.
 * @since 0.1
 */
typedef struct kube_credential_ops {
    size_t struct_size; /**< sizeof(kube_credential_ops). */

    /** Frees the state; exactly once, after the last call. */
    void (*destroy)(void *state);

    /**
     * The value of the Authorization header ("Bearer …") for a request that is about to be sent; visible ASCII and
     * blanks only. Returns a final status with the value in `*out` (NULL: send none), or KUBE_PENDING and @p done later
     * from a step of @p io.
     */
    kube_status (*authorization)(void *state, kube_io *io, const kube_call *call, kube_credential_done *done,
                                 void *user, kube_blob **out, kube_error **err);

    /** The server answered 401 to a request that carried @p used: forget it. May be NULL. */
    void (*unauthorized)(void *state, const kube_blob *used);
} kube_credential_ops;

/**
 * @brief Makes a credential of functions and a state.
 * @param[in]  ops   Copied; `authorization` is required.
 * @param[in]  state Handed to each function. Taken, on failure too: then it is destroyed at once.
 * @param[out] out   Receives it.
 * @param[out] err   Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK Made.
 * @retval KUBE_ERR_INVALID_ARG, KUBE_ERR_OUT_OF_MEMORY Not made.
 * @ownership    `*out` is the caller's; release with kube_credential_unref().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_credential_new(const kube_credential_ops *ops, void *state, kube_credential **out,
                                         kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief One more reference.
 * @param[in] credential May be NULL.
 * @return @p credential.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_credential *kube_credential_ref(kube_credential *credential);

/**
 * @brief One reference less; the last one frees.
 * @param[in] credential May be NULL.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_credential_unref(kube_credential *credential);

KUBE_END_DECLS

#endif
