#include "api_resources_table.h"

#include "escape.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

typedef struct row {
    const kube_api_resource *resource;
    const char              *group_version;
    size_t                   group_len; /* of the group before the slash */
    api_resources_order      order;
    size_t                   index;     /* equal rows stay in order */
} row;

/* client-go passes over a list whose group-version has two slashes. */
static bool split(const char *group_version, size_t *group_len)
{
    const char *slash = strchr(group_version, '/');

    *group_len = slash != NULL ? (size_t)(slash - group_version) : 0;
    return slash == NULL || strchr(slash + 1, '/') == NULL;
}

static bool is_wanted(const api_resources_view *view, const kube_api_resource *r, const char *group_version,
                      size_t group_len)
{
    if (kube_api_resource_verb_count(r) == 0)
        return false;
    if (view->by_group && (strlen(view->group) != group_len || strncmp(view->group, group_version, group_len) != 0))
        return false;
    if (view->by_namespaced && view->namespaced != kube_api_resource_is_namespaced(r))
        return false;
    for (size_t i = 0; i < view->verbs.count; i++) {
        if (!kube_api_resource_has_verb(r, view->verbs.items[i]))
            return false;
    }
    for (size_t i = 0; i < view->categories.count; i++) {
        if (!kube_api_resource_has_category(r, view->categories.items[i]))
            return false;
    }
    return true;
}

static int compare_groups(const row *a, const row *b)
{
    size_t len = a->group_len < b->group_len ? a->group_len : b->group_len;
    int order = strncmp(a->group_version, b->group_version, len);

    return order != 0 ? order : (a->group_len > b->group_len) - (a->group_len < b->group_len);
}

static int compare(const void *left, const void *right)
{
    const row *a = left, *b = right;
    int order = 0;

    if (a->order == ORDER_GROUP)
        order = compare_groups(a, b);
    else if (a->order == ORDER_KIND)
        order = strcmp(kube_api_resource_kind(a->resource), kube_api_resource_kind(b->resource));
    if (order == 0)
        order = strcmp(kube_api_resource_name(a->resource), kube_api_resource_name(b->resource));
    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

static size_t collect(const kube_api_resource_lists *lists, const api_resources_view *view, row *rows)
{
    size_t count = 0;

    for (size_t l = 0; l < kube_api_resource_lists_count(lists); l++) {
        const kube_api_resource_list *list = kube_api_resource_lists_at(lists, l);
        const char *group_version = kube_api_resource_list_group_version(list);
        size_t group_len;

        if (!split(group_version, &group_len))
            continue;
        for (size_t i = 0; i < kube_api_resource_list_count(list); i++) {
            const kube_api_resource *r = kube_api_resource_list_at(list, i);

            if (!is_wanted(view, r, group_version, group_len))
                continue;
            rows[count] = (row){ r, group_version, group_len, view->order, count };
            count++;
        }
    }
    qsort(rows, count, sizeof *rows, compare);
    return count;
}

typedef const char *text_at(const kube_api_resource *resource, size_t i);

static void add_joined(table *t, const kube_api_resource *r, text_at *at)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);

    if (to == NULL) {
        t->no_memory = true;
        return;
    }
    for (size_t i = 0; at(r, i) != NULL; i++)
        fprintf(to, "%s%s", i > 0 ? "," : "", at(r, i));
    if (fclose(to) == 0 && text != NULL) /* closing succeeds without memory for an empty text */
        table_add(t, text);
    else
        t->no_memory = true;
    free(text);
}

static bool write_rows(FILE *out, const row *rows, size_t count, const api_resources_view *view)
{
    static const char *const headers[] = { "NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED",
                                           "KIND", "VERBS",      "CATEGORIES" };
    bool wide = view->output == OUTPUT_WIDE, ok;
    table t;

    table_init(&t, wide ? 7 : 5);
    for (size_t i = 0; !view->no_headers && i < t.columns; i++)
        table_add(&t, headers[i]);
    for (size_t i = 0; i < count; i++) {
        const kube_api_resource *r = rows[i].resource;

        table_add(&t, kube_api_resource_name(r));
        add_joined(&t, r, kube_api_resource_short_name_at);
        table_add(&t, rows[i].group_version);
        table_add(&t, kube_api_resource_is_namespaced(r) ? "true" : "false");
        table_add(&t, kube_api_resource_kind(r));
        if (wide) {
            add_joined(&t, r, kube_api_resource_verb_at);
            add_joined(&t, r, kube_api_resource_category_at);
        }
    }
    ok = table_write(&t, out);
    table_clear(&t);
    return ok;
}

static bool write_names(FILE *out, const row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *group = strndup(rows[i].group_version, rows[i].group_len);

        if (group == NULL)
            return false;
        write_escaped(out, kube_api_resource_name(rows[i].resource));
        if (group[0] != '\0')
            fputc('.', out);
        write_escaped(out, group);
        fputc('\n', out);
        free(group);
    }
    return true;
}

/* Where the server offers nothing at all there is no table, not even its head. */
bool print_api_resources(FILE *out, const kube_api_resource_lists *lists, const api_resources_view *view)
{
    size_t total = 0, count;
    bool ok = true;
    row *rows;

    for (size_t l = 0; l < kube_api_resource_lists_count(lists); l++)
        total += kube_api_resource_list_count(kube_api_resource_lists_at(lists, l));
    if (total == 0)
        return true;
    rows = calloc(total, sizeof *rows);
    if (rows == NULL)
        return false;
    count = collect(lists, view, rows);
    if (view->output == OUTPUT_NAME)
        ok = write_names(out, rows, count);
    else
        ok = write_rows(out, rows, count, view);
    free(rows);
    return ok;
}

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

bool print_api_versions(FILE *out, const kube_api_group_list *groups)
{
    size_t count = 0, next = 0;
    const char **names;

    for (size_t i = 0; i < kube_api_group_list_count(groups); i++)
        count += kube_api_group_version_count(kube_api_group_list_at(groups, i));
    names = calloc(count != 0 ? count : 1, sizeof *names);
    if (names == NULL)
        return false;
    for (size_t i = 0; i < kube_api_group_list_count(groups); i++) {
        const kube_api_group *group = kube_api_group_list_at(groups, i);

        for (size_t v = 0; v < kube_api_group_version_count(group); v++)
            names[next++] = kube_group_version_name(kube_api_group_version_at(group, v));
    }
    qsort(names, count, sizeof *names, compare_texts);
    for (size_t i = 0; i < count; i++) {
        write_escaped(out, names[i]);
        fputc('\n', out);
    }
    free(names);
    return true;
}
