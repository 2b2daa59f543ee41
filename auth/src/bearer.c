#include "credentials.h"

#include <kube/sys/error.h>

enum { MAX_BYTES = 1024 * 1024 };

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static kube_str trim(kube_str text)
{
    while (text.len > 0 && is_space(text.data[0])) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && is_space(text.data[text.len - 1]))
        text.len--;
    return text;
}

kube_status kube__bearer_header(kube_str token, const char *origin, kube_blob **out, kube_error **err)
{
    kube_buf header = KUBE_BUF_INIT(MAX_BYTES);
    kube_status st;

    token = trim(token);
    if (token.len == 0)
        return kube_error_set(err, KUBE_ERR_CONFIG, "%s is empty", origin);
    for (size_t i = 0; i < token.len; i++) {
        if (token.data[i] < ' ' || token.data[i] > '~')
            return kube_error_set(err, KUBE_ERR_CONFIG, "%s holds a byte that cannot be sent in a header", origin);
    }
    kube_buf_reserve(&header, sizeof "Bearer " + token.len);
    kube_buf_append_c(&header, "Bearer ");
    kube_buf_append(&header, token);
    st = kube_buf_status(&header, err);
    if (st == KUBE_OK)
        st = kube_blob_new(kube_buf_str(&header), out, err);
    kube_buf_wipe(&header);
    return st;
}
