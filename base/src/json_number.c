/* Numbers: text that the reader has checked, turned into values. */
#include "json_reader.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>

enum { DOUBLE_MAX_BYTES = 1023 };

static bool fail_number(kube_json_reader *r, kube_status status, const char *problem)
{
    kube__json_reader_fail_at(r, status, r->token, problem);
    return false;
}

bool kube_json_reader_read_int64(kube_json_reader *r, int64_t *out)
{
    const char *p = r->at;
    uint64_t value = 0, limit;
    bool negative;

    *out = 0;
    if (!kube__json_reader_read_number(r))
        return false;
    if (r->kind == KUBE_JSON_TOKEN_NULL)
        return true;

    negative = *p == '-';
    limit = (uint64_t)INT64_MAX + negative;
    for (p += negative; p < r->token_end; p++) {
        unsigned digit = (unsigned)(json_byte(p) - '0');

        if (digit > 9)
            return fail_number(r, KUBE_ERR_PARSE, "expected an integer, found a number with a fraction or exponent");
        if (value > (limit - digit) / 10)
            return fail_number(r, KUBE_ERR_LIMIT, "an integer beyond 64 bits");
        value = value * 10 + digit;
    }
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

/* strtod() with a point for a point, whatever the process has set. The locale "C" is static in glibc and musl: making
 * it cannot fail there, and costs nothing. */
static bool to_double(const char *text, double *out)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0), old;

    if (c == (locale_t)0)
        return false;
    old = uselocale(c);
    *out = strtod(text, NULL);
    uselocale(old);
    freelocale(c);
    return true;
}

bool kube_json_reader_read_double(kube_json_reader *r, double *out)
{
    char text[DOUBLE_MAX_BYTES + 1];
    kube_str raw;
    double value;

    *out = 0;
    if (!kube__json_reader_read_number(r))
        return false;
    if (r->kind == KUBE_JSON_TOKEN_NULL)
        return true;

    raw = kube_json_reader_raw(r);
    if (raw.len > DOUBLE_MAX_BYTES)
        return fail_number(r, KUBE_ERR_LIMIT, "a number too long to be converted");
    memcpy(text, raw.data, raw.len);
    text[raw.len] = '\0';
    if (!to_double(text, &value))
        return fail_number(r, KUBE_ERR_OUT_OF_MEMORY, "no memory for the C locale");
    if (isinf(value))
        return fail_number(r, KUBE_ERR_LIMIT, "a number beyond the range of double");
    *out = value;
    return true;
}
