/* What the server and its connections know of each other. */
#ifndef KUBE_TESTING_SRC_HTTP_PRIVATE_H
#define KUBE_TESTING_SRC_HTTP_PRIVATE_H

#include <kube/testing/http_server.h>

#include <openssl/ssl.h>
#include <pthread.h>

struct kube_testing_connection {
    kube_testing_http_server *server;
    kube_testing_connection  *next;
    pthread_t                 thread;
    SSL                      *ssl;
    int                       fd;    /* -1 when the thread is done with it; guarded by the server's lock */
    unsigned                  number;
    bool                      admitted;
    bool                      open;  /* the handler has not closed it */
    bool                      wrote; /* during this request */
    bool                      reset; /* no orderly end is wanted */
};

struct kube_testing_http_server {
    kube_testing_http_server_options options;
    SSL_CTX                         *ssl_ctx;
    int                              listener, stop_fd;
    uint16_t                         port;
    bool                             running; /* there is an accepting thread */
    pthread_t                        thread;
    pthread_mutex_t                  lock;    /* guards the counters, the list, and the connections' fd */
    unsigned                         connections, requests;
    kube_testing_connection         *list;
};

/* Serves a connection from its first byte to its last; the descriptor stays open. */
void kube__testing_connection_run(kube_testing_connection *c);
/* The number of a request that was just read. */
unsigned kube__testing_http_server_next_request(kube_testing_http_server *server);

#endif
