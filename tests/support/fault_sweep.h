/* A table of scenarios, and each of them with each fault that it can meet: the n-th allocation fails, or it and all
 * after it; the n-th call into the system is refused, or interrupted; the n-th that concerns a file or folder fails;
 * n from 1 until it is not reached any more. Each time
 *  - it comes to success, or to a status that this fault may have, with an error that says the same;
 *  - a call that was refused is told of, an interruption is not noticed;
 *  - no memory of libkube's, no descriptor and no child is left;
 *  - and the same scenario works when nothing fails any more.
 * Where that does not hold the test fails, and names the scenario, n and the call. A scenario that hangs is ended after
 * two minutes. A suite is its table:
 *
 *     static kube_status a_put(kube_error **err)
 *     {
 *         … what it comes to; it makes and releases all it needs, and asserts what this one promises besides
 *     }
 *
 *     static const fault_case cases[] = {
 *         { .name = "a put", .run = a_put, .allocations = 4, .refusals = 2, .also = { KUBE_ERR_LIMIT } },
 *     };
 *
 *     int main(void)
 *     {
 *         return fault_sweep_main(cases, sizeof cases / sizeof cases[0], NULL, NULL);
 *     }
 *
 * Allocations fail in whatever thread makes them, calls into the system only in the test's: see alloc_trace.h and
 * system_fault.h. */
#ifndef FAULT_SWEEP_H
#define FAULT_SWEEP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <kube/base/error.h>

typedef struct fault_case {
    const char *name;
    kube_status (*run)(kube_error **err); /* *err is NULL; may stay so on failure where nothing can make one */
    /* So many places there are at least; 0: it meets none of these, and that is tried too. */
    size_t allocations, refusals, interruptions, files;
    kube_status also[3]; /* what else a failure may be told as, besides out of memory, and KUBE_ERR_IO where the system
                            refuses */
    const char *silent[4]; /* calls that it can do without, besides those of which that holds everywhere */
    bool does_without_files; /* it can do without any file: what fails there need not be told */
} fault_case;

/* Runs them as the tests of a program. Both functions may be NULL; they are the group's. */
int fault_sweep_main(const fault_case *cases, size_t count, CMFixtureFunction set_up, CMFixtureFunction tear_down);

#endif
