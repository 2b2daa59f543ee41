/* Asking a server for its version. */
#include "live.h"
#include "media_type.h"
#include "shared/alloc.h"

#include <kube/sys/error.h>

static const uint64_t max_version_bytes = 1 << 20;

typedef struct question {
    kube_server_version_done *done;
    void                     *user;
    const kube__live         *live;
} question;

static kube_status understand(const kube__live *live, kube_rest_response *response, kube_server_version **out,
                              kube_error **err)
{
    kube_str body = kube_rest_response_body(response);
    bool aggregated = false;
    kube_status st = kube__judge_answer(kube_rest_response_header(response, "Content-Type"), body,
                                        kube_rest_response_http_status(response), &aggregated, err);

    if (st == KUBE_OK)
        st = kube_server_version_from_json(body, out, err);
    kube_rest_response_unref(response);
    if (st == KUBE_OK)
        return st;
    return kube_error_wrap(err, st, "unable to parse the server version: GET %s/version",
                           kube_rest_client_base_url(live->rest));
}

static void on_done(void *user, kube_status status, kube_rest_response *response, kube_error *err)
{
    question *q = user;
    kube_server_version_done *done = q->done;
    void *done_user = q->user;
    const kube__live *live = q->live;
    kube_server_version *version = NULL;

    kube__free(q);
    if (status == KUBE_OK)
        status = understand(live, response, &version, &err);
    done(done_user, status, version, err);
}

kube_status kube__live_server_version(void *state, kube_io *io, const kube_call *call, kube_server_version_done *done,
                                      void *user, kube_server_version **out, kube_error **err)
{
    kube__live_get get = { .path = "/version", .accept = "application/json, */*", .if_none_match = "" };
    kube_rest_response *response = NULL;
    question *q = NULL;
    kube_status st;

    if (KUBE__NEW(q) == NULL)
        return kube_error_no_memory(err);
    q->done = done;
    q->user = user;
    q->live = state;
    get.max_bytes = max_version_bytes;
    st = kube__live_send(state, io, &get, call, on_done, q, &response, err);
    if (st == KUBE_PENDING)
        return st;
    kube__free(q);
    return st == KUBE_OK ? understand(state, response, out, err) : st;
}
