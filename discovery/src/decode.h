/* The decoders: a server's documents, read with the pull reader, into a builder. Keys are told apart by case, unknown
 * ones are skipped, null counts as empty, and of a key that occurs twice the last one counts, except that a document
 * brings its groups once. */
#ifndef KUBE_DISCOVERY_DECODE_H
#define KUBE_DISCOVERY_DECODE_H

#include "builder.h"

#include <kube/base/json.h>

enum { KUBE__KIND_TEXT_BYTES = 64 };

/* A document being read. */
typedef struct kube__document {
    kube_discovery_snapshot_builder *b;
    kube_json_reader                 r;
    const char                      *kind; /* what the document should be: "APIGroupList" */
    char                             wrong_kind[KUBE__KIND_TEXT_BYTES]; /* what it says it is instead */
} kube__document;

void kube__document_init(kube__document *d, kube_discovery_snapshot_builder *b, const char *kind, kube_str bytes);
/* The outcome at the end, of the reader or else of the builder: nothing but blanks may follow. */
kube_status kube__document_finish(kube__document *d, kube_error **err);
/* Whether reading and building may go on. */
static inline bool kube__document_ok(const kube__document *d)
{
    return d->r.failure == KUBE_OK && d->b->in.failure == KUBE_OK;
}

/* The next value as a text: 0 for null, and on failure. One with control characters, or longer than
 * KUBE__TEXT_MAX_BYTES, gives 0 and sets *unclean. */
kube__text kube__read_text(kube__document *d, bool *unclean);
/* As above for an array of texts: 0 for null, which is not the empty list. More than KUBE__LIST_MAX are unclean too. */
kube__text_list kube__read_texts(kube__document *d, bool *unclean);
/* Whether the next value is this very string. */
bool kube__read_is(kube__document *d, const char *text);
/* Goes on to the next key or element, unless the builder has failed. */
static inline bool kube__next_key(kube__document *d, kube_json_string *key)
{
    return d->b->in.failure == KUBE_OK && kube_json_reader_next_key(&d->r, key);
}
static inline bool kube__next_element(kube__document *d)
{
    return d->b->in.failure == KUBE_OK && kube_json_reader_next_element(&d->r);
}
/* The value of the key "kind": fails when it is there and is another one. */
void kube__check_kind(kube__document *d);

/* The item that is next, as a group with everything in it. */
void kube__decode_aggregated_group(kube__document *d);
void kube__decode_legacy_group(kube__document *d);

/* A document that brings groups, read group by group so that a loop can do something else in between. */
typedef struct kube__groups_decoder {
    kube__document          document;
    kube_discovery_document kind;
    size_t                  first_group;   /* of this document                       */
    uint32_t                left_out;      /* the builder's count before it          */
    bool                    begun, in_items;
    kube__group_record      core;          /* of an APIVersions, which is one group  */
} kube__groups_decoder;

kube_status kube__groups_decoder_init(kube__groups_decoder *g, kube_discovery_snapshot_builder *b,
                                      kube_discovery_document kind, kube_str bytes, kube_error **err);
/* KUBE_PENDING: there is more. KUBE_OK: the document was read to its end. After a failure the builder is useless. */
kube_status kube__groups_decoder_step(kube__groups_decoder *g, kube_error **err);

/* What an APIResourceList says of itself. Set to defaults before: what the document leaves out stays. */
typedef struct kube__resource_list_record {
    kube__text group_version;
    bool       nil_resources;
} kube__resource_list_record;

/* Appends the resources to the builder's; on failure they are for the caller to cut. */
kube_status kube__decode_resource_list(kube_discovery_snapshot_builder *b, kube_str bytes,
                                       kube__resource_list_record *list, kube_error **err);

#endif
