/* The API server's own state. */
#ifndef KUBE_TESTING_SRC_APISERVER_H
#define KUBE_TESTING_SRC_APISERVER_H

#include "content.h"
#include "fault.h"
#include "request_log.h"

#include <kube/testing/http_server.h>

enum { KUBE__URL_BYTES = 64 };

struct kube_testing_apiserver {
    kube_testing_http_server *http;
    kube_testing_cert        *ca, *cert; /* NULL without TLS */
    char                     *token;     /* NULL: none is needed */
    const kube_clock         *clock;
    kube_testing_on_request  *on_request;
    void                     *user;
    char                      url[KUBE__URL_BYTES];
    kube__faults              faults;
    kube__request_log         log;
    pthread_mutex_t           lock;      /* guards the content */
    kube__content            *content;
};

#endif
