#include "foreign_loop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { TRIES = 5 };

static bool held_up; /* in the scenario that runs */

static void require(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "foreign_loop: ");
    perror(what);
    abort();
}

static int64_t clock_ns(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* How long the thread has waited for a processor although it could run: the second number of its schedstat. */
static int64_t run_delay_ns(const foreign_loop *loop)
{
    char text[128];
    long long on_cpu, waited;
    ssize_t n = pread(loop->sched_fd, text, sizeof text - 1, 0);

    if (n <= 0)
        return 0;
    text[n] = '\0';
    return sscanf(text, "%lld %lld", &on_cpu, &waited) == 2 ? waited : 0;
}

/* How often the thread has given its processor up. */
static long waits(void)
{
    struct rusage usage;

    require(getrusage(RUSAGE_THREAD, &usage) == 0, "getrusage");
    return usage.ru_nvcsw;
}

static unsigned count_threads(void)
{
    DIR *dir = opendir("/proc/self/task");
    struct dirent *entry;
    unsigned n = 0;

    while (dir != NULL && (entry = readdir(dir)) != NULL)
        n += entry->d_name[0] != '.';
    if (dir != NULL)
        closedir(dir);
    return n;
}

static void add(foreign_loop *loop, int fd, uint32_t events)
{
    struct epoll_event ev = { .events = events, .data.fd = fd };

    require(epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &ev) == 0, "epoll_ctl");
}

void foreign_loop_init(foreign_loop *loop, bool edge_triggered)
{
    struct itimerspec every_ms = { { 0, 1000000 }, { 0, 1000000 } };

    *loop = (foreign_loop){ .edge_triggered = edge_triggered, .threads_before = count_threads() };
    require(kube_io_new(NULL, &loop->io, NULL) == KUBE_OK, "kube_io_new");
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    loop->sched_fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    require(loop->epoll_fd >= 0 && loop->timer_fd >= 0 && loop->sched_fd >= 0, "descriptors");
    require(timerfd_settime(loop->timer_fd, 0, &every_ms, NULL) == 0, "timerfd_settime");
    add(loop, loop->timer_fd, EPOLLIN);
    add(loop, kube_io_fd(loop->io), edge_triggered ? EPOLLIN | EPOLLET : EPOLLIN);
}

void foreign_loop_clear(foreign_loop *loop)
{
    kube_io_free(loop->io);
    close(loop->sched_fd);
    close(loop->timer_fd);
    close(loop->epoll_fd);
}

static void measured_step(foreign_loop *loop)
{
    kube_status st;

    do {
        int64_t delay = run_delay_ns(loop), wall = clock_ns(CLOCK_MONOTONIC), cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
        int64_t blocked;
        long waited = waits();

        st = kube_io_step(loop->io, 5);
        cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
        wall = clock_ns(CLOCK_MONOTONIC) - wall;
        blocked = waits() == waited ? 0 : wall - cpu - (run_delay_ns(loop) - delay);
        require(st == KUBE_OK || st == KUBE_PENDING, "kube_io_step");
        loop->turns++;
        if (cpu > loop->worst_cpu_ns)
            loop->worst_cpu_ns = cpu;
        if (blocked > loop->worst_blocked_ns)
            loop->worst_blocked_ns = blocked;
    } while (loop->edge_triggered && st == KUBE_PENDING);
}

static void turn(foreign_loop *loop)
{
    struct epoll_event events[4];
    int n = epoll_wait(loop->epoll_fd, events, 4, 100);

    require(n >= 0 || errno == EINTR, "epoll_wait");
    for (int i = 0; i < n; i++) {
        uint64_t expirations;
        unsigned threads;

        if (events[i].data.fd != loop->timer_fd) {
            measured_step(loop);
            continue;
        }
        require(read(loop->timer_fd, &expirations, sizeof expirations) > 0, "read");
        loop->ticks++;
        threads = loop->ticks % 16 == 0 ? count_threads() : 0;
        if (threads > loop->most_threads)
            loop->most_threads = threads;
    }
}

bool foreign_loop_run(foreign_loop *loop, const int *flag, int64_t limit_ms)
{
    int64_t end = clock_ns(CLOCK_MONOTONIC) + limit_ms * 1000000;

    while (*flag == 0 && clock_ns(CLOCK_MONOTONIC) < end)
        turn(loop);
    return *flag != 0;
}

void foreign_loop_run_for(foreign_loop *loop, int64_t ms)
{
    static const int never = 0;

    foreign_loop_run(loop, &never, ms);
}

void foreign_loop_judge(const foreign_loop *loop, const char *what)
{
    print_message("%s: turns %u, worst %.2f ms of processor, %.2f ms blocked; own timer fired %u times, %u threads\n",
                  what, loop->turns, (double)loop->worst_cpu_ns / 1e6, (double)loop->worst_blocked_ns / 1e6,
                  loop->ticks, loop->most_threads);
    held_up = held_up || loop->worst_cpu_ns >= FOREIGN_LOOP_LIMIT_NS || loop->worst_blocked_ns >= FOREIGN_LOOP_LIMIT_NS;
}

void foreign_loop_doubt(const char *why)
{
    print_message("%s\n", why);
    held_up = true;
}

void foreign_loop_prove(void (*scenario)(void))
{
    for (int i = 0; i < TRIES; i++) {
        held_up = false;
        scenario();
        if (!held_up)
            return;
        print_message("the loop was held up, try %d of %d\n", i + 1, TRIES);
    }
    fail_msg("a turn took longer than %d ms in each of %d tries", FOREIGN_LOOP_LIMIT_NS / 1000000, TRIES);
}
