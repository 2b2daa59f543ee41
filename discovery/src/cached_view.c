/* Views: made, never changed, replaced. */
#include "cached.h"
#include "shared/alloc.h"
#include "snapshot.h"

#include <kube/sys/error.h>

#include <string.h>

static void destroy(kube__counted *counted)
{
    kube__view *view = (kube__view *)(void *)counted;

    for (size_t i = 0; i < view->part_count; i++)
        kube_discovery_snapshot_unref(view->parts[i].snapshot);
    kube_discovery_snapshot_unref(view->base);
    kube__free(view->generations);
    kube__free(view->parts);
    kube__free(view);
}

kube_status kube__view_new(kube_discovery_snapshot *base, uint64_t *generations, const kube_store_info *entry,
                           kube__view **out, kube_error **err)
{
    kube__view *view = NULL;

    if (KUBE__NEW(view) == NULL) {
        kube_discovery_snapshot_unref(base);
        kube__free(generations);
        return kube_error_no_memory(err);
    }
    kube__counted_init(&view->counted, destroy);
    view->base = base;
    view->generations = generations;
    if (entry != NULL)
        view->entry = *entry;
    *out = view;
    return KUBE_OK;
}

kube__view *kube__view_ref(kube__view *view)
{
    if (view != NULL)
        kube__counted_ref(&view->counted);
    return view;
}

void kube__view_unref(kube__view *view)
{
    if (view != NULL)
        kube__counted_unref(&view->counted);
}

const kube__part *kube__view_part(const kube__view *view, uint64_t name)
{
    for (size_t i = 0; i < view->part_count; i++) {
        if (view->parts[i].name == name)
            return &view->parts[i];
    }
    return NULL;
}

/* With room for one more part. */
static kube_status copy(const kube__view *from, kube__view **out, kube_error **err)
{
    size_t bytes = from->base != NULL ? (from->base->version_count + 1) * sizeof *from->generations : 0;
    uint64_t *generations = from->generations != NULL ? kube__malloc(bytes) : NULL;
    kube__part *parts = kube__calloc(from->part_count + 1, sizeof *parts);
    kube_status st;

    if (parts == NULL || (from->generations != NULL && generations == NULL)) {
        kube__free(generations);
        kube__free(parts);
        return kube_error_no_memory(err);
    }
    if (generations != NULL)
        memcpy(generations, from->generations, bytes);
    st = kube__view_new(kube_discovery_snapshot_ref(from->base), generations, &from->entry, out, err);
    if (st != KUBE_OK) {
        kube__free(parts);
        return st;
    }
    for (size_t i = 0; i < from->part_count; i++) {
        parts[i] = from->parts[i];
        kube_discovery_snapshot_ref(parts[i].snapshot);
    }
    (*out)->parts = parts;
    (*out)->part_count = from->part_count;
    return KUBE_OK;
}

kube_status kube__view_with_part(const kube__view *view, const kube__part *part, kube__view **out, kube_error **err)
{
    kube_status st = copy(view, out, err);
    size_t at = 0;

    if (st != KUBE_OK)
        return st;
    while (at < view->part_count && view->parts[at].name != part->name)
        at++;
    if (at < view->part_count)
        kube_discovery_snapshot_unref((*out)->parts[at].snapshot);
    else
        (*out)->part_count++;
    (*out)->parts[at] = *part;
    kube_discovery_snapshot_ref(part->snapshot);
    return KUBE_OK;
}

kube_status kube__view_with_generation(const kube__view *view, size_t document, uint64_t generation, kube__view **out,
                                       kube_error **err)
{
    kube_status st = copy(view, out, err);

    if (st == KUBE_OK)
        (*out)->generations[document] = generation;
    return st;
}
