/* The two forms a program uses: on a loop of its own, and blocking. Both are thin over kube_rest_client_send(). */
#include "client.h"

#include "shared/alloc.h"
#include "shared/io.h"
#include "shared/process.h"

#include <kube/sys/error.h>
#include <kube/sys/rest.h>

#include <unistd.h>

/* A request on a user's loop: keeps the cancel, and turns an answer that is there at once into a `done` from a step. */
typedef struct started {
    kube_rest_done     *done;
    void               *user;
    kube_cancel        *cancel;
    kube_io_guard      *guard; /* so that an answer in hand is delivered when the loop is freed first */
    kube_io_task       *task;
    kube_status         status;
    kube_rest_response *response;
    kube_error         *err;
} started;

static void deliver(started *s)
{
    kube_io_guard_free(s->guard);
    kube_io_task_free(s->task);
    kube_cancel_unref(s->cancel);
    s->done(s->user, s->status, s->response, s->err);
    kube__free(s);
}

static void on_task(void *user)
{
    deliver(user);
}

static void on_loop_end(void *user, kube_status why)
{
    (void)why;
    deliver(user);
}

static void on_done(void *user, kube_status status, kube_rest_response *response, kube_error *err)
{
    started *s = user;

    s->status = status;
    s->response = response;
    s->err = err;
    deliver(s);
}

static kube_status fork_check(const kube_rest_client *client, const kube_io *io, kube_error **err)
{
    if (client->process != kube__process() || (io != NULL && kube__io_is_foreign(io)))
        return kube_error_set(err, KUBE_ERR_FORKED, "the client belongs to the parent process");
    return KUBE_OK;
}

kube_status kube_rest_client_start(kube_rest_client *client, kube_io *io, const kube_rest_request *request,
                                   const kube_call_options *opts, kube_rest_done *done, void *user, kube_error **err)
{
    started *s = NULL;
    kube_call call;
    kube_status st = fork_check(client, io, err);

    if (st != KUBE_OK)
        return st;
    if (request == NULL || done == NULL)
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "a request and a done function are needed");
    st = kube__rest_call_init(client, io, request, opts, &call, err);
    if (st != KUBE_OK)
        return st;
    if (KUBE__NEW(s) == NULL)
        return kube_error_no_memory(err);
    s->done = done;
    s->user = user;
    s->cancel = kube_cancel_ref(call.cancel);
    /* Made before anything is sent: an answer that is there at once must be deliverable. */
    st = kube_io_task_new(io, on_task, s, &s->task, err);
    if (st == KUBE_OK)
        st = kube_io_guard_new(io, NULL, on_loop_end, s, &s->guard, err);
    if (st == KUBE_OK)
        st = kube_rest_client_send(client, io, request, &call, on_done, s, &s->response, err);
    if (st == KUBE_OK) {
        s->status = KUBE_OK;
        kube_io_task_post(s->task);
        return KUBE_PENDING;
    }
    if (st != KUBE_PENDING) {
        kube_io_guard_free(s->guard);
        kube_io_task_free(s->task);
        kube_cancel_unref(s->cancel);
        kube__free(s);
        return st;
    }
    kube_io_guard_free(s->guard); /* what is in flight guards itself */
    s->guard = NULL;
    return KUBE_PENDING;
}

typedef struct blocking_request {
    kube_rest_client        *client;
    const kube_rest_request *request;
    const kube_call_options *opts;
    kube__blocking_call     *waiter;
    kube_call                call;
    kube_rest_response      *response;
    kube_error              *err;
    kube_error             **err_wanted; /* NULL: do not build errors */
} blocking_request;

static void on_blocking_done(void *user, kube_status status, kube_rest_response *response, kube_error *err)
{
    blocking_request *b = user;

    b->response = response;
    b->err = err;
    kube__blocking_finish(b->waiter, status);
}

static kube_status start_blocking(void *arg, kube_io *io, kube__blocking_call *waiter)
{
    blocking_request *b = arg;
    kube_error **err = b->err_wanted != NULL ? &b->err : NULL;
    kube_status st;

    b->waiter = waiter;
    st = kube__rest_call_init(b->client, io, b->request, b->opts, &b->call, err);
    if (st == KUBE_OK)
        st = kube_rest_client_send(b->client, io, b->request, &b->call, on_blocking_done, b, &b->response, err);
    return st;
}

kube_status kube_rest_client_do(kube_rest_client *client, const kube_rest_request *request,
                                const kube_call_options *opts, kube_rest_response **out, kube_error **err)
{
    blocking_request b = { .client = client, .request = request, .opts = opts, .err_wanted = err };
    kube_status st = fork_check(client, NULL, err);

    if (st != KUBE_OK)
        return st;
    if (request == NULL)
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "a request is needed");
    /* Another thread may let go of it meanwhile, and the last reference must not be dropped inside a round. */
    kube_rest_client_ref(client);
    st = kube__blocking_run(client->blocking, start_blocking, &b, &b.err);
    if (st == KUBE_OK) {
        *out = b.response;
        kube_error_free(b.err);
    } else if (err != NULL) {
        *err = b.err;
    } else {
        kube_error_free(b.err);
    }
    kube_rest_client_unref(client);
    return st;
}
