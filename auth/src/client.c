#include <kube/auth/client.h>

#include "identity.h"
#include "shared/options.h"

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static kube_compression compression_of(const kube_auth_options *opts, const kube__identity *identity)
{
    if (opts->compression != KUBE_COMPRESSION_AUTO)
        return opts->compression;
    return identity->disable_compression ? KUBE_COMPRESSION_NEVER : KUBE_COMPRESSION_AUTO;
}

static void describe(const kube_auth_options *opts, const kube__identity *identity, kube_rest_client_options *out)
{
    out->base_url = identity->server;
    out->user_agent = is_set(opts->user_agent) ? opts->user_agent : NULL;
    out->ca_pem = identity->ca_pem.data;
    out->ca_pem_len = identity->ca_pem.len;
    out->cert_pem = identity->cert_pem.data;
    out->cert_pem_len = identity->cert_pem.len;
    out->key_pem = identity->key_pem.data;
    out->key_pem_len = identity->key_pem.len;
    out->tls_server_name = identity->tls_server_name;
    out->bearer_token = identity->bearer_token;
    out->credential = identity->credential;
    out->resolver = opts->resolver;
    out->transport = opts->transport;
    out->clock = opts->clock;
    out->logger = opts->logger;
    out->max_response_bytes = opts->max_response_bytes;
    out->timeout_ms = opts->timeout_ms;
    out->connect_timeout_ms = opts->connect_timeout_ms;
    out->max_connections = opts->max_connections;
    out->compression = compression_of(opts, identity);
    out->insecure_skip_tls_verify = identity->insecure;
}

kube_status kube_auth_rest_client_from_kubeconfig(const kube_auth_options *opts, kube_rest_client **out,
                                                  kube_error **err)
{
    kube_rest_client_options rest = KUBE_REST_CLIENT_OPTIONS_INIT;
    kube_auth_options o;
    kube__identity identity;
    kube_status st = kube__options_import(&o, sizeof o, opts, sizeof o, "kube_auth_options", err);

    if (st != KUBE_OK)
        return st;
    st = kube__identity_load(kube__host_system(), &o, &identity, err);
    if (st != KUBE_OK)
        return st;
    describe(&o, &identity, &rest);
    st = kube_rest_client_new(&rest, out, err);
    kube__identity_clear(&identity);
    return st;
}
