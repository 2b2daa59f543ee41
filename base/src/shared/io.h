/* What the other libraries need of the loop beyond <kube/sys/io.h>. */
#ifndef KUBE_SHARED_IO_H
#define KUBE_SHARED_IO_H

#include <kube/sys/io.h>

/* One round that waits, without arming the timer descriptor: for loops nobody else polls. */
KUBE_API kube_status kube__io_turn(kube_io *io, int64_t max_wait_ms);
/* Says that only kube__io_turn() will ever step it. */
KUBE_API void kube__io_set_self_driven(kube_io *io);
/* True inside a callback of any loop, in this thread. */
KUBE_API bool kube__io_in_callback(void);
/* Around calls that count as callbacks although no round is being made. */
KUBE_API void kube__io_enter_callback(void);
KUBE_API void kube__io_leave_callback(void);
/* True in a process that did not make the loop. */
KUBE_API bool kube__io_is_foreign(const kube_io *io);

#endif
