#include <kube/base/clock.h>

#include <time.h>

static int64_t system_monotonic_ns(void *state)
{
    struct timespec now;

    (void)state;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t system_unix_ms(void *state)
{
    struct timespec now;

    (void)state;
    clock_gettime(CLOCK_REALTIME_COARSE, &now); /* the one that dates files; exact to 4 ms, and four times cheaper */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const kube_clock *kube_clock_system(void)
{
    static const kube_clock clock = { sizeof(kube_clock), NULL, system_monotonic_ns, system_unix_ms };

    return &clock;
}
