/* A pool that is all but full, so that a test can let memory end at each place in turn. */
#ifndef FULL_POOL_H
#define FULL_POOL_H

#include "pool.h"

#include <stddef.h>

/* Whatever is allocated takes a multiple of this. */
enum { POOL_STEP = sizeof(max_align_t) };

/* Blocks double from 4096 bytes on: the third has room for so many steps, fewer than 16384 bytes. */
static inline void full_pool(kube__pool *pool, size_t steps)
{
    kube__pool_alloc(pool, 4096);
    kube__pool_alloc(pool, 8192);
    kube__pool_alloc(pool, 16384 - steps * POOL_STEP);
}

#endif
