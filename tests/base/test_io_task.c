#include "base_fixture.h"
#include "watchdog.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Remembers the order of calls; `then` may do something more. */
typedef struct job {
    kube_io_task *task;
    int           name;
    int           calls;
    int          *order, *count; /* shared list */
    void        (*then)(struct job *job);
    struct job   *other;
} job;

static void on_run(void *user)
{
    job *j = user;

    j->calls++;
    j->order[(*j->count)++] = j->name;
    if (j->then != NULL)
        j->then(j);
}

static void make_jobs(kube_io *io, job *jobs, int count, int *order, int *order_count)
{
    *order_count = 0;
    for (int i = 0; i < count; i++) {
        jobs[i] = (job){ .name = i, .order = order, .count = order_count };
        assert_int_equal(kube_io_task_new(io, on_run, &jobs[i], &jobs[i].task, NULL), KUBE_OK);
    }
}

static void free_jobs(job *jobs, int count)
{
    for (int i = 0; i < count; i++)
        kube_io_task_free(jobs[i].task);
}

static void tasks_run_in_the_order_of_posting_and_once(void **state)
{
    kube_io *io = make_io();
    int order[100], count;
    job jobs[4];

    (void)state;
    make_jobs(io, jobs, 4, order, &count);
    kube_io_task_post(jobs[2].task);
    kube_io_task_post(jobs[0].task);
    kube_io_task_post(jobs[2].task); /* stays where it is */
    kube_io_task_post(jobs[3].task);
    assert_int_equal(count, 0); /* never from inside post */
    assert_int_equal(kube_io_step(io, 0), KUBE_PENDING);
    assert_int_equal(count, 3);
    assert_int_equal(order[0], 2);
    assert_int_equal(order[1], 0);
    assert_int_equal(order[2], 3);
    assert_int_equal(kube_io_step(io, 0), KUBE_OK);
    assert_int_equal(count, 3);
    free_jobs(jobs, 4);
    kube_io_free(io);
}

static void repost(job *j)
{
    kube_io_task_post(j->task);
}

static void a_task_that_posts_itself_runs_once_per_round(void **state)
{
    kube_io *io = make_io();
    int order[100], count;
    job jobs[2];

    (void)state;
    make_jobs(io, jobs, 2, order, &count);
    jobs[0].then = repost;
    kube_io_task_post(jobs[0].task);
    kube_io_task_post(jobs[1].task);
    for (int round = 1; round <= 5; round++) {
        assert_int_equal(kube_io_step(io, 0), KUBE_PENDING);
        assert_int_equal(jobs[0].calls, round);
        assert_int_equal(jobs[1].calls, 1);
        assert_true(readable(kube_io_fd(io), 0));
    }
    free_jobs(jobs, 2);
    kube_io_free(io);
}

static void free_itself(job *j)
{
    kube_io_task_free(j->task);
    j->task = NULL;
}

static void free_other(job *j)
{
    free_itself(j->other);
}

static void a_task_may_free_itself_and_others(void **state)
{
    kube_io *io = make_io();
    int order[100], count;
    job jobs[5];

    (void)state;
    make_jobs(io, jobs, 5, order, &count);
    for (int i = 0; i < 5; i++)
        kube_io_task_post(jobs[i].task);
    jobs[0].then = free_itself;
    jobs[1].then = free_other; /* one that is still queued */
    jobs[1].other = &jobs[3];
    jobs[2].then = free_other; /* one that has run */
    jobs[2].other = &jobs[1];
    assert_int_equal(kube_io_step(io, 5000), KUBE_OK);
    assert_int_equal(count, 4);
    assert_int_equal(jobs[3].calls, 0);
    assert_int_equal(jobs[4].calls, 1);
    free_jobs(jobs, 5);
    kube_io_free(io);
}

static void a_queued_task_can_be_taken_back(void **state)
{
    kube_io *io = make_io();
    int order[100], count;
    job jobs[3];

    (void)state;
    for (int which = 0; which < 3; which++) {
        make_jobs(io, jobs, 3, order, &count);
        for (int i = 0; i < 3; i++)
            kube_io_task_post(jobs[i].task);
        free_itself(&jobs[which]);
        assert_int_equal(kube_io_step(io, 5000), KUBE_OK);
        assert_int_equal(count, 2);
        assert_int_equal(jobs[which].calls, 0);
        free_jobs(jobs, 3);
    }
    kube_io_task_free(NULL);
    kube_io_free(io);
}

typedef struct resubmission {
    kube_io *io;
    int      calls;
} resubmission;

static void submit_again(void *user)
{
    resubmission *r = user;

    if (++r->calls < 5 && kube_io_submit(r->io, submit_again, r, NULL) != KUBE_OK)
        abort();
}

static void what_is_submitted_in_a_callback_waits_for_the_next_round(void **state)
{
    resubmission r = { make_io(), 0 };

    (void)state;
    assert_int_equal(kube_io_submit(r.io, submit_again, &r, NULL), KUBE_OK);
    assert_int_equal(kube_io_step(r.io, 0), KUBE_PENDING);
    assert_int_equal(r.calls, 1);
    assert_int_equal(kube_io_step(r.io, 0), KUBE_PENDING);
    assert_int_equal(r.calls, 2);
    kube_io_free(r.io); /* runs the rest */
    assert_int_equal(r.calls, 5);
}

enum { THREADS = 8, POSTS = 400 };

typedef struct crowd {
    kube_io      *io;
    kube_io_task *shared;
    int           shared_calls;
    atomic_int    failures, finished;
} crowd;

typedef struct member {
    crowd *crowd;
    int    next; /* the number whose turn it is; only in the stepping thread */
    bool   in_order;
} member;

typedef struct numbered {
    member *from;
    int     number;
} numbered;

static void on_numbered(void *user)
{
    numbered *n = user;

    n->from->in_order &= n->number == n->from->next++;
    free(n);
}

static void *submit_many(void *arg)
{
    member *m = arg;

    for (int i = 0; i < POSTS; i++) {
        numbered *n = malloc(sizeof *n);

        *n = (numbered){ m, i };
        if (kube_io_submit(m->crowd->io, on_numbered, n, NULL) != KUBE_OK)
            atomic_fetch_add(&m->crowd->failures, 1);
        kube_io_task_post(m->crowd->shared);
        kube_io_wake(m->crowd->io);
    }
    atomic_fetch_add(&m->crowd->finished, 1);
    return NULL;
}

static void eight_threads_may_submit_while_the_loop_turns(void **state)
{
    crowd c = { .io = make_io() };
    pthread_t threads[THREADS];
    member members[THREADS];
    int served = 0;

    (void)state;
    assert_int_equal(kube_io_task_new(c.io, count_call, &c.shared_calls, &c.shared, NULL), KUBE_OK);
    for (int i = 0; i < THREADS; i++) {
        members[i] = (member){ &c, 0, true };
        pthread_create(&threads[i], NULL, submit_many, &members[i]);
    }
    watchdog_start();
    while (served < THREADS * POSTS) {
        assert_int_equal(kube_io_run(c.io, -1), KUBE_OK); /* a lost wake-up would stop here */
        served = 0;
        for (int i = 0; i < THREADS; i++)
            served += members[i].next;
    }
    watchdog_stop();
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_true(members[i].in_order);
        assert_int_equal(members[i].next, POSTS);
    }
    assert_true(settle(c.io));
    assert_int_equal(atomic_load(&c.failures), 0);
    assert_true(c.shared_calls > 0);
    assert_true(c.shared_calls <= THREADS * POSTS);
    assert_false(readable(kube_io_fd(c.io), 0));
    kube_io_task_free(c.shared);
    kube_io_free(c.io);
}

static void *post_soon(void *arg)
{
    struct timespec pause = { 0, 2000000 };

    nanosleep(&pause, NULL);
    kube_io_task_post(arg);
    return NULL;
}

static void a_post_ends_the_wait(void **state)
{
    kube_io *io = make_io();
    int order[10], count;
    pthread_t thread;
    job j;

    (void)state;
    make_jobs(io, &j, 1, order, &count);
    pthread_create(&thread, NULL, post_soon, j.task);
    watchdog_start();
    assert_int_equal(kube_io_run(io, -1), KUBE_OK);
    watchdog_stop();
    pthread_join(thread, NULL);
    assert_int_equal(j.calls, 1);
    free_jobs(&j, 1);
    kube_io_free(io);
}

static void posting_needs_no_memory(void **state)
{
    kube_io *io = make_io();
    int order[10], count;
    job j;

    (void)state;
    make_jobs(io, &j, 1, order, &count);
    alloc_trace_forbid();
    kube_io_task_post(j.task);
    assert_int_equal(kube_io_step(io, 5000), KUBE_OK);
    assert_false(alloc_trace_stop());
    assert_int_equal(j.calls, 1);
    free_jobs(&j, 1);
    kube_io_free(io);
}

static void every_failed_allocation_is_said(void **state)
{
    kube_io *io = make_io();
    kube_io_task *task = NULL;
    kube_error *err = NULL;
    int calls = 0;

    (void)state;
    alloc_trace_fail_at(1);
    assert_int_equal(kube_io_task_new(io, count_call, &calls, &task, &err), KUBE_ERR_OUT_OF_MEMORY);
    assert_true(alloc_trace_stop());
    assert_null(task);
    assert_error(err, KUBE_ERR_OUT_OF_MEMORY, "memory");
    alloc_trace_fail_at(1);
    assert_int_equal(kube_io_submit(io, count_call, &calls, NULL), KUBE_ERR_OUT_OF_MEMORY);
    assert_true(alloc_trace_stop());
    assert_true(settle(io));
    assert_int_equal(calls, 0);
    kube_io_free(io);
}

static void submit_itself(void *user)
{
    assert_int_equal(kube_io_submit(user, submit_itself, user, NULL), KUBE_OK);
}

static void a_task_that_queues_itself_for_ever_does_not_keep_the_loop_from_being_freed(void **state)
{
    kube_io *io = NULL;

    (void)state;
    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    submit_itself(io);
    kube_io_free(io);
}

typedef struct stubborn {
    kube_io *io;
    int      calls;
} stubborn;

static void submit_for_ever(void *user)
{
    stubborn *s = user;

    s->calls++;
    assert_int_equal(kube_io_submit(s->io, submit_for_ever, s, NULL), KUBE_OK);
}

/* What is left then is freed, which the test's end looks at. */
static void what_submits_itself_again_and_again_is_dropped_by_free(void **state)
{
    stubborn s = { .io = make_io() };

    (void)state;
    assert_int_equal(kube_io_submit(s.io, submit_for_ever, &s, NULL), KUBE_OK);
    kube_io_free(s.io);
    assert_true(s.calls > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(tasks_run_in_the_order_of_posting_and_once),
        ALLOC_TRACE_TEST(a_task_that_posts_itself_runs_once_per_round),
        ALLOC_TRACE_TEST(a_task_may_free_itself_and_others),
        ALLOC_TRACE_TEST(a_queued_task_can_be_taken_back),
        ALLOC_TRACE_TEST(what_is_submitted_in_a_callback_waits_for_the_next_round),
        ALLOC_TRACE_TEST(eight_threads_may_submit_while_the_loop_turns),
        ALLOC_TRACE_TEST(a_post_ends_the_wait),
        ALLOC_TRACE_TEST(posting_needs_no_memory),
        ALLOC_TRACE_TEST(a_task_that_queues_itself_for_ever_does_not_keep_the_loop_from_being_freed),
        ALLOC_TRACE_TEST(every_failed_allocation_is_said),
        ALLOC_TRACE_TEST(what_submits_itself_again_and_again_is_dropped_by_free),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
