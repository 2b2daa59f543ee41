/* A clock that is set while somebody looks at it: an answer is asked for once too often, or served a little longer; it
 * is never lost, and nothing is asked for again and again. */
#include "cached_fixture.h"

#define TTL KUBE_FRESHNESS_DEFAULT
#define ALL "apps/v1: deployments; batch/v1: jobs"

static cached_fixture f;

static void jump(int64_t hours)
{
    fake_clock_advance(&f.clock, hours * 60 * 60 * 1000);
}

static void the_clock_may_jump_in_both_directions(void **state)
{
    (void)state;
    for (int place = 0; place < CACHED_PLACES; place++) {
        kube_discovery *d, *other;

        cached_fixture_init(&f, (cached_place)place);
        d = cached_fixture_client(&f);
        other = cached_fixture_client(&f);
        assert_string_equal(ask_all(d, TTL), ALL);
        jump(-48); /* what is dated in the future counts */
        assert_string_equal(ask_all(d, TTL), ALL);
        assert_string_equal(ask_all(other, TTL), ALL);
        assert_int_equal(f.fake.attempts, 1);
        jump(48 + 48); /* and is over when its time comes */
        assert_string_equal(ask_all(d, TTL), ALL);
        assert_int_equal(f.fake.attempts, 2);
        assert_string_equal(ask_all(d, TTL), ALL);
        assert_int_equal(f.fake.attempts, 2);
        jump(-24 * 365 * 20); /* before anything was stored */
        assert_string_equal(ask_all(d, TTL), ALL);
        assert_string_equal(ask_version(d, "apps/v1", TTL), "deployments");
        assert_int_equal(f.fake.attempts, 2);
        assert_string_equal(f.log, "");
        kube_discovery_unref(d);
        kube_discovery_unref(other);
        cached_fixture_clear(&f);
    }
}

static void it_may_jump_between_two_looks(void **state)
{
    (void)state;
    for (int place = 0; place < CACHED_PLACES; place++) {
        kube_discovery *d;

        cached_fixture_init(&f, (cached_place)place);
        d = cached_fixture_client(&f);
        for (int i = 0; i < 20; i++) {
            jump(i % 2 == 0 ? 10 * i : -10 * i);
            assert_string_equal(ask_all(d, TTL), ALL);
            assert_string_equal(ask_version(d, "batch/v1", TTL), "jobs");
        }
        assert_true(f.fake.attempts <= 20);
        kube_discovery_unref(d);
        cached_fixture_clear(&f);
    }
}

static void a_time_to_live_without_end_lasts(void **state)
{
    (void)state;
    for (int place = 0; place < CACHED_PLACES; place++) {
        kube_discovery *d, *other;

        cached_fixture_init(&f, (cached_place)place);
        f.ttl_ms = INT64_MAX;
        d = cached_fixture_client(&f);
        other = cached_fixture_client(&f);
        assert_string_equal(ask_all(d, TTL), ALL);
        jump(24 * 365 * 200);
        for (int i = 0; i < 2; i++) {
            assert_string_equal(ask_all(d, TTL), ALL);
            assert_string_equal(ask_all(other, TTL), ALL);
            assert_string_equal(ask_version(other, "apps/v1", TTL), "deployments");
        }
        assert_int_equal(f.fake.attempts, 1);
        kube_discovery_unref(d);
        kube_discovery_unref(other);
        cached_fixture_clear(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(the_clock_may_jump_in_both_directions),
        ALLOC_TRACE_TEST(a_time_to_live_without_end_lasts),
        ALLOC_TRACE_TEST(it_may_jump_between_two_looks),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
