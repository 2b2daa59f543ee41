/* Each kind of malice against each program that asks a server: it ends in time, with a documented status, within
 * bounded memory; nothing is written outside of its cache, no secret and no control byte is printed. kube-demo is not
 * among them: it asks no server but the one it starts. */
#include "child_program.h"
#include "discovery_fixture.h"
#include "remove_tree.h"

#include "apiserver.h"

#include <kube/testing.h>

#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TOKEN "the-right-token"
#define A_SECOND "--request-timeout=1s"

/* Discovery takes answers of 16 MiB, two at once; kube-raw takes one of 32 MiB. Whoever forgets its own deadline is
 * ended by the libraries' 32 seconds: past the patience. */
enum { LIMIT_MS = 30000, PATIENCE_MS = 25000, GLANCE_MS = 1000, MAX_RSS_KB = 100 * 1024 };

/* A program as it is run. */
typedef struct victim {
    const char *program;
    const char *const *arguments;
    const char *deadline; /* one more argument, or NULL                                                              */
    bool hands_through;   /* bytes of the server, as they came                                                       */
    bool defaults;        /* nothing but the libraries' own bounds: their 32 seconds are too long to be waited for */
} victim;

/* What only a deadline ends. */
static const char *const endless[] = { "no-handshake", "stalled-head", "stalled-body", "slow-bytes", NULL };

static kube_testing_apiserver *server;
static char root[64];
static child_result r;
static unsigned slowest_ms;
static long largest_kb;

static const char *path_of(const char *name)
{
    static char path[4][256];
    static int turn;

    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[turn], "%s/%s", root, name);
    return path[turn];
}

static int set_up(void **state)
{
    kube_testing_apiserver_options opts = KUBE_TESTING_APISERVER_OPTIONS_INIT;

    (void)state;
    snprintf(root, sizeof root, "/tmp/kube-malice-XXXXXX");
    if (mkdtemp(root) == NULL)
        return -1;
    opts.recording = KUBE_FIXTURES "/kube-apiserver-1.37/bare";
    opts.token = TOKEN;
    if (kube_testing_apiserver_start(&opts, &server, NULL) != KUBE_OK)
        return -1;
    return kube_testing_apiserver_write_kubeconfig(server, path_of("kubeconfig"), NULL) == KUBE_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    kube_testing_apiserver_stop(server);
    remove_tree(root);
    return 0;
}

static unsigned now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (unsigned)(t.tv_sec * 1000 + t.tv_nsec / 1000000);
}

static bool is_among(const char *name, const char *const names[])
{
    size_t i = 0;

    while (names[i] != NULL && strcmp(names[i], name) != 0)
        i++;
    return names[i] != NULL;
}

static unsigned run(const victim *v, int limit_ms)
{
    const char *program = v->program;
    char home[128], cache[128], config[160], libraries[512];
    const char *environment[5] = { home, cache, config, NULL };
    const char *arguments[8] = { NULL };
    size_t n = 0;
    unsigned began = now_ms();

    snprintf(home, sizeof home, "HOME=%s", path_of("home"));
    snprintf(cache, sizeof cache, "KUBECACHEDIR=%s", path_of("cache"));
    snprintf(config, sizeof config, "KUBECONFIG=%s", path_of("kubeconfig"));
    /* A sanitizer loads the transport for us, and does not look beside our libraries. */
    snprintf(libraries, sizeof libraries, "LD_LIBRARY_PATH=%.*s/../lib", (int)(strrchr(program, '/') - program),
             program);
#ifdef KUBE_UNDER_SANITIZER
    environment[3] = libraries;
#endif
    for (; v->arguments[n] != NULL; n++) {
        assert_true(n + 2 < sizeof arguments / sizeof arguments[0]);
        arguments[n] = v->arguments[n];
    }
    arguments[n] = v->deadline;
    child_run(program, arguments, environment, limit_ms, &r);
    return now_ms() - began;
}

/* What paints a terminal. A program that hands bytes through, as kube-raw does, is asked about its errors only. */
static bool is_clean(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
        if ((*p < 0x20 && *p != '\n' && *p != '\t') || *p == 0x7f || (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0))
            return false;
    }
    return true;
}

static void expect_only(const char *folder, const char *const names[])
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.' && !is_among(entry->d_name, names))
            fail_msg("%s/%s was written", folder, entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
}

static void expect_harmless(const char *malice, const victim *v, unsigned took_ms)
{
    const char *name = strrchr(v->program, '/') + 1;
    bool waits = v->defaults && is_among(malice, endless) && r.status == 1000 + SIGKILL;

    if (r.status != 0 && r.status != 1 && !waits)
        fail_msg("%s, %s: exit %d: %s", malice, name, r.status, r.err);
    if (took_ms > PATIENCE_MS)
        fail_msg("%s, %s: it took %u ms", malice, name, took_ms);
#ifndef KUBE_UNDER_SANITIZER
    if (r.max_rss_kb > MAX_RSS_KB)
        fail_msg("%s, %s: it had %ld kB", malice, name, r.max_rss_kb);
#endif
    if (strstr(r.err, TOKEN) != NULL || strstr(r.out, TOKEN) != NULL)
        fail_msg("%s, %s: a secret is printed", malice, name);
    if (!is_clean(r.err) || (!v->hands_through && !is_clean(r.out)))
        fail_msg("%s, %s: a control byte is printed", malice, name);
    if (r.status == 1 && r.err[0] == '\0')
        fail_msg("%s, %s: it failed without a word", malice, name);
    expect_only(root, (const char *const[]){ "kubeconfig", "cache", NULL });
    expect_only(path_of("cache"), (const char *const[]){ "discovery", "libkube", NULL });
    slowest_ms = took_ms > slowest_ms ? took_ms : slowest_ms;
    largest_kb = r.max_rss_kb > largest_kb ? r.max_rss_kb : largest_kb;
}

/* What nobody asks for harms nobody: a program for which that is so has to be among the victims. */
static bool was_met(void)
{
    bool met;

    pthread_mutex_lock(&server->faults.lock);
    met = server->faults.first->matched > 0;
    pthread_mutex_unlock(&server->faults.lock);
    return met;
}

static void suffer(const victim *v)
{
    victim unhurried = *v;

    slowest_ms = 0;
    largest_kb = 0;
    for (size_t i = 0; i < kube_testing_malice_count(); i++) {
        const char *malice = kube_testing_malice_name(i);
        unsigned took_ms;

        assert_int_equal(kube_testing_apiserver_add_malice(server, malice, NULL, NULL), KUBE_OK);
        took_ms = run(v, v->defaults && is_among(malice, endless) ? GLANCE_MS : LIMIT_MS);
        if (!was_met())
            fail_msg("%s: %s has not met it", malice, v->program);
        kube_testing_apiserver_remove_fault(server, 0);
        expect_harmless(malice, v, took_ms);
        remove_tree(path_of("cache"));
    }
    print_message("  %zu kinds of malice: at most %u ms and %ld kB\n", kube_testing_malice_count(), slowest_ms,
                  largest_kb);
    unhurried.deadline = NULL;
    (void)run(&unhurried, LIMIT_MS); /* and when the server has come to its senses, it answers */
    if (r.status != 0 || r.out[0] == '\0')
        fail_msg("exit %d: %s", r.status, r.err);
}

static void api_resources_comes_to_no_harm(void **state)
{
    const char *const arguments[] = { "--cached", "-o", "wide", NULL };

    (void)state;
    suffer(&(victim){ .program = KUBE_API_RESOURCES, .arguments = arguments, .deadline = A_SECOND });
}

static void api_versions_comes_to_no_harm(void **state)
{
    const char *const arguments[] = { NULL };

    (void)state;
    suffer(&(victim){ .program = KUBE_API_VERSIONS, .arguments = arguments, .deadline = A_SECOND });
}

static void raw_comes_to_no_harm(void **state)
{
    const char *const arguments[] = { "/apis", "-i", "-v", NULL };

    (void)state;
    suffer(&(victim){ .program = KUBE_RAW, .arguments = arguments, .deadline = A_SECOND, .hands_through = true });
}

static void the_quickstart_comes_to_no_harm(void **state)
{
    const char *const arguments[] = { NULL };

    (void)state;
    suffer(&(victim){ .program = KUBE_QUICKSTART, .arguments = arguments, .defaults = true });
}

static void an_unknown_malice_is_refused_and_the_known_ones_are_named(void **state)
{
    kube_error *err = NULL;

    (void)state;
    assert_int_equal(kube_testing_apiserver_add_malice(server, "kindness", NULL, &err), KUBE_ERR_NOT_FOUND);
    assert_non_null(strstr(kube_error_message(err), "\"kindness\", but no-handshake, "));
    kube_error_free(err);
    assert_null(kube_testing_malice_name(kube_testing_malice_count()));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(api_resources_comes_to_no_harm, set_up, tear_down),
        cmocka_unit_test_setup_teardown(api_versions_comes_to_no_harm, set_up, tear_down),
        cmocka_unit_test_setup_teardown(raw_comes_to_no_harm, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_quickstart_comes_to_no_harm, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unknown_malice_is_refused_and_the_known_ones_are_named, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
