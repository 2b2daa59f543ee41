/* Folder names for servers. */
#include "cached_config.h"
#include "hash.h"
#include "snapshot_wire.h"

#include <kube/base/str.h>

#include <string.h>

/* One character, or one byte that is none: how many bytes it takes. */
static size_t character_bytes(const unsigned char *p, size_t len)
{
    size_t bytes = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc2 ? 2 : 1;

    if (p[0] > 0xf4 || bytes > len)
        return 1;
    for (size_t i = 1; i < bytes; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 1;
    }
    return bytes;
}

static bool is_kept(unsigned char c)
{
    static const char others[] = { '_', '(', ')', '/', '.' };

    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           memchr(others, c, sizeof others) != NULL;
}

static void append_replaced(kube_buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        unsigned char c = (unsigned char)text[i];

        kube_buf_append_char(out, is_kept(c) ? (char)c : '_');
        i += is_kept(c) ? 1 : character_bytes((const unsigned char *)text + i, len - i);
    }
}

enum { SEGMENTS_MAX = 128 };

/* As a path is cleaned that is joined to the folder above: empty segments and dots go, ".." takes its parent along, and
 * nothing leads out. */
static void append_clean(kube_buf *out, const kube_buf *path)
{
    kube_str segments[SEGMENTS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < path->len;) {
        kube_str segment = kube_str_n(path->data + i, strcspn(path->data + i, "/"));

        i += segment.len + 1;
        if (segment.len == 0 || kube_str_is(segment, "."))
            continue;
        if (kube_str_is(segment, ".."))
            count -= count != 0;
        else if (count < SEGMENTS_MAX)
            segments[count++] = segment;
    }
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            kube_buf_append_char(out, '/');
        kube_buf_append(out, segments[i]);
    }
}

/* The place of the first `what`, and the place behind it; the end when there is none. */
static void locate(kube_str text, const char *what, size_t *begin, size_t *end)
{
    const char *found = text.len != 0 ? memmem(text.data, text.len, what, strlen(what)) : NULL;

    *begin = found != NULL ? (size_t)(found - text.data) : text.len;
    *end = found != NULL ? *begin + strlen(what) : text.len;
}

void kube__append_host_folder(kube_buf *out, const char *url)
{
    kube_str whole = kube_str_c(url);
    kube_buf bare = KUBE_BUF_INIT(64 << 10), replaced = KUBE_BUF_INIT(64 << 10);
    size_t begin, end;

    locate(whole, "https://", &begin, &end);
    kube_buf_append(&bare, kube_str_n(url, begin));
    kube_buf_append(&bare, kube_str_n(url + end, whole.len - end));
    locate(kube_buf_str(&bare), "http://", &begin, &end);
    append_replaced(&replaced, bare.data, begin);
    if (end < bare.len)
        append_replaced(&replaced, bare.data + end, bare.len - end);
    append_clean(out, &replaced);
    if (out->failure == KUBE_OK)
        out->failure = bare.failure != KUBE_OK ? bare.failure : replaced.failure;
    kube_buf_clear(&bare);
    kube_buf_clear(&replaced);
}

void kube__append_server_folder(kube_buf *out, const char *url, kube_str identity)
{
    const size_t name_max = 100; /* of the part that people read */
    kube_buf folder = KUBE_BUF_INIT(64 << 10);

    kube__append_host_folder(&folder, url);
    for (size_t i = 0; i < folder.len && i < name_max; i++)
        kube_buf_append_char(out, folder.data[i] == '/' ? '_' : folder.data[i]);
    kube_buf_append_f(out, "-%016llx", (unsigned long long)kube__hash(KUBE__WIRE_MAGIC, identity.data, identity.len));
    if (out->failure == KUBE_OK)
        out->failure = folder.failure;
    kube_buf_clear(&folder);
}
