/* One request: credential, transport, redirects, and what the answer means. */
#include "client.h"
#include "headers.h"
#include "http_error.h"
#include "plugins.h"
#include "shared/alloc.h"
#include "shared/options.h"
#include "shared/process.h"

#include <kube/sys/error.h>
#include <kube/sys/rest.h>

#include <unistd.h>

enum { MAX_REDIRECTS = 10, OWN_HEADERS = 3 };

typedef struct operation {
    kube_rest_client      *client;
    kube_io               *io;
    kube_call              call;
    kube_rest_done        *done;
    void                  *user;
    kube_buf               target;
    kube_rest_param       *headers; /* the caller's behind our own; names and values are copies, except authorization */
    size_t                 header_count;
    kube_blob             *authorization;
    kube_transport_request out;
    int64_t                started_ns;
    unsigned               redirects;
} operation;

static void release(operation *op)
{
    for (size_t i = 0; i < op->header_count; i++) {
        kube__free((char *)op->headers[i].name);
        kube__free((char *)op->headers[i].value);
    }
    kube__free(op->headers);
    kube_blob_unref(op->authorization);
    kube_buf_clear(&op->target);
    kube_rest_client_unref(op->client);
    kube__free(op);
}

static bool add_header(operation *op, const char *name, const char *value)
{
    kube_rest_param *header = &op->headers[op->header_count];

    header->name = kube__strdup(name);
    header->value = kube__strdup(value);
    if (header->name == NULL || header->value == NULL) {
        kube__free((char *)header->name);
        kube__free((char *)header->value);
        return false;
    }
    op->header_count++;
    return true;
}

static kube_status check_header(const kube_rest_param *header, kube_error **err)
{
    if (!kube__header_name_is_valid(header->name))
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "a header's name is empty or has characters no name has");
    if (kube__header_is_reserved(header->name))
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "the header %s is not the caller's to set", header->name);
    if (header->value != NULL && !kube__header_value_is_valid(header->value))
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "the value of header %s has characters no header may have",
                              header->name);
    return KUBE_OK;
}

static kube_status copy_headers(operation *op, const kube_rest_request *request, kube_error **err)
{
    const char *accept = request->accept != NULL ? request->accept : "application/json, */*";
    bool ok;

    if (!kube__header_value_is_valid(accept))
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "the value of accept has characters no header may have");
    op->headers = kube__calloc(request->header_count + OWN_HEADERS, sizeof *op->headers);
    if (op->headers == NULL)
        return kube_error_no_memory(err);
    ok = add_header(op, "Accept", accept) && add_header(op, "User-Agent", op->client->user_agent);
    for (size_t i = 0; ok && i < request->header_count; i++) {
        const kube_rest_param *header = &request->headers[i];
        kube_status st = check_header(header, err);

        if (st != KUBE_OK)
            return st;
        ok = add_header(op, header->name, header->value != NULL ? header->value : "");
    }
    return ok ? KUBE_OK : kube_error_no_memory(err);
}

static kube_status check_request(const kube_rest_request *request, kube_rest_request *r, kube_error **err)
{
    kube_status st = kube__options_import(r, sizeof *r, request, sizeof *r, "kube_rest_request", err);

    if (st == KUBE_OK && r->method != NULL && strcmp(r->method, "GET") != 0)
        st = kube_error_set(err, KUBE_ERR_UNSUPPORTED, "the method %.20s is not supported yet, only GET is", r->method);
    return st;
}

static kube_status new_operation(kube_rest_client *client, kube_io *io, const kube_rest_request *request,
                                 operation **out, kube_error **err)
{
    operation *op = NULL;
    kube_status st;

    if (KUBE__NEW(op) == NULL)
        return kube_error_no_memory(err);
    op->client = kube_rest_client_ref(client);
    op->io = io;
    op->started_ns = kube_io_now_ns(io);
    kube_buf_init(&op->target, KUBE__URL_MAX_BYTES);
    st = kube__url_append_target(&op->target, &client->url, request, err);
    if (st == KUBE_OK)
        st = copy_headers(op, request, err);
    if (st != KUBE_OK) {
        release(op);
        return st;
    }
    op->out.struct_size = sizeof op->out;
    op->out.method = "GET";
    op->out.accept_gzip = client->gzip;
    op->out.max_response_bytes =
        request->max_response_bytes != 0 ? request->max_response_bytes : client->max_response_bytes;
    *out = op;
    return KUBE_OK;
}

/* Without the query: a selector may be long, and a message names the endpoint. */
static kube_str path_of(const operation *op)
{
    return kube_str_n(op->target.data, strcspn(op->target.data, "?"));
}

/* Says what was asked, of whom. The path of the base URL is in the target already. */
static kube_status name_request(const operation *op, kube_status st, kube_error **err)
{
    const kube__url *url = &op->client->url;
    kube_str path = path_of(op);

    return kube_error_wrap(err, st, "GET %.*s%.*s", (int)(strlen(url->text) - strlen(url->path)), url->text,
                           (int)path.len, path.data);
}

static void note_answer(const operation *op, const kube_rest_response *response)
{
    int64_t ms = (kube_io_now_ns(op->io) - op->started_ns) / 1000000;
    int http_status = kube_rest_response_http_status(response);

    atomic_fetch_add_explicit(&op->client->bytes, kube_rest_response_body(response).len, memory_order_relaxed);
    if (http_status == 304)
        atomic_fetch_add_explicit(&op->client->not_modified, 1, memory_order_relaxed);

    kube_log(&op->client->logger, KUBE_LOG_INFO, "GET %s %d in %lld ms", op->target.data, http_status, (long long)ms);
}

static kube_status follow_redirect(operation *op, const kube_rest_response *response, kube_error **err)
{
    const char *location = kube_rest_response_header(response, "location");
    kube_buf target = KUBE_BUF_INIT(KUBE__URL_MAX_BYTES);
    kube_status st;

    if (location == NULL)
        return kube_error_set(err, KUBE_ERR_PROTOCOL, "a redirect (%d) without a Location",
                              kube_rest_response_http_status(response));
    if (op->redirects++ == MAX_REDIRECTS)
        return kube_error_set(err, KUBE_ERR_PROTOCOL, "more than %d redirects", MAX_REDIRECTS);
    st = kube__url_append_redirect(&target, &op->client->url, op->target.data, location, err);
    if (st == KUBE_OK) {
        kube_buf_clear(&op->target);
        op->target = target;
    } else {
        kube_buf_clear(&target);
    }
    return st;
}

static bool is_redirect(int code)
{
    return code == 301 || code == 302 || code == 303 || code == 307 || code == 308;
}

/* KUBE_PENDING here means: ask again, at op->target. */
static kube_status judge(operation *op, const kube_rest_response *response, kube_error **err)
{
    int code = kube_rest_response_http_status(response);

    note_answer(op, response);
    if (code >= 200 && code <= 299)
        return KUBE_OK;
    if (is_redirect(code)) {
        kube_status st = follow_redirect(op, response, err);

        return st == KUBE_OK ? KUBE_PENDING : st;
    }
    if (code == 401 && op->authorization != NULL && op->client->credential != NULL)
        kube__credential_unauthorized(op->client->credential, op->authorization);
    return kube__http_error(response, err);
}

static void on_authorization(void *user, kube_status status, kube_blob *authorization, kube_error *err);
static void on_response(void *user, kube_status status, kube_rest_response *response, kube_error *err);

/* A value from outside goes into a header: a line feed in it would be a second header. */
static kube_status use_authorization(operation *op, kube_blob *value, kube_error **err)
{
    op->authorization = value;
    if (value != NULL && (!kube__header_value_is_valid(kube_blob_str(value).data) ||
                          strlen(kube_blob_str(value).data) != kube_blob_str(value).len))
        return kube_error_set(err, KUBE_ERR_CONFIG, "the credential has characters no header may have");
    return KUBE_OK;
}

/* The authorization header is put last, borrowed from its blob, and not counted among our copies. */
static kube_status send_once(operation *op, kube_rest_response **response, kube_error **err)
{
    kube_transport *transport = NULL;
    kube_status st = kube__rest_client_transport(op->client, &transport, err);

    if (st != KUBE_OK)
        return st;
    atomic_fetch_add_explicit(&op->client->requests, 1, memory_order_relaxed);
    op->out.target = op->target.data;
    op->out.headers = op->headers;
    op->out.header_count = op->header_count;
    if (op->authorization != NULL) {
        op->headers[op->header_count].name = "Authorization";
        op->headers[op->header_count].value = kube_blob_str(op->authorization).data;
        op->out.header_count++;
    }
    return kube_transport_send(transport, op->io, &op->out, &op->call, on_response, op, response, err);
}

/* Sends, and sends again as long as answers that are there at once redirect. KUBE_PENDING: on_response goes on. */
static kube_status exchange(operation *op, kube_rest_response **out, kube_error **err)
{
    kube_status st = KUBE_PENDING;

    while (st == KUBE_PENDING) {
        kube_rest_response *response = NULL;

        st = send_once(op, &response, err);
        if (st == KUBE_PENDING)
            return st;
        if (st == KUBE_OK)
            st = judge(op, response, err);
        if (st == KUBE_OK)
            *out = response;
        else
            kube_rest_response_unref(response);
    }
    return st;
}

static kube_status begin(operation *op, kube_rest_response **out, kube_error **err)
{
    kube_rest_client *client = op->client;
    kube_blob *authorization = kube_blob_ref(client->authorization);
    kube_status st = KUBE_OK;

    if (client->credential != NULL)
        st = kube__credential_authorization(client->credential, op->io, &op->call, on_authorization, op,
                                            &authorization, err);
    if (st == KUBE_OK)
        st = use_authorization(op, authorization, err);
    return st == KUBE_OK ? exchange(op, out, err) : st;
}

static void finish(operation *op, kube_status st, kube_rest_response *response, kube_error *err)
{
    kube_rest_done *done = op->done;
    void *user = op->user;

    if (st != KUBE_OK)
        name_request(op, st, &err);
    release(op);
    done(user, st, response, err);
}

static void on_authorization(void *user, kube_status status, kube_blob *authorization, kube_error *err)
{
    operation *op = user;
    kube_rest_response *response = NULL;

    if (status == KUBE_OK)
        status = use_authorization(op, authorization, &err);
    if (status == KUBE_OK)
        status = exchange(op, &response, &err);
    if (status != KUBE_PENDING)
        finish(op, status, response, err);
}

static void on_response(void *user, kube_status status, kube_rest_response *response, kube_error *err)
{
    operation *op = user;

    if (status == KUBE_OK) {
        status = judge(op, response, &err);
        if (status != KUBE_OK) {
            kube_rest_response_unref(response);
            response = NULL;
        }
        if (status == KUBE_PENDING)
            status = exchange(op, &response, &err);
    }
    if (status != KUBE_PENDING)
        finish(op, status, response, err);
}

kube_status kube_rest_client_send(kube_rest_client *client, kube_io *io, const kube_rest_request *request,
                                  const kube_call *call, kube_rest_done *done, void *user, kube_rest_response **out,
                                  kube_error **err)
{
    kube_rest_request r;
    operation *op = NULL;
    kube_status st = KUBE_OK;

    if (client->process != kube__process())
        return kube_error_set(err, KUBE_ERR_FORKED, "the client belongs to the parent process");
    st = check_request(request, &r, err);

    if (st == KUBE_OK)
        st = new_operation(client, io, &r, &op, err);
    if (st != KUBE_OK)
        return st;
    op->call = call != NULL ? *call : (kube_call){ 0, NULL };
    op->done = done;
    op->user = user;
    st = begin(op, out, err);
    if (st != KUBE_PENDING) {
        if (st != KUBE_OK)
            name_request(op, st, err);
        release(op);
    }
    return st;
}
