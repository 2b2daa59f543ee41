/* A hash map from a 64-bit key to a 32-bit value. */
#ifndef KUBE_DISCOVERY_ID_MAP_H
#define KUBE_DISCOVERY_ID_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KUBE__ID_NONE UINT32_MAX

typedef struct kube__id_slot {
    uint64_t key;
    uint32_t value; /* KUBE__ID_NONE: the slot is free */
} kube__id_slot;

/* Zeroed but for the seed: empty. */
typedef struct kube__id_map {
    uint64_t       seed;
    kube__id_slot *slots;
    size_t         capacity; /* a power of two, or 0 */
    size_t         count;
} kube__id_map;

void kube__id_map_clear(kube__id_map *map);
/* KUBE__ID_NONE when the key is not there. */
uint32_t kube__id_map_get(const kube__id_map *map, uint64_t key);
/* The value of the key, writable, KUBE__ID_NONE when it is new: to be set at once. NULL: no memory. */
uint32_t *kube__id_map_put(kube__id_map *map, uint64_t key);

static inline uint64_t kube__id_pair(uint32_t a, uint32_t b)
{
    return (uint64_t)a << 32 | b;
}

#endif
