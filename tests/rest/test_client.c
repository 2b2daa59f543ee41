#include "alloc_trace.h"

#include <kube/rest/client.h>
#include <kube/sys/credential.h>
#include <kube/sys/rest.h>
#include <kube/sys/transport.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static kube_status no_authorization(void *state, kube_io *io, const kube_call *call, kube_credential_done *done,
                                    void *user, kube_blob **out, kube_error **err)
{
    (void)state, (void)io, (void)call, (void)done, (void)user, (void)out, (void)err;
    return KUBE_OK;
}

static void a_client_needs_only_a_url(void **state)
{
    kube_rest_client_options o = KUBE_REST_CLIENT_OPTIONS_INIT;
    kube_rest_client *client = NULL;

    (void)state;
    o.base_url = "HTTPS://Example.com:443/prefix/";
    assert_int_equal(kube_rest_client_new(&o, &client, NULL), KUBE_OK);
    assert_string_equal(kube_rest_client_base_url(client), "https://example.com/prefix");
    kube_rest_client_unref(kube_rest_client_ref(client));
    kube_rest_client_unref(client);
    kube_rest_client_unref(NULL);
    assert_null(kube_rest_client_ref(NULL));
}

static void expect_refusal(const kube_rest_client_options *o, kube_status status, const char *part)
{
    kube_rest_client *client = NULL;
    kube_error *err = NULL;

    assert_int_equal(kube_rest_client_new(o, &client, &err), status);
    assert_null(client);
    if (strstr(kube_error_message(err), part) == NULL)
        fail_msg("%s (expected: %s)", kube_error_message(err), part);
    assert_null(strstr(kube_error_message(err), "s3cret"));
    kube_error_free(err);
}

static void contradictions_are_refused_by_name(void **state)
{
    const kube_rest_client_options zeroed = { .struct_size = 0 };
    kube_rest_client_options good = KUBE_REST_CLIENT_OPTIONS_INIT, o;
    const kube_credential_ops ops = { sizeof ops, NULL, no_authorization, NULL };
    kube_credential *credential = NULL;

    (void)state;
    expect_refusal(&zeroed, KUBE_ERR_INVALID_ARG, "kube_rest_client_options was not initialised");
    expect_refusal(&good, KUBE_ERR_CONFIG, "URL is missing");
    good.base_url = "";
    expect_refusal(&good, KUBE_ERR_CONFIG, "URL is missing");
    good.base_url = "https://example.com";
    o = good;
    o.base_url = "example.com";
    expect_refusal(&o, KUBE_ERR_CONFIG, "does not begin with https://");
    o = good;
    o.bearer_token = "s3cret\n";
    expect_refusal(&o, KUBE_ERR_CONFIG, "bearer token has characters");
    o = good;
    o.user_agent = "x\r\nEvil: y";
    expect_refusal(&o, KUBE_ERR_CONFIG, "user agent has characters");
    o = good;
    o.cert_pem = "x";
    o.cert_pem_len = 1;
    expect_refusal(&o, KUBE_ERR_CONFIG, "certificate without its key");
    o = good;
    o.key_pem = "x";
    o.key_pem_len = 1;
    expect_refusal(&o, KUBE_ERR_CONFIG, "key without its certificate");
    o = good;
    o.ca_pem = "";
    expect_refusal(&o, KUBE_ERR_CONFIG, "authorities are empty");
    o.ca_pem_len = 1;
    o.insecure_skip_tls_verify = true;
    expect_refusal(&o, KUBE_ERR_CONFIG, "exclude each other");
    o = good;
    o.tls_server_name = "a b";
    expect_refusal(&o, KUBE_ERR_CONFIG, "TLS server name");
    o = good;
    o.max_connections = 100000;
    expect_refusal(&o, KUBE_ERR_CONFIG, "connections");
    assert_int_equal(kube_credential_new(&ops, NULL, &credential, NULL), KUBE_OK);
    o = good;
    o.credential = credential;
    o.bearer_token = "s3cret";
    expect_refusal(&o, KUBE_ERR_CONFIG, "exclude each other");
    kube_credential_unref(credential);
}

/* ---- what a transport is told of a client's options ---- */

typedef struct told {
    bool gzip, has_deadline;
    char authorization[64], user_agent[64];
} told;

static kube_status note_request(void *state, kube_io *io, const kube_transport_request *request, const kube_call *call,
                                kube_transport_done *done, void *user, kube_rest_response **out, kube_error **err)
{
    told *t = state;

    (void)io, (void)done, (void)user;
    *t = (told){ .gzip = request->accept_gzip, .has_deadline = call->deadline_ns != 0 };
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcmp(request->headers[i].name, "Authorization") == 0)
            snprintf(t->authorization, sizeof t->authorization, "%s", request->headers[i].value);
        if (strcmp(request->headers[i].name, "User-Agent") == 0)
            snprintf(t->user_agent, sizeof t->user_agent, "%s", request->headers[i].value);
    }
    return kube_rest_response_new(200, NULL, 0, NULL, out, err);
}

static told ask(kube_rest_client_options o, int64_t timeout_ms)
{
    static const kube_transport_ops ops = { .struct_size = sizeof ops, .send = note_request };
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    kube_rest_response *response = NULL;
    kube_rest_client *client = NULL;
    told t = { .gzip = false };

    assert_int_equal(kube_transport_new(&ops, &t, &o.transport, NULL), KUBE_OK);
    assert_int_equal(kube_rest_client_new(&o, &client, NULL), KUBE_OK);
    kube_transport_unref(o.transport);
    request.path = "/";
    request.timeout_ms = timeout_ms;
    assert_int_equal(kube_rest_client_do(client, &request, NULL, &response, NULL), KUBE_OK);
    kube_rest_response_unref(response);
    kube_rest_client_unref(client);
    return t;
}

static void gzip_is_asked_for_unless_the_server_is_near_or_somebody_decides(void **state)
{
    static const struct {
        kube_compression compression;
        const char *url;
        bool gzip;
    } cases[] = {
        { KUBE_COMPRESSION_AUTO, "https://example.com", true },
        { KUBE_COMPRESSION_AUTO, "https://127.0.0.1:6443", false },
        { KUBE_COMPRESSION_NEVER, "https://example.com", false },
        { KUBE_COMPRESSION_ALWAYS, "https://127.0.0.1:6443", true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kube_rest_client_options o = KUBE_REST_CLIENT_OPTIONS_INIT;

        o.base_url = cases[i].url;
        o.compression = cases[i].compression;
        assert_int_equal(ask(o, 0).gzip, cases[i].gzip);
    }
}

static void a_negative_timeout_is_none(void **state)
{
    kube_rest_client_options o = KUBE_REST_CLIENT_OPTIONS_INIT;

    (void)state;
    o.base_url = "https://example.com";
    assert_true(ask(o, 0).has_deadline);
    assert_false(ask(o, -1).has_deadline);
    o.timeout_ms = -1;
    assert_false(ask(o, 0).has_deadline);
    assert_true(ask(o, 1000).has_deadline);
}

static void a_user_agent_of_ones_own_and_a_token_are_sent_and_an_empty_token_is_none(void **state)
{
    kube_rest_client_options o = KUBE_REST_CLIENT_OPTIONS_INIT;

    (void)state;
    o.base_url = "https://example.com";
    o.bearer_token = "";
    assert_string_equal(ask(o, 0).authorization, "");
    assert_memory_equal(ask(o, 0).user_agent, "libkube/", 8);
    o.bearer_token = "t";
    o.user_agent = "mine/1.0 (x)";
    assert_string_equal(ask(o, 0).authorization, "Bearer t");
    assert_string_equal(ask(o, 0).user_agent, "mine/1.0 (x)");
}

static void options_of_a_newer_release_are_taken_while_they_ask_for_nothing_new(void **state)
{
    struct {
        kube_rest_client_options options;
        uint64_t                 newer;
    } o;
    kube_rest_client *client = NULL;

    (void)state;
    memset(&o, 0, sizeof o);
    o.options.struct_size = sizeof o;
    o.options.base_url = "https://example.com";
    assert_int_equal(kube_rest_client_new(&o.options, &client, NULL), KUBE_OK);
    kube_rest_client_unref(client);
    client = NULL;
    o.newer = 1;
    expect_refusal(&o.options, KUBE_ERR_UNSUPPORTED, "asks for something");
}

static void each_allocation_may_fail(void **state)
{
    kube_rest_client_options o = KUBE_REST_CLIENT_OPTIONS_INIT;

    (void)state;
    o.base_url = "https://example.com/p";
    o.ca_pem = o.cert_pem = o.key_pem = "PEM";
    o.ca_pem_len = o.cert_pem_len = o.key_pem_len = 3;
    o.bearer_token = "t";
    o.tls_server_name = "n";
    o.user_agent = "u";
    for (size_t n = 1;; n++) {
        kube_rest_client *client = NULL;
        kube_error *err = NULL;
        kube_status st;
        bool reached;

        alloc_trace_fail_at(n);
        st = kube_rest_client_new(&o, &client, &err);
        reached = alloc_trace_stop();
        assert_int_equal(st, reached ? KUBE_ERR_OUT_OF_MEMORY : KUBE_OK);
        kube_rest_client_unref(client);
        kube_error_free(err);
        if (!reached)
            return;
    }
}

/* `ca` NULL: nothing is verified. */
static void append_identity(const char *url, const char *ca, const char *tls_name, kube_buf *out)
{
    kube_rest_client_options o = KUBE_REST_CLIENT_OPTIONS_INIT;
    kube_rest_client *client = NULL;

    o.base_url = url;
    o.ca_pem = ca;
    o.ca_pem_len = ca != NULL ? strlen(ca) : 0;
    o.insecure_skip_tls_verify = ca == NULL;
    o.cert_pem = o.key_pem = "s3cret";
    o.cert_pem_len = o.key_pem_len = 6;
    o.bearer_token = "s3cret";
    o.tls_server_name = tls_name;
    assert_int_equal(kube_rest_client_new(&o, &client, NULL), KUBE_OK);
    assert_string_equal(kube_rest_client_given_url(client), url);
    kube_buf_reset(out);
    kube_rest_client_append_identity(client, out);
    assert_int_equal(kube_buf_status(out, NULL), KUBE_OK);
    kube_rest_client_unref(client);
}

static void what_tells_servers_apart_is_an_identity_without_secrets(void **state)
{
    kube_buf one = KUBE_BUF_INIT(4096), other = KUBE_BUF_INIT(4096);

    (void)state;
    append_identity("https://Host:443/a", "CA", "name", &one);
    assert_string_equal(one.data, "https://host/a\nname\nverified\nCA");
    append_identity("HTTPS://host/a/", "CA", "name", &other);
    assert_string_equal(one.data, other.data);
    append_identity("https://host/a", "CB", "name", &other);
    assert_string_not_equal(one.data, other.data);
    append_identity("https://host/a", "CA", "eman", &other);
    assert_string_not_equal(one.data, other.data);
    append_identity("https://host/a", "CA", NULL, &other);
    assert_string_not_equal(one.data, other.data);
    append_identity("https://host/a", "CA", "", &one); /* an empty name is none */
    assert_string_equal(one.data, other.data);
    append_identity("https://host/a", NULL, NULL, &other);
    assert_string_equal(other.data, "https://host/a\n\nunverified\n");
    kube_buf_clear(&one);
    kube_buf_clear(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(a_client_needs_only_a_url),
        ALLOC_TRACE_TEST(contradictions_are_refused_by_name),
        ALLOC_TRACE_TEST(gzip_is_asked_for_unless_the_server_is_near_or_somebody_decides),
        ALLOC_TRACE_TEST(a_negative_timeout_is_none),
        ALLOC_TRACE_TEST(a_user_agent_of_ones_own_and_a_token_are_sent_and_an_empty_token_is_none),
        ALLOC_TRACE_TEST(options_of_a_newer_release_are_taken_while_they_ask_for_nothing_new),
        ALLOC_TRACE_TEST(each_allocation_may_fail),
        ALLOC_TRACE_TEST(what_tells_servers_apart_is_an_identity_without_secrets),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
