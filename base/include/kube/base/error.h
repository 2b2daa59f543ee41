/**
 * @file
 * @brief The explanation that comes with a failed status.
 * @ingroup base
 *
 * Every function that can fail returns a kube_status and takes a `kube_error **err` last. Pass NULL when the status is
 * enough: then nothing is allocated for it. On success `*err` is untouched. On failure `*out` is untouched and `*err`
 * is set, with one exception: KUBE_ERR_PARTIAL sets both.
 */
#ifndef KUBE_BASE_ERROR_H
#define KUBE_BASE_ERROR_H

#include <kube/base/export.h>
#include <kube/base/status.h>
#include <stddef.h>
#include <stdint.h>

KUBE_BEGIN_DECLS

/**
 * @brief Why something failed: status, message, cause, and what the server said.
 *
 * It never holds a secret. Text from a server is kept as it came: a program that prints to a terminal escapes control
 * bytes itself.
 *
 * @threadsafety Immutable once returned: share freely, free once.
 * @since 0.1
 */
typedef struct kube_error kube_error;

/**
 * @brief Frees an error with its causes and children.
 * @param[in] err The error; NULL is accepted.
 * @threadsafety Any thread; once. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_error_free(kube_error *err);

/**
 * @brief The status that was returned with it.
 * @param[in] err The error; NULL gives KUBE_OK.
 * @return The status.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_error_status(const kube_error *err);

/**
 * @brief One line for a person: what failed, where, and why, the causes included.
 * @param[in] err The error; NULL gives "no error".
 * @return The text, without a line feed at its end.
 * @ownership    Lives as long as @p err.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_error_message(const kube_error *err);

/**
 * @brief The error this one was made from.
 * @param[in] err The error; may be NULL.
 * @return The cause, or NULL.
 * @ownership    Lives as long as @p err; not freed by the caller.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const kube_error *kube_error_cause(const kube_error *err);

/**
 * @brief The HTTP status code of the answer, seen through the causes.
 * @param[in] err The error; may be NULL.
 * @return The code, or 0 when no HTTP answer is behind it.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API int kube_error_http_status(const kube_error *err);

/**
 * @brief The reason of a Kubernetes Status object ("NotFound", "Forbidden", …), seen through the causes.
 * @param[in] err The error; may be NULL.
 * @return The reason, or NULL when there was none.
 * @ownership    Lives as long as @p err.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_error_reason(const kube_error *err);

/**
 * @brief How long the server asked to wait before the next try, seen through the causes.
 * @param[in] err The error; may be NULL.
 * @return Milliseconds, or -1 when it did not say.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API int64_t kube_error_retry_after_ms(const kube_error *err);

/**
 * @brief How many parts of a partial answer failed, each with an error of its own.
 * @param[in] err The error; may be NULL.
 * @return The number of children; 0 when the error is not about parts.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API size_t kube_error_child_count(const kube_error *err);

/**
 * @brief One child.
 * @param[in] err The error.
 * @param[in] i   Less than kube_error_child_count().
 * @return The child, or NULL when @p i is out of range.
 * @ownership    Lives as long as @p err.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const kube_error *kube_error_child_at(const kube_error *err, size_t i);

/**
 * @brief What a child is about: a group-version such as "apps/v1".
 * @param[in] err A child; may be NULL.
 * @return The subject, or NULL.
 * @ownership    Lives as long as @p err.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_error_subject(const kube_error *err);

KUBE_END_DECLS

#endif
