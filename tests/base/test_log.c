#include "base_fixture.h"

#include <kube/base/log.h>

#include <stdio.h>
#include <string.h>
#include <wchar.h>

typedef struct heard {
    int            count;
    kube_log_level level;
    char           text[2000];
} heard;

static void hear(void *user, kube_log_level level, const char *message)
{
    heard *h = user;

    h->count++;
    h->level = level;
    snprintf(h->text, sizeof h->text, "%s", message);
}

static void a_logger_without_a_function_is_silent(void **state)
{
    const kube_logger zeroed = { NULL, NULL, 0 };

    (void)state;
    kube_log(NULL, KUBE_LOG_WARNING, "x");
    kube_log(&zeroed, KUBE_LOG_WARNING, "x");
}

static void only_wanted_levels_are_told(void **state)
{
    heard h = { 0 };
    kube_logger logger = { hear, &h, 0 };

    (void)state;
    kube_log(&logger, KUBE_LOG_INFO, "no");
    assert_int_equal(h.count, 0);
    kube_log(&logger, KUBE_LOG_WARNING, "yes %d", 1);
    assert_int_equal(h.count, 1);
    assert_int_equal(h.level, KUBE_LOG_WARNING);
    assert_string_equal(h.text, "yes 1");
    logger.level = KUBE_LOG_INFO;
    kube_log(&logger, KUBE_LOG_DEBUG, "no");
    kube_log(&logger, KUBE_LOG_INFO, "info");
    assert_int_equal(h.count, 2);
    logger.level = KUBE_LOG_DEBUG;
    kube_log(&logger, KUBE_LOG_DEBUG, "debug");
    assert_int_equal(h.count, 3);
    assert_int_equal(h.level, KUBE_LOG_DEBUG);
}

static void control_bytes_are_escaped(void **state)
{
    heard h = { 0 };
    const kube_logger logger = { hear, &h, KUBE_LOG_DEBUG };

    (void)state;
    kube_log(&logger, KUBE_LOG_INFO, "a\nb\x1b[31m\x7f\xc3\xa9 %s", "\r\t");
    assert_string_equal(h.text, "a\\x0ab\\x1b[31m\\x7f\xc3\xa9 \\x0d\\x09");
}

static void a_terminals_second_set_of_control_characters_is_escaped_too(void **state)
{
    heard h = { 0 };
    const kube_logger logger = { hear, &h, KUBE_LOG_DEBUG };

    (void)state;
    /* U+009B is CSI, U+00DB a letter; 0xc2 alone is none of them, whatever comes behind it */
    kube_log(&logger, KUBE_LOG_INFO, "%s", "x\xc2\x9b" "31m \xc2\x80 \xc2\xa0 \xc3\x9b \xc2z\xc2\n\xc2");
    assert_string_equal(h.text, "x\\xc2\\x9b" "31m \\xc2\\x80 \xc2\xa0 \xc3\x9b \xc2z\xc2\\x0a\xc2");
}

static void a_long_message_is_cut(void **state)
{
    char text[5000];
    heard h = { 0 };
    const kube_logger logger = { hear, &h, KUBE_LOG_DEBUG };

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    kube_log(&logger, KUBE_LOG_INFO, "%s", text);
    assert_true(strlen(h.text) >= 1000);
    assert_true(strlen(h.text) <= 1024);
    memset(text, '\n', sizeof text - 1);
    kube_log(&logger, KUBE_LOG_INFO, "%s", text);
    assert_true(strlen(h.text) >= 1000);
    assert_true(strlen(h.text) <= 1024);
    assert_int_equal(strlen(h.text) % 4, 0);
}

static void what_cannot_be_formatted_is_no_garbage(void **state)
{
    heard h = { 0 };
    const kube_logger logger = { hear, &h, KUBE_LOG_DEBUG };

    (void)state;
    kube_log(&logger, KUBE_LOG_INFO, "%lc", (wint_t)0x7ffffffe);
    assert_int_equal(h.count, 1);
    assert_true(strlen(h.text) < 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(a_logger_without_a_function_is_silent),
        ALLOC_TRACE_TEST(only_wanted_levels_are_told),
        ALLOC_TRACE_TEST(control_bytes_are_escaped),
        ALLOC_TRACE_TEST(a_terminals_second_set_of_control_characters_is_escaped_too),
        ALLOC_TRACE_TEST(a_long_message_is_cut),
        ALLOC_TRACE_TEST(what_cannot_be_formatted_is_no_garbage),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
