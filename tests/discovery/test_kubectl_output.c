/* What a real server answered, through the live client and the programs' printing, against what a real kubectl
 * printed. */
#include "discovery_fixture.h"
#include "fake_server.h"

#include <kube/discovery.h>

/* The programs' own code is no library: it is compiled into this test. */
#include "api_resources_table.c"
#include "escape.c"
#include "flags.c"
#include "table.c"

#define FOLDER "kube-apiserver-1.37/"

static fake_server server;
static char *kept[600];
static size_t kept_count;

/* A recorded document that lives until the test ends. */
static const char *keep(char *text)
{
    assert_true(kept_count < COUNT_OF(kept));
    kept[kept_count++] = text;
    return text;
}

static const char *recorded(const char *cluster, const char *name)
{
    char path[512];
    size_t len;

    snprintf(path, sizeof path, FOLDER "%s/%s", cluster, name);
    return keep(read_fixture(path, &len));
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
    while (kept_count > 0)
        free(kept[--kept_count]);
    return alloc_trace_teardown(state);
}

static void serve_aggregated(const char *cluster, const char *content_type)
{
    fake_server_answer(&server, "/api", 200, content_type, recorded(cluster, "api.aggregated.json"));
    fake_server_answer(&server, "/apis", 200, content_type, recorded(cluster, "apis.aggregated.json"));
}

/* The code of a recorded answer: the second word of its head. */
static int recorded_code(const char *cluster, const char *name)
{
    char path[512];
    FILE *f;
    int code = 200;

    snprintf(path, sizeof path, KUBE_FIXTURES "/" FOLDER "%s/%s.headers", cluster, name);
    f = fopen(path, "r");
    if (f != NULL) {
        if (fscanf(f, "%*s %d", &code) != 1)
            code = 0;
        fclose(f);
    }
    return code;
}

/* The recorded lists of all group-versions that the recorded groups name. */
static void serve_legacy(const char *cluster)
{
    const char *groups = recorded(cluster, "apis.legacy.json");
    char name[256], path[256];

    fake_server_answer(&server, "/api", 200, FAKE_JSON, recorded(cluster, "api.legacy.json"));
    fake_server_answer(&server, "/apis", 200, FAKE_JSON, groups);
    fake_server_answer(&server, "/api/v1", 200, FAKE_JSON, recorded(cluster, "resources/v1.json"));
    for (const char *p = groups; (p = strstr(p, "\"groupVersion\":\"")) != NULL; p++) {
        const char *start = p + strlen("\"groupVersion\":\"");
        int len = (int)strcspn(start, "\""), code;

        snprintf(name, sizeof name, "resources/%.*s.json", len, start);
        snprintf(path, sizeof path, "/apis/%.*s", len, start);
        code = recorded_code(cluster, name);
        fake_server_answer(&server, path, code, code == 200 ? FAKE_JSON : "text/plain", recorded(cluster, name));
    }
}

static void write_texts(FILE *f, const char *key, const kube_api_resource *r,
                        const char *(*at)(const kube_api_resource *resource, size_t i))
{
    fprintf(f, ",\"%s\":[", key);
    for (size_t i = 0; at(r, i) != NULL; i++)
        fprintf(f, "%s\"%s\"", i > 0 ? "," : "", at(r, i));
    fputc(']', f);
}

static const char *legacy_list(const kube_group_version *v)
{
    const kube_api_resource_list *list = kube_group_version_resources(v);
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    assert_non_null(f);
    fprintf(f, "{\"kind\":\"APIResourceList\",\"groupVersion\":\"%s\",\"resources\":[", kube_group_version_name(v));
    for (size_t i = 0; i < kube_api_resource_list_count(list); i++) {
        const kube_api_resource *r = kube_api_resource_list_at(list, i);

        fprintf(f, "%s{\"name\":\"%s\",\"singularName\":\"%s\",\"namespaced\":%s,\"kind\":\"%s\"", i > 0 ? "," : "",
                kube_api_resource_name(r), kube_api_resource_singular_name(r),
                kube_api_resource_is_namespaced(r) ? "true" : "false", kube_api_resource_kind(r));
        write_texts(f, "verbs", r, kube_api_resource_verb_at);
        write_texts(f, "shortNames", r, kube_api_resource_short_name_at);
        write_texts(f, "categories", r, kube_api_resource_category_at);
        fputc('}', f);
    }
    fputs("]}", f);
    assert_int_equal(fclose(f), 0);
    return keep(text);
}

/* A legacy server with what an aggregated document says: the recording has not all of its lists. */
static void serve_as_legacy(const char *cluster)
{
    kube_discovery_snapshot *s =
        aggregated_snapshot(recorded(cluster, "api.aggregated.json"), recorded(cluster, "apis.aggregated.json"));
    char path[256];

    fake_server_answer(&server, "/api", 200, FAKE_JSON, recorded(cluster, "api.legacy.json"));
    fake_server_answer(&server, "/apis", 200, FAKE_JSON, recorded(cluster, "apis.legacy.json"));
    for (size_t i = 0; i < kube_discovery_snapshot_group_version_count(s); i++) {
        const kube_group_version *v = kube_discovery_snapshot_group_version_at(s, i);

        snprintf(path, sizeof path, "%s/%s", kube_group_version_group(v)[0] != '\0' ? "/apis" : "/api",
                 kube_group_version_name(v));
        fake_server_answer(&server, path, 200, FAKE_JSON, legacy_list(v));
    }
    kube_discovery_snapshot_unref(s);
}

static bool parse(char *line, api_resources_view *view)
{
    const char *output = "", *order = "";
    const flag flags[] = {
        { .name = "api-group", .to = &view->group, .given = &view->by_group },
        { .name = "namespaced", .kind = FLAG_SWITCH, .to = &view->namespaced, .given = &view->by_namespaced },
        { .name = "verbs", .kind = FLAG_WORDS, .to = &view->verbs },
        { .name = "categories", .kind = FLAG_WORDS, .to = &view->categories },
        { .name = "output", .letter = 'o', .to = &output },
        { .name = "sort-by", .to = &order },
        { .name = "no-headers", .kind = FLAG_SWITCH, .to = &view->no_headers },
    };
    char *argv[16], message[FLAGS_MESSAGE_BYTES];
    int argc = 0;

    while (line != NULL && argc < (int)COUNT_OF(argv))
        argv[argc++] = strsep(&line, " ");
    if (flags_parse(flags, COUNT_OF(flags), argc, argv, message) != FLAGS_OK)
        return false;
    view->output = strcmp(output, "wide") == 0 ? OUTPUT_WIDE : strcmp(output, "name") == 0 ? OUTPUT_NAME : OUTPUT_TABLE;
    view->order = strcmp(order, "name") == 0 ? ORDER_NAME : strcmp(order, "kind") == 0 ? ORDER_KIND : ORDER_GROUP;
    return true;
}

/* What our program prints for one of kubectl's command lines; free() it. NULL: the line is an error. */
static char *print(char *line, const kube_api_resource_lists *lists, const kube_api_group_list *groups)
{
    api_resources_view view = { .group = "" };
    char *text = NULL;
    size_t len;
    bool versions = strncmp(line, "api-versions", strlen("api-versions")) == 0;
    FILE *f;

    if (!versions && !parse(line, &view))
        return NULL;
    f = open_memstream(&text, &len);
    assert_non_null(f);
    assert_true(versions ? print_api_versions(f, groups) : print_api_resources(f, lists, &view));
    assert_int_equal(fclose(f), 0);
    words_clear(&view.verbs);
    words_clear(&view.categories);
    return text;
}

/* Each of kubectl's recorded command lines whose format we have, printed from what the server now serves. */
static void compare_with_kubectl(const char *cluster, kube_status status, size_t at_least)
{
    kube_discovery *d = NULL;
    kube_api_group_list *groups = NULL;
    kube_api_resource_lists *lists = NULL;
    char *cases = NULL, *next, path[512];
    size_t compared = 0, len;

    assert_int_equal(kube_discovery_client_new(server.client, NULL, &d, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_server_preferred_resources(d, NULL, &lists, NULL), status);
    assert_int_equal(kube_discovery_server_groups(d, NULL, &groups, NULL), KUBE_OK);
    snprintf(path, sizeof path, FOLDER "%s/kubectl/cases.txt", cluster);
    cases = next = read_fixture(path, &len);
    while (next != NULL && *next != '\0') {
        char *line = strsep(&next, "\n"), *name = strsep(&line, "|"), *ours, *theirs;

        if (strncmp(name, "json", 4) == 0 || strncmp(name, "yaml", 4) == 0 || strncmp(name, "error", 5) == 0)
            continue;
        snprintf(path, sizeof path, FOLDER "%s/kubectl/%s.stdout", cluster, name);
        theirs = read_fixture(path, &len);
        ours = print(line, lists, groups);
        if (ours == NULL || strcmp(ours, theirs) != 0)
            fail_msg("%s/%s:\n%s", cluster, name, ours != NULL ? ours : "(refused)");
        free(ours);
        free(theirs);
        compared++;
    }
    free(cases);
    kube_api_group_list_unref(groups);
    kube_api_resource_lists_unref(lists);
    kube_discovery_unref(d);
    assert_true(compared >= at_least);
}

static void a_bare_cluster_looks_as_in_kubectl(void **state)
{
    (void)state;
    serve_aggregated("bare", FAKE_V2);
    compare_with_kubectl("bare", KUBE_OK, 20);
}

static void a_large_cluster_looks_as_in_kubectl(void **state)
{
    (void)state;
    serve_aggregated("large", FAKE_V2);
    compare_with_kubectl("large", KUBE_OK, 10);
}

static void stale_group_versions_are_missing_as_in_kubectl(void **state)
{
    (void)state;
    serve_aggregated("stale", FAKE_V2);
    compare_with_kubectl("stale", KUBE_ERR_PARTIAL, 10);
}

static void a_v2beta1_server_looks_the_same(void **state)
{
    (void)state;
    serve_aggregated("bare", FAKE_V2BETA1);
    compare_with_kubectl("bare", KUBE_OK, 20);
}

static void a_legacy_server_looks_the_same(void **state)
{
    (void)state;
    serve_legacy("bare");
    compare_with_kubectl("bare", KUBE_OK, 20);
}

static void a_large_legacy_server_looks_the_same(void **state)
{
    (void)state;
    serve_as_legacy("large");
    compare_with_kubectl("large", KUBE_OK, 10);
    assert_int_equal(fake_server_count(&server, "/apis/g099.example.com/v1beta1"), 1);
}

/* The snapshot of a legacy server knows the hashes besides; in everything else the two must agree. */
static void both_forms_of_a_server_give_the_same_resources(void **state)
{
    kube_discovery *d = NULL;
    kube_api_resource_lists *lists[2] = { NULL, NULL };
    size_t resources = 0;

    (void)state;
    assert_int_equal(kube_discovery_client_new(server.client, NULL, &d, NULL), KUBE_OK);
    serve_aggregated("bare", FAKE_V2);
    assert_int_equal(kube_discovery_server_groups_and_resources(d, NULL, NULL, &lists[0], NULL), KUBE_OK);
    fake_server_reset(&server);
    serve_legacy("bare");
    assert_int_equal(kube_discovery_server_groups_and_resources(d, NULL, NULL, &lists[1], NULL), KUBE_OK);
    assert_int_equal(kube_api_resource_lists_count(lists[0]), kube_api_resource_lists_count(lists[1]));
    for (size_t i = 0; i < kube_api_resource_lists_count(lists[0]); i++) {
        const kube_api_resource_list *a = kube_api_resource_lists_at(lists[0], i);
        const kube_api_resource_list *b = kube_api_resource_lists_at(lists[1], i);

        assert_string_equal(kube_api_resource_list_group_version(a), kube_api_resource_list_group_version(b));
        assert_int_equal(kube_api_resource_list_count(a), kube_api_resource_list_count(b));
        for (size_t r = 0; r < kube_api_resource_list_count(b); r++) {
            const kube_api_resource *x = kube_api_resource_list_at(a, r), *y = kube_api_resource_list_at(b, r);

            assert_string_equal(kube_api_resource_name(x), kube_api_resource_name(y));
            assert_string_equal(kube_api_resource_kind(x), kube_api_resource_kind(y));
            assert_int_equal(kube_api_resource_is_namespaced(x), kube_api_resource_is_namespaced(y));
            assert_int_equal(kube_api_resource_verb_count(x), kube_api_resource_verb_count(y));
            resources++;
        }
    }
    assert_true(resources > 100);
    kube_api_resource_lists_unref(lists[0]);
    kube_api_resource_lists_unref(lists[1]);
    kube_discovery_unref(d);
}

static void control_characters_do_not_reach_the_terminal(void **state)
{
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    (void)state;
    assert_non_null(f);
    write_escaped(f, "a\x1b[2J\x7f\xc2\x9b\xc3\xa9\xff\xe2\x82\xac\n");
    assert_int_equal(fclose(f), 0);
    assert_string_equal(text, "a\\x1b[2J\\x7f\\xc2\\x9b\xc3\xa9\\xff\xe2\x82\xac\\x0a");
    assert_int_equal(escaped_width("a\x1b\xc3\xa9\xff"), 10);
    free(text);
}

static void only_whole_characters_of_unicode_are_written_as_they_are(void **state)
{
    static const struct {
        const char *text, *escaped; /* NULL: as it is */
    } cases[] = {
        { "\xc2\xa0", NULL },
        { "\xe0\xa0\x80", NULL },
        { "\xed\x9f\xbf", NULL },
        { "\xee\x80\x80", NULL },
        { "\xf0\x90\x80\x80", NULL },
        { "\xf4\x8f\xbf\xbf", NULL },
        { "\xc1\xbf", "\\xc1\\xbf" },                               /* more bytes than are needed, */
        { "\xe0\x9f\xbf", "\\xe0\\x9f\\xbf" },
        { "\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf" },
        { "\xed\xa0\x80", "\\xed\\xa0\\x80" },                    /* halves of a pair,            */
        { "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },         /* what lies beyond,            */
        { "\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80" },
        { "\xe2\x82", "\\xe2\\x82" },                               /* what is cut off,             */
        { "\xe2\x82x", "\\xe2\\x82x" },                             /* or goes on as something else */
        { "\xc3", "\\xc3" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *expected = cases[i].escaped != NULL ? cases[i].escaped : cases[i].text;
        char *text = NULL;
        size_t len;
        FILE *f = open_memstream(&text, &len);

        assert_non_null(f);
        write_escaped(f, cases[i].text);
        assert_int_equal(fclose(f), 0);
        assert_string_equal(text, expected);
        assert_int_equal(escaped_width(cases[i].text), cases[i].escaped != NULL ? strlen(expected) : 1);
        free(text);
    }
}

static void a_server_without_resources_has_no_table(void **state)
{
    api_resources_view view = { .group = "" };
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    (void)state;
    assert_non_null(f);
    assert_true(print_api_resources(f, NULL, &view));
    assert_int_equal(fclose(f), 0);
    assert_string_equal(text, "");
    free(text);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_bare_cluster_looks_as_in_kubectl),
        TEST(a_large_cluster_looks_as_in_kubectl),
        TEST(stale_group_versions_are_missing_as_in_kubectl),
        TEST(a_v2beta1_server_looks_the_same),
        TEST(a_legacy_server_looks_the_same),
        TEST(a_large_legacy_server_looks_the_same),
        TEST(both_forms_of_a_server_give_the_same_resources),
        TEST(control_characters_do_not_reach_the_terminal),
        TEST(only_whole_characters_of_unicode_are_written_as_they_are),
        TEST(a_server_without_resources_has_no_table),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
