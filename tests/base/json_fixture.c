#include "json_fixture.h"

#include "../fuzz/fuzz_json_reader.c" /* the comparison with jansson */

kube_json_reader reader(const char *document)
{
    kube_json_reader r;

    kube_json_reader_init(&r, kube_str_c(document));
    return r;
}

kube_status walk(kube_json_reader *r, kube_str document)
{
    kube_json_reader_init(r, document);
    while (kube_json_reader_next(r) > KUBE_JSON_TOKEN_END)
        ;
    return kube_json_reader_status(r, NULL);
}

const char *json_disagreement(kube_str document)
{
    return disagreement(document);
}

void assert_accepted(kube_str document)
{
    kube_json_reader r;

    if (walk(&r, document) != KUBE_OK)
        fail_msg("refused at %zu: %.*s", kube_json_reader_offset(&r), (int)document.len, document.data);
}

void assert_message(const kube_json_reader *r, kube_status status, const char *message)
{
    kube_error *err = NULL;

    assert_int_equal(kube_json_reader_status(r, &err), status);
    assert_string_equal(kube_error_message(err), message);
    assert_int_equal(kube_error_status(err), status);
    kube_error_free(err);
}

void assert_refused(kube_str document, size_t offset, const char *problem)
{
    kube_error *err = NULL;
    kube_json_reader r;

    if (walk(&r, document) != KUBE_ERR_PARSE)
        fail_msg("accepted: %.*s", (int)document.len, document.data);
    assert_int_equal(kube_json_reader_status(&r, &err), KUBE_ERR_PARSE);
    if (strstr(kube_error_message(err), problem) == NULL || kube_json_reader_offset(&r) != offset)
        fail_msg("%.*s: offset %zu, %s", (int)document.len, document.data, kube_json_reader_offset(&r),
                 kube_error_message(err));
    kube_error_free(err);
}

void assert_agreement(kube_str document)
{
    char *exact = malloc(document.len + 1); /* so that a sanitizer sees a read past the end */
    const char *problem;

    memcpy(exact + 1, document.data, document.len);
    problem = json_disagreement(kube_str_n(exact + 1, document.len));
    if (problem != NULL)
        fail_msg("%s: %.*s", problem, (int)document.len, document.data);
    free(exact);
}

void assert_str(kube_str actual, const char *expected)
{
    assert_int_equal(actual.len, strlen(expected));
    assert_memory_equal(actual.data, expected, actual.len);
}
