#include "send.h"

#include "gzip_bomb.h"

#include <stdio.h>
#include <string.h>

enum { HEAD_BYTES = 64 * 1024, PIECE_BYTES = 16 * 1024, CHUNK_BYTES = 4096 };

/* The body that is really sent. */
typedef struct body {
    const char *content_type; /* NULL: no header */
    kube_str bytes;
    kube_buf made; /* where they lie when they are not the answer's own */
    int status;
} body;

static void tell(kube__sending *s)
{
    kube_testing_record record;

    if (s->told || s->entry == NULL || s->on_request == NULL)
        return;
    s->told = true;
    kube__request_log_get(s->log, s->entry, &record);
    s->on_request(s->user, &record);
}

/* How many bytes may still be written. */
static uint64_t room(const kube__sending *s)
{
    if (s->fault == NULL || s->fault->f.ending == KUBE_TESTING_ENDING_WHOLE)
        return UINT64_MAX;
    return s->fault->f.ending_bytes - s->written;
}

/* At most `len` bytes at once: the size of one write. */
static size_t piece_size(const kube__sending *s, size_t len)
{
    size_t slow = s->fault != NULL ? s->fault->f.slow_bytes : 0;
    size_t most = slow != 0 && slow < PIECE_BYTES ? slow : PIECE_BYTES;
    uint64_t left = room(s);

    most = len < most ? len : most;
    return left < most ? (size_t)left : most;
}

/* Writes as far as the fault lets it. False: nothing more is to be written. `last`: nothing more will come. */
static bool put(kube__sending *s, kube_str bytes, bool is_body, bool last)
{
    bool ok = true;

    while (ok && bytes.len > 0) {
        size_t n = piece_size(s, bytes.len);

        s->written += n;
        kube__request_log_note(s->log, s->entry, 0, is_body ? n : 0);
        if ((last && n == bytes.len) || room(s) == 0)
            tell(s); /* before the write: who has read the answer finds it noted */
        ok = n > 0 && kube_testing_connection_write(s->connection, bytes.data, n) && room(s) > 0;
        bytes = kube_str_n(bytes.data + n, bytes.len - n);
        if (ok && s->fault != NULL && s->fault->f.slow_bytes != 0 && (bytes.len > 0 || !last))
            ok = kube_testing_connection_hold(s->connection, s->fault->f.slow_pause_ms);
    }
    return ok;
}

static void put_endless(kube__sending *s)
{
    char chunk[CHUNK_BYTES + 16];

    snprintf(chunk, sizeof chunk, "%x\r\n%*s\r\n", (unsigned)CHUNK_BYTES, (int)CHUNK_BYTES, "");
    while (put(s, kube_str_c(chunk), true, false))
        ;
}

static void put_endless_headers(kube__sending *s)
{
    char line[CHUNK_BYTES];
    bool more = put(s, kube_str_c("HTTP/1.1 200 OK\r\n"), false, false);

    snprintf(line, sizeof line, "X-Filler: %0*d\r\n", (int)CHUNK_BYTES - 32, 0);
    while (more)
        more = put(s, kube_str_c(line), false, false);
}

static void end(kube__sending *s)
{
    const kube_testing_fault *f = s->fault != NULL ? &s->fault->f : NULL;

    tell(s);
    if (f == NULL)
        return;
    if (f->ending == KUBE_TESTING_ENDING_STALL)
        (void)kube_testing_connection_hold(s->connection, UINT32_MAX);
    if (f->ending == KUBE_TESTING_ENDING_RESET)
        kube_testing_connection_reset(s->connection);
    else if (f->ending != KUBE_TESTING_ENDING_WHOLE || f->length_offset != 0)
        kube_testing_connection_close(s->connection);
}

/* Without a head of ours. */
static void put_raw(kube__sending *s)
{
    const kube_testing_fault *f = &s->fault->f;

    kube__request_log_note(s->log, s->entry, 0, 0);
    if (f->body == KUBE_TESTING_BODY_ENDLESS_HEADERS)
        put_endless_headers(s);
    else
        (void)put(s, kube_str_n(f->bytes, f->bytes_len), false, true);
    end(s);
    if (f->ending == KUBE_TESTING_ENDING_WHOLE)
        kube_testing_connection_close(s->connection);
}

static void put_gzip_bomb(kube__sending *s)
{
    kube_str piece = kube__gzip_bomb_piece(0), next;
    bool ok = true;

    for (size_t i = 1; ok && piece.len > 0; i++, piece = next) {
        next = kube__gzip_bomb_piece(i);
        ok = put(s, piece, true, next.len == 0);
    }
}

static void choose_body(const kube__sending *s, const kube__answer *answer, const char *path, body *out)
{
    const kube_testing_fault *f = s->fault != NULL ? &s->fault->f : NULL;

    out->status = answer->status;
    out->content_type = answer->content_type;
    if (answer->body != NULL)
        out->bytes = kube_blob_str(answer->body);
    if (f == NULL)
        return;
    /* A body of the fault's own is not "what you have is still true". */
    if (f->http_status != 0 || (f->body != KUBE_TESTING_BODY_OWN && answer->status == 304))
        out->status = f->http_status != 0 ? f->http_status : 200;
    if (out->content_type == NULL && out->status != 304)
        out->content_type = "application/json";
    if (f->body == KUBE_TESTING_BODY_GIVEN) {
        out->bytes = kube_str_n(f->bytes, f->bytes_len);
    } else if (f->http_status >= 400) {
        kube__status_object(f->http_status, path, f->retry_after_s, &out->made);
        out->bytes = kube_buf_str(&out->made);
        out->content_type = "application/json";
    }
    if (f->content_type != NULL)
        out->content_type = f->content_type[0] != '\0' ? f->content_type : NULL;
}

/* The lines that say how long the body is. */
static void append_length(const kube__sending *s, const body *b, kube_buf *head)
{
    kube_testing_body kind = s->fault != NULL ? s->fault->f.body : KUBE_TESTING_BODY_OWN;
    int64_t length = (int64_t)b->bytes.len + (s->fault != NULL ? s->fault->f.length_offset : 0);

    if (kind == KUBE_TESTING_BODY_ENDLESS)
        kube_buf_append_c(head, "Transfer-Encoding: chunked\r\n");
    else if (kind == KUBE_TESTING_BODY_GZIP_BOMB)
        kube_buf_append_f(head, "Content-Encoding: gzip\r\nContent-Length: %llu\r\n",
                          (unsigned long long)kube__gzip_bomb_bytes());
    else if (b->status != 304)
        kube_buf_append_f(head, "Content-Length: %lld\r\n", (long long)(length > 0 ? length : 0));
}

static void append_head(const kube__sending *s, const kube__answer *answer, const body *b, kube_buf *head)
{
    /* A tag and the leave to keep it belong to the true document. */
    bool own = b->status == answer->status && (s->fault == NULL || s->fault->f.body == KUBE_TESTING_BODY_OWN);

    kube_buf_append_f(head, "HTTP/1.1 %d %s\r\n", b->status, kube__http_reason(b->status));
    if (b->content_type != NULL)
        kube_buf_append_f(head, "Content-Type: %s\r\n", b->content_type);
    if (own && answer->etag[0] != '\0')
        kube_buf_append_f(head, "Etag: %s\r\nVary: Accept\r\n", answer->etag);
    kube_buf_append_f(head, "Cache-Control: %s\r\n", own ? answer->cache_control : "no-cache, private");
    if (s->fault != NULL && s->fault->f.retry_after_s != 0)
        kube_buf_append_f(head, "Retry-After: %u\r\n", (unsigned)s->fault->f.retry_after_s);
    kube_buf_append_f(head, "Date: %s\r\n", s->date);
    append_length(s, b, head);
    kube_buf_append_c(head, "\r\n");
}

void kube__send(kube__sending *s, const kube__answer *answer, const char *path)
{
    kube_testing_body kind = s->fault != NULL ? s->fault->f.body : KUBE_TESTING_BODY_OWN;
    body b = { .made = KUBE_BUF_INIT(HEAD_BYTES) };
    kube_buf head = KUBE_BUF_INIT(HEAD_BYTES);
    bool ok = s->fault == NULL || s->fault->f.delay_ms == 0 ||
              kube_testing_connection_hold(s->connection, s->fault->f.delay_ms);

    if (kind >= KUBE_TESTING_BODY_RAW) {
        if (ok)
            put_raw(s);
        return;
    }
    choose_body(s, answer, path, &b);
    append_head(s, answer, &b, &head);
    ok = ok && kube_buf_status(&head, NULL) == KUBE_OK && kube_buf_status(&b.made, NULL) == KUBE_OK;
    if (ok && room(s) > 0) {
        bool no_more = s->body_less || (kind <= KUBE_TESTING_BODY_GIVEN && b.bytes.len == 0);

        kube__request_log_note(s->log, s->entry, b.status, 0);
        ok = put(s, kube_buf_str(&head), false, no_more);
        if (ok && !no_more && kind == KUBE_TESTING_BODY_ENDLESS)
            put_endless(s);
        else if (ok && !no_more && kind == KUBE_TESTING_BODY_GZIP_BOMB)
            put_gzip_bomb(s);
        else if (ok && !no_more)
            (void)put(s, b.bytes, true, true);
    }
    end(s);
    kube_buf_clear(&head);
    kube_buf_clear(&b.made);
}
