/* The whole road, and on it a name that is looked up badly, and an answer that is too long. */
#include "road.h"

#include <kube/sys/error.h>

enum { SLOW_MS = 30, IMPATIENT_MS = 60 };

static road r;

static int set_up(void **state)
{
    (void)state;
    return road_open(&r) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    road_close(&r);
    return 0;
}

/* ---- the name of the server ---- */

typedef struct lookup {
    const char *addresses; /* NULL: the name is unknown */
    int         after_ms;  /* 0: at once; negative: never */
    kube_status expected;
} lookup;

typedef struct resolution {
    kube_io_timer      *timer;
    kube_io_guard      *guard;
    kube_resolver_done *done;
    void               *user;
} resolution;

static const lookup *now; /* what the name is looked up to */

static kube_status answer(kube_blob **out, kube_error **err)
{
    if (now->addresses == NULL)
        return kube_error_set(err, KUBE_ERR_UNAVAILABLE, "nobody knows this name");
    return kube_blob_new(kube_str_c(now->addresses), out, err);
}

static void finish(resolution *l, kube_status st)
{
    kube_blob *addresses = NULL;
    kube_error *err = NULL;
    resolution ended = *l;

    kube_io_guard_free(l->guard);
    kube_io_timer_free(l->timer);
    free(l);
    if (st == KUBE_OK)
        st = answer(&addresses, &err);
    ended.done(ended.user, st, addresses, err);
}

static void on_time(void *user)
{
    finish(user, KUBE_OK);
}

static void on_interrupt(void *user, kube_status why)
{
    finish(user, why);
}

static kube_status resolve(void *state, kube_io *io, const char *host, const kube_call *call, kube_resolver_done *done,
                           void *user, kube_blob **out, kube_error **err)
{
    resolution *l;

    (void)state;
    assert_string_equal(host, "localhost");
    if (now->after_ms == 0)
        return answer(out, err);
    l = calloc(1, sizeof *l);
    assert_non_null(l);
    l->done = done;
    l->user = user;
    assert_int_equal(kube_io_timer_new(io, on_time, l, &l->timer, NULL), KUBE_OK);
    assert_int_equal(kube_io_guard_new(io, call, on_interrupt, l, &l->guard, NULL), KUBE_OK);
    if (now->after_ms > 0)
        kube_io_timer_start(l->timer, kube_io_now_ns(io) + now->after_ms * INT64_C(1000000));
    return KUBE_PENDING;
}

static void a_name_may_be_looked_up_badly(void **state)
{
    static const lookup lookups[] = {
        { "127.0.0.1", 0, KUBE_OK },
        { "127.0.0.1", SLOW_MS, KUBE_OK },
        { NULL, 0, KUBE_ERR_UNAVAILABLE },
        { NULL, SLOW_MS, KUBE_ERR_UNAVAILABLE },
        { "", 0, KUBE_ERR_UNAVAILABLE },
        { "", SLOW_MS, KUBE_ERR_UNAVAILABLE },
        { "127.0.0.1", -1, KUBE_ERR_TIMEOUT },
        { "no address", 0, KUBE_ERR_UNAVAILABLE },
        { "127.0.0.2,127.0.0.1", SLOW_MS, KUBE_OK }, /* where nobody listens, then where somebody does */
    };
    static const lookup good = { "127.0.0.1", 0, KUBE_OK };
    static const kube_resolver_ops ops = { sizeof ops, NULL, resolve };
    kube_resolver *resolver = NULL;
    char url[64];

    (void)state;
    snprintf(url, sizeof url, "https://localhost:%u", road_port(&r));
    assert_int_equal(kube_resolver_new(&ops, NULL, &resolver, NULL), KUBE_OK);
    for (size_t i = 0; i < COUNT_OF(lookups); i++) {
        kube_status st = KUBE_OK;
        const char *text;

        assert_int_equal(road_connect(&r, url, resolver, NULL), KUBE_OK);
        assert_int_equal(road_forget(&r, NULL), KUBE_OK);
        now = &lookups[i];
        text = road_ask(&r, now->after_ms < 0 ? IMPATIENT_MS : 0, &st);
        if (st != now->expected)
            fail_msg("lookup %zu: %s", i, kube_status_name(st));
        road_expect_all_or_nothing(&r, "lookup ", i, text, st == KUBE_ERR_TIMEOUT);
        now = &good;
        road_expect_answer(&r, "lookup ", i);
    }
    kube_resolver_unref(resolver);
}

/* ---- the size of an answer ---- */

static void an_answer_over_the_ceiling_is_refused(void **state)
{
    kube_discovery_client_options opts = KUBE_DISCOVERY_CLIENT_OPTIONS_INIT;
    kube_discovery *d = NULL;
    kube_api_group_list *groups = NULL;
    kube_error *err = NULL;

    (void)state;
    opts.max_document_bytes = 1000;
    assert_int_equal(kube_discovery_client_new(r.rest, &opts, &d, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_server_groups(d, NULL, &groups, &err), KUBE_ERR_LIMIT);
    assert_non_null(strstr(kube_error_message(err), "1000 bytes"));
    assert_null(groups);
    kube_error_free(err);
    kube_discovery_unref(d);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_answer_over_the_ceiling_is_refused),
        TEST(a_name_may_be_looked_up_badly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
