/* The `exec` block of a user. */
#include "kubeconfig.h"
#include "yaml_read.h"

/* More would not fit on a command line anyway. */
enum { MAX_ARGS = 1024, MAX_ENV = 1024 };

static const kube__env_var *decode_env(kube__yaml_reader *r, const kube__yaml_node *map, size_t *count)
{
    const kube__yaml_node *list = kube__yaml_list(r, map, "env");
    kube__env_var *env;
    size_t n = 0;

    if (list == NULL || list->count == 0)
        return NULL;
    if (list->count > MAX_ENV) {
        kube__yaml_reader_fail(r, list, "env", KUBE_ERR_LIMIT, "has more than %d items", MAX_ENV);
        return NULL;
    }
    env = kube__yaml_array_for(r, list, "env", sizeof *env);
    if (env == NULL)
        return NULL;
    r->section = "user.exec.env";
    for (const kube__yaml_item *item = list->first; item != NULL && r->status == KUBE_OK; item = item->next) {
        if (item->value->kind != KUBE__YAML_MAP) {
            kube__yaml_reader_fail(r, item->value, "[]", KUBE_ERR_CONFIG, "must be a mapping, not %s",
                                   kube__yaml_kind_name(item->value->kind));
        } else {
            env[n].name = kube__yaml_string(r, item->value, "name");
            env[n].value = kube__yaml_string(r, item->value, "value");
            n++;
        }
    }
    r->section = "user.exec";
    *count = n;
    return env;
}

/* The old versions of the interface had no interactiveMode: for them, and only for them, it has a default. */
static const char *default_interactive_mode(const char *api_version)
{
    if (api_version != NULL && (strcmp(api_version, "client.authentication.k8s.io/v1beta1") == 0 ||
                                strcmp(api_version, "client.authentication.k8s.io/v1alpha1") == 0))
        return "IfAvailable";
    return NULL;
}

const kube__exec_spec *kube__exec_spec_decode(kube__yaml_reader *r, const kube__yaml_node *map)
{
    const char *outer = r->section;
    kube__exec_spec *exec = kube__pool_alloc(r->pool, sizeof *exec);

    if (exec == NULL) {
        kube__yaml_reader_no_memory(r);
        return NULL;
    }
    r->section = "user.exec";
    exec->api_version = kube__yaml_string(r, map, "apiVersion");
    exec->command = kube__yaml_string(r, map, "command");
    exec->install_hint = kube__yaml_string(r, map, "installHint");
    exec->interactive_mode = kube__yaml_string(r, map, "interactiveMode");
    exec->provide_cluster_info = kube__yaml_bool(r, map, "provideClusterInfo");
    exec->args = kube__yaml_strings(r, map, "args", MAX_ARGS, &exec->arg_count);
    exec->env = decode_env(r, map, &exec->env_count);
    if (exec->interactive_mode == NULL || exec->interactive_mode[0] == '\0')
        exec->interactive_mode = default_interactive_mode(exec->api_version);
    r->section = outer;
    return r->status == KUBE_OK ? exec : NULL;
}
