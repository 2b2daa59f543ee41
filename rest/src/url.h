/* URLs as far as one API server needs them: its base URL taken apart, request targets built, redirects judged. */
#ifndef KUBE_REST_URL_H
#define KUBE_REST_URL_H

#include <kube/base/buf.h>
#include <kube/rest/request.h>

#include <stdbool.h>
#include <stdint.h>

enum { KUBE__URL_MAX_BYTES = 64 * 1024 };

/* A base URL in normal form: scheme and host in lower case, default port left out of `text`. */
typedef struct kube__url {
    bool     https;
    uint16_t port;
    char    *host; /* without the brackets of an IPv6 address */
    char    *path; /* "" or "/prefix", without a slash at its end */
    char    *text; /* scheme://host[:port]path */
} kube__url;

/* CONFIG with a message that names what is wrong. User info, query and fragment are refused. */
kube_status kube__url_parse(const char *text, kube__url *out, kube_error **err);
void kube__url_clear(kube__url *url);

/* True for an IPv4 or IPv6 address in text form. */
KUBE_API bool kube__url_host_is_address(const char *host);
/* True for localhost and the loopback addresses. */
bool kube__url_host_is_loopback(const char *host);

/* Appends the request target: the base path, then the request's path and query, escaped. Dots and double slashes are
 * kept as they are; what a server makes of them is its business. */
kube_status kube__url_append_target(kube_buf *out, const kube__url *base, const kube_rest_request *request,
                                    kube_error **err);

/* The target a Location means when it stays on the same scheme, host and port; PROTOCOL when it leaves, or makes no
 * sense. */
kube_status kube__url_append_redirect(kube_buf *out, const kube__url *base, const char *current_target,
                                      const char *location, kube_error **err);

#endif
