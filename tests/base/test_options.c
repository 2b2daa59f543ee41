#include "base_fixture.h"

#include "shared/options.h"

#include <string.h>

typedef struct first_release {
    size_t  struct_size;
    int64_t a;
} first_release;

typedef struct this_release {
    size_t  struct_size;
    int64_t a;
    int64_t b;
} this_release;

typedef struct next_release {
    size_t  struct_size;
    int64_t a;
    int64_t b;
    int64_t c;
} next_release;

static kube_status import(this_release *dst, const void *src, kube_error **err)
{
    memset(dst, 0x55, sizeof *dst);
    return kube__options_import(dst, sizeof *dst, src, sizeof(first_release), "kube_x_options", err);
}

static void null_means_every_default(void **state)
{
    this_release got;

    (void)state;
    assert_int_equal(import(&got, NULL, NULL), KUBE_OK);
    assert_int_equal(got.a, 0);
    assert_int_equal(got.b, 0);
}

static void a_program_of_today_is_understood(void **state)
{
    const this_release given = { sizeof given, 1, 2 };
    this_release got;

    (void)state;
    assert_int_equal(import(&got, &given, NULL), KUBE_OK);
    assert_int_equal(got.a, 1);
    assert_int_equal(got.b, 2);
}

static void an_older_program_gets_defaults_for_what_came_later(void **state)
{
    const struct {
        first_release options;
        int64_t       not_ours;
    } given = { { sizeof given.options, 1 }, 99 };
    this_release got;

    (void)state;
    assert_int_equal(import(&got, &given, NULL), KUBE_OK);
    assert_int_equal(got.a, 1);
    assert_int_equal(got.b, 0);
}

static void a_newer_program_is_fine_until_it_asks_for_something_new(void **state)
{
    next_release given = { sizeof given, 1, 2, 0 };
    kube_error *err = NULL;
    this_release got;

    (void)state;
    assert_int_equal(import(&got, &given, &err), KUBE_OK);
    assert_int_equal(got.b, 2);
    assert_null(err);
    given.c = INT64_C(1) << 62;
    assert_int_equal(import(&got, &given, &err), KUBE_ERR_UNSUPPORTED);
    assert_error(err, KUBE_ERR_UNSUPPORTED, "kube_x_options");
}

static void a_forgotten_initialiser_is_found_out(void **state)
{
    static const size_t sizes[] = { 0, 1, sizeof(first_release) - 1, 4097, SIZE_MAX };

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const this_release given = { sizes[i], 1, 2 };
        kube_error *err = NULL;
        this_release got;

        assert_int_equal(import(&got, &given, &err), KUBE_ERR_INVALID_ARG);
        assert_error(err, KUBE_ERR_INVALID_ARG, "kube_x_options");
        assert_int_equal(import(&got, &given, NULL), KUBE_ERR_INVALID_ARG);
    }
}

static void the_public_initialisers_fill_in_their_size(void **state)
{
    kube_io_options io = KUBE_IO_OPTIONS_INIT;
    kube_call_options call = KUBE_CALL_OPTIONS_INIT;

    (void)state;
    assert_int_equal(io.struct_size, sizeof io);
    assert_null(io.clock);
    assert_int_equal(call.struct_size, sizeof call);
    assert_null(call.cancel);
    assert_int_equal(call.timeout_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(null_means_every_default),
        ALLOC_TRACE_TEST(a_program_of_today_is_understood),
        ALLOC_TRACE_TEST(an_older_program_gets_defaults_for_what_came_later),
        ALLOC_TRACE_TEST(a_newer_program_is_fine_until_it_asks_for_something_new),
        ALLOC_TRACE_TEST(a_forgotten_initialiser_is_found_out),
        ALLOC_TRACE_TEST(the_public_initialisers_fill_in_their_size),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
