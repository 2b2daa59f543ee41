/* One of the waiting threads drives the loop; the others sleep, each on a condition of its own. The driver leaves as
 * soon as its own operation has ended and hands the loop to the next one. */
#include "shared/blocking.h"

#include "shared/alloc.h"
#include "shared/io.h"
#include "shared/process.h"

#include <kube/sys/error.h>

#include <pthread.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

struct kube__blocking_call {
    kube__blocking       *owner;
    kube__blocking_call  *next, *prev; /* among those who wait; under owner->lock */
    kube__blocking_start *start;
    void                 *arg;
    kube_io_task         *task;   /* starts the operation when another thread drives; NULL: started directly */
    pthread_cond_t        wake;
    kube_status           status; /* under owner->lock */
    bool                  done;   /* under owner->lock */
};

struct kube__blocking {
    pthread_mutex_t      lock;
    const kube_clock    *clock;
    uint32_t process;
    kube_io             *io; /* made by the first call, under the lock; afterwards never changed */
    kube__blocking_call *waiting;
    bool                 driven;
};

kube_status kube__blocking_new(const kube_clock *clock, kube__blocking **out, kube_error **err)
{
    kube__blocking *blocking;

    if (KUBE__NEW(blocking) == NULL)
        return kube_error_no_memory(err);
    pthread_mutex_init(&blocking->lock, NULL);
    blocking->clock = clock;
    blocking->process = kube__process();
    *out = blocking;
    return KUBE_OK;
}

void kube__blocking_free(kube__blocking *blocking)
{
    if (blocking == NULL || blocking->process != kube__process())
        return;
    kube_io_free(blocking->io);
    pthread_mutex_destroy(&blocking->lock);
    kube__free(blocking);
}

/* Under the lock. */
static kube_status ensure_io(kube__blocking *blocking, kube_error **err)
{
    kube_io_options opts = KUBE_IO_OPTIONS_INIT;
    kube_status st = KUBE_OK;

    if (blocking->io == NULL) {
        opts.clock = blocking->clock;
        st = kube_io_new(&opts, &blocking->io, err);
        if (st == KUBE_OK)
            kube__io_set_self_driven(blocking->io);
    }
    return st;
}

/* Under the lock. */
static void enlist(kube__blocking *blocking, kube__blocking_call *call)
{
    call->prev = NULL;
    call->next = blocking->waiting;
    if (call->next != NULL)
        call->next->prev = call;
    blocking->waiting = call;
}

/* Under the lock. */
static void delist(kube__blocking *blocking, kube__blocking_call *call)
{
    if (call->prev != NULL)
        call->prev->next = call->next;
    else
        blocking->waiting = call->next;
    if (call->next != NULL)
        call->next->prev = call->prev;
}

static void finish_locked(kube__blocking_call *call, kube_status status)
{
    call->status = status;
    call->done = true;
    pthread_cond_signal(&call->wake);
}

void kube__blocking_finish(kube__blocking_call *call, kube_status status)
{
    kube__blocking *blocking = call->owner;

    pthread_mutex_lock(&blocking->lock);
    finish_locked(call, status); /* the call lives on its thread's stack: not to be touched without the lock */
    pthread_mutex_unlock(&blocking->lock);
}

static void start_in_driver(void *user)
{
    kube__blocking_call *call = user;
    kube_status st = call->start(call->arg, call->owner->io, call);

    if (st != KUBE_PENDING)
        kube__blocking_finish(call, st);
}

static void sleep_a_little(kube__blocking *blocking)
{
    struct timespec pause = { 0, 10 * 1000 * 1000 };

    pthread_mutex_unlock(&blocking->lock);
    nanosleep(&pause, NULL);
    pthread_mutex_lock(&blocking->lock);
}

/* Under the lock, which is given up while the loop turns. The call cannot be given up before its operation has ended:
 * that still points to it. */
static void drive(kube__blocking *blocking, kube__blocking_call *call)
{
    blocking->driven = true;
    while (!call->done) {
        kube_status st;

        pthread_mutex_unlock(&blocking->lock);
        st = kube__io_turn(blocking->io, -1);
        pthread_mutex_lock(&blocking->lock);
        /* Somebody closed our epoll descriptor: nothing helps, but that need not be at full speed. */
        if (st != KUBE_OK)
            sleep_a_little(blocking);
    }
    blocking->driven = false;
}

/* Under the lock: the loop must not stand still while anybody waits for it. */
static void promote(kube__blocking *blocking)
{
    for (kube__blocking_call *call = blocking->waiting; call != NULL; call = call->next) {
        if (!call->done) {
            pthread_cond_signal(&call->wake);
            break;
        }
    }
}

/* Under the lock: `driven` is ours from here, so nobody else steps the loop while the operation is started. */
static void start_and_drive(kube__blocking *blocking, kube__blocking_call *call)
{
    kube_status st;

    blocking->driven = true;
    pthread_mutex_unlock(&blocking->lock);
    kube__io_enter_callback(); /* what is plugged in may not block here either */
    st = call->start(call->arg, blocking->io, call);
    kube__io_leave_callback();
    pthread_mutex_lock(&blocking->lock);
    if (st != KUBE_PENDING)
        finish_locked(call, st);
    drive(blocking, call);
}

static void wait_or_drive(kube__blocking *blocking, kube__blocking_call *call)
{
    while (!call->done) {
        if (blocking->driven)
            pthread_cond_wait(&call->wake, &blocking->lock);
        else
            drive(blocking, call);
    }
}

kube_status kube__blocking_run(kube__blocking *blocking, kube__blocking_start *start, void *arg, kube_error **err)
{
    kube__blocking_call call = { .owner = blocking, .start = start, .arg = arg };
    kube_status st;

    if (blocking->process != kube__process())
        return kube_error_set(err, KUBE_ERR_FORKED, "the client belongs to the parent process");
    if (kube__io_in_callback())
        return kube_error_set(err, KUBE_ERR_WOULD_DEADLOCK, "a blocking call inside a callback of a loop");
    pthread_cond_init(&call.wake, NULL);
    pthread_mutex_lock(&blocking->lock);
    st = ensure_io(blocking, err);
    if (st == KUBE_OK && blocking->driven)
        st = kube_io_task_new(blocking->io, start_in_driver, &call, &call.task, err);
    if (st == KUBE_OK) {
        enlist(blocking, &call);
        if (call.task == NULL) {
            start_and_drive(blocking, &call);
        } else {
            kube_io_task_post(call.task);
            wait_or_drive(blocking, &call);
        }
        delist(blocking, &call);
        if (!blocking->driven)
            promote(blocking);
        st = call.status;
    }
    pthread_mutex_unlock(&blocking->lock);
    kube_io_task_free(call.task);
    pthread_cond_destroy(&call.wake);
    return st;
}
