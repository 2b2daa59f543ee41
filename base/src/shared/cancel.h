/* What the loop needs of kube_cancel: being told when one is fired. */
#ifndef KUBE_SHARED_CANCEL_H
#define KUBE_SHARED_CANCEL_H

#include <kube/base/cancel.h>
#include <kube/sys/io.h>

/* Lives in the listener's object; zeroed means not subscribed. */
typedef struct kube__cancel_listener {
    struct kube__cancel_listener *next, *prev;
    kube_cancel                  *cancel;
    kube_io_task                 *task;
} kube__cancel_listener;

/* Has `task` posted when `cancel` is fired; at once when it already was. NULL as cancel: nothing happens. */
void kube__cancel_subscribe(kube_cancel *cancel, kube__cancel_listener *listener, kube_io_task *task);
/* Afterwards nobody posts the task on behalf of the cancel any more. */
void kube__cancel_unsubscribe(kube__cancel_listener *listener);

#endif
