/* Faults as text: a path, and words. */
#include "fault.h"

#include "read_file.h"

#include <kube/sys/error.h>

#include <errno.h>
#include <stdlib.h>

/* What a word needs behind its name. */
typedef struct reading {
    kube_testing_fault *f;
    kube_buf *file;
    const char *value; /* "" when there is none */
    kube_error **err;
} reading;

typedef kube_status read_word(reading *r);

typedef struct word {
    const char *name;
    bool valued;
    read_word *read;
} word;

/* The number up to `end`, which is '\0' or a separator; `rest` is moved behind it. */
static bool take_number(const char **rest, char end, uint64_t max, uint64_t *out)
{
    char *stop;
    unsigned long long n;

    if (**rest < '0' || **rest > '9')
        return false;
    errno = 0;
    n = strtoull(*rest, &stop, 10);
    if (errno != 0 || n > max || *stop != end)
        return false;
    *rest = end != '\0' ? stop + 1 : stop;
    *out = n;
    return true;
}

static kube_status no_number(const reading *r)
{
    return kube_error_set(r->err, KUBE_ERR_INVALID_ARG, "reading a fault: \"%s\" is not the number that is needed",
                          r->value);
}

static kube_status read_uint32(const reading *r, uint32_t *to)
{
    const char *rest = r->value;
    uint64_t n;

    if (!take_number(&rest, '\0', UINT32_MAX, &n))
        return no_number(r);
    *to = (uint32_t)n;
    return KUBE_OK;
}

static kube_status read_status(reading *r)
{
    uint32_t n = 0;
    kube_status st = read_uint32(r, &n);

    if (st == KUBE_OK && (n < 200 || n > 599))
        st = no_number(r);
    if (st == KUBE_OK)
        r->f->http_status = (int)n;
    return st;
}

static kube_status read_retry_after(reading *r)
{
    return read_uint32(r, &r->f->retry_after_s);
}

static kube_status read_times(reading *r)
{
    return read_uint32(r, &r->f->times);
}

static kube_status read_skip(reading *r)
{
    return read_uint32(r, &r->f->skip);
}

static kube_status read_delay(reading *r)
{
    return read_uint32(r, &r->f->delay_ms);
}

static kube_status read_slow(reading *r)
{
    const char *rest = r->value;
    uint64_t bytes, pause;

    if (!take_number(&rest, '/', UINT32_MAX, &bytes) || bytes == 0 || !take_number(&rest, '\0', UINT32_MAX, &pause))
        return no_number(r);
    r->f->slow_bytes = (uint32_t)bytes;
    r->f->slow_pause_ms = (uint32_t)pause;
    return KUBE_OK;
}

static kube_status read_length(reading *r)
{
    const char *rest = r->value + 1;
    uint64_t n;

    if ((r->value[0] != '+' && r->value[0] != '-') || !take_number(&rest, '\0', INT64_MAX, &n))
        return no_number(r);
    r->f->length_offset = r->value[0] == '+' ? (int64_t)n : -(int64_t)n;
    return KUBE_OK;
}

static kube_status read_ending(reading *r, kube_testing_ending ending)
{
    const char *rest = r->value;
    uint64_t n;

    if (!take_number(&rest, '\0', UINT64_MAX, &n))
        return no_number(r);
    r->f->ending = ending;
    r->f->ending_bytes = n;
    return KUBE_OK;
}

static kube_status read_close_after(reading *r)
{
    return read_ending(r, KUBE_TESTING_ENDING_CLOSE);
}

static kube_status read_reset_after(reading *r)
{
    return read_ending(r, KUBE_TESTING_ENDING_RESET);
}

static kube_status read_stall_after(reading *r)
{
    return read_ending(r, KUBE_TESTING_ENDING_STALL);
}

static kube_status read_bytes(reading *r, kube_testing_body kind)
{
    kube_status st = KUBE_OK;

    r->f->body = kind;
    if (r->value[0] == '@') {
        kube_buf_reset(r->file);
        st = kube__read_file(r->value + 1, r->file, r->err);
        r->f->bytes = r->file->data;
        r->f->bytes_len = r->file->len;
    } else {
        r->f->bytes = r->value;
        r->f->bytes_len = strlen(r->value);
    }
    return st;
}

static kube_status read_body(reading *r)
{
    return read_bytes(r, KUBE_TESTING_BODY_GIVEN);
}

static kube_status read_raw(reading *r)
{
    return read_bytes(r, KUBE_TESTING_BODY_RAW);
}

static kube_status read_endless_headers(reading *r)
{
    r->f->body = KUBE_TESTING_BODY_ENDLESS_HEADERS;
    return KUBE_OK;
}

static kube_status read_type(reading *r)
{
    r->f->content_type = r->value;
    return KUBE_OK;
}

static kube_status read_endless(reading *r)
{
    r->f->body = KUBE_TESTING_BODY_ENDLESS;
    return KUBE_OK;
}

static kube_status read_gzip_bomb(reading *r)
{
    r->f->body = KUBE_TESTING_BODY_GZIP_BOMB;
    return KUBE_OK;
}

static kube_status read_no_handshake(reading *r)
{
    r->f->no_handshake = true;
    return KUBE_OK;
}

static const word words[] = {
    { "status", true, read_status },
    { "retry-after", true, read_retry_after },
    { "body", true, read_body },
    { "raw", true, read_raw },
    { "type", true, read_type },
    { "length", true, read_length },
    { "delay", true, read_delay },
    { "slow", true, read_slow },
    { "close-after", true, read_close_after },
    { "reset-after", true, read_reset_after },
    { "stall-after", true, read_stall_after },
    { "endless", false, read_endless },
    { "endless-headers", false, read_endless_headers },
    { "gzip-bomb", false, read_gzip_bomb },
    { "no-handshake", false, read_no_handshake },
    { "skip", true, read_skip },
    { "times", true, read_times },
};

static kube_status read_one(char *text, reading *r)
{
    char *equals = strchr(text, '=');
    kube_str name = kube_str_n(text, equals != NULL ? (size_t)(equals - text) : strlen(text));

    r->value = equals != NULL ? equals + 1 : "";
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (kube_str_is(name, words[i].name) && words[i].valued == (equals != NULL))
            return words[i].read(r);
    }
    return kube_error_set(r->err, KUBE_ERR_INVALID_ARG, "reading a fault: there is no word \"%s\"", text);
}

/* Ends the word that begins at `*rest`, and moves `*rest` to the next. */
static char *take_word(char **rest)
{
    char *begin = *rest + strspn(*rest, " "), *end = begin + strcspn(begin, " ");

    *rest = *end != '\0' ? end + 1 : end;
    *end = '\0';
    return begin;
}

kube_status kube__fault_read(char *text, kube_testing_fault *out, kube_buf *file, kube_error **err)
{
    reading r = { .f = out, .file = file, .err = err };
    char *rest = text, *path = take_word(&rest), *next = NULL;
    kube_status st = KUBE_OK;

    if (path[0] != '/')
        return kube_error_set(err, KUBE_ERR_INVALID_ARG,
                              "reading a fault: it begins with a path, as in \"/apis status=503\", not with \"%s\"",
                              path);
    out->path = path;
    for (next = take_word(&rest); st == KUBE_OK && *next != '\0'; next = take_word(&rest))
        st = read_one(next, &r);
    return st;
}
