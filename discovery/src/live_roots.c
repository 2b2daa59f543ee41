/* /api and /apis: sent together, decoded one after the other, the core group first. */
#include "live.h"
#include "media_type.h"
#include "snapshot.h"

#include <kube/sys/error.h>

static const char *const paths[] = { "/api", "/apis" };

static const char *condition_of(const kube__fetch *f, size_t root)
{
    return f->known != NULL ? f->known->validators[root] : "";
}

static size_t root_of(const kube__fetch_request *r)
{
    return (size_t)(r - r->fetch->roots);
}

static void take_answer(kube__fetch_request *r, kube_status status, kube_rest_response *response, kube_error *err)
{
    kube__fetch *f = r->fetch;

    r->answered = true;
    r->response = response;
    if (status == KUBE_ERR_NOT_FOUND && r == &f->roots[0]) {
        r->skipped = true; /* a server without the core group is a server all the same */
        kube_error_free(err);
    } else if (status == KUBE_ERR_NOT_MODIFIED && condition_of(f, root_of(r))[0] != '\0') {
        r->unchanged = true;
        kube_error_free(err);
    } else if (status == KUBE_ERR_NOT_MODIFIED) {
        status = kube_error_wrap(&err, KUBE_ERR_PROTOCOL, "the answer to a condition that was not set");
        kube__fetch_fail(f, status, err);
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
        kube__live_get get = { .path = paths[i], .accept = f->live->accept, .if_none_match = condition_of(f, i) };
        kube_status st;

        get.max_bytes = f->live->max_document_bytes;
        st = kube__live_send(f->live, f->io, &get, &f->call, on_done, &f->roots[i], &response, &why);

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

/* Of two documents one is as it was: its groups are taken from what is known. */
static kube_status take_known(kube__fetch *f, kube_error **err)
{
    const kube_discovery_snapshot *known = f->known;
    size_t first = f->root == KUBE__DOCUMENT_API ? 0 : known->core_group_count;
    size_t end = f->root == KUBE__DOCUMENT_API ? known->core_group_count : known->groups.count;

    for (size_t i = first; i < end; i++) {
        const kube_api_group *group = &known->group_items[i];
        size_t at = f->builder->version_count;

        if (!kube__builder_copy_group(f->builder, group))
            return kube__builder_status(f->builder, err);
        for (size_t v = 0; v < group->listed_count; v++, at++) {
            if (!kube__builder_copy_version(f->builder, at, &group->versions[v]))
                return kube__builder_status(f->builder, err);
            f->builder->versions[at].time_unix_ms = 0; /* as true now as it was then */
        }
    }
    kube__builder_end_document(f->builder, KUBE_DISCOVERY_DOCUMENT_AGGREGATED);
    kube__builder_set_validator(f->builder, f->root, known->validators[f->root]);
    return KUBE_OK;
}

/* One document, to its end. */
static kube_status decode_root(kube__fetch *f, kube_error **err)
{
    const kube__fetch_request *r = &f->roots[f->root];
    kube_status st = KUBE_OK;

    if (r->skipped)
        return st;
    if (r->unchanged)
        return take_known(f, err);
    if (!f->decoding)
        st = begin_decoding(f, err);
    if (st == KUBE_OK)
        st = decode_slice(f, err);
    if (st == KUBE_OK && f->decoder.kind == KUBE_DISCOVERY_DOCUMENT_AGGREGATED)
        kube__builder_set_validator(f->builder, f->root, kube_rest_response_header(r->response, "ETag"));
    return st;
}

/* Nothing has changed when no document has: a server that had no /api must still have none. */
static bool is_unchanged(const kube__fetch *f)
{
    const kube__fetch_request *api = &f->roots[KUBE__DOCUMENT_API];

    return f->roots[KUBE__DOCUMENT_APIS].unchanged &&
           (api->unchanged || (api->skipped && f->known->core_group_count == 0));
}

kube_status kube__fetch_decode_roots(kube__fetch *f, kube_error **err)
{
    if (f->known != NULL && !(f->roots[0].answered && f->roots[1].answered))
        return KUBE_PENDING; /* whether anything is to be decoded is known when both have answered */
    if (f->known != NULL && is_unchanged(f))
        return kube_error_set(err, KUBE_ERR_NOT_MODIFIED, "the server has nothing newer");
    while (f->root < KUBE__DOCUMENT_COUNT) {
        kube__fetch_request *r = &f->roots[f->root];
        kube_status st = r->answered ? decode_root(f, err) : KUBE_PENDING;

        if (st != KUBE_OK)
            return st;
        kube_rest_response_unref(r->response);
        r->response = NULL;
        f->decoding = false;
        if (f->root == KUBE__DOCUMENT_API)
            f->builder->core_group_count = (uint32_t)f->builder->group_count;
        f->root++;
    }
    return KUBE_OK;
}
