#include "system_fault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static _Thread_local struct {
    system_fault kind;
    unsigned     left;   /* 0: nothing fails          */
    const char  *always; /* what does; NULL: nothing  */
    const char  *failed;
} fault;

void system_fault_at(system_fault kind, unsigned n)
{
    fault.kind = kind;
    fault.left = n;
    fault.failed = NULL;
}

void system_fault_always(const char *name)
{
    fault.left = 0;
    fault.always = name;
    fault.failed = NULL;
}

const char *system_fault_stop(void)
{
    fault.left = 0;
    fault.always = NULL;
    return fault.failed;
}

bool system_fault_may_be_silent(const char *name)
{
    static const char *const silent[] = { "epoll_wait", "getrandom", "madvise", "mmap", "newlocale" };
    bool found = false;

    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++)
        found = found || strcmp(silent[i], name) == 0;
    return found;
}

static bool fails(system_fault kind, const char *name)
{
    bool always = fault.always != NULL && strcmp(fault.always, name) == 0;

    if (!always && (fault.left == 0 || fault.kind != kind || --fault.left != 0))
        return false;
    fault.failed = name;
    return true;
}

/* Not of what else has a descriptor: an event, a pipe. */
int __real_fstat(int fd, struct stat *out);
static bool is_file(int fd)
{
    struct stat info;

    return __real_fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

/* Fails with -1 and errno, as most do. */
#define TELLS_BY_ERRNO(kind, error, type, name, parameters, arguments) \
    type __real_##name parameters; \
    type __wrap_##name parameters; \
    type __wrap_##name parameters \
    { \
        if (fails(kind, #name)) { \
            errno = error; \
            return -1; \
        } \
        return __real_##name arguments; \
    }

/* Returns the error, as posix_spawn() and its family do. */
#define TELLS_BY_VALUE(error, name, parameters, arguments) \
    int __real_##name parameters; \
    int __wrap_##name parameters; \
    int __wrap_##name parameters \
    { \
        return fails(SYSTEM_REFUSES, #name) ? error : __real_##name arguments; \
    }

TELLS_BY_ERRNO(SYSTEM_REFUSES, EMFILE, int, pipe2, (int ends[2], int flags), (ends, flags))
TELLS_BY_ERRNO(SYSTEM_REFUSES, EMFILE, int, epoll_create1, (int flags), (flags))
TELLS_BY_ERRNO(SYSTEM_REFUSES, ENFILE, int, eventfd, (unsigned count, int flags), (count, flags))
TELLS_BY_ERRNO(SYSTEM_REFUSES, ENFILE, int, timerfd_create, (int clock, int flags), (clock, flags))
TELLS_BY_ERRNO(SYSTEM_REFUSES, ENOMEM, int, madvise, (void *at, size_t bytes, int advice), (at, bytes, advice))
TELLS_BY_ERRNO(SYSTEM_REFUSES, EAGAIN, ssize_t, getrandom, (void *bytes, size_t len, unsigned flags),
               (bytes, len, flags))
TELLS_BY_ERRNO(SYSTEM_INTERRUPTS, EINTR, int, poll, (struct pollfd *fds, nfds_t count, int timeout),
               (fds, count, timeout))
TELLS_BY_ERRNO(SYSTEM_REFUSES_FILES, EIO, int, fstat, (int fd, struct stat *out), (fd, out))
TELLS_BY_ERRNO(SYSTEM_REFUSES_FILES, EACCES, int, stat, (const char *path, struct stat *out), (path, out))
TELLS_BY_ERRNO(SYSTEM_REFUSES_FILES, EACCES, int, fstatat, (int dir, const char *path, struct stat *out, int flags),
               (dir, path, out, flags))
TELLS_BY_ERRNO(SYSTEM_REFUSES_FILES, EPERM, int, fchmod, (int fd, mode_t mode), (fd, mode))
TELLS_BY_ERRNO(SYSTEM_REFUSES_FILES, EROFS, int, futimens, (int fd, const struct timespec *times), (fd, times))
TELLS_BY_ERRNO(SYSTEM_REFUSES_FILES, EDQUOT, int, mkdirat, (int dir, const char *path, mode_t mode), (dir, path, mode))
TELLS_BY_ERRNO(SYSTEM_REFUSES_FILES, ENOSPC, int, rename, (const char *from, const char *to), (from, to))
TELLS_BY_ERRNO(SYSTEM_REFUSES_FILES, ENOSPC, int, renameat,
               (int from_dir, const char *from, int to_dir, const char *to), (from_dir, from, to_dir, to))
TELLS_BY_ERRNO(SYSTEM_REFUSES_FILES, EROFS, int, unlinkat, (int dir, const char *path, int flags), (dir, path, flags))
TELLS_BY_ERRNO(SYSTEM_REFUSES_FILES, ENOLCK, int, flock, (int fd, int operation), (fd, operation))
TELLS_BY_ERRNO(SYSTEM_REFUSES_FILES, EMFILE, int, mkstemp, (char *path), (path))

TELLS_BY_VALUE(ENOMEM, posix_spawn_file_actions_init, (posix_spawn_file_actions_t *actions), (actions))
TELLS_BY_VALUE(ENOMEM, posix_spawn_file_actions_addopen,
               (posix_spawn_file_actions_t *actions, int fd, const char *path, int flags, mode_t mode),
               (actions, fd, path, flags, mode))
TELLS_BY_VALUE(ENOMEM, posix_spawn_file_actions_adddup2, (posix_spawn_file_actions_t *actions, int from, int to),
               (actions, from, to))
TELLS_BY_VALUE(ENOMEM, posix_spawn_file_actions_addclosefrom_np, (posix_spawn_file_actions_t *actions, int from),
               (actions, from))
TELLS_BY_VALUE(ENOMEM, posix_spawnattr_init, (posix_spawnattr_t *attr), (attr))
TELLS_BY_VALUE(EINVAL, posix_spawnattr_setsigmask, (posix_spawnattr_t *attr, const sigset_t *set), (attr, set))
TELLS_BY_VALUE(EINVAL, posix_spawnattr_setsigdefault, (posix_spawnattr_t *attr, const sigset_t *set), (attr, set))
TELLS_BY_VALUE(EINVAL, posix_spawnattr_setflags, (posix_spawnattr_t *attr, short flags), (attr, flags))
TELLS_BY_VALUE(EAGAIN, posix_spawn,
               (pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attr,
                char *const argv[], char *const envp[]),
               (pid, path, actions, attr, argv, envp))

/* libcurl 7.88 closes a socket that never became a connection before it says so: what is then told to epoll ("not any
 * more") may be about a number that another thread of this process has been given meanwhile. The kernel refuses it,
 * because that file is not in the set; the thread sanitizer would see two threads at one number. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_THREAD_SANITIZER
#endif
#endif
#ifdef UNDER_THREAD_SANITIZER
void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);
#else
#define AnnotateIgnoreReadsBegin(file, line) ((void)0)
#define AnnotateIgnoreReadsEnd(file, line) ((void)0)
#endif

ssize_t __real_read(int fd, void *bytes, size_t len);
ssize_t __wrap_read(int fd, void *bytes, size_t len);
ssize_t __wrap_read(int fd, void *bytes, size_t len)
{
    bool interrupted = fails(SYSTEM_INTERRUPTS, "read");

    if (interrupted || (is_file(fd) && fails(SYSTEM_REFUSES_FILES, "read"))) {
        errno = interrupted ? EINTR : EIO;
        return -1;
    }
    return __real_read(fd, bytes, len);
}

ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
    bool interrupted = fails(SYSTEM_INTERRUPTS_WRITE, "write");

    if (interrupted || (is_file(fd) && fails(SYSTEM_REFUSES_FILES, "write"))) {
        errno = interrupted ? EINTR : ENOSPC;
        return -1;
    }
    return __real_write(fd, bytes, len);
}

/* The mode is there when something may be made, and is never read otherwise. */
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    va_list arguments;
    mode_t mode = 0;

    va_start(arguments, flags);
    if (flags & (O_CREAT | __O_TMPFILE))
        mode = va_arg(arguments, mode_t);
    va_end(arguments);
    if (fails(SYSTEM_REFUSES_FILES, "open")) {
        errno = EMFILE;
        return -1;
    }
    return __real_open(path, flags, mode);
}

int __real_openat(int dir, const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...)
{
    va_list arguments;
    mode_t mode = 0;

    va_start(arguments, flags);
    if (flags & (O_CREAT | __O_TMPFILE))
        mode = va_arg(arguments, mode_t);
    va_end(arguments);
    if (fails(SYSTEM_REFUSES_FILES, "openat")) {
        errno = EMFILE;
        return -1;
    }
    return __real_openat(dir, path, flags, mode);
}

DIR *__real_fdopendir(int fd);
DIR *__wrap_fdopendir(int fd);
DIR *__wrap_fdopendir(int fd)
{
    if (fails(SYSTEM_REFUSES_FILES, "fdopendir")) {
        errno = ENOMEM;
        return NULL;
    }
    return __real_fdopendir(fd);
}

/* Only what is new needs memory and counts against the limit of watches. */
int __real_epoll_ctl(int set, int op, int fd, struct epoll_event *event);
int __wrap_epoll_ctl(int set, int op, int fd, struct epoll_event *event);
int __wrap_epoll_ctl(int set, int op, int fd, struct epoll_event *event)
{
    int rc;

    if (op == EPOLL_CTL_ADD && fails(SYSTEM_REFUSES, "epoll_ctl")) {
        errno = ENOSPC;
        return -1;
    }
    if (op == EPOLL_CTL_DEL)
        AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    rc = __real_epoll_ctl(set, op, fd, event);
    if (op == EPOLL_CTL_DEL)
        AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
    return rc;
}

/* Refused, when somebody closed the loop's descriptor. */
int __real_epoll_wait(int set, struct epoll_event *events, int max, int timeout);
int __wrap_epoll_wait(int set, struct epoll_event *events, int max, int timeout);
int __wrap_epoll_wait(int set, struct epoll_event *events, int max, int timeout)
{
    bool interrupted = fails(SYSTEM_INTERRUPTS, "epoll_wait");

    if (interrupted || fails(SYSTEM_REFUSES, "epoll_wait")) {
        errno = interrupted ? EINTR : EBADF;
        return -1;
    }
    return __real_epoll_wait(set, events, max, timeout);
}

void *__real_mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    return fails(SYSTEM_REFUSES, "mmap") ? MAP_FAILED : __real_mmap(at, bytes, protection, flags, fd, offset);
}

locale_t __real_newlocale(int mask, const char *name, locale_t base);
locale_t __wrap_newlocale(int mask, const char *name, locale_t base);
locale_t __wrap_newlocale(int mask, const char *name, locale_t base)
{
    return fails(SYSTEM_REFUSES, "newlocale") ? (locale_t)0 : __real_newlocale(mask, name, base);
}

/* Linux has closed it all the same. */
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    int rc = __real_close(fd);

    if (!fails(SYSTEM_INTERRUPTS, "close"))
        return rc;
    errno = EINTR;
    return -1;
}

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...)
{
    va_list arguments;
    long argument;

    va_start(arguments, command);
    argument = va_arg(arguments, long);
    va_end(arguments);
    if (fails(SYSTEM_REFUSES, "fcntl")) {
        errno = EPERM;
        return -1;
    }
    return __real_fcntl(fd, command, argument);
}

/* Of those that have no function of their own only what makes something is refused. */
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
    va_list arguments;
    long a[6];

    va_start(arguments, number);
    for (size_t i = 0; i < 6; i++)
        a[i] = va_arg(arguments, long);
    va_end(arguments);
    if ((number == SYS_pidfd_open && fails(SYSTEM_REFUSES, "pidfd_open")) ||
        (number == SYS_openat2 && fails(SYSTEM_REFUSES_FILES, "openat2"))) {
        errno = EMFILE;
        return -1;
    }
    return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
