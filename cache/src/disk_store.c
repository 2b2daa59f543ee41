/* The object, and the operations that need no reading and writing. */
#include "disk_store.h"

#include "disk_read.h"
#include "hash64.h"
#include "shared/alloc.h"
#include "shared/options.h"
#include "shared/process.h"

#include <kube/sys/error.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { DEFAULT_DIR_MODE = 0700, DEFAULT_FILE_MODE = 0600, ALL_MODES = 07777 };

static const uint64_t default_max_entry_bytes = UINT64_C(64) << 20;

static int64_t unix_ms(struct timespec time)
{
    int64_t s = time.tv_sec;

    if (s > INT64_MAX / 1000 - 1)
        return INT64_MAX;
    if (s < INT64_MIN / 1000 + 1)
        return INT64_MIN;
    return s * 1000 + time.tv_nsec / 1000000;
}

int64_t kube__disk_mtime_ms(const struct stat *info)
{
    return unix_ms(info->st_mtim);
}

int64_t kube__disk_ctime_ms(const struct stat *info)
{
    return unix_ms(info->st_ctim);
}

void kube__disk_info(const struct stat *info, kube_store_info *out)
{
    uint64_t h = kube__hash64_word(KUBE__HASH64_START, (uint64_t)info->st_ino);

    h = kube__hash64_word(h, (uint64_t)info->st_mtim.tv_sec);
    h = kube__hash64_word(h, (uint64_t)info->st_mtim.tv_nsec);
    h = kube__hash64_word(h, (uint64_t)info->st_ctim.tv_sec);
    h = kube__hash64_word(h, (uint64_t)info->st_ctim.tv_nsec);
    h = kube__hash64_end(kube__hash64_word(h, (uint64_t)info->st_size));
    out->generation = h != 0 ? h : 1;
    out->stored_at_unix_ms = kube__disk_mtime_ms(info);
    out->bytes = (uint64_t)info->st_size;
}

int64_t kube__disk_now_ms(const kube__disk_store *store)
{
    return store->clock->unix_ms(store->clock->state);
}

/* Below the millisecond it is only there to differ: two writes within one tick of the file system's own clock would
 * look the same. */
void kube__disk_stamp(kube__disk_store *store, int64_t ms, const struct stat *old, struct timespec times[2])
{
    const int64_t ms_ns = 1000000;
    int64_t ns = (store->clock->monotonic_ns(store->clock->state) + (int64_t)atomic_fetch_add(&store->serial, 1)) %
                 ms_ns;
    int64_t s = ms / 1000 - (ms % 1000 < 0);
    int64_t rest = (ms - s * 1000) * ms_ns;

    if (old != NULL && old->st_mtim.tv_sec == s && old->st_mtim.tv_nsec == rest + ns)
        ns = (ns + 1) % ms_ns;
    times[0] = (struct timespec){ 0, UTIME_OMIT };
    times[1] = (struct timespec){ s, (long)(rest + ns) };
}

typedef struct peeking {
    char        path[KUBE__KEY_MAX_BYTES];
    struct stat info;
} peeking;

static int look(kube__disk_store *store, int root, void *arg)
{
    peeking *p = arg;

    return store->ops->fstatat(store->ops->state, root, p->path, &p->info, AT_SYMLINK_NOFOLLOW);
}

/* One system call for the whole path: a link in the middle of it is followed, unlike when reading. What is told of an
 * entry is told by its file's metadata, so that is all somebody could forge. */
static kube_status peek(void *state, const kube_store_key *key, kube_store_info *out)
{
    kube__disk_store *store = state;
    peeking p;
    int failed = 0;
    kube_status st = kube__disk_check_key(store, key, NULL);

    kube__key_join(key, key->count, p.path);
    if (st == KUBE_OK)
        st = kube__disk_in_root(store, false, look, &p, &failed, NULL);
    if (st == KUBE_ERR_OUT_OF_MEMORY)
        st = KUBE_ERR_IO;
    if (st != KUBE_OK)
        return st;
    if (failed == -ENOENT)
        return KUBE_ERR_NOT_FOUND;
    if (failed != 0 || !S_ISREG(p.info.st_mode))
        return KUBE_ERR_IO;
    kube__disk_info(&p.info, out);
    return KUBE_OK;
}

static int touch_file(kube__disk_store *store, int fd, struct stat *info)
{
    const kube__file_ops *ops = store->ops;
    struct timespec times[2];
    int failed;

    kube__disk_stamp(store, kube__disk_now_ms(store), info, times);
    failed = ops->futimens(ops->state, fd, times);
    return failed == 0 ? ops->fstat(ops->state, fd, info) : failed;
}

/* By descriptor: whoever renames another file there meanwhile is not harmed. */
static kube_status touch(void *state, kube_io *io, const kube_store_key *key, uint64_t generation,
                         const kube_call *call, kube_store_put_done *done, void *user, kube_store_info *out,
                         kube_error **err)
{
    kube__disk_store *store = state;
    kube_store_info now;
    struct stat info = { 0 };
    int fd = -1, failed;
    kube_status st = kube__disk_open_entry(store, "touching", key, &fd, &info, err);

    (void)io, (void)call, (void)done, (void)user;
    if (st != KUBE_OK)
        return st;
    kube__disk_info(&info, &now);
    if (now.generation != generation) {
        st = kube__disk_refuse(store, "touching", key, KUBE_ERR_CONFLICT, "somebody replaced it", err);
    } else {
        failed = touch_file(store, fd, &info);
        if (failed != 0)
            st = kube__disk_fail(store, "touching", key, failed, err);
    }
    kube__disk_close(store, fd);
    if (st == KUBE_OK)
        kube__disk_info(&info, out);
    return st;
}

static int unlink_in_root(kube__disk_store *store, int root, void *arg)
{
    const kube_store_key *key = arg;
    int parent = kube__disk_open_parent(store, root, key, false);
    int failed;

    if (parent < 0)
        return parent;
    failed = store->ops->unlinkat(store->ops->state, parent, key->segments[key->count - 1]);
    kube__disk_close(store, parent);
    return failed;
}

static kube_status drop(void *state, kube_io *io, const kube_store_key *key, const kube_call *call,
                        kube_store_put_done *done, void *user, kube_error **err)
{
    kube__disk_store *store = state;
    kube_store_key copy = *key;
    int failed = 0;
    kube_status st = kube__disk_check_key(store, key, err);

    (void)io, (void)call, (void)done, (void)user;
    if (st == KUBE_OK)
        st = kube__disk_in_root(store, false, unlink_in_root, &copy, &failed, err);
    if (st == KUBE_OK && failed != 0 && failed != -ENOENT)
        st = kube__disk_fail(store, "removing", key, failed, err);
    return st;
}

static void destroy(void *state)
{
    kube__disk_store *store = state;

    if (store->process != kube__process())
        return; /* another thread may have been opening the folder when this process was forked */
    kube__disk_root_close(store);
    pthread_mutex_destroy(&store->mutex);
    kube__free(store->path);
    kube__free(store->temp_path);
    kube__free(store);
}

static kube_status check(const kube_disk_store_options *opts, kube_error **err)
{
    if (opts->path == NULL || opts->path[0] == '\0')
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "a disk store needs a path");
    if (opts->dir_mode > ALL_MODES || opts->file_mode > ALL_MODES)
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "cache folder %s: a mode has more bits than modes have",
                              opts->path);
    if (opts->form != KUBE_DISK_STORE_FORM_FRAMED && opts->form != KUBE_DISK_STORE_FORM_PLAIN)
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "cache folder %s: there is no such form", opts->path);
    return KUBE_OK;
}

/* Without the slashes at its end, which would only show in messages. */
static char *copy_path(const char *path)
{
    kube_str text = kube_str_c(path);

    while (text.len > 1 && text.data[text.len - 1] == '/')
        text.len--;
    return kube__strndup(text);
}

static kube_status make(const kube__file_ops *ops, const kube_disk_store_options *opts, kube__disk_store **out,
                        kube_error **err)
{
    kube__disk_store *store = NULL;

    if (KUBE__NEW(store) == NULL)
        return kube_error_no_memory(err);
    pthread_mutex_init(&store->mutex, NULL);
    store->process = kube__process();
    store->path = copy_path(opts->path);
    store->temp_path = opts->temp_path != NULL ? copy_path(opts->temp_path) : NULL;
    if (store->path == NULL || (opts->temp_path != NULL && store->temp_path == NULL)) {
        destroy(store);
        return kube_error_no_memory(err);
    }
    store->ops = ops;
    store->clock = opts->clock != NULL ? opts->clock : kube_clock_system();
    store->max_entry_bytes = opts->max_entry_bytes != 0 ? opts->max_entry_bytes : default_max_entry_bytes;
    store->dir_mode = opts->dir_mode != 0 ? (mode_t)opts->dir_mode : DEFAULT_DIR_MODE;
    store->file_mode = opts->file_mode != 0 ? (mode_t)opts->file_mode : DEFAULT_FILE_MODE;
    store->framed = opts->form == KUBE_DISK_STORE_FORM_FRAMED;
    *out = store;
    return KUBE_OK;
}

kube_status kube__disk_store_new_with(const kube__file_ops *ops, const kube_disk_store_options *opts, kube_store **out,
                                      kube_error **err)
{
    static const kube_store_ops store_ops = {
        .struct_size = sizeof store_ops,
        .destroy = destroy,
        .get = kube__disk_get,
        .put = kube__disk_put,
        .touch = touch,
        .remove = drop,
        .peek = peek,
        .try_lock = kube__disk_try_lock,
        .unlock = kube__disk_unlock,
        .is_local = true,
    };
    kube_disk_store_options known;
    kube__disk_store *store = NULL;
    kube_status st = kube__options_import(&known, sizeof known, opts, sizeof known, "kube_disk_store_options", err);

    if (st == KUBE_OK)
        st = check(&known, err);
    if (st == KUBE_OK)
        st = make(ops, &known, &store, err);
    return st == KUBE_OK ? kube_store_new(&store_ops, store, known.clock, out, err) : st;
}

kube_status kube_disk_store_new(const kube_disk_store_options *opts, kube_store **out, kube_error **err)
{
    return kube__disk_store_new_with(kube__file_ops_system(), opts, out, err);
}
