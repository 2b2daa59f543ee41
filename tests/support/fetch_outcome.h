/* What a fetch on a loop came to. */
#ifndef FETCH_OUTCOME_H
#define FETCH_OUTCOME_H

#include <kube/discovery.h>

typedef struct outcome {
    int                      calls; /* of `done` */
    kube_status              status;
    kube_discovery_snapshot *snapshot;
    kube_error              *err;
} outcome;

/* A kube_discovery_fetch_done that fills an outcome. */
void on_fetched(void *user, kube_status status, kube_discovery_snapshot *snapshot, kube_error *err);
/* Lets go of what it holds; afterwards it may be filled again. */
void outcome_clear(outcome *o);

#endif
