#include "alloc_trace.h"
#include "exec_fixture.h"

#include <sys/wait.h>

static void a_token_is_fetched_once_and_kept(void **state)
{
    exec_fixture f;
    exec_result r;
    kube_io *io;

    (void)state;
    io = fixture_begin(&f, PRINT("abc"));
    assert_int_equal(ask(&f, io, NULL, &r), KUBE_PENDING);
    assert_int_equal(r.calls, 0);
    run_until_done(io, &r);
    take_token(&r, "abc");
    assert_int_equal(ask(&f, io, NULL, &r), KUBE_OK);
    take_token(&r, "abc");
    assert_int_equal(fixture_runs(&f), 1);
    fixture_end(&f);
}

static void the_plugin_is_given_arguments_and_environment_and_no_input(void **state)
{
    static const char *const args[] = { "one two", "" };
    static const kube__env_var env[] = { { "EXTRA", "v w" } };
    exec_fixture f;
    kube__exec_spec spec = { .api_version = V1, .interactive_mode = "Never", .command = f.script, .args = args,
                             .arg_count = 2, .env = env, .env_count = 1 };
    kube__exec_options opts = { &f.fake.host, &spec, "u", { NULL, 0 } };
    kube_io *io;

    (void)state;
    io = fixture_begin(&f, "[ \"$#\" = 2 ] && [ \"$1\" = 'one two' ] && [ \"$2\" = '' ] || exit 3\n"
                           "[ \"$EXTRA\" = 'v w' ] && [ \"$OWN\" = process ] || exit 4\n"
                           "[ \"$KUBERNETES_EXEC_INFO\" = '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\","
                           "\"spec\":{\"interactive\":false}}' ] || exit 5\n"
                           "read line && exit 6\n" PRINT("abc"));
    f.fake.environment[1] = "OWN=process";
    kube_credential_unref(f.credential);
    f.credential = NULL;
    assert_int_equal(kube__credential_exec_new(&opts, &f.credential, NULL), KUBE_OK);
    get_token(&f, io, "abc");
    fixture_end(&f);
}

static void an_expired_token_is_fetched_anew(void **state)
{
    exec_fixture f;
    kube_io *io;

    (void)state;
    io = fixture_begin(&f, PRINT_UNTIL("a", "1970-01-01T00:01:00Z"));
    get_token(&f, io, "a");
    f.clock.now_unix_ms = 60000;
    get_token(&f, io, "a");
    assert_int_equal(fixture_runs(&f), 1);
    f.clock.now_unix_ms = 60001;
    fixture_write_script(&f, PRINT("b"));
    get_token(&f, io, "b");
    assert_int_equal(fixture_runs(&f), 2);
    fixture_end(&f);
}

/* Those who waited get it; the next one asks again. */
static void a_token_that_comes_too_late_is_used_once(void **state)
{
    exec_fixture f;
    kube_io *io;

    (void)state;
    io = fixture_begin(&f, PRINT_UNTIL("a", "1969-01-01T00:00:00Z"));
    for (int i = 1; i <= 2; i++) {
        get_token(&f, io, "a");
        assert_int_equal(fixture_runs(&f), i);
    }
    fixture_end(&f);
}

static void only_the_token_that_was_refused_is_forgotten(void **state)
{
    exec_fixture f;
    exec_result first, second;
    kube_blob *longer = NULL;
    kube_io *io;

    (void)state;
    assert_int_equal(kube_blob_new(kube_str_c("Bearer bb"), &longer, NULL), KUBE_OK);
    io = fixture_begin(&f, PRINT("a"));
    get(&f, io, &first);
    kube__credential_unauthorized(f.credential, first.header);
    fixture_write_script(&f, PRINT("b"));
    get(&f, io, &second);
    take_token(&second, "b");
    kube__credential_unauthorized(f.credential, first.header); /* of a slow request: "b" is not touched */
    assert_int_equal(ask(&f, io, NULL, &second), KUBE_OK);
    take_token(&second, "b");
    kube__credential_unauthorized(f.credential, longer);
    assert_int_equal(ask(&f, io, NULL, &second), KUBE_OK);
    take_token(&second, "b");
    assert_int_equal(fixture_runs(&f), 2);
    kube_blob_unref(longer);
    result_clear(&first);
    fixture_end(&f);
}

static void what_goes_wrong_is_explained_and_tried_again(void **state)
{
    static const struct {
        const char *body;
        kube_status status;
        const char *message;
    } cases[] = {
        { "echo secret; exit 7\n", KUBE_ERR_IO, "failed with exit code 7" },
        { "exit 126\n", KUBE_ERR_IO, "failed with exit code 126: get it" },
        { "exit 127\n", KUBE_ERR_IO, "failed with exit code 127: get it" },
        { "kill -9 $$\n", KUBE_ERR_IO, "was ended by signal 9" },
        { "echo hello\n", KUBE_ERR_PARSE, "is no ExecCredential in JSON" },
        { "exec head -c 1100000 /dev/zero\n", KUBE_ERR_LIMIT, "printed too much" },
        { "exec >&-\n", KUBE_ERR_PARSE, "is no ExecCredential in JSON" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        exec_fixture f;
        exec_result r;
        kube_io *io;

        io = fixture_begin(&f, cases[i].body);
        get(&f, io, &r);
        if (r.calls != 1 || r.status != cases[i].status || strstr(kube_error_message(r.err), cases[i].message) == NULL)
            fail_msg("%s: %d %s", cases[i].body, r.status, kube_error_message(r.err));
        assert_non_null(strstr(kube_error_message(r.err), "user \"u\": "));
        assert_non_null(strstr(kube_error_message(r.err), f.script));
        result_clear(&r);
        fixture_write_script(&f, PRINT("abc"));
        get_token(&f, io, "abc");
        fixture_end(&f);
    }
}

static void what_keeps_a_plugin_from_starting_is_reported_at_once(void **state)
{
    static const struct {
        const char *mode, *hint;
        mode_t      file_mode; /* 0: there is none */
        kube_status status;
        const char *message;
    } cases[] = {
        { "Never", "get it", 0, KUBE_ERR_CONFIG,
          "user \"u\": the credential plugin is missing: get it: starting /tmp" },
        { "Never", NULL, 0, KUBE_ERR_CONFIG, "user \"u\": the credential plugin is missing: starting /tmp" },
        { "Never", "get it", 0600, KUBE_ERR_IO, "user \"u\": the credential plugin: starting /tmp" },
        { "Always", NULL, 0700, KUBE_ERR_CONFIG, "needs a terminal, and standard input is none" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        exec_fixture f;
        exec_result r;
        kube_blob *header = NULL;
        kube_io *io;

        io = fixture_begin(&f, "");
        fixture_replace(&f, "u", cases[i].mode, cases[i].hint);
        if (cases[i].file_mode == 0)
            unlink(f.script);
        else
            assert_int_equal(chmod(f.script, cases[i].file_mode), 0);
        ask(&f, io, NULL, &r);
        take_failure(&r, cases[i].status, cases[i].message);
        assert_int_equal(
            kube__credential_authorization(f.credential, io, NULL, result_take, &r, &header, NULL), cases[i].status);
        fixture_free_loop(&f, io);
        assert_int_equal(r.calls, 0);
        fixture_end(&f);
    }
}

static void a_plugin_of_a_user_with_an_endless_name_is_still_complained_about(void **state)
{
    char user[9000];
    exec_fixture f;
    exec_result r;
    kube_io *io;

    (void)state;
    memset(user, 'u', sizeof user);
    user[sizeof user - 1] = '\0';
    io = fixture_begin(&f, "echo hello\n");
    fixture_replace(&f, user, "Never", NULL);
    get(&f, io, &r);
    take_failure(&r, KUBE_ERR_PARSE, "the credential plugin is no ExecCredential in JSON");
    fixture_end(&f);
}

/* Then its exit status is lost: a program that ignores SIGCHLD has children that leave none. */
static void where_the_host_reaps_children_the_output_speaks_for_itself(void **state)
{
    static const struct {
        const char *body;
        kube_status status;
    } cases[] = { { PRINT("abc"), KUBE_OK }, { PRINT("abc") "exit 9\n", KUBE_OK }, { "exit 9\n", KUBE_ERR_PARSE } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        exec_fixture f;
        exec_result r;
        kube_io *io;

        io = fixture_begin(&f, cases[i].body);
        signal(SIGCHLD, SIG_IGN);
        get(&f, io, &r);
        signal(SIGCHLD, SIG_DFL);
        assert_int_equal(r.calls, 1);
        assert_int_equal(r.status, cases[i].status);
        result_clear(&r);
        fixture_end(&f);
    }
}

static void a_forked_child_may_only_free_it(void **state)
{
    exec_fixture f;
    exec_result r;
    kube_blob *same = NULL;
    kube_io *io;
    pid_t pid;
    int status = -1;

    (void)state;
    io = fixture_begin(&f, PRINT("abc"));
    get(&f, io, &r);
    expect_token(&r, "abc");
    assert_int_equal(kube_blob_new(kube_blob_str(r.header), &same, NULL), KUBE_OK);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        exec_result childs;
        kube_status st = ask(&f, io, NULL, &childs);
        size_t live;
        bool kept;

        kube_blob_unref(r.header);
        live = alloc_trace_live();
        kube__credential_unauthorized(f.credential, same);
        kept = alloc_trace_live() == live; /* the lock may be held for ever: nothing behind it was touched */
        kube_credential_unref(f.credential);
        _exit(st == KUBE_ERR_FORKED && childs.header == NULL && kept ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    kube_blob_unref(same);
    result_clear(&r);
    assert_int_equal(ask(&f, io, NULL, &r), KUBE_OK);
    take_token(&r, "abc");
    fixture_end(&f);
}

static void a_cancelled_request_ends_at_once_and_so_does_its_plugin(void **state)
{
    exec_fixture f;
    exec_result r;
    kube_cancel *cancel = NULL;
    kube_io *io;
    pid_t pid;

    (void)state;
    io = fixture_begin(&f, SAY_PID "exec sleep 300\n");
    assert_int_equal(kube_cancel_new(NULL, &cancel, NULL), KUBE_OK);
    assert_int_equal(ask(&f, io, &(kube_call){ 0, cancel }, &r), KUBE_PENDING);
    pid = wait_for_pid(&f, io);
    assert_true(pid > 0);
    kube_cancel_fire(cancel);
    run_until_done(io, &r);
    take_failure(&r, KUBE_ERR_CANCELLED, "");
    assert_true(dies(pid, io));
    kube_cancel_unref(cancel);
    fixture_end(&f);
}

static void a_deadline_ends_the_plugin_too(void **state)
{
    exec_fixture f;
    exec_result r;
    kube_io *io;
    pid_t pid;

    (void)state;
    io = fixture_begin(&f, SAY_PID "exec sleep 300\n");
    assert_int_equal(ask(&f, io, &(kube_call){ f.clock.now_ns + 5000000000, NULL }, &r), KUBE_PENDING);
    pid = wait_for_pid(&f, io);
    fake_clock_advance(&f.clock, 4999);
    assert_int_equal(kube_io_run(io, 0), KUBE_OK);
    assert_int_equal(r.calls, 0);
    fake_clock_advance(&f.clock, 1);
    run_until_done(io, &r);
    assert_int_equal(r.calls, 1);
    assert_int_equal(r.status, KUBE_ERR_TIMEOUT);
    assert_string_equal(kube_error_message(r.err), "the deadline passed while waiting for a credential plugin");
    assert_true(dies(pid, io));
    result_clear(&r);
    fixture_end(&f);
}

static void the_end_of_the_loop_ends_everything_on_it(void **state)
{
    exec_fixture f;
    exec_result r[3];
    kube_io *io;
    pid_t pid;

    (void)state;
    io = fixture_begin(&f, SAY_PID "exec sleep 300\n");
    for (size_t i = 0; i < COUNT_OF(r); i++)
        assert_int_equal(ask(&f, io, NULL, &r[i]), KUBE_PENDING);
    pid = wait_for_pid(&f, io);
    fixture_free_loop(&f, io);
    for (size_t i = 0; i < COUNT_OF(r); i++)
        take_failure(&r[i], KUBE_ERR_CANCELLED, "");
    assert_true(dies(pid, NULL));
    io = fixture_loop(&f);
    fixture_write_script(&f, PRINT("abc")); /* nothing of the first run is in the way of the next */
    get_token(&f, io, "abc");
    fixture_end(&f);
}

static void the_credential_may_go_while_its_plugin_runs(void **state)
{
    exec_fixture f;
    exec_result r;
    kube_io *io;
    pid_t pid;

    (void)state;
    io = fixture_begin(&f, SAY_PID "exec sleep 300\n");
    assert_int_equal(ask(&f, io, NULL, &r), KUBE_PENDING);
    pid = wait_for_pid(&f, io);
    kube_credential_unref(f.credential);
    f.credential = NULL;
    fixture_free_loop(&f, io);
    take_failure(&r, KUBE_ERR_CANCELLED, "");
    assert_true(dies(pid, NULL));
    fixture_end(&f);
}

static void a_request_that_is_cancelled_already_starts_nothing(void **state)
{
    exec_fixture f;
    exec_result r;
    kube_cancel *cancel = NULL;
    kube_io *io;

    (void)state;
    io = fixture_begin(&f, PRINT("abc"));
    assert_int_equal(kube_cancel_new(NULL, &cancel, NULL), KUBE_OK);
    kube_cancel_fire(cancel);
    assert_int_equal(ask(&f, io, &(kube_call){ 0, cancel }, &r), KUBE_ERR_CANCELLED);
    assert_int_equal(fixture_runs(&f), 0);
    result_clear(&r);
    kube_cancel_unref(cancel);
    fixture_end(&f);
}

static void each_allocation_of_a_run_may_fail(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        exec_fixture f;
        exec_result r[2];
        kube_io *io;
        bool reached;

        io = fixture_begin(&f, PRINT("abc"));
        alloc_trace_fail_at(n);
        ask(&f, io, NULL, &r[0]);
        ask(&f, io, NULL, &r[1]);
        run_until_done(io, &r[0]);
        run_until_done(io, &r[1]);
        reached = alloc_trace_stop();
        for (size_t i = 0; i < COUNT_OF(r); i++) {
            assert_int_equal(r[i].calls, 1);
            assert_true(r[i].status == KUBE_OK || r[i].status == KUBE_ERR_OUT_OF_MEMORY);
            assert_true(reached || r[i].status == KUBE_OK);
            result_clear(&r[i]);
        }
        fixture_end(&f);
        if (!reached)
            return;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(a_token_is_fetched_once_and_kept),
        ALLOC_TRACE_TEST(the_plugin_is_given_arguments_and_environment_and_no_input),
        ALLOC_TRACE_TEST(an_expired_token_is_fetched_anew),
        ALLOC_TRACE_TEST(a_token_that_comes_too_late_is_used_once),
        ALLOC_TRACE_TEST(only_the_token_that_was_refused_is_forgotten),
        ALLOC_TRACE_TEST(what_goes_wrong_is_explained_and_tried_again),
        ALLOC_TRACE_TEST(what_keeps_a_plugin_from_starting_is_reported_at_once),
        ALLOC_TRACE_TEST(a_plugin_of_a_user_with_an_endless_name_is_still_complained_about),
        ALLOC_TRACE_TEST(where_the_host_reaps_children_the_output_speaks_for_itself),
        ALLOC_TRACE_TEST(a_forked_child_may_only_free_it),
        ALLOC_TRACE_TEST(a_cancelled_request_ends_at_once_and_so_does_its_plugin),
        ALLOC_TRACE_TEST(a_deadline_ends_the_plugin_too),
        ALLOC_TRACE_TEST(the_end_of_the_loop_ends_everything_on_it),
        ALLOC_TRACE_TEST(the_credential_may_go_while_its_plugin_runs),
        ALLOC_TRACE_TEST(a_request_that_is_cancelled_already_starts_nothing),
        ALLOC_TRACE_TEST(each_allocation_of_a_run_may_fail),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
