/* Discovery documents: the first byte says which kind, the rest is the document. Whatever is accepted must hold
 * together. */
#include "media_type.h"
#include "names.h"

#include <kube/base/buf.h>
#include <kube/sys/discovery.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool truth)
{
    if (!truth)
        abort();
}

static void check_text(const char *text)
{
    demand(text != NULL && !kube__has_control(kube_str_c(text)));
}

/* Everything can be read, and what is looked up by its own name is found. */
static void check_resource(const kube_discovery_snapshot *s, const kube_api_resource *r, bool counts)
{
    const char *name = kube_api_resource_name(r);
    kube_api_resource_iter it = kube_discovery_snapshot_find(s, KUBE_API_RESOURCE_BY_NAME, name);
    const kube_api_resource *found = kube_api_resource_iter_next(&it);

    check_text(name);
    check_text(kube_api_resource_singular_name(r));
    check_text(kube_api_resource_kind(r));
    check_text(kube_api_resource_group(r));
    check_text(kube_api_resource_version(r));
    check_text(kube_api_resource_group_version(r));
    check_text(kube_api_resource_storage_version_hash(r));
    demand(kube_api_resource_is_subresource(r) == (strchr(name, '/') != NULL));
    for (size_t i = 0; i < kube_api_resource_verb_count(r); i++)
        demand(kube_api_resource_has_verb(r, kube_api_resource_verb_at(r, i)));
    for (size_t i = 0; i < kube_api_resource_short_name_count(r); i++)
        check_text(kube_api_resource_short_name_at(r, i));
    for (size_t i = 0; i < kube_api_resource_category_count(r); i++)
        demand(kube_api_resource_has_category(r, kube_api_resource_category_at(r, i)));
    while (counts && name[0] != '\0' && found != r) {
        demand(found != NULL);
        found = kube_api_resource_iter_next(&it);
    }
}

static void check_snapshot(const kube_discovery_snapshot *s)
{
    kube_api_group_list *groups = NULL;
    kube_api_resource_lists *all = NULL, *preferred = NULL, *namespaced = NULL;
    kube_status st = kube_discovery_snapshot_groups_and_resources(s, &groups, &all, NULL);
    kube_buf key = KUBE_BUF_INIT(4096);
    size_t resources = 0;

    demand(st == KUBE_OK || st == KUBE_ERR_PARTIAL);
    for (size_t i = 0; i < kube_discovery_snapshot_group_version_count(s); i++) {
        const kube_group_version *v = kube_discovery_snapshot_group_version_at(s, i), *found;
        const kube_api_resource_list *list = kube_group_version_resources(v);

        check_text(kube_group_version_name(v));
        check_text(kube_group_version_group(v));
        check_text(kube_group_version_version(v));
        resources += kube_api_resource_list_count(list);
        kube_buf_reset(&key);
        kube_buf_append_c(&key, kube_group_version_group(v));
        kube_buf_append_c(&key, kube_group_version_group(v)[0] != '\0' ? "/" : "");
        kube_buf_append_c(&key, kube_group_version_version(v));
        if (kube_buf_status(&key, NULL) != KUBE_OK)
            continue;
        found = kube_discovery_snapshot_group_version(s, key.len != 0 ? key.data : "");
        demand(found != NULL);
        for (size_t r = 0; r < kube_api_resource_list_count(list); r++)
            check_resource(s, kube_api_resource_list_at(list, r), found == v);
    }
    demand(resources == kube_discovery_snapshot_resource_count(s));
    st = kube_discovery_snapshot_preferred_resources(s, &preferred, NULL);
    demand(st == KUBE_OK || st == KUBE_ERR_PARTIAL);
    st = kube_discovery_snapshot_preferred_namespaced_resources(s, &namespaced, NULL);
    demand(st == KUBE_OK || st == KUBE_ERR_PARTIAL);
    for (size_t i = 0; i < kube_api_resource_lists_count(namespaced); i++)
        demand(kube_api_resource_list_count(kube_api_resource_lists_at(namespaced, i)) != 0);
    demand(kube_api_resource_lists_count(namespaced) <= kube_api_resource_lists_count(preferred));
    kube_buf_clear(&key);
    kube_api_group_list_unref(groups);
    kube_api_resource_lists_unref(all);
    kube_api_resource_lists_unref(preferred);
    kube_api_resource_lists_unref(namespaced);
}

static void try_content_type(kube_str text)
{
    char *copy = calloc(1, text.len + 1);
    bool aggregated = false;

    if (copy != NULL) {
        memcpy(copy, text.data, text.len);
        (void)!kube__judge_answer(copy, kube_str_c("{}"), 200, &aggregated, NULL);
    }
    free(copy);
}

static void try_version(kube_str document)
{
    kube_server_version *version = NULL;

    if (kube_server_version_from_json(document, &version, NULL) == KUBE_OK)
        demand(kube_server_version_git_version(version) != NULL);
    kube_server_version_unref(version);
}

static void try_documents(uint8_t kind, kube_str document)
{
    kube_discovery_snapshot_builder *b = NULL;
    kube_discovery_snapshot *s = NULL;
    kube_error *err = NULL;
    kube_status st = kube_discovery_snapshot_builder_new(0, &b, NULL);

    if (st != KUBE_OK)
        return;
    if (kind == 0)
        st = kube_discovery_snapshot_builder_add_resources(b, "fuzz.io/v1", document, &err);
    else
        st = kube_discovery_snapshot_builder_add_groups(b, (kube_discovery_document)kind, document, "/fuzz", &err);
    demand((st == KUBE_OK) == (err == NULL));
    if (st == KUBE_OK && kube_discovery_snapshot_builder_build(b, &s, NULL) == KUBE_OK)
        check_snapshot(s);
    kube_error_free(err);
    kube_discovery_snapshot_unref(s);
    kube_discovery_snapshot_builder_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kube_str rest;

    if (size == 0)
        return 0;
    rest = kube_str_n((const char *)data + 1, size - 1);
    switch (data[0] % 6) {
    case 4:
        try_content_type(rest);
        break;
    case 5:
        try_version(rest);
        break;
    default:
        try_documents(data[0] % 6, rest);
        break;
    }
    return 0;
}
