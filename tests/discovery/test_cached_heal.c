/* A group-version that failed for a passing reason is not remembered as failed. */
#include "cached_fixture.h"
#include "fake_server.h"

#define TTL KUBE_FRESHNESS_DEFAULT

static cached_fixture f;
static fake_server server;

static kube_discovery *legacy_client(void)
{
    kube_discovery *ours = f.delegate, *d;

    fake_server_answer(&server, "/apis", 200, FAKE_JSON,
                       "{\"groups\":[{\"name\":\"a\",\"versions\":[{\"groupVersion\":\"a/v1\",\"version\":\"v1\"}]},"
                       "{\"name\":\"b\",\"versions\":[{\"groupVersion\":\"b/v1\",\"version\":\"v1\"}]}]}");
    fake_server_answer(&server, "/apis/b/v1", 200, FAKE_JSON, "{\"resources\":[{\"name\":\"bs\"}]}");
    assert_int_equal(kube_discovery_client_new(server.client, NULL, &f.delegate, NULL), KUBE_OK);
    d = cached_fixture_client(&f);
    kube_discovery_unref(f.delegate);
    f.delegate = ours;
    return d;
}

static void expect_healed(cached_place place, int http_status, bool healed)
{
    kube_discovery *d;
    char failed[1024];

    cached_fixture_init(&f, place);
    fake_server_init(&server);
    d = legacy_client();
    fake_server_answer(&server, "/apis/a/v1", http_status, FAKE_JSON, "{}");
    fake_server_answer(&server, "/apis/a/v1", 200, FAKE_JSON, "{\"resources\":[{\"name\":\"as\"}]}");
    snprintf(failed, sizeof failed, "%s", ask_all(d, TTL));
    assert_memory_equal(failed, "!partial: unable to retrieve the complete list of server APIs: a/v1:", 68);
    assert_int_equal(fake_server_count(&server, "/apis/a/v1"), 1);
    assert_string_equal(ask_version(d, "b/v1", TTL), "bs");
    if (healed)
        assert_string_equal(ask_version(d, "a/v1", TTL), "as");
    else
        assert_int_equal(ask_version(d, "a/v1", TTL)[0], '!');
    assert_int_equal(fake_server_count(&server, "/apis/a/v1"), healed ? 2 : 1);
    if (healed) { /* and it is kept */
        assert_string_equal(ask_version(d, "a/v1", TTL), "as");
        assert_string_equal(ask_all(d, TTL), "a/v1: as; b/v1: bs");
        assert_int_equal(fake_server_count(&server, "/apis/a/v1"), 2);
        assert_int_equal(fake_server_count(&server, "/apis"), 1);
    }
    kube_discovery_unref(d);
    fake_server_clear(&server);
    cached_fixture_clear(&f);
}

static void what_failed_for_a_passing_reason_is_asked_for_again_by_itself(void **state)
{
    static const cached_place places[] = { CACHED_KUBECTLS_FOLDER, CACHED_MEMORY, CACHED_DOCUMENTS_SLOW, CACHED_SLOW };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        expect_healed(places[i], 503, true);
        expect_healed(places[i], 429, true);
        expect_healed(places[i], 0, true); /* no connection */
        expect_healed(places[i], 403, false);
        expect_healed(places[i], 404, false);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(what_failed_for_a_passing_reason_is_asked_for_again_by_itself),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
