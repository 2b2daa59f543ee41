/* The library with the network in it is looked for when it is first needed: what is found in its place. */
#include "child_program.h"
#include "remove_tree.h"

#include <kube/base/version.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { LIMIT_MS = 20000 };

static char folder[64];
static child_result r;

static void write_file(const char *name, const char *text)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void expect_refusal(const char *words)
{
    static const char *const arguments[] = { "/version", NULL };
    char libraries[128], config[128];
    const char *const environment[] = { libraries, config, NULL };

    snprintf(libraries, sizeof libraries, "LD_LIBRARY_PATH=%s", folder);
    snprintf(config, sizeof config, "KUBECONFIG=%s/kubeconfig", folder);
    child_run(KUBE_RAW, arguments, environment, LIMIT_MS, &r);
    assert_int_equal(r.status, 1);
    if (strstr(r.err, words) == NULL)
        fail_msg("%s (expected: %s)", r.err, words);
    assert_string_equal(r.out, "");
}

static void what_is_no_library_is_refused_with_the_loaders_words(void **state)
{
    (void)state;
    write_file("libkube-rest-curl.so", "this is no library, but long enough to be looked at as if it were one\n");
    expect_refusal("loading the network transport libkube-rest-curl.so: ");
}

static void the_library_of_another_release_is_refused(void **state)
{
    char path[128];

    (void)state;
    snprintf(path, sizeof path, "%s/libkube-rest-curl.so", folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink(KUBE_OTHER_LIBRARY, path), 0);
    expect_refusal("libkube-rest-curl.so is not of release " KUBE_VERSION);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/kube-library-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    write_file("kubeconfig", "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
                             "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\n"
                             "contexts: [{name: c, context: {cluster: c}}]\n");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_tree(folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_library_is_refused_with_the_loaders_words),
        cmocka_unit_test(the_library_of_another_release_is_refused),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
