#include "fetch_outcome.h"

void on_fetched(void *user, kube_status status, kube_discovery_snapshot *snapshot, kube_error *err)
{
    outcome *o = user;

    o->calls++;
    o->status = status;
    o->snapshot = snapshot;
    o->err = err;
}

void outcome_clear(outcome *o)
{
    kube_discovery_snapshot_unref(o->snapshot);
    kube_error_free(o->err);
    *o = (outcome){ .calls = 0 };
}
