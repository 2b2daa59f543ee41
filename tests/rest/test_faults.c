/* A client and its requests over TLS, with each fault. */
#include "fault_sweep.h"
#include "rest_fixture.h"

#include <string.h>

static rest_fixture server; /* a process of its own: it is not to fail */

static void serve(void *user, kube_testing_connection *c, const kube_testing_request *r)
{
    (void)user;
    if (strcmp(r->target, "/moved") == 0)
        kube_testing_connection_reply(c, 302, "Location: /there\r\n", "");
    else if (strcmp(r->target, "/refused") == 0)
        kube_testing_connection_reply(c, 403, "Content-Type: application/json\r\n",
                                      "{\"kind\":\"Status\",\"message\":\"not you\",\"reason\":\"Forbidden\"}");
    else
        kube_testing_connection_reply(c, 200, "Content-Type: text/plain\r\nETag: \"tag\"\r\n", "an answer");
}

static int set_up(void **state)
{
    (void)state;
    rest_fixture_start_process(&server, serve, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rest_fixture_clear(&server);
    return 0;
}

static kube_status make_client(kube_rest_client **client, kube_error **err)
{
    kube_rest_client_options o = rest_fixture_options(&server);

    o.bearer_token = "a-token";
    o.user_agent = "faults";
    return kube_rest_client_new(&o, client, err);
}

/* Takes the answer. */
static void check_answer(kube_rest_response *response)
{
    kube_str body = kube_rest_response_body(response);

    assert_int_equal(body.len, 9);
    assert_memory_equal(body.data, "an answer", 9);
    assert_string_equal(kube_rest_response_header(response, "ETag"), "\"tag\"");
    kube_rest_response_unref(response);
}

/* ---- blocking ---- */

static kube_status ask(const char *path, kube_error **err)
{
    static const kube_rest_param query = { "a", "b c" }, header = { "X-A", "b" };
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    kube_rest_client *client = NULL;
    kube_rest_response *response = NULL;
    kube_status st = make_client(&client, err);

    request.path = path;
    if (strcmp(path, "/") == 0) {
        request.query = &query;
        request.headers = &header;
        request.query_count = request.header_count = 1;
    }
    if (st == KUBE_OK)
        st = kube_rest_client_do(client, &request, NULL, &response, err);
    if (st == KUBE_OK)
        check_answer(response);
    kube_rest_client_unref(client);
    return st;
}

static kube_status a_blocking_request(kube_error **err)
{
    return ask("/", err);
}

static kube_status a_redirect(kube_error **err)
{
    return ask("/moved", err);
}

static kube_status a_refusal(kube_error **err)
{
    kube_status st = ask("/refused", err);

    assert_int_not_equal(st, KUBE_OK);
    if (st == KUBE_ERR_FORBIDDEN) {
        kube_error_free(*err);
        *err = NULL;
        st = KUBE_OK;
    }
    return st;
}

/* ---- on a loop ---- */

enum { AT_ONCE = 3 };

/* Takes the loop; its end is told to those that have not ended. */
static kube_status run(kube_io *io, const rest_result *results, int started)
{
    kube_status st = KUBE_OK;
    int ended;

    do {
        st = kube_io_run(io, 100);
        ended = 0;
        for (int i = 0; i < started; i++)
            ended += results[i].calls;
    } while (st == KUBE_OK && ended < started);
    kube_io_free(io);
    return st;
}

static kube_status take(rest_result *r, kube_status st, kube_error **err)
{
    assert_int_equal(r->calls, 1);
    if (r->status == KUBE_OK) {
        check_answer(r->response);
        r->response = NULL;
    }
    if (st == KUBE_OK && r->status != KUBE_OK) {
        st = r->status;
        *err = r->err;
        r->err = NULL;
    }
    rest_result_clear(r);
    return st;
}

static kube_status start_and_run(kube_rest_client *client, kube_io *io, kube_error **err)
{
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    rest_result results[AT_ONCE] = { { .calls = 0 } };
    kube_status st = KUBE_PENDING, ran;
    int started = 0;

    request.path = "/";
    while (st == KUBE_PENDING && started < AT_ONCE) {
        st = kube_rest_client_start(client, io, &request, NULL, rest_record, results + started, err);
        started += st == KUBE_PENDING;
    }
    ran = run(io, results, started);
    st = st == KUBE_PENDING ? ran : st;
    for (int i = 0; i < started; i++)
        st = take(results + i, st, err);
    return st;
}

static kube_status requests_on_a_loop(kube_error **err)
{
    kube_rest_client *client = NULL;
    kube_io *io = NULL;
    kube_status st = make_client(&client, err);

    if (st == KUBE_OK)
        st = kube_io_new(NULL, &io, err);
    if (st == KUBE_OK)
        st = start_and_run(client, io, err);
    kube_rest_client_unref(client);
    return st;
}

static kube_status only_a_client(kube_error **err)
{
    kube_rest_client *client = NULL;
    kube_status st = make_client(&client, err);

    kube_rest_client_unref(client);
    return st;
}

/* Where libcurl's socket callback cannot make a watch, the pool is started anew and its requests fail as unavailable;
 * or libcurl, told that its connection cannot be watched, finds there at once what it was waiting for. */
#define LIVE .also = { KUBE_ERR_UNAVAILABLE }, .silent = { "epoll_ctl" }

static const fault_case cases[] = {
    { .name = "only a client", .run = only_a_client, .allocations = 10 },
    { .name = "a blocking request", .run = a_blocking_request,
      .allocations = 30, .refusals = 5, .interruptions = 5, LIVE },
    { .name = "a redirect", .run = a_redirect, .allocations = 40, .refusals = 5, .interruptions = 5, LIVE },
    { .name = "a refusal", .run = a_refusal, .allocations = 30, .refusals = 5, .interruptions = 5, LIVE },
    { .name = "requests on a loop", .run = requests_on_a_loop,
      .allocations = 50, .refusals = 5, .interruptions = 5, LIVE },
};

int main(void)
{
    return fault_sweep_main(cases, sizeof cases / sizeof cases[0], set_up, tear_down);
}
