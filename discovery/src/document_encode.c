/* Go's encoder, for the few types it is needed for: no blanks, members in the order of the Go types, what is marked
 * omitempty left out when it is, a line feed at the end. A list that is null and one that is empty are told apart. */
#include "document_encode.h"

#include "snapshot.h"

#include <string.h>

/* The escape of one byte, or NULL where it stands for itself. Go escapes what HTML would mistake for markup. */
static const char *escape_of(unsigned char c)
{
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '<':
        return "\\u003c";
    case '>':
        return "\\u003e";
    case '&':
        return "\\u0026";
    default:
        return NULL;
    }
}

/* U+2028 and U+2029, which JavaScript takes for line ends. */
static bool is_line_separator(const char *p)
{
    return (unsigned char)p[0] == 0xe2 && (unsigned char)p[1] == 0x80 && ((unsigned char)p[2] & 0xfe) == 0xa8;
}

/* The texts of a snapshot are valid UTF-8 without control characters, so that nothing else needs an escape. */
static void append_string(kube_buf *out, const char *text)
{
    const char *plain = text, *p = text;

    kube_buf_append_char(out, '"');
    while (*p != '\0') {
        const char *escape = escape_of((unsigned char)*p);

        if (escape == NULL && !is_line_separator(p)) {
            p++;
            continue;
        }
        kube_buf_append(out, kube_str_n(plain, (size_t)(p - plain)));
        if (escape != NULL) {
            kube_buf_append_c(out, escape);
            p++;
        } else {
            kube_buf_append_c(out, (unsigned char)p[2] == 0xa8 ? "\\u2028" : "\\u2029");
            p += 3;
        }
        plain = p;
    }
    kube_buf_append(out, kube_str_n(plain, (size_t)(p - plain)));
    kube_buf_append_char(out, '"');
}

/* `name` is the key with everything before its value: ",\"kind\":". */
static void append_member(kube_buf *out, const char *name, const char *text)
{
    kube_buf_append_c(out, name);
    append_string(out, text);
}

static void append_optional(kube_buf *out, const char *name, const char *text)
{
    if (text[0] != '\0')
        append_member(out, name, text);
}

static void append_texts(kube_buf *out, const kube__texts *list)
{
    if (list == NULL) {
        kube_buf_append_c(out, "null");
        return;
    }
    kube_buf_append_char(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            kube_buf_append_char(out, ',');
        append_string(out, kube__texts_at(list, i));
    }
    kube_buf_append_char(out, ']');
}

static void append_optional_texts(kube_buf *out, const char *name, const kube__texts *list)
{
    if (list == NULL || list->count == 0)
        return;
    kube_buf_append_c(out, name);
    append_texts(out, list);
}

static void append_version(kube_buf *out, const char *group_version, const char *version)
{
    append_member(out, "{\"groupVersion\":", group_version);
    append_member(out, ",\"version\":", version);
    kube_buf_append_char(out, '}');
}

static void append_versions(kube_buf *out, const kube_api_group *group)
{
    if (group->nil_versions) {
        kube_buf_append_c(out, "null");
        return;
    }
    kube_buf_append_char(out, '[');
    for (size_t i = 0; i < group->listed_count; i++) {
        if (i > 0)
            kube_buf_append_char(out, ',');
        append_version(out, group->versions[i].name, group->versions[i].version);
    }
    kube_buf_append_char(out, ']');
}

static void append_addresses(kube_buf *out, const kube__texts *addresses)
{
    if (addresses == NULL || addresses->count == 0)
        return;
    for (size_t i = 0; i + 1 < addresses->count; i += 2) {
        kube_buf_append_c(out, i == 0 ? ",\"serverAddressByClientCIDRs\":[" : ",");
        append_member(out, "{\"clientCIDR\":", kube__texts_at(addresses, i));
        append_member(out, ",\"serverAddress\":", kube__texts_at(addresses, i + 1));
        kube_buf_append_char(out, '}');
    }
    kube_buf_append_char(out, ']');
}

static void append_group(kube_buf *out, const kube_api_group *group)
{
    kube_buf_append_char(out, '{');
    if (group->kind[0] != '\0') {
        append_member(out, "\"kind\":", group->kind);
        kube_buf_append_char(out, ',');
    }
    if (group->api_version[0] != '\0') {
        append_member(out, "\"apiVersion\":", group->api_version);
        kube_buf_append_char(out, ',');
    }
    append_member(out, "\"name\":", group->name);
    kube_buf_append_c(out, ",\"versions\":");
    append_versions(out, group);
    kube_buf_append_c(out, ",\"preferredVersion\":");
    append_version(out, group->preferred_name, group->preferred_version);
    append_addresses(out, group->addresses);
    kube_buf_append_char(out, '}');
}

void kube__encode_group_list(const kube_api_group_list *groups, kube_buf *out)
{
    kube_buf_append_c(out, "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[");
    for (size_t i = 0; i < groups->count; i++) {
        if (i > 0)
            kube_buf_append_char(out, ',');
        append_group(out, &groups->groups[i]);
    }
    kube_buf_append_c(out, "]}\n");
}

static void append_resource(kube_buf *out, const kube_api_resource *r)
{
    append_member(out, "{\"name\":", kube__resource_text(r, r->name));
    append_member(out, ",\"singularName\":", kube__resource_text(r, r->singular));
    kube_buf_append_c(out, r->namespaced ? ",\"namespaced\":true" : ",\"namespaced\":false");
    append_optional(out, ",\"group\":", kube__resource_text(r, r->group));
    append_optional(out, ",\"version\":", kube__resource_text(r, r->version));
    append_member(out, ",\"kind\":", kube__resource_text(r, r->kind));
    kube_buf_append_c(out, ",\"verbs\":");
    append_texts(out, kube__resource_texts(r, r->verbs));
    append_optional_texts(out, ",\"shortNames\":", kube__resource_texts(r, r->short_names));
    append_optional_texts(out, ",\"categories\":", kube__resource_texts(r, r->categories));
    append_optional(out, ",\"storageVersionHash\":", kube__resource_text(r, r->hash));
    kube_buf_append_char(out, '}');
}

void kube__encode_resource_list(const kube_group_version *group_version, kube_buf *out)
{
    append_member(out, "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":",
                  group_version->list.group_version);
    kube_buf_append_c(out, ",\"resources\":");
    if (group_version->nil_resources)
        kube_buf_append_c(out, "null");
    else
        kube_buf_append_char(out, '[');
    for (size_t i = 0; i < group_version->list.count; i++) {
        if (i > 0)
            kube_buf_append_char(out, ',');
        append_resource(out, &group_version->list.first[i]);
    }
    kube_buf_append_c(out, group_version->nil_resources ? "}\n" : "]}\n");
}
