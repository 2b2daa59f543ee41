#include "base_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { REAP_WAIT_MS = 1000 }; /* as in io_child.c */

static int64_t fake_monotonic_ns(void *state)
{
    fake_clock *clock = state;

    return atomic_load(&clock->now_ns);
}

static int64_t fake_unix_ms(void *state)
{
    fake_clock *clock = state;

    return atomic_load(&clock->now_ns) / MS;
}

void fake_clock_init(fake_clock *clock, int64_t now_ns)
{
    clock->clock = (kube_clock){ sizeof(kube_clock), clock, fake_monotonic_ns, fake_unix_ms };
    atomic_init(&clock->now_ns, now_ns);
}

void fake_clock_advance(fake_clock *clock, int64_t ns)
{
    atomic_fetch_add(&clock->now_ns, ns);
}

kube_io *make_io(void)
{
    kube_io *io = NULL;

    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    return io;
}

kube_io *make_fake_io(fake_clock *clock)
{
    kube_io_options opts = KUBE_IO_OPTIONS_INIT;
    kube_io *io = NULL;

    opts.clock = &clock->clock;
    assert_int_equal(kube_io_new(&opts, &io, NULL), KUBE_OK);
    return io;
}

bool settle(kube_io *io)
{
    for (int round = 0; round < 10000; round++) {
        kube_status st = kube_io_step(io, 0);

        if (st != KUBE_PENDING)
            return st == KUBE_OK;
    }
    return false;
}

bool readable(int fd, int timeout_ms)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return poll(&p, 1, timeout_ms) == 1;
}

int64_t now_ms(void)
{
    return kube_clock_system()->monotonic_ns(NULL) / MS;
}

bool run_until(kube_io *io, const bool *done)
{
    int64_t end = now_ms() + PATIENCE_MS;

    while (!*done && now_ms() < end) {
        if (kube_io_run(io, 100) != KUBE_OK)
            return false;
    }
    return *done;
}

int run_forked(int (*fn)(void *arg), void *arg)
{
    struct timespec pause = { 0, 1000000 };
    int64_t end = now_ms() + PATIENCE_MS;
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        status = fn(arg);
#ifndef KUBE_COVERAGE /* past a sanitizer's own ideas of an end: the parent's other threads count as leaked here */
        syscall(SYS_exit_group, status);
#endif
        _exit(status);
    }
    while (now_ms() < end) {
        if (waitpid(pid, &status, WNOHANG) == pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        nanosleep(&pause, NULL);
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return -1;
}

size_t open_descriptors(void)
{
    size_t count = 0;

    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) != -1;
    return count;
}

bool has_children(void)
{
    siginfo_t info;

    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

bool no_child_stays(int64_t begin_ms)
{
    struct timespec pause = { 0, 1000000 };
    int64_t end = begin_ms + PATIENCE_MS;

    if (now_ms() - begin_ms < REAP_WAIT_MS)
        return !has_children();
    while (has_children() && now_ms() < end) {
        if (waitpid(-1, NULL, WNOHANG) == 0)
            nanosleep(&pause, NULL);
    }
    return !has_children() && now_ms() < end;
}

void count_call(void *user)
{
    ++*(int *)user;
}

uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

void assert_error(kube_error *err, kube_status status, const char *part_of_message)
{
    assert_non_null(err);
    assert_int_equal(kube_error_status(err), status);
    if (strstr(kube_error_message(err), part_of_message) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part_of_message, kube_error_message(err));
    kube_error_free(err);
}
