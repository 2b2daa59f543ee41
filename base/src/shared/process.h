/* Telling a forked child from its parent. */
#ifndef KUBE_SHARED_PROCESS_H
#define KUBE_SHARED_PROCESS_H

#include <kube/base/export.h>
#include <stdint.h>

/* A number that a forked child does not share with its parent or with anybody before. As cheap as a load, where
 * getpid() is a system call. Never 0. */
KUBE_API uint32_t kube__process(void);

#endif
