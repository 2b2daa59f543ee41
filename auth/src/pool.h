/* Memory that is given back as a whole, overwritten: everything read from a kubeconfig lives in one. */
#ifndef KUBE_AUTH_POOL_H
#define KUBE_AUTH_POOL_H

#include <kube/base/str.h>

typedef struct kube__pool {
    struct kube__pool_block *blocks;
} kube__pool;

/* Zeroed memory for any type, or NULL. */
void *kube__pool_alloc(kube__pool *pool, size_t bytes);
/* As kube__pool_alloc() for count items, with the overflow check. */
void *kube__pool_alloc_array(kube__pool *pool, size_t count, size_t bytes);
/* A NUL-terminated copy, or NULL. */
char *kube__pool_strndup(kube__pool *pool, kube_str text);
/* Three texts as one, NUL-terminated, or NULL. */
char *kube__pool_join(kube__pool *pool, kube_str a, kube_str b, kube_str c);
/* Overwrites and frees everything. A zeroed pool is fine. */
void kube__pool_clear(kube__pool *pool);

#endif
