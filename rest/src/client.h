/* The client's inside. */
#ifndef KUBE_REST_CLIENT_INTERNAL_H
#define KUBE_REST_CLIENT_INTERNAL_H

#include "transport_config.h"
#include "url.h"

#include "shared/blocking.h"

#include <kube/rest/client.h>
#include <kube/sys/credential.h>
#include <kube/sys/transport.h>

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

struct kube_rest_client {
    atomic_uint      refs;
    uint32_t            process;
    kube__url        url;
    char            *given_url;
    char            *user_agent;
    char            *tls_server_name;
    kube_blob       *ca_pem, *cert_pem, *key_pem;
    kube_blob       *authorization; /* from bearer_token */
    kube_credential *credential;
    kube_resolver   *resolver;
    kube_clock       clock;
    kube_logger      logger;
    uint64_t         max_response_bytes;
    int64_t          timeout_ms; /* 0: none */
    uint32_t         connect_timeout_ms, max_connections;
    bool             insecure_skip_tls_verify;
    bool             gzip;
    kube__blocking  *blocking;
    pthread_mutex_t  lock;      /* guards the making of the transport */
    kube_transport  *transport; /* made by the first request unless it was handed in */
    atomic_uint_fast64_t requests, not_modified, bytes; /* so far */
};

/* The client's transport, made when it is first needed. */
kube_status kube__rest_client_transport(kube_rest_client *client, kube_transport **out, kube_error **err);
/* The deadline of a request that was given `opts`. */
kube_status kube__rest_call_init(const kube_rest_client *client, kube_io *io, const kube_rest_request *request,
                                 const kube_call_options *opts, kube_call *out, kube_error **err);

#endif
