/* What only happens when the system is unkind: posix_spawn and waitid here do as a test wants them to, and poll is
 * counted. */
#include "child_fixture.h"
#include "system_fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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
    script_run r;

    (void)state;
    sigaction(SIGCHLD, &ignore, &old);
    spawn_returns_late = true;
    must_start_script(&r, io, "echo quick", 0, NULL);
    spawn_returns_late = false;
    assert_true(run_until(io, &r.done));
    assert_int_equal(r.status, KUBE_OK);
    assert_int_equal(r.wait_status, -1);
    assert_string_equal(r.output, "quick\n");
    sigaction(SIGCHLD, &old, NULL);
    kube_io_free(io);
}

/* There is nobody to kill, and nothing to wait for. */
static void a_child_that_is_gone_before_it_is_watched_can_be_cancelled(void **state)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
    kube_io *io = make_io();
    kube_call call = { 0, NULL };
    size_t before = open_descriptors();
    script_run r;

    (void)state;
    assert_int_equal(kube_cancel_new(NULL, &call.cancel, NULL), KUBE_OK);
    sigaction(SIGCHLD, &ignore, &old);
    spawn_returns_late = true;
    must_start_script(&r, io, "echo quick", 0, &call);
    spawn_returns_late = false;
    kube_cancel_fire(call.cancel);
    assert_true(run_until(io, &r.done));
    assert_int_equal(r.status, KUBE_ERR_CANCELLED);
    assert_int_equal(r.calls, 1);
    assert_int_equal(open_descriptors(), before);
    sigaction(SIGCHLD, &old, NULL);
    kube_cancel_unref(call.cancel);
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
    script_run r;

    (void)state;
    seems_running = 2;
    must_start_script(&r, io, "exit 3", 0, NULL);
    assert_true(run_until(io, &r.done));
    assert_true(seems_running == 0 && WIFEXITED(r.wait_status) && WEXITSTATUS(r.wait_status) == 3);
    assert_int_equal(kube_cancel_new(NULL, &call.cancel, NULL), KUBE_OK);
    must_start_script(&r, io, "exec sleep 300", 0, &call);
    kube_cancel_fire(call.cancel);
    assert_true(run_until(io, &r.done));
    seems_running = 2;
    assert_no_zombie_stays(io);
    assert_int_equal(seems_running, 0);
    assert_int_equal(open_descriptors(), before);
    kube_cancel_unref(call.cancel);
    kube_io_free(io);
}

static unsigned waits;

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
    int (*real)(struct pollfd *, nfds_t, int);

    waits += timeout != 0;
    *(void **)&real = dlsym(RTLD_NEXT, "poll");
    return real(fds, count, timeout);
}

/* How often a child is asked for whether it has ended, while the loop does what there is to do. */
static unsigned looks_in_a_step(kube_io *io)
{
    unsigned before = seems_running;

    assert_true(settle(io));
    return before - seems_running;
}

/* As when a user has used up his watches, and the process sleeps in the kernel: a step has other things to do. */
static void what_was_killed_and_cannot_be_watched_is_looked_at_from_time_to_time(void **state)
{
    static const int delays_ms[] = { 10, 20, 40, 80, 160, 320, 640, 1000, 1000 };
    siginfo_t info;
    fake_clock clock;
    kube_io *io;
    size_t before;
    script_run r;

    (void)state;
    fake_clock_init(&clock, 1000 * MS);
    io = make_fake_io(&clock);
    before = open_descriptors();
    waits = 0;
    seems_running = 1000;
    must_start_script(&r, io, "exec sleep 300", 0, NULL);
    system_fault_always("epoll_ctl");
    assert_true(looks_in_a_step(io) >= 2);
    assert_int_equal(r.calls, 1);
    assert_int_equal(r.status, KUBE_ERR_IO);
    assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), 0);
    for (size_t i = 0; i < sizeof delays_ms / sizeof delays_ms[0]; i++) {
        fake_clock_advance(&clock, delays_ms[i] * MS - 1);
        assert_int_equal(looks_in_a_step(io), 0);
        fake_clock_advance(&clock, 1);
        assert_int_equal(looks_in_a_step(io), 1);
    }
    assert_true(has_children());
    seems_running = 0;
    fake_clock_advance(&clock, 1000 * MS);
    assert_true(settle(io));
    assert_false(has_children());
    assert_int_equal(open_descriptors(), before);
    assert_int_equal(waits, 0);
    assert_string_equal(system_fault_stop(), "epoll_ctl");
    kube_io_free(io);
}

/* Out of descriptors, for example. */
static void what_cannot_even_be_known_by_a_descriptor_is_killed_and_looked_at_as_well(void **state)
{
    fake_clock clock;
    kube_io *io;
    size_t before;
    int64_t begin;
    script_run r;

    (void)state;
    fake_clock_init(&clock, 1000 * MS);
    io = make_fake_io(&clock);
    before = open_descriptors();
    for (int by_the_loop = 0; by_the_loop < 2; by_the_loop++) {
        waits = 0;
        seems_running = 2;
        system_fault_always("pidfd_open");
        assert_int_equal(start_script(&r, io, "exec sleep 300", 0, NULL, NULL), KUBE_ERR_IO);
        assert_string_equal(system_fault_stop(), "pidfd_open");
        assert_true(has_children());
        assert_int_equal(open_descriptors(), before);
        if (by_the_loop)
            break;
        for (int i = 0; i < 2; i++) {
            fake_clock_advance(&clock, (10 * MS) << i);
            assert_int_equal(looks_in_a_step(io), 1);
        }
        for (int64_t end = now_ms() + 60000; has_children() && now_ms() < end;) {
            fake_clock_advance(&clock, 1000 * MS);
            assert_true(settle(io));
        }
        assert_false(has_children());
        assert_int_equal(waits, 0);
    }
    begin = now_ms();
    kube_io_free(io); /* which may wait for what it leaves */
    assert_true(no_child_stays(begin));
    assert_int_equal(r.calls, 0);
}

/* It sleeps in the kernel, say: a program that ends has better things to do. */
static void one_that_does_not_die_is_left_after_a_second(void **state)
{
    kube_io *io = make_io();
    int64_t begin;
    script_run r;

    (void)state;
    must_start_script(&r, io, "exec sleep 300", 0, NULL);
    assert_true(settle(io));
    waits = 0;
    seems_running = 1000;
    begin = now_ms();
    kube_io_free(io);
    assert_int_equal(r.calls, 1);
    assert_int_equal(r.status, KUBE_ERR_CANCELLED);
    assert_in_range(waits, 2, 101); /* a pause may take longer than it should */
    assert_int_equal(seems_running, 1000 - (waits + 1));
    assert_true(now_ms() - begin >= 1000);
    seems_running = 0;
    assert_true(waitpid(-1, NULL, 0) > 0);
}

static void a_burial_needs_no_memory(void **state)
{
    kube_io *io = make_io();
    kube_call call = { 0, NULL };
    size_t before = open_descriptors();
    script_run r;

    (void)state;
    waits = 0;
    assert_int_equal(kube_cancel_new(NULL, &call.cancel, NULL), KUBE_OK);
    must_start_script(&r, io, "exec sleep 300", 0, &call);
    assert_true(settle(io));
    kube_cancel_fire(call.cancel);
    alloc_trace_forbid();
    assert_true(run_until(io, &r.done));
    assert_no_zombie_stays(io);
    assert_false(alloc_trace_stop());
    assert_int_equal(waits, 0);
    assert_int_equal(open_descriptors(), before);
    kube_cancel_unref(call.cancel);
    kube_io_free(io);
}

/* Whether a core is really written is the machine's affair. */
static void a_core_dump_is_told_as_waitpid_tells_it(void **state)
{
    kube_io *io = make_io();
    script_run r;

    (void)state;
    leaves_a_core = true;
    must_start_script(&r, io, "kill -9 $$", 0, NULL);
    assert_true(run_until(io, &r.done));
    leaves_a_core = false;
    assert_true(WIFSIGNALED(r.wait_status) && WTERMSIG(r.wait_status) == SIGKILL && WCOREDUMP(r.wait_status));
    kube_io_free(io);
}

/* A process with a number of the test's choice; needs privileges. -1 and errno where that is not to be had. */
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

/* The number of a child that has told it and ended, of which its loop knows nothing yet. */
static pid_t start_and_end(script_run *r, kube_io *io, const kube_call *call)
{
    struct timespec nap = { 0, 1000000 };
    int64_t end = now_ms() + PATIENCE_MS;
    char script[100];
    pid_t number;
    note told;

    note_open(&told);
    snprintf(script, sizeof script, "echo $$ > %s", told.path);
    must_start_script(r, io, script, 0, call);
    note_await(&told, NULL);
    number = (pid_t)strtol(told.text, NULL, 10);
    note_close(&told);
    assert_true(number > 0);
    while (kill(number, 0) == 0 && now_ms() < end)
        nanosleep(&nap, NULL);
    assert_int_not_equal(kill(number, 0), 0);
    return number;
}

/* 0, or the errno value for which no stranger could be given the number. */
static int cancel_what_became_a_stranger(void)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
    struct timespec nap = { 0, 10000000 };
    kube_call call = { 0, NULL };
    kube_io *io = make_io();
    pid_t number, stranger;
    int failure = 0, status;
    script_run r;

    sigaction(SIGCHLD, &ignore, &old);
    assert_int_equal(kube_cancel_new(NULL, &call.cancel, NULL), KUBE_OK);
    number = start_and_end(&r, io, &call);
    sigaction(SIGCHLD, &old, NULL);
    stranger = fork_with_number(number);
    if (stranger < 0)
        failure = errno;
    kube_cancel_fire(call.cancel); /* the loop has not seen the end of its own child */
    assert_true(run_until(io, &r.done));
    if (stranger > 0) {
        assert_int_equal(stranger, number);
        nanosleep(&nap, NULL); /* a signal takes its time to kill */
        assert_int_equal(waitpid(stranger, &status, WNOHANG), 0); /* alive, and its status not taken */
        kill(stranger, SIGKILL);
        assert_int_equal(waitpid(stranger, &status, 0), stranger);
    }
    kube_io_free(io);
    kube_cancel_unref(call.cancel);
    return failure;
}

static void a_number_that_went_to_another_process_is_not_killed(void **state)
{
    int failure = EEXIST; /* somebody else was given it first */

    (void)state;
    for (int i = 0; i < 10 && failure == EEXIST; i++)
        failure = cancel_what_became_a_stranger();
    assert_int_not_equal(failure, EEXIST);
    if (failure != 0) {
        print_message("no process gets a number of this test's choice: %s\n", strerror(failure));
        skip();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(a_child_that_is_gone_before_it_is_watched_has_ended_well),
        ALLOC_TRACE_TEST(a_child_that_is_gone_before_it_is_watched_can_be_cancelled),
        ALLOC_TRACE_TEST(an_end_that_cannot_be_fetched_yet_is_fetched_later),
        ALLOC_TRACE_TEST(what_cannot_even_be_known_by_a_descriptor_is_killed_and_looked_at_as_well),
        ALLOC_TRACE_TEST(one_that_does_not_die_is_left_after_a_second),
        ALLOC_TRACE_TEST(a_burial_needs_no_memory),
        ALLOC_TRACE_TEST(what_was_killed_and_cannot_be_watched_is_looked_at_from_time_to_time),
        ALLOC_TRACE_TEST(a_core_dump_is_told_as_waitpid_tells_it),
        ALLOC_TRACE_TEST(a_number_that_went_to_another_process_is_not_killed),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
