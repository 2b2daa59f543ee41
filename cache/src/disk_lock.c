/* Locks between processes: flock() on a file, which the system gives back when its holder ends; and a lease, for a
 * holder that lives and does not move. docs/formats.md tells what others may see. */
#include "disk_store.h"

#include "shared/alloc.h"
#include "shared/process.h"

#include <kube/sys/error.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

enum {
    ATTEMPTS = 4,
    LEASE_DIGITS = 19,
    LEASE_BYTES = LEASE_DIGITS + 1,
    LOCK_FLAGS = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
    HELD = EBUSY,  /* by somebody else, and his lease is not over */
    AGAIN = ESTALE /* the file is not the one at the path any more */
};

typedef struct disk_lock {
    int fd;
} disk_lock;

typedef struct locking {
    const kube_store_key *key;
    int64_t               lease_ms;
} locking;

/* Of a file somebody else has locked. One that has written none yet has only just begun. The time is looked at last: it
 * may be that of the holder before him. */
static bool lease_is_over(const kube__disk_store *store, int fd)
{
    char text[LEASE_BYTES];
    struct stat info;
    int64_t now_ms = store->clock->unix_ms(store->clock->state), lease_ms = 0;

    if (store->ops->read(store->ops->state, fd, text, sizeof text) != (ssize_t)sizeof text)
        return false;
    for (size_t i = 0; i < LEASE_DIGITS; i++) {
        if (text[i] < '0' || text[i] > '9' || lease_ms > (INT64_MAX - 9) / 10)
            return false;
        lease_ms = lease_ms * 10 + (text[i] - '0');
    }
    if (lease_ms == 0 || now_ms < 0 || store->ops->fstat(store->ops->state, fd, &info) != 0)
        return false;
    return now_ms - lease_ms >= kube__disk_mtime_ms(&info);
}

static bool is_at(const kube__disk_store *store, int dir, const char *name, const struct stat *info)
{
    struct stat now;

    return store->ops->fstatat(store->ops->state, dir, name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
           now.st_ino == info->st_ino && now.st_dev == info->st_dev;
}

/* The next one gets a file of his own: the old holder's lock is on one that has no name any more. */
static int take_away(const kube__disk_store *store, int dir, const char *name, int fd, const struct stat *info)
{
    int failed;

    if (!lease_is_over(store, fd))
        return -HELD;
    if (!is_at(store, dir, name, info))
        return -AGAIN;
    failed = store->ops->unlinkat(store->ops->state, dir, name);
    return failed == 0 || failed == -ENOENT ? -AGAIN : failed;
}

/* The lease begins. Only after that is looked whether the file is still the one at the path: somebody who saw the old
 * lease may have taken it away meanwhile. */
static int begin_lease(kube__disk_store *store, int dir, const char *name, int fd, const struct stat *info,
                       int64_t lease_ms)
{
    const kube__file_ops *ops = store->ops;
    char text[LEASE_BYTES + 1];
    struct timespec times[2];
    int failed;

    snprintf(text, sizeof text, "%0*" PRId64 "\n", LEASE_DIGITS, lease_ms);
    failed = kube__disk_write_all(store, fd, text, LEASE_BYTES);
    kube__disk_stamp(store, kube__disk_now_ms(store), info, times);
    if (failed == 0)
        failed = ops->futimens(ops->state, fd, times);
    if (failed == 0 && !is_at(store, dir, name, info))
        failed = -AGAIN;
    return failed;
}

static int lock_file(kube__disk_store *store, int dir, const char *name, int fd, int64_t lease_ms)
{
    const kube__file_ops *ops = store->ops;
    struct stat info;
    int failed = ops->fstat(ops->state, fd, &info);

    if (failed == 0 && !S_ISREG(info.st_mode))
        failed = -ENXIO;
    if (failed != 0)
        return failed;
    failed = ops->flock(ops->state, fd, LOCK_EX | LOCK_NB);
    if (failed == -EWOULDBLOCK)
        return take_away(store, dir, name, fd, &info);
    return failed == 0 ? begin_lease(store, dir, name, fd, &info, lease_ms) : failed;
}

/* The locked descriptor. */
static int lock_in_root(kube__disk_store *store, int root, void *arg)
{
    const locking *l = arg;
    const char *name = l->key->segments[l->key->count - 1];
    int dir = kube__disk_open_parent(store, root, l->key, true);
    int failed = -AGAIN, fd = -1;

    if (dir < 0)
        return dir;
    for (int i = 0; i < ATTEMPTS && failed == -AGAIN; i++) {
        fd = kube__disk_openat(store, dir, name, LOCK_FLAGS, store->file_mode);
        failed = fd < 0 ? fd : lock_file(store, dir, name, fd, l->lease_ms);
        if (fd >= 0 && failed != 0)
            kube__disk_close(store, fd);
    }
    kube__disk_close(store, dir);
    return failed == 0 ? fd : failed;
}

kube_status kube__disk_try_lock(void *state, kube_io *io, const kube_store_key *key, int64_t lease_ms,
                                const kube_call *call, kube_store_lock_done *done, void *user, kube_store_lock **out,
                                kube_error **err)
{
    kube__disk_store *store = state;
    locking l = { key, lease_ms };
    disk_lock *lock = NULL;
    int fd = -1;
    kube_status st = kube__disk_check_key(store, key, err);

    (void)io, (void)call, (void)done, (void)user;
    if (st == KUBE_OK && KUBE__NEW(lock) == NULL)
        st = kube_error_no_memory(err);
    if (st == KUBE_OK)
        st = kube__disk_in_root(store, true, lock_in_root, &l, &fd, err);
    if (st == KUBE_OK && (fd == -HELD || fd == -AGAIN))
        st = kube__disk_refuse(store, "locking", key, KUBE_ERR_CONFLICT, "somebody holds it", err);
    else if (st == KUBE_OK && fd < 0)
        st = kube__disk_fail(store, "locking", key, fd, err);
    if (st != KUBE_OK) {
        kube__free(lock);
        return st;
    }
    lock->fd = fd;
    *out = (kube_store_lock *)(void *)lock;
    return KUBE_OK;
}

/* Children of a fork share the lock with their parent: it is given back expressly, because a child's copy of the
 * descriptor would keep it; and a child only closes that copy. The file stays: who removed it might remove the next
 * holder's. */
void kube__disk_unlock(void *state, kube_store_lock *given)
{
    kube__disk_store *store = state;
    disk_lock *lock = (disk_lock *)(void *)given;

    if (store->process == kube__process())
        store->ops->flock(store->ops->state, lock->fd, LOCK_UN);
    kube__disk_close(store, lock->fd);
    kube__free(lock);
}
