#include "tree.h"

#include "shared/alloc.h"

#include <kube/base/json.h>
#include <kube/sys/error.h>

static void clear_version(kube__tree_version *v)
{
    kube__free(v->name);
    kube__free(v->json);
}

static void clear_group(kube__tree_group *g)
{
    for (size_t i = 0; i < g->version_count; i++)
        clear_version(&g->versions[i]);
    kube__free(g->versions);
    kube__free(g->name);
    kube__free(g->metadata);
    memset(g, 0, sizeof *g);
}

void kube__tree_clear(kube__tree *tree)
{
    for (size_t i = 0; i < tree->group_count; i++)
        clear_group(&tree->groups[i]);
    kube__free(tree->groups);
    memset(tree, 0, sizeof *tree);
}

static bool put_version(kube__tree_group *g, kube__tree_version version)
{
    kube__tree_version *at = NULL, *grown;

    for (size_t i = 0; i < g->version_count; i++) {
        if (strcmp(g->versions[i].name, version.name) == 0)
            at = &g->versions[i];
    }
    if (at != NULL) {
        clear_version(at);
    } else {
        grown = kube__realloc_array(g->versions, g->version_count + 1, sizeof *grown);
        if (grown == NULL)
            return false;
        g->versions = grown;
        at = &g->versions[g->version_count++];
    }
    *at = version;
    return true;
}

static char *copy_text(kube_json_string s)
{
    char *text = kube__malloc(s.raw.len + 1);

    if (text != NULL)
        text[kube_json_string_copy(s, text)] = '\0';
    return text;
}

/* Of one version: its name, and whether it is stale. The rest is looked at when it is served. */
static kube_status read_version(kube_str json, kube__tree_group *g, kube_error **err)
{
    kube__tree_version version = { .stale = false };
    kube_json_string key, name = { .escaped = 0 }, freshness = { .escaped = 0 };
    kube_json_reader r;
    kube_status st;

    kube_json_reader_init(&r, json);
    kube_json_reader_enter_object(&r);
    while (kube_json_reader_next_key(&r, &key)) {
        if (kube_json_string_is(key, "version"))
            kube_json_reader_read_string(&r, &name);
        else if (kube_json_string_is(key, "freshness"))
            kube_json_reader_read_string(&r, &freshness);
    }
    if (name.raw.len == 0 || kube_json_string_has_nul(name))
        kube_json_reader_fail(&r, "a version needs a name");
    st = kube_json_reader_finish(&r, err);
    if (st != KUBE_OK)
        return st;
    version.stale = kube_json_string_is(freshness, "Stale");
    version.name = copy_text(name);
    version.json = kube__strndup(json);
    if (version.name == NULL || version.json == NULL || !put_version(g, version)) {
        clear_version(&version);
        st = kube_error_no_memory(err);
    }
    return st;
}

static kube_status read_metadata(kube_str json, kube__tree_group *g, kube_error **err)
{
    kube_json_string key, name = { .escaped = 0 };
    kube_json_reader r;
    kube_status st;

    kube_json_reader_init(&r, json.len > 0 ? json : kube_str_c("{}"));
    kube_json_reader_enter_object(&r);
    while (kube_json_reader_next_key(&r, &key)) {
        if (kube_json_string_is(key, "name"))
            kube_json_reader_read_string(&r, &name);
    }
    if (kube_json_string_has_nul(name))
        kube_json_reader_fail(&r, "a group's name has a NUL");
    st = kube_json_reader_finish(&r, err);
    if (st == KUBE_OK) {
        g->name = copy_text(name);
        g->metadata = kube__strndup(json.len > 0 ? json : kube_str_c("{}"));
        if (g->name == NULL || g->metadata == NULL)
            st = kube_error_no_memory(err);
    }
    return st;
}

static kube_status read_item(kube_str item, kube__tree_group *g, kube_error **err)
{
    kube_str metadata = { NULL, 0 }, version;
    kube_json_string key;
    kube_json_reader r;
    kube_status st = KUBE_OK, read;

    kube_json_reader_init(&r, item);
    kube_json_reader_enter_object(&r);
    while (st == KUBE_OK && kube_json_reader_next_key(&r, &key)) {
        if (kube_json_string_is(key, "metadata")) {
            kube_json_reader_read_raw(&r, &metadata);
        } else if (kube_json_string_is(key, "versions")) {
            kube_json_reader_enter_array(&r);
            while (st == KUBE_OK && kube_json_reader_next_element(&r)) {
                if (kube_json_reader_read_raw(&r, &version))
                    st = read_version(version, g, err);
            }
        }
    }
    if (st == KUBE_OK) {
        if (g->version_count == 0)
            kube_json_reader_fail(&r, "a group needs a version");
        read = kube_json_reader_finish(&r, err);
        st = read == KUBE_OK ? read_metadata(metadata, g, err) : read;
    }
    return st;
}

/* Takes the versions of `from` over, or all of it when the group is new. */
static bool merge(kube__tree *tree, kube__tree_group *from)
{
    kube__tree_group *grown, *to = (kube__tree_group *)kube__tree_group_named(tree, kube_str_c(from->name));

    if (to == NULL) {
        grown = kube__realloc_array(tree->groups, tree->group_count + 1, sizeof *grown);
        if (grown == NULL)
            return false;
        tree->groups = grown;
        tree->groups[tree->group_count++] = *from;
        memset(from, 0, sizeof *from);
    }
    for (size_t i = 0; to != NULL && i < from->version_count; i++) {
        if (!put_version(to, from->versions[i]))
            return false;
        memset(&from->versions[i], 0, sizeof from->versions[i]);
    }
    return true;
}

kube_status kube__tree_add_item(kube__tree *tree, kube_str item, kube_error **err)
{
    kube__tree_group group = { .name = NULL };
    kube_status st = read_item(item, &group, err);

    if (st == KUBE_OK && !merge(tree, &group))
        st = kube_error_no_memory(err);
    clear_group(&group);
    return st;
}

kube_status kube__tree_add_document(kube__tree *tree, kube_str document, kube_error **err)
{
    kube_json_string key, kind = { .escaped = 0 };
    kube_json_reader r;
    kube_str item;
    kube_status st = KUBE_OK;

    kube_json_reader_init(&r, document);
    kube_json_reader_enter_object(&r);
    while (st == KUBE_OK && kube_json_reader_next_key(&r, &key)) {
        if (kube_json_string_is(key, "kind")) {
            kube_json_reader_read_string(&r, &kind);
        } else if (kube_json_string_is(key, "items")) {
            kube_json_reader_enter_array(&r);
            while (st == KUBE_OK && kube_json_reader_next_element(&r)) {
                if (kube_json_reader_read_raw(&r, &item))
                    st = kube__tree_add_item(tree, item, err);
            }
        }
    }
    if (st == KUBE_OK && !kube_json_string_is(kind, "APIGroupDiscoveryList"))
        kube_json_reader_fail(&r, "the document is no APIGroupDiscoveryList");
    return st == KUBE_OK ? kube_json_reader_finish(&r, err) : st;
}

const kube__tree_group *kube__tree_group_named(const kube__tree *tree, kube_str name)
{
    for (size_t i = 0; i < tree->group_count; i++) {
        if (kube_str_is(name, tree->groups[i].name))
            return &tree->groups[i];
    }
    return NULL;
}

kube__tree_version *kube__tree_find(const kube__tree *tree, kube_str group, kube_str version)
{
    const kube__tree_group *g = kube__tree_group_named(tree, group);

    for (size_t i = 0; g != NULL && i < g->version_count; i++) {
        if (kube_str_is(version, g->versions[i].name))
            return &g->versions[i];
    }
    return NULL;
}

bool kube__tree_remove(kube__tree *tree, kube_str group, kube_str version)
{
    kube__tree_group *g = (kube__tree_group *)kube__tree_group_named(tree, group);
    kube__tree_version *v = kube__tree_find(tree, group, version);
    size_t at;

    if (g == NULL || v == NULL)
        return false;
    clear_version(v);
    at = (size_t)(v - g->versions);
    memmove(v, v + 1, (--g->version_count - at) * sizeof *v);
    if (g->version_count == 0) {
        clear_group(g);
        at = (size_t)(g - tree->groups);
        memmove(g, g + 1, (--tree->group_count - at) * sizeof *g);
    }
    return true;
}
