/* The transport on libcurl: one server, one TLS identity; one pool of connections per loop it is used with. */
#ifndef KUBE_REST_CURL_TRANSPORT_H
#define KUBE_REST_CURL_TRANSPORT_H

#include "../transport_config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

struct kube__pool;

typedef struct kube__curl_transport {
    atomic_uint        refs; /* one of the transport object, one of each pool */
    pthread_mutex_t    lock; /* guards `pools` */
    struct kube__pool *pools;
    uint32_t              process;  /* who made it */
    atomic_uint_fast64_t connections; /* opened so far */

    /* Never changed after it was made. */
    char          *url_host;   /* what URLs name: the TLS name if there is one; IPv6 in brackets */
    char          *host;       /* what to connect to, without brackets */
    char          *authority;  /* host[:port] for the Host header; NULL: as the URL says */
    char          *connect_to; /* libcurl's "::host:port"; NULL: as the URL says */
    uint16_t       port;
    bool           https;
    bool           resolve; /* the host is a name and there is a resolver */
    bool           insecure_skip_tls_verify;
    uint32_t       connect_timeout_ms, max_connections;
    kube_blob     *ca_pem, *cert_pem, *key_pem;
    kube_resolver *resolver;
} kube__curl_transport;

void kube__curl_transport_unref(kube__curl_transport *transport);

#endif
