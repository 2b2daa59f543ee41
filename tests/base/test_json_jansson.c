#include "json_fixture.h"

#include <jansson.h>

static const char sample[] = JSON_SAMPLE;

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
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_listed_differences_from_jansson_are_the_only_ones),
        cmocka_unit_test(every_change_of_one_byte_is_judged_as_jansson_does),
        cmocka_unit_test(generated_and_mutated_documents_are_judged_as_jansson_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
