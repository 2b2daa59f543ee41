/* Arbitrary bytes as a remembered snapshot. What is accepted must hold together, and be written as it was read. */
#include "check_snapshot.h"
#include "shared/alloc.h"
#include "snapshot_wire.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct decoded {
    kube_discovery_snapshot *snapshot;
    uint64_t *generations;
} decoded;

static kube_str server(void)
{
    return kube_str_c("https://fuzz:1");
}

static kube_status decode(kube_str bytes, decoded *out)
{
    kube_error *err = NULL;
    kube_status st = kube__snapshot_decode(bytes, server(), &out->snapshot, &out->generations, &err);

    demand((st == KUBE_OK) == (err == NULL) && (st == KUBE_OK) == (out->snapshot != NULL));
    kube_error_free(err);
    return st;
}

static kube_str encode(const decoded *d)
{
    char *bytes = NULL;
    size_t len = 0;

    demand(kube__snapshot_encode(d->snapshot, server(), d->generations, &bytes, &len, NULL) == KUBE_OK);
    return kube_str_n(bytes, len);
}

static void release(decoded *d)
{
    kube_discovery_snapshot_unref(d->snapshot);
    kube__free(d->generations);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    decoded first = { NULL, NULL }, second = { NULL, NULL };
    kube_str once, twice;

    if (decode(kube_str_n((const char *)data, size), &first) != KUBE_OK)
        return 0;
    check_snapshot(first.snapshot);
    once = encode(&first);
    demand(decode(once, &second) == KUBE_OK);
    twice = encode(&second);
    demand(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
    kube__free((void *)once.data);
    kube__free((void *)twice.data);
    release(&first);
    release(&second);
    return 0;
}
