#include "discovery_fixture.h"

/* clang-format off: documents are laid out by hand */
#define ITEMS(items)                                                                                                  \
    "{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":\"apidiscovery.k8s.io/v2\",\"items\":[" items "]}"
#define GROUP(name, versions) "{\"metadata\":{\"name\":\"" name "\"},\"versions\":[" versions "]}"
#define VERSION(version, resources)                                                                                   \
    "{\"version\":\"" version "\",\"resources\":[" resources "],\"freshness\":\"Current\"}"
#define STALE(version, resources) "{\"version\":\"" version "\",\"resources\":[" resources "],\"freshness\":\"Stale\"}"
#define KIND(kind) "\"responseKind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"" kind "\"}"
#define RESOURCE(name) "{\"resource\":\"" name "\"," KIND("Thing") ",\"scope\":\"Namespaced\",\"verbs\":[\"get\"]}"

static const kube_api_resource_list *list_of(const kube_discovery_snapshot *s, const char *group_version)
{
    return kube_group_version_resources(kube_discovery_snapshot_group_version(s, group_version));
}

/* The one resource list of a core group, as its resources' texts. */
static const char *resources_text(const char *resources)
{
    static char text[DISCOVERY_TEXT_BYTES];
    char document[4096];
    kube_discovery_snapshot *s;
    const kube_api_resource_list *list;

    snprintf(document, sizeof document, ITEMS(GROUP("", VERSION("v1", "%s"))), resources);
    s = aggregated_snapshot(document, NULL);
    list = list_of(s, "v1");
    text[0] = '\0';
    for (size_t i = 0; i < kube_api_resource_list_count(list); i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i > 0 ? "; " : "",
                 resource_text(kube_api_resource_list_at(list, i)));
    kube_discovery_snapshot_unref(s);
    return text;
}

static void a_resource_takes_its_names_from_the_document(void **state)
{
    (void)state;
    assert_string_equal(resources_text("{\"resource\":\"pods\",\"responseKind\":{\"group\":\"\",\"version\":\"v1\","
                                       "\"kind\":\"Pod\"},\"scope\":\"Namespaced\",\"singularResource\":\"pod\","
                                       "\"verbs\":[\"get\",\"list\"],\"shortNames\":[\"po\"],"
                                       "\"categories\":[\"all\"]}"),
                        "pods singular=pod kind=/v1/Pod namespaced verbs=get,list short=po categories=all");
    assert_string_equal(resources_text("{\"resource\":\"nodes\",\"responseKind\":{\"kind\":\"Node\"},"
                                       "\"scope\":\"Cluster\",\"singularResource\":\"node\",\"verbs\":[]}"),
                        "nodes singular=node kind=//Node cluster");
}

static void only_the_scope_namespaced_is_namespaced(void **state)
{
    (void)state;
    assert_string_equal(resources_text("{\"resource\":\"a\"," KIND("A") ",\"scope\":\"namespaced\"}"),
                        "a singular= kind=/v1/A cluster");
    assert_string_equal(resources_text("{\"resource\":\"a\"," KIND("A") "}"), "a singular= kind=/v1/A cluster");
}

static void subresources_follow_their_parent_and_inherit_from_it(void **state)
{
    (void)state;
    assert_string_equal(
        resources_text("{\"resource\":\"pods\"," KIND("Pod") ",\"scope\":\"Namespaced\",\"singularResource\":\"pod\","
                       "\"verbs\":[\"get\"],\"shortNames\":[\"po\"],\"categories\":[\"all\"],\"subresources\":["
                       "{\"subresource\":\"status\"," KIND("Pod") ",\"verbs\":[\"patch\"],\"acceptedTypes\":[{}]},"
                       "{\"subresource\":\"eviction\",\"responseKind\":{\"group\":\"policy\",\"version\":\"v1\","
                       "\"kind\":\"Eviction\"},\"verbs\":[\"create\"]}]}," RESOURCE("things")),
        "pods singular=pod kind=/v1/Pod namespaced verbs=get short=po categories=all; "
        "pods/status singular=pod kind=/v1/Pod namespaced verbs=patch; "
        "pods/eviction singular=pod kind=policy/v1/Eviction namespaced verbs=create; "
        "things singular= kind=/v1/Thing namespaced verbs=get");
}

static void a_parent_without_a_kind_is_there_only_through_its_subresources(void **state)
{
    (void)state;
    assert_string_equal(
        resources_text("{\"resource\":\"*\",\"responseKind\":null,\"scope\":\"Namespaced\",\"singularResource\":\"x\","
                       "\"subresources\":[{\"subresource\":\"a\"," KIND("A") "},"
                       "{\"subresource\":\"b\"," KIND("B") "}]}"),
        "*/a singular=x kind=/v1/A namespaced; */b singular=x kind=/v1/B namespaced");
    assert_string_equal(resources_text("{\"resource\":\"y\",\"responseKind\":{\"group\":\"\",\"version\":\"\","
                                       "\"kind\":\"\"},\"subresources\":[{\"subresource\":\"a\"," KIND("A") "}]}"),
                        "y/a singular= kind=/v1/A cluster");
    assert_string_equal(resources_text("{\"resource\":\"z\"}," RESOURCE("things")),
                        "things singular= kind=/v1/Thing namespaced verbs=get");
}

static void a_subresource_without_a_kind_is_dropped(void **state)
{
    (void)state;
    assert_string_equal(resources_text("{\"resource\":\"a\"," KIND("A") ",\"subresources\":[{\"subresource\":\"x\"},"
                                       "{\"subresource\":\"y\",\"responseKind\":{}},{\"subresource\":\"z\"," KIND("Z")
                                       "},null]}"),
                        "a singular= kind=/v1/A cluster; a/z singular= kind=/v1/Z cluster");
}

static void members_may_come_in_any_order(void **state)
{
    kube_discovery_snapshot *s = aggregated_snapshot(
        NULL, "{\"items\":[{\"versions\":[{\"freshness\":\"Current\",\"resources\":[{\"subresources\":["
              "{\"verbs\":[\"get\"]," KIND("S") ",\"subresource\":\"s\"}],\"scope\":\"Namespaced\","
              "\"singularResource\":\"one\"," KIND("A") ",\"resource\":\"ones\"}],\"version\":\"v1\"}],"
              "\"metadata\":{\"name\":\"a.io\"}}],\"kind\":\"APIGroupDiscoveryList\"}");

    (void)state;
    assert_string_equal(list_text(list_of(s, "a.io/v1")), "ones ones/s");
    assert_string_equal(resource_text(kube_api_resource_list_at(list_of(s, "a.io/v1"), 1)),
                        "ones/s singular=one kind=/v1/S namespaced verbs=get");
    kube_discovery_snapshot_unref(s);
}

static void of_a_key_that_occurs_twice_the_last_one_counts(void **state)
{
    kube_discovery_snapshot *s =
        aggregated_snapshot(NULL, "{\"items\":null,\"items\":["
                                  "{\"metadata\":{\"name\":\"x\"},\"metadata\":{\"name\":\"a.io\"},"
                                  "\"versions\":[" VERSION("v9", RESOURCE("nines")) "],"
                                  "\"versions\":[{\"version\":\"v2\",\"version\":\"v1\","
                                  "\"resources\":[" RESOURCE("firsts") "],"
                                  "\"resources\":[{\"resource\":\"a\",\"resource\":\"b\"," KIND("B")
                                  ",\"verbs\":[\"get\"],\"verbs\":[\"list\"],"
                                  "\"subresources\":[{\"subresource\":\"x\"," KIND("X") "}],"
                                  "\"subresources\":[{\"subresource\":\"y\"," KIND("Y") "}]}]}]}]}");

    (void)state;
    assert_string_equal(groups_text(kube_discovery_snapshot_groups(s)), "a.io[a.io/v1*]");
    assert_string_equal(list_text(list_of(s, "a.io/v1")), "b b/y");
    assert_string_equal(resource_text(kube_api_resource_list_at(list_of(s, "a.io/v1"), 0)),
                        "b singular= kind=/v1/B cluster verbs=list");
    assert_int_equal(kube_discovery_snapshot_group_version_count(s), 1);
    kube_discovery_snapshot_unref(s);
}

static void keys_are_told_apart_by_case_and_unknown_ones_are_skipped(void **state)
{
    kube_discovery_snapshot *s = aggregated_snapshot(
        NULL, "{\"Items\":[" GROUP("no.io", "") "],\"more\":{\"items\":[1,{\"a\":[]}]},\"items\":[{\"x\":[[[]]],"
              "\"metadata\":{\"Name\":\"no\",\"name\":\"a.io\",\"creationTimestamp\":null},\"versions\":["
              "{\"version\":\"v1\",\"RESOURCES\":[],"
              "\"resources\":[{\"resource\":\"a\",\"responseKind\":{\"Kind\":\"B\",\"kind\":\"A\",\"x\":{}},"
              "\"future\":1}]}]}]}");

    (void)state;
    assert_string_equal(groups_text(kube_discovery_snapshot_groups(s)), "a.io[a.io/v1*]");
    assert_string_equal(kube_api_resource_kind(kube_api_resource_list_at(list_of(s, "a.io/v1"), 0)), "A");
    assert_string_equal(list_text(list_of(s, "a.io/v1")), "a");
    kube_discovery_snapshot_unref(s);
}

static void null_is_empty_everywhere(void **state)
{
    kube_discovery_snapshot *s = aggregated_snapshot("null", "{\"kind\":null,\"items\":null}");

    (void)state;
    assert_int_equal(kube_discovery_snapshot_group_count(s), 0);
    kube_discovery_snapshot_unref(s);
    s = aggregated_snapshot("{}", ITEMS("{\"metadata\":null,\"versions\":null},"
                                        "{\"metadata\":{\"name\":\"a\"},\"versions\":["
                                        "{\"version\":\"v1\",\"resources\":null,"
                                        "\"freshness\":null},{\"version\":\"v2\","
                                        "\"resources\":[{\"resource\":\"x\"," KIND("X")
                                        ",\"verbs\":null,\"shortNames\":null,\"categories\":null,\"subresources\":null,"
                                        "\"scope\":null,\"singularResource\":null}]}]}"));
    assert_string_equal(groups_text(kube_discovery_snapshot_groups(s)), "[] a[a/v1* a/v2]");
    assert_int_equal(kube_api_resource_list_count(list_of(s, "a/v1")), 0);
    assert_non_null(list_of(s, "a/v1"));
    assert_string_equal(list_text(list_of(s, "a/v2")), "x");
    kube_discovery_snapshot_unref(s);
}

static void stale_versions_leave_the_group_and_their_resources_are_ignored(void **state)
{
    kube_discovery_snapshot *s = aggregated_snapshot(
        NULL, ITEMS(GROUP("apps", STALE("v2", RESOURCE("olds")) "," VERSION("v1", RESOURCE("things")) ","
                                  STALE("v0", "")) "," GROUP("allstale.io", STALE("v1", ""))));
    const kube_group_version *stale = kube_discovery_snapshot_group_version(s, "apps/v2");

    (void)state;
    assert_string_equal(groups_text(kube_discovery_snapshot_groups(s)), "apps[apps/v1*] allstale.io[]");
    assert_int_equal(kube_group_version_state_of(stale), KUBE_GROUP_VERSION_STALE);
    assert_null(kube_group_version_resources(stale));
    assert_int_equal(kube_discovery_snapshot_resource_count(s), 1);
    assert_int_equal(kube_discovery_snapshot_group_version_count(s), 4);
    assert_string_equal(kube_group_version_name(kube_discovery_snapshot_group_version_at(s, 0)), "apps/v1");
    kube_discovery_snapshot_unref(s);
}

static void any_other_freshness_counts_as_current(void **state)
{
    kube_discovery_snapshot *s =
        aggregated_snapshot(NULL, ITEMS(GROUP("a", "{\"version\":\"v1\"},{\"version\":\"v2\",\"freshness\":\"stale\"},"
                                                   "{\"version\":\"v3\",\"freshness\":\"Rotten\"}")));

    (void)state;
    assert_string_equal(groups_text(kube_discovery_snapshot_groups(s)), "a[a/v1* a/v2 a/v3]");
    kube_discovery_snapshot_unref(s);
}

static void groups_are_not_merged_and_the_core_group_comes_first(void **state)
{
    kube_discovery_snapshot *s =
        aggregated_snapshot(ITEMS(GROUP("", VERSION("v1", ""))),
                            ITEMS(GROUP("b", VERSION("v1", "")) "," GROUP("a", VERSION("v1", "")) ","
                                  GROUP("b", VERSION("v2", ""))));

    (void)state;
    assert_string_equal(groups_text(kube_discovery_snapshot_groups(s)), "[v1*] b[b/v1*] a[a/v1*] b[b/v2*]");
    kube_discovery_snapshot_unref(s);
}

static void escapes_are_decoded_before_anything_else(void **state)
{
    kube_discovery_snapshot *s = aggregated_snapshot(
        NULL, ITEMS("{\"metadata\":{\"n\\u0061me\":\"a\\u002eio\"},\"versions\":["
                    VERSION("v\\u0031", RESOURCE("caf\\u00e9s"))
                    "]}"));

    (void)state;
    assert_string_equal(list_text(list_of(s, "a.io/v1")), "caf\xc3\xa9s");
    kube_discovery_snapshot_unref(s);
}

static void what_has_control_characters_is_left_out_and_counted(void **state)
{
    kube_discovery_snapshot *s = aggregated_snapshot(
        NULL,
        ITEMS(GROUP("ba\\u0000d", VERSION("v1", RESOURCE("things"))) "," GROUP(
            "a", VERSION("v\\n1", RESOURCE("things")) "," VERSION(
                     "v2", RESOURCE("go\\u001b[2Jne") ","
                           "{\"resource\":\"b\"," KIND("B") ",\"shortNames\":[\"x\\u0007\"],"
                           "\"subresources\":[{\"subresource\":\"s\"," KIND("S") "}]},"
                           "{\"resource\":\"c\"," KIND("C") ",\"subresources\":["
                           "{\"subresource\":\"s\\u007f\"," KIND("S")
                           "},{\"subresource\":\"t\"," KIND("T") "}]}"))));

    (void)state;
    assert_string_equal(groups_text(kube_discovery_snapshot_groups(s)), "a[a/v2*]");
    assert_string_equal(list_text(list_of(s, "a/v2")), "c c/t");
    assert_int_equal(kube_discovery_snapshot_left_out_count(s), 5);
    kube_discovery_snapshot_unref(s);
}

static void odd_names_are_served_all_the_same(void **state)
{
    kube_discovery_snapshot *s = aggregated_snapshot(
        NULL, ITEMS(GROUP("../../etc", VERSION("..", RESOURCE("passwd"))) ","
                    GROUP("UPPER", VERSION("1", RESOURCE("a/b")))));

    (void)state;
    assert_string_equal(groups_text(kube_discovery_snapshot_groups(s)), "../../etc[../../etc/..*] UPPER[UPPER/1*]");
    assert_true(kube_api_resource_is_subresource(kube_api_resource_list_at(list_of(s, "UPPER/1"), 0)));
    kube_discovery_snapshot_unref(s);
}

static void a_wrong_type_is_named_with_its_place(void **state)
{
    static const char *const bad[] = {
        "[]", "1", "\"x\"", "{\"items\":{}}", ITEMS("1"), ITEMS("{\"metadata\":[]}"),
        ITEMS("{\"metadata\":{\"name\":1}}"),
        ITEMS(GROUP("a", "\"v1\"")), ITEMS(GROUP("a", "{\"version\":1}")), ITEMS(GROUP("a", "{\"freshness\":true}")),
        ITEMS(GROUP("a", VERSION("v1", "{\"verbs\":\"get\"}"))), ITEMS(GROUP("a", VERSION("v1", "{\"verbs\":[1]}"))),
        ITEMS(GROUP("a", VERSION("v1", "{\"scope\":1}"))), ITEMS(GROUP("a", VERSION("v1", "{\"responseKind\":\"x\"}"))),
        ITEMS(GROUP("a", VERSION("v1", "{\"subresources\":{}}"))),
        ITEMS(GROUP("a", VERSION("v1", "{\"subresources\":[1]}"))), "{\"kind\":1}", "", "{", "{\"items\":[", "{}x",
        ITEMS("") ITEMS(""), "{\"items\":[],}", "\xff", "{\"a\":\"\xff\"}",
    };
    char message[512];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (decode_failure(KUBE_DISCOVERY_DOCUMENT_AGGREGATED, bad[i], message, sizeof message) != KUBE_ERR_PARSE)
            fail_msg("%s: %s", bad[i], message);
    }
    assert_int_equal(decode_failure(KUBE_DISCOVERY_DOCUMENT_AGGREGATED,
                                    "{\n\"items\":[\n{\"versions\":[{\"resources\":[{\"verbs\":[1]}]}]}]}", message,
                                    sizeof message),
                     KUBE_ERR_PARSE);
    assert_non_null(strstr(message, "/somewhere: APIGroupDiscoveryList: "));
    assert_non_null(strstr(message, "line 3"));
    assert_non_null(strstr(message, "verbs"));
}

static void another_kind_of_document_is_refused_by_name(void **state)
{
    char message[512];

    (void)state;
    assert_int_equal(decode_failure(KUBE_DISCOVERY_DOCUMENT_AGGREGATED, "{\"kind\":\"APIGroupList\",\"groups\":[]}",
                                    message, sizeof message),
                     KUBE_ERR_PARSE);
    assert_non_null(strstr(message, "its kind is APIGroupList, not APIGroupDiscoveryList"));
}

/* A text, then another one over and over. */
static char *repeated(const char *start, const char *again, int count)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);

    assert_non_null(f);
    fputs(start, f);
    for (int i = 0; i < count; i++)
        fputs(again, f);
    assert_int_equal(fclose(f), 0);
    return text;
}

static void nesting_and_lists_without_end_reach_a_limit(void **state)
{
    char *deep = repeated("{\"x\":", "[", 5000), message[512];
    char *versions = repeated("{\"items\":[{\"versions\":[", "{},", 60000);

    (void)state;
    assert_int_equal(decode_failure(KUBE_DISCOVERY_DOCUMENT_AGGREGATED, deep, message, sizeof message), KUBE_ERR_LIMIT);
    assert_int_equal(decode_failure(KUBE_DISCOVERY_DOCUMENT_AGGREGATED, versions, message, sizeof message),
                     KUBE_ERR_LIMIT);
    free(deep);
    free(versions);
}

static void what_has_texts_or_lists_without_measure_is_left_out_and_counted(void **state)
{
    char *verbs = repeated(",\"verbs\":[\"get\"", ",\"get\"", 10000), *name = repeated("", "x", 1025);
    char *escaped = repeated("", "\\u0078", 1025), *document = NULL;
    kube_discovery_snapshot *s;
    size_t len = 0;
    FILE *f = open_memstream(&document, &len);

    (void)state;
    fprintf(f, "{\"items\":[{\"metadata\":{\"name\":\"%s\"}}," "{\"metadata\":{\"name\":\"a\"},\"versions\":["
               "{\"version\":\"v1\",\"resources\":[" RESOURCE("%s") ",{\"resource\":\"many\"," KIND("Many")
               "%s]}," RESOURCE("%s") "]}]}]}", name, name + 1, verbs, escaped);
    assert_int_equal(fclose(f), 0);
    s = aggregated_snapshot(NULL, document);
    assert_int_equal(kube_api_resource_list_count(list_of(s, "a/v1")), 1);
    assert_string_equal(kube_api_resource_name(kube_api_resource_list_at(list_of(s, "a/v1"), 0)), name + 1);
    assert_int_equal(kube_discovery_snapshot_left_out_count(s), 3);
    kube_discovery_snapshot_unref(s);
    free(verbs);
    free(name);
    free(escaped);
    free(document);
}

static void groups_that_come_a_second_time_are_refused(void **state)
{
    char message[512];

    (void)state;
    assert_int_equal(decode_failure(KUBE_DISCOVERY_DOCUMENT_AGGREGATED,
                                    "{\"items\":[" GROUP("a", "") "],\"items\":[]}", message, sizeof message),
                     KUBE_ERR_PARSE);
    assert_non_null(strstr(message, "the key occurs twice"));
}

static void what_a_repeated_key_discards_is_not_counted_as_left_out(void **state)
{
    kube_discovery_snapshot *s = aggregated_snapshot(
        NULL, "{\"items\":[" GROUP("\\u0001", "") "],\"items\":[{\"metadata\":{\"name\":\"a\"},\"versions\":["
              VERSION("v1", RESOURCE("\\u0001")) "],\"versions\":[{\"version\":\"v1\",\"resources\":["
              RESOURCE("\\u0001") "],\"resources\":[{\"resource\":\"x\"," KIND("X") ",\"subresources\":["
              "{\"subresource\":\"\\u0001\"," KIND("S") "}],\"subresources\":[]}]}]}]}");

    (void)state;
    assert_string_equal(list_text(list_of(s, "a/v1")), "x");
    assert_int_equal(kube_discovery_snapshot_left_out_count(s), 0);
    kube_discovery_snapshot_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(a_resource_takes_its_names_from_the_document),
        ALLOC_TRACE_TEST(only_the_scope_namespaced_is_namespaced),
        ALLOC_TRACE_TEST(subresources_follow_their_parent_and_inherit_from_it),
        ALLOC_TRACE_TEST(a_parent_without_a_kind_is_there_only_through_its_subresources),
        ALLOC_TRACE_TEST(a_subresource_without_a_kind_is_dropped),
        ALLOC_TRACE_TEST(members_may_come_in_any_order),
        ALLOC_TRACE_TEST(of_a_key_that_occurs_twice_the_last_one_counts),
        ALLOC_TRACE_TEST(keys_are_told_apart_by_case_and_unknown_ones_are_skipped),
        ALLOC_TRACE_TEST(null_is_empty_everywhere),
        ALLOC_TRACE_TEST(stale_versions_leave_the_group_and_their_resources_are_ignored),
        ALLOC_TRACE_TEST(any_other_freshness_counts_as_current),
        ALLOC_TRACE_TEST(groups_are_not_merged_and_the_core_group_comes_first),
        ALLOC_TRACE_TEST(escapes_are_decoded_before_anything_else),
        ALLOC_TRACE_TEST(what_has_control_characters_is_left_out_and_counted),
        ALLOC_TRACE_TEST(odd_names_are_served_all_the_same),
        ALLOC_TRACE_TEST(a_wrong_type_is_named_with_its_place),
        ALLOC_TRACE_TEST(another_kind_of_document_is_refused_by_name),
        ALLOC_TRACE_TEST(nesting_and_lists_without_end_reach_a_limit),
        ALLOC_TRACE_TEST(what_has_texts_or_lists_without_measure_is_left_out_and_counted),
        ALLOC_TRACE_TEST(groups_that_come_a_second_time_are_refused),
        ALLOC_TRACE_TEST(what_a_repeated_key_discards_is_not_counted_as_left_out),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
