/* The JSON reader against jansson: the same documents are accepted, except for the listed differences, and mean the
 * same. Beside that, what must hold for any bytes at all: skipping is as strict as reading, offsets never go back,
 * decoding is the same by every function, and no order of calls breaks the reader.
 *
 * tests/base/json_fixture.c includes this file and runs disagreement() on documents it makes itself. */
#include <kube/base/json.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* Where jansson 2.14 is stricter, on purpose (docs/decisions/0003-json-reader.md). Found by reading with our reader. */
typedef struct stricter {
    bool integer_beyond_int64;
    bool real_beyond_double;
    bool nul_in_key;
    bool deeper_than_jansson; /* which counts the value inside the innermost array too */
    bool real_too_long;       /* for our own conversion; jansson takes it              */
} stricter;

static const char *check_string(kube_json_string s, kube_buf *scratch)
{
    kube_str text = kube_json_string_text(s, scratch);
    char *copy = malloc(s.raw.len + 1);
    size_t copied = kube_json_string_copy(s, copy);
    const char *problem = NULL;

    if (!kube_str_equal(text, kube_str_n(copy, copied)))
        problem = "text and copy differ";
    else if (!kube_json_string_equal(s, text))
        problem = "a string does not equal its own text";
    else if (text.len != 0 && kube_json_string_equal(s, kube_str_n(text.data, text.len - 1)))
        problem = "a string equals a shorter text";
    else if (kube_json_string_has_nul(s) != (text.len != 0 && memchr(text.data, 0, text.len) != NULL))
        problem = "has_nul is wrong";
    free(copy);
    return problem;
}

static bool is_integer(kube_str number)
{
    for (size_t i = 0; i < number.len; i++)
        if (strchr(".eE", number.data[i]) != NULL)
            return false;
    return true;
}

static void look_at_number(const kube_json_reader *r, stricter *why)
{
    kube_str raw = kube_json_reader_raw(r);
    kube_json_reader number;
    int64_t integer;
    double real;

    kube_json_reader_init(&number, raw);
    if (is_integer(raw)) {
        if (!kube_json_reader_read_int64(&number, &integer))
            why->integer_beyond_int64 = true;
    } else if (!kube_json_reader_read_double(&number, &real)) {
        *(raw.len > 1023 ? &why->real_too_long : &why->real_beyond_double) = true;
    }
}

/* Reads all tokens. NULL when nothing is wrong with the reader; *accepted says what it thinks of the document. */
static const char *walk_tokens(kube_str document, bool *accepted, size_t *failed_at, stricter *why)
{
    kube_buf scratch = KUBE_BUF_INIT(SIZE_MAX / 2);
    kube_json_reader r;
    kube_json_token token;
    const char *problem = NULL;
    size_t offset = 0;

    kube_json_reader_init(&r, document);
    while (problem == NULL && (token = kube_json_reader_next(&r)) > KUBE_JSON_TOKEN_END) {
        bool begins = token == KUBE_JSON_TOKEN_OBJECT_BEGIN || token == KUBE_JSON_TOKEN_ARRAY_BEGIN;
        kube_str raw = kube_json_reader_raw(&r);

        if (kube_json_reader_offset(&r) < offset || raw.len == 0)
            problem = "an offset went back";
        offset = kube_json_reader_offset(&r) + raw.len;
        if (token == KUBE_JSON_TOKEN_NUMBER)
            look_at_number(&r, why);
        if (token == KUBE_JSON_TOKEN_KEY || token == KUBE_JSON_TOKEN_STRING)
            problem = check_string(kube_json_reader_string(&r), &scratch);
        if (token == KUBE_JSON_TOKEN_KEY && kube_json_string_has_nul(kube_json_reader_string(&r)))
            why->nul_in_key = true;
        if (kube_json_reader_depth(&r) + !begins > KUBE_JSON_MAX_DEPTH && token > KUBE_JSON_TOKEN_KEY)
            why->deeper_than_jansson = true;
    }
    *accepted = kube_json_reader_status(&r, NULL) == KUBE_OK;
    *failed_at = kube_json_reader_offset(&r);
    if (problem == NULL && (*failed_at < offset && *accepted))
        problem = "the end lies before the last token";
    kube_buf_clear(&scratch);
    return problem;
}

/* What skipping thinks of the document must be what walking thinks, at the same place. */
static const char *check_skip(kube_str document, bool accepted, size_t failed_at)
{
    kube_error *err = NULL;
    kube_json_reader r;
    kube_status st;
    const char *problem = NULL;

    kube_json_reader_init(&r, document);
    kube_json_reader_skip(&r);
    st = kube_json_reader_finish(&r, &err);
    if ((st == KUBE_OK) != accepted)
        problem = "skipping is not as strict as walking";
    else if (!accepted && kube_json_reader_offset(&r) != failed_at)
        problem = "skipping fails elsewhere";
    else if (!accepted && strncmp(kube_error_message(err), "line ", 5) != 0)
        problem = "the message does not say where";
    kube_error_free(err);
    return problem;
}

/* A jansson tree made with our reader, or NULL after a failure. */
static json_t *build(kube_json_reader *r, kube_buf *scratch);

static json_t *build_object(kube_json_reader *r, kube_buf *scratch)
{
    json_t *object = json_object(), *value;
    kube_json_string key;

    kube_json_reader_enter_object(r);
    while (kube_json_reader_next_key(r, &key)) {
        size_t len = key.raw.len;
        char *name = malloc(len + 1);

        len = kube_json_string_copy(key, name);
        value = build(r, scratch);
        if (value != NULL)
            json_object_setn_new_nocheck(object, name, len, value);
        free(name);
    }
    return object;
}

static json_t *build_array(kube_json_reader *r, kube_buf *scratch)
{
    json_t *array = json_array(), *value;

    kube_json_reader_enter_array(r);
    while (kube_json_reader_next_element(r)) {
        value = build(r, scratch);
        if (value != NULL)
            json_array_append_new(array, value);
    }
    return array;
}

static json_t *build_number(kube_json_reader *r)
{
    kube_json_reader ahead = *r;
    int64_t integer;
    double real;

    kube_json_reader_skip(&ahead);
    if (is_integer(kube_json_reader_raw(&ahead)))
        return kube_json_reader_read_int64(r, &integer) ? json_integer(integer) : NULL;
    return kube_json_reader_read_double(r, &real) ? json_real(real) : NULL;
}

static json_t *build(kube_json_reader *r, kube_buf *scratch)
{
    kube_json_string s;
    kube_str text;
    bool yes;

    switch (kube_json_reader_peek(r)) {
    case KUBE_JSON_TOKEN_OBJECT_BEGIN:
        return build_object(r, scratch);
    case KUBE_JSON_TOKEN_ARRAY_BEGIN:
        return build_array(r, scratch);
    case KUBE_JSON_TOKEN_STRING:
        kube_json_reader_read_string(r, &s);
        text = kube_json_string_text(s, scratch);
        return json_stringn_nocheck(text.len != 0 ? text.data : "", text.len);
    case KUBE_JSON_TOKEN_NUMBER:
        return build_number(r);
    case KUBE_JSON_TOKEN_TRUE:
    case KUBE_JSON_TOKEN_FALSE:
        return kube_json_reader_read_bool(r, &yes) ? json_boolean(yes) : NULL;
    case KUBE_JSON_TOKEN_NULL:
        return kube_json_reader_read_null(r) ? json_null() : NULL;
    default:
        return NULL;
    }
}

static const char *check_values(kube_str document, json_t *expected)
{
    kube_buf scratch = KUBE_BUF_INIT(SIZE_MAX / 2);
    kube_json_reader r;
    const char *problem = NULL;
    json_t *built;

    kube_json_reader_init(&r, document);
    built = build(&r, &scratch);
    if (kube_json_reader_finish(&r, NULL) != KUBE_OK)
        problem = "the pull functions refuse what the tokens accept";
    else if (!json_equal(built, expected))
        problem = "the values differ from jansson's";
    json_decref(built);
    kube_buf_clear(&scratch);
    return problem;
}

/* Calls one of the reader's functions; for a kind of value that is its own, it is one that fits. */
static void call(kube_json_reader *r, uint32_t which)
{
    kube_json_string s;
    kube_str raw;
    int64_t integer;
    double real;
    bool yes;

    switch (which) {
    case KUBE_JSON_TOKEN_OBJECT_BEGIN:
        kube_json_reader_enter_object(r);
        break;
    case KUBE_JSON_TOKEN_ARRAY_BEGIN:
        kube_json_reader_enter_array(r);
        break;
    case KUBE_JSON_TOKEN_STRING:
        kube_json_reader_read_string(r, &s);
        break;
    case KUBE_JSON_TOKEN_NUMBER:
        kube_json_reader_read_double(r, &real);
        break;
    case KUBE_JSON_TOKEN_TRUE:
    case KUBE_JSON_TOKEN_FALSE:
        kube_json_reader_read_bool(r, &yes);
        break;
    case KUBE_JSON_TOKEN_NULL:
        kube_json_reader_read_null(r);
        break;
    case 12:
        kube_json_reader_read_int64(r, &integer);
        break;
    case 13:
        kube_json_reader_read_raw(r, &raw);
        break;
    case 14:
        kube_json_reader_leave(r);
        break;
    case 15:
        kube_json_reader_next_key(r, &s);
        break;
    case 16:
        kube_json_reader_next_element(r);
        break;
    default:
        kube_json_reader_next(r);
        break;
    }
}

/* Calls everything in an order that the document itself dictates, sensible or not. */
static const char *check_any_order(kube_str document)
{
    kube_json_reader r;
    uint32_t dice = 2166136261u;

    for (size_t i = 0; i < document.len && i < 64; i++)
        dice = (dice ^ (unsigned char)document.data[i]) * 16777619u;
    kube_json_reader_init(&r, document);
    for (size_t i = 0; i < 8 * document.len + 8; i++) {
        kube_json_token kind = kube_json_reader_peek(&r);

        dice = dice * 1664525u + 1013904223u;
        /* mostly what fits, or every run would end in a failure at once */
        call(&r, kind != KUBE_JSON_TOKEN_ERROR && dice >> 28 != 0 ? kind : (dice >> 8) % 18);
        if (kube_json_reader_offset(&r) + kube_json_reader_raw(&r).len > document.len ||
            kube_json_reader_depth(&r) > KUBE_JSON_MAX_DEPTH)
            return "the reader left its document";
    }
    if (kube_json_reader_finish(&r, NULL) == KUBE_OK && kube_json_reader_next(&r) != KUBE_JSON_TOKEN_END)
        return "finished, but not at the end";
    return NULL;
}

/* The one place where jansson is laxer: it overlooks a NUL byte directly behind a number, true, false or null. */
static bool is_nul_behind_word(kube_str document, size_t failed_at)
{
    return failed_at > 0 && failed_at < document.len && document.data[failed_at] == '\0' &&
           strchr("0123456789el", document.data[failed_at - 1]) != NULL;
}

/* What is wrong with how the reader treats these bytes, or NULL. */
static const char *disagreement(kube_str document)
{
    stricter why = { false, false, false, false, false };
    bool accepted, refused_by_jansson;
    size_t failed_at;
    json_t *tree;
    const char *problem = walk_tokens(document, &accepted, &failed_at, &why);

    if (problem == NULL)
        problem = check_skip(document, accepted, failed_at);
    if (problem == NULL)
        problem = check_any_order(document);
    if (problem != NULL)
        return problem;

    tree = json_loadb(document.len != 0 ? document.data : "", document.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    refused_by_jansson =
        why.integer_beyond_int64 || why.real_beyond_double || why.nul_in_key || why.deeper_than_jansson;
    if (tree != NULL && !accepted && !is_nul_behind_word(document, failed_at))
        problem = "refused, but jansson accepts it";
    else if (tree == NULL && accepted && !refused_by_jansson && !why.real_too_long)
        problem = "accepted, but jansson refuses it for no listed reason";
    else if (tree != NULL && refused_by_jansson)
        problem = "jansson accepts what the list of differences says it refuses";
    else if (tree != NULL && accepted && !why.real_too_long)
        problem = check_values(document, tree);
    json_decref(tree);
    return problem;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *problem = disagreement(kube_str_n((const char *)data, size));

    if (problem != NULL) {
        fprintf(stderr, "%s\n", problem);
        abort();
    }
    return 0;
}
