/* Somebody else's event loop: an epoll set with a 1 ms timer of its own and a kube_io as one more descriptor. It
 * measures what each kube_io_step costs the loop: the processor time of the turn, and the time the turn was blocked in
 * system calls. Time in which the thread could have run but the machine was busy with something else is not counted. */
#ifndef FOREIGN_LOOP_H
#define FOREIGN_LOOP_H

#include <kube/base/io.h>

#include <stdbool.h>
#include <stdint.h>

typedef struct foreign_loop {
    kube_io *io;
    int      epoll_fd, timer_fd, sched_fd;
    bool     edge_triggered;
    unsigned ticks;            /* of the loop's own timer */
    unsigned turns;            /* of kube_io_step         */
    int64_t  worst_cpu_ns;     /* of one turn             */
    int64_t  worst_blocked_ns; /* of one turn             */
    unsigned threads_before;   /* of this process (a sanitizer may have one of its own) */
    unsigned most_threads;     /* seen while it ran       */
} foreign_loop;

void foreign_loop_init(foreign_loop *loop, bool edge_triggered);
void foreign_loop_clear(foreign_loop *loop); /* the kube_io too */
/* Runs until *flag is not 0; false when it took longer than the limit. */
bool foreign_loop_run(foreign_loop *loop, const int *flag, int64_t limit_ms);
/* Runs for about this long whatever happens. */
void foreign_loop_run_for(foreign_loop *loop, int64_t ms);

#endif
