/* Opening what is below the root: no part of the path may be a symbolic link, so that nothing outside of the root is
 * ever read or written. The kernel checks that in one call since 5.6; before, each part is opened by itself. */
#include "disk_store.h"

#include <errno.h>
#include <fcntl.h>

enum {
    FOLDER_FLAGS = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. It changes nothing for regular files. */
    FILE_FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
};

int kube__disk_openat(const kube__disk_store *store, int dir, const char *path, int flags, mode_t mode)
{
    int fd;

    do
        fd = store->ops->openat(store->ops->state, dir, path, flags, mode);
    while (fd == -EINTR);
    return fd;
}

/* An interrupted close has closed. */
int kube__disk_close(const kube__disk_store *store, int fd)
{
    int failed = store->ops->close(store->ops->state, fd);

    return failed == -EINTR ? 0 : failed;
}

/* A link where a folder should be is ENOTDIR for openat and ELOOP for openat2: a message has one word for it. */
static int link_or_file(const kube__disk_store *store, int dir, const char *name, int failed)
{
    struct stat info;

    if (failed != -ENOTDIR)
        return failed;
    if (store->ops->fstatat(store->ops->state, dir, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return failed;
    return S_ISLNK(info.st_mode) ? -ELOOP : failed;
}

/* Goes down the first `count` folders, making them when `make` says so. A new descriptor, also when `count` is 0. */
static int walk(const kube__disk_store *store, int root, const kube_store_key *key, size_t count, bool make)
{
    int at = kube__disk_openat(store, root, ".", FOLDER_FLAGS, 0);

    for (size_t i = 0; i < count && at >= 0; i++) {
        const char *name = key->segments[i];
        int made = make ? store->ops->mkdirat(store->ops->state, at, name, store->dir_mode) : 0;
        int next = made;

        if (made == 0 || made == -EEXIST) {
            next = kube__disk_openat(store, at, name, FOLDER_FLAGS, 0);
            next = link_or_file(store, at, name, next);
        }
        kube__disk_close(store, at);
        at = next;
    }
    return at;
}

/* -ENOSYS: this kernel has no such call, or whatever filters them says so. */
static int open_at_once(const kube__disk_store *store, int root, const kube_store_key *key, size_t count, int flags)
{
    char path[KUBE__KEY_MAX_BYTES];
    int fd;

    kube__key_join(key, count, path);
    do
        fd = store->ops->openat2(store->ops->state, root, path, flags,
                                 KUBE__RESOLVE_BENEATH | KUBE__RESOLVE_NO_SYMLINKS);
    while (fd == -EINTR);
    return fd == -EPERM ? -ENOSYS : fd;
}

int kube__disk_open_file(kube__disk_store *store, int root, const kube_store_key *key)
{
    int fd = open_at_once(store, root, key, key->count, FILE_FLAGS);
    int parent;

    if (fd != -ENOSYS)
        return fd;
    parent = walk(store, root, key, key->count - 1, false);
    if (parent < 0)
        return parent;
    fd = kube__disk_openat(store, parent, key->segments[key->count - 1], FILE_FLAGS, 0);
    kube__disk_close(store, parent);
    return fd;
}

int kube__disk_open_parent(kube__disk_store *store, int root, const kube_store_key *key, bool make)
{
    int fd = -ENOSYS;

    if (key->count > 1)
        fd = open_at_once(store, root, key, key->count - 1, FOLDER_FLAGS);
    if (fd == -ENOSYS)
        fd = walk(store, root, key, key->count - 1, false);
    if (fd == -ENOENT && make)
        fd = walk(store, root, key, key->count - 1, true);
    return fd;
}
