/* The connection ends, is reset or falls silent at any byte of an answer: the question comes to an error or to the
 * whole answer, nothing incomplete is kept, and the next question is answered. */
#include "discovery_fixture.h"
#include "remove_tree.h"

#include <kube/auth.h>
#include <kube/discovery.h>
#include <kube/testing.h>

#include <dirent.h>
#include <unistd.h>

/* libcurl 7.88 closes a socket that never became a connection before it says so: what is then told to epoll ("not any
 * more") may be about a number that the server's thread in this process has been given meanwhile. The kernel refuses
 * it, because that file is not in the set; the thread sanitizer sees two threads at one number. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "race:tell_kernel\n";
}

enum { EACH_UP_TO = 250, STEP = 997, SILENCE_MS = 60 };

static kube_testing_apiserver *server;
static kube_rest_client *rest;
static kube_discovery *discovery;
static char root[64], expected[DISCOVERY_TEXT_BYTES];

/* One that knows nothing: a remembered answer would be asked about, and answered in two hundred bytes. */
static void renew_client(void)
{
    kube_cached_discovery_builder *b = kube_cached_discovery_builder_new();

    kube_discovery_unref(discovery);
    discovery = NULL;
    kube_cached_discovery_builder_rest(b, rest);
    kube_cached_discovery_builder_disk(b, root);
    assert_int_equal(kube_cached_discovery_builder_build(b, &discovery, NULL), KUBE_OK);
}

static int set_up(void **state)
{
    kube_testing_apiserver_options opts = KUBE_TESTING_APISERVER_OPTIONS_INIT;
    kube_auth_options auth = KUBE_AUTH_OPTIONS_INIT;
    char path[128];

    (void)state;
    /* In memory where that is possible: hundreds of folders are made and removed. */
    snprintf(root, sizeof root, "%s/kube-network-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    opts.recording = KUBE_FIXTURES "/kube-apiserver-1.37/bare";
    if (mkdtemp(root) == NULL || kube_testing_apiserver_start(&opts, &server, NULL) != KUBE_OK)
        return -1;
    snprintf(path, sizeof path, "%s/kubeconfig", root);
    auth.kubeconfig = path;
    if (kube_testing_apiserver_write_kubeconfig(server, path, NULL) != KUBE_OK ||
        kube_auth_rest_client_from_kubeconfig(&auth, &rest, NULL) != KUBE_OK)
        return -1;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    kube_discovery_unref(discovery);
    discovery = NULL;
    kube_rest_client_unref(rest);
    kube_testing_apiserver_stop(server);
    remove_tree(root);
    return 0;
}

/* Everything, from the server; NULL: an error, whose status is in `status`. */
static const char *ask(int64_t timeout_ms, kube_status *status)
{
    kube_call_options o = KUBE_CALL_OPTIONS_INIT;
    kube_api_resource_lists *lists = NULL;
    kube_error *err = NULL;
    const char *text = NULL;

    o.freshness = KUBE_FRESHNESS_REVALIDATE;
    o.timeout_ms = timeout_ms;
    *status = kube_discovery_server_groups_and_resources(discovery, &o, NULL, &lists, &err);
    if (*status == KUBE_OK)
        text = lists_text(lists);
    else
        assert_non_null(err);
    kube_api_resource_lists_unref(lists);
    kube_error_free(err);
    return text;
}

static unsigned count_files(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    unsigned count = 0;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char below[600];

        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "lock") == 0)
            continue;
        snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        count += entry->d_type == DT_DIR ? count_files(below) : 1;
    }
    if (dir != NULL)
        closedir(dir);
    return count;
}

static void forget(void)
{
    char path[128];

    snprintf(path, sizeof path, "%s/discovery", root);
    remove_tree(path);
    snprintf(path, sizeof path, "%s/libkube", root);
    remove_tree(path);
}

/* The kubeconfig is always there. */
static void expect_all_or_nothing(const char *fault, size_t n, const char *answer, unsigned whole)
{
    unsigned files = count_files(root);

    if (answer != NULL && strcmp(answer, expected) != 0)
        fail_msg("%s%zu: another answer", fault, n);
    if (answer == NULL ? files != 1 : files != whole)
        fail_msg("%s%zu: %u files are left (of %u)", fault, n, files, whole);
}

static void fail_at(const char *word, size_t n, int64_t timeout_ms, unsigned whole)
{
    char fault[64];
    kube_status st = KUBE_OK;
    const char *answer;

    forget();
    renew_client();
    snprintf(fault, sizeof fault, "/apis %s%zu times=1", word, n);
    assert_int_equal(kube_testing_apiserver_add_fault_text(server, fault, NULL, NULL), KUBE_OK);
    answer = ask(timeout_ms, &st);
    if (answer == NULL && st != KUBE_ERR_UNAVAILABLE && st != KUBE_ERR_PROTOCOL && st != KUBE_ERR_TIMEOUT)
        fail_msg("%s%zu: %s", word, n, kube_status_name(st));
    expect_all_or_nothing(word, n, answer, whole);
    kube_testing_apiserver_remove_fault(server, 0);
    answer = ask(0, &st);
    if (answer == NULL || strcmp(answer, expected) != 0)
        fail_msg("after %s%zu: %s", word, n, kube_status_name(st));
}

/* In the head everywhere, in the body now and then. */
static void fail_everywhere(const char *word, int64_t timeout_ms, size_t each_up_to)
{
    kube_status st = KUBE_OK;
    kube_testing_record record = KUBE_TESTING_RECORD_INIT;
    unsigned whole;
    size_t bytes = 0, tried = 0;

    renew_client();
    snprintf(expected, sizeof expected, "%s", ask(0, &st));
    whole = count_files(root);
    for (size_t i = 0; kube_testing_apiserver_request_at(server, i, &record); i++)
        bytes = record.body_bytes > bytes ? record.body_bytes : bytes;
    assert_true(bytes > 10000);
    for (size_t n = 0; n < bytes; n += n < each_up_to ? 1 : STEP, tried++)
        fail_at(word, n, timeout_ms, whole);
    print_message("  %s: %zu places\n", word, tried);
}

static void a_connection_may_be_closed_at_any_byte(void **state)
{
    (void)state;
    fail_everywhere("close-after=", 0, EACH_UP_TO);
}

static void a_connection_may_be_reset_at_any_byte(void **state)
{
    (void)state;
    fail_everywhere("reset-after=", 0, EACH_UP_TO);
}

static void a_connection_may_fall_silent_at_any_byte(void **state)
{
    (void)state;
    fail_everywhere("stall-after=", SILENCE_MS, EACH_UP_TO / 10);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_connection_may_be_closed_at_any_byte),
        TEST(a_connection_may_be_reset_at_any_byte),
        TEST(a_connection_may_fall_silent_at_any_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
