#include "base_fixture.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* One run of a shell script. */
typedef struct run {
    kube_io    *io;
    bool        done;
    int         calls;
    kube_status status;
    int         wait_status;
    size_t      len;
    char        output[8192];
} run;

static void on_done(void *user, kube_status status, int wait_status, char *output, size_t output_len)
{
    run *r = user;

    r->done = true;
    r->calls++;
    r->status = status;
    r->wait_status = wait_status;
    r->len = output_len;
    if (output_len < sizeof r->output) {
        memcpy(r->output, output, output_len);
        r->output[output_len] = '\0';
    }
    memset(output, 0, output_len); /* writable, says the contract */
}

static kube_status start(run *r, kube_io *io, const char *script, size_t max_output, const kube_call *call)
{
    const char *const argv[] = { "sh", "-c", script, NULL };
    const kube_io_child_options opts = {
        .struct_size = sizeof opts, .path = "/bin/sh", .argv = argv, .max_output_bytes = max_output,
    };

    *r = (run){ .io = io };
    return kube_io_child_start(io, &opts, call, on_done, r, NULL);
}

static void must_start(run *r, kube_io *io, const char *script, size_t max_output, const kube_call *call)
{
    assert_int_equal(start(r, io, script, max_output, call), KUBE_PENDING);
}

/* What was killed is reaped by the loop, not by the call that killed it. */
static void assert_no_zombie_stays(kube_io *io)
{
    for (int i = 0; i < 100 && has_children(); i++)
        assert_int_equal(kube_io_run(io, 20), KUBE_OK);
    assert_false(has_children());
}

static int64_t now_ms(void)
{
    return kube_clock_system()->monotonic_ns(NULL) / MS;
}

static void output_and_exit_status_are_collected(void **state)
{
    kube_io *io = make_io();
    size_t before = open_descriptors();
    run r;

    (void)state;
    must_start(&r, io, "printf 'one\\n'; printf 'two'; exit 7", 0, NULL);
    assert_false(r.done);
    assert_true(run_until(io, &r.done));
    assert_int_equal(r.status, KUBE_OK);
    assert_true(WIFEXITED(r.wait_status));
    assert_int_equal(WEXITSTATUS(r.wait_status), 7);
    assert_string_equal(r.output, "one\ntwo");
    must_start(&r, io, "kill -TERM $$", 0, NULL);
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
    run runs[COUNT];

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        char script[64];

        snprintf(script, sizeof script, "echo %d; exit %d", i, i);
        must_start(&runs[i], io, script, 0, NULL);
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
    kube_io *io = make_io();
    run r;

    (void)state;
    must_start(&r, io, "echo x", 0, NULL);
    for (int i = 0; i < 10 && !r.done; i++) {
        assert_true(readable(kube_io_fd(io), 2000));
        assert_true(kube_io_step(io, 5) != KUBE_ERR_IO);
    }
    assert_true(r.done);
    kube_io_free(io);
}

static void output_may_be_as_long_as_the_ceiling_and_no_longer(void **state)
{
    kube_io *io = make_io();
    int64_t begin;
    run r;

    (void)state;
    must_start(&r, io, "printf 0123456789", 10, NULL);
    assert_true(run_until(io, &r.done));
    assert_int_equal(r.status, KUBE_OK);
    assert_string_equal(r.output, "0123456789");
    begin = now_ms();
    must_start(&r, io, "printf 01234567890; exec sleep 30", 10, NULL);
    assert_true(run_until(io, &r.done));
    assert_int_equal(r.status, KUBE_ERR_LIMIT);
    assert_int_equal(r.wait_status, -1);
    must_start(&r, io, "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done", 100000, NULL);
    assert_true(run_until(io, &r.done));
    assert_int_equal(r.status, KUBE_ERR_LIMIT);
    assert_true(r.len <= 100000);
    assert_true(now_ms() - begin < 2000);
    assert_no_zombie_stays(io);
    kube_io_free(io);
}

static void an_early_end_of_output_is_not_the_end(void **state)
{
    kube_io *io = make_io();
    run r;

    (void)state;
    must_start(&r, io, "echo x; exec >&-; sleep 0.01; exit 3", 0, NULL);
    assert_true(run_until(io, &r.done));
    assert_string_equal(r.output, "x\n");
    assert_int_equal(WEXITSTATUS(r.wait_status), 3);
    kube_io_free(io);
}

static void a_grandchild_that_keeps_the_pipe_delays_nobody(void **state)
{
    kube_io *io = make_io();
    int64_t begin = now_ms();
    run r;

    (void)state;
    must_start(&r, io, "sleep 3 2>&- & echo parent", 0, NULL);
    assert_true(run_until(io, &r.done));
    assert_string_equal(r.output, "parent\n");
    assert_int_equal(r.status, KUBE_OK);
    assert_true(now_ms() - begin < 2000);
    kube_io_free(io);
}

static void a_cancel_kills_at_once_and_leaves_no_zombie(void **state)
{
    kube_cancel *cancel = NULL;
    kube_io *io = make_io();
    kube_call call = { 0, NULL };
    int64_t begin = now_ms();
    size_t before = open_descriptors();
    run r;

    (void)state;
    assert_int_equal(kube_cancel_new(NULL, &cancel, NULL), KUBE_OK);
    call.cancel = cancel;
    must_start(&r, io, "trap '' TERM INT; echo begun; exec sleep 30", 0, &call);
    while (r.len == 0 && !r.done && now_ms() - begin < 20)
        assert_int_equal(kube_io_run(io, 5), KUBE_OK);
    kube_cancel_fire(cancel);
    assert_false(r.done);
    assert_true(kube_io_step(io, 0) == KUBE_PENDING);
    assert_true(r.done); /* the killed one is not waited for */
    assert_int_equal(r.status, KUBE_ERR_CANCELLED);
    assert_int_equal(r.wait_status, -1);
    assert_no_zombie_stays(io);
    assert_true(now_ms() - begin < 1000);
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
    run r;

    (void)state;
    fake_clock_init(&fake, 0);
    io = make_fake_io(&fake);
    must_start(&r, io, "exec sleep 30", 0, &call);
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
    run r;

    (void)state;
    close(mkstemp(path));
    unlink(path);
    snprintf(script, sizeof script, "touch %s", path);
    fake_clock_init(&fake, 100);
    io = make_fake_io(&fake);
    assert_int_equal(start(&r, io, script, 0, &call), KUBE_ERR_TIMEOUT);
    call.deadline_ns = 0;
    assert_int_equal(kube_cancel_new(NULL, &call.cancel, NULL), KUBE_OK);
    kube_cancel_fire(call.cancel);
    assert_int_equal(start(&r, io, script, 0, &call), KUBE_ERR_CANCELLED);
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
    int64_t begin = now_ms();
    run runs[3];

    (void)state;
    for (int i = 0; i < 3; i++)
        must_start(&runs[i], io, "exec sleep 30", 0, NULL);
    kube_io_free(io);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(runs[i].calls, 1);
        assert_int_equal(runs[i].status, KUBE_ERR_CANCELLED);
    }
    assert_false(has_children());
    assert_true(now_ms() - begin < 1000);
    assert_int_equal(open_descriptors(), before);
}

static void freeing_the_loop_right_after_a_cancel_leaves_no_zombie(void **state)
{
    kube_call call = { 0, NULL };
    kube_io *io = make_io();
    run r;

    (void)state;
    assert_int_equal(kube_cancel_new(NULL, &call.cancel, NULL), KUBE_OK);
    must_start(&r, io, "exec sleep 30", 0, &call);
    kube_cancel_fire(call.cancel);
    assert_true(kube_io_step(io, 0) == KUBE_PENDING);
    kube_io_free(io);
    assert_int_equal(r.calls, 1);
    assert_false(has_children());
    kube_cancel_unref(call.cancel);
}

static void start_another(void *user, kube_status status, int wait_status, char *output, size_t output_len)
{
    run *r = user;

    (void)status;
    (void)wait_status;
    (void)output;
    (void)output_len;
    if (start(&r[1], r->io, "echo second", 0, NULL) != KUBE_PENDING)
        abort();
    r->done = true;
}

static void one_child_may_be_started_when_another_has_ended(void **state)
{
    const char *const argv[] = { "true", NULL };
    const kube_io_child_options opts = { .struct_size = sizeof opts, .path = "/bin/true", .argv = argv };
    kube_io *io = make_io();
    run runs[2] = { { .io = io }, { .io = io } };

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
    run r;

    (void)state;
    sigaction(SIGCHLD, &ignore, &old);
    must_start(&r, io, "echo x; exit 3", 0, NULL);
    assert_true(run_until(io, &r.done));
    assert_int_equal(r.status, KUBE_OK);
    assert_int_equal(r.wait_status, -1);
    assert_string_equal(r.output, "x\n");
    assert_int_equal(kube_cancel_new(NULL, &call.cancel, NULL), KUBE_OK);
    must_start(&r, io, "exec sleep 30", 0, &call);
    kube_cancel_fire(call.cancel);
    assert_true(run_until(io, &r.done));
    assert_int_equal(r.status, KUBE_ERR_CANCELLED);
    assert_no_zombie_stays(io);
    kube_cancel_unref(call.cancel);
    kube_io_free(io);
    sigaction(SIGCHLD, &old, NULL);
}

/* ---- what only happens when the system is unkind: posix_spawn and waitid here do as a test wants them to ---- */

static bool spawn_returns_late;

int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attr,
                char *const argv[], char *const envp[])
{
    int (*real)(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *, char *const[],
                char *const[]);
    struct timespec pause = { 0, 1000000 };
    int rc;

    *(void **)&real = dlsym(RTLD_NEXT, "posix_spawn");
    rc = real(pid, path, actions, attr, argv, envp);
    while (rc == 0 && spawn_returns_late && kill(*pid, 0) == 0)
        nanosleep(&pause, NULL);
    return rc;
}

static void a_child_that_is_gone_before_it_is_watched_has_ended_well(void **state)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
    kube_io *io = make_io();
    run r;

    (void)state;
    sigaction(SIGCHLD, &ignore, &old);
    spawn_returns_late = true;
    must_start(&r, io, "echo quick", 0, NULL);
    spawn_returns_late = false;
    assert_true(run_until(io, &r.done));
    assert_int_equal(r.status, KUBE_OK);
    assert_int_equal(r.wait_status, -1);
    assert_string_equal(r.output, "quick\n");
    sigaction(SIGCHLD, &old, NULL);
    kube_io_free(io);
}

static unsigned seems_running; /* how many times a child that has ended is said to run */
static bool leaves_a_core;

int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
    int (*real)(idtype_t, id_t, siginfo_t *, int);
    int rc;

    if (type != P_ALL && seems_running > 0) {
        seems_running--;
        return 0;
    }
    *(void **)&real = dlsym(RTLD_NEXT, "waitid");
    rc = real(type, id, info, options);
    if (leaves_a_core && info->si_code == CLD_KILLED)
        info->si_code = CLD_DUMPED;
    return rc;
}

/* A debugger that traces the child is told first, and until it has looked there is nothing to reap. */
static void an_end_that_cannot_be_fetched_yet_is_fetched_later(void **state)
{
    kube_io *io = make_io();
    kube_call call = { 0, NULL };
    size_t before = open_descriptors();
    run r;

    (void)state;
    seems_running = 2;
    must_start(&r, io, "exit 3", 0, NULL);
    assert_true(run_until(io, &r.done));
    assert_true(seems_running == 0 && WIFEXITED(r.wait_status) && WEXITSTATUS(r.wait_status) == 3);
    assert_int_equal(kube_cancel_new(NULL, &call.cancel, NULL), KUBE_OK);
    must_start(&r, io, "exec sleep 30", 0, &call);
    kube_cancel_fire(call.cancel);
    assert_true(run_until(io, &r.done));
    seems_running = 2;
    assert_no_zombie_stays(io);
    assert_int_equal(seems_running, 0);
    assert_int_equal(open_descriptors(), before);
    kube_cancel_unref(call.cancel);
    kube_io_free(io);
}

/* Whether a core is really written is the machine's affair. */
static void a_core_dump_is_told_as_waitpid_tells_it(void **state)
{
    kube_io *io = make_io();
    run r;

    (void)state;
    leaves_a_core = true;
    must_start(&r, io, "kill -9 $$", 0, NULL);
    assert_true(run_until(io, &r.done));
    leaves_a_core = false;
    assert_true(WIFSIGNALED(r.wait_status) && WTERMSIG(r.wait_status) == SIGKILL && WCOREDUMP(r.wait_status));
    kube_io_free(io);
}

/* A process with a number of the test's choice; needs privileges. -1 where that is not to be had. */
static pid_t fork_with_number(pid_t number)
{
    struct {
        uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size;
        uint64_t cgroup;
    } args = { .exit_signal = SIGCHLD, .set_tid = (uint64_t)(uintptr_t)&number, .set_tid_size = 1 };
    pid_t pid = (pid_t)syscall(435 /* clone3 */, &args, sizeof args);

    if (pid == 0) {
        pause();
        _exit(0);
    }
    return pid;
}

static void a_number_that_went_to_another_process_is_not_killed(void **state)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
    struct timespec nap = { 0, 1000000 };
    kube_call call = { 0, NULL };
    kube_io *io = make_io();
    char path[] = "/tmp/kube-test-child-XXXXXX", script[100];
    int fd = mkstemp(path), status;
    pid_t number = 0, stranger;
    char text[20] = "";
    run r;

    (void)state;
    sigaction(SIGCHLD, &ignore, &old);
    assert_int_equal(kube_cancel_new(NULL, &call.cancel, NULL), KUBE_OK);
    snprintf(script, sizeof script, "echo $$ > %s", path);
    must_start(&r, io, script, 0, &call);
    for (int i = 0; i < 1000 && (number == 0 || kill(number, 0) == 0); i++) {
        nanosleep(&nap, NULL);
        if (pread(fd, text, sizeof text - 1, 0) > 0 && strchr(text, '\n') != NULL)
            number = (pid_t)strtol(text, NULL, 10);
    }
    sigaction(SIGCHLD, &old, NULL);
    stranger = fork_with_number(number);
    kube_cancel_fire(call.cancel); /* the loop has not seen the end of its own child */
    assert_true(run_until(io, &r.done));
    if (stranger > 0) {
        assert_int_equal(stranger, number);
        for (int i = 0; i < 10; i++)
            nanosleep(&nap, NULL); /* a signal takes its time to kill */
        assert_int_equal(waitpid(stranger, &status, WNOHANG), 0); /* alive, and its status not taken */
        kill(stranger, SIGKILL);
        assert_int_equal(waitpid(stranger, &status, 0), stranger);
    }
    kube_io_free(io);
    kube_cancel_unref(call.cancel);
    close(fd);
    unlink(path);
}

static void incomplete_options_are_refused(void **state)
{
    const char *const argv[] = { "true", NULL };
    kube_io_child_options opts = { .struct_size = sizeof opts, .path = "/bin/true", .argv = argv };
    kube_io *io = make_io();
    kube_error *err = NULL;
    run r = { .io = io };

    (void)state;
    assert_int_equal(kube_io_child_start(io, NULL, NULL, on_done, &r, NULL), KUBE_ERR_INVALID_ARG);
    opts.path = NULL;
    assert_int_equal(kube_io_child_start(io, &opts, NULL, on_done, &r, NULL), KUBE_ERR_INVALID_ARG);
    opts.path = "/nonexistent/x";
    opts.struct_size = 0;
    assert_int_equal(kube_io_child_start(io, &opts, NULL, on_done, &r, NULL), KUBE_ERR_INVALID_ARG);
    opts.struct_size = sizeof opts;
    opts.argv = NULL;
    assert_int_equal(kube_io_child_start(io, &opts, NULL, on_done, &r, NULL), KUBE_ERR_INVALID_ARG);
    opts.argv = argv;
    assert_int_equal(kube_io_child_start(io, &opts, NULL, on_done, &r, &err), KUBE_ERR_NOT_FOUND);
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
        run r;

        assert_int_equal(kube_cancel_new(NULL, &cancel, NULL), KUBE_OK);
        call.cancel = cancel;
        call.deadline_ns = kube_io_now_ns(io) + 60000 * MS;
        alloc_trace_fail_at(i / 2);
        st = start(&r, io, cancelled ? "echo x; exec sleep 30" : "echo some output", 0, &call);
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
        ALLOC_TRACE_TEST(a_child_that_is_gone_before_it_is_watched_has_ended_well),
        ALLOC_TRACE_TEST(an_end_that_cannot_be_fetched_yet_is_fetched_later),
        ALLOC_TRACE_TEST(a_core_dump_is_told_as_waitpid_tells_it),
        ALLOC_TRACE_TEST(a_number_that_went_to_another_process_is_not_killed),
        ALLOC_TRACE_TEST(incomplete_options_are_refused),
        ALLOC_TRACE_TEST(every_failed_allocation_ends_the_child),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
