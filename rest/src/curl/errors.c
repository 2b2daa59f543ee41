#include "transfer.h"

#include <kube/sys/error.h>

#include <openssl/x509_vfy.h>

#include <string.h>

static kube_status meaning(CURLcode code)
{
    switch (code) {
    case CURLE_OUT_OF_MEMORY:
        return KUBE_ERR_OUT_OF_MEMORY;
    case CURLE_UNSUPPORTED_PROTOCOL: /* also: an answer in HTTP/0.9 */
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_URL_MALFORMAT:
        return KUBE_ERR_PROTOCOL;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_SHUTDOWN_FAILED:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return KUBE_ERR_TLS;
    default: /* 100 is CURLE_TOO_LARGE, which headers before 8.6 do not name */
        return (int)code == 100 ? KUBE_ERR_LIMIT : KUBE_ERR_UNAVAILABLE;
    }
}

/* libcurl keeps the first words it finds for a request. Where a connection ended and the request was repeated on
 * another, which cannot be made, they are those of the first. */
static bool has_words(const kube__transfer *t, CURLcode code)
{
    return t->error_text[0] != '\0' && (t->attempts == 0 || !kube__curl_error_is_no_connection(code));
}

/* With TLS 1.3 a server refuses a client certificate after the handshake: all there is to see is an alert. */
static bool is_tls_alert(const kube__transfer *t, CURLcode code)
{
    return (code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR) && strstr(t->error_text, "alert") != NULL;
}

/* An end or a reset in the middle of a handshake, as a load balancer in front of a server that starts makes it, has
 * libcurl's code for every handshake that fails. OpenSSL's words for an end tell it, and libcurl's for a socket that
 * fails and for having none from OpenSSL. */
static bool is_lost_handshake(const kube__transfer *t, CURLcode code)
{
    static const char *const signs[] = { "unexpected eof", "SSL_connect: ", "Recv failure: ", "Send failure: " };
    bool lost = false;

    if (code != CURLE_SSL_CONNECT_ERROR)
        return false;
    if (t->attempts > 0) /* the server has just made one, so that it rather went than changed */
        return true;
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        lost = lost || strstr(t->error_text, signs[i]) != NULL;
    return lost;
}

static const char *words(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return "the name of the server is unknown";
    case CURLE_COULDNT_CONNECT:
        return "no connection";
    case CURLE_OPERATION_TIMEDOUT:
        return "no connection within the time that was set";
    case CURLE_ABORTED_BY_CALLBACK:
        return "the connection was lost again and again";
    case CURLE_PARTIAL_FILE:
        return "the connection was lost before the answer was complete";
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return "the connection was lost";
    default:
        return meaning(code) == KUBE_ERR_TLS ? "TLS" : "the exchange failed";
    }
}

/* libcurl says "unable to get local issuer certificate" and the like; a person wants to hear what to look at. */
static const char *verification_hint(long verify)
{
    switch (verify) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return " (the server's certificate is not from the certificate authority that is trusted)";
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return " (the server's certificate has expired)";
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return " (the server's certificate is not valid yet)";
    default:
        return " (the server's certificate does not fit)";
    }
}

/* A signature that does not fit its key, of which OpenSSL only says where it was computed: the authority that signed
 * has the name of the one that is trusted, as after it was made anew. */
static bool is_bad_signature(const kube__transfer *t, CURLcode code)
{
    return code == CURLE_SSL_CONNECT_ERROR && has_words(t, code) &&
           (strstr(t->error_text, "asn1 encoding routines") != NULL || strstr(t->error_text, "rsa routines") != NULL);
}

static const char *hint(const kube__transfer *t, CURLcode code)
{
    long verify = X509_V_OK;

    if (code == CURLE_SSL_CERTPROBLEM)
        return " (the client certificate and its key)";
    if (is_bad_signature(t, code))
        return " (the server's certificate is not from the certificate authority that is trusted, but from one of that "
               "name)";
    if (code != CURLE_PEER_FAILED_VERIFICATION)
        return "";
    curl_easy_getinfo(t->easy, CURLINFO_SSL_VERIFYRESULT, &verify);
    return verification_hint(verify);
}

kube_status kube__curl_error(const kube__transfer *t, CURLcode code, kube_error **err)
{
    kube_status st = meaning(code);
    const char *what = words(code);
    const char *detail = has_words(t, code) ? t->error_text : curl_easy_strerror(code);

    if (is_tls_alert(t, code)) {
        st = KUBE_ERR_TLS;
        what = "TLS: the server refused";
    } else if (is_lost_handshake(t, code)) {
        st = KUBE_ERR_UNAVAILABLE;
        what = "the connection was lost in the TLS handshake";
    }
    if (st == KUBE_ERR_OUT_OF_MEMORY)
        return kube_error_no_memory(err);
    return kube_error_set(err, st, "%s: %s%s", what, detail, hint(t, code));
}

bool kube__curl_error_is_no_connection(CURLcode code)
{
    return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT ||
           meaning(code) == KUBE_ERR_TLS;
}

bool kube__curl_error_is_lost_connection(CURLcode code)
{
    switch (code) {
    case CURLE_HTTP2:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2_STREAM:
        return true;
    default:
        return false;
    }
}
