/* The whole way, from the kubeconfig over a credential plugin, TLS and HTTP to the decoded snapshot and the files of a
 * cache, with each fault. */
#include "discovery_fixture.h"
#include "fault_sweep.h"
#include "fetch_outcome.h"
#include "foreign_loop.h"
#include "remove_tree.h"
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

static char folder[64], kubeconfig[128], plugin[128], cache[64], *documents[2];
static char expected[DISCOVERY_TEXT_BYTES]; /* the whole answer */
static rest_fixture server;

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
    size_t len;

    (void)state;
    documents[0] = read_fixture("kube-apiserver-1.37/bare/api.aggregated.json", &len);
    documents[1] = read_fixture("kube-apiserver-1.37/bare/apis.aggregated.json", &len);
    rest_fixture_start_process(&server, serve, NULL);
    snprintf(folder, sizeof folder, "/tmp/kube-faults-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(plugin, sizeof plugin, "%s/plugin", folder);
    snprintf(kubeconfig, sizeof kubeconfig, "%s/config", folder);
    if (!foreign_loop_folder(cache)) /* many files many times */
        return -1;
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
    (void)state;
    rest_fixture_clear(&server);
    free(documents[0]);
    free(documents[1]);
    remove_tree(folder);
    remove_tree(cache);
    return 0;
}

/* ---- answers: whole, or none ---- */

static void compare(const char *text)
{
    if (expected[0] == '\0') /* the first one, while nothing fails */
        snprintf(expected, sizeof expected, "%s", text);
    assert_true(strlen(text) > 1000);
    assert_string_equal(text, expected);
}

static kube_status ask(kube_discovery *discovery, kube_freshness freshness, kube_error **err)
{
    kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
    kube_api_resource_lists *lists = NULL;
    kube_status st;

    opts.freshness = freshness;
    st = kube_discovery_server_groups_and_resources(discovery, &opts, NULL, &lists, err);
    if (st == KUBE_OK)
        compare(lists_text(lists));
    kube_api_resource_lists_unref(lists);
    return st;
}

static kube_status connect_to_server(kube_rest_client **rest, kube_error **err)
{
    kube_auth_options opts = KUBE_AUTH_OPTIONS_INIT;

    opts.kubeconfig = kubeconfig;
    return kube_auth_rest_client_from_kubeconfig(&opts, rest, err);
}

/* ---- without a cache ---- */

/* Takes the loop; its end is told to a fetch that has not ended. */
static kube_status fetch(kube_io *io, kube_discovery *discovery, kube_error **err)
{
    outcome o = { .calls = 0 };
    kube_status st =
        kube_discovery_fetch_start(discovery, io, KUBE_DISCOVERY_WANT_ALL, NULL, NULL, on_fetched, &o, err);
    bool started = st == KUBE_PENDING;

    while (started && o.calls == 0 && (st = kube_io_run(io, 1000)) == KUBE_OK)
        ;
    kube_io_free(io);
    if (started && (st == KUBE_OK || st == KUBE_PENDING)) {
        st = o.status;
        *err = o.err;
        o.err = NULL;
    }
    assert_int_equal(o.calls, started ? 1 : 0);
    outcome_clear(&o);
    return st;
}

static kube_status fetched_on_a_loop(kube_error **err)
{
    kube_rest_client *rest = NULL;
    kube_discovery *discovery = NULL;
    kube_io *io = NULL;
    kube_status st = connect_to_server(&rest, err);

    if (st == KUBE_OK)
        st = kube_discovery_client_new(rest, NULL, &discovery, err);
    if (st == KUBE_OK)
        st = kube_io_new(NULL, &io, err);
    if (st == KUBE_OK)
        st = fetch(io, discovery, err);
    kube_discovery_unref(discovery);
    kube_rest_client_unref(rest);
    return st;
}

static kube_status asked_for_blocking(kube_error **err)
{
    kube_rest_client *rest = NULL;
    kube_discovery *discovery = NULL;
    kube_status st = connect_to_server(&rest, err);

    if (st == KUBE_OK)
        st = kube_discovery_client_new(rest, NULL, &discovery, err);
    if (st == KUBE_OK)
        st = ask(discovery, KUBE_FRESHNESS_DEFAULT, err);
    kube_discovery_unref(discovery);
    kube_rest_client_unref(rest);
    return st;
}

/* ---- with a cache ---- */

static kube_status ask_cached(kube_freshness freshness, kube_error **err)
{
    kube_cached_discovery_builder *builder;
    kube_rest_client *rest = NULL;
    kube_discovery *discovery = NULL;
    kube_status st = connect_to_server(&rest, err);

    if (st == KUBE_OK) {
        builder = kube_cached_discovery_builder_new();
        kube_cached_discovery_builder_rest(builder, rest);
        kube_cached_discovery_builder_disk(builder, cache);
        st = kube_cached_discovery_builder_build(builder, &discovery, err);
    }
    if (st == KUBE_OK)
        st = ask(discovery, freshness, err);
    kube_discovery_unref(discovery);
    kube_rest_client_unref(rest);
    return st;
}

static kube_status into_an_empty_cache(kube_error **err)
{
    remove_tree(cache);
    return ask_cached(KUBE_FRESHNESS_DEFAULT, err);
}

/* Left by the one before, which was whole. */
static kube_status out_of_a_cache(kube_error **err)
{
    return ask_cached(KUBE_FRESHNESS_DEFAULT, err);
}

static kube_status out_of_a_cache_asked_about(kube_error **err)
{
    return ask_cached(KUBE_FRESHNESS_REVALIDATE, err);
}

/* Where libcurl's socket callback cannot make a watch, the pool is started anew and its requests fail as unavailable;
 * or libcurl, told that its connection cannot be watched, finds there at once what it was waiting for. */
#define LIVE .also = { KUBE_ERR_UNAVAILABLE }, .silent = { "epoll_ctl" }

static const fault_case cases[] = {
    { .name = "fetched on a loop", .run = fetched_on_a_loop,
      .allocations = 100, .refusals = 20, .interruptions = 5, LIVE, .files = 8 },
    { .name = "asked for, blocking", .run = asked_for_blocking,
      .allocations = 100, .refusals = 20, .interruptions = 5, LIVE, .files = 8 },
    { .name = "into an empty cache", .run = into_an_empty_cache,
      .allocations = 100, .refusals = 20, .interruptions = 5, LIVE, .files = 8, .does_without_files = true },
    { .name = "out of a cache", .run = out_of_a_cache,
      .allocations = 50, .refusals = 1, .interruptions = 5, LIVE, .files = 8, .does_without_files = true },
    { .name = "out of a cache, asked about", .run = out_of_a_cache_asked_about,
      .allocations = 100, .refusals = 20, .interruptions = 5, LIVE, .files = 8, .does_without_files = true },
};

int main(void)
{
    return fault_sweep_main(cases, sizeof cases / sizeof cases[0], set_up_all, tear_down_all);
}
