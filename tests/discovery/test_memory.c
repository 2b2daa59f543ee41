/* The live path, from the kubeconfig over a credential plugin, TLS and HTTP to the decoded snapshot, with each
 * allocation of libkube's failing in turn: a status, no crash, nothing left behind, and the next try works. */
#include "alloc_trace.h"
#include "fetch_outcome.h"
#include "rest_fixture.h"

#include <kube/auth.h>
#include <kube/discovery.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64], kubeconfig[128], plugin[128], *documents[2];
static rest_fixture server;

static char *read_document(const char *name)
{
    char path[512];
    FILE *f;
    char *text = calloc(1, 1 << 20);

    snprintf(path, sizeof path, "%s/kube-apiserver-1.37/bare/%s", KUBE_FIXTURES, name);
    f = fopen(path, "r");
    if (f == NULL || text == NULL || fread(text, 1, (1 << 20) - 1, f) == 0)
        abort();
    fclose(f);
    return text;
}

static void serve(void *user, kube_testing_connection *c, const kube_testing_request *r)
{
    (void)user;
    kube_testing_connection_reply(
        c, 200, "Content-Type: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList\r\n",
        documents[strncmp(r->target, "/apis", 5) == 0]);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *f = fopen(path, "w");

    if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0 || chmod(path, mode) != 0)
        abort();
}

static int set_up_all(void **state)
{
    char text[4096];

    (void)state;
    documents[0] = read_document("api.aggregated.json");
    documents[1] = read_document("apis.aggregated.json");
    rest_fixture_start_process(&server, serve, NULL);
    snprintf(folder, sizeof folder, "/tmp/kube-memory-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(plugin, sizeof plugin, "%s/plugin", folder);
    snprintf(kubeconfig, sizeof kubeconfig, "%s/config", folder);
    write_file(plugin,
               "#!/bin/sh\necho '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\","
               "\"status\":{\"token\":\"t\"}}'\n",
               0700);
    snprintf(text, sizeof text, "%s/ca", folder);
    write_file(text, kube_testing_cert_pem(server.ca), 0600);
    snprintf(text, sizeof text,
             "{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}],"
             " clusters: [{name: c, cluster: {server: '%s', certificate-authority: ca}}],"
             " users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin,"
             " interactiveMode: Never}}}]}",
             server.url);
    write_file(kubeconfig, text, 0600);
    return 0;
}

static int tear_down_all(void **state)
{
    char path[128];

    (void)state;
    rest_fixture_clear(&server);
    free(documents[0]);
    free(documents[1]);
    snprintf(path, sizeof path, "%s/ca", folder);
    unlink(path);
    unlink(plugin);
    unlink(kubeconfig);
    return rmdir(folder);
}

static void fetch_on_a_loop(kube_discovery *discovery, outcome *o)
{
    kube_io *io = NULL;
    kube_status st = kube_io_new(NULL, &io, &o->err);

    if (st == KUBE_OK)
        st = kube_discovery_fetch_start(discovery, io, KUBE_DISCOVERY_WANT_ALL, NULL, NULL, on_fetched, o, &o->err);
    if (st == KUBE_PENDING) {
        while (o->calls == 0 && (st = kube_io_run(io, 1000)) == KUBE_OK)
            ;
        if (st != KUBE_OK)
            o->status = st;
    } else {
        o->status = st;
    }
    kube_io_free(io);
}

static void fetch_blocking(kube_discovery *discovery, outcome *o)
{
    kube_api_group_list *groups = NULL;
    kube_api_resource_lists *lists = NULL;

    o->status = kube_discovery_server_groups_and_resources(discovery, NULL, &groups, &lists, &o->err);
    if (o->status == KUBE_OK && kube_api_resource_lists_count(lists) < 10)
        o->status = KUBE_ERR_INVALID_STATE; /* an answer that lacks something must not look like one */
    kube_api_group_list_unref(groups);
    kube_api_resource_lists_unref(lists);
}

static void whole_path(void (*fetch)(kube_discovery *, outcome *), outcome *o)
{
    kube_auth_options opts = KUBE_AUTH_OPTIONS_INIT;
    kube_rest_client *rest = NULL;
    kube_discovery *discovery = NULL;

    memset(o, 0, sizeof *o);
    opts.kubeconfig = kubeconfig;
    o->status = kube_auth_rest_client_from_kubeconfig(&opts, &rest, &o->err);
    if (o->status == KUBE_OK)
        o->status = kube_discovery_client_new(rest, NULL, &discovery, &o->err);
    if (o->status == KUBE_OK)
        fetch(discovery, o);
    kube_discovery_unref(discovery);
    kube_rest_client_unref(rest);
    kube_discovery_snapshot_unref(o->snapshot);
    kube_error_free(o->err);
}

/* Where libcurl's socket callback cannot make a watch, the pool is started anew and its requests fail as unavailable.
 * An allocation that only an explanation needed may fail without consequence. */
static void fail_each(void (*fetch)(kube_discovery *, outcome *))
{
    size_t n, succeeded = 0;
    outcome o;

    whole_path(fetch, &o);
    assert_int_equal(o.status, KUBE_OK);
    for (n = 1;; n++) {
        size_t live = alloc_trace_live();
        bool reached;

        alloc_trace_fail_at(n);
        whole_path(fetch, &o);
        reached = alloc_trace_stop();
        if (o.status != KUBE_OK && o.status != KUBE_ERR_OUT_OF_MEMORY && o.status != KUBE_ERR_UNAVAILABLE)
            fail_msg("allocation %zu: %s", n, kube_status_name(o.status));
        if (alloc_trace_live() != live)
            fail_msg("allocation %zu: %zu blocks are left", n, alloc_trace_live() - live);
        if (!reached)
            break;
        succeeded += o.status == KUBE_OK;
    }
    assert_int_equal(o.status, KUBE_OK);
    print_message("%zu allocations failed in turn, %zu of them without consequence\n", n - 1, succeeded);
    assert_true(n > 100);
}

static void each_allocation_of_the_live_path_may_fail_on_a_loop(void **state)
{
    (void)state;
    fail_each(fetch_on_a_loop);
}

static void each_allocation_of_the_live_path_may_fail_in_a_blocking_call(void **state)
{
    (void)state;
    fail_each(fetch_blocking);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(each_allocation_of_the_live_path_may_fail_on_a_loop),
        ALLOC_TRACE_TEST(each_allocation_of_the_live_path_may_fail_in_a_blocking_call),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
