#include "id_map.h"

#include "hash.h"
#include "shared/alloc.h"

void kube__id_map_clear(kube__id_map *map)
{
    kube__free(map->slots);
    map->slots = NULL;
    map->capacity = 0;
    map->count = 0;
}

/* The slot of the key, or the free one where it belongs. There always is one: the map is never full. */
static kube__id_slot *locate(kube__id_slot *slots, size_t capacity, uint64_t seed, uint64_t key)
{
    size_t i = (size_t)kube__hash_u64(seed, key) & (capacity - 1);

    while (slots[i].value != KUBE__ID_NONE && slots[i].key != key)
        i = (i + 1) & (capacity - 1);
    return &slots[i];
}

static bool grow(kube__id_map *map)
{
    size_t capacity = map->capacity != 0 ? map->capacity * 2 : 64;
    kube__id_slot *slots = kube__calloc(capacity, sizeof *slots);

    if (slots == NULL)
        return false;
    for (size_t i = 0; i < capacity; i++)
        slots[i].value = KUBE__ID_NONE;
    for (size_t i = 0; i < map->capacity; i++) {
        if (map->slots[i].value != KUBE__ID_NONE)
            *locate(slots, capacity, map->seed, map->slots[i].key) = map->slots[i];
    }
    kube__free(map->slots);
    map->slots = slots;
    map->capacity = capacity;
    return true;
}

uint32_t kube__id_map_get(const kube__id_map *map, uint64_t key)
{
    return map->capacity != 0 ? locate(map->slots, map->capacity, map->seed, key)->value : KUBE__ID_NONE;
}

uint32_t *kube__id_map_put(kube__id_map *map, uint64_t key)
{
    kube__id_slot *slot;

    if (map->count >= map->capacity / 2 && !grow(map))
        return NULL;
    slot = locate(map->slots, map->capacity, map->seed, key);
    if (slot->value == KUBE__ID_NONE) {
        slot->key = key;
        map->count++;
    }
    return &slot->value;
}
