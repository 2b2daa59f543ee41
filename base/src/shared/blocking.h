/* Blocking calls: one generic wrapper over "a final status now, or PENDING and done later", on a private loop that the
 * waiting threads drive by turns. */
#ifndef KUBE_SHARED_BLOCKING_H
#define KUBE_SHARED_BLOCKING_H

#include <kube/sys/io.h>

typedef struct kube__blocking kube__blocking;           /* a private loop and those who wait on it; thread-safe */
typedef struct kube__blocking_call kube__blocking_call; /* one waiting thread's operation, on its stack         */

/* Starts the operation on `io`. KUBE_PENDING: kube__blocking_finish() will be called, later, from a step of `io`. */
typedef kube_status kube__blocking_start(void *arg, kube_io *io, kube__blocking_call *call);

/* The loop itself is made by the first call. The clock must outlive the object. */
KUBE_API kube_status kube__blocking_new(const kube_clock *clock, kube__blocking **out, kube_error **err);
/* No call may be running. In a forked child nothing that holds a descriptor is touched. */
KUBE_API void kube__blocking_free(kube__blocking *blocking);

/* Runs one operation to its end and returns its status. `start` is called in whichever thread drives the loop.
 * WOULD_DEADLOCK inside a callback of any loop, FORKED in a child; then `start` is not called. */
KUBE_API kube_status kube__blocking_run(kube__blocking *blocking, kube__blocking_start *start, void *arg,
                                        kube_error **err);
/* The operation has ended: wakes its thread. `arg` of the start function holds whatever else there is to tell. */
KUBE_API void kube__blocking_finish(kube__blocking_call *call, kube_status status);

#endif
