#include "alloc_trace.h"
#include "headers.h"

#include <kube/rest/response.h>
#include <kube/sys/transport.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void headers_are_found_in_any_case_and_trimmed(void **state)
{
    const kube_rest_param headers[] = { { "Content-Type", " application/json\t" }, { "X", "" }, { "x", "second" } };
    kube_rest_response *response = NULL;

    (void)state;
    assert_int_equal(kube_rest_response_new(200, headers, 3, NULL, &response, NULL), KUBE_OK);
    assert_string_equal(kube_rest_response_header(response, "CONTENT-type"), "application/json");
    assert_string_equal(kube_rest_response_header(response, "X"), "");
    assert_null(kube_rest_response_header(response, "Content"));
    assert_null(kube_rest_response_header(response, "application/json")); /* a value is no name */
    assert_int_equal(kube_rest_response_body(response).len, 0);
    assert_non_null(kube_rest_response_body(response).data);
    kube_rest_response_unref(kube_rest_response_ref(response));
    assert_null(kube_rest_response_ref(NULL));
    kube_rest_response_unref(NULL);
    kube_rest_response_unref(response);
}

static void the_body_is_taken_over(void **state)
{
    kube_buf body = KUBE_BUF_INIT(100);
    kube_rest_response *response = NULL;

    (void)state;
    kube_buf_append_c(&body, "text");
    assert_int_equal(kube_rest_response_new(204, NULL, 0, &body, &response, NULL), KUBE_OK);
    assert_null(body.data);
    assert_true(kube_str_is(kube_rest_response_body(response), "text"));
    assert_int_equal(kube_rest_response_http_status(response), 204);
    kube_rest_response_unref(response);
    kube_buf_clear(&body);
}

static void a_body_that_failed_makes_no_response(void **state)
{
    kube_buf body = KUBE_BUF_INIT(2);
    kube_rest_response *response = NULL;

    (void)state;
    kube_buf_append_c(&body, "text");
    assert_int_equal(kube_rest_response_new(200, NULL, 0, &body, &response, NULL), KUBE_ERR_LIMIT);
    assert_null(response);
    kube_buf_clear(&body);
}

static void only_what_cannot_end_a_header_may_go_into_one(void **state)
{
    (void)state;
    assert_true(kube__header_name_is_valid("X-Remote_User.1!#$%&'*+^`|~"));
    assert_false(kube__header_name_is_valid(""));
    assert_false(kube__header_name_is_valid(NULL));
    assert_false(kube__header_name_is_valid("a b"));
    assert_false(kube__header_name_is_valid("a:"));
    assert_false(kube__header_name_is_valid("a\n"));
    assert_true(kube__header_value_is_valid(""));
    assert_true(kube__header_value_is_valid("a b\tc"));
    assert_false(kube__header_value_is_valid(" a"));
    assert_false(kube__header_value_is_valid("\ta"));
    assert_false(kube__header_value_is_valid("a "));
    assert_false(kube__header_value_is_valid("a\r"));
    assert_false(kube__header_value_is_valid("a\nb"));
    assert_false(kube__header_value_is_valid("\x7f"));
    assert_false(kube__header_value_is_valid("\xc3\xa9"));
    assert_true(kube__header_is_reserved("hOST"));
    assert_true(kube__header_is_reserved("Authorization"));
    assert_false(kube__header_is_reserved("If-None-Match"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(headers_are_found_in_any_case_and_trimmed),
        ALLOC_TRACE_TEST(the_body_is_taken_over),
        ALLOC_TRACE_TEST(a_body_that_failed_makes_no_response),
        ALLOC_TRACE_TEST(only_what_cannot_end_a_header_may_go_into_one),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
