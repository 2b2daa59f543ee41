/**
 * @file
 * @brief The form of a request that other libraries compose: a status now, or PENDING and `done` later.
 * @ingroup rest
 */
#ifndef KUBE_SYS_REST_H
#define KUBE_SYS_REST_H

#include <kube/base/buf.h>
#include <kube/rest/request.h>
#include <kube/sys/io.h>

KUBE_BEGIN_DECLS

/**
 * @brief Sends a request as part of a larger operation.
 * @param[in]  client  The client; kept by reference until the request is done.
 * @param[in]  io      The loop.
 * @param[in]  request What to ask; may be changed or freed when this returns. Its timeout_ms is not looked at.
 * @param[in]  call    The larger operation's deadline and cancel; its cancel must live until the request is done.
 * @param[in]  done    Called once, from a step of @p io, when KUBE_PENDING is returned.
 * @param[in]  user    Handed to @p done.
 * @param[out] out     Receives a 2xx answer when KUBE_OK is returned.
 * @param[out] err     Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK      `*out` is set; @p done is not called.
 * @retval KUBE_PENDING @p done will be called.
 * @retval KUBE_ERR_FORKED The client belongs to the parent process. Other failures as kube_rest_client_do() has them.
 * @ownership    `*out` is the caller's; release with kube_rest_response_unref().
 * @threadsafety The thread that steps @p io. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_rest_client_send(kube_rest_client *client, kube_io *io, const kube_rest_request *request,
                                           const kube_call *call, kube_rest_done *done, void *user,
                                           kube_rest_response **out, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief The clock of a client's blocking calls.
 * @param[in] client The client.
 * @return The clock it was made with.
 * @ownership    Lives as long as @p client.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const kube_clock *kube_rest_client_clock(const kube_rest_client *client);

/**
 * @brief The server's URL as the client was given it, not in normal form: what kubectl names its cache folder after.
 * @param[in] client The client.
 * @return kube_rest_client_options::base_url.
 * @ownership    Lives as long as @p client.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_rest_client_given_url(const kube_rest_client *client);

/**
 * @brief Appends what tells this client's server from all others: its URL in normal form, the TLS name that it is asked
 *        for, whether its certificate is verified, and the authorities that are trusted. No secret is among it.
 * @param[in]     client The client.
 * @param[in,out] out    Receives lines, and the authorities' bytes behind them. Its failure is kube_buf_status().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_rest_client_append_identity(const kube_rest_client *client, kube_buf *out);

KUBE_END_DECLS

#endif
