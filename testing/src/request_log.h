/* The requests of a server, in the order they came. */
#ifndef KUBE_TESTING_SRC_REQUEST_LOG_H
#define KUBE_TESTING_SRC_REQUEST_LOG_H

#include <kube/testing/apiserver_stub.h>
#include <kube/testing/http_server.h>

#include <pthread.h>

typedef struct kube__log_entry kube__log_entry; /* shared by the log and the thread that answers */

typedef struct kube__request_log {
    pthread_mutex_t   lock; /* guards everything, the entries too */
    kube__log_entry **entries;
    size_t            count, capacity;
} kube__request_log;

void kube__request_log_init(kube__request_log *log);
void kube__request_log_clear(kube__request_log *log);
void kube__request_log_reset(kube__request_log *log);

/* A reference for the thread that answers; NULL: no memory. */
kube__log_entry *kube__request_log_add(kube__request_log *log, const kube_testing_request *request);
/* The status that is answered (0: as before), and how many bytes more its body has. NULL as entry: nothing. */
void kube__request_log_note(kube__request_log *log, kube__log_entry *entry, int status, uint64_t body_bytes);
void kube__request_log_get(kube__request_log *log, const kube__log_entry *entry, kube_testing_record *out);
void kube__request_log_release(kube__request_log *log, kube__log_entry *entry);

size_t kube__request_log_count(kube__request_log *log, const char *path); /* NULL: all */
bool kube__request_log_at(kube__request_log *log, size_t i, kube_testing_record *out);

#endif
