#include "url.h"

#include <kube/base/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void base_urls_are_brought_into_one_form(void **state)
{
    static const struct {
        const char *text, *normal, *host, *path;
        unsigned port;
        bool https;
    } good[] = {
        { "https://127.0.0.1:6443", "https://127.0.0.1:6443", "127.0.0.1", "", 6443, true },
        { "HTTPS://Example.COM/", "https://example.com", "example.com", "", 443, true },
        { "https://example.com:443/k8s/clusters/c-1/", "https://example.com/k8s/clusters/c-1", "example.com",
          "/k8s/clusters/c-1", 443, true },
        { "http://localhost:8080", "http://localhost:8080", "localhost", "", 8080, false },
        { "http://h:80", "http://h", "h", "", 80, false },
        { "https://[::1]:6443", "https://[::1]:6443", "::1", "", 6443, true },
        { "https://[FD00::A]/p", "https://[fd00::a]/p", "fd00::a", "/p", 443, true },
        { "https://h.0xfg", "https://h.0xfg", "h.0xfg", "", 443, true },
        { "https://h.0x-", "https://h.0x-", "h.0x-", "", 443, true },
        { "https://h.0y", "https://h.0y", "h.0y", "", 443, true },
        { "https://1-2", "https://1-2", "1-2", "", 443, true },
        { "https://under_score.svc", "https://under_score.svc", "under_score.svc", "", 443, true },
        { "https://h/a%20b", "https://h/a%20b", "h", "/a%20b", 443, true },
        { "https://h//x//", "https://h//x", "h", "//x", 443, true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        kube__url url;
        kube_error *err = NULL;

        if (kube__url_parse(good[i].text, &url, &err) != KUBE_OK)
            fail_msg("%s: %s", good[i].text, kube_error_message(err));
        assert_string_equal(url.text, good[i].normal);
        assert_string_equal(url.host, good[i].host);
        assert_string_equal(url.path, good[i].path);
        assert_int_equal(url.port, good[i].port);
        assert_int_equal(url.https, good[i].https);
        kube__url_clear(&url);
    }
}

static void what_is_no_base_url_is_refused_with_a_reason(void **state)
{
    static const struct {
        const char *text, *reason;
    } bad[] = {
        { "", "does not begin with" },
        { "user:secret@10.0.0.1:6443", "does not begin with" },
        { "example.com", "does not begin with" },
        { "ftp://example.com", "does not begin with" },
        { "https:/example.com", "does not begin with" },
        { "https://", "the host is missing" },
        { "https:///path", "the host is missing" },
        { "https://h:0", "the port" },
        { "https://h:65536", "the port" },
        { "https://h:6443x", "the port" },
        { "https://h:-1", "the port" },
        { "https://h:100000", "the port" },
        { "https://h:", "the port" },
        { "https://[::1", "a bracket" },
        { "https://[::-1]", "no host has" },
        { "https://[::1]x", "between the host and the port" },
        { "https://user:secret@h", "user name or password" },
        { "https://h/a b", "must be escaped" },
        { "https://h/a\nb", "must be escaped" },
        { "https://h/\xc3\xa9", "must be escaped" },
        { "https://h/a|b", "must be escaped" },
        { "https://h?x=1", "query or a fragment" },
        { "https://h/p?x=1", "query or a fragment" },
        { "https://h/p#f", "query or a fragment" },
        { "https://h\r\nX: y", "no host has" },
        { "https://h%00", "no host has" },
        { "https://a,b", "no host has" },
        { "https://[::1j]", "no IPv6 address" },
        { "https://[127.0.0.1]", "no IPv6 address" },
        { "https://127.1", "ends in a number" },
        { "https://2130706433/", "ends in a number" },
        { "https://0x7F000001", "ends in a number" },
        { "https://h.0x:6443", "ends in a number" },
        { "https://1.2.3.4.5", "ends in a number" },
        { "https://010.0.0.1", "ends in a number" },
        { "https://a.1.", "ends in a number" },
        { "https://h.0xaf", "ends in a number" },
        { "https://h.0", "ends in a number" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        kube__url url;
        kube_error *err = NULL;

        assert_int_equal(kube__url_parse(bad[i].text, &url, &err), KUBE_ERR_CONFIG);
        if (strstr(kube_error_message(err), bad[i].reason) == NULL)
            fail_msg("\"%s\" gives: %s", bad[i].text, kube_error_message(err));
        assert_null(strstr(kube_error_message(err), "secret"));
        kube_error_free(err);
    }
}

static void a_base_url_may_be_long_but_not_endless(void **state)
{
    static char text[KUBE__URL_MAX_BYTES];
    kube__url url;
    kube_error *err = NULL;

    (void)state;
    snprintf(text, sizeof text, "https://h/%0*d", KUBE__URL_MAX_BYTES / 2 - 10, 0);
    assert_int_equal(kube__url_parse(text, &url, NULL), KUBE_OK);
    assert_string_equal(url.text, text);
    kube__url_clear(&url);
    snprintf(text, sizeof text, "https://h/%0*d", KUBE__URL_MAX_BYTES / 2 - 9, 0);
    assert_int_equal(kube__url_parse(text, &url, &err), KUBE_ERR_CONFIG);
    assert_non_null(strstr(kube_error_message(err), "longer than 32768 bytes"));
    kube_error_free(err);
    err = NULL;
    snprintf(text, sizeof text, "https://%0256d", 0); /* as a host, which has an end of its own */
    assert_int_equal(kube__url_parse(text, &url, &err), KUBE_ERR_CONFIG);
    assert_non_null(strstr(kube_error_message(err), "no host has"));
    kube_error_free(err);
}

static kube_status target(const kube_rest_request *request, kube_buf *out, kube_error **err)
{
    kube__url url;
    kube_status st = kube__url_parse("https://h/base", &url, err);

    if (st == KUBE_OK)
        st = kube__url_append_target(out, &url, request, err);
    kube__url_clear(&url);
    return st;
}

static void targets_are_escaped_as_go_escapes_them(void **state)
{
    const kube_rest_param query[] = {
        { "labelSelector", "a=b,c" }, { "timeout", "32s" }, { "empty", NULL }, { "x y", "z&=+" }, { "_", "-.~" }
    };
    const struct {
        const char *path, *uri, *target;
        size_t query_count;
    } cases[] = {
        { "/api", NULL, "/base/api", 0 },
        { "/apis/apps/v1", NULL,
          "/base/apis/apps/v1?labelSelector=a%3Db%2Cc&timeout=32s&empty=&x+y=z%26%3D%2B&_=-.~", 5 },
        { "/api/v1/nodes/system:node", NULL, "/base/api/v1/nodes/system:node", 0 },
        { "/a b/*!'()?#%", NULL, "/base/a%20b/%2A%21%27%28%29%3F%23%25", 0 },
        { "/\xc3\xa9\x01", NULL, "/base/%C3%A9%01", 0 },
        { "/$&+,/:;=@-_.~", NULL, "/base/$&+,/:;=@-_.~", 0 },
        { NULL, "/api/v1/pods?limit=5", "/base/api/v1/pods?limit=5", 0 },
        { NULL, "/api/v1/pods?limit=5", "/base/api/v1/pods?limit=5&labelSelector=a%3Db%2Cc", 1 },
        { NULL, "/a%2Fb", "/base/a%2Fb", 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kube_rest_request request = KUBE_REST_REQUEST_INIT;
        kube_buf out = KUBE_BUF_INIT(4096);

        request.path = cases[i].path;
        request.uri = cases[i].uri;
        request.query = query;
        request.query_count = cases[i].query_count;
        assert_int_equal(target(&request, &out, NULL), KUBE_OK);
        assert_string_equal(out.data, cases[i].target);
        kube_buf_clear(&out);
    }
}

static void a_target_that_would_break_the_request_line_is_refused(void **state)
{
    static const char *const bad[] = { "/a b", "/a\r\nX: y", "/a#b", "/\x7f", "/\xc3\xa9", "relative", "" };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        kube_rest_request request = KUBE_REST_REQUEST_INIT;
        kube_buf out = KUBE_BUF_INIT(4096);

        request.uri = bad[i];
        assert_int_equal(target(&request, &out, NULL), KUBE_ERR_INVALID_ARG);
        kube_buf_clear(&out);
    }
}

static void a_target_that_is_asked_for_in_two_ways_or_with_a_nameless_parameter_is_refused(void **state)
{
    static const kube_rest_param nameless[] = { { "", "x" }, { NULL, "x" } };
    const struct {
        const char *path, *uri, *reason;
        const kube_rest_param *query;
    } cases[] = {
        { "/a", "/b", "a path or a uri", NULL },
        { "a", NULL, "begins with a slash", NULL },
        { "/a", NULL, "parameter 0 has no name", &nameless[0] },
        { NULL, "/a", "parameter 0 has no name", &nameless[1] },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kube_rest_request request = KUBE_REST_REQUEST_INIT;
        kube_buf out = KUBE_BUF_INIT(4096);
        kube_error *err = NULL;

        request.path = cases[i].path;
        request.uri = cases[i].uri;
        request.query = cases[i].query;
        request.query_count = cases[i].query != NULL;
        assert_int_equal(target(&request, &out, &err), KUBE_ERR_INVALID_ARG);
        assert_non_null(strstr(kube_error_message(err), cases[i].reason));
        kube_error_free(err);
        kube_buf_clear(&out);
    }
}

static void redirects_are_followed_on_the_same_origin_only(void **state)
{
    static const struct {
        const char *location, *target;
    } cases[] = {
        { "/other?x=1", "/other?x=1" },
        { "https://h:6443/other", "/other" },
        { "HTTPS://H:6443", "/" },
        { "https://h:6443?x=2", "/?x=2" },
        { "#fragment", "/base/a/b" },
        { "", "/base/a/b" },
        { "?y", "/base/a/b?y" },
        { "sibling", "/base/a/sibling" },
        { "/x#fragment", "/x" },
        { "http://h:6443/other", NULL },
        { "https://h/other", NULL },
        { "https://evil.example/other", NULL },
        { "https://evil.example:6443/other", NULL },
        { "https://h:6443@evil.example/", NULL },
        { "//evil.example/other", NULL },
        { "/a b", NULL },
        { "https://h:6444/other", NULL },
        { "/a\r\nX: y", NULL },
        { "/\xc3\xa9", NULL },
        { "javascript://x", NULL },
    };
    kube__url base;

    (void)state;
    assert_int_equal(kube__url_parse("https://h:6443/base", &base, NULL), KUBE_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kube_buf out = KUBE_BUF_INIT(4096);
        kube_status st = kube__url_append_redirect(&out, &base, "/base/a/b?q", cases[i].location, NULL);

        assert_int_equal(st, cases[i].target != NULL ? KUBE_OK : KUBE_ERR_PROTOCOL);
        if (cases[i].target != NULL)
            assert_string_equal(out.data, cases[i].target);
        kube_buf_clear(&out);
    }
    kube__url_clear(&base);
}

static void addresses_and_loopback_are_told_apart_from_names(void **state)
{
    (void)state;
    assert_true(kube__url_host_is_address("10.0.0.1"));
    assert_true(kube__url_host_is_address("fd00::1"));
    assert_false(kube__url_host_is_address("example.com"));
    assert_false(kube__url_host_is_address("1.2.3"));
    assert_true(kube__url_host_is_loopback("localhost"));
    assert_true(kube__url_host_is_loopback("127.9.9.9"));
    assert_true(kube__url_host_is_loopback("::1"));
    assert_false(kube__url_host_is_loopback("128.0.0.1"));
    assert_false(kube__url_host_is_loopback("fd00::1"));
    assert_false(kube__url_host_is_loopback("0:0:fd00::1"));
    assert_false(kube__url_host_is_loopback("::fd00:0:0:1"));
    assert_false(kube__url_host_is_loopback("::2"));
    assert_false(kube__url_host_is_loopback("localhost.example.com"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base_urls_are_brought_into_one_form),
        cmocka_unit_test(what_is_no_base_url_is_refused_with_a_reason),
        cmocka_unit_test(a_base_url_may_be_long_but_not_endless),
        cmocka_unit_test(targets_are_escaped_as_go_escapes_them),
        cmocka_unit_test(a_target_that_would_break_the_request_line_is_refused),
        cmocka_unit_test(a_target_that_is_asked_for_in_two_ways_or_with_a_nameless_parameter_is_refused),
        cmocka_unit_test(redirects_are_followed_on_the_same_origin_only),
        cmocka_unit_test(addresses_and_loopback_are_told_apart_from_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
