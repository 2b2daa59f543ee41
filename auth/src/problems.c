#include "problems.h"

#include <kube/base/buf.h>
#include <kube/sys/error.h>

enum { MESSAGE_MAX_BYTES = 4096, ALL_MAX_BYTES = 64 * 1024 };

static void add(kube__problems *problems, kube_status status, kube_str message)
{
    char *copy;

    for (size_t i = 0; i < problems->count; i++) {
        if (kube_str_is(message, problems->messages[i]))
            return;
    }
    if (problems->count == KUBE__PROBLEMS_MAX)
        return;
    copy = kube__pool_strndup(&problems->pool, message);
    if (copy == NULL) {
        problems->status = KUBE_ERR_OUT_OF_MEMORY;
        return;
    }
    if (problems->count == 0)
        problems->status = status;
    else if (problems->status != status)
        problems->status = KUBE_ERR_CONFIG;
    problems->messages[problems->count++] = copy;
}

void kube__problems_add(kube__problems *problems, kube_status status, const char *format, ...)
{
    kube_buf message = KUBE_BUF_INIT(MESSAGE_MAX_BYTES);
    va_list args;

    if (problems->status == KUBE_ERR_OUT_OF_MEMORY)
        return;
    va_start(args, format);
    kube_buf_append_v(&message, format, args);
    va_end(args);
    if (status == KUBE_ERR_OUT_OF_MEMORY || message.failure == KUBE_ERR_OUT_OF_MEMORY)
        problems->status = KUBE_ERR_OUT_OF_MEMORY;
    else if (message.failure != KUBE_OK) /* only a name thousands of bytes long does that */
        add(problems, status, kube_str_c("a problem that is too long to describe"));
    else
        add(problems, status, kube_buf_str(&message));
    kube_buf_clear(&message);
}

static kube_status describe(const kube__problems *problems, const char *prefix, kube_error **err)
{
    kube_buf all = KUBE_BUF_INIT(ALL_MAX_BYTES);
    kube_status st = problems->status;

    for (size_t i = 0; i < problems->count; i++) {
        kube_buf_append_c(&all, i == 0 ? "" : ", ");
        kube_buf_append_c(&all, problems->messages[i]);
    }
    if (all.failure == KUBE_ERR_OUT_OF_MEMORY)
        st = kube_error_no_memory(err);
    else if (problems->count == 1)
        st = kube_error_set(err, st, "%s%s", prefix, all.data);
    else /* past the ceiling the first ones have to do */
        st = kube_error_set(err, st, "%s[%s]", prefix, all.data);
    kube_buf_clear(&all);
    return st;
}

kube_status kube__problems_end(kube__problems *problems, const char *prefix, kube_error **err)
{
    kube_status st = KUBE_OK;

    if (problems->status == KUBE_ERR_OUT_OF_MEMORY)
        st = kube_error_no_memory(err);
    else if (problems->count != 0)
        st = describe(problems, prefix, err);
    kube__pool_clear(&problems->pool);
    problems->count = 0;
    problems->status = KUBE_OK;
    return st;
}
