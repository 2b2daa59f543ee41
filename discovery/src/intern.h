/* Each distinct text and each distinct list of texts once. A text is known by its offset in the pool, which is stable;
 * a list by its offset in a pool of its own. */
#ifndef KUBE_DISCOVERY_INTERN_H
#define KUBE_DISCOVERY_INTERN_H

#include <kube/base/status.h>
#include <kube/base/str.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t kube__text;      /* 0 is "" */
typedef uint32_t kube__text_list; /* 0 is "no list", which is not the empty one */

#define KUBE__TEXT_UNCLEAN UINT32_MAX       /* the text holds a control character: it is not kept */
#define KUBE__TEXT_FAILED  (UINT32_MAX - 1) /* see kube__intern::failure                          */

enum { KUBE__TEXT_POOL_MAX_BYTES = 64 << 20 }; /* all texts of a cluster of 500 definitions take 60 kB */

typedef struct kube__intern_slot {
    uint32_t hash;
    uint32_t at; /* offset + 1; 0: free */
} kube__intern_slot;

typedef struct kube__intern_table {
    kube__intern_slot *slots;
    size_t             capacity; /* a power of two, or 0 */
    size_t             count;
} kube__intern_table;

typedef struct kube__intern {
    uint64_t           seed;
    char              *text;   /* NUL-terminated texts one after the other, "" first */
    size_t             text_len, text_capacity;
    uint32_t          *lists;  /* each one's count, then its texts; the word at 0 is unused */
    size_t             list_len, list_capacity;
    kube__intern_table by_text, by_list;
    kube_status        failure; /* OUT_OF_MEMORY or LIMIT, for good */
} kube__intern;

/* Zeroed is a valid argument for clear. */
void kube__intern_init(kube__intern *in);
void kube__intern_clear(kube__intern *in);
kube__text kube__intern_text(kube__intern *in, kube_str text);
/* KUBE__TEXT_FAILED on failure. The texts were interned here. */
kube__text_list kube__intern_list(kube__intern *in, const kube__text *texts, size_t count);

static inline const char *kube__intern_get(const kube__intern *in, kube__text text)
{
    return in->text + text;
}

#endif
