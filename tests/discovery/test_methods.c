/* client-go's methods over any discovery. */
#include "discovery_fixture.h"
#include "fake_discovery.h"

#define ITEMS(items) "{\"items\":[" items "]}"
#define GOOD                                                                                                           \
    "{\"metadata\":{\"name\":\"a\"},\"versions\":[{\"version\":\"v1\",\"resources\":[{\"resource\":\"x\","             \
    "\"responseKind\":{\"kind\":\"X\"},\"scope\":\"Namespaced\",\"verbs\":[\"get\"]}]}]}"
#define STALE "{\"metadata\":{\"name\":\"b\"},\"versions\":[{\"version\":\"v1\",\"freshness\":\"Stale\"}]}"

static const char good[] = ITEMS(GOOD), partial[] = ITEMS(GOOD "," STALE), stale[] = ITEMS(STALE);

static void each_method_asks_for_what_it_needs(void **state)
{
    fake_discovery f = { .answers = { good } };
    kube_discovery *d = fake_discovery_new(&f, 0);
    kube_api_group_list *groups = NULL;
    kube_api_resource_list *list = NULL;
    kube_api_resource_lists *lists = NULL;

    (void)state;
    for (int later = 0; later <= 1; later++) {
        f.later = later;
        assert_int_equal(kube_discovery_server_groups(d, NULL, &groups, NULL), KUBE_OK);
        assert_int_equal(f.want, KUBE_DISCOVERY_WANT_GROUPS);
        assert_string_equal(groups_text(groups), "a[a/v1*]");
        kube_api_group_list_unref(groups);
        assert_int_equal(kube_discovery_server_resources_for_group_version(d, "a/v1", NULL, &list, NULL), KUBE_OK);
        assert_int_equal(f.want, KUBE_DISCOVERY_WANT_GROUP_VERSION);
        assert_string_equal(f.group_version, "a/v1");
        assert_string_equal(list_text(list), "x");
        kube_api_resource_list_unref(list);
        assert_int_equal(kube_discovery_server_groups_and_resources(d, NULL, &groups, &lists, NULL), KUBE_OK);
        assert_int_equal(f.want, KUBE_DISCOVERY_WANT_ALL);
        assert_string_equal(groups_text(groups), "a[a/v1*]");
        assert_string_equal(lists_text(lists), "a/v1: x");
        assert_null(kube_api_resource_lists_at(lists, 1));
        kube_api_group_list_unref(groups);
        kube_api_resource_lists_unref(lists);
        assert_int_equal(kube_discovery_server_groups_and_resources(d, NULL, &groups, NULL, NULL), KUBE_OK);
        assert_string_equal(groups_text(groups), "a[a/v1*]");
        kube_api_group_list_unref(groups);
        assert_int_equal(kube_discovery_server_preferred_resources(d, NULL, &lists, NULL), KUBE_OK);
        assert_string_equal(lists_text(lists), "a/v1: x");
        kube_api_resource_lists_unref(lists);
        assert_int_equal(kube_discovery_server_preferred_namespaced_resources(d, NULL, &lists, NULL), KUBE_OK);
        kube_api_resource_lists_unref(lists);
    }
    kube_discovery_unref(kube_discovery_ref(d));
    assert_int_equal(f.destroyed, 0);
    kube_discovery_unref(d);
    assert_int_equal(f.destroyed, 1);
}

static void groups_come_without_an_error_about_what_is_stale(void **state)
{
    fake_discovery f = { .answers = { partial } };
    kube_discovery *d = fake_discovery_new(&f, 2);
    kube_api_group_list *groups = NULL;
    kube_error *err = NULL;

    (void)state;
    assert_int_equal(kube_discovery_server_groups(d, NULL, &groups, &err), KUBE_OK);
    assert_null(err);
    assert_int_equal(f.attempts, 1);
    assert_string_equal(groups_text(groups), "a[a/v1*] b[]");
    kube_api_group_list_unref(groups);
    kube_discovery_unref(d);
}

static void a_partial_answer_is_asked_for_a_second_time_and_may_be_whole_then(void **state)
{
    fake_discovery f = { .answers = { partial, good } };
    kube_discovery *d = fake_discovery_new(&f, 2);
    kube_api_group_list *groups = NULL;
    kube_api_resource_lists *lists = NULL;
    kube_error *err = NULL;

    (void)state;
    assert_int_equal(kube_discovery_server_preferred_resources(d, NULL, &lists, &err), KUBE_OK);
    assert_int_equal(f.attempts, 2);
    kube_api_resource_lists_unref(lists);
    f.attempts = 0;
    assert_int_equal(kube_discovery_server_groups_and_resources(d, NULL, &groups, &lists, &err), KUBE_OK);
    assert_int_equal(f.attempts, 2);
    assert_null(err);
    assert_string_equal(groups_text(groups), "a[a/v1*]");
    kube_api_group_list_unref(groups);
    kube_api_resource_lists_unref(lists);
    kube_discovery_unref(d);
}

static void after_the_second_attempt_the_partial_answer_stands(void **state)
{
    fake_discovery f = { .answers = { partial } };
    kube_discovery *d = fake_discovery_new(&f, 2);
    kube_api_group_list *groups = NULL;
    kube_api_resource_lists *lists = NULL;
    kube_error *err = NULL;

    (void)state;
    assert_int_equal(kube_discovery_server_groups_and_resources(d, NULL, &groups, &lists, &err), KUBE_ERR_PARTIAL);
    assert_int_equal(f.attempts, 2);
    assert_int_equal(kube_error_child_count(err), 1);
    assert_string_equal(kube_error_subject(kube_error_child_at(err, 0)), "b/v1");
    assert_string_equal(lists_text(lists), "a/v1: x");
    kube_api_group_list_unref(groups);
    kube_api_resource_lists_unref(lists);
    kube_error_free(err);
    assert_int_equal(kube_discovery_server_preferred_resources(d, NULL, &lists, NULL), KUBE_ERR_PARTIAL);
    assert_int_equal(f.attempts, 4);
    kube_api_resource_lists_unref(lists);
    kube_discovery_unref(d);
}

static void a_cache_and_the_namespaced_question_ask_only_once(void **state)
{
    fake_discovery f = { .answers = { partial } };
    kube_discovery *d = fake_discovery_new(&f, 0);
    kube_api_resource_lists *lists = NULL;

    (void)state;
    assert_int_equal(kube_discovery_server_preferred_resources(d, NULL, &lists, NULL), KUBE_ERR_PARTIAL);
    assert_int_equal(f.attempts, 1);
    kube_api_resource_lists_unref(lists);
    kube_discovery_unref(d);
    f.attempts = 0;
    d = fake_discovery_new(&f, 2);
    assert_int_equal(kube_discovery_server_preferred_namespaced_resources(d, NULL, &lists, NULL), KUBE_ERR_PARTIAL);
    assert_int_equal(f.attempts, 1);
    kube_api_resource_lists_unref(lists);
    kube_discovery_unref(d);
}

static void when_everything_is_stale_only_the_preferred_question_tries_again(void **state)
{
    fake_discovery f = { .answers = { stale } };
    kube_discovery *d = fake_discovery_new(&f, 2);
    kube_api_resource_lists *lists = NULL;

    (void)state;
    assert_int_equal(kube_discovery_server_groups_and_resources(d, NULL, NULL, &lists, NULL), KUBE_OK);
    assert_int_equal(f.attempts, 1);
    kube_api_resource_lists_unref(lists);
    assert_int_equal(kube_discovery_server_preferred_resources(d, NULL, &lists, NULL), KUBE_ERR_PARTIAL);
    assert_int_equal(f.attempts, 3);
    kube_api_resource_lists_unref(lists);
    kube_discovery_unref(d);
}

static void a_cancel_between_the_attempts_leaves_nothing(void **state)
{
    fake_discovery f = { .answers = { partial } };
    kube_discovery *d = fake_discovery_new(&f, 2);
    kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
    kube_api_group_list *groups = NULL;
    kube_api_resource_lists *lists = NULL;
    kube_error *err = NULL;

    (void)state;
    assert_int_equal(kube_cancel_new(NULL, &opts.cancel, NULL), KUBE_OK);
    f.fires = opts.cancel;
    assert_int_equal(kube_discovery_server_groups_and_resources(d, &opts, &groups, &lists, &err), KUBE_ERR_CANCELLED);
    assert_null(groups);
    assert_null(lists);
    assert_int_equal(f.attempts, 1);
    kube_error_free(err);
    kube_cancel_unref(opts.cancel);
    kube_discovery_unref(d);
}

static void a_failure_is_passed_on_and_nothing_is_set(void **state)
{
    fake_discovery f = { .failure = KUBE_ERR_FORBIDDEN };
    kube_discovery *d = fake_discovery_new(&f, 2);
    kube_api_group_list *groups = NULL;
    kube_api_resource_list *list = NULL;
    kube_api_resource_lists *lists = NULL;
    kube_error *err = NULL;

    (void)state;
    for (int later = 0; later <= 1; later++) {
        f.later = later;
        f.attempts = 0;
        assert_int_equal(kube_discovery_server_groups(d, NULL, &groups, &err), KUBE_ERR_FORBIDDEN);
        assert_string_equal(kube_error_message(err), "as the test wants");
        kube_error_free(err);
        err = NULL;
        assert_int_equal(kube_discovery_server_resources_for_group_version(d, "a/v1", NULL, &list, NULL),
                         KUBE_ERR_FORBIDDEN);
        assert_int_equal(kube_discovery_server_groups_and_resources(d, NULL, &groups, &lists, NULL),
                         KUBE_ERR_FORBIDDEN);
        assert_int_equal(kube_discovery_server_preferred_resources(d, NULL, &lists, NULL), KUBE_ERR_FORBIDDEN);
        assert_int_equal(f.attempts, 4);
    }
    assert_null(groups);
    assert_null(list);
    assert_null(lists);
    kube_discovery_unref(d);
}

static void what_is_no_group_version_is_refused_before_anybody_is_asked(void **state)
{
    fake_discovery f = { .answers = { good } };
    kube_discovery *d = fake_discovery_new(&f, 0);
    kube_api_resource_list *list = NULL;
    kube_error *err = NULL;

    (void)state;
    assert_int_equal(kube_discovery_server_resources_for_group_version(d, "", NULL, &list, &err), KUBE_ERR_INVALID_ARG);
    assert_string_equal(kube_error_message(err), "groupVersion shouldn't be empty");
    kube_error_free(err);
    assert_int_equal(kube_discovery_server_resources_for_group_version(d, NULL, NULL, &list, NULL),
                     KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_discovery_server_resources_for_group_version(d, "a/b/c", NULL, &list, NULL),
                     KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_discovery_server_resources_for_group_version(NULL, "a/v1", NULL, &list, NULL),
                     KUBE_ERR_INVALID_ARG);
    assert_int_equal(f.attempts, 0);
    kube_discovery_unref(d);
}

static void without_a_discovery_no_question_is_asked(void **state)
{
    kube_api_group_list *groups = NULL;
    kube_api_resource_lists *lists = NULL;
    kube_server_version *version = NULL;
    kube_error *err = NULL;

    (void)state;
    assert_int_equal(kube_discovery_server_groups(NULL, NULL, &groups, NULL), KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_discovery_server_groups_and_resources(NULL, NULL, &groups, &lists, &err),
                     KUBE_ERR_INVALID_ARG);
    assert_string_equal(kube_error_message(err), "a discovery is needed");
    assert_int_equal(kube_discovery_server_preferred_resources(NULL, NULL, &lists, NULL), KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_discovery_server_version(NULL, NULL, &version, NULL), KUBE_ERR_INVALID_ARG);
    assert_null(groups);
    assert_null(lists);
    assert_null(version);
    assert_null(kube_discovery_ref(NULL));
    kube_error_free(err);
}

/* It should have failed; what it says of the group-version is passed on. */
static void a_group_version_that_failed_in_an_answer_is_a_failure(void **state)
{
    fake_discovery f = { .later = false };
    kube_discovery *d = fake_discovery_new(&f, 0);
    kube_discovery_snapshot_builder *b = NULL;
    kube_api_resource_list *list = NULL;
    kube_error *err = NULL, *why = NULL;

    (void)state;
    (void)kube_error_set(&why, KUBE_ERR_SERVER, "broken");
    assert_int_equal(kube_discovery_snapshot_builder_new(0, &b, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_builder_add_failure(b, "a/v1", why, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_builder_build(b, &f.ready, NULL), KUBE_OK);
    kube_discovery_snapshot_builder_free(b);
    assert_int_equal(kube_discovery_server_resources_for_group_version(d, "a/v1", NULL, &list, &err), KUBE_ERR_SERVER);
    assert_string_equal(kube_error_message(err), "broken");
    assert_int_equal(kube_discovery_server_resources_for_group_version(d, "a/v1", NULL, &list, NULL), KUBE_ERR_SERVER);
    assert_null(list);
    kube_error_free(err);
    kube_discovery_snapshot_unref(f.ready);
    kube_discovery_unref(d);
}

static void a_group_version_that_the_answer_lacks_or_calls_stale_is_an_error(void **state)
{
    fake_discovery f = { .answers = { partial } };
    kube_discovery *d = fake_discovery_new(&f, 0);
    kube_api_resource_list *list = NULL;

    (void)state;
    assert_int_equal(kube_discovery_server_resources_for_group_version(d, "b/v1", NULL, &list, NULL), KUBE_ERR_STALE);
    assert_int_equal(kube_discovery_server_resources_for_group_version(d, "c/v1", NULL, &list, NULL),
                     KUBE_ERR_NOT_FOUND);
    assert_null(list);
    kube_discovery_unref(d);
}

static void a_discovery_without_a_version_says_so(void **state)
{
    fake_discovery f = { .answers = { good } };
    kube_discovery *d = fake_discovery_new(&f, 0);
    kube_server_version *version = NULL;

    (void)state;
    assert_int_equal(kube_discovery_server_version(d, NULL, &version, NULL), KUBE_ERR_UNSUPPORTED);
    assert_null(version);
    kube_discovery_unref(d);
}

static void options_that_were_not_initialised_are_refused(void **state)
{
    fake_discovery f = { .answers = { good } };
    kube_discovery *d = fake_discovery_new(&f, 0);
    kube_call_options opts = { .struct_size = 0 };
    kube_api_group_list *groups = NULL;

    (void)state;
    assert_int_equal(kube_discovery_server_groups(d, &opts, &groups, NULL), KUBE_ERR_INVALID_ARG);
    assert_int_equal(f.attempts, 0);
    kube_discovery_unref(d);
}

static void count_destruction(void *state)
{
    fake_discovery *f = state;

    f->destroyed++;
}

static void a_table_without_fetch_is_refused_and_its_state_destroyed(void **state)
{
    fake_discovery f = { .answers = { good } };
    kube_discovery_ops ops = { .struct_size = sizeof ops, .destroy = count_destruction };
    kube_discovery *d = NULL;

    (void)state;
    assert_int_equal(kube_discovery_new(&ops, &f, NULL, &d, NULL), KUBE_ERR_INVALID_ARG);
    assert_int_equal(f.destroyed, 1);
    ops.struct_size = 0;
    assert_int_equal(kube_discovery_new(&ops, &f, NULL, &d, NULL), KUBE_ERR_INVALID_ARG);
    ops = (kube_discovery_ops){ .struct_size = sizeof ops }; /* nor can it destroy anything */
    assert_int_equal(kube_discovery_new(&ops, &f, NULL, &d, NULL), KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_discovery_new(NULL, &f, NULL, &d, NULL), KUBE_ERR_INVALID_ARG);
    assert_int_equal(f.destroyed, 1);
    assert_null(d);
    kube_discovery_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(each_method_asks_for_what_it_needs),
        ALLOC_TRACE_TEST(groups_come_without_an_error_about_what_is_stale),
        ALLOC_TRACE_TEST(a_partial_answer_is_asked_for_a_second_time_and_may_be_whole_then),
        ALLOC_TRACE_TEST(after_the_second_attempt_the_partial_answer_stands),
        ALLOC_TRACE_TEST(a_cache_and_the_namespaced_question_ask_only_once),
        ALLOC_TRACE_TEST(when_everything_is_stale_only_the_preferred_question_tries_again),
        ALLOC_TRACE_TEST(a_cancel_between_the_attempts_leaves_nothing),
        ALLOC_TRACE_TEST(a_failure_is_passed_on_and_nothing_is_set),
        ALLOC_TRACE_TEST(what_is_no_group_version_is_refused_before_anybody_is_asked),
        ALLOC_TRACE_TEST(without_a_discovery_no_question_is_asked),
        ALLOC_TRACE_TEST(a_group_version_that_failed_in_an_answer_is_a_failure),
        ALLOC_TRACE_TEST(a_group_version_that_the_answer_lacks_or_calls_stale_is_an_error),
        ALLOC_TRACE_TEST(a_discovery_without_a_version_says_so),
        ALLOC_TRACE_TEST(options_that_were_not_initialised_are_refused),
        ALLOC_TRACE_TEST(a_table_without_fetch_is_refused_and_its_state_destroyed),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
