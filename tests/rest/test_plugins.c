/* What a program plugs in is the library's from then on: it is destroyed once, also when it is refused. */
#include "alloc_trace.h"

#include <kube/base/error.h>
#include <kube/sys/credential.h>
#include <kube/sys/resolver.h>
#include <kube/sys/transport.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int destroyed;

static void destroy(void *state)
{
    (void)state;
    destroyed++;
}

static kube_status authorize(void *state, kube_io *io, const kube_call *call, kube_credential_done *done, void *user,
                             kube_blob **out, kube_error **err)
{
    (void)state, (void)io, (void)call, (void)done, (void)user, (void)out, (void)err;
    return KUBE_OK;
}

static kube_status resolve(void *state, kube_io *io, const char *host, const kube_call *call, kube_resolver_done *done,
                           void *user, kube_blob **out, kube_error **err)
{
    (void)state, (void)io, (void)host, (void)call, (void)done, (void)user, (void)out, (void)err;
    return KUBE_OK;
}

static kube_status send_nothing(void *state, kube_io *io, const kube_transport_request *request, const kube_call *call,
                                kube_transport_done *done, void *user, kube_rest_response **out, kube_error **err)
{
    (void)state, (void)io, (void)request, (void)call, (void)done, (void)user, (void)out, (void)err;
    return KUBE_OK;
}

/* What stands in the table of functions that is handed in. */
typedef struct table {
    bool absent; /* no table at all                          */
    bool old;    /* of a release that had a function less    */
    bool idle;   /* without the function that does the work  */
    bool destroys;
} table;

/* Makes a thing and lets go of it again, when it is made. */
static kube_status try_credential(const table *t, kube_error **err)
{
    const kube_credential_ops ops = { t->old ? sizeof ops - 1 : sizeof ops, t->destroys ? destroy : NULL,
                                      t->idle ? NULL : authorize, NULL };
    kube_credential *credential = NULL;
    kube_status st = kube_credential_new(t->absent ? NULL : &ops, NULL, &credential, err);

    kube_credential_unref(kube_credential_ref(credential));
    kube_credential_unref(credential);
    return st;
}

static kube_status try_resolver(const table *t, kube_error **err)
{
    const kube_resolver_ops ops = { t->old ? sizeof ops - 1 : sizeof ops, t->destroys ? destroy : NULL,
                                    t->idle ? NULL : resolve };
    kube_resolver *resolver = NULL;
    kube_status st = kube_resolver_new(t->absent ? NULL : &ops, NULL, &resolver, err);

    kube_resolver_unref(kube_resolver_ref(resolver));
    kube_resolver_unref(resolver);
    return st;
}

static kube_status try_transport(const table *t, kube_error **err)
{
    const kube_transport_ops ops = { t->old ? sizeof ops - 1 : sizeof ops, t->destroys ? destroy : NULL,
                                     t->idle ? NULL : send_nothing, NULL };
    kube_transport *transport = NULL;
    kube_status st = kube_transport_new(t->absent ? NULL : &ops, NULL, &transport, err);

    kube_transport_unref(kube_transport_ref(transport));
    kube_transport_unref(transport);
    return st;
}

static const struct {
    kube_status (*make)(const table *t, kube_error **err);
    const char *refusal;
} kinds[] = {
    { try_credential, "a credential needs the function `authorization`" },
    { try_resolver, "a resolver needs the function `resolve`" },
    { try_transport, "a transport needs the function `send`" },
};

static void what_is_plugged_in_is_destroyed_once_even_when_it_is_refused(void **state)
{
    static const struct {
        table table;
        kube_status status;
        int destroyed;
    } cases[] = {
        { { .destroys = true }, KUBE_OK, 1 },
        { { .destroys = false }, KUBE_OK, 0 },
        { { .idle = true, .destroys = true }, KUBE_ERR_INVALID_ARG, 1 },
        { { .idle = true }, KUBE_ERR_INVALID_ARG, 0 },
        { { .old = true, .destroys = true }, KUBE_ERR_INVALID_ARG, 0 }, /* nobody knows what stands where in it */
        { { .absent = true }, KUBE_ERR_INVALID_ARG, 0 },
    };

    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            kube_error *err = NULL;

            destroyed = 0;
            assert_int_equal(kinds[k].make(&cases[i].table, &err), cases[i].status);
            assert_int_equal(destroyed, cases[i].destroyed);
            assert_string_equal(kube_error_message(err), cases[i].status == KUBE_OK ? "no error" : kinds[k].refusal);
            kube_error_free(err);
        }
    }
}

static void it_is_destroyed_when_memory_runs_out_too(void **state)
{
    const table good = { .destroys = true };

    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        destroyed = 0;
        alloc_trace_fail_at(1);
        assert_int_equal(kinds[k].make(&good, NULL), KUBE_ERR_OUT_OF_MEMORY);
        assert_true(alloc_trace_stop());
        assert_int_equal(destroyed, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(what_is_plugged_in_is_destroyed_once_even_when_it_is_refused),
        ALLOC_TRACE_TEST(it_is_destroyed_when_memory_runs_out_too),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
