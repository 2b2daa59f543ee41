#include "intern.h"

#include "hash.h"
#include "names.h"
#include "shared/alloc.h"

#include <string.h>

enum { FIRST_TEXT_BYTES = 16 << 10, FIRST_LIST_WORDS = 256, FIRST_SLOTS = 1024, LIST_POOL_MAX_WORDS = 16 << 20 };

static bool reserve_text(kube__intern *in, size_t more)
{
    size_t capacity = in->text_capacity != 0 ? in->text_capacity : FIRST_TEXT_BYTES;
    char *text;

    if (more > KUBE__TEXT_POOL_MAX_BYTES - in->text_len) {
        in->failure = KUBE_ERR_LIMIT;
        return false;
    }
    if (in->text_len + more <= in->text_capacity)
        return true;
    while (capacity < in->text_len + more)
        capacity *= 2;
    text = kube__realloc(in->text, capacity);
    if (text == NULL) {
        in->failure = KUBE_ERR_OUT_OF_MEMORY;
        return false;
    }
    in->text = text;
    in->text_capacity = capacity;
    return true;
}

static bool reserve_lists(kube__intern *in, size_t more)
{
    size_t capacity = in->list_capacity != 0 ? in->list_capacity : FIRST_LIST_WORDS;
    uint32_t *lists;

    if (more > LIST_POOL_MAX_WORDS - in->list_len) {
        in->failure = KUBE_ERR_LIMIT;
        return false;
    }
    if (in->list_len + more <= in->list_capacity)
        return true;
    while (capacity < in->list_len + more)
        capacity *= 2;
    lists = kube__realloc_array(in->lists, capacity, sizeof *lists);
    if (lists == NULL) {
        in->failure = KUBE_ERR_OUT_OF_MEMORY;
        return false;
    }
    in->lists = lists;
    in->list_capacity = capacity;
    return true;
}

static bool reserve_slot(kube__intern *in, kube__intern_table *table)
{
    size_t capacity = table->capacity != 0 ? table->capacity * 2 : FIRST_SLOTS;
    kube__intern_slot *slots;

    if (table->count < table->capacity / 2)
        return true;
    slots = kube__calloc(capacity, sizeof *slots);
    if (slots == NULL) {
        in->failure = KUBE_ERR_OUT_OF_MEMORY;
        return false;
    }
    for (size_t i = 0; i < table->capacity; i++) {
        size_t to = table->slots[i].hash & (capacity - 1);

        if (table->slots[i].at == 0)
            continue;
        while (slots[to].at != 0)
            to = (to + 1) & (capacity - 1);
        slots[to] = table->slots[i];
    }
    kube__free(table->slots);
    table->slots = slots;
    table->capacity = capacity;
    return true;
}

void kube__intern_init(kube__intern *in)
{
    memset(in, 0, sizeof *in);
    in->seed = kube__hash_seed();
    if (reserve_text(in, 1) && reserve_lists(in, 1)) {
        in->text[0] = '\0';
        in->text_len = 1;
        in->lists[0] = 0;
        in->list_len = 1;
    }
}

void kube__intern_clear(kube__intern *in)
{
    kube__free(in->text);
    kube__free(in->lists);
    kube__free(in->by_text.slots);
    kube__free(in->by_list.slots);
    memset(in, 0, sizeof *in);
}

/* Texts hold no NUL, so the one behind a kept text tells where it ends. */
static bool text_is(const kube__intern *in, size_t at, kube_str text)
{
    return text.len < in->text_len - at && in->text[at + text.len] == '\0' &&
           memcmp(in->text + at, text.data, text.len) == 0;
}

kube__text kube__intern_text(kube__intern *in, kube_str text)
{
    kube__intern_table *table = &in->by_text;
    uint32_t hash;
    size_t i;

    if (in->failure != KUBE_OK || !reserve_slot(in, table))
        return KUBE__TEXT_FAILED;
    if (text.len == 0)
        return 0;
    hash = (uint32_t)kube__hash(in->seed, text.data, text.len);
    for (i = hash & (table->capacity - 1); table->slots[i].at != 0; i = (i + 1) & (table->capacity - 1)) {
        if (table->slots[i].hash == hash && text_is(in, table->slots[i].at - 1, text))
            return table->slots[i].at - 1;
    }
    if (kube__has_control(text))
        return KUBE__TEXT_UNCLEAN;
    if (!reserve_text(in, text.len + 1))
        return KUBE__TEXT_FAILED;
    memcpy(in->text + in->text_len, text.data, text.len);
    in->text[in->text_len + text.len] = '\0';
    table->slots[i].hash = hash;
    table->slots[i].at = (uint32_t)in->text_len + 1;
    table->count++;
    in->text_len += text.len + 1;
    return table->slots[i].at - 1;
}

kube__text_list kube__intern_list(kube__intern *in, const kube__text *texts, size_t count)
{
    kube__intern_table *table = &in->by_list;
    size_t bytes = count * sizeof *texts, i;
    uint32_t hash;

    if (in->failure != KUBE_OK || !reserve_slot(in, table) || !reserve_lists(in, count + 1))
        return KUBE__TEXT_FAILED;
    hash = (uint32_t)kube__hash(in->seed, texts, bytes);
    for (i = hash & (table->capacity - 1); table->slots[i].at != 0; i = (i + 1) & (table->capacity - 1)) {
        const uint32_t *list = in->lists + (table->slots[i].at - 1);

        if (table->slots[i].hash == hash && list[0] == count && (count == 0 || memcmp(list + 1, texts, bytes) == 0))
            return table->slots[i].at - 1;
    }
    in->lists[in->list_len] = (uint32_t)count;
    if (count != 0)
        memcpy(in->lists + in->list_len + 1, texts, bytes);
    table->slots[i].hash = hash;
    table->slots[i].at = (uint32_t)in->list_len + 1;
    table->count++;
    in->list_len += count + 1;
    return table->slots[i].at - 1;
}
