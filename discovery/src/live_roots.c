/* /api and /apis: sent together, decoded one after the other, the core group first. */
#include "live.h"
#include "media_type.h"

#include <kube/sys/error.h>

static const char *const paths[] = { "/api", "/apis" };

static void take_answer(kube__fetch_request *r, kube_status status, kube_rest_response *response, kube_error *err)
{
    kube__fetch *f = r->fetch;

    r->answered = true;
    r->response = response;
    if (status == KUBE_ERR_NOT_FOUND && r == &f->roots[0]) {
        r->skipped = true; /* a server without the core group is a server all the same */
        kube_error_free(err);
    } else if (status != KUBE_OK) {
        kube__fetch_fail(f, status, err);
    }
}

static void on_done(void *user, kube_status status, kube_rest_response *response, kube_error *err)
{
    kube__fetch_request *r = user;

    r->fetch->in_flight--;
    take_answer(r, status, response, err);
    kube__fetch_resume(r->fetch);
}

/* The long answer first: the server works on it while it reads the other request. */
void kube__fetch_send_roots(kube__fetch *f)
{
    static const size_t order[] = { 1, 0 };

    for (size_t n = 0; n < 2 && f->failure == KUBE_OK; n++) {
        size_t i = order[n];
        kube_rest_response *response = NULL;
        kube_error *why = NULL;
        kube_status st = kube__live_send(f->live, f->io, paths[i], f->live->accept, f->live->max_document_bytes,
                                         &f->call, on_done, &f->roots[i], &response, &why);

        if (st == KUBE_PENDING)
            f->in_flight++;
        else
            take_answer(&f->roots[i], st, response, why);
    }
}

static kube_status begin_decoding(kube__fetch *f, kube_error **err)
{
    const kube_rest_response *response = f->roots[f->root].response;
    kube_str body = kube_rest_response_body(response);
    bool aggregated = false;
    kube_status st = kube__judge_answer(kube_rest_response_header(response, "Content-Type"), body,
                                        kube_rest_response_http_status(response), &aggregated, err);

    if (st == KUBE_OK)
        st = kube__groups_decoder_init(&f->decoder, f->builder,
                                       aggregated     ? KUBE_DISCOVERY_DOCUMENT_AGGREGATED
                                       : f->root == 0 ? KUBE_DISCOVERY_DOCUMENT_API_VERSIONS
                                                      : KUBE_DISCOVERY_DOCUMENT_GROUP_LIST,
                                       body, err);
    if (st != KUBE_OK)
        return kube_error_wrap(err, st, "GET %s%s", kube_rest_client_base_url(f->live->rest), paths[f->root]);
    f->decoding = true;
    return KUBE_OK;
}

/* A slice of the document: at least one group, and no more once the time is used up. */
static kube_status decode_slice(kube__fetch *f, kube_error **err)
{
    int64_t until = kube_io_now_ns(f->io) + f->live->slice_ns;
    kube_status st;

    do
        st = kube__groups_decoder_step(&f->decoder, err);
    while (st == KUBE_PENDING && kube_io_now_ns(f->io) < until);
    if (st == KUBE_PENDING)
        kube_io_task_post(f->task);
    else if (st != KUBE_OK)
        (void)kube_error_wrap(err, st, "GET %s%s", kube_rest_client_base_url(f->live->rest), paths[f->root]);
    return st;
}

kube_status kube__fetch_decode_roots(kube__fetch *f, kube_error **err)
{
    while (f->root < 2) {
        kube__fetch_request *r = &f->roots[f->root];
        kube_status st = KUBE_OK;

        if (!r->answered)
            return KUBE_PENDING;
        if (!r->skipped && !f->decoding)
            st = begin_decoding(f, err);
        if (st == KUBE_OK && !r->skipped)
            st = decode_slice(f, err);
        if (st != KUBE_OK)
            return st;
        kube_rest_response_unref(r->response);
        r->response = NULL;
        f->decoding = false;
        f->root++;
    }
    return KUBE_OK;
}
