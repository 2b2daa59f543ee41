/* Somebody else's event loop: an epoll set with a 1 ms timer of its own and a kube_io as one more descriptor. It
 * measures what each kube_io_step costs the loop: the processor time of the turn, and the time the turn was blocked in
 * system calls. Time in which the thread could have run but the machine was busy with something else is not counted:
 * neither what the kernel knows of, nor what a host took from a virtual machine, for a turn in which the thread never
 * gave its processor up was not blocked. */
#ifndef FOREIGN_LOOP_H
#define FOREIGN_LOOP_H

#include <kube/base/io.h>

#include <stdbool.h>
#include <stdint.h>

/* What a turn may cost. Instrumented code does the same work several times slower. */
#if defined KUBE_UNDER_SANITIZER || defined KUBE_COVERAGE
#define FOREIGN_LOOP_LIMIT_NS INT64_C(100000000)
#else
#define FOREIGN_LOOP_LIMIT_NS INT64_C(20000000)
#endif
/* How long the loop's own timer may go without firing: what the tests let sleep sleeps for 3 s. */
#define FOREIGN_LOOP_GAP_NS INT64_C(1000000000)

typedef struct foreign_loop {
    kube_io *io;
    int      epoll_fd, timer_fd, sched_fd;
    bool     edge_triggered;
    unsigned ticks;            /* of the loop's own timer */
    int64_t  ticked_ns;        /* when it last fired      */
    int64_t  longest_gap_ns;   /* between two of them     */
    unsigned turns;            /* of kube_io_step         */
    int64_t  worst_cpu_ns;     /* of one turn             */
    int64_t  worst_blocked_ns; /* of one turn             */
    unsigned threads_before;   /* of this process (a sanitizer may have one of its own) */
    unsigned most_threads;     /* seen after a turn       */
} foreign_loop;

void foreign_loop_init(foreign_loop *loop, bool edge_triggered);
void foreign_loop_clear(foreign_loop *loop); /* the kube_io too */
/* Runs until *flag is not 0; false when it took longer than the limit. */
bool foreign_loop_run(foreign_loop *loop, const int *flag, int64_t limit_ms);
/* Runs for about this long whatever happens. */
void foreign_loop_run_for(foreign_loop *loop, int64_t ms);
/* What the calling thread has had of the processor. */
int64_t foreign_loop_cpu_ns(void);

/* A folder for what a test writes: in memory where that is possible, for how long a disk takes for one call is not
 * what is judged here. `path` has room for 64 bytes; false: there is none. */
bool foreign_loop_folder(char *path);

/* Runs the scenario until each step it judges was good once, ten times at most; fails the test after that. What holds
 * the loop up by its design does so each time; a host that was busy elsewhere does not. */
void foreign_loop_prove(void (*scenario)(void));
/* Says what was measured in a step of the scenario, by a literal as its name. It was good when no turn was beyond the
 * limit and the loop's own timer never stood still. */
void foreign_loop_judge(const foreign_loop *loop, const char *step);
/* The same for something else that only a machine with time to spare shows. */
void foreign_loop_judge_that(bool good, const char *step);

#endif
