#include "read_file.h"

#include <kube/sys/error.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

kube_status kube__read_file(const char *path, kube_buf *out, kube_error **err)
{
    char piece[16384];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? 1 : -1;
    kube_status st = KUBE_OK;

    while (n > 0) {
        n = read(fd, piece, sizeof piece);
        if (n > 0)
            kube_buf_append(out, kube_str_n(piece, (size_t)n));
        else if (n < 0 && errno == EINTR)
            n = 1;
    }
    if (n < 0)
        st = kube_error_set_errno(err, errno == ENOENT || errno == ENOTDIR ? KUBE_ERR_NOT_FOUND : KUBE_ERR_IO, errno,
                                  "reading %s", path);
    else
        st = kube_buf_status(out, err);
    if (fd >= 0)
        close(fd);
    return st;
}
