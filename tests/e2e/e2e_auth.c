/* Every kind of identity against the real server. */
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

static kube_rest_client *connect(const char *kubeconfig)
{
    kube_auth_options opts = KUBE_AUTH_OPTIONS_INIT;
    kube_rest_client *rest = NULL;
    kube_error *err = NULL;
    char path[512];

    snprintf(path, sizeof path, "%s/%s", getenv("KUBE_E2E_DIR"), kubeconfig);
    opts.kubeconfig = path;
    if (kube_auth_rest_client_from_kubeconfig(&opts, &rest, &err) != KUBE_OK)
        fail_msg("%s", kube_error_message(err));
    return rest;
}

static void expect(const char *kubeconfig, const char *path, kube_status status, const char *part)
{
    kube_rest_client *rest = connect(kubeconfig);
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    kube_rest_response *response = NULL;
    kube_error *err = NULL;
    kube_status st;
    kube_str body;

    request.uri = path;
    st = kube_rest_client_do(rest, &request, NULL, &response, &err);
    body = st == KUBE_OK ? kube_rest_response_body(response) : kube_str_c(kube_error_message(err));
    if (st != status || memmem(body.data, body.len, part, strlen(part)) == NULL)
        fail_msg("%s, %s: %s: %.*s", kubeconfig, path, kube_status_name(st), (int)body.len, body.data);
    kube_rest_response_unref(response);
    kube_error_free(err);
    kube_rest_client_unref(rest);
}

static void every_kind_of_credential_is_accepted(void **state)
{
    static const char *const kubeconfigs[] = { "admin.kubeconfig", "admin-files.kubeconfig", "token.kubeconfig",
                                               "exec.kubeconfig" };

    (void)state;
    for (size_t i = 0; i < sizeof kubeconfigs / sizeof kubeconfigs[0]; i++) {
        expect(kubeconfigs[i], "/api/v1/namespaces/default", KUBE_OK, "\"default\"");
        expect(kubeconfigs[i], "/api/v1/namespaces/default/pods/absent", KUBE_ERR_NOT_FOUND,
               "pods \"absent\" not found");
    }
}

static void what_is_not_allowed_or_not_trusted_is_refused_in_the_servers_words(void **state)
{
    (void)state;
    expect("nobody.kubeconfig", "/api", KUBE_OK, "\"versions\"");
    expect("nobody.kubeconfig", "/api/v1/nodes", KUBE_ERR_FORBIDDEN, "cannot list resource \"nodes\"");
    expect("wrongca.kubeconfig", "/api", KUBE_ERR_TLS, "not from the certificate authority that is trusted");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_credential_is_accepted),
        cmocka_unit_test(what_is_not_allowed_or_not_trusted_is_refused_in_the_servers_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
