/* The items of an APIGroupList. */
#include "decode.h"

static void read_version(kube__document *d)
{
    kube__group_version_record v = { .name = 0 }, *added;
    kube_json_string key;

    kube_json_reader_enter_object(&d->r);
    while (kube__next_key(d, &key)) {
        if (kube_json_string_is(key, "groupVersion"))
            v.name = kube__read_text(d, &v.unclean);
        else if (kube_json_string_is(key, "version"))
            v.version = kube__read_text(d, &v.unclean);
    }
    added = kube__document_ok(d) ? kube__builder_add_version(d->b) : NULL;
    if (added != NULL) {
        added->name = v.name;
        added->version = v.version;
        added->unclean = v.unclean;
    }
}

static void read_versions(kube__document *d, kube__group_record *group)
{
    kube__builder_cut_versions(d->b, group->first_version);
    group->nil_versions = kube_json_reader_read_null(&d->r);
    if (group->nil_versions)
        return;
    kube_json_reader_enter_array(&d->r);
    while (kube__next_element(d))
        read_version(d);
}

/* Only a group's name decides whether it is left out: what is unclean beside it reads as "". */
static kube__text read_side_text(kube__document *d)
{
    bool unclean = false;

    return kube__read_text(d, &unclean);
}

static void read_preferred(kube__document *d, kube__group_record *group)
{
    kube_json_string key;

    group->preferred_name = group->preferred_version = 0;
    kube_json_reader_enter_object(&d->r);
    while (kube__next_key(d, &key)) {
        if (kube_json_string_is(key, "groupVersion"))
            group->preferred_name = read_side_text(d);
        else if (kube_json_string_is(key, "version"))
            group->preferred_version = read_side_text(d);
    }
}

static bool read_address(kube__document *d, kube__text *client, kube__text *server)
{
    bool unclean = false;
    kube_json_string key;

    kube_json_reader_enter_object(&d->r);
    while (kube__next_key(d, &key)) {
        if (kube_json_string_is(key, "clientCIDR"))
            *client = kube__read_text(d, &unclean);
        else if (kube_json_string_is(key, "serverAddress"))
            *server = kube__read_text(d, &unclean);
    }
    return !unclean;
}

/* Two texts for each address; unclean ones, and what is past the ceiling, are dropped. */
static void read_addresses(kube__document *d, kube__group_record *group)
{
    kube_discovery_snapshot_builder *b = d->b;

    group->addresses = 0;
    kube_json_reader_enter_array(&d->r);
    b->scratch_count = 0;
    while (kube__next_element(d)) {
        kube__text client = 0, server = 0;

        if (!read_address(d, &client, &server) || b->scratch_count + 2 > KUBE__LIST_MAX)
            continue;
        if (!kube__builder_push_text(b, client) || !kube__builder_push_text(b, server))
            return;
    }
    if (kube__document_ok(d))
        group->addresses = kube__intern_list(&b->in, b->scratch_texts, b->scratch_count);
}

void kube__decode_legacy_group(kube__document *d)
{
    kube__group_record group = { .first_version = (uint32_t)d->b->version_count, .nil_versions = true };
    kube_json_string key;

    kube_json_reader_enter_object(&d->r);
    while (kube__next_key(d, &key)) {
        if (kube_json_string_is(key, "name"))
            group.name = kube__read_text(d, &group.unclean);
        else if (kube_json_string_is(key, "versions"))
            read_versions(d, &group);
        else if (kube_json_string_is(key, "preferredVersion"))
            read_preferred(d, &group);
        else if (kube_json_string_is(key, "serverAddressByClientCIDRs"))
            read_addresses(d, &group);
        else if (kube_json_string_is(key, "kind"))
            group.kind = read_side_text(d);
        else if (kube_json_string_is(key, "apiVersion"))
            group.api_version = read_side_text(d);
    }
    if (kube__document_ok(d))
        (void)kube__builder_end_group(d->b, &group);
}
