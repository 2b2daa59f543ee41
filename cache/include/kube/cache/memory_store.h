/**
 * @file
 * @brief A store in this process's memory.
 * @ingroup cache
 */
#ifndef KUBE_CACHE_MEMORY_STORE_H
#define KUBE_CACHE_MEMORY_STORE_H

#include <kube/base/clock.h>
#include <kube/cache/store.h>

KUBE_BEGIN_DECLS

/** @brief Options of kube_memory_store_new(). Zeroed members mean the defaults. @since 0.1 */
typedef struct kube_memory_store_options {
    size_t            struct_size; /**< Set by KUBE_MEMORY_STORE_OPTIONS_INIT.                                       */
    uint64_t          max_bytes;   /**< Of all entries with their keys and about a hundred bytes for each; what was not
                                        used for longest makes room. 0: 64 MiB.                                      */
    const kube_clock *clock;       /**< Outlives the store. NULL: the system's.                                      */
} kube_memory_store_options;

#ifdef __cplusplus
static inline kube_memory_store_options kube_memory_store_options_make(void)
{
    kube_memory_store_options o = kube_memory_store_options();
    o.struct_size = sizeof o;
    return o;
}
/** Initialises a kube_memory_store_options. */
#define KUBE_MEMORY_STORE_OPTIONS_INIT kube_memory_store_options_make()
#else
/** Initialises a kube_memory_store_options. */
#define KUBE_MEMORY_STORE_OPTIONS_INIT { .struct_size = sizeof(kube_memory_store_options) }
#endif

/**
 * @brief Makes an empty store in memory. Several clients may share it.
 *
 * Entries are immutable and shared: reading one copies nothing. Operations answer at once.
 * @param[in]  opts Options; NULL: the defaults.
 * @param[out] out  Receives it.
 * @param[out] err  Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK                Made.
 * @retval KUBE_ERR_INVALID_ARG   The options were not initialised.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @ownership    `*out` is the caller's; release with kube_store_unref().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_memory_store_new(const kube_memory_store_options *opts, kube_store **out,
                                           kube_error **err) KUBE_MUST_CHECK;

KUBE_END_DECLS

#endif
