/* The JSON reader: a state that says what may come next, and a bit per depth that says whether an object or an array is
 * open there. Between two calls `at` stands behind the last token; only where a value comes next has white space
 * already been passed over, so that peeking and telling a value's kind is one look at one byte. */
#include "json_reader.h"

/* --- state ------------------------------------------------------------------------------------------------------- */

kube_json_token kube__json_reader_fail_at(kube_json_reader *r, kube_status status, const char *at, const char *problem)
{
    if (r->failure == KUBE_OK) {
        r->failure = status;
        r->token = r->token_end = at;
        r->problem = problem;
        r->kind = KUBE_JSON_TOKEN_ERROR;
        r->expect = JSON__EXPECT_NOTHING;
    }
    return KUBE_JSON_TOKEN_ERROR;
}

/* For syntax: a document that ends where something is missing is told apart from one that has something else there. */
static KUBE__COLD kube_json_token fail_syntax(kube_json_reader *r, const char *at, const char *problem)
{
    return kube__json_reader_fail_at(r, KUBE_ERR_PARSE, at, at == r->end ? JSON__TOO_SHORT : problem);
}

/* For a call that has no meaning here. Sticky as well: the loop it sits in might never end otherwise. */
static KUBE__COLD bool fail_misuse(kube_json_reader *r, const char *problem)
{
    kube__json_reader_fail_at(r, KUBE_ERR_INVALID_STATE, r->token, problem);
    return false;
}

static inline bool is_object(const kube_json_reader *r, size_t depth)
{
    return (r->nesting[(depth - 1) >> 3] >> ((depth - 1) & 7) & 1) != 0;
}

static inline kube_json_token push(kube_json_reader *r, bool object)
{
    uint8_t *bits, bit = (uint8_t)(1u << (r->depth & 7));

    if (KUBE__UNLIKELY(r->depth == KUBE_JSON_MAX_DEPTH))
        return kube__json_reader_fail_at(r, KUBE_ERR_LIMIT, r->at, "nested too deeply");
    bits = &r->nesting[r->depth >> 3];
    *bits = (uint8_t)(object ? *bits | bit : *bits & ~bit);
    r->depth++;
    r->expect = object ? JSON__EXPECT_FIRST_KEY : JSON__EXPECT_FIRST_ELEMENT;
    r->after = object ? JSON__EXPECT_MORE_KEYS : JSON__EXPECT_MORE_ELEMENTS;
    return object ? KUBE_JSON_TOKEN_OBJECT_BEGIN : KUBE_JSON_TOKEN_ARRAY_BEGIN;
}

static inline void pop(kube_json_reader *r)
{
    r->depth--;
    if (r->depth == 0)
        r->after = JSON__EXPECT_END;
    else
        r->after = is_object(r, r->depth) ? JSON__EXPECT_MORE_KEYS : JSON__EXPECT_MORE_ELEMENTS;
    r->expect = r->after;
}

static inline kube_json_token accept(kube_json_reader *r, kube_json_token kind, const char *token,
                                     const char *token_end)
{
    r->kind = (uint8_t)kind;
    r->token = token;
    r->token_end = token_end;
    r->at = token_end;
    return kind;
}

/* --- values ------------------------------------------------------------------------------------------------------ */

/* The string whose opening quote is at `quote`: the pointer behind its closing quote, or NULL after a failure. */
static inline const char *scan_string(kube_json_reader *r, const char *quote)
{
    const char *p = json_skip_plain(quote + 1, r->end);

    r->escaped = false;
    if (KUBE__UNLIKELY(p == r->end || *p != '"')) {
        json_scan s = kube__json_scan_string(p, r->end, &r->escaped);

        if (s.problem != NULL) {
            kube__json_reader_fail_at(r, KUBE_ERR_PARSE, s.at, s.problem);
            return NULL;
        }
        p = s.at;
    }
    return p + 1;
}

static inline kube_json_token read_string(kube_json_reader *r)
{
    const char *token = r->at, *token_end = scan_string(r, token);

    if (KUBE__UNLIKELY(token_end == NULL))
        return KUBE_JSON_TOKEN_ERROR;
    r->expect = r->after;
    return accept(r, KUBE_JSON_TOKEN_STRING, token, token_end);
}

static kube_json_token read_number(kube_json_reader *r)
{
    json_scan s = kube__json_scan_number(r->at, r->end);

    if (s.problem != NULL)
        return kube__json_reader_fail_at(r, KUBE_ERR_PARSE, s.at, s.problem);
    r->expect = r->after;
    return accept(r, KUBE_JSON_TOKEN_NUMBER, r->at, s.at);
}

static kube_json_token read_literal(kube_json_reader *r, kube_json_token kind, const char *word, size_t len)
{
    const char *p = r->at;

    for (size_t i = 0; i < len; i++, p++)
        if (p == r->end || *p != word[i])
            return fail_syntax(r, p == r->end ? p : r->at, "neither true, false nor null");
    r->expect = r->after;
    return accept(r, kind, r->at, p);
}

static inline kube_json_token begin(kube_json_reader *r, bool object)
{
    kube_json_token kind = push(r, object);

    return kind != KUBE_JSON_TOKEN_ERROR ? accept(r, kind, r->at, r->at + 1) : kind;
}

static KUBE__COLD kube_json_token no_value(kube_json_reader *r)
{
    if (r->at == r->begin && r->end - r->at >= 3 && memcmp(r->at, "\xef\xbb\xbf", 3) == 0)
        return fail_syntax(r, r->at, "a byte order mark, which JSON does not have");
    return fail_syntax(r, r->at, "a value is missing");
}

static inline kube_json_token read_value(kube_json_reader *r)
{
    if (KUBE__UNLIKELY(r->at == r->end))
        return no_value(r);
    switch (*r->at) {
    case '"':
        return read_string(r);
    case '{':
        return begin(r, true);
    case '[':
        return begin(r, false);
    case 't':
        return read_literal(r, KUBE_JSON_TOKEN_TRUE, "true", 4);
    case 'f':
        return read_literal(r, KUBE_JSON_TOKEN_FALSE, "false", 5);
    case 'n':
        return read_literal(r, KUBE_JSON_TOKEN_NULL, "null", 4);
    default:
        return json_is_digit(r->at) || *r->at == '-' ? read_number(r) : no_value(r);
    }
}

/* --- inside objects and arrays ----------------------------------------------------------------------------------- */

static inline kube_json_token end(kube_json_reader *r, kube_json_token kind, const char *p)
{
    pop(r);
    return accept(r, kind, p, p + 1);
}

/* In an object, at a key, a comma or the end: reads the key with its colon, or the end. */
static inline kube_json_token read_key(kube_json_reader *r)
{
    const char *p = json_skip_space(r->at, r->end), *key_end;

    if (p < r->end && *p == '}')
        return end(r, KUBE_JSON_TOKEN_OBJECT_END, p);
    if (r->expect == JSON__EXPECT_MORE_KEYS) {
        if (KUBE__UNLIKELY(p == r->end || *p != ','))
            return fail_syntax(r, p, "neither a comma nor the end of the object");
        p = json_skip_space(p + 1, r->end);
    }
    if (KUBE__UNLIKELY(p == r->end || *p != '"'))
        return fail_syntax(r, p, "a key is missing");
    key_end = scan_string(r, p);
    if (KUBE__UNLIKELY(key_end == NULL))
        return KUBE_JSON_TOKEN_ERROR;
    accept(r, KUBE_JSON_TOKEN_KEY, p, key_end);

    p = json_skip_space(key_end, r->end);
    if (KUBE__UNLIKELY(p == r->end || *p != ':'))
        return fail_syntax(r, p, "a colon is missing");
    r->at = json_skip_space(p + 1, r->end);
    r->expect = JSON__EXPECT_VALUE;
    return KUBE_JSON_TOKEN_KEY;
}

/* In an array, at an element, a comma or the end: goes to the element and returns true, or reads the end. */
static inline bool to_element(kube_json_reader *r)
{
    const char *p = json_skip_space(r->at, r->end);

    if (p < r->end && *p == ']') {
        end(r, KUBE_JSON_TOKEN_ARRAY_END, p);
        return false;
    }
    if (r->expect == JSON__EXPECT_MORE_ELEMENTS) {
        if (KUBE__UNLIKELY(p == r->end || *p != ',')) {
            fail_syntax(r, p, "neither a comma nor the end of the array");
            return false;
        }
        p = json_skip_space(p + 1, r->end);
    }
    r->at = p;
    r->expect = JSON__EXPECT_VALUE;
    return true;
}

/* The end of a null that was entered like an object or array. */
static kube_json_token end_of_null(kube_json_reader *r)
{
    kube_json_token kind = is_object(r, r->depth) ? KUBE_JSON_TOKEN_OBJECT_END : KUBE_JSON_TOKEN_ARRAY_END;

    pop(r);
    return accept(r, kind, r->at, r->at);
}

static kube_json_token end_of_document(kube_json_reader *r)
{
    const char *p = json_skip_space(r->at, r->end);

    if (p != r->end)
        return kube__json_reader_fail_at(r, KUBE_ERR_PARSE, p, "something follows the document");
    return accept(r, KUBE_JSON_TOKEN_END, p, p);
}

/* --- the public functions ---------------------------------------------------------------------------------------- */

void kube_json_reader_init(kube_json_reader *r, kube_str document)
{
    memset(r, 0, offsetof(kube_json_reader, nesting)); /* the bits are written before they are read */
    r->begin = document.len != 0 ? document.data : "";
    r->end = r->begin + document.len;
    r->at = json_skip_space(r->begin, r->end);
    r->token = r->token_end = r->begin;
    r->expect = JSON__EXPECT_VALUE;
    r->after = JSON__EXPECT_END;
}

static inline kube_json_token next(kube_json_reader *r)
{
    switch (r->expect) {
    case JSON__EXPECT_VALUE:
        return read_value(r);
    case JSON__EXPECT_FIRST_KEY:
    case JSON__EXPECT_MORE_KEYS:
        return read_key(r);
    case JSON__EXPECT_FIRST_ELEMENT:
    case JSON__EXPECT_MORE_ELEMENTS:
        return to_element(r) ? read_value(r) : (kube_json_token)r->kind;
    case JSON__EXPECT_NULL_END:
        return end_of_null(r);
    case JSON__EXPECT_END:
        return end_of_document(r);
    default:
        return KUBE_JSON_TOKEN_ERROR;
    }
}

kube_json_token kube_json_reader_next(kube_json_reader *r)
{
    return next(r);
}

/* Reads on until no more than `depth` objects and arrays are open. */
static bool read_down_to(kube_json_reader *r, size_t depth)
{
    do {
        if (next(r) == KUBE_JSON_TOKEN_ERROR)
            return false;
    } while (r->depth > depth);
    return true;
}

bool kube_json_reader_skip(kube_json_reader *r)
{
    const char *token = r->at;

    if (r->expect != JSON__EXPECT_VALUE)
        return fail_misuse(r, "a value was read where none stands");
    if (!read_down_to(r, r->depth))
        return false;
    r->token = token;
    return true;
}

bool kube_json_reader_leave(kube_json_reader *r)
{
    if (r->depth == 0)
        return fail_misuse(r, "left what was never entered");
    return read_down_to(r, r->depth - 1);
}

kube_status kube_json_reader_finish(kube_json_reader *r, kube_error **err)
{
    kube_json_token token;

    do {
        token = next(r);
    } while (token != KUBE_JSON_TOKEN_END && token != KUBE_JSON_TOKEN_ERROR);
    return kube_json_reader_status(r, err);
}

/* Enters an object or array, or a null in its place. */
static inline bool enter(kube_json_reader *r, bool object)
{
    kube_json_token kind = object ? KUBE_JSON_TOKEN_OBJECT_BEGIN : KUBE_JSON_TOKEN_ARRAY_BEGIN;

    if (KUBE__LIKELY(r->expect == JSON__EXPECT_VALUE && r->at < r->end && *r->at == (object ? '{' : '[')))
        return begin(r, object) != KUBE_JSON_TOKEN_ERROR;
    if (!kube_json_reader_read_null(r))
        return kube__json_reader_mismatch(r, kind);
    if (push(r, object) == KUBE_JSON_TOKEN_ERROR)
        return false;
    r->expect = JSON__EXPECT_NULL_END;
    return true;
}

bool kube_json_reader_enter_object(kube_json_reader *r)
{
    return enter(r, true);
}

bool kube_json_reader_enter_array(kube_json_reader *r)
{
    return enter(r, false);
}

/* Before the next key or element: passes over a value nobody read, and refuses what is not such a place. */
static bool prepare(kube_json_reader *r, bool object)
{
    if (r->expect == JSON__EXPECT_VALUE && !kube_json_reader_skip(r))
        return false;
    if (r->depth == 0 || is_object(r, r->depth) != object)
        return fail_misuse(r, object ? "a key was asked for outside an object"
                                     : "an element was asked for outside an array");
    if (r->expect == JSON__EXPECT_NULL_END) {
        end_of_null(r);
        return false;
    }
    return r->expect != JSON__EXPECT_NOTHING;
}

bool kube_json_reader_next_key(kube_json_reader *r, kube_json_string *key)
{
    if (KUBE__LIKELY(r->expect == JSON__EXPECT_FIRST_KEY || r->expect == JSON__EXPECT_MORE_KEYS || prepare(r, true)) &&
        read_key(r) == KUBE_JSON_TOKEN_KEY) {
        key->raw = kube_str_n(r->token + 1, (size_t)(r->token_end - r->token) - 2);
        key->escaped = r->escaped;
        return true;
    }
    key->raw = kube_str_n(NULL, 0);
    key->escaped = 0;
    return false;
}

bool kube_json_reader_next_element(kube_json_reader *r)
{
    if (KUBE__LIKELY(r->expect == JSON__EXPECT_FIRST_ELEMENT || r->expect == JSON__EXPECT_MORE_ELEMENTS ||
                     prepare(r, false)))
        return to_element(r);
    return false;
}

kube_json_token kube__json_kind_of(char first)
{
    switch (first) {
    case '"':
        return KUBE_JSON_TOKEN_STRING;
    case '{':
        return KUBE_JSON_TOKEN_OBJECT_BEGIN;
    case '[':
        return KUBE_JSON_TOKEN_ARRAY_BEGIN;
    case 't':
        return KUBE_JSON_TOKEN_TRUE;
    case 'f':
        return KUBE_JSON_TOKEN_FALSE;
    case 'n':
        return KUBE_JSON_TOKEN_NULL;
    default:
        return json_is_digit(&first) || first == '-' ? KUBE_JSON_TOKEN_NUMBER : KUBE_JSON_TOKEN_ERROR;
    }
}

kube_json_token kube_json_reader_peek(const kube_json_reader *r)
{
    return r->expect == JSON__EXPECT_VALUE && r->at < r->end ? kube__json_kind_of(*r->at) : KUBE_JSON_TOKEN_ERROR;
}

bool kube__json_reader_mismatch(kube_json_reader *r, kube_json_token wanted)
{
    if (r->expect == JSON__EXPECT_NOTHING)
        return false;
    if (r->expect != JSON__EXPECT_VALUE)
        return fail_misuse(r, "a value was read where none stands");
    if (kube_json_reader_peek(r) == KUBE_JSON_TOKEN_ERROR) {
        no_value(r);
        return false;
    }
    kube__json_reader_fail_at(r, KUBE_ERR_PARSE, r->at, NULL);
    r->wanted = (uint8_t)wanted;
    return false;
}

bool kube_json_reader_read_string(kube_json_reader *r, kube_json_string *out)
{
    kube_str raw = { NULL, 0 };
    bool ok = false, escaped = false;

    if (KUBE__LIKELY(r->expect == JSON__EXPECT_VALUE && r->at < r->end && *r->at == '"')) {
        ok = read_string(r) != KUBE_JSON_TOKEN_ERROR;
        if (ok) {
            raw = kube_str_n(r->token + 1, (size_t)(r->token_end - r->token) - 2);
            escaped = r->escaped;
        }
    } else {
        ok = kube_json_reader_read_null(r);
        if (!ok)
            kube__json_reader_mismatch(r, KUBE_JSON_TOKEN_STRING);
    }
    out->raw = raw;
    out->escaped = escaped;
    return ok;
}

bool kube_json_reader_read_bool(kube_json_reader *r, bool *out)
{
    kube_json_token kind = kube_json_reader_peek(r);

    *out = false;
    if (kind != KUBE_JSON_TOKEN_TRUE && kind != KUBE_JSON_TOKEN_FALSE && kind != KUBE_JSON_TOKEN_NULL)
        return kube__json_reader_mismatch(r, KUBE_JSON_TOKEN_TRUE);
    if (read_value(r) == KUBE_JSON_TOKEN_ERROR)
        return false;
    *out = kind == KUBE_JSON_TOKEN_TRUE;
    return true;
}

bool kube_json_reader_read_null(kube_json_reader *r)
{
    return kube_json_reader_peek(r) == KUBE_JSON_TOKEN_NULL && read_value(r) != KUBE_JSON_TOKEN_ERROR;
}

bool kube_json_reader_read_raw(kube_json_reader *r, kube_str *out)
{
    bool ok = kube_json_reader_skip(r);

    *out = ok ? kube_json_reader_raw(r) : kube_str_n(NULL, 0);
    return ok;
}

bool kube__json_reader_read_number(kube_json_reader *r)
{
    kube_json_token kind = kube_json_reader_peek(r);

    if (kind != KUBE_JSON_TOKEN_NUMBER && kind != KUBE_JSON_TOKEN_NULL)
        return kube__json_reader_mismatch(r, KUBE_JSON_TOKEN_NUMBER);
    return read_value(r) != KUBE_JSON_TOKEN_ERROR;
}

kube_str kube_json_reader_raw(const kube_json_reader *r)
{
    return kube_str_n(r->token, (size_t)(r->token_end - r->token));
}

kube_json_string kube_json_reader_string(const kube_json_reader *r)
{
    kube_json_string s = { { NULL, 0 }, 0 };

    if (r->kind == KUBE_JSON_TOKEN_STRING || r->kind == KUBE_JSON_TOKEN_KEY) {
        s.raw = kube_str_n(r->token + 1, (size_t)(r->token_end - r->token) - 2);
        s.escaped = r->escaped;
    }
    return s;
}

size_t kube_json_reader_depth(const kube_json_reader *r)
{
    return r->depth;
}

size_t kube_json_reader_offset(const kube_json_reader *r)
{
    return (size_t)(r->token - r->begin);
}

void kube_json_reader_fail(kube_json_reader *r, const char *problem)
{
    kube__json_reader_fail_at(r, KUBE_ERR_PARSE, r->token, problem);
}
