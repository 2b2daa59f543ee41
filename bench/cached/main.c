/* Takes the driver's commands on standard input, one a line, and answers each with a line:
 *   run JOB N         N times; "ok" and each time's figure
 *   show JOB FILE     once; the answer's lines go to FILE, for comparison
 * Anything else it says begins with "failed: ". */
#include "bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

void put_aside(const bench *b, const char *name)
{
    static unsigned count;
    char path[BENCH_PATH_MAX], aside[BENCH_PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", b->work, name);
    snprintf(aside, sizeof aside, "%s/aside-%ld-%u", b->work, (long)getpid(), count++);
    if (rename(path, aside) != 0 && errno != ENOENT)
        fprintf(stderr, "cannot rename %s\n", path);
}

void answer_clear(answer *a)
{
    kube_api_group_list_unref(a->groups);
    kube_api_resource_lists_unref(a->lists);
    kube_api_resource_lists_unref(a->preferred);
    kube_api_resource_list_unref(a->list);
    kube_discovery_snapshot_unref(a->snapshot);
    kube_discovery_unref(a->discovery);
    kube_rest_client_unref(a->rest);
    kube_io_free(a->io);
    *a = (answer){ 0 };
}

static const job *find_job(const char *name)
{
    const job *const tables[] = { discovery_jobs, memory_jobs, limit_jobs };

    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        for (const job *j = tables[i]; j->name != NULL; j++) {
            if (strcmp(j->name, name) == 0)
                return j;
        }
    }
    return NULL;
}

static void fail(kube_error *err)
{
    printf("failed: %s\n", err != NULL ? kube_error_message(err) : "no explanation");
    kube_error_free(err);
}

/* The reply is printed whole at the end, so that writing it costs no round anything. */
static void run(bench *b, const job *j, const char *times)
{
    long n = strtol(times, NULL, 10);
    double *figures = calloc(n > 0 ? (size_t)n : 1, sizeof *figures);
    kube_error *err = NULL;
    kube_status st = KUBE_OK;

    for (long i = 0; i < n && st == KUBE_OK && figures != NULL; i++) {
        answer a = { 0 };

        st = j->run(b, &a, &err);
        figures[i] = a.figure;
        answer_clear(&a);
    }
    if (st != KUBE_OK || figures == NULL) {
        fail(err);
    } else {
        printf("ok");
        for (long i = 0; i < n; i++)
            printf(" %.1f", figures[i]);
        printf("\n");
    }
    free(figures);
}

static void show(bench *b, const job *j, const char *path)
{
    answer a = { 0 };
    kube_error *err = NULL;
    kube_status st = j->run(b, &a, &err);
    FILE *to = st == KUBE_OK ? fopen(path, "w") : NULL;

    if (to != NULL) {
        answer_print(&a, to);
        fclose(to);
        printf("ok\n");
    } else {
        fail(err);
    }
    answer_clear(&a);
}

static void command(bench *b, char *line)
{
    char verb[8], name[64], rest[BENCH_PATH_MAX];
    const job *j;

    if (sscanf(line, "%7s %63s %1023s", verb, name, rest) != 3) {
        printf("failed: not a command\n");
        return;
    }
    j = find_job(name);
    if (j == NULL)
        printf("failed: no such job: %s\n", name);
    else if (strcmp(verb, "run") == 0)
        run(b, j, rest);
    else if (strcmp(verb, "show") == 0)
        show(b, j, rest);
    else
        printf("failed: not a command\n");
}

static bool read_pem(const char *folder, const char *name, const char **data, size_t *len)
{
    char path[BENCH_PATH_MAX], *to = malloc(1u << 16);
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "rb");
    if (f == NULL || to == NULL) {
        fprintf(stderr, "cannot read %s\n", path);
        return false;
    }
    *len = fread(to, 1, (1u << 16) - 1, f);
    to[*len] = '\0';
    *data = to;
    fclose(f);
    return true;
}

int main(int argc, char **argv)
{
    bench b = { .rest = KUBE_REST_CLIENT_OPTIONS_INIT };
    char line[BENCH_PATH_MAX + 128];

    if (argc != 4 && !(argc == 5 && strcmp(argv[4], "--count") == 0)) {
        fprintf(stderr, "usage: %s SERVER PKI_FOLDER WORK_FOLDER [--count]\n", argv[0]);
        return 2;
    }
    b.counting = argc == 5;
    if (b.counting && !count_allocations())
        return 1;
    b.rest.base_url = argv[1];
    b.work = argv[3];
    if (!read_pem(argv[2], "ca.crt", &b.rest.ca_pem, &b.rest.ca_pem_len) ||
        !read_pem(argv[2], "admin.crt", &b.rest.cert_pem, &b.rest.cert_pem_len) ||
        !read_pem(argv[2], "admin.key", &b.rest.key_pem, &b.rest.key_pem_len))
        return 1;
    while (fgets(line, sizeof line, stdin) != NULL) {
        command(&b, line);
        fflush(stdout);
    }
    kube_discovery_snapshot_unref(b.held);
    kube_discovery_unref(b.memory);
    for (size_t i = 0; i < b.file_count; i++)
        free(b.files[i]);
    free((char *)b.rest.ca_pem);
    free((char *)b.rest.cert_pem);
    free((char *)b.rest.key_pem);
    return 0;
}
