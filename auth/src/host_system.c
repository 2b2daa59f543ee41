/* The machine itself. */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* In a set-uid or set-gid program the environment was chosen by somebody with fewer rights: then it is empty. */
static const char *system_getenv(void *state, const char *name)
{
    (void)state;
    return secure_getenv(name);
}

static const char *const *system_environment(void *state)
{
    static const char *const nothing[] = { NULL };

    (void)state;
    return environ != NULL && getauxval(AT_SECURE) == 0 ? (const char *const *)(void *)environ : nothing;
}

/* KUBECONFIG=/dev/null is how people say "no kubeconfig". */
static bool is_null_device(const struct stat *info)
{
    return S_ISCHR(info->st_mode) && info->st_rdev == makedev(1, 3);
}

/* O_NONBLOCK: opening a FIFO must not wait for a writer. It changes nothing for regular files. */
static int system_open_file(void *state, const char *path, size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat info;
    int failed = 0;

    (void)state;
    if (fd < 0)
        return -errno;
    if (fstat(fd, &info) != 0)
        failed = errno;
    else if (S_ISDIR(info.st_mode))
        failed = EISDIR;
    else if (!S_ISREG(info.st_mode) && !is_null_device(&info))
        failed = ENOTSUP;
    if (failed != 0) {
        close(fd);
        return -failed;
    }
    *size = info.st_size > 0 ? (size_t)info.st_size : 0;
    return fd;
}

static ssize_t system_read(void *state, int fd, void *bytes, size_t count)
{
    ssize_t n = read(fd, bytes, count);

    (void)state;
    return n >= 0 ? n : -errno;
}

static void system_close(void *state, int fd)
{
    (void)state;
    close(fd);
}

static int system_check_program(void *state, const char *path)
{
    struct stat info;

    (void)state;
    if (stat(path, &info) != 0)
        return errno;
    if (S_ISDIR(info.st_mode))
        return EISDIR;
    return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

static bool system_stdin_is_terminal(void *state)
{
    (void)state;
    return isatty(STDIN_FILENO) == 1;
}

static bool system_current_dir(void *state, char *path, size_t capacity)
{
    (void)state;
    return getcwd(path, capacity) != NULL;
}

const kube__host *kube__host_system(void)
{
    static const kube__host host = {
        .getenv = system_getenv,
        .environment = system_environment,
        .open_file = system_open_file,
        .read = system_read,
        .close = system_close,
        .check_program = system_check_program,
        .stdin_is_terminal = system_stdin_is_terminal,
        .current_dir = system_current_dir,
    };

    return &host;
}
