/* The whole road, everything on it real: a kubeconfig, a TLS connection to an API server, a cached client with a folder
 * on disk. Whatever goes wrong on it, a question comes to the whole answer or to an error, nothing incomplete is kept,
 * and the next question is answered. Static: it is large. */
#ifndef ROAD_H
#define ROAD_H

#include "discovery_fixture.h"

#include <kube/auth.h>
#include <kube/discovery.h>
#include <kube/sys/resolver.h>
#include <kube/testing.h>

typedef struct road {
    char                    root[64]; /* with "kubeconfig" and the cache */
    char                    kubeconfig[80];
    kube_testing_apiserver *server;
    kube_rest_client       *rest;
    kube_discovery         *discovery;
    char                    expected[DISCOVERY_TEXT_BYTES]; /* the whole answer */
    unsigned                files;                          /* with it in the cache */
} road;

/* Starts the server and asks once. False: the machine does not let us. */
bool road_open(road *r);
void road_close(road *r);

/* A client of the kubeconfig's, instead of the one there is. NULL: its server; and no resolver. */
kube_status road_connect(road *r, const char *server, kube_resolver *resolver, kube_error **err);
/* Where the server listens. */
uint16_t road_port(const road *r);
/* Removes the cache and makes a cached client that knows nothing: a remembered answer would be asked about, and
 * answered in two hundred bytes. */
kube_status road_forget(road *r, kube_error **err);

/* Everything, from the server. NULL: an error; its status is in `status`. */
const char *road_ask(road *r, int64_t timeout_ms, kube_status *status);
/* Fails the test unless an answer is whole and kept, or there is none and nothing is kept. `in_between`: whole files of
 * it may be. */
void road_expect_all_or_nothing(road *r, const char *fault, size_t n, const char *answer, bool in_between);
/* The same question again, and nothing goes wrong. */
void road_expect_answer(road *r, const char *fault, size_t n);

#endif
