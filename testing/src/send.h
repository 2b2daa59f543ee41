/* From an answer to bytes on the wire, and whatever a fault makes of them. */
#ifndef KUBE_TESTING_SRC_SEND_H
#define KUBE_TESTING_SRC_SEND_H

#include "answer.h"
#include "fault.h"
#include "request_log.h"

/* One answer on its way. */
typedef struct kube__sending {
    kube_testing_connection *connection;
    const kube__fault       *fault;     /* NULL: nothing goes wrong */
    kube__request_log       *log;
    kube__log_entry         *entry;     /* may be NULL */
    kube_testing_on_request *on_request;
    void                    *user;
    const char              *date;      /* the Date header's value */
    bool                     body_less; /* the answer to a HEAD */
    bool                     told;      /* on_request was called */
    uint64_t                 written;   /* bytes of the answer, head included */
} kube__sending;

void kube__send(kube__sending *s, const kube__answer *answer, const char *path);

#endif
