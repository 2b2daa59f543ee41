#include "headers.h"

#include <string.h>
#include <strings.h>

bool kube__header_name_is_valid(const char *name)
{
    static const char token[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~";

    return name != NULL && name[0] != '\0' && name[strspn(name, token)] == '\0';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool kube__header_value_is_valid(const char *value)
{
    size_t len = strlen(value);

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)value[i];

        if ((c < 0x20 && c != '\t') || c >= 0x7f)
            return false;
    }
    return len == 0 || (!is_blank(value[0]) && !is_blank(value[len - 1]));
}

bool kube__header_is_reserved(const char *name)
{
    static const char *const reserved[] = {
        "Accept",     "Accept-Encoding",  "Authorization", "Connection", "Content-Length", "Expect", "Host",
        "Keep-Alive", "Proxy-Connection", "TE",            "Trailer",    "Transfer-Encoding", "Upgrade",
        "User-Agent",
    };

    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        if (strcasecmp(name, reserved[i]) == 0)
            return true;
    }
    return false;
}
