#include "disk_store.h"

#include <kube/sys/error.h>

#include <errno.h>

kube_status kube__disk_refuse(const kube__disk_store *store, const char *doing, const kube_store_key *key,
                              kube_status status, const char *why, kube_error **err)
{
    char joined[KUBE__KEY_MAX_BYTES];

    if (err == NULL)
        return status;
    kube__key_join(key, key->count, joined);
    return kube_error_set(err, status, "%s %s/%s: %s", doing, store->path, joined, why);
}

kube_status kube__disk_fail(const kube__disk_store *store, const char *doing, const kube_store_key *key, int failed,
                            kube_error **err)
{
    char joined[KUBE__KEY_MAX_BYTES];

    switch (-failed) {
    case ELOOP:
        return kube__disk_refuse(store, doing, key, KUBE_ERR_IO, "a symbolic link is not followed", err);
    case ENOTDIR:
        return kube__disk_refuse(store, doing, key, KUBE_ERR_IO, "a part of the path is not a folder", err);
    case ENXIO:
    case ENODEV:
        return kube__disk_refuse(store, doing, key, KUBE_ERR_IO, "not a regular file", err);
    default:
        kube__key_join(key, key->count, joined);
        return kube_error_set_errno(err, KUBE_ERR_IO, -failed, "%s %s/%s", doing, store->path, joined);
    }
}
