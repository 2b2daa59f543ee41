/* The folder a server's documents lie in: kubectl's own name for it, and never outside of the cache folder. */
#include "cached_config.h"
#include "discovery_fixture.h"

static void expect_folder(const char *url, const char *expected)
{
    kube_buf out = KUBE_BUF_INIT(4096);

    kube_buf_append_c(&out, "root/");
    kube__append_host_folder(&out, url);
    assert_int_equal(kube_buf_status(&out, NULL), KUBE_OK);
    assert_string_equal(out.data + 5, expected);
    kube_buf_clear(&out);
}

/* As client-go 0.37 makes them. */
static void a_server_has_the_folder_kubectl_gives_it(void **state)
{
    (void)state;
    expect_folder("https://127.0.0.1:6443", "127.0.0.1_6443");
    expect_folder("host:443", "host_443");
    expect_folder("https://[::1]:6443", "___1__6443");
    expect_folder("https://host.example.com/k8s/clusters/c-m-abc", "host.example.com/k8s/clusters/c_m_abc");
    expect_folder("https://host/", "host");
    expect_folder("https://user:pw@h:1//y/", "user_pw_h_1/y");
    expect_folder("HTTPS://Host:1", "HTTPS_/Host_1");
    expect_folder("https://h\xc3\xa9:1", "h__1");
    expect_folder("https://h/../x", "x");
    expect_folder("http://h:8080", "h_8080");
    expect_folder("h/https://http://x", "h/x");
    expect_folder("h(1)/a_b.c", "h(1)/a_b.c");
}

static void bytes_that_are_no_text_are_replaced_one_by_one(void **state)
{
    (void)state;
    expect_folder("https://h\xff\xfe", "h__");
    expect_folder("https://h\xc3", "h_");
    expect_folder("https://h\xc3x", "h_x");
    expect_folder("https://h\xe2\x82x", "h__x");
    expect_folder("https://h\xe2\x82\xacx", "h_x"); /* one character, of three bytes */
    expect_folder("https://\xf0\x9f\x98\x80x", "_x");
    expect_folder("https://h\r\n\x1b[2J", "h____2J");
}

static void no_name_leads_out_of_the_folder(void **state)
{
    (void)state;
    expect_folder("https://../../etc", "etc");
    expect_folder("https://a/../../../b", "b");
    expect_folder("/etc/passwd", "etc/passwd");
    expect_folder("https://./a/./b", "a/b");
    expect_folder("", "");
}

static void of_a_path_without_end_the_beginning_is_kept(void **state)
{
    enum { KEPT = 128, SEGMENTS = KEPT + 10 };
    char url[2 * SEGMENTS + 1] = "", expected[2 * SEGMENTS + 1] = "";

    (void)state;
    for (int i = 0; i < SEGMENTS; i++) {
        snprintf(url + 2 * i, 3, "%c/", i < KEPT ? 'a' : 'b');
        if (i < KEPT)
            snprintf(expected + 2 * i, 3, "a/");
    }
    expected[2 * KEPT - 1] = '\0';
    expect_folder(url, expected);
}

static void libkubes_own_folder_is_one_segment_and_tells_identities_apart(void **state)
{
    kube_buf a = KUBE_BUF_INIT(4096), b = KUBE_BUF_INIT(4096);

    (void)state;
    kube__append_server_folder(&a, "https://host/k8s/x", kube_str_c("one"));
    kube__append_server_folder(&b, "https://host/k8s/x", kube_str_c("two"));
    assert_memory_equal(a.data, "host_k8s_x-", 11);
    assert_int_equal(a.len, 11 + 16);
    assert_string_not_equal(a.data, b.data);
    assert_null(strchr(a.data, '/'));
    kube_buf_clear(&b);
    kube__append_server_folder(&b, "https://host/k8s/x", kube_str_c("one"));
    assert_string_equal(a.data, b.data); /* by every process alike */
    kube_buf_clear(&a);
    kube_buf_clear(&b);
}

static void a_very_long_url_still_has_a_folder(void **state)
{
    char url[4096] = "https://";
    kube_buf out = KUBE_BUF_INIT(8192);

    (void)state;
    memset(url + 8, 'a', sizeof url - 9);
    url[sizeof url - 1] = '\0';
    kube__append_server_folder(&out, url, kube_str_c("id"));
    assert_int_equal(kube_buf_status(&out, NULL), KUBE_OK);
    assert_int_equal(out.len, 100 + 1 + 16);
    kube_buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(a_server_has_the_folder_kubectl_gives_it),
        ALLOC_TRACE_TEST(bytes_that_are_no_text_are_replaced_one_by_one),
        ALLOC_TRACE_TEST(no_name_leads_out_of_the_folder),
        ALLOC_TRACE_TEST(of_a_path_without_end_the_beginning_is_kept),
        ALLOC_TRACE_TEST(libkubes_own_folder_is_one_segment_and_tells_identities_apart),
        ALLOC_TRACE_TEST(a_very_long_url_still_has_a_folder),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
