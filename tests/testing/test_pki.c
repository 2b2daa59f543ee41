/* Certificates, looked at with OpenSSL. */
#include "stub_fixture.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

static kube_testing_cert *make(kube_testing_cert_options options, const kube_testing_cert *issuer)
{
    kube_testing_cert *cert = NULL;

    options.struct_size = sizeof options;
    assert_int_equal(kube_testing_cert_new(&options, issuer, &cert, NULL), KUBE_OK);
    return cert;
}

static X509 *parse(const kube_testing_cert *cert)
{
    BIO *bio = BIO_new_mem_buf(kube_testing_cert_pem(cert), -1);
    X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);

    assert_non_null(x);
    BIO_free(bio);
    return x;
}

static EVP_PKEY *parse_key(const kube_testing_cert *cert)
{
    BIO *bio = BIO_new_mem_buf(kube_testing_cert_key_pem(cert), -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

    assert_non_null(key);
    BIO_free(bio);
    return key;
}

/* OpenSSL's verdict on a certificate under an authority. */
static int verify(const kube_testing_cert *cert, const kube_testing_cert *ca)
{
    X509 *x = parse(cert), *authority = parse(ca);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    int verdict;

    assert_int_equal(X509_STORE_add_cert(store, authority), 1);
    assert_int_equal(X509_STORE_CTX_init(ctx, store, x, NULL), 1);
    (void)X509_verify_cert(ctx);
    verdict = X509_STORE_CTX_get_error(ctx);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    X509_free(authority);
    X509_free(x);
    return verdict;
}

static void a_certificate_is_from_its_authority_and_from_no_other(void **state)
{
    kube_testing_cert *ca = make((kube_testing_cert_options){ .common_name = "CA", .authority = true }, NULL);
    kube_testing_cert *other = make((kube_testing_cert_options){ .common_name = "CA", .authority = true }, NULL);
    kube_testing_cert *cert = make((kube_testing_cert_options){ .common_name = "client" }, ca);

    (void)state;
    assert_int_equal(verify(cert, ca), X509_V_OK);
    assert_int_equal(verify(cert, other), X509_V_ERR_CERT_SIGNATURE_FAILURE);
    kube_testing_cert_free(ca);
    kube_testing_cert_free(other);
    kube_testing_cert_free(cert);
}

static void an_expired_certificate_is_over(void **state)
{
    kube_testing_cert *ca = make((kube_testing_cert_options){ .common_name = "CA", .authority = true }, NULL);
    kube_testing_cert *cert = make((kube_testing_cert_options){ .common_name = "late", .expired = true }, ca);

    (void)state;
    assert_int_equal(verify(cert, ca), X509_V_ERR_CERT_HAS_EXPIRED);
    kube_testing_cert_free(ca);
    kube_testing_cert_free(cert);
}

static void who_is_no_authority_cannot_sign(void **state)
{
    kube_testing_cert *plain = make((kube_testing_cert_options){ .common_name = "nobody" }, NULL);
    kube_testing_cert *cert = make((kube_testing_cert_options){ .common_name = "client" }, plain);

    (void)state;
    assert_int_equal(verify(cert, plain), X509_V_ERR_INVALID_CA);
    kube_testing_cert_free(plain);
    kube_testing_cert_free(cert);
}

static void a_certificate_has_its_alternative_names(void **state)
{
    kube_testing_cert *cert = make(
        (kube_testing_cert_options){ .common_name = "s", .alt_names = "DNS:one.example,DNS:two.example,IP:127.0.0.1" },
        NULL);
    X509 *x = parse(cert);

    (void)state;
    assert_int_equal(X509_check_host(x, "one.example", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(x, "two.example", 0, 0, NULL), 1);
    assert_int_equal(X509_check_ip_asc(x, "127.0.0.1", 0), 1);
    assert_int_equal(X509_check_host(x, "three.example", 0, 0, NULL), 0);
    X509_free(x);
    kube_testing_cert_free(cert);
}

static void a_key_belongs_to_its_certificate_or_to_none(void **state)
{
    kube_testing_cert *cert = make((kube_testing_cert_options){ .common_name = "client" }, NULL), *lone = NULL;
    X509 *x = parse(cert);
    EVP_PKEY *key = parse_key(cert), *lone_key;

    (void)state;
    assert_int_equal(kube_testing_key_new(&lone, NULL), KUBE_OK);
    lone_key = parse_key(lone);
    assert_null(kube_testing_cert_pem(lone));
    assert_int_equal(X509_check_private_key(x, key), 1);
    assert_int_equal(X509_check_private_key(x, lone_key), 0);
    EVP_PKEY_free(key);
    EVP_PKEY_free(lone_key);
    X509_free(x);
    kube_testing_cert_free(cert);
    kube_testing_cert_free(lone);
}

static void expect_refusal(kube_testing_cert_options options, const kube_testing_cert *issuer, const char *part)
{
    kube_testing_cert *cert = NULL;
    kube_error *err = NULL;

    assert_int_equal(kube_testing_cert_new(&options, issuer, &cert, &err), KUBE_ERR_INVALID_ARG);
    assert_null(cert);
    if (strstr(kube_error_message(err), part) == NULL)
        fail_msg("%s", kube_error_message(err));
    kube_error_free(err);
}

static void what_cannot_be_made_is_refused(void **state)
{
    kube_testing_cert_options ok = KUBE_TESTING_CERT_OPTIONS_INIT, bad;
    kube_testing_cert *key = NULL;

    (void)state;
    ok.common_name = "x";
    assert_int_equal(kube_testing_key_new(NULL, NULL), KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_testing_cert_new(&ok, NULL, NULL, NULL), KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_testing_key_new(&key, NULL), KUBE_OK);
    expect_refusal(ok, key, "issuer");
    bad = ok;
    bad.alt_names = "no names at all";
    expect_refusal(bad, NULL, "\"no names at all\"");
    bad = ok;
    bad.common_name = NULL;
    expect_refusal(bad, NULL, "common name");
    expect_refusal((kube_testing_cert_options){ .common_name = "x" }, NULL, "INIT");
    kube_testing_cert_free(key);
    kube_testing_cert_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(a_certificate_is_from_its_authority_and_from_no_other),
        ALLOC_TRACE_TEST(an_expired_certificate_is_over),
        ALLOC_TRACE_TEST(who_is_no_authority_cannot_sign),
        ALLOC_TRACE_TEST(a_certificate_has_its_alternative_names),
        ALLOC_TRACE_TEST(a_key_belongs_to_its_certificate_or_to_none),
        ALLOC_TRACE_TEST(what_cannot_be_made_is_refused),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
