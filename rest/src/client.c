#include "client.h"

#include "headers.h"
#include "shared/alloc.h"
#include "shared/options.h"
#include "shared/process.h"

#include <kube/base/version.h>
#include <kube/sys/error.h>
#include <kube/sys/rest.h>

#include <unistd.h>

enum { DEFAULT_TIMEOUT_MS = 60000, DEFAULT_CONNECT_TIMEOUT_MS = 30000, MAX_CONNECTIONS = 1000 };
enum { MAX_NAME_BYTES = 255, MAX_TOKEN_BYTES = 48 << 10 };
#define DEFAULT_MAX_RESPONSE_BYTES ((uint64_t)64 << 20)

#if defined(__x86_64__)
#define ARCH "amd64"
#elif defined(__aarch64__)
#define ARCH "arm64"
#elif defined(__i386__)
#define ARCH "386"
#elif defined(__arm__)
#define ARCH "arm"
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH "riscv64"
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define ARCH "ppc64le"
#elif defined(__s390x__)
#define ARCH "s390x"
#else
#define ARCH "unknown"
#endif

static kube_status config_error(kube_error **err, const char *what)
{
    return kube_error_set(err, KUBE_ERR_CONFIG, "%s", what);
}

static kube_status check(const kube_rest_client_options *o, kube_error **err)
{
    if (o->base_url == NULL || o->base_url[0] == '\0')
        return config_error(err, "the server's URL is missing");
    if (o->credential != NULL && o->bearer_token != NULL)
        return config_error(err, "a bearer token and a credential exclude each other");
    if (o->insecure_skip_tls_verify && o->ca_pem != NULL)
        return config_error(err, "certificate authorities and insecure_skip_tls_verify exclude each other");
    if (o->ca_pem != NULL && o->ca_pem_len == 0)
        return config_error(err, "the certificate authorities are empty");
    if ((o->cert_pem != NULL) != (o->key_pem != NULL))
        return config_error(err, o->cert_pem != NULL ? "a client certificate without its key"
                                                     : "a client key without its certificate");
    if (o->user_agent != NULL && !kube__header_value_is_valid(o->user_agent))
        return config_error(err, "the user agent has characters no header may have");
    if (o->bearer_token != NULL && !kube__header_value_is_valid(o->bearer_token))
        return config_error(err, "the bearer token has characters no header may have (a line feed at its end?)");
    if (o->bearer_token != NULL && strlen(o->bearer_token) > MAX_TOKEN_BYTES)
        return config_error(err, "the bearer token is longer than 49152 bytes");
    if (o->tls_server_name != NULL &&
        o->tls_server_name[strspn(o->tls_server_name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                      "0123456789-._:")] != '\0')
        return config_error(err, "the TLS server name has characters no host has");
    if (o->tls_server_name != NULL && strlen(o->tls_server_name) > MAX_NAME_BYTES)
        return config_error(err, "the TLS server name is longer than 255 bytes");
    if (o->max_connections > MAX_CONNECTIONS)
        return config_error(err, "more than 1000 connections");
    return KUBE_OK;
}

static kube_status copy_blob(const char *data, size_t len, kube_blob **out, kube_error **err)
{
    return data != NULL ? kube_blob_new(kube_str_n(data, len), out, err) : KUBE_OK;
}

static kube_status copy_texts(kube_rest_client *c, const kube_rest_client_options *o, kube_error **err)
{
    if (o->user_agent != NULL)
        c->user_agent = kube__strdup(o->user_agent);
    else
        c->user_agent = kube__strdup("libkube/" KUBE_VERSION " (linux/" ARCH ")");
    c->given_url = kube__strdup(o->base_url);
    if (c->user_agent == NULL || c->given_url == NULL)
        return kube_error_no_memory(err);
    if (o->tls_server_name != NULL && o->tls_server_name[0] != '\0') {
        c->tls_server_name = kube__strdup(o->tls_server_name);
        if (c->tls_server_name == NULL)
            return kube_error_no_memory(err);
    }
    return KUBE_OK;
}

/* An empty token is none: kubeconfigs have `token: ""`. */
static kube_status copy_token(kube_rest_client *c, const char *token, kube_error **err)
{
    kube_buf value = KUBE_BUF_INIT(sizeof "Bearer " + MAX_TOKEN_BYTES);
    kube_status st;

    if (token == NULL || token[0] == '\0')
        return KUBE_OK;
    kube_buf_append_c(&value, "Bearer ");
    kube_buf_append_c(&value, token);
    st = kube_buf_status(&value, err);
    if (st == KUBE_OK)
        st = kube_blob_new(kube_buf_str(&value), &c->authorization, err);
    kube_buf_wipe(&value);
    return st;
}

static bool wants_gzip(kube_compression compression, const char *host)
{
    switch (compression) {
    case KUBE_COMPRESSION_ALWAYS:
        return true;
    case KUBE_COMPRESSION_NEVER:
        return false;
    default:
        return !kube__url_host_is_loopback(host);
    }
}

static void copy_values(kube_rest_client *c, const kube_rest_client_options *o)
{
    c->credential = kube_credential_ref(o->credential);
    c->resolver = kube_resolver_ref(o->resolver);
    c->transport = kube_transport_ref(o->transport);
    c->clock = o->clock != NULL ? *o->clock : *kube_clock_system();
    c->logger = o->logger;
    c->max_response_bytes = o->max_response_bytes != 0 ? o->max_response_bytes : DEFAULT_MAX_RESPONSE_BYTES;
    c->timeout_ms = o->timeout_ms != 0 ? o->timeout_ms : DEFAULT_TIMEOUT_MS;
    if (c->timeout_ms < 0)
        c->timeout_ms = 0;
    c->connect_timeout_ms = o->connect_timeout_ms != 0 ? o->connect_timeout_ms : DEFAULT_CONNECT_TIMEOUT_MS;
    c->max_connections = o->max_connections;
    c->insecure_skip_tls_verify = o->insecure_skip_tls_verify;
    c->gzip = wants_gzip(o->compression, c->url.host);
}

/* Nothing in here may touch what the parent shares with a forked child: kube__blocking_free() and the transport see to
 * that for what holds descriptors; the rest is memory. */
static void release(kube_rest_client *client)
{
    kube__blocking_free(client->blocking);
    kube_transport_unref(client->transport);
    kube_credential_unref(client->credential);
    kube_resolver_unref(client->resolver);
    kube_blob_unref(client->ca_pem);
    kube_blob_unref(client->cert_pem);
    kube_blob_unref(client->key_pem);
    kube_blob_unref(client->authorization);
    kube__free(client->given_url);
    kube__free(client->user_agent);
    kube__free(client->tls_server_name);
    kube__url_clear(&client->url);
    pthread_mutex_destroy(&client->lock);
    kube__free(client);
}

kube_status kube_rest_client_new(const kube_rest_client_options *opts, kube_rest_client **out, kube_error **err)
{
    kube_rest_client_options o;
    kube_rest_client *c = NULL;
    kube_status st = kube__options_import(&o, sizeof o, opts, sizeof o, "kube_rest_client_options", err);

    if (st == KUBE_OK)
        st = check(&o, err);
    if (st != KUBE_OK)
        return st;
    if (KUBE__NEW(c) == NULL)
        return kube_error_no_memory(err);
    atomic_init(&c->refs, 1);
    c->process = kube__process();
    pthread_mutex_init(&c->lock, NULL);
    st = kube__url_parse(o.base_url, &c->url, err);
    if (st == KUBE_OK)
        st = copy_texts(c, &o, err);
    if (st == KUBE_OK)
        st = copy_token(c, o.bearer_token, err);
    if (st == KUBE_OK)
        st = copy_blob(o.ca_pem, o.ca_pem_len, &c->ca_pem, err);
    if (st == KUBE_OK)
        st = copy_blob(o.cert_pem, o.cert_pem_len, &c->cert_pem, err);
    if (st == KUBE_OK)
        st = copy_blob(o.key_pem, o.key_pem_len, &c->key_pem, err);
    if (st == KUBE_OK) {
        copy_values(c, &o);
        st = kube__blocking_new(&c->clock, &c->blocking, err);
    }
    if (st != KUBE_OK) {
        release(c);
        return st;
    }
    *out = c;
    return KUBE_OK;
}

kube_rest_client *kube_rest_client_ref(kube_rest_client *client)
{
    if (client != NULL)
        atomic_fetch_add_explicit(&client->refs, 1, memory_order_relaxed);
    return client;
}

void kube_rest_client_unref(kube_rest_client *client)
{
    if (client != NULL && atomic_fetch_sub_explicit(&client->refs, 1, memory_order_acq_rel) == 1)
        release(client);
}

const char *kube_rest_client_base_url(const kube_rest_client *client)
{
    return client->url.text;
}

const kube_clock *kube_rest_client_clock(const kube_rest_client *client)
{
    return &client->clock;
}

kube_status kube__rest_client_transport(kube_rest_client *client, kube_transport **out, kube_error **err)
{
    kube_status st = KUBE_OK;

    pthread_mutex_lock(&client->lock);
    if (client->transport == NULL) {
        kube__transport_config config = {
            .url = &client->url,
            .ca_pem = client->ca_pem,
            .cert_pem = client->cert_pem,
            .key_pem = client->key_pem,
            .tls_server_name = client->tls_server_name,
            .insecure_skip_tls_verify = client->insecure_skip_tls_verify,
            .connect_timeout_ms = client->connect_timeout_ms,
            .max_connections = client->max_connections,
            .resolver = client->resolver,
        };

        st = kube__transport_open(&config, &client->transport, err);
    }
    if (st == KUBE_OK)
        *out = client->transport;
    pthread_mutex_unlock(&client->lock);
    return st;
}

kube_status kube__rest_call_init(const kube_rest_client *client, kube_io *io, const kube_rest_request *request,
                                 const kube_call_options *opts, kube_call *out, kube_error **err)
{
    int64_t timeout_ms = request->timeout_ms != 0 ? request->timeout_ms : client->timeout_ms;

    return kube_call_init(io, opts, timeout_ms, out, err);
}

const char *kube_rest_client_given_url(const kube_rest_client *client)
{
    return client->given_url;
}

void kube_rest_client_append_identity(const kube_rest_client *client, kube_buf *out)
{
    kube_buf_append_f(out, "%s\n%s\n%s\n", client->url.text,
                      client->tls_server_name != NULL ? client->tls_server_name : "",
                      client->insecure_skip_tls_verify ? "unverified" : "verified");
    kube_buf_append(out, kube_blob_str(client->ca_pem));
}

void kube_rest_client_read_stats(kube_rest_client *client, kube_rest_client_stats *out)
{
    out->requests = atomic_load_explicit(&client->requests, memory_order_relaxed);
    out->not_modified = atomic_load_explicit(&client->not_modified, memory_order_relaxed);
    out->bytes = atomic_load_explicit(&client->bytes, memory_order_relaxed);
    out->connections = 0;
    if (client->process != kube__process()) /* a thread of the parent's may have held the lock, and is not here */
        return;
    pthread_mutex_lock(&client->lock);
    if (client->transport != NULL)
        out->connections = kube_transport_connections(client->transport);
    pthread_mutex_unlock(&client->lock);
}
