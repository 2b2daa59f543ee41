#include "alloc_trace.h"
#include "cmocka_all.h"
#include "server.h"

static void a_server_is_judged_by_its_scheme_and_by_what_there_is_to_protect(void **state)
{
    static const struct {
        const char          *server;
        bool                 credentials, tls;
        kube__server_verdict verdict;
    } cases[] = {
        { "https://h", true, true, KUBE__SERVER_TLS },
        { "HTTPS://h:6443/p", true, false, KUBE__SERVER_TLS },
        { "http://h", false, false, KUBE__SERVER_PLAIN },
        { "http://h", false, true, KUBE__SERVER_PLAIN },
        { "http://h", true, false, KUBE__SERVER_EXPOSES },
        { "http://10.0.0.1:8080", true, false, KUBE__SERVER_EXPOSES },
        { "http://localhost:8001", true, false, KUBE__SERVER_LEAVE_OUT },
        { "HTTP://LocalHost/x", true, false, KUBE__SERVER_LEAVE_OUT },
        { "http://127.0.0.1:8001", true, false, KUBE__SERVER_LEAVE_OUT },
        { "http://127.9.9.9", true, false, KUBE__SERVER_LEAVE_OUT },
        { "http://[::1]:8001/", true, false, KUBE__SERVER_LEAVE_OUT },
        { "http://[::2]:8001/", true, false, KUBE__SERVER_EXPOSES },
        { "http://[1::1]:8001/", true, false, KUBE__SERVER_EXPOSES },
        { "http://[0:0:1::1]:8001/", true, false, KUBE__SERVER_EXPOSES },
        { "http://[::1:0:1]:8001/", true, false, KUBE__SERVER_EXPOSES },
        { "http://localhost.evil.com", true, false, KUBE__SERVER_EXPOSES },
        { "http://localhost@evil.com", true, false, KUBE__SERVER_EXPOSES },
        { "http://127.0.0.1.evil.com", true, false, KUBE__SERVER_EXPOSES },
        { "http://", true, false, KUBE__SERVER_EXPOSES },
        { "http://127.0.0.1.0123456789012345678901234567890123456789012345678901234567890", true, false,
          KUBE__SERVER_EXPOSES },
        { "127.0.0.1", false, false, KUBE__SERVER_NO_SCHEME },
        { "127.0.0.1:8080", false, false, KUBE__SERVER_NO_SCHEME },
        { "localhost:8080/", false, false, KUBE__SERVER_NO_SCHEME },
        { "host/server", false, false, KUBE__SERVER_UNCLEAR },
        { "h:6443", true, false, KUBE__SERVER_UNCLEAR },
        { "h:6443", false, true, KUBE__SERVER_UNCLEAR },
        { "ftp://h", false, false, KUBE__SERVER_UNCLEAR },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kube__server_verdict v = kube__server_judge(cases[i].server, cases[i].credentials, cases[i].tls);

        if (v != cases[i].verdict)
            fail_msg("%s gave %d", cases[i].server, v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(a_server_is_judged_by_its_scheme_and_by_what_there_is_to_protect),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
