/* The documents of kubectl's discovery folder, byte for byte as client-go writes them; docs/formats.md describes
 * them. */
#ifndef KUBE_DISCOVERY_DOCUMENT_ENCODE_H
#define KUBE_DISCOVERY_DOCUMENT_ENCODE_H

#include <kube/base/buf.h>
#include <kube/discovery/snapshot.h>

/* servergroups.json: an APIGroupList. */
void kube__encode_group_list(const kube_api_group_list *groups, kube_buf *out);
/* <group>/<version>/serverresources.json: an APIResourceList. The group-version is loaded. */
void kube__encode_resource_list(const kube_group_version *group_version, kube_buf *out);

#endif
