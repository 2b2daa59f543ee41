#include "alloc_trace.h"
#include "cmocka_all.h"
#include "problems.h"

#include <kube/base/buf.h>

static void no_problem_is_no_failure(void **state)
{
    kube__problems problems = { .count = 0 };
    kube_error *err = NULL;

    (void)state;
    assert_int_equal(kube__problems_end(&problems, "p: ", &err), KUBE_OK);
    assert_null(err);
}

static void what_was_said_before_is_not_said_again(void **state)
{
    kube__problems problems = { .count = 0 };
    kube_error *err = NULL;

    (void)state;
    for (int i = 0; i < 3; i++)
        kube__problems_add(&problems, KUBE_ERR_IO, "%s is broken", i == 1 ? "b" : "a");
    assert_int_equal(kube__problems_end(&problems, "p: ", &err), KUBE_ERR_IO);
    assert_string_equal(kube_error_message(err), "p: [a is broken, b is broken]");
    kube_error_free(err);
}

static void what_goes_past_the_maximum_is_dropped(void **state)
{
    kube__problems problems = { .count = 0 };
    kube_error *err = NULL;

    (void)state;
    for (int i = 0; i <= KUBE__PROBLEMS_MAX; i++)
        kube__problems_add(&problems, KUBE_ERR_IO, "<%d>", i);
    assert_int_equal(kube__problems_end(&problems, "", &err), KUBE_ERR_IO);
    assert_non_null(strstr(kube_error_message(err), "<31>]"));
    kube_error_free(err);
}

/* One that is too long has a stand-in; too many long ones are cut. */
static void long_problems_are_told_as_far_as_there_is_room(void **state)
{
    kube__problems problems = { .count = 0 };
    kube_buf text = KUBE_BUF_INIT(5000);
    kube_error *err = NULL;

    (void)state;
    for (int i = 0; i < 5000; i++)
        kube_buf_append_char(&text, 'x');
    kube__problems_add(&problems, KUBE_ERR_IO, "%s", text.data);
    assert_int_equal(kube__problems_end(&problems, "p: ", &err), KUBE_ERR_IO);
    assert_string_equal(kube_error_message(err), "p: a problem that is too long to describe");
    kube_error_free(err);
    err = NULL;
    for (int i = 0; i < KUBE__PROBLEMS_MAX; i++)
        kube__problems_add(&problems, KUBE_ERR_IO, "<%d>%.4000s", i, text.data);
    assert_int_equal(kube__problems_end(&problems, "p: ", &err), KUBE_ERR_IO);
    assert_non_null(strstr(kube_error_message(err), "p: [<0>xxx"));
    kube_error_free(err);
    kube_buf_clear(&text);
}

static void different_failures_together_are_one_of_the_configuration(void **state)
{
    kube__problems problems = { .count = 0 };

    (void)state;
    kube__problems_add(&problems, KUBE_ERR_IO, "a");
    kube__problems_add(&problems, KUBE_ERR_UNSUPPORTED, "b");
    assert_int_equal(kube__problems_end(&problems, "", NULL), KUBE_ERR_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(no_problem_is_no_failure),
        ALLOC_TRACE_TEST(what_was_said_before_is_not_said_again),
        ALLOC_TRACE_TEST(what_goes_past_the_maximum_is_dropped),
        ALLOC_TRACE_TEST(long_problems_are_told_as_far_as_there_is_room),
        ALLOC_TRACE_TEST(different_failures_together_are_one_of_the_configuration),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
