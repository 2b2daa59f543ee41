/**
 * @file
 * @brief Where libkube reads the time.
 * @ingroup base
 */
#ifndef KUBE_BASE_CLOCK_H
#define KUBE_BASE_CLOCK_H

#include <kube/base/export.h>
#include <stddef.h>
#include <stdint.h>

KUBE_BEGIN_DECLS

/**
 * @brief A source of time. A test hands in its own and never waits.
 * @since 0.1
 */
typedef struct kube_clock {
    size_t struct_size;                 /**< sizeof(kube_clock).                                                    */
    void  *state;                       /**< Handed to each function; outlives everything that uses the clock.      */
    int64_t (*monotonic_ns)(void *state); /**< Nanoseconds that never go back. Deadlines and timers are counted here. */
    int64_t (*unix_ms)(void *state);    /**< Milliseconds since 1970, UTC. Expiry dates are compared with this.     */
} kube_clock;

/**
 * @brief The system's clocks: CLOCK_MONOTONIC, and CLOCK_REALTIME_COARSE, which the system dates files with and which
 *        advances in steps of a few milliseconds.
 * @return The clock that is used wherever none is given.
 * @ownership    Static.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const kube_clock *kube_clock_system(void);

KUBE_END_DECLS

#endif
