#include "transport_config.h"

#include <kube/base/version.h>
#include <kube/sys/error.h>

#include <dlfcn.h>
#include <pthread.h>

#define LIBRARY "libkube-rest-curl.so"
#define NODE "KUBE_PRIVATE_" KUBE_VERSION

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void *library;
static char why[256]; /* written once, under `once` */

static void remember_reason(void)
{
    kube_str reason = kube_str_c(dlerror());
    size_t len = reason.len < sizeof why - 1 ? reason.len : sizeof why - 1;

    memcpy(why, reason.data, len);
    why[len] = '\0';
}

/* Looked for beside this library first (its run path is $ORIGIN). Never closed: libcurl may have a resolver thread that
 * has not noticed yet that nobody waits for it. */
static void load(void)
{
    library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (library == NULL)
        remember_reason();
}

kube_status kube__transport_open(const kube__transport_config *config, kube_transport **out, kube_error **err)
{
    kube__transport_factory *factory = NULL;
    void *symbol = NULL;

    pthread_once(&once, load);
    if (library == NULL)
        return kube_error_set(err, KUBE_ERR_UNSUPPORTED, "loading the network transport %s: %s", LIBRARY, why);
    symbol = dlvsym(library, "kube__curl_transport_new", NODE); /* another release's library lacks this node */
    if (symbol == NULL)
        return kube_error_set(err, KUBE_ERR_UNSUPPORTED, "%s is not of release %s", LIBRARY, KUBE_VERSION);
    memcpy(&factory, &symbol, sizeof factory); /* POSIX's way from an object pointer to a function's */
    return factory(config, out, err);
}
