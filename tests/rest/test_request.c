/* Requests over a transport that plays a script: what is sent, what answers mean, what is asked of credentials. */
#include "alloc_trace.h"
#include "rest_fixture.h"

#include <kube/sys/credential.h>
#include <kube/sys/error.h>
#include <kube/sys/rest.h>
#include <kube/sys/transport.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ---- the transport: answers from a list, at once or from a task ---- */

typedef struct scripted_answer {
    int status; /* 0: no answer, `failure` instead */
    const char *header, *value;
    const char *body;
    kube_status failure;
} scripted_answer;

typedef struct script {
    const scripted_answer *answers;
    size_t next;
    bool later;
    char targets[16][128];
    char authorization[128];
    char last_value[128]; /* of the last header */
    int64_t deadline_ns;
    /* while PENDING */
    kube_transport_done *done;
    void *user;
    kube_io_task *task;
} script;

static script the_script;

static kube_status make_answer(script *s, kube_rest_response **out, kube_error **err)
{
    const scripted_answer *a = &s->answers[s->next++];
    kube_rest_param header = { a->header, a->value };
    kube_buf body = KUBE_BUF_INIT(65536);
    kube_status st;

    if (a->status == 0)
        return kube_error_set(err, a->failure, "scripted failure");
    kube_buf_append_c(&body, a->body);
    st = kube_rest_response_new(a->status, &header, a->header != NULL ? 1 : 0, &body, out, err);
    kube_buf_clear(&body);
    return st;
}

static void answer_later(void *user)
{
    script *s = user;
    kube_rest_response *response = NULL;
    kube_error *err = NULL;
    kube_status st = make_answer(s, &response, &err);

    kube_io_task_free(s->task);
    s->task = NULL;
    s->done(s->user, st, response, err);
}

static kube_status send_scripted(void *state, kube_io *io, const kube_transport_request *request, const kube_call *call,
                                 kube_transport_done *done, void *user, kube_rest_response **out, kube_error **err)
{
    script *s = state;

    s->deadline_ns = call->deadline_ns;
    snprintf(s->targets[s->next], sizeof s->targets[0], "%s", request->target);
    s->authorization[0] = '\0';
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcmp(request->headers[i].name, "Authorization") == 0)
            snprintf(s->authorization, sizeof s->authorization, "%s", request->headers[i].value);
        snprintf(s->last_value, sizeof s->last_value, "%s", request->headers[i].value);
    }
    if (!s->later)
        return make_answer(s, out, err);
    s->done = done;
    s->user = user;
    if (kube_io_task_new(io, answer_later, s, &s->task, err) != KUBE_OK)
        return KUBE_ERR_OUT_OF_MEMORY;
    kube_io_task_post(s->task);
    return KUBE_PENDING;
}

static kube_rest_client *client_with(const scripted_answer *answers, bool later, kube_credential *credential)
{
    static const kube_transport_ops ops = { .struct_size = sizeof ops, .send = send_scripted };
    kube_rest_client_options o = KUBE_REST_CLIENT_OPTIONS_INIT;
    kube_rest_client *client = NULL;
    kube_transport *transport = NULL;

    memset(&the_script, 0, sizeof the_script);
    the_script.answers = answers;
    the_script.later = later;
    assert_int_equal(kube_transport_new(&ops, &the_script, &transport, NULL), KUBE_OK);
    o.base_url = "https://example.com/base";
    o.transport = transport;
    o.credential = credential;
    assert_int_equal(kube_rest_client_new(&o, &client, NULL), KUBE_OK);
    kube_transport_unref(transport);
    return client;
}

static void get(kube_rest_client *client, rest_result *r)
{
    rest_get(client, "/x", r);
}

static const char status_body[] = "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"own words\","
                                  "\"reason\":"
                                  "\"Because\",\"details\":{\"name\":\"x\",\"retryAfterSeconds\":7},\"code\":409}";
static const struct {
    scripted_answer answer;
    kube_status status;
    const char *part, *reason;
    int64_t retry_after_ms;
} refusals[] = {
    { { 401, NULL, NULL, "Unauthorized", 0 }, KUBE_ERR_UNAUTHORIZED, "credentials (401): Unauthorized", NULL, -1 },
    { { 403, "Content-Type", "application/json", status_body, 0 }, KUBE_ERR_FORBIDDEN, "own words", "Because", 7000 },
    { { 404, "Content-Type", "text/plain; charset=utf-8", "404 page not found\n", 0 },
      KUBE_ERR_NOT_FOUND,
      "(404): 404 page not found",
      NULL,
      -1 },
    { { 404, "Content-Type", "text/html", "<html>", 0 }, KUBE_ERR_NOT_FOUND, "requested resource (404)", NULL, -1 },
    { { 409, NULL, NULL, "", 0 }, KUBE_ERR_CONFLICT, "409", NULL, -1 },
    { { 410, NULL, NULL, "", 0 }, KUBE_ERR_GONE, "410", NULL, -1 },
    { { 429, "Retry-After", "3", "", 0 }, KUBE_ERR_TOO_MANY_REQUESTS, "429", NULL, 3000 },
    { { 429, "Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT", "", 0 }, KUBE_ERR_TOO_MANY_REQUESTS, "429", NULL, -1 },
    { { 500, NULL, NULL, "", 0 }, KUBE_ERR_SERVER, "500", NULL, -1 },
    { { 503, "Retry-After", "0", "", 0 }, KUBE_ERR_UNAVAILABLE, "503", NULL, 0 },
    { { 503, "Retry-After", "99999999", "", 0 }, KUBE_ERR_UNAVAILABLE, "503", NULL, 86400000 },
    { { 503, "Retry-After", "123456789", "", 0 }, KUBE_ERR_UNAVAILABLE, "503", NULL, -1 },
    { { 503, "Retry-After", "", "", 0 }, KUBE_ERR_UNAVAILABLE, "503", NULL, -1 },
    { { 400, NULL, NULL, "", 0 }, KUBE_ERR_SERVER, "malformed (400)", NULL, -1 },
    { { 405, NULL, NULL, "", 0 }, KUBE_ERR_SERVER, "method here (405)", NULL, -1 },
    { { 406, NULL, NULL, "", 0 }, KUBE_ERR_SERVER, "representation of the types that were asked for (406)", NULL, -1 },
    { { 422, NULL, NULL, "", 0 }, KUBE_ERR_SERVER, "invalid (422)", NULL, -1 },
    { { 504, NULL, NULL, "", 0 }, KUBE_ERR_SERVER, "waiting for a part of itself (504)", NULL, -1 },
    { { 418, NULL, NULL, "", 0 }, KUBE_ERR_SERVER, "unexpected status (418)", NULL, -1 },
    { { 304, NULL, NULL, "", 0 }, KUBE_ERR_NOT_MODIFIED, "304", NULL, -1 },
    { { 300, NULL, NULL, "", 0 }, KUBE_ERR_PROTOCOL, "300", NULL, -1 },
    { { 101, NULL, NULL, "", 0 }, KUBE_ERR_PROTOCOL, "101", NULL, -1 },
    /* what looks like a Status, and is none */
    { { 404, "Content-Type", "application/json", "{\"kind\":\"Status\",\"status\":\"Success\",\"message\":\"no\"}", 0 },
      KUBE_ERR_NOT_FOUND,
      "requested resource",
      NULL,
      -1 },
    { { 404, "Content-Type", "application/json", "{\"status\":\"Failure\",\"message\":\"no\"}", 0 },
      KUBE_ERR_NOT_FOUND,
      "requested resource",
      NULL,
      -1 },
    { { 404, "Content-Type", "application/json", "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"cut", 0 },
      KUBE_ERR_NOT_FOUND,
      "requested resource",
      NULL,
      -1 },
    { { 404, "Content-Type", "application/json", "{\"kind\":5,\"status\":\"Failure\",\"message\":\"no\"}", 0 },
      KUBE_ERR_NOT_FOUND,
      "requested resource",
      NULL,
      -1 },
    { { 404, "Content-Type", "application/json", "{\"kind\":\"Pod\",\"status\":{\"phase\":\"x\"}}", 0 },
      KUBE_ERR_NOT_FOUND,
      "requested resource",
      NULL,
      -1 },
};

static void every_refusal_has_its_status_and_its_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        kube_rest_client *client = client_with(&refusals[i].answer, i % 2 == 0, NULL);
        rest_result r;

        get(client, &r);
        assert_int_equal(r.status, refusals[i].status);
        assert_int_equal(kube_error_status(r.err), refusals[i].status);
        assert_int_equal(kube_error_http_status(r.err), refusals[i].answer.status);
        if (strstr(kube_error_message(r.err), refusals[i].part) == NULL)
            fail_msg("case %zu: %s", i, kube_error_message(r.err));
        assert_non_null(strstr(kube_error_message(r.err), "GET https://example.com/base/x: "));
        if (refusals[i].reason != NULL)
            assert_string_equal(kube_error_reason(r.err), refusals[i].reason);
        assert_int_equal(kube_error_retry_after_ms(r.err), refusals[i].retry_after_ms);
        rest_result_clear(&r);
        kube_rest_client_unref(client);
    }
}

static void redirects_are_followed_by_the_client_and_counted(void **state)
{
    static const scripted_answer several[] = { { 301, "Location", "/base/y?z=1", "", 0 },
                                           { 303, "Location", "/base/z", "", 0 },
                                           { 307, "Location", "/base/w", "", 0 },
                                           { 308, "Location", "https://example.com/elsewhere", "", 0 },
                                           { 200, NULL, NULL, "there", 0 } };
    static const scripted_answer nowhere[] = { { 302, NULL, NULL, "", 0 } };
    rest_result r;

    (void)state;
    for (int later = 0; later < 2; later++) {
        kube_rest_client *client = client_with(several, later, NULL);

        get(client, &r);
        assert_int_equal(r.status, KUBE_OK);
        assert_true(kube_str_is(kube_rest_response_body(r.response), "there"));
        assert_string_equal(the_script.targets[0], "/base/x");
        assert_string_equal(the_script.targets[1], "/base/y?z=1");
        assert_string_equal(the_script.targets[4], "/elsewhere");
        rest_result_clear(&r);
        kube_rest_client_unref(client);
        client = client_with(nowhere, later, NULL);
        get(client, &r);
        assert_int_equal(r.status, KUBE_ERR_PROTOCOL);
        rest_result_clear(&r);
        kube_rest_client_unref(client);
    }
}

/* ---- credentials ---- */

typedef struct fake_credential {
    const char *value;
    size_t len; /* 0: to its NUL */
    kube_status failure;
    bool later;
    int destroyed, asked, told_unauthorized;
    /* while PENDING */
    kube_credential_done *done;
    void *user;
    kube_io_task *task;
} fake_credential;

static void destroy_credential(void *state)
{
    ((fake_credential *)state)->destroyed++;
}

static kube_status credential_value(fake_credential *c, kube_blob **out, kube_error **err)
{
    if (c->failure != KUBE_OK)
        return kube_error_set(err, c->failure, "no credential");
    if (c->value == NULL) {
        *out = NULL;
        return KUBE_OK;
    }
    return kube_blob_new(kube_str_n(c->value, c->len != 0 ? c->len : strlen(c->value)), out, err);
}

static void authorize_later(void *user)
{
    fake_credential *c = user;
    kube_blob *value = NULL;
    kube_error *err = NULL;
    kube_status st = credential_value(c, &value, &err);

    kube_io_task_free(c->task);
    c->task = NULL;
    c->done(c->user, st, value, err);
}

static kube_status authorization(void *state, kube_io *io, const kube_call *call, kube_credential_done *done,
                                 void *user, kube_blob **out, kube_error **err)
{
    fake_credential *c = state;

    (void)call;
    c->asked++;
    if (!c->later)
        return credential_value(c, out, err);
    c->done = done;
    c->user = user;
    if (kube_io_task_new(io, authorize_later, c, &c->task, err) != KUBE_OK)
        return KUBE_ERR_OUT_OF_MEMORY;
    kube_io_task_post(c->task);
    return KUBE_PENDING;
}

static void unauthorized(void *state, const kube_blob *used)
{
    fake_credential *c = state;

    c->told_unauthorized += kube_str_is(kube_blob_str(used), c->value);
}

static const kube_credential_ops credential_ops = { sizeof credential_ops, destroy_credential, authorization,
                                                    unauthorized };

static void each_request_asks_the_credential_and_a_401_is_reported_to_it(void **state)
{
    static const scripted_answer answers[] = { { 200, NULL, NULL, "", 0 }, { 401, NULL, NULL, "", 0 } };

    (void)state;
    for (int later = 0; later < 2; later++) {
        fake_credential c = { .value = "Bearer abc", .later = later };
        kube_credential *credential = NULL;
        kube_rest_client *client;
        rest_result r;

        assert_int_equal(kube_credential_new(&credential_ops, &c, &credential, NULL), KUBE_OK);
        client = client_with(answers, !later, credential);
        kube_credential_unref(credential);
        get(client, &r);
        assert_int_equal(r.status, KUBE_OK);
        assert_string_equal(the_script.authorization, "Bearer abc");
        assert_int_equal(c.told_unauthorized, 0);
        rest_result_clear(&r);
        get(client, &r);
        assert_int_equal(r.status, KUBE_ERR_UNAUTHORIZED);
        assert_int_equal(c.told_unauthorized, 1);
        assert_int_equal(c.asked, 2);
        rest_result_clear(&r);
        kube_rest_client_unref(client);
        assert_int_equal(c.destroyed, 1);
    }
}

static void a_credential_that_fails_or_is_malformed_sends_nothing_and_is_not_shown(void **state)
{
    static const scripted_answer answers[] = { { 200, NULL, NULL, "", 0 } };
    fake_credential cases[] = { { .failure = KUBE_ERR_CONFIG },
                                { .failure = KUBE_ERR_UNAUTHORIZED, .later = true },
                                { .value = "Bearer s3cret\r\nEvil: yes" },
                                { .value = "Bearer s3cret\0x", .len = 15 },
                                { .value = "Bearer s3cret\xc3\xa9", .later = true } };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kube_credential *credential = NULL;
        kube_rest_client *client;
        rest_result r;

        assert_int_equal(kube_credential_new(&credential_ops, &cases[i], &credential, NULL), KUBE_OK);
        client = client_with(answers, false, credential);
        kube_credential_unref(credential);
        get(client, &r);
        assert_int_equal(r.status, cases[i].failure != KUBE_OK ? cases[i].failure : KUBE_ERR_CONFIG);
        assert_null(strstr(kube_error_message(r.err), "s3cret"));
        assert_int_equal(the_script.next, 0);
        rest_result_clear(&r);
        kube_rest_client_unref(client);
    }
}

/* ---- the request itself ---- */

static void a_request_that_cannot_be_sent_is_refused_before_anything_happens(void **state)
{
    static const scripted_answer answers[] = { { 200, NULL, NULL, "", 0 } };
    kube_rest_param bad_headers[] = { { "Authorization", "Bearer x" }, { "A b", "x" }, { "X", "a\nb" }, { "", "x" } };
    kube_rest_client *client = client_with(answers, false, NULL);
    kube_rest_request request = KUBE_REST_REQUEST_INIT, zeroed = { .struct_size = 0 };
    kube_rest_response *response = NULL;

    (void)state;
    assert_int_equal(kube_rest_client_do(client, NULL, NULL, &response, NULL), KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_rest_client_do(client, &zeroed, NULL, &response, NULL), KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_rest_client_do(client, &request, NULL, &response, NULL), KUBE_ERR_INVALID_ARG);
    request.path = "/x";
    request.method = "POST";
    assert_int_equal(kube_rest_client_do(client, &request, NULL, &response, NULL), KUBE_ERR_UNSUPPORTED);
    request.method = "GET";
    request.accept = "a\r\nb";
    assert_int_equal(kube_rest_client_do(client, &request, NULL, &response, NULL), KUBE_ERR_INVALID_ARG);
    request.accept = NULL;
    request.header_count = 1;
    for (size_t i = 0; i < sizeof bad_headers / sizeof bad_headers[0]; i++) {
        request.headers = &bad_headers[i];
        assert_int_equal(kube_rest_client_do(client, &request, NULL, &response, NULL), KUBE_ERR_INVALID_ARG);
    }
    assert_int_equal(the_script.next, 0);
    kube_rest_client_unref(client);
}

static void a_call_that_cannot_be_made_is_refused_in_both_forms(void **state)
{
    static const scripted_answer answers[] = { { 200, NULL, NULL, "", 0 } };
    const kube_call_options zeroed = { .struct_size = 0 };
    kube_rest_client *client = client_with(answers, false, NULL);
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    kube_rest_response *response = NULL;
    rest_result r = { 0 };
    kube_io *io = NULL;

    (void)state;
    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    request.path = "/x";
    assert_int_equal(kube_rest_client_start(client, io, NULL, NULL, rest_record, &r, NULL), KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_rest_client_start(client, io, &request, NULL, NULL, &r, NULL), KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_rest_client_start(client, io, &request, &zeroed, rest_record, &r, NULL),
                     KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_rest_client_do(client, &request, &zeroed, &response, NULL), KUBE_ERR_INVALID_ARG);
    assert_int_equal(the_script.next, 0);
    assert_int_equal(r.calls, 0);
    kube_io_free(io);
    kube_rest_client_unref(client);
}

static void a_part_of_a_larger_operation_has_no_deadline_unless_it_is_given_one(void **state)
{
    static const scripted_answer answers[] = { { 200, NULL, NULL, "", 0 } };
    kube_rest_param empty = { "X-Empty", NULL };
    kube_rest_client *client = client_with(answers, false, NULL);
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    kube_rest_response *response = NULL;
    rest_result r = { 0 };
    kube_io *io = NULL;

    (void)state;
    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    request.path = "/x";
    request.headers = &empty;
    request.header_count = 1;
    assert_int_equal(kube_rest_client_send(client, io, &request, NULL, rest_record, &r, &response, NULL), KUBE_OK);
    assert_int_equal(the_script.deadline_ns, 0);
    assert_string_equal(the_script.last_value, ""); /* a header without a value is sent empty */
    kube_rest_response_unref(response);
    kube_io_free(io);
    kube_rest_client_unref(client);
}

static void an_answer_that_is_there_at_once_still_comes_from_a_step(void **state)
{
    static const scripted_answer answers[] = { { 200, NULL, NULL, "now", 0 }, { 200, NULL, NULL, "now", 0 } };
    kube_rest_client *client = client_with(answers, false, NULL);
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    rest_result r = { 0 };
    kube_io *io = NULL;

    (void)state;
    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    request.path = "/x";
    assert_int_equal(kube_rest_client_start(client, io, &request, NULL, rest_record, &r, NULL), KUBE_PENDING);
    assert_int_equal(r.calls, 0);
    assert_int_equal(kube_io_step(io, 5000), KUBE_OK);
    assert_int_equal(r.calls, 1);
    rest_result_clear(&r);
    assert_int_equal(kube_rest_client_start(client, io, &request, NULL, rest_record, &r, NULL), KUBE_PENDING);
    kube_io_free(io); /* the answer in hand is delivered all the same */
    assert_int_equal(r.calls, 1);
    assert_int_equal(r.status, KUBE_OK);
    rest_result_clear(&r);
    kube_rest_client_unref(client);
}

/* Blocking, or on a loop of its own. */
static void ask(kube_rest_client *client, const kube_rest_request *request, kube_io *io, rest_result *r)
{
    kube_status st;

    if (io == NULL) {
        r->status = kube_rest_client_do(client, request, NULL, &r->response, &r->err);
        return;
    }
    st = kube_rest_client_start(client, io, request, NULL, rest_record, r, &r->err);
    if (st == KUBE_PENDING)
        rest_run_until_done(io, r);
    else
        r->status = st;
}

static void each_allocation_may_fail(void **state)
{
    static const scripted_answer answers[] = { { 301, "Location", "https://example.com/y", "", 0 },
                                               { 200, "ETag", "x", "body", 0 } };
    kube_rest_param query = { "a", "b" }, header = { "X-A", "b" };

    (void)state;
    for (int form = 0; form < 4; form++) {
        for (size_t n = 1;; n++) {
            bool later = form % 2 != 0;
            fake_credential c = { .value = "Bearer abc", .later = later };
            kube_rest_request request = KUBE_REST_REQUEST_INIT;
            kube_credential *credential = NULL;
            kube_rest_client *client;
            rest_result r = { 0 };
            kube_io *io = NULL;
            bool reached;

            assert_int_equal(kube_credential_new(&credential_ops, &c, &credential, NULL), KUBE_OK);
            if (form >= 2)
                assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
            client = client_with(answers, later, credential);
            kube_credential_unref(credential);
            request.path = "/x";
            request.query = &query;
            request.headers = &header;
            request.query_count = request.header_count = 1;
            alloc_trace_fail_at(n);
            ask(client, &request, io, &r);
            reached = alloc_trace_stop();
            assert_int_equal(r.status, reached ? KUBE_ERR_OUT_OF_MEMORY : KUBE_OK);
            rest_result_clear(&r);
            kube_rest_client_unref(client);
            kube_io_free(io);
            if (!reached)
                break;
        }
    }
}

static void what_a_client_did_is_counted(void **state)
{
    static const scripted_answer answers[] = { { 302, "Location", "/b", "", KUBE_OK },
                                               { 200, NULL, NULL, "12345", KUBE_OK },
                                               { 304, NULL, NULL, "", KUBE_OK },
                                               { 0, NULL, NULL, NULL, KUBE_ERR_UNAVAILABLE } };
    kube_rest_client *client = client_with(answers, false, NULL);
    kube_rest_client_stats stats;
    rest_result r;

    (void)state;
    for (int i = 0; i < 3; i++) {
        rest_get(client, "/a", &r);
        rest_result_clear(&r);
    }
    kube_rest_client_read_stats(client, &stats);
    assert_int_equal(stats.requests, 4); /* also the one that was redirected, and the one without an answer */
    assert_int_equal(stats.not_modified, 1);
    assert_int_equal(stats.bytes, 5);
    assert_int_equal(stats.connections, 0); /* this transport does not count */
    kube_rest_client_unref(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(every_refusal_has_its_status_and_its_words),
        ALLOC_TRACE_TEST(redirects_are_followed_by_the_client_and_counted),
        ALLOC_TRACE_TEST(each_request_asks_the_credential_and_a_401_is_reported_to_it),
        ALLOC_TRACE_TEST(a_credential_that_fails_or_is_malformed_sends_nothing_and_is_not_shown),
        ALLOC_TRACE_TEST(a_request_that_cannot_be_sent_is_refused_before_anything_happens),
        ALLOC_TRACE_TEST(a_call_that_cannot_be_made_is_refused_in_both_forms),
        ALLOC_TRACE_TEST(a_part_of_a_larger_operation_has_no_deadline_unless_it_is_given_one),
        ALLOC_TRACE_TEST(an_answer_that_is_there_at_once_still_comes_from_a_step),
        ALLOC_TRACE_TEST(each_allocation_may_fail),
        ALLOC_TRACE_TEST(what_a_client_did_is_counted),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
