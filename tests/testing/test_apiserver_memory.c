/* The API server while memory runs out. */
#include "stub_fixture.h"

#include <unistd.h>

/* A recording of two groups, so that each allocation can be tried. */
static void write_small_recording(const char *folder)
{
    static const struct {
        const char *name, *text;
    } files[] = {
        { "api.aggregated.json",
          "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[{\"versions\":[{\"version\":\"v1\"}]}]}" },
        { "apis.aggregated.json", "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[" CRONTABS "]}" },
        { "version.json", "{}" },
    };

    for (size_t i = 0; i < COUNT_OF(files); i++) {
        char path[256];
        FILE *f;

        snprintf(path, sizeof path, "%s/%s", folder, files[i].name);
        f = fopen(path, "w");
        assert_non_null(f);
        assert_true(fputs(files[i].text, f) >= 0);
        assert_int_equal(fclose(f), 0);
    }
}

static kube_status everything_once(const char *folder, const char *kubeconfig)
{
    kube_testing_apiserver_options opts = KUBE_TESTING_APISERVER_OPTIONS_INIT;
    kube_testing_apiserver *server = NULL;
    kube_status st;

    opts.recording = folder;
    opts.token = "secret";
    st = kube_testing_apiserver_start(&opts, &server, NULL);
    if (st == KUBE_OK)
        st = kube_testing_apiserver_set_stale(server, "stable.example.com/v1", true, NULL);
    if (st == KUBE_OK)
        st = kube_testing_apiserver_set_form(server, KUBE_TESTING_FORM_V2BETA1, NULL);
    if (st == KUBE_OK)
        st = kube_testing_apiserver_add_group(server, CRONTABS, NULL);
    if (st == KUBE_OK)
        st = kube_testing_apiserver_add_fault_text(server, "/apis body=text type=text/plain", NULL, NULL);
    if (st == KUBE_OK)
        st = kube_testing_apiserver_write_kubeconfig(server, kubeconfig, NULL);
    if (st == KUBE_OK)
        st = kube_testing_apiserver_set_recording(server, folder, NULL);
    if (st == KUBE_OK)
        st = kube_testing_apiserver_remove_group_version(server, "stable.example.com/v1", NULL);
    kube_testing_apiserver_stop(server);
    return st;
}

static void running_out_of_memory_leaves_nothing_behind(void **state)
{
    char folder[] = "/tmp/kube-recording-XXXXXX", path[256];
    bool reached = true;

    (void)state;
    assert_non_null(mkdtemp(folder));
    write_small_recording(folder);
    snprintf(path, sizeof path, "%s/kubeconfig", folder);
    for (size_t n = 1; reached; n++) {
        kube_status st;

        alloc_trace_fail_at(n);
        st = everything_once(folder, path);
        reached = alloc_trace_stop();
        assert_int_equal(st, reached ? KUBE_ERR_OUT_OF_MEMORY : KUBE_OK);
    }
    unlink(path);
    snprintf(path, sizeof path, "%s/api.aggregated.json", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/apis.aggregated.json", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/version.json", folder);
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(running_out_of_memory_leaves_nothing_behind),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
