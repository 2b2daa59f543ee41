/* What a client tells the transport it makes, and how that transport is found. */
#ifndef KUBE_REST_TRANSPORT_CONFIG_H
#define KUBE_REST_TRANSPORT_CONFIG_H

#include "url.h"

#include <kube/base/blob.h>
#include <kube/sys/resolver.h>
#include <kube/sys/transport.h>

/* Borrowed during the call that makes the transport. */
typedef struct kube__transport_config {
    const kube__url *url;
    kube_blob       *ca_pem, *cert_pem, *key_pem; /* NULL: none; shared with the transport */
    const char      *tls_server_name;             /* NULL: the host                        */
    bool             insecure_skip_tls_verify;
    uint32_t         connect_timeout_ms;
    uint32_t         max_connections; /* 0: by protocol */
    kube_resolver   *resolver;        /* NULL: libcurl's; shared with the transport */
} kube__transport_config;

typedef kube_status kube__transport_factory(const kube__transport_config *config, kube_transport **out,
                                            kube_error **err);

/* The transport on libcurl. In static builds it is linked in; in shared builds it is a library of its own, loaded here:
 * a program that never needs the network should not pay for loading libcurl and the thirty libraries behind it. */
kube_status kube__transport_open(const kube__transport_config *config, kube_transport **out, kube_error **err);

/* The one symbol of that library. */
KUBE_API kube_status kube__curl_transport_new(const kube__transport_config *config, kube_transport **out,
                                              kube_error **err);

#endif
