#include "json_fixture.h"

#include <kube/base/alloc.h>

/* --- support ------------------------------------------------------------------------------------------------------ */

/* Allocations that fail: the n-th from now, and all after it. 0: none. */
static size_t fail_from;
static bool has_failed;

static bool fails_now(void)
{
    if (fail_from > 1)
        fail_from--;
    else if (fail_from == 1)
        has_failed = true;
    return has_failed;
}

static void start_failing(size_t nth)
{
    fail_from = nth;
    has_failed = false;
}

static bool stop_failing(void)
{
    bool failed = has_failed;

    start_failing(0);
    return failed;
}

static void *test_allocate(void *state, size_t bytes)
{
    (void)state;
    return fails_now() ? NULL : malloc(bytes);
}

static void *test_reallocate(void *state, void *p, size_t bytes)
{
    (void)state;
    return fails_now() ? NULL : realloc(p, bytes);
}

static void test_release(void *state, void *p)
{
    (void)state;
    free(p);
}

static kube_json_string string_of(const char *document)
{
    kube_json_reader r = reader(document);
    kube_json_string s;

    assert_true(kube_json_reader_read_string(&r, &s));
    assert_int_equal(kube_json_reader_finish(&r, NULL), KUBE_OK);
    return s;
}

/* --- grammar ------------------------------------------------------------------------------------------------------ */

static void escapes_and_surrogates_are_checked(void **state)
{
    static const struct {
        const char *text;
        size_t offset;
        const char *problem;
    } bad[] = {
        { "\"\\", 2, "ends too early" },          { "\"\\\"", 3, "ends too early" },
        { "\"\\x\"", 1, "an unknown escape" },    { "\"a\\U0041\"", 2, "an unknown escape" },
        { "\"\\0\"", 1, "an unknown escape" },    { "\"\\'\"", 1, "an unknown escape" },
        { "\"\\u12", 5, "ends too early" },       { "\"\\u12g4\"", 1, "four hexadecimal digits" },
        { "\"\\u 123\"", 1, "four hexadecimal" }, { "\"\\u-123\"", 1, "four hexadecimal digits" },
        { "\"\\ud800\"", 1, "a high surrogate" }, { "\"\\ud800 12345\"", 1, "a high surrogate" },
        { "\"\\udbff\\ud800\"", 1, "a high" },    { "\"\\ud800\\u0041\"", 1, "a high surrogate" },
        { "\"\\ud800\\n12345\"", 1, "a high" },   { "\"\\udc00\"", 1, "a low surrogate" },
        { "\"\\udfff\\ud800\"", 1, "a low" },     { "\"\\ud800\\udc0\"", 1, "a high surrogate" },
    };

    (void)state;
    assert_accepted(STR("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uAbCd\\ud800\\udc00\\uDBFF\\uDFFF\\ud7ff\\ue000\""));
    for (size_t i = 0; i < LENGTH(bad); i++) {
        assert_refused(kube_str_c(bad[i].text), bad[i].offset, bad[i].problem);
        assert_agreement(kube_str_c(bad[i].text));
    }
}

static void only_valid_utf8_is_accepted(void **state)
{
    static const char *const good[] = { "\xc2\x80",         "\xdf\xbf",         "\xe0\xa0\x80",
                                        "\xed\x9f\xbf",     "\xee\x80\x80",     "\xef\xbf\xbf",
                                        "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\x7f" };
    static const char *const bad[] = { "\x80",
                                       "\xbf",
                                       "\xc0\x80",
                                       "\xc1\xbf",
                                       "\xc2",
                                       "\xc2\x7f",
                                       "\xc2\xc0",
                                       "\xe0\x9f\xbf",
                                       "\xe0\x80\x80",
                                       "\xed\xa0\x80",
                                       "\xed\xbf\xbf",
                                       "\xe1\x80",
                                       "\xe1\x80\x7f",
                                       "\xe1\x80\xc0",
                                       "\xf0\x8f\xbf\xbf",
                                       "\xf0\x90\x80",
                                       "\xf4\x90\x80\x80",
                                       "\xf5\x80\x80\x80",
                                       "\xf1\x80\x80\x7f",
                                       "\xf8\x88\x80\x80\x80",
                                       "\xfe",
                                       "\xff" };
    char text[32];

    (void)state;
    for (size_t i = 0; i < LENGTH(good); i++) {
        snprintf(text, sizeof text, "\"%s\"", good[i]);
        assert_accepted(kube_str_c(text));
        assert_agreement(kube_str_c(text));
    }
    for (size_t i = 0; i < LENGTH(bad); i++) {
        snprintf(text, sizeof text, "\"%s\"", bad[i]);
        assert_refused(kube_str_c(text), 1, "not UTF-8");
        assert_agreement(kube_str_c(text));
        assert_refused(kube_str_n(text, strlen(text) - 1), 1, "not UTF-8"); /* at the end of the document */
        assert_refused(kube_str_c(bad[i]), 0, "a value is missing");        /* outside a string           */
    }
}

static void a_special_byte_is_seen_at_every_place_of_a_string(void **state)
{
    (void)state;
    for (size_t len = 1; len < 40; len++)
        for (size_t i = 0; i < len; i++)
            for (int c = 0; c < 256; c++) {
                char text[64] = "";
                kube_json_reader r;
                bool ends = c == '"' && i + 1 < len;
                bool bad = c < ' ' || c == '\\' || c >= 0x80 || ends;

                memset(text, 'x', len + 2);
                text[0] = text[len + 1] = '"';
                text[1 + i] = (char)c;
                if (c == '"' && !ends)
                    text[len + 1] = ' '; /* the string ends one byte early, and white space follows */
                assert_int_equal(walk(&r, kube_str_n(text, len + 2)), bad ? KUBE_ERR_PARSE : KUBE_OK);
            }
}

/* --- strings ------------------------------------------------------------------------------------------------------ */

static void a_string_without_escapes_is_a_slice_of_the_document(void **state)
{
    const char *document = "\"v1.\xc3\xa9\"";
    kube_json_string s = string_of(document);
    kube_buf scratch = KUBE_BUF_INIT(0);

    (void)state;
    assert_int_equal(s.escaped, 0);
    assert_ptr_equal(kube_json_string_text(s, &scratch).data, document + 1);
    assert_str(kube_json_string_text(s, NULL), "v1.\xc3\xa9");
    kube_buf_init(&scratch, 100);
    kube_json_string_append(s, &scratch);
    assert_str(kube_buf_str(&scratch), "v1.\xc3\xa9");
    kube_buf_clear(&scratch);
}

static void escapes_are_decoded_the_same_by_every_function(void **state)
{
    static const char text[] = "\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbfz";
    kube_json_string s = string_of("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00E9\\u20ac\\ud83d\\ude00\\uDBFF\\uDFFFz\"");
    kube_buf scratch = KUBE_BUF_INIT(1000), appended = KUBE_BUF_INIT(1000);
    char copy[128];

    (void)state;
    assert_true(s.escaped != 0);
    kube_buf_append_c(&scratch, "what was there before");
    assert_str(kube_json_string_text(s, &scratch), text);
    kube_buf_append_c(&appended, "<");
    kube_json_string_append(s, &appended);
    assert_str(kube_str_n(appended.data + 1, appended.len - 1), text);
    assert_str(kube_str_n(copy, kube_json_string_copy(s, copy)), text);
    assert_true(kube_json_string_is(s, text));
    kube_buf_clear(&scratch);
    kube_buf_clear(&appended);
}

static void keys_are_compared_by_their_text(void **state)
{
    kube_json_string plain = string_of("\"items\""), escaped = string_of("\"it\\u0065m\\u0073\"");

    (void)state;
    assert_true(kube_json_string_is(plain, "items") && kube_json_string_is(escaped, "items"));
    assert_false(kube_json_string_is(plain, "item") || kube_json_string_is(escaped, "item"));
    assert_false(kube_json_string_is(plain, "itemsX") || kube_json_string_is(escaped, "itemsX"));
    assert_false(kube_json_string_is(plain, "itens") || kube_json_string_is(escaped, "itens"));
    assert_false(kube_json_string_is(plain, "") || kube_json_string_is(escaped, ""));
    assert_true(kube_json_string_is(string_of("\"\""), ""));
    assert_true(kube_json_string_equal(plain, kube_str_c("items")));
}

static void a_nul_in_a_string_can_be_seen(void **state)
{
    kube_json_string s = string_of("\"a\\u0000b\"");
    kube_buf scratch = KUBE_BUF_INIT(100);

    (void)state;
    assert_true(kube_json_string_has_nul(s));
    assert_true(kube_json_string_equal(s, STR("a\0b")));
    assert_false(kube_json_string_is(s, "a"));
    assert_int_equal(kube_json_string_text(s, &scratch).len, 3);
    assert_false(kube_json_string_has_nul(string_of("\"a\\u0001b\"")));
    assert_false(kube_json_string_has_nul(string_of("\"ab\"")));
    kube_buf_clear(&scratch);
}

static void a_scratch_that_failed_stays_failed(void **state)
{
    kube_buf scratch = KUBE_BUF_INIT(3);

    (void)state;
    assert_str(kube_json_string_text(string_of("\"\\n12\""), &scratch), "\n12");
    assert_int_equal(kube_json_string_text(string_of("\"\\n123\""), &scratch).len, 0);
    assert_int_equal(kube_json_string_text(string_of("\"\\n\""), &scratch).len, 0);
    assert_str(kube_json_string_text(string_of("\"plain\""), &scratch), "plain");
    assert_int_equal(kube_buf_status(&scratch, NULL), KUBE_ERR_LIMIT);
    kube_buf_clear(&scratch);
}

static void memory_that_runs_out_is_told_by_the_buffer_and_by_the_error(void **state)
{
    kube_json_string s = string_of("\"\\u0061bc\"");
    kube_buf scratch = KUBE_BUF_INIT(100);
    kube_json_reader r = reader("{\"a\":1");

    (void)state;
    start_failing(1);
    assert_int_equal(kube_json_string_text(s, &scratch).len, 0);
    assert_true(stop_failing());
    assert_int_equal(kube_buf_status(&scratch, NULL), KUBE_ERR_OUT_OF_MEMORY);
    kube_buf_clear(&scratch);

    for (size_t nth = 1;; nth++) {
        kube_error *err = NULL;
        bool reached;

        start_failing(nth);
        assert_int_equal(kube_json_reader_finish(&r, &err), KUBE_ERR_PARSE);
        reached = stop_failing();
        assert_non_null(err);
        assert_int_equal(kube_error_status(err), reached ? KUBE_ERR_OUT_OF_MEMORY : KUBE_ERR_PARSE);
        kube_error_free(err);
        if (!reached)
            break;
    }
}

int main(void)
{
    static const kube_allocator allocator = { sizeof allocator, NULL, test_allocate, test_reallocate, test_release };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_and_surrogates_are_checked),
        cmocka_unit_test(only_valid_utf8_is_accepted),
        cmocka_unit_test(a_special_byte_is_seen_at_every_place_of_a_string),
        cmocka_unit_test(a_string_without_escapes_is_a_slice_of_the_document),
        cmocka_unit_test(escapes_are_decoded_the_same_by_every_function),
        cmocka_unit_test(keys_are_compared_by_their_text),
        cmocka_unit_test(a_nul_in_a_string_can_be_seen),
        cmocka_unit_test(a_scratch_that_failed_stays_failed),
        cmocka_unit_test(memory_that_runs_out_is_told_by_the_buffer_and_by_the_error),
    };

    if (kube_set_allocator(&allocator) != KUBE_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
