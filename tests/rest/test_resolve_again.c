/* A plugged-in resolver that is asked again: when, and what serves until it has answered. */
#include "fake_clock.h"
#include "fake_resolver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

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

/* Those at which nobody was do not serve while others are looked for; who does not wait for them changes nothing. */
static void who_gives_up_waiting_for_others_leaves_the_old_ones_as_doubtful_as_they_are(void **state)
{
    fake_resolver f = { .addresses = "127.0.0.2" };
    kube_rest_client *client = client_with(&f);
    kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
    kube_io *io = NULL;
    rest_result r;

    (void)state;
    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    start_get(client, io, NULL, &r);
    rest_run_until_done(io, &r);
    expect_and_clear(&r, KUBE_ERR_UNAVAILABLE, "no connection");
    f.never = true;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(kube_cancel_new(NULL, &opts.cancel, NULL), KUBE_OK);
        start_get(client, io, &opts, &r);
        assert_int_equal(kube_io_step(io, 5000), KUBE_OK);
        assert_int_equal(r.calls, 0);
        assert_int_equal(f.asked, 2 + i);
        kube_cancel_fire(opts.cancel);
        rest_run_until_done(io, &r);
        expect_and_clear(&r, KUBE_ERR_CANCELLED, NULL);
        assert_int_equal(kube_io_step(io, 5000), KUBE_OK); /* it is told in turn */
        assert_int_equal(f.interrupted, 1 + i);
        kube_cancel_unref(opts.cancel);
    }
    f.never = false;
    f.addresses = "127.0.0.1";
    start_get(client, io, NULL, &r);
    rest_run_until_done(io, &r);
    expect_and_clear(&r, KUBE_OK, NULL);
    kube_rest_client_unref(client);
    kube_io_free(io);
}

/* With a way between it and the server, and a connection over that. */
static kube_rest_client *client_on_a_way(fake_resolver *f)
{
    char direct[sizeof fake_resolver_server.url];
    kube_rest_client *client;

    memcpy(direct, fake_resolver_server.url, sizeof direct);
    fake_resolver_way = relay_start(kube_testing_http_server_port(fake_resolver_server.server));
    snprintf(fake_resolver_server.url, sizeof fake_resolver_server.url, "https://localhost:%u",
             relay_port(fake_resolver_way));
    client = client_with(f);
    memcpy(fake_resolver_server.url, direct, sizeof direct);
    get_and_expect(client, KUBE_OK, NULL);
    return client;
}

/* libcurl repeats a request by itself when the connection it had before ends without an answer. */
static void addresses_are_doubted_when_nobody_is_there_for_the_repeat_of_a_request(void **state)
{
    fake_resolver f = { .addresses = "127.0.0.1" };
    kube_rest_client *client;
    rest_result r;

    (void)state;
    client = client_on_a_way(&f);
    rest_get(client, "/gone", &r); /* with the way to it */
    expect_and_clear(&r, KUBE_ERR_UNAVAILABLE, NULL);
    for (int64_t limit = test_now_ms() + 60000; fake_resolver_way != NULL && test_now_ms() < limit;)
        usleep(1000); /* the server's thread tells us of its end a little later */
    assert_null(fake_resolver_way);
    assert_int_equal(f.asked, 1);
    get_and_expect(client, KUBE_ERR_UNAVAILABLE, NULL);
    assert_int_equal(f.asked, 2);
    kube_rest_client_unref(client);
}

/* The same where the repeat is neither accepted nor refused: its time ends first. */
static void addresses_are_doubted_when_the_repeat_of_a_request_waits_for_a_connection_in_vain(void **state)
{
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    fake_resolver f = { .addresses = "127.0.0.1" };
    kube_rest_client *client;
    rest_result r = { .calls = 0 };

    (void)state;
    client = client_on_a_way(&f);
    request.path = "/jam";
    request.timeout_ms = 1000;
    r.status = kube_rest_client_do(client, &request, NULL, &r.response, &r.err);
    expect_and_clear(&r, KUBE_ERR_TIMEOUT, NULL);
    relay_stop(fake_resolver_way);
    fake_resolver_way = NULL;
    assert_int_equal(f.asked, 1);
    get_and_expect(client, KUBE_ERR_UNAVAILABLE, NULL);
    assert_int_equal(f.asked, 2);
    kube_rest_client_unref(client);
}

/* ---- when its answer is old: on a loop whose clock leaps, so that no request has a deadline ---- */

static fake_clock fake;

static kube_io *fake_loop(void)
{
    kube_io_options opts = KUBE_IO_OPTIONS_INIT;
    kube_io *io = NULL;

    fake_clock_init(&fake);
    opts.clock = &fake.clock;
    assert_int_equal(kube_io_new(&opts, &io, NULL), KUBE_OK);
    return io;
}

static void start_on(kube_io *io, kube_rest_client *client, const char *path, kube_cancel *cancel, rest_result *r)
{
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    kube_call_options opts = KUBE_CALL_OPTIONS_INIT;

    memset(r, 0, sizeof *r);
    request.path = path;
    request.timeout_ms = -1;
    opts.cancel = cancel;
    assert_int_equal(kube_rest_client_start(client, io, &request, &opts, rest_record, r, NULL), KUBE_PENDING);
}

static void get_on(kube_io *io, kube_rest_client *client)
{
    rest_result r;

    start_on(io, client, "/", NULL, &r);
    rest_run_until_done(io, &r);
    assert_int_equal(r.calls, 1);
    expect_and_clear(&r, KUBE_OK, NULL);
}

static void cancel_on(kube_io *io, kube_rest_client *client, bool running)
{
    kube_cancel *cancel = NULL;
    rest_result r;

    assert_int_equal(kube_cancel_new(NULL, &cancel, NULL), KUBE_OK);
    start_on(io, client, "/hold", cancel, &r);
    if (running)
        assert_int_equal(kube_io_step(io, 5000), KUBE_OK);
    kube_cancel_fire(cancel);
    rest_run_until_done(io, &r);
    expect_and_clear(&r, KUBE_ERR_CANCELLED, NULL);
    kube_cancel_unref(cancel);
}

static void one_that_fails_later_does_not_take_away_what_is_known(void **state)
{
    fake_resolver f = { .addresses = "127.0.0.1" };
    kube_rest_client *client = client_with(&f);
    kube_io *io = fake_loop();

    (void)state;
    get_on(io, client);
    f.addresses = NULL;
    fake_clock_advance(&fake, 61000);
    get_on(io, client);
    assert_int_equal(f.asked, 2);
    get_on(io, client); /* and it is not asked again at once */
    assert_int_equal(f.asked, 2);
    f.failure = KUBE_ERR_CANCELLED; /* whatever it says */
    fake_clock_advance(&fake, 61000);
    get_on(io, client);
    assert_int_equal(f.asked, 3);
    kube_rest_client_unref(client);
    kube_io_free(io);
}

static void one_that_hangs_keeps_nobody_from_a_connection_that_stands(void **state)
{
    fake_resolver f = { .addresses = "127.0.0.1" };
    kube_rest_client *client = client_with(&f);
    kube_io *io = fake_loop();

    (void)state;
    get_on(io, client);
    f.never = true;
    fake_clock_advance(&fake, 61000);
    get_on(io, client); /* the answer is looked for meanwhile */
    get_on(io, client);
    assert_int_equal(f.asked, 2);
    cancel_on(io, client, false); /* who gives up does not give the search up */
    cancel_on(io, client, true);
    get_on(io, client);
    assert_int_equal(f.interrupted, 0);
    fake_clock_advance(&fake, 60000); /* as long as a connection may take to come about, and more */
    get_on(io, client);
    assert_int_equal(f.interrupted, 1);
    assert_int_equal(f.asked, 2); /* it is left alone for a moment */
    f.never = false;
    f.addresses = "127.0.0.2"; /* where nobody is: an idle connection does not mind */
    fake_clock_advance(&fake, 6000);
    get_on(io, client);
    assert_int_equal(f.asked, 3);
    kube_rest_client_unref(client);
    kube_io_free(io);
    assert_int_equal(f.destroyed, 1);
}

static void a_loop_may_end_while_it_works_and_nobody_waits(void **state)
{
    fake_resolver f = { .addresses = "127.0.0.1" };
    kube_rest_client *client = client_with(&f);
    kube_io *io = fake_loop();

    (void)state;
    get_on(io, client);
    f.never = true;
    fake_clock_advance(&fake, 61000);
    get_on(io, client);
    kube_io_free(io);
    assert_int_equal(f.interrupted, 1);
    kube_rest_client_unref(client);
    assert_int_equal(f.destroyed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_at_which_nobody_is_are_asked_for_anew),
        cmocka_unit_test(doubtful_addresses_serve_where_the_resolver_fails_as_well),
        cmocka_unit_test(who_gives_up_waiting_for_others_leaves_the_old_ones_as_doubtful_as_they_are),
        cmocka_unit_test(addresses_are_doubted_when_nobody_is_there_for_the_repeat_of_a_request),
        cmocka_unit_test(addresses_are_doubted_when_the_repeat_of_a_request_waits_for_a_connection_in_vain),
        cmocka_unit_test(one_that_fails_later_does_not_take_away_what_is_known),
        cmocka_unit_test(one_that_hangs_keeps_nobody_from_a_connection_that_stands),
        cmocka_unit_test(a_loop_may_end_while_it_works_and_nobody_waits),
    };

    return cmocka_run_group_tests(tests, fake_resolver_set_up, fake_resolver_tear_down);
}
