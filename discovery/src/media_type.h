/* What kind of document an answer is, by its Content-Type. */
#ifndef KUBE_DISCOVERY_MEDIA_TYPE_H
#define KUBE_DISCOVERY_MEDIA_TYPE_H

#include <kube/base/error.h>
#include <kube/base/str.h>

#include <stdbool.h>

#define KUBE__ACCEPT_JSON "application/json"
#define KUBE__ACCEPT_V2 "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
#define KUBE__ACCEPT_V2BETA1 "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"

/* Tells an aggregated document from a legacy one. NULL is an answer without the header. PROTOCOL: the header cannot be
 * read, or says something else than JSON and the body does not look like JSON either; an empty body. */
kube_status kube__judge_answer(const char *content_type, kube_str body, int http_status, bool *aggregated,
                               kube_error **err);

#endif
