/* Discovery documents: the first byte says which kind, the rest is the document. Whatever is accepted must hold
 * together. */
#include "check_snapshot.h"
#include "media_type.h"

#include <kube/sys/discovery.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_content_type(kube_str text)
{
    char *copy = calloc(1, text.len + 1);
    bool aggregated = false;

    if (copy != NULL) {
        memcpy(copy, text.data, text.len);
        (void)!kube__judge_answer(copy, kube_str_c("{}"), 200, &aggregated, NULL);
    }
    free(copy);
}

static void try_version(kube_str document)
{
    kube_server_version *version = NULL;

    if (kube_server_version_from_json(document, &version, NULL) == KUBE_OK)
        demand(kube_server_version_git_version(version) != NULL);
    kube_server_version_unref(version);
}

static void try_documents(uint8_t kind, kube_str document)
{
    kube_discovery_snapshot_builder *b = NULL;
    kube_discovery_snapshot *s = NULL;
    kube_error *err = NULL;
    kube_status st = kube_discovery_snapshot_builder_new(0, &b, NULL);

    if (st != KUBE_OK)
        return;
    if (kind == 0)
        st = kube_discovery_snapshot_builder_add_resources(b, "fuzz.io/v1", document, &err);
    else
        st = kube_discovery_snapshot_builder_add_groups(b, (kube_discovery_document)kind, document, "/fuzz", &err);
    demand((st == KUBE_OK) == (err == NULL));
    if (st == KUBE_OK && kube_discovery_snapshot_builder_build(b, &s, NULL) == KUBE_OK)
        check_snapshot(s);
    kube_error_free(err);
    kube_discovery_snapshot_unref(s);
    kube_discovery_snapshot_builder_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kube_str rest;

    if (size == 0)
        return 0;
    rest = kube_str_n((const char *)data + 1, size - 1);
    switch (data[0] % 6) {
    case 4:
        try_content_type(rest);
        break;
    case 5:
        try_version(rest);
        break;
    default:
        try_documents(data[0] % 6, rest);
        break;
    }
    return 0;
}
