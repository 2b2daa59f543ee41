#include "discovery_fixture.h"
#include "names.h"

static void group_names_are_dns_subdomains(void **state)
{
    static const char *const good[] = { "a", "apps", "rbac.authorization.k8s.io", "a-b.c", "1.2", "x9" };
    static const char *const bad[] = { "",     ".",    "..",  "a.",  ".a",  "a..b", "-a",    "a-",    "a-.b",
                                       "a.-b", "Apps", "a/b", "a b", "a_b", "é",    "..%2f", "a\x7f", "con:" };
    char longest[255];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_true(kube__is_dns1123_subdomain(kube_str_c(good[i])));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(kube__is_dns1123_subdomain(kube_str_c(bad[i])));
    memset(longest, 'a', sizeof longest);
    assert_true(kube__is_dns1123_subdomain(kube_str_n(longest, 253)));
    assert_false(kube__is_dns1123_subdomain(kube_str_n(longest, 254)));
}

static void versions_are_dns_labels_that_begin_with_a_letter(void **state)
{
    static const char *const good[] = { "v1", "v1beta1", "v", "alpha-2" };
    static const char *const bad[] = { "", "1", "v1-", "-v1", "V1", "v1.1", "v/1", "..", "v\n" };
    char longest[64];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_true(kube__is_dns1035_label(kube_str_c(good[i])));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(kube__is_dns1035_label(kube_str_c(bad[i])));
    memset(longest, 'v', sizeof longest);
    assert_true(kube__is_dns1035_label(kube_str_n(longest, 63)));
    assert_false(kube__is_dns1035_label(kube_str_n(longest, 64)));
}

static void control_characters_are_found_in_ascii_and_beyond(void **state)
{
    (void)state;
    assert_true(kube__has_control(kube_str_n("a\0b", 3)));
    assert_true(kube__has_control(kube_str_c("\x1b[2J")));
    assert_true(kube__has_control(kube_str_c("a\x7f")));
    assert_true(kube__has_control(kube_str_c("\xc2\x9b"))); /* U+009B, which terminals take for an escape sequence */
    assert_false(kube__has_control(kube_str_c("\xc2\xa0 \xc3\xa9 \xe2\x82\xac")));
    assert_false(kube__has_control(kube_str_n("a\xc2\x9b", 2))); /* what is behind the end does not count */
    assert_false(kube__has_control(kube_str_c("")));
}

static void a_group_version_is_a_version_with_or_without_a_group(void **state)
{
    kube_str group, version;

    (void)state;
    assert_int_equal(kube__group_version_parse("v1", &group, &version, NULL), KUBE_OK);
    assert_true(kube_str_is(group, "") && kube_str_is(version, "v1"));
    assert_int_equal(kube__group_version_parse("apps/v1", &group, &version, NULL), KUBE_OK);
    assert_true(kube_str_is(group, "apps") && kube_str_is(version, "v1"));
}

static void what_could_leave_its_place_in_a_path_is_no_group_version(void **state)
{
    static const char *const bad[] = { "/",     "/v1",     "apps/",     "a/b/c",       ".",    "..",
                                       "../v1", "apps/..", "apps/v\n1", "../../etc/x", "a/./b" };
    kube_str group, version;
    kube_error *err = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(kube__group_version_parse(bad[i], &group, &version, NULL), KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube__group_version_parse("a/b/c", &group, &version, &err), KUBE_ERR_INVALID_ARG);
    assert_string_equal(kube_error_message(err), "unexpected GroupVersion string: a/b/c");
    kube_error_free(err);
    assert_int_equal(kube__group_version_parse(NULL, &group, &version, &err), KUBE_ERR_INVALID_ARG);
    assert_string_equal(kube_error_message(err), "groupVersion shouldn't be empty");
    kube_error_free(err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(group_names_are_dns_subdomains),
        ALLOC_TRACE_TEST(versions_are_dns_labels_that_begin_with_a_letter),
        ALLOC_TRACE_TEST(control_characters_are_found_in_ascii_and_beyond),
        ALLOC_TRACE_TEST(a_group_version_is_a_version_with_or_without_a_group),
        ALLOC_TRACE_TEST(what_could_leave_its_place_in_a_path_is_no_group_version),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
