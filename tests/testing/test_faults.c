/* The API server of `testing`, started, told what to do and stopped, with each fault. What it does with requests is
 * test_apiserver_memory.c's. */
#include "fault_sweep.h"
#include "remove_tree.h"
#include "stub_fixture.h"

#include <stdlib.h>

static char folder[64], kubeconfig[96];

#define SECOND_VERSION "{\"metadata\":{\"name\":\"stable.example.com\"},\"versions\":[{\"version\":\"v2\"}]}"

/* A recording of two groups, so that each allocation can be tried. */
static void write_small_recording(void)
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

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/kube-faults-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(kubeconfig, sizeof kubeconfig, "%s/kubeconfig", folder);
    write_small_recording();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_tree(folder);
    return 0;
}

/* One that is not in the catalogue: it is said which are. */
static kube_status tell_of_kindness(kube_testing_apiserver *server, kube_error **err)
{
    kube_status st = kube_testing_apiserver_add_malice(server, "kindness", NULL, err);

    assert_int_not_equal(st, KUBE_OK);
    if (st != KUBE_ERR_NOT_FOUND)
        return st;
    kube_error_free(*err);
    *err = NULL;
    return KUBE_OK;
}

/* Each step has its own errors. */
static kube_status tell(kube_testing_apiserver *server, kube_error **err)
{
    kube_status st = kube_testing_apiserver_set_stale(server, "stable.example.com/v1", true, err);

    if (st == KUBE_OK)
        st = kube_testing_apiserver_set_form(server, KUBE_TESTING_FORM_V2BETA1, err);
    if (st == KUBE_OK)
        st = kube_testing_apiserver_add_group(server, CRONTABS, err);
    if (st == KUBE_OK)
        st = kube_testing_apiserver_add_group(server, SECOND_VERSION, err);
    if (st == KUBE_OK)
        st = kube_testing_apiserver_add_fault_text(server, "/apis body=text type=text/plain", NULL, err);
    if (st == KUBE_OK)
        st = kube_testing_apiserver_add_malice(server, "two-lengths", NULL, err);
    if (st == KUBE_OK)
        st = tell_of_kindness(server, err);
    if (st == KUBE_OK)
        st = kube_testing_apiserver_write_kubeconfig(server, kubeconfig, err);
    if (st == KUBE_OK)
        st = kube_testing_apiserver_set_recording(server, folder, err);
    if (st == KUBE_OK)
        st = kube_testing_apiserver_remove_group_version(server, "stable.example.com/v1", err);
    return st;
}

static kube_status a_server(kube_error **err)
{
    kube_testing_apiserver_options opts = KUBE_TESTING_APISERVER_OPTIONS_INIT;
    kube_testing_apiserver *server = NULL;
    kube_status st;

    opts.recording = folder;
    opts.token = "secret";
    st = kube_testing_apiserver_start(&opts, &server, err);
    if (st == KUBE_OK)
        st = tell(server, err);
    kube_testing_apiserver_stop(server);
    return st;
}

static kube_status a_certificate(kube_error **err)
{
    kube_testing_cert_options options = KUBE_TESTING_CERT_OPTIONS_INIT;
    kube_testing_cert *cert = NULL;
    kube_status st;

    options.common_name = "x";
    st = kube_testing_cert_new(&options, NULL, &cert, err);
    kube_testing_cert_free(cert);
    return st;
}

static const fault_case cases[] = {
    { .name = "a server", .run = a_server, .allocations = 50, .refusals = 1, .interruptions = 1, .files = 10 },
    { .name = "a certificate", .run = a_certificate, .allocations = 3 },
};

int main(void)
{
    return fault_sweep_main(cases, sizeof cases / sizeof cases[0], set_up, tear_down);
}
