/* Files before they take their place. Their names say whose they are: "<pid>.<twenty digits>". */
#include "disk_store.h"

#include "hash64.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NAME_ATTEMPTS = 8, RANDOM_DIGITS = 20, PID_DIGITS = 10, OLD_AFTER_MS = 60 * 1000 };

static const char own_folder[] = ".tmp";

kube_status kube__disk_check_key(const kube__disk_store *store, const kube_store_key *key, kube_error **err)
{
    if (store->temp_path == NULL && strcmp(key->segments[0], own_folder) == 0)
        return kube__disk_refuse(store, "using", key, KUBE_ERR_INVALID_ARG, "that is the folder for temporary files",
                                 err);
    return KUBE_OK;
}

static int open_own_folder(kube__disk_store *store, int root)
{
    const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = kube__disk_openat(store, root, own_folder, flags, 0);
    int failed;

    if (fd != -ENOENT)
        return fd;
    failed = store->ops->mkdirat(store->ops->state, root, own_folder, store->dir_mode);
    if (failed != 0 && failed != -EEXIST)
        return failed;
    return kube__disk_openat(store, root, own_folder, flags, 0);
}

int kube__disk_open_temp_folder(kube__disk_store *store, int root)
{
    struct stat info;
    int fd;

    if (store->temp_path == NULL)
        return open_own_folder(store, root);
    fd = kube__disk_open_folder(store, store->temp_path, true, &info);
    if (fd >= 0 && !kube__disk_is_trusted(store, &info)) {
        kube__disk_close(store, fd);
        fd = -EACCES;
    }
    return fd;
}

/* Not secret: O_EXCL is what protects. Only different from what other processes and threads choose. */
static uint64_t next_number(kube__disk_store *store)
{
    uint64_t h = kube__hash64_word(KUBE__HASH64_START, (uint64_t)store->clock->monotonic_ns(store->clock->state));

    h = kube__hash64_word(h, (uint64_t)(uintptr_t)store);
    h = kube__hash64_word(h, (uint64_t)getpid());
    return kube__hash64_end(kube__hash64_word(h, atomic_fetch_add(&store->serial, 1)));
}

int kube__disk_temp_new(kube__disk_store *store, int dir, char name[KUBE__TEMP_NAME_BYTES])
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int fd = -EEXIST;

    for (int i = 0; i < NAME_ATTEMPTS && fd == -EEXIST; i++) {
        snprintf(name, KUBE__TEMP_NAME_BYTES, "%ld.%020" PRIu64, (long)getpid(), next_number(store));
        fd = kube__disk_openat(store, dir, name, flags, 0600);
    }
    return fd;
}

static size_t digits(const char *text)
{
    return strspn(text, "0123456789");
}

static bool has_our_form(const char *name)
{
    size_t pid = digits(name);

    if (pid == 0 || pid > PID_DIGITS || name[pid] != '.')
        return false;
    return digits(name + pid + 1) == RANDOM_DIGITS && name[pid + 1 + RANDOM_DIGITS] == '\0';
}

typedef struct sweeping {
    kube__disk_store *store;
    int               dir;
    int64_t           now_ms;
} sweeping;

/* A file that is being put has its document's date, which may be long ago. Nobody can date back when it was changed. */
static void sweep_one(void *user, const char *name)
{
    sweeping *s = user;
    const kube__file_ops *ops = s->store->ops;
    struct stat info;

    if (!has_our_form(name) || ops->fstatat(ops->state, s->dir, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    if (S_ISREG(info.st_mode) && kube__disk_ctime_ms(&info) < s->now_ms - OLD_AFTER_MS)
        ops->unlinkat(ops->state, s->dir, name);
}

/* A leftover that cannot be removed harms nobody: the next store tries again. */
void kube__disk_sweep_once(kube__disk_store *store, int dir)
{
    sweeping s = { store, dir, store->clock->unix_ms(store->clock->state) };
    int fd;

    if (atomic_exchange(&store->swept, true))
        return;
    fd = kube__disk_openat(store, dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd >= 0)
        (void)store->ops->list(store->ops->state, fd, sweep_one, &s);
}
