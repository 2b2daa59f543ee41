#include "fault_sweep.h"

#include "alloc_trace.h"
#include "system_fault.h"
#include "watchdog.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A loop waits for a second for the children it killed when it ends; later than that they are ours to bury. */
enum { BURIAL_MS = 1000, PATIENCE_MS = 30000, MAX_PLACES = 20000 };

typedef enum fault { FAULT_ALLOCATION, FAULT_MEMORY_ENDS, FAULT_REFUSED, FAULT_INTERRUPTED, FAULT_FILES } fault_kind;

static const fault_case *table;
static size_t table_len;

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- what must not be left ---- */

static size_t descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t count = 0;

    assert_non_null(dir);
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

/* Each thread has its own; zombies are among them. */
static size_t children_of(const char *thread)
{
    char path[64];
    FILE *file;
    size_t count = 0;
    int pid;

    snprintf(path, sizeof path, "/proc/self/task/%.20s/children", thread);
    file = fopen(path, "re");
    if (file == NULL) /* the thread has just ended, and its children are another one's */
        return 0;
    while (fscanf(file, "%d", &pid) == 1)
        count++;
    fclose(file);
    return count;
}

static size_t children(void)
{
    DIR *dir = opendir("/proc/self/task");
    const struct dirent *entry;
    size_t count = 0;

    assert_int_equal(access("/proc/thread-self/children", R_OK), 0); /* not every kernel has it */
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL)
        count += entry->d_name[0] != '.' ? children_of(entry->d_name) : 0;
    closedir(dir);
    return count;
}

static bool no_child_stays(size_t before, int64_t began)
{
    const struct timespec pause = { 0, 1000000 };
    size_t now;

    while ((now = children()) > before && now_ms() - began >= BURIAL_MS && now_ms() - began < PATIENCE_MS) {
        if (waitpid(-1, NULL, WNOHANG) <= 0)
            nanosleep(&pause, NULL);
    }
    return now == before;
}

typedef struct left {
    size_t blocks, descriptors, children;
} left;

/* ---- one place ---- */

typedef struct place {
    const fault_case *of;
    fault_kind        fault;
    size_t            n;
    const char       *failed; /* NULL: it was not reached */
    kube_status       status;
} place;

static bool is_of_memory(fault_kind fault)
{
    return fault == FAULT_ALLOCATION || fault == FAULT_MEMORY_ENDS;
}

static system_fault system_kind(fault_kind fault)
{
    return fault == FAULT_REFUSED ? SYSTEM_REFUSES : fault == FAULT_FILES ? SYSTEM_REFUSES_FILES : SYSTEM_INTERRUPTS;
}

static void arm(fault_kind fault, size_t n)
{
    if (fault == FAULT_ALLOCATION)
        alloc_trace_fail_at(n);
    else if (fault == FAULT_MEMORY_ENDS)
        alloc_trace_fail_from(n);
    else
        system_fault_at(system_kind(fault), (unsigned)n);
}

static const char *disarm(fault_kind fault)
{
    if (!is_of_memory(fault))
        return system_fault_stop();
    return alloc_trace_stop() ? fault == FAULT_ALLOCATION ? "allocation" : "allocation and all after it" : NULL;
}

static bool may_be_told(const place *p)
{
    bool may = p->status == KUBE_ERR_OUT_OF_MEMORY || (p->status == KUBE_ERR_IO && !is_of_memory(p->fault));

    for (size_t i = 0; i < sizeof p->of->also / sizeof p->of->also[0]; i++)
        may = may || (p->of->also[i] != KUBE_OK && p->status == p->of->also[i]);
    return may && p->failed != NULL && p->fault != FAULT_INTERRUPTED;
}

/* What is missing where memory ended may have been a sentence only, or something that is only faster with it. */
static bool may_be_silent(const place *p)
{
    bool may = p->failed == NULL || is_of_memory(p->fault) || p->fault == FAULT_INTERRUPTED ||
               (p->fault == FAULT_FILES && p->of->does_without_files) || system_fault_may_be_silent(p->failed);

    for (size_t i = 0; i < sizeof p->of->silent / sizeof p->of->silent[0]; i++)
        may = may || (p->of->silent[i] != NULL && strcmp(p->failed, p->of->silent[i]) == 0);
    return may;
}

static void complain(const place *p, const char *what, const char *more)
{
    fail_msg("%s, %zu (%s): %s%s", p->of->name, p->n, p->failed != NULL ? p->failed : "nothing failed", what, more);
}

/* Where there is no memory for an error, one that says so takes its place; the status stays. */
static bool says(const place *p, const kube_error *err)
{
    bool short_of_memory = p->failed != NULL && is_of_memory(p->fault);

    return err == NULL || kube_error_status(err) == p->status ||
           (short_of_memory && kube_error_status(err) == KUBE_ERR_OUT_OF_MEMORY);
}

static void check_told(const place *p, kube_error *err)
{
    if (p->status != KUBE_OK && !may_be_told(p))
        complain(p, kube_error_message(err), kube_status_name(p->status));
    if (p->status == KUBE_OK && err != NULL)
        complain(p, "success, and an error: ", kube_error_message(err));
    if (p->status == KUBE_OK && !may_be_silent(p))
        complain(p, "nobody was told", "");
    if (!says(p, err))
        fail_msg("%s, %zu (%s): %s, but the error says %s: %s", p->of->name, p->n, p->failed,
                 kube_status_name(p->status), kube_status_name(kube_error_status(err)), kube_error_message(err));
    if (err != NULL && kube_error_message(err)[0] == '\0')
        complain(p, "an error without a message", "");
    kube_error_free(err);
}

static void check_left(const place *p, const left *before, int64_t began)
{
    if (!no_child_stays(before->children, began))
        complain(p, "a child is left", "");
    if (alloc_trace_live() != before->blocks)
        complain(p, "memory is left", "");
    if (descriptors() != before->descriptors)
        complain(p, "a descriptor is left", "");
}

static void check_usable(const place *p)
{
    kube_error *err = NULL;

    if (p->of->run(&err) != KUBE_OK)
        complain(p, "afterwards it fails: ", kube_error_message(err));
    kube_error_free(err);
}

/* Whether the n-th was reached. */
static bool fail_at(const fault_case *c, fault_kind fault, size_t n, const left *before)
{
    place p = { c, fault, n, NULL, KUBE_OK };
    kube_error *err = NULL;
    int64_t began = now_ms();

    watchdog_start_in(c->name);
    arm(fault, n);
    p.status = c->run(&err);
    p.failed = disarm(fault);
    check_told(&p, err);
    check_left(&p, before, began);
    check_usable(&p);
    check_left(&p, before, now_ms());
    watchdog_stop();
    return p.failed != NULL;
}

static void sweep(const fault_case *c, fault_kind fault, const char *what, size_t least)
{
    place warm = { c, fault, 0, NULL, KUBE_OK };
    size_t n = 1;
    left before;

    check_usable(&warm); /* what is made once in a process is made now */
    before = (left){ alloc_trace_live(), descriptors(), children() };
    while (fail_at(c, fault, n, &before)) {
        if (++n > MAX_PLACES)
            complain(&warm, "there is no end to it", "");
    }
    warm.n = n - 1;
    print_message("  %s: %zu %s\n", c->name, n - 1, what);
    if (n - 1 < least)
        complain(&warm, "by the table there are more ", what);
    if (n > 1 && least == 0)
        complain(&warm, "by the table there are no ", what);
}

/* ---- everything, everywhere ---- */

static void each_allocation_may_fail(void **state)
{
    (void)state;
    for (size_t i = 0; i < table_len; i++)
        sweep(table + i, FAULT_ALLOCATION, "allocations that fail", table[i].allocations);
}

static void memory_may_end_at_any_allocation(void **state)
{
    (void)state;
    for (size_t i = 0; i < table_len; i++)
        sweep(table + i, FAULT_MEMORY_ENDS, "allocations that are the last", table[i].allocations);
}

static void each_call_may_be_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < table_len; i++)
        sweep(table + i, FAULT_REFUSED, "calls that are refused", table[i].refusals);
}

static void an_interruption_is_not_noticed(void **state)
{
    (void)state;
    for (size_t i = 0; i < table_len; i++)
        sweep(table + i, FAULT_INTERRUPTED, "calls that are interrupted", table[i].interruptions);
}

static void each_operation_on_files_may_fail(void **state)
{
    (void)state;
    for (size_t i = 0; i < table_len; i++)
        sweep(table + i, FAULT_FILES, "operations on files that fail", table[i].files);
}

int fault_sweep_main(const fault_case *cases, size_t count, CMFixtureFunction set_up, CMFixtureFunction tear_down)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(each_allocation_may_fail),
        ALLOC_TRACE_TEST(memory_may_end_at_any_allocation),
        ALLOC_TRACE_TEST(each_call_may_be_refused),
        ALLOC_TRACE_TEST(an_interruption_is_not_noticed),
        ALLOC_TRACE_TEST(each_operation_on_files_may_fail),
    };

    table = cases;
    table_len = count;
    alloc_trace_install();
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
