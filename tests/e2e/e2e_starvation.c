/* Requests that take long must not keep short ones waiting, on a server that allows a hundred streams a connection. */
#include "rest_fixture.h"

#include <kube/auth.h>
#include <kube/rest.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LONG_REQUESTS = 150 };

static void a_short_request_is_not_starved_by_many_long_ones(void **state)
{
    kube_auth_options opts = KUBE_AUTH_OPTIONS_INIT;
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    kube_rest_client *rest = NULL;
    static rest_result slow[LONG_REQUESTS];
    rest_result fast = { 0 };
    kube_io *io = NULL;
    char path[512];
    kube_call_options call = KUBE_CALL_OPTIONS_INIT;
    int64_t began;

    (void)state;
    snprintf(path, sizeof path, "%s/token.kubeconfig", getenv("KUBE_E2E_DIR"));
    opts.kubeconfig = path;
    assert_int_equal(kube_auth_rest_client_from_kubeconfig(&opts, &rest, NULL), KUBE_OK);
    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    request.uri = "/api/v1/namespaces?watch=true&timeoutSeconds=300";
    call.timeout_ms = 300000;
    assert_int_equal(kube_cancel_new(NULL, &call.cancel, NULL), KUBE_OK);
    for (int i = 0; i < LONG_REQUESTS; i++)
        assert_int_equal(kube_rest_client_start(rest, io, &request, &call, rest_record, &slow[i], NULL), KUBE_PENDING);
    began = test_now_ms();
    request.uri = "/version";
    assert_int_equal(kube_rest_client_start(rest, io, &request, NULL, rest_record, &fast, NULL), KUBE_PENDING);
    rest_run_until_done(io, &fast);
    assert_int_equal(fast.status, KUBE_OK);
    print_message("answered after %lld ms beside %d requests of five minutes\n", (long long)(test_now_ms() - began),
                  LONG_REQUESTS);
    rest_result_clear(&fast);
    for (int i = 0; i < LONG_REQUESTS; i++)
        assert_int_equal(slow[i].calls, 0);
    kube_cancel_fire(call.cancel);
    for (int i = 0; i < LONG_REQUESTS; i++) {
        rest_run_until_done(io, &slow[i]);
        assert_int_equal(slow[i].status, KUBE_ERR_CANCELLED);
        rest_result_clear(&slow[i]);
    }
    kube_cancel_unref(call.cancel);
    kube_rest_client_unref(rest);
    kube_io_free(io);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_short_request_is_not_starved_by_many_long_ones) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
