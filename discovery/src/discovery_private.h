#ifndef KUBE_DISCOVERY_DISCOVERY_PRIVATE_H
#define KUBE_DISCOVERY_DISCOVERY_PRIVATE_H

#include "counted.h"
#include "shared/blocking.h"

#include <kube/sys/discovery.h>

struct kube_discovery {
    kube__counted      counted;
    kube_discovery_ops ops;
    void              *state;
    kube__blocking    *blocking;
};

/* What a call's options say of freshness. */
kube_status kube__freshness_of(const kube_call_options *opts, kube_freshness *out, kube_error **err);

#endif
