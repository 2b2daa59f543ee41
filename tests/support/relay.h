/* A way between a client and a server on loopback that may break at any byte, in either direction, below TLS. */
#ifndef RELAY_H
#define RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct relay relay;

typedef enum relay_way { RELAY_TO_SERVER, RELAY_TO_CLIENT } relay_way;

typedef enum relay_end {
    RELAY_CLOSES, /* what was sent arrives, and then the end           */
    RELAY_RESETS, /* a reset, which may overtake what was sent         */
    RELAY_STALLS  /* nothing more in either direction, and no end      */
} relay_end;

/* Listens on a port of its own and hands everything on to the other. A thread. */
relay *relay_start(uint16_t to_port);
void relay_stop(relay *r);
/* Its connections end, and who wants another waits in vain: nobody accepts it, nobody refuses it. For good. */
void relay_jam(relay *r);
uint16_t relay_port(const relay *r);

/* When so many bytes have gone that way, over all connections made from now on, the connection they went over ends like
 * this. Once: connections made later are whole. What earlier ones still say does not count. */
void relay_break_after(relay *r, relay_way way, size_t bytes, relay_end end);
/* Whether that has come about. */
bool relay_broke(relay *r);

#endif
