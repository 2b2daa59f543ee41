#include "alloc_trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <kube/cache/disk_store.h>

static void set(const char *name, const char *value)
{
    if (value != NULL)
        assert_int_equal(setenv(name, value, 1), 0);
    else
        assert_int_equal(unsetenv(name), 0);
}

static void assert_root(const char *cache_dir, const char *home, const char *expected)
{
    kube_buf path = KUBE_BUF_INIT(1000);

    set("KUBECACHEDIR", cache_dir);
    set("HOME", home);
    assert_int_equal(kube_disk_cache_root(&path, NULL), KUBE_OK);
    assert_string_equal(path.data, expected);
    kube_buf_clear(&path);
}

static void the_root_is_where_kubectl_looks(void **state)
{
    (void)state;
    assert_root("/var/cache/kube", "/home/u", "/var/cache/kube");
    assert_root(NULL, "/home/u", "/home/u/.kube/cache");
    assert_root("", "/home/u", "/home/u/.kube/cache");
    assert_root("relative", NULL, "relative");
}

static void it_is_appended(void **state)
{
    kube_buf path = KUBE_BUF_INIT(1000);

    (void)state;
    set("KUBECACHEDIR", NULL);
    set("HOME", "/home/u");
    kube_buf_append_c(&path, "cache=");
    assert_int_equal(kube_disk_cache_root(&path, NULL), KUBE_OK);
    assert_string_equal(path.data, "cache=/home/u/.kube/cache");
    kube_buf_clear(&path);
}

static void without_both_variables_it_says_which(void **state)
{
    kube_buf path = KUBE_BUF_INIT(1000);
    kube_error *err = NULL;

    (void)state;
    set("KUBECACHEDIR", "");
    set("HOME", "");
    assert_int_equal(kube_disk_cache_root(&path, &err), KUBE_ERR_CONFIG);
    assert_non_null(strstr(kube_error_message(err), "KUBECACHEDIR"));
    assert_non_null(strstr(kube_error_message(err), "HOME"));
    assert_int_equal(path.len, 0);
    kube_error_free(err);
}

static void a_path_that_does_not_fit_is_the_buffers_failure(void **state)
{
    kube_buf path = KUBE_BUF_INIT(5);

    (void)state;
    set("KUBECACHEDIR", "/var/cache/kube");
    assert_int_equal(kube_disk_cache_root(&path, NULL), KUBE_OK);
    assert_int_equal(kube_buf_status(&path, NULL), KUBE_ERR_LIMIT);
    kube_buf_clear(&path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(the_root_is_where_kubectl_looks),
        ALLOC_TRACE_TEST(it_is_appended),
        ALLOC_TRACE_TEST(without_both_variables_it_says_which),
        ALLOC_TRACE_TEST(a_path_that_does_not_fit_is_the_buffers_failure),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
