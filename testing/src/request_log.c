#include "request_log.h"

#include "json_quote.h"
#include "shared/alloc.h"

#include <stdio.h>
#include <string.h>

enum { HEADER_BYTES = 8192, LINE_BYTES = 1 << 20, FIRST_CAPACITY = 64 };

struct kube__log_entry {
    kube_testing_record record;
    unsigned            refs;
    char                texts[]; /* what the record points to, one behind the other */
};

void kube__request_log_init(kube__request_log *log)
{
    memset(log, 0, sizeof *log);
    pthread_mutex_init(&log->lock, NULL);
}

static void unref(kube__log_entry *entry)
{
    if (--entry->refs == 0)
        kube__free(entry);
}

void kube__request_log_reset(kube__request_log *log)
{
    pthread_mutex_lock(&log->lock);
    while (log->count > 0)
        unref(log->entries[--log->count]);
    pthread_mutex_unlock(&log->lock);
}

void kube__request_log_clear(kube__request_log *log)
{
    kube__request_log_reset(log);
    kube__free(log->entries);
    pthread_mutex_destroy(&log->lock);
}

/* Texts of a record, while they are gathered. */
typedef struct texts {
    kube_buf buf;
    size_t   count, offsets[5];
} texts;

static void gather(texts *t, const char *text)
{
    t->offsets[t->count++] = t->buf.len;
    kube_buf_append(&t->buf, kube_str_n(text, strlen(text) + 1));
}

static void gather_header(texts *t, const kube_testing_request *request, const char *name)
{
    char value[HEADER_BYTES];

    kube_testing_request_header(request, name, value, sizeof value);
    gather(t, value);
}

static kube__log_entry *new_entry(const kube_testing_request *request)
{
    texts t = { .buf = KUBE_BUF_INIT(LINE_BYTES) };
    kube__log_entry *e = NULL;

    gather(&t, request->method);
    gather(&t, request->target);
    gather_header(&t, request, "Accept");
    gather_header(&t, request, "If-None-Match");
    gather_header(&t, request, "User-Agent");
    if (kube_buf_status(&t.buf, NULL) == KUBE_OK)
        e = kube__calloc(1, sizeof *e + t.buf.len);
    if (e != NULL) {
        memcpy(e->texts, t.buf.data, t.buf.len);
        e->record = (kube_testing_record){ .struct_size = sizeof e->record,
                                           .method = e->texts + t.offsets[0],
                                           .target = e->texts + t.offsets[1],
                                           .accept = e->texts + t.offsets[2],
                                           .if_none_match = e->texts + t.offsets[3],
                                           .user_agent = e->texts + t.offsets[4],
                                           .number = request->number,
                                           .connection = request->connection };
    }
    kube_buf_clear(&t.buf);
    return e;
}

static bool has_room(kube__request_log *log)
{
    size_t capacity = log->capacity != 0 ? log->capacity * 2 : FIRST_CAPACITY;
    kube__log_entry **grown;

    if (log->count < log->capacity)
        return true;
    grown = kube__realloc_array(log->entries, capacity, sizeof(kube__log_entry *));
    if (grown == NULL)
        return false;
    log->entries = grown;
    log->capacity = capacity;
    return true;
}

kube__log_entry *kube__request_log_add(kube__request_log *log, const kube_testing_request *request)
{
    kube__log_entry *entry = new_entry(request);

    if (entry == NULL)
        return NULL;
    entry->refs = 1;
    pthread_mutex_lock(&log->lock);
    if (has_room(log)) {
        log->entries[log->count++] = entry;
        entry->refs++;
    }
    pthread_mutex_unlock(&log->lock);
    return entry;
}

void kube__request_log_note(kube__request_log *log, kube__log_entry *entry, int status, uint64_t body_bytes)
{
    if (entry == NULL)
        return;
    pthread_mutex_lock(&log->lock);
    if (status != 0)
        entry->record.http_status = status;
    entry->record.body_bytes += body_bytes;
    pthread_mutex_unlock(&log->lock);
}

void kube__request_log_get(kube__request_log *log, const kube__log_entry *entry, kube_testing_record *out)
{
    pthread_mutex_lock(&log->lock);
    *out = entry->record;
    pthread_mutex_unlock(&log->lock);
}

void kube__request_log_release(kube__request_log *log, kube__log_entry *entry)
{
    if (entry == NULL)
        return;
    pthread_mutex_lock(&log->lock);
    unref(entry);
    pthread_mutex_unlock(&log->lock);
}

size_t kube__request_log_count(kube__request_log *log, const char *path)
{
    size_t count = 0;

    pthread_mutex_lock(&log->lock);
    for (size_t i = 0; i < log->count; i++) {
        const char *target = log->entries[i]->record.target;

        count += path == NULL || kube_str_is(kube_str_n(target, strcspn(target, "?")), path);
    }
    pthread_mutex_unlock(&log->lock);
    return count;
}

bool kube__request_log_at(kube__request_log *log, size_t i, kube_testing_record *out)
{
    size_t size = out->struct_size;
    bool found = false;

    pthread_mutex_lock(&log->lock);
    if (i < log->count && size >= sizeof *out) {
        *out = log->entries[i]->record;
        out->struct_size = size;
        found = true;
    }
    pthread_mutex_unlock(&log->lock);
    return found;
}

static void append_text(kube_buf *line, const char *key, const char *text)
{
    kube_buf_append_f(line, ",\"%s\":", key);
    kube__json_quote(line, text);
}

size_t kube_testing_record_format(const kube_testing_record *record, char *out, size_t size)
{
    kube_buf line = KUBE_BUF_INIT(LINE_BYTES);
    size_t len;

    kube_buf_append_f(&line, "{\"request\":%u,\"connection\":%u", record->number, record->connection);
    append_text(&line, "method", record->method);
    append_text(&line, "target", record->target);
    kube_buf_append_f(&line, ",\"status\":%d,\"body_bytes\":%llu", record->http_status,
                      (unsigned long long)record->body_bytes);
    append_text(&line, "accept", record->accept);
    append_text(&line, "if_none_match", record->if_none_match);
    append_text(&line, "user_agent", record->user_agent);
    kube_buf_append_c(&line, "}\n");
    len = kube_buf_status(&line, NULL) == KUBE_OK ? line.len : 0;
    if (size > 0)
        snprintf(out, size, "%s", len > 0 ? line.data : "");
    kube_buf_clear(&line);
    return len;
}
