#include <kube/rest/response.h>

#include "shared/alloc.h"

#include <kube/sys/error.h>
#include <kube/sys/transport.h>

#include <stdatomic.h>
#include <strings.h>

enum { HEADERS_MAX_BYTES = 1 << 20 };

struct kube_rest_response {
    atomic_uint refs;
    int         http_status;
    kube_buf    headers; /* name NUL value NUL, again and again */
    kube_buf    body;
};

static kube_str trimmed(const char *value)
{
    kube_str s = kube_str_c(value);

    while (s.len > 0 && (s.data[0] == ' ' || s.data[0] == '\t')) {
        s.data++;
        s.len--;
    }
    while (s.len > 0 && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
        s.len--;
    return s;
}

kube_status kube_rest_response_new(int http_status, const kube_rest_param *headers, size_t header_count, kube_buf *body,
                                   kube_rest_response **out, kube_error **err)
{
    kube_rest_response *response = NULL;
    kube_status st = body != NULL ? kube_buf_status(body, err) : KUBE_OK;

    if (st != KUBE_OK)
        return st;
    if (KUBE__NEW(response) == NULL)
        return kube_error_no_memory(err);
    atomic_init(&response->refs, 1);
    response->http_status = http_status;
    kube_buf_init(&response->headers, HEADERS_MAX_BYTES);
    kube_buf_init(&response->body, 0);
    for (size_t i = 0; i < header_count; i++) {
        kube_buf_append(&response->headers, trimmed(headers[i].name));
        kube_buf_append_char(&response->headers, '\0');
        kube_buf_append(&response->headers, trimmed(headers[i].value));
        kube_buf_append_char(&response->headers, '\0');
    }
    st = kube_buf_status(&response->headers, err);
    if (st != KUBE_OK) {
        kube_rest_response_unref(response);
        return st;
    }
    if (body != NULL) {
        response->body = *body;
        kube_buf_init(body, body->max_bytes);
    }
    *out = response;
    return KUBE_OK;
}

kube_rest_response *kube_rest_response_ref(kube_rest_response *response)
{
    if (response != NULL)
        atomic_fetch_add_explicit(&response->refs, 1, memory_order_relaxed);
    return response;
}

void kube_rest_response_unref(kube_rest_response *response)
{
    if (response == NULL || atomic_fetch_sub_explicit(&response->refs, 1, memory_order_acq_rel) != 1)
        return;
    kube_buf_clear(&response->headers);
    kube_buf_clear(&response->body);
    kube__free(response);
}

int kube_rest_response_http_status(const kube_rest_response *response)
{
    return response->http_status;
}

kube_str kube_rest_response_body(const kube_rest_response *response)
{
    return response->body.data != NULL ? kube_buf_str(&response->body) : kube_str_n("", 0);
}

const char *kube_rest_response_header(const kube_rest_response *response, const char *name)
{
    const char *p = response->headers.data, *end = p != NULL ? p + response->headers.len : NULL;

    while (p != NULL && p < end) {
        const char *value = p + strlen(p) + 1;

        if (strcasecmp(p, name) == 0)
            return value;
        p = value + strlen(value) + 1;
    }
    return NULL;
}
