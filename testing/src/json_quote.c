#include "json_quote.h"

void kube__json_escape(kube_buf *out, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            kube_buf_append_char(out, '\\');
        if (*p < 0x20 || *p >= 0x7f)
            kube_buf_append_f(out, "\\u%04x", (unsigned)*p);
        else
            kube_buf_append_char(out, (char)*p);
    }
}

void kube__json_quote(kube_buf *out, const char *text)
{
    kube_buf_append_char(out, '"');
    kube__json_escape(out, text);
    kube_buf_append_char(out, '"');
}
