#include "install_hint.h"

#include <kube/base/buf.h>

#include <stdint.h>

enum { MAX_BYTES = 4096 };

/* What is no letter, mark, number, punctuation, symbol or separator, as far as that can be told without Unicode's
 * tables: code points that nobody has assigned yet pass. Tabs and line ends pass too. */
static bool is_harmless(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } refused[] = {
        { 0x00, 0x08 },       { 0x0e, 0x1f },       { 0x7f, 0x9f },       { 0xad, 0xad },
        { 0x600, 0x605 },     { 0x61c, 0x61c },     { 0x6dd, 0x6dd },     { 0x70f, 0x70f },
        { 0x180e, 0x180e },   { 0x200b, 0x200f },   { 0x202a, 0x202e },   { 0x2060, 0x206f },
        { 0xd800, 0xf8ff },   { 0xfdd0, 0xfdef },   { 0xfeff, 0xfeff },   { 0xfff0, 0xfffb },
        { 0xfffe, 0xffff },   { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0x10ffff },
    };

    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (c >= refused[i].first && c <= refused[i].last)
            return c >= 0xe0100 && c <= 0xe01ef; /* variation selectors are marks */
    }
    return true;
}

/* One character, and its length; U+FFFD and one byte for what is no UTF-8. */
static uint32_t decode(kube_str text, size_t *len)
{
    static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    unsigned char lead = (unsigned char)text.data[0];
    size_t n = lead < 0x80 ? 1 : lead >= 0xf0 && lead < 0xf5 ? 4 : lead >= 0xe0 && lead < 0xf0 ? 3
             : lead >= 0xc2 && lead < 0xe0 ? 2 : 0;
    uint32_t c = n == 1 ? lead : n == 2 ? lead & 0x1fu : n == 3 ? lead & 0x0fu : lead & 0x07u;

    *len = 1;
    if (n == 0 || n > text.len)
        return 0xfffd;
    for (size_t i = 1; i < n; i++) {
        unsigned char next = (unsigned char)text.data[i];

        if ((next & 0xc0) != 0x80)
            return 0xfffd;
        c = c << 6 | (next & 0x3fu);
    }
    if (c < smallest[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0xfffd;
    *len = n;
    return c;
}

char *kube__install_hint(kube__pool *pool, kube_str text)
{
    kube_buf out = KUBE_BUF_INIT(MAX_BYTES);
    char *copy = NULL;

    while (text.len != 0 && out.failure == KUBE_OK) {
        size_t len;
        uint32_t c = decode(text, &len);

        if (is_harmless(c) && !(c == 0xfffd && len == 1))
            kube_buf_append(&out, kube_str_n(text.data, len));
        else
            kube_buf_append_f(&out, "U+%04X", (unsigned)c);
        text.data += len;
        text.len -= len;
    }
    if (out.failure != KUBE_ERR_OUT_OF_MEMORY) /* what is longer is cut at a character */
        copy = kube__pool_strndup(pool, kube_buf_str(&out));
    kube_buf_clear(&out);
    return copy;
}
