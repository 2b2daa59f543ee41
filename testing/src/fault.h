/* What is to go wrong, and whom it hits. */
#ifndef KUBE_TESTING_SRC_FAULT_H
#define KUBE_TESTING_SRC_FAULT_H

#include <kube/base/buf.h>
#include <kube/testing/apiserver_stub.h>

#include <pthread.h>

typedef struct kube__fault {
    struct kube__fault *next;
    kube_testing_fault  f;       /* its texts are ours */
    char               *path, *content_type, *bytes;
    bool                exact;   /* the path had a `$` */
    unsigned            id, refs;
    uint64_t            matched; /* requests so far, passed and hit */
} kube__fault;

typedef struct kube__faults {
    pthread_mutex_t lock; /* guards everything, the counters of the faults too */
    kube__fault    *first;
    unsigned        last_id;
} kube__faults;

void kube__faults_init(kube__faults *faults);
void kube__faults_clear(kube__faults *faults);
kube_status kube__faults_add(kube__faults *faults, const kube_testing_fault *fault, unsigned *id, kube_error **err);
void kube__faults_remove(kube__faults *faults, unsigned id); /* 0: all */

/* The fault that hits a request, with a reference, or NULL. No path: a connection, before its handshake. */
kube__fault *kube__faults_take(kube__faults *faults, const char *path);
void kube__faults_release(kube__faults *faults, kube__fault *fault);

/* A fault as text. Its texts lie in `text`, which is cut into words, and in `file`. */
kube_status kube__fault_read(char *text, kube_testing_fault *out, kube_buf *file, kube_error **err);

#endif
