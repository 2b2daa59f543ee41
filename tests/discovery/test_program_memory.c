/* Each allocation of a whole process may fail, that of libcurl, OpenSSL and the C library too: kube-api-resources ends
 * with an answer or an error, never by a signal, and what it leaves in the cache serves the next run. KUBE_SOAK_ROUNDS
 * says how many of them are tried, spread evenly (150); 0: all. Where the programs' own code allocates, at the
 * beginning and at the end of a process, each is tried. */
#include "child_program.h"
#include "discovery_fixture.h"
#include "remove_tree.h"

#include <kube/testing.h>

#include <unistd.h>

enum { LIMIT_MS = 20000, ROUNDS = 150 };

static kube_testing_apiserver *server;
static char root[64], table[CHILD_TEXT_BYTES];
static child_result r;

static void run_program(const char *program, const char *const arguments[], unsigned long fail_at, bool counting)
{
    static const char preload[] = "LD_PRELOAD=" KUBE_FAIL_MALLOC;
    const char *environment[6] = { NULL };
    char home[128], cache[128], config[128], at[64];
    size_t n = 0;

    snprintf(home, sizeof home, "HOME=%s", root);
    snprintf(cache, sizeof cache, "KUBECACHEDIR=%s/cache", root);
    snprintf(config, sizeof config, "KUBECONFIG=%s/kubeconfig", root);
    snprintf(at, sizeof at, "FAIL_MALLOC_AT=%lu", fail_at);
    environment[n++] = home;
    environment[n++] = cache;
    environment[n++] = config;
    if (fail_at != 0 || counting)
        environment[n++] = preload;
    if (counting)
        environment[n++] = "FAIL_MALLOC_COUNT=1";
    else if (fail_at != 0)
        environment[n++] = at;
    child_run(program, arguments, environment, LIMIT_MS, &r);
}

static void run(unsigned long fail_at, bool counting)
{
    const char *const arguments[] = { "--cached", "--request-timeout=5s", NULL };

    run_program(KUBE_API_RESOURCES, arguments, fail_at, counting);
}

static void forget(void)
{
    char cache[128];

    snprintf(cache, sizeof cache, "%s/cache", root);
    remove_tree(cache);
}

/* Of the process that has just run, which was told to count. Its output is kept. */
static unsigned long counted_allocations(void)
{
    const char *last;

    if (r.status != 0)
        fail_msg("exit %d: %s", r.status, r.err);
    snprintf(table, sizeof table, "%s", r.out);
    last = strrchr(r.err, '\n');
    while (last != NULL && last > r.err && last[-1] >= '0' && last[-1] <= '9')
        last--;
    return last != NULL ? strtoul(last, NULL, 10) : 0;
}

static void try_one(unsigned long n)
{
    forget();
    run(n, false);
    if (r.status != 0 && r.status != 1 && r.status != 127) /* 127: the dynamic loader could not load the program */
        fail_msg("allocation %lu: exit %d: %s", n, r.status, r.err);
    if (r.status == 0 && strcmp(r.out, table) != 0)
        fail_msg("allocation %lu: another answer", n);
    if (r.status != 0 && r.err[0] == '\0')
        fail_msg("allocation %lu: it failed without a word", n);
    run(0, false);
    if (r.status != 0 || strcmp(r.out, table) != 0)
        fail_msg("after allocation %lu: exit %d: %s", n, r.status, r.err);
}

static void any_allocation_of_the_process_may_fail(void **state)
{
    const char *wanted = getenv("KUBE_SOAK_ROUNDS");
    unsigned long rounds = wanted != NULL ? strtoul(wanted, NULL, 10) : ROUNDS, count, step;

    (void)state;
    run(0, true);
    count = counted_allocations();
    assert_true(count > 1000);
    step = rounds != 0 && rounds < count ? count / rounds : 1;
    for (unsigned long n = 1; n <= count; n += step)
        try_one(n);
    print_message("%lu allocations, each %luth failed\n", count, step);
}

/* From the first or the last allocation on, so many: the answer, or a line that says why there is none. */
static void any_allocation_of_the_programs_own_may_fail(void **state)
{
    static const struct {
        const char *program, *arguments[6];
        unsigned long first, last; /* how many at the beginning, how many at the end */
    } cases[] = {
        { KUBE_API_RESOURCES, { "--verbs=get,", "--categories", "all", "--help" }, 12, 0 },
        { KUBE_APISERVER_STUB, { "--stale=apps/v1", "--fault", "/ status=500", "--help" }, 12, 0 },
        { KUBE_API_RESOURCES, { "--cached", "--api-group=apps", "-o", "wide" }, 0, 100 },
        { KUBE_API_RESOURCES, { "--cached", "--api-group=apps", "-o", "name" }, 0, 12 },
        { KUBE_API_VERSIONS, { "--cache=none", "--request-timeout=5s" }, 0, 12 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        unsigned long count, failed = 0;

        run_program(cases[i].program, cases[i].arguments, 0, false); /* what can be remembered is, from now on */
        run_program(cases[i].program, cases[i].arguments, 0, true);
        count = counted_allocations();
        for (unsigned long n = 1; n <= count; n++) {
            if (n > cases[i].first && n + cases[i].last <= count)
                continue;
            run_program(cases[i].program, cases[i].arguments, n, false);
            if (r.status == 0 ? strcmp(r.out, table) != 0 : r.status > 2 && r.status != 127)
                fail_msg("%s, allocation %lu of %lu: exit %d: %s", cases[i].program, n, count, r.status, r.err);
            if (r.status != 0 && r.err[0] == '\0')
                fail_msg("%s, allocation %lu of %lu: not a word", cases[i].program, n, count);
            failed += r.status == 1 || r.status == 2;
        }
        assert_true(failed > 0);
    }
}

static int set_up_server(bool plain_http)
{
    kube_testing_apiserver_options opts = KUBE_TESTING_APISERVER_OPTIONS_INIT;
    char path[128];

    snprintf(root, sizeof root, "%s/kube-memory-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    opts.recording = KUBE_FIXTURES "/kube-apiserver-1.37/bare";
    opts.token = plain_http ? NULL : "a-token";
    opts.plain_http = plain_http;
    if (mkdtemp(root) == NULL || kube_testing_apiserver_start(&opts, &server, NULL) != KUBE_OK)
        return -1;
    snprintf(path, sizeof path, "%s/kubeconfig", root);
    return kube_testing_apiserver_write_kubeconfig(server, path, NULL) == KUBE_OK ? 0 : -1;
}

static int set_up(void **state)
{
    (void)state;
    return set_up_server(false);
}

/* Without TLS a process allocates the same each time, so that it can be told which its last ones are. */
static int set_up_plain(void **state)
{
    (void)state;
    return set_up_server(true);
}

static int tear_down(void **state)
{
    (void)state;
    kube_testing_apiserver_stop(server);
    remove_tree(root);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_allocation_of_the_process_may_fail, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_allocation_of_the_programs_own_may_fail, set_up_plain, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
