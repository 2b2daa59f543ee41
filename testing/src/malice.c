/* The catalogue: each kind of malice is a fault that the stub knows, or an answer made for it. */
#include "malice.h"

#include "apiserver.h"

#include <kube/sys/error.h>

#include <string.h>

enum { ANSWER_BYTES = 64 << 20 };

typedef struct malice {
    const char *name;
    const char *fault; /* as text; NULL: the bytes */
    kube__malice_bytes *bytes;
} malice;

static const malice catalogue[] = {
    { "no-handshake", "/ no-handshake", NULL },
    { "stalled-head", "/ stall-after=20", NULL },
    { "stalled-body", "/ stall-after=2000", NULL },
    { "slow-bytes", "/ slow=1/1000", NULL },
    { "closed-head", "/ close-after=20", NULL },
    { "closed-body", "/ close-after=2000", NULL },
    { "reset-at-once", "/ reset-after=0", NULL },
    { "reset-body", "/ reset-after=2000", NULL },
    { "short-length", "/ length=-100", NULL },
    { "long-length", "/ length=+1000000", NULL },
    { "endless-headers", "/ endless-headers", NULL },
    { "endless-body", "/ endless", NULL },
    { "gzip-bomb", "/ gzip-bomb", NULL },
    { "endless-refusals", "/ status=401", NULL },
    { "endless-patience", "/ status=429 retry-after=4294967295", NULL },
    { "header-flood", NULL, kube__malice_header_flood },
    { "long-header", NULL, kube__malice_long_header },
    { "interim-flood", NULL, kube__malice_interim_flood },
    { "chunk-nonsense", NULL, kube__malice_chunk_nonsense },
    { "chunk-huge", NULL, kube__malice_chunk_huge },
    { "two-lengths", NULL, kube__malice_two_lengths },
    { "negative-length", NULL, kube__malice_negative_length },
    { "damaged-gzip", NULL, kube__malice_damaged_gzip },
    { "redirect-elsewhere", NULL, kube__malice_redirect_elsewhere },
    { "redirect-loop", NULL, kube__malice_redirect_loop },
    { "redirect-file", NULL, kube__malice_redirect_script },
    { "no-http", NULL, kube__malice_no_http },
    { "odd-status", NULL, kube__malice_odd_status },
    { "unasked-304", NULL, kube__malice_unasked_304 },
    { "upgrade", NULL, kube__malice_upgrade },
    { "empty", NULL, kube__malice_empty },
    { "deep-nesting", NULL, kube__malice_deep_nesting },
    { "escapes-in-status", NULL, kube__malice_escapes_in_status },
    { "escapes-in-names", NULL, kube__malice_escapes_in_names },
    { "duplicate-groups", NULL, kube__malice_duplicate_groups },
    { "duplicate-keys", NULL, kube__malice_duplicate_keys },
    { "many-resources", NULL, kube__malice_many_resources },
    { "many-groups", NULL, kube__malice_many_groups },
    { "long-names", NULL, kube__malice_long_names },
    { "nul-in-names", NULL, kube__malice_nul_in_names },
    { "not-utf8", NULL, kube__malice_not_utf8 },
    { "path-names", NULL, kube__malice_path_names },
    { "huge-numbers", NULL, kube__malice_huge_numbers },
};

enum { COUNT = sizeof catalogue / sizeof catalogue[0] };

size_t kube_testing_malice_count(void)
{
    return COUNT;
}

const char *kube_testing_malice_name(size_t i)
{
    return i < COUNT ? catalogue[i].name : NULL;
}

static kube_status add_answer(kube_testing_apiserver *server, kube__malice_bytes *bytes, unsigned *id, kube_error **err)
{
    kube_testing_fault fault = KUBE_TESTING_FAULT_INIT;
    kube_buf answer = KUBE_BUF_INIT(ANSWER_BYTES);
    kube_status st;

    bytes(&answer);
    st = kube_buf_status(&answer, err);
    if (st == KUBE_OK) {
        fault.body = KUBE_TESTING_BODY_RAW;
        fault.bytes = answer.data;
        fault.bytes_len = answer.len;
        st = kube_testing_apiserver_add_fault(server, &fault, id, err);
    }
    kube_buf_clear(&answer);
    return st;
}

static kube_status no_such(const char *name, kube_error **err)
{
    kube_buf names = KUBE_BUF_INIT(4096);
    kube_status st = KUBE_ERR_NOT_FOUND;

    for (size_t i = 0; i < COUNT; i++)
        kube_buf_append_f(&names, "%s%s", i > 0 ? ", " : "", catalogue[i].name);
    if (kube_buf_status(&names, NULL) == KUBE_OK)
        (void)kube_error_set(err, st, "there is no malice called \"%.100s\", but %s", name, names.data);
    else
        st = kube_error_no_memory(err);
    kube_buf_clear(&names);
    return st;
}

kube_status kube_testing_apiserver_add_malice(kube_testing_apiserver *server, const char *name, unsigned *id,
                                              kube_error **err)
{
    for (size_t i = 0; i < COUNT; i++) {
        const malice *m = &catalogue[i];

        if (strcmp(m->name, name) != 0)
            continue;
        return m->fault != NULL ? kube_testing_apiserver_add_fault_text(server, m->fault, id, err)
                                : add_answer(server, m->bytes, id, err);
    }
    return no_such(name, err);
}
