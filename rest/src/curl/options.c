/* What a handle is told, and the callbacks by which libcurl hands over an answer. */
#include "transfer.h"

#include <kube/sys/error.h>

#include <openssl/ssl.h>

#include <string.h>

enum { MAX_HEAD_BYTES = 60000 };

/* A connection that was idle for longer is not used again: API servers close theirs after 90 s. */
enum { MAX_IDLE_S = 70, BODY_RESERVE_MAX_BYTES = 1 << 20, FIRST_ROOM_BYTES = 256 << 10, FULL_FRAME_BYTES = 8 << 10 };

static bool negotiated_http2(CURL *easy)
{
    struct curl_tlssessioninfo *tls = NULL;
    const unsigned char *protocol = NULL;
    unsigned len = 0;

    curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &tls);
    if (tls == NULL || tls->backend != CURLSSLBACKEND_OPENSSL || tls->internals == NULL)
        return false;
    SSL_get0_alpn_selected(tls->internals, &protocol, &len);
    return len == 2 && memcmp(protocol, "h2", 2) == 0;
}

/* How many connections the transfer has opened, its repetitions included. */
static long opened_connections(CURL *easy)
{
    long connects = 0;

    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
    return connects;
}

/* Called when a connection is there and before the request is sent; again each time libcurl repeats it by itself, which
 * it does when a connection that was used before turns out to be dead. That is harmless for GET, but not without
 * end. */
static int on_before_request(void *user, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    kube__transfer *t = user;
    long opened = opened_connections(t->easy);

    (void)remote_ip;
    (void)local_ip;
    (void)remote_port;
    if (opened > t->opened)
        atomic_fetch_add_explicit(&t->pool->transport->connections, (unsigned long)(opened - t->opened),
                                  memory_order_relaxed);
    t->opened = opened;
    if (++t->attempts > KUBE__MAX_ATTEMPTS)
        return CURL_PREREQFUNC_ABORT;
    t->local_port = local_port;
    t->sent_ns = kube_io_now_ns(t->pool->io);
    if (t->opener) {
        t->opener = false;
        kube__gate_connected(&t->pool->gate, negotiated_http2(t->easy));
    } else if (t->pool->gate.protocol == KUBE__GATE_HTTP2 && opened > 0) {
        /* There was room, and libcurl did not use it: the server has said that it takes no more on what stood, or what
         * stood is gone. */
        kube__gate_lost(&t->pool->gate);
        kube__gate_connected(&t->pool->gate, negotiated_http2(t->easy));
    }
    return CURL_PREREQFUNC_OK;
}

static void reserve_body(kube__transfer *t)
{
    curl_off_t announced = -1;

    curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
    if (announced <= 0)
        return;
    if (announced > BODY_RESERVE_MAX_BYTES) /* the rest when it has really come */
        announced = BODY_RESERVE_MAX_BYTES;
    if ((uint64_t)announced <= t->request->max_response_bytes)
        kube_buf_reserve(&t->body, (size_t)announced);
}

/* Over HTTP/2 large answers come unannounced, and a buffer that grows is copied and wiped each time. One that begins
 * with a full frame is taken for large; one that is large already grows as any buffer does. */
static void make_room(kube__transfer *t, size_t len)
{
    kube_buf *body = &t->body;
    size_t room = body->capacity != 0 ? body->capacity * 3 : FIRST_ROOM_BYTES;

    if (body->len + len < body->capacity || (body->capacity == 0 && len < FULL_FRAME_BYTES) ||
        body->capacity > BODY_RESERVE_MAX_BYTES)
        return;
    if (room > body->max_bytes - body->len)
        room = body->max_bytes - body->len;
    if (room > len)
        kube_buf_reserve(body, room);
}

/* Returning less than was offered makes libcurl end the transfer; kube__transfer_result() finds out why. */
static size_t on_body(char *data, size_t one, size_t len, void *user)
{
    kube__transfer *t = user;

    (void)one;
    kube__pool_heard(t->pool, t->local_port);
    if (t->body.data == NULL)
        reserve_body(t);
    make_room(t, len);
    kube_buf_append(&t->body, kube_str_n(data, len));
    return kube_buf_status(&t->body, NULL) == KUBE_OK ? len : 0;
}

static size_t on_header(char *data, size_t one, size_t len, void *user)
{
    kube__transfer *t = user;

    (void)one;
    kube__pool_heard(t->pool, t->local_port);
    return kube__response_headers_take(&t->headers_received, data, len) ? len : 0;
}

static kube_status append(struct curl_slist **list, const char *text, kube_error **err)
{
    struct curl_slist *grown = curl_slist_append(*list, text);

    if (grown == NULL)
        return kube_error_no_memory(err);
    *list = grown;
    return KUBE_OK;
}

static kube_status append_header(kube__transfer *t, const char *name, const char *value, kube_error **err)
{
    kube_buf line = KUBE_BUF_INIT(MAX_HEAD_BYTES);
    kube_status st;

    kube_buf_append_c(&line, name);
    kube_buf_append_c(&line, value[0] != '\0' ? ": " : ";"); /* libcurl's way to say "empty", not "leave out" */
    kube_buf_append_c(&line, value);
    st = kube_buf_status(&line, err);
    if (st != KUBE_OK)
        kube_error_wrap(err, st, "the header %s", name);
    else
        st = append(&t->headers, line.data, err);
    kube_buf_wipe(&line);
    return st;
}

/* What is longer HTTP/2 does not carry, and libcurl would lose one connection after the other over it. */
static kube_status check_head(const kube__transfer *t, kube_error **err)
{
    size_t bytes = strlen(t->request->target);

    for (const struct curl_slist *header = t->headers; header != NULL; header = header->next)
        bytes += strlen(header->data);
    if (bytes <= MAX_HEAD_BYTES)
        return KUBE_OK;
    return kube_error_set(err, KUBE_ERR_LIMIT, "the request's target and headers: more than %d bytes", MAX_HEAD_BYTES);
}

static kube_status build_lists(kube__transfer *t, kube_error **err)
{
    const kube__curl_transport *transport = t->pool->transport;
    kube_status st = KUBE_OK;

    for (size_t i = 0; st == KUBE_OK && i < t->request->header_count; i++)
        st = append_header(t, t->request->headers[i].name, t->request->headers[i].value, err);
    if (st == KUBE_OK && transport->authority != NULL)
        st = append_header(t, "Host", transport->authority, err);
    if (st == KUBE_OK)
        st = check_head(t, err);
    if (st == KUBE_OK && transport->connect_to != NULL)
        st = append(&t->connect_to, transport->connect_to, err);
    if (st == KUBE_OK)
        st = kube__pool_resolve_list(t->pool, &t->resolve, err);
    kube_buf_append_f(&t->url, "%s://%s:%u%s", transport->https ? "https" : "http", transport->url_host,
                      (unsigned)transport->port, t->request->target);
    return st == KUBE_OK ? kube_buf_status(&t->url, err) : st;
}

static CURLcode set_blob(CURL *easy, CURLoption option, kube_blob *blob)
{
    kube_str bytes = kube_blob_str(blob);
    struct curl_blob b = { NULL, bytes.len, CURL_BLOB_NOCOPY }; /* the transport outlives it */

    memcpy(&b.data, &bytes.data, sizeof b.data); /* libcurl only reads it, whatever the type says */

    return blob != NULL ? curl_easy_setopt(easy, option, &b) : CURLE_OK;
}

#define SET(option, value)                                                                                             \
    do {                                                                                                               \
        if (code == CURLE_OK)                                                                                          \
            code = curl_easy_setopt(easy, option, value);                                                              \
    } while (0)

/* Certificates and authorities always from memory: a path is a cache key of libcurl's, and new content at the same path
 * would go on as the old identity. */
static CURLcode set_tls(const kube__curl_transport *transport, CURL *easy)
{
    CURLcode code = set_blob(easy, CURLOPT_CAINFO_BLOB, transport->ca_pem);

    if (transport->ca_pem != NULL)
        SET(CURLOPT_CAPATH, "/dev/null"); /* else the system's authorities would be trusted as well */
    if (code == CURLE_OK)
        code = set_blob(easy, CURLOPT_SSLCERT_BLOB, transport->cert_pem);
    if (code == CURLE_OK)
        code = set_blob(easy, CURLOPT_SSLKEY_BLOB, transport->key_pem);
    SET(CURLOPT_KEYPASSWD, ""); /* an encrypted key without it crashes libcurl before 8.14 */
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_SESSIONID_CACHE, 0L); /* what is resumed shows no certificates */
    SET(CURLOPT_SSL_VERIFYPEER, transport->insecure_skip_tls_verify ? 0L : 1L);
    SET(CURLOPT_SSL_VERIFYHOST, transport->insecure_skip_tls_verify ? 0L : 2L);
    return code;
}

static CURLcode set_callbacks(kube__transfer *t, CURL *easy)
{
    CURLcode code = kube__pool_init_socket_options(t->pool, easy);

    SET(CURLOPT_PRIVATE, t);
    SET(CURLOPT_ERRORBUFFER, t->error_text);
    SET(CURLOPT_PREREQFUNCTION, on_before_request);
    SET(CURLOPT_PREREQDATA, t);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, t);
    return code;
}

/* Redirects and deadlines are ours; proxies are not used, whatever the environment says. QUICK_EXIT: a resolver thread
 * that hangs must not hold up the loop when its transfer is cancelled. */
static CURLcode set_http(kube__transfer *t, CURL *easy)
{
    const kube__curl_transport *transport = t->pool->transport;
    CURLcode code = curl_easy_setopt(easy, CURLOPT_URL, t->url.data);

    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROTOCOLS_STR, transport->https ? "https" : "http");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOPROXY, "");
    SET(CURLOPT_HTTPGET, 1L);
    SET(CURLOPT_HTTPHEADER, t->headers);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    SET(CURLOPT_HTTP09_ALLOWED, 0L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)transport->connect_timeout_ms);
    SET(CURLOPT_QUICK_EXIT, 1L);
    SET(CURLOPT_PIPEWAIT, 0L);
    SET(CURLOPT_MAXAGE_CONN, (long)MAX_IDLE_S);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_ACCEPT_ENCODING, t->request->accept_gzip ? "gzip" : NULL);
    if (t->connect_to != NULL)
        SET(CURLOPT_CONNECT_TO, t->connect_to);
    if (t->resolve != NULL)
        SET(CURLOPT_RESOLVE, t->resolve);
    else
        SET(CURLOPT_DNS_CACHE_TIMEOUT, 0L); /* connections are few, and a server that moved is to be found */
    return code;
}

kube_status kube__transfer_set_options(kube__transfer *t, kube_error **err)
{
    kube_status st = build_lists(t, err);
    CURLcode code;

    if (st != KUBE_OK)
        return st;
    code = set_callbacks(t, t->easy);
    if (code == CURLE_OK)
        code = set_http(t, t->easy);
    if (code == CURLE_OK && t->pool->transport->https)
        code = set_tls(t->pool->transport, t->easy);
    if (code == CURLE_OUT_OF_MEMORY)
        return kube_error_no_memory(err);
    if (code != CURLE_OK)
        return kube_error_set(err, KUBE_ERR_UNSUPPORTED, "libcurl lacks something: %s", curl_easy_strerror(code));
    return KUBE_OK;
}
