#include "base_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static void every_function_takes_null_for_no_error(void **state)
{
    (void)state;
    kube_error_free(NULL);
    assert_int_equal(kube_error_status(NULL), KUBE_OK);
    assert_string_equal(kube_error_message(NULL), "no error");
    assert_null(kube_error_cause(NULL));
    assert_int_equal(kube_error_http_status(NULL), 0);
    assert_null(kube_error_reason(NULL));
    assert_int_equal(kube_error_retry_after_ms(NULL), -1);
    assert_int_equal(kube_error_child_count(NULL), 0);
    assert_null(kube_error_child_at(NULL, 0));
    assert_null(kube_error_subject(NULL));
    assert_null(kube_error_copy(NULL));
    kube_error_set_http(NULL, 404, "NotFound", 1);
    assert_true(kube_error_take_child(NULL, "x", NULL));
}

static void without_a_place_nothing_is_built(void **state)
{
    size_t serial = alloc_trace_serial();

    (void)state;
    assert_int_equal(kube_error_set(NULL, KUBE_ERR_CONFIG, "x %d", 1), KUBE_ERR_CONFIG);
    assert_int_equal(kube_error_wrap(NULL, KUBE_ERR_CONFIG, "x"), KUBE_ERR_CONFIG);
    assert_int_equal(kube_error_set_errno(NULL, KUBE_ERR_IO, EACCES, "x"), KUBE_ERR_IO);
    assert_int_equal(kube_error_set_errno(NULL, KUBE_ERR_IO, ENOMEM, "x"), KUBE_ERR_OUT_OF_MEMORY);
    assert_int_equal(kube_error_no_memory(NULL), KUBE_ERR_OUT_OF_MEMORY);
    assert_int_equal(alloc_trace_serial(), serial);
}

static void a_wrapped_error_tells_the_whole_story(void **state)
{
    kube_error *err = NULL;

    (void)state;
    kube_error_set(&err, KUBE_ERR_NOT_FOUND, "no file %s", "/etc/x");
    kube_error_set_http(err, 404, "NotFound", 1500);
    assert_int_equal(kube_error_wrap(&err, KUBE_ERR_CONFIG, "reading %s", "the configuration"), KUBE_ERR_CONFIG);
    kube_error_wrap(&err, KUBE_ERR_CONFIG, "making a client");
    assert_string_equal(kube_error_message(err), "making a client: reading the configuration: no file /etc/x");
    assert_int_equal(kube_error_status(err), KUBE_ERR_CONFIG);
    assert_int_equal(kube_error_status(kube_error_cause(kube_error_cause(err))), KUBE_ERR_NOT_FOUND);
    assert_null(kube_error_cause(kube_error_cause(kube_error_cause(err))));
    assert_int_equal(kube_error_http_status(err), 404);
    assert_string_equal(kube_error_reason(err), "NotFound");
    assert_int_equal(kube_error_retry_after_ms(err), 1500);
    kube_error_free(err);
}

static void wrapping_nothing_makes_an_error_without_a_cause(void **state)
{
    kube_error *err = NULL;

    (void)state;
    kube_error_wrap(&err, KUBE_ERR_IO, "alone");
    assert_string_equal(kube_error_message(err), "alone");
    assert_null(kube_error_cause(err));
    kube_error_free(err);
}

static void foreign_text_is_not_a_format(void **state)
{
    kube_error *err = NULL;

    (void)state;
    kube_error_set(&err, KUBE_ERR_SERVER, "%s", "100%n%s%d");
    kube_error_wrap(&err, KUBE_ERR_SERVER, "it said");
    assert_string_equal(kube_error_message(err), "it said: 100%n%s%d");
    kube_error_free(err);
}

static void an_errno_value_becomes_its_text(void **state)
{
    kube_error *err = NULL;

    (void)state;
    assert_int_equal(kube_error_set_errno(&err, KUBE_ERR_IO, EACCES, "opening %s", "/x"), KUBE_ERR_IO);
    assert_error(err, KUBE_ERR_IO, "opening /x: Permission denied");
    err = NULL;
    assert_int_equal(kube_error_set_errno(&err, KUBE_ERR_IO, ENOMEM, "opening"), KUBE_ERR_OUT_OF_MEMORY);
    assert_error(err, KUBE_ERR_OUT_OF_MEMORY, "out of memory");
    err = NULL;
    kube_error_set_errno(&err, KUBE_ERR_IO, 99999, "opening");
    assert_error(err, KUBE_ERR_IO, "99999");
}

static void a_long_message_is_cut_between_two_characters(void **state)
{
    char *text = malloc(3 * 2000000 + 1);
    static const size_t lengths[] = { 4094, 4095, 4096, 4097, 4098, 10000, 6000000 };

    (void)state;
    for (size_t i = 0; i < 2000000; i++)
        memcpy(text + 3 * i, "\xe2\x82\xac", 3);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        kube_error *err = NULL;
        const char *message;
        size_t len;

        assert_int_equal(kube_error_set(&err, KUBE_ERR_SERVER, "%.*s", (int)lengths[i], text), KUBE_ERR_SERVER);
        assert_int_equal(kube_error_status(err), KUBE_ERR_SERVER);
        message = kube_error_message(err);
        len = strlen(message);
        assert_true(len <= 4096);
        if (lengths[i] <= 4096) {
            assert_int_equal(len, lengths[i]);
        } else {
            assert_true(len > 4090);
            assert_string_equal(message + len - 3, "...");
            assert_int_equal((len - 3) % 3, 0);
        }
        kube_error_free(err);
    }
    free(text);
}

static void a_long_cause_is_cut_too(void **state)
{
    char text[5000];
    kube_error *err = NULL;

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    kube_error_set(&err, KUBE_ERR_SERVER, "%s", text);
    for (int i = 0; i < 50; i++)
        kube_error_wrap(&err, KUBE_ERR_SERVER, "layer %d", i);
    assert_true(strlen(kube_error_message(err)) <= 4096);
    assert_int_equal(strncmp(kube_error_message(err), "layer 49: layer 48: ", 20), 0);
    kube_error_free(err);
}

static void a_prefix_that_fills_the_message_leaves_no_room_for_its_cause(void **state)
{
    char text[5000];
    kube_error *err = NULL;

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    kube_error_set(&err, KUBE_ERR_IO, "the cause");
    kube_error_wrap(&err, KUBE_ERR_SERVER, "%s", text);
    assert_int_equal(strlen(kube_error_message(err)), 4096);
    assert_int_equal(strspn(kube_error_message(err), "x"), 4093);
    assert_string_equal(kube_error_message(err) + 4093, "...");
    assert_string_equal(kube_error_message(kube_error_cause(err)), "the cause");
    kube_error_free(err);
}

/* No character begins anywhere, so there is no place to cut. */
static void a_long_message_of_continuation_bytes_is_cut_to_nothing(void **state)
{
    char text[5000];
    kube_error *err = NULL;

    (void)state;
    memset(text, '\x80', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    kube_error_set(&err, KUBE_ERR_SERVER, "%s", text);
    assert_string_equal(kube_error_message(err), "...");
    kube_error_free(err);
}

static void what_cannot_be_formatted_leaves_the_status_and_the_cause(void **state)
{
    kube_error *err = NULL;

    (void)state;
    assert_int_equal(kube_error_set(&err, KUBE_ERR_CONFIG, "x %lc", (wint_t)0x7ffffffe), KUBE_ERR_CONFIG);
    assert_int_equal(kube_error_status(err), KUBE_ERR_CONFIG);
    assert_string_equal(kube_error_message(err), "");
    kube_error_free(err);
    err = NULL;
    kube_error_set_errno(&err, KUBE_ERR_IO, EACCES, "x %lc", (wint_t)0x7ffffffe);
    assert_error(err, KUBE_ERR_IO, ": Permission denied");
}

static void setting_http_twice_keeps_the_later(void **state)
{
    kube_error *err = NULL;

    (void)state;
    kube_error_set(&err, KUBE_ERR_SERVER, "x");
    kube_error_set_http(err, 500, "InternalError", -1);
    kube_error_set_http(err, 503, "", 0);
    assert_int_equal(kube_error_http_status(err), 503);
    assert_null(kube_error_reason(err));
    assert_int_equal(kube_error_retry_after_ms(err), 0);
    kube_error_free(err);
}

static kube_error *partial(size_t children)
{
    kube_error *err = NULL;

    kube_error_set(&err, KUBE_ERR_PARTIAL, "%zu groups failed", children);
    for (size_t i = 0; i < children; i++) {
        kube_error *child = NULL;
        char subject[32];

        snprintf(subject, sizeof subject, "group%zu/v1", i);
        kube_error_set(&child, KUBE_ERR_UNAVAILABLE, "child %zu", i);
        kube_error_set_http(child, 503, "ServiceUnavailable", 10);
        kube_error_take_child(err, subject, child);
    }
    return err;
}

static void children_keep_their_order_and_subject(void **state)
{
    kube_error *err = partial(40);

    (void)state;
    assert_int_equal(kube_error_child_count(err), 40);
    for (size_t i = 0; i < 40; i++) {
        char subject[32];

        snprintf(subject, sizeof subject, "group%zu/v1", i);
        assert_string_equal(kube_error_subject(kube_error_child_at(err, i)), subject);
        assert_int_equal(kube_error_status(kube_error_child_at(err, i)), KUBE_ERR_UNAVAILABLE);
    }
    assert_null(kube_error_child_at(err, 40));
    assert_int_equal(kube_error_http_status(err), 0); /* a child's code is not the whole's */
    kube_error_free(err);
}

/* As when the parent's own place was NULL: the child is freed, which the test's end looks at. */
static void without_a_parent_a_child_is_dropped(void **state)
{
    kube_error *child = NULL;

    (void)state;
    kube_error_set(&child, KUBE_ERR_IO, "child");
    assert_false(kube_error_take_child(NULL, "x", child));
}

static void a_copy_says_the_same_and_lives_alone(void **state)
{
    kube_error *err = partial(3), *copy, *child;

    (void)state;
    kube_error_wrap(&err, KUBE_ERR_PARTIAL, "outer");
    copy = kube_error_copy(err);
    child = kube_error_copy(kube_error_child_at(kube_error_cause(err), 2));
    kube_error_free(err);
    assert_string_equal(kube_error_message(copy), "outer: 3 groups failed");
    assert_int_equal(kube_error_child_count(kube_error_cause(copy)), 3);
    assert_string_equal(kube_error_subject(kube_error_child_at(kube_error_cause(copy), 1)), "group1/v1");
    assert_int_equal(kube_error_http_status(kube_error_child_at(kube_error_cause(copy), 1)), 503);
    assert_int_equal(kube_error_retry_after_ms(kube_error_child_at(kube_error_cause(copy), 1)), 10);
    assert_string_equal(kube_error_message(child), "child 2");
    assert_string_equal(kube_error_subject(child), "group2/v1");
    kube_error_free(copy);
    kube_error_free(child);
}

static void the_out_of_memory_error_is_nobodys(void **state)
{
    kube_error *err = NULL, *child = NULL, *copy;

    (void)state;
    kube_error_no_memory(&err);
    kube_error_set_http(err, 404, "x", 5);
    assert_int_equal(kube_error_http_status(err), 0);
    kube_error_set(&child, KUBE_ERR_IO, "child");
    assert_false(kube_error_take_child(err, "x", child));
    assert_int_equal(kube_error_child_count(err), 0);
    copy = err;
    kube_error_wrap(&err, KUBE_ERR_OUT_OF_MEMORY, "wrapped");
    assert_ptr_equal(err, copy);
    assert_ptr_equal(kube_error_copy(err), err);
    kube_error_free(err);
    kube_error_free(err);
    assert_string_equal(kube_error_message(err), "out of memory");

    kube_error_set(&child, KUBE_ERR_IO, "parent");
    assert_false(kube_error_take_child(child, "x", err));
    assert_int_equal(kube_error_child_count(child), 0);
    kube_error_free(child);
}

static void errors_can_be_made_while_memory_runs_out(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        kube_error *err, *copy;
        bool reached;

        alloc_trace_fail_at(n);
        err = partial(6);
        kube_error_wrap(&err, KUBE_ERR_PARTIAL, "outer");
        copy = kube_error_copy(err);
        reached = alloc_trace_stop();
        assert_non_null(err);
        assert_non_null(copy);
        assert_non_null(kube_error_message(err));
        assert_true(kube_error_status(copy) == KUBE_ERR_PARTIAL || kube_error_status(copy) == KUBE_ERR_OUT_OF_MEMORY);
        kube_error_free(copy);
        kube_error_free(err);
        if (!reached)
            return;
    }
}

static void an_errno_value_without_memory_for_its_text_is_told_as_that(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 2; n++) { /* the error, its message */
        kube_error *err = NULL;

        alloc_trace_fail_at(n);
        assert_int_equal(kube_error_set_errno(&err, KUBE_ERR_IO, EACCES, "opening"), KUBE_ERR_IO);
        assert_true(alloc_trace_stop());
        assert_error(err, KUBE_ERR_OUT_OF_MEMORY, "out of memory");
    }
}

static void a_long_chain_of_causes_is_freed_without_recursion(void **state)
{
    kube_error *err = NULL, *copy;

    (void)state;
    for (int i = 0; i < 5000; i++)
        kube_error_wrap(&err, KUBE_ERR_IO, "x");
    copy = kube_error_copy(err);
    kube_error_free(copy);
    kube_error_free(err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(every_function_takes_null_for_no_error),
        ALLOC_TRACE_TEST(without_a_place_nothing_is_built),
        ALLOC_TRACE_TEST(a_wrapped_error_tells_the_whole_story),
        ALLOC_TRACE_TEST(wrapping_nothing_makes_an_error_without_a_cause),
        ALLOC_TRACE_TEST(foreign_text_is_not_a_format),
        ALLOC_TRACE_TEST(an_errno_value_becomes_its_text),
        ALLOC_TRACE_TEST(a_long_message_is_cut_between_two_characters),
        ALLOC_TRACE_TEST(a_long_cause_is_cut_too),
        ALLOC_TRACE_TEST(a_prefix_that_fills_the_message_leaves_no_room_for_its_cause),
        ALLOC_TRACE_TEST(a_long_message_of_continuation_bytes_is_cut_to_nothing),
        ALLOC_TRACE_TEST(what_cannot_be_formatted_leaves_the_status_and_the_cause),
        ALLOC_TRACE_TEST(setting_http_twice_keeps_the_later),
        ALLOC_TRACE_TEST(children_keep_their_order_and_subject),
        ALLOC_TRACE_TEST(without_a_parent_a_child_is_dropped),
        ALLOC_TRACE_TEST(a_copy_says_the_same_and_lives_alone),
        ALLOC_TRACE_TEST(the_out_of_memory_error_is_nobodys),
        ALLOC_TRACE_TEST(errors_can_be_made_while_memory_runs_out),
        ALLOC_TRACE_TEST(an_errno_value_without_memory_for_its_text_is_told_as_that),
        ALLOC_TRACE_TEST(a_long_chain_of_causes_is_freed_without_recursion),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
