#include "shared/spawn.h"

#include <kube/sys/error.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <unistd.h>

#if defined(__GLIBC__) && (__GLIBC__ > 2 || (__GLIBC__ == 2 && __GLIBC_MINOR__ >= 34))
static int close_from_3(posix_spawn_file_actions_t *actions)
{
    return posix_spawn_file_actions_addclosefrom_np(actions, 3);
}
#else
/* Without the shorthand: every descriptor that is open now. Ours are close-on-exec anyway; this is for the host's. */
static int close_from_3(posix_spawn_file_actions_t *actions)
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    int rc = 0;

    if (dir == NULL)
        return 0; /* no /proc: close-on-exec has to do */
    while (rc == 0 && (entry = readdir(dir)) != NULL) {
        long fd = strtol(entry->d_name, NULL, 10);

        if (fd > 2 && fd != dirfd(dir))
            rc = posix_spawn_file_actions_addclose(actions, (int)fd);
    }
    closedir(dir);
    return rc;
}
#endif

static int set_files(posix_spawn_file_actions_t *actions, int pipe_end, bool inherit_stdin)
{
    int rc = 0;

    if (!inherit_stdin)
        rc = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(actions, pipe_end, 1);
    if (rc == 0)
        rc = close_from_3(actions);
    return rc;
}

/* A host that ignores or blocks signals must not make a plugin that does. */
static int set_signals(posix_spawnattr_t *attr)
{
    sigset_t set;
    int rc;

    sigemptyset(&set);
    rc = posix_spawnattr_setsigmask(attr, &set);
    sigfillset(&set);
    sigdelset(&set, SIGKILL);
    sigdelset(&set, SIGSTOP);
    if (rc == 0)
        rc = posix_spawnattr_setsigdefault(attr, &set);
    if (rc == 0)
        rc = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return rc;
}

/* An errno value, or 0. posix_spawn does not change the strings it is given, whatever its types say. */
static int spawn_with(const kube_io_child_options *opts, int pipe_end, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    char *const *argv = (char *const *)(void *)opts->argv;
    char *const *envp = opts->envp != NULL ? (char *const *)(void *)opts->envp : environ;
    int rc = posix_spawn_file_actions_init(&actions);

    if (rc != 0)
        return rc;
    rc = posix_spawnattr_init(&attr);
    if (rc == 0) {
        rc = set_files(&actions, pipe_end, opts->inherit_stdin);
        if (rc == 0)
            rc = set_signals(&attr);
        if (rc == 0)
            rc = posix_spawn(pid, opts->path, &actions, &attr, argv, envp);
        posix_spawnattr_destroy(&attr);
    }
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

kube_status kube__spawn(const kube_io_child_options *opts, pid_t *pid, int *out_fd, kube_error **err)
{
    int ends[2], rc;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return kube_error_set_errno(err, KUBE_ERR_IO, errno, "making a pipe for %s", opts->path);
    /* Only our end: a plugin must not find its standard output non-blocking. */
    rc = fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0 ? errno : spawn_with(opts, ends[1], pid);
    close(ends[1]);
    if (rc != 0) {
        close(ends[0]);
        return kube_error_set_errno(err, rc == ENOENT ? KUBE_ERR_NOT_FOUND : KUBE_ERR_IO, rc, "starting %s",
                                    opts->path);
    }
    *out_fd = ends[0];
    return KUBE_OK;
}
