#include "key.h"

#include <kube/sys/error.h>

#include <stdbool.h>
#include <string.h>

/* How many bytes the UTF-8 sequence at `p` has; 0 when there is none, or a control character. What is behind the NUL is
 * not read: it is no continuation. */
static size_t sequence(const unsigned char *p)
{
    if (p[0] < 0x80)
        return p[0] >= 0x20 && p[0] != 0x7f ? 1 : 0;
    if (p[0] < 0xc2 || p[0] > 0xf4 || (p[1] & 0xc0) != 0x80)
        return 0;
    if (p[0] < 0xe0)
        return p[0] == 0xc2 && p[1] < 0xa0 ? 0 : 2; /* U+0080 to U+009F are controls too */
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[2] & 0xc0) != 0x80)
        return 0;
    if (p[0] < 0xf0)
        return 3;
    if ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f) || (p[3] & 0xc0) != 0x80)
        return 0;
    return 4;
}

/* Letters, digits and what else names are mostly made of: one byte each, and nothing to think about. */
static bool is_plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '-' && c <= '9' && c != '/');
}

static const char *fault_of(const char *segment)
{
    const unsigned char *p = (const unsigned char *)segment;
    size_t len = 0, n;

    if (segment == NULL || segment[0] == '\0')
        return "is empty";
    if (segment[0] == '.' && (segment[1] == '\0' || (segment[1] == '.' && segment[2] == '\0')))
        return "is \".\" or \"..\"";
    for (; p[len] != '\0'; len += n) {
        n = is_plain(p[len]) ? 1 : sequence(p + len);
        if (n == 0 || p[len] == '/')
            return "has a \"/\", a control character or bytes that are not UTF-8";
        if (len + n > KUBE_STORE_SEGMENT_MAX_BYTES)
            return "is too long";
    }
    return NULL;
}

kube_status kube__key_check(const kube_store_key *key, kube_error **err)
{
    if (key == NULL || key->segments == NULL || key->count == 0 || key->count > KUBE_STORE_KEY_MAX_SEGMENTS)
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "a key has 1 to %d segments", KUBE_STORE_KEY_MAX_SEGMENTS);
    for (size_t i = 0; i < key->count; i++) {
        const char *fault = fault_of(key->segments[i]);

        if (fault != NULL)
            return kube_error_set(err, KUBE_ERR_INVALID_ARG, "segment %zu of the key %s", i + 1, fault);
    }
    return KUBE_OK;
}

size_t kube__key_join(const kube_store_key *key, size_t count, char out[KUBE__KEY_MAX_BYTES])
{
    size_t at = 0;

    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(key->segments[i]);

        if (i != 0)
            out[at++] = '/';
        memcpy(out + at, key->segments[i], len);
        at += len;
    }
    out[at] = '\0';
    return at;
}
