/* What every counted object of discovery begins with. */
#ifndef KUBE_DISCOVERY_COUNTED_H
#define KUBE_DISCOVERY_COUNTED_H

#include <stdatomic.h>

typedef struct kube__counted {
    atomic_uint refs;
    void (*destroy)(struct kube__counted *counted);
} kube__counted;

static inline void kube__counted_init(kube__counted *counted, void (*destroy)(kube__counted *counted))
{
    atomic_init(&counted->refs, 1);
    counted->destroy = destroy;
}

static inline void kube__counted_ref(kube__counted *counted)
{
    atomic_fetch_add_explicit(&counted->refs, 1, memory_order_relaxed);
}

static inline void kube__counted_unref(kube__counted *counted)
{
    if (atomic_fetch_sub_explicit(&counted->refs, 1, memory_order_acq_rel) == 1)
        counted->destroy(counted);
}

#endif
