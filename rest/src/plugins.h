/* Calling what was plugged in; only rest does. */
#ifndef KUBE_REST_PLUGINS_H
#define KUBE_REST_PLUGINS_H

#include <kube/base/export.h>
#include <kube/sys/credential.h>
#include <kube/sys/resolver.h>

kube_status kube__credential_authorization(kube_credential *credential, kube_io *io, const kube_call *call,
                                           kube_credential_done *done, void *user, kube_blob **out, kube_error **err);
void kube__credential_unauthorized(kube_credential *credential, const kube_blob *used);

/* Exported for the transport, which is a library of its own. */
KUBE_API kube_status kube__resolver_resolve(kube_resolver *resolver, kube_io *io, const char *host,
                                            const kube_call *call, kube_resolver_done *done, void *user,
                                            kube_blob **out, kube_error **err);

#endif
