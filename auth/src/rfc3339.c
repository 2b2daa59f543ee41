#include "rfc3339.h"

typedef struct cursor {
    const char *p, *end;
    bool        ok;
} cursor;

static int digits(cursor *c, int count)
{
    int value = 0;

    for (int i = 0; i < count && c->ok; i++) {
        if (c->p == c->end || *c->p < '0' || *c->p > '9')
            c->ok = false;
        else
            value = value * 10 + (*c->p++ - '0');
    }
    return value;
}

static bool next_is(cursor *c, const char *any)
{
    if (!c->ok || c->p == c->end || *c->p == '\0' || strchr(any, *c->p) == NULL)
        return false;
    c->p++;
    return true;
}

static void expect(cursor *c, const char *any)
{
    if (!next_is(c, any))
        c->ok = false;
}

/* Days since 1970-01-01 in the Gregorian calendar, counting years from March so that the leap day comes last. */
static int64_t days_since_1970(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

static int days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

/* ".123456789": what is finer than a millisecond is cut off. */
static int fraction_ms(cursor *c)
{
    int ms = 0, weight = 100;

    if (c->p == c->end || *c->p < '0' || *c->p > '9')
        c->ok = false;
    while (c->p < c->end && *c->p >= '0' && *c->p <= '9') {
        ms += (*c->p++ - '0') * weight;
        weight /= 10;
    }
    return ms;
}

/* "Z", or the offset that was added to UTC, in minutes. */
static int offset_minutes(cursor *c)
{
    bool negative;
    int hours, minutes;

    if (next_is(c, "Zz"))
        return 0;
    negative = c->p < c->end && *c->p == '-';
    expect(c, "+-");
    hours = digits(c, 2);
    expect(c, ":");
    minutes = digits(c, 2);
    if (hours > 23 || minutes > 59)
        c->ok = false;
    return (negative ? -1 : 1) * (hours * 60 + minutes);
}

bool kube__rfc3339_parse(kube_str text, int64_t *unix_ms)
{
    cursor c = { text.data, text.data + text.len, text.len != 0 };
    int year, month, day, hour, minute, second, offset, ms = 0;

    year = digits(&c, 4);
    expect(&c, "-");
    month = digits(&c, 2);
    expect(&c, "-");
    day = digits(&c, 2);
    expect(&c, "Tt");
    hour = digits(&c, 2);
    expect(&c, ":");
    minute = digits(&c, 2);
    expect(&c, ":");
    second = digits(&c, 2);
    if (next_is(&c, "."))
        ms = fraction_ms(&c);
    offset = offset_minutes(&c);
    if (!c.ok || c.p != c.end || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 ||
        minute > 59 || second > 59)
        return false;
    second += hour * 3600 + (minute - offset) * 60;
    *unix_ms = (days_since_1970(year, month, day) * 86400 + second) * 1000 + ms;
    return true;
}
