/* The programs' command lines, read as kubectl reads them. */
#include "discovery_fixture.h"

/* The programs' own code is no library: it is compiled into this test. */
#include "flags.c"

typedef struct values {
    const char *text;
    bool on, on_given;
    words list;
    int64_t duration_ms;
    char message[FLAGS_MESSAGE_BYTES];
} values;

/* Words separated by bars. */
static flags_result read_line(const char *line, values *v)
{
    const flag flags[] = {
        { .name = "output", .letter = 'o', .to = &v->text },
        { .name = "namespaced", .letter = 'n', .kind = FLAG_SWITCH, .to = &v->on, .given = &v->on_given },
        { .name = "verbs", .kind = FLAG_WORDS, .to = &v->list },
        { .name = "request-timeout", .kind = FLAG_DURATION, .to = &v->duration_ms },
        { .name = "help", .letter = 'h', .kind = FLAG_HELP },
    };
    static char copy[4096];
    char *argv[16] = { copy }, *next = copy;
    int argc = 1;

    *v = (values){ .text = "" };
    snprintf(copy, sizeof copy, "%s", line);
    while (*line != '\0' && next != NULL && argc < 16)
        argv[argc++] = strsep(&next, "|");
    return flags_parse(flags, COUNT_OF(flags), argc, argv, v->message);
}

static void a_value_is_attached_or_comes_next(void **state)
{
    static const char *const lines[] = { "--output=wide", "--output|wide", "-o|wide", "-owide", "-o=wide", "-no|wide" };
    values v;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        assert_int_equal(read_line(lines[i], &v), FLAGS_OK);
        assert_string_equal(v.text, "wide");
    }
    assert_int_equal(read_line("--output=", &v), FLAGS_OK);
    assert_string_equal(v.text, "");
    assert_int_equal(read_line("--output|--help", &v), FLAGS_OK);
    assert_string_equal(v.text, "--help");
    assert_int_equal(read_line("", &v), FLAGS_OK);
}

static void a_switch_takes_no_next_word(void **state)
{
    values v;

    (void)state;
    assert_int_equal(read_line("--namespaced", &v), FLAGS_OK);
    assert_true(v.on && v.on_given);
    assert_int_equal(read_line("--namespaced=false", &v), FLAGS_OK);
    assert_true(!v.on && v.on_given);
    assert_int_equal(read_line("--namespaced=T", &v), FLAGS_OK);
    assert_true(v.on);
    assert_int_equal(read_line("-n", &v), FLAGS_OK);
    assert_true(v.on);
    assert_int_equal(read_line("--output=x", &v), FLAGS_OK);
    assert_false(v.on_given);
    assert_int_equal(read_line("--namespaced|false", &v), FLAGS_WRONG);
    assert_int_equal(read_line("--namespaced=perhaps", &v), FLAGS_WRONG);
}

static void words_add_up(void **state)
{
    char line[2048] = "--verbs=";
    size_t at = strlen(line);
    values v;

    (void)state;
    assert_int_equal(read_line("--verbs=get,list|--verbs|watch", &v), FLAGS_OK);
    assert_int_equal(v.list.count, 3);
    assert_true(words_have(&v.list, "get") && words_have(&v.list, "list") && words_have(&v.list, "watch"));
    assert_false(words_have(&v.list, "get,list"));
    words_clear(&v.list);
    assert_int_equal(read_line("--verbs=", &v), FLAGS_OK);
    assert_int_equal(v.list.count, 0);
    assert_int_equal(read_line("--verbs=a,", &v), FLAGS_OK);
    assert_int_equal(v.list.count, 2);
    words_clear(&v.list);
    memset(line + at, ',', 1001);
    line[at + 999] = '\0'; /* between and around them are a thousand empty words, and that is all there can be */
    assert_int_equal(read_line(line, &v), FLAGS_OK);
    assert_int_equal(v.list.count, 1000);
    words_clear(&v.list);
    line[at + 999] = ',';
    for (size_t more = 1000; more <= 1001; more++) {
        line[at + more] = '\0';
        assert_int_equal(read_line(line, &v), FLAGS_WRONG);
        assert_non_null(strstr(v.message, "verbs"));
        words_clear(&v.list);
        line[at + more] = ',';
    }
}

static void durations_have_units_or_are_seconds(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = { { "0", 0 },           { "30", 30000 },      { "1s", 1000 },
                 { "500ms", 500 },     { "2m", 120000 },     { "1h1m1s", 3661000 },
                 { "1m30s", 90000 },   { "8760h", (int64_t)365 * 24 * 3600 * 1000 } };
    static const char *const bad[] = {
        "", "x", "1x", "-1s", "s", "1m30", "99999999999999999999s", "9999999999h", "1.5s", "8760h1ms"
    };
    char line[64];
    values v;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        snprintf(line, sizeof line, "--request-timeout=%s", good[i].text);
        assert_int_equal(read_line(line, &v), FLAGS_OK);
        assert_int_equal(v.duration_ms, good[i].ms);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        snprintf(line, sizeof line, "--request-timeout=%s", bad[i]);
        assert_int_equal(read_line(line, &v), FLAGS_WRONG);
    }
}

static void what_is_not_known_is_named(void **state)
{
    values v;

    (void)state;
    assert_int_equal(read_line("--absent=1", &v), FLAGS_WRONG);
    assert_non_null(strstr(v.message, "--absent"));
    assert_int_equal(read_line("-x", &v), FLAGS_WRONG);
    assert_int_equal(read_line("--outpu=wide", &v), FLAGS_WRONG);
    assert_int_equal(read_line("--outputs=wide", &v), FLAGS_WRONG);
    assert_int_equal(read_line("pods", &v), FLAGS_WRONG);
    assert_non_null(strstr(v.message, "pods"));
    assert_int_equal(read_line("-", &v), FLAGS_WRONG);
    assert_int_equal(read_line("--|pods", &v), FLAGS_WRONG);
    assert_int_equal(read_line("--", &v), FLAGS_OK);
    assert_int_equal(read_line("--output", &v), FLAGS_WRONG);
    assert_int_equal(read_line("--help", &v), FLAGS_HELP);
    assert_int_equal(read_line("-h", &v), FLAGS_HELP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_attached_or_comes_next),
        cmocka_unit_test(a_switch_takes_no_next_word),
        cmocka_unit_test(words_add_up),
        cmocka_unit_test(durations_have_units_or_are_seconds),
        cmocka_unit_test(what_is_not_known_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
