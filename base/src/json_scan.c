/* What is rare in Kubernetes' documents: strings with escapes or non-ASCII text, and numbers. */
#include "json_scan.h"

static json_scan stopped(const char *at, const char *problem)
{
    return (json_scan){ at, problem };
}

static int hex_digit(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int kube__json_hex4(const char *p)
{
    int a = hex_digit(json_byte(p)), b = hex_digit(json_byte(p + 1));
    int c = hex_digit(json_byte(p + 2)), d = hex_digit(json_byte(p + 3));

    if (a < 0 || b < 0 || c < 0 || d < 0)
        return -1;
    return a << 12 | b << 8 | c << 4 | d;
}

/* p stands behind "\u". A high surrogate must be followed by an escaped low one, and a low one comes only so. */
static json_scan scan_unicode_escape(const char *p, const char *end)
{
    const char *escape = p - 2;
    int code, low;

    if (end - p < 4)
        return stopped(end, JSON__TOO_SHORT);
    code = kube__json_hex4(p);
    if (code < 0)
        return stopped(escape, "\\u needs four hexadecimal digits");
    p += 4;
    if (code < 0xd800 || code > 0xdfff)
        return stopped(p, NULL);
    if (code >= 0xdc00)
        return stopped(escape, "a low surrogate without a high one before it");
    if (end - p < 6)
        return stopped(escape, "a high surrogate without a low one behind it");
    low = p[0] == '\\' && p[1] == 'u' ? kube__json_hex4(p + 2) : -1;
    if (low < 0xdc00 || low > 0xdfff)
        return stopped(escape, "a high surrogate without a low one behind it");
    return stopped(p + 6, NULL);
}

/* p stands at a backslash. */
static json_scan scan_escape(const char *p, const char *end)
{
    if (end - p < 2)
        return stopped(end, JSON__TOO_SHORT);
    switch (p[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return stopped(p + 2, NULL);
    case 'u':
        return scan_unicode_escape(p + 2, end);
    default:
        return stopped(p, "an unknown escape");
    }
}

/* How many bytes the UTF-8 sequence at p has, or 0 when it is none: overlong forms, surrogates and code points beyond
 * U+10FFFF show in the second byte. */
static size_t utf8_length(const char *p, const char *end)
{
    unsigned char lead = json_byte(p), low = 0x80, high = 0xbf;
    size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

    if (lead < 0xc2 || lead > 0xf4 || (size_t)(end - p) < length)
        return 0;
    if (lead == 0xe0)
        low = 0xa0;
    else if (lead == 0xed)
        high = 0x9f;
    else if (lead == 0xf0)
        low = 0x90;
    else if (lead == 0xf4)
        high = 0x8f;
    if (json_byte(p + 1) < low || json_byte(p + 1) > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((json_byte(p + i) & 0xc0) != 0x80)
            return 0;
    return length;
}

/* p stands at a byte that is not ASCII. */
static json_scan scan_utf8(const char *p, const char *end)
{
    while (p < end && json_byte(p) >= 0x80) {
        size_t length = utf8_length(p, end);

        if (length == 0)
            return stopped(p, "not UTF-8");
        p += length;
    }
    return stopped(p, NULL);
}

json_scan kube__json_scan_string(const char *p, const char *end, bool *escaped)
{
    json_scan s = { p, NULL };

    while (s.problem == NULL) {
        s.at = json_skip_plain(s.at, end);
        if (s.at == end)
            return stopped(end, JSON__TOO_SHORT);
        if (*s.at == '"')
            return s;
        if (*s.at == '\\') {
            *escaped = true;
            s = scan_escape(s.at, end);
        } else if (json_byte(s.at) >= 0x80) {
            s = scan_utf8(s.at, end);
        } else {
            s.problem = "a control character in a string";
        }
    }
    return s;
}

/* One digit or more. */
static json_scan scan_digits(const char *p, const char *end)
{
    if (p == end)
        return stopped(end, JSON__TOO_SHORT);
    if (!json_is_digit(p))
        return stopped(p, "a digit is missing in a number");
    while (p < end && json_is_digit(p))
        p++;
    return stopped(p, NULL);
}

json_scan kube__json_scan_number(const char *p, const char *end)
{
    json_scan s = { p, NULL };

    if (*s.at == '-')
        s.at++;
    if (s.at < end && *s.at == '0')
        s.at++;
    else
        s = scan_digits(s.at, end);
    if (s.problem == NULL && s.at < end && *s.at == '.')
        s = scan_digits(s.at + 1, end);
    if (s.problem == NULL && s.at < end && (*s.at == 'e' || *s.at == 'E')) {
        s.at++;
        if (s.at < end && (*s.at == '+' || *s.at == '-'))
            s.at++;
        s = scan_digits(s.at, end);
    }
    return s;
}
