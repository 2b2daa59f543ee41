/* Each allocation of libcurl's own may fail, from the first handle to the last byte of an answer: the request comes to
 * an end, nothing is left behind, and the same client serves the next one. */
#include "rest_fixture.h"

#include <kube/base/io.h>

#include <curl/curl.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Its resolver has a thread of its own. */
static atomic_ulong made, fail_at;
static atomic_long live;

static bool fails(void)
{
    return atomic_fetch_add(&made, 1) + 1 == atomic_load(&fail_at);
}

static void *count(void *block)
{
    if (block != NULL)
        atomic_fetch_add(&live, 1);
    return block;
}

static void *curl_malloc(size_t size)
{
    return fails() ? NULL : count(malloc(size));
}

static void *curl_calloc(size_t n, size_t size)
{
    return fails() ? NULL : count(calloc(n, size));
}

static char *curl_strdup(const char *text)
{
    return fails() ? NULL : count(strdup(text));
}

static void curl_release(void *block)
{
    if (block != NULL)
        atomic_fetch_sub(&live, 1);
    free(block);
}

static void *curl_grow(void *block, size_t size)
{
    void *grown = fails() ? NULL : realloc(block, size);

    if (block == NULL && grown != NULL)
        atomic_fetch_add(&live, 1);
    return grown;
}

static void handler(void *user, kube_testing_connection *c, const kube_testing_request *r)
{
    (void)user, (void)r;
    kube_testing_connection_reply(c, 200, "X-Header: value\r\n", "this is the answer");
}

static rest_fixture server;

/* Without TLS: libcurl 7.88 frees a session's name twice when it has no memory to keep the session. */
static int set_up(void **state)
{
    (void)state;
    rest_fixture_init(&server);
    rest_fixture_start_with(&server, (kube_testing_http_server_options){ .handler = handler }, "127.0.0.1");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rest_fixture_clear(&server);
    return 0;
}

/* Three at once, of which two wait for the first one's connection; the worst status is returned. */
static kube_status get_three(kube_rest_client *client, kube_io *io)
{
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    kube_status worst = KUBE_OK;
    rest_result r[3];

    memset(r, 0, sizeof r);
    request.path = "/";
    for (int i = 0; i < 3; i++)
        assert_int_equal(kube_rest_client_start(client, io, &request, NULL, rest_record, &r[i], NULL), KUBE_PENDING);
    for (int i = 0; i < 3; i++) {
        rest_run_until_done(io, &r[i]);
        assert_int_equal(r[i].calls, 1);
        if (r[i].status == KUBE_OK)
            assert_true(kube_str_is(kube_rest_response_body(r[i].response), "this is the answer"));
        else
            worst = r[i].status;
        rest_result_clear(&r[i]);
    }
    return worst;
}

static void each_allocation_of_libcurls_may_fail(void **state)
{
    kube_rest_client_options o = rest_fixture_options(&server);
    unsigned long failed = 0, n = 0, reached;

    (void)state;
    o.compression = KUBE_COMPRESSION_ALWAYS;
    do {
        long before = atomic_load(&live);
        kube_rest_client *client = NULL;
        kube_status st;
        kube_io *io = NULL;

        assert_int_equal(kube_rest_client_new(&o, &client, NULL), KUBE_OK);
        assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
        atomic_store(&made, 0);
        atomic_store(&fail_at, ++n);
        st = get_three(client, io);
        reached = atomic_load(&made) >= n;
        atomic_store(&fail_at, 0);
        if (st != KUBE_OK && st != KUBE_ERR_UNAVAILABLE && st != KUBE_ERR_LIMIT)
            assert_int_equal(st, KUBE_ERR_OUT_OF_MEMORY);
        failed += st != KUBE_OK;
        if (get_three(client, io) != KUBE_OK) /* libcurl may meet what it left undone in the connection's next use */
            assert_int_equal(get_three(client, io), KUBE_OK);
        kube_rest_client_unref(client);
        kube_io_free(io);
        assert_int_equal(atomic_load(&live), before);
    } while (reached);
    assert_true(failed > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_of_libcurls_may_fail),
    };

    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, curl_malloc, curl_release, curl_grow, curl_strdup, curl_calloc) !=
        CURLE_OK)
        return 1;
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
