/* The system refuses: the n-th call that libkube's code (not the C library, not libcurl) makes into it fails. The test
 * programs are linked so that the calls named in system_fault.c come by here first; unless a test says so they are
 * handed on.
 *
 *     for (unsigned n = 1;; n++) {
 *         const char *failed;
 *
 *         system_fault_at(SYSTEM_REFUSES, n);
 *         st = kube_thing_start(…);
 *         failed = system_fault_stop();
 *         if (failed == NULL)
 *             break;               // everything has been tried
 *         …                        // what is promised when `failed` ("epoll_ctl") fails
 *     }
 *
 * Only calls of the thread that armed it count. */
#ifndef SYSTEM_FAULT_H
#define SYSTEM_FAULT_H

#include <stdbool.h>

typedef enum system_fault {
    SYSTEM_REFUSES,         /* what makes or changes something fails as it does when there is not enough of it */
    SYSTEM_REFUSES_FILES,   /* what opens, reads, writes, renames … a file or folder fails                      */
    SYSTEM_INTERRUPTS,      /* what waits or reads returns EINTR, as when a signal came                         */
    SYSTEM_INTERRUPTS_WRITE /* what writes does; not for a loop, whose event never waits                        */
} system_fault;

/* Lets the n-th such call from now on fail, n from 1, and those after it succeed. */
void system_fault_at(system_fault kind, unsigned n);

/* Lets every call of that name fail from now on. */
void system_fault_always(const char *name);

/* Whether there is something else to do instead of that call, so that nobody needs to hear that it was refused. */
bool system_fault_may_be_silent(const char *name);

/* Ends it. The name of the call that failed first; NULL: the n-th was not reached. */
const char *system_fault_stop(void);

#endif
