/* What is in memory already: one group-version asked for by many threads, and how much memory everything takes. */
#include "bench.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

/* Enough of them that starting the threads does not show. */
enum { CLIENT_CALLS = 200000, SNAPSHOT_CALLS = 8000000, MAX_THREADS = 32 };

/* --- threads ------------------------------------------------------------------------------------------------------ */

typedef struct crew {
    pthread_barrier_t start;
    kube_discovery *discovery;         /* either this is asked */
    kube_discovery_snapshot *snapshot; /* or this one          */
    unsigned calls;                    /* of each              */
    atomic_uint failed;
} crew;

static void ask_client(crew *c)
{
    for (unsigned i = 0; i < c->calls; i++) {
        kube_api_resource_list *list = NULL;
        kube_status st =
            kube_discovery_server_resources_for_group_version(c->discovery, BENCH_GROUP_VERSION, NULL, &list, NULL);

        if (st != KUBE_OK)
            atomic_fetch_add(&c->failed, 1);
        kube_api_resource_list_unref(list);
    }
}

static void ask_snapshot(crew *c)
{
    for (unsigned i = 0; i < c->calls; i++) {
        const kube_group_version *v = kube_discovery_snapshot_group_version(c->snapshot, BENCH_GROUP_VERSION);

        if (v == NULL || kube_group_version_resources(v) == NULL)
            atomic_fetch_add(&c->failed, 1);
    }
}

static void *work(void *user)
{
    crew *c = user;

    pthread_barrier_wait(&c->start);
    if (c->discovery != NULL)
        ask_client(c);
    else
        ask_snapshot(c);
    return NULL;
}

/* The figure is a call's share of a processor: with more threads than those it does not grow by itself. */
static kube_status run_crew(crew *c, unsigned threads, answer *a, kube_error **err)
{
    pthread_t ids[MAX_THREADS];
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    double busy = threads < (unsigned long)processors ? (double)threads : (double)processors, began;

    c->calls = (c->discovery != NULL ? CLIENT_CALLS : SNAPSHOT_CALLS) / threads;
    pthread_barrier_init(&c->start, NULL, threads + 1);
    for (unsigned i = 0; i < threads; i++) {
        if (pthread_create(&ids[i], NULL, work, c) != 0)
            abort();
    }
    began = now_ns();
    pthread_barrier_wait(&c->start);
    for (unsigned i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    a->figure = (now_ns() - began) * busy / ((double)c->calls * threads);
    pthread_barrier_destroy(&c->start);
    return atomic_load(&c->failed) == 0 ? KUBE_OK : kube_error_set(err, KUBE_ERR_INVALID_STATE, "a call failed");
}

static kube_status prepare(bench *b, kube_error **err)
{
    answer a = { 0 };
    kube_status st = KUBE_OK;

    if (b->memory == NULL) {
        st = make_memory_client(b, &a, err);
        if (st == KUBE_OK)
            st = fetch_snapshot(&a, err);
        b->memory = kube_discovery_ref(a.discovery);
        b->held = kube_discovery_snapshot_ref(a.snapshot);
        answer_clear(&a);
    }
    return st;
}

static kube_status through_client(bench *b, answer *a, unsigned threads, kube_error **err)
{
    crew c = { 0 };
    kube_status st = prepare(b, err);

    c.discovery = b->memory;
    if (st == KUBE_OK)
        st = kube_discovery_server_resources_for_group_version(b->memory, BENCH_GROUP_VERSION, NULL, &a->list, err);
    return st == KUBE_OK ? run_crew(&c, threads, a, err) : st;
}

static kube_status on_snapshot(bench *b, answer *a, unsigned threads, kube_error **err)
{
    crew c = { 0 };
    kube_status st = prepare(b, err);
    const kube_group_version *v;

    if (st != KUBE_OK)
        return st;
    c.snapshot = b->held;
    v = kube_discovery_snapshot_group_version(b->held, BENCH_GROUP_VERSION);
    if (v != NULL)
        a->list = kube_api_resource_list_ref(kube_group_version_resources(v));
    return run_crew(&c, threads, a, err);
}

/* --- memory ------------------------------------------------------------------------------------------------------- */

static atomic_long allocated;

static void *count_allocate(void *state, size_t bytes)
{
    void *p = malloc(bytes);

    (void)state;
    atomic_fetch_add(&allocated, (long)malloc_usable_size(p));
    return p;
}

static void *count_reallocate(void *state, void *p, size_t bytes)
{
    long before = (long)malloc_usable_size(p);
    void *q = realloc(p, bytes);

    (void)state;
    if (q != NULL)
        atomic_fetch_add(&allocated, (long)malloc_usable_size(q) - before);
    return q;
}

static void count_release(void *state, void *p)
{
    (void)state;
    atomic_fetch_sub(&allocated, (long)malloc_usable_size(p));
    free(p);
}

bool count_allocations(void)
{
    const kube_allocator a = { sizeof a, NULL, count_allocate, count_reallocate, count_release };

    return kube_set_allocator(&a) == KUBE_OK;
}

/* What blocks really take, the rest client and its connection included. */
static kube_status held_memory(bench *b, answer *a, kube_error **err)
{
    long before = atomic_load(&allocated);
    kube_status st;

    if (!b->counting)
        return kube_error_set(err, KUBE_ERR_INVALID_STATE, "allocations are not counted");
    st = make_memory_client(b, a, err);
    if (st != KUBE_OK)
        return st;
    kube_api_group_list_unref(a->groups);
    kube_api_resource_lists_unref(a->lists);
    a->groups = NULL;
    a->lists = NULL;
    a->figure = (double)(atomic_load(&allocated) - before);
    return kube_discovery_server_groups_and_resources(a->discovery, NULL, &a->groups, &a->lists, err);
}

/* What a snapshot says of itself. */
static kube_status snapshot_memory(bench *b, answer *a, kube_error **err)
{
    kube_status st = prepare(b, err);

    if (st == KUBE_OK)
        a->figure = (double)kube_discovery_snapshot_memory_bytes(b->held);
    return st;
}

#define THREADED_JOB(how, threads)                                                                                     \
    static kube_status how##_##threads(bench *b, answer *a, kube_error **err)                                          \
    {                                                                                                                  \
        return how(b, a, threads, err);                                                                                \
    }

THREADED_JOB(through_client, 1)
THREADED_JOB(through_client, 2)
THREADED_JOB(through_client, 8)
THREADED_JOB(through_client, 32)
THREADED_JOB(on_snapshot, 1)
THREADED_JOB(on_snapshot, 2)
THREADED_JOB(on_snapshot, 8)
THREADED_JOB(on_snapshot, 32)

const job memory_jobs[] = {
    { "memory-one-1", through_client_1 },
    { "memory-one-2", through_client_2 },
    { "memory-one-8", through_client_8 },
    { "memory-one-32", through_client_32 },
    { "held-one-1", on_snapshot_1 },
    { "held-one-2", on_snapshot_2 },
    { "held-one-8", on_snapshot_8 },
    { "held-one-32", on_snapshot_32 },
    { "held-memory", held_memory },
    { "snapshot-memory", snapshot_memory },
    { NULL, NULL },
};
