/**
 * @file
 * @brief A growing byte buffer with a ceiling and a memory for its first failure.
 * @ingroup base
 */
#ifndef KUBE_BASE_BUF_H
#define KUBE_BASE_BUF_H

#include <kube/base/error.h>
#include <kube/base/export.h>
#include <kube/base/status.h>
#include <kube/base/str.h>
#include <stdarg.h>
#include <stddef.h>

KUBE_BEGIN_DECLS

/**
 * @brief A growing byte buffer in the caller's storage.
 *
 * The first append that fails (no memory, ceiling reached) is remembered and makes every later append do nothing:
 * append freely, then ask kube_buf_status() once. While it has not failed, `data[len]` is a NUL that does not count.
 *
 * @threadsafety One thread at a time.
 * @since 0.1
 */
typedef struct kube_buf {
    char       *data;      /**< The bytes, NUL-terminated; NULL while nothing was appended. Read only. */
    size_t      len;       /**< How many bytes. Read only.                                             */
    size_t      capacity;  /**< Allocated bytes. Private.                                              */
    size_t      max_bytes; /**< Ceiling for @ref len, set by the initialiser. Private.                 */
    kube_status failure;   /**< The first failure, or KUBE_OK. Private: use kube_buf_status().         */
} kube_buf;

/** Initialises a kube_buf that never holds more than @p max bytes. */
#define KUBE_BUF_INIT(max) { NULL, 0, 0, (max), KUBE_OK }

/**
 * @brief Initialises a buffer.
 * @param[out] buf       The caller's storage.
 * @param[in]  max_bytes Ceiling: an append that would pass it fails with KUBE_ERR_LIMIT.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_buf_init(kube_buf *buf, size_t max_bytes);

/**
 * @brief Frees the inside and leaves an empty buffer with the same ceiling and no failure.
 * @param[in,out] buf The buffer; NULL is accepted, and a zeroed one.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_buf_clear(kube_buf *buf);

/**
 * @brief As kube_buf_clear(), after overwriting the bytes: for secrets.
 * @param[in,out] buf The buffer; NULL is accepted. Reserve the whole size first (kube_buf_reserve()), because growing
 *                    leaves no copy behind only if the allocator clears; libkube wipes the old block when it grows.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_buf_wipe(kube_buf *buf);

/**
 * @brief Forgets the bytes and the failure, keeps the memory.
 * @param[in,out] buf The buffer.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_buf_reset(kube_buf *buf);

/**
 * @brief Makes room for @p more further bytes, so that appending them cannot fail.
 * @param[in,out] buf  The buffer.
 * @param[in]     more Bytes beyond the present length.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_buf_reserve(kube_buf *buf, size_t more);

/**
 * @brief Appends bytes.
 * @param[in,out] buf  The buffer.
 * @param[in]     text The bytes; may not lie inside @p buf.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_buf_append(kube_buf *buf, kube_str text);

/**
 * @brief Appends a C string.
 * @param[in,out] buf  The buffer.
 * @param[in]     text NUL-terminated; NULL appends nothing.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_buf_append_c(kube_buf *buf, const char *text);

/**
 * @brief Appends one byte.
 * @param[in,out] buf The buffer.
 * @param[in]     c   The byte.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_buf_append_char(kube_buf *buf, char c);

/**
 * @brief Appends formatted text, as printf does.
 * @param[in,out] buf    The buffer.
 * @param[in]     format A literal: foreign text is always an argument.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_buf_append_f(kube_buf *buf, const char *format, ...) KUBE_PRINTF(2, 3);

/**
 * @brief As kube_buf_append_f(), with the values as a va_list.
 * @param[in,out] buf    The buffer.
 * @param[in]     format A literal.
 * @param[in]     args   The values.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_buf_append_v(kube_buf *buf, const char *format, va_list args) KUBE_PRINTF(2, 0);

/**
 * @brief The first failure since the buffer was initialised, reset or cleared.
 * @param[in]  buf The buffer.
 * @param[out] err Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK                Every append was kept.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @retval KUBE_ERR_LIMIT         The ceiling was reached.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_buf_status(const kube_buf *buf, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief The bytes as a slice.
 * @param[in] buf The buffer.
 * @return A slice that lives until the next change of @p buf.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
static inline kube_str kube_buf_str(const kube_buf *buf)
{
    return kube_str_n(buf->data, buf->len);
}

KUBE_END_DECLS

#endif
