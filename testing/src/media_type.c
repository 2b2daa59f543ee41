#include "media_type.h"

#include <kube/base/str.h>

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* What an entry says beyond its type. */
typedef struct parameters {
    kube_str group, version, as;
} parameters;

static kube_str trimmed(kube_str s)
{
    while (s.len > 0 && strchr(" \t\"", s.data[0]) != NULL)
        s = kube_str_n(s.data + 1, s.len - 1);
    while (s.len > 0 && strchr(" \t\"", s.data[s.len - 1]) != NULL)
        s.len--;
    return s;
}

/* The text up to a separator; what follows it stays in `rest`. */
static kube_str take(kube_str *rest, char separator)
{
    const char *end = rest->len > 0 ? memchr(rest->data, separator, rest->len) : NULL;
    kube_str head = end != NULL ? kube_str_n(rest->data, (size_t)(end - rest->data)) : *rest;

    *rest = end != NULL ? kube_str_n(end + 1, rest->len - head.len - 1) : kube_str_n(NULL, 0);
    return trimmed(head);
}

static bool is(kube_str s, const char *name)
{
    return s.len == strlen(name) && strncasecmp(s.data, name, s.len) == 0;
}

static parameters read_parameters(kube_str entry)
{
    parameters p = { .group = { NULL, 0 } };

    while (entry.len > 0) {
        kube_str value = take(&entry, ';'), name = take(&value, '=');

        value = trimmed(value);
        if (is(name, "g"))
            p.group = value;
        else if (is(name, "v"))
            p.version = value;
        else if (is(name, "as"))
            p.as = value;
    }
    return p;
}

static kube__choice judge(kube_str entry, const char *aggregated)
{
    kube_str type = take(&entry, ';');
    parameters p = read_parameters(entry);

    if (!is(type, "application/json") && !is(type, "application/*") && !is(type, "*/*"))
        return KUBE__CHOICE_NOTHING;
    if (p.group.len == 0 && p.version.len == 0 && p.as.len == 0)
        return KUBE__CHOICE_JSON;
    if (aggregated != NULL && is(type, "application/json") && kube_str_is(p.group, "apidiscovery.k8s.io") &&
        kube_str_is(p.version, aggregated) && kube_str_is(p.as, "APIGroupDiscoveryList"))
        return KUBE__CHOICE_AGGREGATED;
    return KUBE__CHOICE_NOTHING;
}

kube__choice kube__accept_choose(const char *accept, const char *aggregated)
{
    kube_str rest = kube_str_c(accept);
    kube__choice choice = rest.len == 0 ? KUBE__CHOICE_JSON : KUBE__CHOICE_NOTHING;

    while (choice == KUBE__CHOICE_NOTHING && rest.len > 0)
        choice = judge(take(&rest, ','), aggregated);
    return choice;
}
