/* Cached clients over every kind of place, with a delegate that counts and a clock that stands still. */
#ifndef CACHED_FIXTURE_H
#define CACHED_FIXTURE_H

#include "discovery_fixture.h"
#include "fake_clock.h"
#include "fake_discovery.h"
#include "remove_tree.h"
#include "slow_store.h"

#include <kube/discovery.h>

typedef enum cached_place {
    CACHED_KUBECTLS_FOLDER,     /* what builder_disk() makes                                  */
    CACHED_DOCUMENTS_IN_MEMORY, /* kubectl's documents and libkube's entry in two memory stores */
    CACHED_DOCUMENTS_ONLY,      /* kubectl's documents in memory, and no entry                  */
    CACHED_DOCUMENTS_SLOW,      /* both in stores that always answer later                      */
    CACHED_PRIVATE_DISK,
    CACHED_MEMORY, /* a memory store that clients share                            */
    CACHED_SLOW,   /* a store of one's own that always answers later               */
    CACHED_PLACES
} cached_place;

typedef struct cached_fixture {
    char root[64]; /* a folder of its own */
    fake_clock clock;
    fake_discovery fake;
    kube_discovery *delegate;
    kube_store *store, *documents; /* of the places that are not on disk */
    slow_store_knobs store_knobs, documents_knobs;
    cached_place place;
    int64_t ttl_ms;
    kube_freshness policy;
    char log[4096]; /* warnings, a line each */
    unsigned log_lines;
} cached_fixture;

void cached_fixture_init(cached_fixture *f, cached_place place);
void cached_fixture_clear(cached_fixture *f);
/* Another client, as another process would have one. */
kube_discovery *cached_fixture_client(cached_fixture *f);
/* Whether each document is judged by itself there. */
bool cached_place_has_documents(cached_place place);

/* The answers as text: "group[versions]" and "deployments"; "!<status>" for a failure. In a static buffer. */
const char *ask_groups(kube_discovery *d, kube_freshness freshness);
const char *ask_version(kube_discovery *d, const char *group_version, kube_freshness freshness);
const char *ask_all(kube_discovery *d, kube_freshness freshness);
/* The same on a loop of the caller's. */
const char *start_all(kube_discovery *d, kube_freshness freshness);

/* A server with apps/v1 and batch/v1. */
extern const char cached_apps_and_batch[];
/* The same, with other resources. */
extern const char cached_newer[];

#endif
