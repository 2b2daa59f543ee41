/* Names through a plugged-in resolver. */
#include "rest_fixture.h"

#include <kube/sys/error.h>
#include <kube/sys/resolver.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef struct fake_resolver {
    const char *addresses; /* NULL: unknown */
    kube_status failure; /* 0: KUBE_ERR_UNAVAILABLE */
    bool later, never;
    bool stubborn; /* answers although it was interrupted */
    int linger;    /* so many steps until it has stopped  */
    kube_status stopped;
    int asked, interrupted, destroyed;
    char host[64];
    /* while PENDING */
    kube_resolver_done *done;
    void *user;
    kube_io_task *task;
    kube_io_guard *guard;
} fake_resolver;

static void destroy(void *state)
{
    ((fake_resolver *)state)->destroyed++;
}

static kube_status answer(fake_resolver *f, kube_blob **out, kube_error **err)
{
    if (f->addresses == NULL)
        return kube_error_set(err, f->failure != KUBE_OK ? f->failure : KUBE_ERR_UNAVAILABLE, "nobody knows this name");
    return kube_blob_new(kube_str_c(f->addresses), out, err);
}

static void finish(fake_resolver *f, kube_status st)
{
    kube_blob *addresses = NULL;
    kube_error *err = NULL;

    kube_io_task_free(f->task);
    kube_io_guard_free(f->guard);
    f->task = NULL;
    f->guard = NULL;
    if (st == KUBE_OK)
        st = answer(f, &addresses, &err);
    f->done(f->user, st, addresses, err);
}

static void on_task(void *user)
{
    fake_resolver *f = user;

    if (f->linger != 0 && f->linger-- > 1)
        kube_io_task_post(f->task);
    else
        finish(f, f->stopped);
}

static void on_interrupt(void *user, kube_status why)
{
    fake_resolver *f = user;

    f->interrupted++;
    f->stopped = f->stubborn ? KUBE_OK : why;
    if (f->linger != 0)
        kube_io_task_post(f->task);
    else
        finish(f, f->stopped);
}

static kube_status resolve(void *state, kube_io *io, const char *host, const kube_call *call, kube_resolver_done *done,
                           void *user, kube_blob **out, kube_error **err)
{
    fake_resolver *f = state;

    f->asked++;
    snprintf(f->host, sizeof f->host, "%s", host);
    if (!f->later && !f->never)
        return answer(f, out, err);
    f->done = done;
    f->user = user;
    assert_int_equal(kube_io_guard_new(io, call, on_interrupt, f, &f->guard, NULL), KUBE_OK);
    assert_int_equal(kube_io_task_new(io, on_task, f, &f->task, NULL), KUBE_OK);
    if (!f->never)
        kube_io_task_post(f->task);
    return KUBE_PENDING;
}

static void handler(void *user, kube_testing_connection *c, const kube_testing_request *r)
{
    (void)user;
    kube_testing_connection_reply(c, 200, NULL, r->head);
}

static rest_fixture server;

static int set_up(void **state)
{
    (void)state;
    rest_fixture_start(&server, handler, NULL);
    snprintf(server.url, sizeof server.url, "https://localhost:%u", kube_testing_http_server_port(server.server));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rest_fixture_clear(&server);
    return 0;
}

static kube_rest_client *client_with(fake_resolver *f)
{
    static const kube_resolver_ops ops = { sizeof ops, destroy, resolve };
    kube_rest_client_options o = rest_fixture_options(&server);
    kube_resolver *resolver = NULL;
    kube_rest_client *client = NULL;

    assert_int_equal(kube_resolver_new(&ops, f, &resolver, NULL), KUBE_OK);
    o.resolver = resolver;
    assert_int_equal(kube_rest_client_new(&o, &client, NULL), KUBE_OK);
    kube_resolver_unref(resolver);
    return client;
}

static void expect_and_clear(rest_result *r, kube_status status, const char *part)
{
    if (r->status != status || (part != NULL && strstr(kube_error_message(r->err), part) == NULL))
        fail_msg("got %s: %s", kube_status_name(r->status), kube_error_message(r->err));
    rest_result_clear(r);
}

static void get_and_expect(kube_rest_client *client, kube_status status, const char *part)
{
    rest_result r;

    rest_get(client, "/", &r);
    expect_and_clear(&r, status, part);
}

static void start_get(kube_rest_client *client, kube_io *io, const kube_call_options *opts, rest_result *r)
{
    kube_rest_request request = KUBE_REST_REQUEST_INIT;

    memset(r, 0, sizeof *r);
    request.path = "/";
    assert_int_equal(kube_rest_client_start(client, io, &request, opts, rest_record, r, NULL), KUBE_PENDING);
}

static void its_addresses_are_used_and_kept_for_the_next_request(void **state)
{
    (void)state;
    for (int later = 0; later < 2; later++) {
        fake_resolver f = { .addresses = "127.0.0.1", .later = later };
        kube_rest_client *client = client_with(&f);

        for (int i = 0; i < 3; i++)
            get_and_expect(client, KUBE_OK, NULL);
        assert_int_equal(f.asked, 1);
        assert_string_equal(f.host, "localhost");
        kube_rest_client_unref(client);
        assert_int_equal(f.destroyed, 1);
    }
}

static void a_host_that_is_an_address_is_not_asked_for(void **state)
{
    static const kube_resolver_ops ops = { sizeof ops, destroy, resolve };
    kube_rest_client_options o = rest_fixture_options(&server);
    fake_resolver f = { .addresses = "192.0.2.1" };
    kube_rest_client *client = NULL;
    char url[64];

    (void)state;
    snprintf(url, sizeof url, "https://127.0.0.1:%u", kube_testing_http_server_port(server.server));
    o.base_url = url;
    assert_int_equal(kube_resolver_new(&ops, &f, &o.resolver, NULL), KUBE_OK);
    assert_int_equal(kube_rest_client_new(&o, &client, NULL), KUBE_OK);
    kube_resolver_unref(o.resolver);
    get_and_expect(client, KUBE_OK, NULL);
    assert_int_equal(f.asked, 0);
    kube_rest_client_unref(client);
}

static void requests_that_come_while_it_works_wait_for_the_same_answer(void **state)
{
    fake_resolver f = { .addresses = "127.0.0.1", .never = true };
    kube_rest_client *client = client_with(&f);
    rest_result results[3];
    kube_io *io = NULL;

    (void)state;
    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    for (int i = 0; i < 3; i++) {
        start_get(client, io, NULL, &results[i]);
        assert_int_equal(kube_io_step(io, 5000), KUBE_OK);
    }
    kube_io_task_post(f.task);
    for (int i = 0; i < 3; i++) {
        rest_run_until_done(io, &results[i]);
        expect_and_clear(&results[i], KUBE_OK, NULL);
    }
    assert_int_equal(f.asked, 1);
    kube_rest_client_unref(client);
    kube_io_free(io);
}

static void several_addresses_are_tried_in_turn(void **state)
{
    fake_resolver f = { .addresses = "::1,127.0.0.1" }; /* nobody listens on the first */
    kube_rest_client *client = client_with(&f);

    (void)state;
    get_and_expect(client, KUBE_OK, NULL);
    kube_rest_client_unref(client);
}

static void an_unknown_name_fails_everybody_who_waits_with_the_resolvers_words(void **state)
{
    (void)state;
    for (int later = 0; later < 2; later++) {
        fake_resolver f = { .later = later };
        kube_rest_client *client = client_with(&f);
        rest_result results[5];
        kube_io *io = NULL;

        assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
        for (int i = 0; i < 5; i++)
            start_get(client, io, NULL, &results[i]);
        for (int i = 0; i < 5; i++) {
            rest_run_until_done(io, &results[i]);
            expect_and_clear(&results[i], KUBE_ERR_UNAVAILABLE, "resolving localhost: nobody knows this name");
        }
        assert_int_equal(f.asked, 1);
        kube_rest_client_unref(client);
        kube_io_free(io);
    }
}

static void an_empty_answer_is_no_answer(void **state)
{
    fake_resolver f = { .addresses = "" };
    kube_rest_client *client = client_with(&f);

    (void)state;
    get_and_expect(client, KUBE_ERR_UNAVAILABLE, NULL);
    kube_rest_client_unref(client);
}

static void what_is_no_address_is_refused_by_name(void **state)
{
    static const char *const answers[] = { "no address", "127.0.0.1,,::1", "127.0.0.1,localhost", "127.0.0.1:80",
                                           "[::1]", "1.2.3", "127.0.0.1,",
                                           ("a name that is longer than any address of the sixth version is and also "
                                            "longer than what a message has room for") };

    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        fake_resolver f = { .addresses = answers[i] };
        kube_rest_client *client = client_with(&f);

        get_and_expect(client, KUBE_ERR_UNAVAILABLE, "is not an IP address");
        f.addresses = "127.0.0.1"; /* and is not remembered */
        get_and_expect(client, KUBE_OK, NULL);
        kube_rest_client_unref(client);
    }
}

/* A server that moved is found at once, not when the minute is over. */
static void addresses_at_which_nobody_is_are_asked_for_anew(void **state)
{
    fake_resolver f = { .addresses = "127.0.0.2" };
    kube_rest_client *client = client_with(&f);

    (void)state;
    get_and_expect(client, KUBE_ERR_UNAVAILABLE, NULL);
    f.addresses = "127.0.0.1";
    get_and_expect(client, KUBE_OK, NULL);
    assert_int_equal(f.asked, 2);
    kube_rest_client_unref(client);
}

/* A server that is away for a moment, and a resolver that is too: what was known may be right. */
static void doubtful_addresses_serve_where_the_resolver_fails_as_well(void **state)
{
    fake_resolver f = { .addresses = "127.0.0.2" };
    kube_rest_client *client = client_with(&f);

    (void)state;
    for (int i = 0; i < 2; i++) {
        get_and_expect(client, KUBE_ERR_UNAVAILABLE, "no connection");
        f.addresses = NULL;
    }
    assert_int_equal(f.asked, 2);
    kube_rest_client_unref(client);
}

static void it_is_interrupted_when_nobody_waits_any_more(void **state)
{
    fake_resolver f = { .never = true };
    kube_rest_client *client = client_with(&f);
    kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
    rest_result a = { 0 }, b = { 0 };
    kube_io *io = NULL;

    (void)state;
    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    assert_int_equal(kube_cancel_new(NULL, &opts.cancel, NULL), KUBE_OK);
    start_get(client, io, &opts, &a);
    start_get(client, io, &opts, &b);
    kube_rest_client_unref(client); /* the requests keep it, and its connections end with them */
    assert_int_equal(kube_io_step(io, 5000), KUBE_OK);
    assert_int_equal(f.asked, 1);
    kube_cancel_fire(opts.cancel);
    assert_int_equal(kube_io_step(io, 5000), KUBE_OK);
    assert_int_equal(a.calls + b.calls, 2);
    assert_int_equal(a.status, KUBE_ERR_CANCELLED);
    assert_int_equal(f.interrupted, 1);
    assert_int_equal(f.destroyed, 1);
    rest_result_clear(&a);
    rest_result_clear(&b);
    kube_cancel_unref(opts.cancel);
    kube_io_free(io);
}

static void one_that_takes_its_time_to_stop_is_waited_for(void **state)
{
    fake_resolver f = { .never = true, .linger = 3 };
    kube_rest_client *client = client_with(&f);
    kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
    rest_result r = { 0 };
    kube_io *io = NULL;

    (void)state;
    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    assert_int_equal(kube_cancel_new(NULL, &opts.cancel, NULL), KUBE_OK);
    start_get(client, io, &opts, &r);
    kube_rest_client_unref(client);
    assert_int_equal(kube_io_step(io, 5000), KUBE_OK);
    kube_cancel_fire(opts.cancel);
    rest_run_until_done(io, &r); /* the request does not wait, what it stood on does */
    assert_int_equal(r.status, KUBE_ERR_CANCELLED);
    rest_result_clear(&r);
    for (int i = 0; i < 10 && f.destroyed == 0; i++)
        assert_int_equal(kube_io_run(io, 10), KUBE_OK);
    assert_int_equal(f.linger, 0);
    assert_int_equal(f.destroyed, 1);
    kube_cancel_unref(opts.cancel);
    kube_io_free(io);
}

/* Starts the second request from the first one's `done`, before the resolver has heard that it was given up. */
typedef struct successor {
    kube_rest_client *client;
    kube_io *io;
    fake_resolver *resolver;
    rest_result first, second;
} successor;

static void on_cancelled(void *user, kube_status status, kube_rest_response *response, kube_error *err)
{
    successor *s = user;

    rest_record(&s->first, status, response, err);
    s->resolver->never = false;
    start_get(s->client, s->io, NULL, &s->second);
}

/* The first request is cancelled while the resolver works on it, and has its successor by then. */
static void cancel_and_expect_of_its_successor(fake_resolver *f, kube_status status, int asked)
{
    successor s = { .client = client_with(f), .resolver = f };
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    kube_call_options opts = KUBE_CALL_OPTIONS_INIT;

    assert_int_equal(kube_io_new(NULL, &s.io, NULL), KUBE_OK);
    assert_int_equal(kube_cancel_new(NULL, &opts.cancel, NULL), KUBE_OK);
    request.path = "/";
    assert_int_equal(kube_rest_client_start(s.client, s.io, &request, &opts, on_cancelled, &s, NULL), KUBE_PENDING);
    assert_int_equal(kube_io_step(s.io, 5000), KUBE_OK);
    kube_cancel_fire(opts.cancel);
    rest_run_until_done(s.io, &s.second);
    assert_int_equal(f->asked, asked);
    expect_and_clear(&s.first, KUBE_ERR_CANCELLED, NULL);
    expect_and_clear(&s.second, status, NULL);
    kube_cancel_unref(opts.cancel);
    kube_rest_client_unref(s.client);
    kube_io_free(s.io);
}

static void a_cancelled_request_does_not_take_its_successor_along(void **state)
{
    fake_resolver f = { .addresses = "127.0.0.1", .never = true };

    (void)state;
    cancel_and_expect_of_its_successor(&f, KUBE_OK, 2);
}

static void what_it_says_although_it_was_interrupted_is_its_answer(void **state)
{
    fake_resolver known = { .addresses = "127.0.0.1", .never = true, .stubborn = true };
    fake_resolver unknown = { .never = true, .stubborn = true };

    (void)state;
    cancel_and_expect_of_its_successor(&known, KUBE_OK, 1);
    cancel_and_expect_of_its_successor(&unknown, KUBE_ERR_UNAVAILABLE, 1);
}

static int64_t fake_now_ns;

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

/* Without a deadline: the clock leaps. */
static void get_on_and_expect(kube_io *io, kube_rest_client *client, kube_status status, const char *part)
{
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    rest_result r = { 0 };

    request.path = "/";
    request.timeout_ms = -1;
    assert_int_equal(kube_rest_client_start(client, io, &request, NULL, rest_record, &r, NULL), KUBE_PENDING);
    rest_run_until_done(io, &r);
    expect_and_clear(&r, status, part);
}

static void a_resolver_that_fails_later_does_not_take_away_what_is_known(void **state)
{
    const kube_clock clock = { sizeof clock, NULL, fake_monotonic_ns, fake_unix_ms };
    fake_resolver f = { .addresses = "127.0.0.1" };
    kube_rest_client *client = client_with(&f);
    kube_io_options opts = KUBE_IO_OPTIONS_INIT;
    kube_io *io = NULL;

    (void)state;
    fake_now_ns = 1000000000;
    opts.clock = &clock;
    assert_int_equal(kube_io_new(&opts, &io, NULL), KUBE_OK);
    get_on_and_expect(io, client, KUBE_OK, NULL);
    f.addresses = NULL;
    fake_now_ns += (int64_t)61 * 1000000000;
    get_on_and_expect(io, client, KUBE_OK, NULL);
    assert_int_equal(f.asked, 2);
    get_on_and_expect(io, client, KUBE_OK, NULL); /* and it is not asked again at once */
    assert_int_equal(f.asked, 2);
    f.failure = KUBE_ERR_CANCELLED; /* but where it says that somebody gave up, that is what happens */
    fake_now_ns += (int64_t)61 * 1000000000;
    get_on_and_expect(io, client, KUBE_ERR_CANCELLED, "resolving localhost");
    assert_int_equal(f.asked, 3);
    kube_rest_client_unref(client);
    kube_io_free(io);
}

static void freeing_the_loop_while_it_works_ends_everything_once(void **state)
{
    fake_resolver f = { .never = true };
    kube_rest_client *client = client_with(&f);
    rest_result r = { 0 };
    kube_io *io = NULL;

    (void)state;
    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    start_get(client, io, NULL, &r);
    assert_int_equal(kube_io_step(io, 5000), KUBE_OK);
    kube_io_free(io);
    assert_int_equal(r.calls, 1);
    assert_int_equal(r.status, KUBE_ERR_CANCELLED);
    assert_int_equal(f.interrupted, 1);
    rest_result_clear(&r);
    kube_rest_client_unref(client);
    assert_int_equal(f.destroyed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_addresses_are_used_and_kept_for_the_next_request),
        cmocka_unit_test(a_host_that_is_an_address_is_not_asked_for),
        cmocka_unit_test(requests_that_come_while_it_works_wait_for_the_same_answer),
        cmocka_unit_test(several_addresses_are_tried_in_turn),
        cmocka_unit_test(an_unknown_name_fails_everybody_who_waits_with_the_resolvers_words),
        cmocka_unit_test(an_empty_answer_is_no_answer),
        cmocka_unit_test(what_is_no_address_is_refused_by_name),
        cmocka_unit_test(addresses_at_which_nobody_is_are_asked_for_anew),
        cmocka_unit_test(doubtful_addresses_serve_where_the_resolver_fails_as_well),
        cmocka_unit_test(it_is_interrupted_when_nobody_waits_any_more),
        cmocka_unit_test(one_that_takes_its_time_to_stop_is_waited_for),
        cmocka_unit_test(a_cancelled_request_does_not_take_its_successor_along),
        cmocka_unit_test(what_it_says_although_it_was_interrupted_is_its_answer),
        cmocka_unit_test(a_resolver_that_fails_later_does_not_take_away_what_is_known),
        cmocka_unit_test(freeing_the_loop_while_it_works_ends_everything_once),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
