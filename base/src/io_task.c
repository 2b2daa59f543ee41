/* The queue: functions to be called by the next round, put there by any thread. */
#include "io_internal.h"
#include "shared/alloc.h"
#include "shared/io.h"

#include <kube/sys/error.h>

#include <unistd.h>

static kube_io_task *make(kube_io *io, void (*fn)(void *user), void *user)
{
    kube_io_task *task = NULL;

    if (KUBE__NEW(task) == NULL)
        return NULL;
    task->io = io;
    task->fn = fn;
    task->user = user;
    return task;
}

kube_status kube_io_task_new(kube_io *io, void (*fn)(void *user), void *user, kube_io_task **out, kube_error **err)
{
    kube_status st = kube__io_check_process(io, err);
    kube_io_task *task;

    if (st != KUBE_OK)
        return st;
    task = make(io, fn, user);
    if (task == NULL)
        return kube_error_no_memory(err);
    *out = task;
    return KUBE_OK;
}

/* The signal is given under the lock: kube__io_tasks_run() takes it back under the lock too, so that neither can
 * be lost. */
static void append(kube_io *io, kube_io_task *task)
{
    pthread_mutex_lock(&io->queue_lock);
    if (!task->queued) {
        task->queued = true;
        task->next = NULL;
        task->prev = io->queue_tail;
        if (io->queue_tail != NULL)
            io->queue_tail->next = task;
        else
            io->queue_head = task;
        io->queue_tail = task;
        if (!io->signalled) {
            io->signalled = true;
            kube__io_signal(io);
        }
    }
    pthread_mutex_unlock(&io->queue_lock);
}

/* Under the lock. */
static void take_out(kube_io *io, kube_io_task *task)
{
    if (task->prev != NULL)
        task->prev->next = task->next;
    else
        io->queue_head = task->next;
    if (task->next != NULL)
        task->next->prev = task->prev;
    else
        io->queue_tail = task->prev;
    task->queued = false;
}

void kube_io_task_post(kube_io_task *task)
{
    if (kube__io_check_process(task->io, NULL) == KUBE_OK)
        append(task->io, task);
}

/* In a forked child the lock may be held for ever by a thread that only the parent has: the memory is given up. */
void kube_io_task_free(kube_io_task *task)
{
    if (task == NULL || kube__io_is_foreign(task->io))
        return;
    pthread_mutex_lock(&task->io->queue_lock);
    if (task->queued)
        take_out(task->io, task);
    pthread_mutex_unlock(&task->io->queue_lock);
    kube__free(task);
}

kube_status kube_io_submit(kube_io *io, void (*fn)(void *user), void *user, kube_error **err)
{
    kube_status st = kube__io_check_process(io, err);
    kube_io_task *task;

    if (st != KUBE_OK)
        return st;
    task = make(io, fn, user);
    if (task == NULL)
        return kube_error_no_memory(err);
    task->owned = true;
    append(io, task);
    return KUBE_OK;
}

bool kube__io_tasks_pending(kube_io *io)
{
    bool pending;

    pthread_mutex_lock(&io->queue_lock);
    pending = io->queue_head != NULL;
    pthread_mutex_unlock(&io->queue_lock);
    return pending;
}

/* The eventfd is emptied before anything runs: what is posted or woken meanwhile signals anew. */
static size_t count_and_clear_signal(kube_io *io)
{
    uint64_t count;
    size_t n = 0;
    ssize_t got;

    pthread_mutex_lock(&io->queue_lock);
    io->signalled = false;
    got = read(io->event_fd, &count, sizeof count);
    (void)got;
    for (const kube_io_task *task = io->queue_head; task != NULL; task = task->next)
        n++;
    pthread_mutex_unlock(&io->queue_lock);
    return n;
}

static kube_io_task *take_first(kube_io *io)
{
    kube_io_task *task;

    pthread_mutex_lock(&io->queue_lock);
    task = io->queue_head;
    if (task != NULL)
        take_out(io, task);
    pthread_mutex_unlock(&io->queue_lock);
    return task;
}

/* At most as many as were queued at the start. A task may be freed by the callback of another one, so each is fetched
 * from the queue only when its turn comes, and none is touched after it ran unless the queue owns it. */
size_t kube__io_tasks_run(kube_io *io)
{
    size_t limit = count_and_clear_signal(io), ran = 0;

    while (ran < limit) {
        kube_io_task *task = take_first(io);
        void (*fn)(void *user);
        void *user;

        if (task == NULL)
            break;
        fn = task->fn;
        user = task->user;
        if (task->owned)
            kube__free(task);
        fn(user);
        ran++;
    }
    return ran;
}

void kube__io_tasks_drop(kube_io *io)
{
    kube_io_task *task;

    while ((task = take_first(io)) != NULL) {
        if (task->owned)
            kube__free(task);
    }
}
