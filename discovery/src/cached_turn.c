#include "cached_turn.h"

#include <kube/sys/error.h>

static void unlink_wait(kube__turn *turn, kube__turn_wait *wait)
{
    if (wait->prev != NULL)
        wait->prev->next = wait->next;
    else
        turn->first = wait->next;
    if (wait->next != NULL)
        wait->next->prev = wait->prev;
    else
        turn->last = wait->prev;
    wait->next = wait->prev = NULL;
}

bool kube__turn_take(kube__turn *turn, pthread_mutex_t *lock, kube__turn_wait *wait)
{
    bool taken;

    pthread_mutex_lock(lock);
    taken = turn->taken;
    turn->taken = true;
    if (taken) {
        wait->state = KUBE__TURN_WAITING;
        wait->prev = turn->last;
        wait->next = NULL;
        if (turn->last != NULL)
            turn->last->next = wait;
        else
            turn->first = wait;
        turn->last = wait;
    }
    pthread_mutex_unlock(lock);
    return !taken;
}

/* Under the lock, which keeps the task from being freed. */
static void tell(kube__turn *turn, kube__turn_wait *wait, kube__turn_state state)
{
    unlink_wait(turn, wait);
    wait->state = state;
    kube_io_task_post(wait->task);
}

void kube__turn_give(kube__turn *turn, pthread_mutex_t *lock)
{
    pthread_mutex_lock(lock);
    if (turn->first != NULL)
        tell(turn, turn->first, KUBE__TURN_GRANTED);
    else
        turn->taken = false;
    pthread_mutex_unlock(lock);
}

void kube__turn_fail(kube__turn *turn, pthread_mutex_t *lock, kube_status status, const kube_error *err)
{
    pthread_mutex_lock(lock);
    while (turn->first != NULL) {
        kube__turn_wait *wait = turn->first;

        wait->status = status;
        wait->err = kube_error_copy(err);
        tell(turn, wait, KUBE__TURN_FAILED);
    }
    turn->taken = false;
    pthread_mutex_unlock(lock);
}

kube__turn_state kube__turn_outcome(pthread_mutex_t *lock, kube__turn_wait *wait, kube_status *status, kube_error **err)
{
    kube__turn_state state;

    pthread_mutex_lock(lock);
    state = wait->state;
    if (state == KUBE__TURN_FAILED) {
        *status = wait->status;
        *err = wait->err;
        wait->err = NULL;
    }
    if (state != KUBE__TURN_WAITING)
        wait->state = KUBE__TURN_IDLE;
    pthread_mutex_unlock(lock);
    return state;
}

bool kube__turn_leave(kube__turn *turn, pthread_mutex_t *lock, kube__turn_wait *wait)
{
    bool granted;

    pthread_mutex_lock(lock);
    granted = wait->state == KUBE__TURN_GRANTED;
    if (wait->state == KUBE__TURN_WAITING)
        unlink_wait(turn, wait);
    wait->state = KUBE__TURN_IDLE;
    pthread_mutex_unlock(lock);
    kube_error_free(wait->err);
    wait->err = NULL;
    return granted;
}
