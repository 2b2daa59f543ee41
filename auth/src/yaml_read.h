/* Reading typed fields out of a document. The reader keeps its first failure and then answers nothing: read all fields,
 * check once. Messages name file, line, column and field, never a value: it may be a secret. */
#ifndef KUBE_AUTH_YAML_READ_H
#define KUBE_AUTH_YAML_READ_H

#include "yaml_tree.h"

/* What reading one document may cost: keys looked at, bytes of text, bytes allocated. An alias costs again whatever it
 * stands for. No document without aliases, of at most 16 MiB and KUBE__YAML_MAX_NODES, comes to two thirds of it. */
enum { KUBE__YAML_MAX_WORK = 64 * 1024 * 1024 };

typedef struct kube__yaml_reader {
    const char  *file;
    const char  *section; /* put before a field's name: "cluster", "user.exec"; "" at the top */
    kube__pool  *pool;
    size_t       work; /* so far; see KUBE__YAML_MAX_WORK */
    kube_status  status;
    kube_error **err;
} kube__yaml_reader;

/* Records a failure at a node. */
void kube__yaml_reader_fail(kube__yaml_reader *r, const kube__yaml_node *at, const char *field, kube_status status,
                            const char *format, ...) KUBE_PRINTF(5, 6);
/* Memory ran out, and nothing had failed before. */
void kube__yaml_reader_no_memory(kube__yaml_reader *r);

/* Each gives NULL, false or empty when the field is absent or null, or after a failure. Strings are NUL-terminated,
 * live in the pool and hold no NUL byte. */
const char *kube__yaml_string(kube__yaml_reader *r, const kube__yaml_node *map, const char *field);
bool kube__yaml_bool(kube__yaml_reader *r, const kube__yaml_node *map, const char *field);
const kube__yaml_node *kube__yaml_list(kube__yaml_reader *r, const kube__yaml_node *map, const char *field);
const kube__yaml_node *kube__yaml_map(kube__yaml_reader *r, const kube__yaml_node *map, const char *field);
/* Decoded base64. */
kube_str kube__yaml_bytes(kube__yaml_reader *r, const kube__yaml_node *map, const char *field);
/* A list of strings; `count` receives how many. Null items are "". */
const char *const *kube__yaml_strings(kube__yaml_reader *r, const kube__yaml_node *map, const char *field,
                                      size_t max_count, size_t *count);
/* A zeroed array with a place for each item of a list. NULL: the reader has failed. */
void *kube__yaml_array_for(kube__yaml_reader *r, const kube__yaml_node *list, const char *field, size_t item_size);
/* Every item of a list is a mapping, and no two have the same "name". */
void kube__yaml_check_named(kube__yaml_reader *r, const kube__yaml_node *list, const char *field);

#endif
