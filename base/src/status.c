#include <kube/base/status.h>

#include <stddef.h>

static const char *const names[] = {
    "ok",          "invalid arg",       "out of memory",  "cancelled",   "timeout",
    "unavailable", "tls",               "unauthorized",   "forbidden",   "not found",
    "conflict",    "too many requests", "server",         "protocol",    "parse",
    "limit",       "io",                "config",         "unsupported", "partial",
    "stale",       "invalid state",     "would deadlock", "forked",      "not modified",
    "gone",
};

const char *kube_status_name(kube_status status)
{
    if (status == KUBE_PENDING)
        return "pending";
    if (status < 0 || (size_t)status >= sizeof names / sizeof names[0])
        return "unknown status";
    return names[status];
}
