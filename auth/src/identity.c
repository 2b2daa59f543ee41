/* Where the configuration comes from: kubeconfig files first, the service account of a pod after them. */
#include "identity.h"

#include <kube/sys/error.h>

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static const char *or_null(const char *text)
{
    return is_set(text) ? text : NULL;
}

/* No kubeconfig, or an empty one, and no wish that only a kubeconfig could grant. */
static kube_status load_from_pod(const kube__host *host, const kube_auth_options *opts, kube__identity *out,
                                 kube_error **err)
{
    kube_error *failure = NULL;
    kube_status st = kube__identity_in_cluster(host, opts, out, &failure);

    if (st == KUBE_ERR_NOT_FOUND) {
        st = kube_error_set(err, KUBE_ERR_CONFIG, "no configuration was found: %s; %s", out->config.sought.data,
                            kube_error_message(failure));
    } else if (err != NULL && st != KUBE_OK) {
        *err = failure;
        failure = NULL;
    }
    kube_error_free(failure);
    return st;
}

kube_status kube__identity_load(const kube__host *host, const kube_auth_options *opts, kube__identity *out,
                                kube_error **err)
{
    kube__resolved *resolved;
    kube_status st;

    memset(out, 0, sizeof *out);
    kube__kubeconfig_init(&out->config);
    st = kube__kubeconfig_load(&out->config, host, or_null(opts->kubeconfig), err);
    if (st == KUBE_OK && kube__kubeconfig_is_empty(&out->config) && !is_set(opts->context) && !is_set(opts->server)) {
        st = load_from_pod(host, opts, out, err);
    } else if (st == KUBE_OK) {
        resolved = kube__pool_alloc(&out->config.pool, sizeof *resolved);
        if (resolved == NULL)
            st = kube_error_no_memory(err);
        if (st == KUBE_OK)
            st = kube__kubeconfig_resolve(&out->config, opts->context, opts->server, resolved, err);
        if (st == KUBE_OK)
            st = kube__identity_from_kubeconfig(host, resolved, opts, out, err);
    }
    if (st != KUBE_OK)
        kube__identity_clear(out);
    return st;
}

void kube__identity_clear(kube__identity *identity)
{
    kube_credential_unref(identity->credential);
    identity->credential = NULL;
    kube__kubeconfig_clear(&identity->config);
}
