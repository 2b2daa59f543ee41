#include "fake_resolver.h"

#include <kube/sys/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void destroy(void *state)
{
    ((fake_resolver *)state)->destroyed++;
}

static kube_status answer(fake_resolver *f, kube_blob **out, kube_error **err)
{
    if (f->addresses == NULL)
        return kube_error_set(err, f->failure != KUBE_OK ? f->failure : KUBE_ERR_UNAVAILABLE, "nobody knows this name");
    return kube_blob_new(kube_str_n(f->addresses, strlen(f->addresses) + f->more), out, err);
}

static void finish(fake_resolver *f, kube_status st)
{
    kube_blob *addresses = NULL;
    kube_error *err = NULL;

    kube_io_task_free(f->task);
    kube_io_guard_free(f->guard);
    f->task = NULL;
    f->guard = NULL;
    if (st == KUBE_OK)
        st = answer(f, &addresses, &err);
    f->done(f->user, st, addresses, err);
}

static void on_task(void *user)
{
    fake_resolver *f = user;

    if (f->linger != 0 && f->linger-- > 1)
        kube_io_task_post(f->task);
    else
        finish(f, f->stopped);
}

static void on_interrupt(void *user, kube_status why)
{
    fake_resolver *f = user;

    f->interrupted++;
    f->stopped = f->stubborn ? KUBE_OK : why;
    if (f->linger != 0)
        kube_io_task_post(f->task);
    else
        finish(f, f->stopped);
}

static kube_status resolve(void *state, kube_io *io, const char *host, const kube_call *call, kube_resolver_done *done,
                           void *user, kube_blob **out, kube_error **err)
{
    fake_resolver *f = state;

    f->asked++;
    snprintf(f->host, sizeof f->host, "%s", host);
    if (!f->later && !f->never)
        return answer(f, out, err);
    f->done = done;
    f->user = user;
    assert_int_equal(kube_io_guard_new(io, call, on_interrupt, f, &f->guard, NULL), KUBE_OK);
    assert_int_equal(kube_io_task_new(io, on_task, f, &f->task, NULL), KUBE_OK);
    if (!f->never)
        kube_io_task_post(f->task);
    return KUBE_PENDING;
}

rest_fixture fake_resolver_server;
relay *_Atomic fake_resolver_way;

static void handler(void *user, kube_testing_connection *c, const kube_testing_request *r)
{
    (void)user;
    if (strcmp(r->target, "/gone") == 0 && fake_resolver_way != NULL) {
        relay_stop(fake_resolver_way);
        fake_resolver_way = NULL;
        return;
    }
    if (strcmp(r->target, "/jam") == 0) {
        relay_jam(fake_resolver_way);
        return;
    }
    if (strcmp(r->target, "/hold") == 0)
        kube_testing_connection_hold(c, 60000);
    kube_testing_connection_reply(c, 200, NULL, r->head);
}

int fake_resolver_set_up(void **state)
{
    (void)state;
    rest_fixture_start(&fake_resolver_server, handler, NULL);
    snprintf(fake_resolver_server.url, sizeof fake_resolver_server.url, "https://localhost:%u",
             kube_testing_http_server_port(fake_resolver_server.server));
    return 0;
}

int fake_resolver_tear_down(void **state)
{
    (void)state;
    rest_fixture_clear(&fake_resolver_server);
    return 0;
}

kube_resolver *fake_resolver_new(fake_resolver *f)
{
    static const kube_resolver_ops ops = { sizeof ops, destroy, resolve };
    kube_resolver *resolver = NULL;

    assert_int_equal(kube_resolver_new(&ops, f, &resolver, NULL), KUBE_OK);
    return resolver;
}

kube_rest_client *client_with(fake_resolver *f)
{
    kube_rest_client_options o = rest_fixture_options(&fake_resolver_server);
    kube_rest_client *client = NULL;

    o.resolver = fake_resolver_new(f);
    assert_int_equal(kube_rest_client_new(&o, &client, NULL), KUBE_OK);
    kube_resolver_unref(o.resolver);
    return client;
}

void expect_and_clear(rest_result *r, kube_status status, const char *part)
{
    if (r->status != status || (part != NULL && strstr(kube_error_message(r->err), part) == NULL))
        fail_msg("got %s: %s", kube_status_name(r->status), kube_error_message(r->err));
    rest_result_clear(r);
}

void get_and_expect(kube_rest_client *client, kube_status status, const char *part)
{
    rest_result r;

    rest_get(client, "/", &r);
    expect_and_clear(&r, status, part);
}

void start_get(kube_rest_client *client, kube_io *io, const kube_call_options *opts, rest_result *r)
{
    kube_rest_request request = KUBE_REST_REQUEST_INIT;

    memset(r, 0, sizeof *r);
    request.path = "/";
    assert_int_equal(kube_rest_client_start(client, io, &request, opts, rest_record, r, NULL), KUBE_PENDING);
}
