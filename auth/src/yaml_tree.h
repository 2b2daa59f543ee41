/* A YAML document as a tree, with the types the plain scalars of a kubeconfig have in kubectl. JSON is YAML too.
 *
 * Only the first document of a stream is read, as kubectl does. An alias is another way to reach the node with its
 * anchor, so the tree of a document that refers to itself a billion times stays as small as its text; a node cannot
 * contain itself. Who walks the tree meets such a node each time, and has to bound that: yaml_read.h, yaml_json.c. */
#ifndef KUBE_AUTH_YAML_TREE_H
#define KUBE_AUTH_YAML_TREE_H

#include "pool.h"

#include <kube/base/error.h>
#include <kube/base/buf.h>

#include <stdbool.h>
#include <stdint.h>

/* Ceilings of one document. A kubeconfig of a thousand clusters has about 30,000 nodes and 6 levels. */
enum { KUBE__YAML_MAX_DEPTH = 64, KUBE__YAML_MAX_NODES = 256 * 1024, KUBE__YAML_MAX_ANCHORS = 256 };

typedef enum kube__yaml_kind {
    KUBE__YAML_NULL = 0,
    KUBE__YAML_BOOL = 1,
    KUBE__YAML_NUMBER = 2,
    KUBE__YAML_STRING = 3,
    KUBE__YAML_LIST = 4,
    KUBE__YAML_MAP = 5
} kube__yaml_kind;

typedef struct kube__yaml_node kube__yaml_node;

typedef struct kube__yaml_item {
    const kube__yaml_node  *key; /* NULL in a list */
    const kube__yaml_node  *value;
    struct kube__yaml_item *next;
} kube__yaml_item;

struct kube__yaml_node {
    kube__yaml_kind  kind;
    uint32_t         line, column; /* counted from 1 */
    bool             is_true;      /* of a bool */
    kube_str         text;         /* of a scalar, as written, NUL-terminated */
    kube__yaml_item *first, *last;
    size_t           count;
};

/* Reads the first document of `text`. `*out` is NULL when there is none. `name` is the file's, for messages. Statuses:
 * CONFIG with file, line and column for what is no YAML, LIMIT, OUT_OF_MEMORY, UNSUPPORTED (merge keys, tags). */
kube_status kube__yaml_parse(kube_str text, const char *name, kube__pool *pool, const kube__yaml_node **out,
                             kube_error **err);

/* The value of a key; the last one counts when the key is there twice, as in kubectl. NULL: absent, or null. */
const kube__yaml_node *kube__yaml_get(const kube__yaml_node *map, const char *key);
/* "a string", "a number" …, for messages. */
const char *kube__yaml_kind_name(kube__yaml_kind kind);

/* Finds out what a scalar is: yaml_scalar.c. False: a tag that is not one of YAML's own. */
bool kube__yaml_resolve(kube__yaml_node *node, const char *tag, bool plain);
/* Appends a node as JSON: yaml_json.c. False: it has no JSON form (infinity, hexadecimal, a mapping as key), or is
 * nested too deeply. The ceiling of `out` is what bounds aliases that repeat. */
bool kube__yaml_append_json(kube_buf *out, const kube__yaml_node *node);
/* Appends a JSON string with its quotes. Invalid UTF-8 is the caller's business. */
void kube__json_append_string(kube_buf *out, kube_str text);

#endif
