/* What a credential plugin answers: an ExecCredential, in JSON. */
#ifndef KUBE_AUTH_EXEC_OUTPUT_H
#define KUBE_AUTH_EXEC_OUTPUT_H

#include <kube/base/blob.h>

#include <stdint.h>

#define KUBE__NEVER_EXPIRES INT64_MAX

typedef struct kube__exec_answer {
    kube_blob *header; /* "Bearer …" */
    int64_t    expires_unix_ms;
} kube__exec_answer;

/* Reads an answer of the version asked for. `origin` begins the messages. PARSE: it is no ExecCredential;
 * UNSUPPORTED: it brings a client certificate. */
kube_status kube__exec_output_parse(kube_str output, const char *api_version, const char *origin,
                                    kube__exec_answer *out, kube_error **err);

#endif
