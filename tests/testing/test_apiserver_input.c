/* What the API server is given: options, recordings, items, files to write to. */
#include "stub_fixture.h"

#include "remove_tree.h"
#include "system_fault.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIST(items) "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[" items "]}"
#define CORE "{\"versions\":[{\"version\":\"v1\"}]}"
/* A group with one version, whose resources are given. */
#define GROUP(name, resources)                                                                                         \
    "{\"metadata\":{\"name\":\"" name "\"},\"versions\":[{\"version\":\"v1\",\"resources\":[" resources "]}]}"

static char folder[64];

static const char *path_of(const char *name)
{
    static char path[2][256];
    static int turn;

    turn = (turn + 1) % 2;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static int set_up(void **state)
{
    snprintf(folder, sizeof folder, "/tmp/kube-recording-XXXXXX");
    return mkdtemp(folder) != NULL ? alloc_trace_setup(state) : 1;
}

static int tear_down(void **state)
{
    remove_tree(folder);
    return alloc_trace_teardown(state);
}

static void write_text(const char *name, const char *text)
{
    FILE *f = fopen(path_of(name), "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void write_recording(const char *api, const char *apis, const char *version)
{
    write_text("api.aggregated.json", api);
    write_text("apis.aggregated.json", apis);
    write_text("version.json", version);
}

static void expect_no_start(kube_testing_apiserver_options opts, kube_status status, const char *part)
{
    kube_testing_apiserver *server = NULL;
    kube_error *err = NULL;

    assert_int_equal(kube_testing_apiserver_start(&opts, &server, &err), status);
    assert_null(server);
    if (strstr(kube_error_message(err), part) == NULL)
        fail_msg("not about \"%s\": %s", part, kube_error_message(err));
    kube_error_free(err);
}

static void options_without_sense_are_refused(void **state)
{
    static const char *const tokens[] = { "", "a b", "a\"b", "a\\b", "a\x7f", "a\r\nX: y" };
    kube_testing_apiserver_options good = KUBE_TESTING_APISERVER_OPTIONS_INIT, bad;

    (void)state;
    good.recording = RECORDING("bare");
    for (size_t i = 0; i < COUNT_OF(tokens); i++) {
        bad = good;
        bad.token = tokens[i];
        expect_no_start(bad, KUBE_ERR_INVALID_ARG, "token");
    }
    bad = good;
    bad.recording = NULL;
    expect_no_start(bad, KUBE_ERR_INVALID_ARG, "recording");
    bad = good;
    bad.struct_size = 0;
    expect_no_start(bad, KUBE_ERR_INVALID_ARG, "INIT");
    bad = good;
    bad.form = (kube_testing_form)3;
    expect_no_start(bad, KUBE_ERR_INVALID_ARG, "form");
    bad = good;
    bad.certificate = (kube_testing_certificate)3;
    expect_no_start(bad, KUBE_ERR_INVALID_ARG, "certificate");
}

static void a_port_that_is_taken_is_told(void **state)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);
    kube_testing_apiserver_options opts = KUBE_TESTING_APISERVER_OPTIONS_INIT;

    (void)state;
    assert_null(kube_testing_apiserver_ca_pem(server)); /* without TLS there is no authority */
    opts.recording = RECORDING("bare");
    opts.port = stub_port(server);
    expect_no_start(opts, KUBE_ERR_IO, "listening on 127.0.0.1:");
    kube_testing_apiserver_stop(server);
}

static void a_recording_is_what_its_names_promise(void **state)
{
    static const struct {
        const char *api, *apis;
        kube_status status;
        const char *part; /* of the message */
    } cases[] = {
        { LIST(CORE), LIST(CRONTABS), KUBE_OK, "no error" },
        { LIST(CORE), LIST("{\"color\":7,\"versions\":[{\"version\":\"v1\"}]}"), KUBE_OK, "no error" },
        { LIST(CORE), "{\"items\":[]}", KUBE_ERR_PARSE, "/apis.aggregated.json: " },
        { "{\"kind\":\"Status\"}", LIST(CRONTABS), KUBE_ERR_PARSE, "APIGroupDiscoveryList" },
        { "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[{]}", LIST(""), KUBE_ERR_PARSE, "/api.aggregated.json: " },
        { LIST("7"), LIST(""), KUBE_ERR_PARSE, "/api.aggregated.json: " },
        { LIST("{\"versions\":[{\"version\":\"v\\u0000\"}]}"), LIST(""), KUBE_ERR_PARSE, "a version needs a name" },
        { LIST(CORE), LIST(GROUP("a\\u0000b", "")), KUBE_ERR_PARSE, "a group's name has a NUL" },
        { LIST(CORE), LIST("{\"metadata\":7,\"versions\":[{\"version\":\"v1\"}]}"), KUBE_ERR_PARSE, "/apis." },
        { LIST(CORE), LIST("{\"versions\":[{\"version\":\"v1\"}"), KUBE_ERR_PARSE, "/apis." },
        { LIST(CORE), LIST("{\"versions\":[{\"version\":\"v1\",\"x\":}]}"), KUBE_ERR_PARSE, "/apis." },
        { LIST(CORE), LIST("{\"versions\":[tru"), KUBE_ERR_PARSE, "/apis." },
    };
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kube_error *err = NULL;

        write_recording(cases[i].api, cases[i].apis, "{}");
        if (kube_testing_apiserver_set_recording(server, folder, &err) != cases[i].status ||
            strstr(kube_error_message(err), cases[i].part) == NULL)
            fail_msg("%zu: %s", i, kube_error_message(err));
        kube_error_free(err);
    }
    kube_testing_apiserver_stop(server);
}

static void what_is_no_file_is_no_recording(void **state)
{
    kube_testing_apiserver_options opts = KUBE_TESTING_APISERVER_OPTIONS_INIT;

    (void)state;
    write_recording(LIST(CORE), LIST(CRONTABS), "{}");
    assert_int_equal(mkdir(path_of("openapi-v3.json"), 0700), 0);
    opts.recording = folder;
    expect_no_start(opts, KUBE_ERR_IO, "openapi-v3.json");
    assert_int_equal(unlink(path_of("api.aggregated.json")), 0);
    assert_int_equal(mkdir(path_of("api.aggregated.json"), 0700), 0);
    expect_no_start(opts, KUBE_ERR_IO, "api.aggregated.json");
    opts.recording = path_of("version.json");
    expect_no_start(opts, KUBE_ERR_NOT_FOUND, "version.json/api.aggregated.json");
}

static void a_server_may_be_without_any_group(void **state)
{
    kube_testing_apiserver *server;
    char *body;

    (void)state;
    write_recording(LIST(""), LIST(""), "{}");
    server = stub_start(folder, KUBE_TESTING_FORM_LEGACY);
    body = stub_body(server, "/api", "application/json", 200);
    assert_non_null(strstr(body, "\"versions\":[],"));
    free(body);
    body = stub_body(server, "/apis", "application/json", 200);
    assert_string_equal(body, "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[]}\n");
    free(body);
    free(stub_body(server, "/openapi/v3", "*/*", 404)); /* nor is that needed */
    kube_testing_apiserver_stop(server);
}

static void expect_part(kube_testing_apiserver *server, const char *target, const char *part)
{
    char *body = stub_body(server, target, "application/json", 200);

    if (strstr(body, part) == NULL)
        fail_msg("no %s in %s", part, body);
    free(body);
}

/* The legacy list of a group with these resources. */
static void expect_list(kube_testing_apiserver *server, const char *item, const char *resources)
{
    kube_error *err = NULL;
    char expected[1024], *body;

    if (kube_testing_apiserver_add_group(server, item, &err) != KUBE_OK)
        fail_msg("%s", kube_error_message(err));
    body = stub_body(server, "/apis/a.io/v1", "application/json", 200);
    snprintf(expected, sizeof expected,
             "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"a.io/v1\",\"resources\":[%s]}\n",
             resources);
    assert_string_equal(body, expected);
    free(body);
}

static void a_resource_is_listed_with_what_it_has(void **state)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_LEGACY);

    (void)state;
    /* Unknown members are passed over, empty lists left out. */
    expect_list(server,
                GROUP("a.io", "{\"resource\":\"xs\",\"responseKind\":{\"kind\":\"X\",\"color\":\"red\"},\"size\":3,"
                              "\"scope\":\"Cluster\",\"shortNames\":[],\"categories\":null,\"subresources\":[]}"),
                "{\"name\":\"xs\",\"singularName\":\"\",\"namespaced\":false,\"kind\":\"X\",\"verbs\":null}");
    /* One part of a kind is enough to be listed. */
    expect_list(server,
                GROUP("a.io", "{\"resource\":\"gs\",\"responseKind\":{\"group\":\"g\"},\"verbs\":[\"get\"]},"
                              "{\"resource\":\"vs\",\"responseKind\":{\"version\":\"v\"},\"verbs\":[\"get\"]}"),
                "{\"name\":\"gs\",\"singularName\":\"\",\"namespaced\":false,\"group\":\"g\",\"kind\":\"\","
                "\"verbs\":[\"get\"]},{\"name\":\"vs\",\"singularName\":\"\",\"namespaced\":false,\"version\":\"v\","
                "\"kind\":\"\",\"verbs\":[\"get\"]}");
    /* What has no kind is left out, wherever it stands. */
    expect_list(server,
                GROUP("a.io", "{\"resource\":\"none\",\"subresources\":[{\"subresource\":\"none\"}]},"
                              "{\"resource\":\"xs\",\"responseKind\":{\"kind\":\"X\"},"
                              "\"subresources\":[{\"subresource\":\"none\"},{\"subresource\":\"s\",\"responseKind\":"
                              "{\"kind\":\"S\"}}]},{\"resource\":\"none\"}"),
                "{\"name\":\"xs\",\"singularName\":\"\",\"namespaced\":false,\"kind\":\"X\",\"verbs\":null},"
                "{\"name\":\"xs/s\",\"singularName\":\"\",\"namespaced\":false,\"kind\":\"S\",\"verbs\":null}");
    expect_list(server, GROUP("a.io", ""), "");
    kube_testing_apiserver_stop(server);
}

/* Names that have to be escaped, and one that must not be. */
#define ODD "a\\\"\\u001b"
#define UMLAUT "\xc3\xbc"

static void a_name_is_json_wherever_it_is_written(void **state)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_LEGACY);
    const char *group = "{\"metadata\":{\"name\":\"" ODD "\"},\"versions\":[{\"version\":\"v\\\\\"}]}";
    const char *core = "{\"versions\":[{\"version\":\"" UMLAUT "\"}]}";

    (void)state;
    assert_int_equal(kube_testing_apiserver_add_group(server, group, NULL), KUBE_OK);
    assert_int_equal(kube_testing_apiserver_add_group(server, core, NULL), KUBE_OK);
    expect_part(server, "/apis",
                "{\"name\":\"" ODD "\",\"versions\":[{\"groupVersion\":\"" ODD "/v\\\\\",\"version\":\"v\\\\\"}],");
    expect_part(server, "/api", "[\"v1\",\"" UMLAUT "\"]");
    expect_part(server, "/api/" UMLAUT, "\"groupVersion\":\"" UMLAUT "\"");
    kube_testing_apiserver_stop(server);
}

static void the_core_group_grows_and_shrinks_as_others_do(void **state)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);
    const char *item = "{\"metadata\":{\"labels\":{}},\"versions\":[{\"version\":\"v2\"}]}";
    char *body;

    (void)state;
    assert_int_equal(kube_testing_apiserver_add_group(server, item, NULL), KUBE_OK);
    body = stub_body(server, "/api", "application/json", 200);
    assert_non_null(strstr(body, "\"versions\":[\"v1\",\"v2\"],"));
    free(body);
    body = stub_body(server, "/api/v2", "application/json", 200);
    assert_string_equal(body, "{\"kind\":\"APIResourceList\",\"groupVersion\":\"v2\",\"resources\":[]}\n");
    free(body);
    assert_int_equal(kube_testing_apiserver_remove_group_version(server, "v1", NULL), KUBE_OK);
    body = stub_body(server, "/api", "application/json", 200); /* the other version is still there */
    assert_non_null(strstr(body, "\"versions\":[\"v2\"],"));
    free(body);
    assert_int_equal(kube_testing_apiserver_remove_group_version(server, "absent/v1", NULL), KUBE_ERR_NOT_FOUND);
    kube_testing_apiserver_stop(server);
}

static void what_is_stale_already_does_not_change(void **state)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);
    char *before, *after;

    (void)state;
    assert_int_equal(kube_testing_apiserver_set_stale(server, "apps/v1", true, NULL), KUBE_OK);
    before = stub_body(server, "/apis", ACCEPT_V2, 200);
    assert_int_equal(kube_testing_apiserver_set_stale(server, "apps/v1", true, NULL), KUBE_OK);
    after = stub_body(server, "/apis", ACCEPT_V2, 200);
    assert_non_null(strstr(after, "\"freshness\":\"Stale\""));
    assert_string_equal(before, after);
    free(before);
    free(after);
    kube_testing_apiserver_stop(server);
}

static void a_kubeconfig_that_cannot_be_written_leaves_no_file(void **state)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);
    struct rlimit before, none;
    kube_status st;

    (void)state;
    assert_int_equal(mkdir(path_of("folder"), 0700), 0);
    assert_int_equal(kube_testing_apiserver_write_kubeconfig(server, path_of("folder"), NULL), KUBE_ERR_IO);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none = (struct rlimit){ 0, before.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0); /* as on a full disk */
    st = kube_testing_apiserver_write_kubeconfig(server, path_of("kubeconfig"), NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(st, KUBE_ERR_IO);
    assert_int_equal(rmdir(path_of("folder")), 0);
    assert_int_equal(rmdir(folder), 0); /* fails when something was left behind */
    kube_testing_apiserver_stop(server);
}

static void a_path_that_is_too_long_is_no_file(void **state)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);
    char path[8192];

    (void)state;
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_int_equal(kube_testing_apiserver_write_kubeconfig(server, path, NULL), KUBE_ERR_IO);
    assert_int_equal(kube_testing_apiserver_set_recording(server, path, NULL), KUBE_ERR_IO);
    kube_testing_apiserver_stop(server);
}

static void a_record_is_one_line_of_json_whatever_it_holds(void **state)
{
    kube_testing_record record = KUBE_TESTING_RECORD_INIT;
    size_t len, long_bytes = 2 << 20;
    char line[512] = "untouched", *target = malloc(long_bytes);

    (void)state;
    assert_non_null(target);
    record.method = "GET";
    record.target = "/a\\b\"c";
    record.accept = "\x01\t\x7f";
    record.if_none_match = "";
    record.user_agent = "\xe9";
    len = kube_testing_record_format(&record, NULL, 0);
    assert_int_equal(kube_testing_record_format(&record, line, sizeof line), len);
    assert_string_equal(line, "{\"request\":0,\"connection\":0,\"method\":\"GET\",\"target\":\"/a\\\\b\\\"c\","
                              "\"status\":0,\"body_bytes\":0,\"accept\":\"\\u0001\\u0009\\u007f\","
                              "\"if_none_match\":\"\",\"user_agent\":\"\\u00e9\"}\n");
    assert_int_equal(len, strlen(line));
    memset(target, 'x', long_bytes - 1);
    target[long_bytes - 1] = '\0';
    record.target = target;
    assert_int_equal(kube_testing_record_format(&record, line, sizeof line), 0); /* beyond a mebibyte: none */
    assert_string_equal(line, "");
    free(target);
}

/* As on a file system of user space, where a signal may come in between. */
static void reading_and_writing_go_on_when_they_are_interrupted(void **state)
{
    kube_testing_apiserver_options opts = KUBE_TESTING_APISERVER_OPTIONS_INIT;
    const char *failed = "";

    (void)state;
    write_recording(LIST(CORE), LIST(""), "{}");
    opts.recording = folder;
    for (unsigned n = 1; failed != NULL; n++) {
        kube_testing_apiserver *server = NULL;

        assert_in_range(n, 1, 100);
        system_fault_at(SYSTEM_INTERRUPTS, n);
        assert_int_equal(kube_testing_apiserver_start(&opts, &server, NULL), KUBE_OK);
        failed = system_fault_stop();
        system_fault_at(SYSTEM_INTERRUPTS_WRITE, n);
        assert_int_equal(kube_testing_apiserver_write_kubeconfig(server, path_of("kubeconfig"), NULL), KUBE_OK);
        assert_true(system_fault_stop() != NULL || n > 1);
        kube_testing_apiserver_stop(server);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(options_without_sense_are_refused),
        TEST(reading_and_writing_go_on_when_they_are_interrupted),
        TEST(a_port_that_is_taken_is_told),
        TEST(a_recording_is_what_its_names_promise),
        TEST(what_is_no_file_is_no_recording),
        TEST(a_server_may_be_without_any_group),
        TEST(a_resource_is_listed_with_what_it_has),
        TEST(a_name_is_json_wherever_it_is_written),
        TEST(the_core_group_grows_and_shrinks_as_others_do),
        TEST(what_is_stale_already_does_not_change),
        TEST(a_kubeconfig_that_cannot_be_written_leaves_no_file),
        TEST(a_path_that_is_too_long_is_no_file),
        TEST(a_record_is_one_line_of_json_whatever_it_holds),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
