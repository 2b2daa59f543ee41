/* The documents that bring groups, item by item. */
#include "decode.h"

#include <kube/sys/error.h>

#include <string.h>

static const char *const kinds[] = {
    [KUBE_DISCOVERY_DOCUMENT_API_VERSIONS] = "APIVersions",
    [KUBE_DISCOVERY_DOCUMENT_GROUP_LIST] = "APIGroupList",
    [KUBE_DISCOVERY_DOCUMENT_AGGREGATED] = "APIGroupDiscoveryList",
};

kube_status kube__groups_decoder_init(kube__groups_decoder *g, kube_discovery_snapshot_builder *b,
                                      kube_discovery_document kind, kube_str bytes, kube_error **err)
{
    g->begun = g->in_items = false;
    if ((unsigned)kind >= sizeof kinds / sizeof kinds[0] || kinds[kind] == NULL)
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "no document that brings groups");
    if (kube__builder_check(b, err) != KUBE_OK)
        return KUBE_ERR_INVALID_STATE;
    g->kind = kind;
    g->first_group = b->group_count;
    g->left_out = b->left_out;
    memset(&g->core, 0, sizeof g->core);
    g->core.first_version = (uint32_t)b->version_count;
    g->core.nil_versions = true;
    kube__document_init(&g->document, b, kinds[kind], bytes);
    return KUBE_OK;
}

/* A version of the core group: its name is its group-version. */
static void read_core_versions(kube__groups_decoder *g)
{
    kube__document *d = &g->document;

    kube__builder_cut_versions(d->b, g->core.first_version);
    g->core.nil_versions = kube_json_reader_read_null(&d->r);
    if (g->core.nil_versions)
        return;
    kube_json_reader_enter_array(&d->r);
    while (kube__next_element(d)) {
        bool unclean = false;
        kube__text version = kube__read_text(d, &unclean);
        kube__group_version_record *added = kube__builder_add_version(d->b);

        if (added != NULL) {
            added->version = added->name = version;
            added->unclean = unclean;
        }
    }
}

static void read_member(kube__groups_decoder *g, kube_json_string key)
{
    kube__document *d = &g->document;
    const char *items = g->kind == KUBE_DISCOVERY_DOCUMENT_AGGREGATED ? "items" : "groups";

    if (kube_json_string_is(key, "kind")) {
        kube__check_kind(d);
    } else if (g->kind == KUBE_DISCOVERY_DOCUMENT_API_VERSIONS) {
        if (kube_json_string_is(key, "versions"))
            read_core_versions(g);
    } else if (kube_json_string_is(key, items)) {
        if (d->b->group_count > g->first_group)
            kube_json_reader_fail(&d->r, "the key occurs twice");
        d->b->left_out = g->left_out;
        g->in_items = kube_json_reader_enter_array(&d->r);
    }
}

/* Up to and including one group. KUBE_OK: the object is over. */
static kube_status read_on(kube__groups_decoder *g)
{
    kube__document *d = &g->document;
    kube_json_string key;

    if (!g->begun) {
        g->begun = true;
        kube_json_reader_enter_object(&d->r);
    }
    for (;;) {
        while (!g->in_items) {
            if (!kube__next_key(d, &key))
                return KUBE_OK;
            read_member(g, key);
        }
        if (kube__next_element(d)) {
            if (g->kind == KUBE_DISCOVERY_DOCUMENT_AGGREGATED)
                kube__decode_aggregated_group(d);
            else
                kube__decode_legacy_group(d);
            return KUBE_PENDING;
        }
        g->in_items = false;
    }
}

/* APIVersions is one group, even when it has no versions. */
static void add_core(kube__groups_decoder *g)
{
    kube_discovery_snapshot_builder *b = g->document.b;

    if (b->version_count > g->core.first_version) {
        g->core.preferred_version = b->versions[g->core.first_version].version;
        g->core.preferred_name = b->versions[g->core.first_version].name;
    }
    (void)kube__builder_end_group(b, &g->core);
}

kube_status kube__groups_decoder_step(kube__groups_decoder *g, kube_error **err)
{
    kube__document *d = &g->document;
    kube_status st = read_on(g);

    if (st == KUBE_PENDING && kube__document_ok(d))
        return st;
    if (kube__document_ok(d) && g->kind == KUBE_DISCOVERY_DOCUMENT_API_VERSIONS)
        add_core(g);
    st = kube__document_finish(d, err);
    if (st == KUBE_OK)
        kube__builder_end_document(d->b, g->kind);
    else
        d->b->useless = true;
    return st;
}

kube_status kube_discovery_snapshot_builder_add_groups(kube_discovery_snapshot_builder *builder,
                                                       kube_discovery_document kind, kube_str bytes,
                                                       const char *subject, kube_error **err)
{
    kube__groups_decoder decoder;
    kube_status st = kube__groups_decoder_init(&decoder, builder, kind, bytes, err);

    if (st != KUBE_OK)
        return st;
    do
        st = kube__groups_decoder_step(&decoder, err);
    while (st == KUBE_PENDING);
    return st == KUBE_OK ? st : kube_error_wrap(err, st, "%s", subject != NULL ? subject : "the document");
}
