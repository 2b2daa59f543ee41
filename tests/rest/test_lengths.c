/* What is too long for the transport is said to be that, and memory is not blamed. Nothing is sent: nobody listens. */
#include "alloc_trace.h"

#include <kube/base/buf.h>
#include <kube/base/io.h>
#include <kube/rest/client.h>
#include <kube/rest/request.h>
#include <kube/sys/resolver.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static kube_rest_client *client_of(kube_rest_client_options *o, const char *url)
{
    kube_rest_client *client = NULL;

    o->base_url = url;
    assert_int_equal(kube_rest_client_new(o, &client, NULL), KUBE_OK);
    return client;
}

static void expect_status(kube_rest_client *client, const kube_rest_request *request, kube_status status,
                          const char *part)
{
    kube_rest_response *response = NULL;
    kube_error *err = NULL;

    assert_int_equal(kube_rest_client_do(client, request, NULL, &response, &err), status);
    assert_int_equal(kube_error_status(err), status);
    if (strstr(kube_error_message(err), part) == NULL)
        fail_msg("%s (expected: %s)", kube_error_message(err), part);
    kube_error_free(err);
}

static void expect(kube_rest_client *client, const kube_rest_request *request, const char *part)
{
    expect_status(client, request, KUBE_ERR_LIMIT, part);
}

static char *text_of(size_t len)
{
    char *text = malloc(len + 1);

    assert_non_null(text);
    memset(text, 'x', len);
    text[len] = '\0';
    return text;
}

static void a_header_that_is_too_long_is_named(void **state)
{
    kube_rest_client_options o = KUBE_REST_CLIENT_OPTIONS_INIT;
    kube_rest_client *client = client_of(&o, "http://127.0.0.1:1");
    char *value = text_of((size_t)3 << 20);
    const kube_rest_param header = { "X-Long", value };
    kube_rest_request request = KUBE_REST_REQUEST_INIT;

    (void)state;
    request.path = "/";
    request.headers = &header;
    request.header_count = 1;
    expect(client, &request, "the header X-Long: more than 60000 bytes");
    free(value);
    kube_rest_client_unref(client);
}

static void headers_and_target_are_counted_together(void **state)
{
    kube_rest_client_options o = KUBE_REST_CLIENT_OPTIONS_INIT;
    kube_rest_client *client = client_of(&o, "http://127.0.0.1:1");
    char *value = text_of(29000), *path = text_of(29000);
    const kube_rest_param headers[] = { { "X-Long", value }, { "X-Longer", value }, { "X-Longest", value } };
    kube_rest_request request = KUBE_REST_REQUEST_INIT;

    (void)state;
    path[0] = '/';
    request.path = "/";
    request.headers = headers;
    request.header_count = 2;
    expect_status(client, &request, KUBE_ERR_UNAVAILABLE, "no connection");
    request.path = path;
    expect(client, &request, "GET http");
    request.header_count = 1;
    expect_status(client, &request, KUBE_ERR_UNAVAILABLE, "GET http");
    request.path = "/";
    request.header_count = 3;
    expect(client, &request, "the request's target and headers: more than 60000 bytes");
    free(value);
    free(path);
    kube_rest_client_unref(client);
}

/* ---- one that tries again at once, for ever ---- */

typedef struct insisting {
    kube_rest_client       *client;
    kube_io                *io;
    const kube_rest_request *request;
    int                     calls;
} insisting;

static void insist(void *user, kube_status status, kube_rest_response *response, kube_error *err)
{
    insisting *i = user;

    assert_null(response);
    kube_error_free(err);
    if (status == KUBE_ERR_LIMIT && ++i->calls < 10000)
        assert_int_equal(kube_rest_client_start(i->client, i->io, i->request, NULL, insist, i, NULL), KUBE_PENDING);
}

static void a_request_that_is_tried_again_at_once_holds_no_round_of_its_loop_up(void **state)
{
    kube_rest_client_options o = KUBE_REST_CLIENT_OPTIONS_INIT;
    insisting i = { .client = client_of(&o, "http://127.0.0.1:1") };
    char *value = text_of(60000);
    const kube_rest_param header = { "X-Long", value };
    kube_rest_request request = KUBE_REST_REQUEST_INIT;

    (void)state;
    request.path = "/";
    request.headers = &header;
    request.header_count = 1;
    i.request = &request;
    assert_int_equal(kube_io_new(NULL, &i.io, NULL), KUBE_OK);
    assert_int_equal(kube_rest_client_start(i.client, i.io, &request, NULL, insist, &i, NULL), KUBE_PENDING);
    while (i.calls < 3) {
        int before = i.calls;

        (void)!kube_io_step(i.io, 1);
        assert_in_range(i.calls - before, 0, 100); /* a step may have several rounds */
    }
    kube_io_free(i.io);
    kube_rest_client_unref(i.client);
    free(value);
}

static kube_status give_many_addresses(void *state, kube_io *io, const char *host, const kube_call *call,
                                       kube_resolver_done *done, void *user, kube_blob **out, kube_error **err)
{
    kube_buf text = KUBE_BUF_INIT(1 << 20);
    kube_status st;

    (void)state, (void)io, (void)host, (void)call, (void)done, (void)user;
    kube_buf_append_c(&text, "127.0.0.1");
    for (int i = 0; i < 10000; i++)
        kube_buf_append_c(&text, ",127.0.0.1");
    st = kube_blob_new(kube_buf_str(&text), out, err);
    kube_buf_clear(&text);
    return st;
}

static void more_addresses_than_can_be_handed_on_are_said_to_be_too_many(void **state)
{
    static const kube_resolver_ops ops = { sizeof ops, NULL, give_many_addresses };
    kube_rest_client_options o = KUBE_REST_CLIENT_OPTIONS_INIT;
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    kube_rest_client *client;

    (void)state;
    request.path = "/";
    assert_int_equal(kube_resolver_new(&ops, NULL, &o.resolver, NULL), KUBE_OK);
    client = client_of(&o, "http://many.example:1");
    expect(client, &request, "the addresses of many.example: more than 65536 bytes");
    kube_rest_client_unref(client);
    kube_resolver_unref(o.resolver);
}

/* As long as a host may be. One that is longer is refused when the client is made. */
static void a_tls_server_name_may_have_255_bytes(void **state)
{
    kube_rest_client_options o = KUBE_REST_CLIENT_OPTIONS_INIT;
    char *name = text_of(256);
    kube_rest_client *client = NULL;
    kube_error *err = NULL;

    (void)state;
    o.base_url = "https://example.com";
    o.tls_server_name = name;
    assert_int_equal(kube_rest_client_new(&o, &client, &err), KUBE_ERR_CONFIG);
    assert_string_equal(kube_error_message(err), "the TLS server name is longer than 255 bytes");
    kube_error_free(err);
    name[255] = '\0';
    kube_rest_client_unref(client_of(&o, "https://example.com"));
    free(name);
}

static void a_token_has_its_length_or_is_refused(void **state)
{
    kube_rest_client_options o = KUBE_REST_CLIENT_OPTIONS_INIT;
    char *token = text_of((48 << 10) + 1);
    kube_rest_client *client = NULL;
    kube_error *err = NULL;

    (void)state;
    o.base_url = "http://127.0.0.1:1";
    o.bearer_token = token;
    assert_int_equal(kube_rest_client_new(&o, &client, &err), KUBE_ERR_CONFIG);
    assert_non_null(strstr(kube_error_message(err), "the bearer token is longer than 49152 bytes"));
    kube_error_free(err);
    token[48 << 10] = '\0';
    kube_rest_client_unref(client_of(&o, o.base_url));
    free(token);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(a_token_has_its_length_or_is_refused),
        ALLOC_TRACE_TEST(a_header_that_is_too_long_is_named),
        ALLOC_TRACE_TEST(headers_and_target_are_counted_together),
        ALLOC_TRACE_TEST(a_request_that_is_tried_again_at_once_holds_no_round_of_its_loop_up),
        ALLOC_TRACE_TEST(more_addresses_than_can_be_handed_on_are_said_to_be_too_many),
        ALLOC_TRACE_TEST(a_tls_server_name_may_have_255_bytes),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
