/* Everything a configuration comes down to: what kube_rest_client_new() is given. */
#ifndef KUBE_AUTH_IDENTITY_H
#define KUBE_AUTH_IDENTITY_H

#include "host.h"
#include "kubeconfig.h"

#include <kube/auth/client.h>
#include <kube/sys/credential.h>

/* A certificate authority bundle or a client certificate with its chain is far smaller. */
enum { KUBE__PEM_MAX_BYTES = 1024 * 1024 };

typedef struct kube__identity {
    kube__kubeconfig config; /* its pool holds everything below */
    const char      *server;
    const char      *tls_server_name; /* NULL: the host of the URL   */
    const char      *name_space;      /* NULL: not set               */
    kube_str         ca_pem, cert_pem, key_pem;
    const char      *bearer_token;    /* NULL: none, or by credential */
    kube_credential *credential;      /* NULL: none                   */
    bool             insecure, disable_compression;
} kube__identity;

/* From the options (imported already), the kubeconfig and the service account. */
kube_status kube__identity_load(const kube__host *host, const kube_auth_options *opts, kube__identity *out,
                                kube_error **err);
/* A zeroed one is fine. */
void kube__identity_clear(kube__identity *identity);

/* The identity of one context: identity_kubeconfig.c. Reports every problem there is. `resolved` lives in the pool. */
kube_status kube__identity_from_kubeconfig(const kube__host *host, const kube__resolved *resolved,
                                           const kube_auth_options *opts, kube__identity *out, kube_error **err);

/* The identity of the pod's service account: in_cluster.c. NOT_FOUND, with what is missing: this is no pod. */
kube_status kube__identity_in_cluster(const kube__host *host, const kube_auth_options *opts, kube__identity *out,
                                      kube_error **err);

/* The fields of a user and a cluster that exclude or need each other: validate.c. */
struct kube__problems;
void kube__validate_cluster(const kube__cluster *cluster, struct kube__problems *problems);
void kube__validate_user(const kube__user *user, struct kube__problems *problems);
/* What a user has to show, in the order of preference. */
bool kube__user_has_token(const kube__user *user);
bool kube__user_has_basic(const kube__user *user);
bool kube__user_has_cert(const kube__user *user);
/* A plugin is asked only by those who have nothing else. */
bool kube__user_runs_plugin(const kube__user *user);

#endif
