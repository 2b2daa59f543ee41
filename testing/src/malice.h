/* The bytes of answers that are meant to harm. */
#ifndef KUBE_TESTING_SRC_MALICE_H
#define KUBE_TESTING_SRC_MALICE_H

#include <kube/base/buf.h>

/* Appends an answer, from its status line on, or a body. */
typedef void kube__malice_bytes(kube_buf *out);

kube__malice_bytes kube__malice_header_flood, kube__malice_long_header, kube__malice_interim_flood,
    kube__malice_chunk_nonsense, kube__malice_chunk_huge, kube__malice_two_lengths, kube__malice_negative_length,
    kube__malice_damaged_gzip, kube__malice_redirect_elsewhere, kube__malice_redirect_loop,
    kube__malice_redirect_script, kube__malice_no_http, kube__malice_odd_status, kube__malice_unasked_304,
    kube__malice_upgrade, kube__malice_deep_nesting, kube__malice_escapes_in_status, kube__malice_escapes_in_names,
    kube__malice_duplicate_groups, kube__malice_duplicate_keys, kube__malice_many_resources, kube__malice_many_groups,
    kube__malice_long_names, kube__malice_nul_in_names, kube__malice_not_utf8, kube__malice_path_names,
    kube__malice_huge_numbers, kube__malice_empty;

#endif
