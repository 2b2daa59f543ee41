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

static void a_status_object_whose_words_are_endless_is_not_quoted(void **state)
{
    static const char *const members[] = { "message", "reason" };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char body[4000];
        int len = snprintf(body, sizeof body, "{\"kind\":\"Status\",\"status\":\"Failure\",\"%s\":\"%03500d\"}",
                           members[i], 0);
        kube_error *err = error_of("application/json", body, (size_t)len);

        assert_string_equal(kube_error_message(err), "the server could not find the requested resource (404)");
        kube_error_free(err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(a_plain_body_is_quoted_as_far_as_it_is_one_line_of_text),
        ALLOC_TRACE_TEST(a_status_object_whose_words_are_endless_is_not_quoted),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
