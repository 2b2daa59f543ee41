/* One operation of a store on a loop of the test's own, to its end, and what has to hold of every one. */
#ifndef STORE_DRIVER_H
#define STORE_DRIVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <kube/sys/store.h>

typedef struct store_driver {
    kube_store *store;
    kube_io    *io;
    kube_call   call;
    int64_t     since_unix_ms; /* of what is put; 0: now */
    /* of the latest operation */
    int               calls; /* of `done` */
    kube_status       status;
    kube_store_entry  entry;
    kube_store_info   info;
    kube_store_lock  *lock;
    kube_error       *err;
} store_driver;

/* A key of a literal list of segments. */
#define KEY(...) (&(kube_store_key){ (const char *const[]){ __VA_ARGS__ }, \
                                     sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *) })

/* Takes the store. */
void store_driver_init(store_driver *d, kube_store *store, const kube_clock *clock);
void store_driver_clear(store_driver *d);

/* Each returns the status, and leaves the rest in the driver until the next one. */
kube_status driver_get(store_driver *d, const kube_store_key *key);
kube_status driver_put(store_driver *d, const kube_store_key *key, kube_str bytes, kube_str validator);
kube_status driver_put_c(store_driver *d, const kube_store_key *key, const char *text);
kube_status driver_touch(store_driver *d, const kube_store_key *key, uint64_t generation);
kube_status driver_remove(store_driver *d, const kube_store_key *key);
/* A lock that was taken is the caller's: it is not given back by the next operation. */
kube_status driver_lock(store_driver *d, const kube_store_key *key, int64_t lease_ms);

/* Reads an entry and compares; fails the test where it differs. */
void driver_expect(store_driver *d, const kube_store_key *key, const char *text);

#endif
