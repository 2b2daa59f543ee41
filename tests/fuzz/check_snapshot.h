#ifndef KUBE_FUZZ_CHECK_SNAPSHOT_H
#define KUBE_FUZZ_CHECK_SNAPSHOT_H

#include <kube/discovery/snapshot.h>

#include <stdbool.h>

/* Ends the program when it is not so. */
void demand(bool truth);

/* Everything in it can be read, and what is looked up by its own name is found. */
void check_snapshot(const kube_discovery_snapshot *s);

#endif
