/**
 * @file
 * @brief Certificates for tests, made in memory: authorities, and what they sign.
 * @ingroup testing
 *
 * @defgroup testing testing: an API server inside a test
 * @brief Certificates, an HTTP server that can misbehave, and an API server that answers from a recording.
 * @{
 */
#ifndef KUBE_TESTING_PKI_H
#define KUBE_TESTING_PKI_H

#include <kube/base/error.h>
#include <kube/base/export.h>
#include <kube/base/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

KUBE_BEGIN_DECLS

/**
 * @brief A key and its certificate. The keys are real, the names are whatever one likes: for tests only.
 * @threadsafety Immutable: share freely, free once.
 * @since 0.1
 */
typedef struct kube_testing_cert kube_testing_cert;

/** @brief Options of kube_testing_cert_new(). Zeroed members mean the defaults. @since 0.1 */
typedef struct kube_testing_cert_options {
    size_t      struct_size; /**< Set by KUBE_TESTING_CERT_OPTIONS_INIT.                                       */
    const char *common_name; /**< Required.                                                                    */
    const char *alt_names;   /**< As in openssl.cnf: "DNS:localhost,IP:127.0.0.1". NULL: none.                 */
    bool        authority;   /**< It may sign others.                                                          */
    bool        expired;     /**< It was valid until an hour ago; otherwise from two hours ago until tomorrow. */
    uint8_t     reserved[6]; /**< Zero.                                                                        */
} kube_testing_cert_options;

#ifdef __cplusplus
static inline kube_testing_cert_options kube_testing_cert_options_make(void)
{
    kube_testing_cert_options o = kube_testing_cert_options();
    o.struct_size = sizeof o;
    return o;
}
/** Initialises a kube_testing_cert_options. */
#define KUBE_TESTING_CERT_OPTIONS_INIT kube_testing_cert_options_make()
#else
/** Initialises a kube_testing_cert_options. */
#define KUBE_TESTING_CERT_OPTIONS_INIT { .struct_size = sizeof(kube_testing_cert_options) }
#endif

/**
 * @brief Makes a key and a certificate for it.
 * @param[in]  opts   Its names and its faults.
 * @param[in]  issuer Who signs: a certificate made with `authority`. NULL: it signs itself.
 * @param[out] out    Receives it.
 * @param[out] err    Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK                Made.
 * @retval KUBE_ERR_INVALID_ARG   There is no common name, the alternative names cannot be read, @p issuer has no
 *                                certificate, or the options were not initialised.
 * @retval KUBE_ERR_TLS           OpenSSL could not make it.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @ownership    `*out` is the caller's; free with kube_testing_cert_free(). It does not need @p issuer any more.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_testing_cert_new(const kube_testing_cert_options *opts, const kube_testing_cert *issuer,
                                           kube_testing_cert **out, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Makes a key that no certificate belongs to.
 * @param[out] out Receives it; it has no certificate.
 * @param[out] err Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK                Made.
 * @retval KUBE_ERR_TLS           OpenSSL could not make it.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @ownership    `*out` is the caller's; free with kube_testing_cert_free().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_testing_key_new(kube_testing_cert **out, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Frees a key and its certificate.
 * @param[in] cert NULL is accepted.
 * @threadsafety Any thread; once. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_testing_cert_free(kube_testing_cert *cert);

/**
 * @brief The certificate as PEM.
 * @param[in] cert The certificate.
 * @return NUL-terminated; NULL when it is only a key.
 * @ownership    Lives as long as @p cert.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_testing_cert_pem(const kube_testing_cert *cert);

/**
 * @brief The private key as PEM, not encrypted.
 * @param[in] cert The certificate or key.
 * @return NUL-terminated.
 * @ownership    Lives as long as @p cert.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_testing_cert_key_pem(const kube_testing_cert *cert);

KUBE_END_DECLS

/** @} */
#endif
