/* Decoding, and the live client on a legacy server, with each allocation of libkube's failing in turn. */
#include "discovery_fixture.h"
#include "fake_server.h"

#include <kube/base/io.h>
#include <kube/discovery.h>

static char aggregated[] =
    "{\"items\":[{\"metadata\":{\"name\":\"a\\u0062c\"},\"versions\":[{\"version\":\"v2\",\"freshness\":\"Stale\"},"
    "{\"version\":\"v1\",\"resources\":[{\"resource\":\"pods\",\"singularResource\":\"pod\",\"responseKind\":{\"kind\":"
    "\"Pod\"},"
    "\"scope\":\"Namespaced\",\"verbs\":[\"get\",\"list\"],\"shortNames\":[\"po\"],\"categories\":[\"all\"],"
    "\"subresources\":["
    "{\"subresource\":\"status\",\"responseKind\":{\"kind\":\"Pod\"},\"verbs\":[\"get\"]}]}]}]}]}";
static const char legacy_groups[] =
    "{\"kind\":\"APIGroupList\",\"groups\":[{\"name\":\"a\",\"versions\":[{\"groupVersion\":\"a/"
    "v1\",\"version\":\"v1\"},"
    "{\"groupVersion\":\"a/v2\",\"version\":\"v2\"}],\"preferredVersion\":{\"groupVersion\":\"a/"
    "v1\",\"version\":\"v1\"},"
    "\"serverAddressByClientCIDRs\":[{\"clientCIDR\":\"0.0.0.0/0\",\"serverAddress\":\"x\"}]}]}";
static const char list[] =
    "{\"resources\":[{\"name\":\"things\",\"namespaced\":true,\"verbs\":[\"get\"],\"shortNames\":[\"t\"]}]}";

/* Runs a piece of work until none of its allocations is left to fail. Once before, for what a loop keeps for ever. */
static void fail_each(kube_status (*work)(void *arg), void *arg, kube_status in_the_end)
{
    assert_int_equal(work(arg), in_the_end);
    for (size_t n = 1;; n++) {
        kube_status st;
        size_t live = alloc_trace_live();
        bool reached;

        alloc_trace_fail_at(n);
        st = work(arg);
        reached = alloc_trace_stop();
        /* One that only an explanation, or a group-version's own failure, needed may fail without consequence. */
        if (st != in_the_end && st != KUBE_ERR_OUT_OF_MEMORY)
            fail_msg("allocation %zu: %s", n, kube_status_name(st));
        if (alloc_trace_live() != live)
            fail_msg("allocation %zu: %zu blocks are left", n, alloc_trace_live() - live);
        if (!reached) {
            assert_int_equal(st, in_the_end);
            assert_true(n > 1);
            return;
        }
    }
}

static kube_status build_and_ask(kube_discovery_snapshot_builder *b, kube_error **err)
{
    kube_discovery_snapshot *s = NULL;
    kube_api_resource_lists *all = NULL, *preferred = NULL;
    kube_status st = kube_discovery_snapshot_builder_build(b, &s, err);

    if (st == KUBE_OK) {
        kube_error *missing = NULL;

        st = kube_discovery_snapshot_groups_and_resources(s, NULL, &all, &missing);
        kube_error_free(missing);
        if (st == KUBE_OK || st == KUBE_ERR_PARTIAL)
            st = kube_discovery_snapshot_preferred_resources(s, &preferred, err);
    }
    assert_true((st == KUBE_OK || st == KUBE_ERR_PARTIAL) == (preferred != NULL));
    kube_api_resource_lists_unref(all);
    kube_api_resource_lists_unref(preferred);
    kube_discovery_snapshot_unref(s);
    return st;
}

static kube_status decode(void *arg)
{
    kube_discovery_snapshot_builder *b = NULL;
    kube_error *err = NULL;
    kube_status st = kube_discovery_snapshot_builder_new(0, &b, &err);

    if (st == KUBE_OK)
        st = kube_discovery_snapshot_builder_add_groups(b, KUBE_DISCOVERY_DOCUMENT_AGGREGATED, kube_str_c(arg), "/apis",
                                                        &err);
    if (st == KUBE_OK)
        st = build_and_ask(b, &err);
    kube_error_free(err);
    kube_discovery_snapshot_builder_free(b);
    return st;
}

static kube_status decode_legacy(void *arg)
{
    kube_discovery_snapshot_builder *b = NULL;
    kube_error *err = NULL, *why = NULL;
    kube_status st = kube_discovery_snapshot_builder_new(0, &b, &err);

    (void)arg;
    if (st == KUBE_OK)
        st = kube_discovery_snapshot_builder_add_groups(b, KUBE_DISCOVERY_DOCUMENT_API_VERSIONS,
                                                        kube_str_c("{\"versions\":[\"v1\"]}"), "/api", &err);
    if (st == KUBE_OK)
        st = kube_discovery_snapshot_builder_add_groups(b, KUBE_DISCOVERY_DOCUMENT_GROUP_LIST,
                                                        kube_str_c(legacy_groups), "/apis", &err);
    if (st == KUBE_OK)
        st = kube_discovery_snapshot_builder_add_resources(b, "a/v1", kube_str_c(list), &err);
    if (st == KUBE_OK) {
        (void)kube_error_set(&why, KUBE_ERR_SERVER, "broken");
        st = kube_discovery_snapshot_builder_add_failure(b, "unlisted/v1", why, &err);
    }
    if (st == KUBE_OK)
        st = build_and_ask(b, &err);
    kube_error_free(err);
    kube_discovery_snapshot_builder_free(b);
    return st;
}

static void each_allocation_of_the_decoders_may_fail(void **state)
{
    kube_buf many = KUBE_BUF_INIT(1 << 20); /* subresources, more than the first room for resources holds */

    (void)state;
    kube_buf_append_c(&many, "{\"items\":[{\"versions\":[{\"version\":\"v1\",\"resources\":[{\"resource\":\"x\","
                             "\"subresources\":[null");
    for (int i = 0; i < 100; i++)
        kube_buf_append_f(&many, ",{\"subresource\":\"s%d\",\"responseKind\":{\"kind\":\"S\"}}", i);
    kube_buf_append_c(&many, "]}]}]}]}");
    fail_each(decode, aggregated, KUBE_ERR_PARTIAL);
    fail_each(decode, many.data, KUBE_OK);
    fail_each(decode_legacy, NULL, KUBE_ERR_PARTIAL);
    kube_buf_clear(&many);
}

static kube_status decode_version(void *arg)
{
    kube_server_version *version = NULL;
    kube_error *err = NULL;
    kube_status st = kube_server_version_from_json(kube_str_c("{\"gitVersion\":\"v1\"}"), &version, &err);

    (void)arg;
    kube_error_free(err);
    kube_server_version_unref(version);
    return st;
}

static void each_allocation_of_the_servers_version_may_fail(void **state)
{
    (void)state;
    fail_each(decode_version, NULL, KUBE_OK);
}

static fake_server server;

static kube_status ask_blocking(void *arg)
{
    kube_discovery *d = NULL;
    kube_api_group_list *groups = NULL;
    kube_api_resource_lists *lists = NULL;
    kube_server_version *version = NULL;
    kube_error *err = NULL;
    kube_status st = kube_discovery_client_new(server.client, NULL, &d, &err);

    (void)arg;
    server.log_count = 0;
    if (st == KUBE_OK)
        st = kube_discovery_server_version(d, NULL, &version, &err);
    if (st == KUBE_OK)
        st = kube_discovery_server_groups_and_resources(d, NULL, &groups, &lists, &err);
    assert_int_equal(server.in_flight, 0);
    kube_error_free(err);
    kube_server_version_unref(version);
    kube_api_group_list_unref(groups);
    kube_api_resource_lists_unref(lists);
    kube_discovery_unref(d);
    return st;
}

static void on_fetched(void *user, kube_status status, kube_discovery_snapshot *snapshot, kube_error *err)
{
    kube_status *result = user;

    assert_int_equal(*result, KUBE_PENDING);
    *result = status;
    kube_discovery_snapshot_unref(snapshot);
    kube_error_free(err);
}

/* The loop and the client are made before: what is counted is the fetch. */
typedef struct started {
    kube_discovery *d;
    kube_io *io;
    const char *group_version; /* NULL: everything */
} started;

static kube_status ask_on_a_loop(void *arg)
{
    const started *s = arg;
    kube_discovery_want want = s->group_version != NULL ? KUBE_DISCOVERY_WANT_GROUP_VERSION : KUBE_DISCOVERY_WANT_ALL;
    kube_status result = KUBE_PENDING, st;
    kube_error *err = NULL;

    server.log_count = 0;
    st = kube_discovery_fetch_start(s->d, s->io, want, s->group_version, NULL, on_fetched, &result, &err);
    if (st != KUBE_PENDING) {
        assert_int_equal(result, KUBE_PENDING);
        kube_error_free(err);
        return st;
    }
    for (int i = 0; i < 100 && result == KUBE_PENDING; i++)
        (void)!kube_io_step(s->io, 0);
    assert_int_equal(server.in_flight, 0);
    return result;
}

static void each_allocation_of_a_walk_may_fail(void **state)
{
    started s = { NULL, NULL, NULL };

    (void)state;
    fake_server_init(&server);
    fake_server_answer(&server, "/api", 200, FAKE_JSON, "{\"versions\":[\"v1\"]}");
    fake_server_answer(&server, "/apis", 200, FAKE_JSON, legacy_groups);
    fake_server_answer(&server, "/api/v1", 200, FAKE_JSON, list);
    fake_server_answer(&server, "/apis/a/v1", 200, FAKE_JSON, list);
    fake_server_answer(&server, "/apis/a/v2", 500, FAKE_JSON,
                       "{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":500}");
    fake_server_answer(&server, "/version", 200, FAKE_JSON, "{\"gitVersion\":\"v1\"}");
    assert_int_equal(kube_discovery_client_new(server.client, NULL, &s.d, NULL), KUBE_OK);
    assert_int_equal(kube_io_new(NULL, &s.io, NULL), KUBE_OK);
    for (int timing = FAKE_NOW; timing <= FAKE_LATER; timing++) {
        server.timing = (fake_timing)timing;
        fail_each(ask_blocking, NULL, KUBE_ERR_PARTIAL);
        s.group_version = NULL;
        fail_each(ask_on_a_loop, &s, KUBE_ERR_PARTIAL);
        s.group_version = "a/v1";
        fail_each(ask_on_a_loop, &s, KUBE_OK);
    }
    kube_io_free(s.io);
    kube_discovery_unref(s.d);
    fake_server_clear(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(each_allocation_of_the_decoders_may_fail),
        ALLOC_TRACE_TEST(each_allocation_of_the_servers_version_may_fail),
        ALLOC_TRACE_TEST(each_allocation_of_a_walk_may_fail),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
