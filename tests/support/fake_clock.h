/* A clock that stands still until the test moves it. */
#ifndef FAKE_CLOCK_H
#define FAKE_CLOCK_H

#include <kube/base/clock.h>

typedef struct fake_clock {
    kube_clock clock;
    int64_t    now_ns;
    int64_t    now_unix_ms;
} fake_clock;

static inline int64_t fake_clock_monotonic(void *state)
{
    return ((fake_clock *)state)->now_ns;
}

static inline int64_t fake_clock_unix(void *state)
{
    return ((fake_clock *)state)->now_unix_ms;
}

static inline void fake_clock_init(fake_clock *fake)
{
    fake->clock = (kube_clock){ sizeof fake->clock, fake, fake_clock_monotonic, fake_clock_unix };
    fake->now_ns = 1000000000;
    fake->now_unix_ms = 1000;
}

static inline void fake_clock_advance(fake_clock *fake, int64_t ms)
{
    fake->now_ns += ms * 1000000;
    fake->now_unix_ms += ms;
}

#endif
