#include <kube/kube.h>

#include <stdio.h>

static void print_line(void *user, kube_log_level level, const char *line)
{
    (void)user;
    (void)level;
    fprintf(stderr, "%s\n", line);
}

int main(void)
{
    const kube_logger log = { print_line, NULL, KUBE_LOG_WARNING }; /* keeps a server's control bytes off a terminal */
    kube_rest_client *rest = NULL;
    kube_discovery *discovery = NULL;
    kube_api_resource_list *list = NULL;
    kube_error *err = NULL;

    /* KUBECONFIG, ~/.kube/config, or a pod's service account */
    kube_status st = kube_auth_rest_client_from_kubeconfig(NULL, &rest, &err);
    if (st == KUBE_OK) {
        kube_cached_discovery_builder *b = kube_cached_discovery_builder_new();
        kube_cached_discovery_builder_rest(b, rest);
        kube_cached_discovery_builder_disk(b, NULL); /* kubectl's own folder */
        st = kube_cached_discovery_builder_build(b, &discovery, &err);
    }
    if (st == KUBE_OK)
        st = kube_discovery_server_resources_for_group_version(discovery, "apps/v1", NULL, &list, &err);
    if (st != KUBE_OK)
        kube_log(&log, KUBE_LOG_WARNING, "%s", kube_error_message(err));
    for (size_t i = 0; st == KUBE_OK && i < kube_api_resource_list_count(list); i++)
        puts(kube_api_resource_name(kube_api_resource_list_at(list, i)));

    kube_api_resource_list_unref(list);
    kube_discovery_unref(discovery);
    kube_rest_client_unref(rest);
    kube_error_free(err);
    return st == KUBE_OK ? 0 : 1;
}
