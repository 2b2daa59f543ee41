/**
 * @file
 * @brief An HTTP/1.1 server on loopback that writes the bytes it is told to.
 * @ingroup testing
 *
 * It reads requests and hands each to a function, which writes the answer, or half of one, or none: a server that
 * misbehaves in every way a real one would not. It makes one thread that accepts and one for each connection. It is
 * for tests: it has no ceilings of its own and trusts the program it is in.
 */
#ifndef KUBE_TESTING_HTTP_SERVER_H
#define KUBE_TESTING_HTTP_SERVER_H

#include <kube/base/error.h>
#include <kube/base/export.h>
#include <kube/base/status.h>
#include <kube/testing/pki.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

KUBE_BEGIN_DECLS

/**
 * @brief A running server.
 * @threadsafety Thread-safe, but for kube_testing_http_server_stop().
 * @since 0.1
 */
typedef struct kube_testing_http_server kube_testing_http_server;

/**
 * @brief One connection of a client, as its handler sees it.
 * @threadsafety Only in the handler, in its thread.
 * @since 0.1
 */
typedef struct kube_testing_connection kube_testing_connection;

/**
 * @brief A request that was read. Made by the library: later releases may add members.
 * @since 0.1
 */
typedef struct kube_testing_request {
    const char *method;     /**< As it came; at most 15 bytes.                        */
    const char *target;     /**< Path and query.                                      */
    const char *head;       /**< Request line and header lines, with their line ends. */
    unsigned    connection; /**< Which connection, from 1.                            */
    unsigned    number;     /**< Which of all requests, from 1.                       */
    bool        resumed;    /**< The connection goes on with an earlier one's TLS session: no certificate was shown. */
} kube_testing_request;

/**
 * @brief Answers one request, in the connection's thread. Nothing written: the connection is closed.
 * @since 0.1
 */
typedef void kube_testing_handler(void *user, kube_testing_connection *connection, const kube_testing_request *request);

/**
 * @brief Asked for each accepted connection in turn, before TLS, in the accepting thread. False: it is left without
 *        a byte until the peer or the server gives up.
 * @since 0.1
 */
typedef bool kube_testing_admission(void *user, unsigned connection);

/** @brief Options of kube_testing_http_server_start(). Zeroed members mean the defaults. @since 0.1 */
typedef struct kube_testing_http_server_options {
    size_t                   struct_size; /**< Set by KUBE_TESTING_HTTP_SERVER_OPTIONS_INIT. */
    kube_testing_handler    *handler;     /**< Required.                                     */
    kube_testing_admission  *admission;   /**< NULL: every connection is served.             */
    void                    *user;        /**< Handed to both.                               */
    const kube_testing_cert *cert;        /**< Copied. NULL: no TLS.                         */
    const kube_testing_cert *client_ca;   /**< A client certificate is required and must be from it; copied. NULL:
                                               none is asked for.                            */
    uint32_t                 backlog;     /**< Connections that wait to be accepted. 0: 64.  */
    uint16_t                 port;        /**< 0: any.                                       */
    uint8_t                  reserved[2]; /**< Zero.                                         */
} kube_testing_http_server_options;

#ifdef __cplusplus
static inline kube_testing_http_server_options kube_testing_http_server_options_make(void)
{
    kube_testing_http_server_options o = kube_testing_http_server_options();
    o.struct_size = sizeof o;
    return o;
}
/** Initialises a kube_testing_http_server_options. */
#define KUBE_TESTING_HTTP_SERVER_OPTIONS_INIT kube_testing_http_server_options_make()
#else
/** Initialises a kube_testing_http_server_options. */
#define KUBE_TESTING_HTTP_SERVER_OPTIONS_INIT { .struct_size = sizeof(kube_testing_http_server_options) }
#endif

/**
 * @brief Starts a server on 127.0.0.1. When it returns, connections are taken.
 * @param[in]  opts Options.
 * @param[out] out  Receives it.
 * @param[out] err  Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK                It runs.
 * @retval KUBE_ERR_INVALID_ARG   There is no handler, a certificate is only a key, or the options were not initialised.
 * @retval KUBE_ERR_IO            The port is taken, or there are no descriptors or threads.
 * @retval KUBE_ERR_TLS           OpenSSL does not take the certificate.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @ownership    `*out` is the caller's; end it with kube_testing_http_server_stop().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_testing_http_server_start(const kube_testing_http_server_options *opts,
                                                    kube_testing_http_server **out, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Closes every connection, waits for the threads, and frees the server.
 * @param[in] server NULL is accepted.
 * @threadsafety Once; not in a handler.
 * @blocking Until the handlers return. Writing and holding end at once.
 * @since 0.1
 */
KUBE_API void kube_testing_http_server_stop(kube_testing_http_server *server);

/**
 * @brief Where it listens.
 * @param[in] server The server.
 * @return The port.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API uint16_t kube_testing_http_server_port(const kube_testing_http_server *server);

/**
 * @brief How many connections were accepted so far.
 * @param[in] server The server.
 * @return The number.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API unsigned kube_testing_http_server_connection_count(kube_testing_http_server *server);

/**
 * @brief How many requests were read so far.
 * @param[in] server The server.
 * @return The number.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API unsigned kube_testing_http_server_request_count(kube_testing_http_server *server);

/** @name For handlers
 * @{ */

/**
 * @brief Writes bytes to the client.
 * @param[in] connection The connection.
 * @param[in] data       The bytes.
 * @param[in] len        How many.
 * @return false when the connection is over: closed here, by the peer, or because the server is being stopped.
 * @threadsafety The handler's thread. @blocking Until the system has taken the bytes.
 * @since 0.1
 */
KUBE_API bool kube_testing_connection_write(kube_testing_connection *connection, const void *data, size_t len);

/**
 * @brief Writes formatted text to the client; at most a MiB.
 * @param[in] connection The connection.
 * @param[in] format     A literal.
 * @return false when the connection is over.
 * @threadsafety The handler's thread. @blocking Until the system has taken the bytes.
 * @since 0.1
 */
KUBE_API bool kube_testing_connection_writef(kube_testing_connection *connection, const char *format, ...)
    KUBE_PRINTF(2, 3);

/**
 * @brief Writes a whole answer with its Content-Length.
 * @param[in] connection The connection.
 * @param[in] status     The HTTP code.
 * @param[in] headers    Further header lines, each with CRLF at its end; NULL: none.
 * @param[in] body       NUL-terminated.
 * @return false when the connection is over.
 * @threadsafety The handler's thread. @blocking Until the system has taken the bytes.
 * @since 0.1
 */
KUBE_API bool kube_testing_connection_reply(kube_testing_connection *connection, int status, const char *headers,
                                            const char *body);

/**
 * @brief Closes the connection in an orderly way, with TLS's own notice.
 * @param[in] connection The connection.
 * @threadsafety The handler's thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_testing_connection_close(kube_testing_connection *connection);

/**
 * @brief Closes the connection with a TCP reset.
 * @param[in] connection The connection.
 * @threadsafety The handler's thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_testing_connection_reset(kube_testing_connection *connection);

/**
 * @brief Waits.
 * @param[in] connection The connection.
 * @param[in] ms         Milliseconds.
 * @return true when the time is over; false, sooner, when the peer has gone or the server is being stopped.
 * @threadsafety The handler's thread. @blocking For @p ms.
 * @since 0.1
 */
KUBE_API bool kube_testing_connection_hold(kube_testing_connection *connection, uint32_t ms);

/**
 * @brief The value of a request's header.
 * @param[in]  request The request.
 * @param[in]  name    The header; case does not count.
 * @param[out] value   Receives it, NUL-terminated and cut to fit; "" when there is none.
 * @param[in]  size    Bytes of @p value.
 * @return true when the request has the header.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API bool kube_testing_request_header(const kube_testing_request *request, const char *name, char *value,
                                          size_t size);
/** @} */

KUBE_END_DECLS

#endif
