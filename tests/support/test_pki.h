/* Certificates for tests, made in memory by OpenSSL: authorities, and what they sign. */
#ifndef TEST_PKI_H
#define TEST_PKI_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>

typedef struct test_cert {
    EVP_PKEY *key;
    X509     *cert;
    char     *cert_pem, *key_pem; /* NUL-terminated */
} test_cert;

typedef struct test_cert_options {
    const char *common_name;
    const char *san;       /* as in openssl.cnf: "DNS:localhost,IP:127.0.0.1"; NULL: none */
    bool        authority;
    bool        expired;
} test_cert_options;

/* Signed by `issuer`, or by itself when that is NULL. Ends the process when OpenSSL fails. */
void test_cert_make(test_cert *out, const test_cert_options *options, const test_cert *issuer);
void test_cert_clear(test_cert *cert);

#endif
