/**
 * @file
 * @brief Making errors, for those who implement a transport, a credential, a store or a discovery.
 * @ingroup base
 *
 * All of them follow one rule: `err` may be NULL, then nothing is built; when memory runs out, `*err` becomes a static
 * out-of-memory error that nobody writes to. All return the status they were given, so that a function can end with
 * `return kube_error_set(err, KUBE_ERR_CONFIG, …)`.
 */
#ifndef KUBE_SYS_ERROR_H
#define KUBE_SYS_ERROR_H

#include <kube/base/error.h>
#include <stdbool.h>

KUBE_BEGIN_DECLS

/**
 * @brief Makes an error.
 * @param[out] err    Receives it; may be NULL. What it held before is not freed.
 * @param[in]  status A failure.
 * @param[in]  format A literal; foreign text is always an argument. At most 4096 bytes of the result are kept.
 * @return @p status.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_error_set(kube_error **err, kube_status status, const char *format, ...) KUBE_PRINTF(3, 4);

/**
 * @brief Puts a sentence before an error: "reading /etc/x: permission denied".
 * @param[in,out] err    The error to wrap, replaced by its wrapper; may be NULL, and may point to NULL.
 * @param[in]     status The failure to return, normally the cause's own.
 * @param[in]     format A literal.
 * @return @p status.
 * @threadsafety One thread at a time for one error. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_error_wrap(kube_error **err, kube_status status, const char *format, ...) KUBE_PRINTF(3, 4);

/**
 * @brief The out-of-memory error: KUBE_ERR_OUT_OF_MEMORY, without allocating.
 * @param[out] err Receives the static error; may be NULL.
 * @return KUBE_ERR_OUT_OF_MEMORY.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_error_no_memory(kube_error **err);

/**
 * @brief Makes an error from an errno value.
 * @param[out] err    Receives it; may be NULL.
 * @param[in]  status The failure to report, mostly KUBE_ERR_IO. ENOMEM becomes KUBE_ERR_OUT_OF_MEMORY.
 * @param[in]  errnum The errno value; its text is put after the sentence.
 * @param[in]  format A literal: what was tried, and on what.
 * @return The status of the error.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_error_set_errno(kube_error **err, kube_status status, int errnum, const char *format, ...)
    KUBE_PRINTF(4, 5);

/**
 * @brief Adds what an HTTP answer said.
 * @param[in,out] err            The error, fresh from kube_error_set(); NULL and the static error are left alone.
 * @param[in]     http_status    The code, or 0.
 * @param[in]     reason         Kubernetes' reason, copied; NULL or "" for none.
 * @param[in]     retry_after_ms Milliseconds, or -1.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_error_set_http(kube_error *err, int http_status, const char *reason, int64_t retry_after_ms);

/**
 * @brief Adds a child, the failure of one part.
 * @param[in,out] err     The error; NULL and the static error are left alone, and @p child is freed.
 * @param[in]     subject What failed ("apps/v1"); copied.
 * @param[in]     child   Taken, whatever happens; NULL adds nothing.
 * @return false when memory ran out: the child was dropped.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API bool kube_error_take_child(kube_error *err, const char *subject, kube_error *child);

/**
 * @brief A copy, for an error that is kept and also returned.
 * @param[in] err The error; NULL gives NULL.
 * @return The copy with its causes and children, or the static out-of-memory error.
 * @ownership    The caller's; free with kube_error_free().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_error *kube_error_copy(const kube_error *err);

KUBE_END_DECLS

#endif
