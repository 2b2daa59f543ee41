/* What tests/e2e/tools/cmd/oracle asks with client-go, asked with libkube, and written down in the same words.
 *   oracle URL CA_FILE CACHE_FOLDER [GROUP-VERSION …] */
#include <kube/discovery.h>
#include <kube/rest.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CA_MAX = 1 << 16 };

static void die(const char *what, kube_error *err)
{
    fprintf(stderr, "oracle: %s: %s\n", what, kube_error_message(err));
    kube_error_free(err);
    exit(2);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void say_missing(const kube_error *err)
{
    size_t count = kube_error_child_count(err);
    const char **names = calloc(count + 1, sizeof *names);

    for (size_t i = 0; names != NULL && i < count; i++)
        names[i] = kube_error_subject(kube_error_child_at(err, i));
    if (names != NULL)
        qsort(names, count, sizeof *names, compare_texts);
    for (size_t i = 0; names != NULL && i < count; i++)
        printf("missing %s\n", names[i]);
    free(names);
}

/* Takes the error. */
static void say(const char *question, kube_status st, kube_error *err)
{
    switch (st) {
    case KUBE_OK:
        printf("%s: ok\n", question);
        break;
    case KUBE_ERR_PARTIAL:
        printf("%s: partial\n", question);
        say_missing(err);
        break;
    case KUBE_ERR_NOT_FOUND:
        printf("%s: not found\n", question);
        break;
    case KUBE_ERR_FORBIDDEN:
        printf("%s: forbidden\n", question);
        break;
    default:
        printf("%s: failed\n", question);
        break;
    }
    kube_error_free(err);
}

typedef const char *text_at(const kube_api_resource *r, size_t i);

static void join(FILE *to, const kube_api_resource *r, text_at *at)
{
    for (size_t i = 0; at(r, i) != NULL; i++)
        fprintf(to, "%s%s", i > 0 ? "," : "", at(r, i));
}

static char *line_of(const char *word, const kube_api_resource *r)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);

    if (to == NULL)
        exit(2);
    fprintf(to, "%s %s singular \"%s\" group \"%s\" version \"%s\" kind %s namespaced %s verbs ", word,
            kube_api_resource_name(r), kube_api_resource_singular_name(r), kube_api_resource_group(r),
            kube_api_resource_version(r), kube_api_resource_kind(r),
            kube_api_resource_is_namespaced(r) ? "true" : "false");
    join(to, r, kube_api_resource_verb_at);
    fputs(" short ", to);
    join(to, r, kube_api_resource_short_name_at);
    fputs(" in ", to);
    join(to, r, kube_api_resource_category_at);
    fclose(to);
    return text;
}

static void show_list(const char *word, const kube_api_resource_list *list)
{
    size_t count = kube_api_resource_list_count(list);
    char **lines = calloc(count + 1, sizeof *lines);

    printf("%s list %s\n", word, kube_api_resource_list_group_version(list));
    for (size_t i = 0; lines != NULL && i < count; i++)
        lines[i] = line_of(word, kube_api_resource_list_at(list, i));
    if (lines != NULL && strcmp(word, "preferred") == 0)
        qsort(lines, count, sizeof *lines, compare_texts);
    for (size_t i = 0; lines != NULL && i < count; i++) {
        puts(lines[i]);
        free(lines[i]);
    }
    free(lines);
}

typedef struct numbered {
    const kube_api_resource_list *list;
    size_t number;
} numbered;

static int compare_lists(const void *a, const void *b)
{
    const numbered *l = a, *r = b;
    int order = strcmp(kube_api_resource_list_group_version(l->list), kube_api_resource_list_group_version(r->list));

    return order != 0 ? order : (l->number > r->number) - (l->number < r->number);
}

/* Takes the lists. */
static void show(const char *word, kube_api_resource_lists *lists)
{
    size_t count = kube_api_resource_lists_count(lists);
    numbered *sorted = calloc(count + 1, sizeof *sorted);

    for (size_t i = 0; sorted != NULL && i < count; i++)
        sorted[i] = (numbered){ kube_api_resource_lists_at(lists, i), i };
    if (sorted != NULL)
        qsort(sorted, count, sizeof *sorted, compare_lists);
    for (size_t i = 0; sorted != NULL && i < count; i++)
        show_list(word, sorted[i].list);
    free(sorted);
    kube_api_resource_lists_unref(lists);
}

static void ask_groups(kube_discovery *d)
{
    kube_api_group_list *groups = NULL;
    kube_error *err = NULL;
    kube_status st = kube_discovery_server_groups(d, NULL, &groups, &err);

    say("groups", st, err);
    for (size_t i = 0; groups != NULL && i < kube_api_group_list_count(groups); i++) {
        const kube_api_group *g = kube_api_group_list_at(groups, i);

        printf("group \"%s\" preferred %s\n", kube_api_group_name(g), kube_api_group_preferred_group_version(g));
        for (size_t v = 0; v < kube_api_group_version_count(g); v++)
            printf("version %s\n", kube_group_version_name(kube_api_group_version_at(g, v)));
    }
    kube_api_group_list_unref(groups);
}

static void ask_lists(kube_discovery *d)
{
    kube_api_resource_lists *lists = NULL;
    kube_error *err = NULL;
    kube_status st = kube_discovery_server_groups_and_resources(d, NULL, NULL, &lists, &err);

    say("everything", st, err);
    show("resource", lists);
    lists = NULL;
    err = NULL;
    st = kube_discovery_server_preferred_resources(d, NULL, &lists, &err);
    say("preferred", st, err);
    show("preferred", lists);
}

static void ask_one(kube_discovery *d, const char *name)
{
    kube_api_resource_list *list = NULL;
    kube_error *err = NULL;
    kube_status st = kube_discovery_server_resources_for_group_version(d, name, NULL, &list, &err);
    char question[300];

    snprintf(question, sizeof question, "one %s", name);
    say(question, st, err);
    if (st == KUBE_OK)
        show_list("one", list);
    kube_api_resource_list_unref(list);
}

static kube_discovery *connect_to(const char *url, const char *ca_file, const char *cache, kube_rest_client **rest)
{
    static char ca[CA_MAX];
    kube_rest_client_options opts = KUBE_REST_CLIENT_OPTIONS_INIT;
    kube_discovery_client_options client = KUBE_DISCOVERY_CLIENT_OPTIONS_INIT;
    kube_cached_discovery_builder *b;
    kube_discovery *d = NULL;
    kube_error *err = NULL;
    FILE *f = fopen(ca_file, "rb");

    if (f == NULL)
        die(ca_file, NULL);
    opts.base_url = url;
    opts.ca_pem = ca;
    opts.ca_pem_len = fread(ca, 1, sizeof ca, f);
    fclose(f);
    if (kube_rest_client_new(&opts, rest, &err) != KUBE_OK)
        die(url, err);
    b = kube_cached_discovery_builder_new();
    client.formats = KUBE_DISCOVERY_FORMATS_CLIENT_GO; /* which does not know v2beta1 any more */
    kube_cached_discovery_builder_rest(b, *rest);
    kube_cached_discovery_builder_client_options(b, &client);
    kube_cached_discovery_builder_disk(b, cache);
    if (kube_cached_discovery_builder_build(b, &d, &err) != KUBE_OK)
        die("building", err);
    return d;
}

int main(int argc, char **argv)
{
    kube_rest_client *rest = NULL;
    kube_discovery *d;

    if (argc < 4) {
        fprintf(stderr, "usage: %s URL CA_FILE CACHE_FOLDER [GROUP-VERSION ...]\n", argv[0]);
        return 2;
    }
    d = connect_to(argv[1], argv[2], argv[3], &rest);
    ask_groups(d);
    ask_lists(d);
    for (int i = 4; i < argc; i++)
        ask_one(d, argv[i]);
    printf("fresh %s\n", kube_discovery_fresh(d) ? "true" : "false");
    kube_discovery_unref(d);
    kube_rest_client_unref(rest);
    return 0;
}
