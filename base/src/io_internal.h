/* The loop's inside, shared by the io_*.c files only. */
#ifndef KUBE_BASE_IO_INTERNAL_H
#define KUBE_BASE_IO_INTERNAL_H

#include <kube/sys/io.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- descriptors: io_watch.c ---- */

struct kube_io_watch {
    kube_io          *io;
    kube_io_watch_fn *fn;
    void             *user;
    int               fd;
    unsigned          wanted;  /* what the owner asked for          */
    unsigned          applied; /* what the kernel was told; 0: none */
    uint32_t          slot;    /* index into io->watches            */
    bool              dirty;   /* in the list of differences        */
    bool              refused; /* the kernel does not watch it      */
    bool              was_off; /* since the kernel was told last    */
    kube_io_watch    *next_dirty, *prev_dirty;
};

/* A slot outlives its watch: the generation tells an event for a dead watch from one for its successor. */
typedef struct watch_slot {
    kube_io_watch *watch;
    uint32_t       generation;
    uint32_t       next_free;
} watch_slot;

/* Tells the kernel about every difference; afterwards `wanted` equals `applied`. */
void kube__io_watches_flush(kube_io *io);
/* Reports an error to each watch the kernel refused: its owner finds out why by using the descriptor. */
size_t kube__io_watches_report_refused(kube_io *io);
/* Calls the watch an epoll event is for, when it still lives. */
void kube__io_watch_dispatch(kube_io *io, uint64_t key, uint32_t epoll_events);

/* ---- timers: io_timer.c ---- */

struct kube_io_timer {
    kube_io *io;
    void   (*fn)(void *user);
    void    *user;
    int64_t  at_ns;
    uint64_t seq;   /* among those of one deadline: who was started first */
    size_t   index; /* in the heap; TIMER_STOPPED when not running */
};

/* The earliest deadline, or INT64_MAX. */
int64_t kube__io_timers_next(const kube_io *io);
/* Runs what is due at `now`; timers started meanwhile wait for the next round. Returns how many ran. */
size_t kube__io_timers_run(kube_io *io, int64_t now);

/* ---- tasks: io_task.c ---- */

struct kube_io_task {
    kube_io      *io;
    void        (*fn)(void *user);
    void         *user;
    kube_io_task *next, *prev; /* under io->queue_lock */
    bool          queued;
    bool          owned; /* by the queue: freed after it ran (kube_io_submit) */
};

/* Runs what was queued when it was called. Returns how many ran. */
size_t kube__io_tasks_run(kube_io *io);
bool kube__io_tasks_pending(kube_io *io);
/* Empties the queue without running anything. */
void kube__io_tasks_drop(kube_io *io);

/* ---- guards: io_guard.c ---- */

/* Tells every guarded operation that the loop is going away, youngest first. */
void kube__io_guards_close(kube_io *io);

/* ---- the loop: io.c ---- */

struct kube_io {
    kube_clock    clock;
    bool          system_clock;
    uint32_t         process; /* who made it */
    int           epoll_fd, event_fd, timer_fd;
    int64_t       armed_ns; /* what timer_fd is set to; INT64_MAX: nothing */
    atomic_bool   stepping;
    bool          closing;
    bool          in_round;    /* changes made now are told to the kernel before the round ends         */
    bool          kicked;      /* a change made outside has made the descriptor readable                */
    bool          self_driven; /* nobody polls the descriptor: who waits on the loop makes rounds of it */

    watch_slot    *watches;
    uint32_t       watch_count, watch_capacity, watch_free;
    kube_io_watch *dirty;
    bool           refused; /* at least one watch is */

    kube_io_timer **heap;
    size_t          heap_len, heap_capacity, timer_count;
    uint64_t        timer_seq;
    int64_t         timer_floor; /* while timers run: nothing is started before this time */

    pthread_mutex_t queue_lock;
    kube_io_task   *queue_head, *queue_tail; /* under queue_lock */
    bool            signalled;               /* event_fd holds a count for the queue; under queue_lock */

    kube_io_guard *guards;
};

#define WATCH_NONE UINT32_MAX
#define TIMER_STOPPED SIZE_MAX
/* epoll keys of the loop's own two descriptors; a watch's key has its slot in the low half, so slots stay below. */
#define KEY_EVENT_FD UINT64_MAX
#define KEY_TIMER_FD (UINT64_MAX - 1)

/* KUBE_OK, or KUBE_ERR_FORKED in a child of the process that made the loop. */
kube_status kube__io_check_process(const kube_io *io, kube_error **err);
/* Something was changed that takes a round to come into force: outside of one, a loop that somebody else polls has to
 * become readable for it. */
void kube__io_kick(kube_io *io);
/* Writes to the eventfd; async-signal-safe. */
void kube__io_signal(kube_io *io);

#endif
