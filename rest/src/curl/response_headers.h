/* The headers of an answer, as they come: line by line, of which only the last block counts. */
#ifndef KUBE_REST_CURL_RESPONSE_HEADERS_H
#define KUBE_REST_CURL_RESPONSE_HEADERS_H

#include <kube/base/buf.h>
#include <kube/rest/response.h>

#include <stdbool.h>

enum { KUBE__HEADERS_MAX_BYTES = 256 * 1024 };

typedef struct kube__response_headers {
    kube_buf text; /* name NUL value NUL, of the last block */
    size_t count;
    size_t bytes; /* of all blocks                         */
    bool too_big;
    bool over;    /* what still comes are trailers      */
    bool decoded; /* what says how it was sent is left out */
} kube__response_headers;

void kube__response_headers_init(kube__response_headers *h);
void kube__response_headers_clear(kube__response_headers *h);
/* Takes a line with its end. What is no header is passed over. false: there is too much of it, or no memory. */
bool kube__response_headers_take(kube__response_headers *h, const char *line, size_t len);
/* The body is not what was sent, when that had an encoding. */
void kube__response_headers_decoded(kube__response_headers *h);
/* Makes an answer of them. The body is taken. */
kube_status kube__response_headers_build(const kube__response_headers *h, int http_status, kube_buf *body,
                                         kube_rest_response **out, kube_error **err);

#endif
