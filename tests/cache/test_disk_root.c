/* The store's folder: made late, opened once, and gone at any moment. */
#include "disk_fixture.h"

#include <errno.h>
#include <unistd.h>

static void nothing_is_made_before_the_first_put(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f);
    kube_store_info info;

    assert_int_equal(driver_get(d, KEY("a", "b")), KUBE_ERR_NOT_FOUND);
    assert_int_equal(driver_touch(d, KEY("a", "b"), 1), KUBE_ERR_NOT_FOUND);
    assert_int_equal(driver_remove(d, KEY("a", "b")), KUBE_OK);
    assert_int_equal(kube_store_peek(d->store, KEY("a", "b"), &info), KUBE_ERR_NOT_FOUND);
    assert_int_equal(f->files.count[CALL_MKDIRAT], 0);
    assert_int_not_equal(access(f->path, F_OK), 0);
}

static void the_folder_may_be_removed_behind_its_back(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f);
    kube_store_info info;

    assert_int_equal(driver_put_c(d, KEY("a", "b"), "x"), KUBE_OK);
    remove_tree(f->path);
    assert_int_equal(kube_store_peek(d->store, KEY("a", "b"), &info), KUBE_ERR_NOT_FOUND);
    assert_int_equal(driver_get(d, KEY("a", "b")), KUBE_ERR_NOT_FOUND);
    assert_int_equal(driver_put_c(d, KEY("a", "b"), "y"), KUBE_OK);
    driver_expect(d, KEY("a", "b"), "y");
    remove_tree(f->path);
    assert_int_equal(driver_put_c(d, KEY("a", "b"), "z"), KUBE_OK); /* without a look before */
    remove_tree(f->path);
    assert_int_equal(driver_lock(d, KEY("lock"), 1000), KUBE_OK);
    kube_store_unlock(d->store, d->lock);
    assert_int_equal(access(below(f, "lock"), F_OK), 0);
    remove_tree(below(f, ".tmp"));
    assert_int_equal(driver_put_c(d, KEY("a", "b"), "w"), KUBE_OK);
    driver_expect(d, KEY("a", "b"), "w");
}

/* Between the opening of an entry's folder and the rename, somebody removes it. */
static void a_folder_that_vanishes_before_the_rename_is_made_again(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f);

    assert_int_equal(driver_put_c(d, KEY("a", "b"), "old"), KUBE_OK);
    f->files.once[CALL_RENAMEAT] = ENOENT;
    assert_int_equal(driver_put_c(d, KEY("a", "b"), "new"), KUBE_OK);
    driver_expect(d, KEY("a", "b"), "new");
    f->files.always[CALL_RENAMEAT] = ENOENT;
    assert_int_equal(driver_put_c(d, KEY("a", "b"), "newer"), KUBE_ERR_IO);
    driver_expect(d, KEY("a", "b"), "new");
    assert_int_equal(count_files(f->path), 1);
}

static void a_folder_that_was_replaced_is_noticed(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f), other;
    char moved[2 * PATH_BYTES];

    snprintf(moved, sizeof moved, "%s/moved", f->base);
    assert_int_equal(driver_put_c(d, KEY("a", "b"), "x"), KUBE_OK);
    assert_int_equal(rename(f->path, moved), 0);
    disk_open_other(f, &other);
    assert_int_equal(driver_put_c(&other, KEY("a", "c"), "y"), KUBE_OK);
    store_driver_clear(&other);
    driver_expect(d, KEY("a", "c"), "y");
    assert_int_equal(driver_get(d, KEY("a", "b")), KUBE_ERR_NOT_FOUND);
}

/* Puts and gets until it is told to stop; the folder may be gone at any moment. */
typedef struct worker {
    kube_store  *store;
    atomic_bool *stop;
    pthread_t    thread;
    unsigned     faults; /* how often something was wrong */
} worker;

static void *work(void *arg)
{
    worker *w = arg;

    while (!atomic_load(w->stop)) {
        kube_store_entry entry = { NULL, NULL, { 0, 0, 0 } };
        kube_status put =
            kube_store_put(w->store, KEY("a", "b"), kube_str_c("value"), kube_str_c("v"), NULL, NULL, NULL);
        kube_status got = kube_store_get(w->store, KEY("a", "b"), NULL, &entry, NULL);

        if (put != KUBE_OK && put != KUBE_ERR_IO)
            w->faults++;
        if (got == KUBE_OK ? !kube_str_is(kube_blob_str(entry.bytes), "value") : got != KUBE_ERR_NOT_FOUND)
            w->faults++;
        kube_store_entry_clear(&entry);
    }
    return NULL;
}

static void threads_go_on_while_the_folder_is_removed(void **state)
{
    disk_fixture *f = *state;
    atomic_bool stop = false;
    kube_store *store = NULL;
    worker workers[3];
    size_t before;

    assert_int_equal(kube_disk_store_new(&f->opts, &store, NULL), KUBE_OK);
    before = count_descriptors();
    for (int i = 0; i < 3; i++) {
        workers[i] = (worker){ .store = store, .stop = &stop };
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < 200; i++)
        remove_tree(f->path);
    atomic_store(&stop, true);
    for (int i = 0; i < 3; i++) {
        pthread_join(workers[i].thread, NULL);
        assert_int_equal(workers[i].faults, 0);
    }
    assert_int_equal(kube_store_put(store, KEY("a", "b"), kube_str_c("x"), kube_str_c(NULL), NULL, NULL, NULL),
                     KUBE_OK);
    kube_store_unref(store);
    assert_int_equal(count_descriptors(), before);
}

static void a_relative_path_and_slashes_at_its_end_will_do(void **state)
{
    disk_fixture *f = *state;
    char before[PATH_BYTES];

    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(f->base), 0);
    f->opts.path = "relative/inner//";
    assert_int_equal(driver_put_c(disk_open(f), KEY("a", "b"), "x"), KUBE_OK);
    assert_int_equal(chdir(before), 0);
    driver_expect(&f->d, KEY("a", "b"), "x"); /* opened once */
    assert_int_equal(driver_get(&f->d, KEY("a")), KUBE_ERR_IO);
    assert_says(&f->d, "reading relative/inner/a: not a regular file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DISK_TEST(nothing_is_made_before_the_first_put),
        DISK_TEST(the_folder_may_be_removed_behind_its_back),
        DISK_TEST(a_folder_that_vanishes_before_the_rename_is_made_again),
        DISK_TEST(a_folder_that_was_replaced_is_noticed),
        DISK_TEST(threads_go_on_while_the_folder_is_removed),
        DISK_TEST(a_relative_path_and_slashes_at_its_end_will_do),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
