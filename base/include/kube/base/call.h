/**
 * @file
 * @brief What a caller may say about one operation that waits.
 * @ingroup base
 */
#ifndef KUBE_BASE_CALL_H
#define KUBE_BASE_CALL_H

#include <kube/base/cancel.h>
#include <kube/base/export.h>
#include <stddef.h>
#include <stdint.h>

KUBE_BEGIN_DECLS

/**
 * @brief How old an answer may be, where answers are remembered. Without a memory it changes nothing.
 * @since 0.1
 */
typedef enum kube_freshness {
    KUBE_FRESHNESS_DEFAULT        = 0, /**< As the object was told when it was made.                                */
    KUBE_FRESHNESS_TTL            = 1, /**< What is remembered is used until its time to live is over.              */
    KUBE_FRESHNESS_REVALIDATE     = 2, /**< The server is asked whether what is remembered is still true.           */
    KUBE_FRESHNESS_ONLY_IF_CACHED = 3  /**< What is remembered is used however old it is; the server is not asked.
                                            KUBE_ERR_UNAVAILABLE where nothing is remembered.                       */
} kube_freshness;

/**
 * @brief Options of one call. NULL, or zeroed members, mean the defaults.
 *
 * Read during the call that starts the operation; @ref cancel is kept by reference until the operation is done.
 * @since 0.1
 */
typedef struct kube_call_options {
    size_t       struct_size; /**< Set by KUBE_CALL_OPTIONS_INIT.                                              */
    kube_cancel *cancel;      /**< Ends the operation when fired. NULL: nothing does.                          */
    int64_t      timeout_ms;  /**< For the whole operation, waiting included. 0: the client's; negative: none. */
    kube_freshness freshness; /**< How old an answer may be.                                                   */
    uint32_t     reserved;    /**< Zero.                                                                       */
} kube_call_options;

#ifdef __cplusplus
static inline kube_call_options kube_call_options_make(void)
{
    kube_call_options o = kube_call_options();
    o.struct_size = sizeof o;
    return o;
}
/** Initialises a kube_call_options. */
#define KUBE_CALL_OPTIONS_INIT kube_call_options_make()
#else
/** Initialises a kube_call_options. */
#define KUBE_CALL_OPTIONS_INIT { .struct_size = sizeof(kube_call_options) }
#endif

KUBE_END_DECLS

#endif
