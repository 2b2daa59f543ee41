/* What libcurl is, and what each release of it has to be told. The linker hands these of its calls (--wrap) to the
 * functions here: another release is one that says so, and is asked what it was told. */
#include "alloc_trace.h"
#include "rest_fixture.h"

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <openssl/crypto.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#undef curl_easy_setopt
#undef curl_multi_setopt

enum { MULTI_QUICK_EXIT = 21 };

static struct {
    unsigned version_num; /* 0: the real one */
    const char *version, *ssl_version;
    CURLcode global;
    bool no_openssl;
    unsigned buffers, quick_exits, events; /* what it was told: how often, and of what to its sockets */
} libcurl;

CURLcode __real_curl_easy_setopt(CURL *easy, CURLoption option, ...);
CURLcode __wrap_curl_easy_setopt(CURL *easy, CURLoption option, ...);
CURLMcode __real_curl_multi_setopt(CURLM *multi, CURLMoption option, ...);
CURLMcode __wrap_curl_multi_setopt(CURLM *multi, CURLMoption option, ...);
CURLMcode __real_curl_multi_socket_action(CURLM *multi, curl_socket_t fd, int events, int *running);
CURLMcode __wrap_curl_multi_socket_action(CURLM *multi, curl_socket_t fd, int events, int *running);
const curl_version_info_data *__real_curl_version_info(CURLversion age);
const curl_version_info_data *__wrap_curl_version_info(CURLversion age);
CURLcode __real_curl_global_init(long flags);
CURLcode __wrap_curl_global_init(long flags);
OSSL_LIB_CTX *__real_OSSL_LIB_CTX_get0_global_default(void);
OSSL_LIB_CTX *__wrap_OSSL_LIB_CTX_get0_global_default(void);

/* Each value is a long or a pointer, which are passed alike. */
CURLcode __wrap_curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
    va_list args;
    void *value;

    va_start(args, option);
    value = va_arg(args, void *);
    va_end(args);
    libcurl.buffers += option == CURLOPT_BUFFERSIZE;
    return __real_curl_easy_setopt(easy, option, value);
}

/* Answered as by one that does not know the option: nothing depends on it. */
CURLMcode __wrap_curl_multi_setopt(CURLM *multi, CURLMoption option, ...)
{
    va_list args;
    void *value;

    va_start(args, option);
    value = va_arg(args, void *);
    va_end(args);
    if ((int)option == MULTI_QUICK_EXIT) {
        libcurl.quick_exits++;
        return CURLM_UNKNOWN_OPTION;
    }
    return __real_curl_multi_setopt(multi, option, value);
}

CURLMcode __wrap_curl_multi_socket_action(CURLM *multi, curl_socket_t fd, int events, int *running)
{
    libcurl.events |= (unsigned)events;
    return __real_curl_multi_socket_action(multi, fd, events, running);
}

const curl_version_info_data *__wrap_curl_version_info(CURLversion age)
{
    static curl_version_info_data claimed;

    if (libcurl.version_num == 0)
        return __real_curl_version_info(age);
    claimed = *__real_curl_version_info(age);
    claimed.version_num = libcurl.version_num;
    claimed.version = libcurl.version;
    claimed.ssl_version = libcurl.ssl_version;
    return &claimed;
}

CURLcode __wrap_curl_global_init(long flags)
{
    return libcurl.global != CURLE_OK ? libcurl.global : __real_curl_global_init(flags);
}

OSSL_LIB_CTX *__wrap_OSSL_LIB_CTX_get0_global_default(void)
{
    return libcurl.no_openssl ? NULL : __real_OSSL_LIB_CTX_get0_global_default();
}

/* ---- the tests ---- */

static rest_fixture server;

static void handler(void *user, kube_testing_connection *c, const kube_testing_request *r)
{
    (void)user;
    kube_testing_connection_reply(c, 200, NULL, r->head);
}

static int set_up(void **state)
{
    (void)state;
    rest_fixture_start_process(&server, handler, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rest_fixture_clear(&server);
    return 0;
}

static bool gives(kube_rest_client *client, kube_status status, const char *part)
{
    rest_result r;
    bool does;

    rest_get(client, "/", &r);
    does = r.status == status && (status == KUBE_OK || strstr(kube_error_message(r.err), part) != NULL);
    if (!does)
        print_error("got %s: %s\n", kube_status_name(r.status), kube_error_message(r.err));
    rest_result_clear(&r);
    return does;
}

/* What was missing may be there for the next request. */
static bool fails_and_then_works(kube_status status, const char *part)
{
    kube_rest_client *client = rest_fixture_client(&server);
    bool does = gives(client, status, part);

    libcurl.global = CURLE_OK;
    libcurl.no_openssl = false;
    does = gives(client, KUBE_OK, NULL) && does;
    kube_rest_client_unref(client);
    return does;
}

/* In a process of its own: what was initialised stays so. */
static void a_library_that_cannot_be_initialised_is_an_error_for_so_long(void **state)
{
    static const struct {
        CURLcode global;
        bool no_openssl;
        kube_status status;
        const char *part;
    } cases[] = {
        { CURLE_FAILED_INIT, false, KUBE_ERR_UNSUPPORTED, "libcurl cannot be used: " },
        { CURLE_OUT_OF_MEMORY, false, KUBE_ERR_OUT_OF_MEMORY, "" },
        { CURLE_OK, true, KUBE_ERR_OUT_OF_MEMORY, "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pid_t pid = fork();
        int status;

        if (pid == 0) {
            libcurl.global = cases[i].global;
            libcurl.no_openssl = cases[i].no_openssl;
            _exit(fails_and_then_works(cases[i].status, cases[i].part) ? 0 : 1);
        }
        assert_true(pid > 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
    }
}

static void claim(unsigned number, const char *version, const char *ssl_version)
{
    libcurl.version_num = number;
    libcurl.version = version;
    libcurl.ssl_version = ssl_version;
    libcurl.buffers = libcurl.quick_exits = libcurl.events = 0;
}

static void a_library_that_lacks_something_is_refused_by_name(void **state)
{
    static const struct {
        unsigned number;
        const char *version, *ssl, *part;
    } cases[] = {
        { 0x075700, "7.87.0", "OpenSSL/3.0.8", "libcurl 7.87.0 with OpenSSL/3.0.8: 7.88 with OpenSSL is needed" },
        { 0x080500, "8.5.0", "GnuTLS/3.7.9", "libcurl 8.5.0 with GnuTLS/3.7.9: 7.88 with OpenSSL is needed" },
        { 0x080500, "8.5.0", NULL, "libcurl 8.5.0 with no TLS: 7.88 with OpenSSL is needed" },
        { 0x080900, "8.9.0", "OpenSSL/3.0.8", "libcurl 8.9.0 cannot be used" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kube_rest_client *client = rest_fixture_client(&server);

        claim(cases[i].number, cases[i].version, cases[i].ssl);
        assert_true(gives(client, KUBE_ERR_UNSUPPORTED, cases[i].part));
        claim(0, NULL, NULL);
        assert_true(gives(client, KUBE_OK, NULL)); /* it was not remembered */
        kube_rest_client_unref(client);
    }
}

/* Large buffers where answers would be stuck without; that it need not wait for its threads, since it can be told; and
 * of events nothing where it forgets over them what it wanted. */
static void each_release_is_told_what_it_needs(void **state)
{
    static const struct {
        unsigned number;
        const char *version;
        bool buffers, quick_exit, events;
    } cases[] = {
        { 0x075801, "7.88.1", true, false, true },  { 0x080001, "8.0.1", true, false, true },
        { 0x080100, "8.1.0", false, false, true },  { 0x080500, "8.5.0", false, false, true },
        { 0x080600, "8.6.0", false, false, false }, { 0x080700, "8.7.0", false, false, true },
        { 0x081300, "8.19.0", false, false, true }, { 0x081400, "8.20.0", false, true, true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kube_rest_client *client = rest_fixture_client(&server);

        claim(cases[i].number, cases[i].version, "OpenSSL/3.0.8");
        assert_true(gives(client, KUBE_OK, NULL));
        if ((libcurl.buffers != 0) != cases[i].buffers || (libcurl.quick_exits != 0) != cases[i].quick_exit ||
            (libcurl.events != 0) != cases[i].events)
            fail_msg("%s: %u buffers, %u quick exits, events %x", cases[i].version, libcurl.buffers,
                     libcurl.quick_exits, libcurl.events);
        claim(0, NULL, NULL);
        kube_rest_client_unref(client);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* First: nothing else has initialised it. */
        ALLOC_TRACE_TEST(a_library_that_cannot_be_initialised_is_an_error_for_so_long),
        ALLOC_TRACE_TEST(a_library_that_lacks_something_is_refused_by_name),
        ALLOC_TRACE_TEST(each_release_is_told_what_it_needs),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
