#include "child_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void output_and_exit_status_are_collected(void **state)
{
    kube_io *io = make_io();
    size_t before = open_descriptors();
    script_run r;

    (void)state;
    must_start_script(&r, io, "printf 'one\\n'; printf 'two'; exit 7", 0, NULL);
    assert_false(r.done);
    assert_true(run_until(io, &r.done));
    assert_int_equal(r.status, KUBE_OK);
    assert_true(WIFEXITED(r.wait_status));
    assert_int_equal(WEXITSTATUS(r.wait_status), 7);
    assert_string_equal(r.output, "one\ntwo");
    must_start_script(&r, io, "kill -TERM $$", 0, NULL);
    assert_true(run_until(io, &r.done));
    assert_int_equal(r.status, KUBE_OK);
    assert_true(WIFSIGNALED(r.wait_status));
    assert_int_equal(WTERMSIG(r.wait_status), SIGTERM);
    assert_int_equal(r.len, 0);
    assert_false(has_children());
    assert_int_equal(open_descriptors(), before);
    kube_io_free(io);
    assert_int_equal(r.calls, 1);
}

static void many_children_run_at_once(void **state)
{
    enum { COUNT = 12 };
    kube_io *io = make_io();
    script_run runs[COUNT];

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        char script[64];

        snprintf(script, sizeof script, "echo %d; exit %d", i, i);
        must_start_script(&runs[i], io, script, 0, NULL);
    }
    for (int i = 0; i < COUNT; i++) {
        char expected[16];

        assert_true(run_until(io, &runs[i].done));
        snprintf(expected, sizeof expected, "%d\n", i);
        assert_string_equal(runs[i].output, expected);
        assert_int_equal(WEXITSTATUS(runs[i].wait_status), i);
    }
    kube_io_free(io);
}

static void an_outer_loop_sees_a_child_end(void **state)
{
    int64_t end = now_ms() + PATIENCE_MS;
    kube_io *io = make_io();
    script_run r;

    (void)state;
    must_start_script(&r, io, "echo x", 0, NULL);
    while (!r.done && now_ms() < end) {
        assert_true(readable(kube_io_fd(io), PATIENCE_MS));
        assert_true(kube_io_step(io, 5) != KUBE_ERR_IO);
    }
    assert_true(r.done);
    kube_io_free(io);
}

static void output_may_be_as_long_as_the_ceiling_and_no_longer(void **state)
{
    kube_io *io = make_io();
    script_run r;

    (void)state;
    must_start_script(&r, io, "printf 0123456789", 10, NULL);
    assert_true(run_until(io, &r.done));
    assert_int_equal(r.status, KUBE_OK);
    assert_string_equal(r.output, "0123456789");
    must_start_script(&r, io, "printf 01234567890; exec sleep 300", 10, NULL);
    assert_true(run_until(io, &r.done));
    assert_int_equal(r.status, KUBE_ERR_LIMIT);
    assert_int_equal(r.wait_status, -1);
    must_start_script(&r, io, "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done", 100000, NULL);
    assert_true(run_until(io, &r.done));
    assert_int_equal(r.status, KUBE_ERR_LIMIT);
    assert_true(r.len <= 100000);
    assert_no_zombie_stays(io);
    kube_io_free(io);
}

static void an_early_end_of_output_is_not_the_end(void **state)
{
    kube_io *io = make_io();
    script_run r;

    (void)state;
    must_start_script(&r, io, "echo x; exec >&-; sleep 0.01; exit 3", 0, NULL);
    assert_true(run_until(io, &r.done));
    assert_string_equal(r.output, "x\n");
    assert_int_equal(WEXITSTATUS(r.wait_status), 3);
    kube_io_free(io);
}

static void a_grandchild_that_keeps_the_pipe_delays_nobody(void **state)
{
    kube_io *io = make_io();
    pid_t grandchild;
    script_run r;

    (void)state;
    must_start_script(&r, io, "sleep 300 2>&- & echo $!", 0, NULL);
    assert_true(run_until(io, &r.done));
    grandchild = (pid_t)strtol(r.output, NULL, 10);
    assert_true(grandchild > 0);
    assert_int_equal(kill(grandchild, SIGKILL), 0); /* it was still there */
    assert_int_equal(r.status, KUBE_OK);
    kube_io_free(io);
}

static void a_cancel_kills_at_once_and_leaves_no_zombie(void **state)
{
    kube_cancel *cancel = NULL;
    kube_io *io = make_io();
    kube_call call = { 0, NULL };
    size_t before = open_descriptors();
    char script[100];
    script_run r;
    note begun;

    (void)state;
    assert_int_equal(kube_cancel_new(NULL, &cancel, NULL), KUBE_OK);
    call.cancel = cancel;
    note_open(&begun);
    snprintf(script, sizeof script, "trap '' TERM INT; echo begun >%s; exec sleep 300", begun.path);
    must_start_script(&r, io, script, 0, &call);
    note_await(&begun, io);
    note_close(&begun);
    kube_cancel_fire(cancel);
    assert_false(r.done);
    assert_true(kube_io_step(io, 0) == KUBE_PENDING);
    assert_true(r.done); /* the killed one is not waited for */
    assert_int_equal(r.status, KUBE_ERR_CANCELLED);
    assert_int_equal(r.wait_status, -1);
    assert_no_zombie_stays(io);
    assert_true(settle(io));
    assert_int_equal(open_descriptors(), before);
    assert_int_equal(r.calls, 1);
    kube_cancel_unref(cancel);
    kube_io_free(io);
}

static void a_deadline_kills_too(void **state)
{
    const kube_call call = { 100, NULL };
    fake_clock fake;
    kube_io *io;
    script_run r;

    (void)state;
    fake_clock_init(&fake, 0);
    io = make_fake_io(&fake);
    must_start_script(&r, io, "exec sleep 300", 0, &call);
    assert_true(settle(io));
    assert_false(r.done);
    fake_clock_advance(&fake, 200);
    assert_true(kube_io_step(io, 0) == KUBE_PENDING);
    assert_true(r.done);
    assert_int_equal(r.status, KUBE_ERR_TIMEOUT);
    assert_no_zombie_stays(io);
    kube_io_free(io);
}

static void what_is_over_before_it_begins_is_not_started(void **state)
{
    char path[] = "/tmp/kube-test-child-XXXXXX", script[100];
    kube_call call = { 100, NULL };
    fake_clock fake;
    kube_io *io;
    script_run r;

    (void)state;
    close(mkstemp(path));
    unlink(path);
    snprintf(script, sizeof script, "touch %s", path);
    fake_clock_init(&fake, 100);
    io = make_fake_io(&fake);
    assert_int_equal(start_script(&r, io, script, 0, &call, NULL), KUBE_ERR_TIMEOUT);
    call.deadline_ns = 0;
    assert_int_equal(kube_cancel_new(NULL, &call.cancel, NULL), KUBE_OK);
    kube_cancel_fire(call.cancel);
    assert_int_equal(start_script(&r, io, script, 0, &call, NULL), KUBE_ERR_CANCELLED);
    kube_cancel_unref(call.cancel);
    assert_false(has_children());
    assert_int_not_equal(access(path, F_OK), 0);
    kube_io_free(io);
    assert_int_equal(r.calls, 0);
}

static void freeing_the_loop_ends_the_child(void **state)
{
    size_t before = open_descriptors();
    kube_io *io = make_io();
    int64_t begin;
    script_run runs[3];

    (void)state;
    for (int i = 0; i < 3; i++)
        must_start_script(&runs[i], io, "exec sleep 300", 0, NULL);
    begin = now_ms();
    kube_io_free(io);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(runs[i].calls, 1);
        assert_int_equal(runs[i].status, KUBE_ERR_CANCELLED);
    }
    assert_true(no_child_stays(begin));
    assert_int_equal(open_descriptors(), before);
}

static void freeing_the_loop_right_after_a_cancel_leaves_no_zombie(void **state)
{
    kube_call call = { 0, NULL };
    kube_io *io = make_io();
    int64_t begin;
    script_run r;

    (void)state;
    assert_int_equal(kube_cancel_new(NULL, &call.cancel, NULL), KUBE_OK);
    must_start_script(&r, io, "exec sleep 300", 0, &call);
    kube_cancel_fire(call.cancel);
    assert_true(kube_io_step(io, 0) == KUBE_PENDING);
    begin = now_ms();
    kube_io_free(io);
    assert_int_equal(r.calls, 1);
    assert_true(no_child_stays(begin));
    kube_cancel_unref(call.cancel);
}

static void start_another(void *user, kube_status status, int wait_status, char *output, size_t output_len)
{
    script_run *r = user;

    (void)status;
    (void)wait_status;
    (void)output;
    (void)output_len;
    if (start_script(&r[1], r->io, "echo second", 0, NULL, NULL) != KUBE_PENDING)
        abort();
    r->done = true;
}

static void one_child_may_be_started_when_another_has_ended(void **state)
{
    const char *const argv[] = { "true", NULL };
    const kube_io_child_options opts = { .struct_size = sizeof opts, .path = "/bin/true", .argv = argv };
    kube_io *io = make_io();
    script_run runs[2] = { { .io = io }, { .io = io } };

    (void)state;
    assert_int_equal(kube_io_child_start(io, &opts, NULL, start_another, runs, NULL), KUBE_PENDING);
    assert_true(run_until(io, &runs[0].done));
    assert_true(run_until(io, &runs[1].done));
    assert_string_equal(runs[1].output, "second\n");
    kube_io_free(io);
}

static void a_host_that_ignores_sigchld_still_learns_of_the_end(void **state)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
    kube_io *io = make_io();
    kube_call call = { 0, NULL };
    script_run r;

    (void)state;
    sigaction(SIGCHLD, &ignore, &old);
    must_start_script(&r, io, "echo x; exit 3", 0, NULL);
    assert_true(run_until(io, &r.done));
    assert_int_equal(r.status, KUBE_OK);
    assert_int_equal(r.wait_status, -1);
    assert_string_equal(r.output, "x\n");
    assert_int_equal(kube_cancel_new(NULL, &call.cancel, NULL), KUBE_OK);
    must_start_script(&r, io, "exec sleep 300", 0, &call);
    kube_cancel_fire(call.cancel);
    assert_true(run_until(io, &r.done));
    assert_int_equal(r.status, KUBE_ERR_CANCELLED);
    assert_no_zombie_stays(io);
    kube_cancel_unref(call.cancel);
    kube_io_free(io);
    sigaction(SIGCHLD, &old, NULL);
}

static void incomplete_options_are_refused(void **state)
{
    const char *const argv[] = { "true", NULL };
    kube_io_child_options opts = { .struct_size = sizeof opts, .path = "/bin/true", .argv = argv };
    kube_io *io = make_io();
    kube_error *err = NULL;
    script_run r = { .io = io };

    (void)state;
    assert_int_equal(kube_io_child_start(io, NULL, NULL, on_script_done, &r, NULL), KUBE_ERR_INVALID_ARG);
    opts.path = NULL;
    assert_int_equal(kube_io_child_start(io, &opts, NULL, on_script_done, &r, NULL), KUBE_ERR_INVALID_ARG);
    opts.path = "/nonexistent/x";
    opts.struct_size = 0;
    assert_int_equal(kube_io_child_start(io, &opts, NULL, on_script_done, &r, NULL), KUBE_ERR_INVALID_ARG);
    opts.struct_size = sizeof opts;
    opts.argv = NULL;
    assert_int_equal(kube_io_child_start(io, &opts, NULL, on_script_done, &r, NULL), KUBE_ERR_INVALID_ARG);
    opts.argv = argv;
    assert_int_equal(kube_io_child_start(io, &opts, NULL, on_script_done, &r, &err), KUBE_ERR_NOT_FOUND);
    assert_error(err, KUBE_ERR_NOT_FOUND, "/nonexistent/x");
    kube_io_free(io);
    assert_int_equal(r.calls, 0);
}

static void every_failed_allocation_ends_the_child(void **state)
{
    size_t before = open_descriptors();

    (void)state;
    for (size_t i = 2;; i++) {
        bool cancelled = i % 2 == 1;
        kube_io *io = make_io();
        kube_cancel *cancel = NULL;
        kube_call call = { 0, NULL };
        kube_status st;
        bool reached;
        script_run r;

        assert_int_equal(kube_cancel_new(NULL, &cancel, NULL), KUBE_OK);
        call.cancel = cancel;
        call.deadline_ns = kube_io_now_ns(io) + 60000 * MS;
        alloc_trace_fail_at(i / 2);
        st = start_script(&r, io, cancelled ? "echo x; exec sleep 300" : "echo some output", 0, &call, NULL);
        if (st == KUBE_PENDING) {
            if (cancelled)
                kube_cancel_fire(cancel); /* what is left to do then may fail too */
            assert_true(run_until(io, &r.done));
        } else {
            assert_int_equal(st, KUBE_ERR_OUT_OF_MEMORY);
        }
        reached = alloc_trace_stop();
        assert_int_equal(r.calls, st == KUBE_PENDING);
        assert_no_zombie_stays(io);
        kube_io_free(io);
        kube_cancel_unref(cancel);
        assert_int_equal(open_descriptors(), before);
        if (!reached && cancelled)
            return;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(output_and_exit_status_are_collected),
        ALLOC_TRACE_TEST(many_children_run_at_once),
        ALLOC_TRACE_TEST(an_outer_loop_sees_a_child_end),
        ALLOC_TRACE_TEST(output_may_be_as_long_as_the_ceiling_and_no_longer),
        ALLOC_TRACE_TEST(an_early_end_of_output_is_not_the_end),
        ALLOC_TRACE_TEST(a_grandchild_that_keeps_the_pipe_delays_nobody),
        ALLOC_TRACE_TEST(a_cancel_kills_at_once_and_leaves_no_zombie),
        ALLOC_TRACE_TEST(a_deadline_kills_too),
        ALLOC_TRACE_TEST(what_is_over_before_it_begins_is_not_started),
        ALLOC_TRACE_TEST(freeing_the_loop_ends_the_child),
        ALLOC_TRACE_TEST(freeing_the_loop_right_after_a_cancel_leaves_no_zombie),
        ALLOC_TRACE_TEST(one_child_may_be_started_when_another_has_ended),
        ALLOC_TRACE_TEST(a_host_that_ignores_sigchld_still_learns_of_the_end),
        ALLOC_TRACE_TEST(incomplete_options_are_refused),
        ALLOC_TRACE_TEST(every_failed_allocation_ends_the_child),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
