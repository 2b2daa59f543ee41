/* Discovery's own work without network: decoding a recorded aggregated document, building the snapshot, asking it.
 *   bench_discovery [--json FILE] apis.aggregated.json */
#include <kube/sys/discovery.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 300, LOOKUPS = 10000000, LISTS = 2000 };

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static FILE *json; /* a line for each figure; NULL: none */

static void tell(const char *job, double ns)
{
    printf("%-18s %12.1f ns\n", job, ns);
    if (json != NULL)
        fprintf(json, "{\"bench\":\"discovery\",\"job\":\"%s\",\"ns\":%.1f}\n", job, ns);
}

static kube_str read_document(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *data = malloc(64u << 20);
    size_t len = f != NULL && data != NULL ? fread(data, 1, 64u << 20, f) : 0;

    if (len == 0) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(1);
    }
    fclose(f);
    return kube_str_n(data, len);
}

static kube_discovery_snapshot *decode(kube_str document, const char *path)
{
    kube_discovery_snapshot_builder *builder = NULL;
    kube_discovery_snapshot *snapshot = NULL;
    kube_error *err = NULL;
    kube_status st = kube_discovery_snapshot_builder_new(0, &builder, &err);

    if (st == KUBE_OK)
        st = kube_discovery_snapshot_builder_add_groups(builder, KUBE_DISCOVERY_DOCUMENT_AGGREGATED, document, path,
                                                        &err);
    if (st == KUBE_OK)
        st = kube_discovery_snapshot_builder_build(builder, &snapshot, &err);
    if (st != KUBE_OK) {
        fprintf(stderr, "%s\n", kube_error_message(err));
        exit(1);
    }
    kube_discovery_snapshot_builder_free(builder);
    return snapshot;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void bench_decoding(kube_str document, const char *path)
{
    static double times[ROUNDS];

    for (int i = 0; i < ROUNDS; i++) {
        double began = now_ns();

        kube_discovery_snapshot_unref(decode(document, path));
        times[i] = now_ns() - began;
    }
    qsort(times, ROUNDS, sizeof times[0], compare);
    tell("decode and build", times[ROUNDS / 2]);
    printf("%-18s %12.0f MB/s (median of %d)\n", "", (double)document.len / times[ROUNDS / 2] * 1e3, ROUNDS);
}

static void bench_questions(const kube_discovery_snapshot *snapshot)
{
    volatile size_t found = 0;
    double began = now_ns();

    for (int i = 0; i < LOOKUPS; i++)
        found += kube_discovery_snapshot_group_version(snapshot, "apps/v1") != NULL;
    tell("group-version", (now_ns() - began) / LOOKUPS);
    began = now_ns();
    for (int i = 0; i < LOOKUPS; i++) {
        kube_api_resource_iter it = kube_discovery_snapshot_find(snapshot, KUBE_API_RESOURCE_BY_SHORT_NAME, "deploy");

        found += kube_api_resource_iter_next(&it) != NULL;
    }
    tell("short name", (now_ns() - began) / LOOKUPS);
    if (found != 2 * (size_t)LOOKUPS) {
        fprintf(stderr, "apps/v1 or deploy was not found\n");
        exit(1);
    }
    began = now_ns();
    for (int i = 0; i < LISTS; i++) {
        kube_api_resource_lists *lists = NULL;
        kube_status st = kube_discovery_snapshot_preferred_resources(snapshot, &lists, NULL);

        if (st != KUBE_OK && st != KUBE_ERR_PARTIAL)
            exit(1);
        kube_api_resource_lists_unref(lists);
    }
    tell("preferred", (now_ns() - began) / LISTS);
}

int main(int argc, char **argv)
{
    kube_discovery_snapshot *snapshot;
    kube_str document;
    const char *path;

    if (argc == 4 && strcmp(argv[1], "--json") == 0)
        json = fopen(argv[2], "a");
    if (argc != 2 && json == NULL) {
        fprintf(stderr, "usage: %s [--json FILE] apis.aggregated.json\n", argv[0]);
        return 2;
    }
    path = argv[argc - 1];
    document = read_document(path);
    snapshot = decode(document, path);
    printf("%zu bytes, %zu group-versions, %zu resources, snapshot %zu bytes\n", document.len,
           kube_discovery_snapshot_group_version_count(snapshot), kube_discovery_snapshot_resource_count(snapshot),
           kube_discovery_snapshot_memory_bytes(snapshot));
    bench_decoding(document, path);
    bench_questions(snapshot);
    kube_discovery_snapshot_unref(snapshot);
    free((char *)document.data);
    if (json != NULL)
        fclose(json);
    return 0;
}
