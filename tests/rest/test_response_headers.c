/* Header lines, as a server may send them. */
#include "alloc_trace.h"
#include "curl/response_headers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static kube__response_headers h;

static bool take(const char *line)
{
    return kube__response_headers_take(&h, line, strlen(line));
}

static kube_rest_response *build(int http_status)
{
    kube_rest_response *response = NULL;

    assert_int_equal(kube__response_headers_build(&h, http_status, NULL, &response, NULL), KUBE_OK);
    kube__response_headers_clear(&h);
    return response;
}

static void only_the_last_block_counts_and_trailers_do_not(void **state)
{
    kube_rest_response *response;

    (void)state;
    kube__response_headers_init(&h);
    assert_true(take("HTTP/1.1 100 Continue\r\n") && take("Early: yes\r\n") && take("\r\n"));
    assert_true(take("HTTP/1.1 200 OK\r\n") && take("A: 1\r\n") && take("a:\t 2 \n") && take("\r\n"));
    assert_true(take("Late: yes\r\n"));
    assert_int_equal(h.count, 2);
    response = build(200);
    assert_string_equal(kube_rest_response_header(response, "a"), "1");
    assert_null(kube_rest_response_header(response, "Early"));
    assert_null(kube_rest_response_header(response, "Late"));
    kube_rest_response_unref(response);
}

static void what_is_no_header_is_passed_over(void **state)
{
    kube_rest_response *response;

    (void)state;
    kube__response_headers_init(&h);
    assert_true(take("no colon\r\n") && take(": no name\r\n"));
    assert_true(kube__response_headers_take(&h, "X: a\0b\r\n", 8));
    assert_true(take("Y:") && take("Z: z"));
    assert_int_equal(h.count, 2);
    response = build(404);
    assert_string_equal(kube_rest_response_header(response, "y"), "");
    assert_string_equal(kube_rest_response_header(response, "z"), "z");
    assert_null(kube_rest_response_header(response, "x"));
    kube_rest_response_unref(response);
}

static void there_is_an_end_to_them_all_blocks_together(void **state)
{
    char line[1024];
    size_t taken = 0;

    (void)state;
    memset(line, 'a', sizeof line);
    line[1] = ':';
    line[sizeof line - 1] = '\0';
    kube__response_headers_init(&h);
    while (take(line)) {
        taken += strlen(line);
        assert_true(taken <= KUBE__HEADERS_MAX_BYTES);
        assert_true(take("HTTP/1.1 100 Continue\r\n"));
    }
    assert_true(h.too_big);
    assert_true(taken > KUBE__HEADERS_MAX_BYTES / 2);
    kube__response_headers_clear(&h);
}

/* They say what was sent, and the body is what that meant. */
static void an_answer_that_was_decoded_has_no_encoding_and_no_length_of_it(void **state)
{
    kube_rest_response *response = NULL;

    (void)state;
    for (int decoded = 0; decoded < 2; decoded++) {
        kube__response_headers_init(&h);
        assert_true(take("HTTP/1.1 200 OK\r\n") && take("A: 1\r\n") && take(" content-length\t: 5\r\n") &&
                    take("Content-Encoding: gzip\r\n") && take("Content-Length-Of: 3\r\n") && take("B: 2\r\n"));
        if (decoded)
            kube__response_headers_decoded(&h);
        assert_int_equal(kube__response_headers_build(&h, 200, NULL, &response, NULL), KUBE_OK);
        assert_true((kube_rest_response_header(response, "Content-Encoding") == NULL) == (decoded == 1));
        assert_true((kube_rest_response_header(response, "Content-Length") == NULL) == (decoded == 1));
        assert_string_equal(kube_rest_response_header(response, "a"), "1");
        assert_string_equal(kube_rest_response_header(response, "b"), "2");
        assert_string_equal(kube_rest_response_header(response, "content-length-of"), "3");
        kube_rest_response_unref(response);
        kube__response_headers_clear(&h);
    }
}

/* Nothing was decoded. */
static void an_answer_without_an_encoding_keeps_its_length(void **state)
{
    kube_rest_response *response = NULL;

    (void)state;
    kube__response_headers_init(&h);
    assert_true(take("HTTP/1.1 200 OK\r\n") && take("Content-Length: 5\r\n"));
    kube__response_headers_decoded(&h);
    assert_int_equal(kube__response_headers_build(&h, 200, NULL, &response, NULL), KUBE_OK);
    assert_string_equal(kube_rest_response_header(response, "Content-Length"), "5");
    kube_rest_response_unref(response);
    kube__response_headers_clear(&h);
}

static void a_status_that_is_none_is_refused(void **state)
{
    static const int bad[] = { 0, 99, 600, 1000, -1 };
    kube_rest_response *response = NULL;
    kube_error *err = NULL;

    (void)state;
    kube__response_headers_init(&h);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(kube__response_headers_build(&h, bad[i], NULL, &response, &err), KUBE_ERR_PROTOCOL);
        assert_non_null(strstr(kube_error_message(err), "an answer with the status"));
        kube_error_free(err);
    }
    kube__response_headers_clear(&h);
}

static void memory_may_run_out(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        kube_rest_response *response = NULL;
        kube_status st = KUBE_ERR_OUT_OF_MEMORY;
        bool reached;

        kube__response_headers_init(&h);
        alloc_trace_fail_at(n);
        if (take("A: 1\r\n") && take("B: 2\r\n"))
            st = kube__response_headers_build(&h, 200, NULL, &response, NULL);
        reached = alloc_trace_stop();
        assert_int_equal(st, reached ? KUBE_ERR_OUT_OF_MEMORY : KUBE_OK);
        kube_rest_response_unref(response);
        kube__response_headers_clear(&h);
        if (!reached)
            return;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(only_the_last_block_counts_and_trailers_do_not),
        ALLOC_TRACE_TEST(what_is_no_header_is_passed_over),
        ALLOC_TRACE_TEST(there_is_an_end_to_them_all_blocks_together),
        ALLOC_TRACE_TEST(an_answer_that_was_decoded_has_no_encoding_and_no_length_of_it),
        ALLOC_TRACE_TEST(an_answer_without_an_encoding_keeps_its_length),
        ALLOC_TRACE_TEST(a_status_that_is_none_is_refused),
        ALLOC_TRACE_TEST(memory_may_run_out),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
