/**
 * @file
 * @brief The live client: discovery that asks the server each time.
 * @ingroup discovery
 */
#ifndef KUBE_DISCOVERY_CLIENT_H
#define KUBE_DISCOVERY_CLIENT_H

#include <kube/base/error.h>
#include <kube/base/export.h>
#include <kube/base/status.h>
#include <kube/discovery/discovery.h>
#include <kube/rest/client.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

KUBE_BEGIN_DECLS

/** @brief Which documents to ask a server for, best first. @since 0.1 */
typedef enum kube_discovery_formats {
    KUBE_DISCOVERY_FORMATS_ALL       = 0, /**< Aggregated v2, aggregated v2beta1 (servers 1.26 to 1.29), legacy.      */
    KUBE_DISCOVERY_FORMATS_CLIENT_GO = 1, /**< Aggregated v2, legacy: the bytes of client-go's Accept header, so that
                                               caches between here and the server are shared with it.                 */
    KUBE_DISCOVERY_FORMATS_NO_PEER   = 2, /**< As CLIENT_GO, and first the aggregated document of this one server,
                                               without what only its peers serve.                                     */
    KUBE_DISCOVERY_FORMATS_LEGACY    = 3  /**< Legacy only: one request for each group-version.                       */
} kube_discovery_formats;

/** @brief Options of kube_discovery_client_new(). Zeroed members mean the defaults. @since 0.1 */
typedef struct kube_discovery_client_options {
    size_t   struct_size;           /**< Set by KUBE_DISCOVERY_CLIENT_OPTIONS_INIT.                                   */
    int64_t  request_timeout_ms;    /**< For each request; told to the server too. 0: 32 s; negative: none.           */
    uint64_t max_document_bytes;    /**< Ceiling for one answer. 0: 16 MiB; 2,000 resources take about 0.5 MiB.       */
    uint32_t max_in_flight;         /**< Requests handed to the rest client at once, on a legacy server. 0: 256.      */
    kube_discovery_formats formats; /**< Which documents to ask for.                                                  */
    uint32_t slice_ms;              /**< After how long a step of the loop begins no further group of a document; at
                                         least one group, list or build is done per step. 0: 5 ms.                    */
    uint32_t reserved;              /**< Zero.                                                                        */
} kube_discovery_client_options;

#ifdef __cplusplus
static inline kube_discovery_client_options kube_discovery_client_options_make(void)
{
    kube_discovery_client_options o = kube_discovery_client_options();
    o.struct_size = sizeof o;
    return o;
}
/** Initialises a kube_discovery_client_options. */
#define KUBE_DISCOVERY_CLIENT_OPTIONS_INIT kube_discovery_client_options_make()
#else
/** Initialises a kube_discovery_client_options. */
#define KUBE_DISCOVERY_CLIENT_OPTIONS_INIT { .struct_size = sizeof(kube_discovery_client_options) }
#endif

/**
 * @brief Makes the live client. Nothing is sent before the first question.
 *
 * /api and /apis are asked at the same time. When both answer with an aggregated document, that was all; else each
 * group-version is asked for its list, many at once. A missing /api is tolerated, a missing /apis is not.
 * @param[in]  rest The server; kept by reference.
 * @param[in]  opts Options; NULL: the defaults.
 * @param[out] out  Receives it.
 * @param[out] err  Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK                Made.
 * @retval KUBE_ERR_INVALID_ARG   @p rest is NULL, the options were not initialised, or a value is out of range.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @ownership    `*out` is the caller's; release with kube_discovery_unref().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_discovery_client_new(kube_rest_client *rest, const kube_discovery_client_options *opts,
                                               kube_discovery **out, kube_error **err) KUBE_MUST_CHECK;

KUBE_END_DECLS

#endif
