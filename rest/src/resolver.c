#include <kube/sys/resolver.h>

#include "plugins.h"
#include "shared/alloc.h"

#include <kube/sys/error.h>

#include <stdatomic.h>

struct kube_resolver {
    atomic_uint       refs;
    kube_resolver_ops ops;
    void             *state;
};

kube_status kube_resolver_new(const kube_resolver_ops *ops, void *state, kube_resolver **out, kube_error **err)
{
    kube_resolver *resolver = NULL;
    kube_status st = KUBE_OK;

    if (ops == NULL || ops->struct_size < sizeof *ops || ops->resolve == NULL)
        st = kube_error_set(err, KUBE_ERR_INVALID_ARG, "a resolver needs the function `resolve`");
    else if (KUBE__NEW(resolver) == NULL)
        st = kube_error_no_memory(err);
    if (st != KUBE_OK) {
        if (ops != NULL && ops->struct_size >= sizeof *ops && ops->destroy != NULL)
            ops->destroy(state);
        return st;
    }
    atomic_init(&resolver->refs, 1);
    resolver->ops = *ops;
    resolver->state = state;
    *out = resolver;
    return KUBE_OK;
}

kube_resolver *kube_resolver_ref(kube_resolver *resolver)
{
    if (resolver != NULL)
        atomic_fetch_add_explicit(&resolver->refs, 1, memory_order_relaxed);
    return resolver;
}

void kube_resolver_unref(kube_resolver *resolver)
{
    if (resolver == NULL || atomic_fetch_sub_explicit(&resolver->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (resolver->ops.destroy != NULL)
        resolver->ops.destroy(resolver->state);
    kube__free(resolver);
}

kube_status kube__resolver_resolve(kube_resolver *resolver, kube_io *io, const char *host, const kube_call *call,
                                   kube_resolver_done *done, void *user, kube_blob **out, kube_error **err)
{
    return resolver->ops.resolve(resolver->state, io, host, call, done, user, out, err);
}
