/* The live client on a legacy server: one request for each group-version, many at once. */
#include "discovery_fixture.h"
#include "fake_server.h"

#include <kube/discovery.h>

#define STATUS(code, reason, message)                                                                                  \
    "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"message\":\"" message                         \
    "\",\"reason\":\"" reason "\",\"code\":" #code "}"

static fake_server server;

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

static kube_discovery *client(uint32_t max_in_flight)
{
    kube_discovery_client_options opts = KUBE_DISCOVERY_CLIENT_OPTIONS_INIT;
    kube_discovery *d = NULL;

    opts.max_in_flight = max_in_flight;
    assert_int_equal(kube_discovery_client_new(server.client, &opts, &d, NULL), KUBE_OK);
    return d;
}

/* "g0/v1" to "g<count - 1>/v1" behind the core group, each with a resource of its own. */
static char *many_groups(int count)
{
    char *text = NULL, path[64];
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);

    assert_non_null(f);
    fputs("{\"kind\":\"APIGroupList\",\"groups\":[", f);
    for (int i = 0; i < count; i++) {
        fprintf(f,
                "%s{\"name\":\"g%d\",\"versions\":[{\"groupVersion\":\"g%d/v1\",\"version\":\"v1\"}],"
                "\"preferredVersion\":{\"groupVersion\":\"g%d/v1\",\"version\":\"v1\"}}",
                i > 0 ? "," : "", i, i, i);
        snprintf(path, sizeof path, "/apis/g%d/v1", i);
        fake_server_answer(&server, path, 200, FAKE_JSON,
                           "{\"resources\":[{\"name\":\"things\",\"namespaced\":true}]}");
    }
    fputs("]}", f);
    assert_int_equal(fclose(f), 0);
    fake_server_answer(&server, "/api", 200, FAKE_JSON, "{\"versions\":[\"v1\"]}");
    fake_server_answer(&server, "/api/v1", 200, FAKE_JSON, "{\"resources\":[{\"name\":\"pods\",\"namespaced\":true}]}");
    fake_server_answer(&server, "/apis", 200, FAKE_JSON, text);
    return text;
}

static void lists_come_in_the_servers_order_whatever_the_order_of_the_answers(void **state)
{
    kube_discovery *d = client(0);
    char *document = many_groups(21);

    (void)state;
    for (int in_reverse = 0; in_reverse <= 1; in_reverse++) {
        kube_api_resource_lists *lists = NULL;

        server.timing = FAKE_LATER;
        server.in_reverse = in_reverse;
        assert_int_equal(kube_discovery_server_groups_and_resources(d, NULL, NULL, &lists, NULL), KUBE_OK);
        assert_int_equal(kube_api_resource_lists_count(lists), 22);
        assert_string_equal(kube_api_resource_list_group_version(kube_api_resource_lists_at(lists, 0)), "v1");
        for (size_t i = 1; i < 22; i++) {
            char name[32];

            snprintf(name, sizeof name, "g%zu/v1", i - 1);
            assert_string_equal(kube_api_resource_list_group_version(kube_api_resource_lists_at(lists, i)), name);
        }
        kube_api_resource_lists_unref(lists);
    }
    assert_int_equal(server.most_in_flight, 22);
    kube_discovery_unref(d);
    free(document);
}

static void no_more_than_the_bound_are_in_flight(void **state)
{
    kube_discovery *d = client(5);
    char *document = many_groups(40);
    kube_api_resource_lists *lists = NULL;

    (void)state;
    server.timing = FAKE_LATER;
    assert_int_equal(kube_discovery_server_groups_and_resources(d, NULL, NULL, &lists, NULL), KUBE_OK);
    assert_int_equal(kube_api_resource_lists_count(lists), 41);
    assert_int_equal(server.most_in_flight, 5);
    kube_api_resource_lists_unref(lists);
    server.timing = FAKE_NOW; /* an answer that is there at once must not end in recursion either */
    assert_int_equal(kube_discovery_server_groups_and_resources(d, NULL, NULL, &lists, NULL), KUBE_OK);
    kube_api_resource_lists_unref(lists);
    kube_discovery_unref(d);
    free(document);
}

/* The answers of many_groups() for this path fail instead. */
static void break_for_ever(const char *path)
{
    for (size_t i = 0; i < server.answer_count; i++) {
        if (strcmp(server.answers[i].target, path) == 0) {
            server.answers[i].http_status = 500;
            server.answers[i].body = STATUS(500, "InternalError", "broken");
            server.answers[i].body_len = strlen(server.answers[i].body);
        }
    }
}

static void a_failing_group_version_makes_the_answer_partial_and_is_tried_twice(void **state)
{
    kube_discovery *d = client(0);
    char *document = many_groups(2);

    (void)state;
    break_for_ever("/apis/g0/v1");
    for (int timing = FAKE_NOW; timing <= FAKE_LATER; timing++) {
        kube_api_resource_lists *lists = NULL;
        kube_error *err = NULL;

        server.log_count = 0;
        server.timing = (fake_timing)timing;
        assert_int_equal(kube_discovery_server_preferred_resources(d, NULL, &lists, &err), KUBE_ERR_PARTIAL);
        assert_string_equal(lists_text(lists), "v1: pods; g1/v1: things");
        assert_int_equal(kube_error_child_count(err), 1);
        assert_string_equal(kube_error_subject(kube_error_child_at(err, 0)), "g0/v1");
        assert_int_equal(kube_error_status(kube_error_child_at(err, 0)), KUBE_ERR_SERVER);
        assert_int_equal(kube_error_http_status(kube_error_child_at(err, 0)), 500);
        assert_non_null(
            strstr(kube_error_message(err), "unable to retrieve the complete list of server APIs: g0/v1: "));
        assert_int_equal(fake_server_count(&server, "/apis/g0/v1"), 2);
        assert_int_equal(fake_server_count(&server, "/api"), 2);
        kube_api_resource_lists_unref(lists);
        kube_error_free(err);
    }
    kube_discovery_unref(d);
    free(document);
}

static void a_failure_that_heals_is_not_seen(void **state)
{
    kube_discovery *d = client(0);
    kube_api_resource_lists *lists = NULL;
    kube_error *err = NULL;
    char *document;

    (void)state;
    fake_server_answer(&server, "/apis/g0/v1", 500, FAKE_JSON, STATUS(500, "InternalError", "broken"));
    document = many_groups(1);
    assert_int_equal(kube_discovery_server_preferred_resources(d, NULL, &lists, &err), KUBE_OK);
    assert_string_equal(lists_text(lists), "v1: pods; g0/v1: things");
    assert_null(err);
    assert_int_equal(fake_server_count(&server, "/apis/g0/v1"), 2);
    kube_api_resource_lists_unref(lists);
    kube_discovery_unref(d);
    free(document);
}

static void the_namespaced_question_does_not_try_again(void **state)
{
    kube_discovery *d = client(0);
    kube_api_resource_lists *lists = NULL;
    char *document;

    (void)state;
    fake_server_answer(&server, "/apis/g0/v1", 500, FAKE_JSON, STATUS(500, "InternalError", "broken"));
    document = many_groups(1);
    assert_int_equal(kube_discovery_server_preferred_namespaced_resources(d, NULL, &lists, NULL), KUBE_ERR_PARTIAL);
    assert_string_equal(lists_text(lists), "v1: pods");
    kube_api_resource_lists_unref(lists);
    kube_discovery_unref(d);
    free(document);
}

static void when_every_list_fails_the_groups_are_an_answer_all_the_same(void **state)
{
    kube_discovery *d = client(0);
    kube_api_group_list *groups = NULL;
    kube_api_resource_lists *lists = NULL;
    kube_error *err = NULL;

    (void)state;
    fake_server_answer(&server, "/api", 200, FAKE_JSON, "{\"versions\":[\"v1\"]}");
    fake_server_answer(&server, "/apis", 200, FAKE_JSON,
                       "{\"groups\":[{\"name\":\"a\",\"versions\":[{\"groupVersion\":\"a/v1\",\"version\":\"v1\"}]}]}");
    fake_server_answer(&server, "/api/v1", 0, NULL, NULL);
    fake_server_answer(&server, "/apis/a/v1", 200, FAKE_JSON, "{\"kind\":\"Status\"}");
    assert_int_equal(kube_discovery_server_groups_and_resources(d, NULL, &groups, &lists, &err), KUBE_ERR_PARTIAL);
    assert_string_equal(groups_text(groups), "[v1*] a[a/v1]");
    assert_int_equal(kube_api_resource_lists_count(lists), 0);
    assert_int_equal(kube_error_child_count(err), 2);
    assert_int_equal(kube_error_status(kube_error_child_at(err, 0)), KUBE_ERR_PARSE);
    assert_int_equal(kube_error_status(kube_error_child_at(err, 1)), KUBE_ERR_UNAVAILABLE);
    kube_api_group_list_unref(groups);
    kube_api_resource_lists_unref(lists);
    kube_error_free(err);
    kube_discovery_unref(d);
}

/* A transport that says so speaks of the call, or of the process, and not of what the server has. */
static void what_is_nothing_of_the_group_versions_ends_the_whole_walk(void **state)
{
    static const kube_status failures[] = { KUBE_ERR_CANCELLED, KUBE_ERR_OUT_OF_MEMORY, KUBE_ERR_FORKED };
    kube_discovery *d = client(0);

    (void)state;
    for (size_t i = 0; i < 2 * COUNT_OF(failures); i++) {
        kube_api_group_list *groups = NULL;
        kube_api_resource_lists *lists = NULL;
        char *document;

        fake_server_reset(&server);
        server.timing = i % 2 == 0 ? FAKE_NOW : FAKE_LATER;
        fake_server_answer(&server, "/apis/g0/v1", -(int)failures[i / 2], NULL, NULL);
        document = many_groups(2);
        assert_int_equal(kube_discovery_server_groups_and_resources(d, NULL, &groups, &lists, NULL), failures[i / 2]);
        assert_int_equal(fake_server_count(&server, "/api"), 1); /* nor is it tried again */
        assert_int_equal(server.in_flight, 0);
        assert_null(groups);
        assert_null(lists);
        free(document);
    }
    kube_discovery_unref(d);
}

static void a_core_group_that_is_listed_but_gone_is_an_empty_one(void **state)
{
    kube_discovery *d = client(0);
    kube_api_resource_lists *lists = NULL;

    (void)state;
    fake_server_answer(&server, "/api", 200, FAKE_JSON, "{\"versions\":[\"v1\"]}");
    fake_server_answer(&server, "/apis", 200, FAKE_JSON, "{}");
    assert_int_equal(kube_discovery_server_groups_and_resources(d, NULL, NULL, &lists, NULL), KUBE_OK);
    assert_string_equal(lists_text(lists), "v1:");
    kube_api_resource_lists_unref(lists);
    kube_discovery_unref(d);
}

static void the_path_is_made_of_group_and_version_and_not_of_what_the_list_writes(void **state)
{
    kube_discovery *d = client(0);
    kube_api_resource_lists *lists = NULL;

    (void)state;
    fake_server_answer(
        &server, "/apis", 200, FAKE_JSON,
        "{\"groups\":[{\"name\":\"a\",\"versions\":[{\"groupVersion\":\"../secrets\",\"version\":\"v1\"}]}]}");
    fake_server_answer(&server, "/apis/a/v1", 200, FAKE_JSON, "{\"resources\":[{\"name\":\"x\"}]}");
    assert_int_equal(kube_discovery_server_groups_and_resources(d, NULL, NULL, &lists, NULL), KUBE_OK);
    assert_string_equal(lists_text(lists), "a/v1: x");
    kube_api_resource_lists_unref(lists);
    kube_discovery_unref(d);
}

static void names_that_would_leave_their_place_in_the_path_are_not_asked_for(void **state)
{
    kube_discovery *d = client(0);
    kube_api_group_list *groups = NULL;
    kube_api_resource_lists *lists = NULL;
    kube_error *err = NULL;

    (void)state;
    fake_server_answer(&server, "/apis", 200, FAKE_JSON,
                       "{\"groups\":[{\"name\":\"../api\",\"versions\":[{\"groupVersion\":\"x\",\"version\":\"v1\"}]},"
                       "{\"name\":\"..\",\"versions\":[{\"groupVersion\":\"x\",\"version\":\"v1\"}]},"
                       "{\"name\":\"a\",\"versions\":[{\"groupVersion\":\"x\",\"version\":\"..\"},"
                       "{\"groupVersion\":\"y\",\"version\":\"\"}]}]}");
    assert_int_equal(kube_discovery_server_groups_and_resources(d, NULL, &groups, &lists, &err), KUBE_ERR_PARTIAL);
    assert_int_equal(kube_error_child_count(err), 4);
    assert_int_equal(kube_api_group_list_count(groups), 3);
    assert_int_equal(server.log_count, 4); /* /api and /apis, twice */
    kube_api_group_list_unref(groups);
    kube_api_resource_lists_unref(lists);
    kube_error_free(err);
    kube_discovery_unref(d);
}

static void what_a_path_cannot_carry_as_it_is_is_escaped(void **state)
{
    kube_discovery *d = client(0);
    kube_api_resource_list *list = NULL;

    (void)state;
    assert_int_equal(kube_discovery_server_resources_for_group_version(d, "a?b=c#d/v 1", NULL, &list, NULL),
                     KUBE_ERR_NOT_FOUND);
    assert_string_equal(server.log[0].target, "/apis/a%3Fb=c%23d/v%201?timeout=32s");
    kube_discovery_unref(d);
}

static void a_group_version_that_is_listed_twice_is_asked_for_once(void **state)
{
    kube_discovery *d = client(0);
    kube_api_resource_lists *lists = NULL;

    (void)state;
    fake_server_answer(&server, "/apis", 200, FAKE_JSON,
                       "{\"groups\":[{\"name\":\"a\",\"versions\":[{\"groupVersion\":\"a/v1\",\"version\":\"v1\"},"
                       "{\"groupVersion\":\"a/v1\",\"version\":\"v1\"}]}]}");
    fake_server_answer(&server, "/apis/a/v1", 200, FAKE_JSON, "{\"resources\":[{\"name\":\"x\"}]}");
    assert_int_equal(kube_discovery_server_groups_and_resources(d, NULL, NULL, &lists, NULL), KUBE_OK);
    assert_string_equal(lists_text(lists), "a/v1: x");
    assert_int_equal(fake_server_count(&server, "/apis/a/v1"), 1);
    kube_api_resource_lists_unref(lists);
    kube_discovery_unref(d);
}

static void a_version_with_a_slash_does_not_take_another_ones_place(void **state)
{
    kube_discovery *d = client(0);
    kube_api_resource_lists *lists = NULL;

    (void)state;
    fake_server_answer(&server, "/api", 200, FAKE_JSON, "{\"versions\":[\"a/v1\"]}");
    fake_server_answer(&server, "/apis", 200, FAKE_JSON,
                       "{\"groups\":[{\"name\":\"a\",\"versions\":[{\"groupVersion\":\"a/v1\",\"version\":\"v1\"}]}]}");
    fake_server_answer(&server, "/apis/a/v1", 200, FAKE_JSON, "{\"resources\":[{\"name\":\"x\"}]}");
    assert_int_equal(kube_discovery_server_groups_and_resources(d, NULL, NULL, &lists, NULL), KUBE_ERR_PARTIAL);
    assert_string_equal(lists_text(lists), "a/v1: x");
    kube_api_resource_lists_unref(lists);
    kube_discovery_unref(d);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lists_come_in_the_servers_order_whatever_the_order_of_the_answers),
        TEST(no_more_than_the_bound_are_in_flight),
        TEST(a_failing_group_version_makes_the_answer_partial_and_is_tried_twice),
        TEST(a_failure_that_heals_is_not_seen),
        TEST(the_namespaced_question_does_not_try_again),
        TEST(when_every_list_fails_the_groups_are_an_answer_all_the_same),
        TEST(what_is_nothing_of_the_group_versions_ends_the_whole_walk),
        TEST(a_core_group_that_is_listed_but_gone_is_an_empty_one),
        TEST(the_path_is_made_of_group_and_version_and_not_of_what_the_list_writes),
        TEST(names_that_would_leave_their_place_in_the_path_are_not_asked_for),
        TEST(what_a_path_cannot_carry_as_it_is_is_escaped),
        TEST(a_group_version_that_is_listed_twice_is_asked_for_once),
        TEST(a_version_with_a_slash_does_not_take_another_ones_place),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
