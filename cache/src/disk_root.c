/* The folder itself: opened when it is first needed, and again when somebody removed it behind our back. */
#include "disk_store.h"

#include "shared/alloc.h"

#include <kube/sys/error.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { FOLDER_FLAGS = O_PATH | O_DIRECTORY | O_CLOEXEC };

static int make_one(kube__disk_store *store, const char *path)
{
    int failed = store->ops->mkdirat(store->ops->state, AT_FDCWD, path, store->dir_mode);

    return failed == -EEXIST ? 0 : failed;
}

/* `mkdir -p`: what is there already stays as it is. */
static int make_path(kube__disk_store *store, const char *path)
{
    char *prefix = kube__strdup(path);
    int failed = 0;

    if (prefix == NULL)
        return -ENOMEM;
    for (char *slash = strchr(prefix + 1, '/'); failed == 0 && slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        failed = make_one(store, prefix);
        *slash = '/';
    }
    if (failed == 0)
        failed = make_one(store, prefix);
    kube__free(prefix);
    return failed;
}

int kube__disk_open_folder(kube__disk_store *store, const char *path, bool make, struct stat *info)
{
    int fd = kube__disk_openat(store, AT_FDCWD, path, FOLDER_FLAGS, 0);
    int failed = 0;

    if (fd == -ENOENT && make) {
        failed = make_path(store, path);
        fd = failed == 0 ? kube__disk_openat(store, AT_FDCWD, path, FOLDER_FLAGS, 0) : failed;
    }
    if (fd < 0)
        return fd;
    failed = store->ops->fstat(store->ops->state, fd, info);
    if (failed != 0) {
        kube__disk_close(store, fd);
        return failed;
    }
    return fd;
}

bool kube__disk_is_trusted(const kube__disk_store *store, const struct stat *info)
{
    return info->st_uid == 0 || info->st_uid == store->ops->geteuid(store->ops->state);
}

static kube_status open_root(kube__disk_store *store, bool make, kube__disk_root **out, kube_error **err)
{
    kube__disk_root *root = NULL;
    struct stat info;
    int fd = kube__disk_open_folder(store, store->path, make, &info);
    kube_status st = KUBE_OK;

    if (fd == -ENOENT && !make)
        return KUBE_ERR_NOT_FOUND; /* nothing was stored yet; the caller says so */
    if (fd < 0)
        return kube_error_set_errno(err, KUBE_ERR_IO, -fd, "cache folder %s", store->path);
    if (!kube__disk_is_trusted(store, &info))
        st = kube_error_set(err, KUBE_ERR_IO, "cache folder %s: it belongs to user %lu: not used", store->path,
                            (unsigned long)info.st_uid);
    else if (KUBE__NEW(root) == NULL)
        st = kube_error_no_memory(err);
    if (st != KUBE_OK) {
        kube__disk_close(store, fd);
        return st;
    }
    atomic_init(&root->refs, 1);
    root->fd = fd;
    root->device = info.st_dev;
    root->inode = info.st_ino;
    *out = root;
    return KUBE_OK;
}

static void release(kube__disk_store *store, kube__disk_root *root)
{
    if (root != NULL && atomic_fetch_sub_explicit(&root->refs, 1, memory_order_acq_rel) == 1) {
        kube__disk_close(store, root->fd);
        kube__free(root);
    }
}

static kube__disk_root *current(kube__disk_store *store)
{
    kube__disk_root *root;

    pthread_mutex_lock(&store->mutex);
    root = store->root;
    if (root != NULL)
        atomic_fetch_add_explicit(&root->refs, 1, memory_order_relaxed);
    pthread_mutex_unlock(&store->mutex);
    return root;
}

static kube_status acquire(kube__disk_store *store, bool make, kube__disk_root **out, kube_error **err)
{
    kube__disk_root *root = current(store), *unwanted = NULL;
    kube_status st = KUBE_OK;

    if (root == NULL) {
        st = open_root(store, make, &root, err);
        if (st != KUBE_OK)
            return st;
        pthread_mutex_lock(&store->mutex);
        if (store->root == NULL) {
            store->root = root;
        } else { /* another thread was faster */
            unwanted = root;
            root = store->root;
        }
        atomic_fetch_add_explicit(&root->refs, 1, memory_order_relaxed);
        pthread_mutex_unlock(&store->mutex);
        release(store, unwanted);
    }
    *out = root;
    return KUBE_OK;
}

/* What is at the path now is not what was opened. Then it is forgotten, and the next one opens what is there. */
static bool forget_if_gone(kube__disk_store *store, kube__disk_root *root)
{
    struct stat info;
    int failed = store->ops->fstatat(store->ops->state, AT_FDCWD, store->path, &info, 0);
    kube__disk_root *forgotten = NULL;

    if (failed != 0 && failed != -ENOENT)
        return false;
    if (failed == 0 && info.st_dev == root->device && info.st_ino == root->inode)
        return false;
    pthread_mutex_lock(&store->mutex);
    if (store->root == root) {
        forgotten = root;
        store->root = NULL;
    }
    pthread_mutex_unlock(&store->mutex);
    release(store, forgotten);
    return true;
}

kube_status kube__disk_in_root(kube__disk_store *store, bool make, kube__disk_fn *fn, void *arg, int *result,
                               kube_error **err)
{
    bool again = true;

    for (int attempt = 0; attempt < 2 && again; attempt++) {
        kube__disk_root *root = NULL;
        kube_status st = acquire(store, make, &root, err);

        if (st == KUBE_ERR_NOT_FOUND) {
            *result = -ENOENT;
            return KUBE_OK;
        }
        if (st != KUBE_OK)
            return st;
        *result = fn(store, root->fd, arg);
        again = *result == -ENOENT && forget_if_gone(store, root);
        release(store, root);
    }
    return KUBE_OK;
}

void kube__disk_root_close(kube__disk_store *store)
{
    release(store, store->root);
    store->root = NULL;
}
