/* What the server needs of a certificate: OpenSSL's own objects. */
#ifndef KUBE_TESTING_SRC_PKI_H
#define KUBE_TESTING_SRC_PKI_H

#include <kube/testing/pki.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

struct kube_testing_cert {
    EVP_PKEY *key;
    X509     *cert;
    char     *cert_pem, *key_pem;
};

#endif
