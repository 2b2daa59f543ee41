#include "test_pki.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void require(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "test_pki: %s failed\n", what);
    abort();
}

static char *to_pem(X509 *cert, EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data, *copy;
    long len;

    if (cert != NULL)
        require(PEM_write_bio_X509(bio, cert) == 1, "writing a certificate");
    else
        require(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1, "writing a key");
    len = BIO_get_mem_data(bio, &data);
    copy = malloc((size_t)len + 1);
    require(copy != NULL, "allocating");
    memcpy(copy, data, (size_t)len);
    copy[len] = '\0';
    BIO_free(bio);
    return copy;
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *extension;

    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    require(extension != NULL, value);
    X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
}

void test_cert_make(test_cert *out, const test_cert_options *options, const test_cert *issuer)
{
    static long serial = 1000;
    X509 *cert = X509_new();
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509_NAME *name;

    require(cert != NULL && key != NULL, "making a key");
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(cert), -7200);
    X509_gmtime_adj(X509_getm_notAfter(cert), options->expired ? -3600 : 86400);
    X509_set_pubkey(cert, key);
    name = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)options->common_name, -1, -1, 0);
    X509_set_issuer_name(cert, issuer != NULL ? X509_get_subject_name(issuer->cert) : name);
    add_extension(cert, issuer != NULL ? issuer->cert : cert, NID_basic_constraints,
                  options->authority ? "critical,CA:TRUE" : "CA:FALSE");
    if (options->san != NULL)
        add_extension(cert, issuer != NULL ? issuer->cert : cert, NID_subject_alt_name, options->san);
    require(X509_sign(cert, issuer != NULL ? issuer->key : key, EVP_sha256()) != 0, "signing");
    out->cert = cert;
    out->key = key;
    out->cert_pem = to_pem(cert, NULL);
    out->key_pem = to_pem(NULL, key);
}

void test_cert_clear(test_cert *cert)
{
    X509_free(cert->cert);
    EVP_PKEY_free(cert->key);
    free(cert->cert_pem);
    free(cert->key_pem);
    memset(cert, 0, sizeof *cert);
}
