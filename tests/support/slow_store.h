/* A store of somebody's own: it keeps its entries in a store in memory, and always answers later, from a task of the
 * loop. Only public headers are used; it is also how one is written. */
#ifndef SLOW_STORE_H
#define SLOW_STORE_H

#include <kube/sys/store.h>

#include <stdatomic.h>
#include <stdbool.h>

typedef enum slow_store_op {
    SLOW_STORE_GET,
    SLOW_STORE_PUT,
    SLOW_STORE_TOUCH,
    SLOW_STORE_REMOVE,
    SLOW_STORE_LOCK,
    SLOW_STORE_OPS
} slow_store_op;

/* Zeroed: everything succeeds. May be changed between operations; outlives the store. */
typedef struct slow_store_knobs {
    kube_status fail[SLOW_STORE_OPS];  /* answered instead, when not KUBE_OK                        */
    bool        no_generation;         /* breaks the contract: every entry's is 0                   */
    bool        silent;                /* never answers: until the call is cancelled or out of time */
    atomic_uint count[SLOW_STORE_OPS]; /* how often each was begun                                  */
    int         destroyed;
} slow_store_knobs;

kube_status slow_store_new(const kube_clock *clock, slow_store_knobs *knobs, kube_store **out, kube_error **err);

#endif
