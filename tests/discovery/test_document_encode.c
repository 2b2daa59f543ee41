#include "discovery_fixture.h"
#include "document_encode.h"

#include <string.h>

/* What client-go 0.37 wrote for such a server. */
static const char golden_groups[] =
    "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[{\"name\":\"\",\"versions\":[{\"groupVersion\":"
    "\"v1\","
    "\"version\":\"v1\"}],\"preferredVersion\":{\"groupVersion\":\"v1\",\"version\":\"v1\"}},{\"name\":\"apps\","
    "\"versions\":[{\"groupVersion\":\"apps/v1\",\"version\":\"v1\"}],\"preferredVersion\":{\"groupVersion\":\"apps/"
    "v1\","
    "\"version\":\"v1\"}},{\"name\":\"empty.io\",\"versions\":[{\"groupVersion\":\"empty.io/v1\",\"version\":\"v1\"}],"
    "\"preferredVersion\":{\"groupVersion\":\"empty.io/"
    "v1\",\"version\":\"v1\"}},{\"name\":\"allstale.io\",\"versions\":"
    "null,\"preferredVersion\":{\"groupVersion\":\"\",\"version\":\"\"}}]}\n";

static const char golden_core[] =
    "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"v1\",\"resources\":[{\"name\":\"pods\","
    "\"singularName\":\"pod\",\"namespaced\":true,\"version\":\"v1\",\"kind\":\"Pod\",\"verbs\":[\"get\"],"
    "\"shortNames\":"
    "[\"po\"],\"categories\":[\"all\"]},{\"name\":\"pods/status\",\"singularName\":\"pod\",\"namespaced\":true,"
    "\"version\":\"v1\",\"kind\":\"Pod\",\"verbs\":[\"get\"]}]}\n";

static const char golden_apps[] =
    "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"apps/v1\",\"resources\":[{\"name\":"
    "\"deployments\",\"singularName\":\"deployment\",\"namespaced\":true,\"kind\":\"Deployment\",\"verbs\":[\"get\"]}]}"
    "\n";

static const char api[] =
    "{\"items\":[{\"metadata\":{\"name\":\"\"},\"versions\":[{\"version\":\"v1\",\"freshness\":\"Current\","
    "\"resources\":["
    "{\"resource\":\"pods\",\"responseKind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"},\"scope\":"
    "\"Namespaced\","
    "\"singularResource\":\"pod\",\"verbs\":[\"get\"],\"shortNames\":[\"po\"],\"categories\":[\"all\"],"
    "\"subresources\":["
    "{\"subresource\":\"status\",\"responseKind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"},"
    "\"verbs\":[\"get\"]}]}]}]}]}";

static const char apis[] =
    "{\"items\":[{\"metadata\":{\"name\":\"apps\"},\"versions\":[{\"version\":\"v1\",\"resources\":[{\"resource\":"
    "\"deployments\",\"responseKind\":{\"kind\":\"Deployment\"},\"scope\":\"Namespaced\",\"singularResource\":"
    "\"deployment\",\"verbs\":[\"get\"]}]},{\"version\":\"v2\",\"freshness\":\"Stale\"}]},"
    "{\"metadata\":{\"name\":\"empty.io\"},\"versions\":[{\"version\":\"v1\"}]},"
    "{\"metadata\":{\"name\":\"allstale.io\"},\"versions\":[{\"version\":\"v1\",\"freshness\":\"Stale\"}]}]}";

static void assert_list(const kube_discovery_snapshot *s, const char *group_version, const char *expected)
{
    kube_buf out = KUBE_BUF_INIT(1 << 20);

    kube__encode_resource_list(kube_discovery_snapshot_group_version(s, group_version), &out);
    assert_string_equal(out.data, expected);
    kube_buf_clear(&out);
}

static void assert_groups(const kube_discovery_snapshot *s, const char *expected)
{
    kube_buf out = KUBE_BUF_INIT(1 << 20);

    kube__encode_group_list(kube_discovery_snapshot_groups(s), &out);
    assert_string_equal(out.data, expected);
    kube_buf_clear(&out);
}

static void an_aggregated_answer_becomes_the_bytes_of_client_go(void **state)
{
    kube_discovery_snapshot *s = aggregated_snapshot(api, apis);

    (void)state;
    assert_groups(s, golden_groups);
    assert_list(s, "v1", golden_core);
    assert_list(s, "apps/v1", golden_apps);
    assert_list(s, "empty.io/v1",
                "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"empty.io/v1\","
                "\"resources\":null}\n");
    kube_discovery_snapshot_unref(s);
}

static kube_discovery_snapshot *snapshot_of(const char *groups, const char *group_version, const char *list)
{
    kube_discovery_snapshot_builder *b = NULL;
    kube_discovery_snapshot *s = NULL;

    assert_int_equal(kube_discovery_snapshot_builder_new(0, &b, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_builder_add_groups(b, KUBE_DISCOVERY_DOCUMENT_GROUP_LIST,
                                                                kube_str_c(groups), NULL, NULL),
                     KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_builder_add_resources(b, group_version, kube_str_c(list), NULL), KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_builder_build(b, &s, NULL), KUBE_OK);
    kube_discovery_snapshot_builder_free(b);
    return s;
}

static void every_member_of_a_resource_is_written_in_order(void **state)
{
    static const char list[] =
        "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"apps/v1\",\"resources\":[{\"name\":"
        "\"deployments\",\"singularName\":\"deployment\",\"namespaced\":true,\"group\":\"apps\",\"version\":\"v1\","
        "\"kind\":\"Deployment\",\"verbs\":[\"get\",\"list\"],\"shortNames\":[\"deploy\"],\"categories\":[\"all\"],"
        "\"storageVersionHash\":\"8aSe+NMegvE=\"}]}\n";
    kube_discovery_snapshot *s = snapshot_of("{\"groups\":[]}", "apps/v1", list);

    (void)state;
    assert_list(s, "apps/v1", list);
    kube_discovery_snapshot_unref(s);
}

static void a_null_list_and_an_empty_one_are_told_apart(void **state)
{
    static const char list[] =
        "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"g/v1\",\"resources\":[{\"name\":\"a\","
        "\"singularName\":\"\",\"namespaced\":false,\"kind\":\"A\",\"verbs\":null},{\"name\":\"b\",\"singularName\":"
        "\"\","
        "\"namespaced\":false,\"kind\":\"B\",\"verbs\":[]}]}\n";
    kube_discovery_snapshot *s = snapshot_of("{\"groups\":[]}", "g/v1", list);

    (void)state;
    assert_list(s, "g/v1", list);
    kube_discovery_snapshot_unref(s);
    s = snapshot_of("{\"groups\":[]}", "g/v1",
                    "{\"resources\":[{\"name\":\"a\",\"shortNames\":[],\"categories\":null}]}");
    assert_list(
        s, "g/v1",
        "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"g/v1\",\"resources\":[{\"name\":"
        "\"a\",\"singularName\":\"\",\"namespaced\":false,\"kind\":\"\",\"verbs\":null}]}\n");
    kube_discovery_snapshot_unref(s);
    s = snapshot_of("{\"groups\":[]}", "g/v1", "{\"resources\":[]}");
    assert_list(s, "g/v1",
                "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"g/v1\",\"resources\":[]}\n");
    kube_discovery_snapshot_unref(s);
}

static void what_a_legacy_server_says_of_a_group_is_kept(void **state)
{
    static const char groups[] =
        "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[{\"kind\":\"APIGroup\",\"apiVersion\":\"v1\","
        "\"name\":"
        "\"apps\",\"versions\":[{\"groupVersion\":\"apps/"
        "v1\",\"version\":\"v1\"}],\"preferredVersion\":{\"groupVersion\":"
        "\"apps/v1\",\"version\":\"v1\"},\"serverAddressByClientCIDRs\":[{\"clientCIDR\":\"0.0.0.0/"
        "0\",\"serverAddress\":"
        "\"10.0.0.1:6443\"},{\"clientCIDR\":\"10.0.0.0/"
        "8\",\"serverAddress\":\"h\"}]},{\"name\":\"none\",\"versions\":[],"
        "\"preferredVersion\":{\"groupVersion\":\"\",\"version\":\"\"}}]}\n";
    kube_discovery_snapshot *s = snapshot_of(groups, "apps/v1", "{}");

    (void)state;
    assert_groups(s, groups);
    kube_discovery_snapshot_unref(s);
    s = snapshot_of("{\"groups\":[{\"name\":\"b\",\"versions\":[],\"serverAddressByClientCIDRs\":[]}]}", "b/v1", "{}");
    assert_groups(s, "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[{\"name\":\"b\",\"versions\":[],"
                     "\"preferredVersion\":{\"groupVersion\":\"\",\"version\":\"\"}},{\"name\":\"b\",\"versions\":["
                     "{\"groupVersion\":\"b/v1\",\"version\":\"v1\"}],\"preferredVersion\":{\"groupVersion\":\"b/v1\","
                     "\"version\":\"v1\"}}]}\n"); /* an empty list of addresses is left out */
    kube_discovery_snapshot_unref(s);
}

/* So many that some are past the ceiling: they are dropped by pairs, and the group stays. */
static void of_addresses_without_end_the_first_are_kept(void **state)
{
    enum { MANY = 6000, KEPT = 5000 };
    kube_buf groups = KUBE_BUF_INIT(1 << 20), expected = KUBE_BUF_INIT(1 << 20);
    kube_discovery_snapshot *s;

    (void)state;
    kube_buf_append_c(&groups, "{\"groups\":[{\"name\":\"a\",\"serverAddressByClientCIDRs\":[");
    kube_buf_append_c(&expected, "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[{\"name\":\"a\","
                                 "\"versions\":null,\"preferredVersion\":{\"groupVersion\":\"\",\"version\":\"\"},"
                                 "\"serverAddressByClientCIDRs\":[");
    for (int i = 0; i < MANY; i++) {
        kube_buf *const both[] = { &groups, &expected };

        for (int k = 0; k < (i < KEPT ? 2 : 1); k++)
            kube_buf_append_f(both[k], "%s{\"clientCIDR\":\"%d\",\"serverAddress\":\"h\"}", i > 0 ? "," : "", i);
    }
    kube_buf_append_c(&groups, "]}]}");
    kube_buf_append_c(&expected, "]}]}\n");
    s = snapshot_of(groups.data, "b/v1", "{}");
    kube_buf_clear(&groups);
    kube_buf_append_c(&groups, "");
    kube__encode_group_list(kube_discovery_snapshot_groups(s), &groups);
    assert_non_null(strstr(groups.data, "\"serverAddress\":\"h\"}]},{\"name\":\"b\""));
    assert_memory_equal(groups.data, expected.data, expected.len - 3); /* up to the end of its group */
    kube_discovery_snapshot_unref(s);
    kube_buf_clear(&groups);
    kube_buf_clear(&expected);
}

static void what_html_would_mistake_is_escaped_and_nothing_else(void **state)
{
    kube_discovery_snapshot *s =
        snapshot_of("{\"groups\":[]}", "g/v1",
                    "{\"resources\":[{\"name\":\"a<b>&\\\"\\\\/\\u00e9\\u2028\\u2029\\u202a\\u2200"
                    "\xf0\x9f\x98\x80\"}]}");

    (void)state;
    assert_list(
        s, "g/v1",
        "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"g/v1\",\"resources\":[{\"name\":"
        "\"a\\u003cb\\u003e\\u0026\\\"\\\\/\xc3\xa9\\u2028\\u2029\xe2\x80\xaa\xe2\x88\x80\xf0\x9f\x98\x80\","
        "\"singularName\":\"\",\"namespaced\":false,\"kind\":\"\",\"verbs\":null}]}\n");
    kube_discovery_snapshot_unref(s);
}

static void no_groups_are_an_empty_list(void **state)
{
    kube_discovery_snapshot *s = aggregated_snapshot(NULL, "{\"items\":[]}");

    (void)state;
    assert_groups(s, "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[]}\n");
    kube_discovery_snapshot_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_aggregated_answer_becomes_the_bytes_of_client_go),
        cmocka_unit_test(every_member_of_a_resource_is_written_in_order),
        cmocka_unit_test(a_null_list_and_an_empty_one_are_told_apart),
        cmocka_unit_test(what_a_legacy_server_says_of_a_group_is_kept),
        cmocka_unit_test(of_addresses_without_end_the_first_are_kept),
        cmocka_unit_test(what_html_would_mistake_is_escaped_and_nothing_else),
        cmocka_unit_test(no_groups_are_an_empty_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
