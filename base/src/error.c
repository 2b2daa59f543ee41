/* Errors. The full message is composed when the error is made, so that reading it can neither fail nor allocate. */
#include <kube/sys/error.h>

#include "shared/alloc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_MAX_BYTES = 4096 };

struct kube_error {
    kube_status  status;
    int          http_status;
    int64_t      retry_after_ms; /* -1: unknown */
    char        *message;
    char        *reason;
    char        *subject;
    kube_error  *cause;
    kube_error **children;
    size_t       child_count;
    size_t       child_capacity;
};

/* Nobody writes to it, wraps it or frees it. */
static kube_error no_memory = {
    .status = KUBE_ERR_OUT_OF_MEMORY,
    .retry_after_ms = -1,
    .message = (char *)"out of memory",
};

void kube_error_free(kube_error *err)
{
    while (err != NULL && err != &no_memory) {
        kube_error *cause = err->cause;

        for (size_t i = 0; i < err->child_count; i++)
            kube_error_free(err->children[i]);
        kube__free(err->children);
        kube__free(err->message);
        kube__free(err->reason);
        kube__free(err->subject);
        kube__free(err);
        err = cause;
    }
}

kube_status kube_error_status(const kube_error *err)
{
    return err != NULL ? err->status : KUBE_OK;
}

const char *kube_error_message(const kube_error *err)
{
    return err != NULL ? err->message : "no error";
}

const kube_error *kube_error_cause(const kube_error *err)
{
    return err != NULL ? err->cause : NULL;
}

int kube_error_http_status(const kube_error *err)
{
    while (err != NULL && err->http_status == 0)
        err = err->cause;
    return err != NULL ? err->http_status : 0;
}

const char *kube_error_reason(const kube_error *err)
{
    while (err != NULL && err->reason == NULL)
        err = err->cause;
    return err != NULL ? err->reason : NULL;
}

int64_t kube_error_retry_after_ms(const kube_error *err)
{
    while (err != NULL && err->retry_after_ms < 0)
        err = err->cause;
    return err != NULL ? err->retry_after_ms : -1;
}

size_t kube_error_child_count(const kube_error *err)
{
    return err != NULL ? err->child_count : 0;
}

const kube_error *kube_error_child_at(const kube_error *err, size_t i)
{
    return err != NULL && i < err->child_count ? err->children[i] : NULL;
}

const char *kube_error_subject(const kube_error *err)
{
    return err != NULL ? err->subject : NULL;
}

kube_status kube_error_no_memory(kube_error **err)
{
    if (err != NULL)
        *err = &no_memory;
    return KUBE_ERR_OUT_OF_MEMORY;
}

/* Cuts at the ceiling without cutting an UTF-8 sequence in two. */
static void truncate_message(char *text)
{
    static const char mark[] = "...";
    size_t len = MESSAGE_MAX_BYTES - (sizeof mark - 1);

    while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    memcpy(text + len, mark, sizeof mark);
}

/* The error with "<prefix>: <suffix>" as its message; NULL when memory ran out. Foreign text may be longer than any
 * buffer: only what is kept is ever written. */
static kube_error *compose(kube_status status, const char *suffix, const char *format, va_list args)
{
    char text[MESSAGE_MAX_BYTES + 1];
    kube_error *made = NULL;
    int n = vsnprintf(text, sizeof text, format, args);
    size_t len = n > 0 ? (size_t)n : 0;

    if (n < 0)
        text[0] = '\0'; /* a value that cannot be formatted; the status still counts */
    if (suffix != NULL && len < sizeof text) {
        n = snprintf(text + len, sizeof text - len, ": %s", suffix);
        len += n > 0 ? (size_t)n : 0;
    }
    if (len >= sizeof text)
        truncate_message(text);
    if (KUBE__NEW(made) == NULL)
        return NULL;
    made->status = status;
    made->retry_after_ms = -1;
    made->message = kube__strdup(text);
    if (made->message == NULL) {
        kube__free(made);
        return NULL;
    }
    return made;
}

/* glibc's strerror_r returns the text, which may stand elsewhere; the standard's fills the buffer. */
static const char *errno_text(int errnum, char *buffer, size_t size)
{
#if defined(__GLIBC__)
    return strerror_r(errnum, buffer, size);
#else
    return strerror_r(errnum, buffer, size) == 0 ? buffer : "unknown error";
#endif
}

kube_status kube_error_set(kube_error **err, kube_status status, const char *format, ...)
{
    va_list args;
    kube_error *made;

    if (err == NULL)
        return status;
    va_start(args, format);
    made = compose(status, NULL, format, args);
    va_end(args);
    *err = made != NULL ? made : &no_memory;
    return status;
}

kube_status kube_error_wrap(kube_error **err, kube_status status, const char *format, ...)
{
    va_list args;
    kube_error *cause, *made;

    if (err == NULL || *err == &no_memory)
        return status;
    cause = *err;
    va_start(args, format);
    made = compose(status, cause != NULL ? cause->message : NULL, format, args);
    va_end(args);
    if (made == NULL) {
        kube_error_free(cause);
        *err = &no_memory;
        return status;
    }
    made->cause = cause;
    *err = made;
    return status;
}

kube_status kube_error_set_errno(kube_error **err, kube_status status, int errnum, const char *format, ...)
{
    char buffer[128];
    va_list args;
    kube_error *made;

    if (errnum == ENOMEM)
        return kube_error_no_memory(err);
    if (err == NULL)
        return status;
    va_start(args, format);
    made = compose(status, errno_text(errnum, buffer, sizeof buffer), format, args);
    va_end(args);
    *err = made != NULL ? made : &no_memory;
    return status;
}

void kube_error_set_http(kube_error *err, int http_status, const char *reason, int64_t retry_after_ms)
{
    if (err == NULL || err == &no_memory)
        return;
    err->http_status = http_status;
    err->retry_after_ms = retry_after_ms;
    kube__free(err->reason);
    err->reason = reason != NULL && reason[0] != '\0' ? kube__strdup(reason) : NULL;
}

static bool grow_children(kube_error *err)
{
    size_t capacity = err->child_capacity != 0 ? err->child_capacity * 2 : 4;
    kube_error **children;

    if (err->child_count < err->child_capacity)
        return true;
    children = kube__realloc_array(err->children, capacity, sizeof *children);
    if (children == NULL)
        return false;
    err->children = children;
    err->child_capacity = capacity;
    return true;
}

bool kube_error_take_child(kube_error *err, const char *subject, kube_error *child)
{
    if (child == NULL)
        return true;
    if (err == NULL || err == &no_memory || child == &no_memory || !grow_children(err)) {
        kube_error_free(child);
        return false;
    }
    kube__free(child->subject);
    child->subject = kube__strdup(subject);
    if (child->subject == NULL) {
        kube_error_free(child);
        return false;
    }
    err->children[err->child_count++] = child;
    return true;
}

/* A copy of one node without its cause; NULL when memory ran out. */
static kube_error *copy_node(const kube_error *err)
{
    kube_error *copy;

    if (KUBE__NEW(copy) == NULL)
        return NULL;
    copy->status = err->status;
    copy->http_status = err->http_status;
    copy->retry_after_ms = err->retry_after_ms;
    copy->message = kube__strdup(err->message);
    copy->reason = err->reason != NULL ? kube__strdup(err->reason) : NULL;
    copy->subject = err->subject != NULL ? kube__strdup(err->subject) : NULL;
    if (copy->message == NULL || (err->reason != NULL && copy->reason == NULL) ||
        (err->subject != NULL && copy->subject == NULL))
        goto failed;
    for (size_t i = 0; i < err->child_count; i++) {
        kube_error *child = kube_error_copy(err->children[i]);

        if (!kube_error_take_child(copy, err->children[i]->subject, child))
            goto failed;
    }
    return copy;

failed:
    kube_error_free(copy);
    return NULL;
}

kube_error *kube_error_copy(const kube_error *err)
{
    kube_error *first = NULL, **next = &first;

    for (; err != NULL && err != &no_memory; err = err->cause) {
        *next = copy_node(err);
        if (*next == NULL) {
            kube_error_free(first);
            return &no_memory;
        }
        next = &(*next)->cause;
    }
    if (err == &no_memory) {
        kube_error_free(first);
        return &no_memory;
    }
    return first;
}
