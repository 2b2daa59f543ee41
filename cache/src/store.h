/* The interface object: a table of functions, a state, and the private loop of blocking calls. */
#ifndef KUBE_CACHE_STORE_PRIVATE_H
#define KUBE_CACHE_STORE_PRIVATE_H

#include "shared/blocking.h"

#include <kube/sys/store.h>

#include <stdatomic.h>
#include <sys/types.h>

struct kube_store {
    atomic_uint     refs;
    uint32_t           process;
    kube_store_ops  ops;
    void           *state;
    kube__blocking *blocking; /* NULL: it is local, and never needed */
};

#endif
