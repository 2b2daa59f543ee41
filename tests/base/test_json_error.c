#include "json_fixture.h"

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
        { "{\"a_-Z9\":1}", "{S", "line 1, column 10, at .a_-Z9: expected a string, found a number" },
        { "{\"a+\":1}", "{S", "line 1, column 7, at [\"a+\"]: expected a string, found a number" },
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

    r = reader("[[[[[[[[[[[[[[[[{\"deep\":{\"deeper\":1}}]]]]]]]]]]]]]]]]");
    assert_false(follow(&r, "[[[[[[[[[[[[[[[[{{S"));
    assert_message(&r, KUBE_ERR_PARSE,
                   "line 1, column 35, at [0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]...: "
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_expected_and_what_was_found_are_named_with_their_place),
        cmocka_unit_test(a_path_is_kept_short),
        cmocka_unit_test(the_first_failure_stays),
        cmocka_unit_test(a_caller_can_fail_the_reader),
        cmocka_unit_test(calls_that_make_no_sense_fail_the_reader),
        cmocka_unit_test(leaving_what_was_never_entered_fails_the_reader),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
