/* A folder in which somebody else has been. */
#include "disk_fixture.h"
#include "watchdog.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FRAME_BYTES = 32 + 2 + 3 };

static kube_status peek(store_driver *d, const kube_store_key *key)
{
    kube_store_info info;

    return kube_store_peek(d->store, key, &info);
}

static void put_small(disk_fixture *f, unsigned char bytes[FRAME_BYTES])
{
    assert_int_equal(driver_put(disk_open(f), KEY("k"), kube_str_c("abc"), kube_str_c("v1")), KUBE_OK);
    assert_int_equal(read_file(below(f, "k"), bytes, FRAME_BYTES), FRAME_BYTES);
}

static void a_file_that_is_cut_anywhere_is_damaged(void **state)
{
    disk_fixture *f = *state;
    unsigned char bytes[FRAME_BYTES];

    put_small(f, bytes);
    for (size_t len = 0; len < FRAME_BYTES; len++) {
        write_file(below(f, "k"), bytes, len);
        assert_int_equal(driver_get(&f->d, KEY("k")), KUBE_ERR_PARSE);
        assert_says(&f->d, len == 0 ? "/k: it is empty" : "/k: it is cut short");
    }
}

static void every_flipped_bit_is_noticed(void **state)
{
    disk_fixture *f = *state;
    unsigned char bytes[FRAME_BYTES];

    put_small(f, bytes);
    for (size_t bit = 0; bit < (size_t)FRAME_BYTES * 8; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        write_file(below(f, "k"), bytes, FRAME_BYTES);
        assert_int_equal(driver_get(&f->d, KEY("k")), KUBE_ERR_PARSE);
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    write_file(below(f, "k"), bytes, FRAME_BYTES);
    driver_expect(&f->d, KEY("k"), "abc");
}

/* Both lengths changed so that their sum is right: the same bytes, divided elsewhere. */
static void a_border_that_moved_is_noticed(void **state)
{
    disk_fixture *f = *state;
    unsigned char bytes[FRAME_BYTES];

    put_small(f, bytes);
    bytes[12]++;
    bytes[16]--;
    write_file(below(f, "k"), bytes, FRAME_BYTES);
    assert_int_equal(driver_get(&f->d, KEY("k")), KUBE_ERR_PARSE);
    assert_says(&f->d, "its checksum is wrong");
}

static void a_grown_file_and_a_foreign_one_are_damaged(void **state)
{
    disk_fixture *f = *state;
    unsigned char bytes[FRAME_BYTES + 1] = { 0 };

    put_small(f, bytes);
    write_file(below(f, "k"), bytes, FRAME_BYTES + 1);
    assert_int_equal(driver_get(&f->d, KEY("k")), KUBE_ERR_PARSE);
    assert_says(&f->d, "it has bytes behind its end");
    write_file(below(f, "k"), "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\"}", 44);
    assert_int_equal(driver_get(&f->d, KEY("k")), KUBE_ERR_PARSE);
    assert_says(&f->d, "it is not a cache entry");
    bytes[8] = 2;
    write_file(below(f, "k"), bytes, FRAME_BYTES);
    assert_int_equal(driver_get(&f->d, KEY("k")), KUBE_ERR_PARSE);
    assert_says(&f->d, "version");
    assert_int_equal(driver_put_c(&f->d, KEY("k"), "mended"), KUBE_OK);
    driver_expect(&f->d, KEY("k"), "mended");
}

/* Both ways of opening: in one call, and part by part. */
static void for_both_kernels(void **state, void (*test)(disk_fixture *f))
{
    disk_fixture *f = *state;

    test(f);
    remove_tree(f->path);
    f->files.always[CALL_OPENAT2] = ENOSYS;
    test(f);
}

static void make_outside(disk_fixture *f, char outside[2 * PATH_BYTES])
{
    char file[3 * PATH_BYTES];

    snprintf(outside, 2 * PATH_BYTES, "%s/outside", f->base);
    mkdir(outside, 0700);
    snprintf(file, sizeof file, "%s/secret", outside);
    write_file(file, "secret", 6);
    f->opts.form = KUBE_DISK_STORE_FORM_PLAIN;
    assert_int_equal(driver_put_c(disk_open(f), KEY("a", "b"), "x"), KUBE_OK);
}

static void assert_untouched(const char *outside)
{
    char file[3 * PATH_BYTES], bytes[16];

    snprintf(file, sizeof file, "%s/secret", outside);
    assert_int_equal(read_file(file, bytes, sizeof bytes), 6);
    assert_memory_equal(bytes, "secret", 6);
    assert_int_equal(count_files(outside), 1);
}

static void link_as_folder(disk_fixture *f)
{
    char outside[2 * PATH_BYTES];

    make_outside(f, outside);
    assert_int_equal(symlink(outside, below(f, "evil")), 0);
    assert_int_equal(driver_get(&f->d, KEY("evil", "secret")), KUBE_ERR_IO);
    assert_says(&f->d, "/evil/secret: a symbolic link is not followed");
    assert_int_equal(driver_touch(&f->d, KEY("evil", "secret"), 1), KUBE_ERR_IO);
    assert_int_equal(driver_put_c(&f->d, KEY("evil", "secret"), "mine"), KUBE_ERR_IO);
    assert_int_equal(driver_put_c(&f->d, KEY("evil", "new", "one"), "mine"), KUBE_ERR_IO);
    assert_int_equal(driver_remove(&f->d, KEY("evil", "secret")), KUBE_ERR_IO);
    assert_int_equal(driver_lock(&f->d, KEY("evil", "secret"), 1000), KUBE_ERR_IO);
    assert_untouched(outside);
    assert_int_equal(count_files(below(f, ".tmp")), 0);
}

static void no_link_is_followed_to_another_folder(void **state)
{
    for_both_kernels(state, link_as_folder);
}

static void link_as_file(disk_fixture *f)
{
    char outside[2 * PATH_BYTES], secret[3 * PATH_BYTES];

    make_outside(f, outside);
    snprintf(secret, sizeof secret, "%s/secret", outside);
    assert_int_equal(symlink(secret, below(f, "a/link")), 0);
    assert_int_equal(driver_get(&f->d, KEY("a", "link")), KUBE_ERR_IO);
    assert_says(&f->d, "a symbolic link is not followed");
    assert_int_equal(peek(&f->d, KEY("a", "link")), KUBE_ERR_IO);
    assert_int_equal(driver_lock(&f->d, KEY("a", "link"), 1000), KUBE_ERR_IO);
    assert_int_equal(driver_put_c(&f->d, KEY("a", "link"), "mine"), KUBE_OK); /* takes the link's place */
    driver_expect(&f->d, KEY("a", "link"), "mine");
    assert_untouched(outside);
    assert_int_equal(unlink(below(f, "a/link")), 0);
    assert_int_equal(symlink(secret, below(f, "a/link")), 0);
    assert_int_equal(driver_remove(&f->d, KEY("a", "link")), KUBE_OK);
    assert_untouched(outside);
}

static void no_link_is_followed_to_another_file(void **state)
{
    for_both_kernels(state, link_as_file);
}

static void a_link_is_no_folder_for_temporary_files(void **state)
{
    disk_fixture *f = *state;
    char outside[2 * PATH_BYTES];

    make_outside(f, outside);
    remove_tree(below(f, ".tmp"));
    assert_int_equal(symlink(outside, below(f, ".tmp")), 0);
    assert_int_equal(driver_put_c(&f->d, KEY("k"), "mine"), KUBE_ERR_IO);
    assert_untouched(outside);
}

static void fifo(disk_fixture *f)
{
    assert_int_equal(driver_put_c(disk_open(f), KEY("a", "b"), "x"), KUBE_OK);
    assert_int_equal(mkfifo(below(f, "a/fifo"), 0600), 0);
    assert_int_equal(driver_get(&f->d, KEY("a", "fifo")), KUBE_ERR_IO);
    assert_says(&f->d, "not a regular file");
    assert_int_equal(peek(&f->d, KEY("a", "fifo")), KUBE_ERR_IO);
    assert_int_equal(driver_touch(&f->d, KEY("a", "fifo"), 1), KUBE_ERR_IO);
    assert_int_equal(driver_lock(&f->d, KEY("a", "fifo"), 1000), KUBE_ERR_IO);
    assert_says(&f->d, "not a regular file");
}

static void a_fifo_is_refused_and_nobody_waits_for_it(void **state)
{
    watchdog_start();
    for_both_kernels(state, fifo);
    watchdog_stop();
}

static void folder_and_file(disk_fixture *f)
{
    store_driver *d = disk_open(f);

    assert_int_equal(driver_put_c(d, KEY("folder", "file"), "x"), KUBE_OK);
    assert_int_equal(driver_get(d, KEY("folder")), KUBE_ERR_IO);
    assert_says(d, "/folder: not a regular file");
    assert_int_equal(peek(d, KEY("folder")), KUBE_ERR_IO);
    assert_int_equal(driver_put_c(d, KEY("folder"), "y"), KUBE_ERR_IO);
    assert_int_equal(driver_remove(d, KEY("folder")), KUBE_ERR_IO);
    assert_int_equal(driver_get(d, KEY("folder", "file", "below")), KUBE_ERR_IO);
    assert_says(d, "a part of the path is not a folder");
    assert_int_equal(peek(d, KEY("folder", "file", "below")), KUBE_ERR_IO);
    assert_int_equal(driver_put_c(d, KEY("folder", "file", "below"), "y"), KUBE_ERR_IO);
    assert_int_equal(driver_put_c(d, KEY("folder", "file", "below", "it"), "y"), KUBE_ERR_IO);
    driver_expect(d, KEY("folder", "file"), "x");
    assert_int_equal(count_files(f->path), 1);
}

static void a_folder_is_no_entry_and_a_file_no_folder(void **state)
{
    for_both_kernels(state, folder_and_file);
}

/* Without openat2 it takes a second look to tell a link from a file. */
static void what_cannot_be_looked_at_again_is_no_folder(void **state)
{
    disk_fixture *f = *state;

    f->files.always[CALL_OPENAT2] = ENOSYS;
    assert_int_equal(driver_put_c(disk_open(f), KEY("file"), "x"), KUBE_OK);
    f->files.once[CALL_FSTATAT] = EACCES;
    assert_int_equal(driver_get(&f->d, KEY("file", "below")), KUBE_ERR_IO);
    assert_int_equal(f->files.once[CALL_FSTATAT], 0);
    assert_says(&f->d, "a part of the path is not a folder");
}

static void an_unreadable_entry_is_a_failure_and_can_be_replaced(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f);

    assert_int_equal(driver_put_c(d, KEY("k"), "x"), KUBE_OK);
    assert_int_equal(chmod(below(f, "k"), 0), 0);
    f->files.once[CALL_OPENAT2] = EACCES; /* root may read everything */
    assert_int_equal(driver_get(d, KEY("k")), KUBE_ERR_IO);
    assert_says(d, "/k: Permission denied");
    assert_int_equal(driver_put_c(d, KEY("k"), "y"), KUBE_OK);
    driver_expect(d, KEY("k"), "y");
}

/* Where the test is not root itself, it only believes to be somebody else. */
static void give_away(disk_fixture *f, const char *path)
{
    if (geteuid() == 0)
        assert_int_equal(chown(path, 4711, 4711), 0);
    else
        f->files.other_user = true;
}

static void a_folder_of_somebody_else_is_not_used(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f);

    assert_int_equal(driver_put_c(d, KEY("k"), "x"), KUBE_OK);
    give_away(f, f->path);
    d = disk_open(f);
    assert_int_equal(driver_get(d, KEY("k")), KUBE_ERR_IO);
    assert_says(d, "cache folder ");
    assert_says(d, ": not used");
    assert_int_equal(driver_put_c(d, KEY("k"), "y"), KUBE_ERR_IO);
    assert_int_equal(driver_touch(d, KEY("k"), 1), KUBE_ERR_IO);
    assert_int_equal(driver_remove(d, KEY("k")), KUBE_ERR_IO);
    assert_int_equal(driver_lock(d, KEY("lock"), 1000), KUBE_ERR_IO);
    assert_int_equal(peek(d, KEY("k")), KUBE_ERR_IO);
    assert_int_equal(count_files(f->path), 1);
}

static void a_file_of_somebody_else_is_not_used_but_replaced(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f);

    if (geteuid() != 0) {
        print_message("only root can give this one file away, and not the store's folder\n");
        skip();
    }
    assert_int_equal(driver_put_c(d, KEY("k"), "x"), KUBE_OK);
    give_away(f, below(f, "k"));
    assert_int_equal(driver_get(d, KEY("k")), KUBE_ERR_IO);
    assert_says(d, "/k: it belongs to another user: not used");
    assert_int_equal(driver_touch(d, KEY("k"), d->info.generation), KUBE_ERR_IO);
    assert_int_equal(driver_put_c(d, KEY("k"), "y"), KUBE_OK);
    driver_expect(d, KEY("k"), "y");
}

/* Root's are taken from anybody: where the test is root, it gives a file away and believes to be that user. */
static void a_file_of_this_user_is_used_whoever_that_is(void **state)
{
    disk_fixture *f = *state;

    assert_int_equal(driver_put_c(disk_open(f), KEY("k"), "x"), KUBE_OK);
    if (geteuid() == 0) {
        f->files.other_user = true;
        assert_int_equal(chown(below(f, "k"), f->files.ops.geteuid(&f->files), 0), 0);
    }
    driver_expect(&f->d, KEY("k"), "x");
}

static void a_folder_for_temporary_files_of_somebody_else_is_not_used(void **state)
{
    disk_fixture *f = *state;
    char temp[2 * PATH_BYTES];

    if (geteuid() != 0) {
        print_message("only root can give this one folder away, and not the store's\n");
        skip();
    }
    snprintf(temp, sizeof temp, "%s/temp", f->base);
    assert_int_equal(mkdir(temp, 0777), 0);
    give_away(f, temp);
    f->opts.temp_path = temp;
    assert_int_equal(driver_put_c(disk_open(f), KEY("k"), "x"), KUBE_ERR_IO);
    assert_int_equal(count_files(f->base), 0);
}

static void a_folder_that_is_a_file_is_a_failure(void **state)
{
    disk_fixture *f = *state;
    char root[2 * PATH_BYTES];

    snprintf(root, sizeof root, "%s/store", f->base);
    write_file(root, "x", 1);
    assert_int_equal(driver_get(disk_open(f), KEY("k")), KUBE_ERR_IO);
    assert_int_equal(driver_put_c(&f->d, KEY("k"), "x"), KUBE_ERR_IO);
    assert_says(&f->d, "cache folder ");
}

static void no_key_leaves_the_folder(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f);
    const kube_store_key *keys[] = { KEY("..", "x"), KEY("a", "..", "..", "x"), KEY("../x"), KEY("/etc/x"),
                                     KEY("a", "/x"), KEY("."), KEY("..") };

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        assert_int_equal(driver_put_c(d, keys[i], "x"), KUBE_ERR_INVALID_ARG);
    assert_int_equal(count_files(f->base), 0);
}

static void put_first(void *user)
{
    store_driver other = { .store = NULL };

    disk_open_other(user, &other);
    assert_int_equal(driver_put_c(&other, KEY("other"), "y"), KUBE_OK);
    store_driver_clear(&other);
}

/* A document may be written long after it was fetched, and its file has that date before it has its place. */
static void an_old_document_is_not_swept_while_it_is_put(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f);

    f->now.now_unix_ms = kube_clock_system()->unix_ms(NULL);
    d->since_unix_ms = f->now.now_unix_ms - 300000;
    f->files.before = CALL_RENAMEAT;
    f->files.meanwhile = put_first;
    f->files.meanwhile_user = f;
    assert_int_equal(driver_put_c(d, KEY("a", "b"), "x"), KUBE_OK);
    assert_null(f->files.meanwhile);
    driver_expect(d, KEY("a", "b"), "x");
    assert_int_equal(d->entry.info.stored_at_unix_ms, d->since_unix_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DISK_TEST(a_file_that_is_cut_anywhere_is_damaged),
        DISK_TEST(every_flipped_bit_is_noticed),
        DISK_TEST(a_border_that_moved_is_noticed),
        DISK_TEST(a_grown_file_and_a_foreign_one_are_damaged),
        DISK_TEST(no_link_is_followed_to_another_folder),
        DISK_TEST(no_link_is_followed_to_another_file),
        DISK_TEST(a_link_is_no_folder_for_temporary_files),
        DISK_TEST(a_fifo_is_refused_and_nobody_waits_for_it),
        DISK_TEST(a_folder_is_no_entry_and_a_file_no_folder),
        DISK_TEST(what_cannot_be_looked_at_again_is_no_folder),
        DISK_TEST(an_unreadable_entry_is_a_failure_and_can_be_replaced),
        DISK_TEST(a_folder_of_somebody_else_is_not_used),
        DISK_TEST(a_file_of_somebody_else_is_not_used_but_replaced),
        DISK_TEST(a_file_of_this_user_is_used_whoever_that_is),
        DISK_TEST(a_folder_for_temporary_files_of_somebody_else_is_not_used),
        DISK_TEST(a_folder_that_is_a_file_is_a_failure),
        DISK_TEST(no_key_leaves_the_folder),
        DISK_TEST(an_old_document_is_not_swept_while_it_is_put),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
