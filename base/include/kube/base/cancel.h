/**
 * @file
 * @brief Cancelling operations, alone or as a tree.
 * @ingroup base
 */
#ifndef KUBE_BASE_CANCEL_H
#define KUBE_BASE_CANCEL_H

#include <kube/base/error.h>
#include <kube/base/export.h>
#include <kube/base/status.h>
#include <stdbool.h>

KUBE_BEGIN_DECLS

/**
 * @brief A flag that ends the operations it was given to, and those of its children.
 *
 * What Go calls a context, without values and deadlines (a context is a kubeconfig entry here). One object may be given
 * to any number of operations. Firing it is final.
 *
 * @threadsafety Thread-safe; counted.
 * @since 0.1
 */
typedef struct kube_cancel kube_cancel;

/**
 * @brief Makes one.
 * @param[in]  parent When it is fired this one is fired too; kept by reference. NULL: none.
 * @param[out] out    Receives it.
 * @param[out] err    Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK                Made. A child of a fired parent is born fired.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @ownership    `*out` is the caller's; release with kube_cancel_unref().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_cancel_new(kube_cancel *parent, kube_cancel **out, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief One more reference.
 * @param[in] cancel May be NULL.
 * @return @p cancel.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_cancel *kube_cancel_ref(kube_cancel *cancel);

/**
 * @brief One reference less; the last one frees. Operations still running keep their own.
 * @param[in] cancel May be NULL.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_cancel_unref(kube_cancel *cancel);

/**
 * @brief Ends every operation that was given @p cancel or a child of it.
 *
 * Each of them gets its one `done` with KUBE_ERR_CANCELLED from the next kube_io_step() of its loop, and each blocking
 * call returns it. An operation that already has its result keeps it. Firing again does nothing.
 * @param[in] cancel May be NULL.
 * @threadsafety Any thread, also inside callbacks. Not in a signal handler. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_cancel_fire(kube_cancel *cancel);

/**
 * @brief Tells whether it, or a parent of it, was fired.
 * @param[in] cancel NULL is never fired.
 * @return true once fired.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API bool kube_cancel_is_fired(const kube_cancel *cancel);

KUBE_END_DECLS

#endif
