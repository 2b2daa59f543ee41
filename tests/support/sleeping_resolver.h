/* A resolver on the loop that takes its time: "api.example" is on this machine, and no other name is asked for. */
#ifndef SLEEPING_RESOLVER_H
#define SLEEPING_RESOLVER_H

#include <kube/sys/resolver.h>

/* `sleep_ms` is read at each resolution and outlives the resolver. */
kube_resolver *sleeping_resolver_new(int *sleep_ms);
/* How often any of them was asked; each question sleeps from then on. */
extern unsigned sleeping_resolver_asked;

#endif
