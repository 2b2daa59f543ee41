/* A group-version that failed for a passing reason is not remembered as failed. */
#include "fake_server.h"
#include "flight.h"

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
        expect_healed(places[i], 404, true); /* it may be being installed */
    }
}

/* ---- several at once ---- */

/* As a server without aggregated discovery gives it: two group-versions of one resource each; NULL: it failed. */
static kube_discovery_snapshot *two_versions(const char *a, const char *b)
{
    static const char groups[] =
        "{\"groups\":[{\"name\":\"a\",\"versions\":[{\"groupVersion\":\"a/v1\",\"version\":\"v1\"}]},"
        "{\"name\":\"b\",\"versions\":[{\"groupVersion\":\"b/v1\",\"version\":\"v1\"}]}]}";
    const char *const keys[] = { "a/v1", "b/v1" }, *const names[] = { a, b };
    kube_discovery_snapshot_builder *builder = NULL;
    kube_discovery_snapshot *s = NULL;

    assert_int_equal(kube_discovery_snapshot_builder_new(0, &builder, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_builder_add_groups(builder, KUBE_DISCOVERY_DOCUMENT_GROUP_LIST,
                                                                kube_str_c(groups), "", NULL),
                     KUBE_OK);
    for (size_t i = 0; i < 2; i++) {
        kube_error *failure = NULL;
        char text[128];

        if (names[i] == NULL) {
            (void)kube_error_set(&failure, KUBE_ERR_UNAVAILABLE, "it is away");
            assert_int_equal(kube_discovery_snapshot_builder_add_failure(builder, keys[i], failure, NULL), KUBE_OK);
        } else {
            snprintf(text, sizeof text, "{\"resources\":[{\"name\":\"%s\"}]}", names[i]);
            assert_int_equal(kube_discovery_snapshot_builder_add_resources(builder, keys[i], kube_str_c(text), NULL),
                             KUBE_OK);
        }
    }
    assert_int_equal(kube_discovery_snapshot_builder_build(builder, &s, NULL), KUBE_OK);
    kube_discovery_snapshot_builder_free(builder);
    return s;
}

/* What the delegate says from now on. */
static void now_says(const char *a, const char *b)
{
    kube_discovery_snapshot_unref(f.fake.ready);
    f.fake.ready = two_versions(a, b);
}

static void expect_version(outcome *o, const char *text)
{
    const kube_group_version *v;

    assert_int_equal(o->status, KUBE_OK);
    v = kube_discovery_snapshot_group_version(o->snapshot, "a/v1");
    assert_string_equal(list_text(kube_group_version_resources(v)), text);
    outcome_clear(o);
}

static const cached_place everywhere[] = { CACHED_KUBECTLS_FOLDER, CACHED_DOCUMENTS_IN_MEMORY,
                                           CACHED_DOCUMENTS_SLOW,  CACHED_PRIVATE_DISK,
                                           CACHED_MEMORY,          CACHED_SLOW };

static void begin(cached_place place)
{
    cached_fixture_init(&f, place);
    now_says(NULL, "old");
}

static void end(kube_discovery *d)
{
    kube_discovery_unref(d);
    kube_discovery_snapshot_unref(f.fake.ready);
    cached_fixture_clear(&f);
}

static void one_that_is_asked_for_again_does_not_undo_what_has_come_meanwhile(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(everywhere); i++) {
        kube_io *io = NULL;
        kube_discovery *d;
        fake_discovery question;
        outcome o;

        begin(everywhere[i]);
        io = flight_io(NULL);
        d = cached_fixture_client(&f);
        (void)ask_all(d, TTL);
        f.fake.later = f.fake.held = true;
        flight_start(d, io, "a/v1", NULL, &o);
        flight_run_until_asked(io, &f.fake);
        question = f.fake;
        f.fake.later = f.fake.held = false;
        f.fake.task = NULL;
        now_says("newer", "new");
        assert_string_equal(ask_all(d, KUBE_FRESHNESS_REVALIDATE), "a/v1: newer; b/v1: new");
        question.ready = f.fake.ready;
        f.fake = question;
        now_says("as", "old");
        fake_discovery_release(&f.fake);
        flight_run_until(io, &o);
        expect_version(&o, "as");
        assert_string_equal(ask_all(d, TTL), "a/v1: newer; b/v1: new");
        assert_string_equal(ask_version(d, "a/v1", TTL), "newer");
        kube_io_free(io);
        end(d);
    }
}

static void one_that_is_asked_for_again_does_not_make_the_others_newer(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(everywhere); i++) {
        kube_discovery *d;

        begin(everywhere[i]);
        d = cached_fixture_client(&f);
        (void)ask_all(d, TTL);
        fake_clock_advance(&f.clock, 9 * 60 * 1000);
        now_says("as", "old");
        assert_string_equal(ask_version(d, "a/v1", TTL), "as");
        assert_string_equal(ask_all(d, TTL), "a/v1: as; b/v1: old");
        assert_int_equal(f.fake.attempts, 2);
        fake_clock_advance(&f.clock, 2 * 60 * 1000);
        now_says("as", "new");
        assert_string_equal(ask_version(d, "b/v1", TTL), "new");
        assert_int_equal(f.fake.attempts, 3);
        end(d);
    }
}

static void one_that_fails_again_fails_only_who_asked_for_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(everywhere); i++) {
        kube_io *io = NULL;
        kube_discovery *d;
        outcome first, again, all;

        begin(everywhere[i]);
        io = flight_io(NULL);
        d = cached_fixture_client(&f);
        f.fake.later = f.fake.held = true;
        flight_start(d, io, NULL, NULL, &first);
        flight_run_until_asked(io, &f.fake);
        flight_start(d, io, "a/v1", NULL, &again);
        flight_start(d, io, NULL, NULL, &all);
        for (int n = 0; n < 10; n++)
            (void)!kube_io_step(io, 0); /* both wait for the first one's answer */
        fake_discovery_release(&f.fake);
        flight_run_until(io, &first);
        assert_int_equal(first.status, KUBE_ERR_PARTIAL);
        flight_run_until_asked(io, &f.fake);
        f.fake.failure = KUBE_ERR_UNAVAILABLE;
        fake_discovery_release(&f.fake);
        flight_run_until(io, &again);
        flight_run_until(io, &all);
        assert_int_equal(again.status, KUBE_ERR_UNAVAILABLE);
        assert_int_equal(all.status, KUBE_ERR_PARTIAL);
        assert_int_equal(f.fake.attempts, 2);
        outcome_clear(&first);
        outcome_clear(&again);
        outcome_clear(&all);
        kube_io_free(io);
        end(d);
    }
}

static void one_that_is_asked_for_again_across_an_invalidation_is_asked_with_all_the_rest(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(everywhere); i++) {
        kube_io *io = NULL;
        kube_discovery *d;
        outcome o;

        begin(everywhere[i]);
        io = flight_io(NULL);
        d = cached_fixture_client(&f);
        (void)ask_all(d, TTL);
        f.fake.later = f.fake.held = true;
        flight_start(d, io, "a/v1", NULL, &o);
        flight_run_until_asked(io, &f.fake);
        kube_discovery_invalidate(d);
        now_says("as", "new");
        f.fake.held = false;
        fake_discovery_release(&f.fake);
        flight_run_until(io, &o);
        expect_version(&o, "as");
        assert_int_equal(f.fake.attempts, 3);
        assert_string_equal(ask_version(d, "a/v1", TTL), "as");
        assert_string_equal(ask_version(d, "b/v1", TTL), "new");
        assert_int_equal(f.fake.attempts, 3);
        kube_io_free(io);
        end(d);
    }
}

static void one_that_is_gone_or_stale_when_it_is_asked_for_again_is_said_to_be(void **state)
{
    static const struct {
        const char *answer, *text;
    } cases[] = {
        { "{\"items\":[{\"metadata\":{\"name\":\"b\"},\"versions\":[{\"version\":\"v1\"}]}]}",
          "!not found: the server has no group-version a/v1" },
        { "{\"items\":[{\"metadata\":{\"name\":\"a\"},\"versions\":[{\"version\":\"v1\",\"freshness\":\"Stale\"}]}]}",
          "!stale: stale GroupVersion discovery: a/v1" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(everywhere) * COUNT_OF(cases); i++) {
        kube_discovery *d;

        begin(everywhere[i / COUNT_OF(cases)]);
        d = cached_fixture_client(&f);
        (void)ask_all(d, TTL);
        kube_discovery_snapshot_unref(f.fake.ready);
        f.fake.ready = aggregated_snapshot(NULL, cases[i % COUNT_OF(cases)].answer);
        assert_string_equal(ask_version(d, "a/v1", TTL), cases[i % COUNT_OF(cases)].text);
        assert_string_equal(ask_version(d, "a/v1", TTL), cases[i % COUNT_OF(cases)].text);
        assert_string_equal(ask_version(d, "b/v1", TTL), "old");
        assert_int_equal(f.fake.attempts, i % COUNT_OF(cases) == 0 ? 3 : 2); /* what is gone may come back */
        end(d);
    }
}

/* With a list for each group-version, asking for that one costs one request, and asking for all of them hundreds. */
static void one_that_was_not_there_is_asked_for_by_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(everywhere); i++) {
        kube_discovery *d;

        begin(everywhere[i]);
        d = cached_fixture_client(&f);
        (void)ask_all(d, TTL);
        assert_string_equal(ask_version(d, "c/v1", TTL), "!not found: the server has no group-version c/v1");
        assert_int_equal(f.fake.want, KUBE_DISCOVERY_WANT_GROUP_VERSION);
        assert_string_equal(f.fake.group_version, "c/v1");
        kube_discovery_snapshot_unref(f.fake.ready);
        f.fake.ready = aggregated_snapshot(
            NULL, "{\"items\":[{\"metadata\":{\"name\":\"c\"},\"versions\":[{\"version\":\"v1\",\"resources\":[{"
                  "\"resource\":\"cs\",\"responseKind\":{\"kind\":\"C\"},\"verbs\":[\"get\"]}]}]}]}");
        assert_string_equal(ask_version(d, "c/v1", TTL), "cs");
        assert_string_equal(ask_version(d, "b/v1", TTL), "old");
        assert_int_equal(f.fake.attempts, 3);
        end(d);
    }
}

enum { SAID_AT_UNIX_MS = 12345 };

/* As one of a server that says itself what is stale; something else failed. */
static kube_discovery_snapshot *one_failed_beside_a_stale_one(void)
{
    static const char groups[] =
        "{\"items\":[{\"metadata\":{\"name\":\"a\"},\"versions\":[{\"version\":\"v1\"}]},"
        "{\"metadata\":{\"name\":\"b\"},\"versions\":["
        "{\"version\":\"v1\",\"resources\":[{\"resource\":\"old\",\"responseKind\":{\"kind\":\"B\"}}]},"
        "{\"version\":\"v2\",\"freshness\":\"Stale\"}]}]}";
    kube_discovery_snapshot_builder *b = NULL;
    kube_discovery_snapshot *s = NULL;
    kube_error *failure = NULL;

    (void)kube_error_set(&failure, KUBE_ERR_UNAVAILABLE, "it is away");
    assert_int_equal(kube_discovery_snapshot_builder_new(SAID_AT_UNIX_MS, &b, NULL), KUBE_OK);
    assert_int_equal(
        kube_discovery_snapshot_builder_add_groups(b, KUBE_DISCOVERY_DOCUMENT_AGGREGATED, kube_str_c(groups), "", NULL),
        KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_builder_add_failure(b, "a/v1", failure, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_builder_build(b, &s, NULL), KUBE_OK);
    kube_discovery_snapshot_builder_free(b);
    return s;
}

static void what_is_stale_stays_so_when_another_one_is_asked_for_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(everywhere); i++) {
        const kube_group_version *stale;
        kube_discovery *d;
        kube_io *io;
        outcome o;

        begin(everywhere[i]);
        io = flight_io(NULL);
        kube_discovery_snapshot_unref(f.fake.ready);
        f.fake.ready = one_failed_beside_a_stale_one();
        d = cached_fixture_client(&f);
        (void)ask_all(d, TTL);
        now_says("as", "new");
        flight_start(d, io, "a/v1", NULL, &o);
        flight_run_until(io, &o);
        stale = kube_discovery_snapshot_group_version(o.snapshot, "b/v2");
        assert_int_equal(kube_group_version_state_of(stale), KUBE_GROUP_VERSION_STALE);
        assert_int_equal(kube_group_version_time_unix_ms(stale), SAID_AT_UNIX_MS); /* nobody has said so again */
        expect_version(&o, "as");
        kube_io_free(io);
        assert_string_equal(ask_version(d, "b/v2", TTL), "!stale: stale GroupVersion discovery: b/v2");
        assert_string_equal(ask_version(d, "b/v1", TTL), "old");
        assert_int_equal(f.fake.attempts, 2);
        end(d);
    }
}

static void what_another_client_remembers_as_failed_is_asked_for_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(everywhere); i++) {
        kube_discovery *d, *other;

        begin(everywhere[i]);
        d = cached_fixture_client(&f);
        other = cached_fixture_client(&f);
        (void)ask_all(d, TTL);
        now_says("as", "new");
        assert_string_equal(ask_version(other, "a/v1", TTL), "as");
        assert_string_equal(ask_version(other, "b/v1", TTL), "old");
        assert_string_equal(ask_version(other, "a/v1", TTL), "as");
        assert_int_equal(f.fake.attempts, 2);
        kube_discovery_unref(other);
        end(d);
    }
}

/* Each time it is asked for, somebody invalidates, and somebody else learns anew that it is away. */
static void one_that_is_invalidated_again_and_again_is_answered_and_not_kept(void **state)
{
    enum { ATTEMPTS = 3 };
    kube_io *io = flight_io(NULL);
    kube_discovery *d;
    outcome o;

    (void)state;
    begin(CACHED_MEMORY);
    d = cached_fixture_client(&f);
    (void)ask_all(d, TTL);
    f.fake.later = f.fake.held = true;
    flight_start(d, io, "a/v1", NULL, &o);
    for (int i = 1; i <= ATTEMPTS; i++) {
        fake_discovery question;

        flight_run_until_asked(io, &f.fake);
        assert_string_equal(f.fake.group_version, "a/v1");
        question = f.fake;
        f.fake.later = f.fake.held = false;
        kube_discovery_invalidate(d);
        (void)ask_all(d, TTL);
        f.fake = question;
        if (i == ATTEMPTS)
            now_says("as", "old");
        assert_int_equal(o.calls, 0);
        fake_discovery_release(&f.fake);
        flight_turn(io);
    }
    expect_version(&o, "as");
    f.fake.later = f.fake.held = false;
    f.fake.attempts = 0;
    assert_string_equal(ask_version(d, "a/v1", TTL), "as");
    assert_int_equal(f.fake.attempts, 1);
    kube_io_free(io);
    end(d);
}

static void each_allocation_of_asking_again_may_fail(void **state)
{
    static const cached_place places[] = { CACHED_DOCUMENTS_IN_MEMORY, CACHED_MEMORY };
    size_t place = 0;

    (void)state;
    for (size_t n = 1; place < COUNT_OF(places); n++) {
        kube_api_resource_list *list = NULL;
        kube_discovery *d;
        kube_status st;
        bool reached;

        begin(places[place]);
        d = cached_fixture_client(&f);
        (void)ask_all(d, TTL);
        now_says("as", "old");
        alloc_trace_fail_at(n);
        st = kube_discovery_server_resources_for_group_version(d, "a/v1", NULL, &list, NULL);
        reached = alloc_trace_stop();
        assert_int_equal(st, st != KUBE_OK ? KUBE_ERR_OUT_OF_MEMORY : KUBE_OK);
        assert_true(reached || st == KUBE_OK);
        kube_api_resource_list_unref(list);
        assert_string_equal(ask_version(d, "a/v1", TTL), "as");
        assert_string_equal(ask_version(d, "b/v1", TTL), "old");
        end(d);
        if (!reached) {
            assert_true(n > 10);
            place++;
            n = 0;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(what_failed_for_a_passing_reason_is_asked_for_again_by_itself),
        ALLOC_TRACE_TEST(one_that_is_asked_for_again_does_not_undo_what_has_come_meanwhile),
        ALLOC_TRACE_TEST(one_that_is_asked_for_again_does_not_make_the_others_newer),
        ALLOC_TRACE_TEST(one_that_fails_again_fails_only_who_asked_for_it),
        ALLOC_TRACE_TEST(one_that_is_asked_for_again_across_an_invalidation_is_asked_with_all_the_rest),
        ALLOC_TRACE_TEST(one_that_is_gone_or_stale_when_it_is_asked_for_again_is_said_to_be),
        ALLOC_TRACE_TEST(one_that_was_not_there_is_asked_for_by_itself),
        ALLOC_TRACE_TEST(what_is_stale_stays_so_when_another_one_is_asked_for_again),
        ALLOC_TRACE_TEST(what_another_client_remembers_as_failed_is_asked_for_again),
        ALLOC_TRACE_TEST(one_that_is_invalidated_again_and_again_is_answered_and_not_kept),
        ALLOC_TRACE_TEST(each_allocation_of_asking_again_may_fail),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
