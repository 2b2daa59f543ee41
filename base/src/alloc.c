/* The process-wide allocator. Set once before first use; afterwards only read, so no lock is needed. */
#include "shared/alloc.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void *system_allocate(void *state, size_t bytes)
{
    (void)state;
    return malloc(bytes);
}

static void *system_reallocate(void *state, void *p, size_t bytes)
{
    (void)state;
    return realloc(p, bytes);
}

static void system_release(void *state, void *p)
{
    (void)state;
    free(p);
}

static const kube_allocator system_allocator = {
    sizeof(kube_allocator), NULL, system_allocate, system_reallocate, system_release,
};

static kube_allocator current = {
    sizeof(kube_allocator), NULL, system_allocate, system_reallocate, system_release,
};
static atomic_bool used;

kube_status kube_set_allocator(const kube_allocator *allocator)
{
    const kube_allocator *chosen = allocator != NULL ? allocator : &system_allocator;

    if (chosen->struct_size < sizeof(kube_allocator) || chosen->allocate == NULL || chosen->reallocate == NULL ||
        chosen->release == NULL)
        return KUBE_ERR_INVALID_ARG;
    if (atomic_load(&used))
        return KUBE_ERR_INVALID_STATE;
    current = *chosen;
    return KUBE_OK;
}

/* A relaxed load first: the flag's cache line stays shared between threads once it is set. */
static void mark_used(void)
{
    if (!atomic_load_explicit(&used, memory_order_relaxed))
        atomic_store(&used, true);
}

void *kube__malloc(size_t bytes)
{
    mark_used();
    return current.allocate(current.state, bytes != 0 ? bytes : 1);
}

void *kube__calloc(size_t count, size_t bytes)
{
    void *p;

    if (bytes != 0 && count > SIZE_MAX / bytes)
        return NULL;
    p = kube__malloc(count * bytes);
    if (p != NULL)
        memset(p, 0, count * bytes);
    return p;
}

void *kube__realloc(void *p, size_t bytes)
{
    mark_used();
    return current.reallocate(current.state, p, bytes != 0 ? bytes : 1);
}

void *kube__realloc_array(void *p, size_t count, size_t bytes)
{
    if (bytes != 0 && count > SIZE_MAX / bytes)
        return NULL;
    return kube__realloc(p, count * bytes);
}

void kube__free(void *p)
{
    if (p != NULL)
        current.release(current.state, p);
}

void kube__wipe(void *p, size_t bytes)
{
    if (p == NULL || bytes == 0)
        return;
    memset(p, 0, bytes);
    __asm__ __volatile__("" : : "r"(p) : "memory"); /* the memory is "read" here, so the memset must happen */
}

void kube__wipe_free(void *p, size_t bytes)
{
    kube__wipe(p, bytes);
    kube__free(p);
}

char *kube__strndup(kube_str text)
{
    char *copy = kube__malloc(text.len + 1);

    if (copy == NULL)
        return NULL;
    if (text.len != 0)
        memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return copy;
}

char *kube__strdup(const char *text)
{
    return kube__strndup(kube_str_c(text));
}
