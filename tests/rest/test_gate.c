#include "curl/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_first_transfer_opens_and_the_others_wait(void **state)
{
    kube__gate gate = { 0 };

    (void)state;
    assert_int_equal(kube__gate_admit(&gate), KUBE__GATE_OPEN);
    for (int i = 0; i < 222; i++)
        assert_int_equal(kube__gate_admit(&gate), KUBE__GATE_WAIT);
    assert_int_equal(gate.running, 1);
}

static void an_http2_connection_takes_ninety_transfers_and_the_rest_queue(void **state)
{
    kube__gate gate = { 0 };

    (void)state;
    kube__gate_admit(&gate);
    kube__gate_connected(&gate, true);
    assert_int_equal(kube__gate_bound(&gate), 4);
    for (int i = 1; i < 90; i++)
        assert_int_equal(kube__gate_admit(&gate), KUBE__GATE_GO);
    assert_int_equal(kube__gate_admit(&gate), KUBE__GATE_WAIT);
    kube__gate_finished(&gate, false);
    assert_int_equal(kube__gate_admit(&gate), KUBE__GATE_GO);
    assert_int_equal(gate.connections, 1);
}

static void a_queue_that_does_not_move_gets_one_more_connection_at_a_time(void **state)
{
    kube__gate gate = { 0 };

    (void)state;
    kube__gate_admit(&gate);
    assert_false(kube__gate_may_stall(&gate)); /* the first is still being opened */
    kube__gate_connected(&gate, true);
    for (unsigned connections = 1; connections < 4; connections++) {
        while (kube__gate_admit(&gate) != KUBE__GATE_WAIT)
            ;
        assert_int_equal(gate.running, 90 * connections);
        assert_true(kube__gate_may_stall(&gate));
        gate.stalled = true;
        assert_int_equal(kube__gate_admit(&gate), KUBE__GATE_OPEN);
        assert_false(gate.stalled);
        assert_false(kube__gate_may_stall(&gate));
        assert_int_equal(kube__gate_admit(&gate), KUBE__GATE_WAIT);
        kube__gate_connected(&gate, true);
    }
    while (kube__gate_admit(&gate) != KUBE__GATE_WAIT)
        ;
    assert_int_equal(gate.running, 4 * 90);
    gate.stalled = true;
    assert_false(kube__gate_may_stall(&gate)); /* that is all there will be */
    assert_int_equal(kube__gate_admit(&gate), KUBE__GATE_WAIT);
}

static void the_bound_on_connections_is_the_callers_to_set(void **state)
{
    kube__gate one = { .max_connections = 1 }, http1 = { .max_connections = 2 };

    (void)state;
    kube__gate_admit(&one);
    kube__gate_connected(&one, true);
    assert_false(kube__gate_may_stall(&one));
    assert_int_equal(kube__gate_bound(&one), 1);
    kube__gate_admit(&http1);
    kube__gate_connected(&http1, false);
    assert_int_equal(kube__gate_bound(&http1), 2);
    assert_int_equal(kube__gate_admit(&http1), KUBE__GATE_GO);
    assert_int_equal(kube__gate_admit(&http1), KUBE__GATE_WAIT);
}

static void http1_transfers_have_a_connection_each_up_to_the_bound(void **state)
{
    kube__gate gate = { 0 };

    (void)state;
    kube__gate_admit(&gate);
    kube__gate_connected(&gate, false);
    assert_int_equal(kube__gate_bound(&gate), 16);
    for (int i = 1; i < 16; i++)
        assert_int_equal(kube__gate_admit(&gate), KUBE__GATE_GO);
    assert_int_equal(kube__gate_admit(&gate), KUBE__GATE_WAIT);
    kube__gate_finished(&gate, false);
    assert_int_equal(kube__gate_admit(&gate), KUBE__GATE_GO);
}

static void an_opener_that_fails_makes_way_for_the_next(void **state)
{
    kube__gate gate = { 0 };

    (void)state;
    kube__gate_admit(&gate);
    kube__gate_finished(&gate, true);
    assert_false(gate.opening);
    assert_int_equal(kube__gate_admit(&gate), KUBE__GATE_OPEN);
}

static void a_failed_second_opener_leaves_the_first_connection_in_use(void **state)
{
    kube__gate gate = { 0 };

    (void)state;
    kube__gate_admit(&gate);
    kube__gate_connected(&gate, true);
    for (int i = 1; i < 90; i++)
        kube__gate_admit(&gate);
    gate.stalled = true;
    assert_int_equal(kube__gate_admit(&gate), KUBE__GATE_OPEN);
    kube__gate_finished(&gate, true);
    kube__gate_finished(&gate, false);
    assert_int_equal(kube__gate_admit(&gate), KUBE__GATE_GO);
}

static void after_a_lost_connection_one_finds_out_and_the_others_wait(void **state)
{
    kube__gate gate = { 0 };

    (void)state;
    kube__gate_admit(&gate);
    kube__gate_connected(&gate, true);
    for (int i = 1; i < 60; i++)
        kube__gate_admit(&gate);
    kube__gate_lost(&gate);
    for (int i = 0; i < 30; i++)
        kube__gate_finished(&gate, false);
    assert_int_equal(kube__gate_admit(&gate), KUBE__GATE_OPEN);
    for (int i = 0; i < 60; i++)
        assert_int_equal(kube__gate_admit(&gate), KUBE__GATE_WAIT);
    kube__gate_connected(&gate, true);
    assert_int_equal(kube__gate_admit(&gate), KUBE__GATE_GO);
}

static void nothing_is_assumed_of_connections_that_were_idle(void **state)
{
    kube__gate gate = { 0 };

    (void)state;
    kube__gate_admit(&gate);
    kube__gate_connected(&gate, true);
    kube__gate_finished(&gate, false);
    assert_int_equal(kube__gate_admit(&gate), KUBE__GATE_OPEN);
    assert_int_equal(kube__gate_admit(&gate), KUBE__GATE_WAIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_transfer_opens_and_the_others_wait),
        cmocka_unit_test(an_http2_connection_takes_ninety_transfers_and_the_rest_queue),
        cmocka_unit_test(a_queue_that_does_not_move_gets_one_more_connection_at_a_time),
        cmocka_unit_test(the_bound_on_connections_is_the_callers_to_set),
        cmocka_unit_test(http1_transfers_have_a_connection_each_up_to_the_bound),
        cmocka_unit_test(an_opener_that_fails_makes_way_for_the_next),
        cmocka_unit_test(a_failed_second_opener_leaves_the_first_connection_in_use),
        cmocka_unit_test(after_a_lost_connection_one_finds_out_and_the_others_wait),
        cmocka_unit_test(nothing_is_assumed_of_connections_that_were_idle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
