/* The main job, shown: where an answer comes from, and what it costs. A stub API server with a recorded cluster is
 * started in this process, so that nothing else is needed: kube-demo RECORDING. */
#include "support/api_resources_table.h"
#include "support/program.h"

#include <kube/discovery.h>
#include <kube/sys/error.h>
#include <kube/testing.h>

#include <errno.h>
#include <ftw.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BAR_CELLS = 40, TABLE_ROWS = 15 };

/* What is being shown, and with what. */
typedef struct demo {
    kube_testing_apiserver *server;
    char folder[64], kubeconfig[96], cache[96];
    kube_rest_client *rest;
    kube_discovery *discovery;
    double longest_ms; /* the bar that fills the row */
} demo;

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- clients ---- */

static void disconnect(demo *d)
{
    kube_discovery_unref(d->discovery);
    kube_rest_client_unref(d->rest);
    d->discovery = NULL;
    d->rest = NULL;
}

/* A client that knows nothing yet, as a new process has one. */
static kube_status reconnect(demo *d, int64_t ttl_ms, kube_error **err)
{
    const server_choice choice = { .kubeconfig = d->kubeconfig };
    kube_cached_discovery_builder *b;
    kube_status st;

    disconnect(d);
    st = server_connect(&choice, &d->rest, err);
    if (st != KUBE_OK)
        return st;
    b = kube_cached_discovery_builder_new();
    kube_cached_discovery_builder_rest(b, d->rest);
    kube_cached_discovery_builder_disk(b, d->cache);
    kube_cached_discovery_builder_ttl_ms(b, ttl_ms);
    return kube_cached_discovery_builder_build(b, &d->discovery, err);
}

/* ---- drawing ---- */

/* A bar whose length is the time; in eighths of a cell where the terminal knows them. */
static void draw_bar(double share)
{
    static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
    int parts = (int)(share * BAR_CELLS * 8 + 0.5);

    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
        for (int i = 0; i < (parts + 7) / 8; i++)
            putchar('#');
        return;
    }
    for (int i = 0; i < parts / 8; i++)
        fputs("█", stdout);
    fputs(parts < 1 ? eighths[1] : eighths[parts % 8], stdout);
}

static void print_head(void)
{
    printf("%-46s %8s %8s %9s\n", "", "requests", "bytes", "ms");
}

/* ---- scenes ---- */

/* Asks for everything and draws what it cost. */
static kube_status show(demo *d, const char *title, kube_freshness freshness, kube_error **err)
{
    kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
    kube_api_resource_lists *lists = NULL;
    kube_rest_client_stats before, after;
    int64_t began;
    double ms;
    kube_status st;

    opts.freshness = freshness;
    kube_rest_client_read_stats(d->rest, &before);
    began = now_us();
    st = kube_discovery_server_preferred_resources(d->discovery, &opts, &lists, err);
    ms = (double)(now_us() - began) / 1000;
    if (st != KUBE_OK)
        return st;
    kube_rest_client_read_stats(d->rest, &after);
    if (ms > d->longest_ms)
        d->longest_ms = ms;
    printf("%-46s %8d %8d %9.2f ", title, (int)(after.requests - before.requests), (int)(after.bytes - before.bytes),
           ms);
    draw_bar(ms / d->longest_ms);
    putchar('\n');
    fflush(stdout);
    kube_api_resource_lists_unref(lists);
    return KUBE_OK;
}

static kube_status show_beginnings(demo *d, kube_error **err)
{
    kube_status st = reconnect(d, 0, err);

    if (st == KUBE_OK)
        st = show(d, "cold: from the server, and written to disk", KUBE_FRESHNESS_TTL, err);
    if (st == KUBE_OK)
        st = reconnect(d, 0, err);
    if (st == KUBE_OK)
        st = show(d, "warm: a new client, from disk", KUBE_FRESHNESS_TTL, err);
    if (st == KUBE_OK)
        st = show(d, "warm: the same client, from memory", KUBE_FRESHNESS_TTL, err);
    return st;
}

/* A custom resource is installed, as a document of aggregated discovery would say it. */
static const char new_group[] =
    "{\"metadata\":{\"name\":\"demo.example.com\"},\"versions\":[{\"version\":\"v1\",\"freshness\":\"Current\","
    "\"resources\":[{\"resource\":\"gadgets\",\"responseKind\":{\"group\":\"demo.example.com\",\"version\":\"v1\","
    "\"kind\":\"Gadget\"},\"scope\":\"Namespaced\",\"singularResource\":\"gadget\",\"verbs\":[\"get\",\"list\","
    "\"watch\"],\"shortNames\":[\"gd\"],\"categories\":[\"all\"]}]}]}";

static kube_status show_changes(demo *d, kube_error **err)
{
    const struct timespec moment = { 0, 5 * 1000 * 1000 };
    kube_status st = show(d, "revalidated: nothing has changed (304)", KUBE_FRESHNESS_REVALIDATE, err);

    if (st == KUBE_OK)
        st = kube_testing_apiserver_add_group(d->server, new_group, err);
    if (st == KUBE_OK)
        st = reconnect(d, 1, err);
    nanosleep(&moment, NULL);
    if (st == KUBE_OK)
        st = show(d, "expired: a resource was installed meanwhile", KUBE_FRESHNESS_TTL, err);
    if (st == KUBE_OK)
        st = reconnect(d, 0, err);
    if (st == KUBE_OK) {
        kube_discovery_invalidate(d->discovery);
        st = show(d, "invalidated: asked whether it is true (304)", KUBE_FRESHNESS_TTL, err);
    }
    return st;
}

static kube_status show_end(demo *d, kube_error **err)
{
    kube_api_resource_lists *none = NULL;
    kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
    kube_error *why = NULL;
    kube_status st = reconnect(d, 0, err);

    kube_testing_apiserver_stop(d->server);
    d->server = NULL;
    if (st == KUBE_OK)
        st = show(d, "the server is gone: from disk", KUBE_FRESHNESS_TTL, err);
    if (st != KUBE_OK)
        return st;
    opts.freshness = KUBE_FRESHNESS_REVALIDATE;
    if (kube_discovery_server_preferred_resources(d->discovery, &opts, &none, &why) == KUBE_OK)
        st = kube_error_set(err, KUBE_ERR_INVALID_STATE, "a server that was stopped has answered");
    printf("\nAnd asked whether that is still true:\n  %s\n", kube_error_message(why));
    kube_api_resource_lists_unref(none);
    kube_error_free(why);
    return st;
}

static void print_beginning(const char *text)
{
    const char *end = text;
    size_t rows = 0, more = 0;

    while (rows <= TABLE_ROWS && (end = strchr(text, '\n')) != NULL) {
        printf("%.*s\n", (int)(end - text), text);
        text = end + 1;
        rows++;
    }
    for (; (end = strchr(text, '\n')) != NULL; text = end + 1)
        more++;
    printf("... and %zu more\n", more);
}

/* The beginning of the table that kube-api-resources prints. */
static kube_status show_table(demo *d, kube_error **err)
{
    const api_resources_view view = { .group = "" };
    kube_api_resource_lists *lists = NULL;
    char *text = NULL;
    size_t len = 0;
    kube_status st = kube_discovery_server_preferred_resources(d->discovery, NULL, &lists, err);
    FILE *to = st == KUBE_OK ? open_memstream(&text, &len) : NULL;

    if (to != NULL)
        (void)print_api_resources(to, lists, &view);
    if (to != NULL && fclose(to) == 0) {
        puts("\nWhat was asked for, as kube-api-resources prints it:\n");
        print_beginning(text);
    }
    free(text);
    kube_api_resource_lists_unref(lists);
    return st;
}

static kube_status start(demo *d, const char *recording, kube_error **err)
{
    kube_testing_apiserver_options opts = KUBE_TESTING_APISERVER_OPTIONS_INIT;
    kube_status st;

    snprintf(d->folder, sizeof d->folder, "/tmp/kube-demo-XXXXXX");
    if (mkdtemp(d->folder) == NULL)
        return kube_error_set_errno(err, KUBE_ERR_IO, errno, "making a folder in /tmp");
    snprintf(d->kubeconfig, sizeof d->kubeconfig, "%s/kubeconfig", d->folder);
    snprintf(d->cache, sizeof d->cache, "%s/cache", d->folder);
    opts.recording = recording;
    st = kube_testing_apiserver_start(&opts, &d->server, err);
    if (st == KUBE_OK)
        st = kube_testing_apiserver_write_kubeconfig(d->server, d->kubeconfig, err);
    return st;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *ftw)
{
    (void)info;
    (void)kind;
    (void)ftw;
    return remove(path);
}

int main(int argc, char **argv)
{
    demo d = { .server = NULL };
    kube_error *err = NULL;
    int code = EXIT_ANSWER;
    kube_status st;

    setlocale(LC_CTYPE, "");
    if (argc != 2)
        return fail_usage("kube-demo", "the folder of a recorded cluster is needed, and nothing else");
    st = start(&d, argv[1], &err);
    if (st == KUBE_OK) {
        print_head();
        st = show_beginnings(&d, &err);
    }
    if (st == KUBE_OK)
        st = show_changes(&d, &err);
    if (st == KUBE_OK)
        st = show_end(&d, &err);
    if (st == KUBE_OK)
        st = show_table(&d, &err);
    if (st != KUBE_OK)
        code = fail(err);
    disconnect(&d);
    kube_testing_apiserver_stop(d.server);
    (void)nftw(d.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    kube_error_free(err);
    return finish_output(code);
}
