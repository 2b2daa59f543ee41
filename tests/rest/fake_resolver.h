/* A resolver that answers as a test tells it, and a server by the name of localhost for those who ask it. */
#ifndef FAKE_RESOLVER_H
#define FAKE_RESOLVER_H

#include "relay.h"
#include "rest_fixture.h"

#include <kube/sys/resolver.h>

typedef struct fake_resolver {
    const char *addresses; /* NULL: unknown */
    size_t more;           /* bytes of it, behind the NUL */
    kube_status failure; /* 0: KUBE_ERR_UNAVAILABLE */
    bool later, never;
    bool stubborn; /* answers although it was interrupted */
    int linger;    /* so many steps until it has stopped  */
    kube_status stopped;
    int asked, interrupted, destroyed;
    char host[64];
    /* while PENDING */
    kube_resolver_done *done;
    void *user;
    kube_io_task *task;
    kube_io_guard *guard;
} fake_resolver;

extern rest_fixture fake_resolver_server;
/* The way to it where a test has put one in between. A request for "/gone" ends it, one for
 * "/jam" jams it; one for "/hold" is not answered. */
extern relay *_Atomic fake_resolver_way;

int fake_resolver_set_up(void **state);
int fake_resolver_tear_down(void **state);

/* The fake outlives it. */
kube_resolver *fake_resolver_new(fake_resolver *f);
kube_rest_client *client_with(fake_resolver *f);
void expect_and_clear(rest_result *r, kube_status status, const char *part);
void get_and_expect(kube_rest_client *client, kube_status status, const char *part);
void start_get(kube_rest_client *client, kube_io *io, const kube_call_options *opts, rest_result *r);

#endif
