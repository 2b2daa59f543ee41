#include "transport_config.h"

kube_status kube__transport_open(const kube__transport_config *config, kube_transport **out, kube_error **err)
{
    return kube__curl_transport_new(config, out, err);
}
