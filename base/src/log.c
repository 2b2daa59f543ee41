#include <kube/base/log.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

enum { MESSAGE_MAX_BYTES = 1024 };

/* Copies with control bytes as \xNN, so that foreign text can neither forge a line nor drive a terminal. In UTF-8 a
 * second set of them, U+0080 to U+009F, is 0xc2 and a byte below 0xa0; a terminal obeys those as well. */
static void escape_controls(char *out, size_t out_size, const char *text)
{
    static const char hex[] = "0123456789abcdef";
    const unsigned char *in = (const unsigned char *)text;
    size_t used = 0;

    for (bool second = false; *in != 0 && used + 5 < out_size; in++) {
        bool first = *in == 0xc2 && in[1] >= 0x80 && in[1] < 0xa0;

        if (*in >= 0x20 && *in != 0x7f && !first && !second) {
            out[used++] = (char)*in;
            continue;
        }
        second = first;
        out[used++] = '\\';
        out[used++] = 'x';
        out[used++] = hex[*in >> 4];
        out[used++] = hex[*in & 15];
    }
    out[used] = '\0';
}

void kube_log(const kube_logger *logger, kube_log_level level, const char *format, ...)
{
    char raw[MESSAGE_MAX_BYTES], message[MESSAGE_MAX_BYTES];
    va_list args;

    if (logger == NULL || logger->fn == NULL ||
        level > (logger->level != 0 ? logger->level : KUBE_LOG_WARNING))
        return;
    va_start(args, format);
    if (vsnprintf(raw, sizeof raw, format, args) < 0)
        raw[0] = '\0';
    va_end(args);
    escape_controls(message, sizeof message, raw);
    logger->fn(logger->user, level, message);
}
