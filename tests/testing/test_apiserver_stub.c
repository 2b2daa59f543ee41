/* What the API server answers, and how that changes. */
#include "stub_fixture.h"

#include "discovery_fixture.h"

#include <kube/discovery.h>
#include <kube/rest.h>

#include <unistd.h>

static const struct {
    const char *name, *folder;
    kube_status status; /* of a discovery */
    size_t at_least;    /* resources      */
} clusters[] = {
    { "bare", RECORDING("bare"), KUBE_OK, 100 },
    { "large", RECORDING("large"), KUBE_OK, 500 },
    { "stale", RECORDING("stale"), KUBE_ERR_PARTIAL, 100 },
};

static void path_in(char path[1024], size_t cluster, const char *name)
{
    snprintf(path, 1024, "%s/%s", clusters[cluster].folder, name);
}

/* Everything that discovery finds, a line for each resource, in memory the caller frees. */
static char *table(const kube_testing_apiserver *server, size_t cluster)
{
    kube_rest_client_options opts = KUBE_REST_CLIENT_OPTIONS_INIT;
    kube_rest_client *rest = NULL;
    kube_discovery *d = NULL;
    kube_api_resource_lists *lists = NULL;
    kube_error *err = NULL;
    char *text = NULL;
    size_t len, count = 0;
    FILE *f = open_memstream(&text, &len);

    assert_non_null(f);
    opts.base_url = kube_testing_apiserver_url(server);
    assert_int_equal(kube_rest_client_new(&opts, &rest, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_client_new(rest, NULL, &d, NULL), KUBE_OK);
    if (kube_discovery_server_groups_and_resources(d, NULL, NULL, &lists, &err) != clusters[cluster].status)
        fail_msg("%s: %s", clusters[cluster].name, kube_error_message(err));
    for (size_t i = 0; i < kube_api_resource_lists_count(lists); i++) {
        const kube_api_resource_list *list = kube_api_resource_lists_at(lists, i);

        fprintf(f, "%s\n", kube_api_resource_list_group_version(list));
        for (size_t k = 0; k < kube_api_resource_list_count(list); k++, count++)
            fprintf(f, "%s\n", resource_text(kube_api_resource_list_at(list, k)));
    }
    for (size_t i = 0; i < kube_error_child_count(err); i++)
        fprintf(f, "failed %s\n", kube_error_subject(kube_error_child_at(err, i)));
    assert_int_equal(fclose(f), 0);
    assert_true(count >= clusters[cluster].at_least);
    kube_error_free(err);
    kube_api_resource_lists_unref(lists);
    kube_discovery_unref(d);
    kube_rest_client_unref(rest);
    return text;
}

static void every_form_has_the_same_resources(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(clusters); i++) {
        kube_testing_apiserver *server = stub_start(clusters[i].folder, KUBE_TESTING_FORM_V2);
        char *v2 = table(server, i), *v2beta1, *legacy;

        assert_int_equal(kube_testing_apiserver_set_form(server, KUBE_TESTING_FORM_V2BETA1, NULL), KUBE_OK);
        v2beta1 = table(server, i);
        /* Each form is really that form: only the legacy one needs the lists of the group-versions. */
        assert_int_equal(kube_testing_apiserver_request_count_of(server, "/apis/apps/v1"), 0);
        assert_int_equal(kube_testing_apiserver_set_form(server, KUBE_TESTING_FORM_LEGACY, NULL), KUBE_OK);
        legacy = table(server, i);
        assert_true(kube_testing_apiserver_request_count_of(server, "/apis/apps/v1") > 0);
        assert_string_equal(v2, v2beta1);
        assert_string_equal(v2, legacy);
        free(v2);
        free(v2beta1);
        free(legacy);
        kube_testing_apiserver_stop(server);
    }
}

/* A recorded document and what the server makes of it. */
static void expect_recorded(const kube_testing_apiserver *server, size_t cluster, const char *name, const char *target,
                            const char *accept, int status)
{
    char path[1024];
    size_t len;
    char *expected, *body = stub_body(server, target, accept, status);

    path_in(path, cluster, name);
    expected = read_file(path, &len);
    if (strcmp(body, expected) != 0)
        fail_msg("%s of %s is not as it was recorded:\n%s", target, clusters[cluster].name, body);
    assert_int_equal(strlen(body), len);
    free(body);
    free(expected);
}

static void documents_are_those_of_the_recording(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(clusters); i++) {
        kube_testing_apiserver *server = stub_start(clusters[i].folder, KUBE_TESTING_FORM_V2);

        expect_recorded(server, i, "api.aggregated.json", "/api", ACCEPT_V2, 200);
        expect_recorded(server, i, "apis.aggregated.json", "/apis", ACCEPT_V2, 200);
        expect_recorded(server, i, "apis.legacy.json", "/apis", "application/json", 200);
        expect_recorded(server, i, "version.json", "/version", "*/*", 200);
        expect_recorded(server, i, "openapi-v3.json", "/openapi/v3", "*/*", 200);
        expect_recorded(server, i, "errors/404-path.txt", "/apis/absent.example.com/v1", "*/*", 404);
        expect_recorded(server, i, "errors/406.json", "/apis", "application/xml", 406);
        expect_recorded(server, i, "apis.v2beta1.json", "/apis", ACCEPT_V2BETA1, 406);
        kube_testing_apiserver_stop(server);
    }
}

/* The model gives the bytes back that it was read from: what is changed differs in nothing but the change. */
static void a_change_taken_back_leaves_the_recorded_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(clusters); i++) {
        kube_testing_apiserver *server = stub_start(clusters[i].folder, KUBE_TESTING_FORM_V2);

        assert_int_equal(kube_testing_apiserver_set_stale(server, "apps/v1", true, NULL), KUBE_OK);
        assert_int_equal(kube_testing_apiserver_set_stale(server, "apps/v1", false, NULL), KUBE_OK);
        assert_int_equal(kube_testing_apiserver_add_group(server, CRONTABS, NULL), KUBE_OK);
        assert_int_equal(kube_testing_apiserver_remove_group_version(server, "stable.example.com/v1", NULL), KUBE_OK);
        expect_recorded(server, i, "apis.aggregated.json", "/apis", ACCEPT_V2, 200);
        expect_recorded(server, i, "apis.legacy.json", "/apis", "application/json", 200);
        kube_testing_apiserver_stop(server);
    }
}

/* The status line's code and each recorded header but the tag, whose digest is our own. */
static void expect_recorded_head(const kube_testing_apiserver *server, const char *name, const char *target,
                                 const char *headers)
{
    char path[1024], *recorded, *rest, *line;
    size_t len, compared = 0;
    reply r = stub_get(server, target, headers);

    path_in(path, 2, name);
    rest = recorded = read_file(path, &len);
    line = strsep(&rest, "\r\n");
    assert_int_equal(strtol(strchr(line, ' '), NULL, 10), r.status);
    while ((line = strsep(&rest, "\r\n")) != NULL) {
        char *value = strstr(line, ": ");
        const char *ours;

        if (value == NULL)
            continue;
        *value = '\0';
        ours = reply_header(&r, line);
        if (ours == NULL || (strcmp(line, "Etag") != 0 && strcmp(ours, value + 2) != 0))
            fail_msg("%s: %s is \"%s\", recorded is \"%s\"", target, line, ours != NULL ? ours : "", value + 2);
        compared++;
    }
    assert_true(compared >= 2);
    free(recorded);
    reply_clear(&r);
}

static void heads_are_those_of_the_recording(void **state)
{
    kube_testing_apiserver *server = stub_start(RECORDING("stale"), KUBE_TESTING_FORM_V2);

    (void)state;
    expect_recorded_head(server, "apis.aggregated.json.headers", "/apis", "Accept: " ACCEPT_V2 "\r\n");
    expect_recorded_head(server, "api.aggregated.json.headers", "/api", "Accept: " ACCEPT_V2 "\r\n");
    expect_recorded_head(server, "apis.legacy.json.headers", "/apis", NULL);
    expect_recorded_head(server, "version.json.headers", "/version", NULL);
    expect_recorded_head(server, "openapi-v3.json.headers", "/openapi/v3", NULL);
    expect_recorded_head(server, "resources/v1.json.headers", "/api/v1", NULL);
    expect_recorded_head(server, "resources/apps/v2.json.headers", "/apis/apps/v2", NULL);
    expect_recorded_head(server, "errors/404-path.txt.headers", "/absent", NULL);
    expect_recorded_head(server, "errors/406.json.headers", "/apis", "Accept: application/xml\r\n");
    kube_testing_apiserver_stop(server);
}

static void the_accept_header_decides(void **state)
{
    enum { V2, V2BETA1, LEGACY, NONE };
    static const struct {
        const char *accept;
        int of[3]; /* by the server's form */
    } cases[] = {
        { ACCEPT_V2 ",application/json", { V2, LEGACY, LEGACY } },
        { ACCEPT_V2 "," ACCEPT_V2BETA1 ",application/json", { V2, V2BETA1, LEGACY } },
        { ACCEPT_V2, { V2, NONE, NONE } },
        { ACCEPT_V2BETA1, { NONE, V2BETA1, NONE } },
        { "application/json," ACCEPT_V2, { LEGACY, LEGACY, LEGACY } },
        { "application/json", { LEGACY, LEGACY, LEGACY } },
        { "*/*", { LEGACY, LEGACY, LEGACY } },
        { "application/vnd.kubernetes.protobuf, application/json;q=0.5", { LEGACY, LEGACY, LEGACY } },
        { "application/json; as=APIGroupDiscoveryList; v=\"v2\"; g=apidiscovery.k8s.io", { V2, NONE, NONE } },
        { "Application/JSON;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList;profile=nopeer", { V2, NONE, NONE } },
        { "application/json;g=apidiscovery.k8s.io;v=v3;as=APIGroupDiscoveryList", { NONE, NONE, NONE } },
        { "application/json;g=other;v=v2;as=APIGroupDiscoveryList", { NONE, NONE, NONE } },
        { "application/json ; v = v2;g=\t\"apidiscovery.k8s.io\" ;as=APIGroupDiscoveryList ", { V2, NONE, NONE } },
        { "application/json;g=apidiscovery.k8s.io;v=v2;as=Another", { NONE, NONE, NONE } },
        { "application/json;v=v2", { NONE, NONE, NONE } },
        { "application/json;as=APIGroupDiscoveryList", { NONE, NONE, NONE } },
        { "*/*;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList", { NONE, NONE, NONE } },
        { "application/*", { LEGACY, LEGACY, LEGACY } },
        { "text/html, , application/json;", { LEGACY, LEGACY, LEGACY } },
        { "", { LEGACY, LEGACY, LEGACY } },
        { "text/html", { NONE, NONE, NONE } },
        { "\"", { NONE, NONE, NONE } },
    };
    static const char *const types[] = { ACCEPT_V2, ACCEPT_V2BETA1, "application/json", "application/json" };

    (void)state;
    for (int form = 0; form < 3; form++) {
        kube_testing_apiserver *server = stub_start(RECORDING("bare"), (kube_testing_form)form);

        for (size_t i = 0; i < COUNT_OF(cases); i++) {
            char header[512];
            reply r;
            int expected = cases[i].of[form];

            snprintf(header, sizeof header, "Accept: %s\r\n", cases[i].accept);
            r = stub_get(server, "/apis", header);
            if (r.status != (expected == NONE ? 406 : 200) ||
                strcmp(reply_header(&r, "Content-Type"), types[expected]) != 0)
                fail_msg("form %d, %s: %s", form, cases[i].accept, r.head);
            reply_clear(&r);
        }
        kube_testing_apiserver_stop(server);
    }
}

static void a_v2beta1_document_says_so_and_is_otherwise_the_same(void **state)
{
    kube_testing_apiserver *server = stub_start(RECORDING("large"), KUBE_TESTING_FORM_V2BETA1);
    char *body = stub_body(server, "/apis", ACCEPT_V2BETA1, 200), *recorded;
    const char *version = "\"apiVersion\":\"apidiscovery.k8s.io/v2beta1\"";
    size_t len, at, tail = strlen("beta1");

    (void)state;
    recorded = read_file(RECORDING("large") "/apis.aggregated.json", &len);
    assert_non_null(strstr(body, version));
    at = (size_t)(strstr(body, version) - body) + strlen(version) - tail - 1;
    assert_memory_equal(body, recorded, at);
    assert_string_equal(body + at + tail, recorded + at);
    free(body);
    free(recorded);
    kube_testing_apiserver_stop(server);
}

static void the_tag(const kube_testing_apiserver *server, const char *target, char tag[200])
{
    reply r = stub_get(server, target, "Accept: " ACCEPT_V2 "\r\n");

    assert_non_null(reply_header(&r, "Etag"));
    snprintf(tag, 200, "%s", reply_header(&r, "Etag"));
    assert_true(tag[0] == '"' && tag[strlen(tag) - 1] == '"');
    reply_clear(&r);
}

/* The status of /apis for someone who has the document of this tag. */
static int status_for(const kube_testing_apiserver *server, const char *tag)
{
    char headers[512];
    reply r;
    int status;

    snprintf(headers, sizeof headers, "Accept: " ACCEPT_V2 "\r\nIf-None-Match: %s\r\n", tag);
    r = stub_get(server, "/apis", headers);
    status = r.status;
    if (status == 304) {
        assert_int_equal(r.body_len, 0);
        assert_null(reply_header(&r, "Content-Length"));
        assert_string_equal(reply_header(&r, "Etag"), strstr(tag, "\""));
    }
    reply_clear(&r);
    return status;
}

static void a_known_tag_is_answered_without_a_body(void **state)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);
    char tag[200], other[200], weak[210];
    kube_testing_record record = KUBE_TESTING_RECORD_INIT;

    (void)state;
    the_tag(server, "/apis", tag);
    the_tag(server, "/api", other);
    assert_string_not_equal(tag, other);
    snprintf(weak, sizeof weak, "W/%s", tag);
    assert_int_equal(status_for(server, tag), 304);
    assert_true(kube_testing_apiserver_request_at(server, 2, &record));
    assert_int_equal(record.http_status, 304);
    assert_int_equal(record.body_bytes, 0);
    assert_string_equal(record.if_none_match, tag);
    assert_int_equal(status_for(server, weak), 304);
    assert_int_equal(status_for(server, other), 200);
    kube_testing_apiserver_stop(server);
}

static void a_tag_follows_the_content(void **state)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);
    char before[200], now[200];

    (void)state;
    the_tag(server, "/apis", before);
    assert_int_equal(kube_testing_apiserver_add_group(server, CRONTABS, NULL), KUBE_OK);
    assert_int_equal(status_for(server, before), 200);
    the_tag(server, "/apis", now);
    assert_string_not_equal(before, now);
    assert_int_equal(kube_testing_apiserver_remove_group_version(server, "stable.example.com/v1", NULL), KUBE_OK);
    assert_int_equal(status_for(server, before), 304);
    assert_int_equal(kube_testing_apiserver_set_recording(server, RECORDING("stale"), NULL), KUBE_OK);
    assert_int_equal(status_for(server, before), 200);
    assert_int_equal(kube_testing_apiserver_set_recording(server, RECORDING("bare"), NULL), KUBE_OK);
    assert_int_equal(status_for(server, before), 304);
    kube_testing_apiserver_stop(server);
}

static void expect_status(const kube_testing_apiserver *server, const char *target, int status, const char *part)
{
    char *body = stub_body(server, target, "application/json", status);

    if (strstr(body, part) == NULL)
        fail_msg("%s: %s", target, body);
    free(body);
}

static void an_added_group_is_served_at_every_path(void **state)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);

    (void)state;
    expect_status(server, "/apis/stable.example.com", 404, "404 page not found\n");
    assert_int_equal(kube_testing_apiserver_add_group(server, CRONTABS, NULL), KUBE_OK);
    expect_status(server, "/apis/stable.example.com", 200,
                  "{\"kind\":\"APIGroup\",\"apiVersion\":\"v1\",\"name\":\"stable.example.com\",\"versions\":[{"
                  "\"groupVersion\":\"stable.example.com/v1\",\"version\":\"v1\"}],\"preferredVersion\":{"
                  "\"groupVersion\":\"stable.example.com/v1\",\"version\":\"v1\"}}\n");
    expect_status(server, "/apis/stable.example.com/v1", 200,
                  "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"stable.example.com/v1\","
                  "\"resources\":[{\"name\":\"crontabs\",\"singularName\":\"crontab\",\"namespaced\":true,\"group\":"
                  "\"stable.example.com\",\"version\":\"v1\",\"kind\":\"CronTab\",\"verbs\":[\"get\",\"list\"],"
                  "\"shortNames\":[\"ct\"]}]}\n");
    expect_status(server, "/apis/stable.example.com/v2", 404, "404 page not found\n");
    expect_status(server, "/apis", 200, "\"groupVersion\":\"stable.example.com/v1\"");
    expect_status(server, "/readyz", 200, "ok");
    kube_testing_apiserver_stop(server);
}

static void subresources_stand_behind_their_parent(void **state)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_LEGACY);
    const char *item = "{\"metadata\":{\"name\":\"sub.example.com\"},\"versions\":[{\"version\":\"v1\",\"resources\":["
                       "{\"resource\":\"ghosts\",\"responseKind\":null,\"scope\":\"Cluster\",\"singularResource\":"
                       "\"ghost\",\"verbs\":[\"get\"],\"subresources\":[{\"subresource\":\"scale\",\"responseKind\":{"
                       "\"group\":\"autoscaling\",\"version\":\"v1\",\"kind\":\"Scale\"},\"verbs\":[\"get\"]},"
                       "{\"subresource\":\"dropped\",\"verbs\":[\"get\"]}]}]}]}";

    (void)state;
    assert_int_equal(kube_testing_apiserver_add_group(server, item, NULL), KUBE_OK);
    expect_status(server, "/apis/sub.example.com/v1", 200,
                  "\"resources\":[{\"name\":\"ghosts/scale\",\"singularName\":\"ghost\",\"namespaced\":false,"
                  "\"group\":\"autoscaling\",\"version\":\"v1\",\"kind\":\"Scale\",\"verbs\":[\"get\"]}]}\n");
    kube_testing_apiserver_stop(server);
}

static void a_stale_group_version_is_unavailable_until_it_is_current(void **state)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);
    char *aggregated;

    (void)state;
    assert_int_equal(kube_testing_apiserver_set_stale(server, "apps/v1", true, NULL), KUBE_OK);
    expect_status(server, "/apis/apps/v1", 503, "service unavailable\n");
    expect_status(server, "/apis", 200, "\"groupVersion\":\"apps/v1\"");
    aggregated = stub_body(server, "/apis", ACCEPT_V2, 200);
    assert_non_null(strstr(aggregated, "\"freshness\":\"Stale\""));
    free(aggregated);
    assert_int_equal(kube_testing_apiserver_set_stale(server, "apps/v1", false, NULL), KUBE_OK);
    expect_status(server, "/apis/apps/v1", 200, "\"name\":\"deployments\"");
    assert_int_equal(kube_testing_apiserver_set_stale(server, "v1", true, NULL), KUBE_OK);
    expect_status(server, "/api/v1", 503, "service unavailable\n");
    kube_testing_apiserver_stop(server);
}

static void a_change_that_cannot_be_made_changes_nothing(void **state)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);
    kube_error *err = NULL;

    (void)state;
    assert_int_equal(kube_testing_apiserver_set_stale(server, "absent/v1", true, &err), KUBE_ERR_NOT_FOUND);
    assert_non_null(strstr(kube_error_message(err), "\"absent/v1\""));
    kube_error_free(err);
    assert_int_equal(kube_testing_apiserver_add_group(server, "{\"metadata\":", NULL), KUBE_ERR_PARSE);
    assert_int_equal(kube_testing_apiserver_add_group(server, "{\"metadata\":{\"name\":\"x\"}}", NULL), KUBE_ERR_PARSE);
    assert_int_equal(kube_testing_apiserver_add_group(server, "{\"versions\":[{}]}", NULL), KUBE_ERR_PARSE);
    assert_int_equal(kube_testing_apiserver_add_group(server, "{\"versions\":[tru", NULL), KUBE_ERR_PARSE);
    assert_int_equal(kube_testing_apiserver_remove_group_version(server, "apps/v9", NULL), KUBE_ERR_NOT_FOUND);
    assert_int_equal(kube_testing_apiserver_set_recording(server, "/absent", &err), KUBE_ERR_NOT_FOUND);
    assert_non_null(strstr(kube_error_message(err), "/absent/api.aggregated.json"));
    kube_error_free(err);
    assert_int_equal(kube_testing_apiserver_set_form(server, (kube_testing_form)7, NULL), KUBE_ERR_INVALID_ARG);
    expect_recorded(server, 0, "apis.aggregated.json", "/apis", ACCEPT_V2, 200);
    kube_testing_apiserver_stop(server);
}

static void a_token_is_needed_where_there_is_one(void **state)
{
    kube_testing_apiserver_options opts = KUBE_TESTING_APISERVER_OPTIONS_INIT;
    kube_testing_apiserver *server = NULL;
    reply r;

    (void)state;
    opts.recording = RECORDING("bare");
    opts.plain_http = true;
    opts.token = "se cret";
    assert_int_equal(kube_testing_apiserver_start(&opts, &server, NULL), KUBE_ERR_INVALID_ARG);
    assert_null(server);
    opts.token = "secret";
    assert_int_equal(kube_testing_apiserver_start(&opts, &server, NULL), KUBE_OK);
    expect_recorded(server, 0, "errors/401.json", "/apis", "application/json", 401);
    r = stub_get(server, "/apis", "Authorization: Bearer secrets\r\n");
    assert_int_equal(r.status, 401);
    reply_clear(&r);
    r = stub_get(server, "/apis", "Authorization: Bearer secret\r\n");
    assert_int_equal(r.status, 200);
    reply_clear(&r);
    expect_status(server, "/readyz", 200, "ok");
    kube_testing_apiserver_stop(server);
}

static void the_log_has_what_was_asked_and_answered(void **state)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);
    kube_testing_record record = KUBE_TESTING_RECORD_INIT, blank = { .struct_size = 0 };
    reply r = stub_get(server, "/apis?timeout=32s", "User-Agent: me \"and\" you\r\nAccept: application/json\r\n");
    char line[512];
    size_t len;

    (void)state;
    assert_true(kube_testing_apiserver_request_at(server, 0, &record));
    assert_string_equal(record.method, "GET");
    assert_string_equal(record.target, "/apis?timeout=32s");
    assert_string_equal(record.accept, "application/json");
    assert_string_equal(record.user_agent, "me \"and\" you");
    assert_string_equal(record.if_none_match, "");
    assert_int_equal(record.http_status, 200);
    assert_int_equal(record.body_bytes, r.body_len);
    assert_int_equal(record.number, 1);
    assert_int_equal(record.connection, 1);
    record.body_bytes = 7;
    len = kube_testing_record_format(&record, line, sizeof line);
    assert_int_equal(len, strlen(line));
    assert_string_equal(line, "{\"request\":1,\"connection\":1,\"method\":\"GET\",\"target\":\"/apis?timeout=32s\","
                              "\"status\":200,\"body_bytes\":7,\"accept\":\"application/json\",\"if_none_match\":\"\","
                              "\"user_agent\":\"me \\\"and\\\" you\"}\n");
    reply_clear(&r);
    expect_status(server, "/api", 200, "APIVersions");
    assert_int_equal(kube_testing_apiserver_request_count_of(server, "/apis"), 1);
    assert_int_equal(kube_testing_apiserver_request_count(server), 2);
    assert_int_equal(kube_testing_apiserver_connection_count(server), 2);
    assert_false(kube_testing_apiserver_request_at(server, 2, &record));
    assert_false(kube_testing_apiserver_request_at(server, 0, &blank));
    kube_testing_apiserver_reset_log(server);
    assert_int_equal(kube_testing_apiserver_request_count(server), 0);
    kube_testing_apiserver_stop(server);
}

static int64_t a_moment(void *state)
{
    (void)state;
    return 784111777000; /* the example of HTTP's own document */
}

static void the_date_is_that_of_the_clock(void **state)
{
    kube_clock clock = { .struct_size = sizeof clock, .monotonic_ns = a_moment, .unix_ms = a_moment };
    kube_testing_apiserver_options opts = KUBE_TESTING_APISERVER_OPTIONS_INIT;
    kube_testing_apiserver *server = NULL;
    reply r;

    (void)state;
    opts.recording = RECORDING("bare");
    opts.plain_http = true;
    opts.clock = &clock;
    assert_int_equal(kube_testing_apiserver_start(&opts, &server, NULL), KUBE_OK);
    r = stub_get(server, "/version", NULL);
    assert_string_equal(reply_header(&r, "Date"), "Sun, 06 Nov 1994 08:49:37 GMT");
    reply_clear(&r);
    kube_testing_apiserver_stop(server);
}

static void other_methods_are_told_so(void **state)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);
    int fd = raw_connect(stub_port(server));
    reply r;

    (void)state;
    raw_send(fd, "HEAD /version HTTP/1.1\r\n\r\nDELETE /apis HTTP/1.1\r\nConnection: close\r\n\r\n");
    r = raw_read(fd, 4096);
    assert_int_equal(r.status, 200);
    assert_int_equal(strncmp(r.body, "HTTP/1.1 405 ", 13), 0); /* nothing stands between the two heads */
    assert_non_null(strstr(r.body, "\"reason\":\"MethodNotAllowed\""));
    reply_clear(&r);
    close(fd);
    kube_testing_apiserver_stop(server);
}

static void a_path_may_have_a_slash_at_its_end_and_no_more(void **state)
{
    static const char *const absent[] = { "/", "//", "/apis//v1", "/apisx", "/api/v1/x", "/apis/apps/v1/x" };
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);

    (void)state;
    expect_status(server, "/apis/apps/v1/", 200, "\"groupVersion\":\"apps/v1\"");
    expect_status(server, "/apis/", 200, "\"APIGroupList\"");
    for (size_t i = 0; i < COUNT_OF(absent); i++)
        expect_status(server, absent[i], 404, "404 page not found\n");
    free(stub_body(server, "/apis/apps", "text/html", 406));
    free(stub_body(server, "/apis/apps/v1", "text/html", 406));
    kube_testing_apiserver_stop(server);
}

static void a_connection_is_kept_unless_it_is_to_be_closed(void **state)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);
    int fd = raw_connect(stub_port(server));
    reply r;

    (void)state;
    raw_send(fd, "GET /readyz HTTP/1.1\r\nConnection: keep-alive\r\n\r\n"
                 "GET /readyz HTTP/1.1\r\nConnection: Close\r\n\r\n");
    r = raw_read(fd, 4096);
    assert_true(r.closed);
    assert_int_equal(strncmp(r.body, "okHTTP/1.1 200 OK\r\n", 19), 0);
    assert_int_equal(kube_testing_apiserver_connection_count(server), 1);
    reply_clear(&r);
    close(fd);
    kube_testing_apiserver_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(every_form_has_the_same_resources),
        ALLOC_TRACE_TEST(documents_are_those_of_the_recording),
        ALLOC_TRACE_TEST(a_change_taken_back_leaves_the_recorded_bytes),
        ALLOC_TRACE_TEST(heads_are_those_of_the_recording),
        ALLOC_TRACE_TEST(the_accept_header_decides),
        ALLOC_TRACE_TEST(a_v2beta1_document_says_so_and_is_otherwise_the_same),
        ALLOC_TRACE_TEST(a_known_tag_is_answered_without_a_body),
        ALLOC_TRACE_TEST(a_tag_follows_the_content),
        ALLOC_TRACE_TEST(an_added_group_is_served_at_every_path),
        ALLOC_TRACE_TEST(subresources_stand_behind_their_parent),
        ALLOC_TRACE_TEST(a_stale_group_version_is_unavailable_until_it_is_current),
        ALLOC_TRACE_TEST(a_change_that_cannot_be_made_changes_nothing),
        ALLOC_TRACE_TEST(a_token_is_needed_where_there_is_one),
        ALLOC_TRACE_TEST(the_log_has_what_was_asked_and_answered),
        ALLOC_TRACE_TEST(the_date_is_that_of_the_clock),
        ALLOC_TRACE_TEST(other_methods_are_told_so),
        ALLOC_TRACE_TEST(a_path_may_have_a_slash_at_its_end_and_no_more),
        ALLOC_TRACE_TEST(a_connection_is_kept_unless_it_is_to_be_closed),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
