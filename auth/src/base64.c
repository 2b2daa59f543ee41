#include "base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

bool kube__base64_decode(kube_str text, char *out, size_t *out_len)
{
    uint32_t group = 0;
    size_t digits = 0, padding = 0, len = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        int value = value_of(c);

        if (c == '\n' || c == '\r')
            continue;
        if (c == '=' && digits % 4 + padding >= 2 && digits % 4 + padding < 4) {
            padding++;
            continue;
        }
        if (value < 0 || padding != 0)
            return false;
        group = group << 6 | (uint32_t)value;
        digits++;
        if (digits % 4 == 0) {
            out[len++] = (char)(group >> 16 & 0xff);
            out[len++] = (char)(group >> 8 & 0xff);
            out[len++] = (char)(group & 0xff);
            group = 0;
        }
    }
    if ((digits + padding) % 4 != 0)
        return false;
    if (digits % 4 == 2)
        out[len++] = (char)(group >> 4 & 0xff);
    if (digits % 4 == 3) {
        out[len++] = (char)(group >> 10 & 0xff);
        out[len++] = (char)(group >> 2 & 0xff);
    }
    *out_len = len;
    return true;
}

void kube__base64_append(kube_buf *buf, kube_str bytes)
{
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t group = (uint32_t)(unsigned char)bytes.data[i] << 16;
        char quad[4] = { 0, 0, '=', '=' };

        if (n > 1)
            group |= (uint32_t)(unsigned char)bytes.data[i + 1] << 8;
        if (n > 2)
            group |= (unsigned char)bytes.data[i + 2];
        quad[0] = alphabet[group >> 18];
        quad[1] = alphabet[group >> 12 & 63];
        if (n > 1)
            quad[2] = alphabet[group >> 6 & 63];
        if (n > 2)
            quad[3] = alphabet[group & 63];
        kube_buf_append(buf, kube_str_n(quad, sizeof quad));
    }
}
