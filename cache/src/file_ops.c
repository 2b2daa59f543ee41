/* The system itself. */
#include "file_ops.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_openat2
#define SYS_openat2 437 /* the same on every architecture */
#endif

static int system_openat(void *state, int dir, const char *path, int flags, mode_t mode)
{
    int fd = openat(dir, path, flags, mode);

    (void)state;
    return fd >= 0 ? fd : -errno;
}

/* Neither glibc nor musl has a function for it. */
static int system_openat2(void *state, int dir, const char *path, int flags, uint64_t resolve)
{
    struct {
        uint64_t flags, mode, resolve;
    } how = { (uint64_t)flags, 0, resolve };
    long fd = syscall(SYS_openat2, dir, path, &how, sizeof how);

    (void)state;
    return fd >= 0 ? (int)fd : -errno;
}

static int system_fstat(void *state, int fd, struct stat *out)
{
    (void)state;
    return fstat(fd, out) == 0 ? 0 : -errno;
}

static int system_fstatat(void *state, int dir, const char *path, struct stat *out, int flags)
{
    (void)state;
    return fstatat(dir, path, out, flags) == 0 ? 0 : -errno;
}

static ssize_t system_read(void *state, int fd, void *bytes, size_t count)
{
    ssize_t n = read(fd, bytes, count);

    (void)state;
    return n >= 0 ? n : -errno;
}

static ssize_t system_write(void *state, int fd, const void *bytes, size_t count)
{
    ssize_t n = write(fd, bytes, count);

    (void)state;
    return n >= 0 ? n : -errno;
}

static int system_fchmod(void *state, int fd, mode_t mode)
{
    (void)state;
    return fchmod(fd, mode) == 0 ? 0 : -errno;
}

static int system_futimens(void *state, int fd, const struct timespec times[2])
{
    (void)state;
    return futimens(fd, times) == 0 ? 0 : -errno;
}

/* Linux closes the descriptor even where it reports an interruption. */
static int system_close(void *state, int fd)
{
    (void)state;
    return close(fd) == 0 || errno == EINTR ? 0 : -errno;
}

static int system_mkdirat(void *state, int dir, const char *path, mode_t mode)
{
    (void)state;
    return mkdirat(dir, path, mode) == 0 ? 0 : -errno;
}

static int system_renameat(void *state, int from_dir, const char *from, int to_dir, const char *to)
{
    (void)state;
    return renameat(from_dir, from, to_dir, to) == 0 ? 0 : -errno;
}

static int system_unlinkat(void *state, int dir, const char *path)
{
    (void)state;
    return unlinkat(dir, path, 0) == 0 ? 0 : -errno;
}

static int system_flock(void *state, int fd, int operation)
{
    (void)state;
    return flock(fd, operation) == 0 ? 0 : -errno;
}

static int system_list(void *state, int dir, void (*each)(void *user, const char *name), void *user)
{
    DIR *stream = fdopendir(dir);
    int failed = 0;

    (void)state;
    if (stream == NULL) {
        failed = -errno;
        close(dir);
        return failed;
    }
    errno = 0;
    for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
        each(user, entry->d_name);
        errno = 0;
    }
    failed = -errno;
    closedir(stream);
    return failed;
}

static uid_t system_geteuid(void *state)
{
    (void)state;
    return geteuid();
}

const kube__file_ops *kube__file_ops_system(void)
{
    static const kube__file_ops ops = {
        .openat = system_openat,
        .openat2 = system_openat2,
        .fstat = system_fstat,
        .fstatat = system_fstatat,
        .read = system_read,
        .write = system_write,
        .fchmod = system_fchmod,
        .futimens = system_futimens,
        .close = system_close,
        .mkdirat = system_mkdirat,
        .renameat = system_renameat,
        .unlinkat = system_unlinkat,
        .flock = system_flock,
        .list = system_list,
        .geteuid = system_geteuid,
    };

    return &ops;
}
