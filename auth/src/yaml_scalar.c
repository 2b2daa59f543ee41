/* What a plain scalar is, as kubectl's YAML reader decides it: YAML 1.1, where "yes" is a boolean and a date a
 * string. */
#include "yaml_tree.h"

#include <strings.h>

static bool is_one_of(kube_str text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (kube_str_is(text, *words))
            return true;
    }
    return false;
}

static bool is_null(kube_str text)
{
    static const char *const words[] = { "", "~", "null", "Null", "NULL", NULL };

    return is_one_of(text, words);
}

static bool is_true(kube_str text)
{
    static const char *const words[] = {
        "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", NULL
    };

    return is_one_of(text, words);
}

static bool is_false(kube_str text)
{
    static const char *const words[] = { "n",     "N",     "no",  "No",  "NO", "false",
                                         "False", "FALSE", "off", "Off", "OFF", NULL };

    return is_one_of(text, words);
}

static bool is_special_float(kube_str text)
{
    static const char *const words[] = { ".nan",  ".NaN",  ".NAN",  ".inf",  ".Inf",  ".INF",  "+.inf",
                                         "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", NULL };

    return is_one_of(text, words);
}

/* Digits of a base, with the underscores YAML 1.1 allows between them. */
static bool is_digits(const char *p, const char *digits)
{
    size_t n = strspn(p, digits);

    return n != 0 && p[n] == '\0' && strspn(p, "_") != n;
}

static bool is_integer(const char *p)
{
    if (*p == '+' || *p == '-')
        p++;
    if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
        return is_digits(p + 2, "0123456789abcdefABCDEF_");
    if (p[0] == '0' && (p[1] == 'b' || p[1] == 'B'))
        return is_digits(p + 2, "01_");
    if (p[0] == '0' && (p[1] == 'o' || p[1] == 'O'))
        return is_digits(p + 2, "01234567_");
    return *p != '_' && is_digits(p, "0123456789_");
}

/* [-+]? ( . digits | digits [. digits?] ) ( e [-+]? digits )? */
static bool is_float(const char *p)
{
    size_t whole, fraction = 0;

    if (*p == '+' || *p == '-')
        p++;
    whole = strspn(p, "0123456789_");
    if (whole != 0 && *p == '_')
        return false;
    p += whole;
    if (*p == '.') {
        fraction = strspn(p + 1, "0123456789_");
        p += fraction + 1;
    }
    if (whole == 0 && fraction == 0)
        return false;
    if (*p == 'e' || *p == 'E') {
        p++;
        if (*p == '+' || *p == '-')
            p++;
        if (*p == '\0')
            return false;
        p += strspn(p, "0123456789");
    }
    return *p == '\0';
}

static bool is_number(kube_str text)
{
    if (memchr(text.data, '\0', text.len) != NULL)
        return false;
    return is_integer(text.data) || is_float(text.data) || is_special_float(text);
}

static kube__yaml_kind kind_of(kube_str text)
{
    if (is_null(text))
        return KUBE__YAML_NULL;
    if (is_true(text) || is_false(text))
        return KUBE__YAML_BOOL;
    return is_number(text) ? KUBE__YAML_NUMBER : KUBE__YAML_STRING;
}

/* The kind one of YAML's own tags asks for; NULL is not among them. */
static bool kind_of_tag(const char *tag, kube__yaml_kind *kind)
{
    static const struct {
        const char     *tag;
        kube__yaml_kind kind;
    } tags[] = {
        { "tag:yaml.org,2002:str", KUBE__YAML_STRING },    { "tag:yaml.org,2002:bool", KUBE__YAML_BOOL },
        { "tag:yaml.org,2002:int", KUBE__YAML_NUMBER },    { "tag:yaml.org,2002:float", KUBE__YAML_NUMBER },
        { "tag:yaml.org,2002:null", KUBE__YAML_NULL },     { "!", KUBE__YAML_STRING },
    };

    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        if (strcmp(tags[i].tag, tag) == 0) {
            *kind = tags[i].kind;
            return true;
        }
    }
    return false;
}

bool kube__yaml_resolve(kube__yaml_node *node, const char *tag, bool plain)
{
    kube__yaml_kind kind = plain ? kind_of(node->text) : KUBE__YAML_STRING;

    if (tag != NULL) {
        kube__yaml_kind wanted;

        if (!kind_of_tag(tag, &wanted))
            return false;
        if (wanted != KUBE__YAML_STRING && kind_of(node->text) != wanted)
            return false;
        kind = wanted;
    }
    node->kind = kind;
    node->is_true = kind == KUBE__YAML_BOOL && is_true(node->text);
    return true;
}
