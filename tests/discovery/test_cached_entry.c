/* libkube's own entry, when it is not what it should be; and what passes through a cached client. */
#include "cached_fixture.h"
#include "fetch_outcome.h"

#include "cached_config.h"
#include "shared/alloc.h"
#include "snapshot_wire.h"

#define TTL KUBE_FRESHNESS_DEFAULT
#define ALL "apps/v1: deployments; batch/v1: jobs"

static const char url[] = "https://server.example.com:6443";
static cached_fixture f;

/* What is in the store in place of a snapshot. */
static void replace_entry(const char *bytes, size_t len)
{
    kube_buf identity = KUBE_BUF_INIT(1024), folder = KUBE_BUF_INIT(1024);
    const char *segments[2] = { NULL, "snapshot" };
    kube_store_key key = { .segments = segments, .count = 2 };

    kube_buf_append_f(&identity, "user \n%s", url);
    kube__append_server_folder(&folder, url, kube_buf_str(&identity));
    segments[0] = folder.data;
    assert_int_equal(kube_store_put(f.store, &key, kube_str_n(bytes, len), kube_str_c(NULL), NULL, NULL, NULL),
                     KUBE_OK);
    kube_buf_clear(&identity);
    kube_buf_clear(&folder);
}

static void a_damaged_entry_is_told_and_asked_for_anew(void **state)
{
    static const char *const damaged[] = { "", "x",
                                           "not a snapshot, but long enough to be taken for the head of one....." };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(damaged); i++) {
        kube_discovery *d;

        cached_fixture_init(&f, CACHED_MEMORY);
        replace_entry(damaged[i], strlen(damaged[i]));
        d = cached_fixture_client(&f);
        assert_string_equal(ask_all(d, TTL), ALL);
        assert_int_equal(f.log_lines, 1);
        assert_non_null(strstr(f.log, "discovery cache: "));
        assert_string_equal(ask_all(d, TTL), ALL);
        assert_int_equal(f.fake.attempts, 1);
        kube_discovery_unref(d);
        cached_fixture_clear(&f);
    }
}

/* One of them is read faster by itself; the entry says what all of them say. Whether it is read is seen when it is
 * damaged. */
static void after_a_few_documents_the_entry_is_read(void **state)
{
    enum { FEW = 4, GROUPS = 6 };
    kube_buf answer = KUBE_BUF_INIT(4096);
    kube_discovery *writer, *d;

    (void)state;
    cached_fixture_init(&f, CACHED_DOCUMENTS_IN_MEMORY);
    for (int i = 0; i < GROUPS; i++)
        kube_buf_append_f(&answer,
                          "%s{\"metadata\":{\"name\":\"g%d\"},\"versions\":[{\"version\":\"v1\",\"resources\":["
                          "{\"resource\":\"r\",\"responseKind\":{\"kind\":\"R\"},\"verbs\":[\"get\"]}]}]}",
                          i == 0 ? "{\"items\":[" : ",", i);
    kube_buf_append_c(&answer, "]}");
    f.fake.answers[0] = answer.data;
    writer = cached_fixture_client(&f);
    d = cached_fixture_client(&f);
    (void)ask_all(writer, TTL);
    replace_entry("x", 1);
    for (int i = 0; i < GROUPS; i++) {
        char version[16];

        snprintf(version, sizeof version, "g%d/v1", i);
        assert_string_equal(ask_version(d, version, TTL), "r");
        assert_int_equal(f.log_lines, i < FEW ? 0 : 1);
    }
    assert_int_equal(f.fake.attempts, 1);
    kube_discovery_unref(writer);
    kube_discovery_unref(d);
    kube_buf_clear(&answer);
    cached_fixture_clear(&f);
}

/* Two servers whose folders have one name: neither is told of, nor used. */
static void an_entry_of_another_server_is_silently_replaced(void **state)
{
    kube_discovery_snapshot *other = aggregated_snapshot(NULL, cached_newer);
    char *bytes = NULL;
    size_t len = 0;
    kube_discovery *d;

    (void)state;
    cached_fixture_init(&f, CACHED_MEMORY);
    assert_int_equal(kube__snapshot_encode(other, kube_str_c("user \nhttps://elsewhere"), NULL, &bytes, &len, NULL),
                     KUBE_OK);
    replace_entry(bytes, len);
    d = cached_fixture_client(&f);
    assert_string_equal(ask_all(d, TTL), ALL);
    assert_string_equal(f.log, "");
    assert_int_equal(f.fake.attempts, 1);
    kube__free(bytes);
    kube_discovery_snapshot_unref(other);
    kube_discovery_unref(d);
    cached_fixture_clear(&f);
}

static kube_status tell_version(void *state, kube_io *io, const kube_call *call, kube_server_version_done *done,
                                void *user, kube_server_version **out, kube_error **err)
{
    (void)state, (void)io, (void)call, (void)done, (void)user;
    return kube_server_version_from_json(kube_str_c("{\"gitVersion\":\"v1.37.2\"}"), out, err);
}

static kube_status fetch_nothing(void *state, kube_io *io, const kube_discovery_request *request, const kube_call *call,
                                 kube_discovery_fetch_done *done, void *user, kube_discovery_snapshot **out,
                                 kube_error **err)
{
    (void)state, (void)io, (void)request, (void)call, (void)done, (void)user, (void)out;
    return kube_error_set(err, KUBE_ERR_UNSUPPORTED, "nothing");
}

static void the_servers_version_is_asked_for_each_time(void **state)
{
    const kube_discovery_ops ops = { .struct_size = sizeof ops,
                                     .fetch = fetch_nothing,
                                     .server_version = tell_version };
    kube_server_version *version = NULL;
    kube_discovery *ours, *d;
    kube_error *err = NULL;

    (void)state;
    cached_fixture_init(&f, CACHED_MEMORY);
    ours = f.delegate;
    assert_int_equal(kube_discovery_new(&ops, NULL, NULL, &f.delegate, NULL), KUBE_OK);
    d = cached_fixture_client(&f);
    assert_int_equal(kube_discovery_server_version(d, NULL, &version, NULL), KUBE_OK);
    assert_string_equal(kube_server_version_git_version(version), "v1.37.2");
    kube_server_version_unref(version);
    kube_discovery_unref(d);
    kube_discovery_unref(f.delegate);
    f.delegate = ours;
    d = cached_fixture_client(&f);
    assert_int_equal(kube_discovery_server_version(d, NULL, &version, &err), KUBE_ERR_UNSUPPORTED);
    kube_error_free(err);
    kube_discovery_unref(d);
    cached_fixture_clear(&f);
}

/* Who decorates a cached client asks it directly. */
static void a_question_without_an_explanation_fails_all_the_same(void **state)
{
    kube_discovery_request request = { .struct_size = sizeof request,
                                       .group_version = "a/b/c",
                                       .want = KUBE_DISCOVERY_WANT_GROUP_VERSION };
    kube_call call = { .deadline_ns = 0 };
    kube_discovery_snapshot *s = NULL;
    kube_error *err = NULL;
    kube_io *io = NULL;
    kube_discovery *d;

    (void)state;
    cached_fixture_init(&f, CACHED_MEMORY);
    d = cached_fixture_client(&f);
    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_fetch(d, io, &request, &call, NULL, NULL, &s, &err), KUBE_ERR_INVALID_ARG);
    assert_string_equal(kube_error_message(err), "unexpected GroupVersion string: a/b/c");
    assert_int_equal(kube_discovery_fetch(d, io, &request, &call, NULL, NULL, &s, NULL), KUBE_ERR_INVALID_ARG);
    request.group_version = NULL;
    request.want = KUBE_DISCOVERY_WANT_ALL;
    f.fake.failure = KUBE_ERR_FORBIDDEN;
    assert_int_equal(kube_discovery_fetch(d, io, &request, &call, NULL, NULL, &s, NULL), KUBE_ERR_FORBIDDEN);
    assert_null(s);
    kube_error_free(err);
    kube_io_free(io);
    kube_discovery_unref(d);
    cached_fixture_clear(&f);
}

/* It was asked about nothing. */
static void a_delegate_that_says_that_nothing_has_changed_has_to_be_asked_about_something(void **state)
{
    kube_discovery *d;

    (void)state;
    cached_fixture_init(&f, CACHED_MEMORY);
    d = cached_fixture_client(&f);
    f.fake.failure = KUBE_ERR_NOT_MODIFIED;
    assert_string_equal(ask_all(d, TTL), "!not modified: as the test wants");
    f.fake.failure = KUBE_OK;
    assert_string_equal(ask_all(d, TTL), ALL);
    assert_int_equal(f.fake.attempts, 2);
    kube_discovery_unref(d);
    cached_fixture_clear(&f);
}

static void a_freshness_of_another_release_is_refused(void **state)
{
    kube_call_options o = KUBE_CALL_OPTIONS_INIT, uninitialised = { .struct_size = 0 };
    kube_api_group_list *groups = NULL;
    outcome out = { .calls = 0 };
    kube_error *err = NULL;
    kube_io *io = NULL;
    kube_discovery *d;

    (void)state;
    cached_fixture_init(&f, CACHED_MEMORY);
    d = cached_fixture_client(&f);
    o.freshness = (kube_freshness)99;
    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_server_groups(d, &o, &groups, &err), KUBE_ERR_INVALID_ARG);
    assert_non_null(strstr(kube_error_message(err), "freshness"));
    kube_error_free(err);
    assert_int_equal(kube_discovery_fetch_start(d, io, KUBE_DISCOVERY_WANT_ALL, NULL, &o, on_fetched, &out, NULL),
                     KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_discovery_refresh_start(d, io, &uninitialised, on_fetched, &out, NULL), KUBE_ERR_INVALID_ARG);
    assert_int_equal(out.calls, 0);
    assert_int_equal(f.fake.attempts, 0);
    kube_io_free(io);
    kube_discovery_unref(d);
    cached_fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(a_damaged_entry_is_told_and_asked_for_anew),
        ALLOC_TRACE_TEST(after_a_few_documents_the_entry_is_read),
        ALLOC_TRACE_TEST(an_entry_of_another_server_is_silently_replaced),
        ALLOC_TRACE_TEST(the_servers_version_is_asked_for_each_time),
        ALLOC_TRACE_TEST(a_question_without_an_explanation_fails_all_the_same),
        ALLOC_TRACE_TEST(a_delegate_that_says_that_nothing_has_changed_has_to_be_asked_about_something),
        ALLOC_TRACE_TEST(a_freshness_of_another_release_is_refused),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
