/* One request on its way through libcurl. */
#ifndef KUBE_REST_CURL_TRANSFER_H
#define KUBE_REST_CURL_TRANSFER_H

#include "pool.h"
#include "response_headers.h"

enum { KUBE__MAX_ATTEMPTS = 6 };

struct kube__transfer {
    kube__transfer *next, *prev; /* in the pool's queue or among its running */
    kube__pool *pool;
    const kube_transport_request *request; /* the caller's, until done */
    kube_transport_done *done;
    void *user;
    kube_io_guard *guard;
    uint64_t turn; /* in the queue        */
    CURL *easy;    /* NULL while it waits */
    struct curl_slist *headers, *connect_to, *resolve;
    kube_buf url;
    kube__response_headers headers_received;
    kube_buf body;
    unsigned attempts;
    long opened;     /* connections, counted already */
    bool opener;     /* the others wait for its connection */
    int local_port;  /* of its connection; 0: not connected    */
    int64_t sent_ns; /* when its request went out              */
    char error_text[CURL_ERROR_SIZE];
};

kube_status kube__transfer_new(kube__pool *pool, const kube_transport_request *request, const kube_call *call,
                               kube_transport_done *done, void *user, kube__transfer **out, kube_error **err);
/* Takes a handle, sets it up and gives it to libcurl. */
kube_status kube__transfer_start(kube__transfer *transfer, kube_error **err);
/* Takes it out of libcurl, the gate and the lists. Afterwards it only waits to be reported. */
void kube__transfer_detach(kube__transfer *transfer);
/* What libcurl's verdict means: an answer, or a status and an error. Before detaching: it asks the handle. */
kube_status kube__transfer_result(kube__transfer *transfer, CURLcode code, kube_rest_response **out, kube_error **err);
/* Frees it and calls its `done`. Detached before. */
void kube__transfer_report(kube__transfer *transfer, kube_status status, kube_rest_response *response, kube_error *err);
void kube__transfer_free(kube__transfer *transfer);

/* options.c: everything a handle is told. */
kube_status kube__transfer_set_options(kube__transfer *transfer, kube_error **err);

/* errors.c: the status and the words for a code of libcurl's. */
kube_status kube__curl_error(const kube__transfer *transfer, CURLcode code, kube_error **err);
/* True when the code means that there was no connection at all, which concerns everybody who waits for one. */
bool kube__curl_error_is_no_connection(CURLcode code);
/* True when the code means that a connection that stood is gone, or at least that stream of it. */
bool kube__curl_error_is_lost_connection(CURLcode code);

#endif
