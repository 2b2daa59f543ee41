#include "transport.h"

#include "pool.h"
#include "shared/alloc.h"
#include "shared/process.h"

#include <kube/sys/error.h>

#include <openssl/crypto.h>

#include <curl/curl.h>
#include <string.h>
#include <unistd.h>

void kube__curl_transport_unref(kube__curl_transport *t)
{
    if (atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1)
        return;
    kube__free(t->url_host);
    kube__free(t->host);
    kube__free(t->authority);
    kube__free(t->connect_to);
    kube_blob_unref(t->ca_pem);
    kube_blob_unref(t->cert_pem);
    kube_blob_unref(t->key_pem);
    kube_resolver_unref(t->resolver);
    pthread_mutex_destroy(&t->lock);
    kube__free(t);
}

/* Any thread. A pool is freed by a step of its own loop, or with it. */
static void destroy(void *state)
{
    kube__curl_transport *t = state;

    if (t->process != kube__process())
        return; /* in a forked child another thread's lock may be held for ever, and the pools are the parent's */
    pthread_mutex_lock(&t->lock);
    for (kube__pool *pool = t->pools; pool != NULL; pool = pool->next)
        kube__pool_post_close(pool);
    pthread_mutex_unlock(&t->lock);
    kube__curl_transport_unref(t);
}

/* The pool for a loop, made when the loop is met for the first time. Only the loop's own thread asks for it, so it can
 * neither appear twice nor go away meanwhile; the lock is for the list. */
static kube_status pool_for(kube__curl_transport *t, kube_io *io, kube__pool **out, kube_error **err)
{
    kube__pool *pool;
    kube_status st;

    pthread_mutex_lock(&t->lock);
    for (pool = t->pools; pool != NULL && pool->io != io; pool = pool->next)
        ;
    pthread_mutex_unlock(&t->lock);
    if (pool == NULL) {
        st = kube__pool_new(t, io, &pool, err);
        if (st != KUBE_OK)
            return st;
        pthread_mutex_lock(&t->lock);
        pool->next = t->pools;
        t->pools = pool;
        pthread_mutex_unlock(&t->lock);
    }
    *out = pool;
    return KUBE_OK;
}

static kube_status send_request(void *state, kube_io *io, const kube_transport_request *request, const kube_call *call,
                        kube_transport_done *done, void *user, kube_rest_response **out, kube_error **err)
{
    kube__pool *pool = NULL;
    kube_status st = pool_for(state, io, &pool, err);

    (void)out; /* never at once */
    return st == KUBE_OK ? kube__pool_send(pool, request, call, done, user, err) : st;
}

static uint64_t count_connections(void *state)
{
    kube__curl_transport *t = state;

    return atomic_load_explicit(&t->connections, memory_order_relaxed);
}

/* libcurl's own initialisation is thread-safe and counted from 7.84 on; it stays until the process ends, because nobody
 * can tell when the last thread has stopped using it. OpenSSL comes first: where memory runs out while it makes its
 * default context it says so only to who asks, and libcurl does not; afterwards it would crash. What fails is tried
 * again by the next one. */
static CURLcode initialise(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static CURLcode code = CURLE_OUT_OF_MEMORY;
    CURLcode now;

    pthread_mutex_lock(&lock);
    if (code != CURLE_OK)
        code = OSSL_LIB_CTX_get0_global_default() != NULL ? curl_global_init(CURL_GLOBAL_DEFAULT)
                                                          : CURLE_OUT_OF_MEMORY;
    now = code;
    pthread_mutex_unlock(&lock);
    return now;
}

static kube_status check_library(kube_error **err)
{
    const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);
    CURLcode code = initialise();

    if (code == CURLE_OUT_OF_MEMORY)
        return kube_error_no_memory(err);
    if (code != CURLE_OK)
        return kube_error_set(err, KUBE_ERR_UNSUPPORTED, "libcurl cannot be used: %s", curl_easy_strerror(code));
    if (v->version_num < 0x075800 || v->ssl_version == NULL || strstr(v->ssl_version, "OpenSSL") == NULL)
        return kube_error_set(err, KUBE_ERR_UNSUPPORTED, "libcurl %s with %s: 7.88 with OpenSSL is needed", v->version,
                              v->ssl_version != NULL ? v->ssl_version : "no TLS");
    if (v->version_num == 0x080900) /* calls back for sockets that are not its own, and crashes */
        return kube_error_set(err, KUBE_ERR_UNSUPPORTED, "libcurl 8.9.0 cannot be used: its event interface is broken");
    return KUBE_OK;
}

static char *format(const char *pattern, const char *host, unsigned port)
{
    kube_buf text = KUBE_BUF_INIT(1024);
    const char *open = strchr(host, ':') != NULL ? "[" : "", *close = open[0] != '\0' ? "]" : "";
    char *copy = NULL;

    kube_buf_append_f(&text, "%s%s%s%s", pattern, open, host, close);
    if (port != 0)
        kube_buf_append_f(&text, ":%u", port);
    if (kube_buf_status(&text, NULL) == KUBE_OK)
        copy = kube__strndup(kube_buf_str(&text));
    kube_buf_clear(&text);
    return copy;
}

/* libcurl takes the name for SNI and verification from the URL. So with a TLS name of its own the URL carries that
 * name, the connection is sent to the real host, and the Host header says the real host. */
static bool copy_names(kube__curl_transport *t, const kube__transport_config *config)
{
    const kube__url *url = config->url;
    bool other_name = url->https && config->tls_server_name != NULL;

    t->host = kube__strdup(url->host);
    t->url_host = format("", other_name ? config->tls_server_name : url->host, 0);
    if (t->host == NULL || t->url_host == NULL)
        return false;
    if (!other_name)
        return true;
    t->authority = format("", url->host, url->port != 443 ? url->port : 0u);
    t->connect_to = format("::", url->host, url->port);
    return t->authority != NULL && t->connect_to != NULL;
}

kube_status kube__curl_transport_new(const kube__transport_config *config, kube_transport **out, kube_error **err)
{
    static const kube_transport_ops ops = { sizeof ops, destroy, send_request, count_connections };
    kube__curl_transport *t = NULL;
    kube_status st = check_library(err);

    if (st != KUBE_OK)
        return st;
    if (KUBE__NEW(t) == NULL)
        return kube_error_no_memory(err);
    atomic_init(&t->refs, 1);
    t->process = kube__process();
    pthread_mutex_init(&t->lock, NULL);
    t->port = config->url->port;
    t->https = config->url->https;
    t->insecure_skip_tls_verify = config->insecure_skip_tls_verify;
    t->connect_timeout_ms = config->connect_timeout_ms;
    t->max_connections = config->max_connections;
    t->ca_pem = kube_blob_ref(config->ca_pem);
    t->cert_pem = kube_blob_ref(config->cert_pem);
    t->key_pem = kube_blob_ref(config->key_pem);
    t->resolver = kube_resolver_ref(config->resolver);
    t->resolve = config->resolver != NULL && !kube__url_host_is_address(config->url->host);
    if (!copy_names(t, config)) {
        kube__curl_transport_unref(t);
        return kube_error_no_memory(err);
    }
    return kube_transport_new(&ops, t, out, err);
}
