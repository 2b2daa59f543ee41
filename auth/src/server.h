/* Judging a server's address before anything is sent to it. */
#ifndef KUBE_AUTH_SERVER_H
#define KUBE_AUTH_SERVER_H

#include "pool.h"

#include <stdbool.h>

typedef enum kube__server_verdict {
    KUBE__SERVER_TLS = 0,       /* https: everything may be sent                                        */
    KUBE__SERVER_PLAIN = 1,     /* http, with nothing to protect                                        */
    KUBE__SERVER_LEAVE_OUT = 2, /* http on this machine: to be asked without the credentials            */
    KUBE__SERVER_EXPOSES = 3,   /* http elsewhere: credentials would be readable on the way             */
    KUBE__SERVER_UNCLEAR = 4,   /* no scheme, though there are credentials or TLS settings, or a path   */
    KUBE__SERVER_NO_SCHEME = 5  /* no scheme and nothing to protect: "http://" belongs before it        */
} kube__server_verdict;

kube__server_verdict kube__server_judge(const char *server, bool has_credentials, bool has_tls_settings);

#endif
