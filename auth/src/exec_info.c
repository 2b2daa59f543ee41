#include "exec_info.h"

#include "base64.h"

#include <kube/sys/error.h>

static void append_field(kube_buf *out, const char *name, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    kube_buf_append_f(out, ",\"%s\":", name);
    kube__json_append_string(out, kube_str_c(value));
}

static kube_status too_large(const kube_buf *out, kube_error **err)
{
    kube_status st = kube_buf_status(out, err);

    return st == KUBE_ERR_LIMIT ? kube_error_wrap(err, st, "what the credential plugin is to be told") : st;
}

kube_status kube__exec_cluster_json(const kube__cluster *cluster, kube_str ca_pem, kube_buf *out, kube_error **err)
{
    bool has_json_form = true;

    kube_buf_append_c(out, "{\"server\":");
    kube__json_append_string(out, kube_str_c(cluster->server));
    append_field(out, "tls-server-name", cluster->tls_server_name);
    if (cluster->insecure)
        kube_buf_append_c(out, ",\"insecure-skip-tls-verify\":true");
    if (ca_pem.len != 0) {
        kube_buf_append_c(out, ",\"certificate-authority-data\":\"");
        kube__base64_append(out, ca_pem);
        kube_buf_append_char(out, '"');
    }
    if (cluster->disable_compression)
        kube_buf_append_c(out, ",\"disable-compression\":true");
    kube_buf_append_c(out, ",\"config\":");
    if (cluster->exec_extension != NULL)
        has_json_form = kube__yaml_append_json(out, cluster->exec_extension);
    else
        kube_buf_append_c(out, "null");
    kube_buf_append_char(out, '}');
    if (out->failure == KUBE_OK && !has_json_form)
        return kube_error_set(err, KUBE_ERR_CONFIG,
                              "the extension client.authentication.k8s.io/exec of cluster \"%s\" has no JSON form",
                              cluster->name);
    return too_large(out, err);
}

kube_status kube__exec_info(const char *api_version, kube_str cluster_json, bool interactive, kube_buf *out,
                            kube_error **err)
{
    kube_buf_append_c(out, "KUBERNETES_EXEC_INFO={\"kind\":\"ExecCredential\",\"apiVersion\":");
    kube__json_append_string(out, kube_str_c(api_version));
    kube_buf_append_c(out, ",\"spec\":{");
    if (cluster_json.len != 0) {
        kube_buf_append_c(out, "\"cluster\":");
        kube_buf_append(out, cluster_json);
        kube_buf_append_char(out, ',');
    }
    kube_buf_append_f(out, "\"interactive\":%s}}", interactive ? "true" : "false");
    return too_large(out, err);
}
