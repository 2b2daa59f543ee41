/* One run of a credential plugin, on a loop. */
#ifndef KUBE_AUTH_EXEC_RUN_H
#define KUBE_AUTH_EXEC_RUN_H

#include "exec_config.h"
#include "exec_output.h"

#include <kube/sys/io.h>

/* It has ended. KUBE_OK: `answer` is set, and its header the callee's. CANCELLED: it was killed. Else `err` says why,
 * the callee's to free. */
typedef void kube__exec_run_done(void *user, kube_status status, kube__exec_answer answer, kube_error *err);

/* Starts it. KUBE_PENDING: `done` is called once, from a step or the end of `io`. `config` must live until then. */
kube_status kube__exec_run_start(const kube__exec_config *config, kube_io *io, kube_cancel *cancel,
                                 kube__exec_run_done *done, void *user, kube_error **err);

#endif
