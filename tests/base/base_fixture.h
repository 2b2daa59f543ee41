/* What several tests of base need: a clock that stands still, loops, other processes. */
#ifndef BASE_FIXTURE_H
#define BASE_FIXTURE_H

#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alloc_trace.h"

#include <kube/sys/error.h>
#include <kube/sys/io.h>

#include <stdatomic.h>

#define MS INT64_C(1000000)

/* Time passes only when a test says so; any thread may look. */
typedef struct fake_clock {
    kube_clock       clock;
    _Atomic(int64_t) now_ns;
} fake_clock;

void fake_clock_init(fake_clock *clock, int64_t now_ns);
void fake_clock_advance(fake_clock *clock, int64_t ns);

/* Loops that must come into being: on the system's clock, or on a fake one. */
kube_io *make_io(void);
kube_io *make_fake_io(fake_clock *clock);

/* Steps until nothing is left to do. False when that takes an unreasonable number of rounds. */
bool settle(kube_io *io);

/* Whether a descriptor polls readable within that time. */
bool readable(int fd, int timeout_ms);

/* How long a test waits for what has to come: it is over long before, and what never comes is not there then either. */
#define PATIENCE_MS 60000

/* Of the system's clock. */
int64_t now_ms(void);

/* Turns the loop until `*done` is true. False when that takes longer than patience lasts. */
bool run_until(kube_io *io, const bool *done);

/* The exit status of `fn` in a forked child, which frees nothing and runs no exit handler; -1 when it crashed or was
 * still running when patience was over. */
int run_forked(int (*fn)(void *arg), void *arg);

/* How many descriptors this process has open. */
size_t open_descriptors(void);

/* Whether this process has a child, a zombie included. */
bool has_children(void);

/* Whether there are none any more, now that their loop is freed. A loop waits for a second for those that it killed:
 * when more has passed since `begin_ms`, and only then, the rest may end later, and is reaped here. */
bool no_child_stays(int64_t begin_ms);

/* A callback that counts. */
void count_call(void *user);

/* A small, repeatable sequence of numbers. */
uint32_t next_random(uint32_t *state);

/* Frees the error after comparing. */
void assert_error(kube_error *err, kube_status status, const char *part_of_message);

#endif
