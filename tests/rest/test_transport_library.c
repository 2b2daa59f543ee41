/* The library with the network in it is looked for when it is first needed: what is found in its place. */
#include "child_program.h"
#include "remove_tree.h"

#include <kube/base/io.h>
#include <kube/base/version.h>
#include <kube/rest/request.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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

/* ---- with the shared libraries in this process ---- */

static struct {
    kube_status (*io_new)(const kube_io_options *, kube_io **, kube_error **);
    void (*io_free)(kube_io *);
    kube_status (*io_run)(kube_io *, int64_t);
    kube_status (*client_new)(const kube_rest_client_options *, kube_rest_client **, kube_error **);
    void (*client_unref)(kube_rest_client *);
    kube_status (*start)(kube_rest_client *, kube_io *, const kube_rest_request *, const kube_call_options *,
                         kube_rest_done *, void *, kube_error **);
    const char *(*message)(const kube_error *);
    void (*error_free)(kube_error *);
} shared;

static void find(void *library, const char *name, void *function)
{
    void *symbol = dlsym(library, name);

    assert_non_null(symbol);
    memcpy(function, &symbol, sizeof symbol);
}

static void find_all(void)
{
    void *library = dlopen(KUBE_REST_LIBRARY, RTLD_NOW | RTLD_LOCAL);

    assert_non_null(library);
    find(library, "kube_io_new", &shared.io_new);
    find(library, "kube_io_free", &shared.io_free);
    find(library, "kube_io_run", &shared.io_run);
    find(library, "kube_rest_client_new", &shared.client_new);
    find(library, "kube_rest_client_unref", &shared.client_unref);
    find(library, "kube_rest_client_start", &shared.start);
    find(library, "kube_error_message", &shared.message);
    find(library, "kube_error_free", &shared.error_free);
}

static void on_done(void *user, kube_status status, kube_rest_response *response, kube_error *err)
{
    assert_null(response);
    shared.error_free(err);
    *(kube_status *)user = status;
}

static void one_that_could_not_be_loaded_is_looked_for_again(void **state)
{
    kube_rest_client_options o = KUBE_REST_CLIENT_OPTIONS_INIT;
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    kube_status st = KUBE_PENDING;
    kube_rest_client *client = NULL;
    struct rlimit limit, none;
    kube_error *err = NULL;
    kube_io *io = NULL;
    int free_fd;

    (void)state;
    find_all();
    o.base_url = "http://127.0.0.1:1";
    request.path = "/";
    assert_int_equal(shared.client_new(&o, &client, NULL), KUBE_OK);
    assert_int_equal(shared.io_new(NULL, &io, NULL), KUBE_OK);
    free_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    close(free_fd);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = (rlim_t)free_fd; /* those that are open stay so, and no other one comes */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    assert_int_equal(shared.start(client, io, &request, NULL, on_done, &st, &err), KUBE_ERR_UNSUPPORTED);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_non_null(strstr(shared.message(err), "Too many open files"));
    shared.error_free(err);
    assert_int_equal(shared.start(client, io, &request, NULL, on_done, &st, NULL), KUBE_PENDING);
    while (st == KUBE_PENDING)
        assert_int_equal(shared.io_run(io, 1000), KUBE_OK);
    assert_int_equal(st, KUBE_ERR_UNAVAILABLE); /* nobody is there */
    shared.client_unref(client);
    shared.io_free(io);
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
        cmocka_unit_test(one_that_could_not_be_loaded_is_looked_for_again),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
