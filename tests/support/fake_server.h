/* An API server without a socket: a transport that has answers ready and writes down what it was asked. */
#ifndef FAKE_SERVER_H
#define FAKE_SERVER_H

#include <kube/rest/client.h>
#include <kube/sys/transport.h>

#include <stdbool.h>
#include <stddef.h>

enum { FAKE_SERVER_ANSWERS = 512, FAKE_SERVER_LOG = 2048, FAKE_SERVER_TEXT = 256 };

typedef struct fake_answer {
    char        target[FAKE_SERVER_TEXT]; /* without the query */
    int         http_status;              /* 0: no connection; negative: the transport fails with this kube_status */
    const char *content_type;             /* NULL: no header   */
    const char *body;                     /* borrowed          */
    size_t      body_len;
    const char *etag;                     /* NULL: none; asked for with it, the answer is a 304 */
    bool        used;
} fake_answer;

typedef struct fake_request {
    char target[FAKE_SERVER_TEXT]; /* with the query */
    char accept[FAKE_SERVER_TEXT];
    char if_none_match[FAKE_SERVER_TEXT];
} fake_request;

typedef enum fake_timing {
    FAKE_NOW,   /* answers are there at once                          */
    FAKE_LATER, /* they come with a later step of the loop            */
    FAKE_NEVER  /* they do not come: until cancelled or out of time   */
} fake_timing;

/* One client at a time, one loop at a time. It is large: static, or from the heap. */
typedef struct fake_server {
    fake_answer       answers[FAKE_SERVER_ANSWERS];
    size_t            answer_count;
    fake_request      log[FAKE_SERVER_LOG];
    size_t            log_count;
    fake_timing       timing;
    bool              in_reverse; /* FAKE_LATER: what was asked last is answered first */
    size_t            in_flight, most_in_flight;
    struct fake_wait *waiting;
    kube_rest_client *client;
} fake_server;

/* With a client whose base URL is "http://fake". */
void fake_server_init(fake_server *s);
/* The same, whose client has a clock of its own. */
void fake_server_init_at(fake_server *s, const kube_clock *clock);
void fake_server_clear(fake_server *s);
/* Forgets the log and the answers. */
void fake_server_reset(fake_server *s);

/* An answer for a path. Of several for one path each is used once, in turn, and the last one for ever. A path without
 * an answer is not found. */
void fake_server_answer(fake_server *s, const char *path, int http_status, const char *content_type, const char *body);
void fake_server_answer_bytes(fake_server *s, const char *path, int http_status, const char *content_type,
                              const char *body, size_t body_len);

/* Gives the latest answer an entity tag. */
void fake_server_etag(fake_server *s, const char *etag);

/* How often a path was asked for, whatever the query. */
size_t fake_server_count(const fake_server *s, const char *path);
/* The first request for a path; NULL: there was none. */
const fake_request *fake_server_request(const fake_server *s, const char *path);

#define FAKE_JSON "application/json"
#define FAKE_V2 "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
#define FAKE_V2BETA1 "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"

#endif
