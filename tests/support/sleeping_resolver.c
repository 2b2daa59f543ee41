#include "sleeping_resolver.h"

#include <stdlib.h>
#include <string.h>

unsigned sleeping_resolver_asked;

typedef struct sleeping_resolution {
    kube_io_timer      *timer;
    kube_io_guard      *guard;
    kube_resolver_done *done;
    void               *user;
} sleeping_resolution;

static void finish_resolution(sleeping_resolution *r, kube_status status)
{
    kube_blob *addresses = NULL;
    kube_resolver_done *done = r->done;
    void *user = r->user;

    kube_io_guard_free(r->guard);
    kube_io_timer_free(r->timer);
    free(r);
    if (status == KUBE_OK)
        status = kube_blob_new(kube_str_c("127.0.0.1"), &addresses, NULL);
    done(user, status, addresses, NULL);
}

static void on_resolved(void *user)
{
    finish_resolution(user, KUBE_OK);
}

static void on_interrupted(void *user, kube_status why)
{
    finish_resolution(user, why);
}

static kube_status resolve(void *state, kube_io *io, const char *host, const kube_call *call, kube_resolver_done *done,
                           void *user, kube_blob **out, kube_error **err)
{
    sleeping_resolution *r = calloc(1, sizeof *r);
    int *sleep_ms = state;

    (void)out;
    if (strcmp(host, "api.example") != 0 || r == NULL)
        abort();
    sleeping_resolver_asked++;
    r->done = done;
    r->user = user;
    if (kube_io_timer_new(io, on_resolved, r, &r->timer, err) != KUBE_OK ||
        kube_io_guard_new(io, call, on_interrupted, r, &r->guard, err) != KUBE_OK)
        abort();
    kube_io_timer_start(r->timer, kube_io_now_ns(io) + (int64_t)*sleep_ms * 1000000);
    return KUBE_PENDING;
}

kube_resolver *sleeping_resolver_new(int *sleep_ms)
{
    static const kube_resolver_ops ops = { sizeof ops, NULL, resolve };
    kube_resolver *resolver = NULL;

    if (kube_resolver_new(&ops, sleep_ms, &resolver, NULL) != KUBE_OK)
        abort();
    return resolver;
}
