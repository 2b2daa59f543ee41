/**
 * @file
 * @brief A borrowed piece of text: pointer and length.
 * @ingroup base
 */
#ifndef KUBE_BASE_STR_H
#define KUBE_BASE_STR_H

#include <kube/base/export.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

KUBE_BEGIN_DECLS

/**
 * @brief A slice of bytes that belongs to somebody else, passed by value.
 *
 * Not NUL-terminated. Valid as long as its owner says. The empty slice may have a NULL pointer.
 * @since 0.1
 */
typedef struct kube_str {
    const char *data; /**< The first byte; may be NULL when @ref len is 0. */
    size_t      len;  /**< How many bytes.                                 */
} kube_str;

/**
 * @brief A slice over a C string.
 * @param[in] text NUL-terminated, or NULL for the empty slice.
 * @return A slice that borrows @p text.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
static inline kube_str kube_str_c(const char *text)
{
    kube_str s;
    s.data = text;
    s.len = text != NULL ? strlen(text) : 0;
    return s;
}

/**
 * @brief A slice over @p len bytes at @p data.
 * @param[in] data The first byte.
 * @param[in] len  How many bytes.
 * @return A slice that borrows @p data.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
static inline kube_str kube_str_n(const char *data, size_t len)
{
    kube_str s;
    s.data = data;
    s.len = len;
    return s;
}

/**
 * @brief Tells whether two slices hold the same bytes.
 * @param[in] a One slice.
 * @param[in] b The other.
 * @return true when length and bytes are equal.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
static inline bool kube_str_equal(kube_str a, kube_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/**
 * @brief Tells whether a slice equals a C string.
 * @param[in] a    The slice.
 * @param[in] text NUL-terminated; NULL equals the empty slice.
 * @return true when length and bytes are equal.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
static inline bool kube_str_is(kube_str a, const char *text)
{
    return kube_str_equal(a, kube_str_c(text));
}

KUBE_END_DECLS

#endif
