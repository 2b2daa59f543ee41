/* One set of rules for every options struct that a caller fills. */
#ifndef KUBE_SHARED_OPTIONS_H
#define KUBE_SHARED_OPTIONS_H

#include <kube/base/error.h>
#include <stddef.h>

/* Copies the caller's struct into ours. NULL means every default. A struct_size smaller than the first release's means
 * that the initialiser was forgotten (INVALID_ARG); a larger one is fine as long as what we do not know is zero, else
 * the program asks for something this release lacks (UNSUPPORTED). `name` is the type's, for the message. */
KUBE_API kube_status kube__options_import(void *dst, size_t dst_size, const void *src, size_t first_release_size,
                                          const char *name, kube_error **err);

#endif
