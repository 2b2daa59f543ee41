#include "alloc_trace.h"
#include "cmocka_all.h"
#include "rfc3339.h"

static void dates_become_milliseconds_since_1970(void **state)
{
    static const struct {
        const char *text;
        int64_t     unix_ms;
    } good[] = {
        { "1970-01-01T00:00:00Z", 0 },
        { "1970-01-01T00:00:00.001Z", 1 },
        { "1969-12-31T23:59:59Z", -1000 },
        { "2000-02-29T12:00:00Z", 951825600000 },
        { "2024-02-29T23:59:59.999999999Z", 1709251199999 },
        { "2038-01-19T03:14:08Z", 2147483648000 },
        { "2026-07-01T12:00:00+02:00", 1782900000000 },
        { "2026-07-01T05:30:00-04:30", 1782900000000 },
        { "0001-01-01T00:00:00Z", -62135596800000 },
        { "0000-01-01T00:00:00Z", -62167219200000 },
        { "9999-12-31T23:59:59Z", 253402300799000 },
        { "2026-07-01t10:00:00z", 1782900000000 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        int64_t unix_ms = 1;

        if (!kube__rfc3339_parse(kube_str_c(good[i].text), &unix_ms) || unix_ms != good[i].unix_ms)
            fail_msg("%s gave %lld", good[i].text, (long long)unix_ms);
    }
}

static void what_is_no_date_is_refused(void **state)
{
    static const char *const bad[] = {
        "", "2026", "2026-07-01", "2026-07-01T12:00:00", "2026-07-01 12:00:00Z", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-07-32T00:00:00Z",
        "2026-07-01T24:00:00Z", "2026-07-01T00:60:00Z", "2026-07-01T00:00:60Z", "2026-07-01T00:00:00.Z",
        "2026-07-01T00:00:00+1:00", "2026-07-01T00:00:00+24:00", "2026-07-01T00:00:00Zx", "-026-07-01T00:00:00Z",
        "1782900000", "20", "2026-07-00T00:00:00Z", "2026-07-01T00:00:00+02:60", "2026-07-01T00:00:00.",
        "2026-07-01T00:00:00.-1", "2026-07-01T00:00:00.5", "2026-07-01T00:00:00.5-",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        int64_t unix_ms = 7;

        if (kube__rfc3339_parse(kube_str_c(bad[i]), &unix_ms) || unix_ms != 7)
            fail_msg("%s was accepted", bad[i]);
    }
}

static void a_nul_inside_is_no_part_of_a_date(void **state)
{
    static const char text[] = "2026-07-01\0" "00:00:00Z";
    int64_t unix_ms = 7;

    (void)state;
    assert_false(kube__rfc3339_parse(kube_str_n(text, sizeof text - 1), &unix_ms));
    assert_int_equal(unix_ms, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(dates_become_milliseconds_since_1970),
        ALLOC_TRACE_TEST(what_is_no_date_is_refused),
        ALLOC_TRACE_TEST(a_nul_inside_is_no_part_of_a_date),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
