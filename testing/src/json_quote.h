/* Text as a JSON string. */
#ifndef KUBE_TESTING_SRC_JSON_QUOTE_H
#define KUBE_TESTING_SRC_JSON_QUOTE_H

#include <kube/base/buf.h>

/* Bytes beyond ASCII are taken for Latin-1, which HTTP's headers are: the result is always valid. */
void kube__json_escape(kube_buf *out, const char *text);
/* The same with its quotes. */
void kube__json_quote(kube_buf *out, const char *text);

#endif
