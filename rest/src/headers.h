/* What may stand in a header we send. libcurl passes line feeds through, so nothing unchecked may reach it. */
#ifndef KUBE_REST_HEADERS_H
#define KUBE_REST_HEADERS_H

#include <kube/rest/request.h>

#include <stdbool.h>

/* Token characters only (RFC 9110, 5.6.2). */
bool kube__header_name_is_valid(const char *name);
/* Visible ASCII, blanks and tabs inside, neither at the ends. The empty value is fine. */
bool kube__header_value_is_valid(const char *value);
/* A caller may not set it: it belongs to the connection, to the credential or to the transport. */
bool kube__header_is_reserved(const char *name);

#endif
