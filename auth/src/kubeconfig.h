/* A kubeconfig: read from its files, merged, and the one identity in it that was asked for. */
#ifndef KUBE_AUTH_KUBECONFIG_H
#define KUBE_AUTH_KUBECONFIG_H

#include "host.h"
#include "pool.h"
#include "yaml_tree.h"

/* A file with hundreds of clusters and their certificates has about one megabyte. */
#define KUBE__KUBECONFIG_MAX_BYTES ((size_t)16 * 1024 * 1024)

/* ---- what the files say: kubeconfig_decode.c. Absent strings are NULL. ---- */

typedef struct kube__kubeconfig_file kube__kubeconfig_file;

typedef struct kube__env_var {
    const char *name, *value;
} kube__env_var;

typedef struct kube__exec_spec {
    const char          *api_version, *command, *install_hint, *interactive_mode;
    const char *const   *args;
    const kube__env_var *env;
    size_t               arg_count, env_count;
    bool                 provide_cluster_info;
} kube__exec_spec;

typedef struct kube__cluster {
    const char                  *name;
    const kube__kubeconfig_file *file; /* NULL: made of options */
    const char                  *server, *tls_server_name, *ca_file, *proxy_url;
    kube_str                     ca_data;
    bool                         insecure, disable_compression;
    const kube__yaml_node       *exec_extension; /* what the cluster wants its plugin to know */
} kube__cluster;

typedef struct kube__user {
    const char                  *name;
    const kube__kubeconfig_file *file;
    const char                  *cert_file, *key_file;
    kube_str                     cert_data, key_data;
    const char                  *token, *token_file, *username, *password;
    const char                  *impersonates;  /* the first as* field that is set, by name */
    bool                         auth_provider; /* there is one */
    const kube__exec_spec       *exec;
} kube__user;

typedef struct kube__context {
    const char *name;
    const char *cluster, *user, *name_space;
} kube__context;

struct kube__kubeconfig_file {
    const char                 *path; /* as it was named */
    const char                 *dir;  /* absolute: relative paths in it start there */
    const char                 *current_context;
    const kube__cluster        *clusters;
    const kube__user           *users;
    const kube__context        *contexts;
    size_t                      cluster_count, user_count, context_count;
    const kube__kubeconfig_file *next;
};

/* Decodes one document into `file`, whose path and dir are set. */
kube_status kube__kubeconfig_decode(kube_str text, kube__pool *pool, kube__kubeconfig_file *file, kube_error **err);

/* The `exec` of a user; kubeconfig_exec.c. NULL after a failure. */
struct kube__yaml_reader;
const kube__exec_spec *kube__exec_spec_decode(struct kube__yaml_reader *r, const kube__yaml_node *map);

/* ---- all files together: kubeconfig_load.c ---- */

typedef struct kube__kubeconfig {
    kube__pool                   pool; /* everything below, and what is resolved from it */
    const kube__kubeconfig_file *files; /* in order of precedence */
    kube_buf                     sought; /* "KUBECONFIG (a: no such file, b: no such file)", for messages */
} kube__kubeconfig;

void kube__kubeconfig_init(kube__kubeconfig *config);
void kube__kubeconfig_clear(kube__kubeconfig *config);
/* Reads the explicit file, or those of KUBECONFIG, or the one in the home directory. */
kube_status kube__kubeconfig_load(kube__kubeconfig *config, const kube__host *host, const char *explicit_path,
                                  kube_error **err);
/* No file, or nothing in any of them. */
bool kube__kubeconfig_is_empty(const kube__kubeconfig *config);

/* The entry of the first file that has one of this name: entries are never mixed. NULL: none. */
const kube__cluster *kube__kubeconfig_cluster(const kube__kubeconfig *config, const char *name);
const kube__user *kube__kubeconfig_user(const kube__kubeconfig *config, const char *name);
const kube__context *kube__kubeconfig_context(const kube__kubeconfig *config, const char *name);
/* Of the first file that sets one; NULL: none does. */
const char *kube__kubeconfig_current_context(const kube__kubeconfig *config);

/* ---- one identity: kubeconfig_resolve.c ---- */

typedef struct kube__resolved {
    const char   *context;    /* its name; NULL: none */
    const char   *name_space; /* NULL: not set */
    kube__cluster cluster;    /* paths absolute, overrides applied */
    kube__user    user;       /* paths absolute */
} kube__resolved;

/* The context asked for, else the current one, and what it names. `server` replaces the cluster's, and its TLS name. */
kube_status kube__kubeconfig_resolve(kube__kubeconfig *config, const char *context, const char *server,
                                     kube__resolved *out, kube_error **err);

#endif
