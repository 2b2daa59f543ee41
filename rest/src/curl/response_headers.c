#include "response_headers.h"

#include "shared/alloc.h"

#include <kube/sys/error.h>
#include <kube/sys/transport.h>

#include <string.h>
#include <strings.h>

void kube__response_headers_init(kube__response_headers *h)
{
    *h = (kube__response_headers){ .count = 0 };
    kube_buf_init(&h->text, KUBE__HEADERS_MAX_BYTES);
}

void kube__response_headers_clear(kube__response_headers *h)
{
    kube_buf_clear(&h->text);
}

/* Interim answers and those of proxies come first; trailers come last and are left out. */
bool kube__response_headers_take(kube__response_headers *h, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    size_t end = len;

    h->bytes += len;
    if (h->bytes > KUBE__HEADERS_MAX_BYTES) {
        h->too_big = true;
        return false;
    }
    if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        kube_buf_reset(&h->text);
        h->count = 0;
        h->over = false;
        return true;
    }
    while (end > 0 && (line[end - 1] == '\r' || line[end - 1] == '\n'))
        end--;
    h->over = h->over || end == 0;
    if (colon == NULL || colon == line || memchr(line, '\0', len) != NULL || h->over)
        return true;
    kube_buf_append(&h->text, kube_str_n(line, (size_t)(colon - line)));
    kube_buf_append_char(&h->text, '\0');
    kube_buf_append(&h->text, kube_str_n(colon + 1, end - (size_t)(colon - line) - 1));
    kube_buf_append_char(&h->text, '\0');
    h->count++;
    return kube_buf_status(&h->text, NULL) == KUBE_OK;
}

static const char *next_of(const char *name)
{
    const char *value = name + strlen(name) + 1;

    return value + strlen(value) + 1;
}

/* As kube_rest_response_header() finds it: blanks around it do not count. */
static bool is_named(const char *text, const char *name)
{
    size_t len = strlen(name);

    text += strspn(text, " \t");
    return strncasecmp(text, name, len) == 0 && text[len + strspn(text + len, " \t")] == '\0';
}

void kube__response_headers_decoded(kube__response_headers *h)
{
    const char *p = h->text.data;

    for (size_t i = 0; i < h->count; i++, p = next_of(p))
        h->decoded = h->decoded || is_named(p, "Content-Encoding");
}

static bool is_left_out(const kube__response_headers *h, const char *name)
{
    return h->decoded && (is_named(name, "Content-Encoding") || is_named(name, "Content-Length"));
}

kube_status kube__response_headers_build(const kube__response_headers *h, int http_status, kube_buf *body,
                                         kube_rest_response **out, kube_error **err)
{
    const char *p = h->text.data;
    kube_rest_param *headers;
    size_t kept = 0;
    kube_status st;

    if (http_status < 100 || http_status > 599)
        return kube_error_set(err, KUBE_ERR_PROTOCOL, "an answer with the status %d", http_status);
    headers = kube__calloc(h->count + 1, sizeof *headers);
    if (headers == NULL)
        return kube_error_no_memory(err);
    for (size_t i = 0; i < h->count; i++, p = next_of(p)) {
        if (!is_left_out(h, p))
            headers[kept++] = (kube_rest_param){ p, p + strlen(p) + 1 };
    }
    st = kube_rest_response_new(http_status, headers, kept, body, out, err);
    kube__free(headers);
    return st;
}
