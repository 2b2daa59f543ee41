/* What the server answers when nothing goes wrong. */
#ifndef KUBE_TESTING_SRC_ANSWER_H
#define KUBE_TESTING_SRC_ANSWER_H

#include "content.h"

#include <kube/testing/http_server.h>

typedef struct kube__answer {
    int         status;
    const char *content_type;           /* static */
    const char *cache_control;          /* static */
    kube_blob  *body;                   /* a reference of its own; NULL: none */
    char        etag[KUBE__ETAG_BYTES]; /* with its quotes; "": none */
} kube__answer;

/* Answers a request; `path` is its target without the query. `token` may be NULL. */
kube_status kube__answer_request(const kube__content *content, const char *token, const kube_testing_request *request,
                                 const char *path, kube__answer *out);
void kube__answer_clear(kube__answer *answer);

/* The Status object of a refusal, as text. */
void kube__status_object(int code, const char *path, unsigned retry_after_s, kube_buf *out);
/* "Not Found" */
const char *kube__http_reason(int code);

#endif
