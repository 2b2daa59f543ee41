/* A 64-bit hash, eight bytes at a time. It is a part of the format of framed entries (docs/formats.md): a change of it
 * is a new version of that format. Each step maps what came before and the eight bytes one to one, so that damage
 * within eight bytes is always noticed. It finds accidents; it is no proof against somebody who means harm. */
#ifndef KUBE_CACHE_HASH64_H
#define KUBE_CACHE_HASH64_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define KUBE__HASH64_START UINT64_C(0x9e3779b97f4a7c15)

/* Compilers make one load of it where the machine is little-endian. */
static inline uint64_t kube__load64(const unsigned char *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
           (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

static inline uint64_t kube__hash64_word(uint64_t h, uint64_t word)
{
    h ^= word;
    h = h << 29 | h >> 35;
    return h * UINT64_C(0xd6e8feb86659fd93);
}

/* What is left behind the last eight bytes is filled up with zeros. */
static inline uint64_t kube__hash64_bytes(uint64_t h, const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    unsigned char last[8] = { 0 };

    for (; len >= 8; len -= 8, p += 8)
        h = kube__hash64_word(h, kube__load64(p));
    if (len != 0) {
        memcpy(last, p, len);
        h = kube__hash64_word(h, kube__load64(last));
    }
    return h;
}

static inline uint64_t kube__hash64_end(uint64_t h)
{
    h ^= h >> 32;
    h *= UINT64_C(0xd6e8feb86659fd93);
    return h ^ h >> 32;
}

#endif
