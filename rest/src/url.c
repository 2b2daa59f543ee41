#include "url.h"

#include "shared/alloc.h"

#include <kube/sys/error.h>

#include <arpa/inet.h>
#include <string.h>

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static char lower(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c | 0x20);
    return c;
}

bool kube__url_host_is_address(const char *host)
{
    unsigned char scratch[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, host, scratch) == 1 || inet_pton(AF_INET6, host, scratch) == 1;
}

bool kube__url_host_is_loopback(const char *host)
{
    unsigned char v4[sizeof(struct in_addr)];
    struct in6_addr v6;

    if (strcmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, v4) == 1)
        return v4[0] == 127;
    return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* Letters, digits, '-', '.', '_' for names; digits, ':', '.' and letters inside brackets for IPv6. */
static bool host_is_plausible(kube_str host, bool bracketed)
{
    if (host.len == 0 || host.len > 255)
        return false;
    for (size_t i = 0; i < host.len; i++) {
        char c = host.data[i];

        if (!is_alnum(c) && c != '.' && !(bracketed ? c == ':' : c == '-' || c == '_'))
            return false;
    }
    return true;
}

static bool parse_port(kube_str digits, uint16_t *port)
{
    uint32_t value = 0;

    if (digits.len == 0 || digits.len > 5)
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
        value = value * 10 + (uint32_t)(digits.data[i] - '0');
    }
    if (value == 0 || value > 65535)
        return false;
    *port = (uint16_t)value;
    return true;
}

static bool is_address(int family, kube_str host)
{
    unsigned char address[sizeof(struct in6_addr)];
    char text[256];

    memcpy(text, host.data, host.len);
    text[host.len] = '\0';
    return inet_pton(family, text, address) == 1;
}

static bool is_number(kube_str label)
{
    bool hex = label.len > 1 && label.data[0] == '0' && lower(label.data[1]) == 'x';

    for (size_t i = hex ? 2 : 0; i < label.len; i++) {
        char c = lower(label.data[i]);

        if (!(c >= '0' && c <= '9') && !(hex && c >= 'a' && c <= 'f'))
            return false;
    }
    return label.len != 0;
}

/* No name of the DNS ends in a number, and some libraries take "127.1" or "0x7f000001" for an address: what is sent
 * where must not depend on that. */
static bool ends_in_number(kube_str host)
{
    size_t begin;

    if (is_address(AF_INET, host))
        return false;
    if (host.data[host.len - 1] == '.')
        host.len--;
    for (begin = host.len; begin > 0 && host.data[begin - 1] != '.';)
        begin--;
    return is_number(kube_str_n(host.data + begin, host.len - begin));
}

/* "host", "host:port", "[v6]", "[v6]:port". */
static const char *split_authority(kube_str authority, kube__url *url, kube_str *host)
{
    bool bracketed = authority.len > 0 && authority.data[0] == '[';
    const char *end, *colon;
    size_t rest;

    if (memchr(authority.data, '@', authority.len) != NULL)
        return "it carries a user name or password";
    if (bracketed) {
        end = memchr(authority.data, ']', authority.len);
        if (end == NULL)
            return "a bracket is not closed";
        *host = kube_str_n(authority.data + 1, (size_t)(end - authority.data) - 1);
        rest = authority.len - host->len - 2;
        colon = rest != 0 ? end + 1 : NULL;
        if (rest != 0 && *colon != ':')
            return "there is text between the host and the port";
    } else {
        colon = memchr(authority.data, ':', authority.len);
        *host = kube_str_n(authority.data, colon != NULL ? (size_t)(colon - authority.data) : authority.len);
        rest = authority.len - host->len;
    }
    if (!host_is_plausible(*host, bracketed))
        return "the host is missing or has characters no host has";
    if (bracketed && !is_address(AF_INET6, *host))
        return "there is no IPv6 address between the brackets";
    if (!bracketed && ends_in_number(*host))
        return "the host ends in a number, and is no IPv4 address";
    if (rest != 0 && !parse_port(kube_str_n(colon + 1, rest - 1), &url->port))
        return "the port is not a number from 1 to 65535";
    return NULL;
}

static const char *check_path(kube_str path)
{
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.data[i];

        if (c <= 0x20 || c >= 0x7f || strchr("\"<>\\^`{|}", c) != NULL)
            return "the path has a character that must be escaped";
        if (c == '?' || c == '#')
            return "it has a query or a fragment";
    }
    return NULL;
}

static bool fill(kube__url *url, kube_str host, kube_str path)
{
    kube_buf text = KUBE_BUF_INIT(KUBE__URL_MAX_BYTES);
    bool v6, ok;

    while (path.len > 0 && path.data[path.len - 1] == '/')
        path.len--;
    url->host = kube__strndup(host);
    url->path = kube__strndup(path);
    if (url->host == NULL || url->path == NULL)
        return false;
    for (char *c = url->host; *c != '\0'; c++)
        *c = lower(*c);
    v6 = strchr(url->host, ':') != NULL;
    kube_buf_append_f(&text, "%s://%s%s%s", url->https ? "https" : "http", v6 ? "[" : "", url->host, v6 ? "]" : "");
    if (url->port != (url->https ? 443 : 80))
        kube_buf_append_f(&text, ":%u", (unsigned)url->port);
    kube_buf_append_c(&text, url->path);
    ok = kube_buf_status(&text, NULL) == KUBE_OK;
    if (ok)
        url->text = kube__strndup(kube_buf_str(&text));
    kube_buf_clear(&text);
    return url->text != NULL;
}

static bool skip_scheme(const char **p, bool *https)
{
    static const char *const schemes[] = { "http://", "https://" };

    for (size_t i = 0; i < 2; i++) {
        size_t n = 0;

        while (schemes[i][n] != '\0' && lower((*p)[n]) == schemes[i][n])
            n++;
        if (schemes[i][n] == '\0') {
            *p += n;
            *https = i == 1;
            return true;
        }
    }
    return false;
}

kube_status kube__url_parse(const char *text, kube__url *out, kube_error **err)
{
    kube__url url = { .https = false };
    const char *p = text, *why = NULL;
    kube_str host = kube_str_n("", 0), authority, path;

    if (strlen(text) > KUBE__URL_MAX_BYTES / 2)
        return kube_error_set(err, KUBE_ERR_CONFIG, "the server's URL is longer than %d bytes",
                              KUBE__URL_MAX_BYTES / 2);
    if (!skip_scheme(&p, &url.https))
        return kube_error_set(err, KUBE_ERR_CONFIG, "the server's URL does not begin with https:// or http://");
    authority = kube_str_n(p, strcspn(p, "/?#"));
    path = kube_str_c(p + authority.len);
    url.port = url.https ? 443 : 80;
    why = split_authority(authority, &url, &host);
    if (why == NULL)
        why = check_path(path);
    if (why != NULL) /* not with the text: it may carry a password */
        return kube_error_set(err, KUBE_ERR_CONFIG, "the server's URL cannot be used: %s", why);
    if (!fill(&url, host, path)) {
        kube__url_clear(&url);
        return kube_error_no_memory(err);
    }
    *out = url;
    return KUBE_OK;
}

void kube__url_clear(kube__url *url)
{
    kube__free(url->host);
    kube__free(url->path);
    kube__free(url->text);
    *url = (kube__url){ .https = false };
}

/* The bytes Go's URL type leaves alone in a path, so that the same path gives the same request line. */
static bool path_byte_is_plain(char c)
{
    return is_alnum(c) || strchr("-_.~$&+,/:;=@", c) != NULL;
}

static bool query_byte_is_plain(char c)
{
    return is_alnum(c) || strchr("-_.~", c) != NULL;
}

static void append_escaped(kube_buf *out, const char *text, bool (*is_plain)(char), bool blank_is_plus)
{
    static const char hex[] = "0123456789ABCDEF";

    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (is_plain(*text)) {
            kube_buf_append_char(out, *text);
        } else if (c == ' ' && blank_is_plus) {
            kube_buf_append_char(out, '+');
        } else {
            kube_buf_append_char(out, '%');
            kube_buf_append_char(out, hex[c >> 4]);
            kube_buf_append_char(out, hex[c & 15]);
        }
    }
}

/* A URI is escaped already: only what would break the request line is refused. */
static kube_status append_uri(kube_buf *out, const char *uri, kube_error **err)
{
    for (const char *p = uri; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;

        if (c <= 0x20 || c >= 0x7f || c == '#')
            return kube_error_set(err, KUBE_ERR_INVALID_ARG,
                                  "the URI has a blank, a control byte, a fragment or an unescaped character at "
                                  "offset %zu",
                                  (size_t)(p - uri));
    }
    kube_buf_append_c(out, uri);
    return KUBE_OK;
}

kube_status kube__url_append_target(kube_buf *out, const kube__url *base, const kube_rest_request *request,
                                    kube_error **err)
{
    const char *where = request->uri != NULL ? request->uri : request->path;
    kube_status st = KUBE_OK;
    char separator;

    if (where == NULL || where[0] != '/' || (request->uri != NULL && request->path != NULL))
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "a request needs a path or a uri that begins with a slash");
    kube_buf_append_c(out, base->path);
    if (request->uri != NULL)
        st = append_uri(out, where, err);
    else
        append_escaped(out, where, path_byte_is_plain, false);
    separator = request->uri != NULL && strchr(where, '?') != NULL ? '&' : '?';
    for (size_t i = 0; st == KUBE_OK && i < request->query_count; i++) {
        const kube_rest_param *param = &request->query[i];

        if (param->name == NULL || param->name[0] == '\0')
            return kube_error_set(err, KUBE_ERR_INVALID_ARG, "query parameter %zu has no name", i);
        kube_buf_append_char(out, separator);
        append_escaped(out, param->name, query_byte_is_plain, true);
        kube_buf_append_char(out, '=');
        append_escaped(out, param->value != NULL ? param->value : "", query_byte_is_plain, true);
        separator = '&';
    }
    return st == KUBE_OK ? kube_buf_status(out, err) : st;
}

static bool same_origin(const kube__url *a, const kube__url *b)
{
    return a->https == b->https && a->port == b->port && strcmp(a->host, b->host) == 0;
}

/* "scheme://authority" of an absolute location, parsed; the length of that part is returned through `len`. */
static kube_status parse_origin(const char *location, kube__url *url, size_t *len)
{
    const char *authority = strstr(location, "://");
    kube_status st;
    char *origin;

    *len = (size_t)(authority - location) + 3;
    *len += strcspn(location + *len, "/?#");
    origin = kube__strndup(kube_str_n(location, *len));
    if (origin == NULL)
        return KUBE_ERR_OUT_OF_MEMORY;
    st = kube__url_parse(origin, url, NULL);
    kube__free(origin);
    return st;
}

static bool is_absolute(const char *location)
{
    size_t scheme = strspn(location, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    return scheme != 0 && strncmp(location + scheme, "://", 3) == 0;
}

kube_status kube__url_append_redirect(kube_buf *out, const kube__url *base, const char *current_target,
                                      const char *location, kube_error **err)
{
    kube__url origin = { .https = false };
    size_t skip = 0;
    kube_status st = KUBE_OK;

    if (is_absolute(location)) {
        st = parse_origin(location, &origin, &skip);
        if (st == KUBE_OK && !same_origin(base, &origin))
            st = KUBE_ERR_PROTOCOL;
        kube__url_clear(&origin);
        if (st == KUBE_ERR_OUT_OF_MEMORY)
            return kube_error_no_memory(err);
    } else if (location[0] == '/' && location[1] == '/') {
        st = KUBE_ERR_PROTOCOL;
    }
    if (st != KUBE_OK)
        return kube_error_set(err, KUBE_ERR_PROTOCOL,
                              "the server redirects to another origin (%.200s), which is not followed", location);
    location += skip;
    if (skip != 0 && location[0] != '/') /* an origin without a path: its root */
        kube_buf_append_char(out, '/');
    else if (location[0] == '?' || location[0] == '#' || location[0] == '\0')
        kube_buf_append(out, kube_str_n(current_target, strcspn(current_target, "?")));
    else if (location[0] != '/') /* relative to the last slash of the path */
        kube_buf_append(out, kube_str_n(current_target, (size_t)((const char *)memrchr(current_target, '/',
                                                                                       strcspn(current_target, "?")) -
                                                                 current_target) +
                                                            1));
    for (const char *p = location; *p != '\0' && *p != '#'; p++) {
        if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f)
            return kube_error_set(err, KUBE_ERR_PROTOCOL, "the server redirects to a location that is no URL");
        kube_buf_append_char(out, *p);
    }
    return kube_buf_status(out, err);
}
