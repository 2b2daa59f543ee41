/* What <kube/sys/store.h> promises, as a suite for any store: one that answers now and one that answers later. Only
 * public headers are used. */
#ifndef STORE_CONFORMANCE_H
#define STORE_CONFORMANCE_H

#include <kube/sys/store.h>

#include <stdbool.h>

typedef struct store_subject {
    const char *name;
    /* A new store without entries. Fails the test rather than return NULL. */
    kube_store *(*make)(void *user);
    /* Another object over the entries of the latest one; NULL: they belong to the object. */
    kube_store *(*again)(void *user);
    /* After each test, when no object is alive any more. May be NULL. */
    void (*clean)(void *user);
    /* Moves the store's clock, which stands still otherwise. */
    void (*advance)(void *user, int64_t ms);
    /* The store's clock. */
    const kube_clock *clock;
    bool  keeps_validators;
    void *user;
} store_subject;

/* Runs the suite under the subject's name; the number of tests that failed, as cmocka_run_group_tests() gives it. */
int store_conformance(const store_subject *subject);

#endif
