/* Timers: a binary heap by deadline, then by the order of starting. Each timer reserves its place when it is made, so
 * that starting cannot fail. */
#include "io_internal.h"
#include "shared/alloc.h"

#include <kube/sys/error.h>

static void place(kube_io *io, kube_io_timer *timer, size_t index)
{
    io->heap[index] = timer;
    timer->index = index;
}

static bool earlier(const kube_io_timer *a, const kube_io_timer *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->seq < b->seq;
}

static void sift_up(kube_io *io, kube_io_timer *timer, size_t i)
{
    while (i > 0 && earlier(timer, io->heap[(i - 1) / 2])) {
        place(io, io->heap[(i - 1) / 2], i);
        i = (i - 1) / 2;
    }
    place(io, timer, i);
}

static void sift_down(kube_io *io, kube_io_timer *timer, size_t i)
{
    for (;;) {
        size_t child = 2 * i + 1;

        if (child >= io->heap_len)
            break;
        if (child + 1 < io->heap_len && earlier(io->heap[child + 1], io->heap[child]))
            child++;
        if (!earlier(io->heap[child], timer))
            break;
        place(io, io->heap[child], i);
        i = child;
    }
    place(io, timer, i);
}

kube_status kube_io_timer_new(kube_io *io, void (*fn)(void *user), void *user, kube_io_timer **out, kube_error **err)
{
    kube_io_timer *timer = NULL;
    kube_status st = kube__io_check_process(io, err);

    if (st != KUBE_OK)
        return st;
    if (io->timer_count == io->heap_capacity) {
        size_t capacity = io->heap_capacity != 0 ? io->heap_capacity * 2 : 16;
        kube_io_timer **heap = kube__realloc_array(io->heap, capacity, sizeof *heap);

        if (heap == NULL)
            return kube_error_no_memory(err);
        io->heap = heap;
        io->heap_capacity = capacity;
    }
    if (KUBE__NEW(timer) == NULL)
        return kube_error_no_memory(err);
    io->timer_count++;
    timer->io = io;
    timer->fn = fn;
    timer->user = user;
    timer->index = TIMER_STOPPED;
    *out = timer;
    return KUBE_OK;
}

void kube_io_timer_start(kube_io_timer *timer, int64_t at_ns)
{
    kube_io *io = timer->io;

    kube_io_timer_stop(timer);
    timer->at_ns = at_ns > io->timer_floor ? at_ns : io->timer_floor;
    timer->seq = io->timer_seq++;
    sift_up(io, timer, io->heap_len++);
    if (at_ns < io->armed_ns)
        kube__io_kick(io);
}

void kube_io_timer_stop(kube_io_timer *timer)
{
    kube_io *io = timer->io;
    size_t i = timer->index;
    kube_io_timer *last;

    if (i == TIMER_STOPPED)
        return;
    timer->index = TIMER_STOPPED;
    last = io->heap[--io->heap_len];
    if (last == timer)
        return;
    if (i > 0 && earlier(last, io->heap[(i - 1) / 2]))
        sift_up(io, last, i);
    else
        sift_down(io, last, i);
}

void kube_io_timer_free(kube_io_timer *timer)
{
    if (timer == NULL)
        return;
    kube_io_timer_stop(timer);
    timer->io->timer_count--;
    kube__free(timer);
}

int64_t kube__io_timers_next(const kube_io *io)
{
    return io->heap_len != 0 ? io->heap[0]->at_ns : INT64_MAX;
}

/* Only what was running at the start: a timer that restarts itself in the past must not keep the loop here. The floor
 * puts it behind all that are due, so that it cannot starve them either. */
size_t kube__io_timers_run(kube_io *io, int64_t now)
{
    uint64_t end = io->timer_seq;
    size_t ran = 0;

    io->timer_floor = now;
    while (io->heap_len != 0 && io->heap[0]->at_ns <= now && io->heap[0]->seq < end) {
        kube_io_timer *timer = io->heap[0];

        kube_io_timer_stop(timer);
        timer->fn(timer->user);
        ran++;
    }
    io->timer_floor = INT64_MIN;
    return ran;
}
