/* The whole path on one thread of somebody else's loop: a credential plugin that sleeps, a name resolution that sleeps,
 * TLS, discovery, decoding; and that nothing of it holds the loop up. With KUBE_E2E_DIR in the environment the server
 * is the real one of the end-to-end tests, else one of our own in a process of its own, so that every thread seen here
 * is ours. */
#include "fetch_outcome.h"
#include "foreign_loop.h"
#include "rest_fixture.h"
#include "sleeping_resolver.h"

#include <kube/auth.h>
#include <kube/discovery.h>

#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SLEEP_MS = 3000, BLOCKING_THREADS = 32 };

static char folder[64], ca_file[512], token[256] = "of-no-interest", server_port[16];
static rest_fixture own_server;

/* ---- a name resolution that sleeps: libcurl's own finds this function first ---- */

static atomic_int resolver_sleep_s; /* read by libcurl's thread */
static atomic_uint getaddrinfo_calls;

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = NULL;
    void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");

    memcpy(&real, &symbol, sizeof real);
    getaddrinfo_calls++;
    sleep((unsigned)resolver_sleep_s);
    return real(strcmp(node, "api.example") == 0 ? "127.0.0.1" : node, service, hints, result);
}

/* ---- the server and the kubeconfigs ---- */

static void write_file(const char *name, const char *text, mode_t mode)
{
    char path[256];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "w");
    if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0 || chmod(path, mode) != 0)
        abort();
}

static char *read_whole(const char *path, size_t size)
{
    FILE *f = fopen(path, "r");
    char *text = calloc(1, size);

    if (f == NULL || text == NULL || fread(text, 1, size - 1, f) == 0) {
        fprintf(stderr, "cannot read %s\n", path);
        abort();
    }
    fclose(f);
    return text;
}

static void serve(void *user, kube_testing_connection *c, const kube_testing_request *r)
{
    const char *path = strncmp(r->target, "/apis", 5) == 0 ? "apis" : "api";
    char file[512], value[256];
    char *body;

    (void)user;
    kube_testing_request_header(r, "Authorization", value, sizeof value);
    if (strncmp(value, "Bearer ", 7) != 0) {
        kube_testing_connection_reply(c, 401, NULL, "");
        return;
    }
    if (strncmp(r->target, "/slow", 5) == 0) {
        kube_testing_connection_hold(c, 300);
        kube_testing_connection_reply(c, 200, "Content-Type: application/json\r\n", "{}");
        return;
    }
    snprintf(file, sizeof file, "%s/kube-apiserver-1.37/large/%s.aggregated.json", KUBE_FIXTURES, path);
    body = read_whole(file, 4 << 20);
    kube_testing_connection_reply(
        c, 200, "Content-Type: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList\r\n", body);
    free(body);
}

static void start_own_server(void)
{
    rest_fixture_start_process(&own_server, serve, NULL);
    write_file("ca.pem", kube_testing_cert_pem(own_server.ca), 0600);
    snprintf(ca_file, sizeof ca_file, "%s/ca.pem", folder);
    snprintf(server_port, sizeof server_port, "%s", strrchr(own_server.url, ':') + 1);
}

/* The end-to-end cluster: its CA, its administrator's token, its port under the name that has to be resolved. */
static void use_real_server(const char *dir)
{
    char path[512];
    char *text, *port;

    snprintf(ca_file, sizeof ca_file, "%s/pki/ca.crt", dir);
    snprintf(path, sizeof path, "%s/admin.token", dir);
    text = read_whole(path, sizeof token);
    snprintf(token, sizeof token, "%.*s", (int)strcspn(text, "\r\n"), text);
    free(text);
    snprintf(path, sizeof path, "%s/server", dir); /* https://127.0.0.1:port */
    text = read_whole(path, 128);
    port = strrchr(text, ':') + 1;
    snprintf(server_port, sizeof server_port, "%.*s", (int)strcspn(port, "\r\n"), port);
    free(text);
}

/* The server goes by a name that no certificate is for and nobody but our two resolvers knows; libcurl would not ask
 * for "localhost". */
static void write_kubeconfig(const char *name, const char *plugin)
{
    char text[4096];

    snprintf(text, sizeof text,
             "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
             "contexts: [{name: c, context: {cluster: c, user: u}}]\n"
             "clusters: [{name: c, cluster: {server: 'https://api.example:%s', tls-server-name: localhost,"
             " certificate-authority: '%s'}}]\n"
             "users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./%s,"
             " interactiveMode: Never}}}]\n",
             server_port, ca_file, plugin);
    write_file(name, text, 0600);
}

static int set_up_all(void **state)
{
    static char script[1024];
    const char *dir = getenv("KUBE_E2E_DIR");

    (void)state;
    snprintf(folder, sizeof folder, "/tmp/kube-loop-XXXXXX"); /* with a program in it: not on /dev/shm */
    if (mkdtemp(folder) == NULL)
        return -1;
    if (dir != NULL)
        use_real_server(dir);
    else
        start_own_server();
    for (int sleeps = 0; sleeps <= 1; sleeps++) {
        snprintf(
            script, sizeof script,
            "#!/bin/sh\necho run >>'%s/runs'\n%s\nprintf '%%s' '{\"apiVersion\":\"client.authentication.k8s.io/v1\","
            "\"kind\":\"ExecCredential\",\"status\":{\"token\":\"%s\"}}'\n",
            folder, sleeps ? "sleep 3" : "", token);
        write_file(sleeps ? "slow-plugin" : "plugin", script, 0700);
    }
    write_kubeconfig("slow.kubeconfig", "slow-plugin");
    write_kubeconfig("kubeconfig", "plugin");
    return 0;
}

static int tear_down_all(void **state)
{
    char command[128];

    (void)state;
    rest_fixture_clear(&own_server);
    for (const char *const *name =
             (const char *const[]){ "ca.pem", "runs", "slow-plugin", "plugin", "slow.kubeconfig", "kubeconfig", NULL };
         *name != NULL; name++) {
        snprintf(command, sizeof command, "%s/%s", folder, *name);
        unlink(command);
    }
    return rmdir(folder);
}

static kube_rest_client *make_rest(const char *kubeconfig, kube_resolver *resolver)
{
    kube_auth_options opts = KUBE_AUTH_OPTIONS_INIT;
    kube_rest_client *rest = NULL;
    kube_error *err = NULL;
    char path[256];

    snprintf(path, sizeof path, "%s/%s", folder, kubeconfig);
    opts.kubeconfig = path;
    opts.resolver = resolver;
    if (kube_auth_rest_client_from_kubeconfig(&opts, &rest, &err) != KUBE_OK)
        fail_msg("%s", kube_error_message(err));
    return rest;
}

static kube_discovery *make_discovery(kube_rest_client *rest)
{
    kube_discovery *discovery = NULL;

    assert_int_equal(kube_discovery_client_new(rest, NULL, &discovery, NULL), KUBE_OK);
    return discovery;
}

/* ---- one operation ---- */

static void start(kube_discovery *discovery, kube_io *io, const kube_call_options *opts, outcome *o)
{
    memset(o, 0, sizeof *o);
    assert_int_equal(
        kube_discovery_fetch_start(discovery, io, KUBE_DISCOVERY_WANT_ALL, NULL, opts, on_fetched, o, NULL),
        KUBE_PENDING);
    assert_int_equal(o->calls, 0);
}

static void assert_whole_answer(const outcome *o)
{
    if (o->status != KUBE_OK && o->status != KUBE_ERR_PARTIAL)
        fail_msg("%s: %s", kube_status_name(o->status), kube_error_message(o->err));
    assert_true(kube_api_group_list_count(kube_discovery_snapshot_groups(o->snapshot)) > 10);
}

static void run_whole_path(bool own_resolver, bool edge_triggered)
{
    int sleep_ms = SLEEP_MS;
    kube_resolver *resolver = own_resolver ? sleeping_resolver_new(&sleep_ms) : NULL;
    kube_rest_client *rest = make_rest("slow.kubeconfig", resolver);
    kube_discovery *discovery = make_discovery(rest);
    int64_t began = test_now_ms();
    foreign_loop loop;
    outcome o;

    resolver_sleep_s = SLEEP_MS / 1000;
    foreign_loop_init(&loop, edge_triggered);
    start(discovery, loop.io, NULL, &o);
    assert_true(foreign_loop_run(&loop, &o.calls, 30000));
    assert_whole_answer(&o);
    assert_true(test_now_ms() - began >= 2 * SLEEP_MS - 100); /* both sleeps, one after the other */
    foreign_loop_run_for(&loop, 20);
    assert_int_equal(o.calls, 1);
    foreign_loop_judge(&loop, own_resolver ? "the whole path" : "the whole path, libcurl's resolver");
    if (own_resolver)
        assert_int_equal(loop.most_threads, loop.threads_before);
    outcome_clear(&o);
    kube_discovery_unref(discovery);
    kube_rest_client_unref(rest);
    kube_resolver_unref(resolver);
    foreign_loop_clear(&loop);
    resolver_sleep_s = 0;
}

static void run_with_our_resolver(void)
{
    run_whole_path(true, false);
}

static void the_whole_path_runs_on_a_foreign_loop_without_a_thread(void **state)
{
    (void)state;
    foreign_loop_prove(run_with_our_resolver);
}

static void run_with_libcurls_resolver(void)
{
    run_whole_path(false, true);
}

static void the_same_with_libcurls_resolver_and_an_edge_triggered_loop(void **state)
{
    (void)state;
    foreign_loop_prove(run_with_libcurls_resolver);
}

static size_t count_runs(void)
{
    char path[128];
    FILE *f;
    size_t lines = 0;
    int c;

    snprintf(path, sizeof path, "%s/runs", folder);
    f = fopen(path, "r");
    while (f != NULL && (c = fgetc(f)) != EOF)
        lines += c == '\n';
    if (f != NULL)
        fclose(f);
    return lines;
}

typedef enum sleeper { IN_PLUGIN, IN_RESOLVER, IN_LIBCURLS_RESOLVER } sleeper;

/* How often somebody has gone to sleep there. */
static size_t sleeps(sleeper where)
{
    size_t n = 0;

    switch (where) {
    case IN_PLUGIN:
        n = count_runs();
        break;
    case IN_RESOLVER:
        n = sleeping_resolver_asked;
        break;
    case IN_LIBCURLS_RESOLVER:
        n = getaddrinfo_calls;
        break;
    }
    return n;
}

static void run_into_sleep(foreign_loop *loop, sleeper where, size_t before)
{
    int64_t end = test_now_ms() + 60000;

    while (sleeps(where) == before && test_now_ms() < end)
        foreign_loop_run_for(loop, 10);
    assert_int_equal(sleeps(where), before + 1);
}

/* Ends the operation while something sleeps: by cancel, by deadline. */
static void interrupt(sleeper where, bool by_deadline)
{
    int sleep_ms = SLEEP_MS;
    kube_resolver *resolver = where == IN_LIBCURLS_RESOLVER ? NULL : sleeping_resolver_new(&sleep_ms);
    kube_rest_client *rest = make_rest(where == IN_PLUGIN ? "slow.kubeconfig" : "kubeconfig", resolver);
    kube_discovery *discovery = make_discovery(rest);
    kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
    size_t before = sleeps(where);
    int64_t began;
    foreign_loop loop;
    outcome o;

    resolver_sleep_s = where == IN_LIBCURLS_RESOLVER ? SLEEP_MS / 1000 : 0;
    foreign_loop_init(&loop, false);
    assert_int_equal(kube_cancel_new(NULL, &opts.cancel, NULL), KUBE_OK);
    opts.timeout_ms = by_deadline ? 700 : 0;
    began = test_now_ms();
    start(discovery, loop.io, &opts, &o);
    if (by_deadline) {
        assert_true(foreign_loop_run(&loop, &o.calls, 20000));
    } else {
        run_into_sleep(&loop, where, before);
        began = test_now_ms();
        assert_int_equal(o.calls, 0);
        kube_cancel_fire(opts.cancel);
        while (kube_io_step(loop.io, 0) == KUBE_PENDING && o.calls == 0)
            ;
    }
    assert_int_equal(o.calls, 1);
    assert_int_equal(o.status, by_deadline ? KUBE_ERR_TIMEOUT : KUBE_ERR_CANCELLED);
    foreign_loop_judge_that(sleeps(where) == before + 1, "it slept before its deadline");
    foreign_loop_judge_that(test_now_ms() - began < SLEEP_MS - 500, "it did not wait for the end of the sleep");
    foreign_loop_run_for(&loop, 50);
    assert_int_equal(o.calls, 1);
    foreign_loop_judge(&loop, by_deadline ? "a deadline" : "a cancel");
    outcome_clear(&o);
    kube_cancel_unref(opts.cancel);
    kube_discovery_unref(discovery);
    kube_rest_client_unref(rest);
    kube_resolver_unref(resolver);
    foreign_loop_clear(&loop);
    resolver_sleep_s = 0;
}

static void interrupt_the_plugin(void)
{
    interrupt(IN_PLUGIN, false);
    interrupt(IN_PLUGIN, true);
}

static void cancel_and_deadline_take_effect_at_once_while_the_plugin_sleeps(void **state)
{
    (void)state;
    foreign_loop_prove(interrupt_the_plugin);
}

static void interrupt_the_resolver(void)
{
    interrupt(IN_RESOLVER, false);
    interrupt(IN_RESOLVER, true);
}

static void cancel_and_deadline_take_effect_at_once_while_the_resolver_sleeps(void **state)
{
    (void)state;
    foreign_loop_prove(interrupt_the_resolver);
}

static void interrupt_libcurls_resolver(void)
{
    interrupt(IN_LIBCURLS_RESOLVER, false);
    interrupt(IN_LIBCURLS_RESOLVER, true);
}

static void cancel_and_deadline_take_effect_at_once_while_libcurls_resolver_sleeps(void **state)
{
    (void)state;
    foreign_loop_prove(interrupt_libcurls_resolver);
}

static void free_the_loop_in(sleeper where)
{
    int sleep_ms = SLEEP_MS;
    kube_resolver *resolver = sleeping_resolver_new(&sleep_ms);
    kube_rest_client *rest = make_rest(where == IN_PLUGIN ? "slow.kubeconfig" : "kubeconfig", resolver);
    kube_discovery *discovery = make_discovery(rest);
    size_t before = sleeps(where);
    int64_t began;
    foreign_loop loop;
    outcome o;

    foreign_loop_init(&loop, false);
    start(discovery, loop.io, NULL, &o);
    run_into_sleep(&loop, where, before);
    began = test_now_ms();
    foreign_loop_clear(&loop);
    foreign_loop_judge_that(test_now_ms() - began < SLEEP_MS - 500, "it did not wait for the end of the sleep");
    assert_int_equal(o.calls, 1);
    assert_int_equal(o.status, KUBE_ERR_CANCELLED);
    outcome_clear(&o);
    kube_discovery_unref(discovery);
    kube_rest_client_unref(rest);
    kube_resolver_unref(resolver);
}

static void free_the_loop(void)
{
    free_the_loop_in(IN_PLUGIN);
    free_the_loop_in(IN_RESOLVER);
}

static void freeing_the_loop_while_something_sleeps_ends_the_operation(void **state)
{
    (void)state;
    foreign_loop_prove(free_the_loop);
}

/* ---- blocking, from many threads ---- */

typedef struct thread_result {
    pthread_t thread;
    kube_discovery *discovery;
    kube_api_group_list *groups;
    kube_status status;
} thread_result;

static void *blocking_thread(void *arg)
{
    thread_result *t = arg;

    t->status = kube_discovery_server_groups(t->discovery, NULL, &t->groups, NULL);
    return NULL;
}

static void block_in_32_threads(void)
{
    int sleep_ms = 100;
    kube_resolver *resolver = sleeping_resolver_new(&sleep_ms);
    kube_rest_client *rest = make_rest("kubeconfig", resolver);
    kube_discovery *discovery = make_discovery(rest);
    static thread_result threads[BLOCKING_THREADS];
    size_t runs = count_runs();

    for (int i = 0; i < BLOCKING_THREADS; i++) {
        threads[i].discovery = discovery;
        assert_int_equal(pthread_create(&threads[i].thread, NULL, blocking_thread, &threads[i]), 0);
    }
    for (int i = 0; i < BLOCKING_THREADS; i++) {
        pthread_join(threads[i].thread, NULL);
        assert_int_equal(threads[i].status, KUBE_OK);
        assert_true(kube_api_group_list_count(threads[i].groups) > 10);
        kube_api_group_list_unref(threads[i].groups);
    }
    assert_int_equal(count_runs() - runs, 1); /* they shared one run of the plugin */
    kube_discovery_unref(discovery);
    kube_rest_client_unref(rest);
    kube_resolver_unref(resolver);
}

/* A real server sends many large answers over one connection, mixed as it likes: what libcurl makes of that is known
 * after many times. */
static void the_blocking_call_works_from_32_threads_at_once(void **state)
{
    (void)state;
    for (int rounds = getenv("KUBE_E2E_DIR") != NULL ? 30 : 1; rounds > 0; rounds--)
        block_in_32_threads();
}

/* ---- fork ---- */

/* In the child: everything is refused, and freeing it all leaves the parent alone. */
static int child_of_a_user(kube_rest_client *rest, kube_discovery *discovery, kube_io *io)
{
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    kube_rest_response *response = NULL;
    kube_api_group_list *groups = NULL;
    outcome o = { 0 };
    rest_result r = { 0 };

    request.path = "/version";
    if (kube_rest_client_do(rest, &request, NULL, &response, NULL) != KUBE_ERR_FORKED)
        return 1;
    if (kube_rest_client_start(rest, io, &request, NULL, rest_record, &r, NULL) != KUBE_ERR_FORKED)
        return 2;
    if (kube_discovery_server_groups(discovery, NULL, &groups, NULL) != KUBE_ERR_FORKED)
        return 3;
    if (kube_discovery_fetch_start(discovery, io, KUBE_DISCOVERY_WANT_ALL, NULL, NULL, on_fetched, &o, NULL) !=
        KUBE_ERR_FORKED)
        return 4;
    if (kube_io_step(io, 10) != KUBE_ERR_FORKED || kube_io_run(io, 10) != KUBE_ERR_FORKED)
        return 5;
    kube_discovery_unref(discovery);
    kube_rest_client_unref(rest);
    kube_io_free(io);
    return o.calls + r.calls == 0 ? 0 : 6;
}

static void a_forked_child_leaves_the_parents_connections_and_loop_untouched(void **state)
{
    kube_rest_client *rest = make_rest("kubeconfig", NULL);
    kube_discovery *discovery = make_discovery(rest);
    kube_api_group_list *groups = NULL;
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    foreign_loop loop;
    rest_result slow = { 0 };
    outcome o;
    int status = -1;
    pid_t pid;

    (void)state;
    foreign_loop_init(&loop, false);
    assert_int_equal(kube_discovery_server_groups(discovery, NULL, &groups, NULL),
                     KUBE_OK); /* the private loop is in use */
    kube_api_group_list_unref(groups);
    start(discovery, loop.io, NULL, &o);
    assert_true(foreign_loop_run(&loop, &o.calls, 20000)); /* connections stand on this one */
    assert_whole_answer(&o);
    outcome_clear(&o);
    /* The real server has no slow answer for us; a watch that ends by itself after a second is one. */
    request.uri = getenv("KUBE_E2E_DIR") != NULL ? "/api/v1/namespaces?watch=true&timeoutSeconds=1" : "/slow";
    assert_int_equal(kube_rest_client_start(rest, loop.io, &request, NULL, rest_record, &slow, NULL), KUBE_PENDING);
    foreign_loop_run_for(&loop, 50);
    pid = fork();
    if (pid == 0)
        _exit(child_of_a_user(rest, discovery, loop.io));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_true(foreign_loop_run(&loop, &slow.calls, 20000));
    assert_int_equal(slow.status, KUBE_OK);
    rest_result_clear(&slow);
    start(discovery, loop.io, NULL, &o);
    assert_true(foreign_loop_run(&loop, &o.calls, 20000));
    assert_whole_answer(&o);
    outcome_clear(&o);
    kube_discovery_unref(discovery);
    kube_rest_client_unref(rest);
    foreign_loop_clear(&loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_path_runs_on_a_foreign_loop_without_a_thread),
        cmocka_unit_test(the_same_with_libcurls_resolver_and_an_edge_triggered_loop),
        cmocka_unit_test(cancel_and_deadline_take_effect_at_once_while_the_plugin_sleeps),
        cmocka_unit_test(cancel_and_deadline_take_effect_at_once_while_the_resolver_sleeps),
        cmocka_unit_test(cancel_and_deadline_take_effect_at_once_while_libcurls_resolver_sleeps),
        cmocka_unit_test(freeing_the_loop_while_something_sleeps_ends_the_operation),
        cmocka_unit_test(the_blocking_call_works_from_32_threads_at_once),
        cmocka_unit_test(a_forked_child_leaves_the_parents_connections_and_loop_untouched),
    };

    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
