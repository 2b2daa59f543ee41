/* Asking the server whether what is known is still true. */
#include "discovery_fixture.h"
#include "fake_server.h"
#include "fetch_outcome.h"

#include <kube/discovery.h>
#include <kube/sys/discovery.h>

#define GROUP(name, resource)                                                                                          \
    "{\"items\":[{\"metadata\":{\"name\":\"" name                                                                      \
    "\"},\"versions\":[{\"version\":\"v1\",\"resources\":[{\"resource\":\"" resource                                   \
    "\",\"responseKind\":{\"kind\":\"K\"},\"shortNames\":[\"s\"],\"verbs\":[\"get\"]}]},"                              \
    "{\"version\":\"v2\",\"freshness\":\"Stale\"}]}]}"

static const char core[] = GROUP("", "pods"), apps[] = GROUP("apps", "deployments"), newer[] = GROUP("apps", "jobs");

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

static void serve(const char *api, const char *api_etag, const char *apis, const char *apis_etag)
{
    fake_server_reset(&server);
    if (api != NULL) {
        fake_server_answer(&server, "/api", 200, FAKE_V2, api);
        fake_server_etag(&server, api_etag);
    }
    fake_server_answer(&server, "/apis", 200, FAKE_V2, apis);
    fake_server_etag(&server, apis_etag);
}

/* One fetch of everything, in each of the ways answers may come. */
static void fetch(const kube_discovery_snapshot *known, fake_timing timing, outcome *o)
{
    kube_discovery_request request = { .struct_size = sizeof request, .want = KUBE_DISCOVERY_WANT_ALL };
    kube_call call = { .deadline_ns = 0 };
    kube_discovery *d = NULL;
    kube_io *io = NULL;

    *o = (outcome){ .calls = 0 };
    server.timing = timing;
    request.known = known;
    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_client_new(server.client, NULL, &d, NULL), KUBE_OK);
    o->status = kube_discovery_fetch(d, io, &request, &call, on_fetched, o, &o->snapshot, &o->err);
    while (o->status == KUBE_PENDING || (timing != FAKE_NOW && o->calls == 0))
        assert_int_equal(kube_io_run(io, 1000), KUBE_OK);
    kube_discovery_unref(d);
    kube_io_free(io);
}

static void every_timing(void (*check)(fake_timing timing))
{
    check(FAKE_NOW);
    check(FAKE_LATER);
    server.in_reverse = true;
    check(FAKE_LATER);
    server.in_reverse = false;
}

static void check_nothing_new(fake_timing timing)
{
    outcome first, second;

    serve(core, "\"a\"", apps, "\"b\"");
    fetch(NULL, timing, &first);
    assert_int_equal(first.status, KUBE_ERR_PARTIAL); /* the stale ones */
    fetch(first.snapshot, timing, &second);
    assert_int_equal(second.status, KUBE_ERR_NOT_MODIFIED);
    assert_null(second.snapshot);
    assert_int_equal(server.log_count, 4);
    assert_string_equal(server.log[0].if_none_match, "");
    assert_string_equal(server.log[2].if_none_match, "\"b\"");
    assert_string_equal(server.log[3].if_none_match, "\"a\"");
    outcome_clear(&first);
    outcome_clear(&second);
}

static void a_server_with_nothing_newer_says_so_in_two_requests(void **state)
{
    (void)state;
    every_timing(check_nothing_new);
}

static void check_one_new(fake_timing timing)
{
    outcome first, second;

    serve(core, "\"a\"", apps, "\"b\"");
    fetch(NULL, timing, &first);
    serve(core, "\"a\"", newer, "\"c\"");
    fetch(first.snapshot, timing, &second);
    assert_int_equal(second.status, KUBE_ERR_PARTIAL);
    assert_int_equal(server.log_count, 2);
    assert_string_equal(found_text(second.snapshot, KUBE_API_RESOURCE_BY_SHORT_NAME, "s"), "v1/pods apps/v1/jobs");
    assert_int_equal(kube_group_version_state_of(kube_discovery_snapshot_group_version(second.snapshot, "v2")),
                     KUBE_GROUP_VERSION_STALE);
    outcome_clear(&first);
    /* And what it is made of can be asked about again. */
    fetch(second.snapshot, timing, &first);
    assert_int_equal(first.status, KUBE_ERR_NOT_MODIFIED);
    outcome_clear(&first);
    serve(apps, "\"d\"", newer, "\"c\"");
    fetch(second.snapshot, timing, &first);
    assert_int_equal(first.status, KUBE_ERR_PARTIAL);
    assert_string_equal(found_text(first.snapshot, KUBE_API_RESOURCE_BY_SHORT_NAME, "s"), "apps/v1/jobs");
    outcome_clear(&first);
    outcome_clear(&second);
}

static void of_two_documents_only_the_new_one_is_read(void **state)
{
    (void)state;
    every_timing(check_one_new);
}

static void check_no_core(fake_timing timing)
{
    outcome first, second;

    serve(NULL, NULL, apps, "\"b\"");
    fetch(NULL, timing, &first);
    fetch(first.snapshot, timing, &second);
    assert_int_equal(second.status, KUBE_ERR_NOT_MODIFIED);
    outcome_clear(&second);
    serve(core, "\"a\"", apps, "\"b\"");
    fetch(first.snapshot, timing, &second);
    assert_int_equal(second.status, KUBE_ERR_PARTIAL);
    assert_string_equal(found_text(second.snapshot, KUBE_API_RESOURCE_BY_SHORT_NAME, "s"),
                        "v1/pods apps/v1/deployments");
    outcome_clear(&first);
    /* The core group goes away again. */
    serve(NULL, NULL, apps, "\"b\"");
    fetch(second.snapshot, timing, &first);
    assert_int_equal(first.status, KUBE_ERR_PARTIAL);
    assert_string_equal(found_text(first.snapshot, KUBE_API_RESOURCE_BY_SHORT_NAME, "s"), "apps/v1/deployments");
    outcome_clear(&first);
    outcome_clear(&second);
}

static void a_missing_core_group_is_a_part_of_what_is_known(void **state)
{
    (void)state;
    every_timing(check_no_core);
}

static void a_server_that_turns_legacy_is_asked_for_each_list(void **state)
{
    outcome first, second;

    (void)state;
    serve(core, "\"a\"", apps, "\"b\"");
    fetch(NULL, FAKE_NOW, &first);
    fake_server_reset(&server);
    fake_server_answer(&server, "/api", 200, FAKE_V2, core);
    fake_server_etag(&server, "\"a\"");
    fake_server_answer(&server, "/apis", 200, FAKE_JSON, "{\"groups\":[]}");
    fake_server_answer(&server, "/api/v1", 200, FAKE_JSON, "{\"resources\":[{\"name\":\"nodes\"}]}");
    fetch(first.snapshot, FAKE_NOW, &second);
    assert_int_equal(second.status, KUBE_ERR_PARTIAL);
    assert_int_equal(server.log_count, 3);
    assert_string_equal(found_text(second.snapshot, KUBE_API_RESOURCE_BY_NAME, "nodes"), "v1/nodes");
    assert_string_equal(found_text(second.snapshot, KUBE_API_RESOURCE_BY_NAME, "pods"), "");
    outcome_clear(&first);
    outcome_clear(&second);
}

static void a_304_that_was_not_asked_for_is_no_answer(void **state)
{
    outcome o;

    (void)state;
    fake_server_reset(&server);
    fake_server_answer(&server, "/api", 304, FAKE_V2, "");
    fake_server_answer(&server, "/apis", 200, FAKE_V2, apps);
    fetch(NULL, FAKE_NOW, &o);
    assert_int_equal(o.status, KUBE_ERR_PROTOCOL);
    assert_non_null(strstr(kube_error_message(o.err), "a condition that was not set"));
    outcome_clear(&o);
}

/* Whether what is known of /api is asked about by its tag. */
static bool is_asked_about(const char *api, const char *etag)
{
    outcome first, second;
    bool asked;

    serve(api, etag, apps, NULL);
    fetch(NULL, FAKE_NOW, &first);
    fetch(first.snapshot, FAKE_NOW, &second);
    assert_int_equal(second.status, KUBE_ERR_PARTIAL);
    assert_string_equal(server.log[2].if_none_match, "");
    asked = server.log[3].if_none_match[0] != '\0';
    outcome_clear(&first);
    outcome_clear(&second);
    return asked;
}

static void a_tag_that_no_header_could_hold_is_forgotten(void **state)
{
    char longest[1024 + 2];

    (void)state;
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_true(is_asked_about(core, longest + 1));
    assert_false(is_asked_about(core, longest));
    assert_false(is_asked_about(core, "\"a b\""));
    assert_false(is_asked_about(core, "\"a\x7f\""));
    assert_false(is_asked_about(core, "\"\xc3\xa4\""));
}

/* Of two documents only one may be new, and what was left out of the other would be forgotten. */
static void what_is_known_with_something_left_out_is_not_asked_about(void **state)
{
    (void)state;
    assert_true(is_asked_about(GROUP("", "pods"), "\"a\""));
    assert_false(is_asked_about(GROUP("", "po\\u0007ds"), "\"a\""));
}

static void any_allocation_may_fail_while_half_is_new(void **state)
{
    outcome first, second;

    (void)state;
    serve(core, "\"a\"", apps, "\"b\"");
    fetch(NULL, FAKE_NOW, &first);
    serve(core, "\"a\"", newer, "\"c\"");
    for (size_t n = 1;; n++) {
        kube_discovery_request request = { .struct_size = sizeof request, .known = first.snapshot };
        kube_call call = { .deadline_ns = 0 };
        kube_discovery *d = NULL;
        kube_io *io = NULL;
        bool reached;

        second = (outcome){ .calls = 0 };
        server.log_count = 0;
        assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
        assert_int_equal(kube_discovery_client_new(server.client, NULL, &d, NULL), KUBE_OK);
        alloc_trace_fail_at(n);
        second.status =
            kube_discovery_fetch(d, io, &request, &call, on_fetched, &second, &second.snapshot, &second.err);
        reached = alloc_trace_stop();
        if (second.status != KUBE_ERR_OUT_OF_MEMORY)
            assert_int_equal(second.status, KUBE_ERR_PARTIAL);
        assert_true(reached || second.status == KUBE_ERR_PARTIAL);
        outcome_clear(&second);
        kube_discovery_unref(d);
        kube_io_free(io);
        if (!reached)
            break;
    }
    outcome_clear(&first);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_server_with_nothing_newer_says_so_in_two_requests),
        TEST(of_two_documents_only_the_new_one_is_read),
        TEST(a_missing_core_group_is_a_part_of_what_is_known),
        TEST(a_server_that_turns_legacy_is_asked_for_each_list),
        TEST(a_304_that_was_not_asked_for_is_no_answer),
        TEST(a_tag_that_no_header_could_hold_is_forgotten),
        TEST(what_is_known_with_something_left_out_is_not_asked_about),
        TEST(any_allocation_may_fail_while_half_is_new),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
