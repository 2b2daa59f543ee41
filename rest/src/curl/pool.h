/* The connections of one transport on one loop: a curl_multi driven by kube_io, with admission before it.
 *
 * libcurl may not be called from its own callbacks, so those only record; every call is made after they have returned,
 * and users' callbacks run when no call of libcurl's is on the stack. */
#ifndef KUBE_REST_CURL_POOL_H
#define KUBE_REST_CURL_POOL_H

#include "gate.h"
#include "transport.h"

#include <curl/curl.h>

enum { KUBE__POOL_SPARE_HANDLES = 8 };

typedef struct kube__transfer kube__transfer;

typedef struct kube__socket {
    struct kube__pool *pool;
    curl_socket_t      fd;
    kube_io_watch     *watch;
    bool               ours;       /* opened by on_open(); else by libcurl for itself, such as its resolver's */
    int                local_port; /* 0: not connected when it was last asked */
    int64_t            heard_ns;   /* when something last came */
    int64_t            silent_ns;  /* how long requests have waited in vain since, all in all */
    int64_t            counted_ns; /* up to when that was added up                            */
} kube__socket;

typedef struct kube__pool {
    struct kube__pool    *next; /* under transport->lock */
    kube__curl_transport *transport;
    kube_io              *io;
    kube_io_timer        *timer;      /* libcurl's                       */
    kube_io_timer        *stall_timer; /* runs while the gate may stall   */
    kube_io_task         *close_task; /* posted when the transport is no longer wanted */
    kube_io_task         *pump_task;  /* posted when something has to be done outside libcurl */
    kube_io_guard        *guard;
    CURLM                *multi; /* NULL: none yet, or it broke */
    bool                  broken;
    bool                  stall_running;
    kube__gate            gate;
    uint32_t              bound; /* what libcurl was told of the gate's */
    kube__transfer       *queue_head, *queue_tail; /* wait for admission */
    uint64_t              turns; /* how many ever did */
    kube__transfer       *running;
    kube__socket        **sockets;
    size_t                socket_count, socket_capacity;
    CURL                 *spare[KUBE__POOL_SPARE_HANDLES]; /* never given to another pool */
    size_t                spare_count;

    /* Name resolution, when a resolver was plugged in: resolve.c */
    kube_blob   *addresses;
    int64_t      addresses_until_ns;
    bool         doubted;   /* nobody was there: they do not serve while others are looked for */
    kube_cancel *resolving; /* not NULL while one is under way */
    bool         abandoned; /* nobody waits for it any more                    */
    bool         closing;   /* to be closed as soon as the resolver has let go */
} kube__pool;

kube_status kube__pool_new(kube__curl_transport *transport, kube_io *io, kube__pool **out, kube_error **err);
/* Any thread, with the transport's lock held. */
void kube__pool_post_close(kube__pool *pool);
kube_status kube__pool_send(kube__pool *pool, const kube_transport_request *request, const kube_call *call,
                            kube_transport_done *done, void *user, kube_error **err);

/* ---- between the files of the pool ---- */

/* A handle for a transfer; NULL: no memory. */
CURL *kube__pool_take_handle(kube__pool *pool);
/* Lets in whoever may go now, and fetches what libcurl has finished. */
void kube__pool_pump(kube__pool *pool);
/* Ends every waiting transfer with this status; the error is copied for each and freed. */
void kube__pool_fail_queue(kube__pool *pool, kube_status status, kube_error *err);

/* socket.c: the callbacks that join libcurl's sockets to the loop. */
CURLMcode kube__pool_init_sockets(kube__pool *pool);
CURLcode kube__pool_init_socket_options(kube__pool *pool, CURL *easy);
void kube__pool_free_sockets(kube__pool *pool);
/* 8.11.0 does not repeat its timer callback when the time has not changed: asks it after each action. */
void kube__pool_check_timer(kube__pool *pool);
/* Whether the connection from this local port stands. */
bool kube__pool_has_socket(const kube__pool *pool, int local_port);
/* Something has come on the connection from this local port. */
void kube__pool_heard(kube__pool *pool, int local_port);
/* A request has waited in vain since then on the connection from this local port. When requests that heard nothing have
 * waited long enough, one after the other, the connection is ended with all its streams; then it is true. It takes
 * longer where others wait on it as well. */
bool kube__pool_waited_in_vain(kube__pool *pool, int local_port, int64_t since_ns, bool in_company);

/* resolve.c. True when transfers may start now; false when they have to wait for a resolution, or one failed and
 * emptied the queue. */
bool kube__pool_resolved(kube__pool *pool);
bool kube__pool_waits_for_addresses(const kube__pool *pool);
void kube__pool_stop_resolving(kube__pool *pool);
/* No connection came about: a server that moved has others by now. The next request waits for them. */
void kube__pool_doubt_addresses(kube__pool *pool);
/* Frees the pool, in its loop's thread; once the resolver has let go, if one is under way. */
void kube__pool_close(kube__pool *pool);
/* "host:port:addresses" for CURLOPT_RESOLVE; nothing when libcurl resolves. KUBE_ERR_LIMIT: too many addresses. */
kube_status kube__pool_resolve_list(const kube__pool *pool, struct curl_slist **out, kube_error **err);

#endif
