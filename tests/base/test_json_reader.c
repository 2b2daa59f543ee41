#include "json_fixture.h"

#include <sys/mman.h>
#include <unistd.h>

static const char sample[] = JSON_SAMPLE;

/* --- grammar ------------------------------------------------------------------------------------------------------ */

static void tokens_come_in_the_order_of_the_document(void **state)
{
    static const struct {
        kube_json_token kind;
        const char *raw;
        size_t depth;
    } expected[] = {
        { KUBE_JSON_TOKEN_ARRAY_BEGIN, "[", 1 }, { KUBE_JSON_TOKEN_OBJECT_BEGIN, "{", 2 },
        { KUBE_JSON_TOKEN_KEY, "\"a\"", 2 },     { KUBE_JSON_TOKEN_STRING, "\"b\\n\"", 2 },
        { KUBE_JSON_TOKEN_KEY, "\"\"", 2 },      { KUBE_JSON_TOKEN_OBJECT_BEGIN, "{", 3 },
        { KUBE_JSON_TOKEN_OBJECT_END, "}", 2 },  { KUBE_JSON_TOKEN_OBJECT_END, "}", 1 },
        { KUBE_JSON_TOKEN_NUMBER, "-1.5e2", 1 }, { KUBE_JSON_TOKEN_TRUE, "true", 1 },
        { KUBE_JSON_TOKEN_FALSE, "false", 1 },   { KUBE_JSON_TOKEN_NULL, "null", 1 },
        { KUBE_JSON_TOKEN_ARRAY_BEGIN, "[", 2 }, { KUBE_JSON_TOKEN_ARRAY_END, "]", 1 },
        { KUBE_JSON_TOKEN_ARRAY_END, "]", 0 },   { KUBE_JSON_TOKEN_END, "", 0 },
        { KUBE_JSON_TOKEN_END, "", 0 },
    };
    kube_json_reader r = reader("[{\"a\":\"b\\n\",\"\":{}} , -1.5e2,true,false,null,[] ] ");

    (void)state;
    for (size_t i = 0; i < LENGTH(expected); i++) {
        assert_int_equal(kube_json_reader_next(&r), expected[i].kind);
        assert_str(kube_json_reader_raw(&r), expected[i].raw);
        assert_int_equal(kube_json_reader_depth(&r), expected[i].depth);
    }
}

static void any_value_may_stand_alone(void **state)
{
    static const char *const values[] = { "{}", "[]", "\"\"", "0", "true", "false", "null", " \t\r\n0 \t\r\n" };

    (void)state;
    for (size_t i = 0; i < LENGTH(values); i++)
        assert_accepted(kube_str_c(values[i]));
}

static void white_space_is_space_tab_and_line_ends_only(void **state)
{
    (void)state;
    assert_accepted(kube_str_c(" \t\r\n{ \t\r\n\"a\" \t\r\n: \t\r\n[ \t\r\n1 \t\r\n, \t\r\n2 \t\r\n] \t\r\n} \t\r\n"));
    for (int c = 0; c < 256; c++) {
        char document[] = { '[', (char)c, '1', ']' };
        kube_json_reader r;
        bool legal = c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '-' || (c >= '1' && c <= '9');

        assert_int_equal(walk(&r, kube_str_n(document, 4)), legal ? KUBE_OK : KUBE_ERR_PARSE);
    }
}

static void what_is_malformed_is_refused_where_it_goes_wrong(void **state)
{
    static const struct {
        const char *document;
        size_t offset;
        const char *problem;
    } bad[] = {
        { "", 0, "the document ends too early" },
        { "  ", 2, "the document ends too early" },
        { "}", 0, "a value is missing" },
        { "]", 0, "a value is missing" },
        { ",", 0, "a value is missing" },
        { "+1", 0, "a value is missing" },
        { ".5", 0, "a value is missing" },
        { "NaN", 0, "a value is missing" },
        { "Infinity", 0, "a value is missing" },
        { "'a'", 0, "a value is missing" },
        { "/* */1", 0, "a value is missing" },
        { "\xef\xbb\xbf{}", 0, "a byte order mark" },
        { "[1,]", 3, "a value is missing" },
        { "[,1]", 1, "a value is missing" },
        { "[1 2]", 3, "neither a comma nor the end of the array" },
        { "[1}", 2, "neither a comma nor the end of the array" },
        { "[1:2]", 2, "neither a comma nor the end of the array" },
        { "[", 1, "the document ends too early" },
        { "[1", 2, "the document ends too early" },
        { "[1,", 3, "the document ends too early" },
        { "{", 1, "the document ends too early" },
        { "{1:2}", 1, "a key is missing" },
        { "{a:2}", 1, "a key is missing" },
        { "{,}", 1, "a key is missing" },
        { "{\"a\":1,}", 7, "a key is missing" },
        { "{]", 1, "a key is missing" },
        { "{\"a\"}", 4, "a colon is missing" },
        { "{\"a\",1}", 4, "a colon is missing" },
        { "{\"a\":}", 5, "a value is missing" },
        { "{\"a\":1]", 6, "neither a comma nor the end of the object" },
        { "{\"a\":1 \"b\":2}", 7, "neither a comma nor the end of the object" },
        { "{\"a\":1", 6, "the document ends too early" },
        { "{\"a\"", 4, "the document ends too early" },
        { "{\"a\":", 5, "the document ends too early" },
        { "{\"a\":1,", 7, "the document ends too early" },
        { "tru", 3, "the document ends too early" },
        { "trux", 0, "neither true, false nor null" },
        { "[falsE]", 1, "neither true, false nor null" },
        { "nULL", 0, "neither true, false nor null" },
        { "truee", 4, "something follows the document" },
        { "1 1", 2, "something follows the document" },
        { "{}}", 2, "something follows the document" },
        { "[]]", 2, "something follows the document" },
        { "[] // end", 3, "something follows the document" },
        { "{}\xef\xbb\xbf", 2, "something follows" },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++) {
        assert_refused(kube_str_c(bad[i].document), bad[i].offset, bad[i].problem);
        assert_agreement(kube_str_c(bad[i].document));
    }
    assert_refused(STR("{}\0"), 2, "something follows the document");
    assert_refused(STR("\0"), 0, "a value is missing");
    assert_refused(STR("1\0"), 1, "something follows the document"); /* jansson overlooks this one */
}

static void nesting_ends_at_the_limit(void **state)
{
    enum { LIMIT = KUBE_JSON_MAX_DEPTH };
    static const char *const open[] = { "[", "{\"a\":", "[{\"a\":" };
    static const char *const close[] = { "]", "}", "}]" };
    kube_json_reader r;

    (void)state;
    for (size_t kind = 0; kind < LENGTH(open); kind++) {
        size_t levels = kind == 2 ? LIMIT / 2 : LIMIT;
        kube_buf text = KUBE_BUF_INIT(1 << 20);

        for (size_t i = 0; i < levels; i++)
            kube_buf_append_c(&text, open[kind]);
        kube_buf_append_c(&text, "1");
        for (size_t i = 0; i < levels; i++)
            kube_buf_append_c(&text, close[kind]);
        assert_accepted(kube_buf_str(&text));

        kube_buf_reset(&text);
        for (size_t i = 0; i < levels; i++)
            kube_buf_append_c(&text, open[kind]);
        kube_buf_append_c(&text, "[");
        assert_int_equal(walk(&r, kube_buf_str(&text)), KUBE_ERR_LIMIT);
        assert_int_equal(kube_json_reader_offset(&r), text.len - 1);
        kube_json_reader_init(&r, kube_buf_str(&text));
        assert_false(kube_json_reader_skip(&r));
        assert_int_equal(kube_json_reader_status(&r, NULL), KUBE_ERR_LIMIT);
        kube_buf_clear(&text);
    }
}

/* --- the edges of the document ------------------------------------------------------------------------------------ */

static void an_empty_document_has_no_value(void **state)
{
    kube_json_reader r;

    (void)state;
    kube_json_reader_init(&r, kube_str_n(NULL, 0));
    assert_int_equal(kube_json_reader_peek(&r), KUBE_JSON_TOKEN_ERROR);
    assert_int_equal(kube_json_reader_finish(&r, NULL), KUBE_ERR_PARSE);
    assert_message(&r, KUBE_ERR_PARSE, "line 1, column 1: the document ends too early");
}

static void a_document_cut_anywhere_is_refused(void **state)
{
    (void)state;
    assert_accepted(STR(sample));
    for (size_t len = 0; len < sizeof sample - 1; len++) {
        kube_json_reader r;

        assert_int_equal(walk(&r, kube_str_n(sample, len)), KUBE_ERR_PARSE);
        assert_agreement(kube_str_n(sample, len));
    }
}

static void no_byte_outside_the_document_is_read(void **state)
{
    static const char *const documents[] = {
        sample, "\"12345678\"", "\"1234567\\u00e9\"",   "-12345.678e+90",     "true",
        "1",    "[1,2,3] ",     "\"\xf0\x9f\x98\x80\"", "\"\\ud83d\\ude00\"", "null\n"
    };
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *end = pages + 2 * page;

    (void)state;
    assert_true(pages != MAP_FAILED);
    assert_int_equal(mprotect(pages + page, page, PROT_READ | PROT_WRITE), 0);
    for (size_t i = 0; i < LENGTH(documents); i++)
        for (size_t len = 0; len <= strlen(documents[i]); len++) {
            memcpy(end - len, documents[i], len); /* touches the page behind */
            assert_null(json_disagreement(kube_str_n(end - len, len)));
            memcpy(pages + page, documents[i], len); /* touches the page before */
            assert_null(json_disagreement(kube_str_n(pages + page, len)));
        }
    munmap(pages, 3 * page);
}

static void nothing_may_follow_the_document(void **state)
{
    kube_json_reader r = reader("{\"a\":1} {");
    int64_t n;

    (void)state;
    r = reader("1 ,");
    assert_true(kube_json_reader_read_int64(&r, &n));
    assert_int_equal(kube_json_reader_status(&r, NULL), KUBE_OK);
    assert_int_equal(kube_json_reader_finish(&r, NULL), KUBE_ERR_PARSE);
    assert_message(&r, KUBE_ERR_PARSE, "line 1, column 3: something follows the document");
}

static void the_first_of_several_documents_can_be_taken_alone(void **state)
{
    kube_json_reader r = reader(" {\"a\":[1]} {\"b\":");
    kube_str first;

    (void)state;
    assert_true(kube_json_reader_read_raw(&r, &first));
    assert_str(first, "{\"a\":[1]}");
    assert_int_equal(kube_json_reader_offset(&r) + first.len, 10);
}

/* --- objects and arrays ------------------------------------------------------------------------------------------- */

static void values_nobody_reads_are_skipped(void **state)
{
    kube_json_reader r = reader("{\"a\":{\"x\":[1,{}]},\"b\":\"y\",\"c\":[[1],[2,3],4],\"d\":7}");
    kube_json_string key;
    size_t elements = 0;
    int64_t d = 0;

    (void)state;
    assert_true(kube_json_reader_enter_object(&r));
    while (kube_json_reader_next_key(&r, &key)) {
        if (kube_json_string_is(key, "c")) {
            assert_true(kube_json_reader_enter_array(&r));
            while (kube_json_reader_next_element(&r))
                elements++;
        } else if (kube_json_string_is(key, "d")) {
            assert_true(kube_json_reader_read_int64(&r, &d));
        }
    }
    assert_int_equal(kube_json_reader_finish(&r, NULL), KUBE_OK);
    assert_int_equal(elements, 3);
    assert_int_equal(d, 7);
}

static void what_is_skipped_is_checked(void **state)
{
    static const char *const bad[] = { "{\"a\":[01],\"b\":1}", "{\"a\":{\"x\":\"\\q\"},\"b\":1}",
                                       "{\"a\":\"\xff\",\"b\":1}", "{\"a\":[1,],\"b\":1}", "{\"a\":1,\"b\":1}x" };

    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++) {
        kube_json_reader r = reader(bad[i]);
        kube_json_string key;

        kube_json_reader_enter_object(&r);
        while (kube_json_reader_next_key(&r, &key))
            ;
        assert_int_equal(kube_json_reader_finish(&r, NULL), KUBE_ERR_PARSE);
    }
}

static void a_loop_can_be_left_early(void **state)
{
    kube_json_reader r = reader("[[1,[2],{\"x\":3}],{\"a\":{\"b\":1},\"c\":2},null,5]");
    kube_json_string key;
    int64_t five = 0;

    (void)state;
    kube_json_reader_enter_array(&r);
    assert_true(kube_json_reader_next_element(&r) && kube_json_reader_enter_array(&r));
    assert_true(kube_json_reader_next_element(&r)); /* at 1, not read */
    assert_true(kube_json_reader_leave(&r));
    assert_true(kube_json_reader_next_element(&r) && kube_json_reader_enter_object(&r));
    assert_true(kube_json_reader_next_key(&r, &key) && kube_json_reader_enter_object(&r));
    assert_true(kube_json_reader_leave(&r));
    assert_true(kube_json_reader_leave(&r));
    assert_true(kube_json_reader_next_element(&r) && kube_json_reader_enter_object(&r)); /* null */
    assert_true(kube_json_reader_leave(&r));
    assert_true(kube_json_reader_next_element(&r) && kube_json_reader_read_int64(&r, &five));
    assert_int_equal(five, 5);
    assert_true(kube_json_reader_leave(&r));
    assert_int_equal(kube_json_reader_depth(&r), 0);
    assert_int_equal(kube_json_reader_finish(&r, NULL), KUBE_OK);
}

static void null_is_the_empty_value(void **state)
{
    kube_json_reader r = reader("[null,null,null,null,null,null]");
    kube_json_string text = { { "x", 1 }, 1 };
    int64_t n = 1;
    double d = 1;
    bool yes = true;

    (void)state;
    kube_json_reader_enter_array(&r);
    assert_true(kube_json_reader_next_element(&r) && kube_json_reader_enter_object(&r));
    assert_false(kube_json_reader_next_key(&r, &text));
    assert_true(kube_json_reader_next_element(&r) && kube_json_reader_enter_array(&r));
    assert_false(kube_json_reader_next_element(&r));
    assert_true(kube_json_reader_next_element(&r) && kube_json_reader_read_string(&r, &text));
    assert_true(kube_json_reader_next_element(&r) && kube_json_reader_read_int64(&r, &n));
    assert_true(kube_json_reader_next_element(&r) && kube_json_reader_read_double(&r, &d));
    assert_true(kube_json_reader_next_element(&r) && kube_json_reader_read_bool(&r, &yes));
    assert_false(kube_json_reader_next_element(&r));
    assert_int_equal(kube_json_reader_finish(&r, NULL), KUBE_OK);
    assert_true(text.raw.len == 0 && text.escaped == 0 && n == 0 && d == 0 && !yes);
}

static void a_null_is_not_entered_beyond_the_limit(void **state)
{
    kube_buf text = KUBE_BUF_INIT(1 << 20);
    kube_json_reader r;

    (void)state;
    for (size_t i = 0; i < KUBE_JSON_MAX_DEPTH; i++)
        kube_buf_append_char(&text, '[');
    kube_buf_append_c(&text, "null");
    kube_json_reader_init(&r, kube_buf_str(&text));
    for (size_t i = 0; i < KUBE_JSON_MAX_DEPTH; i++)
        assert_true(kube_json_reader_enter_array(&r) && kube_json_reader_next_element(&r));
    assert_false(kube_json_reader_enter_array(&r));
    assert_int_equal(kube_json_reader_status(&r, NULL), KUBE_ERR_LIMIT);
    kube_buf_clear(&text);
}

static void null_can_be_told_from_the_empty_value(void **state)
{
    kube_json_reader r = reader("[\"\",null]");
    kube_json_string text;

    (void)state;
    kube_json_reader_enter_array(&r);
    assert_true(kube_json_reader_next_element(&r) && !kube_json_reader_read_null(&r));
    assert_int_equal(kube_json_reader_peek(&r), KUBE_JSON_TOKEN_STRING);
    assert_true(kube_json_reader_read_string(&r, &text));
    assert_true(kube_json_reader_next_element(&r) && kube_json_reader_read_null(&r));
    assert_int_equal(kube_json_reader_finish(&r, NULL), KUBE_OK);
}

static void an_entered_null_ends_like_an_object_for_the_tokens_too(void **state)
{
    kube_json_reader r = reader("[null,null]");

    (void)state;
    kube_json_reader_enter_array(&r);
    assert_true(kube_json_reader_next_element(&r) && kube_json_reader_enter_object(&r));
    assert_int_equal(kube_json_reader_next(&r), KUBE_JSON_TOKEN_OBJECT_END);
    assert_true(kube_json_reader_next_element(&r) && kube_json_reader_enter_array(&r));
    assert_int_equal(kube_json_reader_next(&r), KUBE_JSON_TOKEN_ARRAY_END);
    assert_int_equal(kube_json_reader_next(&r), KUBE_JSON_TOKEN_ARRAY_END);
    assert_int_equal(kube_json_reader_next(&r), KUBE_JSON_TOKEN_END);
}

static void duplicate_keys_come_as_they_stand(void **state)
{
    kube_json_reader r = reader("{\"a\":1,\"a\":2,\"\\u0061\":3}");
    kube_json_string key;
    int64_t n = 0, sum = 0;

    (void)state;
    kube_json_reader_enter_object(&r);
    while (kube_json_reader_next_key(&r, &key)) {
        assert_true(kube_json_string_is(key, "a"));
        kube_json_reader_read_int64(&r, &n);
        sum = sum * 10 + n;
    }
    assert_int_equal(sum, 123);
}

static void any_value_can_be_kept_as_its_bytes(void **state)
{
    static const char *const values[] = { "{ \"a\" : [1, 2] }", "[]", "\"a\\nb\"", "-1e5", "true", "false", "null" };

    (void)state;
    for (size_t i = 0; i < LENGTH(values); i++) {
        char document[64];
        kube_json_reader r;
        kube_json_string key;
        kube_str raw = { NULL, 0 };

        snprintf(document, sizeof document, "{\"object\" : %s , \"type\":\"ADDED\"}", values[i]);
        r = reader(document);
        kube_json_reader_enter_object(&r);
        assert_true(kube_json_reader_next_key(&r, &key) && kube_json_reader_read_raw(&r, &raw));
        assert_str(raw, values[i]);
        assert_int_equal(kube_json_reader_offset(&r), 12);
        assert_true(kube_json_reader_next_key(&r, &key) && kube_json_string_is(key, "type"));
        assert_true(kube_json_reader_skip(&r));
        assert_str(kube_json_reader_raw(&r), "\"ADDED\"");
        assert_int_equal(kube_json_reader_finish(&r, NULL), KUBE_OK);
    }
}

static void a_copy_of_a_reader_reads_ahead(void **state)
{
    kube_json_reader r = reader("{\"type\":\"X\",\"n\":1}"), ahead = r;
    kube_str raw;

    (void)state;
    assert_true(kube_json_reader_read_raw(&ahead, &raw));
    assert_int_equal(kube_json_reader_peek(&r), KUBE_JSON_TOKEN_OBJECT_BEGIN);
    assert_int_equal(kube_json_reader_finish(&r, NULL), KUBE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_come_in_the_order_of_the_document),
        cmocka_unit_test(any_value_may_stand_alone),
        cmocka_unit_test(white_space_is_space_tab_and_line_ends_only),
        cmocka_unit_test(what_is_malformed_is_refused_where_it_goes_wrong),
        cmocka_unit_test(nesting_ends_at_the_limit),
        cmocka_unit_test(an_empty_document_has_no_value),
        cmocka_unit_test(a_document_cut_anywhere_is_refused),
        cmocka_unit_test(no_byte_outside_the_document_is_read),
        cmocka_unit_test(nothing_may_follow_the_document),
        cmocka_unit_test(the_first_of_several_documents_can_be_taken_alone),
        cmocka_unit_test(values_nobody_reads_are_skipped),
        cmocka_unit_test(what_is_skipped_is_checked),
        cmocka_unit_test(a_loop_can_be_left_early),
        cmocka_unit_test(null_is_the_empty_value),
        cmocka_unit_test(a_null_is_not_entered_beyond_the_limit),
        cmocka_unit_test(null_can_be_told_from_the_empty_value),
        cmocka_unit_test(an_entered_null_ends_like_an_object_for_the_tokens_too),
        cmocka_unit_test(duplicate_keys_come_as_they_stand),
        cmocka_unit_test(any_value_can_be_kept_as_its_bytes),
        cmocka_unit_test(a_copy_of_a_reader_reads_ahead),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
