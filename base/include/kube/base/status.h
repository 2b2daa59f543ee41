/**
 * @file
 * @brief The status every fallible function returns.
 *
 * @defgroup base base: errors, memory, time, the loop
 * @brief What all the other libraries stand on. It knows neither HTTP nor Kubernetes.
 * @{
 */
#ifndef KUBE_BASE_STATUS_H
#define KUBE_BASE_STATUS_H

#include <kube/base/export.h>

KUBE_BEGIN_DECLS

/**
 * @brief What happened, as one of a few values a program can branch on.
 *
 * The numbers never change and none is used twice. What a person needs to know is in the kube_error that comes with a
 * failure.
 * @since 0.1
 */
typedef enum kube_status {
    KUBE_PENDING               = -1, /**< Started; the answer comes by callback. Not a failure.                    */
    KUBE_OK                    = 0,  /**< Done.                                                                    */
    KUBE_ERR_INVALID_ARG       = 1,  /**< The caller broke the function's contract.                                */
    KUBE_ERR_OUT_OF_MEMORY     = 2,  /**< An allocation failed.                                                    */
    KUBE_ERR_CANCELLED         = 3,  /**< The caller's kube_cancel was fired, or the loop was freed.               */
    KUBE_ERR_TIMEOUT           = 4,  /**< The deadline passed.                                                     */
    KUBE_ERR_UNAVAILABLE       = 5,  /**< No connection, or it was lost; name unknown; HTTP 503.                   */
    KUBE_ERR_TLS               = 6,  /**< The TLS handshake failed: wrong CA, wrong name, bad certificate.         */
    KUBE_ERR_UNAUTHORIZED      = 7,  /**< HTTP 401: the server does not accept the credentials.                    */
    KUBE_ERR_FORBIDDEN         = 8,  /**< HTTP 403: known, but not allowed.                                        */
    KUBE_ERR_NOT_FOUND         = 9,  /**< HTTP 404, or the thing asked for does not exist.                         */
    KUBE_ERR_CONFLICT          = 10, /**< HTTP 409.                                                                */
    KUBE_ERR_TOO_MANY_REQUESTS = 11, /**< HTTP 429; kube_error_retry_after_ms() may say when to come back.         */
    KUBE_ERR_SERVER            = 12, /**< Any other refusal by the server (4xx, 5xx).                              */
    KUBE_ERR_PROTOCOL          = 13, /**< The peer broke HTTP, or answered something that is no answer.            */
    KUBE_ERR_PARSE             = 14, /**< A document is not what its type promises.                                */
    KUBE_ERR_LIMIT             = 15, /**< A ceiling was reached: body, header, depth, count.                       */
    KUBE_ERR_IO                = 16, /**< The operating system refused: files, descriptors, processes.             */
    KUBE_ERR_CONFIG            = 17, /**< A configuration is missing, contradictory or malformed.                  */
    KUBE_ERR_UNSUPPORTED       = 18, /**< Understood, but this build or release cannot do it.                      */
    KUBE_ERR_PARTIAL           = 19, /**< An answer and an error: something is missing from the answer.            */
    KUBE_ERR_STALE             = 20, /**< The server itself calls this information out of date.                    */
    KUBE_ERR_INVALID_STATE     = 21, /**< The object is not in a state in which this is possible.                  */
    KUBE_ERR_WOULD_DEADLOCK    = 22, /**< A blocking call inside a callback of a loop.                             */
    KUBE_ERR_FORKED            = 23, /**< The object belongs to the parent process.                                */
    KUBE_ERR_NOT_MODIFIED      = 24, /**< HTTP 304: what the caller has is still true.                             */
    KUBE_ERR_GONE              = 25  /**< HTTP 410: a resource version or continue token is too old.               */
} kube_status;

/**
 * @brief The name of a status, for logs and messages.
 *
 * @param[in] status Any value, also one this release does not know.
 * @return The constant's name without its prefix in lower case ("not found"); "unknown status" for other numbers.
 * @ownership    Static; never freed.
 * @threadsafety Any thread, any time. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_status_name(kube_status status);

KUBE_END_DECLS

/** @} */
#endif
