/* What the server serves at one time: a recording, with what was changed since, made into documents. */
#ifndef KUBE_TESTING_SRC_CONTENT_H
#define KUBE_TESTING_SRC_CONTENT_H

#include "tree.h"

#include <kube/base/blob.h>
#include <kube/testing/apiserver_stub.h>

enum { KUBE__ETAG_BYTES = 132, KUBE__ADDRESS_BYTES = 32 };

/* One of the two roots: /api and /apis. */
typedef struct kube__root {
    kube__tree tree;
    kube_blob *recorded;               /* the aggregated document as it was recorded; NULL once it was changed */
    kube_blob *aggregated;             /* as it is served; NULL: the form has none */
    kube_blob *legacy;
    char       etag[KUBE__ETAG_BYTES]; /* of the aggregated one */
} kube__root;

typedef struct kube__content {
    kube__root        api, apis;
    kube_blob        *version, *openapi;            /* openapi may be NULL */
    kube_testing_form form;
    char              address[KUBE__ADDRESS_BYTES]; /* "127.0.0.1:6443" */
} kube__content;

kube_status kube__content_new(const char *folder, kube_testing_form form, const char *address, kube__content **out,
                              kube_error **err);
void kube__content_free(kube__content *content);

/* Makes the documents anew after a change of the form or of a tree. On failure the old ones are still there. */
kube_status kube__content_render(kube__content *content, kube_error **err);
/* The tree that a group-version belongs to, and the two halves of its name. */
kube__root *kube__content_root(kube__content *content, const char *group_version, kube_str *group, kube_str *version);
/* Says that a root is no longer what was recorded. */
void kube__root_changed(kube__root *root);

kube_status kube__blob_of(kube_buf *text, kube_blob **out, kube_error **err);

#endif
