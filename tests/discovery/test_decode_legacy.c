#include "discovery_fixture.h"

static kube_discovery_snapshot_builder *new_builder(void)
{
    kube_discovery_snapshot_builder *b = NULL;

    assert_int_equal(kube_discovery_snapshot_builder_new(1000, &b, NULL), KUBE_OK);
    return b;
}

static void add(kube_discovery_snapshot_builder *b, kube_discovery_document kind, const char *document)
{
    kube_error *err = NULL;

    if (kube_discovery_snapshot_builder_add_groups(b, kind, kube_str_c(document), "/x", &err) != KUBE_OK)
        fail_msg("%s", kube_error_message(err));
}

static kube_discovery_snapshot *build(kube_discovery_snapshot_builder *b)
{
    kube_discovery_snapshot *s = NULL;

    assert_int_equal(kube_discovery_snapshot_builder_build(b, &s, NULL), KUBE_OK);
    kube_discovery_snapshot_builder_free(b);
    return s;
}

static const char *groups_of(kube_discovery_document kind, const char *document)
{
    kube_discovery_snapshot_builder *b = new_builder();
    kube_discovery_snapshot *s;
    const char *text;

    add(b, kind, document);
    s = build(b);
    text = groups_text(kube_discovery_snapshot_groups(s));
    kube_discovery_snapshot_unref(s);
    return text;
}

static void api_versions_are_one_group_without_a_name(void **state)
{
    (void)state;
    assert_string_equal(
        groups_of(KUBE_DISCOVERY_DOCUMENT_API_VERSIONS,
                  "{\"kind\":\"APIVersions\",\"versions\":[\"v1\",\"v2\"],\"serverAddressByClientCIDRs\":"
                  "[{\"clientCIDR\":\"0.0.0.0/0\",\"serverAddress\":\"127.0.0.1:6443\"}]}"),
        "[v1* v2]");
    assert_string_equal(groups_of(KUBE_DISCOVERY_DOCUMENT_API_VERSIONS, "{\"versions\":[\"a\"],\"versions\":[\"b\"]}"),
                        "[b*]");
}

/* Servers written in Go send null for a list that is not there. */
static void a_list_without_resources_is_empty_whether_it_is_null_or_missing(void **state)
{
    static const char *const lists[] = { "{\"resources\":null}", "{}", "{\"resources\":[]}", "null" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        kube_discovery_snapshot_builder *b = new_builder();
        const kube_group_version *v;
        kube_discovery_snapshot *s;

        assert_int_equal(kube_discovery_snapshot_builder_add_resources(b, "a/v1", kube_str_c(lists[i]), NULL), KUBE_OK);
        s = build(b);
        v = kube_discovery_snapshot_group_version(s, "a/v1");
        assert_int_equal(kube_group_version_state_of(v), KUBE_GROUP_VERSION_LOADED);
        assert_int_equal(kube_api_resource_list_count(kube_group_version_resources(v)), 0);
        kube_discovery_snapshot_unref(s);
    }
}

static void api_versions_without_versions_are_still_a_group(void **state)
{
    (void)state;
    assert_string_equal(groups_of(KUBE_DISCOVERY_DOCUMENT_API_VERSIONS, "{\"versions\":[]}"), "[]");
    assert_string_equal(groups_of(KUBE_DISCOVERY_DOCUMENT_API_VERSIONS, "{\"versions\":null}"), "[]");
    assert_string_equal(groups_of(KUBE_DISCOVERY_DOCUMENT_API_VERSIONS, "null"), "[]");
}

static void a_group_list_keeps_the_servers_order_and_preference(void **state)
{
    (void)state;
    assert_string_equal(
        groups_of(
            KUBE_DISCOVERY_DOCUMENT_GROUP_LIST,
            "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[{\"name\":\"b\",\"versions\":["
            "{\"groupVersion\":\"b/v1\",\"version\":\"v1\"},{\"groupVersion\":\"b/v2\",\"version\":\"v2\"}],"
            "\"preferredVersion\":{\"groupVersion\":\"b/v2\",\"version\":\"v2\"},\"serverAddressByClientCIDRs\":null},"
            "{\"kind\":\"APIGroup\",\"apiVersion\":\"v1\",\"name\":\"a\",\"versions\":["
            "{\"groupVersion\":\"a/v1\",\"version\":\"v1\"}],\"preferredVersion\":{\"groupVersion\":\"a/v9\","
            "\"version\":\"v9\"},\"serverAddressByClientCIDRs\":[{\"clientCIDR\":\"0.0.0.0/0\"}]},{\"name\":\"e\"}]}"),
        "b[b/v1 b/v2*] a[a/v1]a/v9 e[]");
    assert_string_equal(groups_of(KUBE_DISCOVERY_DOCUMENT_GROUP_LIST, "{\"groups\":null}"), "");
    assert_string_equal(groups_of(KUBE_DISCOVERY_DOCUMENT_GROUP_LIST, "{}"), "");
}

static void unknown_members_are_skipped_wherever_they_are(void **state)
{
    (void)state;
    assert_string_equal(
        groups_of(KUBE_DISCOVERY_DOCUMENT_GROUP_LIST,
                  "{\"more\":[{}],\"groups\":[{\"Name\":\"b\",\"name\":\"a\",\"versions\":[{\"groupVersion\":\"a/v1\","
                  "\"Version\":\"v2\",\"version\":\"v1\"}],\"preferredVersion\":{\"groupVersion\":\"a/v1\",\"x\":1,"
                  "\"version\":\"v1\"},\"serverAddressByClientCIDRs\":[{\"clientCIDR\":\"0.0.0.0/0\",\"port\":1}]}]}"),
        "a[a/v1*]");
}

static void a_wrong_type_is_no_group_list(void **state)
{
    static const char *const bad[] = { "{\"groups\":{}}",
                                       "{\"groups\":[1]}",
                                       "{\"groups\":[{\"name\":1}]}",
                                       "{\"groups\":[{\"versions\":[\"v1\"]}]}",
                                       "{\"groups\":[{\"versions\":[{\"version\":1}]}]}",
                                       "{\"groups\":[{\"preferredVersion\":[]}]}",
                                       "{\"groups\":[{\"serverAddressByClientCIDRs\":{}}]}",
                                       "{\"groups\":[{\"serverAddressByClientCIDRs\":[1]}]}",
                                       "{\"groups\":[{\"kind\":null},{\"apiVersion\":{}}]}" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        kube_discovery_snapshot_builder *b = new_builder();
        kube_error *err = NULL;

        assert_int_equal(kube_discovery_snapshot_builder_add_groups(b, KUBE_DISCOVERY_DOCUMENT_GROUP_LIST,
                                                                    kube_str_c(bad[i]), NULL, &err),
                         KUBE_ERR_PARSE);
        assert_memory_equal(kube_error_message(err), "the document: APIGroupList: ", 28); /* nobody said which */
        kube_error_free(err);
        kube_discovery_snapshot_builder_free(b);
    }
}

static void the_name_of_a_group_version_is_what_the_list_says_and_not_what_it_is_looked_up_by(void **state)
{
    kube_discovery_snapshot_builder *b = new_builder();
    kube_discovery_snapshot *s;

    (void)state;
    add(b, KUBE_DISCOVERY_DOCUMENT_GROUP_LIST,
        "{\"groups\":[{\"name\":\"a\",\"versions\":[{\"groupVersion\":\"odd\",\"version\":\"v1\"}]}]}");
    s = build(b);
    assert_null(kube_discovery_snapshot_group_version(s, "odd"));
    assert_string_equal(kube_group_version_name(kube_discovery_snapshot_group_version(s, "a/v1")), "odd");
    kube_discovery_snapshot_unref(s);
}

/* One resource list, loaded as a group-version. */
static kube_discovery_snapshot *loaded(const char *group_version, const char *document)
{
    kube_discovery_snapshot_builder *b = new_builder();
    kube_error *err = NULL;

    if (kube_discovery_snapshot_builder_add_resources(b, group_version, kube_str_c(document), &err) != KUBE_OK)
        fail_msg("%s", kube_error_message(err));
    return build(b);
}

static const kube_api_resource_list *list_of(const kube_discovery_snapshot *s, const char *group_version)
{
    return kube_group_version_resources(kube_discovery_snapshot_group_version(s, group_version));
}

static void a_resource_list_has_all_members_of_a_resource(void **state)
{
    kube_discovery_snapshot *s =
        loaded("apps/v1",
               "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"apps/v1\",\"resources\":["
               "{\"name\":\"deployments\",\"singularName\":\"deployment\",\"namespaced\":true,\"group\":\"apps\","
               "\"version\":\"v1\",\"kind\":\"Deployment\",\"verbs\":[\"get\",\"list\"],\"shortNames\":[\"deploy\"],"
               "\"categories\":[\"all\"],\"storageVersionHash\":\"8aSe+NMegvE=\"},"
               "{\"name\":\"deployments/scale\",\"singularName\":\"\",\"namespaced\":true,"
               "\"group\":\"autoscaling\",\"version\":\"v1\",\"kind\":\"Scale\",\"verbs\":[\"get\"]}]}");
    const kube_api_resource_list *list = list_of(s, "apps/v1");
    const kube_api_resource *deployments = kube_api_resource_list_at(list, 0);

    (void)state;
    assert_string_equal(resource_text(deployments),
                        "deployments singular=deployment kind=apps/v1/Deployment namespaced "
                        "verbs=get,list short=deploy categories=all");
    assert_string_equal(kube_api_resource_storage_version_hash(deployments), "8aSe+NMegvE=");
    assert_string_equal(kube_api_resource_group_version(deployments), "apps/v1");
    assert_false(kube_api_resource_is_subresource(deployments));
    assert_true(kube_api_resource_has_verb(deployments, "list"));
    assert_false(kube_api_resource_has_verb(deployments, "watch"));
    assert_true(kube_api_resource_has_category(deployments, "all"));
    assert_int_equal(kube_api_resource_short_name_count(deployments), 1);
    assert_int_equal(kube_api_resource_category_count(deployments), 1);
    assert_null(kube_api_resource_verb_at(deployments, 2));
    assert_true(kube_api_resource_is_subresource(kube_api_resource_list_at(list, 1)));
    assert_null(kube_api_resource_list_at(list, 2));
    assert_int_equal(kube_group_version_origin_of(kube_discovery_snapshot_group_version(s, "apps/v1")),
                     KUBE_GROUP_VERSION_ORIGIN_SERVER);
    assert_int_equal(kube_group_version_time_unix_ms(kube_discovery_snapshot_group_version(s, "apps/v1")), 1000);
    kube_discovery_snapshot_unref(s);
}

static void a_list_without_a_group_version_has_the_one_that_was_asked_for(void **state)
{
    static const char *const documents[] = { "{}", "null", "{\"resources\":[]}", "{\"groupVersion\":null}",
                                             "{\"groupVersion\":\"other/v3\"}" };
    static const char *const names[] = { "a/v1", "a/v1", "a/v1", "a/v1", "other/v3" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(documents); i++) {
        kube_discovery_snapshot *s = loaded("a/v1", documents[i]);

        assert_string_equal(kube_api_resource_list_group_version(list_of(s, "a/v1")), names[i]);
        assert_int_equal(kube_api_resource_list_count(list_of(s, "a/v1")), 0);
        kube_discovery_snapshot_unref(s);
    }
}

static void another_kind_or_a_wrong_type_is_no_resource_list(void **state)
{
    static const char *const bad[] = { "{\"kind\":\"Status\"}",
                                       "{\"kind\":\"APIGroupList\"}",
                                       "{\"kind\":\"Unheard\"}",
                                       "[]",
                                       "{\"resources\":{}}",
                                       "{\"resources\":[{\"name\":1}]}",
                                       "{\"resources\":[{\"namespaced\":\"true\"}]}",
                                       "{\"resources\":[{\"verbs\":\"get\"}]}",
                                       "{\"groupVersion\":1}",
                                       "{\"groupVersion\":\"a\\u0000b\"}",
                                       "{\"resources\":[{\"name\":\"a\"}]}}",
                                       "" };
    kube_discovery_snapshot_builder *b = new_builder();
    kube_discovery_snapshot *s;
    kube_error *err = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(kube_discovery_snapshot_builder_add_resources(b, "a/v1", kube_str_c(bad[i]), NULL),
                         KUBE_ERR_PARSE);
    assert_int_equal(kube_discovery_snapshot_builder_add_resources(b, "a/v1", kube_str_c(bad[0]), &err),
                     KUBE_ERR_PARSE);
    assert_non_null(strstr(kube_error_message(err), "its kind is Status, not APIResourceList"));
    kube_error_free(err);
    /* None of them left a trace, and the builder goes on. */
    assert_int_equal(kube_discovery_snapshot_builder_add_resources(
                         b, "a/v1", kube_str_c("{\"resources\":[{\"name\":\"x\"},null]}"), NULL),
                     KUBE_OK);
    s = build(b);
    assert_string_equal(list_text(list_of(s, "a/v1")), "x ");
    assert_int_equal(kube_discovery_snapshot_resource_count(s), 2);
    kube_discovery_snapshot_unref(s);
}

static void a_failure_is_kept_with_its_error_until_a_list_comes(void **state)
{
    kube_discovery_snapshot_builder *b = new_builder();
    kube_discovery_snapshot *s;
    kube_error *why = NULL, *again = NULL;

    (void)state;
    (void)kube_error_set(&why, KUBE_ERR_SERVER, "broken");
    (void)kube_error_set(&again, KUBE_ERR_SERVER, "broken too");
    assert_int_equal(kube_discovery_snapshot_builder_add_failure(b, "a/v1", why, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_builder_add_failure(b, "b/v1", again, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_builder_add_resources(b, "b/v1", kube_str_c("{}"), NULL), KUBE_OK);
    s = build(b);
    assert_int_equal(kube_group_version_state_of(kube_discovery_snapshot_group_version(s, "a/v1")),
                     KUBE_GROUP_VERSION_FAILED);
    assert_string_equal(kube_error_message(kube_group_version_error(kube_discovery_snapshot_group_version(s, "a/v1"))),
                        "broken");
    assert_null(kube_group_version_error(kube_discovery_snapshot_group_version(s, "b/v1")));
    assert_non_null(list_of(s, "b/v1"));
    kube_discovery_snapshot_unref(s);
}

static void a_failure_that_nobody_explains_is_still_one(void **state)
{
    kube_discovery_snapshot_builder *b = new_builder();
    kube_discovery_snapshot *s;
    kube_error *err = NULL;

    (void)state;
    assert_int_equal(kube_discovery_snapshot_builder_add_failure(b, "a/v1", NULL, NULL), KUBE_OK);
    s = build(b);
    assert_int_equal(kube_discovery_snapshot_failures(s, &err), KUBE_ERR_PARTIAL);
    assert_string_equal(kube_error_message(err),
                        "unable to retrieve the complete list of server APIs: a/v1: no resources");
    assert_int_equal(kube_error_status(kube_error_child_at(err, 0)), KUBE_ERR_UNAVAILABLE);
    kube_error_free(err);
    kube_discovery_snapshot_unref(s);
}

static char *repeated(const char *first, const char *again, size_t count, const char *last)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);

    assert_non_null(f);
    fputs(first, f);
    for (size_t i = 0; i < count; i++)
        fputs(again, f);
    fputs(last, f);
    assert_int_equal(fclose(f), 0);
    return text;
}

/* It takes only three megabytes to say so. */
static void a_list_with_more_resources_than_any_cluster_does_not_take_the_others_away(void **state)
{
    char *many = repeated("{\"resources\":[{}", ",{}", 1000000, "]}");
    kube_discovery_snapshot_builder *b = new_builder();
    kube_discovery_snapshot *s;
    kube_error *err = NULL;

    (void)state;
    assert_int_equal(kube_discovery_snapshot_builder_add_resources(b, "a/v1", kube_str_c(many), &err), KUBE_ERR_LIMIT);
    assert_non_null(strstr(kube_error_message(err), "than libkube accepts"));
    kube_error_free(err);
    assert_int_equal(kube_discovery_snapshot_builder_add_resources(
                         b, "b/v1", kube_str_c("{\"resources\":[{\"name\":\"x\"}]}"), NULL),
                     KUBE_OK);
    s = build(b);
    assert_null(list_of(s, "a/v1"));
    assert_string_equal(list_text(list_of(s, "b/v1")), "x");
    kube_discovery_snapshot_unref(s);
    free(many);
}

/* Names of a megabyte each: it is the sum of all that is bounded. */
static void more_text_than_any_cluster_has_is_refused(void **state)
{
    enum { MEGABYTE = 1 << 20 };
    char *name = repeated("g/v00", "x", MEGABYTE, "");
    kube_discovery_snapshot_builder *b = new_builder();
    kube_discovery_snapshot *s = NULL;
    kube_status st = KUBE_OK;
    kube_error *err = NULL;
    int added = 0;

    (void)state;
    for (; st == KUBE_OK && added < 64; added++) {
        name[3] = (char)('0' + added / 10);
        name[4] = (char)('0' + added % 10);
        st = kube_discovery_snapshot_builder_add_failure(b, name, NULL, &err);
    }
    assert_int_equal(st, KUBE_ERR_LIMIT);
    assert_int_equal(added, 32); /* of 64 megabytes each took two: with its group, and without */
    assert_non_null(strstr(kube_error_message(err), "than libkube accepts"));
    assert_int_equal(kube_discovery_snapshot_builder_build(b, &s, NULL), KUBE_ERR_LIMIT);
    kube_error_free(err);
    kube_discovery_snapshot_builder_free(b);
    free(name);
}

static void what_was_asked_for_by_itself_outlives_mixed_formats(void **state)
{
    kube_discovery_snapshot_builder *b = new_builder();
    kube_discovery_snapshot *s;

    (void)state;
    add(b, KUBE_DISCOVERY_DOCUMENT_API_VERSIONS, "{\"versions\":[\"v1\"]}");
    assert_int_equal(kube_discovery_snapshot_builder_add_resources(
                         b, "v1", kube_str_c("{\"resources\":[{\"name\":\"pods\"}]}"), NULL),
                     KUBE_OK);
    add(b, KUBE_DISCOVERY_DOCUMENT_AGGREGATED,
        "{\"items\":[{\"metadata\":{\"name\":\"a\"},\"versions\":[{\"version\":\"v1\",\"resources\":["
        "{\"resource\":\"x\",\"responseKind\":{\"kind\":\"X\"}}]}]}]}");
    s = build(b);
    assert_string_equal(list_text(list_of(s, "v1")), "pods");
    assert_null(list_of(s, "a/v1"));
    kube_discovery_snapshot_unref(s);
}

static void a_builder_refuses_what_is_no_group_version(void **state)
{
    kube_discovery_snapshot_builder *b = new_builder();
    kube_error *why = NULL;

    (void)state;
    (void)kube_error_set(&why, KUBE_ERR_SERVER, "broken");
    assert_int_equal(kube_discovery_snapshot_builder_add_resources(b, "../x", kube_str_c("{}"), NULL),
                     KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_discovery_snapshot_builder_add_failure(b, "", why, NULL), KUBE_ERR_INVALID_ARG);
    for (int kind = 0; kind <= 7; kind += 7)
        assert_int_equal(
            kube_discovery_snapshot_builder_add_groups(b, (kube_discovery_document)kind, kube_str_c("{}"), "", NULL),
            KUBE_ERR_INVALID_ARG);
    kube_discovery_snapshot_builder_free(b);
    kube_discovery_snapshot_builder_free(NULL);
}

static void a_snapshot_is_made_once(void **state)
{
    kube_discovery_snapshot_builder *b = new_builder();
    kube_discovery_snapshot *s = NULL, *again = NULL;

    (void)state;
    assert_int_equal(kube_discovery_snapshot_builder_build(b, &s, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_builder_build(b, &again, NULL), KUBE_ERR_INVALID_STATE);
    assert_int_equal(kube_discovery_snapshot_builder_add_resources(b, "a/v1", kube_str_c("{}"), NULL),
                     KUBE_ERR_INVALID_STATE);
    assert_int_equal(kube_discovery_snapshot_builder_add_failure(b, "a/v1", NULL, NULL), KUBE_ERR_INVALID_STATE);
    assert_int_equal(kube_discovery_snapshot_builder_add_groups(b, KUBE_DISCOVERY_DOCUMENT_GROUP_LIST, kube_str_c("{}"),
                                                                "", NULL),
                     KUBE_ERR_INVALID_STATE);
    assert_null(again);
    assert_int_equal(kube_discovery_snapshot_group_count(s), 0);
    assert_null(kube_discovery_snapshot_group_version(s, "v1"));
    assert_string_equal(found_text(s, KUBE_API_RESOURCE_BY_KIND, "Pod"), "");
    kube_discovery_snapshot_builder_free(b);
    kube_discovery_snapshot_unref(s);
}

static void only_the_name_of_a_group_decides_whether_it_is_left_out(void **state)
{
    kube_discovery_snapshot_builder *b = new_builder();
    kube_discovery_snapshot *s;

    (void)state;
    add(b, KUBE_DISCOVERY_DOCUMENT_GROUP_LIST,
        "{\"groups\":[{\"name\":\"a\",\"kind\":\"\\u0001\",\"apiVersion\":\"\\u0001\",\"versions\":["
        "{\"groupVersion\":\"a/v1\",\"version\":\"v1\"}],\"preferredVersion\":{\"groupVersion\":\"\\u0001\"},"
        "\"serverAddressByClientCIDRs\":[{\"clientCIDR\":\"\\u0001\"}]},{\"name\":\"\\u0001\"}]}");
    s = build(b);
    assert_int_equal(kube_discovery_snapshot_group_count(s), 1);
    assert_non_null(kube_discovery_snapshot_group_version(s, "a/v1"));
    assert_int_equal(kube_discovery_snapshot_left_out_count(s), 1);
    kube_discovery_snapshot_unref(s);
}

static void a_list_of_failures_that_is_cut_says_so(void **state)
{
    kube_discovery_snapshot_builder *b = new_builder();
    kube_discovery_snapshot *s;
    kube_error *why = NULL, *err = NULL;
    char *name = calloc(1, (1 << 20) + 3);

    (void)state;
    memset(name, 'v', (1 << 20) + 2);
    (void)kube_error_set(&why, KUBE_ERR_SERVER, "broken");
    assert_int_equal(kube_discovery_snapshot_builder_add_failure(b, name, why, NULL), KUBE_OK);
    s = build(b);
    assert_int_equal(kube_discovery_snapshot_failures(s, &err), KUBE_ERR_PARTIAL);
    assert_string_equal(kube_error_message(err), "unable to retrieve the complete list of server APIs: , ...");
    kube_error_free(err);
    kube_discovery_snapshot_unref(s);
    free(name);
}

static void the_servers_version_is_thirteen_strings(void **state)
{
    const char *document =
        "{\"major\":\"1\",\"minor\":\"37\",\"gitVersion\":\"v1.37.2\",\"platform\":\"linux\\/amd64\","
        "\"buildDate\":null,\"more\":{\"major\":\"9\"},\"major\":\"2\"}";
    kube_server_version *version = NULL, *same;

    (void)state;
    assert_int_equal(kube_server_version_from_json(kube_str_c(document), &version, NULL), KUBE_OK);
    same = kube_server_version_ref(version);
    kube_server_version_unref(version);
    assert_string_equal(kube_server_version_git_version(same), "v1.37.2");
    assert_string_equal(kube_server_version_get(same, KUBE_SERVER_VERSION_MAJOR), "2");
    assert_string_equal(kube_server_version_get(same, KUBE_SERVER_VERSION_PLATFORM), "linux/amd64");
    assert_string_equal(kube_server_version_get(same, KUBE_SERVER_VERSION_BUILD_DATE), "");
    assert_string_equal(kube_server_version_get(same, (kube_server_version_field)99), "");
    kube_server_version_unref(same);
    kube_server_version_unref(kube_server_version_ref(NULL));
}

static void what_is_no_version_is_refused(void **state)
{
    static const char *const bad[] = { "",
                                       "[]",
                                       "{\"major\":1}",
                                       "{\"major\":\"a\\u0000\"}",
                                       "{\"major\":\"\\u001b[2J\"}",
                                       "{\"major\":\"\x7f\"}",
                                       "{}{}",
                                       "<html>" };
    kube_server_version *version = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(kube_server_version_from_json(kube_str_c(bad[i]), &version, NULL), KUBE_ERR_PARSE);
    assert_null(version);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(api_versions_are_one_group_without_a_name),
        ALLOC_TRACE_TEST(api_versions_without_versions_are_still_a_group),
        ALLOC_TRACE_TEST(a_list_without_resources_is_empty_whether_it_is_null_or_missing),
        ALLOC_TRACE_TEST(a_group_list_keeps_the_servers_order_and_preference),
        ALLOC_TRACE_TEST(unknown_members_are_skipped_wherever_they_are),
        ALLOC_TRACE_TEST(a_wrong_type_is_no_group_list),
        ALLOC_TRACE_TEST(the_name_of_a_group_version_is_what_the_list_says_and_not_what_it_is_looked_up_by),
        ALLOC_TRACE_TEST(a_resource_list_has_all_members_of_a_resource),
        ALLOC_TRACE_TEST(a_list_without_a_group_version_has_the_one_that_was_asked_for),
        ALLOC_TRACE_TEST(another_kind_or_a_wrong_type_is_no_resource_list),
        ALLOC_TRACE_TEST(a_failure_is_kept_with_its_error_until_a_list_comes),
        ALLOC_TRACE_TEST(a_failure_that_nobody_explains_is_still_one),
        ALLOC_TRACE_TEST(a_list_with_more_resources_than_any_cluster_does_not_take_the_others_away),
        ALLOC_TRACE_TEST(more_text_than_any_cluster_has_is_refused),
        ALLOC_TRACE_TEST(what_was_asked_for_by_itself_outlives_mixed_formats),
        ALLOC_TRACE_TEST(a_builder_refuses_what_is_no_group_version),
        ALLOC_TRACE_TEST(a_snapshot_is_made_once),
        ALLOC_TRACE_TEST(only_the_name_of_a_group_decides_whether_it_is_left_out),
        ALLOC_TRACE_TEST(a_list_of_failures_that_is_cut_says_so),
        ALLOC_TRACE_TEST(the_servers_version_is_thirteen_strings),
        ALLOC_TRACE_TEST(what_is_no_version_is_refused),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
