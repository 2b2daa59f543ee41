/* kubectl decides by the text of `server` alone, before it knows the CA: an address without a scheme counts as http,
 * and for http every credential is dropped without a word. The same rules are followed here as far as nothing gets
 * lost. */
#include "server.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <strings.h>

/* The host between "://" and the port or path; user info makes it somebody else's business (rest refuses it). */
static kube_str host_of(const char *authority)
{
    size_t len = strcspn(authority, "/?#");

    if (memchr(authority, '@', len) != NULL)
        return kube_str_n(authority, 0);
    if (authority[0] == '[') {
        size_t inside = strcspn(authority + 1, "]/?#");

        return kube_str_n(authority + 1, inside);
    }
    return kube_str_n(authority, strcspn(authority, ":/?#"));
}

static bool is_loopback(kube_str host)
{
    char text[64];
    struct in_addr v4;
    struct in6_addr v6;

    if (host.len == 0 || host.len >= sizeof text)
        return false;
    memcpy(text, host.data, host.len);
    text[host.len] = '\0';
    if (strcasecmp(text, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, text, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, text, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* "host", "host:port", perhaps with a slash at the end. */
static bool has_path(const char *server)
{
    const char *slash = strchr(server, '/');

    return slash != NULL && slash[1] != '\0';
}

kube__server_verdict kube__server_judge(const char *server, bool has_credentials, bool has_tls_settings)
{
    static const char https[] = "https://", http[] = "http://";

    if (strncasecmp(server, https, sizeof https - 1) == 0)
        return KUBE__SERVER_TLS;
    if (strncasecmp(server, http, sizeof http - 1) == 0) {
        if (!has_credentials)
            return KUBE__SERVER_PLAIN;
        return is_loopback(host_of(server + sizeof http - 1)) ? KUBE__SERVER_LEAVE_OUT : KUBE__SERVER_EXPOSES;
    }
    if (strstr(server, "://") != NULL || has_path(server) || has_credentials || has_tls_settings)
        return KUBE__SERVER_UNCLEAR;
    return KUBE__SERVER_NO_SCHEME;
}
