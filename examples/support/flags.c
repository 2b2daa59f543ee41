#include "flags.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 1000 };

/* Where the command line is being read. */
typedef struct reading {
    int    argc, next;
    char **argv;
    char  *message;
} reading;

static flags_result wrong(const reading *r, const char *what, const char *about)
{
    snprintf(r->message, FLAGS_MESSAGE_BYTES, "%s %.150s", what, about);
    return FLAGS_WRONG;
}

bool words_add(words *list, const char *text, size_t len)
{
    char **items = list->count < WORDS_MAX ? realloc(list->items, (list->count + 1) * sizeof *items) : NULL;

    if (items == NULL)
        return false;
    list->items = items;
    items[list->count] = strndup(text, len);
    if (items[list->count] == NULL)
        return false;
    list->count++;
    return true;
}

bool words_have(const words *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], text) == 0)
            return true;
    }
    return false;
}

void words_clear(words *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    memset(list, 0, sizeof *list);
}

static bool add_words(words *list, const char *value)
{
    bool ok = true;

    while (ok && *value != '\0') {
        size_t len = strcspn(value, ",");

        ok = words_add(list, value, len);
        value += len;
        if (*value == ',' && *++value == '\0')
            ok = ok && words_add(list, "", 0);
    }
    return ok;
}

static bool parse_switch(const char *value, bool *to)
{
    static const char *const yes[] = { "1", "t", "T", "true", "TRUE", "True" };
    static const char *const no[] = { "0", "f", "F", "false", "FALSE", "False" };

    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        if (strcmp(value, yes[i]) == 0 || strcmp(value, no[i]) == 0) {
            *to = strcmp(value, yes[i]) == 0;
            return true;
        }
    }
    return false;
}

/* The unit's milliseconds, and the text behind it. 0: no such unit. */
static int64_t take_unit(const char **text)
{
    static const struct {
        const char *name;
        int64_t     ms;
    } units[] = { { "ms", 1 }, { "s", 1000 }, { "m", INT64_C(60) * 1000 }, { "h", INT64_C(3600) * 1000 } };

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t len = strlen(units[i].name);

        if (strncmp(*text, units[i].name, len) == 0) {
            *text += len;
            return units[i].ms;
        }
    }
    return 0;
}

static bool parse_duration(const char *value, int64_t *to)
{
    const int64_t max_ms = (int64_t)1000 * 60 * 60 * 24 * 365;
    int64_t total = 0;

    if (*value == '\0')
        return false;
    for (const char *p = value; *p != '\0';) {
        char *end;
        long long number;
        int64_t unit;

        if (*p < '0' || *p > '9')
            return false;
        errno = 0;
        number = strtoll(p, &end, 10);
        unit = *end == '\0' && p == value ? 1000 : take_unit((const char **)&end);
        if (errno != 0 || unit == 0 || number > max_ms / unit || total > max_ms - number * unit)
            return false;
        total += number * unit;
        p = end;
    }
    *to = total;
    return true;
}

static flags_result set(const reading *r, const flag *f, const char *value)
{
    bool ok = true;

    if (f->given != NULL)
        *f->given = true;
    switch (f->kind) {
    case FLAG_TEXT:
        *(const char **)f->to = value;
        break;
    case FLAG_SWITCH:
        ok = parse_switch(value, f->to);
        break;
    case FLAG_WORDS:
        ok = add_words(f->to, value);
        break;
    case FLAG_TEXTS:
        ok = words_add(f->to, value, strlen(value));
        break;
    case FLAG_DURATION:
        ok = parse_duration(value, f->to);
        break;
    case FLAG_HELP:
        return FLAGS_HELP;
    }
    return ok ? FLAGS_OK : wrong(r, "not a usable value for the flag", f->name);
}

static bool needs_value(const flag *f)
{
    return f->kind != FLAG_SWITCH && f->kind != FLAG_HELP;
}

/* The value is what was attached to the flag; NULL: nothing was. */
static flags_result apply(reading *r, const flag *f, const char *value)
{
    if (value == NULL && !needs_value(f))
        value = "true";
    if (value == NULL && r->next < r->argc)
        value = r->argv[r->next++];
    if (value == NULL)
        return wrong(r, "a value is missing for the flag", f->name);
    return set(r, f, value);
}

static flags_result read_long(reading *r, const flag *flags, size_t count, const char *text)
{
    size_t len = strcspn(text, "=");

    for (size_t i = 0; i < count; i++) {
        if (strlen(flags[i].name) == len && strncmp(flags[i].name, text, len) == 0)
            return apply(r, &flags[i], text[len] == '=' ? text + len + 1 : NULL);
    }
    return wrong(r, "unknown flag", text - 2);
}

/* -o wide, -o=wide, -owide; letters that need no value may stand together. */
static flags_result read_short(reading *r, const flag *flags, size_t count, const char *letters)
{
    flags_result result = FLAGS_OK;

    while (result == FLAGS_OK && *letters != '\0') {
        const flag *f = NULL;
        char letter = *letters++;

        for (size_t i = 0; i < count; i++) {
            if (flags[i].letter == letter)
                f = &flags[i];
        }
        if (f == NULL)
            return wrong(r, "unknown flag", letters - 1);
        if (*letters == '=')
            return apply(r, f, letters + 1);
        if (needs_value(f))
            return apply(r, f, *letters != '\0' ? letters : NULL);
        result = apply(r, f, NULL);
    }
    return result;
}

flags_result flags_parse(const flag *flags, size_t count, int argc, char **argv, char message[FLAGS_MESSAGE_BYTES])
{
    reading r = { .argc = argc, .next = 1, .argv = argv, .message = message };
    flags_result result = FLAGS_OK;

    while (result == FLAGS_OK && r.next < r.argc) {
        const char *argument = r.argv[r.next++];

        if (strncmp(argument, "--", 2) == 0 && argument[2] != '\0')
            result = read_long(&r, flags, count, argument + 2);
        else if (argument[0] == '-' && argument[1] != '\0' && argument[1] != '-')
            result = read_short(&r, flags, count, argument + 1);
        else if (strcmp(argument, "--") != 0 || r.next < r.argc)
            result = wrong(&r, "unexpected argument:", strcmp(argument, "--") != 0 ? argument : r.argv[r.next]);
    }
    return result;
}

void flags_print_help(const flag *flags, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char letter[] = "    ";

        if (flags[i].letter != '\0') {
            letter[0] = '-';
            letter[1] = flags[i].letter;
            letter[2] = ',';
        }
        printf("  %s--%-16s %s\n", letter, flags[i].name, flags[i].help);
    }
}
