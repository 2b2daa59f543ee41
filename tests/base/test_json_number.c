#include "json_fixture.h"
#include "system_fault.h"

#include <locale.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void numbers_follow_the_grammar(void **state)
{
    static const char *const good[] = { "0",
                                        "-0",
                                        "1",
                                        "-1",
                                        "10",
                                        "1234567890",
                                        "0.0",
                                        "-0.5",
                                        "1.25",
                                        "1e0",
                                        "1E1",
                                        "1e+1",
                                        "1e-1",
                                        "0e0",
                                        "0.1e-10",
                                        "-12.34E+56",
                                        "1e400",
                                        "0e99999999999",
                                        "123456789012345678901234567890" };
    static const struct {
        const char *text;
        size_t offset;
        const char *problem;
    } bad[] = {
        { "-", 1, "ends too early" },        { "-a", 1, "a digit is missing" },    { "--1", 1, "a digit is missing" },
        { "01", 1, "something follows" },    { "-01", 2, "something follows" },    { "1.", 2, "ends too early" },
        { "1.e1", 2, "a digit is missing" }, { "1e", 2, "ends too early" },        { "1e+", 3, "ends too early" },
        { "1ex", 2, "a digit is missing" },  { "1e+-1", 3, "a digit is missing" }, { "1.2.3", 3, "something follows" },
        { "0x10", 1, "something follows" },  { "1_000", 1, "something follows" },  { "1f", 1, "something follows" },
        { "1e1.5", 3, "something follows" }, { "-.5", 1, "a digit is missing" },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(good); i++) {
        char in_array[64];

        assert_accepted(kube_str_c(good[i]));
        snprintf(in_array, sizeof in_array, "[%s,%s]", good[i], good[i]);
        assert_accepted(kube_str_c(in_array));
        assert_agreement(kube_str_c(in_array));
    }
    for (size_t i = 0; i < LENGTH(bad); i++) {
        assert_refused(kube_str_c(bad[i].text), bad[i].offset, bad[i].problem);
        assert_agreement(kube_str_c(bad[i].text));
    }
}

static void integers_are_read_to_their_limits(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
        kube_status status;
    } cases[] = {
        { "0", 0, KUBE_OK },
        { "-0", 0, KUBE_OK },
        { "42", 42, KUBE_OK },
        { "-1", -1, KUBE_OK },
        { "9223372036854775807", INT64_MAX, KUBE_OK },
        { "9223372036854775808", 0, KUBE_ERR_LIMIT },
        { "-9223372036854775808", INT64_MIN, KUBE_OK },
        { "-9223372036854775809", 0, KUBE_ERR_LIMIT },
        { "18446744073709551616", 0, KUBE_ERR_LIMIT },
        { "123456789012345678901234567890", 0, KUBE_ERR_LIMIT },
        { "1.0", 0, KUBE_ERR_PARSE },
        { "1e2", 0, KUBE_ERR_PARSE },
        { "-", 0, KUBE_ERR_PARSE },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        kube_json_reader r = reader(cases[i].text);
        int64_t value = 99;

        assert_int_equal(kube_json_reader_read_int64(&r, &value), cases[i].status == KUBE_OK);
        assert_int_equal(kube_json_reader_status(&r, NULL), cases[i].status);
        assert_true(value == cases[i].value);
    }
}

static void doubles_are_the_nearest_ones(void **state)
{
    static const struct {
        const char *text;
        double value;
        kube_status status;
    } cases[] = {
        { "0.1", 0.1, KUBE_OK },
        { "-0.0", -0.0, KUBE_OK },
        { "1", 1, KUBE_OK },
        { "1e23", 1e23, KUBE_OK },
        { "9007199254740993", 9007199254740992.0, KUBE_OK },
        { "2.2250738585072011e-308", 2.2250738585072011e-308, KUBE_OK },
        { "5e-324", 5e-324, KUBE_OK },
        { "1e-400", 0, KUBE_OK },
        { "1.7976931348623157e308", 1.7976931348623157e308, KUBE_OK },
        { "1.7976931348623159e308", 0, KUBE_ERR_LIMIT },
        { "-1e400", 0, KUBE_ERR_LIMIT },
        { "1.", 0, KUBE_ERR_PARSE },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        kube_json_reader r = reader(cases[i].text);
        double value = 99;

        assert_int_equal(kube_json_reader_read_double(&r, &value), cases[i].status == KUBE_OK);
        assert_int_equal(kube_json_reader_status(&r, NULL), cases[i].status);
        assert_memory_equal(&value, &cases[i].value, sizeof value);
    }
}

enum { READ_WELL, READ_BADLY, NO_SUCH_LOCALE };

/* What a process with a decimal comma makes of a number. A process of its own: the C library keeps what it remembers of
 * a locale's folder, which some would call a leak. */
static int read_with_a_comma(void)
{
    static const char *const with_comma[] = { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE" };
    kube_json_reader r = reader("1.5");
    double value = 0;

#ifdef KUBE_LOCALES
    if (setenv("LOCPATH", KUBE_LOCALES, 1) != 0)
        return READ_BADLY;
#endif
    for (size_t i = 0; i < LENGTH(with_comma) && setlocale(LC_NUMERIC, with_comma[i]) == NULL; i++)
        ;
    if (strcmp(localeconv()->decimal_point, ",") != 0)
        return NO_SUCH_LOCALE;
    return kube_json_reader_read_double(&r, &value) && value == 1.5 ? READ_WELL : READ_BADLY;
}

static void the_locale_does_not_matter_to_numbers(void **state)
{
    pid_t pid = fork();
    int status;

    (void)state;
    if (pid == 0)
        _exit(read_with_a_comma());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == NO_SUCH_LOCALE) {
        print_message("there is no locale with a decimal comma\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), READ_WELL);
}

static void a_very_long_number_is_refused_only_as_a_double(void **state)
{
    char text[1200] = "0.";
    kube_json_reader r;
    double value;

    (void)state;
    memset(text + 2, '1', sizeof text - 3);
    text[1023] = '\0';
    r = reader(text);
    assert_true(kube_json_reader_read_double(&r, &value));
    text[1023] = '1';
    assert_accepted(kube_str_c(text));
    r = reader(text);
    assert_false(kube_json_reader_read_double(&r, &value));
    assert_int_equal(kube_json_reader_status(&r, NULL), KUBE_ERR_LIMIT);
}

static void without_memory_for_a_locale_no_double_is_guessed(void **state)
{
    kube_json_reader r = reader("1.5");
    double value = 1;

    (void)state;
    system_fault_at(SYSTEM_REFUSES, 1);
    assert_false(kube_json_reader_read_double(&r, &value));
    assert_string_equal(system_fault_stop(), "newlocale");
    assert_true(value == 0);
    assert_int_equal(kube_json_reader_status(&r, NULL), KUBE_ERR_OUT_OF_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_follow_the_grammar),
        cmocka_unit_test(integers_are_read_to_their_limits),
        cmocka_unit_test(doubles_are_the_nearest_ones),
        cmocka_unit_test(the_locale_does_not_matter_to_numbers),
        cmocka_unit_test(a_very_long_number_is_refused_only_as_a_double),
        cmocka_unit_test(without_memory_for_a_locale_no_double_is_guessed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
