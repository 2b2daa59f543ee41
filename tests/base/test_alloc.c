/* The only test that sees libkube before its first allocation: the order of its parts matters. */
#include "base_fixture.h"

#include "shared/alloc.h"

#include <stdlib.h>
#include <string.h>

static int marker;
static size_t allocated, released;

static void *some_allocate(void *state, size_t bytes)
{
    allocated += state == &marker && bytes != 0;
    return malloc(bytes);
}

static void *some_reallocate(void *state, void *p, size_t bytes)
{
    allocated += state == &marker && bytes != 0 && p == NULL;
    return realloc(p, bytes);
}

static void some_release(void *state, void *p)
{
    released += state == &marker;
    free(p);
}

static void an_incomplete_allocator_is_refused(void **state)
{
    const kube_allocator whole = {
        sizeof(kube_allocator), &marker, some_allocate, some_reallocate, some_release,
    };
    kube_allocator broken[4] = { whole, whole, whole, whole };

    (void)state;
    broken[0].struct_size = 0;
    broken[1].allocate = NULL;
    broken[2].reallocate = NULL;
    broken[3].release = NULL;
    for (int i = 0; i < 4; i++)
        assert_int_equal(kube_set_allocator(&broken[i]), KUBE_ERR_INVALID_ARG);
}

static void before_the_first_use_it_may_be_changed(void **state)
{
    kube_allocator mine = { sizeof(kube_allocator), &marker, some_allocate, some_reallocate, some_release };

    (void)state;
    assert_int_equal(kube_set_allocator(&mine), KUBE_OK);
    assert_int_equal(kube_set_allocator(NULL), KUBE_OK);
    assert_int_equal(kube_set_allocator(&mine), KUBE_OK);
    memset(&mine, 0, sizeof mine); /* it was copied */
}

static void what_was_set_is_used_and_never_asked_for_nothing(void **state)
{
    void *p[6];

    (void)state;
    p[0] = kube__malloc(0);
    p[1] = kube__calloc(0, 8);
    p[2] = kube__calloc(8, 0);
    p[3] = kube__realloc(NULL, 0);
    p[4] = kube__realloc_array(NULL, 8, 0);
    p[5] = kube__strdup("x");
    for (int i = 0; i < 6; i++)
        assert_non_null(p[i]);
    assert_int_equal(allocated, 6);
    for (int i = 0; i < 6; i++)
        kube__free(p[i]);
    kube__free(NULL);
    assert_int_equal(released, 6);
}

static void after_the_first_use_it_is_too_late(void **state)
{
    const kube_allocator mine = { sizeof(kube_allocator), NULL, some_allocate, some_reallocate, some_release };

    (void)state;
    assert_int_equal(kube_set_allocator(&mine), KUBE_ERR_INVALID_STATE);
    assert_int_equal(kube_set_allocator(NULL), KUBE_ERR_INVALID_STATE);
}

static void products_that_overflow_are_refused(void **state)
{
    char *p = kube__malloc(1);

    (void)state;
    assert_null(kube__calloc(SIZE_MAX / 2, 3));
    assert_null(kube__realloc_array(p, SIZE_MAX / 4 + 1, 4));
    assert_null(kube__realloc_array(NULL, SIZE_MAX, SIZE_MAX));
    kube__free(p);
}

static void zeroed_memory_is_zero(void **state)
{
    unsigned char *p;

    (void)state;
    p = kube__malloc(100);
    memset(p, 0xff, 100);
    kube__free(p);
    p = kube__calloc(10, 10);
    for (int i = 0; i < 100; i++)
        assert_int_equal(p[i], 0);
    kube__free(p);
}

static void copies_of_text_end_with_a_nul(void **state)
{
    char *a = kube__strndup(kube_str_n("abcdef", 3)), *b = kube__strndup(kube_str_n(NULL, 0)), *c = kube__strdup(NULL);

    (void)state;
    assert_string_equal(a, "abc");
    assert_string_equal(b, "");
    assert_string_equal(c, "");
    kube__free(a);
    kube__free(b);
    kube__free(c);
}

static void wiping_overwrites(void **state)
{
    char secret[16] = "secret";

    (void)state;
    kube__wipe(secret, sizeof secret);
    for (size_t i = 0; i < sizeof secret; i++)
        assert_int_equal(secret[i], 0);
    kube__wipe(NULL, 5);
    kube__wipe_free(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_incomplete_allocator_is_refused),
        cmocka_unit_test(before_the_first_use_it_may_be_changed),
        cmocka_unit_test(what_was_set_is_used_and_never_asked_for_nothing),
        cmocka_unit_test(after_the_first_use_it_is_too_late),
        cmocka_unit_test(products_that_overflow_are_refused),
        cmocka_unit_test(zeroed_memory_is_zero),
        cmocka_unit_test(copies_of_text_end_with_a_nul),
        cmocka_unit_test(wiping_overwrites),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
