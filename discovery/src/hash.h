/* Hashing short names. Keyed: the names are a server's, and one that could predict the hash could make every lookup
 * slow. */
#ifndef KUBE_DISCOVERY_HASH_H
#define KUBE_DISCOVERY_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128 kube__u128;
#endif

static inline uint64_t kube__hash_mix(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
    kube__u128 product = (kube__u128)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
    uint64_t low = (a & 0xffffffffu) * (b & 0xffffffffu);
    uint64_t high = (a >> 32) * (b >> 32);
    uint64_t cross = (a >> 32) * (b & 0xffffffffu) + (b >> 32) * (a & 0xffffffffu);

    return low ^ high ^ (cross << 32) ^ (cross >> 32);
#endif
}

static inline uint64_t kube__hash_read(const unsigned char *p, size_t len)
{
    uint64_t low = 0, high = 0;

    if (len >= 8) {
        memcpy(&low, p, 8);
        return low;
    }
    if (len >= 4) {
        memcpy(&low, p, 4);
        memcpy(&high, p + len - 4, 4);
        return low | high << 32;
    }
    if (len > 0)
        low = p[0] | (uint64_t)p[len / 2] << 8 | (uint64_t)p[len - 1] << 16;
    return low;
}

/* The last eight bytes overlap those before them, so that nothing is read byte by byte. Most names are short: up to
 * eight bytes take one multiplication. */
static inline uint64_t kube__hash(uint64_t seed, const void *data, size_t len)
{
    const uint64_t k1 = 0xa0761d6478bd642full, k2 = 0xe7037ed1a0b428dbull;
    const unsigned char *p = data;
    uint64_t h = seed;

    for (size_t left = len; left > 8; left -= 8, p += 8)
        h = kube__hash_mix(h ^ kube__hash_read(p, 8), k1 ^ seed);
    if (len > 8)
        p = (const unsigned char *)data + len - 8;
    return kube__hash_mix(h ^ kube__hash_read(p, len > 8 ? 8 : len), k2 ^ seed ^ len);
}

/* Whether two names of one length are the same: without a call, because they are short. */
static inline bool kube__same(const void *a, const void *b, size_t len)
{
    const unsigned char *p = a, *q = b;

    for (; len > 8; len -= 8, p += 8, q += 8) {
        if (kube__hash_read(p, 8) != kube__hash_read(q, 8))
            return false;
    }
    return kube__hash_read(p, len) == kube__hash_read(q, len);
}

static inline uint64_t kube__hash_u64(uint64_t seed, uint64_t key)
{
    return kube__hash_mix(key ^ 0xa0761d6478bd642full, seed | 1);
}

/* A key nobody can guess. */
uint64_t kube__hash_seed(void);

#endif
