/* The store's folder: made late, opened once, and gone at any moment. */
#include "disk_fixture.h"

#include <errno.h>
#include <sys/stat.h>
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

/* /dev/shm is of memory, and most other folders are not. */
static void a_folder_that_was_replaced_by_one_on_another_file_system_is_noticed(void **state)
{
    disk_fixture *f = *state;
    char elsewhere[] = "/dev/shm/kube-cache.XXXXXX";
    struct stat here, there;

    if (mkdtemp(elsewhere) == NULL || stat(f->base, &here) != 0 || stat(elsewhere, &there) != 0 ||
        here.st_dev == there.st_dev) {
        remove_tree(elsewhere);
        print_message("there is no other file system in /dev/shm\n");
        skip();
    }
    assert_int_equal(driver_put_c(disk_open(f), KEY("a", "b"), "x"), KUBE_OK);
    remove_tree(f->path);
    assert_int_equal(symlink(elsewhere, f->path), 0);
    assert_int_equal(driver_put_c(&f->d, KEY("a", "b"), "y"), KUBE_OK);
    driver_expect(&f->d, KEY("a", "b"), "y");
    assert_int_equal(count_files(elsewhere), 1);
    remove_tree(elsewhere);
}

/* Whether the folder is still there cannot be seen: then the one that is open will do. */
static void a_look_that_fails_forgets_no_folder(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f);

    assert_int_equal(driver_put_c(d, KEY("k"), "x"), KUBE_OK);
    f->files.once[CALL_FSTATAT] = EACCES;
    f->files.always[CALL_FSTAT] = EIO; /* of a folder that is opened anew */
    assert_int_equal(driver_get(d, KEY("no", "such")), KUBE_ERR_NOT_FOUND);
    assert_int_equal(f->files.once[CALL_FSTATAT], 0);
    f->files.always[CALL_FSTAT] = 0;
    driver_expect(d, KEY("k"), "x");
}

/* What another thread would do at this moment. */
static void put_another(void *user)
{
    disk_fixture *f = user;

    assert_int_equal(
        kube_store_put(f->d.store, KEY("a", "c"), kube_str_c("y"), kube_str_c(NULL), NULL, NULL, NULL), KUBE_OK);
}

static void put_while_another_puts(disk_fixture *f, file_call before)
{
    f->files.before = before;
    f->files.meanwhile = put_another;
    f->files.meanwhile_user = f;
    assert_int_equal(driver_put_c(&f->d, KEY("a", "b"), "x"), KUBE_OK);
    assert_true(f->files.meanwhile == NULL);
    driver_expect(&f->d, KEY("a", "b"), "x");
    driver_expect(&f->d, KEY("a", "c"), "y");
}

static void two_who_open_the_folder_at_once_share_it(void **state)
{
    disk_fixture *f = *state;
    size_t before;

    disk_open(f);
    before = count_descriptors();
    put_while_another_puts(f, CALL_FSTAT); /* that of the folder */
    assert_int_equal(count_descriptors(), before + 1);
}

static void two_who_make_a_folder_for_temporary_files_at_once_share_it(void **state)
{
    disk_fixture *f = *state;

    assert_int_equal(driver_put_c(disk_open(f), KEY("a", "b"), "old"), KUBE_OK);
    remove_tree(below(f, ".tmp"));
    put_while_another_puts(f, CALL_MKDIRAT);
}

static void two_who_find_the_folder_gone_at_once_open_one_new(void **state)
{
    disk_fixture *f = *state;
    size_t before;

    assert_int_equal(driver_put_c(disk_open(f), KEY("a", "b"), "old"), KUBE_OK);
    before = count_descriptors();
    remove_tree(f->path);
    put_while_another_puts(f, CALL_FSTATAT); /* is it still there? */
    assert_int_equal(count_descriptors(), before);
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

static void a_path_of_slashes_is_the_root_of_all_folders(void **state)
{
    disk_fixture *f = *state;
    kube_store_info info;

    f->opts.path = "///";
    assert_int_equal(kube_store_peek(disk_open(f)->store, KEY("proc", "version"), &info), KUBE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DISK_TEST(nothing_is_made_before_the_first_put),
        DISK_TEST(the_folder_may_be_removed_behind_its_back),
        DISK_TEST(a_folder_that_vanishes_before_the_rename_is_made_again),
        DISK_TEST(a_folder_that_was_replaced_is_noticed),
        DISK_TEST(a_folder_that_was_replaced_by_one_on_another_file_system_is_noticed),
        DISK_TEST(a_look_that_fails_forgets_no_folder),
        DISK_TEST(two_who_open_the_folder_at_once_share_it),
        DISK_TEST(two_who_make_a_folder_for_temporary_files_at_once_share_it),
        DISK_TEST(two_who_find_the_folder_gone_at_once_open_one_new),
        DISK_TEST(threads_go_on_while_the_folder_is_removed),
        DISK_TEST(a_relative_path_and_slashes_at_its_end_will_do),
        DISK_TEST(a_path_of_slashes_is_the_root_of_all_folders),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
