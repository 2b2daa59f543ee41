/**
 * @file
 * @brief An answer.
 * @ingroup rest
 */
#ifndef KUBE_REST_RESPONSE_H
#define KUBE_REST_RESPONSE_H

#include <kube/base/export.h>
#include <kube/base/str.h>

KUBE_BEGIN_DECLS

/**
 * @brief Status, headers and the whole body of an answer.
 * @threadsafety Immutable, counted: share freely.
 * @since 0.1
 */
typedef struct kube_rest_response kube_rest_response;

/**
 * @brief One more reference.
 * @param[in] response May be NULL.
 * @return @p response.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_rest_response *kube_rest_response_ref(kube_rest_response *response);

/**
 * @brief One reference less; the last one frees.
 * @param[in] response May be NULL.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_rest_response_unref(kube_rest_response *response);

/**
 * @brief The HTTP status code.
 * @param[in] response The answer.
 * @return 100 to 599.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API int kube_rest_response_http_status(const kube_rest_response *response);

/**
 * @brief The body, decompressed.
 * @param[in] response The answer.
 * @return The bytes; a NUL that does not count follows them.
 * @ownership    Lives as long as @p response.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_str kube_rest_response_body(const kube_rest_response *response);

/**
 * @brief The first value of a header.
 * @param[in] response The answer.
 * @param[in] name     In any case.
 * @return The value without blanks around it, or NULL when there is no such header.
 * @ownership    Lives as long as @p response.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_rest_response_header(const kube_rest_response *response, const char *name);

KUBE_END_DECLS

#endif
