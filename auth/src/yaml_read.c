#include "yaml_read.h"

#include "base64.h"

#include <kube/sys/error.h>

#include <stdlib.h>

enum { REASON_MAX_BYTES = 1024 };

void kube__yaml_reader_fail(kube__yaml_reader *r, const kube__yaml_node *at, const char *field, kube_status status,
                            const char *format, ...)
{
    kube_buf reason = KUBE_BUF_INIT(REASON_MAX_BYTES);
    va_list args;

    if (r->status != KUBE_OK)
        return;
    va_start(args, format);
    kube_buf_append_v(&reason, format, args);
    va_end(args);
    if (reason.failure == KUBE_ERR_OUT_OF_MEMORY)
        r->status = kube_error_no_memory(r->err);
    else
        r->status = kube_error_set(r->err, status, "%s:%u:%u: %s%s%s %s", r->file, at->line, at->column, r->section,
                                   r->section[0] != '\0' ? "." : "", field,
                                   reason.data != NULL ? reason.data : "is not valid"); /* else too long */
    kube_buf_clear(&reason);
}

void kube__yaml_reader_no_memory(kube__yaml_reader *r)
{
    r->status = kube_error_no_memory(r->err);
}

static void fail_kind(kube__yaml_reader *r, const kube__yaml_node *at, const char *field, kube__yaml_kind wanted)
{
    kube__yaml_reader_fail(r, at, field, KUBE_ERR_CONFIG, "must be %s, not %s", kube__yaml_kind_name(wanted),
                           kube__yaml_kind_name(at->kind));
}

/* False: the reader has failed, before or now. */
static bool charge(kube__yaml_reader *r, const kube__yaml_node *at, const char *field, size_t cost)
{
    if (r->status != KUBE_OK)
        return false;
    if (cost > KUBE__YAML_MAX_WORK - r->work) {
        kube__yaml_reader_fail(r, at, field, KUBE_ERR_LIMIT, "is repeated by too many aliases");
        return false;
    }
    r->work += cost;
    return true;
}

static const kube__yaml_node *look_up(kube__yaml_reader *r, const kube__yaml_node *map, const char *field)
{
    return map != NULL && charge(r, map, field, map->count) ? kube__yaml_get(map, field) : NULL;
}

static const kube__yaml_node *get(kube__yaml_reader *r, const kube__yaml_node *map, const char *field,
                                  kube__yaml_kind wanted)
{
    const kube__yaml_node *node = look_up(r, map, field);

    if (node != NULL && node->kind != wanted) {
        fail_kind(r, node, field, wanted);
        return NULL;
    }
    return node;
}

/* A C string ends at its first NUL: a value that goes on behind one would be read as something else. */
static const char *text_of(kube__yaml_reader *r, const kube__yaml_node *node, const char *field)
{
    if (!charge(r, node, field, node->text.len))
        return NULL;
    if (memchr(node->text.data, '\0', node->text.len) == NULL)
        return node->text.data;
    kube__yaml_reader_fail(r, node, field, KUBE_ERR_CONFIG, "holds a NUL byte");
    return NULL;
}

const char *kube__yaml_string(kube__yaml_reader *r, const kube__yaml_node *map, const char *field)
{
    const kube__yaml_node *node = get(r, map, field, KUBE__YAML_STRING);

    return node != NULL ? text_of(r, node, field) : NULL;
}

bool kube__yaml_bool(kube__yaml_reader *r, const kube__yaml_node *map, const char *field)
{
    const kube__yaml_node *node = get(r, map, field, KUBE__YAML_BOOL);

    return node != NULL && node->is_true;
}

const kube__yaml_node *kube__yaml_list(kube__yaml_reader *r, const kube__yaml_node *map, const char *field)
{
    return get(r, map, field, KUBE__YAML_LIST);
}

const kube__yaml_node *kube__yaml_map(kube__yaml_reader *r, const kube__yaml_node *map, const char *field)
{
    return get(r, map, field, KUBE__YAML_MAP);
}

kube_str kube__yaml_bytes(kube__yaml_reader *r, const kube__yaml_node *map, const char *field)
{
    const kube__yaml_node *node = get(r, map, field, KUBE__YAML_STRING);
    kube_str bytes = { NULL, 0 };
    char *out;

    if (node == NULL || node->text.len == 0 || !charge(r, node, field, node->text.len))
        return bytes;
    out = kube__pool_alloc(r->pool, kube__base64_decoded_max(node->text.len) + 1);
    if (out == NULL)
        kube__yaml_reader_no_memory(r);
    else if (!kube__base64_decode(node->text, out, &bytes.len))
        kube__yaml_reader_fail(r, node, field, KUBE_ERR_CONFIG, "is not base64");
    else
        bytes.data = out;
    return bytes.data != NULL ? bytes : kube_str_n(NULL, 0);
}

void *kube__yaml_array_for(kube__yaml_reader *r, const kube__yaml_node *list, const char *field, size_t item_size)
{
    void *array;

    if (!charge(r, list, field, list->count * item_size))
        return NULL;
    array = kube__pool_alloc_array(r->pool, list->count, item_size);
    if (array == NULL)
        kube__yaml_reader_no_memory(r);
    return array;
}

const char *const *kube__yaml_strings(kube__yaml_reader *r, const kube__yaml_node *map, const char *field,
                                      size_t max_count, size_t *count)
{
    const kube__yaml_node *list = kube__yaml_list(r, map, field);
    const char **strings;
    size_t n = 0;

    *count = 0;
    if (list == NULL || list->count == 0)
        return NULL;
    if (list->count > max_count) {
        kube__yaml_reader_fail(r, list, field, KUBE_ERR_LIMIT, "has more than %zu items", max_count);
        return NULL;
    }
    strings = kube__yaml_array_for(r, list, field, sizeof *strings);
    if (strings == NULL)
        return NULL;
    for (const kube__yaml_item *item = list->first; item != NULL && r->status == KUBE_OK; item = item->next) {
        if (item->value->kind == KUBE__YAML_NULL)
            strings[n++] = "";
        else if (item->value->kind != KUBE__YAML_STRING)
            fail_kind(r, item->value, field, KUBE__YAML_STRING);
        else
            strings[n++] = text_of(r, item->value, field);
    }
    *count = r->status == KUBE_OK ? n : 0;
    return r->status == KUBE_OK ? strings : NULL;
}

typedef struct name_ref {
    const kube__yaml_node *node;
} name_ref;

/* By name, then by place, so that of two equal names the later one is the one to complain about. */
static int compare_names(const void *a, const void *b)
{
    const kube__yaml_node *x = ((const name_ref *)a)->node;
    const kube__yaml_node *y = ((const name_ref *)b)->node;
    int order = strcmp(x->text.data, y->text.data);

    if (order != 0)
        return order;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return x->column < y->column ? -1 : x->column > y->column;
}

static size_t gather_names(kube__yaml_reader *r, const kube__yaml_node *list, const char *field,
                           name_ref *names)
{
    size_t n = 0;

    for (const kube__yaml_item *item = list->first; item != NULL && r->status == KUBE_OK; item = item->next) {
        const kube__yaml_node *name = look_up(r, item->value, "name");

        if (item->value->kind != KUBE__YAML_MAP)
            fail_kind(r, item->value, field, KUBE__YAML_MAP);
        else if (name != NULL && name->kind != KUBE__YAML_STRING)
            fail_kind(r, name, field, KUBE__YAML_STRING);
        else if (name != NULL && text_of(r, name, field) != NULL)
            names[n++].node = name;
    }
    return n;
}

void kube__yaml_check_named(kube__yaml_reader *r, const kube__yaml_node *list, const char *field)
{
    name_ref *names;
    size_t n;

    if (r->status != KUBE_OK || list == NULL || list->count == 0)
        return;
    names = kube__yaml_array_for(r, list, field, sizeof *names);
    if (names == NULL)
        return;
    n = gather_names(r, list, field, names);
    if (n > 1)
        qsort(names, n, sizeof *names, compare_names);
    for (size_t i = 1; i < n && r->status == KUBE_OK; i++) {
        if (strcmp(names[i - 1].node->text.data, names[i].node->text.data) == 0)
            kube__yaml_reader_fail(r, names[i].node, field, KUBE_ERR_CONFIG, "has a duplicate name \"%s\"",
                                   names[i].node->text.data);
    }
}
