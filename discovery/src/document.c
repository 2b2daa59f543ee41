/* Reading the values that all documents have. */
#include "decode.h"

#include <kube/sys/error.h>

#include <string.h>

enum { ESCAPE_MAX_BYTES = 6 }; /* \u0041 is one byte of text */

void kube__document_init(kube__document *d, kube_discovery_snapshot_builder *b, const char *kind, kube_str bytes)
{
    d->b = b;
    d->kind = kind;
    d->wrong_kind[0] = '\0';
    kube_json_reader_init(&d->r, bytes);
}

kube_status kube__document_finish(kube__document *d, kube_error **err)
{
    /* The builder's failure first: what it made the decoder leave out must not be blamed on the document. */
    kube_status st = kube__builder_status(d->b, err);

    if (st == KUBE_OK)
        st = kube_json_reader_finish(&d->r, err);
    if (st == KUBE_OK)
        return st;
    if (d->wrong_kind[0] != '\0')
        return kube_error_wrap(err, st, "its kind is %s, not %s", d->wrong_kind, d->kind);
    return kube_error_wrap(err, st, "%s", d->kind);
}

kube__text kube__read_text(kube__document *d, bool *unclean)
{
    kube_discovery_snapshot_builder *b = d->b;
    kube_json_string value;
    kube__text text;
    kube_str plain;

    if (!kube_json_reader_read_string(&d->r, &value))
        return 0;
    if (value.raw.len > KUBE__TEXT_MAX_BYTES * ESCAPE_MAX_BYTES) {
        *unclean = true;
        return 0;
    }
    plain = value.raw;
    if (value.escaped) {
        kube_buf_reset(&b->scratch);
        plain = kube_json_string_text(value, &b->scratch);
        b->in.failure = kube_buf_status(&b->scratch, NULL); /* of one that has failed nothing is read */
    }
    text = plain.len <= KUBE__TEXT_MAX_BYTES ? kube__intern_text(&b->in, plain) : KUBE__TEXT_UNCLEAN;
    if (text == KUBE__TEXT_UNCLEAN)
        *unclean = true;
    return text < KUBE__TEXT_FAILED ? text : 0;
}

kube__text_list kube__read_texts(kube__document *d, bool *unclean)
{
    kube_discovery_snapshot_builder *b = d->b;
    kube__text_list list;

    if (kube_json_reader_read_null(&d->r))
        return 0;
    b->scratch_count = 0;
    kube_json_reader_enter_array(&d->r);
    while (kube__next_element(d)) {
        kube__text text = kube__read_text(d, unclean);

        if (b->scratch_count == KUBE__LIST_MAX)
            *unclean = true;
        else
            (void)kube__builder_push_text(b, text);
    }
    list = kube__intern_list(&b->in, b->scratch_texts, b->scratch_count);
    return list < KUBE__TEXT_FAILED ? list : 0;
}

bool kube__read_is(kube__document *d, const char *text)
{
    kube_json_string value;

    return kube_json_reader_read_string(&d->r, &value) && kube_json_string_is(value, text);
}

void kube__check_kind(kube__document *d)
{
    kube_json_string value;
    size_t len;

    if (!kube_json_reader_read_string(&d->r, &value) || value.raw.len == 0 || kube_json_string_is(value, d->kind))
        return;
    len = value.raw.len < sizeof d->wrong_kind ? value.raw.len : sizeof d->wrong_kind - 1;
    memcpy(d->wrong_kind, value.raw.data, len);
    d->wrong_kind[len] = '\0';
    kube_json_reader_fail(&d->r, "another kind of document was expected");
}
