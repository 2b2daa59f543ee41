#include <kube/sys/transport.h>

#include "shared/alloc.h"

#include <kube/sys/error.h>

#include <stdatomic.h>

struct kube_transport {
    atomic_uint        refs;
    kube_transport_ops ops;
    void              *state;
};

kube_status kube_transport_new(const kube_transport_ops *ops, void *state, kube_transport **out, kube_error **err)
{
    kube_transport *transport = NULL;
    kube_status st = KUBE_OK;

    if (ops == NULL || ops->struct_size < sizeof *ops || ops->send == NULL)
        st = kube_error_set(err, KUBE_ERR_INVALID_ARG, "a transport needs the function `send`");
    else if (KUBE__NEW(transport) == NULL)
        st = kube_error_no_memory(err);
    if (st != KUBE_OK) {
        if (ops != NULL && ops->struct_size >= sizeof *ops && ops->destroy != NULL)
            ops->destroy(state);
        return st;
    }
    atomic_init(&transport->refs, 1);
    transport->ops = *ops;
    transport->state = state;
    *out = transport;
    return KUBE_OK;
}

kube_transport *kube_transport_ref(kube_transport *transport)
{
    if (transport != NULL)
        atomic_fetch_add_explicit(&transport->refs, 1, memory_order_relaxed);
    return transport;
}

void kube_transport_unref(kube_transport *transport)
{
    if (transport == NULL || atomic_fetch_sub_explicit(&transport->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (transport->ops.destroy != NULL)
        transport->ops.destroy(transport->state);
    kube__free(transport);
}

kube_status kube_transport_send(kube_transport *transport, kube_io *io, const kube_transport_request *request,
                                const kube_call *call, kube_transport_done *done, void *user,
                                kube_rest_response **out, kube_error **err)
{
    return transport->ops.send(transport->state, io, request, call, done, user, out, err);
}

uint64_t kube_transport_connections(const kube_transport *transport)
{
    return transport->ops.connections != NULL ? transport->ops.connections(transport->state) : 0;
}
