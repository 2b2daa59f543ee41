/* Writing: the documents that the delegate's answer was used for, then the entry. What cannot be written is complained
 * about; the answer is the answer. */
#include "cached.h"

#include "document_encode.h"
#include "shared/alloc.h"
#include "snapshot.h"
#include "snapshot_wire.h"

#include <kube/sys/error.h>

static kube__cached_step write_next, touched, wrote;

kube_status kube__cached_reserve(kube__cached_op *op, size_t version_count)
{
    kube__free(op->sources);
    kube__free(op->generations);
    op->sources = kube__calloc(version_count + 1, sizeof *op->sources);
    op->generations = kube__calloc(version_count + 1, sizeof *op->generations);
    if (op->sources == NULL || op->generations == NULL)
        return kube__cached_out_of_memory(op);
    return KUBE_OK;
}

static void on_put(void *user, kube_status status, const kube_store_info *info, kube_error *err)
{
    kube__cached_op *op = user;

    if (info != NULL)
        op->info = *info;
    op->result = status;
    op->err = err;
    kube__cached_resume(op);
}

static kube_status proceed(kube__cached_op *op, kube__cached_step *next, kube_status st)
{
    op->step = next;
    op->result = st;
    return st == KUBE_PENDING ? st : KUBE_OK;
}

/* What an operation of a store came to, when it is not what was asked for. */
static kube_status pass_over(kube__cached_op *op)
{
    if (kube__cached_is_over(op, op->result))
        return op->result;
    kube__cached_complain(op, op->err);
    op->err = NULL;
    return KUBE_OK;
}

/* What could not be written is not tried again with each question, only with the delegate's next answer. */
static bool is_unwritable(const kube__cached_op *op)
{
    kube__cached *c = op->c;
    bool unwritable;

    pthread_mutex_lock(&c->lock);
    unwritable = c->unwritable && !op->live_is_new;
    pthread_mutex_unlock(&c->lock);
    return unwritable;
}

static void set_unwritable(const kube__cached_op *op, bool unwritable)
{
    pthread_mutex_lock(&op->c->lock);
    op->c->unwritable = unwritable;
    pthread_mutex_unlock(&op->c->lock);
}

/* Somebody has invalidated since, or has asked and writes everything: what he writes is newer. */
static bool is_outdone(const kube__cached_op *op)
{
    kube__cached *c = op->c;
    bool outdone;

    pthread_mutex_lock(&c->lock);
    outdone = c->epoch != op->epoch || c->whole_serial > op->seen_serial;
    pthread_mutex_unlock(&c->lock);
    return outdone;
}

static bool is_remote(kube_store *store)
{
    return store != NULL && !kube_store_is_local(store);
}

static bool are_many(const kube__cached_op *op)
{
    enum { MANY = 4 };
    size_t count = 0;

    for (size_t i = 0; i <= op->answer->version_count; i++)
        count += op->sources[i] == KUBE__SOURCE_LIVE;
    return count > MANY;
}

/* What is at hand is answered without a loop; then nothing can be waited for, and nothing should take long. */
static bool needs_loop(const kube__cached_op *op)
{
    return op->io == NULL &&
           (is_remote(op->c->documents) || (op->entry_is_old && is_remote(op->c->store)) || are_many(op));
}

/* ---- documents ---- */

static void name_document(kube__cached_op *op)
{
    const kube_group_version *v = &op->answer->versions[op->next - 1];

    if (op->next == 0)
        kube__document_name_of_groups(&op->name);
    else
        kube__document_name_of_version(&op->name, op->c, v->key, v->group, v->version);
}

/* A list without resources has no document, as client-go has none; nor has a list of no groups, or a name that no
 * folder should have. An answer of which something had to be left out is not kept as if it were whole. */
static bool has_document(const kube__cached_op *op)
{
    const kube_discovery_snapshot *s = op->answer;

    if (s->left_out != 0)
        return false;
    if (op->next == 0)
        return s->groups.count != 0;
    return s->versions[op->next - 1].state == KUBE_GROUP_VERSION_LOADED && s->versions[op->next - 1].list.count != 0 &&
           op->name.storable;
}

static kube_status put_document(kube__cached_op *op)
{
    kube_status st;

    kube_buf_reset(&op->document);
    if (op->next == 0)
        kube__encode_group_list(&op->answer->groups, &op->document);
    else
        kube__encode_resource_list(&op->answer->versions[op->next - 1], &op->document);
    st = kube_buf_status(&op->document, &op->err);
    if (st == KUBE_OK) {
        op->value = (kube_store_value){ .struct_size = sizeof op->value,
                                        .bytes = kube_buf_str(&op->document),
                                        .stored_at_unix_ms =
                                            op->live_is_new || op->healed ? 0 : op->live_at_unix_ms };
        st = kube_store_begin_put(op->c->documents, op->io, &op->name.key, &op->value, &op->call, on_put, op, &op->info,
                                  &op->err);
    }
    return proceed(op, wrote, st);
}

/* The server has just said that what was remembered is still true, and nobody has replaced the document since. */
static uint64_t generation_that_stands(const kube__cached_op *op)
{
    const kube__view *view = op->view;

    return op->live_is_new && op->answer == view->base ? view->generations[op->next] : 0;
}

static kube_status write_one(kube__cached_op *op)
{
    uint64_t generation = generation_that_stands(op);

    if (generation == 0)
        return put_document(op);
    return proceed(op, touched,
                   kube_store_begin_touch(op->c->documents, op->io, &op->name.key, generation, &op->call, on_put, op,
                                          &op->info, &op->err));
}

static kube_status touched(kube__cached_op *op)
{
    if (op->result == KUBE_OK || kube__cached_is_over(op, op->result) || kube__is_out_of_reach(op->result))
        return wrote(op);
    kube_error_free(op->err);
    op->err = NULL;
    return put_document(op);
}

static kube_status wrote(kube__cached_op *op)
{
    kube_status st = KUBE_OK;

    if (op->result == KUBE_OK) {
        op->generations[op->next] = op->info.generation;
        op->document_written = op->next;
        op->written++;
        kube__cached_wrote(op, op->name.hash);
    } else {
        set_unwritable(op, true);
        op->out_of_reach = kube__is_out_of_reach(op->result);
        st = pass_over(op);
    }
    op->next++;
    op->step = op->out_of_reach ? kube__cached_end : write_next;
    return st;
}

static kube_status write_next(kube__cached_op *op)
{
    kube_status st;

    while (op->next <= op->answer->version_count) {
        if (op->sources[op->next] == KUBE__SOURCE_LIVE) {
            name_document(op);
            if (has_document(op)) {
                st = kube__cached_breathe(op);
                if (st == KUBE_OK && is_outdone(op))
                    return proceed(op, kube__cached_end, st);
                return st == KUBE_OK ? write_one(op) : st;
            }
        }
        op->next++;
    }
    op->step = kube__cached_write_entry;
    return KUBE_OK;
}

kube_status kube__cached_write(kube__cached_op *op)
{
    op->next = 0;
    op->step = write_next;
    if (op->freshness == KUBE_FRESHNESS_ONLY_IF_CACHED || op->out_of_reach || is_unwritable(op)) {
        op->step = kube__cached_end;
        return KUBE_OK;
    }
    if (needs_loop(op))
        return KUBE_PENDING;
    set_unwritable(op, false);
    return KUBE_OK;
}

/* ---- the entry, and the view of it all ---- */

static kube_status publish_base(kube__cached_op *op, const kube_store_info *entry)
{
    uint64_t *generations = op->generations;
    kube__view *view = NULL;
    kube_status st;

    op->generations = NULL;
    op->step = kube__cached_end;
    st = kube__view_new(kube_discovery_snapshot_ref(op->answer), generations, entry, &view, &op->err);
    if (st == KUBE_OK)
        kube__cached_publish(op, view);
    return st;
}

/* One document more was written of an answer that was there already. */
static kube_status publish_document(kube__cached_op *op)
{
    kube__part part = { .name = op->name.hash, .snapshot = op->answer };
    kube__view *view = NULL;
    kube_status st = KUBE_OK;

    op->step = kube__cached_end;
    if (op->written == 0)
        return KUBE_OK;
    part.generation = op->generations[op->document_written];
    if (op->answer == op->view->base)
        st = kube__view_with_generation(op->view, op->document_written, part.generation, &view, &op->err);
    else
        st = kube__view_with_part(op->view, &part, &view, &op->err);
    if (st == KUBE_OK)
        kube__cached_publish(op, view);
    return st;
}

static kube_status entry_written(kube__cached_op *op)
{
    kube_status st = KUBE_OK;

    if (op->result == KUBE_OK) {
        op->written++;
        kube__cached_wrote(op, KUBE__ENTRY_NAME);
        return publish_base(op, &op->info);
    }
    st = pass_over(op);
    return st == KUBE_OK ? publish_base(op, &op->view->entry) : st;
}

static kube_status put_entry(kube__cached_op *op)
{
    const kube__cached *c = op->c;
    size_t len = 0;
    kube_status st;

    kube__free(op->bytes);
    op->bytes = NULL;
    st = kube__snapshot_encode(op->answer, kube_str_n(c->identity, c->identity_len),
                               c->documents != NULL ? op->generations : NULL, &op->bytes, &len, &op->err);
    if (st == KUBE_OK) {
        op->value = (kube_store_value){ .struct_size = sizeof op->value, .bytes = kube_str_n(op->bytes, len) };
        st = kube_store_begin_put(c->store, op->io, kube__cached_entry_key(op, "snapshot"), &op->value, &op->call,
                                  on_put, op, &op->info, &op->err);
    }
    return proceed(op, entry_written, st);
}

static kube_status entry_touched(kube__cached_op *op)
{
    if (op->result == KUBE_OK || kube__cached_is_over(op, op->result) || kube__is_out_of_reach(op->result))
        return entry_written(op);
    kube_error_free(op->err);
    op->err = NULL;
    return put_entry(op);
}

static bool is_worth_an_entry(const kube__cached_op *op)
{
    return op->answer->left_out == 0 && op->answer->groups.count != 0;
}

/* Where there is no store the view is all that remembers. */
static kube_status keep_in_view(kube__cached_op *op)
{
    kube_store_info info = { .generation = op->view->entry.generation + 1 };

    if (op->c->documents != NULL)
        return publish_base(op, &op->view->entry);
    info.stored_at_unix_ms = kube__cached_now(op->c);
    kube__cached_wrote(op, KUBE__ENTRY_NAME);
    return publish_base(op, &info);
}

kube_status kube__cached_write_entry(kube__cached_op *op)
{
    const kube__cached *c = op->c;

    op->step = kube__cached_end;
    if (is_outdone(op))
        return KUBE_OK;
    if (!op->entry_is_old)
        return c->documents != NULL ? publish_document(op) : publish_base(op, &op->view->entry);
    if (!is_worth_an_entry(op))
        return publish_base(op, &op->view->entry);
    if (c->store == NULL)
        return keep_in_view(op);
    if (c->documents == NULL && op->answer == op->view->base && op->view->entry.generation != 0)
        return proceed(op, entry_touched,
                       kube_store_begin_touch(c->store, op->io, kube__cached_entry_key(op, "snapshot"),
                                              op->view->entry.generation, &op->call, on_put, op, &op->info, &op->err));
    return put_entry(op);
}
