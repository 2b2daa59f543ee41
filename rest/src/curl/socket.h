/* What the sockets tell the pool. */
#ifndef KUBE_REST_CURL_SOCKET_H
#define KUBE_REST_CURL_SOCKET_H

#include "pool.h"

/* A socket of libcurl's is ready: KUBE_IO_* in `events`. */
void kube__pool_socket_ready(kube__pool *pool, curl_socket_t fd, unsigned events);

#endif
