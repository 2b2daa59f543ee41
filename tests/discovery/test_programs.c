/* What the programs have in common, and what the small ones print: help, command lines that are wrong, output, errors,
 * exit status. kube-api-resources and kube-apiserver-stub have tests of their own besides. */
#include "child_program.h"
#include "discovery_fixture.h"
#include "remove_tree.h"

#include <kube/testing.h>

#include <unistd.h>

#define ACCEPT_V2 "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

enum { LIMIT_MS = 20000, ARGUMENTS_MAX = 8 };

static const char recording[] = KUBE_FIXTURES "/kube-apiserver-1.37/bare";
static kube_testing_apiserver *server;
static char root[64];
static const char *locale;
static child_result r;

static int set_up(void **state)
{
    kube_testing_apiserver_options opts = KUBE_TESTING_APISERVER_OPTIONS_INIT;
    char path[128];

    (void)state;
    locale = "LC_ALL=C";
    snprintf(root, sizeof root, "/tmp/kube-programs-XXXXXX");
    opts.recording = recording;
    if (mkdtemp(root) == NULL || kube_testing_apiserver_start(&opts, &server, NULL) != KUBE_OK)
        return -1;
    snprintf(path, sizeof path, "%s/kubeconfig", root);
    return kube_testing_apiserver_write_kubeconfig(server, path, NULL) == KUBE_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    kube_testing_apiserver_stop(server);
    remove_tree(root);
    return 0;
}

static void run(const char *program, const char *const arguments[])
{
    char home[128], config[128], libraries[512];
    const char *environment[] = { home, config, locale, NULL, NULL };

    snprintf(home, sizeof home, "HOME=%s", root);
    snprintf(config, sizeof config, "KUBECONFIG=%s/kubeconfig", root);
    /* A sanitizer loads the transport for us, and does not look beside our libraries. */
    snprintf(libraries, sizeof libraries, "LD_LIBRARY_PATH=%.*s/../lib",
             (int)(strrchr(KUBE_RAW, '/') - KUBE_RAW), KUBE_RAW);
#ifdef KUBE_UNDER_SANITIZER
    environment[3] = libraries;
#endif
    child_run(program, arguments, environment, LIMIT_MS, &r);
}

#define RUN(program, ...) run(program, (const char *const[]){ __VA_ARGS__, NULL })
#define RUN_ALONE(program) run(program, (const char *const[]){ NULL })

static const char *name_of(const char *program)
{
    return strrchr(program, '/') + 1;
}

/* Nothing on standard output, one line on standard error. */
static void expect_error(int status, const char *part)
{
    if (r.status != status || strncmp(r.err, "error: ", 7) != 0 || strstr(r.err, part) == NULL ||
        strchr(r.err, '\n') != r.err + strlen(r.err) - 1)
        fail_msg("exit %d, standard error: %s(not \"%s\" with %d)", r.status, r.err, part, status);
    assert_string_equal(r.out, "");
}

static void expect_answer(const char *part)
{
    if (r.status != 0 || strstr(r.out, part) == NULL)
        fail_msg("exit %d, no \"%s\": %s%s", r.status, part, r.out, r.err);
}

static const char *const with_flags[] = { KUBE_API_RESOURCES, KUBE_API_VERSIONS, KUBE_RAW, KUBE_APISERVER_STUB };

static void help_is_an_answer(void **state)
{
    static const char *const ways[] = { "--help", "-h" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(with_flags); i++) {
        for (size_t n = 0; n < COUNT_OF(ways); n++) {
            char usage[64];

            RUN(with_flags[i], ways[n]);
            snprintf(usage, sizeof usage, "Usage: %s ", name_of(with_flags[i]));
            expect_answer(usage);
            assert_non_null(strstr(r.out, "\n  -h, --help "));
            assert_non_null(strstr(r.out, "\n      --kubeconfig "));
            assert_string_equal(r.err, "");
        }
    }
}

static void an_answer_that_nobody_could_read_is_an_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(with_flags); i++) {
        RUN("/bin/sh", "-c", "exec \"$0\" --help >/dev/full", with_flags[i]);
        expect_error(1, "standard output could not be written");
    }
    RUN("/bin/sh", "-c", "exec \"$0\" >/dev/full", KUBE_API_VERSIONS);
    expect_error(1, "standard output could not be written");
    RUN("/bin/sh", "-c", "exec \"$0\" /version >/dev/full", KUBE_RAW);
    expect_error(1, "standard output could not be written");
    RUN("/bin/sh", "-c", "exec \"$0\" /apis \"$1\" >/dev/full", KUBE_RAW, "--accept=" ACCEPT_V2);
    expect_error(1, "standard output could not be written"); /* too much to be kept until the end */
}

static void a_wrong_command_line_is_told_and_nobody_is_asked(void **state)
{
    static const struct {
        const char *program, *arguments[ARGUMENTS_MAX], *part;
    } cases[] = {
        { KUBE_API_VERSIONS, { "--absent" }, "unknown flag --absent (see kube-api-versions --help)" },
        { KUBE_API_VERSIONS, { "apps" }, "unexpected argument: apps" },
        { KUBE_API_VERSIONS, { "--cache=tape" }, "--cache accepts only" },
        { KUBE_API_VERSIONS, { "--ttl" }, "a value is missing for the flag ttl" },
        { KUBE_RAW, { NULL }, "a path that begins with a slash (see kube-raw --help)" },
        { KUBE_RAW, { "-i" }, "a path that begins with a slash" },
        { KUBE_RAW, { "version" }, "unexpected argument: version" },
        { KUBE_RAW, { "/version", "/version" }, "unexpected argument: /version" },
        { KUBE_RAW, { "/version", "--max-size=" }, "--max-size is a number from 1 to 1048576" },
        { KUBE_RAW, { "/version", "--max-size=0" }, "--max-size is" },
        { KUBE_RAW, { "/version", "--max-size=1k" }, "--max-size is" },
        { KUBE_RAW, { "/version", "--max-size=1048577" }, "--max-size is" },
        { KUBE_RAW, { "/version", "--max-size=00000001" }, "--max-size is" },
        { KUBE_DEMO, { NULL }, "a recorded cluster is needed" },
        { KUBE_DEMO, { "one", "two" }, "a recorded cluster is needed" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        run(cases[i].program, cases[i].arguments);
        expect_error(2, cases[i].part);
    }
    assert_int_equal(kube_testing_apiserver_connection_count(server), 0);
}

static void a_configuration_that_is_wrong_is_an_error(void **state)
{
    static const char *const programs[] = { KUBE_API_RESOURCES, KUBE_API_VERSIONS };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(programs); i++) {
        RUN(programs[i], "--context=nowhere");
        expect_error(1, "nowhere");
    }
    RUN(KUBE_RAW, "/version", "--context=nowhere");
    expect_error(1, "nowhere");
    assert_int_equal(kube_testing_apiserver_connection_count(server), 0);
}

static void group_versions_are_printed_in_order(void **state)
{
    (void)state;
    RUN(KUBE_API_VERSIONS, "--stats", "--cache=none");
    expect_answer("\napps/v1\nauthentication.k8s.io/v1\n");
    assert_string_equal(r.out + strlen(r.out) - strlen("\nv1\n"), "\nv1\n");
    assert_int_equal(strncmp(r.err, "stats requests=2 ", 17), 0);
    RUN_ALONE(KUBE_API_VERSIONS);
    expect_answer("\napps/v1\n");
    assert_string_equal(r.err, "");
    assert_int_equal(kube_testing_apiserver_add_fault_text(server, "/ status=401", NULL, NULL), KUBE_OK);
    RUN_ALONE(KUBE_API_VERSIONS);
    expect_error(1, "Unauthorized");
}

static void raw_prints_what_was_sent(void **state)
{
    char expected[4096];
    FILE *file = fopen(KUBE_FIXTURES "/kube-apiserver-1.37/bare/version.json", "r");

    (void)state;
    assert_non_null(file);
    expected[fread(expected, 1, sizeof expected - 1, file)] = '\0';
    fclose(file);
    RUN(KUBE_RAW, "/version");
    assert_int_equal(r.status, 0);
    assert_string_equal(r.out, expected);
    assert_string_equal(r.err, "");
    RUN(KUBE_RAW, "/version", "-iv");
    assert_string_equal(r.out, expected);
    assert_non_null(strstr(r.err, "\n200\nContent-Type: application/json\n"));
    assert_non_null(strstr(r.err, "kube-raw: GET /version 200 in "));
    RUN(KUBE_RAW, "/api", "--accept=" ACCEPT_V2);
    expect_answer("\"kind\":\"APIGroupDiscoveryList\"");
    RUN(KUBE_RAW, "/absent");
    expect_error(1, "/absent");
    assert_int_equal(kube_testing_apiserver_add_fault_text(server, "/apis endless", NULL, NULL), KUBE_OK);
    RUN(KUBE_RAW, "/apis", "--max-size=1");
    expect_error(1, "1048576");
}

static void the_quickstart_lists_a_group_version(void **state)
{
    char path[128];

    (void)state;
    RUN_ALONE(KUBE_QUICKSTART);
    assert_int_equal(r.status, 0);
    assert_string_equal(r.err, "");
    assert_string_equal(r.out, "controllerrevisions\ndaemonsets\ndaemonsets/status\ndeployments\ndeployments/scale\n"
                               "deployments/status\nreplicasets\nreplicasets/scale\nreplicasets/status\n"
                               "statefulsets\nstatefulsets/scale\nstatefulsets/status\n");
    snprintf(path, sizeof path, "%s/kubeconfig", root);
    assert_int_equal(unlink(path), 0);
    RUN_ALONE(KUBE_QUICKSTART);
    assert_int_equal(r.status, 1);
    assert_string_equal(r.out, "");
    assert_non_null(strstr(r.err, "no configuration was found"));
}

/* A cluster with one resource, in the folder of this test. */
static void write_recording_of_one(void)
{
    static const char *const files[][2] = {
        { "api.aggregated.json", "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[]}" },
        { "apis.aggregated.json",
          "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[{\"metadata\":{\"name\":\"a.io\"},\"versions\":[{"
          "\"version\":\"v1\",\"freshness\":\"Current\",\"resources\":[{\"resource\":\"things\",\"responseKind\":{"
          "\"kind\":\"Thing\"},\"scope\":\"Cluster\",\"verbs\":[\"get\"]}]}]}]}" },
        { "version.json", "{}" },
    };

    for (size_t i = 0; i < COUNT_OF(files); i++) {
        char path[128];
        FILE *file;

        snprintf(path, sizeof path, "%s/%s", root, files[i][0]);
        file = fopen(path, "w");
        assert_non_null(file);
        assert_true(fputs(files[i][1], file) >= 0);
        assert_int_equal(fclose(file), 0);
    }
}

static void the_demo_shows_where_answers_come_from(void **state)
{
    static const struct {
        const char *locale, *bar;
    } cases[] = { { "LC_ALL=C", "#\n" }, { "LC_ALL=C.UTF-8", "\xe2\x96\x88\xe2\x96\x88" } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        locale = cases[i].locale;
        RUN(KUBE_DEMO, recording);
        expect_answer("\ncold: from the server, and written to disk            2 ");
        expect_answer("\nwarm: the same client, from memory                    0        0 ");
        expect_answer("\nthe server is gone: from disk                         0        0 ");
        expect_answer("\nAnd asked whether that is still true:\n  ");
        expect_answer("\nNAME ");
        expect_answer(cases[i].bar);
        assert_string_equal(r.err, "");
    }
    write_recording_of_one();
    RUN(KUBE_DEMO, root);
    expect_answer("\nthings ");
    expect_answer("\n... and 0 more\n");
    RUN(KUBE_DEMO, "/absent");
    assert_int_equal(r.status, 1);
    assert_non_null(strstr(r.err, "/absent/api.aggregated.json"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(help_is_an_answer),
        TEST(an_answer_that_nobody_could_read_is_an_error),
        TEST(a_wrong_command_line_is_told_and_nobody_is_asked),
        TEST(a_configuration_that_is_wrong_is_an_error),
        TEST(group_versions_are_printed_in_order),
        TEST(raw_prints_what_was_sent),
        TEST(the_quickstart_lists_a_group_version),
        TEST(the_demo_shows_where_answers_come_from),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
