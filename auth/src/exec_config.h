/* A credential plugin, ready to be run: never changed once made, so that any thread may read it. */
#ifndef KUBE_AUTH_EXEC_CONFIG_H
#define KUBE_AUTH_EXEC_CONFIG_H

#include "credentials.h"
#include "pool.h"

typedef enum kube__exec_mode {
    KUBE__EXEC_NEVER = 0,
    KUBE__EXEC_IF_AVAILABLE = 1,
    KUBE__EXEC_ALWAYS = 2
} kube__exec_mode;

typedef struct kube__exec_config {
    kube__pool         pool;
    const kube__host  *host;
    const char        *user;    /* for messages */
    const char        *command; /* cleaned */
    const char        *api_version;
    const char        *hint;    /* how to install it, fit for a terminal; "" without one */
    const char        *path;    /* PATH; "" when there is none */
    const char *const *argv;
    const char *const *envp[2]; /* without and with standard input; NULL: never run that way */
    kube__exec_mode    mode;
} kube__exec_config;

kube_status kube__exec_config_init(kube__exec_config *config, const kube__exec_options *opts, kube_error **err);
void kube__exec_config_clear(kube__exec_config *config);

/* Whether it may use standard input now. CONFIG: it must, and there is no terminal. */
kube_status kube__exec_interactive(const kube__exec_config *config, bool *out, kube_error **err);
/* Finds the program's file as a shell would, except in the current directory. CONFIG: there is none. */
kube_status kube__exec_find(const kube__exec_config *config, kube_buf *path, kube_error **err);

#endif
