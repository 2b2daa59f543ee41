#include "child_program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 32 };

static void require(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "child_program: %s: %s\n", what, strerror(errno));
    abort();
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void become(const char *program, const char *const arguments[], const char *const environment[], int out,
                   int err)
{
    const char *argv[ARGUMENTS_MAX] = { program };
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);

    for (size_t i = 0; arguments[i] != NULL && i + 2 < ARGUMENTS_MAX; i++)
        argv[i + 1] = arguments[i];
    if (in >= 0 && dup2(in, 0) == 0 && dup2(out, 1) == 1 && dup2(err, 2) == 2)
        execve(program, (char *const *)argv, (char *const *)environment);
    _exit(127);
}

/* false: the stream is over. */
static bool take(int fd, char *text, size_t *len)
{
    char waste[4096];
    bool full = *len + 1 >= CHILD_TEXT_BYTES;
    ssize_t n = full ? read(fd, waste, sizeof waste) : read(fd, text + *len, CHILD_TEXT_BYTES - 1 - *len);

    if (n > 0 && !full)
        *len += (size_t)n;
    text[*len] = '\0';
    return n > 0;
}

static void collect(pid_t pid, int out, int err, int limit_ms, child_result *r)
{
    struct pollfd p[2] = { { out, POLLIN, 0 }, { err, POLLIN, 0 } };
    size_t out_len = 0, err_len = 0;
    int64_t end = now_ms() + limit_ms;

    while (p[0].fd >= 0 || p[1].fd >= 0) {
        int64_t left = end - now_ms();

        if (left <= 0 || poll(p, 2, (int)left) == 0) {
            kill(pid, SIGKILL);
            break;
        }
        if (p[0].revents != 0 && !take(out, r->out, &out_len))
            p[0].fd = -1;
        if (p[1].revents != 0 && !take(err, r->err, &err_len))
            p[1].fd = -1;
    }
}

void child_run(const char *program, const char *const arguments[], const char *const environment[], int limit_ms,
               child_result *r)
{
    int out[2], err[2], status = 0;
    struct rusage usage;
    pid_t pid;

    r->out[0] = r->err[0] = '\0';
    require(pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0, "making pipes");
    pid = fork();
    require(pid >= 0, "forking");
    if (pid == 0)
        become(program, arguments, environment, out[1], err[1]);
    close(out[1]);
    close(err[1]);
    collect(pid, out[0], err[0], limit_ms, r);
    close(out[0]);
    close(err[0]);
    require(wait4(pid, &status, 0, &usage) == pid, "waiting");
    r->status = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    r->max_rss_kb = usage.ru_maxrss;
}
