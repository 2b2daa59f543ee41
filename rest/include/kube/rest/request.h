/**
 * @file
 * @brief One request and its answer.
 * @ingroup rest
 */
#ifndef KUBE_REST_REQUEST_H
#define KUBE_REST_REQUEST_H

#include <kube/base/call.h>
#include <kube/base/error.h>
#include <kube/base/export.h>
#include <kube/base/io.h>
#include <kube/base/status.h>
#include <kube/rest/client.h>
#include <kube/rest/response.h>

KUBE_BEGIN_DECLS

/** @brief A name and a value: a query parameter or a header. @since 0.1 */
typedef struct kube_rest_param {
    const char *name;  /**< Not empty. */
    const char *value; /**< NULL counts as "". */
} kube_rest_param;

/**
 * @brief What to ask. Read during the call that starts the request. Zeroed members mean the defaults.
 * @since 0.1
 */
typedef struct kube_rest_request {
    size_t      struct_size;        /**< Set by KUBE_REST_REQUEST_INIT. */
    const char *method;             /**< NULL: "GET", the only method of this release. */
    const char *path;               /**< Absolute, put behind the path of the base URL; what needs it is escaped. */
    const char *uri;                /**< Instead of @ref path: "/path?query", escaped already. */
    const kube_rest_param *query;   /**< Parameters, escaped and sent in this order, behind those of @ref uri. */
    size_t      query_count;        /**< How many. */
    const kube_rest_param *headers; /**< Further headers; not Host, Authorization, Connection and the like. */
    size_t      header_count;       /**< How many. */
    const char *accept;             /**< NULL: JSON, else anything (application/json, then any type). */
    uint64_t    max_response_bytes; /**< 0: the client's ceiling. */
    int64_t     timeout_ms;         /**< Where the call options say nothing. 0: the client's; negative: none. */
} kube_rest_request;

#ifdef __cplusplus
static inline kube_rest_request kube_rest_request_make(void)
{
    kube_rest_request o = kube_rest_request();
    o.struct_size = sizeof o;
    return o;
}
/** Initialises a kube_rest_request. */
#define KUBE_REST_REQUEST_INIT kube_rest_request_make()
#else
/** Initialises a kube_rest_request. */
#define KUBE_REST_REQUEST_INIT { .struct_size = sizeof(kube_rest_request) }
#endif

/**
 * @brief Sends a request and waits for the whole answer.
 *
 * Redirects are followed within the same scheme, host and port, at most ten.
 * @param[in]  client  The client.
 * @param[in]  request What to ask.
 * @param[in]  opts    Deadline and cancel; NULL: the request's and the client's defaults.
 * @param[out] out     Receives a 2xx answer. Untouched on failure.
 * @param[out] err     Receives the explanation of a failure: with HTTP code, reason and retry-after when the server
 *                     gave them; may be NULL.
 * @retval KUBE_OK                    A 2xx answer.
 * @retval KUBE_ERR_NOT_MODIFIED      304.
 * @retval KUBE_ERR_UNAUTHORIZED, KUBE_ERR_FORBIDDEN, KUBE_ERR_NOT_FOUND, KUBE_ERR_CONFLICT, KUBE_ERR_GONE,
 *         KUBE_ERR_TOO_MANY_REQUESTS, KUBE_ERR_SERVER  The server refused.
 * @retval KUBE_ERR_UNAVAILABLE       No connection, or it was lost before the answer was complete, or 503.
 * @retval KUBE_ERR_TLS               The server could not be trusted, or did not trust us.
 * @retval KUBE_ERR_PROTOCOL          No HTTP, or a redirect elsewhere, in circles or to nowhere.
 * @retval KUBE_ERR_CONFIG            The credential gave something that cannot be sent.
 * @retval KUBE_ERR_UNSUPPORTED       A method other than GET; or the network transport cannot be loaded.
 * @retval KUBE_ERR_OUT_OF_MEMORY     An allocation failed.
 * @retval KUBE_ERR_LIMIT             The body or a list of addresses passed a ceiling, or the request's target and
 *                                    headers have more than 60000 bytes.
 * @retval KUBE_ERR_TIMEOUT, KUBE_ERR_CANCELLED  As asked.
 * @retval KUBE_ERR_INVALID_ARG       The request cannot be sent as it is: the message says why.
 * @retval KUBE_ERR_WOULD_DEADLOCK    Called inside a callback of a loop.
 * @retval KUBE_ERR_FORKED            The client belongs to the parent process.
 * @ownership    `*out` is the caller's; release with kube_rest_response_unref().
 * @threadsafety Any thread, any number at once. @blocking Up to the deadline.
 * @since 0.1
 */
KUBE_API kube_status kube_rest_client_do(kube_rest_client *client, const kube_rest_request *request,
                                         const kube_call_options *opts, kube_rest_response **out,
                                         kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief A request has ended.
 * @param[in] user     As given.
 * @param[in] status   As kube_rest_client_do() returns it.
 * @param[in] response The answer, the callee's to unref; NULL on failure.
 * @param[in] err      The explanation, the callee's to free; NULL on success.
 * @since 0.1
 */
typedef void kube_rest_done(void *user, kube_status status, kube_rest_response *response, kube_error *err);

/**
 * @brief Starts a request on a loop.
 * @param[in]  client  The client; kept by reference until the request is done.
 * @param[in]  io      The caller's loop.
 * @param[in]  request What to ask; may be changed or freed when this returns.
 * @param[in]  opts    Deadline and cancel; NULL: the defaults.
 * @param[in]  done    Called exactly once, from a step of @p io, unless this function fails.
 * @param[in]  user    Handed to @p done.
 * @param[out] err     Receives the explanation of a failure; may be NULL.
 * @retval KUBE_PENDING  Started.
 * @retval KUBE_ERR_FORKED, KUBE_ERR_INVALID_ARG, KUBE_ERR_CANCELLED, KUBE_ERR_TIMEOUT, KUBE_ERR_OUT_OF_MEMORY,
 *         KUBE_ERR_UNSUPPORTED Not started; @p done is not called. So with every other failure, when a credential or a
 *         transport that was plugged in fails at once.
 * @threadsafety The thread that steps @p io. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_rest_client_start(kube_rest_client *client, kube_io *io, const kube_rest_request *request,
                                            const kube_call_options *opts, kube_rest_done *done, void *user,
                                            kube_error **err) KUBE_MUST_CHECK;

KUBE_END_DECLS

#endif
