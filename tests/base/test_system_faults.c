/* The system refuses what the loop cannot do without, once or for good; test_faults.c has what it refuses once, call by
 * call. */
#include "child_fixture.h"
#include "system_fault.h"

/* The budget is not spent on it, and the next one goes on. */
static void a_step_says_that_the_kernel_does_not_answer(void **state)
{
    kube_io *io = make_io();
    int calls = 0;

    (void)state;
    assert_int_equal(kube_io_submit(io, count_call, &calls, NULL), KUBE_OK);
    system_fault_at(SYSTEM_REFUSES, 1);
    assert_int_equal(kube_io_step(io, 60000), KUBE_ERR_IO);
    assert_string_equal(system_fault_stop(), "epoll_wait");
    assert_int_equal(calls, 0);
    assert_int_equal(kube_io_step(io, 60000), KUBE_OK);
    assert_int_equal(calls, 1);
    kube_io_free(io);
}

/* As when a user has used up his watches, for as long as that lasts. */
static void programs_that_cannot_be_watched_are_killed_and_leave_nothing(void **state)
{
    kube_io *io = make_io();
    size_t descriptors = open_descriptors();

    (void)state;
    for (int i = 0; i < 3; i++) {
        script_run r;

        system_fault_always("epoll_ctl");
        must_start_script(&r, io, "exec sleep 300", 0, NULL);
        assert_true(run_until(io, &r.done));
        assert_no_zombie_stays(io);
        assert_string_equal(system_fault_stop(), "epoll_ctl");
        assert_int_equal(r.calls, 1);
        assert_int_equal(r.status, KUBE_ERR_IO);
        assert_int_equal(open_descriptors(), descriptors);
    }
    kube_io_free(io);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(programs_that_cannot_be_watched_are_killed_and_leave_nothing),
        ALLOC_TRACE_TEST(a_step_says_that_the_kernel_does_not_answer),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
