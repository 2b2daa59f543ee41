/* A part of a kubeconfig as JSON: what a plugin is told about its cluster. */
#include "yaml_tree.h"

void kube__json_append_string(kube_buf *out, kube_str text)
{
    kube_buf_append_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];

        if (c == '"' || c == '\\') {
            kube_buf_append_char(out, '\\');
            kube_buf_append_char(out, (char)c);
        } else if (c < 0x20 || c == 0x7f) {
            kube_buf_append_f(out, "\\u%04x", c);
        } else {
            kube_buf_append_char(out, (char)c);
        }
    }
    kube_buf_append_char(out, '"');
}

/* JSON's own grammar: what YAML calls a number besides (hexadecimal, underscores, infinity) is not guessed at. Behind
 * an exponent's "e" there are digits in YAML too. */
static bool is_json_number(kube_str text)
{
    const char *p = text.data;
    size_t n;

    if (*p == '-')
        p++;
    n = strspn(p, "0123456789");
    if (n == 0 || (n > 1 && *p == '0'))
        return false;
    p += n;
    if (*p == '.') {
        n = strspn(p + 1, "0123456789");
        if (n == 0)
            return false;
        p += n + 1;
    }
    if (*p == 'e' || *p == 'E') {
        p++;
        if (*p == '+' || *p == '-')
            p++;
        p += strspn(p, "0123456789");
    }
    return p == text.data + text.len;
}

static bool append(kube_buf *out, const kube__yaml_node *node, size_t depth);

static bool append_items(kube_buf *out, const kube__yaml_node *node, size_t depth)
{
    bool is_map = node->kind == KUBE__YAML_MAP;

    kube_buf_append_char(out, is_map ? '{' : '[');
    for (const kube__yaml_item *item = node->first; item != NULL; item = item->next) {
        if (item != node->first)
            kube_buf_append_char(out, ',');
        if (is_map) {
            kube__json_append_string(out, item->key->text);
            kube_buf_append_char(out, ':');
        }
        if (!append(out, item->value, depth + 1))
            return false;
    }
    kube_buf_append_char(out, is_map ? '}' : ']');
    return true;
}

/* A full buffer ends the walk: with aliases a small document can mean an endless one. */
static bool append(kube_buf *out, const kube__yaml_node *node, size_t depth)
{
    if (depth > KUBE__YAML_MAX_DEPTH || out->failure != KUBE_OK)
        return false;
    switch (node->kind) {
    case KUBE__YAML_NULL:
        kube_buf_append_c(out, "null");
        return true;
    case KUBE__YAML_BOOL:
        kube_buf_append_c(out, node->is_true ? "true" : "false");
        return true;
    case KUBE__YAML_NUMBER:
        kube_buf_append(out, node->text);
        return is_json_number(node->text);
    case KUBE__YAML_STRING:
        kube__json_append_string(out, node->text);
        return true;
    default:
        return append_items(out, node, depth);
    }
}

bool kube__yaml_append_json(kube_buf *out, const kube__yaml_node *node)
{
    return append(out, node, 0);
}
