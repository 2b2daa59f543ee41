/* Questions on loops that a test steps by hand, so that several are under way at once. */
#ifndef FLIGHT_H
#define FLIGHT_H

#include "cached_fixture.h"
#include "fetch_outcome.h"

/* NULL: the system's clock. */
kube_io *flight_io(const kube_clock *clock);
/* Begins a question; a group-version, or NULL for everything. */
void flight_start(kube_discovery *d, kube_io *io, const char *group_version, const kube_call_options *opts, outcome *o);
/* One turn, whether or not there is more to do. */
void flight_turn(kube_io *io);
void flight_run_until(kube_io *io, const outcome *o);
/* Until the delegate has been asked; it answers when it is released. */
void flight_run_until_asked(kube_io *io, fake_discovery *fake);
void flight_release(fake_discovery *fake);
/* It has been answered with this, see lists_text(); lets go of it. */
void flight_expect_all(outcome *o, const char *lists);

#endif
