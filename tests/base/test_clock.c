#include "base_fixture.h"

#include <time.h>

static void the_system_clock_never_goes_back(void **state)
{
    const kube_clock *clock = kube_clock_system();
    int64_t last = clock->monotonic_ns(clock->state);

    (void)state;
    for (int i = 0; i < 10000; i++) {
        int64_t now = clock->monotonic_ns(clock->state);

        assert_true(now >= last);
        last = now;
    }
}

static void it_counts_as_the_kernel_does(void **state)
{
    const kube_clock *clock = kube_clock_system();
    struct timespec before, after;
    int64_t now;

    (void)state;
    clock_gettime(CLOCK_MONOTONIC, &before);
    now = clock->monotonic_ns(clock->state);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true(now >= (int64_t)before.tv_sec * 1000000000 + before.tv_nsec);
    assert_true(now <= (int64_t)after.tv_sec * 1000000000 + after.tv_nsec);
    assert_true(clock->unix_ms(clock->state) / 1000 - (int64_t)time(NULL) <= 1);
    assert_true(clock->unix_ms(clock->state) / 1000 - (int64_t)time(NULL) >= -1);
}

static void it_is_one_object_of_the_right_size(void **state)
{
    (void)state;
    assert_ptr_equal(kube_clock_system(), kube_clock_system());
    assert_int_equal(kube_clock_system()->struct_size, sizeof(kube_clock));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(the_system_clock_never_goes_back),
        ALLOC_TRACE_TEST(it_counts_as_the_kernel_does),
        ALLOC_TRACE_TEST(it_is_one_object_of_the_right_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
