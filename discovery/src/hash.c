#include "hash.h"

#include <sys/random.h>
#include <time.h>

uint64_t kube__hash_seed(void)
{
    uint64_t seed = 0;

    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != (ssize_t)sizeof seed) {
        struct timespec now;

        /* Early in the boot of a machine there is no randomness yet: better a weak key than a start that hangs. */
        clock_gettime(CLOCK_MONOTONIC, &now);
        seed = kube__hash_mix((uint64_t)now.tv_nsec ^ (uint64_t)(uintptr_t)&seed, (uint64_t)now.tv_sec | 1);
    }
    return seed;
}
