/* What the disk store asks of the file system. One table, so that a test can be a disk that is full, slow to answer or
 * somebody else's. Each function is the system call of its name, with a negative errno value instead of -1. */
#ifndef KUBE_CACHE_FILE_OPS_H
#define KUBE_CACHE_FILE_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

/* Flags of openat2's `resolve`: the kernel's numbers, which not every libc's headers have. */
enum { KUBE__RESOLVE_NO_SYMLINKS = 0x04, KUBE__RESOLVE_BENEATH = 0x08 };

typedef struct kube__file_ops {
    void *state;
    int (*openat)(void *state, int dir, const char *path, int flags, mode_t mode);
    /* -ENOSYS before Linux 5.6; -EPERM where a sandbox knows no such call. */
    int (*openat2)(void *state, int dir, const char *path, int flags, uint64_t resolve);
    int (*fstat)(void *state, int fd, struct stat *out);
    int (*fstatat)(void *state, int dir, const char *path, struct stat *out, int flags);
    ssize_t (*read)(void *state, int fd, void *bytes, size_t count);
    ssize_t (*write)(void *state, int fd, const void *bytes, size_t count);
    int (*fchmod)(void *state, int fd, mode_t mode);
    int (*futimens)(void *state, int fd, const struct timespec times[2]);
    /* The descriptor is closed, whatever is returned. */
    int (*close)(void *state, int fd);
    int (*mkdirat)(void *state, int dir, const char *path, mode_t mode);
    int (*renameat)(void *state, int from_dir, const char *from, int to_dir, const char *to);
    int (*unlinkat)(void *state, int dir, const char *path);
    int (*flock)(void *state, int fd, int operation);
    /* Tells the names in a folder, one after the other. Takes the descriptor and closes it. */
    int (*list)(void *state, int dir, void (*each)(void *user, const char *name), void *user);
    uid_t (*geteuid)(void *state);
} kube__file_ops;

/* The system itself. */
const kube__file_ops *kube__file_ops_system(void);

#endif
