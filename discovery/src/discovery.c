/* The interface object: a table of functions, a state, and the private loop of blocking calls. */
#include "discovery_private.h"

#include "shared/alloc.h"
#include "shared/options.h"

#include <kube/sys/error.h>

static void destroy(kube__counted *counted)
{
    kube_discovery *discovery = (kube_discovery *)(void *)counted;

    kube__blocking_free(discovery->blocking);
    if (discovery->ops.destroy != NULL)
        discovery->ops.destroy(discovery->state);
    kube__free(discovery);
}

static kube_status make(const kube_discovery_ops *ops, const kube_clock *clock, kube_discovery **out, kube_error **err)
{
    kube_discovery *made = NULL;
    kube_status st = KUBE_OK;

    if (ops == NULL)
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "kube_discovery_ops is missing");
    if (KUBE__NEW(made) == NULL)
        return kube_error_no_memory(err);
    st = kube__options_import(&made->ops, sizeof made->ops, ops, sizeof made->ops, "kube_discovery_ops", err);
    if (st == KUBE_OK && made->ops.fetch == NULL)
        st = kube_error_set(err, KUBE_ERR_INVALID_ARG, "kube_discovery_ops has no fetch");
    if (st == KUBE_OK)
        st = kube__blocking_new(clock != NULL ? clock : kube_clock_system(), &made->blocking, err);
    if (st != KUBE_OK) {
        kube__free(made);
        return st;
    }
    kube__counted_init(&made->counted, destroy);
    *out = made;
    return KUBE_OK;
}

kube_status kube_discovery_new(const kube_discovery_ops *ops, void *state, const kube_clock *clock,
                               kube_discovery **out, kube_error **err)
{
    kube_discovery *made = NULL;
    kube_status st = make(ops, clock, &made, err);

    if (st == KUBE_OK) {
        made->state = state;
        *out = made;
    } else if (ops != NULL && ops->struct_size >= offsetof(kube_discovery_ops, fetch) && ops->destroy != NULL) {
        ops->destroy(state);
    }
    return st;
}

kube_discovery *kube_discovery_ref(kube_discovery *discovery)
{
    if (discovery != NULL)
        kube__counted_ref(&discovery->counted);
    return discovery;
}

void kube_discovery_unref(kube_discovery *discovery)
{
    if (discovery != NULL)
        kube__counted_unref(&discovery->counted);
}

kube_status kube_discovery_fetch(kube_discovery *discovery, kube_io *io, const kube_discovery_request *request,
                                 const kube_call *call, kube_discovery_fetch_done *done, void *user,
                                 kube_discovery_snapshot **out, kube_error **err)
{
    return discovery->ops.fetch(discovery->state, io, request, call, done, user, out, err);
}

kube_status kube_discovery_fetch_server_version(kube_discovery *discovery, kube_io *io, const kube_call *call,
                                                kube_server_version_done *done, void *user, kube_server_version **out,
                                                kube_error **err)
{
    if (discovery->ops.server_version == NULL)
        return kube_error_set(err, KUBE_ERR_UNSUPPORTED, "this discovery cannot tell the server's version");
    return discovery->ops.server_version(discovery->state, io, call, done, user, out, err);
}

bool kube_discovery_fresh(const kube_discovery *discovery)
{
    return discovery->ops.fresh == NULL || discovery->ops.fresh(discovery->state);
}

void kube_discovery_invalidate(kube_discovery *discovery)
{
    if (discovery->ops.invalidate != NULL)
        discovery->ops.invalidate(discovery->state);
}
