/* A folder of its own for each test, stores in it, and a file system that can be told to fail. */
#ifndef DISK_FIXTURE_H
#define DISK_FIXTURE_H

#include "alloc_trace.h"
#include "disk_store.h"
#include "fake_clock.h"
#include "store_driver.h"

#include <kube/cache/disk_store.h>

#include <stdio.h>
#include <stdlib.h>

enum { PATH_BYTES = 256 };

typedef enum file_call {
    CALL_OPENAT,
    CALL_OPENAT2,
    CALL_FSTAT,
    CALL_FSTATAT,
    CALL_READ,
    CALL_WRITE,
    CALL_FCHMOD,
    CALL_FUTIMENS,
    CALL_CLOSE,
    CALL_MKDIRAT,
    CALL_RENAMEAT,
    CALL_UNLINKAT,
    CALL_FLOCK,
    CALL_LIST,
    CALL_KINDS
} file_call;

/* The real file system with faults put in. */
typedef struct faulty_files {
    kube__file_ops ops;
    int      fail_at;            /* the n-th call from now on fails; 0: none                 */
    int      failure;            /* with this errno value                                    */
    bool     reached;            /* it did                                                   */
    int      once[CALL_KINDS];   /* the next call of this kind fails with it; 0: not         */
    int      always[CALL_KINDS]; /* each call of this kind does                              */
    size_t   most_bytes;         /* a read or write moves no more; 0: no bound               */
    size_t   room;               /* bytes that can be written before the disk is full        */
    off_t    lie;                /* added to the size that fstat tells                       */
    bool     other_user;         /* this process is somebody else                            */
    bool     takes_nothing;      /* a write writes 0 bytes, and calls that success           */
    int      names_taken;        /* how many new files find that there is one of their name  */
    unsigned count[CALL_KINDS];
    /* What somebody else does just before the next call of this kind; NULL: nothing. */
    void   (*meanwhile)(void *user);
    void    *meanwhile_user;
    file_call before;
} faulty_files;

typedef struct disk_fixture {
    char             base[PATH_BYTES]; /* a folder of this test        */
    char             path[PATH_BYTES]; /* the store's, not there yet   */
    fake_clock       now;
    faulty_files     files;
    kube_disk_store_options opts;
    store_driver     d;
} disk_fixture;

void faulty_files_init(faulty_files *f);

/* cmocka's set-up and teardown; the state is a disk_fixture. */
int disk_set_up(void **state);
int disk_tear_down(void **state);
#define DISK_TEST(function) cmocka_unit_test_setup_teardown(function, disk_set_up, disk_tear_down)

/* Opens a store with the fixture's options on the fixture's file system; the former one is closed. */
store_driver *disk_open(disk_fixture *f);
/* Another object with the same options. */
void disk_open_other(disk_fixture *f, store_driver *d);

void remove_tree(const char *path);
/* How many descriptors this process has. */
size_t count_descriptors(void);
/* How many files are below a folder; 0: there is none. */
size_t count_files(const char *path);
/* A path below the store's folder, in a static buffer that the fourth call overwrites. */
const char *below(const disk_fixture *f, const char *relative);
void write_file(const char *path, const void *bytes, size_t len);
/* Returns how many bytes were read, or -1. */
long read_file(const char *path, void *bytes, size_t size);
/* The latest operation's message contains this. */
void assert_says(const store_driver *d, const char *text);

#endif
