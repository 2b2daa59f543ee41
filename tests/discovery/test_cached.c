/* What a cached client remembers and when it may use it: the same over every kind of place. */
#include "cached_fixture.h"

static cached_fixture fixture;

typedef void place_test(cached_fixture *f);

/* Runs a test over each place; which one it was is said when it fails. */
static void everywhere(place_test *test)
{
    static const char *const names[] = { "kubectl's folder", "documents in memory",
                                         "documents only",   "documents in a slow store",
                                         "private disk",     "memory",
                                         "slow store" };

    for (int place = 0; place < CACHED_PLACES; place++) {
        cached_fixture_init(&fixture, (cached_place)place);
        print_message("  over %s\n", names[place]);
        test(&fixture);
        assert_string_equal(fixture.log, "");
        cached_fixture_clear(&fixture);
    }
}

#define EVERYWHERE(sentence)                                                                                           \
    static void over_##sentence(cached_fixture *f);                                                                    \
    static void sentence(void **state)                                                                                 \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        everywhere(over_##sentence);                                                                                   \
    }                                                                                                                  \
    static void over_##sentence(cached_fixture *f)

#define TTL KUBE_FRESHNESS_DEFAULT
#define GROUPS "apps[apps/v1*] batch[batch/v1*]"
#define ALL "apps/v1: deployments; batch/v1: jobs"
#define ALL_NEWER "apps/v1: statefulsets; batch/v1: cronjobs"

EVERYWHERE(a_new_client_is_fresh_and_stays_so_on_what_it_wrote_itself)
{
    kube_discovery *d = cached_fixture_client(f);

    assert_true(kube_discovery_fresh(d));
    assert_string_equal(ask_groups(d, TTL), GROUPS);
    assert_true(kube_discovery_fresh(d));
    assert_string_equal(ask_version(d, "apps/v1", TTL), "deployments");
    assert_string_equal(ask_version(d, "apps/v1", TTL), "deployments");
    assert_string_equal(ask_groups(d, TTL), GROUPS);
    assert_string_equal(ask_all(d, TTL), ALL);
    assert_string_equal(ask_all(d, TTL), ALL);
    assert_true(kube_discovery_fresh(d));
    assert_int_equal(f->fake.attempts, 1);
    kube_discovery_unref(d);
}

EVERYWHERE(another_client_is_served_from_what_is_there_and_is_not_fresh)
{
    kube_discovery *first = cached_fixture_client(f), *second = cached_fixture_client(f);

    assert_string_equal(ask_all(first, TTL), ALL);
    assert_true(kube_discovery_fresh(second));
    assert_string_equal(ask_all(second, TTL), ALL);
    assert_false(kube_discovery_fresh(second));
    assert_string_equal(ask_groups(second, TTL), GROUPS);
    assert_string_equal(ask_version(second, "batch/v1", TTL), "jobs");
    assert_int_equal(f->fake.attempts, 1);
    assert_true(kube_discovery_fresh(first));
    kube_discovery_unref(first);
    kube_discovery_unref(second);
}

EVERYWHERE(not_invalidated_and_not_ours_is_used_and_ends_freshness)
{
    kube_discovery *writer = cached_fixture_client(f), *d = cached_fixture_client(f);

    (void)ask_all(writer, TTL);
    assert_true(kube_discovery_fresh(d));
    assert_string_equal(ask_version(d, "apps/v1", TTL), "deployments");
    assert_false(kube_discovery_fresh(d));
    assert_int_equal(f->fake.attempts, 1);
    kube_discovery_unref(writer);
    kube_discovery_unref(d);
}

EVERYWHERE(not_invalidated_and_ours_is_used_and_freshness_stays)
{
    kube_discovery *d = cached_fixture_client(f);

    (void)ask_groups(d, TTL);
    assert_string_equal(ask_groups(d, TTL), GROUPS);
    assert_true(kube_discovery_fresh(d));
    assert_int_equal(f->fake.attempts, 1);
    kube_discovery_unref(d);
}

EVERYWHERE(invalidated_and_not_ours_is_asked_for_again_and_rewritten)
{
    kube_discovery *writer = cached_fixture_client(f), *d = cached_fixture_client(f), *reader;

    (void)ask_all(writer, TTL);
    (void)ask_groups(d, TTL);
    assert_false(kube_discovery_fresh(d));
    kube_discovery_invalidate(d);
    assert_true(kube_discovery_fresh(d));
    f->fake.answers[0] = cached_newer;
    assert_string_equal(ask_all(d, TTL), ALL_NEWER);
    assert_int_equal(f->fake.attempts, 2);
    assert_true(kube_discovery_fresh(d));
    reader = cached_fixture_client(f); /* it finds what was rewritten */
    assert_string_equal(ask_all(reader, TTL), ALL_NEWER);
    assert_int_equal(f->fake.attempts, 2);
    kube_discovery_unref(reader);
    kube_discovery_unref(writer);
    kube_discovery_unref(d);
}

EVERYWHERE(invalidated_and_ours_is_used_and_freshness_stays)
{
    kube_discovery *d = cached_fixture_client(f);

    kube_discovery_invalidate(d);
    (void)ask_all(d, TTL);
    assert_string_equal(ask_all(d, TTL), ALL);
    assert_string_equal(ask_version(d, "apps/v1", TTL), "deployments");
    assert_true(kube_discovery_fresh(d));
    assert_int_equal(f->fake.attempts, 1);
    kube_discovery_unref(d);
}

EVERYWHERE(invalidating_forgets_what_was_ours)
{
    kube_discovery *d = cached_fixture_client(f);

    (void)ask_all(d, TTL);
    kube_discovery_invalidate(d);
    f->fake.answers[0] = cached_newer;
    assert_string_equal(ask_version(d, "apps/v1", TTL), "statefulsets");
    assert_int_equal(f->fake.attempts, 2);
    assert_string_equal(ask_all(d, TTL), ALL_NEWER);
    assert_int_equal(f->fake.attempts, 2);
    kube_discovery_unref(d);
}

EVERYWHERE(others_go_on_using_what_one_client_invalidated)
{
    kube_discovery *d = cached_fixture_client(f), *other = cached_fixture_client(f);

    (void)ask_all(d, TTL);
    kube_discovery_invalidate(d);
    assert_string_equal(ask_all(other, TTL), ALL);
    assert_int_equal(f->fake.attempts, 1);
    kube_discovery_unref(d);
    kube_discovery_unref(other);
}

EVERYWHERE(what_another_client_rewrote_is_used_and_still_ours)
{
    kube_discovery *d = cached_fixture_client(f), *other = cached_fixture_client(f);

    (void)ask_all(d, TTL);
    kube_discovery_invalidate(other);
    f->fake.answers[0] = cached_newer;
    fake_clock_advance(&f->clock, 1);
    (void)ask_all(other, TTL);
    assert_int_equal(f->fake.attempts, 2);
    if (f->place == CACHED_SLOW) { /* it cannot be peeked into: what is held is used until its time is over */
        assert_string_equal(ask_all(d, TTL), ALL);
        fake_clock_advance(&f->clock, KUBE_TTL_DEFAULT_MS);
    }
    assert_string_equal(ask_version(d, "apps/v1", TTL), "statefulsets");
    assert_string_equal(ask_all(d, TTL), ALL_NEWER);
    assert_string_equal(ask_all(d, TTL), ALL_NEWER);
    assert_true(kube_discovery_fresh(d)); /* by its name, whoever wrote it last */
    assert_int_equal(f->fake.attempts, 2);
    kube_discovery_unref(d);
    kube_discovery_unref(other);
}

EVERYWHERE(the_time_to_live_ends_strictly_after_its_last_moment)
{
    kube_discovery *d;

    f->ttl_ms = 1000;
    d = cached_fixture_client(f);
    (void)ask_all(d, TTL);
    fake_clock_advance(&f->clock, 1000);
    assert_string_equal(ask_all(d, TTL), ALL);
    assert_string_equal(ask_version(d, "apps/v1", TTL), "deployments");
    assert_int_equal(f->fake.attempts, 1);
    fake_clock_advance(&f->clock, 1);
    f->fake.answers[0] = cached_newer;
    assert_string_equal(ask_all(d, TTL), ALL_NEWER);
    assert_int_equal(f->fake.attempts, 2);
    assert_string_equal(ask_all(d, TTL), ALL_NEWER);
    assert_int_equal(f->fake.attempts, 2);
    kube_discovery_unref(d);
}

EVERYWHERE(ten_minutes_are_the_time_to_live_where_nothing_is_said)
{
    kube_discovery *d = cached_fixture_client(f);

    (void)ask_groups(d, TTL);
    fake_clock_advance(&f->clock, 600 * 1000);
    (void)ask_groups(d, TTL);
    assert_int_equal(f->fake.attempts, 1);
    fake_clock_advance(&f->clock, 1);
    (void)ask_groups(d, TTL);
    assert_int_equal(f->fake.attempts, 2);
    kube_discovery_unref(d);
}

EVERYWHERE(what_is_dated_in_the_future_counts)
{
    kube_discovery *writer = cached_fixture_client(f), *d = cached_fixture_client(f);

    (void)ask_all(writer, TTL);
    fake_clock_advance(&f->clock, -3600 * 1000);
    assert_string_equal(ask_all(d, TTL), ALL);
    assert_int_equal(f->fake.attempts, 1);
    kube_discovery_unref(writer);
    kube_discovery_unref(d);
}

EVERYWHERE(with_a_time_to_live_that_is_always_over_each_question_is_asked)
{
    kube_discovery *d;

    f->ttl_ms = KUBE_TTL_ALWAYS_EXPIRED;
    d = cached_fixture_client(f);
    (void)ask_groups(d, TTL);
    (void)ask_groups(d, TTL);
    (void)ask_version(d, "apps/v1", TTL);
    assert_int_equal(f->fake.attempts, 3);
    assert_string_equal(ask_all(d, TTL), ALL); /* for everything once is enough */
    assert_int_equal(f->fake.attempts, 4);
    kube_discovery_unref(d);
}

EVERYWHERE(a_failure_of_the_delegate_is_passed_on_and_nothing_is_kept)
{
    kube_discovery *d = cached_fixture_client(f), *other = cached_fixture_client(f);

    f->fake.failure = KUBE_ERR_FORBIDDEN;
    assert_string_equal(ask_groups(d, TTL), "!forbidden: as the test wants");
    assert_string_equal(ask_version(d, "apps/v1", TTL), "!forbidden: as the test wants");
    assert_string_equal(ask_all(d, TTL), "!forbidden: as the test wants");
    assert_int_equal(f->fake.attempts, 3);
    assert_true(kube_discovery_fresh(d));
    f->fake.failure = KUBE_OK;
    assert_string_equal(ask_all(other, TTL), ALL);
    assert_int_equal(f->fake.attempts, 4);
    kube_discovery_unref(d);
    kube_discovery_unref(other);
}

EVERYWHERE(no_groups_are_an_answer_but_are_not_kept)
{
    kube_discovery *d = cached_fixture_client(f), *other = cached_fixture_client(f);

    f->fake.answers[0] = "{\"items\":[]}";
    assert_string_equal(ask_groups(d, TTL), "");
    assert_string_equal(ask_all(d, TTL), "");
    assert_string_equal(ask_all(other, TTL), "");
    assert_int_equal(f->fake.attempts, 2); /* each asked once; neither found anything */
    kube_discovery_unref(d);
    kube_discovery_unref(other);
}

EVERYWHERE(a_question_that_was_cancelled_before_it_was_asked_is_not_answered)
{
    kube_discovery *d = cached_fixture_client(f);
    kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
    kube_api_group_list *groups = NULL;

    assert_string_equal(ask_all(d, TTL), ALL);
    assert_int_equal(kube_cancel_new(NULL, &opts.cancel, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_server_groups(d, &opts, &groups, NULL), KUBE_OK);
    kube_api_group_list_unref(groups);
    kube_cancel_fire(opts.cancel);
    assert_int_equal(kube_discovery_server_groups(d, &opts, &groups, NULL), KUBE_ERR_CANCELLED);
    kube_cancel_unref(opts.cancel);
    kube_discovery_unref(d);
}

/* It may have been installed a moment ago: asking whether anything has changed is one short answer. */
EVERYWHERE(a_group_version_that_is_not_there_is_asked_for_each_time)
{
    kube_discovery *d = cached_fixture_client(f);

    assert_string_equal(ask_version(d, "nothing/v1", TTL), "!not found: the server has no group-version nothing/v1");
    assert_string_equal(ask_version(d, "nothing/v1", TTL), "!not found: the server has no group-version nothing/v1");
    assert_int_equal(f->fake.attempts, 2);
    assert_int_equal(f->fake.asked_about_known, 1);
    assert_string_equal(ask_version(d, "nothing/v1", KUBE_FRESHNESS_ONLY_IF_CACHED),
                        "!not found: the server has no group-version nothing/v1");
    assert_string_equal(ask_version(d, "../../x", TTL), "!invalid arg: unexpected GroupVersion string: ../../x");
    assert_string_equal(ask_version(d, "apps/v1", TTL), "deployments");
    assert_int_equal(f->fake.attempts, 2);
    kube_discovery_unref(d);
}

EVERYWHERE(a_group_version_that_has_just_been_installed_is_found)
{
    kube_discovery *d = cached_fixture_client(f);

    f->fake.answers[0] = "{\"items\":[]}";
    assert_string_equal(ask_version(d, "apps/v1", TTL), "!not found: the server has no group-version apps/v1");
    f->fake.answers[0] = cached_apps_and_batch;
    assert_string_equal(ask_version(d, "apps/v1", TTL), "deployments");
    assert_string_equal(ask_version(d, "apps/v1", TTL), "deployments");
    assert_string_equal(ask_version(d, "batch/v1", TTL), "jobs");
    assert_int_equal(f->fake.attempts, 2);
    kube_discovery_unref(d);
}

/* Written late of an answer that was there, it is no newer than that. */
EVERYWHERE(what_is_written_of_an_earlier_answer_is_as_old_as_that)
{
    kube_discovery *d = cached_fixture_client(f), *other = cached_fixture_client(f);

    assert_string_equal(ask_version(d, "apps/v1", TTL), "deployments");
    fake_clock_advance(&f->clock, 9 * 60 * 1000);
    assert_string_equal(ask_version(d, "batch/v1", TTL), "jobs");
    assert_int_equal(f->fake.attempts, 1);
    fake_clock_advance(&f->clock, 2 * 60 * 1000);
    f->fake.answers[0] = cached_newer;
    assert_string_equal(ask_version(other, "batch/v1", TTL), "cronjobs");
    assert_string_equal(ask_version(d, "batch/v1", TTL), "cronjobs");
    kube_discovery_unref(d);
    kube_discovery_unref(other);
}

#define STALE                                                                                                          \
    "{\"items\":[{\"metadata\":{\"name\":\"apps\"},\"versions\":[{\"version\":\"v1\",\"resources\":[{\"resource\":"    \
    "\"a\","                                                                                                           \
    "\"responseKind\":{\"kind\":\"K\"},\"verbs\":[\"get\"]}]},{\"version\":\"v2\",\"freshness\":\"Stale\"}]},"         \
    "{\"metadata\":{\"name\":\"dead\"},\"versions\":[{\"version\":\"v1\",\"freshness\":\"Stale\"}]}]}"

EVERYWHERE(stale_group_versions_are_passed_over_in_silence_but_known)
{
    kube_discovery *d = cached_fixture_client(f), *other = cached_fixture_client(f);

    f->fake.answers[0] = STALE;
    assert_string_equal(ask_groups(d, TTL), "apps[apps/v1*] dead[]");
    assert_string_equal(ask_all(d, TTL), "apps/v1: a");
    assert_string_equal(ask_version(d, "apps/v2", TTL), "!stale: stale GroupVersion discovery: apps/v2");
    assert_string_equal(ask_all(other, TTL), "apps/v1: a");
    assert_int_equal(f->fake.attempts, 1);
    kube_discovery_unref(d);
    kube_discovery_unref(other);
}

#define EMPTY                                                                                                          \
    "{\"items\":[{\"metadata\":{\"name\":\"apps\"},\"versions\":[{\"version\":\"v1\",\"resources\":[{\"resource\":"    \
    "\"a\","                                                                                                           \
    "\"responseKind\":{\"kind\":\"K\"},\"verbs\":[\"get\"]}]}]},{\"metadata\":{\"name\":\"empty.io\"},\"versions\":["  \
    "{\"version\":\"v1\"}]}]}"

EVERYWHERE(a_group_version_without_resources_costs_no_question_of_its_own)
{
    kube_discovery *d = cached_fixture_client(f), *other = cached_fixture_client(f);

    f->fake.answers[0] = EMPTY;
    assert_string_equal(ask_all(d, TTL), "apps/v1: a; empty.io/v1:");
    assert_string_equal(ask_version(d, "empty.io/v1", TTL), "");
    assert_int_equal(f->fake.attempts, 1);
    assert_string_equal(ask_all(other, TTL), "apps/v1: a; empty.io/v1:");
    assert_string_equal(ask_version(other, "empty.io/v1", TTL), "");
    /* Without an entry nobody but the delegate knows that it is empty. */
    assert_int_equal(f->fake.attempts, f->place == CACHED_DOCUMENTS_ONLY ? 2 : 1);
    kube_discovery_unref(d);
    kube_discovery_unref(other);
}

EVERYWHERE(revalidating_asks_whether_anything_changed)
{
    kube_discovery *d = cached_fixture_client(f);

    assert_string_equal(ask_all(d, KUBE_FRESHNESS_REVALIDATE), ALL);
    assert_int_equal(f->fake.attempts, 1);
    assert_int_equal(f->fake.asked_about_known, 0);
    f->fake.unchanged = true;
    assert_string_equal(ask_all(d, KUBE_FRESHNESS_REVALIDATE), ALL);
    assert_string_equal(ask_version(d, "apps/v1", KUBE_FRESHNESS_REVALIDATE), "deployments");
    assert_string_equal(ask_groups(d, KUBE_FRESHNESS_REVALIDATE), GROUPS);
    assert_int_equal(f->fake.attempts, 4);
    assert_int_equal(f->fake.asked_about_known, 3);
    f->fake.unchanged = false;
    f->fake.answers[0] = cached_newer;
    assert_string_equal(ask_all(d, KUBE_FRESHNESS_REVALIDATE), ALL_NEWER);
    assert_string_equal(ask_all(d, TTL), ALL_NEWER);
    assert_int_equal(f->fake.attempts, 5);
    assert_true(kube_discovery_fresh(d));
    kube_discovery_unref(d);
}

EVERYWHERE(what_was_found_unchanged_lives_anew)
{
    kube_discovery *d, *other;

    f->ttl_ms = 1000;
    d = cached_fixture_client(f);
    other = cached_fixture_client(f);
    (void)ask_all(d, TTL);
    f->fake.unchanged = true;
    fake_clock_advance(&f->clock, 1001);
    assert_string_equal(ask_all(d, TTL), ALL); /* over: asked, and told that nothing has changed */
    assert_int_equal(f->fake.attempts, 2);
    assert_int_equal(f->fake.asked_about_known, 1);
    fake_clock_advance(&f->clock, 1000);
    assert_string_equal(ask_all(d, TTL), ALL);
    assert_string_equal(ask_all(other, TTL), ALL);
    assert_int_equal(f->fake.attempts, 2);
    kube_discovery_unref(d);
    kube_discovery_unref(other);
}

EVERYWHERE(a_new_client_asks_about_what_another_one_remembered)
{
    kube_discovery *d = cached_fixture_client(f), *other;

    (void)ask_all(d, TTL);
    other = cached_fixture_client(f);
    f->fake.unchanged = true;
    assert_string_equal(ask_all(other, KUBE_FRESHNESS_REVALIDATE), ALL);
    assert_int_equal(f->fake.attempts, 2);
    assert_int_equal(f->fake.asked_about_known, f->place == CACHED_DOCUMENTS_ONLY ? 0 : 1);
    assert_true(kube_discovery_fresh(other));
    kube_discovery_unref(d);
    kube_discovery_unref(other);
}

EVERYWHERE(only_what_is_remembered_is_answered_when_that_is_asked)
{
    static const char nothing[] =
        "!unavailable: nothing is remembered of it, and only what is remembered was asked for";
    kube_discovery *d, *other;

    f->ttl_ms = 1000;
    d = cached_fixture_client(f);
    other = cached_fixture_client(f);
    assert_string_equal(ask_groups(d, KUBE_FRESHNESS_ONLY_IF_CACHED), nothing);
    assert_string_equal(ask_version(d, "apps/v1", KUBE_FRESHNESS_ONLY_IF_CACHED), nothing);
    assert_string_equal(ask_all(d, KUBE_FRESHNESS_ONLY_IF_CACHED), nothing);
    assert_int_equal(f->fake.attempts, 0);
    (void)ask_all(d, TTL);
    fake_clock_advance(&f->clock, 3600 * 1000); /* however old */
    assert_string_equal(ask_all(d, KUBE_FRESHNESS_ONLY_IF_CACHED), ALL);
    assert_string_equal(ask_all(other, KUBE_FRESHNESS_ONLY_IF_CACHED), ALL);
    assert_string_equal(ask_groups(other, KUBE_FRESHNESS_ONLY_IF_CACHED), GROUPS);
    assert_string_equal(ask_version(other, "apps/v1", KUBE_FRESHNESS_ONLY_IF_CACHED), "deployments");
    assert_int_equal(f->fake.attempts, 1);
    kube_discovery_invalidate(d); /* but never older than an invalidation */
    assert_string_equal(ask_groups(d, KUBE_FRESHNESS_ONLY_IF_CACHED), nothing);
    assert_string_equal(ask_all(d, KUBE_FRESHNESS_ONLY_IF_CACHED), nothing);
    assert_int_equal(f->fake.attempts, 1);
    kube_discovery_unref(d);
    kube_discovery_unref(other);
}

EVERYWHERE(the_policy_of_the_client_counts_where_a_call_says_nothing)
{
    kube_discovery *d;

    f->policy = KUBE_FRESHNESS_REVALIDATE;
    d = cached_fixture_client(f);
    (void)ask_all(d, KUBE_FRESHNESS_DEFAULT);
    (void)ask_all(d, KUBE_FRESHNESS_DEFAULT);
    assert_int_equal(f->fake.attempts, 2);
    (void)ask_all(d, KUBE_FRESHNESS_TTL);
    assert_int_equal(f->fake.attempts, 2);
    kube_discovery_unref(d);
}

EVERYWHERE(answers_on_a_loop_are_the_same)
{
    kube_discovery *d = cached_fixture_client(f), *other = cached_fixture_client(f);

    for (int later = 0; later <= 1; later++) {
        f->fake.later = later;
        assert_string_equal(start_all(d, TTL), ALL);
        assert_string_equal(start_all(d, TTL), ALL);
        assert_string_equal(start_all(other, TTL), ALL);
        assert_string_equal(start_all(d, KUBE_FRESHNESS_REVALIDATE), ALL);
        assert_string_equal(start_all(d, KUBE_FRESHNESS_ONLY_IF_CACHED), ALL);
    }
    assert_int_equal(f->fake.attempts, 3);
    kube_discovery_unref(d);
    kube_discovery_unref(other);
}

EVERYWHERE(what_is_counted_is_true)
{
    kube_discovery *d = cached_fixture_client(f);
    kube_cached_discovery_stats stats;

    (void)ask_all(d, TTL);
    (void)ask_all(d, TTL);
    (void)ask_groups(d, TTL);
    kube_cached_discovery_read_stats(d, &stats);
    assert_int_equal(stats.misses, 1);
    assert_int_equal(stats.hits, 2);
    assert_int_equal(stats.written,
                     (cached_place_has_documents(f->place) ? 3 : 0) + (f->place != CACHED_DOCUMENTS_ONLY ? 1 : 0));
    kube_cached_discovery_read_stats(f->delegate, &stats);
    assert_int_equal(stats.misses, 0);
    kube_discovery_unref(d);
}

/* With no place to remember in but itself. */
static void a_client_that_remembers_by_itself_knows_the_same_rules(void **state)
{
    cached_fixture *f = &fixture;
    kube_cached_discovery_builder *b = kube_cached_discovery_builder_new();
    kube_discovery *d = NULL;

    (void)state;
    cached_fixture_init(f, CACHED_PLACES);
    kube_cached_discovery_builder_delegate(b, f->delegate);
    kube_cached_discovery_builder_memory(b);
    kube_cached_discovery_builder_ttl_ms(b, 1000);
    kube_cached_discovery_builder_clock(b, &f->clock.clock);
    assert_int_equal(kube_cached_discovery_builder_build(b, &d, NULL), KUBE_OK);
    assert_int_equal(ask_groups(d, KUBE_FRESHNESS_ONLY_IF_CACHED)[0], '!');
    for (int i = 0; i < 3; i++) {
        assert_string_equal(ask_version(d, "apps/v1", TTL), "deployments");
        assert_string_equal(ask_all(d, TTL), ALL);
        assert_string_equal(ask_groups(d, TTL), GROUPS);
        assert_string_equal(start_all(d, TTL), ALL);
        fake_clock_advance(&f->clock, 300);
    }
    assert_int_equal(f->fake.attempts, 1);
    assert_true(kube_discovery_fresh(d));
    f->fake.unchanged = true;
    fake_clock_advance(&f->clock, 101);
    assert_string_equal(ask_all(d, TTL), ALL);
    fake_clock_advance(&f->clock, 1000);
    assert_string_equal(ask_version(d, "apps/v1", TTL), "deployments");
    assert_int_equal(f->fake.attempts, 2);
    f->fake.unchanged = false;
    f->fake.answers[0] = cached_newer;
    assert_string_equal(ask_version(d, "apps/v1", KUBE_FRESHNESS_REVALIDATE), "statefulsets");
    assert_string_equal(ask_all(d, TTL), ALL_NEWER);
    f->fake.answers[0] = cached_apps_and_batch;
    kube_discovery_invalidate(d);
    assert_int_equal(ask_groups(d, KUBE_FRESHNESS_ONLY_IF_CACHED)[0], '!');
    assert_string_equal(ask_all(d, TTL), ALL);
    assert_string_equal(ask_all(d, TTL), ALL);
    assert_int_equal(f->fake.attempts, 4);
    kube_discovery_unref(d);
    cached_fixture_clear(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(a_new_client_is_fresh_and_stays_so_on_what_it_wrote_itself),
        ALLOC_TRACE_TEST(another_client_is_served_from_what_is_there_and_is_not_fresh),
        ALLOC_TRACE_TEST(not_invalidated_and_not_ours_is_used_and_ends_freshness),
        ALLOC_TRACE_TEST(not_invalidated_and_ours_is_used_and_freshness_stays),
        ALLOC_TRACE_TEST(invalidated_and_not_ours_is_asked_for_again_and_rewritten),
        ALLOC_TRACE_TEST(invalidated_and_ours_is_used_and_freshness_stays),
        ALLOC_TRACE_TEST(invalidating_forgets_what_was_ours),
        ALLOC_TRACE_TEST(others_go_on_using_what_one_client_invalidated),
        ALLOC_TRACE_TEST(what_another_client_rewrote_is_used_and_still_ours),
        ALLOC_TRACE_TEST(the_time_to_live_ends_strictly_after_its_last_moment),
        ALLOC_TRACE_TEST(ten_minutes_are_the_time_to_live_where_nothing_is_said),
        ALLOC_TRACE_TEST(what_is_dated_in_the_future_counts),
        ALLOC_TRACE_TEST(with_a_time_to_live_that_is_always_over_each_question_is_asked),
        ALLOC_TRACE_TEST(a_failure_of_the_delegate_is_passed_on_and_nothing_is_kept),
        ALLOC_TRACE_TEST(no_groups_are_an_answer_but_are_not_kept),
        ALLOC_TRACE_TEST(a_question_that_was_cancelled_before_it_was_asked_is_not_answered),
        ALLOC_TRACE_TEST(a_group_version_that_is_not_there_is_asked_for_each_time),
        ALLOC_TRACE_TEST(a_group_version_that_has_just_been_installed_is_found),
        ALLOC_TRACE_TEST(what_is_written_of_an_earlier_answer_is_as_old_as_that),
        ALLOC_TRACE_TEST(stale_group_versions_are_passed_over_in_silence_but_known),
        ALLOC_TRACE_TEST(a_group_version_without_resources_costs_no_question_of_its_own),
        ALLOC_TRACE_TEST(revalidating_asks_whether_anything_changed),
        ALLOC_TRACE_TEST(what_was_found_unchanged_lives_anew),
        ALLOC_TRACE_TEST(a_new_client_asks_about_what_another_one_remembered),
        ALLOC_TRACE_TEST(only_what_is_remembered_is_answered_when_that_is_asked),
        ALLOC_TRACE_TEST(the_policy_of_the_client_counts_where_a_call_says_nothing),
        ALLOC_TRACE_TEST(answers_on_a_loop_are_the_same),
        ALLOC_TRACE_TEST(what_is_counted_is_true),
        ALLOC_TRACE_TEST(a_client_that_remembers_by_itself_knows_the_same_rules),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
