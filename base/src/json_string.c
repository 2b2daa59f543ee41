/* Decoding strings. The reader has checked them: here every escape is whole and every surrogate has its pair. */
#include <kube/base/json.h>

#include "json_scan.h"

enum { CHUNK_MAX = 4 }; /* bytes that one escape decodes to */

static size_t encode_utf8(unsigned code, char *dst)
{
    if (code < 0x80) {
        dst[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        dst[0] = (char)(0xc0 | code >> 6);
        dst[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        dst[0] = (char)(0xe0 | code >> 12);
        dst[1] = (char)(0x80 | (code >> 6 & 0x3f));
        dst[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    dst[0] = (char)(0xf0 | code >> 18);
    dst[1] = (char)(0x80 | (code >> 12 & 0x3f));
    dst[2] = (char)(0x80 | (code >> 6 & 0x3f));
    dst[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

/* p stands at "\uXXXX"; returns how long the escape is, its second surrogate included. */
static size_t decode_unicode(const char *p, char *dst, size_t *dst_len)
{
    unsigned code = (unsigned)kube__json_hex4(p + 2);

    if (code < 0xd800 || code > 0xdfff) {
        *dst_len = encode_utf8(code, dst);
        return 6;
    }
    code = 0x10000 + ((code & 0x3ff) << 10) + ((unsigned)kube__json_hex4(p + 8) & 0x3ff);
    *dst_len = encode_utf8(code, dst);
    return 12;
}

/* p stands at a backslash; returns how long the escape is. */
static size_t decode_escape(const char *p, char *dst, size_t *dst_len)
{
    static const char names[] = "bfnrt", values[] = "\b\f\n\r\t";
    const char *name;

    if (p[1] == 'u')
        return decode_unicode(p, dst, dst_len);
    name = strchr(names, p[1]);
    dst[0] = *(name != NULL ? &values[name - names] : &p[1]);
    *dst_len = 1;
    return 2;
}

/* The next piece of a string's text: a run without escapes, where it stands, or one escape, decoded into `chunk`. False
 * at the end. */
static bool next_piece(kube_str *rest, char chunk[CHUNK_MAX], kube_str *piece)
{
    const char *backslash;
    size_t used;

    if (rest->len == 0)
        return false;
    backslash = memchr(rest->data, '\\', rest->len);
    if (backslash == rest->data) {
        used = decode_escape(rest->data, chunk, &piece->len);
        piece->data = chunk;
    } else {
        used = backslash != NULL ? (size_t)(backslash - rest->data) : rest->len;
        *piece = kube_str_n(rest->data, used);
    }
    *rest = kube_str_n(rest->data + used, rest->len - used);
    return true;
}

bool kube_json_string_equal(kube_json_string s, kube_str text)
{
    kube_str rest = s.raw, piece;
    char chunk[CHUNK_MAX];

    if (s.escaped == 0)
        return kube_str_equal(s.raw, text);
    while (next_piece(&rest, chunk, &piece)) {
        if (piece.len > text.len || memcmp(piece.data, text.data, piece.len) != 0)
            return false;
        text = kube_str_n(text.data + piece.len, text.len - piece.len);
    }
    return text.len == 0;
}

size_t kube_json_string_copy(kube_json_string s, char *dst)
{
    kube_str rest = s.raw, piece;
    char chunk[CHUNK_MAX];
    size_t len = 0;

    if (s.escaped == 0) {
        if (s.raw.len != 0)
            memcpy(dst, s.raw.data, s.raw.len);
        return s.raw.len;
    }
    while (next_piece(&rest, chunk, &piece)) {
        memcpy(dst + len, piece.data, piece.len);
        len += piece.len;
    }
    return len;
}

void kube_json_string_append(kube_json_string s, kube_buf *out)
{
    kube_str rest = s.raw, piece;
    char chunk[CHUNK_MAX];

    if (s.escaped == 0) {
        kube_buf_append(out, s.raw);
        return;
    }
    while (next_piece(&rest, chunk, &piece))
        kube_buf_append(out, piece);
}

kube_str kube_json_string_text(kube_json_string s, kube_buf *scratch)
{
    if (s.escaped == 0)
        return s.raw;
    if (kube_buf_status(scratch, NULL) == KUBE_OK) {
        kube_buf_reset(scratch);
        kube_json_string_append(s, scratch);
    }
    return kube_buf_status(scratch, NULL) == KUBE_OK ? kube_buf_str(scratch) : kube_str_n(NULL, 0);
}

bool kube_json_string_has_nul(kube_json_string s)
{
    kube_str rest = s.raw, piece;
    char chunk[CHUNK_MAX];

    if (s.escaped == 0) /* a NUL byte in a document is a control character, which the reader refuses */
        return false;
    while (next_piece(&rest, chunk, &piece))
        if (memchr(piece.data, '\0', piece.len) != NULL)
            return true;
    return false;
}
