#include "../fuzz/fuzz_json_reader.c" /* the comparison with jansson */

#include <kube/base/alloc.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define STR(literal) kube_str_n(literal, sizeof(literal) - 1) /* may hold NUL */

static const char sample[] =
    "{\"kind\":\"APIGroupDiscoveryList\",\"metadata\":{},\"items\":[{\"metadata\":{\"name\":\"a\\u0070ps\",\"x\":null},"
    "\"versions\":[ {\"version\":\"v1\",\"n\":[-1,0.5e+3,true,false],\"s\":\"\\ud83d\\ude00 \xc3\xa9\\n\"} ]}]}";

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

static kube_json_reader reader(const char *document)
{
    kube_json_reader r;

    kube_json_reader_init(&r, kube_str_c(document));
    return r;
}

/* Reads all tokens; the reader is left at the end or at its failure. */
static kube_status walk(kube_json_reader *r, kube_str document)
{
    kube_json_reader_init(r, document);
    while (kube_json_reader_next(r) > KUBE_JSON_TOKEN_END)
        ;
    return kube_json_reader_status(r, NULL);
}

static void assert_accepted(kube_str document)
{
    kube_json_reader r;

    if (walk(&r, document) != KUBE_OK)
        fail_msg("refused at %zu: %.*s", kube_json_reader_offset(&r), (int)document.len, document.data);
}

static void assert_message(const kube_json_reader *r, kube_status status, const char *message)
{
    kube_error *err = NULL;

    assert_int_equal(kube_json_reader_status(r, &err), status);
    assert_string_equal(kube_error_message(err), message);
    assert_int_equal(kube_error_status(err), status);
    kube_error_free(err);
}

static void assert_refused(kube_str document, size_t offset, const char *problem)
{
    kube_error *err = NULL;
    kube_json_reader r;

    if (walk(&r, document) != KUBE_ERR_PARSE)
        fail_msg("accepted: %.*s", (int)document.len, document.data);
    assert_int_equal(kube_json_reader_status(&r, &err), KUBE_ERR_PARSE);
    if (strstr(kube_error_message(err), problem) == NULL || kube_json_reader_offset(&r) != offset)
        fail_msg("%.*s: offset %zu, %s", (int)document.len, document.data, kube_json_reader_offset(&r),
                 kube_error_message(err));
    kube_error_free(err);
}

static void assert_agreement(kube_str document)
{
    char *exact = malloc(document.len + 1); /* so that a sanitizer sees a read past the end */
    const char *problem;

    memcpy(exact + 1, document.data, document.len);
    problem = disagreement(kube_str_n(exact + 1, document.len));
    if (problem != NULL)
        fail_msg("%s: %.*s", problem, (int)document.len, document.data);
    free(exact);
}

static void assert_str(kube_str actual, const char *expected)
{
    assert_int_equal(actual.len, strlen(expected));
    assert_memory_equal(actual.data, expected, actual.len);
}

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

static void numbers_follow_the_grammar(void **state)
{
    static const char *const good[] = { "0",
                                        "-0",
                                        "1",
                                        "-1",
                                        "10",
                                        "1234567890",
                                        "0.0",
                                        "-0.5",
                                        "1.25",
                                        "1e0",
                                        "1E1",
                                        "1e+1",
                                        "1e-1",
                                        "0e0",
                                        "0.1e-10",
                                        "-12.34E+56",
                                        "1e400",
                                        "0e99999999999",
                                        "123456789012345678901234567890" };
    static const struct {
        const char *text;
        size_t offset;
        const char *problem;
    } bad[] = {
        { "-", 1, "ends too early" },        { "-a", 1, "a digit is missing" },    { "--1", 1, "a digit is missing" },
        { "01", 1, "something follows" },    { "-01", 2, "something follows" },    { "1.", 2, "ends too early" },
        { "1.e1", 2, "a digit is missing" }, { "1e", 2, "ends too early" },        { "1e+", 3, "ends too early" },
        { "1ex", 2, "a digit is missing" },  { "1e+-1", 3, "a digit is missing" }, { "1.2.3", 3, "something follows" },
        { "0x10", 1, "something follows" },  { "1_000", 1, "something follows" },  { "1f", 1, "something follows" },
        { "1e1.5", 3, "something follows" }, { "-.5", 1, "a digit is missing" },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(good); i++) {
        char in_array[64];

        assert_accepted(kube_str_c(good[i]));
        snprintf(in_array, sizeof in_array, "[%s,%s]", good[i], good[i]);
        assert_accepted(kube_str_c(in_array));
        assert_agreement(kube_str_c(in_array));
    }
    for (size_t i = 0; i < LENGTH(bad); i++) {
        assert_refused(kube_str_c(bad[i].text), bad[i].offset, bad[i].problem);
        assert_agreement(kube_str_c(bad[i].text));
    }
}

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
            assert_null(disagreement(kube_str_n(end - len, len)));
            memcpy(pages + page, documents[i], len); /* touches the page before */
            assert_null(disagreement(kube_str_n(pages + page, len)));
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

/* --- strings ------------------------------------------------------------------------------------------------------ */

static kube_json_string string_of(const char *document)
{
    kube_json_reader r = reader(document);
    kube_json_string s;

    assert_true(kube_json_reader_read_string(&r, &s));
    assert_int_equal(kube_json_reader_finish(&r, NULL), KUBE_OK);
    return s;
}

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

/* --- numbers ------------------------------------------------------------------------------------------------------ */

static void integers_are_read_to_their_limits(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
        kube_status status;
    } cases[] = {
        { "0", 0, KUBE_OK },
        { "-0", 0, KUBE_OK },
        { "42", 42, KUBE_OK },
        { "-1", -1, KUBE_OK },
        { "9223372036854775807", INT64_MAX, KUBE_OK },
        { "9223372036854775808", 0, KUBE_ERR_LIMIT },
        { "-9223372036854775808", INT64_MIN, KUBE_OK },
        { "-9223372036854775809", 0, KUBE_ERR_LIMIT },
        { "18446744073709551616", 0, KUBE_ERR_LIMIT },
        { "123456789012345678901234567890", 0, KUBE_ERR_LIMIT },
        { "1.0", 0, KUBE_ERR_PARSE },
        { "1e2", 0, KUBE_ERR_PARSE },
        { "-", 0, KUBE_ERR_PARSE },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        kube_json_reader r = reader(cases[i].text);
        int64_t value = 99;

        assert_int_equal(kube_json_reader_read_int64(&r, &value), cases[i].status == KUBE_OK);
        assert_int_equal(kube_json_reader_status(&r, NULL), cases[i].status);
        assert_true(value == cases[i].value);
    }
}

static void doubles_are_the_nearest_ones(void **state)
{
    static const struct {
        const char *text;
        double value;
        kube_status status;
    } cases[] = {
        { "0.1", 0.1, KUBE_OK },
        { "-0.0", -0.0, KUBE_OK },
        { "1", 1, KUBE_OK },
        { "1e23", 1e23, KUBE_OK },
        { "9007199254740993", 9007199254740992.0, KUBE_OK },
        { "2.2250738585072011e-308", 2.2250738585072011e-308, KUBE_OK },
        { "5e-324", 5e-324, KUBE_OK },
        { "1e-400", 0, KUBE_OK },
        { "1.7976931348623157e308", 1.7976931348623157e308, KUBE_OK },
        { "1.7976931348623159e308", 0, KUBE_ERR_LIMIT },
        { "-1e400", 0, KUBE_ERR_LIMIT },
        { "1.", 0, KUBE_ERR_PARSE },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        kube_json_reader r = reader(cases[i].text);
        double value = 99;

        assert_int_equal(kube_json_reader_read_double(&r, &value), cases[i].status == KUBE_OK);
        assert_int_equal(kube_json_reader_status(&r, NULL), cases[i].status);
        assert_memory_equal(&value, &cases[i].value, sizeof value);
    }
}

static void the_locale_does_not_matter_to_numbers(void **state)
{
    static const char *const with_comma[] = { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE" };
    kube_json_reader r = reader("1.5");
    double value = 0;

    (void)state;
    for (size_t i = 0; i < LENGTH(with_comma) && setlocale(LC_NUMERIC, with_comma[i]) == NULL; i++)
        ; /* without such a locale there is less to see, but the call is the same */
    assert_true(kube_json_reader_read_double(&r, &value));
    setlocale(LC_NUMERIC, "C");
    assert_true(value == 1.5);
}

static void a_very_long_number_is_refused_only_as_a_double(void **state)
{
    char text[1200] = "0.";
    kube_json_reader r;
    double value;

    (void)state;
    memset(text + 2, '1', sizeof text - 3);
    text[1023] = '\0';
    r = reader(text);
    assert_true(kube_json_reader_read_double(&r, &value));
    text[1023] = '1';
    assert_accepted(kube_str_c(text));
    r = reader(text);
    assert_false(kube_json_reader_read_double(&r, &value));
    assert_int_equal(kube_json_reader_status(&r, NULL), KUBE_ERR_LIMIT);
}

/* --- failures ----------------------------------------------------------------------------------------------------- */

/* Walks as a decoder would: '{' and '[' enter and go to the first key or element, 'k' and 'e' go to the next one, and a
 * capital reads a value as an object, array, string, integer, double or bool. */
static bool follow(kube_json_reader *r, const char *steps)
{
    kube_json_string s;
    int64_t integer;
    double real;
    bool ok = true, yes;

    for (; *steps != '\0' && ok; steps++)
        switch (*steps) {
        case '{':
            ok = kube_json_reader_enter_object(r) && kube_json_reader_next_key(r, &s);
            break;
        case '[':
            ok = kube_json_reader_enter_array(r) && kube_json_reader_next_element(r);
            break;
        case 'k':
            ok = kube_json_reader_next_key(r, &s);
            break;
        case 'e':
            ok = kube_json_reader_next_element(r);
            break;
        case 'O':
            ok = kube_json_reader_enter_object(r);
            break;
        case 'A':
            ok = kube_json_reader_enter_array(r);
            break;
        case 'S':
            ok = kube_json_reader_read_string(r, &s);
            break;
        case 'I':
            ok = kube_json_reader_read_int64(r, &integer);
            break;
        case 'D':
            ok = kube_json_reader_read_double(r, &real);
            break;
        case 'B':
            ok = kube_json_reader_read_bool(r, &yes);
            break;
        default:
            fail_msg("unknown step %c", *steps);
        }
    return ok;
}

static void what_was_expected_and_what_was_found_are_named_with_their_place(void **state)
{
    static const struct {
        const char *document, *steps, *message;
    } cases[] = {
        { "[]", "O", "line 1, column 1: expected an object, found an array" },
        { "{\"a\":{}}", "{A", "line 1, column 6, at .a: expected an array, found an object" },
        { "{\"a\":1,\n \"b\": true}", "{kS", "line 2, column 7, at .b: expected a string, found true or false" },
        { "[0,[1,\"x\"]]", "[e[eI", "line 1, column 7, at [1][1]: expected a number, found a string" },
        { "{\"items\":[{},{\"x\":\"\"}]}", "{[e{D",
          "line 1, column 19, at .items[1].x: expected a number, found a string" },
        { "[[[[0]]]]", "[[[[B", "line 1, column 5, at [0][0][0][0]: expected true or false, found a number" },
        { "{\"a/b\":{\"\":0}}", "{{S", "line 1, column 12, at [\"a/b\"][\"\"]: expected a string, found a number" },
        { "{\"a\\\"b\":1}", "{S", "line 1, column 9, at [\"a\\\"b\"]: expected a string, found a number" },
        { "[1.5]", "[I", "line 1, column 2, at [0]: expected an integer, found a number with a fraction or exponent" },
        { "[1e999]", "[D", "line 1, column 2, at [0]: a number beyond the range of double" },
        { "[9223372036854775808]", "[I", "line 1, column 2, at [0]: an integer beyond 64 bits" },
        { "[1,{\"a\" 1}]", "[e{", "line 1, column 9, at [1]: a colon is missing" },
        { "{\"x\":1,\"a\" 1}", "{kS", "line 1, column 12: a colon is missing" },
        { "[[1 2]]", "[[e", "line 1, column 5, at [0]: neither a comma nor the end of the array" },
        { "[1,nul]", "[eS", "line 1, column 4, at [1]: neither true, false nor null" },
        { "[1,!]", "[eS", "line 1, column 4, at [1]: a value is missing" },
        { "[1,\"\\q\"]", "[eS", "line 1, column 5, at [1]: an unknown escape" },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        kube_json_reader r = reader(cases[i].document);
        kube_status st = strstr(cases[i].message, "beyond") != NULL ? KUBE_ERR_LIMIT : KUBE_ERR_PARSE;

        assert_false(follow(&r, cases[i].steps));
        assert_message(&r, st, cases[i].message);
    }
}

static void a_path_is_kept_short(void **state)
{
    kube_json_reader r = reader("[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]");
    char document[256], message[256];

    (void)state;
    assert_false(follow(&r, "[[[[[[[[[[[[[[[[[[S"));
    assert_message(&r, KUBE_ERR_PARSE,
                   "line 1, column 19, at [0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]...: "
                   "expected a string, found a number");

    snprintf(document, sizeof document, "{\"%063d\xc3\xa9xyz\":1}", 0); /* the cut would fall into the é */
    snprintf(message, sizeof message, "line 1, column 73, at .%063d...: expected a string, found a number", 0);
    r = reader(document);
    assert_false(follow(&r, "{S"));
    assert_message(&r, KUBE_ERR_PARSE, message);
}

static void the_first_failure_stays(void **state)
{
    kube_json_reader r = reader("[1,\"x\",{\"a\":[]}]");
    kube_json_string s = { { "x", 1 }, 1 };
    kube_str raw = { "x", 1 };
    int64_t n = 1;
    double d = 1;
    bool yes = true;

    (void)state;
    assert_false(follow(&r, "[eI"));
    assert_int_equal(kube_json_reader_next(&r), KUBE_JSON_TOKEN_ERROR);
    assert_int_equal(kube_json_reader_peek(&r), KUBE_JSON_TOKEN_ERROR);
    assert_false(kube_json_reader_next_key(&r, &s) || kube_json_reader_next_element(&r));
    assert_false(kube_json_reader_enter_object(&r) || kube_json_reader_enter_array(&r));
    assert_false(kube_json_reader_leave(&r) || kube_json_reader_skip(&r) || kube_json_reader_read_null(&r));
    assert_true(s.raw.len == 0 && s.escaped == 0);
    s.raw.len = 1;
    assert_false(kube_json_reader_read_string(&r, &s) || kube_json_reader_read_raw(&r, &raw));
    assert_false(kube_json_reader_read_int64(&r, &n) || kube_json_reader_read_double(&r, &d));
    assert_false(kube_json_reader_read_bool(&r, &yes));
    assert_true(s.raw.len == 0 && raw.len == 0 && n == 0 && d == 0 && !yes);
    assert_int_equal(kube_json_reader_string(&r).raw.len, 0);
    kube_json_reader_fail(&r, "something else");
    assert_int_equal(kube_json_reader_finish(&r, NULL), KUBE_ERR_PARSE);
    assert_message(&r, KUBE_ERR_PARSE, "line 1, column 4, at [1]: expected a number, found a string");
}

static void a_caller_can_fail_the_reader(void **state)
{
    kube_json_reader r = reader("{\"versions\":[{\"version\":\"\",\"x\":1}]}");

    (void)state;
    assert_true(follow(&r, "{[{S"));
    kube_json_reader_fail(&r, "a version must not be empty");
    assert_int_equal(kube_json_reader_finish(&r, NULL), KUBE_ERR_PARSE);
    assert_message(&r, KUBE_ERR_PARSE, "line 1, column 25, at .versions[0].version: a version must not be empty");

    r = reader("[{\"a\":1},{\"b\":2}]");
    assert_true(follow(&r, "[{I"));
    assert_false(follow(&r, "k")); /* behind the first object */
    kube_json_reader_fail(&r, "something is missing");
    assert_message(&r, KUBE_ERR_PARSE, "line 1, column 8, at [0]: something is missing");
}

static void calls_that_make_no_sense_fail_the_reader(void **state)
{
    static const struct {
        const char *document, *steps, *problem;
    } cases[] = {
        { "1", "k", "a key was asked for outside an object" },
        { "[1]", "[k", "a key was asked for outside an object" },
        { "{\"a\":1}", "{e", "an element was asked for outside an array" },
        { "[]", "AI", "a value was read where none stands" },
        { "{\"a\":1}", "OS", "a value was read where none stands" },
        { "1", "II", "a value was read where none stands" },
        { "null", "Ok", NULL },
        { "null", "Oe", "an element was asked for outside an array" },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        kube_json_reader r = reader(cases[i].document);
        kube_error *err = NULL;

        assert_false(follow(&r, cases[i].steps));
        if (cases[i].problem == NULL) {
            assert_int_equal(kube_json_reader_status(&r, NULL), KUBE_OK);
            continue;
        }
        assert_int_equal(kube_json_reader_finish(&r, &err), KUBE_ERR_INVALID_STATE);
        assert_non_null(strstr(kube_error_message(err), cases[i].problem));
        kube_error_free(err);
    }
}

static void leaving_what_was_never_entered_fails_the_reader(void **state)
{
    kube_json_reader r = reader("1");

    (void)state;
    assert_false(kube_json_reader_leave(&r));
    assert_int_equal(kube_json_reader_status(&r, NULL), KUBE_ERR_INVALID_STATE);
}

/* --- against jansson ---------------------------------------------------------------------------------------------- */

static void the_listed_differences_from_jansson_are_the_only_ones(void **state)
{
    static const char *const stricter_there[] = { "[9223372036854775808]", "-9223372036854775809", "[1e400]", "-1E999",
                                                  "{\"\\u0000\":1}",       "{\"a\\u0000b\":{}}" };

    (void)state;
    for (size_t i = 0; i < LENGTH(stricter_there); i++) {
        assert_accepted(kube_str_c(stricter_there[i]));
        assert_null(json_loads(stricter_there[i], JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL));
        assert_agreement(kube_str_c(stricter_there[i])); /* which knows the list */
    }
}

static void every_change_of_one_byte_is_judged_as_jansson_does(void **state)
{
    char document[sizeof sample - 1];

    (void)state;
    memcpy(document, sample, sizeof document);
    for (size_t i = 0; i < sizeof document; i++) {
        for (int c = 0; c < 256; c++) {
            document[i] = (char)c;
            assert_agreement(kube_str_n(document, sizeof document));
        }
        document[i] = sample[i];
    }
}

static uint32_t dice_state;

static uint32_t dice(uint32_t sides)
{
    dice_state = dice_state * 1664525u + 1013904223u;
    return (dice_state >> 8) % sides;
}

static void generate(kube_buf *out, unsigned depth)
{
    static const char *const leaves[] = { "0",
                                          "-1",
                                          "12.5e-3",
                                          "true",
                                          "false",
                                          "null",
                                          "\"\"",
                                          "\"abcdefghijklmnop\"",
                                          "\"\\u00e9\\n\"",
                                          "\"\xe2\x82\xac\"",
                                          "9223372036854775807",
                                          "\"\\ud83d\\ude00\"",
                                          "9223372036854775808",
                                          "1e309",
                                          "[]",
                                          "{}",
                                          "\"\\u0000\"" };
    static const char *const keys[] = { "\"a\":", "\"\" : ", "\"b\\u0062\":", "\"key of some length\":", "\"a\":" };
    uint32_t kind = depth == 0 ? 2 : dice(3), n = dice(5);

    if (kind == 2) {
        kube_buf_append_c(out, leaves[dice(LENGTH(leaves))]);
        return;
    }
    kube_buf_append_c(out, kind == 0 ? "[" : "{ ");
    for (uint32_t i = 0; i < n; i++) {
        kube_buf_append_c(out, i != 0 ? "," : "");
        kube_buf_append_c(out, kind == 1 ? keys[dice(LENGTH(keys))] : "");
        generate(out, depth - 1);
    }
    kube_buf_append_c(out, kind == 0 ? " ]" : "}");
}

static void generated_and_mutated_documents_are_judged_as_jansson_does(void **state)
{
    static const char bytes[] = "{}[]:,\"\\u0e1-+. \ntfn\xc3\xa9\x80\x01";
    kube_buf text = KUBE_BUF_INIT(1 << 20);

    (void)state;
    dice_state = 2026;
    for (size_t i = 0; i < 4000; i++) {
        kube_buf_reset(&text);
        generate(&text, 5);
        assert_int_equal(kube_buf_status(&text, NULL), KUBE_OK);
        assert_agreement(kube_buf_str(&text));
        for (size_t j = 0; j < 4; j++) {
            text.data[dice((uint32_t)text.len)] = bytes[dice(sizeof bytes - 1)];
            assert_agreement(kube_buf_str(&text));
        }
    }
    kube_buf_clear(&text);
}

int main(void)
{
    static const kube_allocator allocator = { sizeof allocator, NULL, test_allocate, test_reallocate, test_release };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_come_in_the_order_of_the_document),
        cmocka_unit_test(any_value_may_stand_alone),
        cmocka_unit_test(white_space_is_space_tab_and_line_ends_only),
        cmocka_unit_test(what_is_malformed_is_refused_where_it_goes_wrong),
        cmocka_unit_test(numbers_follow_the_grammar),
        cmocka_unit_test(escapes_and_surrogates_are_checked),
        cmocka_unit_test(only_valid_utf8_is_accepted),
        cmocka_unit_test(a_special_byte_is_seen_at_every_place_of_a_string),
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
        cmocka_unit_test(a_string_without_escapes_is_a_slice_of_the_document),
        cmocka_unit_test(escapes_are_decoded_the_same_by_every_function),
        cmocka_unit_test(keys_are_compared_by_their_text),
        cmocka_unit_test(a_nul_in_a_string_can_be_seen),
        cmocka_unit_test(a_scratch_that_failed_stays_failed),
        cmocka_unit_test(memory_that_runs_out_is_told_by_the_buffer_and_by_the_error),
        cmocka_unit_test(integers_are_read_to_their_limits),
        cmocka_unit_test(doubles_are_the_nearest_ones),
        cmocka_unit_test(the_locale_does_not_matter_to_numbers),
        cmocka_unit_test(a_very_long_number_is_refused_only_as_a_double),
        cmocka_unit_test(what_was_expected_and_what_was_found_are_named_with_their_place),
        cmocka_unit_test(a_path_is_kept_short),
        cmocka_unit_test(the_first_failure_stays),
        cmocka_unit_test(a_caller_can_fail_the_reader),
        cmocka_unit_test(calls_that_make_no_sense_fail_the_reader),
        cmocka_unit_test(leaving_what_was_never_entered_fails_the_reader),
        cmocka_unit_test(the_listed_differences_from_jansson_are_the_only_ones),
        cmocka_unit_test(every_change_of_one_byte_is_judged_as_jansson_does),
        cmocka_unit_test(generated_and_mutated_documents_are_judged_as_jansson_does),
    };

    if (kube_set_allocator(&allocator) != KUBE_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
