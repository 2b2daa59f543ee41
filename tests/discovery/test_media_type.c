#include "discovery_fixture.h"
#include "media_type.h"

static const char json[] = "{}";

static bool is_aggregated(const char *content_type)
{
    bool aggregated = false;

    assert_int_equal(kube__judge_answer(content_type, kube_str_c(json), 200, &aggregated, NULL), KUBE_OK);
    return aggregated;
}

static void aggregated_documents_are_known_by_three_parameters_in_any_order(void **state)
{
    (void)state;
    assert_true(is_aggregated("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"));
    assert_true(is_aggregated("application/json; as=APIGroupDiscoveryList;v=v2 ; g=apidiscovery.k8s.io"));
    assert_true(is_aggregated("\tapplication/json;\tas=APIGroupDiscoveryList;v=v2\t;g=apidiscovery.k8s.io"));
    assert_true(is_aggregated("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList;charset=utf-8"));
    assert_true(is_aggregated("Application/JSON;G=apidiscovery.k8s.io;V=\"v2\";AS=APIGroupDiscoveryList;"));
    assert_true(is_aggregated("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList;profile=nopeer"));
    assert_true(is_aggregated("application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"));
}

static void values_are_told_apart_by_case_and_none_may_be_missing(void **state)
{
    (void)state;
    assert_false(is_aggregated(NULL));
    assert_false(is_aggregated("application/json"));
    assert_false(is_aggregated("application/json;g=apidiscovery.k8s.io;v=v2"));
    assert_false(is_aggregated("application/json;g=apidiscovery.k8s.io;v=v3;as=APIGroupDiscoveryList"));
    assert_false(is_aggregated("application/json;g=apidiscovery.k8s.io;v=V2;as=APIGroupDiscoveryList"));
    assert_false(is_aggregated("application/json;g=Apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"));
    assert_false(is_aggregated("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscovery"));
    assert_false(is_aggregated("text/plain;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"));
    assert_false(is_aggregated("application/json;g=apidiscovery.k8s.io;v=\"v\\2\";as=APIGroupDiscoveryList"));
}

static void a_parameter_may_be_repeated_but_not_contradict_itself(void **state)
{
    bool aggregated = false;

    (void)state;
    assert_true(is_aggregated("application/json;g=apidiscovery.k8s.io;v=v2;v=v2;as=APIGroupDiscoveryList"));
    assert_int_equal(kube__judge_answer("application/json;v=v2;V=v1", kube_str_c(json), 200, &aggregated, NULL),
                     KUBE_ERR_PROTOCOL);
}

static void a_malformed_header_is_refused_whatever_the_body(void **state)
{
    static const char *const bad[] = { "",
                                       ";",
                                       "application/",
                                       "/json",
                                       "application/json;v",
                                       "application/json;=v2",
                                       "application/json v=v2",
                                       "application/j@son",
                                       "application/json;v=\"v2",
                                       "application/json;v=\"v2\\",
                                       "application/js\x7fon",
                                       "application/json;;v=v2" };
    kube_error *err = NULL;
    bool aggregated = false;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(kube__judge_answer(bad[i], kube_str_c(json), 200, &aggregated, NULL), KUBE_ERR_PROTOCOL);
    assert_int_equal(kube__judge_answer("application/json;v", kube_str_c(json), 200, &aggregated, &err),
                     KUBE_ERR_PROTOCOL);
    assert_string_equal(kube_error_message(err), "the Content-Type \"application/json;v\" cannot be read");
    kube_error_free(err);
}

static void more_parameters_than_anybody_sends_are_refused(void **state)
{
    char text[512] = "application/json";
    bool aggregated = false;

    (void)state;
    for (int i = 0; i < 40; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), ";p%d=x", i);
    assert_int_equal(kube__judge_answer(text, kube_str_c(json), 200, &aggregated, NULL), KUBE_ERR_PROTOCOL);
}

static void a_body_of_blanks_is_no_json_whatever_it_is_called(void **state)
{
    bool aggregated = false;

    (void)state;
    assert_int_equal(kube__judge_answer("text/plain", kube_str_c(" \t\r\n"), 200, &aggregated, NULL),
                     KUBE_ERR_PROTOCOL);
}

static void a_web_page_is_named_as_what_it_is(void **state)
{
    kube_error *err = NULL;
    bool aggregated = false;

    (void)state;
    assert_int_equal(
        kube__judge_answer("text/html; charset=utf-8", kube_str_c("<html>log in</html>"), 200, &aggregated, &err),
        KUBE_ERR_PROTOCOL);
    assert_string_equal(kube_error_message(err), "answered text/html, not JSON");
    kube_error_free(err);
    assert_int_equal(
        kube__judge_answer("application/vnd.kubernetes.protobuf", kube_str_n("k8s\0", 4), 200, &aggregated, NULL),
        KUBE_ERR_PROTOCOL);
}

static void a_name_without_end_is_cut(void **state)
{
    char text[1024], expected[256];
    kube_error *err = NULL;
    bool aggregated = false;

    (void)state;
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    snprintf(expected, sizeof expected, "answered %.200s, not JSON", text);
    assert_int_equal(kube__judge_answer(text, kube_str_c("<html>"), 200, &aggregated, &err), KUBE_ERR_PROTOCOL);
    assert_string_equal(kube_error_message(err), expected);
    kube_error_free(err);
}

static void json_under_another_name_is_read_as_a_legacy_document(void **state)
{
    bool aggregated = true;

    (void)state;
    assert_int_equal(kube__judge_answer("json", kube_str_c("null"), 200, &aggregated, NULL), KUBE_OK);
    assert_false(aggregated);
    aggregated = true;
    assert_int_equal(
        kube__judge_answer("text/plain", kube_str_c(" \n{\"kind\":\"APIVersions\"}"), 200, &aggregated, NULL), KUBE_OK);
    assert_false(aggregated);
}

static void an_empty_body_is_an_error_of_its_own(void **state)
{
    kube_error *err = NULL;
    bool aggregated = false;

    (void)state;
    assert_int_equal(kube__judge_answer("application/json", kube_str_n(NULL, 0), 200, &aggregated, &err),
                     KUBE_ERR_PROTOCOL);
    assert_string_equal(kube_error_message(err),
                        "0-length response with status code: 200 and content type: application/json");
    kube_error_free(err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(aggregated_documents_are_known_by_three_parameters_in_any_order),
        ALLOC_TRACE_TEST(values_are_told_apart_by_case_and_none_may_be_missing),
        ALLOC_TRACE_TEST(a_parameter_may_be_repeated_but_not_contradict_itself),
        ALLOC_TRACE_TEST(a_malformed_header_is_refused_whatever_the_body),
        ALLOC_TRACE_TEST(more_parameters_than_anybody_sends_are_refused),
        ALLOC_TRACE_TEST(a_web_page_is_named_as_what_it_is),
        cmocka_unit_test(a_body_of_blanks_is_no_json_whatever_it_is_called),
        ALLOC_TRACE_TEST(a_name_without_end_is_cut),
        ALLOC_TRACE_TEST(json_under_another_name_is_read_as_a_legacy_document),
        ALLOC_TRACE_TEST(an_empty_body_is_an_error_of_its_own),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
