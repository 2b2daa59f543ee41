#include "host.h"

#include "shared/alloc.h"

#include <errno.h>
#include <kube/sys/error.h>

enum { READ_CHUNK = 4096 };

static kube_status fail(int errnum, const char *path, kube_error **err)
{
    switch (errnum) {
    case ENOENT:
    case ENOTDIR: /* a part of the path is a file: there can be nothing below it */
        return kube_error_set(err, KUBE_ERR_NOT_FOUND, "reading %s: there is no such file", path);
    case EISDIR:
        return kube_error_set(err, KUBE_ERR_IO, "reading %s: it is a directory", path);
    case ENOTSUP:
        return kube_error_set(err, KUBE_ERR_IO, "reading %s: it is not a regular file", path);
    case EFBIG:
        return kube_error_set(err, KUBE_ERR_LIMIT, "reading %s: the file is too large", path);
    default:
        return kube_error_set_errno(err, KUBE_ERR_IO, errnum, "reading %s", path);
    }
}

/* Until the end of the file, whatever its size was at the start. 0 or an errno value. */
static int read_all(const kube__host *host, int fd, kube_buf *out)
{
    char chunk[READ_CHUNK];
    int failed = 0;

    while (failed == 0) {
        ssize_t n = host->read(host->state, fd, chunk, sizeof chunk);

        if (n == 0)
            break;
        if (n > 0)
            kube_buf_append(out, kube_str_n(chunk, (size_t)n));
        else if (n != -EINTR)
            failed = (int)-n;
        if (kube_buf_status(out, NULL) != KUBE_OK)
            failed = kube_buf_status(out, NULL) == KUBE_ERR_LIMIT ? EFBIG : ENOMEM;
    }
    kube__wipe(chunk, sizeof chunk);
    return failed;
}

kube_status kube__host_read_file(const kube__host *host, const char *path, kube_buf *out, kube_error **err)
{
    size_t size = 0;
    int fd = host->open_file(host->state, path, &size);
    int failed;

    if (fd < 0)
        return fail(-fd, path, err);
    kube_buf_reserve(out, size); /* at once: a buffer that grows copies secrets about */
    failed = read_all(host, fd, out);
    host->close(host->state, fd);
    return failed != 0 ? fail(failed, path, err) : KUBE_OK;
}
