/* Reading an entry: nothing but a regular file, whole, and in the framed form only what was put. */
#include "disk_read.h"

#include "frame.h"

#include <kube/sys/error.h>

#include <errno.h>

typedef struct read_file {
    const kube__disk_store *store;
    const kube_store_key   *key;
    int                     fd;
    uint64_t                bytes; /* of the file */
} read_file;

static int open_in_root(kube__disk_store *store, int root, void *arg)
{
    return kube__disk_open_file(store, root, arg);
}

kube_status kube__disk_open_entry(kube__disk_store *store, const char *doing, const kube_store_key *key, int *fd,
                                  struct stat *info, kube_error **err)
{
    kube_store_key copy = *key;
    int opened = 0, failed;
    kube_status st = kube__disk_check_key(store, key, err);

    if (st == KUBE_OK)
        st = kube__disk_in_root(store, false, open_in_root, &copy, &opened, err);
    if (st != KUBE_OK)
        return st;
    if (opened == -ENOENT)
        return kube__disk_refuse(store, doing, key, KUBE_ERR_NOT_FOUND, "there is no such entry", err);
    if (opened < 0)
        return kube__disk_fail(store, doing, key, opened, err);
    failed = store->ops->fstat(store->ops->state, opened, info);
    if (failed != 0)
        st = kube__disk_fail(store, doing, key, failed, err);
    else if (!S_ISREG(info->st_mode))
        st = kube__disk_refuse(store, doing, key, KUBE_ERR_IO, "not a regular file", err);
    else if (!kube__disk_is_trusted(store, info))
        st = kube__disk_refuse(store, doing, key, KUBE_ERR_IO, "it belongs to another user: not used", err);
    if (st != KUBE_OK) {
        kube__disk_close(store, opened);
        return st;
    }
    *fd = opened;
    return KUBE_OK;
}

static kube_status refuse(const read_file *f, kube_status status, const char *why, kube_error **err)
{
    return kube__disk_refuse(f->store, "reading", f->key, status, why, err);
}

/* How many bytes were there, at most `len`; or a negative errno value. */
static ssize_t read_up_to(const read_file *f, void *bytes, size_t len)
{
    char *p = bytes;
    size_t at = 0;

    while (at < len) {
        ssize_t n = f->store->ops->read(f->store->ops->state, f->fd, p + at, len - at);

        if (n == -EINTR)
            continue;
        if (n < 0)
            return n;
        if (n == 0)
            break;
        at += (size_t)n;
    }
    return (ssize_t)at;
}

static kube_status read_exactly(const read_file *f, void *bytes, size_t len, kube_error **err)
{
    ssize_t n = read_up_to(f, bytes, len);

    if (n < 0)
        return kube__disk_fail(f->store, "reading", f->key, (int)n, err);
    if ((size_t)n != len)
        return refuse(f, KUBE_ERR_IO, "it changed while it was read", err);
    return KUBE_OK;
}

static kube_status read_blob(const read_file *f, uint64_t len, kube_blob **out, kube_error **err)
{
    kube_blob *blob = NULL;
    char *bytes = NULL;
    kube_status st;

    if (len > f->store->max_entry_bytes || len > SIZE_MAX / 2)
        return refuse(f, KUBE_ERR_LIMIT, "it is larger than this store accepts", err);
    st = kube_blob_alloc((size_t)len, &bytes, &blob, err);
    if (st == KUBE_OK)
        st = read_exactly(f, bytes, (size_t)len, err);
    if (st != KUBE_OK) {
        kube_blob_unref(blob);
        return st;
    }
    *out = blob;
    return KUBE_OK;
}

/* Another program may not have renamed it into its place: what grows while it is read is not all of it. */
static kube_status read_plain(const read_file *f, kube_store_entry *entry, kube_error **err)
{
    char more;
    ssize_t n;
    kube_status st = read_blob(f, f->bytes, &entry->bytes, err);

    if (st != KUBE_OK)
        return st;
    n = read_up_to(f, &more, 1);
    if (n < 0)
        return kube__disk_fail(f->store, "reading", f->key, (int)n, err);
    return n == 0 ? KUBE_OK : refuse(f, KUBE_ERR_IO, "it changed while it was read", err);
}

static kube_status read_validator(const read_file *f, size_t len, kube_blob **out, kube_error **err)
{
    char bytes[KUBE_STORE_VALIDATOR_MAX_BYTES];
    kube_status st;

    if (len == 0)
        return KUBE_OK;
    st = read_exactly(f, bytes, len, err);
    return st == KUBE_OK ? kube_blob_new(kube_str_n(bytes, len), out, err) : st;
}

static kube_status read_framed(const read_file *f, kube_store_entry *entry, kube_error **err)
{
    unsigned char header[KUBE__FRAME_HEADER_BYTES];
    kube__frame frame = { 0, 0, 0 };
    const char *fault = NULL;
    kube_status st;

    if (f->bytes < sizeof header)
        return refuse(f, KUBE_ERR_PARSE, f->bytes == 0 ? "it is empty" : "it is cut short", err);
    st = read_exactly(f, header, sizeof header, err);
    if (st != KUBE_OK)
        return st;
    fault = kube__frame_decode(header, f->bytes, &frame);
    if (fault != NULL)
        return refuse(f, KUBE_ERR_PARSE, fault, err);
    st = read_validator(f, frame.validator_bytes, &entry->validator, err);
    if (st == KUBE_OK)
        st = read_blob(f, frame.payload_bytes, &entry->bytes, err);
    if (st == KUBE_OK)
        fault = kube__frame_verify(&frame, kube_blob_str(entry->validator), kube_blob_str(entry->bytes));
    return fault != NULL ? refuse(f, KUBE_ERR_PARSE, fault, err) : st;
}

kube_status kube__disk_get(void *state, kube_io *io, const kube_store_key *key, const kube_call *call,
                           kube_store_get_done *done, void *user, kube_store_entry *out, kube_error **err)
{
    kube__disk_store *store = state;
    kube_store_entry entry = { NULL, NULL, { 0, 0, 0 } };
    read_file f = { store, key, -1, 0 };
    struct stat info = { 0 };
    kube_status st = kube__disk_open_entry(store, "reading", key, &f.fd, &info, err);

    (void)io, (void)call, (void)done, (void)user;
    if (st != KUBE_OK)
        return st;
    f.bytes = (uint64_t)info.st_size;
    st = store->framed ? read_framed(&f, &entry, err) : read_plain(&f, &entry, err);
    kube__disk_close(store, f.fd);
    if (st != KUBE_OK) {
        kube_store_entry_clear(&entry);
        return st;
    }
    kube__disk_info(&info, &entry.info);
    *out = entry;
    return KUBE_OK;
}
