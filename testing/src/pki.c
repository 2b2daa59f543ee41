#include "pki.h"

#include "shared/alloc.h"
#include "shared/options.h"

#include <kube/base/str.h>
#include <kube/sys/error.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

/* OpenSSL's reasons stay out of the message: none of them says more than which step it was. */
static kube_status refused(const char *what, kube_error **err)
{
    ERR_clear_error();
    return kube_error_set(err, KUBE_ERR_TLS, "making a test certificate: OpenSSL failed at %s", what);
}

/* The certificate, or the key where that is NULL. */
static kube_status to_pem(X509 *cert, EVP_PKEY *key, char **out, kube_error **err)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    long len = 0;
    kube_status st = KUBE_OK;

    if (bio == NULL || (cert != NULL ? PEM_write_bio_X509(bio, cert)
                                     : PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)) != 1)
        st = refused("writing PEM", err);
    if (st == KUBE_OK) {
        len = BIO_get_mem_data(bio, &data);
        *out = kube__strndup(kube_str_n(data, (size_t)len));
        if (*out == NULL)
            st = kube_error_no_memory(err);
    }
    BIO_free(bio);
    return st;
}

static bool add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *extension;
    bool ok;

    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    ok = extension != NULL && X509_add_ext(cert, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return ok;
}

/* Random, because two authorities of one name and serial number are one to a client that keeps certificates. */
static bool set_serial(X509 *cert)
{
    uint64_t serial = 0;

    return RAND_bytes((unsigned char *)&serial, sizeof serial) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), serial >> 1) == 1;
}

static kube_status sign(kube_testing_cert *c, const kube_testing_cert_options *opts, const kube_testing_cert *issuer,
                        kube_error **err)
{
    X509 *authority = issuer != NULL ? issuer->cert : c->cert;
    X509_NAME *name = X509_get_subject_name(c->cert);

    if (X509_set_version(c->cert, 2) != 1 || !set_serial(c->cert) ||
        X509_gmtime_adj(X509_getm_notBefore(c->cert), -2L * 60 * 60) == NULL ||
        X509_gmtime_adj(X509_getm_notAfter(c->cert), opts->expired ? -60L * 60 : 24L * 60 * 60) == NULL ||
        X509_set_pubkey(c->cert, c->key) != 1 ||
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)opts->common_name, -1, -1, 0) != 1)
        return refused("filling it in", err);
    if (X509_set_issuer_name(c->cert, X509_get_subject_name(authority)) != 1 ||
        !add_extension(c->cert, authority, NID_basic_constraints, opts->authority ? "critical,CA:TRUE" : "CA:FALSE"))
        return refused("its constraints", err);
    if (opts->alt_names != NULL && !add_extension(c->cert, authority, NID_subject_alt_name, opts->alt_names)) {
        ERR_clear_error();
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "making a test certificate: \"%s\" are no alternative names",
                              opts->alt_names);
    }
    if (X509_sign(c->cert, issuer != NULL ? issuer->key : c->key, EVP_sha256()) == 0)
        return refused("signing", err);
    return to_pem(c->cert, NULL, &c->cert_pem, err);
}

kube_status kube_testing_key_new(kube_testing_cert **out, kube_error **err)
{
    kube_testing_cert *c = NULL;
    kube_status st = KUBE_OK;

    if (out == NULL)
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "kube_testing_key_new: out is missing");
    if (KUBE__NEW(c) == NULL)
        return kube_error_no_memory(err);
    c->key = EVP_EC_gen("P-256");
    st = c->key != NULL ? to_pem(NULL, c->key, &c->key_pem, err) : refused("making a key", err);
    if (st == KUBE_OK) {
        *out = c;
        c = NULL;
    }
    kube_testing_cert_free(c);
    return st;
}

kube_status kube_testing_cert_new(const kube_testing_cert_options *opts, const kube_testing_cert *issuer,
                                  kube_testing_cert **out, kube_error **err)
{
    kube_testing_cert_options o;
    kube_testing_cert *c = NULL;
    kube_status st = kube__options_import(&o, sizeof o, opts, sizeof o, "kube_testing_cert_options", err);

    if (st == KUBE_OK && (out == NULL || o.common_name == NULL || (issuer != NULL && issuer->cert == NULL)))
        st = kube_error_set(err, KUBE_ERR_INVALID_ARG,
                            "kube_testing_cert_new: the common name, out or the issuer's certificate is missing");
    if (st == KUBE_OK)
        st = kube_testing_key_new(&c, err);
    if (st == KUBE_OK) {
        c->cert = X509_new();
        st = c->cert != NULL ? sign(c, &o, issuer, err) : refused("allocating", err);
    }
    if (st == KUBE_OK) {
        *out = c;
        c = NULL;
    }
    kube_testing_cert_free(c);
    return st;
}

void kube_testing_cert_free(kube_testing_cert *cert)
{
    if (cert == NULL)
        return;
    X509_free(cert->cert);
    EVP_PKEY_free(cert->key);
    kube__free(cert->cert_pem);
    kube__free(cert->key_pem);
    kube__free(cert);
}

const char *kube_testing_cert_pem(const kube_testing_cert *cert)
{
    return cert->cert_pem;
}

const char *kube_testing_cert_key_pem(const kube_testing_cert *cert)
{
    return cert->key_pem;
}
