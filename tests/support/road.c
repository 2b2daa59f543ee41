#include "road.h"

#include "remove_tree.h"

#include <dirent.h>
#include <sys/statvfs.h>
#include <unistd.h>

static unsigned count_files(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    unsigned count = 0;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char below[600];

        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "lock") == 0)
            continue;
        snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        count += entry->d_type == DT_DIR ? count_files(below) : 1;
    }
    if (dir != NULL)
        closedir(dir);
    return count;
}

kube_status road_connect(road *r, const char *server, kube_resolver *resolver, kube_error **err)
{
    kube_auth_options o = KUBE_AUTH_OPTIONS_INIT;

    kube_rest_client_unref(r->rest);
    r->rest = NULL;
    o.kubeconfig = r->kubeconfig;
    o.server = server;
    o.resolver = resolver;
    return kube_auth_rest_client_from_kubeconfig(&o, &r->rest, err);
}

uint16_t road_port(const road *r)
{
    return (uint16_t)strtoul(strrchr(kube_testing_apiserver_url(r->server), ':') + 1, NULL, 10);
}

kube_status road_forget(road *r, kube_error **err)
{
    kube_cached_discovery_builder *b = kube_cached_discovery_builder_new();
    static const char *const folders[] = { "discovery", "libkube" };
    char path[128];

    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        snprintf(path, sizeof path, "%s/%s", r->root, folders[i]);
        remove_tree(path);
    }
    kube_discovery_unref(r->discovery);
    r->discovery = NULL;
    kube_cached_discovery_builder_rest(b, r->rest);
    kube_cached_discovery_builder_disk(b, r->root);
    return kube_cached_discovery_builder_build(b, &r->discovery, err);
}

const char *road_ask(road *r, int64_t timeout_ms, kube_status *status)
{
    kube_call_options o = KUBE_CALL_OPTIONS_INIT;
    kube_api_resource_lists *lists = NULL;
    kube_error *err = NULL;
    const char *text = NULL;

    o.freshness = KUBE_FRESHNESS_REVALIDATE;
    o.timeout_ms = timeout_ms;
    *status = kube_discovery_server_groups_and_resources(r->discovery, &o, NULL, &lists, &err);
    if (*status == KUBE_OK)
        text = lists_text(lists);
    else
        assert_non_null(err);
    kube_api_resource_lists_unref(lists);
    kube_error_free(err);
    return text;
}

/* The kubeconfig is always there. */
void road_expect_all_or_nothing(road *r, const char *fault, size_t n, const char *answer, bool in_between)
{
    unsigned files = count_files(r->root);
    unsigned least = answer != NULL ? r->files : 1, most = answer != NULL || in_between ? r->files : 1;

    if (answer != NULL && strcmp(answer, r->expected) != 0)
        fail_msg("%s%zu: another answer", fault, n);
    if (files < least || files > most)
        fail_msg("%s%zu: %u files are left (of %u)", fault, n, files, r->files);
}

void road_expect_answer(road *r, const char *fault, size_t n)
{
    kube_status st = KUBE_OK;
    const char *answer = road_ask(r, 0, &st);

    if (answer == NULL || strcmp(answer, r->expected) != 0)
        fail_msg("after %s%zu: %s", fault, n, kube_status_name(st));
}

/* In memory where that is possible: hundreds of folders are made and removed, some with a plugin in them. */
static bool may_run_programs(const char *folder)
{
    struct statvfs fs;

    return access(folder, W_OK) == 0 && statvfs(folder, &fs) == 0 && (fs.f_flag & ST_NOEXEC) == 0;
}

bool road_open(road *r)
{
    kube_testing_apiserver_options opts = KUBE_TESTING_APISERVER_OPTIONS_INIT;
    kube_status st = KUBE_OK;
    const char *answer;

    *r = (road){ .files = 0 };
    snprintf(r->root, sizeof r->root, "%s/kube-road-XXXXXX", may_run_programs("/dev/shm") ? "/dev/shm" : "/tmp");
    opts.recording = KUBE_FIXTURES "/kube-apiserver-1.37/bare";
    opts.token = "a-token";
    if (mkdtemp(r->root) == NULL || kube_testing_apiserver_start(&opts, &r->server, NULL) != KUBE_OK)
        return false;
    snprintf(r->kubeconfig, sizeof r->kubeconfig, "%s/kubeconfig", r->root);
    if (kube_testing_apiserver_write_kubeconfig(r->server, r->kubeconfig, NULL) != KUBE_OK ||
        road_connect(r, NULL, NULL, NULL) != KUBE_OK || road_forget(r, NULL) != KUBE_OK)
        return false;
    answer = road_ask(r, 0, &st);
    if (answer == NULL)
        return false;
    snprintf(r->expected, sizeof r->expected, "%s", answer);
    r->files = count_files(r->root);
    return true;
}

void road_close(road *r)
{
    kube_discovery_unref(r->discovery);
    kube_rest_client_unref(r->rest);
    kube_testing_apiserver_stop(r->server);
    remove_tree(r->root);
}
