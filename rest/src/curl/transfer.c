#include "transfer.h"

#include "shared/alloc.h"

#include <kube/sys/error.h>

/* One of the lines is the Authorization header. */
static void wipe_list(struct curl_slist *list)
{
    for (; list != NULL; list = list->next)
        kube__wipe(list->data, strlen(list->data));
}

void kube__transfer_free(kube__transfer *t)
{
    kube_io_guard_free(t->guard);
    wipe_list(t->headers);
    curl_slist_free_all(t->headers);
    curl_slist_free_all(t->connect_to);
    curl_slist_free_all(t->resolve);
    kube_buf_clear(&t->url);
    kube__response_headers_clear(&t->headers_received);
    kube_buf_clear(&t->body);
    kube__free(t);
}

void kube__transfer_report(kube__transfer *t, kube_status status, kube_rest_response *response, kube_error *err)
{
    kube_transport_done *done = t->done;
    void *user = t->user;

    kube__transfer_free(t);
    done(user, status, response, err);
}

/* Whether another one waits on the same connection: its time is not over. */
static bool is_in_company(const kube__transfer *t)
{
    const kube__transfer *other = t->pool->running;

    while (other != NULL && (other == t || other->local_port != t->local_port))
        other = other->next;
    return other != NULL;
}

/* A server whose process hangs acknowledges everything and answers nothing, and libcurl would give the next request the
 * same connection. */
static bool waited_in_vain(const kube__transfer *t)
{
    return t->local_port != 0 && t->headers_received.text.len == 0 &&
           kube__pool_waited_in_vain(t->pool, t->local_port, t->sent_ns, is_in_company(t));
}

/* It ran out of time: what that says of its connection, or of the addresses at which it found none. */
static void blame(const kube__transfer *t)
{
    bool again; /* libcurl has repeated it, and found none this time */

    if (t->easy == NULL)
        return;
    again = t->attempts > 0 && !kube__pool_has_socket(t->pool, t->local_port);
    if (again || waited_in_vain(t))
        kube__gate_lost(&t->pool->gate);
    if ((again || t->opener) && t->pool->gate.connections == 0)
        kube__pool_doubt_addresses(t->pool);
}

static void on_interrupt(void *user, kube_status why)
{
    kube__transfer *t = user;
    kube__pool *pool = t->pool;
    kube_error *err = NULL;

    if (why == KUBE_ERR_TIMEOUT)
        blame(t);
    kube_error_set(&err, why, "%s", why == KUBE_ERR_TIMEOUT ? "no answer within the time that was set" : "cancelled");
    kube__transfer_detach(t);
    if (pool->queue_head != NULL)
        kube_io_task_post(pool->pump_task); /* its place is free */
    else if (kube__pool_waits_for_addresses(pool))
        kube__pool_stop_resolving(pool);
    kube__transfer_report(t, why, NULL, err);
}

static size_t ceiling(uint64_t bytes)
{
    return bytes < SIZE_MAX / 2 ? (size_t)bytes : SIZE_MAX / 2;
}

kube_status kube__transfer_new(kube__pool *pool, const kube_transport_request *request, const kube_call *call,
                               kube_transport_done *done, void *user, kube__transfer **out, kube_error **err)
{
    kube__transfer *t = NULL;
    kube_status st;

    if (KUBE__NEW(t) == NULL)
        return kube_error_no_memory(err);
    t->pool = pool;
    t->request = request;
    t->done = done;
    t->user = user;
    kube_buf_init(&t->url, KUBE__URL_MAX_BYTES + 1024);
    kube__response_headers_init(&t->headers_received);
    kube_buf_init(&t->body, ceiling(request->max_response_bytes));
    st = kube_io_guard_new(pool->io, call, on_interrupt, t, &t->guard, err);
    if (st != KUBE_OK) {
        kube__transfer_free(t);
        return st;
    }
    *out = t;
    return KUBE_OK;
}

/* CURLMOPT_QUICK_EXIT, which the headers have from 8.20 on: the library that is loaded may be newer than they are. */
enum { MULTI_QUICK_EXIT = 21 };

static kube_status ensure_multi(kube__pool *pool, kube_error **err)
{
    uint32_t max = pool->transport->max_connections;
    long connections = max != 0 ? (long)max : KUBE__MAX_CONNECTIONS_HTTP1;
    CURLMcode code;

    if (pool->multi != NULL)
        return KUBE_OK;
    pool->multi = curl_multi_init();
    if (pool->multi == NULL)
        return kube_error_no_memory(err);
    pool->bound = 0;
    code = kube__pool_init_sockets(pool);
    if (code == CURLM_OK)
        code = curl_multi_setopt(pool->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)KUBE__STREAMS_PER_CONNECTION);
    if (code == CURLM_OK) /* the gate keeps below this by itself, except behind servers that allow very few streams */
        code = curl_multi_setopt(pool->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections);
    if (code == CURLM_OK)
        code = curl_multi_setopt(pool->multi, CURLMOPT_MAXCONNECTS, connections + 1);
    if (code == CURLM_OK && curl_version_info(CURLVERSION_NOW)->version_num >= 0x081400) /* as well as may be */
        curl_multi_setopt(pool->multi, (CURLMoption)MULTI_QUICK_EXIT, 1L);
    if (code != CURLM_OK) {
        curl_multi_cleanup(pool->multi);
        pool->multi = NULL;
        return kube_error_set(err, KUBE_ERR_UNSUPPORTED, "libcurl: %s", curl_multi_strerror(code));
    }
    return KUBE_OK;
}

kube_status kube__transfer_start(kube__transfer *t, kube_error **err)
{
    kube__pool *pool = t->pool;
    kube_status st = ensure_multi(pool, err);
    CURLMcode code;

    if (st != KUBE_OK)
        return st;
    t->easy = kube__pool_take_handle(pool);
    if (t->easy == NULL)
        return kube_error_no_memory(err);
    st = kube__transfer_set_options(t, err);
    if (st == KUBE_OK) {
        code = curl_multi_add_handle(pool->multi, t->easy);
        if (code == CURLM_OUT_OF_MEMORY)
            st = kube_error_no_memory(err);
        else if (code != CURLM_OK)
            st = kube_error_set(err, KUBE_ERR_UNAVAILABLE, "libcurl: %s", curl_multi_strerror(code));
    }
    if (st != KUBE_OK) {
        curl_easy_cleanup(t->easy);
        t->easy = NULL;
    }
    return st;
}

static kube_status build_response(kube__transfer *t, kube_rest_response **out, kube_error **err)
{
    long code = 0;

    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &code);
    if (t->request->accept_gzip)
        kube__response_headers_decoded(&t->headers_received);
    return kube__response_headers_build(&t->headers_received, (int)code, &t->body, out, err);
}

kube_status kube__transfer_result(kube__transfer *t, CURLcode code, kube_rest_response **out, kube_error **err)
{
    if (kube_buf_status(&t->headers_received.text, NULL) == KUBE_ERR_OUT_OF_MEMORY ||
        kube_buf_status(&t->body, NULL) == KUBE_ERR_OUT_OF_MEMORY)
        return kube_error_no_memory(err);
    if (t->headers_received.too_big)
        return kube_error_set(err, KUBE_ERR_LIMIT, "the answer's headers are larger than %d bytes",
                              KUBE__HEADERS_MAX_BYTES);
    if (kube_buf_status(&t->body, NULL) == KUBE_ERR_LIMIT)
        return kube_error_set(err, KUBE_ERR_LIMIT, "the answer is larger than %llu bytes",
                              (unsigned long long)t->request->max_response_bytes);
    if (code == CURLE_OUT_OF_MEMORY && t->attempts != 0) /* before 8.14 libcurl says so of a line over 100 KB */
        return kube_error_set(err, KUBE_ERR_LIMIT, "a header of the answer is too long, or memory ran out");
    return code == CURLE_OK ? build_response(t, out, err) : kube__curl_error(t, code, err);
}
