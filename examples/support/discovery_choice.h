/* Which discovery the programs use: the server, and where its answers are remembered. */
#ifndef EXAMPLES_DISCOVERY_CHOICE_H
#define EXAMPLES_DISCOVERY_CHOICE_H

#include "program.h"

#include <kube/discovery.h>

typedef struct discovery_choice {
    server_choice server;
    const char *cache, *cache_dir; /* "disk", "memory" or "none"; NULL: the default folder */
    int64_t ttl_ms;                /* 0: everything is always expired */
    kube_freshness freshness;
    bool stats;
} discovery_choice;

enum { DISCOVERY_FLAG_COUNT = SERVER_FLAG_COUNT + 4 };

/* kubectl's: six hours. */
extern const discovery_choice discovery_choice_default;

/* Fills in the DISCOVERY_FLAG_COUNT flags that set a discovery_choice. */
void discovery_flags(flag *flags, discovery_choice *choice);
/* NULL, or what is wrong with the values. */
const char *discovery_choice_check(const discovery_choice *choice);
kube_status discovery_connect(const discovery_choice *choice, kube_rest_client **rest, kube_discovery **out,
                              kube_error **err);

/* What was done since the beginning, or since the last round. */
typedef struct round_stats {
    kube_rest_client_stats rest;
    kube_cached_discovery_stats cache;
    int64_t began_ns;
} round_stats;

void round_begin(round_stats *round, kube_rest_client *rest, const kube_discovery *discovery);
/* One line on standard error: "stats requests=2 not_modified=0 connections=1 bytes=12 hits=0 misses=1 written=3
 * ms=4.5". */
void round_print(const round_stats *round, kube_rest_client *rest, const kube_discovery *discovery);

#endif
