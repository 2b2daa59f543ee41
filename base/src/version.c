#include <kube/base/version.h>

const char *kube_version(void)
{
    return KUBE_VERSION;
}
