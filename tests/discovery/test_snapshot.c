#include "discovery_fixture.h"
#include "snapshot.h"

/* clang-format off: documents are laid out by hand */
#define RESOURCE(name, singular, kind, more)                                                                          \
    "{\"resource\":\"" name "\",\"singularResource\":\"" singular "\",\"responseKind\":{\"kind\":\"" kind            \
    "\"},\"scope\":\"Namespaced\",\"verbs\":[\"get\"]" more "}"
#define STATUS(kind)                                                                                                  \
    ",\"subresources\":[{\"subresource\":\"status\",\"responseKind\":{\"kind\":\"" kind "\"},\"verbs\":[]}]"
#define VERSION(version, resources) "{\"version\":\"" version "\",\"resources\":[" resources "]}"
#define GROUP(name, versions) "{\"metadata\":{\"name\":\"" name "\"},\"versions\":[" versions "]}"
#define ITEMS(items) "{\"items\":[" items "]}"

static const char core[] = ITEMS(
    GROUP("", VERSION("v1",
        RESOURCE("pods", "pod", "Pod", ",\"shortNames\":[\"po\",\"po\"],\"categories\":[\"all\"]" STATUS("Pod")) ","
        RESOURCE("events", "event", "Event", ",\"shortNames\":[\"ev\"]"))));
static const char others[] = ITEMS(
    GROUP("apps", VERSION("v1",
        RESOURCE("deployments", "deployment", "Deployment", ",\"categories\":[\"all\",\"big\"]" STATUS("Scale")))) ","
    GROUP("events.k8s.io",
        VERSION("v1", RESOURCE("events", "event", "Event", ",\"shortNames\":[\"ev\"]")) ","
        VERSION("v1beta1", RESOURCE("events", "", "Event", ""))) ","
    GROUP("metrics.k8s.io", VERSION("v1", RESOURCE("pods", "pod", "PodMetrics", ""))));
/* clang-format on */

static void a_group_version_is_found_by_its_name(void **state)
{
    kube_discovery_snapshot *s = aggregated_snapshot(core, others);
    const kube_group_version *apps = kube_discovery_snapshot_group_version(s, "apps/v1");

    (void)state;
    assert_string_equal(kube_group_version_group(apps), "apps");
    assert_string_equal(kube_group_version_version(apps), "v1");
    assert_int_equal(kube_group_version_state_of(apps), KUBE_GROUP_VERSION_LOADED);
    assert_int_equal(kube_group_version_origin_of(apps), KUBE_GROUP_VERSION_ORIGIN_DOCUMENT);
    assert_int_equal(kube_group_version_time_unix_ms(apps), 1000);
    assert_string_equal(list_text(kube_group_version_resources(apps)), "deployments deployments/status");
    assert_string_equal(kube_group_version_group(kube_discovery_snapshot_group_version(s, "v1")), "");
    assert_null(kube_discovery_snapshot_group_version(s, "apps"));
    assert_null(kube_discovery_snapshot_group_version(s, "apps/v2"));
    assert_null(kube_discovery_snapshot_group_version(s, "/v1"));
    assert_null(kube_discovery_snapshot_group_version(s, ""));
    assert_null(kube_group_version_resources(NULL));
    assert_int_equal(kube_group_version_state_of(NULL), KUBE_GROUP_VERSION_ABSENT);
    kube_discovery_snapshot_unref(s);
}

static void groups_and_group_versions_can_be_walked(void **state)
{
    kube_discovery_snapshot *s = aggregated_snapshot(core, others);

    (void)state;
    assert_int_equal(kube_discovery_snapshot_group_count(s), 4);
    assert_string_equal(kube_api_group_name(kube_discovery_snapshot_group_at(s, 2)), "events.k8s.io");
    assert_null(kube_discovery_snapshot_group_at(s, 4));
    assert_int_equal(kube_discovery_snapshot_group_version_count(s), 5);
    assert_string_equal(kube_group_version_name(kube_discovery_snapshot_group_version_at(s, 3)),
                        "events.k8s.io/v1beta1");
    assert_null(kube_discovery_snapshot_group_version_at(s, 5));
    assert_null(kube_api_group_version_at(kube_discovery_snapshot_group_at(s, 0), 1));
    assert_int_equal(kube_discovery_snapshot_resource_count(s), 8);
    assert_true(kube_discovery_snapshot_memory_bytes(s) > 1000);
    kube_discovery_snapshot_unref(s);
}

static void resources_are_found_in_priority_order_by_each_of_their_names(void **state)
{
    kube_discovery_snapshot *s = aggregated_snapshot(core, others);

    (void)state;
    assert_string_equal(found_text(s, KUBE_API_RESOURCE_BY_NAME, "pods"), "v1/pods metrics.k8s.io/v1/pods");
    assert_string_equal(found_text(s, KUBE_API_RESOURCE_BY_NAME, "events"),
                        "v1/events events.k8s.io/v1/events events.k8s.io/v1beta1/events");
    assert_string_equal(found_text(s, KUBE_API_RESOURCE_BY_SINGULAR, "event"), "v1/events events.k8s.io/v1/events");
    assert_string_equal(found_text(s, KUBE_API_RESOURCE_BY_KIND, "PodMetrics"), "metrics.k8s.io/v1/pods");
    assert_string_equal(found_text(s, KUBE_API_RESOURCE_BY_SHORT_NAME, "ev"), "v1/events events.k8s.io/v1/events");
    assert_string_equal(found_text(s, KUBE_API_RESOURCE_BY_CATEGORY, "all"), "v1/pods apps/v1/deployments");
    assert_string_equal(found_text(s, KUBE_API_RESOURCE_BY_CATEGORY, "big"), "apps/v1/deployments");
    kube_discovery_snapshot_unref(s);
}

static void a_short_name_listed_twice_is_found_once(void **state)
{
    kube_discovery_snapshot *s = aggregated_snapshot(core, others);

    (void)state;
    assert_string_equal(found_text(s, KUBE_API_RESOURCE_BY_SHORT_NAME, "po"), "v1/pods");
    kube_discovery_snapshot_unref(s);
}

static void subresources_are_found_by_their_full_name_only(void **state)
{
    kube_discovery_snapshot *s = aggregated_snapshot(core, others);

    (void)state;
    assert_string_equal(found_text(s, KUBE_API_RESOURCE_BY_NAME, "pods/status"), "v1/pods/status");
    assert_string_equal(found_text(s, KUBE_API_RESOURCE_BY_SINGULAR, "pod"), "v1/pods metrics.k8s.io/v1/pods");
    assert_string_equal(found_text(s, KUBE_API_RESOURCE_BY_KIND, "Scale"), "");
    kube_discovery_snapshot_unref(s);
}

static void what_is_not_there_is_not_found(void **state)
{
    kube_discovery_snapshot *s = aggregated_snapshot(core, others);

    (void)state;
    assert_string_equal(found_text(s, KUBE_API_RESOURCE_BY_NAME, "Pods"), "");
    assert_string_equal(found_text(s, KUBE_API_RESOURCE_BY_NAME, ""), "");
    assert_string_equal(found_text(s, KUBE_API_RESOURCE_BY_SINGULAR, ""), "");
    assert_string_equal(found_text(s, KUBE_API_RESOURCE_BY_CATEGORY, "none"), "");
    assert_string_equal(found_text(s, (kube_api_resource_key)77, "pods"), "");
    kube_discovery_snapshot_unref(s);
}

static void of_a_group_version_that_is_listed_twice_the_last_list_counts(void **state)
{
    kube_discovery_snapshot *s = aggregated_snapshot(
        NULL, ITEMS(GROUP("a", VERSION("v1", RESOURCE("olds", "old", "Old", ""))) ","
                    GROUP("b", VERSION("v1", RESOURCE("others", "", "Other", ""))) ","
                    GROUP("a", VERSION("v1", RESOURCE("news", "new", "New", "")))));
    kube_api_resource_lists *lists = NULL;

    (void)state;
    assert_string_equal(list_text(kube_group_version_resources(kube_discovery_snapshot_group_version(s, "a/v1"))),
                        "news");
    assert_string_equal(found_text(s, KUBE_API_RESOURCE_BY_KIND, "Old"), "");
    assert_string_equal(found_text(s, KUBE_API_RESOURCE_BY_KIND, "New"), "a/v1/news");
    assert_string_equal(groups_text(kube_discovery_snapshot_groups(s)), "a[a/v1*] b[b/v1*] a[a/v1*]");
    assert_int_equal(kube_discovery_snapshot_groups_and_resources(s, NULL, &lists, NULL), KUBE_OK);
    assert_string_equal(lists_text(lists), "b/v1: others; a/v1: news");
    kube_api_resource_lists_unref(lists);
    kube_discovery_snapshot_unref(s);
}

static void nil_and_empty_lists_are_told_apart(void **state)
{
    kube_discovery_snapshot *s = aggregated_snapshot(
        NULL, ITEMS(GROUP("a", VERSION("v1", "{\"resource\":\"x\",\"responseKind\":{\"kind\":\"X\"},\"verbs\":[]},"
                                             "{\"resource\":\"y\",\"responseKind\":{\"kind\":\"Y\"}}")) ","
                    GROUP("b", VERSION("v1", "")) ",{\"metadata\":{\"name\":\"c\"},\"versions\":["
                    "{\"version\":\"v1\",\"freshness\":\"Stale\"}]}"));

    (void)state;
    assert_int_not_equal(s->resources[0].verbs, 0);
    assert_int_equal(kube_api_resource_verb_count(&s->resources[0]), 0);
    assert_int_equal(s->resources[1].verbs, 0);
    assert_int_equal(kube_api_resource_verb_count(&s->resources[1]), 0);
    assert_false(s->versions[0].nil_resources);
    assert_true(s->versions[1].nil_resources);
    assert_false(s->group_items[1].nil_versions);
    assert_true(s->group_items[2].nil_versions);
    kube_discovery_snapshot_unref(s);
}

static void names_that_are_no_file_names_are_marked(void **state)
{
    kube_discovery_snapshot *s = aggregated_snapshot(
        ITEMS(GROUP("", VERSION("v1", ""))),
        ITEMS(GROUP("apps", VERSION("v1", "")) "," GROUP("../x", VERSION("v1", "")) ","
              GROUP("a.io", VERSION("..", ""))));

    (void)state;
    assert_true(s->versions[0].storable);
    assert_true(s->versions[1].storable);
    assert_false(s->versions[2].storable);
    assert_false(s->versions[3].storable);
    kube_discovery_snapshot_unref(s);
}

static void a_list_outlives_the_snapshot_it_was_taken_from(void **state)
{
    kube_discovery_snapshot *s = aggregated_snapshot(core, others);
    kube_api_group_list *groups = kube_api_group_list_ref(kube_discovery_snapshot_groups(s));
    kube_api_resource_list *list =
        kube_api_resource_list_ref(kube_group_version_resources(kube_discovery_snapshot_group_version(s, "v1")));
    kube_api_resource_lists *lists = NULL;
    kube_api_resource_list *one;

    (void)state;
    assert_int_equal(kube_discovery_snapshot_preferred_resources(s, &lists, NULL), KUBE_OK);
    one = kube_api_resource_list_ref(kube_api_resource_lists_at(lists, 1));
    kube_discovery_snapshot_unref(kube_discovery_snapshot_ref(s));
    kube_discovery_snapshot_unref(s);
    kube_api_resource_lists_unref(kube_api_resource_lists_ref(lists));
    kube_api_resource_lists_unref(lists);
    assert_string_equal(list_text(one), "deployments");
    kube_api_resource_list_unref(one);
    assert_string_equal(list_text(list), "pods pods/status events");
    kube_api_resource_list_unref(list);
    assert_int_equal(kube_api_group_list_count(groups), 4);
    kube_api_group_list_unref(groups);
}

static void null_is_taken_for_nothing(void **state)
{
    (void)state;
    kube_discovery_snapshot_unref(NULL);
    kube_api_group_list_unref(NULL);
    kube_api_resource_list_unref(NULL);
    kube_api_resource_lists_unref(NULL);
    assert_null(kube_discovery_snapshot_ref(NULL));
    assert_null(kube_api_group_list_ref(NULL));
    assert_null(kube_api_resource_list_ref(NULL));
    assert_null(kube_api_resource_lists_ref(NULL));
    assert_int_equal(kube_api_group_list_count(NULL), 0);
    assert_int_equal(kube_api_resource_list_count(NULL), 0);
    assert_int_equal(kube_api_resource_lists_count(NULL), 0);
    assert_null(kube_api_resource_list_at(NULL, 0));
    assert_null(kube_api_resource_lists_at(NULL, 0));
    assert_null(kube_api_group_list_at(NULL, 0));
    assert_string_equal(kube_api_resource_list_group_version(NULL), "");
}

/* Enough of everything for every table to grow, and for names that share slots. */
static void a_large_snapshot_finds_everything_it_has(void **state)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    kube_discovery_snapshot *s;

    (void)state;
    assert_non_null(f);
    fputs("{\"items\":[", f);
    for (int g = 0; g < 300; g++) {
        fprintf(f, "%s{\"metadata\":{\"name\":\"g%d.example.com\"},\"versions\":[{\"version\":\"v1\",\"resources\":[",
                g > 0 ? "," : "", g);
        for (int r = 0; r < 10; r++)
            fprintf(f,
                    "%s{\"resource\":\"r%dx%d\",\"singularResource\":\"s%dx%d\",\"responseKind\":{\"kind\":\"K%dx%d\"},"
                    "\"verbs\":[\"v%d\"],\"shortNames\":[\"n%dx%d\"],\"categories\":[\"c%d\"]}",
                    r > 0 ? "," : "", g, r, g, r, g, r, g, g, r, r);
        fputs("]}]}", f);
    }
    fputs("]}", f);
    assert_int_equal(fclose(f), 0);
    s = aggregated_snapshot(NULL, text);
    free(text);
    for (int g = 0; g < 300; g++) {
        char name[64], expected[128];

        snprintf(name, sizeof name, "g%d.example.com/v1", g);
        assert_int_equal(kube_api_resource_list_count(kube_group_version_resources(
                             kube_discovery_snapshot_group_version(s, name))),
                         10);
        for (int r = 0; r < 10; r++) {
            static const char letters[] = "rsKn";

            snprintf(expected, sizeof expected, "g%d.example.com/v1/r%dx%d", g, g, r);
            for (int key = 0; key < 4; key++) {
                snprintf(name, sizeof name, "%c%dx%d", letters[key], g, r);
                assert_string_equal(found_text(s, (kube_api_resource_key)key, name), expected);
            }
        }
    }
    kube_discovery_snapshot_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(a_group_version_is_found_by_its_name),
        ALLOC_TRACE_TEST(groups_and_group_versions_can_be_walked),
        ALLOC_TRACE_TEST(resources_are_found_in_priority_order_by_each_of_their_names),
        ALLOC_TRACE_TEST(a_short_name_listed_twice_is_found_once),
        ALLOC_TRACE_TEST(subresources_are_found_by_their_full_name_only),
        ALLOC_TRACE_TEST(what_is_not_there_is_not_found),
        ALLOC_TRACE_TEST(of_a_group_version_that_is_listed_twice_the_last_list_counts),
        ALLOC_TRACE_TEST(nil_and_empty_lists_are_told_apart),
        ALLOC_TRACE_TEST(names_that_are_no_file_names_are_marked),
        ALLOC_TRACE_TEST(a_list_outlives_the_snapshot_it_was_taken_from),
        ALLOC_TRACE_TEST(null_is_taken_for_nothing),
        ALLOC_TRACE_TEST(a_large_snapshot_finds_everything_it_has),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
