/* The credentials that a kubeconfig or a service account can mean. */
#ifndef KUBE_AUTH_CREDENTIALS_H
#define KUBE_AUTH_CREDENTIALS_H

#include "host.h"
#include "kubeconfig.h"

#include <kube/base/log.h>
#include <kube/sys/credential.h>

/* The value of an Authorization header that carries a token, without the white space around it. CONFIG with a message
 * that begins with `origin` when it is empty or cannot be sent in a header. */
kube_status kube__bearer_header(kube_str token, const char *origin, kube_blob **out, kube_error **err);

/* User name and password, always the same. */
kube_status kube__credential_basic_new(const char *username, const char *password, kube_credential **out,
                                       kube_error **err);

/* A token in a file, which is read again about every 50 seconds. The file must be readable now, unless there is a first
 * token to begin with. The host must outlive the credential. */
kube_status kube__credential_token_file_new(const kube__host *host, const kube_logger *logger, const char *path,
                                            const char *first_token, kube_credential **out, kube_error **err);

/* A token from a plugin, which is run when there is none, or the one there is has expired or was refused. */
typedef struct kube__exec_options {
    const kube__host      *host;         /* must outlive the credential */
    const kube__exec_spec *spec;         /* validated */
    const char            *user;         /* the entry's name, for messages */
    kube_str               cluster_json; /* what it is told about the cluster; empty: nothing */
} kube__exec_options;

kube_status kube__credential_exec_new(const kube__exec_options *opts, kube_credential **out, kube_error **err);

#endif
