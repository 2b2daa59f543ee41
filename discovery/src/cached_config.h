/* From the builder to the object. */
#ifndef KUBE_DISCOVERY_CACHED_CONFIG_H
#define KUBE_DISCOVERY_CACHED_CONFIG_H

#include <kube/base/buf.h>
#include <kube/base/log.h>
#include <kube/cache/store.h>
#include <kube/discovery/discovery.h>

/* Everything is copied or kept by reference. */
typedef struct kube__cached_config {
    kube_discovery *delegate;
    kube_store *store, *documents; /* either may be NULL */
    kube_str identity;
    const char *folder; /* NULL: the store is this server's alone */
    int64_t ttl_ms;     /* 0: the default                         */
    kube_freshness policy;
    const kube_clock *clock;
    kube_logger logger;
} kube__cached_config;

kube_status kube__cached_new(const kube__cached_config *config, kube_discovery **out, kube_error **err);

/* Appends the name of kubectl's folder for a server, as client-go makes it of the URL in the kubeconfig; it may have
 * slashes, and never leaves the folder it is put into. */
void kube__append_host_folder(kube_buf *out, const char *url);
/* Appends the name of libkube's folder for a server: one segment. */
void kube__append_server_folder(kube_buf *out, const char *url, kube_str identity);

#endif
