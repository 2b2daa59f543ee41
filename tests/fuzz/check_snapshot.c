/* What must hold for every snapshot, whatever it was made of. */
#include "check_snapshot.h"
#include "names.h"

#include <kube/base/buf.h>

#include <stdlib.h>
#include <string.h>

void demand(bool truth)
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

void check_snapshot(const kube_discovery_snapshot *s)
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
