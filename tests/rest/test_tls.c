/* Who is trusted, and as whom we come: every way a handshake can go wrong, and the names that go over it. */
#include "http2_server.h"
#include "relay.h"
#include "rest_fixture.h"

#include <openssl/pem.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cmocka.h>

static void handler(void *user, kube_testing_connection *c, const kube_testing_request *r)
{
    (void)user;
    kube_testing_connection_reply(c, 200, NULL, r->head);
}

static void get_and_expect(const kube_rest_client_options *o, kube_status status, const char *part)
{
    kube_rest_client *client = NULL;
    rest_result r;

    assert_int_equal(kube_rest_client_new(o, &client, NULL), KUBE_OK);
    rest_get(client, "/", &r);
    if (r.status != status || (part != NULL && strstr(kube_error_message(r.err), part) == NULL))
        fail_msg("got %s: %s (expected %s: %s)", kube_status_name(r.status), kube_error_message(r.err),
                 kube_status_name(status), part != NULL ? part : "");
    rest_result_clear(&r);
    kube_rest_client_unref(client);
}

/* With TLS 1.3 the server refuses after our side is done: its alert may be overtaken by the reset of the connection. */
static void get_and_expect_refusal(const kube_rest_client_options *o)
{
    kube_rest_client *client = NULL;
    rest_result r;

    assert_int_equal(kube_rest_client_new(o, &client, NULL), KUBE_OK);
    rest_get(client, "/", &r);
    assert_true(r.status == KUBE_ERR_TLS || r.status == KUBE_ERR_UNAVAILABLE);
    rest_result_clear(&r);
    kube_rest_client_unref(client);
}

static void an_unknown_authority_is_refused_and_named_as_the_reason(void **state)
{
    rest_fixture f;
    kube_rest_client_options o;

    (void)state;
    rest_fixture_start(&f, handler, NULL);
    o = rest_fixture_options(&f);
    get_and_expect(&o, KUBE_OK, NULL);
    o.ca_pem = kube_testing_cert_pem(f.other_ca);
    o.ca_pem_len = strlen(o.ca_pem);
    get_and_expect(&o, KUBE_ERR_TLS, "not from the certificate authority that is trusted");
    o.ca_pem = NULL; /* the system's authorities do not know it either */
    get_and_expect(&o, KUBE_ERR_TLS, "not from the certificate authority that is trusted");
    o.insecure_skip_tls_verify = true;
    get_and_expect(&o, KUBE_OK, NULL);
    rest_fixture_clear(&f);
}

static void an_authority_that_is_no_certificate_is_refused(void **state)
{
    rest_fixture f;
    kube_rest_client_options o;

    (void)state;
    rest_fixture_start(&f, handler, NULL);
    o = rest_fixture_options(&f);
    o.ca_pem = "this is no PEM";
    o.ca_pem_len = strlen(o.ca_pem);
    get_and_expect(&o, KUBE_ERR_TLS, NULL);
    rest_fixture_clear(&f);
}

static void a_certificate_for_another_name_is_refused(void **state)
{
    rest_fixture f;
    kube_rest_client_options o;
    kube_testing_cert *other;

    (void)state;
    rest_fixture_init(&f);
    other = rest_fixture_cert(
        (kube_testing_cert_options){ .common_name = "127.0.0.1", .alt_names = "DNS:elsewhere.example" }, f.ca);
    rest_fixture_start_with(&f, (kube_testing_http_server_options){ .handler = handler, .cert = other }, "127.0.0.1");
    o = rest_fixture_options(&f);
    get_and_expect(&o, KUBE_ERR_TLS, "127.0.0.1");
    o.tls_server_name = "elsewhere.example";
    get_and_expect(&o, KUBE_OK, NULL);
    rest_fixture_clear(&f);
    kube_testing_cert_free(other);
}

static void an_expired_certificate_is_refused(void **state)
{
    rest_fixture f;
    kube_rest_client_options o;
    kube_testing_cert *expired;

    (void)state;
    rest_fixture_init(&f);
    expired = rest_fixture_cert(
        (kube_testing_cert_options){ .common_name = "s", .alt_names = "IP:127.0.0.1", .expired = true }, f.ca);
    rest_fixture_start_with(&f, (kube_testing_http_server_options){ .handler = handler, .cert = expired }, "127.0.0.1");
    o = rest_fixture_options(&f);
    get_and_expect(&o, KUBE_ERR_TLS, "has expired");
    rest_fixture_clear(&f);
    kube_testing_cert_free(expired);
}

static char *pem_of(X509 *cert)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL, *copy;
    long len;

    assert_int_equal(PEM_write_bio_X509(bio, cert), 1);
    len = BIO_get_mem_data(bio, &data);
    copy = strndup(data, (size_t)len);
    BIO_free(bio);
    return copy;
}

/* The certificate in this PEM, signed anew to be valid from an hour from now. */
static char *make_it_of_tomorrow(const char *pem, const kube_testing_cert *issuer)
{
    BIO *bio = BIO_new_mem_buf(pem, -1), *key_bio = BIO_new_mem_buf(kube_testing_cert_key_pem(issuer), -1);
    X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(key_bio, NULL, NULL, NULL);
    char *text;

    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(cert), 3600));
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    text = pem_of(cert);
    X509_free(cert);
    EVP_PKEY_free(key);
    BIO_free(bio);
    BIO_free(key_bio);
    return text;
}

static void a_certificate_that_is_not_valid_yet_is_refused(void **state)
{
    http2_server_options options = { .max_streams = 100 };
    kube_rest_client_options o;
    http2_server *tomorrow;
    rest_fixture f;
    char *pem;

    (void)state;
    rest_fixture_init(&f);
    pem = make_it_of_tomorrow(kube_testing_cert_pem(f.server_cert), f.ca);
    options.cert_pem = pem;
    options.key_pem = kube_testing_cert_key_pem(f.server_cert);
    tomorrow = http2_server_start(&options);
    assert_non_null(tomorrow);
    snprintf(f.url, sizeof f.url, "https://127.0.0.1:%u", http2_server_port(tomorrow));
    o = rest_fixture_options(&f);
    get_and_expect(&o, KUBE_ERR_TLS, "is not valid yet");
    http2_server_stop(tomorrow);
    rest_fixture_clear(&f);
    free(pem);
}

static void the_host_header_names_the_server_and_not_the_name_on_its_certificate(void **state)
{
    rest_fixture f;
    kube_rest_client_options o;
    kube_rest_client *client = NULL;
    char expected[64];
    rest_result r;

    (void)state;
    rest_fixture_start(&f, handler, NULL);
    o = rest_fixture_options(&f);
    o.tls_server_name = "localhost";
    assert_int_equal(kube_rest_client_new(&o, &client, NULL), KUBE_OK);
    rest_get(client, "/", &r);
    assert_int_equal(r.status, KUBE_OK);
    snprintf(expected, sizeof expected, "\r\nHost: 127.0.0.1:%u\r\n", kube_testing_http_server_port(f.server));
    assert_non_null(strstr(kube_rest_response_body(r.response).data, expected));
    rest_result_clear(&r);
    kube_rest_client_unref(client);
    rest_fixture_clear(&f);
}

static void a_client_certificate_is_shown_when_there_is_one(void **state)
{
    rest_fixture f;
    kube_rest_client_options o;
    kube_testing_cert *foreign;

    (void)state;
    rest_fixture_init(&f);
    foreign = rest_fixture_cert((kube_testing_cert_options){ .common_name = "client" }, f.other_ca);
    rest_fixture_start_with(
        &f, (kube_testing_http_server_options){ .handler = handler, .cert = f.server_cert, .client_ca = f.ca },
        "127.0.0.1");
    o = rest_fixture_options(&f);
    o.cert_pem = kube_testing_cert_pem(f.client_cert);
    o.cert_pem_len = strlen(o.cert_pem);
    o.key_pem = kube_testing_cert_key_pem(f.client_cert);
    o.key_pem_len = strlen(o.key_pem);
    get_and_expect(&o, KUBE_OK, NULL);
    o.key_pem = kube_testing_cert_key_pem(foreign); /* not the key of this certificate */
    o.key_pem_len = strlen(o.key_pem);
    get_and_expect(&o, KUBE_ERR_TLS, "client certificate");
    o.cert_pem = kube_testing_cert_pem(foreign); /* a pair, of an authority the server does not know */
    o.cert_pem_len = strlen(o.cert_pem);
    get_and_expect_refusal(&o);
    o.cert_pem = o.key_pem = NULL;
    get_and_expect_refusal(&o);
    rest_fixture_clear(&f);
    kube_testing_cert_free(foreign);
}

static void tell_resumed_and_close(void *user, kube_testing_connection *c, const kube_testing_request *r)
{
    (void)user;
    kube_testing_connection_reply(c, 200, NULL, r->resumed ? "resumed" : "new");
    kube_testing_connection_close(c);
}

/* A session that is resumed shows no certificate: neither the server's, which may be revoked, nor ours, which may have
 * been renewed. */
static void every_connection_shows_the_certificates_anew(void **state)
{
    rest_fixture f;
    kube_rest_client *client;
    rest_result r;

    (void)state;
    rest_fixture_start(&f, tell_resumed_and_close, NULL);
    client = rest_fixture_client(&f);
    for (unsigned i = 1; i <= 3; i++) {
        rest_get(client, "/", &r);
        assert_int_equal(r.status, KUBE_OK);
        assert_string_equal(kube_rest_response_body(r.response).data, "new");
        rest_result_clear(&r);
        assert_int_equal(kube_testing_http_server_connection_count(f.server), i);
    }
    kube_rest_client_unref(client);
    rest_fixture_clear(&f);
}

/* As in front of a server that is just being started: who waits for it tries again, and looks at no certificate. */
static void a_connection_lost_in_the_handshake_is_unavailable_and_no_matter_of_trust(void **state)
{
    static const struct {
        relay_way way;
        size_t    bytes;
    } places[] = { { RELAY_TO_SERVER, 0 }, { RELAY_TO_SERVER, 100 }, { RELAY_TO_CLIENT, 0 }, { RELAY_TO_CLIENT, 300 } };
    rest_fixture f;
    relay *way;

    (void)state;
    rest_fixture_start(&f, handler, NULL);
    way = relay_start(kube_testing_http_server_port(f.server));
    for (size_t i = 0; i < 2 * sizeof places / sizeof places[0]; i++) {
        kube_rest_client_options o = rest_fixture_options(&f);
        char url[64];

        snprintf(url, sizeof url, "https://127.0.0.1:%u", (unsigned)relay_port(way));
        o.base_url = url;
        relay_break_after(way, places[i / 2].way, places[i / 2].bytes, i % 2 == 0 ? RELAY_CLOSES : RELAY_RESETS);
        get_and_expect(&o, KUBE_ERR_UNAVAILABLE, "lost in the TLS handshake");
        get_and_expect(&o, KUBE_OK, NULL);
    }
    relay_stop(way);
    rest_fixture_clear(&f);
}

static void an_encrypted_key_is_an_error_and_not_a_crash(void **state)
{
    static const char encrypted[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
                                    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgAAAAAAAAAAAICCAAw\n"
                                    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEAAAAAAAAAAAAAAAAAAAAAAEgZAA\n"
                                    "-----END ENCRYPTED PRIVATE KEY-----\n";
    rest_fixture f;
    kube_rest_client_options o;

    (void)state;
    rest_fixture_start(&f, handler, NULL);
    o = rest_fixture_options(&f);
    o.cert_pem = kube_testing_cert_pem(f.client_cert);
    o.cert_pem_len = strlen(o.cert_pem);
    o.key_pem = encrypted;
    o.key_pem_len = sizeof encrypted - 1;
    get_and_expect(&o, KUBE_ERR_TLS, NULL);
    rest_fixture_clear(&f);
}

static void tls_and_plain_http_do_not_meet(void **state)
{
    rest_fixture f;
    kube_rest_client_options o;
    char url[64];

    (void)state;
    rest_fixture_init(&f);
    rest_fixture_start_with(&f, (kube_testing_http_server_options){ .handler = handler }, "127.0.0.1");
    o = rest_fixture_options(&f);
    get_and_expect(&o, KUBE_OK, NULL); /* plain HTTP works where it is asked for */
    snprintf(url, sizeof url, "https://127.0.0.1:%u", kube_testing_http_server_port(f.server));
    o.base_url = url;
    o.timeout_ms = 2000;
    {
        kube_rest_client *client = NULL;
        rest_result r;

        assert_int_equal(kube_rest_client_new(&o, &client, NULL), KUBE_OK);
        rest_get(client, "/", &r); /* the plain server waits for the end of a request line, or closes */
        assert_true(r.status == KUBE_ERR_TLS || r.status == KUBE_ERR_TIMEOUT || r.status == KUBE_ERR_UNAVAILABLE);
        rest_result_clear(&r);
        kube_rest_client_unref(client);
    }
    rest_fixture_clear(&f);

    rest_fixture_start(&f, handler, NULL);
    o = rest_fixture_options(&f);
    snprintf(url, sizeof url, "http://127.0.0.1:%u", kube_testing_http_server_port(f.server));
    o.base_url = url;
    get_and_expect(&o, KUBE_ERR_UNAVAILABLE, NULL);
    rest_fixture_clear(&f);
}

/* A port nobody listens on: bound, not listening. */
static int refuse_port(unsigned *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void when_nobody_listens_all_who_wait_hear_of_it_at_once(void **state)
{
    kube_rest_client_options o = KUBE_REST_CLIENT_OPTIONS_INIT;
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    kube_rest_client *client = NULL;
    rest_result results[50];
    kube_io *io = NULL;
    char url[64];
    unsigned port;
    int fd = refuse_port(&port);

    (void)state;
    snprintf(url, sizeof url, "https://127.0.0.1:%u", port);
    o.base_url = url;
    memset(results, 0, sizeof results);
    assert_int_equal(kube_rest_client_new(&o, &client, NULL), KUBE_OK);
    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    request.path = "/";
    for (int i = 0; i < 50; i++)
        assert_int_equal(kube_rest_client_start(client, io, &request, NULL, rest_record, &results[i], NULL),
                         KUBE_PENDING);
    for (int i = 0; i < 50; i++) {
        rest_run_until_done(io, &results[i]);
        assert_int_equal(results[i].status, KUBE_ERR_UNAVAILABLE);
        assert_non_null(strstr(kube_error_message(results[i].err), "no connection"));
        assert_non_null(strstr(kube_error_message(results[i].err), url));
        rest_result_clear(&results[i]);
    }
    kube_rest_client_unref(client);
    kube_io_free(io);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_authority_is_refused_and_named_as_the_reason),
        cmocka_unit_test(an_authority_that_is_no_certificate_is_refused),
        cmocka_unit_test(a_certificate_for_another_name_is_refused),
        cmocka_unit_test(an_expired_certificate_is_refused),
        cmocka_unit_test(a_certificate_that_is_not_valid_yet_is_refused),
        cmocka_unit_test(the_host_header_names_the_server_and_not_the_name_on_its_certificate),
        cmocka_unit_test(a_client_certificate_is_shown_when_there_is_one),
        cmocka_unit_test(every_connection_shows_the_certificates_anew),
        cmocka_unit_test(a_connection_lost_in_the_handshake_is_unavailable_and_no_matter_of_trust),
        cmocka_unit_test(an_encrypted_key_is_an_error_and_not_a_crash),
        cmocka_unit_test(tls_and_plain_http_do_not_meet),
        cmocka_unit_test(when_nobody_listens_all_who_wait_hear_of_it_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
