/* The lexical half of the JSON reader: pure functions over [p, end) that read no byte outside it. */
#ifndef KUBE_JSON_SCAN_H
#define KUBE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define KUBE__LIKELY(x) __builtin_expect(!!(x), 1)
#define KUBE__UNLIKELY(x) __builtin_expect(!!(x), 0)
#define KUBE__COLD __attribute__((cold, noinline))

/* Where a scan stopped. problem is NULL when it found what it looked for. */
typedef struct json_scan {
    const char *at;
    const char *problem;
} json_scan;

#define JSON__TOO_SHORT "the document ends too early"

static inline unsigned char json_byte(const char *p)
{
    return (unsigned char)*p;
}

static inline bool json_is_digit(const char *p)
{
    return (unsigned char)(json_byte(p) - '0') < 10;
}

static inline bool json_is_space(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline const char *json_skip_space(const char *p, const char *end)
{
    while (p < end && KUBE__UNLIKELY(json_byte(p) <= ' ') && json_is_space(json_byte(p)))
        p++;
    return p;
}

/* Eight bytes with the first one in the lowest byte, whatever the machine's byte order and alignment rules. */
static inline uint64_t json_load8(const char *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof v);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

/* Marks, in their highest bits, the bytes that end a run of plain characters: '"', '\\', control and non-ASCII. A
 * borrow can mark a byte too many, but only above one that is marked rightly: the lowest mark is exact. */
static inline uint64_t json_special8(uint64_t v)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t quote = (v ^ (ones * '"')) - ones;
    uint64_t backslash = (v ^ (ones * '\\')) - ones;
    uint64_t control = v - ones * ' ';

    return (quote | backslash | control | v) & (ones * 0x80);
}

static inline bool json_is_plain(unsigned char c)
{
    return c >= ' ' && c < 0x80 && c != '"' && c != '\\';
}

/* The first byte of [p, end) that is not a plain character of a string, or end. */
static inline const char *json_skip_plain(const char *p, const char *end)
{
    while (end - p >= 8) {
        uint64_t special = json_special8(json_load8(p));

        if (special != 0)
            return p + (__builtin_ctzll(special) >> 3);
        p += 8;
    }
    while (p < end && json_is_plain(json_byte(p)))
        p++;
    return p;
}

/* p stands behind the opening quote of a string; the rest of it, from the first byte that is not plain. Stops at the
 * closing quote. */
json_scan kube__json_scan_string(const char *p, const char *end, bool *escaped);

/* p stands at '-' or a digit; stops behind the number. */
json_scan kube__json_scan_number(const char *p, const char *end);

/* The four hexadecimal digits at p, which were checked before or are there to be checked; -1 when they are not. */
int kube__json_hex4(const char *p);

#endif
