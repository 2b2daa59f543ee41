/* Dates as Kubernetes writes them. */
#ifndef KUBE_AUTH_RFC3339_H
#define KUBE_AUTH_RFC3339_H

#include <kube/base/str.h>

#include <stdint.h>

/* "2006-01-02T15:04:05Z", with fractions of a second and an offset if need be, as milliseconds since 1970. False: it is
 * none, or no such moment. */
bool kube__rfc3339_parse(kube_str text, int64_t *unix_ms);

#endif
