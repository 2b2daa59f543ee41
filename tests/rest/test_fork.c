/* A forked child has its parent's client, and must neither use nor break it. */
#include "rest_fixture.h"

#include <kube/base/io.h>
#include <kube/sys/rest.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void handler(void *user, kube_testing_connection *c, const kube_testing_request *r)
{
    (void)user, (void)r;
    kube_testing_connection_reply(c, 200, NULL, "{}");
}

/* Every way to send is refused, and letting go of the client leaves the connection alone. */
static int use_and_free(kube_rest_client *client, kube_io *parents_io)
{
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    kube_rest_response *response = NULL;
    rest_result r = { 0 };
    kube_rest_client_stats stats;
    kube_io *io = NULL;
    int wrong = 0;

    request.path = "/";
    wrong += kube_io_new(NULL, &io, NULL) != KUBE_OK;
    wrong += kube_rest_client_do(client, &request, NULL, &response, NULL) != KUBE_ERR_FORKED;
    wrong += kube_rest_client_start(client, io, &request, NULL, rest_record, &r, NULL) != KUBE_ERR_FORKED;
    wrong += kube_rest_client_send(client, io, &request, NULL, rest_record, &r, &response, NULL) != KUBE_ERR_FORKED;
    wrong += r.calls != 0 || response != NULL;
    kube_rest_client_read_stats(client, &stats);
    wrong += stats.connections != 0; /* they are the parent's */
    kube_rest_client_unref(client);
    kube_io_free(parents_io);
    kube_io_free(io);
    return wrong;
}

static void a_forked_child_may_only_free_it(void **state)
{
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    kube_rest_client *client;
    kube_rest_client_stats stats;
    kube_io *io = NULL;
    rest_fixture f;

    (void)state;
    rest_fixture_start_process(&f, handler, NULL);
    client = rest_fixture_client(&f);
    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    request.path = "/";
    for (int i = 0; i < 2; i++) {
        rest_result r = { 0 };
        pid_t pid;
        int status;

        assert_int_equal(kube_rest_client_start(client, io, &request, NULL, rest_record, &r, NULL), KUBE_PENDING);
        rest_run_until_done(io, &r);
        assert_int_equal(r.status, KUBE_OK);
        rest_result_clear(&r);
        pid = fork();
        if (pid == 0)
            _exit(use_and_free(client, io));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
    }
    kube_rest_client_read_stats(client, &stats);
    assert_int_equal(stats.connections, 1);
    kube_rest_client_unref(client);
    kube_io_free(io);
    rest_fixture_clear(&f);
}

/* One made in the child is the child's, even on a loop of the parent's, which is not. */
static int use_a_loop_of_the_parents(const rest_fixture *f, kube_io *parents_io)
{
    kube_rest_client *client = rest_fixture_client(f);
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    rest_result r = { 0 };
    int wrong;

    request.path = "/";
    wrong = kube_rest_client_start(client, parents_io, &request, NULL, rest_record, &r, NULL) != KUBE_ERR_FORKED;
    kube_rest_client_unref(client);
    return wrong + (r.calls != 0);
}

static void a_loop_of_the_parents_serves_no_client(void **state)
{
    kube_io *io = NULL;
    rest_fixture f;
    pid_t pid;
    int status;

    (void)state;
    rest_fixture_start_process(&f, handler, NULL);
    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    pid = fork();
    if (pid == 0)
        _exit(use_a_loop_of_the_parents(&f, io));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    kube_io_free(io);
    rest_fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_forked_child_may_only_free_it),
        cmocka_unit_test(a_loop_of_the_parents_serves_no_client),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
