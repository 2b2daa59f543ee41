/* How far the body of a refusal is quoted. */
#include "alloc_trace.h"
#include "http_error.h"

#include <kube/base/buf.h>
#include <kube/sys/transport.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The error of an answer with this body. */
static kube_error *error_of(const char *type, const char *body, size_t len)
{
    const kube_rest_param header = { "Content-Type", type };
    kube_buf taken = KUBE_BUF_INIT(65536);
    kube_rest_response *response = NULL;
    kube_error *err = NULL;

    kube_buf_append(&taken, kube_str_n(body, len));
    assert_int_equal(kube_rest_response_new(404, &header, 1, &taken, &response, NULL), KUBE_OK);
    assert_int_equal(kube__http_error(response, NULL), KUBE_ERR_NOT_FOUND);
    assert_int_equal(kube__http_error(response, &err), KUBE_ERR_NOT_FOUND);
    kube_rest_response_unref(response);
    return err;
}

static void a_plain_body_is_quoted_as_far_as_it_is_one_line_of_text(void **state)
{
    static const char *const bodies[] = { "gone\r\nfor good", "gone\nfor good", "gone\0for good" };
    char body[2000];
    kube_error *err;

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        err = error_of("text/plain", bodies[i], 14);
        assert_string_equal(kube_error_message(err), "the server could not find the requested resource (404): gone");
        kube_error_free(err);
    }
    memset(body, 'x', sizeof body);
    err = error_of("text/plain", body, sizeof body);
    assert_int_equal(strlen(strchr(kube_error_message(err), 'x')), 512);
    kube_error_free(err);
}

/* A refusal by many dangling bindings: "RBAC: [… not found, … not found, …]". `filler` is what the message begins with,
 * `end` what follows it as it stands in the document. */
static kube_error *error_of_message(size_t filler, const char *end)
{
    char body[8000];
    int len = snprintf(body, sizeof body,
                       "{\"kind\":\"Status\",\"message\":\"%0*d%s\",\"details\":{\"retryAfterSeconds\":7},"
                       "\"reason\":\"Forbidden\",\"status\":\"Failure\"}",
                       (int)filler, 0, end);

    assert_in_range(len, 1, sizeof body - 1);
    return error_of("application/json", body, (size_t)len);
}

static void a_long_message_is_kept_up_to_the_ceiling_and_costs_nothing_else(void **state)
{
    static const struct {
        size_t      filler; /* bytes of the message that are kept without doubt */
        const char *end, *kept;
    } messages[] = {
        { 3000, "", "" },
        { 2998, "xy", "xy" },
        { 3001, "", NULL }, /* the filler's own last byte is cut */
        { 2999, "xy", "x..." },
        { 2998, "\xc3\xa9", "\xc3\xa9" },
        { 2999, "\xc3\xa9", "..." },
        { 2998, "\xe2\x82\xac", "..." },
        { 2997, "\xf0\x9f\x98\x80x", "..." },
        { 2996, "\xf0\x9f\x98\x80x", "\xf0\x9f\x98\x80..." },
        { 2999, "\\n", "\n" },
        { 2999, "\\n\\\"", "\n..." },
        { 2999, "\\u00e9", "..." },
        { 2998, "\\u20ac", "..." },
        { 2997, "\\uD83d\\ude00x", "..." },
        { 2996, "\\ud83D\\ude00x", "\xf0\x9f\x98\x80..." },
        { 2998, "\\udbff\\udfff", "..." },
        { 2997, "\\ud7ffx", "\xed\x9f\xbf..." },
    };

    (void)state;
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        kube_error *err = error_of_message(messages[i].filler, messages[i].end);
        const char *message = kube_error_message(err), *kept = messages[i].kept != NULL ? messages[i].kept : "...";
        size_t filler = messages[i].kept != NULL ? messages[i].filler : 3000;

        assert_int_equal(strspn(message, "0"), filler);
        assert_string_equal(message + filler, kept);
        assert_string_equal(kube_error_reason(err), "Forbidden");
        assert_int_equal(kube_error_retry_after_ms(err), 7000);
        kube_error_free(err);
    }
}

/* A NUL would hide what follows it: ours are the words then, and the rest is theirs. */
static void a_message_that_cannot_be_told_costs_nothing_else(void **state)
{
    kube_error *err = error_of_message(10, "\\u0000hidden");

    (void)state;
    assert_string_equal(kube_error_message(err), "the server could not find the requested resource (404)");
    assert_string_equal(kube_error_reason(err), "Forbidden");
    assert_int_equal(kube_error_retry_after_ms(err), 7000);
    kube_error_free(err);
}

static void an_endless_reason_is_none_and_costs_nothing_else(void **state)
{
    char body[4000];
    kube_error *err;
    int len = snprintf(body, sizeof body,
                       "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"%03500d\",\"message\":\"not you\","
                       "\"details\":{\"retryAfterSeconds\":7}}",
                       0);

    (void)state;
    err = error_of("application/json", body, (size_t)len);
    assert_string_equal(kube_error_message(err), "not you");
    assert_null(kube_error_reason(err));
    assert_int_equal(kube_error_retry_after_ms(err), 7000);
    kube_error_free(err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(a_plain_body_is_quoted_as_far_as_it_is_one_line_of_text),
        ALLOC_TRACE_TEST(a_long_message_is_kept_up_to_the_ceiling_and_costs_nothing_else),
        ALLOC_TRACE_TEST(a_message_that_cannot_be_told_costs_nothing_else),
        ALLOC_TRACE_TEST(an_endless_reason_is_none_and_costs_nothing_else),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
