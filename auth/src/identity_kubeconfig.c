/* One context made usable: everything checked, files read, credentials chosen. */
#include "credentials.h"
#include "exec_info.h"
#include "identity.h"
#include "problems.h"
#include "server.h"

#include <kube/sys/error.h>

#include <strings.h>

enum { URL_MAX_BYTES = 64 * 1024 };

typedef struct assembly {
    const kube__host        *host;
    const kube_auth_options *opts;
    const kube__cluster     *cluster;
    const kube__user        *user;
    kube__identity          *out;
    kube__problems           problems;
    bool                     show_credentials; /* false: plain http on this machine */
} assembly;

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* The bytes of a PEM field: given, or read. `what` and `name` say whose it is when it cannot be read. An empty file
 * would mean "none" further down, and for an authority that is "the system's": never by accident. */
static kube_str read_pem(assembly *a, kube_str data, const char *path, const char *what, const char *name)
{
    kube_buf pem = KUBE_BUF_INIT(KUBE__PEM_MAX_BYTES);
    kube_error *failure = NULL;
    kube_str bytes = data;
    kube_status st;

    if (data.len != 0 || !is_set(path))
        return bytes;
    st = kube__host_read_file(a->host, path, &pem, &failure);
    if (st == KUBE_OK && pem.len == 0) {
        kube__problems_add(&a->problems, KUBE_ERR_CONFIG, "%s of \"%s\": %s is empty", what, name, path);
    } else if (st == KUBE_OK) {
        bytes = kube_str_n(kube__pool_strndup(&a->out->config.pool, kube_buf_str(&pem)), pem.len);
        if (bytes.data == NULL)
            kube__problems_add(&a->problems, KUBE_ERR_OUT_OF_MEMORY, "out of memory");
    } else {
        kube__problems_add(&a->problems, st == KUBE_ERR_NOT_FOUND ? KUBE_ERR_CONFIG : st, "%s of \"%s\": %s", what,
                           name, kube_error_message(failure));
    }
    kube_error_free(failure);
    kube_buf_wipe(&pem);
    return bytes;
}

static void read_files(assembly *a)
{
    const char *cluster = a->cluster->name != NULL ? a->cluster->name : "";
    const char *user = a->user->name != NULL ? a->user->name : "";

    a->out->ca_pem = read_pem(a, a->cluster->ca_data, a->cluster->ca_file, "certificate-authority", cluster);
    if (!kube__user_has_cert(a->user))
        return;
    a->out->cert_pem = read_pem(a, a->user->cert_data, a->user->cert_file, "client-certificate", user);
    a->out->key_pem = read_pem(a, a->user->key_data, a->user->key_file, "client-key", user);
}

static bool has_credentials(const kube__user *user)
{
    return kube__user_has_token(user) || kube__user_has_basic(user) || kube__user_has_cert(user) ||
           kube__user_runs_plugin(user);
}

static bool has_tls_settings(const kube__cluster *cluster)
{
    return cluster->insecure || is_set(cluster->ca_file) || cluster->ca_data.len != 0 ||
           is_set(cluster->tls_server_name);
}

static void add_scheme(assembly *a)
{
    kube_buf url = KUBE_BUF_INIT(URL_MAX_BYTES);

    kube_buf_append_f(&url, "http://%s", a->cluster->server);
    if (url.failure == KUBE_OK)
        a->out->server = kube__pool_strndup(&a->out->config.pool, kube_buf_str(&url));
    if (url.failure == KUBE_ERR_OUT_OF_MEMORY || a->out->server == NULL)
        kube__problems_add(&a->problems, KUBE_ERR_OUT_OF_MEMORY, "out of memory");
    kube_buf_clear(&url);
}

static void judge_server(assembly *a)
{
    const char *server = a->cluster->server;

    if (!is_set(server))
        return; /* complained about already */
    a->out->server = server;
    a->show_credentials = true;
    switch (kube__server_judge(server, has_credentials(a->user), has_tls_settings(a->cluster))) {
    case KUBE__SERVER_TLS:
    case KUBE__SERVER_PLAIN:
        break;
    case KUBE__SERVER_LEAVE_OUT:
        kube_log(&a->opts->logger, KUBE_LOG_WARNING, "user \"%s\": nothing of it is sent to %s, which is plain http",
                 a->user->name, server);
        a->show_credentials = false;
        break;
    case KUBE__SERVER_EXPOSES:
        kube__problems_add(&a->problems, KUBE_ERR_CONFIG,
                           "the credentials of user \"%s\" cannot be sent to %s: it is plain http", a->user->name,
                           server);
        break;
    case KUBE__SERVER_UNCLEAR:
        kube__problems_add(&a->problems, KUBE_ERR_CONFIG, "server \"%s\" is no https:// or http:// URL", server);
        break;
    case KUBE__SERVER_NO_SCHEME:
        add_scheme(a);
        break;
    }
}

/* TLS settings mean nothing for plain http, and the client would refuse them. */
static void settle_tls(assembly *a)
{
    if (strncasecmp(a->out->server, "https://", 8) == 0) {
        a->out->tls_server_name = is_set(a->cluster->tls_server_name) ? a->cluster->tls_server_name : NULL;
        a->out->insecure = a->cluster->insecure;
    } else {
        a->out->ca_pem = a->out->cert_pem = a->out->key_pem = kube_str_n(NULL, 0);
    }
}

static kube_status make_plugin(assembly *a, kube_error **err)
{
    kube_buf cluster_json = KUBE_BUF_INIT(KUBE__EXEC_INFO_MAX_BYTES);
    kube__exec_options exec = { .host = a->host, .spec = a->user->exec, .user = a->user->name };
    kube_status st = KUBE_OK;

    if (exec.spec->provide_cluster_info)
        st = kube__exec_cluster_json(a->cluster, a->out->ca_pem, &cluster_json, err);
    exec.cluster_json = kube_buf_str(&cluster_json);
    if (st == KUBE_OK)
        st = kube__credential_exec_new(&exec, &a->out->credential, err);
    kube_buf_clear(&cluster_json);
    return st;
}

static kube_status make_credential(assembly *a, kube_error **err)
{
    const kube__user *user = a->user;

    if (!a->show_credentials)
        return KUBE_OK;
    if (is_set(user->token_file))
        return kube__credential_token_file_new(a->host, &a->opts->logger, user->token_file,
                                               is_set(user->token) ? user->token : NULL, &a->out->credential, err);
    if (is_set(user->token))
        a->out->bearer_token = user->token;
    else if (kube__user_has_basic(user))
        return kube__credential_basic_new(user->username, user->password, &a->out->credential, err);
    else if (kube__user_runs_plugin(user))
        return make_plugin(a, err);
    return KUBE_OK;
}

kube_status kube__identity_from_kubeconfig(const kube__host *host, const kube__resolved *resolved,
                                           const kube_auth_options *opts, kube__identity *out, kube_error **err)
{
    assembly a = {
        .host = host, .opts = opts, .cluster = &resolved->cluster, .user = &resolved->user, .out = out,
    };
    kube_status st;

    kube__validate_cluster(a.cluster, &a.problems);
    kube__validate_user(a.user, &a.problems);
    judge_server(&a);
    read_files(&a);
    st = kube__problems_end(&a.problems, "invalid configuration: ", err);
    if (st != KUBE_OK)
        return st;
    out->name_space = resolved->name_space;
    out->disable_compression = a.cluster->disable_compression;
    settle_tls(&a);
    return make_credential(&a, err);
}
