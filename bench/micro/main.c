/* Small pieces of work, each in a function of its own, whose instructions scripts/bench-micro.sh counts with callgrind:
 *   bench_micro JOB FIXTURES
 * What a job needs is made before, and is not counted. Without a job the names are printed. */
#include "curl/response_headers.h"
#include "frame.h"
#include "http_error.h"
#include "snapshot.h"
#include "snapshot_wire.h"
#include "url.h"

#include <kube/auth.h>
#include <kube/base/json.h>
#include <kube/discovery.h>
#include <kube/sys/discovery.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { DOCUMENT_MAX = 4 << 20 };

#define COUNTED __attribute__((noinline))

static kube_str document;                 /* the aggregated one of the large cluster */
static kube_discovery_snapshot *snapshot; /* of it */
static kube_discovery *remembered;        /* a cached client that has it in memory */
static char *encoded;
static size_t encoded_len;
static unsigned char frame_header[KUBE__FRAME_HEADER_BYTES];
static volatile size_t sink;

/* Where things lie depends on a random seed. Here it is the same each time, and so is what is counted: this function
 * comes before the C library's. */
ssize_t getrandom(void *bytes, size_t len, unsigned flags)
{
    (void)flags;
    memset(bytes, 0x5a, len);
    return (ssize_t)len;
}

static void demand(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "bench_micro: %s failed\n", what);
    exit(1);
}

static kube_discovery_snapshot *decode(void)
{
    kube_discovery_snapshot_builder *b = NULL;
    kube_discovery_snapshot *s = NULL;

    demand(kube_discovery_snapshot_builder_new(1, &b, NULL) == KUBE_OK &&
               kube_discovery_snapshot_builder_add_groups(b, KUBE_DISCOVERY_DOCUMENT_AGGREGATED, document, "", NULL) ==
                   KUBE_OK &&
               kube_discovery_snapshot_builder_build(b, &s, NULL) == KUBE_OK,
           "decoding");
    kube_discovery_snapshot_builder_free(b);
    return s;
}

/* ---- the jobs ---- */

COUNTED void job_json_walk(void)
{
    kube_json_reader r;

    kube_json_reader_init(&r, document);
    while (kube_json_reader_next(&r) > KUBE_JSON_TOKEN_END)
        sink++;
}

COUNTED void job_decode_aggregated(void)
{
    kube_discovery_snapshot_unref(decode());
}

COUNTED void job_find_kinds(void)
{
    for (size_t i = 0; i < snapshot->resource_count; i++) {
        const char *kind = kube_api_resource_kind(&snapshot->resources[i]);
        kube_api_resource_iter it = kube_discovery_snapshot_find(snapshot, KUBE_API_RESOURCE_BY_KIND, kind);

        sink += kube_api_resource_iter_next(&it) != NULL;
    }
}

COUNTED void job_find_group_versions(void)
{
    for (int round = 0; round < 5; round++) {
        for (size_t i = 0; i < snapshot->version_count; i++)
            sink += kube_discovery_snapshot_group_version(snapshot, snapshot->versions[i].key) != NULL;
    }
}

COUNTED void job_encode_snapshot(void)
{
    char *bytes = NULL;
    size_t len = 0;

    demand(kube__snapshot_encode(snapshot, kube_str_c("id"), NULL, &bytes, &len, NULL) == KUBE_OK, "encoding");
    free(bytes);
}

COUNTED void job_decode_snapshot(void)
{
    kube_discovery_snapshot *s = NULL;
    uint64_t *generations = NULL;

    demand(kube__snapshot_decode(kube_str_n(encoded, encoded_len), kube_str_c("id"), &s, &generations, NULL) == KUBE_OK,
           "decoding a snapshot");
    kube_discovery_snapshot_unref(s);
    free(generations);
}

COUNTED void job_verify_entry(void)
{
    kube_str payload = kube_str_n(encoded, encoded_len), validator = kube_str_n(NULL, 0);
    kube__frame frame;

    demand(kube__frame_decode(frame_header, sizeof frame_header + encoded_len, &frame) == NULL &&
               kube__frame_verify(&frame, validator, payload) == NULL,
           "verifying");
}

COUNTED void job_ask_what_is_remembered(void)
{
    for (int i = 0; i < 1000; i++) {
        kube_api_resource_list *list = NULL;

        demand(kube_discovery_server_resources_for_group_version(remembered, "apps/v1", NULL, &list, NULL) == KUBE_OK,
               "asking");
        kube_api_resource_list_unref(list);
    }
}

COUNTED void job_parse_urls(void)
{
    static const char *const urls[] = { "https://127.0.0.1:6443", "https://kube.example.com/prefix",
                                        "https://[::1]:443" };

    for (int i = 0; i < 1000; i++) {
        kube__url url;

        demand(kube__url_parse(urls[i % 3], &url, NULL) == KUBE_OK, "parsing a URL");
        kube__url_clear(&url);
    }
}

COUNTED void job_read_refusals(void)
{
    static const char *const lines[] = { "HTTP/1.1 403 Forbidden\r\n", "Content-Type: application/json\r\n",
                                         "Audit-Id: 0123456789\r\n", "Date: Wed, 25 Nov 2026 10:00:00 GMT\r\n",
                                         "\r\n" };
    static const char status[] = "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
                                 "\"message\":\"pods is forbidden\",\"reason\":\"Forbidden\",\"code\":403}";

    for (int i = 0; i < 1000; i++) {
        kube_buf body = KUBE_BUF_INIT(4096);
        kube__response_headers h;
        kube_rest_response *response = NULL;
        kube_error *err = NULL;

        kube__response_headers_init(&h);
        for (size_t n = 0; n < sizeof lines / sizeof *lines; n++)
            kube__response_headers_take(&h, lines[n], strlen(lines[n]));
        kube_buf_append_c(&body, status);
        demand(kube__response_headers_build(&h, 403, &body, &response, NULL) == KUBE_OK, "building an answer");
        demand(kube__http_error(response, &err) == KUBE_ERR_FORBIDDEN, "reading a refusal");
        kube_error_free(err);
        kube_rest_response_unref(response);
        kube__response_headers_clear(&h);
    }
}

/* The script counts within job_<name>. */
#define JOB(name) { #name, job_##name }

static const struct {
    const char *name;
    void (*run)(void);
} jobs[] = {
    JOB(json_walk),
    JOB(decode_aggregated),
    JOB(find_kinds),
    JOB(find_group_versions),
    JOB(encode_snapshot),
    JOB(decode_snapshot),
    JOB(verify_entry),
    JOB(ask_what_is_remembered),
    JOB(parse_urls),
    JOB(read_refusals),
};

/* ---- what they need ---- */

static kube_status fetch(void *state, kube_io *io, const kube_discovery_request *request, const kube_call *call,
                         kube_discovery_fetch_done *done, void *user, kube_discovery_snapshot **out, kube_error **err)
{
    (void)state, (void)io, (void)request, (void)call, (void)done, (void)user, (void)err;
    *out = kube_discovery_snapshot_ref(snapshot);
    return KUBE_OK;
}

static void make_remembered(void)
{
    const kube_discovery_ops ops = { .struct_size = sizeof ops, .fetch = fetch };
    kube_cached_discovery_builder *b = kube_cached_discovery_builder_new();
    kube_api_resource_list *list = NULL;
    kube_discovery *delegate = NULL;

    demand(kube_discovery_new(&ops, NULL, NULL, &delegate, NULL) == KUBE_OK, "making a delegate");
    kube_cached_discovery_builder_delegate(b, delegate);
    kube_cached_discovery_builder_memory(b);
    kube_discovery_unref(delegate);
    demand(kube_cached_discovery_builder_build(b, &remembered, NULL) == KUBE_OK, "building");
    demand(kube_discovery_server_resources_for_group_version(remembered, "apps/v1", NULL, &list, NULL) == KUBE_OK,
           "asking");
    kube_api_resource_list_unref(list);
}

static void read_document(const char *fixtures)
{
    static char bytes[DOCUMENT_MAX];
    char path[1024];
    FILE *f;

    snprintf(path, sizeof path, "%s/kube-apiserver-1.37/large/apis.aggregated.json", fixtures);
    f = fopen(path, "rb");
    demand(f != NULL, path);
    document = kube_str_n(bytes, fread(bytes, 1, sizeof bytes, f));
    fclose(f);
}

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
        if (argc != 3) {
            puts(jobs[i].name);
            continue;
        }
        if (strcmp(argv[1], jobs[i].name) != 0)
            continue;
        read_document(argv[2]);
        snapshot = decode();
        demand(kube__snapshot_encode(snapshot, kube_str_c("id"), NULL, &encoded, &encoded_len, NULL) == KUBE_OK,
               "encoding");
        kube__frame_encode(kube_str_n(NULL, 0), kube_str_n(encoded, encoded_len), frame_header);
        make_remembered();
        job_find_kinds(); /* the first one who looks something up makes the index */
        jobs[i].run();
        kube_discovery_unref(remembered);
        kube_discovery_snapshot_unref(snapshot);
        free(encoded);
    }
    return 0;
}
