/* What a credential plugin is told: the variable KUBERNETES_EXEC_INFO. */
#ifndef KUBE_AUTH_EXEC_INFO_H
#define KUBE_AUTH_EXEC_INFO_H

#include "kubeconfig.h"

/* Linux hands no longer string than 128 KiB to a new program. */
enum { KUBE__EXEC_INFO_MAX_BYTES = 128 * 1024 - 1 };

/* Appends the cluster as JSON. LIMIT: it does not fit; CONFIG: its extension has no JSON form. */
kube_status kube__exec_cluster_json(const kube__cluster *cluster, kube_str ca_pem, kube_buf *out, kube_error **err);

/* Appends "KUBERNETES_EXEC_INFO={…}", one line. */
kube_status kube__exec_info(const char *api_version, kube_str cluster_json, bool interactive, kube_buf *out,
                            kube_error **err);

#endif
