/* Another machine: its environment, files and terminal are what the test says. A header only: a test is one file. */
#ifndef FAKE_HOST_H
#define FAKE_HOST_H

#include "host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FAKE_FILES = 24, FAKE_VARIABLES = 16 };

typedef struct fake_file {
    const char *path, *text;
    int         open_errno; /* opening fails with it      */
    int         read_errno; /* reading fails with it      */
    size_t      fail_at;    /* … after so many bytes       */
    size_t      chunk;      /* at most so many at once; 0: any number */
    bool        interrupts; /* every other read is interrupted first  */
    int         opened;     /* how often                  */
} fake_file;

typedef struct fake_host {
    kube__host  host;
    fake_file   files[FAKE_FILES];
    const char *names[FAKE_VARIABLES], *values[FAKE_VARIABLES];
    const char *environment[FAKE_VARIABLES + 1];
    const char *cwd;        /* NULL: unknown */
    bool        terminal;
    bool        real_files; /* what is not in `files` is looked for on the machine itself */
    int         open_count; /* descriptors that were not closed */
    size_t      at[FAKE_FILES];
    bool        interrupted[FAKE_FILES];
} fake_host;

enum { FAKE_FIRST_FD = 1000 };

static inline const char *fake_getenv(void *state, const char *name)
{
    fake_host *fake = state;

    for (size_t i = 0; i < FAKE_VARIABLES && fake->names[i] != NULL; i++) {
        if (strcmp(fake->names[i], name) == 0)
            return fake->values[i];
    }
    return NULL;
}

static inline const char *const *fake_environment(void *state)
{
    fake_host *fake = state;

    return fake->environment;
}

static inline int fake_open(void *state, const char *path, size_t *size)
{
    fake_host *fake = state;

    for (int i = 0; i < FAKE_FILES && fake->files[i].path != NULL; i++) {
        fake_file *file = &fake->files[i];

        if (strcmp(file->path, path) != 0)
            continue;
        file->opened++;
        if (file->open_errno != 0)
            return -file->open_errno;
        fake->at[i] = 0;
        fake->open_count++;
        *size = strlen(file->text);
        return FAKE_FIRST_FD + i;
    }
    if (fake->real_files)
        return kube__host_system()->open_file(NULL, path, size);
    return -ENOENT;
}

static inline ssize_t fake_read(void *state, int fd, void *bytes, size_t count)
{
    fake_host *fake = state;
    int i = fd - FAKE_FIRST_FD;
    fake_file *file;
    size_t left;

    if (i < 0)
        return kube__host_system()->read(NULL, fd, bytes, count);
    file = &fake->files[i];
    if (file->interrupts && (fake->interrupted[i] = !fake->interrupted[i]))
        return -EINTR;
    if (file->read_errno != 0 && fake->at[i] >= file->fail_at)
        return -file->read_errno;
    left = strlen(file->text) - fake->at[i];
    if (file->read_errno != 0 && left > file->fail_at - fake->at[i])
        left = file->fail_at - fake->at[i];
    if (file->chunk != 0 && left > file->chunk)
        left = file->chunk;
    if (left > count)
        left = count;
    memcpy(bytes, file->text + fake->at[i], left);
    fake->at[i] += left;
    return (ssize_t)left;
}

static inline void fake_close(void *state, int fd)
{
    fake_host *fake = state;

    if (fd < FAKE_FIRST_FD)
        kube__host_system()->close(NULL, fd);
    else
        fake->open_count--;
}

static inline int fake_check_program(void *state, const char *path)
{
    fake_host *fake = state;

    for (size_t i = 0; i < FAKE_FILES && fake->files[i].path != NULL; i++) {
        if (strcmp(fake->files[i].path, path) == 0)
            return fake->files[i].open_errno;
    }
    return fake->real_files ? kube__host_system()->check_program(NULL, path) : ENOENT;
}

static inline bool fake_terminal(void *state)
{
    fake_host *fake = state;

    return fake->terminal;
}

static inline bool fake_current_dir(void *state, char *path, size_t capacity)
{
    fake_host *fake = state;

    if (fake->cwd == NULL || strlen(fake->cwd) >= capacity)
        return false;
    memcpy(path, fake->cwd, strlen(fake->cwd) + 1);
    return true;
}

/* An empty machine whose current directory is /here. */
static inline void fake_host_init(fake_host *fake)
{
    memset(fake, 0, sizeof *fake);
    fake->host = (kube__host){
        .state = fake,
        .getenv = fake_getenv,
        .environment = fake_environment,
        .open_file = fake_open,
        .read = fake_read,
        .close = fake_close,
        .check_program = fake_check_program,
        .stdin_is_terminal = fake_terminal,
        .current_dir = fake_current_dir,
    };
    fake->cwd = "/here";
}

static inline fake_file *fake_host_add(fake_host *fake, const char *path, const char *text)
{
    for (size_t i = 0; i < FAKE_FILES; i++) {
        if (fake->files[i].path == NULL) {
            fake->files[i] = (fake_file){ .path = path, .text = text };
            return &fake->files[i];
        }
    }
    abort();
}

static inline void fake_host_set(fake_host *fake, const char *name, const char *value)
{
    for (size_t i = 0; i < FAKE_VARIABLES; i++) {
        if (fake->names[i] == NULL || strcmp(fake->names[i], name) == 0) {
            fake->names[i] = name;
            fake->values[i] = value;
            return;
        }
    }
    abort();
}

#endif
