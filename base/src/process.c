/* A page that the kernel gives to a forked child zeroed (MADV_WIPEONFORK, Linux 4.14): the number that stands there is
 * gone, and the child takes the next one. */
#include "shared/process.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Atomic(atomic_uint_fast32_t *) number; /* on the page; NULL: not yet, or there is none */
static atomic_uint_fast32_t last;              /* a child goes on counting where its parent was */

static void make_page(void)
{
    long size = sysconf(_SC_PAGESIZE);
    void *page = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        return;
    if (madvise(page, (size_t)size, MADV_WIPEONFORK) == 0)
        atomic_store(&number, (atomic_uint_fast32_t *)page);
    else
        munmap(page, (size_t)size);
}

static uint32_t take_number(atomic_uint_fast32_t *at)
{
    uint_fast32_t mine = atomic_fetch_add(&last, 1) + 1, there = 0;

    return (uint32_t)(atomic_compare_exchange_strong(at, &there, mine) ? mine : there);
}

uint32_t kube__process(void)
{
    atomic_uint_fast32_t *at = atomic_load_explicit(&number, memory_order_acquire);
    uint_fast32_t mine;

    if (at == NULL) {
        pthread_once(&once, make_page);
        at = atomic_load_explicit(&number, memory_order_acquire);
    }
    if (at == NULL)
        return (uint32_t)getpid();
    mine = atomic_load_explicit(at, memory_order_relaxed);
    return mine != 0 ? (uint32_t)mine : take_number(at);
}
