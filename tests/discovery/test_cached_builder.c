/* Composing a cached client: the first error is remembered, the building reports it, and nothing is leaked. */
#include "cached_fixture.h"
#include "fake_server.h"

static fake_discovery fake;

typedef kube_cached_discovery_builder builder;

static void expect_refusal(builder *b, kube_status status, const char *part)
{
    kube_discovery *d = NULL;
    kube_error *err = NULL;

    assert_int_equal(kube_cached_discovery_builder_build(b, &d, &err), status);
    assert_null(d);
    if (strstr(kube_error_message(err), part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", kube_error_message(err), part);
    kube_error_free(err);
}

static builder *with_delegate(void)
{
    builder *b = kube_cached_discovery_builder_new();
    kube_discovery *delegate;

    memset(&fake, 0, sizeof fake);
    fake.answers[0] = cached_apps_and_batch;
    delegate = fake_discovery_new(&fake, 0);
    kube_cached_discovery_builder_delegate(b, delegate);
    kube_discovery_unref(delegate);
    return b;
}

static void without_memory_everything_is_accepted_and_the_building_reports_it(void **state)
{
    kube_logger logger = { .fn = NULL };

    (void)state;
    kube_cached_discovery_builder_rest(NULL, NULL);
    kube_cached_discovery_builder_client_options(NULL, NULL);
    kube_cached_discovery_builder_delegate(NULL, NULL);
    kube_cached_discovery_builder_server(NULL, "x");
    kube_cached_discovery_builder_user(NULL, "x");
    kube_cached_discovery_builder_disk(NULL, NULL);
    kube_cached_discovery_builder_private_disk(NULL, NULL);
    kube_cached_discovery_builder_memory(NULL);
    kube_cached_discovery_builder_store(NULL, NULL);
    kube_cached_discovery_builder_documents(NULL, NULL);
    kube_cached_discovery_builder_ttl_ms(NULL, 1);
    kube_cached_discovery_builder_policy(NULL, KUBE_FRESHNESS_TTL);
    kube_cached_discovery_builder_clock(NULL, NULL);
    kube_cached_discovery_builder_logger(NULL, &logger);
    kube_cached_discovery_builder_free(NULL);
    expect_refusal(NULL, KUBE_ERR_OUT_OF_MEMORY, "memory");
}

static void contradictions_are_refused_by_name(void **state)
{
    kube_discovery_client_options opts = { .struct_size = 1 };
    kube_store *store = NULL;
    builder *b;

    (void)state;
    assert_int_equal(kube_memory_store_new(NULL, &store, NULL), KUBE_OK);
    expect_refusal(kube_cached_discovery_builder_new(), KUBE_ERR_INVALID_ARG, "a rest client or a delegate is needed");
    b = with_delegate();
    kube_cached_discovery_builder_disk(b, "/tmp");
    expect_refusal(b, KUBE_ERR_INVALID_ARG, "the server's URL is needed");
    b = with_delegate();
    kube_cached_discovery_builder_server(b, "");
    kube_cached_discovery_builder_private_disk(b, "/tmp");
    expect_refusal(b, KUBE_ERR_INVALID_ARG, "the server's URL is needed");
    b = with_delegate();
    kube_cached_discovery_builder_store(b, store);
    expect_refusal(b, KUBE_ERR_INVALID_ARG, "the server's URL is needed");
    b = with_delegate();
    kube_cached_discovery_builder_documents(b, store);
    kube_cached_discovery_builder_user(b, "alice");
    expect_refusal(b, KUBE_ERR_INVALID_ARG, "know no users");
    b = with_delegate();
    kube_cached_discovery_builder_memory(b);
    kube_cached_discovery_builder_disk(b, "/tmp");
    expect_refusal(b, KUBE_ERR_INVALID_ARG, "two places to remember in");
    b = with_delegate();
    kube_cached_discovery_builder_server(b, "https://h");
    kube_cached_discovery_builder_disk(b, "/tmp");
    kube_cached_discovery_builder_documents(b, store);
    expect_refusal(b, KUBE_ERR_INVALID_ARG, "two places for kubectl's documents");
    b = with_delegate();
    kube_cached_discovery_builder_server(b, "https://h");
    kube_cached_discovery_builder_disk(b, "/tmp");
    kube_cached_discovery_builder_user(b, "me");
    expect_refusal(b, KUBE_ERR_INVALID_ARG, "know no users");
    b = with_delegate();
    kube_cached_discovery_builder_ttl_ms(b, -2);
    expect_refusal(b, KUBE_ERR_INVALID_ARG, "time to live");
    b = with_delegate();
    kube_cached_discovery_builder_policy(b, (kube_freshness)77);
    expect_refusal(b, KUBE_ERR_INVALID_ARG, "policy");
    b = with_delegate();
    kube_cached_discovery_builder_store(b, NULL);
    expect_refusal(b, KUBE_ERR_INVALID_ARG, "store is missing");
    b = with_delegate();
    kube_cached_discovery_builder_documents(b, NULL);
    expect_refusal(b, KUBE_ERR_INVALID_ARG, "documents is missing");
    b = with_delegate();
    kube_cached_discovery_builder_client_options(b, &opts);
    expect_refusal(b, KUBE_ERR_INVALID_ARG, "not initialised");
    kube_store_unref(store);
}

static void the_first_error_is_the_one_that_is_told(void **state)
{
    builder *b = with_delegate();
    kube_discovery *d = NULL;

    (void)state;
    kube_cached_discovery_builder_ttl_ms(b, -2);
    kube_cached_discovery_builder_policy(b, (kube_freshness)77);
    expect_refusal(b, KUBE_ERR_INVALID_ARG, "time to live");
    b = with_delegate();
    kube_cached_discovery_builder_ttl_ms(b, -2);
    assert_int_equal(kube_cached_discovery_builder_build(b, &d, NULL), KUBE_ERR_INVALID_ARG); /* or is not asked for */
    assert_null(d);
}

static void without_a_home_there_is_no_default_folder(void **state)
{
    static const char *const nothing[] = { NULL, "" };
    char *home = strdup(getenv("HOME") != NULL ? getenv("HOME") : "/");

    (void)state;
    unsetenv("HOME");
    unsetenv("KUBECACHEDIR");
    for (size_t i = 0; i < 2 * COUNT_OF(nothing); i++) {
        builder *b = with_delegate();

        kube_cached_discovery_builder_server(b, "https://h");
        if (i % 2 == 0)
            kube_cached_discovery_builder_disk(b, nothing[i / 2]);
        else
            kube_cached_discovery_builder_private_disk(b, nothing[i / 2]);
        expect_refusal(b, KUBE_ERR_CONFIG, "KUBECACHEDIR");
    }
    setenv("HOME", home, 1);
    free(home);
}

static void the_delegate_and_the_stores_are_released_with_the_client(void **state)
{
    builder *b = with_delegate();
    kube_discovery *d = NULL;

    (void)state;
    assert_int_equal(kube_cached_discovery_builder_build(b, &d, NULL), KUBE_OK); /* in memory, where nothing is said */
    assert_string_equal(ask_all(d, KUBE_FRESHNESS_DEFAULT), "apps/v1: deployments; batch/v1: jobs");
    assert_int_equal(fake.destroyed, 0);
    kube_discovery_unref(d);
    assert_int_equal(fake.destroyed, 1);
}

/* Two servers and two users in one store, each with its own memory. */
static void servers_and_users_that_share_a_store_do_not_share_answers(void **state)
{
    static const char *const servers[] = { "https://one", "https://two", "https://one" };
    static const char *const users[] = { NULL, NULL, "somebody" };
    kube_store *store = NULL;
    kube_discovery *d[3] = { NULL };

    (void)state;
    assert_int_equal(kube_memory_store_new(NULL, &store, NULL), KUBE_OK);
    for (int i = 0; i < 3; i++) {
        builder *b = with_delegate();

        kube_cached_discovery_builder_store(b, store);
        kube_cached_discovery_builder_server(b, servers[i]);
        kube_cached_discovery_builder_user(b, users[i]);
        assert_int_equal(kube_cached_discovery_builder_build(b, &d[i], NULL), KUBE_OK);
        assert_string_equal(ask_all(d[i], KUBE_FRESHNESS_ONLY_IF_CACHED),
                            "!unavailable: nothing is remembered of it, and only what is remembered was asked for");
        (void)ask_all(d[i], KUBE_FRESHNESS_DEFAULT);
        assert_int_equal(fake.attempts, 1);
        kube_discovery_unref(d[i]);
    }
    kube_store_unref(store);
}

static void abort_at_a_message(void *user, kube_log_level level, const char *message)
{
    (void)user, (void)level;
    fail_msg("it is told: %s", message);
}

static void a_rest_client_becomes_a_live_client_with_its_options(void **state)
{
    static fake_server server;
    kube_discovery_client_options opts = KUBE_DISCOVERY_CLIENT_OPTIONS_INIT;
    builder *b = kube_cached_discovery_builder_new();
    kube_discovery *d = NULL;

    (void)state;
    fake_server_init(&server);
    fake_server_answer(&server, "/apis", 200, FAKE_JSON, "{\"groups\":[]}");
    opts.formats = KUBE_DISCOVERY_FORMATS_LEGACY;
    kube_cached_discovery_builder_rest(b, server.client);
    kube_cached_discovery_builder_client_options(b, &opts);
    assert_int_equal(kube_cached_discovery_builder_build(b, &d, NULL), KUBE_OK);
    assert_int_equal(server.log_count, 0); /* nothing before the first question */
    assert_string_equal(ask_groups(d, KUBE_FRESHNESS_DEFAULT), "");
    assert_string_equal(server.log[0].accept, "application/json");
    kube_discovery_unref(d);
    fake_server_clear(&server);
}

static void what_was_given_can_be_taken_back(void **state)
{
    static fake_server server;
    kube_discovery_client_options opts = KUBE_DISCOVERY_CLIENT_OPTIONS_INIT;
    kube_logger logger = { .fn = abort_at_a_message };
    slow_store_knobs knobs = { .fail = { [SLOW_STORE_GET] = KUBE_ERR_IO } };
    builder *b = kube_cached_discovery_builder_new();
    kube_store *store = NULL;
    kube_discovery *d = NULL;

    (void)state;
    fake_server_init(&server);
    fake_server_answer(&server, "/apis", 200, FAKE_JSON, "{\"groups\":[]}");
    assert_int_equal(slow_store_new(NULL, &knobs, &store, NULL), KUBE_OK);
    opts.formats = KUBE_DISCOVERY_FORMATS_LEGACY;
    kube_cached_discovery_builder_rest(b, server.client);
    kube_cached_discovery_builder_store(b, store);
    kube_cached_discovery_builder_client_options(b, &opts);
    kube_cached_discovery_builder_client_options(b, NULL);
    kube_cached_discovery_builder_logger(b, &logger);
    kube_cached_discovery_builder_logger(b, NULL);
    assert_int_equal(kube_cached_discovery_builder_build(b, &d, NULL), KUBE_OK);
    assert_string_equal(ask_groups(d, KUBE_FRESHNESS_DEFAULT), "");
    assert_string_not_equal(server.log[0].accept, "application/json");
    kube_discovery_unref(d);
    kube_store_unref(store);
    fake_server_clear(&server);
}

static void the_time_of_a_rest_client_is_also_that_of_its_files(void **state)
{
    static fake_server server;
    const int64_t ten_minutes_ms = 10 * 60 * 1000;
    char root[] = "/tmp/kube-clock.XXXXXX";
    fake_clock clock;
    builder *b = kube_cached_discovery_builder_new();
    kube_discovery *d = NULL;

    (void)state;
    assert_non_null(mkdtemp(root));
    fake_clock_init(&clock);
    clock.now_unix_ms = INT64_C(1600000000000); /* long ago, by the system's */
    fake_server_init_at(&server, &clock.clock);
    fake_server_answer(&server, "/apis", 200, FAKE_JSON, "{\"groups\":[{\"name\":\"a\",\"versions\":[]}]}");
    kube_cached_discovery_builder_rest(b, server.client);
    kube_cached_discovery_builder_private_disk(b, root);
    assert_int_equal(kube_cached_discovery_builder_build(b, &d, NULL), KUBE_OK);
    (void)ask_groups(d, KUBE_FRESHNESS_DEFAULT);
    fake_clock_advance(&clock, ten_minutes_ms);
    (void)ask_groups(d, KUBE_FRESHNESS_DEFAULT);
    assert_int_equal(fake_server_count(&server, "/apis"), 1);
    fake_clock_advance(&clock, 1);
    (void)ask_groups(d, KUBE_FRESHNESS_DEFAULT);
    assert_int_equal(fake_server_count(&server, "/apis"), 2);
    kube_discovery_unref(d);
    fake_server_clear(&server);
    remove_tree(root);
}

static void a_private_disk_does_not_know_what_kubectls_folder_was_read_into(void **state)
{
    cached_fixture f;
    kube_discovery *d;

    (void)state;
    cached_fixture_init(&f, CACHED_KUBECTLS_FOLDER);
    d = cached_fixture_client(&f);
    (void)ask_all(d, KUBE_FRESHNESS_DEFAULT);
    kube_discovery_unref(d);
    assert_int_equal(f.fake.attempts, 1);
    f.place = CACHED_PRIVATE_DISK;
    d = cached_fixture_client(&f);
    (void)ask_all(d, KUBE_FRESHNESS_DEFAULT);
    assert_int_equal(f.fake.attempts, 2);
    kube_discovery_unref(d);
    cached_fixture_clear(&f);
}

/* On disk, or in this store. */
static void fail_each_allocation(kube_discovery *delegate, kube_store *store)
{
    for (size_t n = 1;; n++) {
        builder *b;
        kube_discovery *d = NULL;
        kube_error *err = NULL;
        kube_status st;
        bool reached;

        alloc_trace_fail_at(n);
        b = kube_cached_discovery_builder_new();
        kube_cached_discovery_builder_delegate(b, delegate);
        kube_cached_discovery_builder_server(b, "https://server/with/a/path");
        if (store != NULL)
            kube_cached_discovery_builder_store(b, store);
        else
            kube_cached_discovery_builder_disk(b, "/tmp/nowhere");
        st = kube_cached_discovery_builder_build(b, &d, &err);
        reached = alloc_trace_stop();
        assert_int_equal(st, reached ? KUBE_ERR_OUT_OF_MEMORY : KUBE_OK);
        kube_error_free(err);
        kube_discovery_unref(d);
        if (!reached)
            break;
    }
}

static void each_allocation_of_composing_may_fail(void **state)
{
    kube_store *store = NULL;
    kube_discovery *delegate;

    (void)state;
    memset(&fake, 0, sizeof fake);
    delegate = fake_discovery_new(&fake, 0);
    assert_int_equal(kube_memory_store_new(NULL, &store, NULL), KUBE_OK);
    fail_each_allocation(delegate, NULL);
    fail_each_allocation(delegate, store);
    kube_store_unref(store);
    kube_discovery_unref(delegate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(without_memory_everything_is_accepted_and_the_building_reports_it),
        ALLOC_TRACE_TEST(contradictions_are_refused_by_name),
        ALLOC_TRACE_TEST(the_first_error_is_the_one_that_is_told),
        ALLOC_TRACE_TEST(without_a_home_there_is_no_default_folder),
        ALLOC_TRACE_TEST(the_delegate_and_the_stores_are_released_with_the_client),
        ALLOC_TRACE_TEST(servers_and_users_that_share_a_store_do_not_share_answers),
        ALLOC_TRACE_TEST(a_rest_client_becomes_a_live_client_with_its_options),
        ALLOC_TRACE_TEST(what_was_given_can_be_taken_back),
        ALLOC_TRACE_TEST(a_private_disk_does_not_know_what_kubectls_folder_was_read_into),
        ALLOC_TRACE_TEST(the_time_of_a_rest_client_is_also_that_of_its_files),
        ALLOC_TRACE_TEST(each_allocation_of_composing_may_fail),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
