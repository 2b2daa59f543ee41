/* Names through a plugged-in resolver. One resolution serves every transfer that waits; its answer holds for a minute.
 * After that it still serves while another is looked for: a connection that stands needs none. */
#include "pool.h"

#include <kube/sys/error.h>

#include "../plugins.h"

#include "transfer.h"

#include <arpa/inet.h>
#include <string.h>

#define ADDRESSES_LIVE_NS ((int64_t)60 * 1000000000)
#define RETRY_AFTER_NS ((int64_t)5 * 1000000000)

/* A resolver that fails while a connection may still stand is asked again soon, and the old addresses serve
 * meanwhile. So do those at which nobody was, unless everybody has given up who waited for others. */
static bool keep_old_addresses(kube__pool *pool, kube_status st)
{
    if (pool->addresses == NULL || (pool->doubted && st == KUBE_ERR_CANCELLED))
        return false;
    pool->doubted = false;
    pool->addresses_until_ns = kube_io_now_ns(pool->io) + RETRY_AFTER_NS;
    return true;
}

/* The first of a list with commas between them; the list goes on behind it. False: it was the last. */
static bool take_address(kube_str *list, kube_str *first)
{
    const char *comma = memchr(list->data, ',', list->len);
    size_t n = comma != NULL ? (size_t)(comma - list->data) : list->len;

    *first = kube_str_n(list->data, n);
    n += comma != NULL ? 1 : 0;
    *list = kube_str_n(list->data + n, list->len - n);
    return comma != NULL;
}

static bool is_address(kube_str text)
{
    char terminated[INET6_ADDRSTRLEN];
    struct in6_addr address;

    if (text.len >= sizeof terminated)
        return false;
    memcpy(terminated, text.data, text.len);
    terminated[text.len] = '\0';
    return inet_pton(AF_INET, terminated, &address) == 1 || inet_pton(AF_INET6, terminated, &address) == 1;
}

/* libcurl would look up by itself what it cannot read. */
static kube_status check_addresses(kube_str list, kube_error **err)
{
    bool more = true;

    if (list.len == 0)
        return kube_error_set(err, KUBE_ERR_UNAVAILABLE, "the resolver gave no address");
    if (memchr(list.data, '\0', list.len) != NULL)
        return kube_error_set(err, KUBE_ERR_UNAVAILABLE, "what the resolver gave has a NUL byte in it");
    while (more) {
        kube_str one;

        more = take_address(&list, &one);
        if (!is_address(one))
            return kube_error_set(err, KUBE_ERR_UNAVAILABLE, "\"%.*s\", which the resolver gave, is not an IP address",
                                  (int)(one.len < 100 ? one.len : 100), one.data);
    }
    return KUBE_OK;
}

/* The status it returns is KUBE_OK when there are addresses to use. */
static kube_status finish(kube__pool *pool, kube_status st, kube_blob *addresses, kube_error *err)
{
    bool abandoned = pool->abandoned;

    kube_cancel_unref(pool->resolving);
    pool->resolving = NULL;
    pool->abandoned = false;
    if (st == KUBE_OK)
        st = check_addresses(kube_blob_str(addresses), &err);
    if (st == KUBE_OK) {
        kube_blob_unref(pool->addresses);
        pool->addresses = addresses;
        pool->doubted = false;
        pool->addresses_until_ns = kube_io_now_ns(pool->io) + ADDRESSES_LIVE_NS;
        return st;
    }
    kube_blob_unref(addresses);
    if (keep_old_addresses(pool, st)) {
        kube_error_free(err);
        return KUBE_OK;
    }
    if (abandoned && st == KUBE_ERR_CANCELLED) {
        kube_error_free(err); /* those who wait now came after it was given up: they ask anew */
        return st;
    }
    kube_error_wrap(&err, st, "resolving %s", pool->transport->host);
    kube__pool_fail_queue(pool, st, err);
    return st;
}

static void on_resolved(void *user, kube_status st, kube_blob *addresses, kube_error *err)
{
    kube__pool *pool = user;

    (void)finish(pool, st, addresses, err);
    if (pool->closing)
        kube__pool_close(pool);
    else
        kube__pool_pump(pool);
}

bool kube__pool_waits_for_addresses(const kube__pool *pool)
{
    return pool->resolving != NULL && (pool->addresses == NULL || pool->doubted);
}

bool kube__pool_resolved(kube__pool *pool)
{
    kube__curl_transport *t = pool->transport;
    kube_call call = { 0, NULL };
    kube_blob *addresses = NULL;
    kube_error *err = NULL;
    kube_status st;

    if (!t->resolve || (pool->addresses != NULL && kube_io_now_ns(pool->io) < pool->addresses_until_ns))
        return true;
    if (pool->resolving != NULL)
        return !kube__pool_waits_for_addresses(pool);
    st = kube_cancel_new(NULL, &pool->resolving, &err);
    if (st == KUBE_OK) {
        call.cancel = pool->resolving;
        call.deadline_ns = kube_io_now_ns(pool->io) + (int64_t)t->connect_timeout_ms * 1000000;
        st = kube__resolver_resolve(t->resolver, pool->io, t->host, &call, on_resolved, pool, &addresses, &err);
        if (st == KUBE_PENDING)
            return !kube__pool_waits_for_addresses(pool);
    }
    return finish(pool, st, addresses, err) == KUBE_OK;
}

/* The old ones still serve where the resolver fails as well. */
void kube__pool_doubt_addresses(kube__pool *pool)
{
    pool->doubted = true;
    pool->addresses_until_ns = INT64_MIN;
}

/* Nobody waits any more. The resolver reports at once, because it was cancelled; the pool must live until then. */
void kube__pool_stop_resolving(kube__pool *pool)
{
    pool->abandoned = pool->resolving != NULL;
    kube_cancel_fire(pool->resolving);
}

kube_status kube__pool_resolve_list(const kube__pool *pool, struct curl_slist **out, kube_error **err)
{
    const kube__curl_transport *t = pool->transport;
    kube_buf line = KUBE_BUF_INIT(65536);
    kube_str addresses = kube_blob_str(pool->addresses);
    bool more = true;
    kube_status st;

    if (!t->resolve)
        return KUBE_OK;
    kube_buf_append_f(&line, "%s:%u:", t->host, (unsigned)t->port);
    while (more) { /* libcurl wants IPv6 addresses in brackets */
        kube_str one;
        bool v6;

        more = take_address(&addresses, &one);
        v6 = memchr(one.data, ':', one.len) != NULL;
        kube_buf_append_c(&line, v6 ? "[" : "");
        kube_buf_append(&line, one);
        kube_buf_append_c(&line, v6 ? "]" : "");
        kube_buf_append_c(&line, more ? "," : "");
    }
    st = kube_buf_status(&line, err);
    if (st != KUBE_OK)
        kube_error_wrap(err, st, "the addresses of %s", t->host);
    else if ((*out = curl_slist_append(NULL, line.data)) == NULL)
        st = kube_error_no_memory(err);
    kube_buf_clear(&line);
    return st;
}
