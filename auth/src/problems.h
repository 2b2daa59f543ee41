/* What is wrong with a configuration: all of it, so that it can be repaired in one go. */
#ifndef KUBE_AUTH_PROBLEMS_H
#define KUBE_AUTH_PROBLEMS_H

#include "pool.h"

#include <kube/base/error.h>

enum { KUBE__PROBLEMS_MAX = 32 };

/* Zeroed: no problems. What goes past the maximum is dropped. */
typedef struct kube__problems {
    kube__pool  pool;
    const char *messages[KUBE__PROBLEMS_MAX];
    size_t      count;
    kube_status status; /* the one all share, else CONFIG */
} kube__problems;

/* Adds a message, unless it is there already. */
void kube__problems_add(kube__problems *problems, kube_status status, const char *format, ...) KUBE_PRINTF(3, 4);
/* Ends collecting. KUBE_OK when there was none; else "prefix: message", or "prefix: [message, message]". */
kube_status kube__problems_end(kube__problems *problems, const char *prefix, kube_error **err);

#endif
