/* Certificates and TLS while OpenSSL runs out of memory: an error that names the step, nothing left behind, and the
 * next attempt succeeds. */
#include "stub_fixture.h"

#include <kube/testing/http_server.h>
#include <openssl/crypto.h>

#include <stdatomic.h>
#include <unistd.h>

static atomic_size_t made, fail_at;

static bool fails(void)
{
    return atomic_fetch_add(&made, 1) + 1 == atomic_load(&fail_at);
}

/* Large numbers, and algorithms looked for by their names, are thousands of allocations, all alike: left out. */
static bool counts(const char *file)
{
    static const char *const many[] = { "/bn/", "/property/", "/core_namemap", "/stack/" };
    size_t i = 0;

    while (i < COUNT_OF(many) && (file == NULL || strstr(file, many[i]) == NULL))
        i++;
    return i == COUNT_OF(many);
}

static void *allocate(size_t size, const char *file, int line)
{
    (void)line;
    return size == 0 || (counts(file) && fails()) ? NULL : malloc(size);
}

static void *reallocate(void *block, size_t size, const char *file, int line)
{
    (void)line;
    return counts(file) && fails() ? NULL : realloc(block, size);
}

static void release(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    free(block);
}

static void start_failing(size_t n)
{
    atomic_store(&made, 0);
    atomic_store(&fail_at, n);
}

/* Whether the n-th was reached. */
static bool stop_failing(void)
{
    return atomic_exchange(&fail_at, 0) <= atomic_load(&made);
}

static kube_status make(kube_testing_cert **out, kube_error **err)
{
    kube_testing_cert_options options = KUBE_TESTING_CERT_OPTIONS_INIT;

    options.common_name = "server";
    options.alt_names = "DNS:localhost,IP:127.0.0.1";
    return kube_testing_cert_new(&options, NULL, out, err);
}

static void a_certificate_is_made_or_the_step_is_named(void **state)
{
    size_t refused = 0;
    bool reached = true;

    (void)state;
    for (size_t n = 1; reached; n++) {
        kube_testing_cert *cert = NULL;
        kube_error *err = NULL;
        kube_status st;

        start_failing(n);
        st = make(&cert, &err);
        reached = stop_failing();
        refused += st != KUBE_OK;
        if (st != KUBE_OK && (strstr(kube_error_message(err), "making a test certificate: ") == NULL || cert != NULL))
            fail_msg("allocation %zu: %s", n, kube_error_message(err));
        kube_testing_cert_free(cert);
        kube_error_free(err);
    }
    assert_true(refused > 50);
}

static void answer(void *user, kube_testing_connection *c, const kube_testing_request *r)
{
    (void)user;
    (void)r;
    (void)kube_testing_connection_reply(c, 200, NULL, "ok");
}

static kube_testing_http_server *start(const kube_testing_cert *cert, kube_error **err)
{
    kube_testing_http_server_options options = KUBE_TESTING_HTTP_SERVER_OPTIONS_INIT;
    kube_testing_http_server *server = NULL;

    options.handler = answer;
    options.cert = cert;
    return kube_testing_http_server_start(&options, &server, err) == KUBE_OK ? server : NULL;
}

static void a_server_starts_or_says_what_was_not_taken(void **state)
{
    kube_testing_cert *cert = NULL;
    bool reached = true;
    size_t refused = 0;

    (void)state;
    assert_int_equal(make(&cert, NULL), KUBE_OK);
    for (size_t n = 1; reached; n++) {
        kube_testing_http_server *server;
        kube_error *err = NULL;

        start_failing(n);
        server = start(cert, &err);
        reached = stop_failing();
        refused += server == NULL;
        if (server == NULL && strstr(kube_error_message(err), "was not taken by OpenSSL") == NULL)
            fail_msg("allocation %zu: %s", n, kube_error_message(err));
        kube_testing_http_server_stop(server);
        kube_error_free(err);
    }
    assert_true(refused > 0);
    kube_testing_cert_free(cert);
}

static void an_api_server_starts_or_says_that_it_has_no_tag(void **state)
{
    kube_testing_apiserver_options options = KUBE_TESTING_APISERVER_OPTIONS_INIT;
    bool reached = true;
    size_t refused = 0;

    (void)state;
    options.recording = RECORDING("bare");
    options.plain_http = true;
    for (size_t n = 1; reached; n++) {
        kube_testing_apiserver *server = NULL;
        kube_error *err = NULL;
        kube_status st;

        start_failing(n);
        st = kube_testing_apiserver_start(&options, &server, &err);
        reached = stop_failing();
        refused += st != KUBE_OK;
        if (st != KUBE_OK && strstr(kube_error_message(err), "making an entity tag") == NULL)
            fail_msg("allocation %zu: %s", n, kube_error_message(err));
        kube_testing_apiserver_stop(server);
        kube_error_free(err);
    }
    assert_true(refused > 0);
}

/* What a client sends first: enough of it for the server to make all that a handshake needs, and then it is refused. */
static void a_connection_without_memory_is_closed(void **state)
{
    kube_testing_cert *cert = NULL;
    kube_testing_http_server *server;
    bool reached = true;
    size_t silent = 0;

    (void)state;
    assert_int_equal(make(&cert, NULL), KUBE_OK);
    server = start(cert, NULL);
    assert_non_null(server);
    for (size_t n = 1; reached; n++) {
        reply r;
        int fd;

        start_failing(n);
        fd = raw_connect(kube_testing_http_server_port(server));
        raw_send(fd, "this is no handshake at all\r\n");
        r = raw_read(fd, 4096);
        reached = stop_failing();
        assert_true(r.closed);
        silent += r.len == 0; /* not even an alert could be sent */
        reply_clear(&r);
        close(fd);
    }
    assert_true(silent > 0);
    assert_int_equal(kube_testing_http_server_request_count(server), 0);
    kube_testing_http_server_stop(server);
    kube_testing_cert_free(cert);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(a_certificate_is_made_or_the_step_is_named),
        ALLOC_TRACE_TEST(a_server_starts_or_says_what_was_not_taken),
        ALLOC_TRACE_TEST(an_api_server_starts_or_says_that_it_has_no_tag),
        ALLOC_TRACE_TEST(a_connection_without_memory_is_closed),
    };
    kube_testing_http_server *server;
    kube_testing_cert *cert = NULL;

    if (CRYPTO_set_mem_functions(allocate, reallocate, release) != 1)
        return 1;
    alloc_trace_install();
    /* What OpenSSL makes once for a whole process is there before anything fails. */
    if (make(&cert, NULL) != KUBE_OK)
        return 1;
    server = start(cert, NULL);
    kube_testing_http_server_stop(server);
    kube_testing_cert_free(cert);
    return server != NULL ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
