/* Who may ask the delegate: one operation at a time, on whatever loop; the others wait for its outcome. */
#ifndef KUBE_DISCOVERY_CACHED_TURN_H
#define KUBE_DISCOVERY_CACHED_TURN_H

#include <kube/base/error.h>
#include <kube/sys/io.h>

#include <pthread.h>
#include <stdbool.h>

typedef enum kube__turn_state {
    KUBE__TURN_IDLE,
    KUBE__TURN_WAITING,
    KUBE__TURN_GRANTED, /* it is this one's turn, and its task was posted */
    KUBE__TURN_FAILED   /* what it waited for failed, and its task was posted */
} kube__turn_state;

/* Lives in the waiting operation. */
typedef struct kube__turn_wait {
    struct kube__turn_wait *next, *prev;
    kube_io_task *task; /* of the operation's loop */
    kube__turn_state state;
    kube_status status; /* of a failure */
    kube_error *err;
} kube__turn_wait;

/* Zeroed: nobody's. */
typedef struct kube__turn {
    kube__turn_wait *first, *last;
    bool taken;
} kube__turn;

/* true: it is the caller's at once. Else it waits, and its task is posted when there is an outcome. */
bool kube__turn_take(kube__turn *turn, pthread_mutex_t *lock, kube__turn_wait *wait);
/* The holder is done: the next one's turn. */
void kube__turn_give(kube__turn *turn, pthread_mutex_t *lock);
/* The holder has failed, and all who wait with it. */
void kube__turn_fail(kube__turn *turn, pthread_mutex_t *lock, kube_status status, const kube_error *err);
/* The outcome, in the thread of the operation's loop. A failure sets the status, and the error, the caller's. */
kube__turn_state kube__turn_outcome(pthread_mutex_t *lock, kube__turn_wait *wait, kube_status *status,
                                    kube_error **err);
/* The operation waits no more. true: it had been given the turn meanwhile, and must give it on. */
bool kube__turn_leave(kube__turn *turn, pthread_mutex_t *lock, kube__turn_wait *wait);

#endif
