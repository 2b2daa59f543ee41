/* Each call of the file system failed in turn: the status says so, the entry is whole, nothing is left behind. */
#include "disk_fixture.h"

#include <errno.h>
#include <sys/stat.h>

static const int failures[] = { ENOSPC, EDQUOT, EACCES, EROFS, EMFILE, EIO, EINTR, ENOMEM };

typedef kube_status operation(store_driver *d);

static kube_status put_new(store_driver *d)
{
    return driver_put(d, KEY("a", "b"), kube_str_c("new"), kube_str_c("etag"));
}

static kube_status put_in_new_folder(store_driver *d)
{
    return driver_put(d, KEY("a", "y", "z"), kube_str_c("new"), kube_str_c("etag"));
}

static kube_status get_old(store_driver *d)
{
    return driver_get(d, KEY("a", "b"));
}

static kube_status touch_old(store_driver *d)
{
    kube_store_info info;
    kube_status st = kube_store_peek(d->store, KEY("a", "b"), &info);

    if (st == KUBE_OK)
        return driver_touch(d, KEY("a", "b"), info.generation);
    assert_int_equal(st, KUBE_ERR_IO); /* no message: it has none */
    return KUBE_ERR_IO;
}

static kube_status remove_old(store_driver *d)
{
    return driver_remove(d, KEY("a", "b"));
}

static kube_status lock_and_unlock(store_driver *d)
{
    kube_status st = driver_lock(d, KEY("locks", "l"), 1000);

    if (st == KUBE_OK)
        kube_store_unlock(d->store, d->lock);
    return st;
}

static void start_again(disk_fixture *f)
{
    const char *validator = f->opts.form == KUBE_DISK_STORE_FORM_PLAIN ? NULL : "tag";

    remove_tree(f->path);
    assert_int_equal(driver_put(disk_open(f), KEY("a", "b"), kube_str_c("old"), kube_str_c(validator)), KUBE_OK);
}

static void assert_failure(kube_status st, int failure)
{
    if (failure == ENOMEM)
        assert_int_equal(st, KUBE_ERR_OUT_OF_MEMORY);
    else
        assert_int_equal(st, KUBE_ERR_IO);
}

/* What is under the key is what the outcome says. */
static void assert_whole(store_driver *d, operation *op, kube_status st)
{
    if (op == put_new)
        driver_expect(d, KEY("a", "b"), st == KUBE_OK ? "new" : "old");
    else if (op == remove_old && st == KUBE_OK)
        assert_int_equal(driver_get(d, KEY("a", "b")), KUBE_ERR_NOT_FOUND);
    else
        driver_expect(d, KEY("a", "b"), "old");
    if (op == put_in_new_folder)
        assert_int_equal(driver_get(d, KEY("a", "y", "z")), st == KUBE_OK ? KUBE_OK : KUBE_ERR_NOT_FOUND);
}

static void assert_usable(disk_fixture *f, store_driver *d)
{
    assert_int_equal(count_files(below(f, ".tmp")), 0);
    assert_int_equal(driver_put_c(d, KEY("a", "b"), "again"), KUBE_OK);
    driver_expect(d, KEY("a", "b"), "again");
    assert_int_equal(driver_lock(d, KEY("locks", "l"), 1000), KUBE_OK);
    kube_store_unlock(d->store, d->lock);
    assert_int_equal(count_files(below(f, ".tmp")), 0);
}

/* With `cold` the store has not opened its folder yet. There are at least so many calls: else nothing was proven. */
static void fail_each_call(disk_fixture *f, operation *op, int failure, bool cold, int calls)
{
    bool reached = true;

    for (int n = 1; reached; n++) {
        store_driver *d;
        size_t before;
        kube_status st;

        start_again(f);
        d = cold ? disk_open(f) : &f->d;
        before = count_descriptors() + (cold ? 1 : 0);
        f->files.fail_at = n;
        f->files.failure = failure;
        f->files.reached = false;
        st = op(d);
        reached = f->files.reached;
        f->files.fail_at = 0;
        assert_true(reached || n > calls);
        if (!reached)
            assert_int_equal(st, KUBE_OK);
        else if (st != KUBE_OK && op != touch_old)
            assert_failure(st, failure);
        assert_whole(d, op, st);
        assert_int_equal(count_descriptors(), before);
        assert_usable(f, d);
        assert_int_equal(count_descriptors(), before);
    }
}

static void fail_everywhere(disk_fixture *f, operation *op, int calls)
{
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        fail_each_call(f, op, failures[i], false, calls);
        fail_each_call(f, op, failures[i], true, calls);
    }
}

static void a_failed_put_leaves_the_old_entry_whole(void **state)
{
    fail_everywhere(*state, put_new, 10);
}

static void a_failed_put_of_a_new_entry_leaves_none(void **state)
{
    fail_everywhere(*state, put_in_new_folder, 16);
}

/* Folders are made on the way, which may fail too. */
static void a_failed_first_put_leaves_no_entry(void **state)
{
    disk_fixture *f = *state;

    f->files.failure = EACCES;
    f->files.reached = true;
    for (int n = 1; f->files.reached; n++) {
        kube_status st;

        remove_tree(f->path);
        disk_open(f);
        f->files.fail_at = n;
        f->files.reached = false;
        st = put_new(&f->d);
        f->files.fail_at = 0;
        assert_true(f->files.reached || n > 10);
        assert_true(st == KUBE_OK || (st == KUBE_ERR_IO && f->files.reached));
        assert_int_equal(driver_get(&f->d, KEY("a", "b")), st == KUBE_OK ? KUBE_OK : KUBE_ERR_NOT_FOUND);
        assert_usable(f, &f->d);
    }
}

static void a_failed_get_says_so_and_never_that_there_is_none(void **state)
{
    fail_everywhere(*state, get_old, 4);
}

static void a_plain_file_is_not_half_read_either(void **state)
{
    disk_fixture *f = *state;

    f->opts.form = KUBE_DISK_STORE_FORM_PLAIN;
    fail_each_call(f, get_old, EIO, false, 4);
    fail_each_call(f, get_old, ENOMEM, true, 4);
}

static void a_failed_touch_leaves_the_entry_whole(void **state)
{
    fail_everywhere(*state, touch_old, 4);
}

static void a_failed_remove_leaves_the_entry_whole(void **state)
{
    fail_everywhere(*state, remove_old, 2);
}

static void a_failed_lock_can_be_taken_again(void **state)
{
    fail_everywhere(*state, lock_and_unlock, 10);
}

/* The same on a kernel without openat2, where each part of the path is opened by itself. */
static void the_fallback_leaks_nothing_either(void **state)
{
    disk_fixture *f = *state;

    f->files.always[CALL_OPENAT2] = ENOSYS;
    fail_each_call(f, put_new, EIO, false, 10);
    fail_each_call(f, put_in_new_folder, EMFILE, true, 20);
    fail_each_call(f, get_old, EMFILE, false, 6);
    fail_each_call(f, remove_old, EACCES, true, 4);
    fail_each_call(f, lock_and_unlock, ENOSPC, false, 10);
}

/* Two file systems, and then a fault. */
static void a_put_that_is_written_twice_fails_as_cleanly(void **state)
{
    disk_fixture *f = *state;

    for (int n = 1;; n++) {
        kube_status st;

        start_again(f);
        f->files.once[CALL_RENAMEAT] = EXDEV;
        f->files.fail_at = n;
        f->files.failure = ENOSPC;
        f->files.reached = false;
        st = put_new(&f->d);
        f->files.fail_at = 0;
        f->files.once[CALL_RENAMEAT] = 0;
        driver_expect(&f->d, KEY("a", "b"), st == KUBE_OK ? "new" : "old");
        /* A temporary file whose removal failed is left; nothing else ever is. */
        assert_true(count_files(f->path) == 1 || (st == KUBE_OK && f->files.reached && count_files(f->path) == 2));
        if (!f->files.reached) {
            assert_true(n > 15);
            assert_int_equal(st, KUBE_OK);
            return;
        }
    }
}

static void a_call_that_always_fails_ends_the_operation(void **state)
{
    disk_fixture *f = *state;

    for (int call = 0; call < CALL_KINDS; call++) {
        size_t before;
        kube_status st;

        start_again(f);
        before = count_descriptors();
        f->files.always[call] = EIO;
        st = put_new(&f->d);
        (void)get_old(&f->d);
        (void)touch_old(&f->d);
        (void)lock_and_unlock(&f->d);
        f->files.always[call] = 0;
        driver_expect(&f->d, KEY("a", "b"), st == KUBE_OK ? "new" : "old");
        assert_int_equal(count_descriptors(), before);
    }
}

static void an_interrupted_call_is_made_again(void **state)
{
    disk_fixture *f = *state;
    const file_call calls[] = { CALL_OPENAT, CALL_OPENAT2, CALL_READ, CALL_WRITE, CALL_CLOSE };

    start_again(f);
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        f->files.once[calls[i]] = EINTR;
        assert_int_equal(put_new(&f->d), KUBE_OK);
        f->files.once[calls[i]] = EINTR;
        driver_expect(&f->d, KEY("a", "b"), "new");
        f->files.once[calls[i]] = 0;
    }
}

static void reads_and_writes_may_be_short(void **state)
{
    disk_fixture *f = *state;

    for (size_t most = 1; most <= 40; most += 13) {
        f->files.most_bytes = most;
        f->opts.form = most % 2 == 0 ? KUBE_DISK_STORE_FORM_PLAIN : KUBE_DISK_STORE_FORM_FRAMED;
        assert_int_equal(driver_put_c(disk_open(f), KEY("k"), "some text of thirty-one letters"), KUBE_OK);
        driver_expect(&f->d, KEY("k"), "some text of thirty-one letters");
    }
}

static void a_disk_may_be_full_after_any_byte(void **state)
{
    disk_fixture *f = *state;

    for (size_t room = 0; room <= 39; room++) { /* header 32, validator 4, bytes 3 */
        kube_status st;

        start_again(f);
        f->files.room = room;
        st = put_new(&f->d);
        f->files.room = SIZE_MAX;
        assert_int_equal(st, room < 39 ? KUBE_ERR_IO : KUBE_OK);
        if (st != KUBE_OK) {
            assert_says(&f->d, "writing ");
            assert_says(&f->d, "/a/b: No space left on device");
        }
        driver_expect(&f->d, KEY("a", "b"), st == KUBE_OK ? "new" : "old");
        assert_usable(f, &f->d);
    }
}

static void a_disk_that_takes_nothing_is_no_endless_loop(void **state)
{
    disk_fixture *f = *state;

    start_again(f);
    f->files.takes_nothing = true;
    assert_int_equal(put_new(&f->d), KUBE_ERR_IO);
    assert_says(&f->d, "/a/b: Input/output error");
    f->files.takes_nothing = false;
    driver_expect(&f->d, KEY("a", "b"), "old");
    assert_usable(f, &f->d);
}

static void a_name_that_is_taken_is_not_taken_over(void **state)
{
    disk_fixture *f = *state;

    start_again(f);
    f->files.names_taken = 3;
    assert_int_equal(put_new(&f->d), KUBE_OK);
    driver_expect(&f->d, KEY("a", "b"), "new");
    f->files.names_taken = 1000; /* somebody is a name ahead each time: given up after a few */
    assert_int_equal(driver_put_c(&f->d, KEY("a", "b"), "newer"), KUBE_ERR_IO);
    assert_says(&f->d, "/a/b: File exists");
    assert_in_range(f->files.names_taken, 900, 999);
    f->files.names_taken = 0;
    driver_expect(&f->d, KEY("a", "b"), "new");
    assert_usable(f, &f->d);
}

static void a_disk_may_be_full_only_at_the_close(void **state)
{
    disk_fixture *f = *state;

    start_again(f);
    f->files.once[CALL_CLOSE] = EDQUOT; /* the first one is that of the file */
    assert_int_equal(put_new(&f->d), KUBE_ERR_IO);
    driver_expect(&f->d, KEY("a", "b"), "old");
    assert_usable(f, &f->d);
}

static void a_file_that_changes_while_it_is_read_is_refused(void **state)
{
    disk_fixture *f = *state;
    const off_t lies[] = { -1, 1, 100 };

    f->opts.form = KUBE_DISK_STORE_FORM_PLAIN;
    assert_int_equal(driver_put_c(disk_open(f), KEY("k"), "some text"), KUBE_OK);
    for (size_t i = 0; i < 3; i++) {
        f->files.lie = lies[i];
        assert_int_equal(driver_get(&f->d, KEY("k")), KUBE_ERR_IO);
        assert_says(&f->d, "it changed while it was read");
    }
    f->files.lie = 0;
    driver_expect(&f->d, KEY("k"), "some text");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DISK_TEST(a_failed_put_leaves_the_old_entry_whole),
        DISK_TEST(a_failed_put_of_a_new_entry_leaves_none),
        DISK_TEST(a_failed_first_put_leaves_no_entry),
        DISK_TEST(a_failed_get_says_so_and_never_that_there_is_none),
        DISK_TEST(a_plain_file_is_not_half_read_either),
        DISK_TEST(a_failed_touch_leaves_the_entry_whole),
        DISK_TEST(a_failed_remove_leaves_the_entry_whole),
        DISK_TEST(a_failed_lock_can_be_taken_again),
        DISK_TEST(the_fallback_leaks_nothing_either),
        DISK_TEST(a_put_that_is_written_twice_fails_as_cleanly),
        DISK_TEST(a_call_that_always_fails_ends_the_operation),
        DISK_TEST(an_interrupted_call_is_made_again),
        DISK_TEST(reads_and_writes_may_be_short),
        DISK_TEST(a_disk_may_be_full_after_any_byte),
        DISK_TEST(a_disk_that_takes_nothing_is_no_endless_loop),
        DISK_TEST(a_name_that_is_taken_is_not_taken_over),
        DISK_TEST(a_disk_may_be_full_only_at_the_close),
        DISK_TEST(a_file_that_changes_while_it_is_read_is_refused),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
