/* What auth asks of the machine it runs on: environment, files, terminal. One table, so that a test can be another
 * machine, or a failing one. */
#ifndef KUBE_AUTH_HOST_H
#define KUBE_AUTH_HOST_H

#include <kube/base/buf.h>

#include <stdbool.h>
#include <sys/types.h>

typedef struct kube__host {
    void *state;
    /* A variable of the environment; NULL: not set, or not to be trusted in a set-uid program. */
    const char *(*getenv)(void *state, const char *name);
    /* All of it as "NAME=value", ends with NULL: for child processes. */
    const char *const *(*environment)(void *state);
    /* Opens a regular file for reading, never waiting. A descriptor, or a negative errno value; -ENOTSUP: not a regular
     * file. `size` receives its present size. */
    int (*open_file)(void *state, const char *path, size_t *size);
    /* As read(2), with a negative errno value instead of -1. */
    ssize_t (*read)(void *state, int fd, void *bytes, size_t count);
    void (*close)(void *state, int fd);
    /* 0 when the file is a program this process may run; else an errno value. */
    int (*check_program)(void *state, const char *path);
    bool (*stdin_is_terminal)(void *state);
    /* The current directory; false: unknown. */
    bool (*current_dir)(void *state, char *path, size_t capacity);
} kube__host;

/* The machine itself. */
const kube__host *kube__host_system(void);

/* Appends a whole file. NOT_FOUND: there is none; LIMIT: larger than the ceiling of `out`; IO. The message says
 * "reading <path>: <reason>". What was read before a failure stays in `out`: the caller wipes it. */
kube_status kube__host_read_file(const kube__host *host, const char *path, kube_buf *out, kube_error **err);

#endif
