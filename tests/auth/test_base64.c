#include "alloc_trace.h"
#include "base64.h"
#include "cmocka_all.h"

static void what_is_encoded_decodes_to_itself(void **state)
{
    static const struct {
        const char *plain, *coded;
    } pairs[] = {
        { "", "" },         { "f", "Zg==" },         { "fo", "Zm8=" },         { "foo", "Zm9v" },
        { "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" }, { "\xff\xfe\xfb", "//77" },
        { "\xfb\xef\xbe", "++++" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        kube_buf coded = KUBE_BUF_INIT(100);
        char plain[100];
        size_t len = 99;

        kube__base64_append(&coded, kube_str_c(pairs[i].plain));
        assert_true(kube_str_is(kube_buf_str(&coded), pairs[i].coded));
        assert_true(kube__base64_decode(kube_buf_str(&coded), plain, &len));
        assert_true(kube_str_is(kube_str_n(plain, len), pairs[i].plain));
        assert_true(len <= kube__base64_decoded_max(coded.len));
        kube_buf_clear(&coded);
    }
}

static void line_breaks_are_skipped(void **state)
{
    char plain[100];
    size_t len = 0;

    (void)state;
    assert_true(kube__base64_decode(kube_str_c("Zm9\nvYm\r\nE=\n"), plain, &len));
    assert_true(kube_str_is(kube_str_n(plain, len), "fooba"));
}

static void what_is_not_standard_base64_is_refused(void **state)
{
    static const char *const bad[] = {
        "Z",     "Zg",       "Zg=",  "Zm8",  "Zg===", "=",     "====", "Z===",
        "Zm9v=", "Zg==Zg==", "Zm9-", "Zm9_", "Zm 9v", "Zm9v!", "Zg=g", "Zm8==", "Zm9{",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char plain[100];
        size_t len;

        if (kube__base64_decode(kube_str_c(bad[i]), plain, &len))
            fail_msg("%s was accepted", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(what_is_encoded_decodes_to_itself),
        ALLOC_TRACE_TEST(line_breaks_are_skipped),
        ALLOC_TRACE_TEST(what_is_not_standard_base64_is_refused),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
