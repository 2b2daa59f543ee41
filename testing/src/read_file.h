/* A whole file. */
#ifndef KUBE_TESTING_SRC_READ_FILE_H
#define KUBE_TESTING_SRC_READ_FILE_H

#include <kube/base/buf.h>

/* Appends the file to `out`. NOT_FOUND, IO, LIMIT or OUT_OF_MEMORY. */
kube_status kube__read_file(const char *path, kube_buf *out, kube_error **err);

#endif
