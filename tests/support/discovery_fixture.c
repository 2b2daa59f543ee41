#include "discovery_fixture.h"

static kube_status add(kube_discovery_snapshot_builder *b, kube_discovery_document kind, const char *document,
                       const char *subject, kube_error **err)
{
    return document != NULL
               ? kube_discovery_snapshot_builder_add_groups(b, kind, kube_str_c(document), subject, err)
               : KUBE_OK;
}

kube_discovery_snapshot *aggregated_snapshot(const char *api, const char *apis)
{
    kube_discovery_snapshot_builder *b = NULL;
    kube_discovery_snapshot *snapshot = NULL;
    kube_error *err = NULL;

    assert_int_equal(kube_discovery_snapshot_builder_new(1000, &b, &err), KUBE_OK);
    if (add(b, KUBE_DISCOVERY_DOCUMENT_AGGREGATED, api, "/api", &err) != KUBE_OK ||
        add(b, KUBE_DISCOVERY_DOCUMENT_AGGREGATED, apis, "/apis", &err) != KUBE_OK ||
        kube_discovery_snapshot_builder_build(b, &snapshot, &err) != KUBE_OK)
        fail_msg("%s", kube_error_message(err));
    kube_discovery_snapshot_builder_free(b);
    return snapshot;
}

kube_status decode_failure(kube_discovery_document kind, const char *document, char *message, size_t size)
{
    kube_discovery_snapshot_builder *b = NULL;
    kube_discovery_snapshot *snapshot = NULL;
    kube_error *err = NULL;
    kube_status st;

    assert_int_equal(kube_discovery_snapshot_builder_new(0, &b, NULL), KUBE_OK);
    st = add(b, kind, document, "/somewhere", &err);
    snprintf(message, size, "%s", kube_error_message(err));
    if (st != KUBE_OK)
        assert_int_not_equal(kube_discovery_snapshot_builder_build(b, &snapshot, NULL), KUBE_OK);
    kube_error_free(err);
    kube_discovery_snapshot_builder_free(b);
    return st;
}

/* Appends, cut at the end of the room there is. */
static void put(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(char *text, const char *format, ...)
{
    size_t len = strlen(text);
    va_list args;

    va_start(args, format);
    vsnprintf(text + len, DISCOVERY_TEXT_BYTES - len, format, args);
    va_end(args);
}

const char *list_text(const kube_api_resource_list *list)
{
    static char text[DISCOVERY_TEXT_BYTES];

    text[0] = '\0';
    for (size_t i = 0; i < kube_api_resource_list_count(list); i++)
        put(text, "%s%s", i > 0 ? " " : "", kube_api_resource_name(kube_api_resource_list_at(list, i)));
    return text;
}

const char *lists_text(const kube_api_resource_lists *lists)
{
    static char text[DISCOVERY_TEXT_BYTES];

    text[0] = '\0';
    for (size_t i = 0; i < kube_api_resource_lists_count(lists); i++) {
        const kube_api_resource_list *list = kube_api_resource_lists_at(lists, i);

        put(text, "%s%s:%s%s", i > 0 ? "; " : "", kube_api_resource_list_group_version(list),
            kube_api_resource_list_count(list) != 0 ? " " : "", list_text(list));
    }
    return text;
}

const char *groups_text(const kube_api_group_list *groups)
{
    static char text[DISCOVERY_TEXT_BYTES];

    text[0] = '\0';
    for (size_t i = 0; i < kube_api_group_list_count(groups); i++) {
        const kube_api_group *group = kube_api_group_list_at(groups, i);
        bool seen = false;

        put(text, "%s%s[", i > 0 ? " " : "", kube_api_group_name(group));
        for (size_t v = 0; v < kube_api_group_version_count(group); v++) {
            const kube_group_version *gv = kube_api_group_version_at(group, v);
            bool preferred = strcmp(kube_group_version_version(gv), kube_api_group_preferred_version(group)) == 0;

            put(text, "%s%s%s", v > 0 ? " " : "", kube_group_version_name(gv), preferred ? "*" : "");
            seen = seen || preferred;
        }
        put(text, "]%s", seen ? "" : kube_api_group_preferred_group_version(group));
    }
    return text;
}

typedef const char *text_at(const kube_api_resource *resource, size_t i);

static void put_list(char *text, const char *title, const kube_api_resource *r, text_at *at)
{
    for (size_t i = 0; at(r, i) != NULL; i++)
        put(text, "%s%s", i > 0 ? "," : title, at(r, i));
}

const char *resource_text(const kube_api_resource *r)
{
    static char text[DISCOVERY_TEXT_BYTES];

    text[0] = '\0';
    put(text, "%s singular=%s kind=%s/%s/%s %s", kube_api_resource_name(r), kube_api_resource_singular_name(r),
        kube_api_resource_group(r), kube_api_resource_version(r), kube_api_resource_kind(r),
        kube_api_resource_is_namespaced(r) ? "namespaced" : "cluster");
    put_list(text, " verbs=", r, kube_api_resource_verb_at);
    put_list(text, " short=", r, kube_api_resource_short_name_at);
    put_list(text, " categories=", r, kube_api_resource_category_at);
    return text;
}

const char *found_text(const kube_discovery_snapshot *snapshot, kube_api_resource_key key, const char *value)
{
    static char text[DISCOVERY_TEXT_BYTES];
    kube_api_resource_iter it = kube_discovery_snapshot_find(snapshot, key, value);
    const kube_api_resource *r;

    text[0] = '\0';
    while ((r = kube_api_resource_iter_next(&it)) != NULL)
        put(text, "%s%s/%s", text[0] != '\0' ? " " : "", kube_api_resource_group_version(r), kube_api_resource_name(r));
    return text;
}

char *read_fixture(const char *path, size_t *len)
{
    char full[1024];
    char *bytes = NULL;
    long size = -1;
    FILE *f;

    snprintf(full, sizeof full, "%s/%s", KUBE_FIXTURES, path);
    f = fopen(full, "rb");
    if (f == NULL)
        fail_msg("%s cannot be opened", full);
    if (fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0 && fseek(f, 0, SEEK_SET) == 0)
        bytes = malloc((size_t)size + 1);
    if (bytes == NULL || fread(bytes, 1, (size_t)size, f) != (size_t)size)
        fail_msg("%s cannot be read", full);
    fclose(f);
    bytes[size] = '\0';
    *len = (size_t)size;
    return bytes;
}
