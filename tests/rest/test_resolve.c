/* Names through a plugged-in resolver. */
#include "fake_resolver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

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
    kube_rest_client_options o = rest_fixture_options(&fake_resolver_server);
    fake_resolver f = { .addresses = "192.0.2.1" };
    kube_rest_client *client = NULL;
    char url[64];

    (void)state;
    snprintf(url, sizeof url, "https://127.0.0.1:%u", kube_testing_http_server_port(fake_resolver_server.server));
    o.base_url = url;
    o.resolver = fake_resolver_new(&f);
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

static void an_address_ends_with_its_last_letter(void **state)
{
    fake_resolver f = { .addresses = "127.0.0.1\0,127.0.0.1", .more = 1 };
    kube_rest_client *client = client_with(&f);

    (void)state;
    for (; f.more < 12; f.more += 10)
        get_and_expect(client, KUBE_ERR_UNAVAILABLE, "what the resolver gave has a NUL byte in it");
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
        cmocka_unit_test(an_address_ends_with_its_last_letter),
        cmocka_unit_test(it_is_interrupted_when_nobody_waits_any_more),
        cmocka_unit_test(one_that_takes_its_time_to_stop_is_waited_for),
        cmocka_unit_test(a_cancelled_request_does_not_take_its_successor_along),
        cmocka_unit_test(what_it_says_although_it_was_interrupted_is_its_answer),
        cmocka_unit_test(freeing_the_loop_while_it_works_ends_everything_once),
    };

    return cmocka_run_group_tests(tests, fake_resolver_set_up, fake_resolver_tear_down);
}
