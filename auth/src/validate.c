/* What in a cluster and a user excludes or needs what. Only fields are looked at here; files are read elsewhere. */
#include "identity.h"
#include "problems.h"

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static const char *name_of(const char *name)
{
    return name != NULL ? name : "";
}

bool kube__user_has_token(const kube__user *user)
{
    return is_set(user->token) || is_set(user->token_file);
}

bool kube__user_has_basic(const kube__user *user)
{
    return is_set(user->username);
}

bool kube__user_has_cert(const kube__user *user)
{
    return is_set(user->cert_file) || user->cert_data.len != 0;
}

bool kube__user_runs_plugin(const kube__user *user)
{
    return user->exec != NULL && !kube__user_has_token(user) && !kube__user_has_basic(user) &&
           !kube__user_has_cert(user);
}

void kube__validate_cluster(const kube__cluster *cluster, kube__problems *problems)
{
    const char *name = name_of(cluster->name);

    if (!is_set(cluster->server))
        kube__problems_add(problems, KUBE_ERR_CONFIG, "cluster \"%s\" has no server", name);
    if (is_set(cluster->ca_file) && cluster->ca_data.len != 0)
        kube__problems_add(problems, KUBE_ERR_CONFIG,
                           "cluster \"%s\" has both certificate-authority and certificate-authority-data", name);
    if (cluster->insecure && (is_set(cluster->ca_file) || cluster->ca_data.len != 0))
        kube__problems_add(problems, KUBE_ERR_CONFIG,
                           "cluster \"%s\" has a certificate authority and insecure-skip-tls-verify", name);
    if (is_set(cluster->proxy_url))
        kube__problems_add(problems, KUBE_ERR_UNSUPPORTED,
                           "cluster \"%s\" has a proxy-url, which this release cannot use", name);
}

static void validate_certificate(const kube__user *user, const char *name, kube__problems *problems)
{
    bool has_key = is_set(user->key_file) || user->key_data.len != 0;

    if (!kube__user_has_cert(user))
        return; /* a key alone is ignored, as kubectl does */
    if (is_set(user->cert_file) && user->cert_data.len != 0)
        kube__problems_add(problems, KUBE_ERR_CONFIG,
                           "user \"%s\" has both client-certificate and client-certificate-data", name);
    if (is_set(user->key_file) && user->key_data.len != 0)
        kube__problems_add(problems, KUBE_ERR_CONFIG, "user \"%s\" has both client-key and client-key-data", name);
    if (!has_key)
        kube__problems_add(problems, KUBE_ERR_CONFIG,
                           "user \"%s\" has a client certificate, but neither client-key nor client-key-data", name);
}

/* A version that nobody is going to speak does no harm. */
static void validate_exec_version(const kube__user *user, const char *name, kube__problems *problems)
{
    const kube__exec_spec *exec = user->exec;

    if (!is_set(exec->api_version))
        kube__problems_add(problems, KUBE_ERR_CONFIG, "user \"%s\": exec has no apiVersion", name);
    else if (kube__user_runs_plugin(user) &&
             strcmp(exec->api_version, "client.authentication.k8s.io/v1") != 0 &&
             strcmp(exec->api_version, "client.authentication.k8s.io/v1beta1") != 0)
        kube__problems_add(
            problems, KUBE_ERR_CONFIG,
            "user \"%s\": exec.apiVersion must be client.authentication.k8s.io/v1 or /v1beta1, not \"%s\"", name,
            exec->api_version);
}

static void validate_exec(const kube__user *user, const char *name, kube__problems *problems)
{
    const kube__exec_spec *exec = user->exec;
    const char *mode = exec->interactive_mode;

    if (!is_set(exec->command))
        kube__problems_add(problems, KUBE_ERR_CONFIG, "user \"%s\": exec has no command", name);
    validate_exec_version(user, name, problems);
    for (size_t i = 0; i < exec->env_count; i++) {
        if (!is_set(exec->env[i].name))
            kube__problems_add(problems, KUBE_ERR_CONFIG, "user \"%s\": exec.env has an entry without a name", name);
        else if (strchr(exec->env[i].name, '=') != NULL)
            kube__problems_add(problems, KUBE_ERR_CONFIG, "user \"%s\": exec.env has a name with \"=\" in it", name);
    }
    if (!is_set(mode))
        kube__problems_add(problems, KUBE_ERR_CONFIG, "user \"%s\": exec has no interactiveMode", name);
    else if (strcmp(mode, "Never") != 0 && strcmp(mode, "IfAvailable") != 0 && strcmp(mode, "Always") != 0)
        kube__problems_add(problems, KUBE_ERR_CONFIG,
                           "user \"%s\": exec.interactiveMode must be Never, IfAvailable or Always, not \"%s\"", name,
                           mode);
}

/* What goes into a header as it is. */
static void validate_token(const kube__user *user, const char *name, kube__problems *problems)
{
    for (const char *p = name_of(user->token); *p != '\0'; p++) {
        if (*p < ' ' || *p > '~') {
            kube__problems_add(problems, KUBE_ERR_CONFIG,
                               "user \"%s\": token holds a byte that cannot be sent in a header", name);
            return;
        }
    }
}

void kube__validate_user(const kube__user *user, kube__problems *problems)
{
    const char *name = name_of(user->name);

    validate_certificate(user, name, problems);
    validate_token(user, name, problems);
    if (kube__user_has_token(user) && kube__user_has_basic(user))
        kube__problems_add(problems, KUBE_ERR_CONFIG,
                           "user \"%s\" has both a token and a username: only one is allowed", name);
    if (is_set(user->password) && !is_set(user->username))
        kube__problems_add(problems, KUBE_ERR_CONFIG, "user \"%s\" has a password, but no username", name);
    if (is_set(user->username) && strchr(user->username, ':') != NULL)
        kube__problems_add(problems, KUBE_ERR_CONFIG, "user \"%s\": a username cannot have a colon in it", name);
    if (user->exec != NULL)
        validate_exec(user, name, problems);
    if (user->exec != NULL && user->auth_provider)
        kube__problems_add(problems, KUBE_ERR_CONFIG, "user \"%s\" has both exec and auth-provider", name);
    else if (user->auth_provider)
        kube__problems_add(problems, KUBE_ERR_UNSUPPORTED,
                           "user \"%s\" has an auth-provider, which this release cannot use", name);
    if (user->impersonates != NULL)
        kube__problems_add(problems, KUBE_ERR_UNSUPPORTED,
                           "user \"%s\" impersonates somebody (\"%s\"), which this release cannot do", name,
                           user->impersonates);
}
