/* The cached client: a discovery over another one, the delegate, and over stores.
 *
 * What it remembers lies in two places. The *documents* are kubectl's folder: the list of groups and, for each
 * group-version, a list of resources, each with an age and a writer of its own, and each judged by itself. The *entry*
 * is libkube's own: one whole snapshot with the validators it came with, and the generations of the documents it says
 * the same as, so that those need not be read. Without documents (a private folder, a store of the user's) the entry is
 * all there is, and it is judged as one; without a store too, so is the view.
 *
 * In memory are the *view*, the snapshot of the entry or of the documents as they were read last, and *live*, the
 * delegate's last answer, from which what the documents lack is taken until the time to live is over. */
#ifndef KUBE_DISCOVERY_CACHED_PRIVATE_H
#define KUBE_DISCOVERY_CACHED_PRIVATE_H

#include "builder.h"
#include "cached_turn.h"
#include "counted.h"
#include "id_map.h"

#include <kube/base/log.h>
#include <kube/discovery/cached.h>
#include <kube/sys/discovery.h>
#include <kube/sys/store.h>

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

/* A document that the base of a view does not hold: it was read by itself. */
typedef struct kube__part {
    uint64_t name; /* see kube__document_name */
    uint64_t generation;
    kube_discovery_snapshot *snapshot;
} kube__part;

/* What is known of the stores' content. Never changed once it is published. */
typedef struct kube__view {
    kube__counted counted;
    kube_discovery_snapshot *base; /* NULL: nothing */
    uint64_t *generations;         /* of the documents that say what the base says, 0: of none. The group list's
                                             first, then one for each group-version of the base. NULL: there is no
                                             base, or no store of documents */
    kube_store_info entry;         /* the entry it was read from or written as; generation 0: none */
    uint64_t answer;               /* the serial of the delegate's answer that is behind it, or a later one; 0: none */
    kube__part *parts;
    size_t part_count;
} kube__view;

/* Takes its arguments, on failure too. */
kube_status kube__view_new(kube_discovery_snapshot *base, uint64_t *generations, const kube_store_info *entry,
                           kube__view **out, kube_error **err);
kube__view *kube__view_ref(kube__view *view);
void kube__view_unref(kube__view *view);
const kube__part *kube__view_part(const kube__view *view, uint64_t name);
/* Another view with this part too, in place of one with its name. The snapshot is kept by reference. */
kube_status kube__view_with_part(const kube__view *view, const kube__part *part, kube__view **out, kube_error **err);
/* Another view in which this document of the base has this generation. */
kube_status kube__view_with_generation(const kube__view *view, size_t document, uint64_t generation, kube__view **out,
                                       kube_error **err);

/* The snapshot that answers everything, for as long as nothing changes: what questions find without any other look. */
typedef struct kube__quick {
    atomic_flag lock; /* for the few instructions that it takes to look, count and leave */
    kube_discovery_snapshot *snapshot;
    int64_t until_unix_ms;
    uint64_t changes; /* of the store, when it was seen */
    bool has_changes;
    uint64_t hits;
} kube__quick;

/* There are several, all the same, so that threads need not wait for each other; each has cache lines to itself. */
enum { KUBE__QUICK_LANES = 8, KUBE__QUICK_LANE_BYTES = 128 };

typedef union kube__quick_lane {
    kube__quick quick;
    char whole_lines[KUBE__QUICK_LANE_BYTES];
} kube__quick_lane;

typedef struct kube__cached {
    uint32_t process;
    kube_discovery *delegate;
    kube_store *store;     /* of the entry and the lock; NULL: none   */
    kube_store *documents; /* kubectl's folder; NULL: there are none  */
    char *identity;        /* of the server, see snapshot_wire.h      */
    size_t identity_len;
    char *folder;   /* the first segment of the entry's key; NULL: the store is this server's alone */
    int64_t ttl_ms; /* negative: everything is always expired  */
    kube_freshness policy;
    kube_clock clock;
    kube_logger logger;
    uint64_t seed;
    kube_cached_discovery_stats counted; /* see kube__cached_count(); under the lock */
    atomic_bool fresh;
    pthread_mutex_t lock; /* for what follows; held for pointers and counts only */
    kube__view *view;     /* never NULL but before the first look            */
    kube_discovery_snapshot *live;
    int64_t live_at_unix_ms;
    uint64_t live_serial;  /* counts the delegate's answers                 */
    uint64_t whole_serial; /* of the last one of which everything is written */
    uint64_t epoch;        /* counts the invalidations                      */
    bool unwritable;       /* a document could not be written: not tried again before there is something new */
    bool invalidated;      /* once: what others wrote counts no more        */
    kube__id_map ours;     /* the documents this object wrote, by name      */
    kube__id_map told;     /* the complaints that were told, hashed         */
    kube__turn turn;       /* of asking the delegate                        */
    kube__quick_lane quick[KUBE__QUICK_LANES];
} kube__cached;

/* The name of a document, and its key in the store. */
typedef struct kube__document_name {
    uint64_t hash; /* 0: the group list */
    bool storable; /* its names are fit for a folder */
    const char *segments[3];
    kube_store_key key;
} kube__document_name;

typedef enum kube__source {
    KUBE__SOURCE_MISS,    /* there is no document that may be used                     */
    KUBE__SOURCE_BASE,    /* there is, and the base of the view says the same          */
    KUBE__SOURCE_PART,    /* there is, and a part of the view says the same            */
    KUBE__SOURCE_READ,    /* there is; it has to be read                               */
    KUBE__SOURCE_UNKNOWN, /* this store only tells when it is read                  */
    KUBE__SOURCE_LIVE     /* the delegate's answer, to be written as a document        */
} kube__source;

typedef struct kube__cached_op kube__cached_op;

enum { KUBE__COMPLAINTS = 8 };

/* KUBE_OK: the step that is set now is next. KUBE_PENDING: something is waited for. Else the operation has failed, and
 * its error is set. */
typedef kube_status kube__cached_step(kube__cached_op *op);

/* One fetch, from its start to its `done`. */
struct kube__cached_op {
    kube__cached *c;
    kube_io *io; /* NULL: only what is at hand counts */
    kube_call call;
    kube_discovery_want want;
    kube_freshness freshness;
    const char *group_version; /* the caller's, until done */
    kube_discovery_fetch_done *done;
    void *user;
    kube__cached_step *step;       /* NULL: over */
    kube__cached_step *after_live; /* what needed the delegate's answer */
    kube_status outcome;           /* once it is over */
    kube_error *err;
    kube_discovery_snapshot *answer;

    /* What it found. Forgotten when it has to look again. */
    kube__view *view;
    kube_discovery_snapshot *groups;          /* whose list of groups is used; NULL: it is in the builder */
    kube_discovery_snapshot_builder *builder; /* of the answer, when it comes from several sources */
    unsigned char *sources;                   /* a kube__source for each document of the answer, as in a view */
    uint64_t *generations;                    /* likewise */
    kube__source groups_source;
    size_t next;              /* the group-version that is looked at, composed or written */
    kube__document_name name; /* the document that is looked at, read or written */
    char *split;              /* the names of the group-version that was asked for */
    kube_status result;       /* of what was waited for, or was there at once */
    kube_store_entry read;    /* what it gave */
    kube_store_info entry;    /* of the entry, as it is now; generation 0: there is none */
    uint64_t changes;         /* of the store, seen before the entry */
    bool has_changes;
    bool synced;      /* the entry was read */
    bool needs_entry; /* what the documents lack: the entry says what the server is asked about */

    /* The delegate's answer. */
    kube_discovery_request request; /* to the delegate */
    kube_discovery_snapshot *known; /* what it is asked about */
    kube_discovery_snapshot *live;
    bool live_is_new;        /* it was asked for by this operation */
    bool healed;             /* it is an older one, of which one group-version was asked for again */
    bool healed_in_time;     /* before there was another answer */
    bool forced;             /* it must have come after this operation began, or looked */
    bool asked_again;        /* what was wanted was not there: everything is asked for */
    uint64_t live_serial;    /* when the operation began */
    uint64_t seen_serial;    /* when it looked */
    uint64_t answer_serial;  /* of its own answer */
    int64_t live_at_unix_ms; /* when it came, if it is not new */
    uint64_t epoch;          /* when it looked, or asked the delegate */
    unsigned attempts;

    /* Waiting. */
    kube__turn_wait wait;
    bool has_turn;
    kube_store_lock *lock;
    bool lock_refused;     /* somebody else held it: look again when we have it */
    int64_t turn_until_ns; /* 0: it has not waited for the turn */
    bool without_turn;     /* it was waited for long enough */
    bool without_lock;
    int64_t lock_until_ns; /* how long it is waited for; 0: not yet */
    kube_io_guard *guard;
    kube_io_timer *timer;
    kube_io_task *task;
    int64_t slice_until_ns;
    bool slice_is_new; /* nothing was done in it yet */

    /* Writing. */
    char *bytes;       /* the entry that is being written */
    kube_buf document; /* likewise a document */
    kube_store_value value;
    kube_store_info info; /* of what was written last */
    const char *entry_segments[2];
    kube_store_key entry_key;
    bool entry_is_old; /* the entry must be written */
    bool out_of_reach; /* the documents' store was out of time: it is left alone */
    unsigned written;
    size_t document_written; /* the last one; 0: the group list */
    kube_error *complaint;   /* the first thing the stores did wrong, and how many there were */
    unsigned complaints;
    uint64_t complained[KUBE__COMPLAINTS]; /* what they say, hashed: the same is not counted twice */
};

/* cached_run.c: the life of an operation. */
kube_status kube__cached_fetch(void *state, kube_io *io, const kube_discovery_request *request, const kube_call *call,
                               kube_discovery_fetch_done *done, void *user, kube_discovery_snapshot **out,
                               kube_error **err);
kube_status kube__cached_at_hand(void *state, const kube_discovery_request *request, kube_discovery_snapshot **out,
                                 kube_error **err);
/* What was waited for has come. */
void kube__cached_resume(kube__cached_op *op);
/* The operation waits for something of its own: until kube__cached_stop_waiting() its cancel, its deadline and the end
 * of its loop end it. */
kube_status kube__cached_start_waiting(kube__cached_op *op);
void kube__cached_stop_waiting(kube__cached_op *op);
/* Forgets what was found and looks again. */
kube_status kube__cached_restart(kube__cached_op *op);
/* KUBE_PENDING when this turn of the loop has lasted long enough: the same step comes again with the next one. */
kube_status kube__cached_breathe(kube__cached_op *op);
/* Gives back the turn and the lock, if it has them: who waits is next. */
void kube__cached_give_back(kube__cached_op *op);
/* The answer; one more reference to it. */
kube_status kube__cached_answer(kube__cached_op *op, kube_discovery_snapshot *snapshot);
/* Whether what a store says ends the operation: memory has run out, or its own cancel or time. A store's own time-out
 * is the store's fault. */
bool kube__cached_is_over(const kube__cached_op *op, kube_status status);
/* A store that does not answer in time: the next thing asked of it would cost as much again. */
bool kube__is_out_of_reach(kube_status status);
/* A store did not do what it should: told once, when the operation is over. Takes the error. */
void kube__cached_complain(kube__cached_op *op, kube_error *err);
kube_status kube__cached_out_of_memory(kube__cached_op *op);

/* cached.c: the object. */
int64_t kube__cached_now(const kube__cached *c);
bool kube__cached_in_time(const kube__cached *c, int64_t stored_at_unix_ms);
/* Whether a document, or the entry, may be used as far as invalidations go. `*ours`: this object wrote it. */
bool kube__cached_may_use(kube__cached *c, uint64_t name, bool *ours);
void kube__cached_used(kube__cached *c, bool ours);
void kube__cached_wrote(kube__cached_op *op, uint64_t name);
/* Publishes a view, which is taken, unless others know better meanwhile: since the operation looked there was an
 * invalidation, or another view that no older answer of the delegate is behind. */
void kube__cached_publish(kube__cached_op *op, kube__view *view);
void kube__cached_count(kube__cached *c, unsigned hits, unsigned misses, unsigned written);

enum { KUBE__ENTRY_NAME = 1 }; /* in place of a document's hash */

/* cached_quick.c */
void kube__cached_init_quick(kube__cached *c);
void kube__cached_clear_quick(kube__cached *c);
kube_discovery_snapshot *kube__cached_current(void *state);
/* The operation has found that its answer answers everything: from now on that is known. */
void kube__cached_set_quick(kube__cached_op *op);
/* It is known no more. Under the lock. */
void kube__cached_forget_quick(kube__cached *c);
uint64_t kube__cached_quick_hits(kube__cached *c);

/* cached_documents.c */
void kube__document_name_of_groups(kube__document_name *name);
void kube__document_name_of_version(kube__document_name *name, const kube__cached *c, const char *key,
                                    const char *group, const char *version);
/* Those below are about op->name. */
/* Where nothing is known of the document it has to be read anyway: then it is looked at first only when it may well be
 * missing, and a miss is to be known early. */
kube__source kube__cached_classify(kube__cached_op *op, uint64_t base_generation, bool may_be_missing);
/* Reads it; `next` is the step that looks at the result. */
kube_status kube__cached_read(kube__cached_op *op, kube__cached_step *next);
/* What reading came to. OK: op->read is there and may be used. NOT_FOUND: it may not, and why was noted. */
kube_status kube__cached_judge_read(kube__cached_op *op);
/* The generation of the document that the base says the same as: of the group list with 0, else of the group-version
 * before it. 0: of none. */
uint64_t kube__cached_base_generation(const kube__cached_op *op, size_t document);

/* The steps that begin each part. */
kube__cached_step kube__cached_begin, kube__cached_plan_entry, kube__cached_plan_one, kube__cached_plan_all,
    kube__cached_get_live, kube__cached_write, kube__cached_write_entry, kube__cached_end;

/* The snapshot with one group-version as it is in another one. */
kube_status kube__snapshot_replace(const kube_discovery_snapshot *snapshot, const char *group_version,
                                   const kube_discovery_snapshot *other, kube_discovery_snapshot **out,
                                   kube_error **err);
/* The group-version that is wanted failed, in an earlier answer, for a reason that may be over by now; or it was not
 * there, and the server may have it by now. */
bool kube__cached_should_heal(const kube__cached_op *op, const kube_discovery_snapshot *snapshot);
/* Asks the delegate for that one group-version of op->live; or for everything, where that costs no more. */
kube_status kube__cached_heal(kube__cached_op *op);
/* Room for what is known of each document of a snapshot with so many group-versions. */
kube_status kube__cached_reserve(kube__cached_op *op, size_t version_count);
/* The key of the entry, or of the lock beside it. */
const kube_store_key *kube__cached_entry_key(kube__cached_op *op, const char *name);

#endif
