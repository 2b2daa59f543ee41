/* The documents a server makes of a tree. Strings are passed on as they stand in its JSON, escapes and all; only the
 * names of groups and versions have been decoded. */
#include "tree.h"

#include "json_quote.h"

#include <kube/base/json.h>

static void append_raw_string(kube_buf *out, kube_json_string s)
{
    kube_buf_append_char(out, '"');
    kube_buf_append(out, s.raw);
    kube_buf_append_char(out, '"');
}

/* Inside of a JSON string. It is UTF-8, which stays as it is. */
static void append_name(kube_buf *out, const char *name)
{
    for (char c[2] = ""; (c[0] = *name) != '\0'; name++) {
        if ((unsigned char)c[0] < 0x80)
            kube__json_escape(out, c);
        else
            kube_buf_append_char(out, c[0]);
    }
}

/* A version as it came, but with the freshness it has now. */
static void write_version(const kube__tree_version *v, kube_buf *out)
{
    kube_json_string key;
    kube_json_reader r;
    kube_str value;

    kube_buf_append_char(out, '{');
    kube_json_reader_init(&r, kube_str_c(v->json));
    kube_json_reader_enter_object(&r);
    while (kube_json_reader_next_key(&r, &key)) {
        if (kube_json_string_is(key, "freshness"))
            continue;
        kube_json_reader_read_raw(&r, &value); /* it was read as a whole before */
        append_raw_string(out, key);
        kube_buf_append_char(out, ':');
        kube_buf_append(out, value);
        kube_buf_append_char(out, ',');
    }
    kube_buf_append_f(out, "\"freshness\":\"%s\"}", v->stale ? "Stale" : "Current");
}

void kube__tree_write_aggregated(const kube__tree *tree, const char *api_version, kube_buf *out)
{
    kube_buf_append_f(out, "{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":\"%s\",\"metadata\":{},\"items\":[",
                      api_version);
    for (size_t g = 0; g < tree->group_count; g++) {
        const kube__tree_group *group = &tree->groups[g];

        kube_buf_append_f(out, "%s{\"metadata\":%s,\"versions\":[", g > 0 ? "," : "", group->metadata);
        for (size_t v = 0; v < group->version_count; v++) {
            kube_buf_append_c(out, v > 0 ? "," : "");
            write_version(&group->versions[v], out);
        }
        kube_buf_append_c(out, "]}");
    }
    kube_buf_append_c(out, "]}\n");
}

void kube__tree_write_api_versions(const kube__tree *tree, const char *address, kube_buf *out)
{
    const kube__tree_group *core = kube__tree_group_named(tree, kube_str_c(""));

    kube_buf_append_c(out, "{\"kind\":\"APIVersions\",\"versions\":[");
    for (size_t v = 0; core != NULL && v < core->version_count; v++) {
        kube_buf_append_c(out, v > 0 ? ",\"" : "\"");
        append_name(out, core->versions[v].name);
        kube_buf_append_char(out, '"');
    }
    kube_buf_append_f(
        out, "],\"serverAddressByClientCIDRs\":[{\"clientCIDR\":\"0.0.0.0/0\",\"serverAddress\":\"%s\"}]}\n", address);
}

static void write_group_version(const kube__tree_group *group, const kube__tree_version *version, kube_buf *out)
{
    append_name(out, group->name);
    kube_buf_append_c(out, group->name[0] != '\0' ? "/" : "");
    append_name(out, version->name);
}

static void write_version_for_discovery(const kube__tree_group *group, const kube__tree_version *version, kube_buf *out)
{
    kube_buf_append_c(out, "{\"groupVersion\":\"");
    write_group_version(group, version, out);
    kube_buf_append_c(out, "\",\"version\":\"");
    append_name(out, version->name);
    kube_buf_append_c(out, "\"}");
}

/* The members of a group from its name on. A stale version is a version here: only its own list is missing. */
static void write_group_members(const kube__tree_group *group, kube_buf *out)
{
    kube_buf_append_c(out, "\"name\":\"");
    append_name(out, group->name);
    kube_buf_append_c(out, "\",\"versions\":[");
    for (size_t v = 0; v < group->version_count; v++) {
        kube_buf_append_c(out, v > 0 ? "," : "");
        write_version_for_discovery(group, &group->versions[v], out);
    }
    kube_buf_append_c(out, "],\"preferredVersion\":");
    write_version_for_discovery(group, &group->versions[0], out);
}

void kube__tree_write_group_list(const kube__tree *tree, kube_buf *out)
{
    kube_buf_append_c(out, "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[");
    for (size_t g = 0; g < tree->group_count; g++) {
        kube_buf_append_c(out, g > 0 ? ",{" : "{");
        write_group_members(&tree->groups[g], out);
        kube_buf_append_char(out, '}');
    }
    kube_buf_append_c(out, "]}\n");
}

void kube__tree_write_group(const kube__tree_group *group, kube_buf *out)
{
    kube_buf_append_c(out, "{\"kind\":\"APIGroup\",\"apiVersion\":\"v1\",");
    write_group_members(group, out);
    kube_buf_append_c(out, "}\n");
}

/* A resource or subresource of the aggregated form, its lists still JSON. */
typedef struct resource {
    kube_json_string name, singular, group, version, kind, scope;
    kube_str         verbs, short_names, categories, subresources;
} resource;

static void read_kind(kube_json_reader *r, resource *out)
{
    kube_json_string key;

    kube_json_reader_enter_object(r);
    while (kube_json_reader_next_key(r, &key)) {
        if (kube_json_string_is(key, "group"))
            kube_json_reader_read_string(r, &out->group);
        else if (kube_json_string_is(key, "version"))
            kube_json_reader_read_string(r, &out->version);
        else if (kube_json_string_is(key, "kind"))
            kube_json_reader_read_string(r, &out->kind);
    }
}

static void read_resource(kube_json_reader *r, resource *out)
{
    kube_json_string key;

    memset(out, 0, sizeof *out);
    kube_json_reader_enter_object(r);
    while (kube_json_reader_next_key(r, &key)) {
        if (kube_json_string_is(key, "resource") || kube_json_string_is(key, "subresource"))
            kube_json_reader_read_string(r, &out->name);
        else if (kube_json_string_is(key, "singularResource"))
            kube_json_reader_read_string(r, &out->singular);
        else if (kube_json_string_is(key, "responseKind"))
            read_kind(r, out);
        else if (kube_json_string_is(key, "scope"))
            kube_json_reader_read_string(r, &out->scope);
        else if (kube_json_string_is(key, "verbs"))
            kube_json_reader_read_raw(r, &out->verbs);
        else if (kube_json_string_is(key, "shortNames"))
            kube_json_reader_read_raw(r, &out->short_names);
        else if (kube_json_string_is(key, "categories"))
            kube_json_reader_read_raw(r, &out->categories);
        else if (kube_json_string_is(key, "subresources"))
            kube_json_reader_read_raw(r, &out->subresources);
    }
}

static void write_text(const char *key, kube_json_string value, kube_buf *out)
{
    if (value.raw.len > 0) {
        kube_buf_append_f(out, ",\"%s\":", key);
        append_raw_string(out, value);
    }
}

static void write_list(const char *key, kube_str list, kube_buf *out)
{
    if (list.len > 0 && !kube_str_is(list, "null") && !kube_str_is(list, "[]")) {
        kube_buf_append_f(out, ",\"%s\":", key);
        kube_buf_append(out, list);
    }
}

/* Without any part of a kind it is left out, as client-go does. `parent` is NULL for a resource; a subresource has its
 * scope and singular name from there. True: something was written. */
static bool write_resource(const resource *parent, const resource *r, bool first, kube_buf *out)
{
    const resource *owner = parent != NULL ? parent : r;

    if (r->group.raw.len == 0 && r->version.raw.len == 0 && r->kind.raw.len == 0)
        return false;
    kube_buf_append_c(out, first ? "{\"name\":\"" : ",{\"name\":\"");
    kube_buf_append(out, owner->name.raw);
    if (parent != NULL) {
        kube_buf_append_char(out, '/');
        kube_buf_append(out, r->name.raw);
    }
    kube_buf_append_c(out, "\",\"singularName\":");
    append_raw_string(out, owner->singular);
    kube_buf_append_f(out, ",\"namespaced\":%s", kube_json_string_is(owner->scope, "Namespaced") ? "true" : "false");
    write_text("group", r->group, out);
    write_text("version", r->version, out);
    kube_buf_append_c(out, ",\"kind\":");
    append_raw_string(out, r->kind);
    kube_buf_append_c(out, ",\"verbs\":");
    kube_buf_append(out, r->verbs.len > 0 ? r->verbs : kube_str_c("null"));
    if (parent == NULL) {
        write_list("shortNames", r->short_names, out);
        write_list("categories", r->categories, out);
    }
    kube_buf_append_char(out, '}');
    return true;
}

static bool write_with_subresources(const resource *r, bool first, kube_buf *out)
{
    bool written = write_resource(NULL, r, first, out);
    kube_json_reader sub;
    resource s;

    kube_json_reader_init(&sub, r->subresources.len > 0 ? r->subresources : kube_str_c("[]"));
    kube_json_reader_enter_array(&sub);
    while (kube_json_reader_next_element(&sub)) {
        read_resource(&sub, &s);
        written = write_resource(r, &s, first && !written, out) || written;
    }
    return written;
}

void kube__tree_write_resource_list(const kube__tree_group *group, const kube__tree_version *version, kube_buf *out)
{
    kube_json_string key;
    kube_json_reader r;
    resource one;
    bool written = false;

    kube_buf_append_f(out, "{\"kind\":\"APIResourceList\",%s\"groupVersion\":\"",
                      group->name[0] != '\0' ? "\"apiVersion\":\"v1\"," : "");
    write_group_version(group, version, out);
    kube_buf_append_c(out, "\",\"resources\":[");
    kube_json_reader_init(&r, kube_str_c(version->json));
    kube_json_reader_enter_object(&r);
    while (kube_json_reader_next_key(&r, &key)) {
        if (!kube_json_string_is(key, "resources"))
            continue;
        kube_json_reader_enter_array(&r);
        while (kube_json_reader_next_element(&r)) {
            read_resource(&r, &one);
            written = write_with_subresources(&one, !written, out) || written;
        }
    }
    kube_buf_append_c(out, "]}\n");
}
