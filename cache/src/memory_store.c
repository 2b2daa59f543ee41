/* A hash map of immutable entries in the order of their use. */
#include "memory_store.h"

#include "hash64.h"
#include "shared/alloc.h"
#include "shared/options.h"
#include "shared/process.h"

#include <kube/sys/error.h>

#include <stdbool.h>
#include <sys/random.h>
#include <unistd.h>

enum { FIRST_BUCKETS = 256 };

static const uint64_t default_max_bytes = UINT64_C(64) << 20;

static uint64_t hash_of(const kube__memory_store *store, const char *key, size_t len)
{
    return kube__hash64_end(kube__hash64_bytes(store->seed, key, len));
}

static void free_entry(kube__memory_entry *entry)
{
    kube_blob_unref(entry->bytes);
    kube_blob_unref(entry->validator);
    kube__free(entry);
}

static void free_list(kube__memory_entry *entry)
{
    while (entry != NULL) {
        kube__memory_entry *next = entry->next;

        free_entry(entry);
        entry = next;
    }
}

/* From here to insert(): under the mutex. */

/* The link that points to the entry, or the empty one at the end of its bucket. */
static kube__memory_entry **find(kube__memory_store *store, const char *key, size_t len, uint64_t hash)
{
    kube__memory_entry **link = &store->buckets[hash & (store->bucket_count - 1)];

    while (*link != NULL &&
           ((*link)->hash != hash || (*link)->key_len != len || memcmp((*link)->key, key, len) != 0))
        link = &(*link)->next;
    return link;
}

static void unlink_use(kube__memory_store *store, kube__memory_entry *entry)
{
    if (entry->newer != NULL)
        entry->newer->older = entry->older;
    else
        store->newest = entry->older;
    if (entry->older != NULL)
        entry->older->newer = entry->newer;
    else
        store->oldest = entry->newer;
}

static void link_newest(kube__memory_store *store, kube__memory_entry *entry)
{
    entry->newer = NULL;
    entry->older = store->newest;
    if (entry->older != NULL)
        entry->older->newer = entry;
    else
        store->oldest = entry;
    store->newest = entry;
}

/* Takes the entry out and puts it before those that will be freed. */
static void take_out(kube__memory_store *store, kube__memory_entry **link, kube__memory_entry **removed)
{
    kube__memory_entry *entry = *link;

    *link = entry->next;
    unlink_use(store, entry);
    atomic_fetch_add_explicit(&store->changes, 1, memory_order_release);
    store->entry_count--;
    store->cost -= entry->cost;
    entry->next = *removed;
    *removed = entry;
}

static void stamp(kube__memory_store *store, kube__memory_entry *entry, int64_t now_ms)
{
    atomic_fetch_add_explicit(&store->changes, 1, memory_order_release);
    entry->info.generation = ++store->generation;
    entry->info.stored_at_unix_ms = now_ms;
}

/* Returns what had to make room. */
static kube__memory_entry *insert(kube__memory_store *store, kube__memory_entry *entry, int64_t now_ms)
{
    kube__memory_entry *removed = NULL;
    kube__memory_entry **link = find(store, entry->key, entry->key_len, entry->hash);

    if (*link != NULL)
        take_out(store, link, &removed);
    while (store->cost > store->max_bytes - entry->cost) {
        kube__memory_entry *last = store->oldest;

        take_out(store, find(store, last->key, last->key_len, last->hash), &removed);
    }
    stamp(store, entry, now_ms);
    link = &store->buckets[entry->hash & (store->bucket_count - 1)];
    entry->next = *link;
    *link = entry;
    link_newest(store, entry);
    store->entry_count++;
    store->cost += entry->cost;
    return removed;
}

static void move_to(kube__memory_store *store, kube__memory_entry **buckets, size_t count)
{
    for (kube__memory_entry *entry = store->newest; entry != NULL; entry = entry->older) {
        kube__memory_entry **link = &buckets[entry->hash & (count - 1)];

        entry->next = *link;
        *link = entry;
    }
    store->buckets = buckets;
    store->bucket_count = count;
}

/* Twice the buckets when there are more entries than that. Without memory for them it goes on, more slowly. */
static void grow_if_full(kube__memory_store *store)
{
    kube__memory_entry **unused = NULL;
    size_t count, wanted = 0;

    pthread_mutex_lock(&store->mutex);
    count = store->bucket_count;
    if (store->entry_count >= count)
        wanted = count * 2;
    pthread_mutex_unlock(&store->mutex);
    if (wanted == 0)
        return;
    unused = kube__calloc(wanted, sizeof *unused);
    if (unused == NULL)
        return;
    pthread_mutex_lock(&store->mutex);
    if (store->bucket_count == count) { /* nobody was faster */
        kube__memory_entry **old = store->buckets;

        move_to(store, unused, wanted);
        unused = old;
    }
    pthread_mutex_unlock(&store->mutex);
    kube__free(unused);
}

static kube_status make_entry(const kube__memory_store *store, const kube_store_key *key,
                              const kube_store_value *value, kube__memory_entry **out, kube_error **err)
{
    char joined[KUBE__KEY_MAX_BYTES];
    size_t len = kube__key_join(key, key->count, joined);
    size_t fixed = sizeof(kube__memory_entry) + len + 1;
    kube__memory_entry *entry;
    kube_status st;

    if (value->bytes.len > store->max_bytes || store->max_bytes - value->bytes.len < fixed + value->validator.len)
        return kube_error_set(err, KUBE_ERR_LIMIT, "writing %s: %zu bytes are more than this store takes", joined,
                              value->bytes.len);
    entry = kube__calloc(1, fixed);
    if (entry == NULL)
        return kube_error_no_memory(err);
    memcpy(entry->key, joined, len + 1);
    entry->key_len = len;
    entry->hash = hash_of(store, joined, len);
    entry->cost = fixed + value->bytes.len + value->validator.len;
    entry->info.bytes = value->bytes.len + value->validator.len;
    st = kube_blob_new(value->bytes, &entry->bytes, err);
    if (st == KUBE_OK && value->validator.len != 0)
        st = kube_blob_new(value->validator, &entry->validator, err);
    if (st != KUBE_OK) {
        free_entry(entry);
        return st;
    }
    *out = entry;
    return KUBE_OK;
}

static kube_status put(void *state, kube_io *io, const kube_store_key *key, const kube_store_value *value,
                       const kube_call *call, kube_store_put_done *done, void *user, kube_store_info *out,
                       kube_error **err)
{
    kube__memory_store *store = state;
    kube__memory_entry *entry = NULL, *removed;
    int64_t since_ms =
        value->stored_at_unix_ms != 0 ? value->stored_at_unix_ms : store->clock->unix_ms(store->clock->state);
    kube_status st = make_entry(store, key, value, &entry, err);

    (void)io, (void)call, (void)done, (void)user;
    if (st != KUBE_OK)
        return st;
    grow_if_full(store);
    pthread_mutex_lock(&store->mutex);
    removed = insert(store, entry, since_ms);
    *out = entry->info;
    pthread_mutex_unlock(&store->mutex);
    free_list(removed);
    return KUBE_OK;
}

static kube_status get(void *state, kube_io *io, const kube_store_key *key, const kube_call *call,
                       kube_store_get_done *done, void *user, kube_store_entry *out, kube_error **err)
{
    kube__memory_store *store = state;
    char joined[KUBE__KEY_MAX_BYTES];
    size_t len = kube__key_join(key, key->count, joined);
    uint64_t hash = hash_of(store, joined, len);
    kube__memory_entry *entry;

    (void)io, (void)call, (void)done, (void)user;
    pthread_mutex_lock(&store->mutex);
    entry = *find(store, joined, len, hash);
    if (entry != NULL) {
        unlink_use(store, entry);
        link_newest(store, entry);
        *out = (kube_store_entry){ kube_blob_ref(entry->bytes), kube_blob_ref(entry->validator), entry->info };
    }
    pthread_mutex_unlock(&store->mutex);
    if (entry == NULL)
        return kube_error_set(err, KUBE_ERR_NOT_FOUND, "reading %s: there is no such entry", joined);
    return KUBE_OK;
}

static kube_status touch(void *state, kube_io *io, const kube_store_key *key, uint64_t generation,
                         const kube_call *call, kube_store_put_done *done, void *user, kube_store_info *out,
                         kube_error **err)
{
    kube__memory_store *store = state;
    char joined[KUBE__KEY_MAX_BYTES];
    size_t len = kube__key_join(key, key->count, joined);
    uint64_t hash = hash_of(store, joined, len);
    int64_t now_ms = store->clock->unix_ms(store->clock->state);
    kube__memory_entry *entry;
    kube_status st = KUBE_OK;

    (void)io, (void)call, (void)done, (void)user;
    pthread_mutex_lock(&store->mutex);
    entry = *find(store, joined, len, hash);
    if (entry == NULL) {
        st = KUBE_ERR_NOT_FOUND;
    } else if (entry->info.generation != generation) {
        st = KUBE_ERR_CONFLICT;
    } else {
        stamp(store, entry, now_ms);
        *out = entry->info;
    }
    pthread_mutex_unlock(&store->mutex);
    if (st == KUBE_ERR_NOT_FOUND)
        return kube_error_set(err, st, "touching %s: there is no such entry", joined);
    if (st == KUBE_ERR_CONFLICT)
        return kube_error_set(err, st, "touching %s: somebody replaced it", joined);
    return KUBE_OK;
}

static kube_status drop(void *state, kube_io *io, const kube_store_key *key, const kube_call *call,
                        kube_store_put_done *done, void *user, kube_error **err)
{
    kube__memory_store *store = state;
    char joined[KUBE__KEY_MAX_BYTES];
    size_t len = kube__key_join(key, key->count, joined);
    uint64_t hash = hash_of(store, joined, len);
    kube__memory_entry *removed = NULL, **link;

    (void)io, (void)call, (void)done, (void)user, (void)err;
    pthread_mutex_lock(&store->mutex);
    link = find(store, joined, len, hash);
    if (*link != NULL)
        take_out(store, link, &removed);
    pthread_mutex_unlock(&store->mutex);
    free_list(removed);
    return KUBE_OK;
}

static kube_status peek(void *state, const kube_store_key *key, kube_store_info *out)
{
    kube__memory_store *store = state;
    char joined[KUBE__KEY_MAX_BYTES];
    size_t len = kube__key_join(key, key->count, joined);
    uint64_t hash = hash_of(store, joined, len);
    kube__memory_entry *entry;

    pthread_mutex_lock(&store->mutex);
    entry = *find(store, joined, len, hash);
    if (entry != NULL)
        *out = entry->info;
    pthread_mutex_unlock(&store->mutex);
    return entry != NULL ? KUBE_OK : KUBE_ERR_NOT_FOUND;
}

static void destroy(void *state)
{
    kube__memory_store *store = state;

    if (store->process != kube__process())
        return; /* another thread may have been changing the lists when this process was forked */
    while (store->newest != NULL) {
        kube__memory_entry *entry = store->newest;

        store->newest = entry->older;
        free_entry(entry);
    }
    pthread_mutex_destroy(&store->mutex);
    kube__free(store->buckets);
    kube__free(store);
}

/* Keys may be a server's words: who could predict the hash could make every look-up slow. */
static uint64_t make_seed(const void *store)
{
    uint64_t seed = (uint64_t)(uintptr_t)store ^ KUBE__HASH64_START;

    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != (ssize_t)sizeof seed)
        seed = kube__hash64_end(seed);
    return seed;
}

static kube_status make(const kube_memory_store_options *opts, kube__memory_store **out, kube_error **err)
{
    kube__memory_store *store = NULL;

    if (KUBE__NEW(store) == NULL)
        return kube_error_no_memory(err);
    store->buckets = kube__calloc(FIRST_BUCKETS, sizeof *store->buckets);
    if (store->buckets == NULL) {
        kube__free(store);
        return kube_error_no_memory(err);
    }
    pthread_mutex_init(&store->mutex, NULL);
    store->bucket_count = FIRST_BUCKETS;
    store->clock = opts->clock != NULL ? opts->clock : kube_clock_system();
    store->max_bytes = opts->max_bytes != 0 ? opts->max_bytes : default_max_bytes;
    store->seed = make_seed(store);
    store->process = kube__process();
    *out = store;
    return KUBE_OK;
}

static uint64_t changes(void *state)
{
    kube__memory_store *store = state;

    return atomic_load_explicit(&store->changes, memory_order_acquire);
}

kube_status kube_memory_store_new(const kube_memory_store_options *opts, kube_store **out, kube_error **err)
{
    static const kube_store_ops ops = {
        .struct_size = sizeof ops,
        .destroy = destroy,
        .get = get,
        .put = put,
        .touch = touch,
        .remove = drop,
        .peek = peek,
        .changes = changes,
        .try_lock = kube__memory_try_lock,
        .unlock = kube__memory_unlock,
        .is_local = true,
    };
    kube_memory_store_options known;
    kube__memory_store *store = NULL;
    kube_status st = kube__options_import(&known, sizeof known, opts, sizeof known, "kube_memory_store_options", err);

    if (st == KUBE_OK)
        st = make(&known, &store, err);
    return st == KUBE_OK ? kube_store_new(&ops, store, known.clock, out, err) : st;
}
