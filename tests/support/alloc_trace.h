/* An allocator for tests: counts what is alive, fails on request, fills new and freed memory with junk.
 *
 *     static void a_failed_thing_leaves_nothing_behind(void **state)
 *     {
 *         for (size_t n = 1;; n++) {
 *             kube_thing *thing = NULL;
 *             alloc_trace_fail_at(n);
 *             kube_status st = kube_thing_new(&thing, NULL);
 *             bool reached = alloc_trace_stop();
 *             kube_thing_free(thing);
 *             assert_int_equal(st, reached ? KUBE_ERR_OUT_OF_MEMORY : KUBE_OK);
 *             if (!reached)
 *                 return;
 *         }
 *     }
 *
 *     int main(void)
 *     {
 *         const struct CMUnitTest tests[] = { ALLOC_TRACE_TEST(a_failed_thing_leaves_nothing_behind) };
 *
 *         alloc_trace_install();
 *         return cmocka_run_group_tests(tests, NULL, NULL);
 *     }
 *
 * Everything here may be called from any thread. It sees libkube's own memory only. */
#ifndef ALLOC_TRACE_H
#define ALLOC_TRACE_H

#include <stdbool.h>
#include <stddef.h>

/* Makes it libkube's allocator. To be called first in main; aborts when libkube has allocated already. Again:
 * nothing. */
void alloc_trace_install(void);

/* Lets the n-th allocation from now on fail, n from 1, and those after it succeed. A reallocation counts as one. */
void alloc_trace_fail_at(size_t n);

/* Lets the n-th allocation from now on fail and all after it, as when memory has really run out. */
void alloc_trace_fail_from(size_t n);

/* For what is to need no memory: lets each allocation from now on fail, and none has to be made. */
void alloc_trace_forbid(void);

/* Ends any of them. Tells whether the n-th was reached (the first that was forbidden): when not, everything has been
 * tried. */
bool alloc_trace_stop(void);

/* Blocks and bytes that are alive, and allocations made since the start (the serial number of the latest). */
size_t alloc_trace_live(void);
size_t alloc_trace_live_bytes(void);
size_t alloc_trace_serial(void);

/* Prints the serial number and the size of each live block made after the given serial number; returns how many. With
 * ALLOC_TRACE_TRAP=<serial> in the environment the program raises SIGTRAP when that block is made: in gdb, "where" then
 * tells who leaks. */
size_t alloc_trace_report(size_t after_serial);

/* From now on counts the released blocks in which these bytes stand (at most 64 of them): a secret must be
 * overwritten before its memory is given back. NULL: no more. alloc_trace_found() tells how many there were. */
void alloc_trace_look_for(const char *secret);
size_t alloc_trace_found(void);

/* cmocka's set-up and teardown. A test fails when blocks that it made are still alive, when it left failing switched
 * on, or when it wanted allocations to fail and none did, for then it has proven nothing. State of the test's own goes
 * beside them with cmocka_unit_test_setup_teardown and a call of these. */
int alloc_trace_setup(void **state);
int alloc_trace_teardown(void **state);

#define ALLOC_TRACE_TEST(function) \
    cmocka_unit_test_setup_teardown(function, alloc_trace_setup, alloc_trace_teardown)

#endif
