/* Admission: how many transfers libcurl is given at a time, and when it may open a connection. Pure counting.
 *
 * libcurl has no usable way of its own. Transfers added together open a connection each; its waiting option blocks
 * behind a server that speaks HTTP/1.1 only (8.10 and later) or opens a connection per transfer past the first hundred
 * (7.88). So one transfer opens a connection, the others wait until it is known what that connection can carry. Over
 * HTTP/2 one connection carries ninety at a time and the rest queue: two hundred requests are several times faster so
 * than with a handshake for each. Only when nothing has moved for a while, because what runs is slow, another
 * connection is opened. */
#ifndef KUBE_REST_CURL_GATE_H
#define KUBE_REST_CURL_GATE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    KUBE__STREAMS_PER_CONNECTION = 90, /* API servers allow 100 streams; ten stay free, because libcurl may repeat a
                                          refused stream on a connection of its own choice */
    KUBE__MAX_CONNECTIONS_HTTP2 = 4,
    KUBE__MAX_CONNECTIONS_HTTP1 = 16,
    KUBE__STALL_MS = 500
};

typedef enum kube__gate_protocol {
    KUBE__GATE_UNKNOWN = 0,
    KUBE__GATE_HTTP1   = 1,
    KUBE__GATE_HTTP2   = 2
} kube__gate_protocol;

typedef struct kube__gate {
    uint32_t            max_connections; /* 0: by protocol */
    kube__gate_protocol protocol;        /* of the connections that stand */
    uint32_t            connections;     /* that stand, HTTP/2 only */
    uint32_t            running;         /* transfers let in and not finished */
    bool                opening;         /* one of them is expected to make a connection */
    bool                stalled;         /* for too long nobody was let in who waits     */
} kube__gate;

typedef enum kube__gate_answer {
    KUBE__GATE_WAIT = 0, /* not now: ask again when something finished or connected */
    KUBE__GATE_GO   = 1, /* let in, on a connection that stands                     */
    KUBE__GATE_OPEN = 2  /* let in; it may open one, and the others wait for it     */
} kube__gate_answer;

/* Asks for one transfer, which counts as running unless the answer is to wait. `stalled` is reset when it is let in. */
kube__gate_answer kube__gate_admit(kube__gate *gate);
/* How many connections there may be at once. */
uint32_t kube__gate_bound(const kube__gate *gate);
/* The opener has its connection. */
void kube__gate_connected(kube__gate *gate, bool http2);
/* A connection was lost, or refuses new requests: nothing is assumed of those that stood, and the next transfer finds
 * out. */
void kube__gate_lost(kube__gate *gate);
/* Somebody waits although a connection stands: after KUBE__STALL_MS of this, set `stalled` and ask again. */
bool kube__gate_may_stall(const kube__gate *gate);
/* A running transfer has ended; `opener` when it was let in by KUBE__GATE_OPEN and never connected. */
void kube__gate_finished(kube__gate *gate, bool opener);

#endif
