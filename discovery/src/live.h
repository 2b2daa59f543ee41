/* The live client's parts. */
#ifndef KUBE_DISCOVERY_LIVE_H
#define KUBE_DISCOVERY_LIVE_H

#include "builder.h"
#include "decode.h"

#include <kube/discovery/client.h>
#include <kube/sys/discovery.h>
#include <kube/sys/rest.h>

enum { KUBE__TIMEOUT_TEXT_BYTES = 40 };

/* Never changes once made, so that operations on several loops can share it. */
typedef struct kube__live {
    kube_rest_client *rest;
    const char       *accept; /* of /api and /apis */
    int64_t           timeout_ms; /* of one request; negative: none */
    char              timeout_text[KUBE__TIMEOUT_TEXT_BYTES]; /* as the server is told; "": not at all */
    uint64_t          max_document_bytes;
    int64_t           slice_ns;
    uint32_t          max_in_flight;
} kube__live;

/* "32s", "1m30s", "1.5s", "500ms": as Go prints a duration. The text has room for any. */
void kube__format_go_duration(int64_t ms, char text[KUBE__TIMEOUT_TEXT_BYTES]);

/* A GET as discovery sends them. */
typedef struct kube__live_get {
    const char *path, *accept;
    const char *if_none_match; /* "": unconditional */
    uint64_t    max_bytes;
} kube__live_get;

/* With the timeout as a parameter, and as the deadline of this one request. */
kube_status kube__live_send(const kube__live *live, kube_io *io, const kube__live_get *get, const kube_call *call,
                            kube_rest_done *done, void *user, kube_rest_response **out, kube_error **err);

kube_status kube__live_fetch(void *state, kube_io *io, const kube_discovery_request *request, const kube_call *call,
                             kube_discovery_fetch_done *done, void *user, kube_discovery_snapshot **out,
                             kube_error **err);
kube_status kube__live_server_version(void *state, kube_io *io, const kube_call *call, kube_server_version_done *done,
                                      void *user, kube_server_version **out, kube_error **err);

typedef struct kube__fetch kube__fetch;

/* One of the requests of a fetch. */
typedef struct kube__fetch_request {
    kube__fetch *fetch;
    size_t       version; /* of the builder; unused for /api and /apis */
    bool         answered;
    bool         skipped;   /* answered, with nothing: there is no /api */
    bool         unchanged; /* answered: what is known is still true    */
    kube_rest_response *response;
} kube__fetch_request;

typedef enum kube__fetch_phase {
    KUBE__FETCH_GROUPS,  /* /api and /apis are on their way, or being decoded */
    KUBE__FETCH_WALK     /* group-versions are asked for one by one           */
} kube__fetch_phase;

/* One fetch, from its start to its `done`. */
struct kube__fetch {
    const kube__live          *live;
    kube_io                   *io;
    kube_call                  call;   /* with a cancel of its own, which ends all requests when one fails for good */
    kube_io_guard             *guard;
    kube_io_task              *task;   /* goes on decoding */
    kube_discovery_fetch_done *done;
    void                      *user;
    kube_discovery_want        want;
    kube_discovery_snapshot   *known;  /* an aggregated one with validators, or NULL */
    kube_discovery_snapshot_builder *builder;
    kube__fetch_phase          phase;
    kube__fetch_request        roots[2]; /* /api, /apis */
    size_t                     root;     /* being decoded, or to be decoded next */
    kube__groups_decoder       decoder;  /* of that one, while it is begun */
    bool                       decoding;
    kube__fetch_request       *walk;     /* one for each group-version to ask for */
    size_t                     walk_count, walk_next;
    size_t                     in_flight;
    kube_status                failure;
    kube_error                *err;
    kube_discovery_snapshot   *snapshot;
};

/* What went wrong ends the whole fetch; takes the error. The first failure counts. */
void kube__fetch_fail(kube__fetch *f, kube_status status, kube_error *err);
/* Goes on as far as possible. KUBE_PENDING, or the final status with the snapshot and the error in the fetch. */
kube_status kube__fetch_advance(kube__fetch *f);
/* As above, called back: ends the fetch when it is final. */
void kube__fetch_resume(kube__fetch *f);

/* The parts of it: KUBE_PENDING while something is waited for, KUBE_OK when it is over, or a failure. What a request
 * answers may also fail the fetch at once; then they return KUBE_PENDING or KUBE_OK. */
void kube__fetch_send_roots(kube__fetch *f);
kube_status kube__fetch_decode_roots(kube__fetch *f, kube_error **err);
kube_status kube__fetch_plan_walk(kube__fetch *f, kube_error **err);
kube_status kube__fetch_plan_one(kube__fetch *f, const char *group_version, kube_error **err);
kube_status kube__fetch_walk(kube__fetch *f);

#endif
