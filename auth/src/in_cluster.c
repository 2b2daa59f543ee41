/* The service account of a pod. */
#include "credentials.h"
#include "identity.h"

#include <kube/sys/error.h>

static const char token_path[] = "/var/run/secrets/kubernetes.io/serviceaccount/token";
static const char ca_path[] = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* https://host:port, with brackets around an IPv6 address. */
static kube_status server_url(kube__pool *pool, const char *host, const char *port, const char **out, kube_error **err)
{
    bool v6 = strchr(host, ':') != NULL;
    kube_buf url = KUBE_BUF_INIT(1024);
    kube_status st;

    kube_buf_append_f(&url, "https://%s%s%s:%s", v6 ? "[" : "", host, v6 ? "]" : "", port);
    st = kube_buf_status(&url, err);
    if (st == KUBE_OK) {
        *out = kube__pool_strndup(pool, kube_buf_str(&url));
        if (*out == NULL)
            st = kube_error_no_memory(err);
    }
    kube_buf_clear(&url);
    return st;
}

/* Without its CA the pod can still talk to a server whose certificate the world trusts, as client-go lets it. */
static kube_status read_ca(const kube__host *host, const kube_logger *logger, kube__identity *out, kube_error **err)
{
    kube_buf pem = KUBE_BUF_INIT(KUBE__PEM_MAX_BYTES);
    kube_error *failure = NULL;
    kube_status st = kube__host_read_file(host, ca_path, &pem, &failure);

    if (st == KUBE_OK && pem.len != 0) {
        out->ca_pem = kube_str_n(kube__pool_strndup(&out->config.pool, kube_buf_str(&pem)), pem.len);
        if (out->ca_pem.data == NULL)
            st = KUBE_ERR_OUT_OF_MEMORY;
    } else if (st != KUBE_ERR_OUT_OF_MEMORY) {
        kube_log(logger, KUBE_LOG_WARNING, "the system's certificate authorities are used: %s",
                 st == KUBE_OK ? "the service account's is empty" : kube_error_message(failure));
        st = KUBE_OK;
    }
    kube_error_free(failure);
    kube_buf_wipe(&pem);
    return st == KUBE_OK ? KUBE_OK : kube_error_no_memory(err);
}

kube_status kube__identity_in_cluster(const kube__host *host, const kube_auth_options *opts, kube__identity *out,
                                      kube_error **err)
{
    const char *service_host = host->getenv(host->state, "KUBERNETES_SERVICE_HOST");
    const char *port = host->getenv(host->state, "KUBERNETES_SERVICE_PORT");
    size_t size;
    int fd;
    kube_status st;

    if (!is_set(service_host) || !is_set(port))
        return kube_error_set(err, KUBE_ERR_NOT_FOUND,
                              "not in a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not both set");
    fd = host->open_file(host->state, token_path, &size);
    if (fd < 0)
        return kube_error_set_errno(err, KUBE_ERR_NOT_FOUND, -fd, "no service account: %s cannot be read", token_path);
    host->close(host->state, fd);
    st = server_url(&out->config.pool, service_host, port, &out->server, err);
    if (st == KUBE_OK)
        st = read_ca(host, &opts->logger, out, err);
    if (st == KUBE_OK)
        st = kube__credential_token_file_new(host, &opts->logger, token_path, NULL, &out->credential, err);
    return st;
}
