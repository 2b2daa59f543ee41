#include <kube/base/buf.h>
#include <kube/sys/error.h>

#include "shared/alloc.h"

#include <stdint.h>
#include <stdio.h>

enum { FIRST_CAPACITY = 64 };

void kube_buf_init(kube_buf *buf, size_t max_bytes)
{
    *buf = (kube_buf)KUBE_BUF_INIT(max_bytes);
}

void kube_buf_clear(kube_buf *buf)
{
    if (buf == NULL)
        return;
    kube__free(buf->data);
    kube_buf_init(buf, buf->max_bytes);
}

void kube_buf_wipe(kube_buf *buf)
{
    if (buf == NULL)
        return;
    kube__wipe(buf->data, buf->capacity);
    kube_buf_clear(buf);
}

void kube_buf_reset(kube_buf *buf)
{
    buf->len = 0;
    buf->failure = KUBE_OK;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

/* Doubling, but never past what the ceiling can use. */
static size_t next_capacity(const kube_buf *buf, size_t needed)
{
    size_t capacity = buf->capacity != 0 ? buf->capacity : FIRST_CAPACITY;

    while (capacity < needed)
        capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
    if (buf->max_bytes < SIZE_MAX && capacity > buf->max_bytes + 1)
        capacity = buf->max_bytes + 1;
    return capacity;
}

/* Copying instead of realloc, so that the old block can be overwritten: buffers carry credentials. */
static void move_to(kube_buf *buf, size_t capacity)
{
    char *data = kube__malloc(capacity);

    if (data == NULL) {
        buf->failure = KUBE_ERR_OUT_OF_MEMORY;
        return;
    }
    if (buf->len != 0)
        memcpy(data, buf->data, buf->len);
    data[buf->len] = '\0';
    kube__wipe_free(buf->data, buf->capacity); /* beyond the length too: kube_buf_reset() only forgets */
    buf->data = data;
    buf->capacity = capacity;
}

void kube_buf_reserve(kube_buf *buf, size_t more)
{
    if (buf->failure != KUBE_OK)
        return;
    if (more > buf->max_bytes - buf->len || buf->len + more == SIZE_MAX) {
        buf->failure = KUBE_ERR_LIMIT;
        return;
    }
    if (buf->len + more + 1 > buf->capacity)
        move_to(buf, next_capacity(buf, buf->len + more + 1));
}

void kube_buf_append(kube_buf *buf, kube_str text)
{
    kube_buf_reserve(buf, text.len);
    if (buf->failure != KUBE_OK)
        return;
    if (text.len != 0)
        memcpy(buf->data + buf->len, text.data, text.len);
    buf->len += text.len;
    buf->data[buf->len] = '\0';
}

void kube_buf_append_c(kube_buf *buf, const char *text)
{
    kube_buf_append(buf, kube_str_c(text));
}

void kube_buf_append_char(kube_buf *buf, char c)
{
    kube_buf_append(buf, kube_str_n(&c, 1));
}

void kube_buf_append_v(kube_buf *buf, const char *format, va_list args)
{
    va_list again;
    int needed;

    if (buf->failure != KUBE_OK)
        return;
    va_copy(again, args);
    needed = vsnprintf(NULL, 0, format, args);
    if (needed < 0) {
        buf->failure = KUBE_ERR_INVALID_ARG;
    } else {
        kube_buf_reserve(buf, (size_t)needed);
        if (buf->failure == KUBE_OK) {
            vsnprintf(buf->data + buf->len, (size_t)needed + 1, format, again);
            buf->len += (size_t)needed;
        }
    }
    va_end(again);
}

void kube_buf_append_f(kube_buf *buf, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    kube_buf_append_v(buf, format, args);
    va_end(args);
}

kube_status kube_buf_status(const kube_buf *buf, kube_error **err)
{
    switch (buf->failure) {
    case KUBE_OK:
        return KUBE_OK;
    case KUBE_ERR_OUT_OF_MEMORY:
        return kube_error_no_memory(err);
    case KUBE_ERR_LIMIT:
        return kube_error_set(err, KUBE_ERR_LIMIT, "more than %zu bytes", buf->max_bytes);
    default:
        return kube_error_set(err, buf->failure, "a value could not be formatted");
    }
}
