/* The API server while memory runs out. */
#include "stub_fixture.h"

#include <unistd.h>

/* How many requests the log has lost for want of memory. */
static unsigned not_logged;

static bool same_answer(const reply *a, const reply *b)
{
    return a->status == b->status && a->body_len == b->body_len && memcmp(a->body, b->body, a->body_len) == 0;
}

/* The first request of a server, the n-th allocation for it failing: the answer comes whole or not at all, and who asks
 * again gets it. */
static bool ask_twice(size_t n, const char *fault, const char *target, const char *headers)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);
    reply first, second;
    bool reached;

    if (fault != NULL)
        assert_int_equal(kube_testing_apiserver_add_fault_text(server, fault, NULL, NULL), KUBE_OK);
    alloc_trace_fail_at(n);
    first = stub_get(server, target, headers);
    reached = alloc_trace_stop();
    not_logged += first.len > 0 && kube_testing_apiserver_request_count(server) == 0;
    second = stub_get(server, target, headers);
    assert_true(second.len > 0);
    if (!first.closed || (first.len > 0 && !same_answer(&first, &second)))
        fail_msg("%s, allocation %zu: %zu bytes, status %d", target, n, first.len, first.status);
    reply_clear(&first);
    reply_clear(&second);
    kube_testing_apiserver_stop(server);
    return reached;
}

static void expect_whole_or_nothing(const char *fault, const char *target, const char *headers)
{
    size_t n = 1;

    while (ask_twice(n, fault, target, headers))
        n++;
    assert_true(n > 5);
}

static void an_answer_comes_whole_or_not_at_all(void **state)
{
    (void)state;
    not_logged = 0;
    expect_whole_or_nothing(NULL, "/apis", "Accept: application/json\r\n");
    expect_whole_or_nothing(NULL, "/apis/apps", NULL);
    expect_whole_or_nothing(NULL, "/apis/apps/v1", NULL);
    expect_whole_or_nothing(NULL, "/absent", NULL);
    expect_whole_or_nothing("/ status=403", "/apis", NULL);
    expect_whole_or_nothing("/ endless close-after=20000", "/apis", NULL);
    expect_whole_or_nothing("/ endless-headers close-after=20000", "/apis", NULL);
    assert_true(not_logged > 0); /* and it comes though nobody will read of it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(an_answer_comes_whole_or_not_at_all),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
