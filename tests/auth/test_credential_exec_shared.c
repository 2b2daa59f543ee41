/* One run for all who wait: on one loop, on two, in two threads, and when the one that runs it goes away. */
#include "alloc_trace.h"
#include "exec_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

/* The plugin waits at this gate for the test. */
#define AT_GATE SAY_PID "read line < gate\n"

static void make_gate(exec_fixture *f)
{
    assert_int_equal(mkfifo(fixture_path(f, "gate"), 0600), 0);
}

/* Opening for writing succeeds once the plugin has opened for reading. */
static bool open_gate(exec_fixture *f)
{
    int64_t end = now_ms() + PATIENCE_MS;

    while (now_ms() < end) {
        int fd = open(fixture_path(f, "gate"), O_WRONLY | O_NONBLOCK | O_CLOEXEC);

        if (fd >= 0) {
            bool written = write(fd, "\n", 1) == 1;

            close(fd);
            return written;
        }
        usleep(2000);
    }
    return false;
}

static void many_requests_of_one_loop_share_a_run(void **state)
{
    exec_fixture f;
    exec_result r[10];
    kube_io *io;

    (void)state;
    io = fixture_begin(&f, PRINT("abc"));
    for (size_t i = 0; i < COUNT_OF(r); i++)
        assert_int_equal(ask(&f, io, NULL, &r[i]), KUBE_PENDING);
    for (size_t i = 0; i < COUNT_OF(r); i++) {
        run_until_done(io, &r[i]);
        take_token(&r[i], "abc");
    }
    assert_int_equal(fixture_runs(&f), 1);
    fixture_end(&f);
}

static void a_failure_is_shared_too(void **state)
{
    exec_fixture f;
    exec_result r[3];
    kube_io *io;

    (void)state;
    io = fixture_begin(&f, "exit 9\n");
    for (size_t i = 0; i < COUNT_OF(r); i++)
        assert_int_equal(ask(&f, io, NULL, &r[i]), KUBE_PENDING);
    for (size_t i = 0; i < COUNT_OF(r); i++) {
        run_until_done(io, &r[i]);
        take_failure(&r[i], KUBE_ERR_IO, "exit code 9");
    }
    assert_int_equal(fixture_runs(&f), 1);
    fixture_end(&f);
}

static void one_that_is_cancelled_leaves_at_once_and_the_others_keep_the_run(void **state)
{
    exec_fixture f;
    exec_result starter, other;
    kube_cancel *cancel = NULL;
    kube_io *io;

    (void)state;
    io = fixture_begin(&f, AT_GATE PRINT("abc"));
    make_gate(&f);
    assert_int_equal(kube_cancel_new(NULL, &cancel, NULL), KUBE_OK);
    assert_int_equal(ask(&f, io, &(kube_call){ 0, cancel }, &starter), KUBE_PENDING);
    assert_int_equal(ask(&f, io, NULL, &other), KUBE_PENDING);
    assert_true(wait_for_pid(&f, io) > 0);
    kube_cancel_fire(cancel);
    run_until_done(io, &starter);
    take_failure(&starter, KUBE_ERR_CANCELLED, "");
    assert_int_equal(other.calls, 0);
    assert_true(open_gate(&f));
    run_until_done(io, &other);
    take_token(&other, "abc");
    assert_int_equal(fixture_runs(&f), 1);
    kube_cancel_unref(cancel);
    fixture_end(&f);
}

static void a_request_on_another_loop_shares_the_run(void **state)
{
    exec_fixture f;
    exec_result a, b;
    kube_io *io_a, *io_b;

    (void)state;
    io_a = fixture_begin(&f, PRINT("abc"));
    io_b = fixture_loop(&f);
    assert_int_equal(ask(&f, io_a, NULL, &a), KUBE_PENDING);
    assert_int_equal(ask(&f, io_b, NULL, &b), KUBE_PENDING);
    run_until_done(io_a, &a);
    take_token(&a, "abc");
    assert_int_equal(b.calls, 0); /* only its own loop may call it */
    run_until_done(io_b, &b);
    take_token(&b, "abc");
    assert_int_equal(fixture_runs(&f), 1);
    fixture_end(&f);
}

static void when_the_running_loop_is_freed_another_one_starts_the_plugin_anew(void **state)
{
    exec_fixture f;
    exec_result a, b, b2;
    kube_io *io_a, *io_b;
    pid_t pid;

    (void)state;
    io_a = fixture_begin(&f, SAY_PID "exec sleep 300\n");
    io_b = fixture_loop(&f);
    assert_int_equal(ask(&f, io_a, NULL, &a), KUBE_PENDING);
    assert_int_equal(ask(&f, io_b, NULL, &b), KUBE_PENDING);
    assert_int_equal(ask(&f, io_b, NULL, &b2), KUBE_PENDING);
    pid = wait_for_pid(&f, io_a);
    fixture_write_script(&f, PRINT("second"));
    fixture_free_loop(&f, io_a);
    take_failure(&a, KUBE_ERR_CANCELLED, "");
    assert_true(dies(pid, NULL));
    run_until_done(io_b, &b);
    run_until_done(io_b, &b2);
    take_token(&b, "second");
    take_token(&b2, "second");
    assert_int_equal(fixture_runs(&f), 2);
    fixture_end(&f);
}

/* That it cannot be started is told to all, on whichever loop they wait. */
static void a_successor_that_cannot_start_the_plugin_tells_the_others(void **state)
{
    exec_fixture f;
    exec_result a, others[2];
    kube_io *io_a, *io[2];

    (void)state;
    io_a = fixture_begin(&f, SAY_PID "exec sleep 300\n");
    assert_int_equal(ask(&f, io_a, NULL, &a), KUBE_PENDING);
    for (size_t i = 0; i < COUNT_OF(io); i++) {
        io[i] = fixture_loop(&f);
        assert_int_equal(ask(&f, io[i], NULL, &others[i]), KUBE_PENDING);
    }
    assert_true(wait_for_pid(&f, io_a) > 0);
    unlink(f.script);
    fixture_free_loop(&f, io_a);
    for (size_t i = COUNT_OF(io); i-- > 0;) { /* the last to come is the successor */
        run_until_done(io[i], &others[i]);
        take_failure(&others[i], KUBE_ERR_CONFIG, "the credential plugin is missing: get it");
        fixture_free_loop(&f, io[i]);
    }
    take_failure(&a, KUBE_ERR_CANCELLED, "");
    fixture_end(&f);
}

static void those_who_only_wait_may_leave_without_disturbing_anybody(void **state)
{
    exec_fixture f;
    exec_result runner, waiter, late, successor;
    kube_cancel *cancel = NULL;
    kube_io *io[3];

    (void)state;
    io[0] = fixture_begin(&f, SAY_PID "exec sleep 300\n");
    for (size_t i = 1; i < COUNT_OF(io); i++)
        io[i] = fixture_loop(&f);
    assert_int_equal(kube_cancel_new(NULL, &cancel, NULL), KUBE_OK);
    assert_int_equal(ask(&f, io[0], NULL, &runner), KUBE_PENDING);
    assert_int_equal(ask(&f, io[1], &(kube_call){ 0, cancel }, &waiter), KUBE_PENDING);
    assert_int_equal(ask(&f, io[2], NULL, &successor), KUBE_PENDING);
    assert_true(wait_for_pid(&f, io[0]) > 0);
    kube_cancel_fire(cancel);
    run_until_done(io[1], &waiter); /* while the plugin runs */
    take_failure(&waiter, KUBE_ERR_CANCELLED, "");
    assert_int_equal(runner.calls, 0);
    fixture_write_script(&f, PRINT("second"));
    fixture_free_loop(&f, io[0]);
    assert_int_equal(ask(&f, io[1], NULL, &late), KUBE_PENDING);
    fixture_free_loop(&f, io[1]); /* while nobody runs it: the one who is to has not yet begun */
    take_failure(&late, KUBE_ERR_CANCELLED, "");
    run_until_done(io[2], &successor);
    take_token(&successor, "second");
    assert_int_equal(fixture_runs(&f), 2);
    result_clear(&runner);
    kube_cancel_unref(cancel);
    fixture_end(&f);
}

static void an_answer_that_is_on_its_way_counts_more_than_a_cancel(void **state)
{
    exec_fixture f;
    exec_result a, b;
    kube_cancel *cancel = NULL;
    kube_io *io_a, *io_b;

    (void)state;
    io_a = fixture_begin(&f, PRINT("abc"));
    io_b = fixture_loop(&f);
    assert_int_equal(kube_cancel_new(NULL, &cancel, NULL), KUBE_OK);
    assert_int_equal(ask(&f, io_a, NULL, &a), KUBE_PENDING);
    assert_int_equal(ask(&f, io_b, &(kube_call){ 0, cancel }, &b), KUBE_PENDING);
    kube_cancel_fire(cancel); /* the second loop would find it first */
    run_until_done(io_a, &a);
    take_token(&a, "abc");
    run_until_done(io_b, &b);
    take_token(&b, "abc");
    kube_cancel_unref(cancel);
    fixture_end(&f);
}

/* A clock that lets another loop get its answer while a request that has a deadline looks at the time. */
typedef struct busy_clock {
    fake_clock   clock;
    kube_io     *io;
    exec_result *result; /* NULL: it is only a clock */
} busy_clock;

static int64_t busy_clock_monotonic(void *state)
{
    busy_clock *busy = state;

    if (busy->result != NULL)
        run_until_done(busy->io, busy->result);
    return busy->clock.now_ns;
}

static void a_token_that_comes_while_a_request_gets_ready_to_wait_is_taken_at_once(void **state)
{
    exec_fixture f;
    exec_result a, b;
    busy_clock busy;
    kube_io_options opts = KUBE_IO_OPTIONS_INIT;
    kube_io *io_b = NULL;

    (void)state;
    busy.io = fixture_begin(&f, PRINT("abc"));
    fake_clock_init(&busy.clock);
    busy.clock.clock.state = &busy;
    busy.clock.clock.monotonic_ns = busy_clock_monotonic;
    busy.clock.clock.unix_ms = f.clock.clock.unix_ms;
    busy.result = NULL;
    opts.clock = &busy.clock.clock;
    assert_int_equal(kube_io_new(&opts, &io_b, NULL), KUBE_OK);
    assert_int_equal(ask(&f, busy.io, NULL, &a), KUBE_PENDING);
    busy.result = &a;
    assert_int_equal(ask(&f, io_b, &(kube_call){ busy.clock.now_ns + 1, NULL }, &b), KUBE_OK);
    busy.result = NULL;
    take_token(&a, "abc");
    take_token(&b, "abc");
    assert_int_equal(fixture_runs(&f), 1);
    kube_io_free(io_b);
    fixture_end(&f);
}

/* Nobody waits on the first loop any more, so nobody may be stepping it. */
static void when_the_last_request_of_the_running_loop_leaves_another_loop_takes_over(void **state)
{
    exec_fixture f;
    exec_result a, b;
    kube_cancel *cancel = NULL;
    kube_io *io_a, *io_b;
    pid_t pid;

    (void)state;
    io_a = fixture_begin(&f, SAY_PID "exec sleep 300\n");
    io_b = fixture_loop(&f);
    assert_int_equal(kube_cancel_new(NULL, &cancel, NULL), KUBE_OK);
    assert_int_equal(ask(&f, io_a, &(kube_call){ 0, cancel }, &a), KUBE_PENDING);
    assert_int_equal(ask(&f, io_b, NULL, &b), KUBE_PENDING);
    pid = wait_for_pid(&f, io_a);
    fixture_write_script(&f, PRINT("second"));
    kube_cancel_fire(cancel);
    run_until_done(io_a, &a);
    take_failure(&a, KUBE_ERR_CANCELLED, "");
    run_until_done(io_b, &b);
    take_token(&b, "second");
    assert_true(dies(pid, io_a));
    kube_cancel_unref(cancel);
    fixture_end(&f);
}

/* The one that was to take over goes too, before it could start. */
static void a_successor_that_leaves_before_it_starts_hands_on(void **state)
{
    exec_fixture f;
    exec_result a, b, c;
    kube_io *io_a, *io_b, *io_c;

    (void)state;
    io_a = fixture_begin(&f, SAY_PID "exec sleep 300\n");
    io_b = fixture_loop(&f);
    io_c = fixture_loop(&f);
    assert_int_equal(ask(&f, io_a, NULL, &a), KUBE_PENDING);
    assert_int_equal(ask(&f, io_c, NULL, &c), KUBE_PENDING);
    assert_int_equal(ask(&f, io_b, NULL, &b), KUBE_PENDING);
    assert_true(wait_for_pid(&f, io_a) > 0);
    fixture_write_script(&f, PRINT("second"));
    fixture_free_loop(&f, io_a);
    fixture_free_loop(&f, io_b);
    take_failure(&b, KUBE_ERR_CANCELLED, "");
    run_until_done(io_c, &c);
    take_token(&c, "second");
    assert_int_equal(fixture_runs(&f), 2);
    result_clear(&a);
    fixture_end(&f);
}

/* ---- two threads ---- */

enum { PER_THREAD = 20 };

typedef struct worker {
    exec_fixture *f;
    kube_io      *io;
    exec_result   results[PER_THREAD];
    bool          refuses; /* each answer, so that the plugin is run again and again */
    atomic_bool   asked;
} worker;

static void *work(void *arg)
{
    worker *w = arg;

    for (int i = 0; i < PER_THREAD; i++)
        ask(w->f, w->io, NULL, &w->results[i]);
    atomic_store(&w->asked, true);
    for (int i = 0; i < PER_THREAD; i++) {
        run_until_done(w->io, &w->results[i]);
        if (w->refuses)
            kube__credential_unauthorized(w->f->credential, w->results[i].header);
    }
    return NULL;
}

static void start(worker *w, exec_fixture *f, pthread_t *thread)
{
    memset(w, 0, sizeof *w);
    w->f = f;
    w->io = fixture_loop(f);
    atomic_init(&w->asked, false);
    assert_int_equal(pthread_create(thread, NULL, work, w), 0);
}

static void two_threads_with_their_loops_share_a_run(void **state)
{
    exec_fixture f;
    worker w[2];
    pthread_t threads[2];

    (void)state;
    fixture_begin(&f, AT_GATE PRINT("abc"));
    make_gate(&f);
    for (size_t i = 0; i < 2; i++)
        start(&w[i], &f, &threads[i]);
    assert_true(wait_for_pid(&f, NULL) > 0);
    for (size_t i = 0; i < 2; i++) {
        while (!atomic_load(&w[i].asked))
            usleep(100);
    }
    assert_true(open_gate(&f));
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        for (int j = 0; j < PER_THREAD; j++)
            take_token(&w[i].results[j], "abc");
    }
    assert_int_equal(fixture_runs(&f), 1);
    fixture_end(&f);
}

/* Three threads come and go while tokens are refused all the time and some give up: whoever is left gets an answer. */
typedef struct stormer {
    exec_fixture *f;
    unsigned      seed;
    int           wrong;
} stormer;

static void storm_once(stormer *s)
{
    kube_io *io = NULL;
    kube_cancel *cancel = NULL;
    exec_result r[3];
    kube_call call = { 0, NULL };
    bool gives_up = rand_r(&s->seed) % 3 == 0, frees_early = rand_r(&s->seed) % 4 == 0;

    if (kube_io_new(NULL, &io, NULL) != KUBE_OK || kube_cancel_new(NULL, &cancel, NULL) != KUBE_OK) {
        s->wrong++;
        return;
    }
    call.cancel = cancel;
    for (size_t i = 0; i < COUNT_OF(r); i++)
        ask(s->f, io, i == 0 ? &call : NULL, &r[i]);
    if (gives_up)
        kube_cancel_fire(cancel);
    for (size_t i = 0; i < COUNT_OF(r) && !frees_early; i++) {
        run_until_done(io, &r[i]);
        if (r[i].calls == 1 && r[i].status == KUBE_OK)
            kube__credential_unauthorized(s->f->credential, r[i].header);
    }
    kube_io_free(io);
    for (size_t i = 0; i < COUNT_OF(r); i++) {
        if (r[i].calls != 1 || (r[i].status != KUBE_OK && r[i].status != KUBE_ERR_CANCELLED) ||
            (r[i].status == KUBE_ERR_CANCELLED && !frees_early && !(gives_up && i == 0)))
            s->wrong++;
        result_clear(&r[i]);
    }
    kube_cancel_unref(cancel);
}

static void *storm(void *arg)
{
    for (int i = 0; i < 30; i++)
        storm_once(arg);
    return NULL;
}

static void whoever_stays_gets_an_answer_while_others_come_and_go(void **state)
{
    exec_fixture f;
    stormer s[3];
    pthread_t threads[3];

    (void)state;
    fixture_begin(&f, PRINT("abc"));
    for (size_t i = 0; i < COUNT_OF(s); i++) {
        s[i] = (stormer){ &f, (unsigned)i + 1, 0 };
        assert_int_equal(pthread_create(&threads[i], NULL, storm, &s[i]), 0);
    }
    for (size_t i = 0; i < COUNT_OF(s); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(s[i].wrong, 0);
    }
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(many_requests_of_one_loop_share_a_run),
        ALLOC_TRACE_TEST(a_failure_is_shared_too),
        ALLOC_TRACE_TEST(one_that_is_cancelled_leaves_at_once_and_the_others_keep_the_run),
        ALLOC_TRACE_TEST(a_request_on_another_loop_shares_the_run),
        ALLOC_TRACE_TEST(when_the_running_loop_is_freed_another_one_starts_the_plugin_anew),
        ALLOC_TRACE_TEST(when_the_last_request_of_the_running_loop_leaves_another_loop_takes_over),
        ALLOC_TRACE_TEST(a_successor_that_leaves_before_it_starts_hands_on),
        ALLOC_TRACE_TEST(a_successor_that_cannot_start_the_plugin_tells_the_others),
        ALLOC_TRACE_TEST(those_who_only_wait_may_leave_without_disturbing_anybody),
        ALLOC_TRACE_TEST(an_answer_that_is_on_its_way_counts_more_than_a_cancel),
        ALLOC_TRACE_TEST(a_token_that_comes_while_a_request_gets_ready_to_wait_is_taken_at_once),
        ALLOC_TRACE_TEST(two_threads_with_their_loops_share_a_run),
        ALLOC_TRACE_TEST(whoever_stays_gets_an_answer_while_others_come_and_go),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
