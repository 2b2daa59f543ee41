/* The live client: what it asks for, and what it makes of the answers. */
#include "discovery_fixture.h"
#include "fake_server.h"
#include "live.h"

#include <kube/discovery.h>

#define RESOURCE(name)                                                                                                 \
    "{\"resource\":\"" name "\",\"responseKind\":{\"kind\":\"K\"},\"scope\":\"Namespaced\",\"verbs\":[\"get\"]}"
#define VERSION(version, resources) "{\"version\":\"" version "\",\"resources\":[" resources "]}"
#define STALE_VERSION(version) "{\"version\":\"" version "\",\"freshness\":\"Stale\"}"
#define GROUP(name, versions) "{\"metadata\":{\"name\":\"" name "\"},\"versions\":[" versions "]}"
#define AGGREGATED(items) "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[" items "]}"

static const char core[] = AGGREGATED(GROUP("", VERSION("v1", RESOURCE("pods"))));
static const char apps[] =
    AGGREGATED(GROUP("apps", VERSION("v1", RESOURCE("deployments")) "," VERSION("v1beta1", RESOURCE("deployments"))));
static const char legacy_core[] = "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}";
static const char legacy_apps[] =
    "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[{\"name\":\"apps\",\"versions\":["
    "{\"groupVersion\":\"apps/v1\",\"version\":\"v1\"},{\"groupVersion\":\"apps/v1beta1\",\"version\":\"v1beta1\"}],"
    "\"preferredVersion\":{\"groupVersion\":\"apps/v1\",\"version\":\"v1\"}}]}";
static const char pods[] =
    "{\"kind\":\"APIResourceList\",\"groupVersion\":\"v1\",\"resources\":[{\"name\":\"pods\",\"namespaced\":true}]}";
static const char deployments[] = "{\"kind\":\"APIResourceList\",\"groupVersion\":\"apps/"
                                  "v1\",\"resources\":[{\"name\":\"deployments\",\"namespaced\":true}]}";
static const char not_found[] =
    "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"message\":"
    "\"the server could not find the requested resource\",\"reason\":\"NotFound\",\"code\":404}";
static const char forbidden[] = "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"message\":\"no\","
                                "\"reason\":\"Forbidden\",\"code\":403}";

static fake_server server;

static kube_discovery *client_with(kube_discovery_formats formats)
{
    kube_discovery_client_options opts = KUBE_DISCOVERY_CLIENT_OPTIONS_INIT;
    kube_discovery *d = NULL;

    opts.formats = formats;
    assert_int_equal(kube_discovery_client_new(server.client, &opts, &d, NULL), KUBE_OK);
    return d;
}

static void aggregated_server(void)
{
    fake_server_answer(&server, "/api", 200, FAKE_V2, core);
    fake_server_answer(&server, "/apis", 200, FAKE_V2, apps);
}

static void legacy_server(void)
{
    fake_server_answer(&server, "/api", 200, FAKE_JSON, legacy_core);
    fake_server_answer(&server, "/apis", 200, FAKE_JSON, legacy_apps);
    fake_server_answer(&server, "/api/v1", 200, FAKE_JSON, pods);
    fake_server_answer(&server, "/apis/apps/v1", 200, FAKE_JSON, deployments);
    fake_server_answer(&server, "/apis/apps/v1beta1", 200, FAKE_JSON, "{\"resources\":[]}");
}

static int set_up(void **state)
{
    if (alloc_trace_setup(state) != 0)
        return 1;
    fake_server_init(&server);
    return 0;
}

static int tear_down(void **state)
{
    fake_server_clear(&server);
    return alloc_trace_teardown(state);
}

/* Everything, as a text; the status is checked. Asked for in each of the ways a server may answer. */
static void expect_everything(kube_discovery *d, kube_status status, const char *groups_expected,
                              const char *lists_expected)
{
    for (int timing = FAKE_NOW; timing <= FAKE_LATER; timing++) {
        for (int in_reverse = 0; in_reverse <= timing; in_reverse++) {
            kube_api_group_list *groups = NULL;
            kube_api_resource_lists *lists = NULL;
            kube_error *err = NULL;
            kube_status st;

            server.timing = (fake_timing)timing;
            server.in_reverse = in_reverse;
            st = kube_discovery_server_groups_and_resources(d, NULL, &groups, &lists, &err);
            if (st != status)
                fail_msg("%s: %s", kube_status_name(st), kube_error_message(err));
            assert_string_equal(groups_text(groups), groups_expected);
            assert_string_equal(lists_text(lists), lists_expected);
            kube_api_group_list_unref(groups);
            kube_api_resource_lists_unref(lists);
            kube_error_free(err);
        }
    }
}

static void expect_groups_failure(kube_discovery *d, kube_status status, const char *message_part)
{
    kube_api_group_list *groups = NULL;
    kube_api_resource_lists *lists = NULL;
    kube_error *err = NULL;
    kube_status st = kube_discovery_server_groups(d, NULL, &groups, &err);

    if (st != status || (message_part != NULL && strstr(kube_error_message(err), message_part) == NULL))
        fail_msg("%s: %s", kube_status_name(st), kube_error_message(err));
    kube_error_free(err);
    assert_int_equal(kube_discovery_server_groups_and_resources(d, NULL, &groups, &lists, NULL), status);
    assert_null(groups);
    assert_null(lists);
}

static void an_aggregated_server_is_asked_two_questions_at_once(void **state)
{
    kube_discovery *d = client_with(KUBE_DISCOVERY_FORMATS_ALL);

    (void)state;
    aggregated_server();
    expect_everything(d, KUBE_OK, "[v1*] apps[apps/v1* apps/v1beta1]",
                      "v1: pods; apps/v1: deployments; apps/v1beta1: deployments");
    assert_int_equal(server.log_count, 6); /* three rounds of expect_everything */
    assert_int_equal(server.most_in_flight, 2);
    kube_discovery_unref(d);
}

static void every_request_says_how_long_it_will_be_waited_for(void **state)
{
    kube_discovery *d = client_with(KUBE_DISCOVERY_FORMATS_ALL);
    kube_server_version *version = NULL;

    (void)state;
    legacy_server();
    fake_server_answer(&server, "/version", 200, FAKE_JSON, "{\"gitVersion\":\"v1.2.3\"}");
    expect_everything(d, KUBE_OK, "[v1*] apps[apps/v1* apps/v1beta1]", "v1: pods; apps/v1: deployments; apps/v1beta1:");
    assert_int_equal(kube_discovery_server_version(d, NULL, &version, NULL), KUBE_OK);
    kube_server_version_unref(version);
    for (size_t i = 0; i < server.log_count; i++)
        assert_non_null(strstr(server.log[i].target, "?timeout=32s"));
    assert_string_equal(fake_server_request(&server, "/api")->target, "/api?timeout=32s");
    assert_string_equal(fake_server_request(&server, "/apis/apps/v1")->target, "/apis/apps/v1?timeout=32s");
    kube_discovery_unref(d);
}

static void the_timeout_can_be_changed_or_left_out(void **state)
{
    kube_discovery_client_options opts = KUBE_DISCOVERY_CLIENT_OPTIONS_INIT;
    kube_discovery *d = NULL;
    kube_api_group_list *groups = NULL;

    (void)state;
    aggregated_server();
    opts.request_timeout_ms = 90 * 1000;
    assert_int_equal(kube_discovery_client_new(server.client, &opts, &d, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_server_groups(d, NULL, &groups, NULL), KUBE_OK);
    assert_string_equal(fake_server_request(&server, "/api")->target, "/api?timeout=1m30s");
    kube_api_group_list_unref(groups);
    kube_discovery_unref(d);
    opts.request_timeout_ms = -1;
    assert_int_equal(kube_discovery_client_new(server.client, &opts, &d, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_server_groups(d, NULL, &groups, NULL), KUBE_OK);
    assert_string_equal(server.log[server.log_count - 1].target, "/api");
    kube_api_group_list_unref(groups);
    kube_discovery_unref(d);
}

static void a_timeout_may_be_longer_than_time_lasts(void **state)
{
    kube_discovery_client_options opts = KUBE_DISCOVERY_CLIENT_OPTIONS_INIT;
    kube_discovery *d = NULL;
    kube_api_group_list *groups = NULL;

    (void)state;
    aggregated_server();
    server.timing = FAKE_LATER; /* so that it is waited for */
    opts.request_timeout_ms = INT64_MAX;
    assert_int_equal(kube_discovery_client_new(server.client, &opts, &d, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_server_groups(d, NULL, &groups, NULL), KUBE_OK);
    assert_string_equal(server.log[0].target, "/apis?timeout=2562047788015h12m55.807s");
    kube_api_group_list_unref(groups);
    kube_discovery_unref(d);
}

static void durations_are_written_as_go_writes_them(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = { { 1, "1ms" },       { 500, "500ms" },      { 1000, "1s" },          { 1500, "1.5s" },
                  { 1250, "1.25s" },  { 1001, "1.001s" },    { 32000, "32s" },        { 60000, "1m0s" },
                  { 90000, "1m30s" }, { 3600000, "1h0m0s" }, { 3661500, "1h1m1.5s" }, { INT64_MAX, NULL } };
    char text[KUBE__TIMEOUT_TEXT_BYTES];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kube__format_go_duration(cases[i].ms, text);
        if (cases[i].text != NULL)
            assert_string_equal(text, cases[i].text);
    }
}

static void the_accept_header_is_exact_for_each_choice_of_formats(void **state)
{
    static const char v2[] = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    static const char beta[] = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList";
    char expected[4][512];

    (void)state;
    snprintf(expected[KUBE_DISCOVERY_FORMATS_ALL], 512, "%s,%s,application/json", v2, beta);
    snprintf(expected[KUBE_DISCOVERY_FORMATS_CLIENT_GO], 512, "%s,application/json", v2);
    snprintf(expected[KUBE_DISCOVERY_FORMATS_NO_PEER], 512, "%s;profile=nopeer,%s,application/json", v2, v2);
    snprintf(expected[KUBE_DISCOVERY_FORMATS_LEGACY], 512, "application/json");
    for (int formats = 0; formats < 4; formats++) {
        kube_discovery *d = client_with((kube_discovery_formats)formats);
        kube_api_resource_list *list = NULL;
        kube_api_group_list *groups = NULL;

        fake_server_reset(&server);
        legacy_server();
        assert_int_equal(kube_discovery_server_groups(d, NULL, &groups, NULL), KUBE_OK);
        assert_int_equal(kube_discovery_server_resources_for_group_version(d, "v1", NULL, &list, NULL), KUBE_OK);
        assert_string_equal(fake_server_request(&server, "/api")->accept, expected[formats]);
        assert_string_equal(fake_server_request(&server, "/apis")->accept, expected[formats]);
        assert_string_equal(fake_server_request(&server, "/api/v1")->accept, "application/json, */*");
        kube_api_group_list_unref(groups);
        kube_api_resource_list_unref(list);
        kube_discovery_unref(d);
    }
}

static void v2beta1_is_read_as_v2_and_parameters_may_come_in_any_order(void **state)
{
    kube_discovery *d = client_with(KUBE_DISCOVERY_FORMATS_ALL);

    (void)state;
    fake_server_answer(&server, "/api", 200, FAKE_V2BETA1, core);
    fake_server_answer(&server, "/apis", 200,
                       "application/json; charset=utf-8; as=APIGroupDiscoveryList; v=v2; g=apidiscovery.k8s.io", apps);
    expect_everything(d, KUBE_OK, "[v1*] apps[apps/v1* apps/v1beta1]",
                      "v1: pods; apps/v1: deployments; apps/v1beta1: deployments");
    kube_discovery_unref(d);
}

static void a_server_without_a_core_group_is_a_server(void **state)
{
    kube_discovery *d = client_with(KUBE_DISCOVERY_FORMATS_ALL);

    (void)state;
    fake_server_answer(&server, "/api", 404, FAKE_JSON, not_found);
    fake_server_answer(&server, "/apis", 200, FAKE_V2, apps);
    expect_everything(d, KUBE_OK, "apps[apps/v1* apps/v1beta1]", "apps/v1: deployments; apps/v1beta1: deployments");
    fake_server_reset(&server);
    fake_server_answer(&server, "/apis", 200, FAKE_JSON, legacy_apps);
    fake_server_answer(&server, "/apis/apps/v1", 200, FAKE_JSON, deployments);
    fake_server_answer(&server, "/apis/apps/v1beta1", 200, FAKE_JSON, deployments);
    expect_everything(d, KUBE_OK, "apps[apps/v1* apps/v1beta1]", "apps/v1: deployments; apps/v1: deployments");
    kube_discovery_unref(d);
}

static void an_empty_core_document_is_no_core_group(void **state)
{
    kube_discovery *d = client_with(KUBE_DISCOVERY_FORMATS_ALL);

    (void)state;
    fake_server_answer(&server, "/api", 200, FAKE_V2, AGGREGATED(""));
    fake_server_answer(&server, "/apis", 200, FAKE_V2, apps);
    expect_everything(d, KUBE_OK, "apps[apps/v1* apps/v1beta1]", "apps/v1: deployments; apps/v1beta1: deployments");
    kube_discovery_unref(d);
}

static void any_other_failure_of_api_or_apis_is_final(void **state)
{
    static const struct {
        int api, apis;
        kube_status status;
    } cases[] = { { 403, 200, KUBE_ERR_FORBIDDEN },    { 200, 404, KUBE_ERR_NOT_FOUND },
                  { 200, 403, KUBE_ERR_FORBIDDEN },    { 404, 404, KUBE_ERR_NOT_FOUND },
                  { 200, 500, KUBE_ERR_SERVER },       { 500, 200, KUBE_ERR_SERVER },
                  { 200, 401, KUBE_ERR_UNAUTHORIZED }, { 0, 200, KUBE_ERR_UNAVAILABLE },
                  { 200, 0, KUBE_ERR_UNAVAILABLE } };
    kube_discovery *d = client_with(KUBE_DISCOVERY_FORMATS_ALL);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (int timing = FAKE_NOW; timing <= FAKE_LATER; timing++) {
            fake_server_reset(&server);
            server.timing = (fake_timing)timing;
            fake_server_answer(&server, "/api", cases[i].api, cases[i].api == 200 ? FAKE_V2 : FAKE_JSON,
                               cases[i].api == 200 ? core : forbidden);
            fake_server_answer(&server, "/apis", cases[i].apis, cases[i].apis == 200 ? FAKE_V2 : FAKE_JSON,
                               cases[i].apis == 200 ? apps : forbidden);
            expect_groups_failure(d, cases[i].status, NULL);
        }
    }
    kube_discovery_unref(d);
}

static void an_answer_that_is_no_discovery_document_is_explained(void **state)
{
    kube_discovery *d = client_with(KUBE_DISCOVERY_FORMATS_ALL);

    (void)state;
    fake_server_answer(&server, "/api", 200, "text/html", "<html>please log in</html>");
    fake_server_answer(&server, "/apis", 200, "text/html", "<html>please log in</html>");
    expect_groups_failure(d, KUBE_ERR_PROTOCOL, "GET http://fake/api: answered text/html, not JSON");
    fake_server_reset(&server);
    fake_server_answer(&server, "/api", 200, FAKE_V2, core);
    fake_server_answer(&server, "/apis", 200, FAKE_V2, "{\"items\":[1]}");
    expect_groups_failure(d, KUBE_ERR_PARSE, "/apis: APIGroupDiscoveryList: line 1, column 11");
    fake_server_reset(&server);
    fake_server_answer(&server, "/api", 200, FAKE_JSON, core); /* an aggregated document that does not say so */
    fake_server_answer(&server, "/apis", 200, FAKE_JSON, legacy_apps);
    expect_groups_failure(d, KUBE_ERR_PARSE, "its kind is APIGroupDiscoveryList, not APIVersions");
    fake_server_reset(&server);
    fake_server_answer(&server, "/api", 200, FAKE_V2, core);
    fake_server_answer(&server, "/apis", 200, "application/json;v", apps);
    expect_groups_failure(d, KUBE_ERR_PROTOCOL, "cannot be read");
    fake_server_reset(&server);
    fake_server_answer(&server, "/api", 200, FAKE_V2, core);
    fake_server_answer(&server, "/apis", 200, FAKE_V2, "");
    expect_groups_failure(d, KUBE_ERR_PROTOCOL, "0-length response");
    kube_discovery_unref(d);
}

static void an_answer_without_a_content_type_is_a_legacy_one(void **state)
{
    kube_discovery *d = client_with(KUBE_DISCOVERY_FORMATS_ALL);
    kube_api_group_list *groups = NULL;

    (void)state;
    fake_server_answer(&server, "/api", 200, NULL, legacy_core);
    fake_server_answer(&server, "/apis", 200, NULL, legacy_apps);
    assert_int_equal(kube_discovery_server_groups(d, NULL, &groups, NULL), KUBE_OK);
    assert_string_equal(groups_text(groups), "[v1*] apps[apps/v1* apps/v1beta1]");
    assert_int_equal(server.log_count, 2); /* groups alone need no walk */
    kube_api_group_list_unref(groups);
    kube_discovery_unref(d);
}

static void mixed_formats_are_walked_and_what_was_stale_is_forgotten(void **state)
{
    kube_discovery *d = client_with(KUBE_DISCOVERY_FORMATS_ALL);

    (void)state;
    legacy_server();
    fake_server_reset(&server);
    fake_server_answer(&server, "/api", 200, FAKE_JSON, legacy_core);
    fake_server_answer(&server, "/apis", 200, FAKE_V2,
                       AGGREGATED(GROUP("apps", VERSION("v1", RESOURCE("ignored")) "," STALE_VERSION("v2"))));
    fake_server_answer(&server, "/api/v1", 200, FAKE_JSON, pods);
    fake_server_answer(&server, "/apis/apps/v1", 200, FAKE_JSON, deployments);
    expect_everything(d, KUBE_OK, "[v1*] apps[apps/v1*]", "v1: pods; apps/v1: deployments");
    assert_int_equal(fake_server_count(&server, "/apis/apps/v2"), 0);
    kube_discovery_unref(d);
}

static void stale_group_versions_are_reported_after_a_second_attempt(void **state)
{
    kube_discovery *d = client_with(KUBE_DISCOVERY_FORMATS_ALL);
    kube_api_resource_lists *lists = NULL;
    kube_api_group_list *groups = NULL;
    kube_error *err = NULL;

    (void)state;
    fake_server_answer(&server, "/api", 200, FAKE_V2, core);
    fake_server_answer(&server, "/apis", 200, FAKE_V2, AGGREGATED(GROUP("apps", STALE_VERSION("v1"))));
    assert_int_equal(kube_discovery_server_groups_and_resources(d, NULL, &groups, &lists, &err), KUBE_ERR_PARTIAL);
    assert_string_equal(kube_error_message(err), "unable to retrieve the complete list of server APIs: "
                                                 "apps/v1: stale GroupVersion discovery: apps/v1");
    assert_string_equal(groups_text(groups), "[v1*] apps[]");
    assert_int_equal(server.log_count, 4);
    kube_api_group_list_unref(groups);
    kube_api_resource_lists_unref(lists);
    kube_error_free(err);
    assert_int_equal(kube_discovery_server_groups(d, NULL, &groups, NULL), KUBE_OK);
    kube_api_group_list_unref(groups);
    kube_discovery_unref(d);
}

static void a_group_version_is_asked_for_where_it_lives(void **state)
{
    kube_discovery *d = client_with(KUBE_DISCOVERY_FORMATS_ALL);
    kube_api_resource_list *list = NULL;

    (void)state;
    legacy_server();
    for (int timing = FAKE_NOW; timing <= FAKE_LATER; timing++) {
        server.timing = (fake_timing)timing;
        assert_int_equal(kube_discovery_server_resources_for_group_version(d, "v1", NULL, &list, NULL), KUBE_OK);
        assert_string_equal(list_text(list), "pods");
        kube_api_resource_list_unref(list);
        assert_int_equal(kube_discovery_server_resources_for_group_version(d, "apps/v1", NULL, &list, NULL), KUBE_OK);
        assert_string_equal(list_text(list), "deployments");
        kube_api_resource_list_unref(list);
    }
    list = NULL;
    assert_int_equal(kube_discovery_server_resources_for_group_version(d, "v2", NULL, &list, NULL), KUBE_ERR_NOT_FOUND);
    assert_int_equal(fake_server_count(&server, "/apis/v2"), 1);
    assert_int_equal(kube_discovery_server_resources_for_group_version(d, "x/v1", NULL, &list, NULL),
                     KUBE_ERR_NOT_FOUND);
    assert_null(list);
    kube_discovery_unref(d);
}

static void only_the_core_group_may_be_missing(void **state)
{
    kube_discovery *d = client_with(KUBE_DISCOVERY_FORMATS_ALL);
    kube_api_resource_list *list = NULL;

    (void)state;
    fake_server_answer(&server, "/api/v1", 404, FAKE_JSON, not_found);
    assert_int_equal(kube_discovery_server_resources_for_group_version(d, "v1", NULL, &list, NULL), KUBE_OK);
    assert_int_equal(kube_api_resource_list_count(list), 0);
    assert_string_equal(kube_api_resource_list_group_version(list), "v1");
    kube_api_resource_list_unref(list);
    list = NULL;
    fake_server_reset(&server);
    fake_server_answer(&server, "/api/v1", 403, FAKE_JSON, forbidden);
    assert_int_equal(kube_discovery_server_resources_for_group_version(d, "v1", NULL, &list, NULL), KUBE_ERR_FORBIDDEN);
    assert_null(list);
    kube_discovery_unref(d);
}

static void a_body_that_is_no_resource_list_is_an_error(void **state)
{
    static const struct {
        const char *body;
        kube_status status;
        const char *message;
    } cases[] = {
        { "", KUBE_ERR_PROTOCOL, "0-length response with status code: 200 and content type: application/json" },
        { "{}", KUBE_OK, NULL },
        { "null", KUBE_OK, NULL },
        { not_found, KUBE_ERR_PARSE, "its kind is Status, not APIResourceList" },
        { "{\"resources\":[{\"name\":7}]}", KUBE_ERR_PARSE, "expected a string" },
        { "<html>", KUBE_ERR_PARSE, "GET http://fake/apis/a/v1: APIResourceList: line 1, column 1" },
    };
    kube_discovery *d = client_with(KUBE_DISCOVERY_FORMATS_ALL);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kube_api_resource_list *list = NULL;
        kube_error *err = NULL;
        kube_status st;

        fake_server_reset(&server);
        fake_server_answer(&server, "/apis/a/v1", 200, FAKE_JSON, cases[i].body);
        st = kube_discovery_server_resources_for_group_version(d, "a/v1", NULL, &list, &err);
        if (st != cases[i].status ||
            (cases[i].message != NULL && strstr(kube_error_message(err), cases[i].message) == NULL))
            fail_msg("%s: %s", cases[i].body, kube_error_message(err));
        kube_error_free(err);
        kube_api_resource_list_unref(list);
    }
    kube_discovery_unref(d);
}

static void the_servers_version_is_asked_for_and_a_wrong_one_explained(void **state)
{
    kube_discovery *d = client_with(KUBE_DISCOVERY_FORMATS_ALL);
    kube_server_version *version = NULL;
    kube_error *err = NULL;

    (void)state;
    for (int timing = FAKE_NOW; timing <= FAKE_LATER; timing++) {
        fake_server_reset(&server);
        server.timing = (fake_timing)timing;
        fake_server_answer(&server, "/version", 200, FAKE_JSON, "{\"gitVersion\":\"v1.37.2\"}");
        fake_server_answer(&server, "/version", 200, FAKE_JSON, "{\"gitVersion\":1}");
        fake_server_answer(&server, "/version", 200, "text/html", "<p>");
        fake_server_answer(&server, "/version", 403, FAKE_JSON, forbidden);
        assert_int_equal(kube_discovery_server_version(d, NULL, &version, NULL), KUBE_OK);
        assert_string_equal(kube_server_version_git_version(version), "v1.37.2");
        kube_server_version_unref(version);
        version = NULL;
        assert_int_equal(kube_discovery_server_version(d, NULL, &version, &err), KUBE_ERR_PARSE);
        assert_non_null(strstr(kube_error_message(err), "unable to parse the server version: "));
        kube_error_free(err);
        assert_int_equal(kube_discovery_server_version(d, NULL, &version, &err), KUBE_ERR_PROTOCOL);
        assert_non_null(strstr(kube_error_message(err), "answered text/html, not JSON"));
        kube_error_free(err);
        assert_int_equal(kube_discovery_server_version(d, NULL, &version, NULL), KUBE_ERR_FORBIDDEN);
        assert_null(version);
    }
    kube_discovery_unref(d);
}

/* Who decorates a client asks it directly. */
static void what_is_no_group_version_is_refused_before_a_request(void **state)
{
    kube_discovery_request request = { .struct_size = sizeof request,
                                       .group_version = "a/b/c",
                                       .want = KUBE_DISCOVERY_WANT_GROUP_VERSION };
    kube_call call = { .deadline_ns = 0 };
    kube_discovery *d = client_with(KUBE_DISCOVERY_FORMATS_ALL);
    kube_discovery_snapshot *s = NULL;
    kube_error *err = NULL;
    kube_io *io = NULL;

    (void)state;
    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_fetch(d, io, &request, &call, NULL, NULL, &s, &err), KUBE_ERR_INVALID_ARG);
    assert_string_equal(kube_error_message(err), "unexpected GroupVersion string: a/b/c");
    assert_int_equal(kube_discovery_fetch(d, io, &request, &call, NULL, NULL, &s, NULL), KUBE_ERR_INVALID_ARG);
    assert_null(s);
    assert_int_equal(server.log_count, 0);
    kube_error_free(err);
    kube_io_free(io);
    kube_discovery_unref(d);
}

static void options_out_of_range_are_refused(void **state)
{
    kube_discovery_client_options opts = KUBE_DISCOVERY_CLIENT_OPTIONS_INIT, zeroed = { .struct_size = 0 };
    kube_discovery *d = NULL;

    (void)state;
    assert_int_equal(kube_discovery_client_new(NULL, NULL, &d, NULL), KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_discovery_client_new(server.client, &zeroed, &d, NULL), KUBE_ERR_INVALID_ARG);
    opts.formats = (kube_discovery_formats)4;
    assert_int_equal(kube_discovery_client_new(server.client, &opts, &d, NULL), KUBE_ERR_INVALID_ARG);
    assert_null(d);
    assert_int_equal(kube_discovery_client_new(server.client, NULL, &d, NULL), KUBE_OK);
    kube_discovery_unref(d);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_aggregated_server_is_asked_two_questions_at_once),
        TEST(every_request_says_how_long_it_will_be_waited_for),
        TEST(the_timeout_can_be_changed_or_left_out),
        TEST(a_timeout_may_be_longer_than_time_lasts),
        TEST(durations_are_written_as_go_writes_them),
        TEST(the_accept_header_is_exact_for_each_choice_of_formats),
        TEST(v2beta1_is_read_as_v2_and_parameters_may_come_in_any_order),
        TEST(a_server_without_a_core_group_is_a_server),
        TEST(an_empty_core_document_is_no_core_group),
        TEST(any_other_failure_of_api_or_apis_is_final),
        TEST(an_answer_that_is_no_discovery_document_is_explained),
        TEST(an_answer_without_a_content_type_is_a_legacy_one),
        TEST(mixed_formats_are_walked_and_what_was_stale_is_forgotten),
        TEST(stale_group_versions_are_reported_after_a_second_attempt),
        TEST(a_group_version_is_asked_for_where_it_lives),
        TEST(only_the_core_group_may_be_missing),
        TEST(a_body_that_is_no_resource_list_is_an_error),
        TEST(the_servers_version_is_asked_for_and_a_wrong_one_explained),
        TEST(what_is_no_group_version_is_refused_before_a_request),
        TEST(options_out_of_range_are_refused),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
