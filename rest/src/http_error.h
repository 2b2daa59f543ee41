/* Turning an answer that is not a success into a status and an error. */
#ifndef KUBE_REST_HTTP_ERROR_H
#define KUBE_REST_HTTP_ERROR_H

#include <kube/base/error.h>
#include <kube/rest/response.h>

/* The status an HTTP code means, whatever the body says. */
kube_status kube__http_status_meaning(int http_status);

/* The error of an answer outside 2xx: from its Status object when it carries one of status Failure, else from its code
 * and, for textual bodies, its text. Of a longer message the first 3000 bytes are kept, whole characters with "..."
 * behind them; a reason that is longer is left out. Returns the status of the error. */
kube_status kube__http_error(const kube_rest_response *response, kube_error **err);

#endif
