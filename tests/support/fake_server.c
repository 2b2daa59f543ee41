#include "fake_server.h"

#include <kube/sys/error.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A request that is answered later. */
typedef struct fake_wait {
    struct fake_wait *next;
    fake_server *server;
    kube_io_guard *guard;
    kube_io_task *task; /* NULL: never */
    kube_transport_done *done;
    void *user;
    kube_status status;
    kube_rest_response *response;
    kube_error *err;
} fake_wait;

static size_t path_len(const char *target)
{
    return strcspn(target, "?");
}

static bool same_path(const char *target, const char *path)
{
    return path_len(target) == strlen(path) && strncmp(target, path, strlen(path)) == 0;
}

static void write_down(fake_server *s, const kube_transport_request *request)
{
    fake_request *to = &s->log[s->log_count];

    if (s->log_count == FAKE_SERVER_LOG)
        abort();
    s->log_count++;
    snprintf(to->target, sizeof to->target, "%s", request->target);
    to->accept[0] = to->if_none_match[0] = '\0';
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcmp(request->headers[i].name, "Accept") == 0)
            snprintf(to->accept, sizeof to->accept, "%s", request->headers[i].value);
        if (strcmp(request->headers[i].name, "If-None-Match") == 0)
            snprintf(to->if_none_match, sizeof to->if_none_match, "%s", request->headers[i].value);
    }
}

static fake_answer *choose(fake_server *s, const char *target)
{
    fake_answer *last = NULL;

    for (size_t i = 0; i < s->answer_count; i++) {
        if (!same_path(target, s->answers[i].target))
            continue;
        last = &s->answers[i];
        if (!last->used)
            break;
    }
    if (last != NULL)
        last->used = true;
    return last;
}

static const fake_answer absent = {
    .http_status = 404, .content_type = "text/plain", .body = "404 page not found\n", .body_len = 19
};

static kube_status respond(fake_server *s, const char *target, const char *if_none_match, kube_rest_response **out,
                           kube_error **err)
{
    const fake_answer *chosen = choose(s, target), *answer = chosen != NULL ? chosen : &absent;
    bool unchanged = answer->etag != NULL && strcmp(answer->etag, if_none_match) == 0;
    kube_rest_param headers[2];
    size_t count = 0;
    kube_buf body = KUBE_BUF_INIT(64 << 20);
    kube_status st;

    if (answer->http_status == 0)
        return kube_error_set(err, KUBE_ERR_UNAVAILABLE, "no connection");
    if (answer->http_status < 0)
        return kube_error_set(err, (kube_status)-answer->http_status, "as the test wants");
    if (answer->content_type != NULL)
        headers[count++] = (kube_rest_param){ .name = "Content-Type", .value = answer->content_type };
    if (answer->etag != NULL)
        headers[count++] = (kube_rest_param){ .name = "ETag", .value = answer->etag };
    if (!unchanged)
        kube_buf_append(&body, kube_str_n(answer->body, answer->body_len));
    st = kube_rest_response_new(unchanged ? 304 : answer->http_status, headers, count, &body, out, err);
    kube_buf_clear(&body);
    return st;
}

static void finish(fake_wait *w)
{
    kube_transport_done *done = w->done;
    void *user = w->user;
    kube_status status = w->status;
    kube_rest_response *response = w->response;
    kube_error *err = w->err;
    fake_wait **at = &w->server->waiting;

    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
    w->server->in_flight--;
    kube_io_guard_free(w->guard);
    kube_io_task_free(w->task);
    free(w);
    done(user, status, response, err);
}

/* In the other direction than asked: posted anew until it is the latest of those that wait. */
static void on_task(void *user)
{
    fake_wait *w = user;

    if (w->server->in_reverse && w->server->waiting != w)
        kube_io_task_post(w->task);
    else
        finish(w);
}

static void on_guard(void *user, kube_status why)
{
    fake_wait *w = user;

    kube_rest_response_unref(w->response);
    kube_error_free(w->err);
    w->response = NULL;
    w->err = NULL;
    w->status = why;
    (void)kube_error_set(&w->err, why, "interrupted");
    finish(w);
}

static kube_status wait_for_it(fake_server *s, kube_io *io, const kube_transport_request *request,
                               const kube_call *call, kube_transport_done *done, void *user, kube_error **err)
{
    fake_wait *w = calloc(1, sizeof *w);
    kube_status st;

    if (w == NULL)
        abort();
    w->server = s;
    w->done = done;
    w->user = user;
    st = kube_io_guard_new(io, call, on_guard, w, &w->guard, err);
    if (st == KUBE_OK && s->timing == FAKE_LATER)
        st = kube_io_task_new(io, on_task, w, &w->task, err);
    if (st != KUBE_OK) {
        kube_io_guard_free(w->guard);
        free(w);
        return st;
    }
    if (s->timing == FAKE_LATER) {
        w->status = respond(s, request->target, s->log[s->log_count - 1].if_none_match, &w->response, &w->err);
        kube_io_task_post(w->task);
    }
    w->next = s->waiting;
    s->waiting = w;
    s->in_flight++;
    if (s->in_flight > s->most_in_flight)
        s->most_in_flight = s->in_flight;
    return KUBE_PENDING;
}

static kube_status send_request(void *state, kube_io *io, const kube_transport_request *request, const kube_call *call,
                                kube_transport_done *done, void *user, kube_rest_response **out, kube_error **err)
{
    fake_server *s = state;

    write_down(s, request);
    if (s->timing == FAKE_NOW)
        return respond(s, request->target, s->log[s->log_count - 1].if_none_match, out, err);
    return wait_for_it(s, io, request, call, done, user, err);
}

static void leave_alone(void *state)
{
    (void)state;
}

void fake_server_init(fake_server *s)
{
    fake_server_init_at(s, NULL);
}

void fake_server_init_at(fake_server *s, const kube_clock *clock)
{
    kube_transport_ops ops = { .struct_size = sizeof ops, .destroy = leave_alone, .send = send_request };
    kube_rest_client_options opts = KUBE_REST_CLIENT_OPTIONS_INIT;
    kube_transport *transport = NULL;

    memset(s, 0, sizeof *s);
    if (kube_transport_new(&ops, s, &transport, NULL) != KUBE_OK)
        abort();
    opts.base_url = "http://fake";
    opts.transport = transport;
    opts.clock = clock;
    if (kube_rest_client_new(&opts, &s->client, NULL) != KUBE_OK)
        abort();
    kube_transport_unref(transport);
}

void fake_server_clear(fake_server *s)
{
    kube_rest_client_unref(s->client);
    s->client = NULL;
}

void fake_server_reset(fake_server *s)
{
    s->answer_count = s->log_count = s->most_in_flight = 0;
}

void fake_server_answer_bytes(fake_server *s, const char *path, int http_status, const char *content_type,
                              const char *body, size_t body_len)
{
    fake_answer *answer = &s->answers[s->answer_count];

    if (s->answer_count == FAKE_SERVER_ANSWERS)
        abort();
    s->answer_count++;
    memset(answer, 0, sizeof *answer);
    snprintf(answer->target, sizeof answer->target, "%s", path);
    answer->http_status = http_status;
    answer->content_type = content_type;
    answer->body = body;
    answer->body_len = body_len;
}

void fake_server_etag(fake_server *s, const char *etag)
{
    s->answers[s->answer_count - 1].etag = etag;
}

void fake_server_answer(fake_server *s, const char *path, int http_status, const char *content_type, const char *body)
{
    fake_server_answer_bytes(s, path, http_status, content_type, body, body != NULL ? strlen(body) : 0);
}

size_t fake_server_count(const fake_server *s, const char *path)
{
    size_t count = 0;

    for (size_t i = 0; i < s->log_count; i++)
        count += same_path(s->log[i].target, path);
    return count;
}

const fake_request *fake_server_request(const fake_server *s, const char *path)
{
    for (size_t i = 0; i < s->log_count; i++) {
        if (same_path(s->log[i].target, path))
            return &s->log[i];
    }
    return NULL;
}
