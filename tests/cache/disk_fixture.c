#include "disk_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <unistd.h>

/* 0, or the negative errno value this call has to fail with. */
static int fault(faulty_files *f, file_call call)
{
    void (*meanwhile)(void *user) = f->meanwhile;
    int failure;

    if (meanwhile != NULL && call == f->before) {
        f->meanwhile = NULL;
        meanwhile(f->meanwhile_user);
    }
    failure = f->once[call];
    f->count[call]++;
    f->once[call] = 0;
    if (failure != 0 || f->always[call] != 0)
        return failure != 0 ? -failure : -f->always[call];
    if (f->fail_at == 0 || --f->fail_at != 0)
        return 0;
    f->reached = true;
    return -f->failure;
}

static const kube__file_ops *sys(void)
{
    return kube__file_ops_system();
}

static int faulty_openat(void *state, int dir, const char *path, int flags, mode_t mode)
{
    faulty_files *f = state;
    int failed = fault(f, CALL_OPENAT);

    if (failed == 0 && (flags & O_EXCL) != 0 && f->names_taken > 0) {
        f->names_taken--;
        failed = -EEXIST;
    }
    return failed != 0 ? failed : sys()->openat(NULL, dir, path, flags, mode);
}

static int faulty_openat2(void *state, int dir, const char *path, int flags, uint64_t resolve)
{
    int failed = fault(state, CALL_OPENAT2);

    return failed != 0 ? failed : sys()->openat2(NULL, dir, path, flags, resolve);
}

static int faulty_fstat(void *state, int fd, struct stat *out)
{
    faulty_files *f = state;
    int failed = fault(f, CALL_FSTAT);

    if (failed == 0)
        failed = sys()->fstat(NULL, fd, out);
    if (failed == 0)
        out->st_size += f->lie;
    return failed;
}

static int faulty_fstatat(void *state, int dir, const char *path, struct stat *out, int flags)
{
    int failed = fault(state, CALL_FSTATAT);

    return failed != 0 ? failed : sys()->fstatat(NULL, dir, path, out, flags);
}

static size_t bounded(size_t count, size_t most)
{
    return most != 0 && most < count ? most : count;
}

static ssize_t faulty_read(void *state, int fd, void *bytes, size_t count)
{
    faulty_files *f = state;
    int failed = fault(f, CALL_READ);

    return failed != 0 ? failed : sys()->read(NULL, fd, bytes, bounded(count, f->most_bytes));
}

static ssize_t faulty_write(void *state, int fd, const void *bytes, size_t count)
{
    faulty_files *f = state;
    int failed = fault(f, CALL_WRITE);
    ssize_t n;

    if (failed != 0)
        return failed;
    if (f->takes_nothing)
        return 0;
    if (f->room == 0)
        return -ENOSPC;
    n = sys()->write(NULL, fd, bytes, bounded(bounded(count, f->most_bytes), f->room));
    if (n > 0)
        f->room -= (size_t)n;
    return n;
}

static int faulty_fchmod(void *state, int fd, mode_t mode)
{
    int failed = fault(state, CALL_FCHMOD);

    return failed != 0 ? failed : sys()->fchmod(NULL, fd, mode);
}

static int faulty_futimens(void *state, int fd, const struct timespec times[2])
{
    int failed = fault(state, CALL_FUTIMENS);

    return failed != 0 ? failed : sys()->futimens(NULL, fd, times);
}

static int faulty_close(void *state, int fd)
{
    int failed = fault(state, CALL_CLOSE);
    int closed = sys()->close(NULL, fd);

    assert_int_equal(closed, 0);
    return failed;
}

static int faulty_mkdirat(void *state, int dir, const char *path, mode_t mode)
{
    int failed = fault(state, CALL_MKDIRAT);

    return failed != 0 ? failed : sys()->mkdirat(NULL, dir, path, mode);
}

static int faulty_renameat(void *state, int from_dir, const char *from, int to_dir, const char *to)
{
    int failed = fault(state, CALL_RENAMEAT);

    return failed != 0 ? failed : sys()->renameat(NULL, from_dir, from, to_dir, to);
}

static int faulty_unlinkat(void *state, int dir, const char *path)
{
    int failed = fault(state, CALL_UNLINKAT);

    return failed != 0 ? failed : sys()->unlinkat(NULL, dir, path);
}

static int faulty_flock(void *state, int fd, int operation)
{
    int failed = fault(state, CALL_FLOCK);

    return failed != 0 ? failed : sys()->flock(NULL, fd, operation);
}

static int faulty_list(void *state, int dir, void (*each)(void *user, const char *name), void *user)
{
    int failed = fault(state, CALL_LIST);

    if (failed != 0) {
        close(dir);
        return failed;
    }
    return sys()->list(NULL, dir, each, user);
}

static uid_t faulty_geteuid(void *state)
{
    faulty_files *f = state;

    return f->other_user ? geteuid() + 4711 : geteuid();
}

void faulty_files_init(faulty_files *f)
{
    *f = (faulty_files){ .ops = { .openat = faulty_openat,
                                  .openat2 = faulty_openat2,
                                  .fstat = faulty_fstat,
                                  .fstatat = faulty_fstatat,
                                  .read = faulty_read,
                                  .write = faulty_write,
                                  .fchmod = faulty_fchmod,
                                  .futimens = faulty_futimens,
                                  .close = faulty_close,
                                  .mkdirat = faulty_mkdirat,
                                  .renameat = faulty_renameat,
                                  .unlinkat = faulty_unlinkat,
                                  .flock = faulty_flock,
                                  .list = faulty_list,
                                  .geteuid = faulty_geteuid } };
    f->ops.state = f;
    f->room = SIZE_MAX;
}

int disk_set_up(void **state)
{
    disk_fixture *f = test_calloc(1, sizeof *f);
    const char *tmp = getenv("TMPDIR");

    if (alloc_trace_setup(state) != 0)
        return -1;
    snprintf(f->base, sizeof f->base, "%s/kube-cache.XXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(f->base));
    assert_true(snprintf(f->path, sizeof f->path, "%s/store/inner", f->base) < (int)sizeof f->path);
    fake_clock_init(&f->now);
    f->now.now_unix_ms = INT64_C(1790000000123);
    faulty_files_init(&f->files);
    f->opts = (kube_disk_store_options)KUBE_DISK_STORE_OPTIONS_INIT;
    f->opts.path = f->path;
    f->opts.clock = &f->now.clock;
    *state = f;
    return 0;
}

int disk_tear_down(void **state)
{
    disk_fixture *f = *state;

    store_driver_clear(&f->d);
    remove_tree(f->base);
    test_free(f);
    return alloc_trace_teardown(state);
}

void disk_open_other(disk_fixture *f, store_driver *d)
{
    kube_store *store = NULL;

    assert_int_equal(kube__disk_store_new_with(&f->files.ops, &f->opts, &store, NULL), KUBE_OK);
    store_driver_init(d, store, &f->now.clock);
}

store_driver *disk_open(disk_fixture *f)
{
    store_driver_clear(&f->d);
    disk_open_other(f, &f->d);
    return &f->d;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info, (void)kind, (void)where;
    return remove(path);
}

void remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

size_t count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t n = 0;

    assert_non_null(dir);
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n;
}

static size_t files_found;

static int count_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)path, (void)info, (void)where;
    files_found += kind != FTW_D && kind != FTW_DNR;
    return 0;
}

size_t count_files(const char *path)
{
    files_found = 0;
    nftw(path, count_one, 16, FTW_PHYS);
    return files_found;
}

const char *below(const disk_fixture *f, const char *relative)
{
    static char texts[4][2 * PATH_BYTES];
    static size_t next;
    char *text = texts[next++ % 4];

    snprintf(text, sizeof texts[0], "%s/%s", f->path, relative);
    return text;
}

void write_file(const char *path, const void *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

long read_file(const char *path, void *bytes, size_t size)
{
    FILE *file = fopen(path, "rb");
    size_t n;

    if (file == NULL)
        return -1;
    n = fread(bytes, 1, size, file);
    fclose(file);
    return (long)n;
}

void assert_says(const store_driver *d, const char *text)
{
    if (strstr(kube_error_message(d->err), text) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", kube_error_message(d->err), text);
}
