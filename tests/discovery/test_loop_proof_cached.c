/* The cached client on one thread of somebody else's loop, over the large cluster: 224 files written, read, touched;
 * another process that holds the lock; a refresh. Nothing of it holds the loop up. With KUBE_E2E_DIR in the environment
 * the server is the real one of the end-to-end tests, else the stub in a process of its own. */
#include "cached_fixture.h"
#include "fetch_outcome.h"
#include "foreign_loop.h"

#include <kube/auth.h>
#include <kube/discovery.h>
#include <kube/testing.h>

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HOLD_MS = 1000, HOLD_AT_MOST_MS = 10000 };

static char root[64], cache_dir[128], kubeconfig[256];
static pid_t server;

/* ---- the server ---- */

static void serve(int ready)
{
    kube_testing_apiserver_options opts = KUBE_TESTING_APISERVER_OPTIONS_INIT;
    kube_testing_apiserver *stub = NULL;

    prctl(PR_SET_PDEATHSIG, SIGKILL); /* whatever becomes of the test */
    opts.recording = KUBE_FIXTURES "/kube-apiserver-1.37/large";
    if (kube_testing_apiserver_start(&opts, &stub, NULL) != KUBE_OK ||
        kube_testing_apiserver_write_kubeconfig(stub, kubeconfig, NULL) != KUBE_OK || write(ready, "r", 1) != 1)
        _exit(1);
    for (;;)
        pause();
}

static int set_up_all(void **state)
{
    const char *dir = getenv("KUBE_E2E_DIR");
    int ready[2];
    char byte;

    (void)state;
    if (!foreign_loop_folder(root) || pipe(ready) != 0)
        return -1;
    snprintf(cache_dir, sizeof cache_dir, "%s/cache", root);
    if (dir != NULL) {
        snprintf(kubeconfig, sizeof kubeconfig, "%s/admin.kubeconfig", dir);
    } else {
        snprintf(kubeconfig, sizeof kubeconfig, "%s/kubeconfig", root);
        server = fork();
        if (server == 0)
            serve(ready[1]);
    }
    close(ready[1]);
    if (dir == NULL && read(ready[0], &byte, 1) != 1)
        return -1;
    close(ready[0]);
    return 0;
}

static int tear_down_all(void **state)
{
    (void)state;
    if (server > 0) {
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
    }
    remove_tree(root);
    return 0;
}

/* ---- the client ---- */

typedef struct client {
    kube_rest_client *rest;
    kube_discovery *discovery;
} client;

static void connect_client(client *c)
{
    kube_auth_options opts = KUBE_AUTH_OPTIONS_INIT;
    kube_cached_discovery_builder *b = kube_cached_discovery_builder_new();
    kube_error *err = NULL;
    kube_status st;

    *c = (client){ .rest = NULL };
    opts.kubeconfig = kubeconfig;
    st = kube_auth_rest_client_from_kubeconfig(&opts, &c->rest, &err);
    kube_cached_discovery_builder_rest(b, c->rest);
    kube_cached_discovery_builder_disk(b, cache_dir);
    if (st != KUBE_OK || kube_cached_discovery_builder_build(b, &c->discovery, &err) != KUBE_OK)
        fail_msg("%s", kube_error_message(err));
}

static void disconnect(client *c)
{
    kube_discovery_unref(c->discovery);
    kube_rest_client_unref(c->rest);
}

static uint64_t requests_of(const client *c)
{
    kube_rest_client_stats stats;

    kube_rest_client_read_stats(c->rest, &stats);
    return stats.requests;
}

static void assert_whole_answer(const outcome *o)
{
    if (o->status != KUBE_OK && o->status != KUBE_ERR_PARTIAL)
        fail_msg("%s: %s", kube_status_name(o->status), kube_error_message(o->err));
    assert_true(kube_api_group_list_count(kube_discovery_snapshot_groups(o->snapshot)) > 10);
}

/* One question on a loop of its own; returns how many requests it took. What is done before the first turn counts as a
 * turn. `held`: the other end of what keeps the question from being answered until a byte is written, else -1. */
static uint64_t ask_while(client *c, kube_freshness freshness, const char *what, int held)
{
    kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
    uint64_t before = requests_of(c);
    foreign_loop loop;
    outcome o = { .calls = 0 };
    int64_t began;

    opts.freshness = freshness;
    foreign_loop_init(&loop, false);
    began = foreign_loop_cpu_ns();
    assert_int_equal(
        kube_discovery_fetch_start(c->discovery, loop.io, KUBE_DISCOVERY_WANT_ALL, NULL, &opts, on_fetched, &o, NULL),
        KUBE_PENDING);
    began = foreign_loop_cpu_ns() - began;
    if (began > loop.worst_cpu_ns)
        loop.worst_cpu_ns = began;
    assert_int_equal(o.calls, 0);
    if (held >= 0) {
        foreign_loop_run_for(&loop, HOLD_MS);
        assert_int_equal(o.calls, 0);
        assert_int_equal(write(held, "g", 1), 1);
    }
    assert_true(foreign_loop_run(&loop, &o.calls, 30000));
    assert_whole_answer(&o);
    foreign_loop_run_for(&loop, 20);
    assert_int_equal(o.calls, 1);
    assert_int_equal(loop.most_threads, loop.threads_before);
    foreign_loop_judge(&loop, what);
    outcome_clear(&o);
    foreign_loop_clear(&loop);
    return requests_of(c) - before;
}

static uint64_t ask(client *c, kube_freshness freshness, const char *what)
{
    return ask_while(c, freshness, what, -1);
}

static const char *below(const char *name)
{
    static char path[256];

    snprintf(path, sizeof path, "%s/%s", cache_dir, name);
    return path;
}

static void write_read_and_refresh(void)
{
    client c;

    connect_client(&c);
    assert_int_equal(ask(&c, KUBE_FRESHNESS_TTL, "cold, all files written"), 2);
    assert_int_equal(ask(&c, KUBE_FRESHNESS_TTL, "again"), 0);
    assert_int_equal(ask(&c, KUBE_FRESHNESS_REVALIDATE, "not modified, all files touched"), 2);
    disconnect(&c);
    connect_client(&c);
    assert_int_equal(ask(&c, KUBE_FRESHNESS_TTL, "warm, another client"), 0);
    disconnect(&c);
    remove_tree(below("libkube"));
    connect_client(&c);
    assert_int_equal(ask(&c, KUBE_FRESHNESS_TTL, "all files read"), 0);
    disconnect(&c);
    remove_tree(cache_dir);
}

static void writing_reading_and_refreshing_kubectls_folder_never_holds_the_loop_up(void **state)
{
    (void)state;
    foreign_loop_prove(write_read_and_refresh);
}

/* The process that holds the lock until a byte is written to `*held`. */
static pid_t hold_lock(const char *folder, int *held)
{
    static const char *const segments[] = { "lock" };
    const kube_store_key key = { segments, 1 };
    int pair[2];
    char byte;
    pid_t pid;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    pid = fork();
    if (pid == 0) {
        kube_disk_store_options opts = KUBE_DISK_STORE_OPTIONS_INIT;
        kube_store *store = NULL;
        kube_store_lock *lock = NULL;

        struct pollfd told = { .fd = pair[1], .events = POLLIN };

        close(pair[0]);
        opts.path = folder;
        if (kube_disk_store_new(&opts, &store, NULL) != KUBE_OK ||
            kube_store_begin_lock(store, NULL, &key, 60000, NULL, NULL, NULL, &lock, NULL) != KUBE_OK ||
            write(pair[1], "r", 1) != 1 || poll(&told, 1, HOLD_AT_MOST_MS) != 1)
            _exit(1);
        _exit(0); /* with the process the lock is gone */
    }
    close(pair[1]);
    assert_int_equal(read(pair[0], &byte, 1), 1);
    *held = pair[0];
    return pid;
}

static void wait_for_the_lock(void)
{
    struct dirent *entry;
    char folder[512];
    client c;
    DIR *dir;
    pid_t pid;
    int held, status;

    connect_client(&c);
    (void)ask(&c, KUBE_FRESHNESS_TTL, "to have a folder");
    dir = opendir(below("libkube"));
    while ((entry = readdir(dir)) != NULL && entry->d_name[0] == '.')
        ;
    snprintf(folder, sizeof folder, "%s/libkube/%.100s", cache_dir, entry->d_name);
    closedir(dir);
    pid = hold_lock(folder, &held);
    assert_int_equal(ask_while(&c, KUBE_FRESHNESS_REVALIDATE, "the lock held for a second", held), 2);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close(held);
    disconnect(&c);
    remove_tree(cache_dir);
}

static void another_process_that_holds_the_lock_never_holds_the_loop_up(void **state)
{
    (void)state;
    foreign_loop_prove(wait_for_the_lock);
}

static void refresh(void)
{
    foreign_loop loop;
    outcome o = { .calls = 0 };
    client c;

    connect_client(&c);
    (void)ask(&c, KUBE_FRESHNESS_TTL, "to know something");
    foreign_loop_init(&loop, true);
    assert_int_equal(kube_discovery_refresh_start(c.discovery, loop.io, NULL, on_fetched, &o, NULL), KUBE_PENDING);
    for (int i = 0; o.calls == 0 && i < 10000; i++) {
        kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
        kube_api_resource_list *list = NULL;

        opts.freshness = KUBE_FRESHNESS_ONLY_IF_CACHED;
        assert_int_equal(kube_discovery_server_resources_for_group_version(c.discovery, "apps/v1", &opts, &list, NULL),
                         KUBE_OK);
        kube_api_resource_list_unref(list);
        foreign_loop_run_for(&loop, 1);
    }
    assert_int_equal(o.calls, 1);
    assert_whole_answer(&o);
    assert_int_equal(loop.most_threads, loop.threads_before);
    foreign_loop_judge(&loop, "a refresh");
    outcome_clear(&o);
    foreign_loop_clear(&loop);
    disconnect(&c);
    remove_tree(cache_dir);
}

static void a_refresh_goes_on_while_questions_are_answered_from_what_is_known(void **state)
{
    (void)state;
    foreign_loop_prove(refresh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writing_reading_and_refreshing_kubectls_folder_never_holds_the_loop_up),
        cmocka_unit_test(another_process_that_holds_the_lock_never_holds_the_loop_up),
        cmocka_unit_test(a_refresh_goes_on_while_questions_are_answered_from_what_is_known),
    };

    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
