#include "alloc_trace.h"
#include "cmocka_all.h"
#include "path.h"

static void paths_are_brought_into_their_shortest_form(void **state)
{
    static const struct {
        const char *path, *clean;
    } cases[] = {
        { "", "." },
        { ".", "." },
        { "/", "/" },
        { "//", "/" },
        { "a", "a" },
        { "a/", "a" },
        { "a//b", "a/b" },
        { "./a", "a" },
        { "a/./b", "a/b" },
        { "a/../b", "b" },
        { "..", ".." },
        { "../a", "../a" },
        { "../../a", "../../a" },
        { "a/../..", ".." },
        { "/..", "/" },
        { "/../a", "/a" },
        { "/a/b/../../c", "/c" },
        { "a/b/../..", "." },
        { "/a/..", "/" },
        { "..a/b..", "..a/b.." },
        { "/a/./b/", "/a/b" },
    };
    kube__pool pool = { NULL };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(kube__path_clean(&pool, cases[i].path), cases[i].clean);
    kube__pool_clear(&pool);
}

static void names_are_joined_unless_they_are_absolute(void **state)
{
    kube__pool pool = { NULL };

    (void)state;
    assert_string_equal(kube__path_join(&pool, "/etc/kube", "ca.crt"), "/etc/kube/ca.crt");
    assert_string_equal(kube__path_join(&pool, "/etc/kube", "../ca.crt"), "/etc/ca.crt");
    assert_string_equal(kube__path_join(&pool, "/etc/kube", "/ca.crt"), "/ca.crt");
    assert_string_equal(kube__path_join(&pool, "/", "x"), "/x");
    assert_string_equal(kube__path_join(&pool, "", "x"), "x");
    kube__pool_clear(&pool);
}

static void the_directory_is_what_is_before_the_last_slash(void **state)
{
    kube__pool pool = { NULL };

    (void)state;
    assert_string_equal(kube__path_dir(&pool, "/etc/kube/config"), "/etc/kube");
    assert_string_equal(kube__path_dir(&pool, "config"), ".");
    assert_string_equal(kube__path_dir(&pool, "/config"), "/");
    assert_string_equal(kube__path_dir(&pool, "a/../b/c"), "b");
    kube__pool_clear(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(paths_are_brought_into_their_shortest_form),
        ALLOC_TRACE_TEST(names_are_joined_unless_they_are_absolute),
        ALLOC_TRACE_TEST(the_directory_is_what_is_before_the_last_slash),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
