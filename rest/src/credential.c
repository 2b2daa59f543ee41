#include <kube/sys/credential.h>

#include "plugins.h"
#include "shared/alloc.h"

#include <kube/sys/error.h>

#include <stdatomic.h>

struct kube_credential {
    atomic_uint         refs;
    kube_credential_ops ops;
    void               *state;
};

kube_status kube_credential_new(const kube_credential_ops *ops, void *state, kube_credential **out, kube_error **err)
{
    kube_credential *credential = NULL;
    kube_status st = KUBE_OK;

    if (ops == NULL || ops->struct_size < sizeof *ops || ops->authorization == NULL)
        st = kube_error_set(err, KUBE_ERR_INVALID_ARG, "a credential needs the function `authorization`");
    else if (KUBE__NEW(credential) == NULL)
        st = kube_error_no_memory(err);
    if (st != KUBE_OK) {
        if (ops != NULL && ops->struct_size >= sizeof *ops && ops->destroy != NULL)
            ops->destroy(state);
        return st;
    }
    atomic_init(&credential->refs, 1);
    credential->ops = *ops;
    credential->state = state;
    *out = credential;
    return KUBE_OK;
}

kube_credential *kube_credential_ref(kube_credential *credential)
{
    if (credential != NULL)
        atomic_fetch_add_explicit(&credential->refs, 1, memory_order_relaxed);
    return credential;
}

void kube_credential_unref(kube_credential *credential)
{
    if (credential == NULL || atomic_fetch_sub_explicit(&credential->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (credential->ops.destroy != NULL)
        credential->ops.destroy(credential->state);
    kube__free(credential);
}

kube_status kube__credential_authorization(kube_credential *credential, kube_io *io, const kube_call *call,
                                           kube_credential_done *done, void *user, kube_blob **out, kube_error **err)
{
    return credential->ops.authorization(credential->state, io, call, done, user, out, err);
}

void kube__credential_unauthorized(kube_credential *credential, const kube_blob *used)
{
    if (credential->ops.unauthorized != NULL)
        credential->ops.unauthorized(credential->state, used);
}
