#include "alloc_trace.h"
#include "cmocka_all.h"
#include "full_pool.h"

#include <stdint.h>

static void memory_is_zeroed_and_its_pieces_do_not_touch(void **state)
{
    kube__pool pool = { NULL };
    char *nothing = kube__pool_alloc_array(&pool, 3, 0), *small = kube__pool_alloc_array(&pool, 3, 5);
    char *large = kube__pool_alloc(&pool, 100000);

    (void)state;
    assert_non_null(nothing);
    assert_ptr_not_equal(nothing, small);
    for (size_t i = 0; i < 100000; i++)
        assert_int_equal(large[i], 0);
    memset(small, 'y', 15);
    assert_int_equal(large[0], 0);
    assert_int_equal(large[99999], 0);
    kube__pool_clear(&pool);
}

static void sizes_that_no_memory_has_are_refused(void **state)
{
    kube__pool pool = { NULL };

    (void)state;
    assert_null(kube__pool_alloc(&pool, SIZE_MAX));
    assert_null(kube__pool_alloc(&pool, SIZE_MAX / 2));
    assert_null(kube__pool_alloc_array(&pool, SIZE_MAX / 8 + 2, 8)); /* 8, were it multiplied */
    assert_null(kube__pool_alloc_array(&pool, 2, SIZE_MAX));
    assert_null(pool.blocks);
    kube__pool_clear(&pool);
}

static void what_is_copied_fits_or_is_null(void **state)
{
    (void)state;
    for (size_t room = 0; room <= 1; room++) {
        kube__pool pool = { NULL };
        const char *copy, *joined;

        full_pool(&pool, room);
        alloc_trace_fail_from(1);
        copy = kube__pool_strndup(&pool, kube_str_c("abc"));
        joined = kube__pool_join(&pool, kube_str_c("a"), kube_str_n(NULL, 0), kube_str_c("c"));
        alloc_trace_stop();
        assert_true(room == 0 ? copy == NULL : strcmp(copy, "abc") == 0);
        assert_null(joined);
        assert_string_equal(kube__pool_join(&pool, kube_str_c("a"), kube_str_n(NULL, 0), kube_str_c("c")), "ac");
        kube__pool_clear(&pool);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(memory_is_zeroed_and_its_pieces_do_not_touch),
        ALLOC_TRACE_TEST(sizes_that_no_memory_has_are_refused),
        ALLOC_TRACE_TEST(what_is_copied_fits_or_is_null),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
