#include "alloc_trace.h"
#include "cmocka_all.h"
#include "yaml_tree.h"

/* A document, as JSON; or its failure, as "status: message". */
static void render(const char *text, kube_buf *out)
{
    kube__pool pool = { NULL };
    const kube__yaml_node *root = NULL;
    kube_error *err = NULL;
    kube_status st = kube__yaml_parse(kube_str_c(text), "f", &pool, &root, &err);

    kube_buf_reset(out);
    if (st != KUBE_OK)
        kube_buf_append_f(out, "%s: %s", kube_status_name(st), kube_error_message(err));
    else if (root == NULL)
        kube_buf_append_c(out, "nothing");
    else if (!kube__yaml_append_json(out, root))
        kube_buf_append_c(out, " no JSON");
    kube_error_free(err);
    kube__pool_clear(&pool);
}

static void check(const char *text, const char *expected)
{
    kube_buf out = KUBE_BUF_INIT(10000);

    render(text, &out);
    if (!kube_str_is(kube_buf_str(&out), expected))
        fail_msg("%s\ngave     %s\ninstead of %s", text, out.data, expected);
    kube_buf_clear(&out);
}

static void plain_scalars_have_the_types_kubectl_gives_them(void **state)
{
    static const char *const cases[][2] = {
        { "[~, null, Null, NULL, ]", "[null,null,null,null]" },
        { "a:", "{\"a\":null}" },
        { "[true, True, yes, on, y, Y]", "[true,true,true,true,true,true]" },
        { "[false, NO, off, n]", "[false,false,false,false]" },
        { "[0, 12, -7, 1.5, -0.25e-3, 433e40, 1E5, 1e+5]", "[0,12,-7,1.5,-0.25e-3,433e40,1E5,1e+5]" },
        { "[abc, 1.2.3, 12ab, -, 1e, 0xg, _1, 2001-01-01, tRUE]",
          "[\"abc\",\"1.2.3\",\"12ab\",\"-\",\"1e\",\"0xg\",\"_1\",\"2001-01-01\",\"tRUE\"]" },
        { "[0x_, 0b2, 0o8, 1e+, 1ex]", "[\"0x_\",\"0b2\",\"0o8\",\"1e+\",\"1ex\"]" },
        { "['12', \"true\", '~']", "[\"12\",\"true\",\"~\"]" },
        { "[!!str 12, !!int 7, ! true]", "[\"12\",7,\"true\"]" },
        { "a: |\n  x\n  y\n", "{\"a\":\"x\\u000ay\\u000a\"}" },
        { "\"\\x7f\"", "\"\\u007f\"" },
        { "[\"\\\"\\\\\\u0001\\u00e9\"]", "[\"\\\"\\\\\\u0001\xc3\xa9\"]" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check(cases[i][0], cases[i][1]);
}

static void numbers_that_json_does_not_know_have_no_json_form(void **state)
{
    static const char *const texts[] = { "0x10", "1_000", ".inf", ".5",   "+1",  "010", "1.",
                                         "0X1F", "0b101", "0B1",  "0o17", "0O7", "+1.5" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        kube_buf out = KUBE_BUF_INIT(1000);

        render(texts[i], &out);
        assert_non_null(strstr(out.data, "no JSON"));
        kube_buf_clear(&out);
    }
}

static void json_is_read_as_it_is(void **state)
{
    (void)state;
    check("{\"a\": {\"b\": [1, \"x\", null]}, \"c\":true}", "{\"a\":{\"b\":[1,\"x\",null]},\"c\":true}");
    check("{\n\t\"a\":1,\n\t\"b\":\"\\/\"\n}\n", "{\"a\":1,\"b\":\"/\"}");
}

static void only_the_first_document_counts(void **state)
{
    (void)state;
    check("", "nothing");
    check(NULL, "nothing");
    check("# only a comment\n", "nothing");
    check("---\n", "null");
    check("a: 1\n---\nb: 2\n", "{\"a\":1}");
    check("a: 1\n...\n%%% whatever", "{\"a\":1}");
}

static void an_alias_means_what_its_anchor_meant(void **state)
{
    (void)state;
    check("a: &x [1]\nb: *x\n", "{\"a\":[1],\"b\":[1]}");
    check("- &x 1\n- &x 2\n- *x\n", "[1,2,2]");
    check("- &x 1\n- &y 2\n- *x\n", "[1,2,1]");
}

static void what_cannot_be_read_is_refused_with_its_place(void **state)
{
    static const char *const cases[][2] = {
        { "a: [1, 2", "f:2:1: not valid YAML" },
        { "a: b: c", "f:1:5: not valid YAML" },
        { "a: *x", "f:1:4: an alias without an anchor before it" },
        { "a: &x [*x]", "f:1:8: an alias without an anchor before it" },
        { "&x {a: *x}", "an alias without an anchor before it" },
        { "[1]: 2", "f:1:1: a list or a mapping cannot be a key" },
        { "? {a: b}\n: 2", "f:1:3: a list or a mapping cannot be a key" },
        { "<<: {a: b}", "f:1:1: merge keys (<<) are not supported" },
        { "a: !!binary aGk=", "a tag that is not supported" },
        { "a: !!int x", "a tag that is not supported, or does not fit its value" },
        { "a: !!int \"1\\0\"", "a tag that is not supported, or does not fit its value" },
        { "a: !Ref x", "a tag that is not supported" },
        { "a: \xff\xfe", "not valid YAML" },
        { "a:\n\t- b", "f:2:1: not valid YAML" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kube_buf out = KUBE_BUF_INIT(1000);

        render(cases[i][0], &out);
        if (strstr(out.data, cases[i][1]) == NULL)
            fail_msg("%s gave %s", cases[i][0], out.data);
        kube_buf_clear(&out);
    }
}

/* opens times "[" or "{a: ", then its end. */
static void nested(kube_buf *text, const char *open, size_t times, const char *close)
{
    kube_buf_reset(text);
    for (size_t i = 0; i < times; i++)
        kube_buf_append_c(text, open);
    for (size_t i = 0; i < times; i++)
        kube_buf_append_c(text, close);
}

static void nesting_has_a_ceiling(void **state)
{
    kube_buf text = KUBE_BUF_INIT(1 << 20), out = KUBE_BUF_INIT(1 << 20);

    (void)state;
    nested(&text, "[", KUBE__YAML_MAX_DEPTH, "]");
    render(text.data, &out);
    assert_true(kube_str_equal(kube_buf_str(&out), kube_buf_str(&text)));
    nested(&text, "[", KUBE__YAML_MAX_DEPTH + 1, "]");
    check(text.data, "limit: f:1:65: the document is nested too deeply");
    nested(&text, "{a: ", 100000, "}");
    check(text.data, "limit: f:1:257: the document is nested too deeply");
    kube_buf_clear(&text);
    kube_buf_clear(&out);
}

static void the_number_of_values_and_anchors_has_a_ceiling(void **state)
{
    static const char *const values[] = { "a,", "[],", "*x," };
    kube_buf text = KUBE_BUF_INIT(1 << 20), out = KUBE_BUF_INIT(1 << 20);

    (void)state;
    for (size_t v = 0; v < COUNT_OF(values); v++) {
        kube_buf_reset(&text);
        kube_buf_append_c(&text, "[&x a,");
        for (size_t i = 0; i < KUBE__YAML_MAX_NODES; i++)
            kube_buf_append_c(&text, values[v]);
        kube_buf_append_char(&text, ']');
        render(text.data, &out);
        assert_non_null(strstr(out.data, "too many values"));
    }
    kube_buf_reset(&text);
    for (int i = 0; i <= KUBE__YAML_MAX_ANCHORS; i++)
        kube_buf_append_f(&text, "- &a%d x\n", i);
    render(text.data, &out);
    assert_non_null(strstr(out.data, "too many anchors"));
    kube_buf_clear(&text);
    kube_buf_clear(&out);
}

/* A small text that means 10^30 values: it costs nothing to read, and writing it out ends at the ceiling. */
static void a_bomb_of_aliases_stays_small(void **state)
{
    kube_buf text = KUBE_BUF_INIT(1 << 20), out = KUBE_BUF_INIT(100000);
    kube__pool pool = { NULL };
    const kube__yaml_node *root = NULL;

    (void)state;
    kube_buf_append_c(&text, "- &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 30; i++)
        kube_buf_append_f(&text, "- &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i - 1, i - 1, i - 1,
                          i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    assert_int_equal(kube__yaml_parse(kube_buf_str(&text), "f", &pool, &root, NULL), KUBE_OK);
    assert_true(alloc_trace_live_bytes() < 1024 * 1024);
    assert_false(kube__yaml_append_json(&out, root));
    assert_int_equal(kube_buf_status(&out, NULL), KUBE_ERR_LIMIT);
    kube_buf_clear(&text);
    kube_buf_clear(&out);
    kube__pool_clear(&pool);
}

/* Nesting by aliases is not nesting of the text. */
static void a_chain_of_aliases_is_not_followed_for_ever(void **state)
{
    kube_buf text = KUBE_BUF_INIT(1 << 20), out = KUBE_BUF_INIT(100000);

    (void)state;
    kube_buf_append_c(&text, "- &a0 [x]\n");
    for (int i = 1; i < 200; i++)
        kube_buf_append_f(&text, "- &a%d [*a%d]\n", i, i - 1);
    render(text.data, &out);
    assert_non_null(strstr(out.data, "no JSON"));
    kube_buf_clear(&text);
    kube_buf_clear(&out);
}

static void keys_are_found_by_case_and_the_last_one_counts(void **state)
{
    kube__pool pool = { NULL };
    const kube__yaml_node *root = NULL;

    (void)state;
    assert_int_equal(kube__yaml_parse(kube_str_c("a: 1\nA: 2\na: 3\nn: null\n"), "f", &pool, &root, NULL), KUBE_OK);
    assert_true(kube_str_is(kube__yaml_get(root, "a")->text, "3"));
    assert_true(kube_str_is(kube__yaml_get(root, "A")->text, "2"));
    assert_null(kube__yaml_get(root, "n"));
    assert_null(kube__yaml_get(root, "x"));
    assert_null(kube__yaml_get(kube__yaml_get(root, "a"), "x"));
    assert_int_equal(kube__yaml_get(root, "a")->line, 3);
    assert_int_equal(kube__yaml_get(root, "a")->column, 4);
    kube__pool_clear(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(plain_scalars_have_the_types_kubectl_gives_them),
        ALLOC_TRACE_TEST(numbers_that_json_does_not_know_have_no_json_form),
        ALLOC_TRACE_TEST(json_is_read_as_it_is),
        ALLOC_TRACE_TEST(only_the_first_document_counts),
        ALLOC_TRACE_TEST(an_alias_means_what_its_anchor_meant),
        ALLOC_TRACE_TEST(what_cannot_be_read_is_refused_with_its_place),
        ALLOC_TRACE_TEST(nesting_has_a_ceiling),
        ALLOC_TRACE_TEST(the_number_of_values_and_anchors_has_a_ceiling),
        ALLOC_TRACE_TEST(a_bomb_of_aliases_stays_small),
        ALLOC_TRACE_TEST(a_chain_of_aliases_is_not_followed_for_ever),
        ALLOC_TRACE_TEST(keys_are_found_by_case_and_the_last_one_counts),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
