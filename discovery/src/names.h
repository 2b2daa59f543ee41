/* What a server's names may look like, and group-version strings. */
#ifndef KUBE_DISCOVERY_NAMES_H
#define KUBE_DISCOVERY_NAMES_H

#include <kube/base/error.h>
#include <kube/base/str.h>

#include <stdbool.h>

/* True when the UTF-8 text holds a control character (U+0000 to U+001F, U+007F to U+009F): nothing that a name, a
 * terminal or a header should see. */
bool kube__has_control(kube_str text);
/* "apps", "rbac.authorization.k8s.io": at most 253 bytes. */
bool kube__is_dns1123_subdomain(kube_str text);
/* "v1", "v1beta1": at most 63 bytes. */
bool kube__is_dns1035_label(kube_str text);
/* True when the text can be one segment of a URL's path and means itself there. */
bool kube__is_path_segment(kube_str text);

/* "apps/v1" or "v1", neither part empty, no control characters, usable in a path. INVALID_ARG otherwise. The parts
 * borrow. */
kube_status kube__group_version_parse(const char *text, kube_str *group, kube_str *version, kube_error **err);

#endif
