/* What a server sends in place of a good answer: its headers, line by line as the transport hands them on, then a body.
 * The first two bytes are the HTTP status. */
#include "curl/response_headers.h"
#include "http_error.h"
#include "media_type.h"

#include <kube/sys/error.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each line in memory of exactly its size, so that a read past its end is seen. Returns how much was headers. */
static size_t take_lines(kube__response_headers *h, const char *text, size_t len)
{
    size_t at = 0;
    bool more = true;

    while (more && at < len) {
        const char *feed = memchr(text + at, '\n', len - at);
        size_t n = feed != NULL ? (size_t)(feed - text) - at + 1 : len - at;
        char *line = malloc(n);

        if (line == NULL)
            abort();
        memcpy(line, text + at, n);
        more = kube__response_headers_take(h, line, n) && !(n == 1 || (n == 2 && line[0] == '\r'));
        free(line);
        at += n;
    }
    return at;
}

static bool is_there(const kube_rest_response *response, const char *name)
{
    return kube_rest_response_header(response, name) != NULL;
}

static bool says_how_it_was_sent(const char *name)
{
    return strcasecmp(name, "Content-Encoding") == 0 || strcasecmp(name, "Content-Length") == 0;
}

static void check_headers(const kube__response_headers *h, const kube_rest_response *response)
{
    const char *p = h->text.data;

    for (size_t i = 0; i < h->count; i++) {
        const char *value = p + strlen(p) + 1;
        size_t blanks = strspn(p, " \t"), end = strlen(p);

        while (end > blanks && (p[end - 1] == ' ' || p[end - 1] == '\t'))
            end--;
        {
            char *name = strndup(p + blanks, end - blanks);

            if (name == NULL || (!is_there(response, name) && !(h->decoded && says_how_it_was_sent(name))))
                abort();
            free(name);
        }
        p = value + strlen(value) + 1;
    }
    if (p != NULL && p != h->text.data + h->text.len)
        abort();
}

static void check_error(const kube_rest_response *response)
{
    kube_error *err = NULL;
    kube_status st = kube__http_error(response, &err);
    bool aggregated = false;

    if (st == KUBE_OK || err == NULL || kube_error_status(err) != st || kube_error_message(err)[0] == '\0')
        abort();
    if (kube_error_retry_after_ms(err) < -1 || kube_error_retry_after_ms(err) > 86400000)
        abort();
    kube_error_free(err);
    err = NULL;
    st = kube__judge_answer(kube_rest_response_header(response, "content-type"), kube_rest_response_body(response), 200,
                            &aggregated, &err);
    if ((st == KUBE_OK) != (err == NULL))
        abort();
    kube_error_free(err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kube_buf body = KUBE_BUF_INIT(1 << 20);
    kube__response_headers h;
    kube_rest_response *response = NULL;
    size_t headers;
    int code;

    if (size < 2)
        return 0;
    code = data[0] * 4 + data[1] % 4;
    kube__response_headers_init(&h);
    headers = take_lines(&h, (const char *)data + 2, size - 2);
    if (data[1] >= 128)
        kube__response_headers_decoded(&h);
    kube_buf_append(&body, kube_str_n((const char *)data + 2 + headers, size - 2 - headers));
    if (!h.too_big && kube__response_headers_build(&h, code, &body, &response, NULL) == KUBE_OK) {
        check_headers(&h, response);
        if (h.decoded && is_there(response, "content-encoding"))
            abort();
        check_error(response);
    }
    kube_rest_response_unref(response);
    kube__response_headers_clear(&h);
    kube_buf_clear(&body);
    return 0;
}
