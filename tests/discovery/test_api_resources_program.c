/* kube-api-resources with everything that can be wrong around it: one line that says what, where and why, the
 * documented exit status, bounded memory, and nothing incomplete left in the cache. */
#include "cached_fixture.h"
#include "child_program.h"

#include <kube/testing.h>

#include <dirent.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LIMIT_MS = 100000, MAX_RSS_KB = 100 * 1024 };

static kube_testing_apiserver *server;
static char root[64];
static child_result r;

static const char *path_of(const char *name)
{
    static char path[4][1024];
    static int turn;

    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[turn], "%s/%s", root, name);
    return path[turn];
}

static void write_text(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void start_server(kube_testing_certificate certificate, kube_testing_form form, const char *recording)
{
    kube_testing_apiserver_options opts = KUBE_TESTING_APISERVER_OPTIONS_INIT;
    char folder[256];

    snprintf(folder, sizeof folder, "%s/kube-apiserver-1.37/%s", KUBE_FIXTURES, recording);
    opts.recording = folder;
    opts.certificate = certificate;
    opts.form = form;
    opts.token = "the-right-token";
    assert_int_equal(kube_testing_apiserver_start(&opts, &server, NULL), KUBE_OK);
    assert_int_equal(kube_testing_apiserver_write_kubeconfig(server, path_of("kubeconfig"), NULL), KUBE_OK);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "/tmp/kube-program-XXXXXX");
    if (mkdtemp(root) == NULL)
        return -1;
    start_server(KUBE_TESTING_CERTIFICATE_GOOD, KUBE_TESTING_FORM_V2, "bare");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    kube_testing_apiserver_stop(server);
    remove_tree(root);
    return 0;
}

static void run(const char *deadline, const char *const arguments[])
{
    const char *argv[16] = { NULL };
    const char *environment[6] = { NULL };
    char home[128], cache[128], config[160], libraries[512];
    size_t n = 0;

    snprintf(home, sizeof home, "HOME=%s", path_of("home"));
    snprintf(cache, sizeof cache, "KUBECACHEDIR=%s", path_of("cache"));
    snprintf(config, sizeof config, "KUBECONFIG=%s", path_of("kubeconfig"));
    /* A sanitizer loads the transport for us, and does not look beside our libraries. */
    snprintf(libraries, sizeof libraries, "LD_LIBRARY_PATH=%.*s/../lib",
             (int)(strrchr(KUBE_API_RESOURCES, '/') - KUBE_API_RESOURCES), KUBE_API_RESOURCES);
    environment[0] = home;
    environment[1] = cache;
    environment[2] = config;
#ifdef KUBE_UNDER_SANITIZER
    environment[3] = libraries;
#endif
    for (; arguments[n] != NULL; n++)
        argv[n] = arguments[n];
    argv[n] = deadline;
    child_run(KUBE_API_RESOURCES, argv, environment, LIMIT_MS, &r);
}

/* An answer is there long before; only what waits for its deadline has a short one. */
#define RUN(...) run("--request-timeout=60s", (const char *const[]){ __VA_ARGS__, NULL })
#define RUN_SHORTLY(...) run("--request-timeout=3s", (const char *const[]){ __VA_ARGS__, NULL })

static size_t count_lines(const char *text)
{
    size_t lines = 0;

    for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
        lines++;
    return lines;
}

static void assert_clean_text(const char *text)
{
    for (const char *p = text; *p != '\0'; p++)
        assert_true((unsigned char)*p >= 0x20 || *p == '\n');
}

/* One line on standard error, which begins and goes on as it should; no secret; memory that has an end. */
static void expect_line(int status, const char *begin, const char *part)
{
    if (r.status != status || count_lines(r.err) != 1 || strncmp(r.err, begin, strlen(begin)) != 0 ||
        strstr(r.err, part) == NULL)
        fail_msg("exit %d, standard error: %s(not \"%s… %s…\" with %d)", r.status, r.err, begin, part, status);
    assert_clean_text(r.err);
    assert_null(strstr(r.err, "the-right-token"));
#ifndef KUBE_UNDER_SANITIZER
    if (r.max_rss_kb > MAX_RSS_KB)
        fail_msg("it had %ld kB", r.max_rss_kb);
#endif
}

static void expect_error(const char *part)
{
    expect_line(1, "error: ", part);
    assert_string_equal(r.out, "");
}

static void expect_answer(void)
{
    if (r.status != 0)
        fail_msg("exit %d: %s", r.status, r.err);
    assert_true(count_lines(r.out) > 50);
    assert_non_null(strstr(r.out, "deployments"));
}

/* An answer in spite of a cache that is at fault: one warning. */
static void expect_warning(const char *part)
{
    expect_answer();
    expect_line(0, "warning: ", part);
}

static unsigned count_files(const char *path, const char *name)
{
    DIR *dir = opendir(path);
    unsigned count = 0;
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char below[1024];
        struct stat info;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        assert_int_equal(lstat(below, &info), 0); /* not every file system fills d_type in */
        count += S_ISDIR(info.st_mode) ? count_files(below, name) : name == NULL || strcmp(entry->d_name, name) == 0;
    }
    if (dir != NULL)
        closedir(dir);
    return count;
}

/* Neither a document nor a snapshot; a lock may be there. */
static void expect_nothing_stored(void)
{
    assert_int_equal(count_files(path_of("cache"), NULL), count_files(path_of("cache"), "lock"));
}

/* ---- the cluster is there ---- */

static void cold_and_warm_runs_cost_two_requests_and_none(void **state)
{
    (void)state;
    RUN("--cached", "--stats");
    expect_answer();
    assert_non_null(strstr(r.err, "stats requests=2 not_modified=0 connections="));
    RUN("--cached", "--stats");
    expect_answer();
    assert_non_null(strstr(r.err, "stats requests=0 not_modified=0 connections=0 bytes=0 hits=1 misses=0 written=0 "));
    RUN("--stats");
    expect_answer();
    assert_non_null(strstr(r.err, "stats requests=2 not_modified=2 connections="));
    RUN("--cached", "--ttl=0", "--stats");
    assert_non_null(strstr(r.err, "stats requests=2 not_modified=2 "));
    RUN("--cache=memory", "--cached", "--repeat=3", "--stats");
    expect_answer();
    assert_int_equal(count_lines(r.err), 3);
    assert_non_null(strstr(r.err, "stats requests=2 "));
    assert_non_null(strstr(r.err, "\nstats requests=0 "));
    RUN("--cache=none", "--stats");
    expect_answer();
    assert_non_null(strstr(r.err, "stats requests=2 not_modified=0 connections="));
}

/* The server is gone, and nobody else is given its port: bound, not listening. */
static int stop_and_keep_port(kube_testing_apiserver *gone)
{
    unsigned long port = strtoul(strrchr(kube_testing_apiserver_url(gone), ':') + 1, NULL, 10);
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;

    kube_testing_apiserver_stop(gone);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void the_server_may_be_gone_while_the_time_to_live_lasts(void **state)
{
    int port;

    (void)state;
    RUN("--cached");
    expect_answer();
    port = stop_and_keep_port(server);
    server = NULL;
    RUN("--cached");
    expect_answer();
    assert_string_equal(r.err, "");
    RUN("--cached", "--ttl=0");
    expect_error("no connection");
    RUN("--no-headers"); /* revalidates */
    expect_error("no connection");
    close(port);
}

static void every_form_of_server_gives_the_same_table_and_the_same_files(void **state)
{
    static const kube_testing_form forms[] = { KUBE_TESTING_FORM_V2, KUBE_TESTING_FORM_V2BETA1,
                                               KUBE_TESTING_FORM_LEGACY };
    static const char *const recordings[] = { "bare", "large", "stale" };
    static char table[CHILD_TEXT_BYTES], command[512];

    (void)state;
    for (size_t n = 0; n < COUNT_OF(recordings); n++) {
        for (size_t i = 0; i < COUNT_OF(forms); i++) {
            char to[64];
            struct dirent *entry;
            DIR *dir;

            kube_testing_apiserver_stop(server);
            start_server(KUBE_TESTING_CERTIFICATE_GOOD, forms[i], recordings[n]);
            RUN("--cached", "-o", "wide");
            /* A legacy server has a 503 for what is stale, and client-go calls that an error. */
            assert_int_equal(r.status, forms[i] == KUBE_TESTING_FORM_LEGACY && n == 2 ? 1 : 0);
            if (i == 0)
                snprintf(table, sizeof table, "%s", r.out);
            assert_string_equal(r.out, table);
            dir = opendir(path_of("cache/discovery"));
            while ((entry = readdir(dir)) != NULL && entry->d_name[0] == '.')
                ;
            snprintf(command, sizeof command, "%s/cache/discovery/%.200s", root, entry->d_name);
            closedir(dir);
            snprintf(to, sizeof to, "form-%zu-%zu", n, i);
            assert_int_equal(rename(command, path_of(to)), 0);
            remove_tree(path_of("cache"));
            if (i == 0)
                continue;
            /* Without what only a legacy group list has. */
            snprintf(command, sizeof command, "form-%zu-0", n);
            {
                const char *const diff[] = { "-r",        "-x", n == 2 ? "servergroups.json" : "none", path_of(command),
                                             path_of(to), NULL };
                const char *const nothing[] = { NULL };

                child_run("/usr/bin/diff", diff, nothing, LIMIT_MS, &r);
            }
            if (r.status != 0)
                fail_msg("%s, form %d: %.1000s%s", recordings[n], (int)forms[i], r.out, r.err);
        }
    }
}

static void expect_in_order(const char *first, const char *second)
{
    const char *a = strstr(r.out, first), *b = strstr(r.out, second);

    if (a == NULL || b == NULL || a > b)
        fail_msg("not \"%s\" before \"%s\": %s", first, second, r.out);
}

static void output_and_order_are_as_they_are_asked_for(void **state)
{
    (void)state;
    RUN("--output=name");
    assert_int_equal(r.status, 0);
    expect_in_order("pods\n", "deployments.apps\n");
    RUN("--sort-by=name", "-o", "name");
    expect_in_order("\nendpointslices.discovery.k8s.io\n", "\nevents\n");
    expect_in_order("\ndeployments.apps\n", "\npods\n");
    RUN("--sort-by=kind", "--no-headers");
    expect_in_order("APIService\n", "Binding\n");
    RUN("-o", "wide");
    expect_in_order("CATEGORIES\n", ",watch");
}

/* kubectl is silent about what the server itself calls stale; a line about it is no failure. */
static void what_is_stale_is_a_warning_and_what_fails_an_error(void **state)
{
    (void)state;
    assert_int_equal(kube_testing_apiserver_set_stale(server, "batch/v1", true, NULL), KUBE_OK);
    RUN("--cache=none");
    expect_warning("batch/v1");
    assert_null(strstr(r.out, "cronjobs"));
    assert_int_equal(kube_testing_apiserver_set_form(server, KUBE_TESTING_FORM_LEGACY, NULL), KUBE_OK);
    RUN("--cache=none");
    expect_line(1, "error: ", "batch/v1");
    assert_non_null(strstr(r.out, "deployments")); /* what could be answered is printed */
}

/* As kubectl has it: what nobody can do anything with is no resource. */
static void a_resource_without_verbs_is_not_printed(void **state)
{
    static const char item[] =
        "{\"metadata\":{\"name\":\"a.io\"},\"versions\":[{\"version\":\"v1\",\"resources\":["
        "{\"resource\":\"ghosts\",\"responseKind\":{\"kind\":\"Ghost\"},\"scope\":\"Cluster\",\"verbs\":[]},"
        "{\"resource\":\"things\",\"responseKind\":{\"kind\":\"Thing\"},\"scope\":\"Cluster\",\"verbs\":[\"get\"]}]}]}";

    (void)state;
    assert_int_equal(kube_testing_apiserver_add_group(server, item, NULL), KUBE_OK);
    RUN("--api-group=a.io", "--no-headers");
    assert_int_equal(r.status, 0);
    assert_int_equal(count_lines(r.out), 1);
    assert_int_equal(strncmp(r.out, "things ", 7), 0);
}

/* ---- the way to it is not ---- */

static void a_configuration_that_is_wrong_is_told_by_its_name(void **state)
{
    (void)state;
    RUN("--context=nowhere");
    expect_error("nowhere");
    RUN("--kubeconfig=/nowhere/at/all");
    expect_error("/nowhere/at/all");
    write_text("empty", "");
    RUN("--kubeconfig", path_of("empty"));
    expect_error("empty");
    write_text("odd", "clusters: [}");
    RUN("--kubeconfig", path_of("odd"));
    expect_error("odd");
    write_text("keyless",
               "{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c,"
               " user: u}}], clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}], users: [{name: u,"
               " user: {client-certificate-data: QQ==}}]}");
    RUN("--kubeconfig", path_of("keyless"));
    expect_error("key");
    expect_nothing_stored();
}

static void a_server_that_cannot_be_trusted_is_not_asked(void **state)
{
    (void)state;
    kube_testing_apiserver_stop(server);
    start_server(KUBE_TESTING_CERTIFICATE_OTHER_HOST, KUBE_TESTING_FORM_V2, "bare");
    RUN("--cached");
    expect_error("127.0.0.1");
    kube_testing_apiserver_stop(server);
    start_server(KUBE_TESTING_CERTIFICATE_EXPIRED, KUBE_TESTING_FORM_V2, "bare");
    RUN("--cached");
    expect_error("expired");
    assert_int_equal(kube_testing_apiserver_request_count(server), 0);
    expect_nothing_stored();
}

static void a_server_of_another_authority_is_not_asked(void **state)
{
    kube_testing_apiserver *first = server;
    char url[128], argument[160];
    int port;

    (void)state;
    start_server(KUBE_TESTING_CERTIFICATE_GOOD, KUBE_TESTING_FORM_V2, "bare"); /* its CA is now in the kubeconfig */
    snprintf(url, sizeof url, "%s", kube_testing_apiserver_url(first));
    snprintf(argument, sizeof argument, "--server=%s", url);
    RUN("--cached", argument);
    expect_error("certificate authority");
    assert_int_equal(kube_testing_apiserver_request_count(first), 0);
    port = stop_and_keep_port(first);
    RUN("--cached", argument);
    expect_error("no connection");
    close(port);
    expect_nothing_stored();
}

/* ---- it misbehaves ---- */

static void add_fault(const char *fault)
{
    kube_error *err = NULL;

    if (kube_testing_apiserver_add_fault_text(server, fault, NULL, &err) != KUBE_OK)
        fail_msg("%s: %s", fault, kube_error_message(err));
}

/* What the run came to, which is over. */
static void expect_and_remove_fault(const char *part)
{
    print_message("  %ld kB: %s", r.max_rss_kb, r.err);
    expect_error(part);
    expect_nothing_stored();
    kube_testing_apiserver_remove_fault(server, 0);
}

static void expect_fault(const char *fault, const char *part)
{
    add_fault(fault);
    RUN("--cached");
    expect_and_remove_fault(part);
}

/* One that only the deadline ends. */
static void expect_deadline(const char *fault, const char *part)
{
    add_fault(fault);
    RUN_SHORTLY("--cached");
    expect_and_remove_fault(part);
}

static void whatever_the_server_does_is_told_in_one_line_and_not_stored(void **state)
{
    (void)state;
    expect_fault("/ status=401", "Unauthorized");
    expect_fault("/apis status=403", "forbidden");
    expect_fault("/apis status=404", "/apis");
    expect_fault("/apis status=500", "Internal Server Error");
    expect_fault("/apis status=429 retry-after=1", "/apis");
    expect_fault("/apis body=<html></html> type=text/html", "text/html");
    expect_fault("/apis body={\"kind\": type=application/json", "APIGroupList");
    expect_fault("/apis body={\"kind\":\"Status\"} type=application/json", "Status");
    expect_fault("/apis body={\"groups\":[{\"name\":\"\xff\"}]} type=application/json", "UTF-8");
    expect_fault("/apis close-after=2000", "/apis");
    expect_fault("/apis reset-after=2000", "/apis");
    expect_fault("/apis close-after=0", "/apis");
    expect_fault("/apis length=+100", "/apis");
    expect_fault("/apis length=-100", "/api"); /* or what is left over spoils the next answer on that connection */
    expect_fault("/apis endless", "/apis");
    expect_fault("/apis gzip-bomb", "/apis");
    expect_deadline("/apis stall-after=2000", "/apis");
    expect_deadline("/apis slow=1/100", "/apis");
    expect_deadline("/ no-handshake", "127.0.0.1");
    RUN("--cached");
    expect_answer();
}

static void names_that_would_leave_the_folder_or_paint_the_terminal_do_neither(void **state)
{
    static const char item[] =
        "{\"metadata\":{\"name\":\"..\"},\"versions\":[{\"version\":\"v1\",\"freshness\":"
        "\"Current\",\"resources\":[{\"resource\":\"evils\",\"responseKind\":{\"group\":\"\","
        "\"version\":\"v1\",\"kind\":\"Evil\"},\"scope\":\"Cluster\",\"verbs\":[\"get\"]}]}]}";
    kube_error *err = NULL;

    (void)state;
    if (kube_testing_apiserver_add_group(server, item, &err) != KUBE_OK)
        fail_msg("%s", kube_error_message(err));
    RUN("--cached");
    expect_answer();
    assert_non_null(strstr(r.out, "evils"));
    assert_clean_text(r.out);
    assert_int_equal(count_files(path_of("cache/discovery"), NULL), 24); /* the list of groups and 23 versions */
    assert_int_equal(access(path_of("cache/discovery/v1"), F_OK), -1);
}

/* ---- the cache is at fault ---- */

static void a_cache_folder_that_cannot_be_used_is_a_warning(void **state)
{
    (void)state;
    write_text("cache", "a file");
    RUN("--cached");
    expect_warning("cache");
    assert_int_equal(unlink(path_of("cache")), 0);
    RUN("--cached", "--cache-dir=/proc/nowhere");
    expect_warning("/proc/nowhere");
    RUN("--cached", "--cache-dir=/dev/full/x");
    expect_warning("/dev/full");
}

static void a_full_disk_is_a_warning(void **state)
{
    struct rlimit before, none;

    (void)state;
#ifdef KUBE_COVERAGE
    print_message("the program could not write what it covered either\n");
    skip();
#endif
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none = (struct rlimit){ 0, before.rlim_max };
    signal(SIGXFSZ, SIG_IGN); /* handed down to the program, as the limit is */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    RUN("--cached");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    expect_warning("cache");
    expect_nothing_stored();
}

static void wrong_flags_are_a_usage_error(void **state)
{
    static const char *const wrong[] = { "--cache=tape",     "--repeat=0",    "--repeat=x",     "--repeat=",
                                         "--repeat=1000001", "--ttl=soon",    "--stats=maybe",  "--sort-by=size",
                                         "--output=yaml",    "--output=json", "--output=table" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        RUN(wrong[i]);
        expect_line(2, "error: ", "see kube-api-resources --help");
        assert_string_equal(r.out, "");
    }
    assert_int_equal(kube_testing_apiserver_request_count(server), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(cold_and_warm_runs_cost_two_requests_and_none),
        TEST(the_server_may_be_gone_while_the_time_to_live_lasts),
        TEST(every_form_of_server_gives_the_same_table_and_the_same_files),
        TEST(output_and_order_are_as_they_are_asked_for),
        TEST(what_is_stale_is_a_warning_and_what_fails_an_error),
        TEST(a_resource_without_verbs_is_not_printed),
        TEST(a_configuration_that_is_wrong_is_told_by_its_name),
        TEST(a_server_that_cannot_be_trusted_is_not_asked),
        TEST(a_server_of_another_authority_is_not_asked),
        TEST(whatever_the_server_does_is_told_in_one_line_and_not_stored),
        TEST(names_that_would_leave_the_folder_or_paint_the_terminal_do_neither),
        TEST(a_cache_folder_that_cannot_be_used_is_a_warning),
        TEST(a_full_disk_is_a_warning),
        TEST(wrong_flags_are_a_usage_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
