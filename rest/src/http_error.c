#include "http_error.h"

#include <kube/base/buf.h>
#include <kube/base/json.h>
#include <kube/sys/error.h>

#include <strings.h>

enum { TEXT_MAX_BYTES = 512, MESSAGE_MAX_BYTES = 3000, RETRY_AFTER_MAX_S = 86400 };

/* A Kubernetes Status object (kind "Status", apiVersion "v1"), as far as an error needs it. */
typedef struct status_object {
    kube_buf message, reason;
    bool     is_status, failure;
    int64_t  retry_after_s;
} status_object;

kube_status kube__http_status_meaning(int http_status)
{
    switch (http_status) {
    case 304:
        return KUBE_ERR_NOT_MODIFIED;
    case 401:
        return KUBE_ERR_UNAUTHORIZED;
    case 403:
        return KUBE_ERR_FORBIDDEN;
    case 404:
        return KUBE_ERR_NOT_FOUND;
    case 409:
        return KUBE_ERR_CONFLICT;
    case 410:
        return KUBE_ERR_GONE;
    case 429:
        return KUBE_ERR_TOO_MANY_REQUESTS;
    case 503:
        return KUBE_ERR_UNAVAILABLE;
    default:
        return http_status >= 400 ? KUBE_ERR_SERVER : KUBE_ERR_PROTOCOL;
    }
}

static const char *words(int http_status)
{
    switch (http_status) {
    case 304:
        return "what the caller has is still true";
    case 400:
        return "the server found the request malformed";
    case 401:
        return "the server does not accept the credentials";
    case 403:
        return "the server forbids this";
    case 404:
        return "the server could not find the requested resource";
    case 405:
        return "the server does not allow this method here";
    case 406:
        return "the server has no representation of the types that were asked for";
    case 409:
        return "the server reported a conflict";
    case 410:
        return "what was asked for is gone";
    case 422:
        return "the server rejected the request as invalid";
    case 429:
        return "the server has received too many requests";
    case 500:
        return "the server met an internal error";
    case 503:
        return "the server is unable to handle the request at the moment";
    case 504:
        return "the server gave up waiting for a part of itself";
    default:
        return "the server answered with an unexpected status";
    }
}

/* How many bytes of the document the first character of a string is, escape and both surrogates included. */
static size_t first_length(kube_str raw)
{
    size_t n = 1;

    if (raw.data[0] == '\\' && raw.data[1] != 'u')
        return 2;
    if (raw.data[0] == '\\') /* \uD800 to \uDBFF is half of a character, and the reader has seen the other half */
        return strchr("dD", raw.data[2]) != NULL && strchr("89abAB", raw.data[3]) != NULL ? 12 : 6;
    while (n < raw.len && ((unsigned char)raw.data[n] & 0xc0) == 0x80)
        n++;
    return n;
}

/* As many characters as fit. The buffer's failure says that there are more. */
static void copy_beginning(kube_buf *out, kube_str raw)
{
    kube_buf_reset(out);
    while (raw.len != 0 && kube_buf_status(out, NULL) == KUBE_OK) {
        size_t n = first_length(raw);

        kube_json_string_append((kube_json_string){ kube_str_n(raw.data, n), 1 }, out);
        raw = kube_str_n(raw.data + n, raw.len - n);
    }
}

/* Messages are C strings: a NUL in one would hide the rest. */
static void copy_text(kube_buf *out, kube_json_reader *r)
{
    kube_json_string text;

    kube_buf_reset(out);
    if (!kube_json_reader_read_string(r, &text) || kube_json_string_has_nul(text))
        return;
    kube_json_string_append(text, out);
    if (kube_buf_status(out, NULL) == KUBE_ERR_LIMIT)
        copy_beginning(out, text.raw);
}

static bool read_word(kube_json_reader *r, const char *word)
{
    kube_json_string text;

    return kube_json_reader_read_string(r, &text) && kube_json_string_is(text, word);
}

static void read_details(kube_json_reader *r, status_object *s)
{
    kube_json_string key;

    kube_json_reader_enter_object(r);
    while (kube_json_reader_next_key(r, &key)) {
        if (kube_json_string_is(key, "retryAfterSeconds"))
            kube_json_reader_read_int64(r, &s->retry_after_s);
    }
}

/* False when the body is no Status object of status Failure, and then what was read of it does not count. In other
 * objects "status" is an object. What is too long is no reason to forget the rest. */
static bool read_status(kube_str body, status_object *s)
{
    kube_json_reader r;
    kube_json_string key;

    kube_json_reader_init(&r, body);
    kube_json_reader_enter_object(&r);
    while (kube_json_reader_next_key(&r, &key)) {
        if (kube_json_string_is(key, "kind"))
            s->is_status = read_word(&r, "Status");
        else if (kube_json_string_is(key, "status") && kube_json_reader_peek(&r) == KUBE_JSON_TOKEN_STRING)
            s->failure = read_word(&r, "Failure");
        else if (kube_json_string_is(key, "message"))
            copy_text(&s->message, &r);
        else if (kube_json_string_is(key, "reason"))
            copy_text(&s->reason, &r);
        else if (kube_json_string_is(key, "details"))
            read_details(&r, s);
    }
    return kube_json_reader_finish(&r, NULL) == KUBE_OK && s->is_status && s->failure;
}

/* Whole seconds; the form with a date is not used by API servers. -1 when there are none. */
static int64_t header_seconds(const kube_rest_response *response)
{
    const char *header = kube_rest_response_header(response, "retry-after");
    int64_t seconds = 0;

    if (header == NULL || header[0] == '\0' || header[strspn(header, "0123456789")] != '\0' || strlen(header) > 8)
        return -1;
    for (; *header != '\0'; header++)
        seconds = seconds * 10 + (*header - '0');
    return seconds;
}

static int64_t retry_after_ms(const kube_rest_response *response, int64_t from_status_s)
{
    int64_t seconds = header_seconds(response);

    if (seconds < 0 && from_status_s > 0)
        seconds = from_status_s;
    if (seconds < 0)
        return -1;
    return (seconds < RETRY_AFTER_MAX_S ? seconds : RETRY_AFTER_MAX_S) * 1000;
}

static bool is_textual(const kube_rest_response *response)
{
    const char *type = kube_rest_response_header(response, "content-type");

    return type == NULL || strncasecmp(type, "text/plain", 10) == 0;
}

/* The first words of a plain body ("404 page not found"); HTML says nothing to a person at a terminal. */
static kube_str body_text(const kube_rest_response *response)
{
    kube_str body = kube_rest_response_body(response);
    size_t n = 0;

    if (!is_textual(response))
        return kube_str_n("", 0);
    while (n < body.len && n < TEXT_MAX_BYTES && body.data[n] != '\0' && body.data[n] != '\n' && body.data[n] != '\r')
        n++;
    return kube_str_n(body.data, n);
}

static bool is_whole(const kube_buf *text)
{
    return kube_buf_status(text, NULL) == KUBE_OK;
}

static void set_error(const kube_rest_response *response, kube_status st, const status_object *s, kube_error **err)
{
    int code = kube_rest_response_http_status(response);
    kube_str text = body_text(response);

    if (s != NULL && s->message.len != 0)
        kube_error_set(err, st, "%s%s", s->message.data, is_whole(&s->message) ? "" : "...");
    else if (text.len != 0)
        kube_error_set(err, st, "%s (%d): %.*s", words(code), code, (int)text.len, text.data);
    else
        kube_error_set(err, st, "%s (%d)", words(code), code);
    if (err != NULL)
        kube_error_set_http(*err, code, s != NULL && is_whole(&s->reason) ? s->reason.data : NULL,
                            retry_after_ms(response, s != NULL ? s->retry_after_s : 0));
}

kube_status kube__http_error(const kube_rest_response *response, kube_error **err)
{
    kube_status st = kube__http_status_meaning(kube_rest_response_http_status(response));
    status_object s = { KUBE_BUF_INIT(MESSAGE_MAX_BYTES), KUBE_BUF_INIT(MESSAGE_MAX_BYTES), false, false, 0 };
    bool has_status = read_status(kube_rest_response_body(response), &s);

    set_error(response, st, has_status ? &s : NULL, err);
    kube_buf_clear(&s.message);
    kube_buf_clear(&s.reason);
    return st;
}
