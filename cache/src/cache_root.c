/* Where kubectl keeps its cache. */
#include <kube/cache/disk_store.h>
#include <kube/sys/error.h>

#include <stdlib.h>

/* In a set-uid or set-gid program the environment was chosen by somebody with fewer rights: then it is empty. */
static const char *variable(const char *name)
{
    const char *value = secure_getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

kube_status kube_disk_cache_root(kube_buf *out, kube_error **err)
{
    const char *root = variable("KUBECACHEDIR");
    const char *home = variable("HOME");

    if (root != NULL) {
        kube_buf_append_c(out, root);
        return KUBE_OK;
    }
    if (home == NULL)
        return kube_error_set(err, KUBE_ERR_CONFIG, "there is no cache folder: neither KUBECACHEDIR nor HOME is set");
    kube_buf_append_f(out, "%s/.kube/cache", home);
    return KUBE_OK;
}
