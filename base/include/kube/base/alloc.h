/**
 * @file
 * @brief The process-wide allocator.
 * @ingroup base
 */
#ifndef KUBE_BASE_ALLOC_H
#define KUBE_BASE_ALLOC_H

#include <kube/base/export.h>
#include <kube/base/status.h>
#include <stddef.h>

KUBE_BEGIN_DECLS

/**
 * @brief Where libkube's own memory comes from.
 *
 * It is used for everything libkube allocates itself, never for what libcurl, OpenSSL, jansson or libyaml allocate.
 * @since 0.1
 */
typedef struct kube_allocator {
    size_t struct_size;                                    /**< sizeof(kube_allocator).                            */
    void  *state;                                          /**< Handed to each function.                           */
    void *(*allocate)(void *state, size_t bytes);          /**< As malloc; @p bytes is never 0.                    */
    void *(*reallocate)(void *state, void *p, size_t bytes); /**< As realloc; @p bytes is never 0, @p p may be NULL. */
    void  (*release)(void *state, void *p);                /**< As free; @p p may be NULL.                         */
} kube_allocator;

/**
 * @brief Sets the allocator for the whole process.
 *
 * @param[in] allocator Copied. All functions must be safe in any thread. NULL: back to malloc, if nothing was
 *                      allocated.
 * @retval KUBE_OK                Set.
 * @retval KUBE_ERR_INVALID_ARG   A function is missing, or struct_size is not set.
 * @retval KUBE_ERR_INVALID_STATE Something has already been allocated: it is too late.
 * @threadsafety Once, before any other use of libkube. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_set_allocator(const kube_allocator *allocator) KUBE_MUST_CHECK;

KUBE_END_DECLS

#endif
