/* The disk store's parts. Functions that return an int give 0 or a descriptor, or a negative errno value; those that
 * return a status explain a failure themselves. */
#ifndef KUBE_CACHE_DISK_STORE_PRIVATE_H
#define KUBE_CACHE_DISK_STORE_PRIVATE_H

#include "file_ops.h"
#include "key.h"

#include <kube/cache/disk_store.h>
#include <kube/sys/store.h>

#include <pthread.h>
#include <stdatomic.h>

/* The folder, opened. Counted, because it may be found to be another one while somebody works in it. */
typedef struct kube__disk_root {
    atomic_uint refs;
    int         fd;
    dev_t       device;
    ino_t       inode;
} kube__disk_root;

typedef struct kube__disk_store {
    const kube__file_ops *ops;
    const kube_clock     *clock;
    char                 *path;
    char                 *temp_path; /* NULL: a folder in `path` */
    uint64_t              max_entry_bytes;
    mode_t                dir_mode, file_mode;
    bool                  framed;
    uint32_t                 process;
    pthread_mutex_t       mutex; /* guards the pointer `root` */
    kube__disk_root      *root;  /* NULL: not opened yet, or gone */
    atomic_bool           swept;
    atomic_uint_fast64_t  serial; /* tells files and times apart that are made at the same moment */
} kube__disk_store;

/* As kube_disk_store_new(), on another file system; the table outlives the store. */
kube_status kube__disk_store_new_with(const kube__file_ops *ops, const kube_disk_store_options *opts, kube_store **out,
                                      kube_error **err);

/* disk_failure.c: "<doing> <path>/<key>: <why>". */
kube_status kube__disk_fail(const kube__disk_store *store, const char *doing, const kube_store_key *key, int failed,
                            kube_error **err);
kube_status kube__disk_refuse(const kube__disk_store *store, const char *doing, const kube_store_key *key,
                              kube_status status, const char *why, kube_error **err);

/* disk_root.c: does something in the folder. When that ends with -ENOENT and the folder turns out to have been removed
 * or replaced, it is done once more in the one that is there now. With `make` a missing folder is made, else `*result`
 * is -ENOENT. A status other than KUBE_OK: the folder cannot be used; `fn` was not called, or not with success. */
typedef int kube__disk_fn(kube__disk_store *store, int root, void *arg);
kube_status kube__disk_in_root(kube__disk_store *store, bool make, kube__disk_fn *fn, void *arg, int *result,
                               kube_error **err);
void kube__disk_root_close(kube__disk_store *store);
/* Opens a folder outside of the root, made when missing if so wanted. Only its owner and root may have made it. */
int kube__disk_open_folder(kube__disk_store *store, const char *path, bool make, struct stat *info);
/* True when the folder belongs to this process's user or to root. */
bool kube__disk_is_trusted(const kube__disk_store *store, const struct stat *info);

/* disk_dirs.c: what is below the root is opened without following a link in any part of the path. */
int kube__disk_open_file(kube__disk_store *store, int root, const kube_store_key *key);
/* The folder that an entry's file is in, as a descriptor for *at calls; missing ones are made if so wanted. */
int kube__disk_open_parent(kube__disk_store *store, int root, const kube_store_key *key, bool make);
int kube__disk_openat(const kube__disk_store *store, int dir, const char *path, int flags, mode_t mode);
int kube__disk_close(const kube__disk_store *store, int fd);
int kube__disk_write_all(const kube__disk_store *store, int fd, const void *bytes, size_t len);

/* disk_temp.c: files before they take their place. */
enum { KUBE__TEMP_NAME_BYTES = 48 };
int kube__disk_open_temp_folder(kube__disk_store *store, int root);
int kube__disk_temp_new(kube__disk_store *store, int dir, char name[KUBE__TEMP_NAME_BYTES]);
/* Removes what killed writers left there, the first time it is called. */
void kube__disk_sweep_once(kube__disk_store *store, int dir);

/* What a file's metadata say of the entry in it. */
void kube__disk_info(const struct stat *info, kube_store_info *out);
/* Milliseconds since 1970; far-off dates are cut to what fits. */
int64_t kube__disk_mtime_ms(const struct stat *info);
/* When the system last saw it changed: unlike the other one this is never given, and never the store's clock's. */
int64_t kube__disk_ctime_ms(const struct stat *info);
int64_t kube__disk_now_ms(const kube__disk_store *store);
/* That time for a file, never exactly the one it has (`old`, may be NULL): each change shows. */
void kube__disk_stamp(kube__disk_store *store, int64_t unix_ms, const struct stat *old, struct timespec times[2]);

/* The ops; see kube_store_ops. */
kube_status kube__disk_get(void *state, kube_io *io, const kube_store_key *key, const kube_call *call,
                           kube_store_get_done *done, void *user, kube_store_entry *out, kube_error **err);
kube_status kube__disk_put(void *state, kube_io *io, const kube_store_key *key, const kube_store_value *value,
                           const kube_call *call, kube_store_put_done *done, void *user, kube_store_info *out,
                           kube_error **err);
kube_status kube__disk_try_lock(void *state, kube_io *io, const kube_store_key *key, int64_t lease_ms,
                                const kube_call *call, kube_store_lock_done *done, void *user, kube_store_lock **out,
                                kube_error **err);
void kube__disk_unlock(void *state, kube_store_lock *given);
/* INVALID_ARG for a key that is the folder for temporary files. */
kube_status kube__disk_check_key(const kube__disk_store *store, const kube_store_key *key, kube_error **err);

#endif
