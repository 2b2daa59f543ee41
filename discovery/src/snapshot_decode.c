/* From bytes to a snapshot: each array is checked and becomes the builder's, then the builder makes the snapshot as
 * from any other source. The bytes were written by a libkube and carry a checksum where they were stored, but nothing
 * here relies on that: whatever they say, only what is inside of them is read. */
#include "builder.h"
#include "shared/alloc.h"
#include "snapshot_wire.h"

#include <kube/sys/error.h>

#include <string.h>

typedef struct reader {
    const unsigned char *at, *end;
    uint32_t head[KUBE__WIRE_HEAD_WORDS];
    unsigned char *starts; /* a bit for each word of the lists: a list begins here */
    const char *why;       /* the first thing that was wrong */
} reader;

static bool demand(reader *r, bool truth, const char *why)
{
    if (!truth && r->why == NULL)
        r->why = why;
    return r->why == NULL;
}

static uint32_t word(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The next words are there: they are counted off. */
static const unsigned char *take(reader *r, size_t bytes)
{
    const unsigned char *at = r->at;

    if (!demand(r, bytes <= (size_t)(r->end - r->at), "it is cut off"))
        return NULL;
    r->at += bytes;
    return at;
}

static size_t padded(size_t bytes)
{
    return bytes + (4 - bytes % 4) % 4;
}

static bool read_head(reader *r)
{
    const unsigned char *head = take(r, sizeof r->head);

    for (size_t i = 0; head != NULL && i < KUBE__WIRE_HEAD_WORDS; i++)
        r->head[i] = word(head + 4 * i);
    return demand(r, r->head[KUBE__WIRE_HEAD_MAGIC] == KUBE__WIRE_MAGIC, "it is no snapshot") &&
           demand(r, r->head[KUBE__WIRE_HEAD_VERSION] == KUBE__WIRE_VERSION, "its form is another release's") &&
           demand(r,
                  r->head[KUBE__WIRE_HEAD_TEXT_BYTES] <= KUBE__TEXT_POOL_MAX_BYTES &&
                      r->head[KUBE__WIRE_HEAD_ERROR_BYTES] <= KUBE__TEXT_POOL_MAX_BYTES &&
                      r->head[KUBE__WIRE_HEAD_GROUPS] <= KUBE__GROUPS_MAX &&
                      r->head[KUBE__WIRE_HEAD_VERSIONS] <= KUBE__GROUP_VERSIONS_MAX &&
                      r->head[KUBE__WIRE_HEAD_RESOURCES] <= KUBE__RESOURCES_MAX &&
                      r->head[KUBE__WIRE_HEAD_CORE_GROUPS] <= r->head[KUBE__WIRE_HEAD_GROUPS],
                  "it has more than a snapshot can have");
}

/* U+0080 to U+009F are control characters too. */
static bool has_c1_control(const unsigned char *texts, size_t len)
{
    for (size_t i = 0; i + 1 < len; i++) {
        if (texts[i] == 0xc2 && texts[i + 1] < 0xa0)
            return true;
    }
    return false;
}

/* Nothing that a name may not have: control characters, except the NUL behind each text. All bytes are looked at
 * without a branch, because hardly ever one is found. */
static bool is_clean(const unsigned char *texts, size_t len)
{
    unsigned bad = 0, suspect = 0;

    for (size_t i = 0; i < len; i++) {
        unsigned c = texts[i];

        bad |= (c - 1 < 0x1f) | (c == 0x7f);
        suspect |= c == 0xc2;
    }
    return bad == 0 && (suspect == 0 || !has_c1_control(texts, len));
}

/* The messages of errors lie behind the names; they are not kept there, and may have control characters. */
static void read_texts(reader *r, kube_discovery_snapshot_builder *b)
{
    size_t names = r->head[KUBE__WIRE_HEAD_TEXT_BYTES], len = names + r->head[KUBE__WIRE_HEAD_ERROR_BYTES];
    const unsigned char *texts = take(r, padded(len));

    if (texts == NULL ||
        !demand(r, names != 0 && texts[0] == 0 && texts[names - 1] == 0 && texts[len - 1] == 0, "a text has no end") ||
        !demand(r, is_clean(texts, names), "a name has control characters"))
        return;
    kube__free(b->in.text);
    b->in.text = kube__malloc(len);
    b->in.text_len = names;
    b->in.text_capacity = len;
    if (b->in.text == NULL)
        b->in.failure = KUBE_ERR_OUT_OF_MEMORY;
    else
        memcpy(b->in.text, texts, len);
}

static kube__text text_at(reader *r, const unsigned char *p)
{
    uint32_t text = word(p);

    return demand(r, text < r->head[KUBE__WIRE_HEAD_TEXT_BYTES], "a text is not there") ? text : 0;
}

static kube__text_list list_at(reader *r, uint32_t list)
{
    return demand(r,
                  list == 0 ||
                      (list < r->head[KUBE__WIRE_HEAD_LIST_WORDS] && (r->starts[list / 8] & (1u << list % 8)) != 0),
                  "a list is not there")
               ? list
               : 0;
}

static void read_lists(reader *r, kube_discovery_snapshot_builder *b)
{
    size_t count = r->head[KUBE__WIRE_HEAD_LIST_WORDS], i = 1;
    const unsigned char *p = take(r, count * 4);

    if (p == NULL || !demand(r, count != 0, "the lists are missing"))
        return;
    kube__free(b->in.lists);
    b->in.lists = kube__calloc(count, sizeof *b->in.lists);
    b->in.list_len = b->in.list_capacity = count;
    r->starts = kube__calloc(count / 8 + 1, 1);
    if (b->in.lists == NULL || r->starts == NULL) {
        b->in.failure = KUBE_ERR_OUT_OF_MEMORY;
        return;
    }
    while (i < count && r->why == NULL) {
        uint32_t texts = word(p + 4 * i);

        if (!demand(r, texts <= KUBE__LIST_MAX && texts < count - i, "a list is too long"))
            return;
        r->starts[i / 8] |= (unsigned char)(1u << i % 8);
        b->in.lists[i] = texts;
        for (size_t k = 1; k <= texts; k++)
            b->in.lists[i + k] = text_at(r, p + 4 * (i + k));
        i += texts + 1u;
    }
}

static void read_groups(reader *r, kube_discovery_snapshot_builder *b)
{
    size_t count = r->head[KUBE__WIRE_HEAD_GROUPS], next = 0;
    const unsigned char *p = take(r, count * KUBE__WIRE_GROUP_WORDS * 4);

    b->groups = p != NULL ? kube__calloc(count, sizeof *b->groups) : NULL;
    if (b->groups == NULL && p != NULL)
        b->in.failure = KUBE_ERR_OUT_OF_MEMORY;
    for (size_t i = 0; i < count && b->groups != NULL && r->why == NULL; i++, p += KUBE__WIRE_GROUP_WORDS * 4) {
        kube__group_record *g = &b->groups[i];
        uint32_t listed = word(p + 4 * KUBE__WIRE_GROUP_LISTED), all = word(p + 4 * KUBE__WIRE_GROUP_VERSIONS);

        g->name = text_at(r, p + 4 * KUBE__WIRE_GROUP_NAME);
        g->kind = text_at(r, p + 4 * KUBE__WIRE_GROUP_KIND);
        g->api_version = text_at(r, p + 4 * KUBE__WIRE_GROUP_API_VERSION);
        g->preferred_name = text_at(r, p + 4 * KUBE__WIRE_GROUP_PREFERRED_NAME);
        g->preferred_version = text_at(r, p + 4 * KUBE__WIRE_GROUP_PREFERRED_VERSION);
        g->addresses = list_at(r, word(p + 4 * KUBE__WIRE_GROUP_ADDRESSES));
        g->nil_versions = (listed & KUBE__WIRE_BIT) != 0;
        g->listed_count = listed & ~KUBE__WIRE_BIT;
        g->version_count = all;
        g->first_version = (uint32_t)next;
        (void)demand(r, all <= r->head[KUBE__WIRE_HEAD_VERSIONS] - next && g->listed_count <= all,
                     "a group has versions that are not there");
        next += all;
    }
    (void)demand(r, r->why != NULL || b->groups == NULL || next == r->head[KUBE__WIRE_HEAD_VERSIONS],
                 "a group-version is in no group");
    b->group_count = r->why == NULL && b->groups != NULL ? count : 0;
    b->group_capacity = b->group_count;
}

static void read_version(reader *r, const unsigned char *p, kube__group_version_record *v)
{
    uint32_t resources = word(p + 4 * KUBE__WIRE_VERSION_RESOURCES), state = word(p + 4 * KUBE__WIRE_VERSION_STATE);

    v->key = text_at(r, p + 4 * KUBE__WIRE_VERSION_KEY);
    v->group = text_at(r, p + 4 * KUBE__WIRE_VERSION_GROUP);
    v->version = text_at(r, p + 4 * KUBE__WIRE_VERSION_VERSION);
    v->name = text_at(r, p + 4 * KUBE__WIRE_VERSION_NAME);
    v->list_name = text_at(r, p + 4 * KUBE__WIRE_VERSION_LIST_NAME);
    v->nil_resources = (resources & KUBE__WIRE_BIT) != 0;
    v->resource_count = resources & ~KUBE__WIRE_BIT;
    v->state = (uint8_t)(state & 0xff);
    v->origin = (uint8_t)(state >> 8 & 0xff);
    v->time_unix_ms =
        (int64_t)(word(p + 4 * KUBE__WIRE_VERSION_TIME) | (uint64_t)word(p + 4 * KUBE__WIRE_VERSION_TIME + 4) << 32);
    (void)demand(
        r, v->state <= KUBE_GROUP_VERSION_FAILED && v->origin <= KUBE_GROUP_VERSION_ORIGIN_DOCUMENT && state >> 16 == 0,
        "a group-version has a state that does not exist");
}

/* Lookups go by the key: it must say what the two names say. */
static bool is_key_of(const char *key, const char *group, const char *version)
{
    size_t len = strlen(group);

    if (len == 0)
        return strcmp(key, version) == 0;
    return strncmp(key, group, len) == 0 && key[len] == '/' && strcmp(key + len + 1, version) == 0;
}

/* An error is a status and a message again; its causes were not written. */
static void read_error(reader *r, const kube_discovery_snapshot_builder *b, const unsigned char *p,
                       kube__group_version_record *v)
{
    uint32_t status = word(p + 4 * KUBE__WIRE_VERSION_ERROR_STATUS), message = word(p + 4 * KUBE__WIRE_VERSION_ERROR);

    if (status != 0 && demand(r, status <= KUBE_ERR_GONE && message < b->in.text_capacity, "an error is not there"))
        (void)kube_error_set(&v->error, (kube_status)status, "%s", b->in.text + message);
}

/* Those that are not listed are the stale ones, at the end of their group. */
static void check_order(reader *r, const kube_discovery_snapshot_builder *b)
{
    for (size_t g = 0; g < b->group_count; g++) {
        const kube__group_record *group = &b->groups[g];

        for (size_t i = 0; i < group->version_count; i++) {
            bool stale = b->versions[group->first_version + i].state == KUBE_GROUP_VERSION_STALE;

            (void)demand(r, stale == (i >= group->listed_count), "a group's versions are out of order");
        }
    }
}

static void read_versions(reader *r, kube_discovery_snapshot_builder *b)
{
    size_t count = r->head[KUBE__WIRE_HEAD_VERSIONS], next = 0;
    const unsigned char *p = take(r, count * KUBE__WIRE_VERSION_WORDS * 4);

    b->versions = p != NULL ? kube__calloc(count, sizeof *b->versions) : NULL;
    if (b->versions == NULL && p != NULL)
        b->in.failure = KUBE_ERR_OUT_OF_MEMORY;
    if (b->versions == NULL)
        return;
    b->version_capacity = count;
    for (; b->version_count < count && r->why == NULL; p += KUBE__WIRE_VERSION_WORDS * 4) {
        kube__group_version_record *v = &b->versions[b->version_count++];

        v->first_resource = (uint32_t)next;
        read_version(r, p, v);
        (void)demand(r, v->resource_count <= r->head[KUBE__WIRE_HEAD_RESOURCES] - next,
                     "a group-version has resources that are not there");
        next += v->resource_count;
        if (r->why == NULL && demand(r, is_key_of(b->in.text + v->key, b->in.text + v->group, b->in.text + v->version),
                                     "a group-version has another's key"))
            read_error(r, b, p, v);
    }
    if (r->why == NULL)
        check_order(r, b);
}

static void read_resources(reader *r, kube_discovery_snapshot_builder *b)
{
    size_t count = r->head[KUBE__WIRE_HEAD_RESOURCES];
    const unsigned char *p = take(r, count * KUBE__WIRE_RESOURCE_WORDS * 4);

    b->resources = p != NULL ? kube__calloc(count, sizeof *b->resources) : NULL;
    if (b->resources == NULL && p != NULL)
        b->in.failure = KUBE_ERR_OUT_OF_MEMORY;
    if (b->resources == NULL)
        return;
    b->resource_capacity = b->resource_count = count;
    for (size_t i = 0; i < count && r->why == NULL; i++, p += KUBE__WIRE_RESOURCE_WORDS * 4) {
        kube__resource_record *v = &b->resources[i];
        uint32_t categories = word(p + 4 * KUBE__WIRE_RESOURCE_CATEGORIES);

        v->name = text_at(r, p + 4 * KUBE__WIRE_RESOURCE_NAME);
        v->singular = text_at(r, p + 4 * KUBE__WIRE_RESOURCE_SINGULAR);
        v->kind = text_at(r, p + 4 * KUBE__WIRE_RESOURCE_KIND);
        v->group = text_at(r, p + 4 * KUBE__WIRE_RESOURCE_GROUP);
        v->version = text_at(r, p + 4 * KUBE__WIRE_RESOURCE_VERSION);
        v->hash = text_at(r, p + 4 * KUBE__WIRE_RESOURCE_HASH);
        v->verbs = list_at(r, word(p + 4 * KUBE__WIRE_RESOURCE_VERBS));
        v->short_names = list_at(r, word(p + 4 * KUBE__WIRE_RESOURCE_SHORT_NAMES));
        v->categories = list_at(r, categories & ~KUBE__WIRE_BIT);
        v->namespaced = (categories & KUBE__WIRE_BIT) != 0;
        v->subresource = strchr(b->in.text + v->name, '/') != NULL;
    }
}

static uint64_t *read_generations(reader *r, kube_discovery_snapshot_builder *b)
{
    size_t count = b->version_count + 1;
    bool there = (r->head[KUBE__WIRE_HEAD_FLAGS] & KUBE__WIRE_GENERATIONS) != 0;
    const unsigned char *p = there ? take(r, count * 8) : NULL;
    uint64_t *generations = kube__calloc(count, sizeof *generations);

    if (generations == NULL)
        b->in.failure = KUBE_ERR_OUT_OF_MEMORY;
    for (size_t i = 0; p != NULL && generations != NULL && i < count; i++)
        generations[i] = word(p + 8 * i) | (uint64_t)word(p + 8 * i + 4) << 32;
    return generations;
}

/* Each part uses those before it, and is only read while nothing was wrong. */
static void read_parts(reader *r, kube_discovery_snapshot_builder *b, uint64_t **generations)
{
    static void (*const parts[])(reader *, kube_discovery_snapshot_builder *) = {
        read_texts, read_lists, read_groups, read_versions, read_resources,
    };

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        parts[i](r, b);
        if (r->why != NULL || b->in.failure != KUBE_OK)
            return;
    }
    *generations = read_generations(r, b);
    (void)demand(r, r->at == r->end, "there is more than it says");
    for (size_t i = 0; i < KUBE__DOCUMENT_COUNT && r->why == NULL; i++) {
        kube__text validator = r->head[KUBE__WIRE_HEAD_VALIDATORS + i];

        if (demand(r, validator < b->in.text_len, "a validator is not there") &&
            kube__is_validator(b->in.text + validator))
            b->validators[i] = validator;
    }
    b->core_group_count = r->head[KUBE__WIRE_HEAD_CORE_GROUPS];
    if ((r->head[KUBE__WIRE_HEAD_FLAGS] & KUBE__WIRE_AGGREGATED) != 0)
        b->aggregated_documents = 1;
    else
        b->legacy_documents = 1;
}

static kube_status outcome(const reader *r, const kube_discovery_snapshot_builder *b, kube_error **err)
{
    if (b->in.failure == KUBE_ERR_OUT_OF_MEMORY)
        return kube_error_no_memory(err);
    if (r->why != NULL)
        return kube_error_set(err, KUBE_ERR_PARSE, "the remembered snapshot is damaged: %s", r->why);
    return KUBE_OK;
}

kube_status kube__snapshot_decode(kube_str bytes, kube_str identity, kube_discovery_snapshot **out,
                                  uint64_t **generations_out, kube_error **err)
{
    reader r = { .at = (const unsigned char *)bytes.data, .end = (const unsigned char *)bytes.data + bytes.len };
    kube_discovery_snapshot_builder *b = NULL;
    uint64_t *generations = NULL;
    const unsigned char *whose;
    kube_status st = kube_discovery_snapshot_builder_new(0, &b, err);

    if (st != KUBE_OK)
        return st;
    whose = read_head(&r) ? take(&r, padded(r.head[KUBE__WIRE_HEAD_IDENTITY_BYTES])) : NULL;
    if (whose != NULL && (r.head[KUBE__WIRE_HEAD_IDENTITY_BYTES] != identity.len ||
                          (identity.len != 0 && memcmp(whose, identity.data, identity.len) != 0)))
        st = kube_error_set(err, KUBE_ERR_NOT_FOUND, "the remembered snapshot is another server's");
    else if (whose != NULL)
        read_parts(&r, b, &generations);
    if (st == KUBE_OK)
        st = outcome(&r, b, err);
    if (st == KUBE_OK)
        st = kube_discovery_snapshot_builder_build(b, out, err);
    if (st == KUBE_OK) {
        *generations_out = generations;
        generations = NULL;
    }
    kube__free(generations);
    kube__free(r.starts);
    kube_discovery_snapshot_builder_free(b);
    return st;
}
