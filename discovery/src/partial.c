/* The error of a partial answer: one line with every group-version that is missing, in the order of strings, and a
 * child for each. */
#include "lists.h"
#include "shared/alloc.h"

#include <kube/base/buf.h>
#include <kube/sys/error.h>

#include <stdlib.h>
#include <string.h>

enum { MESSAGE_MAX_BYTES = 1 << 20 };

typedef struct failure {
    const kube_group_version *version;
    kube_error               *error; /* owned until it becomes a child */
} failure;

static bool is_missing(const kube_group_version *v, bool stale)
{
    return v->failure_counts && (v->state == KUBE_GROUP_VERSION_FAILED || stale);
}

/* As the texts "<group-version>: <error>" compare. */
static int compare(const void *a, const void *b)
{
    const failure *left = a, *right = b;
    const char *l = left->version->key, *r = right->version->key;
    size_t i = 0;

    while (l[i] != '\0' && l[i] == r[i])
        i++;
    return (unsigned char)(l[i] != '\0' ? l[i] : ':') - (unsigned char)(r[i] != '\0' ? r[i] : ':');
}

static kube_error *explain(const kube_group_version *v)
{
    kube_error *made = NULL;

    if (v->state == KUBE_GROUP_VERSION_STALE)
        (void)kube_error_set(&made, KUBE_ERR_STALE, "stale GroupVersion discovery: %s", v->key);
    else if (v->error != NULL)
        made = kube_error_copy(v->error);
    else
        (void)kube_error_set(&made, KUBE_ERR_UNAVAILABLE, "no resources");
    return made;
}

static size_t collect(const kube_discovery_snapshot *snapshot, bool stale, failure *failures)
{
    size_t count = 0;

    for (size_t i = 0; i < snapshot->version_count; i++) {
        const kube_group_version *v = &snapshot->versions[i];

        if (is_missing(v, stale) && failures != NULL)
            failures[count] = (failure){ .version = v, .error = explain(v) };
        count += is_missing(v, stale);
    }
    return count;
}

static void compose(failure *failures, size_t count, kube_error **err)
{
    kube_buf text = KUBE_BUF_INIT(MESSAGE_MAX_BYTES);
    kube_error *made = NULL;

    qsort(failures, count, sizeof *failures, compare);
    for (size_t i = 0; i < count; i++)
        kube_buf_append_f(&text, "%s%s: %s", i > 0 ? ", " : "", failures[i].version->key,
                          kube_error_message(failures[i].error));
    if (kube_buf_status(&text, NULL) == KUBE_ERR_OUT_OF_MEMORY)
        (void)kube_error_no_memory(&made);
    else
        (void)kube_error_set(&made, KUBE_ERR_PARTIAL, "unable to retrieve the complete list of server APIs: %s%s",
                             text.data != NULL ? text.data : "",
                             kube_buf_status(&text, NULL) == KUBE_ERR_LIMIT ? ", ..." : "");
    for (size_t i = 0; i < count; i++)
        (void)kube_error_take_child(made, failures[i].version->key, failures[i].error);
    kube_buf_clear(&text);
    *err = made;
}

kube_status kube__partial_error(const kube_discovery_snapshot *snapshot, bool stale, kube_error **err)
{
    size_t count = collect(snapshot, stale, NULL);
    failure *failures;

    if (count == 0)
        return KUBE_OK;
    if (err == NULL)
        return KUBE_ERR_PARTIAL;
    failures = kube__calloc(count, sizeof *failures);
    if (failures == NULL) {
        (void)kube_error_no_memory(err);
        return KUBE_ERR_PARTIAL;
    }
    (void)collect(snapshot, stale, failures);
    compose(failures, count, err);
    kube__free(failures);
    return KUBE_ERR_PARTIAL;
}

kube_status kube_discovery_snapshot_failures(const kube_discovery_snapshot *snapshot, kube_error **err)
{
    return kube__partial_error(snapshot, true, err);
}
