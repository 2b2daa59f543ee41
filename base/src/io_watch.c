/* Watched descriptors. Changes are kept in memory and told to the kernel once per round: between two requests on one
 * connection "stop" and "start" become one system call, and several changes of mind none. */
#include "io_internal.h"
#include "shared/alloc.h"
#include "shared/io.h"

#include <kube/sys/error.h>

#include <sys/epoll.h>

static uint64_t slot_key(const kube_io *io, uint32_t slot)
{
    return ((uint64_t)io->watches[slot].generation << 32) | slot;
}

static bool take_slot(kube_io *io, uint32_t *slot)
{
    if (io->watch_free == WATCH_NONE) {
        uint32_t capacity = io->watch_capacity != 0 ? io->watch_capacity * 2 : 16;
        watch_slot *grown;

        if (capacity > WATCH_NONE / 2)
            return false;
        grown = kube__realloc_array(io->watches, capacity, sizeof *grown);
        if (grown == NULL)
            return false;
        for (uint32_t i = io->watch_capacity; i < capacity; i++)
            grown[i] = (watch_slot){ NULL, 0, i + 1 < capacity ? i + 1 : WATCH_NONE };
        io->watch_free = io->watch_capacity;
        io->watches = grown;
        io->watch_capacity = capacity;
    }
    *slot = io->watch_free;
    io->watch_free = io->watches[*slot].next_free;
    return true;
}

static void give_slot_back(kube_io *io, uint32_t slot)
{
    io->watches[slot].watch = NULL;
    io->watches[slot].generation++;
    if (io->watches[slot].generation == UINT32_MAX)
        io->watches[slot].generation = 0; /* all ones would look like the loop's own keys */
    io->watches[slot].next_free = io->watch_free;
    io->watch_free = slot;
}

static void mark_dirty(kube_io_watch *watch)
{
    if (watch->dirty)
        return;
    watch->dirty = true;
    watch->prev_dirty = NULL;
    watch->next_dirty = watch->io->dirty;
    if (watch->next_dirty != NULL)
        watch->next_dirty->prev_dirty = watch;
    watch->io->dirty = watch;
    kube__io_kick(watch->io);
}

static void unmark_dirty(kube_io_watch *watch)
{
    if (!watch->dirty)
        return;
    watch->dirty = false;
    if (watch->prev_dirty != NULL)
        watch->prev_dirty->next_dirty = watch->next_dirty;
    else
        watch->io->dirty = watch->next_dirty;
    if (watch->next_dirty != NULL)
        watch->next_dirty->prev_dirty = watch->prev_dirty;
}

kube_status kube_io_watch_new(kube_io *io, int fd, unsigned events, kube_io_watch_fn *fn, void *user,
                              kube_io_watch **out, kube_error **err)
{
    kube_io_watch *watch = NULL;
    kube_status st = kube__io_check_process(io, err);

    if (st != KUBE_OK)
        return st;
    if (KUBE__NEW(watch) == NULL)
        return kube_error_no_memory(err);
    if (!take_slot(io, &watch->slot)) {
        kube__free(watch);
        return kube_error_no_memory(err);
    }
    io->watches[watch->slot].watch = watch;
    watch->io = io;
    watch->fd = fd;
    watch->fn = fn;
    watch->user = user;
    kube_io_watch_set(watch, events);
    *out = watch;
    return KUBE_OK;
}

/* While a watch is off its descriptor may be closed and the number come back, and the kernel has forgotten it:
 * switched on again, it is told to the kernel even when that seems to know. */
void kube_io_watch_set(kube_io_watch *watch, unsigned events)
{
    watch->wanted = events;
    if (events == 0)
        watch->was_off = true;
    if (watch->wanted != watch->applied || (watch->was_off && watch->wanted != 0))
        mark_dirty(watch);
    else
        unmark_dirty(watch);
}

void kube_io_watch_free(kube_io_watch *watch)
{
    if (watch == NULL)
        return;
    unmark_dirty(watch);
    /* A child shares the epoll instance with its parent. One that is about to be closed need not be told: the number
     * may be another thread's by now, where a library closed the descriptor without a word. */
    if (watch->applied != 0 && !kube__io_is_foreign(watch->io) && !watch->io->closing)
        epoll_ctl(watch->io->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL); /* it may have been closed already */
    give_slot_back(watch->io, watch->slot);
    kube__free(watch);
}

/* The kernel took the number as a new one, so nothing is left of any earlier watch of it: what such a watch still has
 * to say ("not any more") would hit this one. */
static void forget_predecessors(kube_io *io, const kube_io_watch *watch)
{
    for (uint32_t i = 0; i < io->watch_capacity; i++) {
        kube_io_watch *other = io->watches[i].watch;

        if (other != NULL && other != watch && other->fd == watch->fd)
            other->applied = 0;
    }
}

/* The kernel forgets a descriptor when it is closed, and numbers come back: what it knows may differ from `applied`. */
static bool tell_kernel(kube_io *io, const kube_io_watch *watch)
{
    struct epoll_event ev = { .events = 0, .data.u64 = slot_key(io, watch->slot) };

    if (watch->wanted & KUBE_IO_READ)
        ev.events |= EPOLLIN;
    if (watch->wanted & KUBE_IO_WRITE)
        ev.events |= EPOLLOUT;
    if (watch->wanted == 0) {
        if (watch->applied != 0)
            epoll_ctl(io->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL); /* already gone is fine */
        return true;
    }
    if (watch->applied != 0 && epoll_ctl(io->epoll_fd, EPOLL_CTL_MOD, watch->fd, &ev) == 0)
        return true;
    /* EEXIST: another watch has the descriptor. Taking it over would make that one deaf. */
    if (epoll_ctl(io->epoll_fd, EPOLL_CTL_ADD, watch->fd, &ev) != 0)
        return false;
    forget_predecessors(io, watch);
    return true;
}

static void apply(kube_io *io, kube_io_watch *watch)
{
    watch->refused = !tell_kernel(io, watch);
    watch->was_off = false;
    watch->applied = watch->refused ? 0 : watch->wanted;
    if (watch->refused && !io->refused) {
        io->refused = true;
        kube__io_signal(io);
    }
}

void kube__io_watches_flush(kube_io *io)
{
    while (io->dirty != NULL) {
        kube_io_watch *watch = io->dirty;

        unmark_dirty(watch);
        apply(io, watch);
    }
}

size_t kube__io_watches_report_refused(kube_io *io)
{
    size_t told = 0;

    if (!io->refused)
        return 0;
    io->refused = false;
    for (uint32_t i = 0; i < io->watch_capacity; i++) { /* by index: a callback may make and free watches */
        kube_io_watch *watch = io->watches[i].watch;

        if (watch == NULL || !watch->refused)
            continue;
        watch->refused = false;
        watch->fn(watch->user, KUBE_IO_ERROR);
        told++;
    }
    return told;
}

void kube__io_watch_dispatch(kube_io *io, uint64_t key, uint32_t epoll_events)
{
    uint32_t slot = (uint32_t)key;
    unsigned events = 0;
    kube_io_watch *watch;

    if (slot_key(io, slot) != key)
        return; /* of a watch that is gone: a slot that was given back has another generation */
    watch = io->watches[slot].watch;
    if (epoll_events & EPOLLIN)
        events |= KUBE_IO_READ;
    if (epoll_events & EPOLLOUT)
        events |= KUBE_IO_WRITE;
    if (epoll_events & (EPOLLERR | EPOLLHUP))
        events |= KUBE_IO_ERROR;
    /* A callback of this round may have changed what is wanted after the event was fetched. */
    events &= watch->wanted != 0 ? watch->wanted | KUBE_IO_ERROR : 0;
    if (events != 0)
        watch->fn(watch->user, events);
}
