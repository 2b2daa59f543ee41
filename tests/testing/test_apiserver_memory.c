/* The API server while memory runs out. */
#include "stub_fixture.h"

#include <unistd.h>

#define SECOND_VERSION "{\"metadata\":{\"name\":\"stable.example.com\"},\"versions\":[{\"version\":\"v2\"}]}"

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
        st = kube_testing_apiserver_add_group(server, SECOND_VERSION, NULL);
    if (st == KUBE_OK)
        st = kube_testing_apiserver_add_fault_text(server, "/apis body=text type=text/plain", NULL, NULL);
    if (st == KUBE_OK)
        st = kube_testing_apiserver_add_malice(server, "two-lengths", NULL, NULL);
    if (st == KUBE_OK && kube_testing_apiserver_add_malice(server, "kindness", NULL, NULL) != KUBE_ERR_NOT_FOUND)
        st = KUBE_ERR_OUT_OF_MEMORY; /* which it is then, too */
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

/* How many requests the log has lost for want of memory. */
static unsigned not_logged;

static bool same_answer(const reply *a, const reply *b)
{
    return a->status == b->status && a->body_len == b->body_len && memcmp(a->body, b->body, a->body_len) == 0;
}

/* The first request of a server, the n-th allocation for it failing: the answer comes whole or not at all, and who asks
 * again gets it. */
static bool ask_twice(size_t n, const char *fault, const char *target, const char *headers)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);
    reply first, second;
    bool reached;

    if (fault != NULL)
        assert_int_equal(kube_testing_apiserver_add_fault_text(server, fault, NULL, NULL), KUBE_OK);
    alloc_trace_fail_at(n);
    first = stub_get(server, target, headers);
    reached = alloc_trace_stop();
    not_logged += first.len > 0 && kube_testing_apiserver_request_count(server) == 0;
    second = stub_get(server, target, headers);
    assert_true(second.len > 0);
    if (!first.closed || (first.len > 0 && !same_answer(&first, &second)))
        fail_msg("%s, allocation %zu: %zu bytes, status %d", target, n, first.len, first.status);
    reply_clear(&first);
    reply_clear(&second);
    kube_testing_apiserver_stop(server);
    return reached;
}

static void expect_whole_or_nothing(const char *fault, const char *target, const char *headers)
{
    size_t n = 1;

    while (ask_twice(n, fault, target, headers))
        n++;
    assert_true(n > 5);
}

static void an_answer_comes_whole_or_not_at_all(void **state)
{
    (void)state;
    not_logged = 0;
    expect_whole_or_nothing(NULL, "/apis", "Accept: application/json\r\n");
    expect_whole_or_nothing(NULL, "/apis/apps", NULL);
    expect_whole_or_nothing(NULL, "/apis/apps/v1", NULL);
    expect_whole_or_nothing(NULL, "/absent", NULL);
    expect_whole_or_nothing("/ status=403", "/apis", NULL);
    expect_whole_or_nothing("/ endless close-after=20000", "/apis", NULL);
    expect_whole_or_nothing("/ endless-headers close-after=20000", "/apis", NULL);
    assert_true(not_logged > 0); /* and it comes though nobody will read of it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(running_out_of_memory_leaves_nothing_behind),
        ALLOC_TRACE_TEST(an_answer_comes_whole_or_not_at_all),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
