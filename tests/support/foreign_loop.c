#include "foreign_loop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { TRIES = 10, MAX_STEPS = 16 };

/* The steps of the scenario that runs. */
static struct {
    const char *name;
    bool was_good;
} steps[MAX_STEPS];

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

int64_t foreign_loop_cpu_ns(void)
{
    return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

/* How long the thread has waited for a processor although it could run: the second number of its schedstat. A kernel
 * without it has that counted as blocked, where the thread was blocked in the same turn. */
static int64_t run_delay_ns(const foreign_loop *loop)
{
    char text[128];
    long long on_cpu, waited;
    ssize_t n = loop->sched_fd >= 0 ? pread(loop->sched_fd, text, sizeof text - 1, 0) : 0;

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
    require(loop->epoll_fd >= 0 && loop->timer_fd >= 0, "descriptors");
    require(timerfd_settime(loop->timer_fd, 0, &every_ms, NULL) == 0, "timerfd_settime");
    loop->ticked_ns = clock_ns(CLOCK_MONOTONIC);
    add(loop, loop->timer_fd, EPOLLIN);
    add(loop, kube_io_fd(loop->io), edge_triggered ? EPOLLIN | EPOLLET : EPOLLIN);
}

void foreign_loop_clear(foreign_loop *loop)
{
    kube_io_free(loop->io);
    if (loop->sched_fd >= 0)
        close(loop->sched_fd);
    close(loop->timer_fd);
    close(loop->epoll_fd);
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void note_threads(foreign_loop *loop)
{
    unsigned threads = count_threads();

    if (threads > loop->most_threads)
        loop->most_threads = threads;
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
        loop->worst_cpu_ns = larger(loop->worst_cpu_ns, cpu);
        loop->worst_blocked_ns = larger(loop->worst_blocked_ns, blocked);
        note_threads(loop);
    } while (loop->edge_triggered && st == KUBE_PENDING);
}

static void tick(foreign_loop *loop)
{
    uint64_t expirations;
    int64_t now = clock_ns(CLOCK_MONOTONIC);

    require(read(loop->timer_fd, &expirations, sizeof expirations) > 0, "read");
    loop->longest_gap_ns = larger(loop->longest_gap_ns, now - loop->ticked_ns);
    loop->ticked_ns = now;
    if (loop->ticks++ % 16 == 0)
        note_threads(loop);
}

static void turn(foreign_loop *loop)
{
    struct epoll_event events[4];
    int n = epoll_wait(loop->epoll_fd, events, 4, 100);

    require(n >= 0 || errno == EINTR, "epoll_wait");
    for (int i = 0; i < n; i++) {
        if (events[i].data.fd == loop->timer_fd)
            tick(loop);
        else
            measured_step(loop);
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

bool foreign_loop_folder(char *path)
{
    static const char *const places[] = { "/dev/shm", "/tmp" };

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(path, 64, "%s/kube-loop-XXXXXX", places[i]);
        if (mkdtemp(path) != NULL)
            return true;
    }
    return false;
}

void foreign_loop_judge_that(bool good, const char *step)
{
    int i = 0;

    while (i < MAX_STEPS && steps[i].name != NULL && strcmp(steps[i].name, step) != 0)
        i++;
    require(i < MAX_STEPS, "too many steps");
    steps[i].name = step;
    steps[i].was_good = steps[i].was_good || good;
}

void foreign_loop_judge(const foreign_loop *loop, const char *step)
{
    int64_t gap = larger(loop->longest_gap_ns, clock_ns(CLOCK_MONOTONIC) - loop->ticked_ns);

    print_message("%s: turns %u, worst %.2f ms of processor, %.2f ms blocked; own timer fired %u times, never for "
                  "%.2f ms; %u threads\n",
                  step, loop->turns, (double)loop->worst_cpu_ns / 1e6, (double)loop->worst_blocked_ns / 1e6,
                  loop->ticks, (double)gap / 1e6, loop->most_threads);
    foreign_loop_judge_that(loop->worst_cpu_ns < FOREIGN_LOOP_LIMIT_NS &&
                                loop->worst_blocked_ns < FOREIGN_LOOP_LIMIT_NS &&
                                gap < FOREIGN_LOOP_GAP_NS,
                            step);
}

/* A step that was not good yet; NULL: each was. */
static const char *bad_step(void)
{
    for (int i = 0; i < MAX_STEPS && steps[i].name != NULL; i++) {
        if (!steps[i].was_good)
            return steps[i].name;
    }
    return NULL;
}

void foreign_loop_prove(void (*scenario)(void))
{
    memset(steps, 0, sizeof steps);
    for (int i = 1; i <= TRIES; i++) {
        scenario();
        assert_non_null(steps[0].name);
        if (bad_step() == NULL)
            return;
        print_message("%s: the loop was held up, try %d of %d\n", bad_step(), i, TRIES);
    }
    fail_msg("%s: the loop was held up in each of %d tries", bad_step(), TRIES);
}
