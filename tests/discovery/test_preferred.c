/* What client-go's methods make of a snapshot. */
#include "discovery_fixture.h"

/* clang-format off: documents are laid out by hand */
#define NAMESPACED(name)                                                                                              \
    "{\"resource\":\"" name "\",\"responseKind\":{\"kind\":\"K\"},\"scope\":\"Namespaced\",\"verbs\":[\"get\"]}"
#define CLUSTER(name)                                                                                                 \
    "{\"resource\":\"" name "\",\"responseKind\":{\"kind\":\"K\"},\"scope\":\"Cluster\",\"verbs\":[\"get\"],"    \
    "\"subresources\":[{\"subresource\":\"status\",\"responseKind\":{\"kind\":\"K\"}}]}"
#define VERSION(version, resources) "{\"version\":\"" version "\",\"resources\":[" resources "]}"
#define STALE(version) "{\"version\":\"" version "\",\"resources\":[],\"freshness\":\"Stale\"}"
#define GROUP(name, versions) "{\"metadata\":{\"name\":\"" name "\"},\"versions\":[" versions "]}"
#define ITEMS(items) "{\"items\":[" items "]}"

typedef kube_status question(const kube_discovery_snapshot *s, kube_api_resource_lists **out, kube_error **err);

static kube_status everything(const kube_discovery_snapshot *s, kube_api_resource_lists **out, kube_error **err)
{
    return kube_discovery_snapshot_groups_and_resources(s, NULL, out, err);
}

/* Asks, and gives the snapshot back. */
static void expect(kube_discovery_snapshot *s, question *ask, kube_status status, const char *text, const char *message)
{
    kube_api_resource_lists *lists = NULL;
    kube_error *err = NULL;

    assert_int_equal(ask(s, &lists, &err), status);
    assert_string_equal(lists_text(lists), text);
    assert_string_equal(kube_error_message(err), message != NULL ? message : "no error");
    kube_error_free(err);
    kube_api_resource_lists_unref(lists);
    lists = NULL;
    assert_int_equal(ask(s, &lists, NULL), status); /* and without an error to fill in */
    kube_api_resource_lists_unref(lists);
    kube_discovery_snapshot_unref(s);
}

static kube_discovery_snapshot *of_versions(const char *versions)
{
    char document[4096];

    snprintf(document, sizeof document, ITEMS(GROUP("a", "%s")), versions);
    return aggregated_snapshot(NULL, document);
}

static void the_first_current_version_is_preferred(void **state)
{
    (void)state;
    expect(of_versions(VERSION("v2", NAMESPACED("x")) "," VERSION("v1", NAMESPACED("x"))),
           kube_discovery_snapshot_preferred_resources, KUBE_OK, "a/v2: x; a/v1:", NULL);
}

static void a_resource_that_the_preferred_version_lacks_comes_from_the_first_that_has_it(void **state)
{
    (void)state;
    expect(of_versions(VERSION("v3", NAMESPACED("x")) "," VERSION("v2", NAMESPACED("y")) "," VERSION(
               "v1", NAMESPACED("x") "," NAMESPACED("y") "," NAMESPACED("z"))),
           kube_discovery_snapshot_preferred_resources, KUBE_OK, "a/v3: x; a/v2: y; a/v1: z", NULL);
}

static void subresources_are_never_preferred(void **state)
{
    (void)state;
    expect(of_versions(VERSION("v1", CLUSTER("x") "," NAMESPACED("y"))), kube_discovery_snapshot_preferred_resources,
           KUBE_OK, "a/v1: x y", NULL);
}

static void lists_that_receive_nothing_stay_as_empty_ones(void **state)
{
    (void)state;
    expect(of_versions(VERSION("v2", "") "," VERSION("v1", "")), kube_discovery_snapshot_preferred_resources, KUBE_OK,
           "a/v2:; a/v1:", NULL);
}

static void resources_of_equal_names_in_different_groups_are_different(void **state)
{
    (void)state;
    expect(aggregated_snapshot(ITEMS(GROUP("", VERSION("v1", NAMESPACED("events")))),
                               ITEMS(GROUP("events.k8s.io", VERSION("v1", NAMESPACED("events"))))),
           kube_discovery_snapshot_preferred_resources, KUBE_OK, "v1: events; events.k8s.io/v1: events", NULL);
}

static void the_namespaced_question_drops_what_is_not_and_lists_left_empty(void **state)
{
    (void)state;
    expect(of_versions(VERSION("v2", CLUSTER("x")) "," VERSION("v1", CLUSTER("x") "," NAMESPACED("y"))),
           kube_discovery_snapshot_preferred_namespaced_resources, KUBE_OK, "a/v1: y", NULL);
}

static void a_stale_version_cannot_be_preferred_and_is_reported(void **state)
{
    static const char versions[] = STALE("v3") "," VERSION("v2", NAMESPACED("x")) "," VERSION("v1", NAMESPACED("x"));
    static const char message[] =
        "unable to retrieve the complete list of server APIs: a/v3: stale GroupVersion discovery: a/v3";

    (void)state;
    expect(of_versions(versions), kube_discovery_snapshot_preferred_resources, KUBE_ERR_PARTIAL, "a/v2: x; a/v1:",
           message);
    expect(of_versions(versions), kube_discovery_snapshot_preferred_namespaced_resources, KUBE_ERR_PARTIAL, "a/v2: x",
           message);
    expect(of_versions(versions), everything, KUBE_ERR_PARTIAL, "a/v2: x; a/v1: x", message);
}

static void when_all_is_stale_only_the_preferred_questions_say_so(void **state)
{
    (void)state;
    expect(of_versions(STALE("v1")), everything, KUBE_OK, "", NULL);
    expect(of_versions(STALE("v1")), kube_discovery_snapshot_preferred_resources, KUBE_ERR_PARTIAL, "",
           "unable to retrieve the complete list of server APIs: a/v1: stale GroupVersion discovery: a/v1");
}

static void all_that_is_stale_can_be_asked_for_in_any_case(void **state)
{
    kube_discovery_snapshot *s = of_versions(STALE("v1") "," STALE("v2"));
    kube_error *err = NULL;

    (void)state;
    assert_int_equal(kube_discovery_snapshot_failures(s, &err), KUBE_ERR_PARTIAL);
    assert_int_equal(kube_error_child_count(err), 2);
    assert_int_equal(kube_error_status(kube_error_child_at(err, 0)), KUBE_ERR_STALE);
    assert_string_equal(kube_error_subject(kube_error_child_at(err, 1)), "a/v2");
    kube_error_free(err);
    kube_discovery_snapshot_unref(s);
}

static void the_message_names_what_is_missing_in_the_order_of_strings(void **state)
{
    (void)state;
    expect(aggregated_snapshot(
               ITEMS(GROUP("", STALE("v1"))),
               ITEMS(GROUP("b", STALE("v1")) "," GROUP("apps", STALE("v1") "," STALE("v1-x") "," VERSION("v0", "")))),
           everything, KUBE_ERR_PARTIAL, "apps/v0:",
           "unable to retrieve the complete list of server APIs: apps/v1-x: stale GroupVersion discovery: apps/v1-x, "
           "apps/v1: stale GroupVersion discovery: apps/v1, b/v1: stale GroupVersion discovery: b/v1, "
           "v1: stale GroupVersion discovery: v1");
}

/* A legacy server: groups first, then list by list. */
static kube_discovery_snapshot *of_lists(const char *groups, const char *const *lists, size_t count)
{
    kube_discovery_snapshot_builder *b = NULL;
    kube_discovery_snapshot *s = NULL;
    kube_error *why;

    assert_int_equal(kube_discovery_snapshot_builder_new(0, &b, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_builder_add_groups(b, KUBE_DISCOVERY_DOCUMENT_GROUP_LIST,
                                                                kube_str_c(groups), "/apis", NULL),
                     KUBE_OK);
    for (size_t i = 0; i < count; i += 2) {
        if (lists[i + 1] != NULL) {
            assert_int_equal(kube_discovery_snapshot_builder_add_resources(b, lists[i], kube_str_c(lists[i + 1]), NULL),
                             KUBE_OK);
            continue;
        }
        why = NULL;
        (void)kube_error_set(&why, KUBE_ERR_SERVER, "broken");
        assert_int_equal(kube_discovery_snapshot_builder_add_failure(b, lists[i], why, NULL), KUBE_OK);
    }
    assert_int_equal(kube_discovery_snapshot_builder_build(b, &s, NULL), KUBE_OK);
    kube_discovery_snapshot_builder_free(b);
    return s;
}

#define LEGACY_VERSION(gv, v) "{\"groupVersion\":\"" gv "\",\"version\":\"" v "\"}"

static const char legacy_groups[] =
    "{\"groups\":[{\"name\":\"a\",\"versions\":[" LEGACY_VERSION("a/v1", "v1") "," LEGACY_VERSION("a/v2", "v2") ","
    LEGACY_VERSION("a/v3", "v3") "],\"preferredVersion\":" LEGACY_VERSION("a/v2", "v2") "}]}";

static void the_preferred_version_need_not_be_the_first(void **state)
{
    static const char *const lists[] = {
        "a/v3", "{\"resources\":[{\"name\":\"x\"},{\"name\":\"z\",\"namespaced\":true}]}",
        "a/v1", ("{\"resources\":[{\"name\":\"x\"},{\"name\":\"x/status\"},"
                 "{\"name\":\"y\",\"namespaced\":true},{\"name\":\"z\"}]}"),
        "a/v2", "{\"resources\":[{\"name\":\"y\",\"namespaced\":true},{\"name\":\"x\"}]}",
    };

    (void)state;
    expect(of_lists(legacy_groups, lists, COUNT_OF(lists)), kube_discovery_snapshot_preferred_resources, KUBE_OK,
           "a/v1: z; a/v2: y x; a/v3:", NULL);
    expect(of_lists(legacy_groups, lists, COUNT_OF(lists)), kube_discovery_snapshot_preferred_namespaced_resources,
           KUBE_OK, "a/v2: y", NULL);
}

static void a_preferred_version_without_a_list_is_passed_over(void **state)
{
    static const char *const lists[] = { "a/v1", "{\"resources\":[{\"name\":\"x\"}]}", "a/v2", NULL,
                                         "a/v3", "{\"resources\":[{\"name\":\"x\"},{\"name\":\"y\"}]}" };
    static const char message[] = "unable to retrieve the complete list of server APIs: a/v2: broken";

    (void)state;
    expect(of_lists(legacy_groups, lists, COUNT_OF(lists)), kube_discovery_snapshot_preferred_resources,
           KUBE_ERR_PARTIAL, "a/v1: x; a/v3: y", message);
    expect(of_lists(legacy_groups, lists, COUNT_OF(lists)), everything, KUBE_ERR_PARTIAL,
           "a/v1: x; a/v3: x y", message);
}

static void failures_of_a_legacy_server_are_reported_even_when_nothing_is_left(void **state)
{
    static const char *const lists[] = { "a/v1", NULL, "a/v2", NULL, "a/v3", NULL };
    static const char message[] =
        "unable to retrieve the complete list of server APIs: a/v1: broken, a/v2: broken, a/v3: broken";

    (void)state;
    expect(of_lists(legacy_groups, lists, COUNT_OF(lists)), everything, KUBE_ERR_PARTIAL, "", message);
    expect(of_lists(legacy_groups, lists, COUNT_OF(lists)), kube_discovery_snapshot_preferred_resources,
           KUBE_ERR_PARTIAL, "", message);
}

static void of_a_name_that_a_preferred_version_has_twice_the_last_one_is_taken(void **state)
{
    kube_discovery_snapshot *s = of_versions(
        VERSION("v1", CLUSTER("x") "," NAMESPACED("y") "," NAMESPACED("x")) ","
        VERSION("v0", NAMESPACED("z") "," CLUSTER("z")));
    kube_api_resource_lists *lists = NULL;

    (void)state;
    assert_int_equal(kube_discovery_snapshot_preferred_resources(s, &lists, NULL), KUBE_OK);
    assert_string_equal(lists_text(lists), "a/v1: y x; a/v0: z");
    assert_true(kube_api_resource_is_namespaced(kube_api_resource_list_at(kube_api_resource_lists_at(lists, 0), 1)));
    assert_true(kube_api_resource_is_namespaced(kube_api_resource_list_at(kube_api_resource_lists_at(lists, 1), 0)));
    kube_api_resource_lists_unref(lists);
    kube_discovery_snapshot_unref(s);
}

static void of_a_group_version_listed_twice_the_last_list_receives_the_choice(void **state)
{
    (void)state;
    expect(aggregated_snapshot(NULL, ITEMS(GROUP("a", VERSION("v1", NAMESPACED("x"))) ","
                                           GROUP("a", VERSION("v1", NAMESPACED("y"))))),
           kube_discovery_snapshot_preferred_resources, KUBE_OK, "a/v1:; a/v1: y", NULL);
}

static void mixed_formats_forget_what_came_with_the_groups(void **state)
{
    kube_discovery_snapshot_builder *b = NULL;
    kube_discovery_snapshot *s = NULL;

    (void)state;
    assert_int_equal(kube_discovery_snapshot_builder_new(0, &b, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_builder_add_groups(b, KUBE_DISCOVERY_DOCUMENT_API_VERSIONS,
                                                                kube_str_c("{\"versions\":[\"v1\"]}"), "/api", NULL),
                     KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_builder_add_groups(
                         b, KUBE_DISCOVERY_DOCUMENT_AGGREGATED,
                         kube_str_c(ITEMS(GROUP("a", VERSION("v1", NAMESPACED("x")) "," STALE("v2")))), "/apis", NULL),
                     KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_builder_build(b, &s, NULL), KUBE_OK);
    kube_discovery_snapshot_builder_free(b);
    assert_string_equal(groups_text(kube_discovery_snapshot_groups(s)), "[v1*] a[a/v1*]");
    assert_int_equal(kube_group_version_state_of(kube_discovery_snapshot_group_version(s, "a/v1")),
                     KUBE_GROUP_VERSION_ABSENT);
    assert_int_equal(kube_discovery_snapshot_resource_count(s), 0);
    expect(s, everything, KUBE_OK, "", NULL);
}

static void groups_come_with_the_lists_and_either_can_be_left_out(void **state)
{
    kube_discovery_snapshot *s = of_versions(VERSION("v1", NAMESPACED("x")));
    kube_api_group_list *groups = NULL;
    kube_api_resource_lists *lists = NULL;

    (void)state;
    assert_int_equal(kube_discovery_snapshot_groups_and_resources(s, &groups, &lists, NULL), KUBE_OK);
    assert_string_equal(groups_text(groups), "a[a/v1*]");
    assert_string_equal(lists_text(lists), "a/v1: x");
    kube_api_group_list_unref(groups);
    kube_api_resource_lists_unref(lists);
    assert_int_equal(kube_discovery_snapshot_groups_and_resources(s, NULL, NULL, NULL), KUBE_OK);
    kube_discovery_snapshot_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(the_first_current_version_is_preferred),
        ALLOC_TRACE_TEST(a_resource_that_the_preferred_version_lacks_comes_from_the_first_that_has_it),
        ALLOC_TRACE_TEST(subresources_are_never_preferred),
        ALLOC_TRACE_TEST(lists_that_receive_nothing_stay_as_empty_ones),
        ALLOC_TRACE_TEST(resources_of_equal_names_in_different_groups_are_different),
        ALLOC_TRACE_TEST(the_namespaced_question_drops_what_is_not_and_lists_left_empty),
        ALLOC_TRACE_TEST(a_stale_version_cannot_be_preferred_and_is_reported),
        ALLOC_TRACE_TEST(when_all_is_stale_only_the_preferred_questions_say_so),
        ALLOC_TRACE_TEST(all_that_is_stale_can_be_asked_for_in_any_case),
        ALLOC_TRACE_TEST(the_message_names_what_is_missing_in_the_order_of_strings),
        ALLOC_TRACE_TEST(the_preferred_version_need_not_be_the_first),
        ALLOC_TRACE_TEST(a_preferred_version_without_a_list_is_passed_over),
        ALLOC_TRACE_TEST(failures_of_a_legacy_server_are_reported_even_when_nothing_is_left),
        ALLOC_TRACE_TEST(of_a_name_that_a_preferred_version_has_twice_the_last_one_is_taken),
        ALLOC_TRACE_TEST(of_a_group_version_listed_twice_the_last_list_receives_the_choice),
        ALLOC_TRACE_TEST(mixed_formats_forget_what_came_with_the_groups),
        ALLOC_TRACE_TEST(groups_come_with_the_lists_and_either_can_be_left_out),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
