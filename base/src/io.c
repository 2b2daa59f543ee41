/* The loop itself: one epoll descriptor with a timerfd, an eventfd and the watches inside. */
#include "io_internal.h"
#include "shared/alloc.h"
#include "shared/io.h"
#include "shared/options.h"
#include "shared/process.h"

#include <kube/sys/error.h>

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { EVENTS_PER_ROUND = 64, OTHER_CLOCK_POLL_MS = 5, FREE_ROUNDS = 1000 };

/* How many loops are calling back in this thread: a blocking call in there could wait for itself. */
static _Thread_local unsigned callback_depth;

bool kube__io_in_callback(void)
{
    return callback_depth != 0;
}

void kube__io_enter_callback(void)
{
    callback_depth++;
}

void kube__io_leave_callback(void)
{
    callback_depth--;
}

bool kube__io_is_foreign(const kube_io *io)
{
    return io->process != kube__process();
}

kube_status kube__io_check_process(const kube_io *io, kube_error **err)
{
    if (!kube__io_is_foreign(io))
        return KUBE_OK;
    return kube_error_set(err, KUBE_ERR_FORKED, "the loop belongs to the parent process");
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static bool add_own_fd(kube_io *io, int fd, uint64_t key)
{
    struct epoll_event ev = { .events = EPOLLIN, .data.u64 = key };

    return epoll_ctl(io->epoll_fd, EPOLL_CTL_ADD, fd, &ev) == 0;
}

/* A test's clock is a caller's struct like any other. */
static bool clock_is_whole(const kube_clock *clock)
{
    return clock == NULL ||
           (clock->struct_size >= sizeof *clock && clock->monotonic_ns != NULL && clock->unix_ms != NULL);
}

static kube_status open_descriptors(kube_io *io, kube_error **err)
{
    io->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (io->epoll_fd >= 0)
        io->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (io->event_fd >= 0)
        io->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (io->timer_fd < 0 || !add_own_fd(io, io->event_fd, KEY_EVENT_FD) ||
        !add_own_fd(io, io->timer_fd, KEY_TIMER_FD))
        return kube_error_set_errno(err, KUBE_ERR_IO, errno, "making the descriptors of a loop");
    return KUBE_OK;
}

static void release(kube_io *io)
{
    close_fd(&io->timer_fd);
    close_fd(&io->event_fd);
    close_fd(&io->epoll_fd);
    pthread_mutex_destroy(&io->queue_lock);
    kube__free(io->watches);
    kube__free(io->heap);
    kube__free(io);
}

kube_status kube_io_new(const kube_io_options *opts, kube_io **out, kube_error **err)
{
    kube_io_options o;
    kube_io *io = NULL;
    kube_status st;

    st = kube__options_import(&o, sizeof o, opts, sizeof o, "kube_io_options", err);
    if (st != KUBE_OK)
        return st;
    if (!clock_is_whole(o.clock))
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "kube_io_options: the clock lacks its size or a function");
    if (KUBE__NEW(io) == NULL)
        return kube_error_no_memory(err);
    io->clock = o.clock != NULL ? *o.clock : *kube_clock_system();
    io->system_clock = io->clock.monotonic_ns == kube_clock_system()->monotonic_ns; /* also through a copy of it */
    io->process = kube__process();
    io->epoll_fd = io->event_fd = io->timer_fd = -1;
    io->armed_ns = INT64_MAX;
    io->timer_floor = INT64_MIN;
    io->watch_free = WATCH_NONE;
    atomic_init(&io->stepping, false);
    pthread_mutex_init(&io->queue_lock, NULL);
    st = open_descriptors(io, err);
    if (st != KUBE_OK) {
        release(io);
        return st;
    }
    *out = io;
    return KUBE_OK;
}

void kube_io_free(kube_io *io)
{
    if (io == NULL)
        return;
    if (kube__io_is_foreign(io))
        return; /* closing or ending anything here would reach into the parent: the memory is given up instead */
    io->closing = true;
    callback_depth++;
    kube__io_guards_close(io);
    for (int round = 0; round < FREE_ROUNDS && kube__io_tasks_run(io) != 0; round++)
        ; /* a task that queues itself again and again is dropped in the end */
    kube__io_tasks_drop(io);
    callback_depth--;
    release(io);
}

int kube_io_fd(const kube_io *io)
{
    return io->epoll_fd;
}

int64_t kube_io_now_ns(const kube_io *io)
{
    return io->clock.monotonic_ns(io->clock.state);
}

const kube_clock *kube_io_clock(const kube_io *io)
{
    return &io->clock;
}

/* For a loop somebody else polls: the descriptor must become readable at the next deadline. A timerfd set to an
 * absolute time that has passed fires at once, and one set to 0 is disarmed. */
static void arm_timer(kube_io *io)
{
    int64_t next = kube__io_timers_next(io);
    struct itimerspec when = { { 0, 0 }, { 0, 0 } };

    if (next == io->armed_ns || !io->system_clock)
        return;
    if (next != INT64_MAX) {
        int64_t at = next > 0 ? next : 1;

        when.it_value.tv_sec = at / 1000000000;
        when.it_value.tv_nsec = at % 1000000000;
    }
    timerfd_settime(io->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
    io->armed_ns = next;
}

static void drain(int fd)
{
    uint64_t count;
    ssize_t n = read(fd, &count, sizeof count);

    (void)n; /* nothing there is fine */
}

static void dispatch(kube_io *io, const struct epoll_event *events, int count)
{
    for (int i = 0; i < count; i++) {
        if (events[i].data.u64 == KEY_EVENT_FD) {
            continue; /* kube__io_tasks_run() empties it together with the queue */
        } else if (events[i].data.u64 == KEY_TIMER_FD) {
            drain(io->timer_fd);
            io->armed_ns = INT64_MAX;
        } else {
            kube__io_watch_dispatch(io, events[i].data.u64, events[i].events);
        }
    }
}

/* How long epoll may wait: until the next timer, rounded up so that a round is not made just before it. A clock that
 * is not the system's says nothing about real time, so it is looked at again and again. */
static int wait_ms(const kube_io *io, int64_t max_wait_ms)
{
    int64_t next = kube__io_timers_next(io), wait = max_wait_ms;

    if (wait != 0 && next != INT64_MAX) {
        int64_t now = kube_io_now_ns(io);
        int64_t ms = next > now ? (next - now - 1) / 1000000 + 1 : 0;

        if (!io->system_clock && ms > OTHER_CLOCK_POLL_MS)
            ms = OTHER_CLOCK_POLL_MS;
        if (wait < 0 || ms < wait)
            wait = ms;
    }
    if (wait < 0)
        return -1;
    return wait > INT32_MAX ? INT32_MAX : (int)wait;
}

/* One round: tell the kernel what changed, fetch events, call back. `did` tells whether anything was called. */
static kube_status round_once(kube_io *io, int64_t max_wait_ms, bool *did)
{
    struct epoll_event events[EVENTS_PER_ROUND];
    int count;
    size_t ran;

    kube__io_watches_flush(io);
    if (max_wait_ms != 0 && (io->refused || kube__io_tasks_pending(io)))
        max_wait_ms = 0;
    count = epoll_wait(io->epoll_fd, events, EVENTS_PER_ROUND, wait_ms(io, max_wait_ms));
    if (count < 0 && errno != EINTR)
        return KUBE_ERR_IO;
    callback_depth++;
    io->in_round = true;
    io->kicked = false;
    ran = kube__io_tasks_run(io) + kube__io_watches_report_refused(io);
    if (count > 0)
        dispatch(io, events, count);
    ran += kube__io_timers_run(io, kube_io_now_ns(io));
    callback_depth--;
    kube__io_watches_flush(io);
    io->in_round = false;
    *did = count > 0 || ran != 0;
    return KUBE_OK;
}

static kube_status enter(kube_io *io)
{
    if (kube__io_is_foreign(io))
        return KUBE_ERR_FORKED;
    if (callback_depth != 0)
        return KUBE_ERR_WOULD_DEADLOCK;
    return atomic_exchange(&io->stepping, true) ? KUBE_ERR_INVALID_STATE : KUBE_OK;
}

static void leave(kube_io *io)
{
    atomic_store(&io->stepping, false);
}

/* The budget is the stepping thread's time: it passes even when the clock of the loop stands still. */
kube_status kube_io_step(kube_io *io, uint32_t budget_ms)
{
    const kube_clock *clock = kube_clock_system();
    int64_t end;
    bool did = true;
    kube_status st = enter(io);

    if (st != KUBE_OK)
        return st;
    end = clock->monotonic_ns(clock->state) + (int64_t)budget_ms * 1000000;
    do
        st = round_once(io, 0, &did);
    while (st == KUBE_OK && did && clock->monotonic_ns(clock->state) < end);
    arm_timer(io);
    leave(io);
    return st == KUBE_OK && did ? KUBE_PENDING : st;
}

kube_status kube_io_run(kube_io *io, int64_t max_wait_ms)
{
    bool did;
    kube_status st = enter(io);

    if (st != KUBE_OK)
        return st;
    st = round_once(io, max_wait_ms, &did);
    arm_timer(io);
    leave(io);
    return st;
}

kube_status kube__io_turn(kube_io *io, int64_t max_wait_ms)
{
    bool did;
    kube_status st = enter(io);

    if (st != KUBE_OK)
        return st;
    st = round_once(io, max_wait_ms, &did);
    leave(io);
    return st;
}

void kube__io_kick(kube_io *io)
{
    if (io->in_round || io->kicked || io->self_driven || kube__io_is_foreign(io))
        return;
    io->kicked = true;
    kube__io_signal(io);
}

void kube__io_set_self_driven(kube_io *io)
{
    io->self_driven = true;
}

void kube__io_signal(kube_io *io)
{
    uint64_t one = 1;
    ssize_t n = write(io->event_fd, &one, sizeof one);

    (void)n; /* a full counter is readable as well */
}

void kube_io_wake(kube_io *io)
{
    int saved = errno;

    if (!kube__io_is_foreign(io))
        kube__io_signal(io);
    errno = saved;
}
