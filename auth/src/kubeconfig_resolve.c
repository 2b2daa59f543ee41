/* Merging by looking: the first file that has an entry wins, with the whole entry. */
#include "kubeconfig.h"
#include "path.h"

#include <kube/sys/error.h>

static bool is_named(const char *name, const char *wanted)
{
    return name != NULL && strcmp(name, wanted) == 0;
}

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

const kube__cluster *kube__kubeconfig_cluster(const kube__kubeconfig *config, const char *name)
{
    for (const kube__kubeconfig_file *f = config->files; f != NULL; f = f->next) {
        for (size_t i = 0; i < f->cluster_count; i++) {
            if (is_named(f->clusters[i].name, name))
                return &f->clusters[i];
        }
    }
    return NULL;
}

const kube__user *kube__kubeconfig_user(const kube__kubeconfig *config, const char *name)
{
    for (const kube__kubeconfig_file *f = config->files; f != NULL; f = f->next) {
        for (size_t i = 0; i < f->user_count; i++) {
            if (is_named(f->users[i].name, name))
                return &f->users[i];
        }
    }
    return NULL;
}

const kube__context *kube__kubeconfig_context(const kube__kubeconfig *config, const char *name)
{
    for (const kube__kubeconfig_file *f = config->files; f != NULL; f = f->next) {
        for (size_t i = 0; i < f->context_count; i++) {
            if (is_named(f->contexts[i].name, name))
                return &f->contexts[i];
        }
    }
    return NULL;
}

const char *kube__kubeconfig_current_context(const kube__kubeconfig *config)
{
    for (const kube__kubeconfig_file *f = config->files; f != NULL; f = f->next) {
        if (is_set(f->current_context))
            return f->current_context;
    }
    return NULL;
}

/* A path as it is meant, or NULL for "not set". False: no memory. */
static bool make_absolute(kube__pool *pool, const kube__kubeconfig_file *file, const char **path)
{
    if (!is_set(*path)) {
        *path = NULL;
        return true;
    }
    *path = kube__path_join(pool, file->dir, *path);
    return *path != NULL;
}

/* A command with a slash in it is a path like the others; one without is looked up in PATH. */
static bool make_command_absolute(kube__pool *pool, const kube__kubeconfig_file *file, kube__user *user)
{
    kube__exec_spec *exec;

    if (user->exec == NULL || user->exec->command == NULL || strchr(user->exec->command, '/') == NULL)
        return true;
    exec = kube__pool_alloc(pool, sizeof *exec);
    if (exec == NULL)
        return false;
    *exec = *user->exec;
    user->exec = exec;
    return make_absolute(pool, file, &exec->command);
}

static kube_status resolve_user(kube__kubeconfig *config, const kube__context *context, kube__user *out,
                                kube_error **err)
{
    const kube__user *user;

    memset(out, 0, sizeof *out);
    if (!is_set(context->user))
        return KUBE_OK; /* nobody in particular */
    user = kube__kubeconfig_user(config, context->user);
    if (user == NULL)
        return kube_error_set(err, KUBE_ERR_CONFIG, "context \"%s\" names the user \"%s\", which does not exist (%s)",
                              context->name, context->user, config->sought.data);
    *out = *user;
    if (!make_absolute(&config->pool, user->file, &out->cert_file) ||
        !make_absolute(&config->pool, user->file, &out->key_file) ||
        !make_absolute(&config->pool, user->file, &out->token_file) ||
        !make_command_absolute(&config->pool, user->file, out))
        return kube_error_no_memory(err);
    return KUBE_OK;
}

static kube_status resolve_cluster(kube__kubeconfig *config, const kube__context *context, const char *server,
                                   kube__cluster *out, kube_error **err)
{
    const kube__cluster *cluster = NULL;

    memset(out, 0, sizeof *out);
    if (is_set(context->cluster)) {
        cluster = kube__kubeconfig_cluster(config, context->cluster);
        if (cluster == NULL)
            return kube_error_set(err, KUBE_ERR_CONFIG,
                                  "context \"%s\" names the cluster \"%s\", which does not exist (%s)", context->name,
                                  context->cluster, config->sought.data);
        *out = *cluster;
        if (!make_absolute(&config->pool, cluster->file, &out->ca_file))
            return kube_error_no_memory(err);
    } else if (!is_set(server)) {
        return kube_error_set(err, KUBE_ERR_CONFIG, "context \"%s\" names no cluster", context->name);
    }
    if (is_set(server)) {
        out->server = kube__pool_strndup(&config->pool, kube_str_c(server));
        out->tls_server_name = NULL; /* it was the name of the other one */
        if (out->server == NULL)
            return kube_error_no_memory(err);
    }
    return KUBE_OK;
}

kube_status kube__kubeconfig_resolve(kube__kubeconfig *config, const char *context_name, const char *server,
                                     kube__resolved *out, kube_error **err)
{
    static const kube__context no_context;
    const kube__context *context = &no_context;
    const char *name = is_set(context_name) ? context_name : kube__kubeconfig_current_context(config);
    kube__resolved resolved = { 0 };
    kube_status st;

    if (name != NULL) {
        context = kube__kubeconfig_context(config, name);
        if (context == NULL)
            return kube_error_set(err, KUBE_ERR_CONFIG,
                                  "context was not found for specified context: \"%s\" (%s)", name,
                                  config->sought.data);
    } else if (!is_set(server)) {
        return kube_error_set(err, KUBE_ERR_CONFIG,
                              "no context was asked for, and no current-context is set (%s)", config->sought.data);
    }
    resolved.context = context->name;
    resolved.name_space = is_set(context->name_space) ? context->name_space : NULL;
    st = resolve_user(config, context, &resolved.user, err);
    if (st == KUBE_OK)
        st = resolve_cluster(config, context, server, &resolved.cluster, err);
    if (st == KUBE_OK)
        *out = resolved;
    return st;
}
