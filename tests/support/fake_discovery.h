/* A discovery made by hand: it answers what a test gives it, at once or later, and writes down what it was asked. */
#ifndef FAKE_DISCOVERY_H
#define FAKE_DISCOVERY_H

#include <kube/sys/discovery.h>

#include <stdbool.h>

/* Zeroed but for what is wanted. The answers are aggregated documents, attempt by attempt; the last one before a NULL
 * is answered again and again. */
typedef struct fake_discovery {
    const char *answers[4];
    kube_discovery_snapshot *ready; /* answered instead, when not NULL: costs no memory */
    size_t attempts;
    kube_status failure; /* instead of an answer */
    kube_cancel *fires;  /* fired by the first answer */
    bool later;
    bool held;      /* later, when fake_discovery_release() is called: from the thread of the loop */
    bool unchanged; /* who says what is known is told that nothing changed */
    size_t asked_about_known;
    int destroyed;
    void (*invalidated)(void *arg); /* called when it is told to invalidate; NULL: nothing is */
    void *invalidated_arg;
    kube_discovery_want want;
    char group_version[64];
    /* while it is pending */
    bool known;
    kube_io_task *task;
    kube_io_guard *guard;
    kube_discovery_fetch_done *done;
    void *user;
} fake_discovery;

/* The state stays the test's and must outlive the object. */
kube_discovery *fake_discovery_new(fake_discovery *f, uint32_t max_attempts);

/* Lets the answer that is pending come with the next step of its loop. */
void fake_discovery_release(fake_discovery *f);

#endif
