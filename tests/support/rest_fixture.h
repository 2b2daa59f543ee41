/* A TLS server on loopback and a client that trusts it, for tests of rest and what stands on it. */
#ifndef REST_FIXTURE_H
#define REST_FIXTURE_H

#include <kube/testing/http_server.h>

#include <kube/rest/client.h>
#include <kube/rest/request.h>

#include <sys/types.h>

typedef struct rest_fixture {
    kube_testing_cert        *ca, *other_ca, *server_cert, *client_cert;
    kube_testing_http_server *server; /* NULL when it is a process of its own */
    pid_t                     pid;    /* of that process, or 0 */
    char                      url[64];
} rest_fixture;

/* What one request came to. */
typedef struct rest_result {
    int                 calls; /* of `done` */
    kube_status         status;
    kube_rest_response *response;
    kube_error         *err;
} rest_result;

/* The options need no initialiser. Whoever asked frees it. */
kube_testing_cert *rest_fixture_cert(kube_testing_cert_options options, const kube_testing_cert *issuer);
void rest_fixture_init(rest_fixture *f); /* the certificates only */
void rest_fixture_start(rest_fixture *f, kube_testing_handler *handler, void *user);
void rest_fixture_start_with(rest_fixture *f, kube_testing_http_server_options options, const char *host);
/* The same in a process of its own: every thread and descriptor of this one is then the library's under test. */
void rest_fixture_start_process(rest_fixture *f, kube_testing_handler *handler, void *user);
void rest_fixture_clear(rest_fixture *f);

/* Options that trust the fixture's CA. */
kube_rest_client_options rest_fixture_options(const rest_fixture *f);
kube_rest_client *rest_fixture_client(const rest_fixture *f);

/* Blocking; the caller clears the result. */
void rest_get(kube_rest_client *client, const char *path, rest_result *result);
void rest_result_clear(rest_result *result);
/* A kube_rest_done that fills a rest_result. */
void rest_record(void *user, kube_status status, kube_rest_response *response, kube_error *err);
/* Turns the loop until `result` has been called, or a few seconds have passed. */
void rest_run_until_done(kube_io *io, const rest_result *result);

int64_t test_now_ms(void);

#endif
