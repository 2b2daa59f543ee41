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

static void an_http2_connection_takes_ninety_transfers_before_the_next_is_opened(void **state)
{
    kube__gate gate = { 0 };

    (void)state;
    kube__gate_admit(&gate);
    kube__gate_connected(&gate, true);
    for (int i = 1; i < 90; i++)
        assert_int_equal(kube__gate_admit(&gate), KUBE__GATE_GO);
    assert_int_equal(kube__gate_admit(&gate), KUBE__GATE_OPEN);
    assert_int_equal(kube__gate_admit(&gate), KUBE__GATE_WAIT);
    kube__gate_connected(&gate, true);
    assert_int_equal(kube__gate_admit(&gate), KUBE__GATE_GO);
}

static void at_most_four_http2_connections_are_opened_unless_told_otherwise(void **state)
{
    kube__gate gate = { 0 }, small = { .max_connections = 1 };
    int opened = 0, let_in = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        kube__gate_answer answer = kube__gate_admit(&gate);

        if (answer == KUBE__GATE_OPEN) {
            opened++;
            kube__gate_connected(&gate, true);
        }
        let_in += answer != KUBE__GATE_WAIT;
    }
    assert_int_equal(opened, 4);
    assert_int_equal(let_in, 4 * 90);
    kube__gate_admit(&small);
    kube__gate_connected(&small, true);
    for (int i = 1; i < 90; i++)
        assert_int_equal(kube__gate_admit(&small), KUBE__GATE_GO);
    assert_int_equal(kube__gate_admit(&small), KUBE__GATE_WAIT);
}

static void http1_transfers_have_a_connection_each_up_to_the_bound(void **state)
{
    kube__gate gate = { 0 };

    (void)state;
    kube__gate_admit(&gate);
    kube__gate_connected(&gate, false);
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
    assert_int_equal(kube__gate_admit(&gate), KUBE__GATE_OPEN);
    kube__gate_finished(&gate, true);
    kube__gate_finished(&gate, false);
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
        cmocka_unit_test(an_http2_connection_takes_ninety_transfers_before_the_next_is_opened),
        cmocka_unit_test(at_most_four_http2_connections_are_opened_unless_told_otherwise),
        cmocka_unit_test(http1_transfers_have_a_connection_each_up_to_the_bound),
        cmocka_unit_test(an_opener_that_fails_makes_way_for_the_next),
        cmocka_unit_test(a_failed_second_opener_leaves_the_first_connection_in_use),
        cmocka_unit_test(nothing_is_assumed_of_connections_that_were_idle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
