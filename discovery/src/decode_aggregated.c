/* APIGroupDiscoveryList, v2 and v2beta1: groups with their versions, resources and subresources. Members may come in
 * any order, so what depends on another member is filled in when its object is over. */
#include "decode.h"

#include <string.h>

/* The names of an object's kind. Absent, null, or all empty: it has none, and the resource is not there. */
static void read_kind(kube__document *d, kube__resource_record *r)
{
    kube_json_string key;

    r->group = r->version = r->kind = 0;
    kube_json_reader_enter_object(&d->r);
    while (kube__next_key(d, &key)) {
        if (kube_json_string_is(key, "group"))
            r->group = kube__read_text(d, &r->unclean);
        else if (kube_json_string_is(key, "version"))
            r->version = kube__read_text(d, &r->unclean);
        else if (kube_json_string_is(key, "kind"))
            r->kind = kube__read_text(d, &r->unclean);
    }
}

static bool has_kind(const kube__resource_record *r)
{
    return r->group != 0 || r->version != 0 || r->kind != 0;
}

static void read_subresource(kube__document *d)
{
    kube__resource_record sub = { .subresource = true }, *added;
    kube_json_string key;

    kube_json_reader_enter_object(&d->r);
    while (kube__next_key(d, &key)) {
        if (kube_json_string_is(key, "subresource"))
            sub.name = kube__read_text(d, &sub.unclean);
        else if (kube_json_string_is(key, "responseKind"))
            read_kind(d, &sub);
        else if (kube_json_string_is(key, "verbs"))
            sub.verbs = kube__read_texts(d, &sub.unclean);
    }
    if (!kube__document_ok(d))
        return;
    if (sub.unclean) {
        d->b->left_out++;
    } else if (has_kind(&sub)) {
        added = kube__builder_add_resource(d->b);
        if (added != NULL)
            *added = sub;
    }
}

static void read_subresources(kube__document *d, size_t parent, uint32_t left_out)
{
    d->b->resource_count = parent + 1;
    d->b->left_out = left_out;
    kube_json_reader_enter_array(&d->r);
    while (kube__next_element(d))
        read_subresource(d);
}

static void read_resource_member(kube__document *d, kube_json_string key, kube__resource_record *own, size_t at,
                                 uint32_t left_out)
{
    if (kube_json_string_is(key, "resource"))
        own->name = kube__read_text(d, &own->unclean);
    else if (kube_json_string_is(key, "responseKind"))
        read_kind(d, own);
    else if (kube_json_string_is(key, "scope"))
        own->namespaced = kube__read_is(d, "Namespaced");
    else if (kube_json_string_is(key, "singularResource"))
        own->singular = kube__read_text(d, &own->unclean);
    else if (kube_json_string_is(key, "verbs"))
        own->verbs = kube__read_texts(d, &own->unclean);
    else if (kube_json_string_is(key, "shortNames"))
        own->short_names = kube__read_texts(d, &own->unclean);
    else if (kube_json_string_is(key, "categories"))
        own->categories = kube__read_texts(d, &own->unclean);
    else if (kube_json_string_is(key, "subresources"))
        read_subresources(d, at, left_out);
}

/* The resource takes the place that was kept for it; a resource without a kind is there only through its
 * subresources. */
static void end_resource(kube__document *d, kube__resource_record *own, size_t at)
{
    kube_discovery_snapshot_builder *b = d->b;

    if (own->unclean) {
        b->left_out++;
        b->resource_count = at;
        return;
    }
    own->subresource = strchr(kube__intern_get(&b->in, own->name), '/') != NULL;
    for (size_t i = at + 1; i < b->resource_count; i++) {
        kube__text name = kube__builder_join(b, own->name, '/', b->resources[i].name);

        if (b->in.failure != KUBE_OK)
            return;
        b->resources[i].name = name;
        b->resources[i].singular = own->singular;
        b->resources[i].namespaced = own->namespaced;
    }
    if (has_kind(own)) {
        b->resources[at] = *own;
    } else {
        b->resource_count--;
        memmove(b->resources + at, b->resources + at + 1, (b->resource_count - at) * sizeof *b->resources);
    }
}

static void read_resource(kube__document *d)
{
    kube__resource_record own = { .name = 0 };
    size_t at = d->b->resource_count;
    uint32_t left_out = d->b->left_out;
    kube_json_string key;

    if (kube__builder_add_resource(d->b) == NULL)
        return;
    kube_json_reader_enter_object(&d->r);
    while (kube__next_key(d, &key))
        read_resource_member(d, key, &own, at, left_out);
    if (kube__document_ok(d))
        end_resource(d, &own, at);
}

static void read_resources(kube__document *d, size_t first, uint32_t left_out)
{
    d->b->resource_count = first;
    d->b->left_out = left_out;
    kube_json_reader_enter_array(&d->r);
    while (kube__next_element(d))
        read_resource(d);
}

static void read_version(kube__document *d)
{
    kube_discovery_snapshot_builder *b = d->b;
    size_t at = b->version_count, first = b->resource_count;
    kube__text version = 0;
    bool stale = false, unclean = false;
    kube_json_string key;

    if (kube__builder_add_version(b) == NULL)
        return;
    kube_json_reader_enter_object(&d->r);
    while (kube__next_key(d, &key)) {
        if (kube_json_string_is(key, "version"))
            version = kube__read_text(d, &unclean);
        else if (kube_json_string_is(key, "resources"))
            read_resources(d, first, b->versions[at].left_out);
        else if (kube_json_string_is(key, "freshness"))
            stale = kube__read_is(d, "Stale");
    }
    if (!kube__document_ok(d))
        return;
    if (stale || unclean) {
        b->resource_count = first;
        b->left_out = b->versions[at].left_out;
    }
    b->versions[at].version = version;
    b->versions[at].unclean = unclean;
    b->versions[at].state = stale ? KUBE_GROUP_VERSION_STALE : KUBE_GROUP_VERSION_LOADED;
    b->versions[at].origin = KUBE_GROUP_VERSION_ORIGIN_DOCUMENT;
    b->versions[at].resource_count = (uint32_t)(b->resource_count - first);
    b->versions[at].nil_resources = b->resource_count == first;
}

static void read_versions(kube__document *d, size_t first)
{
    kube__builder_cut_versions(d->b, first);
    kube_json_reader_enter_array(&d->r);
    while (kube__next_element(d))
        read_version(d);
}

static void read_metadata(kube__document *d, kube__group_record *group)
{
    kube_json_string key;

    group->name = 0;
    kube_json_reader_enter_object(&d->r);
    while (kube__next_key(d, &key)) {
        if (kube_json_string_is(key, "name"))
            group->name = kube__read_text(d, &group->unclean);
    }
}

void kube__decode_aggregated_group(kube__document *d)
{
    kube__group_record group = { .first_version = (uint32_t)d->b->version_count, .prefers_first = true };
    kube_json_string key;

    kube_json_reader_enter_object(&d->r);
    while (kube__next_key(d, &key)) {
        if (kube_json_string_is(key, "metadata"))
            read_metadata(d, &group);
        else if (kube_json_string_is(key, "versions"))
            read_versions(d, group.first_version);
    }
    if (kube__document_ok(d))
        (void)kube__builder_end_group(d->b, &group);
}
