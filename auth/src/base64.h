/* Standard base64 with padding. */
#ifndef KUBE_AUTH_BASE64_H
#define KUBE_AUTH_BASE64_H

#include <kube/base/buf.h>

#include <stdbool.h>

/* An upper bound for the decoded size of `len` characters. */
static inline size_t kube__base64_decoded_max(size_t len)
{
    return len / 4 * 3 + 3;
}

/* Decodes into `out`, which has room for kube__base64_decoded_max(). Line breaks are skipped; anything else that is not
 * standard base64 with its padding is refused: false. */
bool kube__base64_decode(kube_str text, char *out, size_t *out_len);
/* Appends the encoded bytes, in one line. */
void kube__base64_append(kube_buf *buf, kube_str bytes);

#endif
