/* What the tests of testing share: a client that is nothing but a socket, and servers over the recorded clusters. */
#ifndef STUB_FIXTURE_H
#define STUB_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alloc_trace.h"

#include <kube/testing.h>

#ifndef COUNT_OF
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#endif
#define RECORDING(cluster) KUBE_FIXTURES "/kube-apiserver-1.37/" cluster
#define ACCEPT_V2 "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
#define ACCEPT_V2BETA1 "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"

/* An item of an aggregated document: a custom resource. */
#define CRONTABS                                                                                                       \
    "{\"metadata\":{\"name\":\"stable.example.com\"},\"versions\":[{\"version\":\"v1\",\"resources\":[{"               \
    "\"resource\":\"crontabs\",\"responseKind\":{\"group\":\"stable.example.com\",\"version\":\"v1\",\"kind\":"        \
    "\"CronTab\"},\"scope\":\"Namespaced\",\"singularResource\":\"crontab\",\"verbs\":[\"get\",\"list\"],"             \
    "\"shortNames\":[\"ct\"]}]}]}"

/* What came back on one connection. */
typedef struct reply {
    int    status;    /* 0: no head */
    char   head[2048];
    char  *body;      /* what came behind the head; free() it with reply_clear */
    size_t body_len, len;
    bool   reset;     /* the connection ended with a reset   */
    bool   closed;    /* it ended in either way              */
} reply;

/* An open connection to 127.0.0.1 on which reading gives up after a minute. */
int raw_connect(uint16_t port);
void raw_send(int fd, const char *text);
/* recv(), which no signal ends. */
ssize_t raw_recv(int fd, char *bytes, size_t size);
/* Reads up to the end of the connection, or so many bytes. */
reply raw_read(int fd, size_t max_bytes);
/* The value of a header in a static buffer; NULL: there is none. */
const char *reply_header(const reply *r, const char *name);
void reply_clear(reply *r);

/* A server without TLS. */
kube_testing_apiserver *stub_start(const char *recording, kube_testing_form form);
uint16_t stub_port(const kube_testing_apiserver *server);
/* GET on a connection of its own; `headers` are lines with their CRLF, or NULL. */
reply stub_get(const kube_testing_apiserver *server, const char *target, const char *headers);
/* GET that has to be answered with this status; the body in memory the caller frees. */
char *stub_body(const kube_testing_apiserver *server, const char *target, const char *accept, int status);
char *read_file(const char *path, size_t *len);
int64_t now_ms(void);

#endif
