/**
 * @file
 * @brief The REST client: one API server, one identity.
 *
 * @defgroup rest rest: requests to an API server
 * @brief TLS, authentication, deadlines, cancellation and errors for one API server, blocking or on a loop.
 * @{
 */
#ifndef KUBE_REST_CLIENT_H
#define KUBE_REST_CLIENT_H

#include <kube/base/clock.h>
#include <kube/base/error.h>
#include <kube/base/export.h>
#include <kube/base/log.h>
#include <kube/base/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

KUBE_BEGIN_DECLS

struct kube_credential;
struct kube_resolver;
struct kube_transport;

/**
 * @brief A client for one API server under one identity. It keeps its connections.
 * @threadsafety Thread-safe; counted. Blocking calls from many threads share its connections.
 * @since 0.1
 */
typedef struct kube_rest_client kube_rest_client;

/** @brief When to ask for compressed answers. @since 0.1 */
typedef enum kube_compression {
    KUBE_COMPRESSION_AUTO   = 0, /**< gzip, unless the server is on this machine, where it only costs time. */
    KUBE_COMPRESSION_ALWAYS = 1, /**< gzip. */
    KUBE_COMPRESSION_NEVER  = 2  /**< Plain. */
} kube_compression;

/**
 * @brief How to reach and trust a server, and as whom. Zeroed members mean the defaults.
 *
 * Strings and bytes are copied; objects are kept by reference.
 * @since 0.1
 */
typedef struct kube_rest_client_options {
    size_t      struct_size;     /**< Set by KUBE_REST_CLIENT_OPTIONS_INIT. */
    const char *base_url;        /**< Required: "https://host:port/prefix"; no user, query or fragment. */
    const char *user_agent;      /**< Visible ASCII. NULL: "libkube/<version> (linux/<arch>)". */
    const char *ca_pem;          /**< The only authorities to trust, PEM. NULL: the system's. */
    size_t      ca_pem_len;      /**< Its bytes. */
    const char *cert_pem;        /**< Client certificate with its chain, PEM. NULL: none. */
    size_t      cert_pem_len;    /**< Its bytes. */
    const char *key_pem;         /**< Its private key, PEM, not encrypted. */
    size_t      key_pem_len;     /**< Its bytes. */
    const char *tls_server_name; /**< The name to ask for and to verify, when it is not the host of the URL; at
                                      most 255 bytes. */
    const char *bearer_token;    /**< Sent as "Authorization: Bearer …", at most 48 KiB. Not together with
                                      @ref credential. */
    struct kube_credential *credential; /**< Asked before each request. NULL: only what the members above say. */
    struct kube_resolver   *resolver;   /**< Turns names into addresses. NULL: libcurl does, in a thread of its own. */
    struct kube_transport  *transport;  /**< Sends requests. NULL: libcurl over HTTP/2 or HTTP/1.1. */
    const kube_clock       *clock;      /**< For blocking calls; loops have their own. NULL: the system's. */
    kube_logger logger;                 /**< One line per request at INFO. Zeroed: silence. */
    uint64_t    max_response_bytes;     /**< Ceiling for a body, decompressed; more is KUBE_ERR_LIMIT. 0: 64 MiB. */
    int64_t     timeout_ms;             /**< For a whole request that says nothing itself. 0: 60 s; negative: none. */
    uint32_t    connect_timeout_ms;     /**< Name, TCP and TLS together; a resolver has as long again. 0: 30 s. */
    uint32_t    max_connections;        /**< At once. 0: 4 where the server speaks HTTP/2, 16 where it does not. */
    kube_compression compression;       /**< When to ask for gzip. */
    bool        insecure_skip_tls_verify; /**< Accept any certificate. Not together with @ref ca_pem. */
    bool        reserved[3];              /**< Zero. */
} kube_rest_client_options;

#ifdef __cplusplus
static inline kube_rest_client_options kube_rest_client_options_make(void)
{
    kube_rest_client_options o = kube_rest_client_options();
    o.struct_size = sizeof o;
    return o;
}
/** Initialises a kube_rest_client_options. */
#define KUBE_REST_CLIENT_OPTIONS_INIT kube_rest_client_options_make()
#else
/** Initialises a kube_rest_client_options. */
#define KUBE_REST_CLIENT_OPTIONS_INIT { .struct_size = sizeof(kube_rest_client_options) }
#endif

/**
 * @brief Makes a client. Nothing is sent and nothing resolved before the first request.
 * @param[in]  opts Required.
 * @param[out] out  Receives it.
 * @param[out] err  Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK              Made.
 * @retval KUBE_ERR_INVALID_ARG The options were not initialised.
 * @retval KUBE_ERR_CONFIG      The options contradict each other, or a value is not usable: the message names it.
 * @retval KUBE_ERR_OUT_OF_MEMORY Not made.
 * @ownership    `*out` is the caller's; release with kube_rest_client_unref().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_rest_client_new(const kube_rest_client_options *opts, kube_rest_client **out,
                                          kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief One more reference.
 * @param[in] client May be NULL.
 * @return @p client.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_rest_client *kube_rest_client_ref(kube_rest_client *client);

/**
 * @brief One reference less; the last one closes the connections and frees. Running requests keep their own.
 * @param[in] client May be NULL.
 * @threadsafety Any thread. Connections that belong to a loop are closed by that loop's next step. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_rest_client_unref(kube_rest_client *client);

/**
 * @brief The server's URL, without a slash at its end.
 * @param[in] client The client.
 * @return The URL in normal form: scheme and host in lower case.
 * @ownership    Lives as long as @p client.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_rest_client_base_url(const kube_rest_client *client);

/** @brief What a client has done so far. @since 0.1 */
typedef struct kube_rest_client_stats {
    uint64_t requests;     /**< Sent; a redirect that was followed is another one. */
    uint64_t not_modified; /**< Of them: answered with 304.                        */
    uint64_t bytes;        /**< Of bodies received, decompressed.                  */
    uint64_t connections;  /**< Opened; 0 when a transport does not count them, and in a forked child. */
} kube_rest_client_stats;

/**
 * @brief Counts what a client has done so far.
 * @param[in]  client The client.
 * @param[out] out    Receives the numbers.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_rest_client_read_stats(kube_rest_client *client, kube_rest_client_stats *out);

KUBE_END_DECLS

/** @} */
#endif
