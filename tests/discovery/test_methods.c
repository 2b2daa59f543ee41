/* client-go's methods over any discovery, and fetching on a loop: the discovery here is made by hand. */
#include "discovery_fixture.h"

#include <kube/base/io.h>

#define ITEMS(items) "{\"items\":[" items "]}"
#define GOOD "{\"metadata\":{\"name\":\"a\"},\"versions\":[{\"version\":\"v1\",\"resources\":[{\"resource\":\"x\"," \
             "\"responseKind\":{\"kind\":\"X\"},\"scope\":\"Namespaced\",\"verbs\":[\"get\"]}]}]}"
#define STALE "{\"metadata\":{\"name\":\"b\"},\"versions\":[{\"version\":\"v1\",\"freshness\":\"Stale\"}]}"

static const char good[] = ITEMS(GOOD), partial[] = ITEMS(GOOD "," STALE), stale[] = ITEMS(STALE);

/* What it answers, attempt by attempt; NULL ends: the last one is answered again. */
typedef struct fake_discovery {
    const char *answers[4];
    size_t      attempts;
    kube_status failure;  /* instead of an answer */
    kube_cancel *fires;   /* fired by the first answer */
    bool        later;
    int         destroyed;
    kube_discovery_want want;
    char        group_version[64];
    /* while it is pending */
    kube_io_task              *task;
    kube_io_guard             *guard;
    kube_discovery_fetch_done *done;
    void                      *user;
} fake_discovery;

static kube_status answer(fake_discovery *f, kube_discovery_snapshot **out, kube_error **err)
{
    size_t i = f->attempts < COUNT_OF(f->answers) ? f->attempts : COUNT_OF(f->answers) - 1;
    kube_discovery_snapshot *s;
    kube_status st;

    f->attempts++;
    if (f->failure != KUBE_OK)
        return kube_error_set(err, f->failure, "as the test wants");
    while (i > 0 && f->answers[i] == NULL)
        i--;
    s = aggregated_snapshot(NULL, f->answers[i]);
    st = kube_discovery_snapshot_failures(s, err);
    kube_cancel_fire(f->fires);
    *out = s;
    return st;
}

static void finish(fake_discovery *f, kube_status why)
{
    kube_discovery_snapshot *s = NULL;
    kube_error *err = NULL;
    kube_status st = why != KUBE_OK ? kube_error_set(&err, why, "interrupted") : answer(f, &s, &err);

    kube_io_guard_free(f->guard);
    kube_io_task_free(f->task);
    f->done(f->user, st, s, err);
}

static void on_task(void *user)
{
    finish(user, KUBE_OK);
}

static void on_guard(void *user, kube_status why)
{
    finish(user, why);
}

static kube_status fetch(void *state, kube_io *io, const kube_discovery_request *request, const kube_call *call,
                         kube_discovery_fetch_done *done, void *user, kube_discovery_snapshot **out, kube_error **err)
{
    fake_discovery *f = state;
    kube_status st;

    f->want = request->want;
    snprintf(f->group_version, sizeof f->group_version, "%s", request->group_version != NULL ? request->group_version : "");
    f->done = done;
    f->user = user;
    st = kube_io_guard_new(io, call, on_guard, f, &f->guard, err);
    if (st != KUBE_OK)
        return st;
    if (!f->later) {
        kube_io_guard_free(f->guard);
        return answer(f, out, err);
    }
    st = kube_io_task_new(io, on_task, f, &f->task, err);
    assert_int_equal(st, KUBE_OK);
    kube_io_task_post(f->task);
    return KUBE_PENDING;
}

static void destroy(void *state)
{
    fake_discovery *f = state;

    f->destroyed++;
}

static kube_discovery *make(fake_discovery *f, uint32_t max_attempts)
{
    const kube_discovery_ops ops = {
        .struct_size = sizeof ops, .destroy = destroy, .fetch = fetch, .max_attempts = max_attempts
    };
    kube_discovery *d = NULL;

    assert_int_equal(kube_discovery_new(&ops, f, NULL, &d, NULL), KUBE_OK);
    return d;
}

static void each_method_asks_for_what_it_needs(void **state)
{
    fake_discovery f = { .answers = { good } };
    kube_discovery *d = make(&f, 0);
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
        kube_api_group_list_unref(groups);
        kube_api_resource_lists_unref(lists);
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
    kube_discovery *d = make(&f, 2);
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
    kube_discovery *d = make(&f, 2);
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
    kube_discovery *d = make(&f, 2);
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
    kube_discovery *d = make(&f, 0);
    kube_api_resource_lists *lists = NULL;

    (void)state;
    assert_int_equal(kube_discovery_server_preferred_resources(d, NULL, &lists, NULL), KUBE_ERR_PARTIAL);
    assert_int_equal(f.attempts, 1);
    kube_api_resource_lists_unref(lists);
    kube_discovery_unref(d);
    f.attempts = 0;
    d = make(&f, 2);
    assert_int_equal(kube_discovery_server_preferred_namespaced_resources(d, NULL, &lists, NULL), KUBE_ERR_PARTIAL);
    assert_int_equal(f.attempts, 1);
    kube_api_resource_lists_unref(lists);
    kube_discovery_unref(d);
}

static void when_everything_is_stale_only_the_preferred_question_tries_again(void **state)
{
    fake_discovery f = { .answers = { stale } };
    kube_discovery *d = make(&f, 2);
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
    kube_discovery *d = make(&f, 2);
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
    kube_discovery *d = make(&f, 2);
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
        assert_int_equal(kube_discovery_server_groups_and_resources(d, NULL, &groups, &lists, NULL), KUBE_ERR_FORBIDDEN);
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
    kube_discovery *d = make(&f, 0);
    kube_api_resource_list *list = NULL;
    kube_error *err = NULL;

    (void)state;
    assert_int_equal(kube_discovery_server_resources_for_group_version(d, "", NULL, &list, &err), KUBE_ERR_INVALID_ARG);
    assert_string_equal(kube_error_message(err), "groupVersion shouldn't be empty");
    kube_error_free(err);
    assert_int_equal(kube_discovery_server_resources_for_group_version(d, NULL, NULL, &list, NULL), KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_discovery_server_resources_for_group_version(d, "a/b/c", NULL, &list, NULL),
                     KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_discovery_server_resources_for_group_version(NULL, "a/v1", NULL, &list, NULL),
                     KUBE_ERR_INVALID_ARG);
    assert_int_equal(f.attempts, 0);
    kube_discovery_unref(d);
}

static void a_group_version_that_the_answer_lacks_or_calls_stale_is_an_error(void **state)
{
    fake_discovery f = { .answers = { partial } };
    kube_discovery *d = make(&f, 0);
    kube_api_resource_list *list = NULL;

    (void)state;
    assert_int_equal(kube_discovery_server_resources_for_group_version(d, "b/v1", NULL, &list, NULL), KUBE_ERR_STALE);
    assert_int_equal(kube_discovery_server_resources_for_group_version(d, "c/v1", NULL, &list, NULL), KUBE_ERR_NOT_FOUND);
    assert_null(list);
    kube_discovery_unref(d);
}

static void a_discovery_without_a_version_says_so(void **state)
{
    fake_discovery f = { .answers = { good } };
    kube_discovery *d = make(&f, 0);
    kube_server_version *version = NULL;

    (void)state;
    assert_int_equal(kube_discovery_server_version(d, NULL, &version, NULL), KUBE_ERR_UNSUPPORTED);
    assert_null(version);
    kube_discovery_unref(d);
}

static void options_that_were_not_initialised_are_refused(void **state)
{
    fake_discovery f = { .answers = { good } };
    kube_discovery *d = make(&f, 0);
    kube_call_options opts = { .struct_size = 0 };
    kube_api_group_list *groups = NULL;

    (void)state;
    assert_int_equal(kube_discovery_server_groups(d, &opts, &groups, NULL), KUBE_ERR_INVALID_ARG);
    assert_int_equal(f.attempts, 0);
    kube_discovery_unref(d);
}

static void a_table_without_fetch_is_refused_and_its_state_destroyed(void **state)
{
    fake_discovery f = { .answers = { good } };
    kube_discovery_ops ops = { .struct_size = sizeof ops, .destroy = destroy };
    kube_discovery *d = NULL;

    (void)state;
    assert_int_equal(kube_discovery_new(&ops, &f, NULL, &d, NULL), KUBE_ERR_INVALID_ARG);
    assert_int_equal(f.destroyed, 1);
    ops.struct_size = 0;
    assert_int_equal(kube_discovery_new(&ops, &f, NULL, &d, NULL), KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_discovery_new(NULL, &f, NULL, &d, NULL), KUBE_ERR_INVALID_ARG);
    assert_null(d);
    kube_discovery_unref(NULL);
}

/* ---- on a loop ---- */

typedef struct outcome {
    int                      calls;
    kube_status              status;
    kube_discovery_snapshot *snapshot;
    kube_error              *err;
    kube_discovery          *asks; /* a blocking question is tried inside the callback */
    kube_status              nested;
} outcome;

static void on_fetched(void *user, kube_status status, kube_discovery_snapshot *snapshot, kube_error *err)
{
    outcome *o = user;
    kube_api_group_list *groups = NULL;

    o->calls++;
    o->status = status;
    o->snapshot = snapshot;
    o->err = err;
    if (o->asks != NULL)
        o->nested = kube_discovery_server_groups(o->asks, NULL, &groups, NULL);
}

static void outcome_clear(outcome *o)
{
    kube_discovery_snapshot_unref(o->snapshot);
    kube_error_free(o->err);
    *o = (outcome){ .calls = 0 };
}

static kube_io *new_io(void)
{
    kube_io *io = NULL;

    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    return io;
}

static kube_status start(kube_discovery *d, kube_io *io, const kube_call_options *opts, outcome *o)
{
    return kube_discovery_fetch_start(d, io, KUBE_DISCOVERY_WANT_ALL, NULL, opts, on_fetched, o, NULL);
}

static void step(kube_io *io)
{
    for (int i = 0; i < 5; i++)
        (void)!kube_io_step(io, 10);
}

static void done_comes_from_a_step_even_when_the_answer_is_there_at_once(void **state)
{
    fake_discovery f = { .answers = { good, partial } };
    kube_discovery *d = make(&f, 0);
    kube_io *io = new_io();
    outcome o = { .calls = 0 };

    (void)state;
    for (int later = 0; later <= 1; later++) {
        f.later = later;
        assert_int_equal(start(d, io, NULL, &o), KUBE_PENDING);
        assert_int_equal(o.calls, 0);
        step(io);
        assert_int_equal(o.calls, 1);
        assert_int_equal(o.status, later ? KUBE_ERR_PARTIAL : KUBE_OK);
        assert_non_null(o.snapshot);
        assert_true((o.err != NULL) == (later != 0));
        outcome_clear(&o);
    }
    kube_io_free(io);
    kube_discovery_unref(d);
}

static void the_discovery_may_be_let_go_while_a_fetch_runs(void **state)
{
    fake_discovery f = { .answers = { good } };
    kube_io *io = new_io();
    outcome o = { .calls = 0 };

    (void)state;
    for (int later = 0; later <= 1; later++) {
        kube_discovery *d = make(&f, 0);

        f.later = later;
        f.destroyed = 0;
        assert_int_equal(start(d, io, NULL, &o), KUBE_PENDING);
        kube_discovery_unref(d);
        assert_int_equal(f.destroyed, 0);
        step(io);
        assert_int_equal(o.calls, 1);
        assert_int_equal(f.destroyed, 1);
        outcome_clear(&o);
    }
    kube_io_free(io);
}

static void freeing_the_loop_ends_a_fetch(void **state)
{
    fake_discovery f = { .answers = { good } };
    kube_discovery *d = make(&f, 0);

    (void)state;
    for (int later = 0; later <= 1; later++) {
        kube_io *io = new_io();
        outcome o = { .calls = 0 };

        f.later = later;
        assert_int_equal(start(d, io, NULL, &o), KUBE_PENDING);
        kube_io_free(io);
        assert_int_equal(o.calls, 1);
        assert_int_equal(o.status, later ? KUBE_ERR_CANCELLED : KUBE_OK);
        outcome_clear(&o);
    }
    kube_discovery_unref(d);
}

static void the_cancel_of_a_fetch_may_be_let_go_while_it_runs(void **state)
{
    fake_discovery f = { .answers = { good }, .later = true };
    kube_discovery *d = make(&f, 0);
    kube_io *io = new_io();
    kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
    outcome o = { .calls = 0 };

    (void)state;
    assert_int_equal(kube_cancel_new(NULL, &opts.cancel, NULL), KUBE_OK);
    assert_int_equal(start(d, io, &opts, &o), KUBE_PENDING);
    kube_cancel_unref(opts.cancel);
    step(io);
    assert_int_equal(o.status, KUBE_OK);
    outcome_clear(&o);
    kube_io_free(io);
    kube_discovery_unref(d);
}

static void a_fetch_that_cannot_begin_fails_at_once_and_is_never_done(void **state)
{
    fake_discovery f = { .answers = { good } };
    kube_discovery *d = make(&f, 0);
    kube_io *io = new_io();
    kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
    outcome o = { .calls = 0 };
    kube_error *err = NULL;

    (void)state;
    assert_int_equal(kube_discovery_fetch_start(d, io, KUBE_DISCOVERY_WANT_GROUP_VERSION, NULL, NULL, on_fetched, &o, NULL),
                     KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_discovery_fetch_start(d, io, KUBE_DISCOVERY_WANT_ALL, "v1", NULL, on_fetched, &o, NULL),
                     KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_discovery_fetch_start(d, io, (kube_discovery_want)9, NULL, NULL, on_fetched, &o, NULL),
                     KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_discovery_fetch_start(d, io, KUBE_DISCOVERY_WANT_ALL, NULL, NULL, NULL, &o, NULL),
                     KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_discovery_fetch_start(NULL, io, KUBE_DISCOVERY_WANT_ALL, NULL, NULL, on_fetched, &o, NULL),
                     KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_cancel_new(NULL, &opts.cancel, NULL), KUBE_OK);
    kube_cancel_fire(opts.cancel);
    assert_int_equal(start(d, io, &opts, &o), KUBE_ERR_CANCELLED);
    f.failure = KUBE_ERR_TLS;
    assert_int_equal(kube_discovery_fetch_start(d, io, KUBE_DISCOVERY_WANT_ALL, NULL, NULL, on_fetched, &o, &err),
                     KUBE_ERR_TLS);
    assert_string_equal(kube_error_message(err), "as the test wants");
    kube_error_free(err);
    step(io);
    assert_int_equal(o.calls, 0);
    kube_cancel_unref(opts.cancel);
    kube_io_free(io);
    kube_discovery_unref(d);
}

static void a_group_version_can_be_fetched_alone(void **state)
{
    fake_discovery f = { .answers = { good }, .later = true };
    kube_discovery *d = make(&f, 0);
    kube_io *io = new_io();
    char name[] = "a/v1";
    outcome o = { .calls = 0 };

    (void)state;
    assert_int_equal(kube_discovery_fetch_start(d, io, KUBE_DISCOVERY_WANT_GROUP_VERSION, name, NULL, on_fetched, &o, NULL),
                     KUBE_PENDING);
    memset(name, 'x', sizeof name - 1);
    step(io);
    assert_int_equal(o.calls, 1);
    assert_string_equal(f.group_version, "a/v1");
    outcome_clear(&o);
    kube_io_free(io);
    kube_discovery_unref(d);
}

static void a_blocking_question_inside_a_callback_is_refused(void **state)
{
    fake_discovery f = { .answers = { good } };
    kube_discovery *d = make(&f, 0);
    kube_io *io = new_io();
    outcome o = { .asks = d };

    (void)state;
    assert_int_equal(start(d, io, NULL, &o), KUBE_PENDING);
    step(io);
    assert_int_equal(o.nested, KUBE_ERR_WOULD_DEADLOCK);
    outcome_clear(&o);
    kube_io_free(io);
    kube_discovery_unref(d);
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
        ALLOC_TRACE_TEST(a_group_version_that_the_answer_lacks_or_calls_stale_is_an_error),
        ALLOC_TRACE_TEST(a_discovery_without_a_version_says_so),
        ALLOC_TRACE_TEST(options_that_were_not_initialised_are_refused),
        ALLOC_TRACE_TEST(a_table_without_fetch_is_refused_and_its_state_destroyed),
        ALLOC_TRACE_TEST(done_comes_from_a_step_even_when_the_answer_is_there_at_once),
        ALLOC_TRACE_TEST(the_discovery_may_be_let_go_while_a_fetch_runs),
        ALLOC_TRACE_TEST(freeing_the_loop_ends_a_fetch),
        ALLOC_TRACE_TEST(the_cancel_of_a_fetch_may_be_let_go_while_it_runs),
        ALLOC_TRACE_TEST(a_fetch_that_cannot_begin_fails_at_once_and_is_never_done),
        ALLOC_TRACE_TEST(a_group_version_can_be_fetched_alone),
        ALLOC_TRACE_TEST(a_blocking_question_inside_a_callback_is_refused),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
