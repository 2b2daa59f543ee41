#include "discovery_choice.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const discovery_choice discovery_choice_default = { .cache = "disk",
                                                    .ttl_ms = (int64_t)6 * 60 * 60 * 1000,
                                                    .freshness = KUBE_FRESHNESS_REVALIDATE };

void discovery_flags(flag *flags, discovery_choice *choice)
{
    const flag own[] = {
        { .name = "cache", .to = &choice->cache, .help = "Where answers are remembered: disk, memory or none." },
        { .name = "cache-dir",
          .to = &choice->cache_dir,
          .help = "The cache folder; else $KUBECACHEDIR, else $HOME/.kube/cache." },
        { .name = "ttl",
          .kind = FLAG_DURATION,
          .to = &choice->ttl_ms,
          .help = "How long what is remembered counts, as in 6h (the default); 0: not at all." },
        { .name = "stats",
          .kind = FLAG_SWITCH,
          .to = &choice->stats,
          .help = "Say on standard error what it cost: requests, bytes, time." },
    };

    server_flags(flags, &choice->server);
    memcpy(flags + SERVER_FLAG_COUNT, own, sizeof own);
}

const char *discovery_choice_check(const discovery_choice *choice)
{
    if (strcmp(choice->cache, "disk") != 0 && strcmp(choice->cache, "memory") != 0 &&
        strcmp(choice->cache, "none") != 0)
        return "--cache accepts only disk, memory or none";
    return NULL;
}

static void on_warning(void *user, kube_log_level level, const char *message)
{
    (void)user;
    (void)level;
    warn(message);
}

static kube_status make_cached(const discovery_choice *choice, kube_rest_client *rest,
                               const kube_discovery_client_options *opts, kube_discovery **out, kube_error **err)
{
    kube_cached_discovery_builder *b = kube_cached_discovery_builder_new();
    const kube_logger logger = { .fn = on_warning };

    kube_cached_discovery_builder_rest(b, rest);
    kube_cached_discovery_builder_client_options(b, opts);
    kube_cached_discovery_builder_ttl_ms(b, choice->ttl_ms != 0 ? choice->ttl_ms : KUBE_TTL_ALWAYS_EXPIRED);
    kube_cached_discovery_builder_policy(b, choice->freshness);
    kube_cached_discovery_builder_logger(b, &logger);
    if (strcmp(choice->cache, "disk") == 0)
        kube_cached_discovery_builder_disk(b, choice->cache_dir);
    else
        kube_cached_discovery_builder_memory(b);
    return kube_cached_discovery_builder_build(b, out, err);
}

kube_status discovery_connect(const discovery_choice *choice, kube_rest_client **rest, kube_discovery **out,
                              kube_error **err)
{
    kube_discovery_client_options opts = KUBE_DISCOVERY_CLIENT_OPTIONS_INIT;
    kube_status st = server_connect(&choice->server, rest, err);

    opts.request_timeout_ms = choice->server.request_timeout_ms;
    if (st != KUBE_OK)
        return st;
    if (strcmp(choice->cache, "none") == 0)
        return kube_discovery_client_new(*rest, &opts, out, err);
    return make_cached(choice, *rest, &opts, out, err);
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void round_begin(round_stats *round, kube_rest_client *rest, const kube_discovery *discovery)
{
    kube_rest_client_read_stats(rest, &round->rest);
    kube_cached_discovery_read_stats(discovery, &round->cache);
    round->began_ns = now_ns();
}

void round_print(const round_stats *round, kube_rest_client *rest, const kube_discovery *discovery)
{
    int64_t us = (now_ns() - round->began_ns) / 1000;
    round_stats now;

    kube_rest_client_read_stats(rest, &now.rest);
    kube_cached_discovery_read_stats(discovery, &now.cache);
    fprintf(stderr,
            "stats requests=%" PRIu64 " not_modified=%" PRIu64 " connections=%" PRIu64 " bytes=%" PRIu64
            " hits=%" PRIu64 " misses=%" PRIu64 " written=%" PRIu64 " ms=%" PRId64 ".%03d\n",
            now.rest.requests - round->rest.requests, now.rest.not_modified - round->rest.not_modified,
            now.rest.connections - round->rest.connections, now.rest.bytes - round->rest.bytes,
            now.cache.hits - round->cache.hits, now.cache.misses - round->cache.misses,
            now.cache.written - round->cache.written, us / 1000, (int)(us % 1000));
}
