/* One document: its name, whether it may be used, reading it. */
#include "cached.h"

#include "hash.h"
#include "names.h"

#include <kube/sys/error.h>

#include <string.h>

enum { RESERVED_NAMES = 2 }; /* of hashes: the group list and the entry */

void kube__document_name_of_groups(kube__document_name *name)
{
    *name = (kube__document_name){ .storable = true, .segments = { "servergroups.json" } };
    name->key = (kube_store_key){ .segments = name->segments, .count = 1 };
}

/* A name that would be odd as a folder, or leave the one it belongs to, is not stored at all. */
void kube__document_name_of_version(kube__document_name *name, const kube__cached *c, const char *key,
                                    const char *group, const char *version)
{
    size_t count = 0;

    *name = (kube__document_name){ .storable = false };
    name->hash = kube__hash(c->seed, key, strlen(key)) | RESERVED_NAMES;
    name->storable = (group[0] == '\0' || kube__is_dns1123_subdomain(kube_str_c(group))) &&
                     kube__is_dns1035_label(kube_str_c(version));
    if (group[0] != '\0')
        name->segments[count++] = group;
    name->segments[count++] = version;
    name->segments[count++] = "serverresources.json";
    name->key = (kube_store_key){ .segments = name->segments, .count = count };
}

/* What may be used whatever its age, and what may not. */
static bool is_in_time(const kube__cached_op *op, const kube_store_info *info)
{
    return op->freshness == KUBE_FRESHNESS_ONLY_IF_CACHED || kube__cached_in_time(op->c, info->stored_at_unix_ms);
}

bool kube__is_out_of_reach(kube_status status)
{
    return status == KUBE_ERR_TIMEOUT || status == KUBE_ERR_CANCELLED;
}

kube__source kube__cached_classify(kube__cached_op *op, uint64_t base_generation, bool may_be_missing)
{
    const kube__document_name *name = &op->name;
    const kube__part *part = kube__view_part(op->view, name->hash);
    kube__source source = KUBE__SOURCE_READ; /* when in doubt: reading explains what is wrong */
    kube_store_info info;
    bool ours = false;
    kube_status st;

    if (op->forced || op->out_of_reach || !name->storable || !kube__cached_may_use(op->c, name->hash, &ours))
        return KUBE__SOURCE_MISS;
    if (part == NULL && base_generation == 0 && !may_be_missing)
        return KUBE__SOURCE_READ;
    st = kube_store_peek(op->c->documents, &name->key, &info);
    if (st == KUBE_ERR_NOT_FOUND)
        return KUBE__SOURCE_MISS;
    if (st == KUBE_ERR_UNSUPPORTED)
        return KUBE__SOURCE_UNKNOWN;
    if (st != KUBE_OK)
        return source;
    if (!is_in_time(op, &info))
        return KUBE__SOURCE_MISS;
    if (part != NULL && part->generation == info.generation)
        source = KUBE__SOURCE_PART;
    else if (part == NULL && base_generation != 0 && base_generation == info.generation)
        source = KUBE__SOURCE_BASE;
    if (source != KUBE__SOURCE_READ)
        kube__cached_used(op->c, ours);
    return source;
}

static void on_read(void *user, kube_status status, const kube_store_entry *entry, kube_error *err)
{
    kube__cached_op *op = user;

    if (status == KUBE_OK)
        op->read = *entry;
    op->err = err;
    op->result = status;
    kube__cached_resume(op);
}

kube_status kube__cached_read(kube__cached_op *op, kube__cached_step *next)
{
    kube_store *documents = op->c->documents;

    if (op->io == NULL && !kube_store_is_local(documents))
        return KUBE_PENDING;
    kube_store_entry_clear(&op->read);
    op->step = next;
    op->result = kube_store_begin_get(documents, op->io, &op->name.key, &op->call, on_read, op, &op->read, &op->err);
    return op->result == KUBE_PENDING ? KUBE_PENDING : KUBE_OK;
}

/* Whatever is wrong with a document, the answer comes from elsewhere. */
kube_status kube__cached_judge_read(kube__cached_op *op)
{
    kube_status st = op->result;
    bool ours = false;

    if (kube__cached_is_over(op, st))
        return st;
    op->out_of_reach = kube__is_out_of_reach(st); /* one that was before is not read */
    if (st == KUBE_ERR_NOT_FOUND) {
        kube_error_free(op->err);
        op->err = NULL;
        return st;
    }
    if (st == KUBE_OK && op->read.info.generation == 0) /* it could not be told from what is not known */
        st = kube_error_set(&op->err, KUBE_ERR_PROTOCOL, "the store gave an entry without a generation");
    if (st != KUBE_OK) {
        kube__cached_complain(op, op->err);
        op->err = NULL;
        return KUBE_ERR_NOT_FOUND;
    }
    if (!is_in_time(op, &op->read.info) || !kube__cached_may_use(op->c, op->name.hash, &ours))
        return KUBE_ERR_NOT_FOUND;
    kube__cached_used(op->c, ours); /* as client-go: before it is known whether it makes sense */
    return KUBE_OK;
}

uint64_t kube__cached_base_generation(const kube__cached_op *op, size_t document)
{
    return op->view->generations != NULL ? op->view->generations[document] : 0;
}
