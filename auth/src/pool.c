#include "pool.h"

#include "shared/alloc.h"

#include <stdint.h>

enum { FIRST_BLOCK_BYTES = 4096, MAX_BLOCK_BYTES = 256 * 1024 };

struct kube__pool_block {
    struct kube__pool_block *next;
    size_t                   capacity;
    size_t                   used;
    max_align_t              data[];
};

static size_t round_up(size_t bytes)
{
    return (bytes + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
}

/* Blocks double up to a limit: small files stay small, large ones do not allocate thousands of times. */
static struct kube__pool_block *add_block(kube__pool *pool, size_t bytes)
{
    size_t capacity = FIRST_BLOCK_BYTES;
    struct kube__pool_block *block;

    if (pool->blocks != NULL && pool->blocks->capacity < MAX_BLOCK_BYTES)
        capacity = pool->blocks->capacity * 2;
    else if (pool->blocks != NULL)
        capacity = MAX_BLOCK_BYTES;
    if (capacity < bytes)
        capacity = bytes;
    block = kube__calloc(1, sizeof *block + capacity);
    if (block == NULL)
        return NULL;
    block->capacity = capacity;
    block->next = pool->blocks;
    pool->blocks = block;
    return block;
}

void *kube__pool_alloc(kube__pool *pool, size_t bytes)
{
    struct kube__pool_block *block = pool->blocks;
    char *p;

    if (bytes > SIZE_MAX / 4)
        return NULL;
    bytes = round_up(bytes != 0 ? bytes : 1);
    if (block == NULL || block->capacity - block->used < bytes)
        block = add_block(pool, bytes);
    if (block == NULL)
        return NULL;
    p = (char *)block->data + block->used;
    block->used += bytes;
    return p;
}

void *kube__pool_alloc_array(kube__pool *pool, size_t count, size_t bytes)
{
    if (bytes != 0 && count > SIZE_MAX / bytes)
        return NULL;
    return kube__pool_alloc(pool, count * bytes);
}

char *kube__pool_strndup(kube__pool *pool, kube_str text)
{
    char *copy = kube__pool_alloc(pool, text.len + 1);

    if (copy != NULL && text.len != 0)
        memcpy(copy, text.data, text.len);
    return copy;
}

static char *put(char *at, kube_str text)
{
    if (text.len != 0)
        memcpy(at, text.data, text.len);
    return at + text.len;
}

char *kube__pool_join(kube__pool *pool, kube_str a, kube_str b, kube_str c)
{
    char *all = kube__pool_alloc(pool, a.len + b.len + c.len + 1);

    if (all != NULL)
        put(put(put(all, a), b), c);
    return all;
}

void kube__pool_clear(kube__pool *pool)
{
    struct kube__pool_block *block = pool->blocks;

    while (block != NULL) {
        struct kube__pool_block *next = block->next;

        kube__wipe_free(block, sizeof *block + block->capacity);
        block = next;
    }
    pool->blocks = NULL;
}
