#include "alloc_trace.h"
#include "cmocka_all.h"
#include "full_pool.h"
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
        { "ab/..", "." },
        { ".b/..", "." },
        { "b./..", "." },
        { "a/.b", "a/.b" },
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

static void without_memory_there_is_no_path(void **state)
{
    (void)state;
    for (size_t room = 0; room <= 2; room++) {
        kube__pool clean = { NULL }, join = { NULL }, dir = { NULL };
        const char *cleaned, *joined, *before;

        full_pool(&clean, room);
        full_pool(&join, room);
        full_pool(&dir, room);
        alloc_trace_fail_from(1);
        cleaned = kube__path_clean(&clean, "a/./b");
        joined = kube__path_join(&join, "/a", "b");
        before = kube__path_dir(&dir, "/a/b");
        alloc_trace_stop();
        assert_true(room < 1 ? cleaned == NULL : strcmp(cleaned, "a/b") == 0);
        assert_true(room < 2 ? joined == NULL : strcmp(joined, "/a/b") == 0);
        assert_true(room < 2 ? before == NULL : strcmp(before, "/a") == 0);
        kube__pool_clear(&clean);
        kube__pool_clear(&join);
        kube__pool_clear(&dir);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(paths_are_brought_into_their_shortest_form),
        ALLOC_TRACE_TEST(names_are_joined_unless_they_are_absolute),
        ALLOC_TRACE_TEST(the_directory_is_what_is_before_the_last_slash),
        ALLOC_TRACE_TEST(without_memory_there_is_no_path),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
