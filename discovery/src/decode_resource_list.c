/* APIResourceList: the resources of one group-version. */
#include "decode.h"

#include <string.h>

static void read_member(kube__document *d, kube_json_string key, kube__resource_record *r)
{
    if (kube_json_string_is(key, "name"))
        r->name = kube__read_text(d, &r->unclean);
    else if (kube_json_string_is(key, "singularName"))
        r->singular = kube__read_text(d, &r->unclean);
    else if (kube_json_string_is(key, "namespaced"))
        kube_json_reader_read_bool(&d->r, &r->namespaced);
    else if (kube_json_string_is(key, "group"))
        r->group = kube__read_text(d, &r->unclean);
    else if (kube_json_string_is(key, "version"))
        r->version = kube__read_text(d, &r->unclean);
    else if (kube_json_string_is(key, "kind"))
        r->kind = kube__read_text(d, &r->unclean);
    else if (kube_json_string_is(key, "verbs"))
        r->verbs = kube__read_texts(d, &r->unclean);
    else if (kube_json_string_is(key, "shortNames"))
        r->short_names = kube__read_texts(d, &r->unclean);
    else if (kube_json_string_is(key, "categories"))
        r->categories = kube__read_texts(d, &r->unclean);
    else if (kube_json_string_is(key, "storageVersionHash"))
        r->hash = kube__read_text(d, &r->unclean);
}

static void read_resource(kube__document *d)
{
    kube__resource_record own = { .name = 0 }, *added;
    kube_json_string key;

    kube_json_reader_enter_object(&d->r);
    while (kube__next_key(d, &key))
        read_member(d, key, &own);
    if (!kube__document_ok(d))
        return;
    if (own.unclean) {
        d->b->left_out++;
        return;
    }
    own.subresource = strchr(kube__intern_get(&d->b->in, own.name), '/') != NULL;
    added = kube__builder_add_resource(d->b);
    if (added != NULL)
        *added = own;
}

static void read_resources(kube__document *d, size_t first, uint32_t left_out, kube__resource_list_record *list)
{
    d->b->resource_count = first;
    d->b->left_out = left_out;
    list->nil_resources = kube_json_reader_read_null(&d->r);
    if (list->nil_resources)
        return;
    kube_json_reader_enter_array(&d->r);
    while (kube__next_element(d))
        read_resource(d);
}

kube_status kube__decode_resource_list(kube_discovery_snapshot_builder *b, kube_str bytes,
                                       kube__resource_list_record *list, kube_error **err)
{
    size_t first = b->resource_count;
    uint32_t left_out = b->left_out;
    bool unclean = false;
    kube__document d;
    kube_json_string key;

    kube__document_init(&d, b, "APIResourceList", bytes);
    list->nil_resources = true;
    kube_json_reader_enter_object(&d.r);
    while (kube__next_key(&d, &key)) {
        if (kube_json_string_is(key, "kind"))
            kube__check_kind(&d);
        else if (kube_json_string_is(key, "groupVersion") && !kube_json_reader_read_null(&d.r))
            list->group_version = kube__read_text(&d, &unclean);
        else if (kube_json_string_is(key, "resources"))
            read_resources(&d, first, left_out, list);
    }
    if (unclean)
        kube_json_reader_fail(&d.r, "groupVersion has control characters or is too long");
    return kube__document_finish(&d, err);
}
