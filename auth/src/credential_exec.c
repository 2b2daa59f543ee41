/* A token from a plugin: kept until it expires or is refused, fetched once however many ask.
 *
 * Requests that find no token wait, each on its own loop, with a guard of its own, and leave by themselves when they
 * are cancelled. One of them is charged with starting the plugin on its loop (the starter); when the run ends
 * everybody gets what it gave. A run belongs to a loop that somebody waits on: only such a loop is sure to be
 * stepped. So when the last waiter of that loop leaves, or the loop is freed, the run is ended, and if others still
 * wait on other loops one of them starts it anew. The waiter that ends a run by leaving is told only when the plugin
 * is dead.
 *
 * The lock is held for pointers and counts, and while a task is posted (that is what keeps the task from being freed
 * meanwhile). It is never held over the start of anything or a callback. */
#include "credentials.h"
#include "exec_config.h"
#include "exec_run.h"

#include "shared/alloc.h"
#include "shared/process.h"

#include <kube/sys/error.h>

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

typedef struct exec exec;

typedef struct waiter {
    struct waiter        *next, *prev; /* in exec->waiters; under the lock */
    exec                 *owner;
    kube_io              *io;
    kube_io_guard        *guard;
    kube_io_task         *task;     /* posted when it is answered, or to make it the starter */
    kube_credential_done *done;
    void                 *user;
    bool                  waiting;  /* in the list; under the lock */
    kube_status           status;   /* once it waits no more */
    kube_blob            *header;
    kube_error           *err;
} waiter;

typedef struct exec_run {
    exec        *owner;
    kube_io     *io;
    kube_cancel *cancel;
    waiter      *last; /* ended this run by leaving, and waits for its death; under the lock */
} exec_run;

struct exec {
    atomic_uint       refs; /* the credential, each waiter, each run */
    uint32_t process;
    kube__exec_config config;
    pthread_mutex_t   lock;
    /* all of these under the lock */
    kube_blob *header;
    int64_t    expires_unix_ms;
    waiter    *waiters;
    waiter    *starter; /* charged with starting, has not yet */
    exec_run  *run;     /* started, and nobody ended it */
};

static exec *ref(exec *e)
{
    atomic_fetch_add_explicit(&e->refs, 1, memory_order_relaxed);
    return e;
}

static void unref(void *state)
{
    exec *e = state;

    if (atomic_fetch_sub_explicit(&e->refs, 1, memory_order_acq_rel) != 1)
        return;
    kube_blob_unref(e->header);
    kube__exec_config_clear(&e->config);
    pthread_mutex_destroy(&e->lock);
    kube__free(e);
}

/* ---- under the lock ---- */

static void enlist(exec *e, waiter *w)
{
    w->waiting = true;
    w->prev = NULL;
    w->next = e->waiters;
    if (w->next != NULL)
        w->next->prev = w;
    e->waiters = w;
}

static void delist(exec *e, waiter *w)
{
    w->waiting = false;
    if (w->prev != NULL)
        w->prev->next = w->next;
    else
        e->waiters = w->next;
    if (w->next != NULL)
        w->next->prev = w->prev;
    if (e->starter == w)
        e->starter = NULL;
}

static bool has_waiter_on(const exec *e, const kube_io *io)
{
    for (const waiter *w = e->waiters; w != NULL; w = w->next) {
        if (w->io == io)
            return true;
    }
    return false;
}

/* Nobody runs the plugin: somebody who waits must, but not on a loop that is going away. */
static void appoint_starter(exec *e, const kube_io *except)
{
    for (waiter *w = e->waiters; w != NULL; w = w->next) {
        if (w->io != except) {
            e->starter = w;
            kube_io_task_post(w->task);
            return;
        }
    }
}

static void answer_all(exec *e, kube_status status, const kube_error *err)
{
    while (e->waiters != NULL) {
        waiter *w = e->waiters;

        delist(e, w);
        w->status = status;
        if (status == KUBE_OK)
            w->header = kube_blob_ref(e->header);
        else
            w->err = kube_error_copy(err);
        kube_io_task_post(w->task);
    }
}

/* A token that has not expired. */
static kube_blob *cached(const exec *e, int64_t now_unix_ms)
{
    return now_unix_ms <= e->expires_unix_ms ? kube_blob_ref(e->header) : NULL;
}

/* ---- waiters ---- */

static void free_waiter(waiter *w)
{
    kube_io_guard_free(w->guard);
    kube_io_task_free(w->task);
    unref(w->owner);
    kube__free(w);
}

/* Takes the error. It waits no more, so nobody else knows it. */
static void finish(waiter *w, kube_status status, kube_blob *header, kube_error *err)
{
    kube_credential_done *done = w->done;
    void *user = w->user;

    free_waiter(w);
    done(user, status, header, err);
}

static kube_error *interruption(kube_status why)
{
    kube_error *err = NULL;

    kube_error_set(&err, why, "%s while waiting for a credential plugin",
                   why == KUBE_ERR_TIMEOUT ? "the deadline passed" : "cancelled");
    return err;
}

static void on_guard(void *user, kube_status why)
{
    waiter *w = user;
    exec *e = w->owner;
    kube_cancel *cancel = NULL;
    bool was_starter, was_waiting;

    pthread_mutex_lock(&e->lock);
    was_waiting = w->waiting;
    was_starter = e->starter == w;
    if (was_waiting)
        delist(e, w);
    if (was_starter) {
        appoint_starter(e, NULL);
    } else if (was_waiting && e->run != NULL && e->run->io == w->io && !has_waiter_on(e, w->io)) {
        e->run->last = w;
        w->status = why;
        cancel = kube_cancel_ref(e->run->cancel);
        e->run = NULL;
        appoint_starter(e, NULL);
    }
    pthread_mutex_unlock(&e->lock);
    if (cancel != NULL)
        kube_cancel_fire(cancel); /* on_run_done() finishes it */
    else if (was_waiting)
        finish(w, why, NULL, interruption(why));
    kube_cancel_unref(cancel); /* else it has its answer, and its task is on the way */
}

/* ---- the run ---- */

static void free_run(exec_run *run)
{
    kube_cancel_unref(run->cancel);
    unref(run->owner);
    kube__free(run);
}

static void on_run_done(void *user, kube_status status, kube__exec_answer answer, kube_error *err)
{
    exec_run *run = user;
    exec *e = run->owner;
    kube_blob *old = answer.header;
    waiter *last;

    pthread_mutex_lock(&e->lock);
    last = run->last;
    if (e->run == run) {
        e->run = NULL;
        if (status == KUBE_OK) {
            old = e->header;
            e->header = answer.header;
            e->expires_unix_ms = answer.expires_unix_ms;
        }
        if (status == KUBE_ERR_CANCELLED) /* not by us: its loop is being freed, and with it all who wait there */
            appoint_starter(e, run->io);
        else
            answer_all(e, status, err);
    }
    pthread_mutex_unlock(&e->lock);
    kube_blob_unref(old);
    kube_error_free(err);
    if (last != NULL)
        finish(last, last->status, NULL, interruption(last->status));
    free_run(run);
}

static kube_status new_run(exec *e, kube_io *io, exec_run **out, kube_error **err)
{
    exec_run *run;
    kube_status st;

    if (KUBE__NEW(run) == NULL)
        return kube_error_no_memory(err);
    run->owner = ref(e);
    run->io = io;
    st = kube_cancel_new(NULL, &run->cancel, err);
    if (st != KUBE_OK) {
        free_run(run);
        return st;
    }
    *out = run;
    return KUBE_OK;
}

/* Starts the plugin on the loop of its starter, in whose thread we are: so the starter cannot leave meanwhile, and
 * the run cannot end. When it does not start everybody is told. That is never for the sake of this loop alone: where
 * it ends, or is another process's, there is no starter on it. */
static kube_status start_run(waiter *w, kube_error **err)
{
    exec *e = w->owner;
    exec_run *run = NULL;
    kube_error *failure = NULL;
    kube_status st = new_run(e, w->io, &run, &failure);

    if (run != NULL)
        st = kube__exec_run_start(&e->config, w->io, run->cancel, on_run_done, run, &failure);
    pthread_mutex_lock(&e->lock);
    if (st == KUBE_PENDING) {
        e->starter = NULL;
        e->run = run;
    } else {
        delist(e, w);
        answer_all(e, st, failure);
    }
    pthread_mutex_unlock(&e->lock);
    if (st != KUBE_PENDING && run != NULL)
        free_run(run);
    if (st != KUBE_PENDING && err != NULL)
        *err = failure;
    else
        kube_error_free(failure);
    return st;
}

/* It has its answer, or is to start the plugin. */
static void on_task(void *user)
{
    waiter *w = user;
    exec *e = w->owner;
    kube_error *err = NULL;
    kube_status st;
    bool waiting;

    pthread_mutex_lock(&e->lock);
    waiting = w->waiting;
    pthread_mutex_unlock(&e->lock);
    if (!waiting) {
        finish(w, w->status, w->header, w->err);
    } else {
        st = start_run(w, &err);
        if (st != KUBE_PENDING)
            finish(w, st, NULL, err);
    }
}

/* ---- the credential ---- */

static kube_status new_waiter(exec *e, kube_io *io, const kube_call *call, kube_credential_done *done, void *user,
                              waiter **out, kube_error **err)
{
    waiter *w;
    kube_status st;

    if (KUBE__NEW(w) == NULL)
        return kube_error_no_memory(err);
    w->owner = ref(e);
    w->io = io;
    w->done = done;
    w->user = user;
    st = kube_io_task_new(io, on_task, w, &w->task, err);
    if (st == KUBE_OK)
        st = kube_io_guard_new(io, call, on_guard, w, &w->guard, err);
    if (st != KUBE_OK) {
        free_waiter(w);
        return st;
    }
    *out = w;
    return KUBE_OK;
}

static kube_status authorization(void *state, kube_io *io, const kube_call *call, kube_credential_done *done,
                                 void *user, kube_blob **out, kube_error **err)
{
    exec *e = state;
    const kube_clock *clock = kube_io_clock(io);
    int64_t now = clock->unix_ms(clock->state);
    kube_blob *header;
    waiter *w = NULL;
    bool starts = false;
    kube_status st;

    if (e->process != kube__process()) /* the lock, and the run, may be the parent's */
        return kube_error_set(err, KUBE_ERR_FORKED, "the credential belongs to the parent process");
    pthread_mutex_lock(&e->lock);
    header = cached(e, now);
    pthread_mutex_unlock(&e->lock);
    if (header == NULL) {
        st = new_waiter(e, io, call, done, user, &w, err);
        if (w == NULL)
            return st;
        pthread_mutex_lock(&e->lock);
        header = cached(e, now); /* another one may have been faster */
        if (header == NULL) {
            starts = e->run == NULL && e->starter == NULL;
            enlist(e, w);
            if (starts)
                e->starter = w;
        }
        pthread_mutex_unlock(&e->lock);
    }
    if (header == NULL) {
        st = starts ? start_run(w, err) : KUBE_PENDING;
    } else {
        *out = header;
        st = KUBE_OK;
    }
    if (st != KUBE_PENDING && w != NULL)
        free_waiter(w);
    return st;
}

/* In a time that does not depend on where they differ. */
static bool same_secret(kube_str a, kube_str b)
{
    unsigned difference = 0;

    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        difference |= (unsigned)(unsigned char)(a.data[i] ^ b.data[i]);
    return difference == 0;
}

static void unauthorized(void *state, const kube_blob *used)
{
    exec *e = state;
    kube_blob *refused = NULL;

    if (e->process != kube__process())
        return;
    pthread_mutex_lock(&e->lock);
    if (e->header != NULL && same_secret(kube_blob_str(e->header), kube_blob_str(used))) {
        refused = e->header;
        e->header = NULL;
    }
    pthread_mutex_unlock(&e->lock);
    kube_blob_unref(refused);
}

kube_status kube__credential_exec_new(const kube__exec_options *opts, kube_credential **out, kube_error **err)
{
    static const kube_credential_ops ops = { sizeof ops, unref, authorization, unauthorized };
    exec *e;
    kube_status st;

    if (KUBE__NEW(e) == NULL)
        return kube_error_no_memory(err);
    st = kube__exec_config_init(&e->config, opts, err);
    if (st != KUBE_OK) {
        kube__free(e);
        return st;
    }
    atomic_init(&e->refs, 1);
    e->process = kube__process();
    pthread_mutex_init(&e->lock, NULL);
    return kube_credential_new(&ops, e, out, err);
}
