/* Starting a process with a pipe at its standard output and nothing else of ours. */
#ifndef KUBE_SHARED_SPAWN_H
#define KUBE_SHARED_SPAWN_H

#include <kube/sys/io.h>

#include <sys/types.h>

/* NOT_FOUND, IO or OUT_OF_MEMORY on failure; then nothing runs and nothing is open. */
kube_status kube__spawn(const kube_io_child_options *opts, pid_t *pid, int *out_fd, kube_error **err);

#endif
