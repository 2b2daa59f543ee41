#include "base_fixture.h"

#include <kube/base/buf.h>

#include <string.h>
#include <wchar.h>

static void appends_add_up_and_end_with_a_nul(void **state)
{
    kube_buf buf = KUBE_BUF_INIT(100);

    (void)state;
    kube_buf_append(&buf, kube_str_n("ab\0c", 4));
    kube_buf_append_c(&buf, "de");
    kube_buf_append_c(&buf, NULL);
    kube_buf_append_char(&buf, 'f');
    kube_buf_append_f(&buf, "%d-%s", 7, "g");
    assert_int_equal(kube_buf_status(&buf, NULL), KUBE_OK);
    assert_int_equal(buf.len, 10);
    assert_memory_equal(buf.data, "ab\0cdef7-g", 11);
    assert_true(kube_str_equal(kube_buf_str(&buf), kube_str_n("ab\0cdef7-g", 10)));
    kube_buf_clear(&buf);
}

static void an_empty_buffer_holds_no_memory(void **state)
{
    kube_buf buf = KUBE_BUF_INIT(100), zeroed = { NULL, 0, 0, 0, KUBE_OK };

    (void)state;
    assert_null(buf.data);
    assert_int_equal(kube_buf_str(&buf).len, 0);
    kube_buf_clear(&buf);
    kube_buf_wipe(&buf);
    kube_buf_clear(&zeroed);
    kube_buf_clear(NULL);
    kube_buf_wipe(NULL);
    kube_buf_reset(&buf);
    assert_int_equal(kube_buf_status(&buf, NULL), KUBE_OK);
}

static void the_ceiling_is_exact_and_what_was_there_stays(void **state)
{
    kube_error *err = NULL;
    kube_buf buf;

    (void)state;
    kube_buf_init(&buf, 10);
    kube_buf_append_c(&buf, "0123456789");
    assert_int_equal(kube_buf_status(&buf, NULL), KUBE_OK);
    kube_buf_append_c(&buf, "");
    assert_int_equal(kube_buf_status(&buf, NULL), KUBE_OK);
    kube_buf_append_char(&buf, 'x');
    assert_int_equal(kube_buf_status(&buf, &err), KUBE_ERR_LIMIT);
    assert_error(err, KUBE_ERR_LIMIT, "10");
    assert_string_equal(buf.data, "0123456789");
    assert_int_equal(buf.len, 10);
    kube_buf_clear(&buf);
}

static void an_append_that_does_not_fit_is_not_kept_in_part(void **state)
{
    kube_buf buf = KUBE_BUF_INIT(5);

    (void)state;
    kube_buf_append_c(&buf, "abc");
    kube_buf_append_f(&buf, "%s", "def");
    kube_buf_append_c(&buf, "d"); /* would fit, but the buffer has failed */
    assert_int_equal(kube_buf_status(&buf, NULL), KUBE_ERR_LIMIT);
    assert_string_equal(buf.data, "abc");
    kube_buf_clear(&buf);
}

static void reset_forgets_the_failure_and_keeps_the_memory(void **state)
{
    kube_buf buf = KUBE_BUF_INIT(5);
    const char *data;

    (void)state;
    kube_buf_append_c(&buf, "abcde");
    data = buf.data;
    kube_buf_append_c(&buf, "f");
    kube_buf_reset(&buf);
    assert_int_equal(kube_buf_status(&buf, NULL), KUBE_OK);
    assert_ptr_equal(buf.data, data);
    assert_string_equal(buf.data, "");
    kube_buf_append_c(&buf, "fghij");
    assert_int_equal(kube_buf_status(&buf, NULL), KUBE_OK);
    assert_string_equal(buf.data, "fghij");
    kube_buf_clear(&buf);
    assert_null(buf.data);
    kube_buf_append_c(&buf, "123456");
    assert_int_equal(kube_buf_status(&buf, NULL), KUBE_ERR_LIMIT);
    kube_buf_clear(&buf);
}

static void a_buffer_without_room_takes_only_the_empty_string(void **state)
{
    kube_buf buf = KUBE_BUF_INIT(0);

    (void)state;
    kube_buf_append_c(&buf, "");
    kube_buf_append_f(&buf, "%s", "");
    assert_int_equal(kube_buf_status(&buf, NULL), KUBE_OK);
    kube_buf_append_char(&buf, 'a');
    assert_int_equal(kube_buf_status(&buf, NULL), KUBE_ERR_LIMIT);
    kube_buf_clear(&buf);
}

static void formatted_text_of_every_length_ends_right(void **state)
{
    char expected[300];

    (void)state;
    memset(expected, 'y', sizeof expected);
    for (int len = 0; len < 260; len++) {
        kube_buf buf = KUBE_BUF_INIT(1000);

        kube_buf_append_c(&buf, "yyy");
        kube_buf_append_f(&buf, "%.*s", len, expected);
        assert_int_equal(buf.len, (size_t)len + 3);
        assert_int_equal(buf.data[buf.len], '\0');
        assert_memory_equal(buf.data, expected, buf.len);
        kube_buf_clear(&buf);
    }
}

static void what_cannot_be_formatted_is_said(void **state)
{
    kube_buf buf = KUBE_BUF_INIT(100);
    kube_error *err = NULL;

    (void)state;
    kube_buf_append_f(&buf, "%lc", (wint_t)0x7ffffffe); /* no character of any encoding */
    assert_int_equal(kube_buf_status(&buf, &err), KUBE_ERR_INVALID_ARG);
    assert_error(err, KUBE_ERR_INVALID_ARG, "format");
    kube_buf_clear(&buf);
}

static void growth_never_takes_more_than_the_ceiling_can_use(void **state)
{
    kube_buf buf = KUBE_BUF_INIT(1000);

    (void)state;
    for (int i = 0; i < 1000; i++) {
        kube_buf_append_char(&buf, (char)('a' + i % 26));
        assert_true(buf.capacity <= 1001);
        assert_true(buf.capacity > buf.len);
    }
    assert_int_equal(kube_buf_status(&buf, NULL), KUBE_OK);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(buf.data[i], 'a' + i % 26);
    kube_buf_clear(&buf);
}

static void absurd_sizes_are_refused_without_overflow(void **state)
{
    kube_buf buf = KUBE_BUF_INIT(SIZE_MAX);

    (void)state;
    kube_buf_append_c(&buf, "abc");
    kube_buf_reserve(&buf, SIZE_MAX);
    assert_int_equal(kube_buf_status(&buf, NULL), KUBE_ERR_LIMIT);
    kube_buf_reset(&buf);
    kube_buf_append_c(&buf, "abc");
    kube_buf_reserve(&buf, SIZE_MAX - 3); /* with the NUL it would be one too many */
    assert_int_equal(kube_buf_status(&buf, NULL), KUBE_ERR_LIMIT);
    kube_buf_reset(&buf);
    kube_buf_reserve(&buf, SIZE_MAX - 1); /* but no memory has that much */
    assert_int_equal(kube_buf_status(&buf, NULL), KUBE_ERR_OUT_OF_MEMORY);
    kube_buf_clear(&buf);
}

static void after_reserving_an_append_needs_no_memory(void **state)
{
    kube_buf buf = KUBE_BUF_INIT(5000);

    (void)state;
    kube_buf_reserve(&buf, 3000);
    alloc_trace_forbid();
    for (int i = 0; i < 3000; i++)
        kube_buf_append_char(&buf, 'x');
    assert_false(alloc_trace_stop());
    assert_int_equal(kube_buf_status(&buf, NULL), KUBE_OK);
    assert_int_equal(buf.len, 3000);
    kube_buf_clear(&buf);
}

static void a_failed_allocation_keeps_what_was_there(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        kube_buf buf = KUBE_BUF_INIT(100000);
        kube_error *err = NULL;
        kube_status st;
        bool reached;

        alloc_trace_fail_at(n);
        for (int i = 0; i < 1000; i++)
            kube_buf_append_f(&buf, "%03d.", i);
        reached = alloc_trace_stop();
        st = kube_buf_status(&buf, &err);
        assert_int_equal(st, reached ? KUBE_ERR_OUT_OF_MEMORY : KUBE_OK);
        assert_int_equal(buf.len % 4, 0);
        for (size_t i = 0; i < buf.len; i += 4)
            assert_int_equal((buf.data[i] - '0') * 100 + (buf.data[i + 1] - '0') * 10 + buf.data[i + 2] - '0', i / 4);
        kube_error_free(err);
        kube_buf_clear(&buf);
        if (!reached)
            return;
    }
}

static void growing_and_wiping_leave_no_secret_behind(void **state)
{
    kube_buf buf = KUBE_BUF_INIT(1 << 20);

    (void)state;
    alloc_trace_look_for("hunter2-the-secret");
    for (int i = 0; i < 1000; i++)
        kube_buf_append_c(&buf, "hunter2-the-secret ");
    kube_buf_wipe(&buf);
    assert_int_equal(alloc_trace_found(), 0);

    kube_buf_append_c(&buf, "more text, then hunter2-the-secret");
    kube_buf_reset(&buf); /* forgotten, but still in the memory that the next growth gives back */
    kube_buf_reserve(&buf, 10000);
    assert_int_equal(alloc_trace_found(), 0);
    kube_buf_append_c(&buf, "hunter2-the-secret");
    kube_buf_reset(&buf);
    kube_buf_wipe(&buf);
    assert_int_equal(alloc_trace_found(), 0);
    alloc_trace_look_for(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(appends_add_up_and_end_with_a_nul),
        ALLOC_TRACE_TEST(an_empty_buffer_holds_no_memory),
        ALLOC_TRACE_TEST(the_ceiling_is_exact_and_what_was_there_stays),
        ALLOC_TRACE_TEST(an_append_that_does_not_fit_is_not_kept_in_part),
        ALLOC_TRACE_TEST(reset_forgets_the_failure_and_keeps_the_memory),
        ALLOC_TRACE_TEST(a_buffer_without_room_takes_only_the_empty_string),
        ALLOC_TRACE_TEST(formatted_text_of_every_length_ends_right),
        ALLOC_TRACE_TEST(what_cannot_be_formatted_is_said),
        ALLOC_TRACE_TEST(growth_never_takes_more_than_the_ceiling_can_use),
        ALLOC_TRACE_TEST(absurd_sizes_are_refused_without_overflow),
        ALLOC_TRACE_TEST(after_reserving_an_append_needs_no_memory),
        ALLOC_TRACE_TEST(a_failed_allocation_keeps_what_was_there),
        ALLOC_TRACE_TEST(growing_and_wiping_leave_no_secret_behind),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
