/* A kubeconfig of arbitrary bytes: read, resolved and checked, with the files it names missing. */
#include "identity.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct machine {
    kube__host     host;
    const uint8_t *data;
    size_t         size, at;
} machine;

static const char *machine_getenv(void *state, const char *name)
{
    (void)state;
    return strcmp(name, "KUBECONFIG") == 0 ? "/etc/kube/config" : NULL;
}

static const char *const *machine_environment(void *state)
{
    static const char *const environment[] = { "HOME=/home", "PATH=/bin", NULL };

    (void)state;
    return environment;
}

static int machine_open(void *state, const char *path, size_t *size)
{
    machine *m = state;

    if (strcmp(path, "/etc/kube/config") != 0)
        return -ENOENT;
    m->at = 0;
    *size = m->size;
    return 1000;
}

static ssize_t machine_read(void *state, int fd, void *bytes, size_t count)
{
    machine *m = state;
    size_t n = m->size - m->at < count ? m->size - m->at : count;

    (void)fd;
    if (n != 0)
        memcpy(bytes, m->data + m->at, n);
    m->at += n;
    return (ssize_t)n;
}

static void machine_close(void *state, int fd)
{
    (void)state;
    (void)fd;
}

static int machine_check_program(void *state, const char *path)
{
    (void)state;
    (void)path;
    return ENOENT;
}

static bool machine_terminal(void *state)
{
    (void)state;
    return false;
}

static bool machine_current_dir(void *state, char *path, size_t capacity)
{
    (void)state;
    (void)path;
    (void)capacity;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    machine m = {
        .host = { .getenv = machine_getenv, .environment = machine_environment, .open_file = machine_open,
                  .read = machine_read, .close = machine_close, .check_program = machine_check_program,
                  .stdin_is_terminal = machine_terminal, .current_dir = machine_current_dir },
        .data = data,
        .size = size,
    };
    kube_auth_options opts = KUBE_AUTH_OPTIONS_INIT;
    kube__identity identity;
    kube_error *err = NULL;
    kube_status st;

    m.host.state = &m;
    st = kube__identity_load(&m.host, &opts, &identity, &err);
    if ((st == KUBE_OK) != (err == NULL) || (st == KUBE_OK && identity.server == NULL))
        abort();
    kube__identity_clear(&identity);
    kube_error_free(err);
    return 0;
}
