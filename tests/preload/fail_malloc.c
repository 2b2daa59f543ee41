/* To be preloaded into a program: the n-th allocation of the whole process fails, whoever makes it. n is in
 * FAIL_MALLOC_AT; with FAIL_MALLOC_TRAP in the environment the process raises SIGTRAP there (in gdb, "where" then tells
 * whose it is); with FAIL_MALLOC_COUNT the number of allocations is written to standard error at the end. What is
 * allocated after main() has returned does not count: lines that are counted are written there. */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* glibc's own, below the names that are taken over here. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);

static atomic_ulong made;
static atomic_bool  begun, over;
static atomic_flag  registered = ATOMIC_FLAG_INIT;
static unsigned long fail_at;
static bool trap;

__attribute__((constructor)) static void begin(void)
{
    const char *at = getenv("FAIL_MALLOC_AT");

    fail_at = at != NULL ? strtoul(at, NULL, 10) : 0;
    trap = getenv("FAIL_MALLOC_TRAP") != NULL;
    atomic_store(&made, 0);
    atomic_store(&begun, true);
}

__attribute__((destructor)) static void end(void)
{
    char text[32];
    int len = snprintf(text, sizeof text, "%lu\n", atomic_load(&made));

    if (!atomic_exchange(&over, true) && getenv("FAIL_MALLOC_COUNT") != NULL &&
        write(STDERR_FILENO, text, (size_t)len) != len)
        _exit(99);
}

static int fails(void)
{
    if (atomic_load(&over))
        return 0;
    /* Registered in main(), not before it, it is called before any destructor. */
    if (atomic_load(&begun) && !atomic_flag_test_and_set(&registered))
        (void)atexit(end);
    if (atomic_fetch_add(&made, 1) + 1 != fail_at || fail_at == 0)
        return 0;
    if (trap)
        raise(SIGTRAP);
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    return fails() ? NULL : __libc_realloc(block, size);
}
