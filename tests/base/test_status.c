#include "base_fixture.h"

#include <kube/base/version.h>

#include <stdio.h>
#include <string.h>

/* The numbers are a promise to programs that were compiled long ago: this list only ever grows. */
static const struct {
    int         number;
    kube_status status;
    const char *name;
} promised[] = {
    { -1, KUBE_PENDING, "pending" },
    { 0, KUBE_OK, "ok" },
    { 1, KUBE_ERR_INVALID_ARG, "invalid arg" },
    { 2, KUBE_ERR_OUT_OF_MEMORY, "out of memory" },
    { 3, KUBE_ERR_CANCELLED, "cancelled" },
    { 4, KUBE_ERR_TIMEOUT, "timeout" },
    { 5, KUBE_ERR_UNAVAILABLE, "unavailable" },
    { 6, KUBE_ERR_TLS, "tls" },
    { 7, KUBE_ERR_UNAUTHORIZED, "unauthorized" },
    { 8, KUBE_ERR_FORBIDDEN, "forbidden" },
    { 9, KUBE_ERR_NOT_FOUND, "not found" },
    { 10, KUBE_ERR_CONFLICT, "conflict" },
    { 11, KUBE_ERR_TOO_MANY_REQUESTS, "too many requests" },
    { 12, KUBE_ERR_SERVER, "server" },
    { 13, KUBE_ERR_PROTOCOL, "protocol" },
    { 14, KUBE_ERR_PARSE, "parse" },
    { 15, KUBE_ERR_LIMIT, "limit" },
    { 16, KUBE_ERR_IO, "io" },
    { 17, KUBE_ERR_CONFIG, "config" },
    { 18, KUBE_ERR_UNSUPPORTED, "unsupported" },
    { 19, KUBE_ERR_PARTIAL, "partial" },
    { 20, KUBE_ERR_STALE, "stale" },
    { 21, KUBE_ERR_INVALID_STATE, "invalid state" },
    { 22, KUBE_ERR_WOULD_DEADLOCK, "would deadlock" },
    { 23, KUBE_ERR_FORKED, "forked" },
    { 24, KUBE_ERR_NOT_MODIFIED, "not modified" },
    { 25, KUBE_ERR_GONE, "gone" },
};

static void the_numbers_and_names_are_the_promised_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof promised / sizeof promised[0]; i++) {
        assert_int_equal(promised[i].status, promised[i].number);
        assert_string_equal(kube_status_name(promised[i].status), promised[i].name);
    }
}

static void other_numbers_have_a_name_too(void **state)
{
    static const int others[] = { -2, 26, 1000, INT32_MAX, INT32_MIN };

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        int number = others[i];
        kube_status status;

        memcpy(&status, &number, sizeof status); /* a cast would promise that it is one of the constants */
        assert_string_equal(kube_status_name(status), "unknown status");
    }
}

static void the_version_is_made_of_its_parts(void **state)
{
    char text[32];

    (void)state;
    snprintf(text, sizeof text, "%d.%d.%d", KUBE_VERSION_MAJOR, KUBE_VERSION_MINOR, KUBE_VERSION_PATCH);
    assert_string_equal(KUBE_VERSION, text);
    assert_string_equal(kube_version(), text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(the_numbers_and_names_are_the_promised_ones),
        ALLOC_TRACE_TEST(other_numbers_have_a_name_too),
        ALLOC_TRACE_TEST(the_version_is_made_of_its_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
