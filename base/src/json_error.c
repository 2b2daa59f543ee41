/* What a failure says: line, column, path, and what was expected. All of it is found by reading the document a second
 * time, and only when somebody asks: reading that succeeds pays nothing for it. */
#include "json_reader.h"

#include <kube/sys/error.h>

enum { PATH_MAX_LEVELS = 16, KEY_MAX_BYTES = 64 };

typedef struct level {
    kube_str key; /* as it stands in the document; its data is NULL in an array */
    size_t index;
} level;

static const char *kind_name(kube_json_token kind)
{
    switch (kind) {
    case KUBE_JSON_TOKEN_OBJECT_BEGIN:
        return "an object";
    case KUBE_JSON_TOKEN_ARRAY_BEGIN:
        return "an array";
    case KUBE_JSON_TOKEN_STRING:
        return "a string";
    case KUBE_JSON_TOKEN_NUMBER:
        return "a number";
    default: /* a null is never wanted, and taken for a value of any kind */
        return "true or false";
    }
}

/* Goes through the document up to the failure and notes, per depth, the last key or index. Returns the depth there. */
static size_t walk(kube_str document, size_t offset, level levels[PATH_MAX_LEVELS])
{
    kube_json_reader r;
    kube_json_string key;

    levels[0] = (level){ { NULL, 0 }, SIZE_MAX };
    kube_json_reader_init(&r, document);
    while (r.failure == KUBE_OK && r.expect != JSON__EXPECT_END) {
        bool value = r.expect == JSON__EXPECT_VALUE;
        level *here = r.depth > 0 && r.depth <= PATH_MAX_LEVELS ? &levels[r.depth - 1] : NULL;

        if ((size_t)((value ? r.at : r.token) - r.begin) >= offset)
            break;
        if (value) {
            kube_json_reader_next(&r);
            if (r.expect == JSON__EXPECT_FIRST_KEY || r.expect == JSON__EXPECT_FIRST_ELEMENT)
                if (r.depth <= PATH_MAX_LEVELS)
                    levels[r.depth - 1] = (level){ { NULL, 0 }, SIZE_MAX };
        } else if (r.expect == JSON__EXPECT_FIRST_KEY || r.expect == JSON__EXPECT_MORE_KEYS) {
            kube_json_reader_next_key(&r, &key); /* gives the empty key at the end, and when it is the key that fails */
            if (here != NULL)
                here->key = key.raw;
        } else {
            bool found = kube_json_reader_next_element(&r);

            if (here != NULL)
                here->index = found ? here->index + 1 : SIZE_MAX;
        }
    }
    return r.depth;
}

static bool is_plain_name(kube_str key)
{
    for (size_t i = 0; i < key.len; i++) {
        unsigned char c = json_byte(key.data + i);

        if (!(json_is_digit(key.data + i) || (unsigned char)((c | 0x20) - 'a') < 26 || c == '_' || c == '-'))
            return false;
    }
    return key.len != 0;
}

/* At most KEY_MAX_BYTES, without cutting a character in two. */
static kube_str shorten(kube_str key)
{
    size_t len = key.len;

    if (len > KEY_MAX_BYTES)
        for (len = KEY_MAX_BYTES; (json_byte(key.data + len) & 0xc0) == 0x80;)
            len--;
    return kube_str_n(key.data, len);
}

static void append_level(kube_buf *path, const level *l)
{
    kube_str key = shorten(l->key);
    const char *cut = key.len < l->key.len ? "..." : "";

    if (l->key.data == NULL && l->index != SIZE_MAX)
        kube_buf_append_f(path, "[%zu]", l->index);
    else if (l->key.data != NULL && is_plain_name(key))
        kube_buf_append_f(path, ".%.*s%s", (int)key.len, key.data, cut);
    else if (l->key.data != NULL)
        kube_buf_append_f(path, "[\"%.*s%s\"]", (int)key.len, key.data, cut);
}

static void append_path(kube_buf *text, kube_str document, size_t offset)
{
    level levels[PATH_MAX_LEVELS];
    size_t depth = walk(document, offset, levels);

    if (depth == 0 || (levels[0].key.data == NULL && levels[0].index == SIZE_MAX))
        return; /* the document itself */
    kube_buf_append_c(text, ", at ");
    for (size_t i = 0; i < depth && i < PATH_MAX_LEVELS; i++)
        append_level(text, &levels[i]);
    if (depth > PATH_MAX_LEVELS)
        kube_buf_append_c(text, "...");
}

/* Both count from 1; columns are bytes. */
static void append_line_and_column(kube_buf *text, kube_str document, size_t offset)
{
    const char *line_begin = document.data, *at = document.data + offset, *feed;
    size_t line = 1;

    while ((feed = memchr(line_begin, '\n', (size_t)(at - line_begin))) != NULL) {
        line_begin = feed + 1;
        line++;
    }
    kube_buf_append_f(text, "line %zu, column %zu", line, (size_t)(at - line_begin) + 1);
}

kube_status kube_json_reader_status(const kube_json_reader *r, kube_error **err)
{
    kube_str document = kube_str_n(r->begin, (size_t)(r->end - r->begin));
    size_t offset = kube_json_reader_offset(r);
    kube_buf text = KUBE_BUF_INIT(PATH_MAX_LEVELS * (KEY_MAX_BYTES + 16) + 256);

    if (r->failure == KUBE_OK || err == NULL)
        return r->failure;
    append_line_and_column(&text, document, offset);
    append_path(&text, document, offset);
    kube_buf_append_c(&text, ": ");
    if (r->wanted == 0)
        kube_buf_append_c(&text, r->problem);
    else
        kube_buf_append_f(&text, "expected %s, found %s", kind_name((kube_json_token)r->wanted),
                          kind_name(kube__json_kind_of(r->begin[offset])));

    if (kube_buf_status(&text, NULL) == KUBE_OK)
        kube_error_set(err, r->failure, "%s", text.data);
    else
        kube_error_no_memory(err);
    kube_buf_clear(&text);
    return r->failure;
}
