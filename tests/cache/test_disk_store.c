#include "disk_fixture.h"
#include "store_conformance.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static mode_t mode_of(const char *path)
{
    struct stat info;

    assert_int_equal(lstat(path, &info), 0);
    return info.st_mode & 07777;
}

static void options_that_make_no_sense_are_refused(void **state)
{
    disk_fixture *f = *state;
    kube_disk_store_options opts = f->opts;
    kube_store *store = NULL;

    opts.path = NULL;
    assert_int_equal(kube_disk_store_new(NULL, &store, NULL), KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_disk_store_new(&opts, &store, NULL), KUBE_ERR_INVALID_ARG);
    opts.path = "";
    assert_int_equal(kube_disk_store_new(&opts, &store, NULL), KUBE_ERR_INVALID_ARG);
    opts.path = f->path;
    opts.dir_mode = 010000;
    assert_int_equal(kube_disk_store_new(&opts, &store, NULL), KUBE_ERR_INVALID_ARG);
    opts.dir_mode = 0;
    opts.file_mode = 0x10000;
    assert_int_equal(kube_disk_store_new(&opts, &store, NULL), KUBE_ERR_INVALID_ARG);
    opts.file_mode = 0;
    opts.form = (kube_disk_store_form)2;
    assert_int_equal(kube_disk_store_new(&opts, &store, NULL), KUBE_ERR_INVALID_ARG);
    opts.form = KUBE_DISK_STORE_FORM_PLAIN;
    opts.struct_size = 0;
    assert_int_equal(kube_disk_store_new(&opts, &store, NULL), KUBE_ERR_INVALID_ARG);
    assert_null(store);
}

static void a_plain_file_holds_the_bytes_and_nothing_else(void **state)
{
    disk_fixture *f = *state;
    char bytes[16];

    f->opts.form = KUBE_DISK_STORE_FORM_PLAIN;
    assert_int_equal(driver_put_c(disk_open(f), KEY("apps", "v1", "x.json"), "{\"a\":1}"), KUBE_OK);
    assert_int_equal(read_file(below(f, "apps/v1/x.json"), bytes, sizeof bytes), 7);
    assert_memory_equal(bytes, "{\"a\":1}", 7);
}

static void a_plain_file_of_another_program_is_an_entry(void **state)
{
    disk_fixture *f = *state;
    const struct timespec times[2] = { { 0, UTIME_OMIT }, { 1700000000, 500000000 } };
    store_driver *d = disk_open(f);

    f->opts.form = KUBE_DISK_STORE_FORM_PLAIN;
    d = disk_open(f);
    assert_int_equal(driver_put_c(d, KEY("apps", "x"), "x"), KUBE_OK);
    write_file(below(f, "apps/y"), "from kubectl", 12);
    assert_int_equal(utimensat(AT_FDCWD, below(f, "apps/y"), times, 0), 0);
    driver_expect(d, KEY("apps", "y"), "from kubectl");
    assert_int_equal(d->entry.info.stored_at_unix_ms, INT64_C(1700000000500));
}

/* The layout is a promise: docs/formats.md. */
static void a_framed_file_is_as_it_is_documented(void **state)
{
    disk_fixture *f = *state;
    static const unsigned char expected[] = {
        'k', 'u', 'b', 'e', 'n', 't', 'r', 'y', 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0,
    };
    unsigned char bytes[64];

    assert_int_equal(driver_put(disk_open(f), KEY("k"), kube_str_c("abc"), kube_str_c("v1")), KUBE_OK);
    assert_int_equal(read_file(below(f, "k"), bytes, sizeof bytes), 32 + 2 + 3);
    assert_memory_equal(bytes, expected, sizeof expected);
    assert_memory_equal(bytes + 32, "v1abc", 5);
    assert_int_equal(f->d.info.bytes, 37);
}

static void modes_are_those_that_were_asked_for(void **state)
{
    disk_fixture *f = *state;
    mode_t before = umask(0027);

    assert_int_equal(driver_put_c(disk_open(f), KEY("a", "b"), "x"), KUBE_OK);
    assert_int_equal(mode_of(f->path), 0700);
    assert_int_equal(mode_of(below(f, "a")), 0700);
    assert_int_equal(mode_of(below(f, "a/b")), 0600);
    f->opts.dir_mode = 0777;
    f->opts.file_mode = 0666;
    assert_int_equal(driver_put_c(disk_open(f), KEY("c", "d"), "x"), KUBE_OK);
    assert_int_equal(mode_of(below(f, "c")), 0750);   /* less the umask     */
    assert_int_equal(mode_of(below(f, "c/d")), 0666); /* whatever the umask */
    assert_int_equal(mode_of(f->path), 0700);         /* was there already  */
    assert_int_equal(mode_of(below(f, "a")), 0700);
    umask(before);
}

static void no_temporary_file_is_left(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f);

    for (int i = 0; i < 3; i++)
        assert_int_equal(driver_put_c(d, KEY("a", "b"), "x"), KUBE_OK);
    assert_int_equal(count_files(f->path), 1);
    assert_int_equal(count_files(below(f, ".tmp")), 0);
}

static void temporary_files_can_be_kept_elsewhere(void **state)
{
    disk_fixture *f = *state;
    char elsewhere[2 * PATH_BYTES];

    snprintf(elsewhere, sizeof elsewhere, "%s/else/where/", f->base);
    f->opts.temp_path = elsewhere;
    assert_int_equal(driver_put_c(disk_open(f), KEY(".tmp", "b"), "x"), KUBE_OK);
    driver_expect(&f->d, KEY(".tmp", "b"), "x");
    assert_int_equal(access(elsewhere, F_OK), 0);
    assert_int_equal(count_files(f->base), 1);
}

static void a_folder_for_temporary_files_that_cannot_be_costs_the_entry_only(void **state)
{
    disk_fixture *f = *state;
    store_driver *d;

    f->opts.temp_path = "/dev/null/temp";
    d = disk_open(f);
    assert_int_equal(driver_put_c(d, KEY("a", "b"), "x"), KUBE_ERR_IO);
    assert_says(d, "temporary files /dev/null/temp: writing");
    assert_says(d, "not a folder");
    assert_int_equal(driver_get(d, KEY("a", "b")), KUBE_ERR_NOT_FOUND);
}

static void the_folder_for_temporary_files_holds_no_entries(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f);
    kube_store_info info;

    assert_int_equal(driver_put_c(d, KEY(".tmp", "x"), "x"), KUBE_ERR_INVALID_ARG);
    assert_says(d, "temporary");
    assert_int_equal(driver_get(d, KEY(".tmp", "x")), KUBE_ERR_INVALID_ARG);
    assert_int_equal(driver_touch(d, KEY(".tmp", "x"), 1), KUBE_ERR_INVALID_ARG);
    assert_int_equal(driver_remove(d, KEY(".tmp")), KUBE_ERR_INVALID_ARG);
    assert_int_equal(driver_lock(d, KEY(".tmp", "x"), 1), KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_store_peek(d->store, KEY(".tmp"), &info), KUBE_ERR_INVALID_ARG);
    assert_int_equal(driver_put_c(d, KEY("a", ".tmp"), "x"), KUBE_OK);
}

static void another_file_system_for_temporary_files_is_got_round(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f);

    assert_int_equal(driver_put_c(d, KEY("a", "b"), "old"), KUBE_OK);
    f->files.once[CALL_RENAMEAT] = EXDEV;
    assert_int_equal(driver_put_c(d, KEY("a", "b"), "new"), KUBE_OK);
    driver_expect(d, KEY("a", "b"), "new");
    assert_int_equal(count_files(f->path), 1);
    f->files.always[CALL_RENAMEAT] = EXDEV;
    assert_int_equal(driver_put_c(d, KEY("a", "b"), "newer"), KUBE_ERR_IO);
    driver_expect(d, KEY("a", "b"), "new");
    assert_int_equal(count_files(f->path), 1);
}

static void an_entry_may_be_as_large_as_the_ceiling(void **state)
{
    disk_fixture *f = *state;
    store_driver *d;

    f->opts.max_entry_bytes = 10;
    d = disk_open(f);
    assert_int_equal(driver_put_c(d, KEY("k"), "0123456789"), KUBE_OK);
    driver_expect(d, KEY("k"), "0123456789");
    assert_int_equal(driver_put_c(d, KEY("k"), "0123456789a"), KUBE_ERR_LIMIT);
    assert_says(d, "11 bytes are more than the 10");
    driver_expect(d, KEY("k"), "0123456789");
    f->opts.max_entry_bytes = 9;
    assert_int_equal(driver_get(disk_open(f), KEY("k")), KUBE_ERR_LIMIT);
    f->opts.form = KUBE_DISK_STORE_FORM_PLAIN;
    assert_int_equal(driver_get(disk_open(f), KEY("k")), KUBE_ERR_LIMIT);
}

/* The system says when a file was written last; whatever date was given to it, nobody can change that. */
static void leftovers_are_swept_by_the_first_put(void **state)
{
    disk_fixture *f = *state;
    static const char *const names[] = { "4242.00000000000000000001", "4242.00000000000000000002", "4242.1", "mine",
                                         "x4242.00000000000000000003", "4242.00000000000000000004x",
                                         "12345678901.00000000000000000005", "4242-00000000000000000006" };
    int64_t begin_ms = kube_clock_system()->unix_ms(NULL);

    assert_int_equal(driver_put_c(disk_open(f), KEY("k"), "x"), KUBE_OK);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char name[64];
        struct timespec times[2] = { { 0, UTIME_OMIT }, { begin_ms / 1000 + (i == 0 ? 86400 : -86400), 0 } };

        snprintf(name, sizeof name, ".tmp/%s", names[i]);
        write_file(below(f, name), "half", 4);
        assert_int_equal(utimensat(AT_FDCWD, below(f, name), times, 0), 0);
    }
    f->now.now_unix_ms = begin_ms + 50000;
    assert_int_equal(driver_put_c(disk_open(f), KEY("k"), "x"), KUBE_OK);
    assert_int_equal(count_files(below(f, ".tmp")), 8);
    f->now.now_unix_ms = kube_clock_system()->unix_ms(NULL) + 61000;
    assert_int_equal(driver_put_c(&f->d, KEY("k"), "x"), KUBE_OK);
    assert_int_equal(count_files(below(f, ".tmp")), 8); /* not its first */
    assert_int_equal(driver_put_c(disk_open(f), KEY("k"), "x"), KUBE_OK);
    assert_int_equal(count_files(below(f, ".tmp")), 6); /* only what has our form */
}

/* Not a file, or none that can be looked at. */
static void what_does_not_look_like_a_leftover_is_left(void **state)
{
    disk_fixture *f = *state;
    static const char *const names[] = { ".tmp/4242.00000000000000000001", ".tmp/4242.00000000000000000002" };

    f->now.now_unix_ms = kube_clock_system()->unix_ms(NULL) + 90000;
    assert_int_equal(driver_put_c(disk_open(f), KEY("k"), "x"), KUBE_OK);
    assert_int_equal(mkfifo(below(f, names[0]), 0600), 0);
    assert_int_equal(driver_put_c(disk_open(f), KEY("k"), "x"), KUBE_OK);
    assert_int_equal(access(below(f, names[0]), F_OK), 0);
    assert_int_equal(unlink(below(f, names[0])), 0);
    write_file(below(f, names[1]), "half", 4);
    f->files.once[CALL_FSTATAT] = EIO;
    assert_int_equal(driver_put_c(disk_open(f), KEY("k"), "x"), KUBE_OK);
    assert_int_equal(access(below(f, names[1]), F_OK), 0);
    assert_int_equal(driver_put_c(disk_open(f), KEY("k"), "x"), KUBE_OK);
    assert_int_not_equal(access(below(f, names[1]), F_OK), 0);
}

static void peeking_is_one_look_at_the_file(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f);
    kube_store_info info;
    unsigned before[CALL_KINDS];

    assert_int_equal(driver_put_c(d, KEY("a", "b", "c"), "x"), KUBE_OK);
    memcpy(before, f->files.count, sizeof before);
    assert_int_equal(kube_store_peek(d->store, KEY("a", "b", "c"), &info), KUBE_OK);
    before[CALL_FSTATAT]++;
    assert_memory_equal(before, f->files.count, sizeof before);
}

static void an_entry_that_was_restored_is_another_generation(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f);
    struct timespec times[2] = { { 0, UTIME_OMIT }, { 0, 0 } };
    struct stat info;
    uint64_t generation;
    char bytes[64];
    long len;

    assert_int_equal(driver_put_c(d, KEY("k"), "x"), KUBE_OK);
    generation = d->info.generation;
    assert_int_equal(stat(below(f, "k"), &info), 0);
    len = read_file(below(f, "k"), bytes, sizeof bytes);
    write_file(below(f, "copy"), bytes, (size_t)len);
    times[1] = info.st_mtim;
    assert_int_equal(utimensat(AT_FDCWD, below(f, "copy"), times, 0), 0);
    assert_int_equal(rename(below(f, "copy"), below(f, "k")), 0);
    driver_expect(d, KEY("k"), "x");
    assert_true(d->entry.info.generation != generation);
    assert_int_equal(driver_touch(d, KEY("k"), generation), KUBE_ERR_CONFLICT);
}

/* In place, as large as before, with the old time: what no tool can restore is when that was done. */
static void an_entry_that_was_written_over_is_another_generation(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f);
    struct timespec times[2] = { { 0, UTIME_OMIT }, { 0, 0 } };
    struct stat before, after;
    uint64_t generation;

    f->opts.form = KUBE_DISK_STORE_FORM_PLAIN;
    d = disk_open(f);
    assert_int_equal(driver_put_c(d, KEY("k"), "x"), KUBE_OK);
    generation = d->info.generation;
    assert_int_equal(stat(below(f, "k"), &before), 0);
    times[1] = before.st_mtim;
    do { /* a tick of the file system's clock, which may be some milliseconds */
        write_file(below(f, "k"), "y", 1);
        assert_int_equal(utimensat(AT_FDCWD, below(f, "k"), times, 0), 0);
        assert_int_equal(stat(below(f, "k"), &after), 0);
    } while (after.st_ctim.tv_sec == before.st_ctim.tv_sec && after.st_ctim.tv_nsec == before.st_ctim.tv_nsec);
    driver_expect(d, KEY("k"), "y");
    assert_int_equal(d->entry.info.stored_at_unix_ms, f->now.now_unix_ms);
    assert_true(d->entry.info.generation != generation);
}

typedef struct change {
    disk_fixture *f;
    long          s, ns; /* the time, by so much */
    bool          another, longer;
} change;

static void change_entry(void *user)
{
    const change *c = user;
    const char *path = below(c->f, "k");
    struct timespec times[2] = { { 0, UTIME_OMIT }, { 0, 0 } };
    struct stat info;

    assert_int_equal(stat(path, &info), 0);
    if (c->another) {
        assert_int_equal(rename(path, below(c->f, "old")), 0);
        write_file(path, "12345678901234567890123456789012y", 33);
    }
    if (c->longer)
        assert_int_equal(truncate(path, info.st_size + 1), 0);
    times[1].tv_sec = info.st_mtim.tv_sec + c->s;
    times[1].tv_nsec = (info.st_mtim.tv_nsec + c->ns) % 1000000000;
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* Between the rename and the look at what came of it. */
static void an_entry_that_was_changed_at_once_is_another_generation(void **state)
{
    disk_fixture *f = *state;
    change changes[] = {
        { .f = f, .s = 1 }, { .f = f, .ns = 1 }, { .f = f, .longer = true }, { .f = f, .another = true },
    };

    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        uint64_t generation;

        assert_int_equal(driver_put_c(disk_open(f), KEY("k"), "x"), KUBE_OK);
        f->files.before = CALL_FSTATAT;
        f->files.meanwhile = change_entry;
        f->files.meanwhile_user = &changes[i];
        assert_int_equal(driver_put_c(&f->d, KEY("k"), "y"), KUBE_OK);
        assert_true(f->files.meanwhile == NULL);
        generation = f->d.info.generation;
        assert_int_equal(driver_touch(&f->d, KEY("k"), generation), KUBE_ERR_CONFLICT);
    }
}

static void touching_always_changes_the_time(void **state)
{
    disk_fixture *f = *state;
    struct timespec times[2] = { { 0, UTIME_OMIT }, { 0, 0 } };
    struct stat info;
    store_driver *d;

    assert_int_equal(driver_put_c(disk_open(f), KEY("k"), "x"), KUBE_OK);
    d = disk_open(f);
    times[1] = (struct timespec){ f->now.now_unix_ms / 1000, f->now.now_unix_ms % 1000 * 1000000 };
    assert_int_equal(utimensat(AT_FDCWD, below(f, "k"), times, 0), 0); /* what this object will choose first */
    driver_expect(d, KEY("k"), "x");
    assert_int_equal(driver_touch(d, KEY("k"), d->entry.info.generation), KUBE_OK);
    assert_int_equal(stat(below(f, "k"), &info), 0);
    assert_int_equal(kube__disk_mtime_ms(&info), f->now.now_unix_ms);
    assert_int_not_equal(info.st_mtim.tv_nsec, times[1].tv_nsec);
}

static void a_clock_before_1970_is_a_time_too(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f);

    f->now.now_unix_ms = -1;
    assert_int_equal(driver_put_c(d, KEY("k"), "x"), KUBE_OK);
    assert_int_equal(d->info.stored_at_unix_ms, -1);
}

static void far_off_dates_are_cut_to_what_fits(void **state)
{
    static const struct {
        int64_t s;
        long    ns;
        int64_t ms;
    } cases[] = {
        { 0, 0, 0 },
        { -1, 999000000, -1 },
        { 1790000000, 123456789, INT64_C(1790000000123) },
        { INT64_MAX / 1000 - 1, 999999999, (INT64_MAX / 1000 - 1) * 1000 + 999 },
        { INT64_MAX / 1000, 0, INT64_MAX },
        { INT64_MAX, 999999999, INT64_MAX },
        { INT64_MIN / 1000 + 1, 0, (INT64_MIN / 1000 + 1) * 1000 },
        { INT64_MIN / 1000, 0, INT64_MIN },
        { INT64_MIN, 0, INT64_MIN },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stat info = { .st_mtim = { cases[i].s, cases[i].ns } };

        assert_true(kube__disk_mtime_ms(&info) == cases[i].ms);
    }
}

static void removing_from_a_folder_that_is_not_there_makes_none(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f);

    assert_int_equal(driver_put_c(d, KEY("k"), "x"), KUBE_OK);
    assert_int_equal(driver_remove(d, KEY("no", "such", "folder")), KUBE_OK);
    assert_int_not_equal(access(below(f, "no"), F_OK), 0);
}

static void an_older_kernel_gives_the_same_answers(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f);
    const int missing[] = { ENOSYS, EPERM };

    for (size_t i = 0; i < 2; i++) {
        f->files.always[CALL_OPENAT2] = missing[i];
        assert_int_equal(driver_get(d, KEY("a", "b", "c", "d")), KUBE_ERR_NOT_FOUND);
        assert_int_equal(driver_put_c(d, KEY("a", "b", "c", "d"), "x"), KUBE_OK);
        driver_expect(d, KEY("a", "b", "c", "d"), "x");
        assert_int_equal(driver_put_c(d, KEY("one"), "y"), KUBE_OK);
        driver_expect(d, KEY("one"), "y");
        assert_int_equal(driver_remove(d, KEY("a", "b", "c", "d")), KUBE_OK);
        assert_int_equal(driver_get(d, KEY("a", "b", "c", "d")), KUBE_ERR_NOT_FOUND);
    }
}

static void a_forked_child_is_told(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f);
    int status = 0;
    pid_t child;

    assert_int_equal(driver_put_c(d, KEY("k"), "x"), KUBE_OK);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        kube_store_entry entry;
        bool told = kube_store_get(d->store, KEY("k"), NULL, &entry, NULL) == KUBE_ERR_FORKED &&
                    kube_store_remove(d->store, KEY("k"), NULL, NULL) == KUBE_ERR_FORKED;

        kube_store_unref(d->store);
        _exit(told ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    driver_expect(d, KEY("k"), "x");
}

static kube_status use(store_driver *d)
{
    kube_status st = driver_put(d, KEY("a", "b"), kube_str_c("new"), kube_str_c("etag"));

    if (st == KUBE_OK)
        st = driver_get(d, KEY("a", "b"));
    if (st == KUBE_OK)
        st = driver_touch(d, KEY("a", "b"), d->entry.info.generation);
    if (st == KUBE_OK)
        st = driver_lock(d, KEY("lock"), 1000);
    if (st == KUBE_OK)
        kube_store_unlock(d->store, d->lock);
    return st;
}

static void a_failed_allocation_leaves_a_whole_entry(void **state)
{
    disk_fixture *f = *state;
    bool reached = true;

    for (size_t n = 1; reached; n++) {
        kube_status st;

        remove_tree(f->path);
        assert_int_equal(driver_put_c(disk_open(f), KEY("a", "b"), "old"), KUBE_OK);
        disk_open(f);
        alloc_trace_fail_at(n);
        st = use(&f->d);
        reached = alloc_trace_stop();
        assert_int_equal(st, reached ? KUBE_ERR_OUT_OF_MEMORY : KUBE_OK);
        assert_int_equal(driver_get(&f->d, KEY("a", "b")), KUBE_OK);
        assert_true(kube_str_is(kube_blob_str(f->d.entry.bytes), "old") ||
                    kube_str_is(kube_blob_str(f->d.entry.bytes), "new"));
        assert_int_equal(count_files(below(f, ".tmp")), 0);
    }
}

static void a_failed_allocation_makes_no_store(void **state)
{
    disk_fixture *f = *state;
    bool reached = true;

    f->opts.temp_path = f->base;
    for (size_t n = 1; reached; n++) {
        kube_store *store = NULL;
        kube_status st;

        alloc_trace_fail_at(n);
        st = kube_disk_store_new(&f->opts, &store, NULL);
        reached = alloc_trace_stop();
        assert_int_equal(st, reached ? KUBE_ERR_OUT_OF_MEMORY : KUBE_OK);
        assert_int_equal(store == NULL, reached);
        kube_store_unref(store);
    }
}

static disk_fixture shared;

static kube_store *make(void *user)
{
    kube_store *store = NULL;

    (void)user;
    assert_int_equal(kube_disk_store_new(&shared.opts, &store, NULL), KUBE_OK);
    return store;
}

static void clean(void *user)
{
    (void)user;
    remove_tree(shared.path);
}

static void advance(void *user, int64_t ms)
{
    (void)user;
    fake_clock_advance(&shared.now, ms);
}

static int conformance(kube_disk_store_form form, const char *name)
{
    store_subject subject = { .name = name, .make = make, .again = make, .clean = clean, .advance = advance,
                              .clock = &shared.now.clock, .keeps_validators = form == KUBE_DISK_STORE_FORM_FRAMED };
    char base[] = "/tmp/kube-cache.XXXXXX";
    int failed;

    fake_clock_init(&shared.now);
    if (mkdtemp(base) == NULL)
        return 1;
    snprintf(shared.path, sizeof shared.path, "%s/store", base);
    shared.opts = (kube_disk_store_options)KUBE_DISK_STORE_OPTIONS_INIT;
    shared.opts.path = shared.path;
    shared.opts.clock = &shared.now.clock;
    shared.opts.form = form;
    failed = store_conformance(&subject);
    remove_tree(base);
    return failed;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DISK_TEST(options_that_make_no_sense_are_refused),
        DISK_TEST(a_plain_file_holds_the_bytes_and_nothing_else),
        DISK_TEST(a_plain_file_of_another_program_is_an_entry),
        DISK_TEST(a_framed_file_is_as_it_is_documented),
        DISK_TEST(modes_are_those_that_were_asked_for),
        DISK_TEST(no_temporary_file_is_left),
        DISK_TEST(temporary_files_can_be_kept_elsewhere),
        DISK_TEST(a_folder_for_temporary_files_that_cannot_be_costs_the_entry_only),
        DISK_TEST(the_folder_for_temporary_files_holds_no_entries),
        DISK_TEST(another_file_system_for_temporary_files_is_got_round),
        DISK_TEST(an_entry_may_be_as_large_as_the_ceiling),
        DISK_TEST(leftovers_are_swept_by_the_first_put),
        DISK_TEST(what_does_not_look_like_a_leftover_is_left),
        DISK_TEST(peeking_is_one_look_at_the_file),
        DISK_TEST(an_entry_that_was_restored_is_another_generation),
        DISK_TEST(an_entry_that_was_written_over_is_another_generation),
        DISK_TEST(an_entry_that_was_changed_at_once_is_another_generation),
        DISK_TEST(touching_always_changes_the_time),
        DISK_TEST(a_clock_before_1970_is_a_time_too),
        DISK_TEST(far_off_dates_are_cut_to_what_fits),
        DISK_TEST(removing_from_a_folder_that_is_not_there_makes_none),
        DISK_TEST(an_older_kernel_gives_the_same_answers),
        DISK_TEST(a_forked_child_is_told),
        DISK_TEST(a_failed_allocation_leaves_a_whole_entry),
        DISK_TEST(a_failed_allocation_makes_no_store),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL) + conformance(KUBE_DISK_STORE_FORM_FRAMED, "disk store, framed") +
           conformance(KUBE_DISK_STORE_FORM_PLAIN, "disk store, plain");
}
