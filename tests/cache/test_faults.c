/* Stores on the real file system and in memory, with each fault of memory and of the system; what the calls of the file
 * system may fail with is test_disk_faults.c's. */
#include "disk_fixture.h"
#include "fault_sweep.h"
#include "slow_store.h"

#include <kube/cache/memory_store.h>

static char folder[64];

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/kube-faults-XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    remove_tree(folder);
    return 0;
}

static kube_status on_disk(kube_store **store, kube_error **err)
{
    kube_disk_store_options o = KUBE_DISK_STORE_OPTIONS_INIT;

    o.path = folder;
    return kube_disk_store_new(&o, store, err);
}

static kube_status in_memory(kube_store **store, kube_error **err)
{
    return kube_memory_store_new(NULL, store, err);
}

static kube_status later(kube_store **store, kube_error **err)
{
    static slow_store_knobs knobs;

    return slow_store_new(NULL, &knobs, store, err);
}

/* What is read is what was put. */
static kube_status read_back(kube_store *store, const kube_store_key *key, const char *text, kube_error **err)
{
    kube_store_entry entry = { .bytes = NULL };
    kube_status st = kube_store_get(store, key, NULL, &entry, err);

    if (st == KUBE_OK)
        assert_string_equal(kube_blob_str(entry.bytes).data, text);
    kube_store_entry_clear(&entry);
    return st;
}

static kube_status use(kube_store *store, kube_error **err)
{
    const kube_store_key *key = KEY("a", "b");
    kube_status st = kube_store_put(store, key, kube_str_c("old"), kube_str_c("tag"), NULL, NULL, err);

    if (st == KUBE_OK)
        st = kube_store_put(store, key, kube_str_c("new"), kube_str_c(NULL), NULL, NULL, err);
    if (st == KUBE_OK)
        st = read_back(store, key, "new", err);
    if (st == KUBE_OK)
        st = kube_store_remove(store, key, NULL, err);
    if (st == KUBE_OK) {
        st = read_back(store, key, "", err);
        assert_int_not_equal(st, KUBE_OK);
        if (st == KUBE_ERR_NOT_FOUND) {
            kube_error_free(*err);
            *err = NULL;
            st = KUBE_OK;
        }
    }
    return st;
}

/* What libkube's own clients do besides; without a loop, so that a store has to be local. */
static kube_status lock_and_touch(kube_store *store, kube_error **err)
{
    const kube_store_key *key = KEY("a", "b"), *lock_key = KEY("locks", "l");
    kube_store_info info = { 0, 0, 0 };
    kube_store_lock *lock = NULL;
    kube_status st = kube_store_begin_lock(store, NULL, lock_key, 60000, NULL, NULL, NULL, &lock, err);

    if (st != KUBE_OK)
        return st;
    st = kube_store_put(store, key, kube_str_c("text"), kube_str_c("tag"), NULL, &info, err);
    if (st == KUBE_OK)
        st = kube_store_begin_touch(store, NULL, key, info.generation, NULL, NULL, NULL, &info, err);
    kube_store_unlock(store, lock);
    return st;
}

typedef kube_status maker(kube_store **store, kube_error **err);
typedef kube_status worker(kube_store *store, kube_error **err);

static kube_status with_store(maker *make, worker *work, kube_error **err)
{
    kube_store *store = NULL;
    kube_status st = make(&store, err);

    if (st == KUBE_OK)
        st = work(store, err);
    kube_store_unref(store);
    return st;
}

static kube_status used_on_disk(kube_error **err)
{
    return with_store(on_disk, use, err);
}

static kube_status used_in_memory(kube_error **err)
{
    return with_store(in_memory, use, err);
}

static kube_status used_through_a_loop(kube_error **err)
{
    return with_store(later, use, err);
}

static kube_status locked_on_disk(kube_error **err)
{
    return with_store(on_disk, lock_and_touch, err);
}

static kube_status locked_in_memory(kube_error **err)
{
    return with_store(in_memory, lock_and_touch, err);
}

/* The first put looks for what killed writers left, and each looks once more at what it has put. Neither says that it
 * could not; without the second look a touch takes what was put for somebody else's. A lock is given back by
 * closing it. */
#define SWEEPS .silent = { "openat", "fdopendir", "fstatat", "flock" }, .also = { KUBE_ERR_CONFLICT }

static const fault_case cases[] = {
    { .name = "used on disk", .run = used_on_disk, .allocations = 5, .interruptions = 5, .files = 10, SWEEPS },
    { .name = "used in memory", .run = used_in_memory, .allocations = 5, .refusals = 1 },
    { .name = "used through a loop", .run = used_through_a_loop,
      .allocations = 5, .refusals = 5, .interruptions = 5 },
    { .name = "locked on disk", .run = locked_on_disk, .allocations = 5, .interruptions = 5, .files = 10, SWEEPS },
    { .name = "locked in memory", .run = locked_in_memory, .allocations = 5, .refusals = 1 },
};

int main(void)
{
    return fault_sweep_main(cases, sizeof cases / sizeof cases[0], set_up, tear_down);
}
