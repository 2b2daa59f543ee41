/* A server that stands still: its kernel acknowledges, its process answers nothing. The connection on which a request
 * ran into its deadline that way must not be given to the next one. Time is a clock of our own: nobody waits. */
#include "rest_fixture.h"

#include <kube/auth.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static int64_t fake_now_ns = 1000000000;

static int64_t fake_monotonic_ns(void *state)
{
    (void)state;
    return fake_now_ns;
}

static int64_t fake_unix_ms(void *state)
{
    (void)state;
    return 0;
}

static pid_t server_pid(void)
{
    char path[512];
    FILE *f;
    int pid = 0;

    snprintf(path, sizeof path, "%s/kube-apiserver.pid", getenv("KUBE_E2E_DIR"));
    f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%d", &pid), 1);
    fclose(f);
    return pid;
}

/* How many connections of ours stand; libcurl has a pair of local sockets for itself. */
static unsigned count_connections(void)
{
    unsigned n = 0;

    for (int fd = 3; fd < 1024; fd++) {
        int domain = 0;
        socklen_t len = sizeof domain;

        n += getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_INET;
    }
    return n;
}

static void start(kube_rest_client *rest, kube_io *io, const char *uri, int64_t timeout_ms, rest_result *r)
{
    kube_rest_request request = KUBE_REST_REQUEST_INIT;

    memset(r, 0, sizeof *r);
    request.uri = uri;
    request.timeout_ms = timeout_ms;
    assert_int_equal(kube_rest_client_start(rest, io, &request, NULL, rest_record, r, NULL), KUBE_PENDING);
}

static void run_for(kube_io *io, int rounds)
{
    for (int i = 0; i < rounds; i++)
        assert_int_equal(kube_io_run(io, 5), KUBE_OK);
}

/* The watch shares the connection of the request; it ends when that is given up, and lives on when it is not. */
static void time_out_beside_a_watch(int64_t silence_ms, bool given_up)
{
    const kube_clock clock = { sizeof clock, NULL, fake_monotonic_ns, fake_unix_ms };
    kube_auth_options opts = KUBE_AUTH_OPTIONS_INIT;
    kube_io_options io_opts = KUBE_IO_OPTIONS_INIT;
    kube_rest_client *rest = NULL;
    kube_io *io = NULL;
    rest_result watch, silent, after;
    pid_t server = server_pid();
    char path[512];

    snprintf(path, sizeof path, "%s/token.kubeconfig", getenv("KUBE_E2E_DIR"));
    opts.kubeconfig = path;
    io_opts.clock = &clock;
    assert_int_equal(kube_auth_rest_client_from_kubeconfig(&opts, &rest, NULL), KUBE_OK);
    assert_int_equal(kube_io_new(&io_opts, &io, NULL), KUBE_OK);
    start(rest, io, "/version", -1, &after);
    rest_run_until_done(io, &after);
    assert_int_equal(after.status, KUBE_OK);
    rest_result_clear(&after);
    start(rest, io, "/api/v1/namespaces?watch=true&timeoutSeconds=60", -1, &watch);
    run_for(io, 40);
    assert_int_equal(kill(server, SIGSTOP), 0);
    start(rest, io, "/version", silence_ms, &silent);
    run_for(io, 20);
    fake_now_ns += silence_ms * 1000000;
    rest_run_until_done(io, &silent);
    run_for(io, 20);
    assert_int_equal(kill(server, SIGCONT), 0);
    assert_int_equal(silent.status, KUBE_ERR_TIMEOUT);
    assert_int_equal(watch.calls, given_up ? 1 : 0);
    if (given_up)
        assert_int_equal(watch.status, KUBE_ERR_UNAVAILABLE);
    start(rest, io, "/version", -1, &after);
    rest_run_until_done(io, &after);
    assert_int_equal(after.status, KUBE_OK);
    assert_int_equal(count_connections(), 1);
    rest_result_clear(&after);
    rest_result_clear(&silent);
    kube_rest_client_unref(rest);
    kube_io_free(io);
    assert_int_equal(watch.calls, 1);
    rest_result_clear(&watch);
}

static void a_connection_that_was_silent_for_long_is_given_up(void **state)
{
    (void)state;
    time_out_beside_a_watch(31000, true);
}

/* Ten seconds are enough only where nobody else waits. */
static void one_on_which_others_wait_is_given_more_time(void **state)
{
    (void)state;
    time_out_beside_a_watch(11000, false);
}

static void a_short_deadline_condemns_nobody_else(void **state)
{
    (void)state;
    time_out_beside_a_watch(500, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_that_was_silent_for_long_is_given_up),
        cmocka_unit_test(one_on_which_others_wait_is_given_more_time),
        cmocka_unit_test(a_short_deadline_condemns_nobody_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
