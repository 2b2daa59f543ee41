#include "transport_config.h"

#include <kube/base/version.h>
#include <kube/sys/error.h>

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#define LIBRARY "libkube-rest-curl.so"
#define NODE "KUBE_PRIVATE_" KUBE_VERSION

/* The library, or its reason in `why`. Looked for beside this library first (its run path is $ORIGIN). Never closed:
 * libcurl may have a resolver thread that has not noticed yet that nobody waits for it. One that could not be loaded is
 * looked for again by the next one: there may only have been no descriptor free. */
static void *load(char *why, size_t size)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static void *library;
    void *now;

    pthread_mutex_lock(&lock);
    if (library == NULL) {
        library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
        if (library == NULL)
            snprintf(why, size, "%s", dlerror());
    }
    now = library;
    pthread_mutex_unlock(&lock);
    return now;
}

kube_status kube__transport_open(const kube__transport_config *config, kube_transport **out, kube_error **err)
{
    kube__transport_factory *factory = NULL;
    char why[256];
    void *library = load(why, sizeof why), *symbol = NULL;

    if (library == NULL)
        return kube_error_set(err, KUBE_ERR_UNSUPPORTED, "loading the network transport %s: %s", LIBRARY, why);
    symbol = dlvsym(library, "kube__curl_transport_new", NODE); /* another release's library lacks this node */
    if (symbol == NULL)
        return kube_error_set(err, KUBE_ERR_UNSUPPORTED, "%s is not of release %s", LIBRARY, KUBE_VERSION);
    memcpy(&factory, &symbol, sizeof factory); /* POSIX's way from an object pointer to a function's */
    return factory(config, out, err);
}
