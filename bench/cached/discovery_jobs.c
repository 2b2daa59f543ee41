/* Discovery with new objects every time: live, through an empty folder, and from a folder that has everything. Making
 * the objects is part of a job's time; what comes before and after is not. */
#include "bench.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>

#define TTL_MS ((int64_t)6 * 60 * 60 * 1000) /* kubectl's */

/* Folders in the work folder. kubectl's is written by benchpeer. */
#define OWN "libkube"
#define KUBECTL "kubectl"
#define COLD "cold-libkube"

typedef kube_status question_fn(answer *a, kube_error **err);

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

/* What is not there is removed already. */
static void remove_folder(const bench *b, const char *name)
{
    char path[BENCH_PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", b->work, name);
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static kube_status wrong(kube_error **err, const char *what, uint64_t got, uint64_t expected)
{
    return kube_error_set(err, KUBE_ERR_INVALID_STATE, "%llu %s, not %llu", (unsigned long long)got, what,
                          (unsigned long long)expected);
}

/* An answer that came another way than the job says is no result. */
static kube_status expect_traffic(const answer *a, uint64_t requests, uint64_t connections, kube_error **err)
{
    kube_rest_client_stats stats = { 0 };

    kube_rest_client_read_stats(a->rest, &stats);
    if (stats.requests != requests)
        return wrong(err, "requests", stats.requests, requests);
    if (stats.connections != connections)
        return wrong(err, "connections", stats.connections, connections);
    return KUBE_OK;
}

/* --- questions ---------------------------------------------------------------------------------------------------- */

static kube_status ask_everything(answer *a, kube_error **err)
{
    return kube_discovery_server_groups_and_resources(a->discovery, NULL, &a->groups, &a->lists, err);
}

static kube_status ask_preferred(answer *a, kube_error **err)
{
    return kube_discovery_server_preferred_resources(a->discovery, NULL, &a->preferred, err);
}

static kube_status ask_one(answer *a, kube_error **err)
{
    return kube_discovery_server_resources_for_group_version(a->discovery, BENCH_GROUP_VERSION, NULL, &a->list, err);
}

typedef struct fetched {
    bool done;
    kube_status st;
    kube_discovery_snapshot *snapshot;
    kube_error *err;
} fetched;

static void on_fetched(void *user, kube_status st, kube_discovery_snapshot *snapshot, kube_error *err)
{
    *(fetched *)user = (fetched){ true, st, snapshot, err };
}

kube_status fetch_snapshot(answer *a, kube_error **err)
{
    fetched f = { 0 };
    kube_status st = kube_io_new(NULL, &a->io, err);

    if (st == KUBE_OK)
        st = kube_discovery_fetch_start(a->discovery, a->io, KUBE_DISCOVERY_WANT_ALL, NULL, NULL, on_fetched, &f, err);
    if (st != KUBE_PENDING)
        return st;
    while (!f.done) {
        if (kube_io_run(a->io, 1000) != KUBE_OK)
            break;
    }
    a->snapshot = f.snapshot;
    if (f.err != NULL)
        *err = f.err;
    return f.done ? f.st : KUBE_ERR_TIMEOUT;
}

static kube_status ask_mapping(answer *a, kube_error **err)
{
    kube_status st = fetch_snapshot(a, err);
    kube_api_resource_iter it;

    if (st != KUBE_OK)
        return st;
    it = kube_discovery_snapshot_find(a->snapshot, KUBE_API_RESOURCE_BY_KIND, BENCH_KIND);
    do
        a->mapping = kube_api_resource_iter_next(&it);
    while (a->mapping != NULL &&
           strncmp(kube_api_resource_group_version(a->mapping), BENCH_GROUP "/", sizeof BENCH_GROUP) != 0);
    return a->mapping != NULL ? KUBE_OK : kube_error_set(err, KUBE_ERR_NOT_FOUND, "no " BENCH_KIND);
}

/* --- clients ------------------------------------------------------------------------------------------------------ */

/* With a folder below the work folder, or, for NULL, in memory. */
static kube_status make_client(bench *b, answer *a, const char *folder, kube_error **err)
{
    kube_cached_discovery_builder *builder;
    char root[BENCH_PATH_MAX];
    kube_status st = kube_rest_client_new(&b->rest, &a->rest, err);

    if (st != KUBE_OK)
        return st;
    builder = kube_cached_discovery_builder_new();
    kube_cached_discovery_builder_rest(builder, a->rest);
    kube_cached_discovery_builder_ttl_ms(builder, TTL_MS);
    if (folder != NULL) {
        snprintf(root, sizeof root, "%s/%s", b->work, folder);
        kube_cached_discovery_builder_disk(builder, root);
    } else {
        kube_cached_discovery_builder_memory(builder);
    }
    return kube_cached_discovery_builder_build(builder, &a->discovery, err);
}

kube_status make_memory_client(bench *b, answer *a, kube_error **err)
{
    kube_status st = make_client(b, a, NULL, err);

    return st == KUBE_OK ? ask_everything(a, err) : st;
}

static kube_status cached(bench *b, answer *a, const char *folder, question_fn *ask, kube_error **err)
{
    double began = now_ns();
    kube_status st = make_client(b, a, folder, err);

    if (st == KUBE_OK)
        st = ask(a, err);
    a->figure = now_ns() - began;
    return st;
}

static kube_status cold_live(bench *b, answer *a, kube_error **err)
{
    double began = now_ns();
    kube_status st = kube_rest_client_new(&b->rest, &a->rest, err);

    if (st == KUBE_OK)
        st = kube_discovery_client_new(a->rest, NULL, &a->discovery, err);
    if (st == KUBE_OK)
        st = ask_everything(a, err);
    a->figure = now_ns() - began;
    return st == KUBE_OK ? expect_traffic(a, 2, 1, err) : st;
}

static kube_status cold(bench *b, answer *a, const char *folder, kube_error **err)
{
    kube_status st;

    remove_folder(b, folder);
    st = cached(b, a, folder, ask_everything, err);
    return st == KUBE_OK ? expect_traffic(a, 2, 1, err) : st;
}

static kube_status cold_disk(bench *b, answer *a, kube_error **err)
{
    kube_status st = cold(b, a, COLD, err);

    put_aside(b, COLD);
    return st;
}

/* Leaves the folder that the warm jobs read. */
static kube_status fill(bench *b, answer *a, kube_error **err)
{
    return cold(b, a, OWN, err);
}

static kube_status warm(bench *b, answer *a, question_fn *ask, kube_error **err)
{
    kube_status st = cached(b, a, OWN, ask, err);

    return st == KUBE_OK ? expect_traffic(a, 0, 0, err) : st;
}

/* From what kubectl wrote, as if libkube had never seen it. */
static kube_status import(bench *b, answer *a, question_fn *ask, kube_error **err)
{
    kube_status st;

    put_aside(b, KUBECTL "/libkube");
    st = cached(b, a, KUBECTL, ask, err);
    return st == KUBE_OK ? expect_traffic(a, 0, 0, err) : st;
}

#define CACHED_JOB(name, how, ask)                                                                                     \
    static kube_status name(bench *b, answer *a, kube_error **err)                                                     \
    {                                                                                                                  \
        return how(b, a, ask, err);                                                                                    \
    }

CACHED_JOB(warm_all, warm, ask_everything)
CACHED_JOB(warm_mapping, warm, ask_mapping)
CACHED_JOB(warm_one, warm, ask_one)
CACHED_JOB(warm_preferred, warm, ask_preferred)
CACHED_JOB(import_all, import, ask_everything)
CACHED_JOB(import_mapping, import, ask_mapping)
CACHED_JOB(import_one, import, ask_one)
CACHED_JOB(import_preferred, import, ask_preferred)

const job discovery_jobs[] = {
    { "fill", fill },
    { "cold-live", cold_live },
    { "cold-disk", cold_disk },
    { "warm-all", warm_all },
    { "warm-mapping", warm_mapping },
    { "warm-one", warm_one },
    { "preferred", warm_preferred },
    { "import-all", import_all },
    { "import-mapping", import_mapping },
    { "import-one", import_one },
    { "import-preferred", import_preferred },
    { NULL, NULL },
};
