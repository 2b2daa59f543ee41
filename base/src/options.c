#include "shared/options.h"

#include <kube/sys/error.h>

#include <string.h>

/* No options struct comes near it: a larger size is memory nobody initialised. */
enum { OPTIONS_MAX_BYTES = 4096 };

kube_status kube__options_import(void *dst, size_t dst_size, const void *src, size_t first_release_size,
                                 const char *name, kube_error **err)
{
    const unsigned char *bytes = src;
    size_t size;

    memset(dst, 0, dst_size);
    if (src == NULL)
        return KUBE_OK;
    memcpy(&size, src, sizeof size);
    if (size < first_release_size || size > OPTIONS_MAX_BYTES)
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "%s was not initialised with its INIT macro", name);
    for (size_t i = dst_size; i < size; i++) {
        if (bytes[i] != 0)
            return kube_error_set(err, KUBE_ERR_UNSUPPORTED, "%s asks for something this release of libkube lacks",
                                  name);
    }
    memcpy(dst, src, size < dst_size ? size : dst_size);
    return KUBE_OK;
}
