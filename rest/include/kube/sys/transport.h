/**
 * @file
 * @brief Plugging in a transport: what carries requests to one server.
 * @ingroup rest
 */
#ifndef KUBE_SYS_TRANSPORT_H
#define KUBE_SYS_TRANSPORT_H

#include <kube/base/buf.h>
#include <kube/rest/request.h>
#include <kube/rest/response.h>
#include <kube/sys/io.h>

KUBE_BEGIN_DECLS

/**
 * @brief What carries requests to one server under one TLS identity.
 * @threadsafety Thread-safe; counted.
 * @since 0.1
 */
typedef struct kube_transport kube_transport;

/**
 * @brief One request as it goes out. Everything in it is valid until the operation has ended, and checked: no control
 *        bytes, no blanks in the target.
 * @since 0.1
 */
typedef struct kube_transport_request {
    size_t      struct_size;        /**< sizeof(kube_transport_request).                                 */
    const char *method;             /**< "GET".                                                          */
    const char *target;             /**< "/path?query", escaped, the base URL's path included.           */
    const kube_rest_param *headers; /**< All headers but Host and those of the connection.               */
    size_t      header_count;       /**< How many.                                                       */
    uint64_t    max_response_bytes; /**< Ceiling for the body after decompression.                       */
    bool        accept_gzip;        /**< Ask for gzip and decompress.                                    */
    bool        reserved[7];        /**< Zero.                                                           */
} kube_transport_request;

/**
 * @brief An exchange that had to wait has ended.
 * @param[in] user     As given.
 * @param[in] status   KUBE_OK when there is an answer of whatever HTTP status; else why there is none.
 * @param[in] response The answer, the callee's to unref; NULL on failure.
 * @param[in] err      The explanation, the callee's to free; NULL on success.
 * @since 0.1
 */
typedef void kube_transport_done(void *user, kube_status status, kube_rest_response *response, kube_error *err);

/** @brief What a transport can do. @since 0.1 */
typedef struct kube_transport_ops {
    size_t struct_size; /**< sizeof(kube_transport_ops). */

    /** Frees the state; exactly once, after the last call and the last `done`. Any thread. */
    void (*destroy)(void *state);

    /**
     * Sends a request. KUBE_OK with `*out` set, or a failure, now; or KUBE_PENDING and @p done later from a step of
     * @p io. Never retries and follows no redirect. Called from any thread; on one loop from one thread at a time.
     */
    kube_status (*send)(void *state, kube_io *io, const kube_transport_request *request, const kube_call *call,
                        kube_transport_done *done, void *user, kube_rest_response **out, kube_error **err);

    /** How many connections were opened so far. Any thread. May be NULL: none are counted. */
    uint64_t (*connections)(void *state);
} kube_transport_ops;

/**
 * @brief Makes a transport of functions and a state.
 * @param[in]  ops   Copied; `send` is required.
 * @param[in]  state Handed to each function. Taken, on failure too: then it is destroyed at once.
 * @param[out] out   Receives it.
 * @param[out] err   Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK Made.
 * @retval KUBE_ERR_INVALID_ARG, KUBE_ERR_OUT_OF_MEMORY Not made.
 * @ownership    `*out` is the caller's; release with kube_transport_unref().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_transport_new(const kube_transport_ops *ops, void *state, kube_transport **out,
                                        kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief One more reference.
 * @param[in] transport May be NULL.
 * @return @p transport.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_transport *kube_transport_ref(kube_transport *transport);

/**
 * @brief One reference less; the last one frees.
 * @param[in] transport May be NULL.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_transport_unref(kube_transport *transport);

/**
 * @brief Sends a request through a transport, as kube_transport_ops::send says: for decorators.
 *
 * The caller keeps its reference to the transport until the operation has ended.
 * @param[in]  transport The transport.
 * @param[in]  io        The loop.
 * @param[in]  request   Valid until the operation has ended.
 * @param[in]  call      Deadline and cancel.
 * @param[in]  done      Called once when KUBE_PENDING is returned.
 * @param[in]  user      Handed to @p done.
 * @param[out] out       Receives the answer when KUBE_OK is returned.
 * @param[out] err       Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK      `*out` is set.
 * @retval KUBE_PENDING @p done will be called, with KUBE_OK or a failure.
 * @retval KUBE_ERR_TIMEOUT, KUBE_ERR_CANCELLED As @p call says.
 * @retval KUBE_ERR_UNAVAILABLE, KUBE_ERR_TLS   No connection, or it was lost.
 * @retval KUBE_ERR_PROTOCOL                    What came is no answer.
 * @retval KUBE_ERR_LIMIT                       The request or the answer is too large.
 * @retval KUBE_ERR_OUT_OF_MEMORY               There was no memory. A transport of one's own may have other failures.
 * @ownership    `*out` is the caller's; release with kube_rest_response_unref().
 * @threadsafety The thread that steps @p io. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_transport_send(kube_transport *transport, kube_io *io,
                                         const kube_transport_request *request, const kube_call *call,
                                         kube_transport_done *done, void *user, kube_rest_response **out,
                                         kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief How many connections a transport has opened so far.
 * @param[in] transport The transport.
 * @return The number; 0 when it does not count.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API uint64_t kube_transport_connections(const kube_transport *transport);

/**
 * @brief Makes an answer, for transports.
 * @param[in]     http_status  100 to 599.
 * @param[in]     headers      Copied.
 * @param[in]     header_count How many.
 * @param[in,out] body         Its bytes are taken on success, which leaves it empty; NULL: no body.
 * @param[out]    out          Receives the answer.
 * @param[out]    err          Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK Made.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed, or one of the body's did.
 * @ownership    `*out` is the caller's; release with kube_rest_response_unref().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_rest_response_new(int http_status, const kube_rest_param *headers, size_t header_count,
                                            kube_buf *body, kube_rest_response **out,
                                            kube_error **err) KUBE_MUST_CHECK;

KUBE_END_DECLS

#endif
