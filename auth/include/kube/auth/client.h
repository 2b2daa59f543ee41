/**
 * @file
 * @brief A REST client as kubectl would make it: from a kubeconfig, or inside a pod.
 *
 * @defgroup auth auth: who talks to which server
 * @brief Reads kubeconfig files and service accounts and makes REST clients of them, with tokens, client certificates,
 *        passwords and credential plugins.
 *
 * @code
 * kube_rest_client *client = NULL;
 * kube_error *err = NULL;
 *
 * if (kube_auth_rest_client_from_kubeconfig(NULL, &client, &err) != KUBE_OK)
 *     fprintf(stderr, "%s\n", kube_error_message(err));
 * @endcode
 * @{
 */
#ifndef KUBE_AUTH_CLIENT_H
#define KUBE_AUTH_CLIENT_H

#include <kube/base/clock.h>
#include <kube/base/error.h>
#include <kube/base/export.h>
#include <kube/base/log.h>
#include <kube/base/status.h>
#include <kube/rest/client.h>
#include <stddef.h>
#include <stdint.h>

KUBE_BEGIN_DECLS

/**
 * @brief Which configuration to use, and what the client made of it shall be like. Zeroed members mean the defaults.
 *
 * Strings are copied; objects are kept by reference. An empty string counts as NULL.
 * @since 0.1
 */
typedef struct kube_auth_options {
    size_t      struct_size; /**< Set by KUBE_AUTH_OPTIONS_INIT.                                                   */
    const char *kubeconfig;  /**< This file and no other; missing is an error. NULL: those of KUBECONFIG, else
                                  ~/.kube/config.                                                                  */
    const char *context;     /**< This context instead of current-context.                                         */
    const char *server;      /**< This URL instead of the cluster's server, whose tls-server-name goes with it.    */
    const char *user_agent;  /**< As kube_rest_client_options::user_agent.                                         */
    struct kube_resolver  *resolver;  /**< As kube_rest_client_options::resolver.                                  */
    struct kube_transport *transport; /**< As kube_rest_client_options::transport.                                 */
    const kube_clock      *clock;     /**< As kube_rest_client_options::clock.                                     */
    kube_logger logger;               /**< The client's, and for warnings while the configuration is read.         */
    uint64_t    max_response_bytes;   /**< As kube_rest_client_options::max_response_bytes.                        */
    int64_t     timeout_ms;           /**< As kube_rest_client_options::timeout_ms.                                */
    uint32_t    connect_timeout_ms;   /**< As kube_rest_client_options::connect_timeout_ms.                        */
    uint32_t    max_connections;      /**< As kube_rest_client_options::max_connections.                           */
    kube_compression compression;     /**< KUBE_COMPRESSION_AUTO: the cluster's disable-compression decides.       */
    uint32_t    reserved;             /**< Zero.                                                                   */
} kube_auth_options;

#ifdef __cplusplus
static inline kube_auth_options kube_auth_options_make(void)
{
    kube_auth_options o = kube_auth_options();
    o.struct_size = sizeof o;
    return o;
}
/** Initialises a kube_auth_options. */
#define KUBE_AUTH_OPTIONS_INIT kube_auth_options_make()
#else
/** Initialises a kube_auth_options. */
#define KUBE_AUTH_OPTIONS_INIT { .struct_size = sizeof(kube_auth_options) }
#endif

/**
 * @brief Makes a client for the server and the user that kubectl would choose.
 *
 * The kubeconfig is the file of kube_auth_options::kubeconfig; else those of `KUBECONFIG` (separated by colons; missing
 * ones are passed over, the first that has an entry wins); else `~/.kube/config`. When there is none, or nothing in any
 * of them, and neither context nor server was asked for, the service account of the pod is used. In a set-uid program
 * the environment is not looked at.
 *
 * Files and environment are read now, by the calling thread. Later only token files (about once a minute) and
 * credential plugins are looked at again. Plugins run on the loop of the request that needs them, one run for all that
 * wait; they get the environment of now, and must answer in JSON, with a token.
 *
 * Where kubectl keeps silent this function fails, rather than act as nobody or as somebody else:
 * - credentials are never sent over plain http. A server on this machine (`kubectl proxy`) is asked without them, with
 *   a warning to the logger; for any other one the configuration is refused;
 * - a server without a scheme is taken as http when there is nothing to protect, and refused otherwise;
 * - a context that names a user or cluster that does not exist is refused;
 * - a kubeconfig without current-context is refused; it does not lead to the service account;
 * - what this release cannot do yet is refused by name: `proxy-url`, `auth-provider`, impersonation (`as`, …).
 *
 * @param[in]  opts What to use; NULL: the defaults.
 * @param[out] out  Receives the client. Untouched on failure.
 * @param[out] err  Receives the explanation of a failure: every problem, with file, line, column and field where it has
 *                  them, never a secret; may be NULL.
 * @retval KUBE_OK              Made. Nothing was sent and no plugin was run.
 * @retval KUBE_ERR_CONFIG      Nothing is configured (the message names all that was looked for), or what is
 *                              configured is wrong.
 * @retval KUBE_ERR_UNSUPPORTED It asks for what this release cannot do.
 * @retval KUBE_ERR_IO          A file could not be read.
 * @retval KUBE_ERR_LIMIT       A file is too large (16 MiB for a kubeconfig, 1 MiB for others), too deeply nested, or
 *                              repeats too much by YAML aliases.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @retval KUBE_ERR_INVALID_ARG The options were not initialised.
 * @ownership    `*out` is the caller's; release with kube_rest_client_unref().
 * @threadsafety Any thread, while no other one changes the environment. @blocking Reads local files.
 * @since 0.1
 */
KUBE_API kube_status kube_auth_rest_client_from_kubeconfig(const kube_auth_options *opts, kube_rest_client **out,
                                                           kube_error **err) KUBE_MUST_CHECK;

KUBE_END_DECLS

/** @} */
#endif
