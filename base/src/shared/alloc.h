/* Allocation for all of libkube: the process-wide allocator, behind three names. */
#ifndef KUBE_SHARED_ALLOC_H
#define KUBE_SHARED_ALLOC_H

#include <kube/base/alloc.h>
#include <kube/base/str.h>
#include <stddef.h>

/* Uninitialised memory, or NULL. 0 bytes are rounded up to 1. */
KUBE_API void *kube__malloc(size_t bytes);
/* Zeroed memory for count items, or NULL; a product that overflows is a failure. */
KUBE_API void *kube__calloc(size_t count, size_t bytes);
/* Grows or shrinks; p stays valid when NULL is returned. */
KUBE_API void *kube__realloc(void *p, size_t bytes);
/* As kube__realloc for count items, with the overflow check. */
KUBE_API void *kube__realloc_array(void *p, size_t count, size_t bytes);
KUBE_API void kube__free(void *p);
/* Overwrites, in a way the compiler may not remove, then frees. */
KUBE_API void kube__wipe(void *p, size_t bytes);
KUBE_API void kube__wipe_free(void *p, size_t bytes);
/* NUL-terminated copies, or NULL. */
KUBE_API char *kube__strdup(const char *text);
KUBE_API char *kube__strndup(kube_str text);

/* A new zeroed object of the type of *p, or NULL: `if (!KUBE__NEW(x)) …` */
#define KUBE__NEW(p) ((p) = kube__calloc(1, sizeof *(p)))

#endif
