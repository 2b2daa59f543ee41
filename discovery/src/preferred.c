/* The questions of client-go that make a choice of a snapshot's resources. */
#include "id_map.h"
#include "lists.h"
#include "shared/alloc.h"

#include <kube/sys/error.h>

#include <string.h>

kube_status kube__groups_and_resources(const kube_discovery_snapshot *snapshot, bool stale,
                                       kube_api_group_list **groups_out, kube_api_resource_lists **lists_out,
                                       kube_error **err)
{
    kube_api_resource_lists *lists = NULL;
    size_t answers = 0;
    kube_status st = KUBE_OK;

    for (size_t i = 0; i < snapshot->version_count; i++)
        answers += kube__answer_of(snapshot, &snapshot->versions[i]) == &snapshot->versions[i];
    if (lists_out != NULL)
        st = kube__lists_new(snapshot, answers, 0, &lists, err);
    if (st != KUBE_OK)
        return st;
    for (size_t i = 0; lists != NULL && i < snapshot->version_count; i++) {
        const kube_group_version *v = &snapshot->versions[i];

        if (kube__answer_of(snapshot, v) == v) {
            kube_api_resource_list *list = kube__lists_add(lists, v->list.group_version);

            list->first = v->list.first;
            list->chosen = NULL;
            list->count = v->list.count;
        }
    }
    if (groups_out != NULL)
        *groups_out = kube_api_group_list_ref(&snapshot->groups);
    if (lists_out != NULL)
        *lists_out = lists;
    /* client-go takes an aggregated answer without any list for one that has to be asked for again, list by list; there
     * is nothing to ask for, and what was stale is forgotten. */
    return kube__partial_error(snapshot, stale && snapshot->aggregated && answers != 0, err);
}

kube_status kube_discovery_snapshot_groups_and_resources(const kube_discovery_snapshot *snapshot,
                                                         kube_api_group_list **groups_out,
                                                         kube_api_resource_lists **lists_out, kube_error **err)
{
    return kube__groups_and_resources(snapshot, true, groups_out, lists_out, err);
}

/* The choice among a group's versions of a resource. */
typedef struct choice {
    const kube_discovery_snapshot *snapshot;
    bool                           namespaced_only;
    kube__id_map                   lists;     /* group and version: the last list that belongs to them         */
    kube__id_map                   resources; /* group and resource: the one that was chosen                   */
    uint32_t                      *target;    /* for each resource: the list it was chosen for, or KUBE__ID_NONE */
    const kube_group_version     **walked;    /* for each list: whose resources                                */
    size_t                         list_count;
} choice;

static uint32_t text_of(const choice *c, const char *text)
{
    return (uint32_t)(text - c->snapshot->texts);
}

static uint32_t index_of(const choice *c, const kube_api_resource *r)
{
    return (uint32_t)(r - c->snapshot->resources);
}

/* The first version that has the resource is taken, and only the preferred one may take its place. */
static bool choose_among(choice *c, const kube_api_group *group, const kube_group_version *answer, bool preferred,
                         uint32_t list)
{
    for (size_t i = 0; i < answer->list.count; i++) {
        const kube_api_resource *r = answer->list.first + i;
        uint32_t *chosen;

        if (r->subresource)
            continue;
        chosen = kube__id_map_put(&c->resources, kube__id_pair(text_of(c, group->name),
                                                               text_of(c, kube_api_resource_name(r))));
        if (chosen == NULL)
            return false;
        if (*chosen != KUBE__ID_NONE) {
            if (!preferred)
                continue;
            c->target[*chosen] = KUBE__ID_NONE;
        }
        *chosen = index_of(c, r);
        c->target[*chosen] = list;
    }
    return true;
}

static bool walk(choice *c)
{
    const kube_discovery_snapshot *s = c->snapshot;

    for (size_t g = 0; g < s->groups.count; g++) {
        const kube_api_group *group = &s->group_items[g];

        for (size_t i = 0; i < group->listed_count; i++) {
            const kube_group_version *v = &group->versions[i], *answer = kube__answer_of(s, v);
            uint32_t *last;

            if (answer == NULL)
                continue;
            last = kube__id_map_put(&c->lists, text_of(c, v->key));
            if (last == NULL)
                return false;
            *last = (uint32_t)c->list_count;
            c->walked[c->list_count++] = v;
            if (!choose_among(c, group, answer, strcmp(v->version, group->preferred_version) == 0, *last))
                return false;
        }
    }
    return true;
}

/* A group-version that is listed twice has two lists, and the last one receives what was chosen of it. */
static bool belongs(const choice *c, const kube_api_resource *r, uint32_t list)
{
    uint32_t target = c->target[index_of(c, r)];

    return target != KUBE__ID_NONE && kube__id_map_get(&c->lists, text_of(c, c->walked[target]->key)) == list &&
           (!c->namespaced_only || r->namespaced);
}

static void emit(const choice *c, kube_api_resource_lists *lists)
{
    for (size_t l = 0; l < c->list_count; l++) {
        const kube_group_version *v = c->walked[l], *answer = kube__answer_of(c->snapshot, v);
        const kube_api_resource_list *list = kube__lists_add(lists, v->name);

        for (size_t i = 0; i < answer->list.count; i++) {
            if (belongs(c, answer->list.first + i, (uint32_t)l))
                kube__lists_choose(lists, answer->list.first + i);
        }
        if (c->namespaced_only && list->count == 0)
            lists->count--;
    }
}

kube_status kube__preferred(const kube_discovery_snapshot *s, bool stale, bool namespaced_only,
                            kube_api_resource_lists **out, kube_error **err)
{
    choice c = { .snapshot = s,
                 .namespaced_only = namespaced_only,
                 .lists = { .seed = s->seed },
                 .resources = { .seed = s->seed } };
    kube_api_resource_lists *lists = NULL;
    kube_status st = KUBE_OK;

    c.target = kube__calloc(s->resource_count, sizeof *c.target);
    c.walked = kube__calloc(s->version_count, sizeof *c.walked);
    if (c.target == NULL || c.walked == NULL) {
        st = kube_error_no_memory(err);
    } else {
        memset(c.target, 0xff, s->resource_count * sizeof *c.target);
        if (!walk(&c))
            st = kube_error_no_memory(err);
    }
    if (st == KUBE_OK)
        st = kube__lists_new(s, c.list_count, c.resources.count, &lists, err);
    if (st == KUBE_OK) {
        emit(&c, lists);
        *out = lists;
        st = kube__partial_error(s, stale && s->aggregated, err);
    }
    kube__free(c.target);
    kube__free(c.walked);
    kube__id_map_clear(&c.lists);
    kube__id_map_clear(&c.resources);
    return st;
}

kube_status kube_discovery_snapshot_preferred_resources(const kube_discovery_snapshot *snapshot,
                                                        kube_api_resource_lists **out, kube_error **err)
{
    return kube__preferred(snapshot, true, false, out, err);
}

kube_status kube_discovery_snapshot_preferred_namespaced_resources(const kube_discovery_snapshot *snapshot,
                                                                   kube_api_resource_lists **out, kube_error **err)
{
    return kube__preferred(snapshot, true, true, out, err);
}
