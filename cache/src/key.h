/* Keys: what one may be, and one as a single string. */
#ifndef KUBE_CACHE_KEY_H
#define KUBE_CACHE_KEY_H

#include <kube/cache/store.h>

/* Room for any key as one string. */
enum { KUBE__KEY_MAX_BYTES = KUBE_STORE_KEY_MAX_SEGMENTS * (KUBE_STORE_SEGMENT_MAX_BYTES + 1) };

/* KUBE_ERR_INVALID_ARG with the reason, unless the key is one. */
kube_status kube__key_check(const kube_store_key *key, kube_error **err);
/* The first `count` segments of a checked key with "/" between them, which no segment contains. Returns the length. */
size_t kube__key_join(const kube_store_key *key, size_t count, char out[KUBE__KEY_MAX_BYTES]);

#endif
