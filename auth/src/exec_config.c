#include "exec_config.h"

#include "exec_info.h"
#include "install_hint.h"
#include "path.h"

#include <kube/sys/error.h>

#include <limits.h>

static const char *copy(kube__pool *pool, const char *text)
{
    return kube__pool_strndup(pool, kube_str_c(text));
}

static bool set_argv(kube__exec_config *config, const kube__exec_spec *spec)
{
    const char **argv = kube__pool_alloc_array(&config->pool, spec->arg_count + 2, sizeof *argv);

    if (argv == NULL)
        return false;
    argv[0] = config->command;
    for (size_t i = 0; i < spec->arg_count; i++) {
        argv[i + 1] = copy(&config->pool, spec->args[i]);
        if (argv[i + 1] == NULL)
            return false;
    }
    config->argv = argv;
    return true;
}

static bool same_variable(const char *a, const char *b)
{
    size_t len = strcspn(a, "=");

    return strncmp(a, b, len) == 0 && b[len] == '=';
}

/* Adds one; an earlier one of the same name gives way. */
static void put_variable(const char **env, size_t *count, const char *entry)
{
    for (size_t i = 0; i < *count; i++) {
        if (same_variable(env[i], entry)) {
            env[i] = entry;
            return;
        }
    }
    env[(*count)++] = entry;
}

/* The process's environment, then what is configured, with room for two more. NULL: no memory. */
static const char **merge_environment(kube__exec_config *config, const kube__exec_spec *spec, size_t *count)
{
    const char *const *own = config->host->environment(config->host->state);
    const char **env;
    size_t own_count = 0;

    while (own[own_count] != NULL)
        own_count++;
    env = kube__pool_alloc_array(&config->pool, own_count + spec->env_count + 2, sizeof *env);
    if (env == NULL)
        return NULL;
    for (size_t i = 0; i < own_count; i++) {
        const char *entry = copy(&config->pool, own[i]);

        if (entry == NULL)
            return NULL;
        env[(*count)++] = entry;
    }
    for (size_t i = 0; i < spec->env_count; i++) {
        const char *entry = kube__pool_join(&config->pool, kube_str_c(spec->env[i].name), kube_str_c("="),
                                            kube_str_c(spec->env[i].value));

        if (entry == NULL)
            return NULL;
        put_variable(env, count, entry);
    }
    return env;
}

/* One of the two environments: `base` and KUBERNETES_EXEC_INFO, whatever that was before. */
static kube_status set_envp(kube__exec_config *config, const char *const *base, size_t count, kube_str cluster_json,
                            bool interactive, kube_error **err)
{
    kube_buf info = KUBE_BUF_INIT(KUBE__EXEC_INFO_MAX_BYTES);
    const char **envp = kube__pool_alloc_array(&config->pool, count + 2, sizeof *envp);
    const char *entry = NULL;
    kube_status st = kube__exec_info(config->api_version, cluster_json, interactive, &info, err);

    if (st == KUBE_OK && envp != NULL)
        entry = kube__pool_strndup(&config->pool, kube_buf_str(&info));
    kube_buf_clear(&info);
    if (st != KUBE_OK)
        return st;
    if (entry == NULL)
        return kube_error_no_memory(err);
    memcpy(envp, base, count * sizeof *envp);
    put_variable(envp, &count, entry);
    config->envp[interactive] = envp;
    return KUBE_OK;
}

static kube_status set_environments(kube__exec_config *config, const kube__exec_options *opts, kube_error **err)
{
    size_t count = 0;
    const char **base = merge_environment(config, opts->spec, &count);
    kube_status st = KUBE_OK;

    if (base == NULL)
        return kube_error_no_memory(err);
    if (config->mode != KUBE__EXEC_ALWAYS)
        st = set_envp(config, base, count, opts->cluster_json, false, err);
    if (st == KUBE_OK && config->mode != KUBE__EXEC_NEVER)
        st = set_envp(config, base, count, opts->cluster_json, true, err);
    return st;
}

static kube__exec_mode mode_of(const char *text)
{
    if (strcmp(text, "Never") == 0)
        return KUBE__EXEC_NEVER;
    return strcmp(text, "Always") == 0 ? KUBE__EXEC_ALWAYS : KUBE__EXEC_IF_AVAILABLE;
}

static bool set_texts(kube__exec_config *config, const kube__exec_options *opts)
{
    const kube__exec_spec *spec = opts->spec;
    const char *path = config->host->getenv(config->host->state, "PATH");

    config->user = copy(&config->pool, opts->user);
    config->command = kube__path_clean(&config->pool, spec->command);
    config->api_version = copy(&config->pool, spec->api_version);
    config->hint = kube__install_hint(&config->pool, kube_str_c(spec->install_hint));
    config->path = copy(&config->pool, path);
    return config->user != NULL && config->command != NULL && config->api_version != NULL && config->hint != NULL &&
           config->path != NULL;
}

kube_status kube__exec_config_init(kube__exec_config *config, const kube__exec_options *opts, kube_error **err)
{
    kube_status st;

    memset(config, 0, sizeof *config);
    config->host = opts->host;
    config->mode = mode_of(opts->spec->interactive_mode);
    if (set_texts(config, opts) && set_argv(config, opts->spec))
        st = set_environments(config, opts, err);
    else
        st = kube_error_no_memory(err);
    if (st != KUBE_OK)
        kube__exec_config_clear(config);
    return st;
}

void kube__exec_config_clear(kube__exec_config *config)
{
    kube__pool_clear(&config->pool);
}

kube_status kube__exec_interactive(const kube__exec_config *config, bool *out, kube_error **err)
{
    bool terminal = config->mode != KUBE__EXEC_NEVER && config->host->stdin_is_terminal(config->host->state);

    if (config->mode == KUBE__EXEC_ALWAYS && !terminal)
        return kube_error_set(err, KUBE_ERR_CONFIG,
                              "user \"%s\": the credential plugin %s needs a terminal, and standard input is none",
                              config->user, config->command);
    *out = terminal;
    return KUBE_OK;
}

static kube_status not_found(const kube__exec_config *config, kube_error **err)
{
    return kube_error_set(err, KUBE_ERR_CONFIG, "user \"%s\": the credential plugin %s was not found in PATH%s%s",
                          config->user, config->command, config->hint[0] != '\0' ? ": " : "", config->hint);
}

/* A program that happens to lie in the current directory is not run for its name: somebody may have put it there. As
 * the reference does, the search ends at such a hit instead of going on behind it. */
kube_status kube__exec_find(const kube__exec_config *config, kube_buf *path, kube_error **err)
{
    if (strchr(config->command, '/') != NULL) {
        kube_buf_append_c(path, config->command);
        return kube_buf_status(path, err);
    }
    for (const char *p = config->path; *p != '\0';) {
        size_t len = strcspn(p, ":");

        kube_buf_reset(path);
        kube_buf_append(path, len != 0 ? kube_str_n(p, len) : kube_str_c("."));
        kube_buf_append_char(path, '/');
        kube_buf_append_c(path, config->command);
        if (kube_buf_status(path, NULL) == KUBE_ERR_OUT_OF_MEMORY)
            return kube_error_no_memory(err);
        if (path->failure == KUBE_OK && config->host->check_program(config->host->state, path->data) == 0) {
            if (kube__path_is_absolute(path->data))
                return KUBE_OK;
            return kube_error_set(err, KUBE_ERR_CONFIG,
                                  "user \"%s\": the credential plugin %s was found in a directory that PATH names "
                                  "relative to the current one; it is not run from there",
                                  config->user, config->command);
        }
        p += len;
        p += *p == ':';
    }
    return not_found(config, err);
}
