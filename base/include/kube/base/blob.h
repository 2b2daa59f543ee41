/**
 * @file
 * @brief Immutable bytes that several owners share; overwritten when the last one lets go.
 * @ingroup base
 */
#ifndef KUBE_BASE_BLOB_H
#define KUBE_BASE_BLOB_H

#include <kube/base/error.h>
#include <kube/base/export.h>
#include <kube/base/status.h>
#include <kube/base/str.h>

KUBE_BEGIN_DECLS

/**
 * @brief Counted, immutable bytes. Overwritten before they are freed, so that it can hold a secret.
 * @threadsafety Immutable: share freely.
 * @since 0.1
 */
typedef struct kube_blob kube_blob;

/**
 * @brief Copies bytes into a new blob.
 * @param[in]  bytes What to copy.
 * @param[out] out   Receives it.
 * @param[out] err   Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK                Made.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @ownership    `*out` is the caller's; release with kube_blob_unref().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_blob_new(kube_str bytes, kube_blob **out, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Makes a blob whose bytes its maker fills in, before anybody else has it: for what is read from a file.
 * @param[in]  len   How many bytes.
 * @param[out] bytes Receives where to write them: @p len bytes that hold anything yet; the NUL behind them is there.
 * @param[out] out   Receives the blob.
 * @param[out] err   Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK                Made.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @ownership    `*out` is the caller's; release with kube_blob_unref(). `*bytes` lives as long, and is not written to
 *               any more once the blob is shared.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_blob_alloc(size_t len, char **bytes, kube_blob **out, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief One more reference.
 * @param[in] blob May be NULL.
 * @return @p blob.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_blob *kube_blob_ref(kube_blob *blob);

/**
 * @brief One reference less; the last one overwrites and frees.
 * @param[in] blob May be NULL.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_blob_unref(kube_blob *blob);

/**
 * @brief The bytes.
 * @param[in] blob NULL gives the empty slice.
 * @return A slice; a NUL that does not count follows it.
 * @ownership    Lives as long as @p blob.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_str kube_blob_str(const kube_blob *blob);

KUBE_END_DECLS

#endif
