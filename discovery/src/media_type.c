#include "media_type.h"

#include <kube/sys/error.h>

#include <string.h>

enum { PARAMETERS_MAX = 16 };

typedef struct parameter {
    kube_str name, value; /* a quoted value without its quotes */
    bool     escaped;     /* the value has backslashes in it   */
} parameter;

typedef struct media_type {
    kube_str  base;
    parameter parameters[PARAMETERS_MAX];
    size_t    count;
} media_type;

static bool is_token_char(char c)
{
    return c > ' ' && c < 0x7f && strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool equal_ignoring_case(kube_str a, kube_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    }
    return true;
}

static const char *skip_blanks(const char *p)
{
    while (*p == ' ' || *p == '\t')
        p++;
    return p;
}

static const char *take_token(const char *p, kube_str *token)
{
    const char *start = p;

    while (is_token_char(*p))
        p++;
    *token = kube_str_n(start, (size_t)(p - start));
    return p;
}

/* NULL when the closing quote is missing. */
static const char *take_quoted(const char *p, parameter *out)
{
    const char *start = ++p;

    while (*p != '"' && *p != '\0') {
        if (*p == '\\' && p[1] != '\0') {
            out->escaped = true;
            p++;
        }
        p++;
    }
    out->value = kube_str_n(start, (size_t)(p - start));
    return *p == '"' ? p + 1 : NULL;
}

/* A name given twice is malformed unless both say the same. */
static bool add_parameter(media_type *type, const parameter *added)
{
    for (size_t i = 0; i < type->count; i++) {
        if (equal_ignoring_case(type->parameters[i].name, added->name))
            return kube_str_equal(type->parameters[i].value, added->value);
    }
    if (type->count == PARAMETERS_MAX)
        return false;
    type->parameters[type->count++] = *added;
    return true;
}

static bool parse(const char *text, media_type *type)
{
    const char *p = skip_blanks(text), *start = p;
    kube_str token;

    memset(type, 0, sizeof *type);
    p = take_token(p, &token);
    if (token.len == 0)
        return false;
    if (*p == '/') {
        p = take_token(p + 1, &token);
        if (token.len == 0)
            return false;
    }
    type->base = kube_str_n(start, (size_t)(p - start));
    for (;;) {
        parameter one = { .escaped = false };

        p = skip_blanks(p);
        if (*p == '\0')
            return true;
        if (*p != ';')
            return false;
        p = skip_blanks(p + 1);
        if (*p == '\0')
            return true; /* a semicolon at the end is harmless */
        p = skip_blanks(take_token(p, &one.name));
        if (one.name.len == 0 || *p != '=')
            return false;
        p = skip_blanks(p + 1);
        p = *p == '"' ? take_quoted(p, &one) : take_token(p, &one.value);
        if (p == NULL || !add_parameter(type, &one))
            return false;
    }
}

static bool parameter_is(const media_type *type, const char *name, const char *value)
{
    for (size_t i = 0; i < type->count; i++) {
        const parameter *p = &type->parameters[i];

        if (equal_ignoring_case(p->name, kube_str_c(name)))
            return !p->escaped && kube_str_is(p->value, value);
    }
    return false;
}

static bool looks_like_json(kube_str body)
{
    for (size_t i = 0; i < body.len; i++) {
        char c = body.data[i];

        if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
            return c == '{' || c == 'n'; /* an object, or null */
    }
    return false;
}

kube_status kube__judge_answer(const char *content_type, kube_str body, int http_status, bool *aggregated,
                               kube_error **err)
{
    const char *text = content_type != NULL ? content_type : KUBE__ACCEPT_JSON;
    media_type type;

    if (!parse(text, &type))
        return kube_error_set(err, KUBE_ERR_PROTOCOL, "the Content-Type \"%.200s\" cannot be read", text);
    if (body.len == 0)
        return kube_error_set(err, KUBE_ERR_PROTOCOL, "0-length response with status code: %d and content type: %.200s",
                              http_status, text);
    if (!equal_ignoring_case(type.base, kube_str_c(KUBE__ACCEPT_JSON))) {
        if (!looks_like_json(body))
            return kube_error_set(err, KUBE_ERR_PROTOCOL, "answered %.*s, not JSON",
                                  (int)(type.base.len < 200 ? type.base.len : 200), type.base.data);
        *aggregated = false;
        return KUBE_OK;
    }
    *aggregated = parameter_is(&type, "g", "apidiscovery.k8s.io") &&
                  parameter_is(&type, "as", "APIGroupDiscoveryList") &&
                  (parameter_is(&type, "v", "v2") || parameter_is(&type, "v", "v2beta1"));
    return KUBE_OK;
}
