#include "escape.h"

#include <stdbool.h>
#include <string.h>

/* How many bytes the character at the start of the text has; 0 when it has to be escaped. */
static size_t plain_character(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t bytes;

    if (p[0] < 0x80)
        return p[0] >= 0x20 && p[0] != 0x7f ? 1 : 0;
    if (p[0] < 0xc2 || p[0] > 0xf4)
        return 0;
    bytes = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    for (size_t i = 1; i < bytes; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    /* The control characters beyond ASCII, overlong forms, surrogates, and what lies beyond Unicode. */
    if ((p[0] == 0xc2 && p[1] < 0xa0) || (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return bytes;
}

size_t escaped_width(const char *text)
{
    size_t width = 0;

    while (*text != '\0') {
        size_t bytes = plain_character(text);

        width += bytes != 0 ? 1 : strlen("\\xNN");
        text += bytes != 0 ? bytes : 1;
    }
    return width;
}

void write_escaped(FILE *out, const char *text)
{
    while (*text != '\0') {
        size_t bytes = plain_character(text);

        if (bytes != 0)
            fwrite(text, 1, bytes, out);
        else
            fprintf(out, "\\x%02x", (unsigned char)*text);
        text += bytes != 0 ? bytes : 1;
    }
}
