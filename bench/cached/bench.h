/* What the benchmark of discovery measures, done with libkube. main.c takes commands from the driver, as its twin
 * tests/e2e/tools/cmd/benchpeer does with client-go; the other files are the jobs. */
#ifndef BENCH_CACHED_H
#define BENCH_CACHED_H

#include <kube/discovery.h>
#include <kube/sys/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { BENCH_PATH_MAX = 1024, BENCH_FILES_MAX = 4096 };

#define BENCH_GROUP_VERSION "apps/v1"
#define BENCH_GROUP "apps"
#define BENCH_KIND "Deployment"

typedef struct bench {
    const char *work; /* the folder of all caches */
    bool counting;    /* by an allocator of our own */
    kube_rest_client_options rest;
    kube_discovery *memory; /* a client that remembers everything, made when it is first needed */
    kube_discovery_snapshot *held;
    char *files[BENCH_FILES_MAX]; /* of the folder kubectl would have written */
    size_t file_count;
} bench;

/* What one round made. The figure is nanoseconds until the answer was there, or bytes. */
typedef struct answer {
    kube_rest_client *rest;
    kube_discovery *discovery;
    kube_io *io;
    kube_api_group_list *groups;
    kube_api_resource_lists *lists, *preferred;
    kube_api_resource_list *list;
    kube_discovery_snapshot *snapshot;
    const kube_api_resource *mapping; /* of the snapshot */
    double figure;
} answer;

typedef kube_status job_fn(bench *b, answer *a, kube_error **err);

typedef struct job {
    const char *name;
    job_fn *run;
} job;

extern const job discovery_jobs[], memory_jobs[], limit_jobs[]; /* each ends with a job without a name */

double now_ns(void);
void answer_clear(answer *a);
void answer_print(const answer *a, FILE *to);

/* Takes a folder of the work folder out of the way. Nothing is removed between rounds: a file system that has just lost
 * hundreds of files may take several times as long to make new ones, as ext4 does for some seconds. */
void put_aside(const bench *b, const char *name);

/* A client that remembers everything in memory. */
kube_status make_memory_client(bench *b, answer *a, kube_error **err);
/* A snapshot of everything, through a loop. */
kube_status fetch_snapshot(answer *a, kube_error **err);

/* Counts what libkube allocates from now on. */
bool count_allocations(void);

#endif
