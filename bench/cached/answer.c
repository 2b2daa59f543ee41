/* An answer as lines of text, one fact a line, as benchpeer writes it. */
#include "bench.h"

static void print_words(FILE *to, const char *title, const kube_api_resource *r,
                        size_t count(const kube_api_resource *), const char *at(const kube_api_resource *, size_t))
{
    fputs(title, to);
    for (size_t i = 0; i < count(r); i++)
        fprintf(to, " %s", at(r, i));
}

static void print_list(FILE *to, const char *word, const kube_api_resource_list *list)
{
    const char *group_version = kube_api_resource_list_group_version(list);

    fprintf(to, "%s list %s\n", word, group_version);
    for (size_t i = 0; i < kube_api_resource_list_count(list); i++) {
        const kube_api_resource *r = kube_api_resource_list_at(list, i);

        fprintf(to, "%s %s %s %s %s %s", word, group_version, kube_api_resource_name(r),
                kube_api_resource_singular_name(r), kube_api_resource_kind(r),
                kube_api_resource_is_namespaced(r) ? "true" : "false");
        print_words(to, " verbs", r, kube_api_resource_verb_count, kube_api_resource_verb_at);
        print_words(to, " short", r, kube_api_resource_short_name_count, kube_api_resource_short_name_at);
        print_words(to, " categories", r, kube_api_resource_category_count, kube_api_resource_category_at);
        fputc('\n', to);
    }
}

static void print_lists(FILE *to, const char *word, const kube_api_resource_lists *lists)
{
    for (size_t i = 0; lists != NULL && i < kube_api_resource_lists_count(lists); i++)
        print_list(to, word, kube_api_resource_lists_at(lists, i));
}

static void print_groups(FILE *to, const kube_api_group_list *groups)
{
    for (size_t i = 0; groups != NULL && i < kube_api_group_list_count(groups); i++) {
        const kube_api_group *group = kube_api_group_list_at(groups, i);

        fprintf(to, "group %s preferred %s\n", kube_api_group_name(group),
                kube_api_group_preferred_group_version(group));
        for (size_t v = 0; v < kube_api_group_version_count(group); v++)
            fprintf(to, "version %s\n", kube_group_version_name(kube_api_group_version_at(group, v)));
    }
}

void answer_print(const answer *a, FILE *to)
{
    print_groups(to, a->groups);
    print_lists(to, "resource", a->lists);
    print_lists(to, "preferred", a->preferred);
    if (a->list != NULL)
        print_list(to, "resource", a->list);
    if (a->mapping != NULL)
        fprintf(to, "mapping %s %s %s %s\n", kube_api_resource_group_version(a->mapping),
                kube_api_resource_kind(a->mapping), kube_api_resource_name(a->mapping),
                kube_api_resource_is_namespaced(a->mapping) ? "true" : "false");
}
