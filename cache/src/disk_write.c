/* Putting an entry: a file is written to its end beside its place, then renamed. Whatever fails, the file is removed
 * and the old entry is still there. */
#include "disk_store.h"
#include "frame.h"

#include <kube/sys/error.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PLACE_ATTEMPTS = 3 };

typedef struct putting {
    const kube_store_key   *key;
    const kube_store_value *value;
    struct stat             info; /* of the file that was written */
    bool                    no_temp_folder; /* why it failed */
} putting;

int kube__disk_write_all(const kube__disk_store *store, int fd, const void *bytes, size_t len)
{
    const char *p = bytes;

    while (len != 0) {
        ssize_t n = store->ops->write(store->ops->state, fd, p, len);

        if (n == -EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? (int)n : -EIO;
        p += n;
        len -= (size_t)n;
    }
    return 0;
}

static int write_entry(const kube__disk_store *store, int fd, const kube_store_value *value)
{
    unsigned char head[KUBE__FRAME_HEADER_BYTES + KUBE_STORE_VALIDATOR_MAX_BYTES];
    size_t len = 0;
    int failed;

    if (store->framed) {
        kube__frame_encode(value->validator, value->bytes, head);
        if (value->validator.len != 0)
            memcpy(head + KUBE__FRAME_HEADER_BYTES, value->validator.data, value->validator.len);
        len = KUBE__FRAME_HEADER_BYTES + value->validator.len;
    }
    failed = kube__disk_write_all(store, fd, head, len);
    return failed == 0 ? kube__disk_write_all(store, fd, value->bytes.data, value->bytes.len) : failed;
}

/* All of it: bytes, mode, time. A disk may say only at the close that it is full. */
static int fill(kube__disk_store *store, int fd, putting *p)
{
    const kube__file_ops *ops = store->ops;
    int64_t since_ms = p->value->stored_at_unix_ms;
    struct timespec times[2];
    int failed = write_entry(store, fd, p->value);
    int closed;

    kube__disk_stamp(store, since_ms != 0 ? since_ms : kube__disk_now_ms(store), NULL, times);
    if (failed == 0)
        failed = ops->fchmod(ops->state, fd, store->file_mode);
    if (failed == 0)
        failed = ops->futimens(ops->state, fd, times);
    if (failed == 0)
        failed = ops->fstat(ops->state, fd, &p->info);
    closed = kube__disk_close(store, fd);
    return failed == 0 ? closed : failed;
}

static int write_temp(kube__disk_store *store, int dir, putting *p, char name[KUBE__TEMP_NAME_BYTES])
{
    int fd = kube__disk_temp_new(store, dir, name);
    int failed = fd;

    if (fd >= 0) {
        failed = fill(store, fd, p);
        if (failed != 0)
            store->ops->unlinkat(store->ops->state, dir, name);
    }
    return failed;
}

/* The folder for temporary files is on another file system: the file is written once more, beside its place. */
static int write_in_place(kube__disk_store *store, int parent, putting *p)
{
    const kube__file_ops *ops = store->ops;
    char name[KUBE__TEMP_NAME_BYTES];
    int failed = write_temp(store, parent, p, name);

    if (failed == 0) {
        failed = ops->renameat(ops->state, parent, name, parent, p->key->segments[p->key->count - 1]);
        if (failed != 0)
            ops->unlinkat(ops->state, parent, name);
    }
    return failed;
}

/* Being renamed changes a file's metadata. When somebody else's file is there by now, ours keeps what was known of it:
 * that it was replaced shows at the next look. */
static void look_again(const kube__disk_store *store, int parent, putting *p)
{
    const char *leaf = p->key->segments[p->key->count - 1];
    struct stat now;

    if (store->ops->fstatat(store->ops->state, parent, leaf, &now, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    if (now.st_ino == p->info.st_ino && now.st_dev == p->info.st_dev && now.st_size == p->info.st_size &&
        now.st_mtim.tv_sec == p->info.st_mtim.tv_sec && now.st_mtim.tv_nsec == p->info.st_mtim.tv_nsec)
        p->info = now;
}

/* Somebody may remove the folder between its making and the rename: a few attempts. */
static int place(kube__disk_store *store, int root, int temp_dir, const char *name, putting *p, bool *moved)
{
    const kube__file_ops *ops = store->ops;
    int failed = -ENOENT;

    for (int i = 0; i < PLACE_ATTEMPTS && failed == -ENOENT; i++) {
        int parent = kube__disk_open_parent(store, root, p->key, true);

        if (parent < 0)
            return parent;
        failed = ops->renameat(ops->state, temp_dir, name, parent, p->key->segments[p->key->count - 1]);
        *moved = failed == 0;
        if (failed == -EXDEV)
            failed = write_in_place(store, parent, p);
        if (failed == 0)
            look_again(store, parent, p);
        kube__disk_close(store, parent);
    }
    return failed;
}

static int put_in_root(kube__disk_store *store, int root, void *arg)
{
    putting *p = arg;
    char name[KUBE__TEMP_NAME_BYTES];
    int dir = kube__disk_open_temp_folder(store, root);
    bool moved = false;
    int failed;

    p->no_temp_folder = dir < 0;
    if (dir < 0)
        return dir;
    kube__disk_sweep_once(store, dir);
    failed = write_temp(store, dir, p, name);
    if (failed == 0) {
        failed = place(store, root, dir, name, p, &moved);
        if (!moved)
            store->ops->unlinkat(store->ops->state, dir, name);
    }
    kube__disk_close(store, dir);
    return failed;
}

static kube_status check(const kube__disk_store *store, const kube_store_key *key, const kube_store_value *value,
                         kube_error **err)
{
    char why[96];

    if (value->bytes.len > store->max_entry_bytes) {
        snprintf(why, sizeof why, "%zu bytes are more than the %" PRIu64 " this store takes", value->bytes.len,
                 store->max_entry_bytes);
        return kube__disk_refuse(store, "writing", key, KUBE_ERR_LIMIT, why, err);
    }
    if (!store->framed && value->validator.len != 0)
        return kube__disk_refuse(store, "writing", key, KUBE_ERR_UNSUPPORTED, "a plain file keeps no validator", err);
    return kube__disk_check_key(store, key, err);
}

kube_status kube__disk_put(void *state, kube_io *io, const kube_store_key *key, const kube_store_value *value,
                           const kube_call *call, kube_store_put_done *done, void *user, kube_store_info *out,
                           kube_error **err)
{
    kube__disk_store *store = state;
    putting p = { .key = key, .value = value };
    int failed = 0;
    kube_status st = check(store, key, value, err);

    (void)io, (void)call, (void)done, (void)user;
    if (st == KUBE_OK)
        st = kube__disk_in_root(store, true, put_in_root, &p, &failed, err);
    if (st == KUBE_OK && failed != 0) {
        st = kube__disk_fail(store, "writing", key, failed, err);
        if (p.no_temp_folder)
            (void)kube_error_wrap(err, st, "the folder for temporary files%s%s", store->temp_path != NULL ? " " : "",
                                  store->temp_path != NULL ? store->temp_path : "");
    }
    if (st == KUBE_OK)
        kube__disk_info(&p.info, out);
    return st;
}
