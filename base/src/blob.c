#include <kube/base/blob.h>
#include <kube/sys/error.h>

#include "shared/alloc.h"

#include <stdatomic.h>
#include <stdint.h>

struct kube_blob {
    atomic_uint refs;
    size_t      len;
    char        data[];
};

kube_status kube_blob_alloc(size_t len, char **bytes, kube_blob **out, kube_error **err)
{
    kube_blob *blob;

    if (len > SIZE_MAX - sizeof *blob - 1)
        return kube_error_no_memory(err);
    blob = kube__malloc(sizeof *blob + len + 1);
    if (blob == NULL)
        return kube_error_no_memory(err);
    atomic_init(&blob->refs, 1);
    blob->len = len;
    blob->data[len] = '\0';
    *bytes = blob->data;
    *out = blob;
    return KUBE_OK;
}

kube_status kube_blob_new(kube_str bytes, kube_blob **out, kube_error **err)
{
    char *copy = NULL;
    kube_status st = kube_blob_alloc(bytes.len, &copy, out, err);

    if (st == KUBE_OK && bytes.len != 0)
        memcpy(copy, bytes.data, bytes.len);
    return st;
}

kube_blob *kube_blob_ref(kube_blob *blob)
{
    if (blob != NULL)
        atomic_fetch_add_explicit(&blob->refs, 1, memory_order_relaxed);
    return blob;
}

void kube_blob_unref(kube_blob *blob)
{
    if (blob != NULL && atomic_fetch_sub_explicit(&blob->refs, 1, memory_order_acq_rel) == 1)
        kube__wipe_free(blob, sizeof *blob + blob->len);
}

kube_str kube_blob_str(const kube_blob *blob)
{
    return blob != NULL ? kube_str_n(blob->data, blob->len) : kube_str_n("", 0);
}
