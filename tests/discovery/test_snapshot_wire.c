/* Snapshots as bytes: nothing is lost, and whatever the bytes say, nothing outside of them is read. */
#include "builder.h"
#include "discovery_fixture.h"
#include "snapshot.h"
#include "snapshot_wire.h"

#include "shared/alloc.h"

#include <kube/sys/error.h>

static const char identity[] = "https://one.example.com:6443";

static kube_discovery_snapshot *recorded(const char *folder)
{
    char path[256];
    size_t len;
    char *api, *apis;
    kube_discovery_snapshot *s;

    snprintf(path, sizeof path, "kube-apiserver-1.37/%s/api.aggregated.json", folder);
    api = read_fixture(path, &len);
    snprintf(path, sizeof path, "kube-apiserver-1.37/%s/apis.aggregated.json", folder);
    apis = read_fixture(path, &len);
    s = aggregated_snapshot(api, apis);
    free(api);
    free(apis);
    return s;
}

/* A legacy one: with a failure, a list that is missing, null and empty lists, addresses, and a hash. */
static kube_discovery_snapshot *legacy(void)
{
    static const char groups[] =
        "{\"groups\":[{\"kind\":\"APIGroup\",\"apiVersion\":\"v1\",\"name\":\"a.io\",\"versions\":[{\"groupVersion\":"
        "\"a.io/"
        "v1\",\"version\":\"v1\"},{\"groupVersion\":\"a.io/"
        "v2\",\"version\":\"v2\"}],\"preferredVersion\":{\"groupVersion\":"
        "\"a.io/v2\",\"version\":\"v2\"},\"serverAddressByClientCIDRs\":[{\"clientCIDR\":\"0.0.0.0/"
        "0\",\"serverAddress\":"
        "\"h\"}]},{\"name\":\"b.io\",\"versions\":[]},{\"name\":\"c.io\",\"versions\":[{\"groupVersion\":\"c.io/v1\","
        "\"version\":\"v1\"}]}]}";
    static const char list[] =
        "{\"groupVersion\":\"other/"
        "v9\",\"resources\":[{\"name\":\"things\",\"singularName\":\"thing\",\"namespaced\":true,"
        "\"kind\":\"Thing\",\"verbs\":[],\"shortNames\":[\"t\",\"th\"],\"storageVersionHash\":\"abc=\"},{\"name\":"
        "\"things/"
        "scale\",\"group\":\"autoscaling\",\"version\":\"v1\",\"kind\":\"Scale\",\"verbs\":[\"get\",\"update\"]}]}";
    kube_discovery_snapshot_builder *b = NULL;
    kube_discovery_snapshot *s = NULL;
    kube_error *failure = NULL;

    (void)kube_error_set(&failure, KUBE_ERR_SERVER, "it is\nbroken");
    assert_int_equal(kube_discovery_snapshot_builder_new(12345678901234, &b, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_builder_add_groups(b, KUBE_DISCOVERY_DOCUMENT_GROUP_LIST,
                                                                kube_str_c(groups), NULL, NULL),
                     KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_builder_add_resources(b, "a.io/v1", kube_str_c(list), NULL), KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_builder_add_failure(b, "a.io/v2", failure, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_builder_build(b, &s, NULL), KUBE_OK);
    kube_discovery_snapshot_builder_free(b);
    return s;
}

static kube_discovery_snapshot *small(void)
{
    return aggregated_snapshot("{\"items\":[{\"versions\":[{\"version\":\"v1\",\"resources\":[{\"resource\":\"pods\","
                               "\"responseKind\":{\"kind\":"
                               "\"Pod\"},\"verbs\":[\"get\"],\"shortNames\":[\"po\"]}]}]}]}",
                               "{\"items\":[]}");
}

/* With the validators that its documents came with. */
static kube_discovery_snapshot *validated(void)
{
    kube_discovery_snapshot_builder *b = NULL;
    kube_discovery_snapshot *s = NULL;
    char tag[160];

    memset(tag, 'x', sizeof tag);
    tag[0] = tag[sizeof tag - 2] = '"';
    tag[sizeof tag - 1] = '\0';
    assert_int_equal(kube_discovery_snapshot_builder_new(0, &b, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_builder_add_groups(b, KUBE_DISCOVERY_DOCUMENT_AGGREGATED,
                                                                kube_str_c("{\"items\":[]}"), NULL, NULL),
                     KUBE_OK);
    kube__builder_set_validator(b, 0, "\"a\"");
    kube__builder_set_validator(b, 1, tag);
    assert_int_equal(kube_discovery_snapshot_builder_build(b, &s, NULL), KUBE_OK);
    kube_discovery_snapshot_builder_free(b);
    assert_string_equal(s->validators[1], tag);
    return s;
}

typedef struct bytes {
    char *data;
    size_t len;
} bytes;

static bytes encode(const kube_discovery_snapshot *s, const uint64_t *generations)
{
    bytes b = { NULL, 0 };

    assert_int_equal(kube__snapshot_encode(s, kube_str_c(identity), generations, &b.data, &b.len, NULL), KUBE_OK);
    return b;
}

static kube_status decode(bytes b, const char *whose, kube_discovery_snapshot **out, uint64_t **generations,
                          kube_error **err)
{
    /* A copy of exactly this size: the sanitizer sees every step beyond it. */
    char *copy = kube__malloc(b.len);
    kube_status st;

    memcpy(copy, b.data, b.len);
    st = kube__snapshot_decode(kube_str_n(copy, b.len), kube_str_c(whose), out, generations, err);
    kube__free(copy);
    return st;
}

static void assert_same_text(const char *a, const char *b)
{
    assert_string_equal(a, b);
}

static void assert_same_texts(const kube__texts *a, const kube__texts *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a == NULL)
        return;
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        assert_same_text(kube__texts_at(a, i), kube__texts_at(b, i));
}

static void assert_same_resource(const kube_api_resource *a, const kube_api_resource *b)
{
    assert_same_text(kube_api_resource_name(a), kube_api_resource_name(b));
    assert_same_text(kube_api_resource_singular_name(a), kube_api_resource_singular_name(b));
    assert_same_text(kube_api_resource_kind(a), kube_api_resource_kind(b));
    assert_same_text(kube_api_resource_group(a), kube_api_resource_group(b));
    assert_same_text(kube_api_resource_version(a), kube_api_resource_version(b));
    assert_same_text(kube_api_resource_storage_version_hash(a), kube_api_resource_storage_version_hash(b));
    assert_same_text(kube_api_resource_group_version(a), kube_api_resource_group_version(b));
    assert_int_equal(kube_api_resource_is_namespaced(a), kube_api_resource_is_namespaced(b));
    assert_int_equal(kube_api_resource_is_subresource(a), kube_api_resource_is_subresource(b));
    assert_same_texts(kube__resource_texts(a, a->verbs), kube__resource_texts(b, b->verbs));
    assert_same_texts(kube__resource_texts(a, a->short_names), kube__resource_texts(b, b->short_names));
    assert_same_texts(kube__resource_texts(a, a->categories), kube__resource_texts(b, b->categories));
}

static void assert_same_version(const kube_group_version *a, const kube_group_version *b)
{
    assert_same_text(a->key, b->key);
    assert_same_text(a->group, b->group);
    assert_same_text(a->version, b->version);
    assert_same_text(a->name, b->name);
    assert_same_text(a->list.group_version, b->list.group_version);
    assert_int_equal(a->state, b->state);
    assert_int_equal(a->origin, b->origin);
    assert_int_equal(a->time_unix_ms, b->time_unix_ms);
    assert_int_equal(a->nil_resources, b->nil_resources);
    assert_int_equal(a->storable, b->storable);
    assert_int_equal(a->list.count, b->list.count);
    assert_int_equal(a->error == NULL, b->error == NULL);
    assert_int_equal(kube_error_status(a->error), kube_error_status(b->error));
    assert_same_text(kube_error_message(a->error), kube_error_message(b->error));
    for (size_t i = 0; i < a->list.count; i++)
        assert_same_resource(&a->list.first[i], &b->list.first[i]);
}

static void assert_same(const kube_discovery_snapshot *a, const kube_discovery_snapshot *b)
{
    assert_int_equal(a->aggregated, b->aggregated);
    assert_same_text(a->validators[0], b->validators[0]);
    assert_same_text(a->validators[1], b->validators[1]);
    assert_int_equal(a->groups.count, b->groups.count);
    assert_int_equal(a->core_group_count, b->core_group_count);
    assert_int_equal(a->version_count, b->version_count);
    assert_int_equal(a->resource_count, b->resource_count);
    for (size_t i = 0; i < a->groups.count; i++) {
        const kube_api_group *g = &a->group_items[i], *h = &b->group_items[i];

        assert_same_text(g->name, h->name);
        assert_same_text(g->kind, h->kind);
        assert_same_text(g->api_version, h->api_version);
        assert_same_text(g->preferred_name, h->preferred_name);
        assert_same_text(g->preferred_version, h->preferred_version);
        assert_same_texts(g->addresses, h->addresses);
        assert_int_equal(g->listed_count, h->listed_count);
        assert_int_equal(g->version_count, h->version_count);
        assert_int_equal(g->nil_versions, h->nil_versions);
        assert_int_equal(g->versions - a->versions, h->versions - b->versions);
    }
    for (size_t i = 0; i < a->version_count; i++)
        assert_same_version(&a->versions[i], &b->versions[i]);
}

static void check_round_trip(kube_discovery_snapshot *s)
{
    kube_discovery_snapshot *back = NULL;
    uint64_t *generations = kube__calloc(s->version_count + 1, sizeof *generations), *read = NULL;
    bytes first, second;

    for (size_t i = 0; i <= s->version_count; i++)
        generations[i] = 0xfedcba9876543210u + i;
    first = encode(s, generations);
    assert_int_equal(decode(first, identity, &back, &read, NULL), KUBE_OK);
    assert_same(s, back);
    assert_memory_equal(generations, read, (s->version_count + 1) * sizeof *generations);
    second = encode(back, read);
    assert_int_equal(second.len, first.len); /* nothing grows by being kept again */
    assert_memory_equal(second.data, first.data, first.len);
    kube__free(generations);
    kube__free(read);
    kube__free(first.data);
    kube__free(second.data);
    kube_discovery_snapshot_unref(back);
    kube_discovery_snapshot_unref(s);
}

static void nothing_is_lost(void **state)
{
    (void)state;
    check_round_trip(small());
    check_round_trip(validated());
    check_round_trip(legacy());
    check_round_trip(recorded("bare"));
    check_round_trip(recorded("stale"));
    check_round_trip(recorded("large"));
    check_round_trip(aggregated_snapshot(NULL, "{\"items\":[]}"));
}

static void what_is_looked_up_is_found_as_before(void **state)
{
    kube_discovery_snapshot *s = recorded("bare"), *back = NULL;
    uint64_t *generations = NULL;
    bytes b = encode(s, NULL);
    char expected[DISCOVERY_TEXT_BYTES];

    (void)state;
    assert_int_equal(decode(b, identity, &back, &generations, NULL), KUBE_OK);
    assert_int_equal(generations[0], 0);
    snprintf(expected, sizeof expected, "%s", found_text(s, KUBE_API_RESOURCE_BY_CATEGORY, "all"));
    assert_string_equal(found_text(back, KUBE_API_RESOURCE_BY_CATEGORY, "all"), expected);
    assert_string_equal(found_text(back, KUBE_API_RESOURCE_BY_SHORT_NAME, "deploy"), "apps/v1/deployments");
    assert_non_null(kube_discovery_snapshot_group_version(back, "apps/v1"));
    kube__free(generations);
    kube__free(b.data);
    kube_discovery_snapshot_unref(s);
    kube_discovery_snapshot_unref(back);
}

static void without_an_identity_it_is_kept_as_well(void **state)
{
    kube_discovery_snapshot *s = small(), *back = NULL;
    uint64_t *generations = NULL;
    bytes b = { NULL, 0 };

    (void)state;
    assert_int_equal(kube__snapshot_encode(s, kube_str_c(NULL), NULL, &b.data, &b.len, NULL), KUBE_OK);
    assert_int_equal(decode(b, identity, &back, &generations, NULL), KUBE_ERR_NOT_FOUND);
    assert_int_equal(decode(b, "", &back, &generations, NULL), KUBE_OK);
    assert_same(s, back);
    kube__free(generations);
    kube__free(b.data);
    kube_discovery_snapshot_unref(back);
    kube_discovery_snapshot_unref(s);
}

static void that_of_another_server_is_not_used(void **state)
{
    kube_discovery_snapshot *s = small(), *back = NULL;
    uint64_t *generations = NULL;
    bytes b = encode(s, NULL);
    kube_error *err = NULL;

    (void)state;
    assert_int_equal(decode(b, "https://two.example.com:6443", &back, &generations, &err), KUBE_ERR_NOT_FOUND);
    assert_string_equal(kube_error_message(err), "the remembered snapshot is another server's");
    assert_null(back);
    assert_null(generations);
    kube_error_free(err);
    kube__free(b.data);
    kube_discovery_snapshot_unref(s);
}

/* Whatever is accepted can be used. */
static void use(kube_discovery_snapshot *s)
{
    kube_api_resource_lists *lists = NULL;
    kube_status st = kube_discovery_snapshot_preferred_resources(s, &lists, NULL);

    assert_true(st == KUBE_OK || st == KUBE_ERR_PARTIAL);
    kube_api_resource_lists_unref(lists);
    for (size_t i = 0; i < s->resource_count; i++) {
        kube_api_resource_iter it =
            kube_discovery_snapshot_find(s, KUBE_API_RESOURCE_BY_NAME, kube_api_resource_name(&s->resources[i]));

        while (kube_api_resource_iter_next(&it) != NULL)
            ;
    }
}

static void try_bytes(bytes b, bool must_fail, const char *what, size_t where)
{
    kube_discovery_snapshot *back = NULL;
    uint64_t *generations = NULL;
    kube_error *err = NULL;
    kube_status st = decode(b, identity, &back, &generations, &err);

    if (st != KUBE_OK && st != KUBE_ERR_PARSE && st != KUBE_ERR_NOT_FOUND && st != KUBE_ERR_LIMIT)
        fail_msg("%s %zu: %s", what, where, kube_error_message(err));
    if (st == KUBE_OK && must_fail)
        fail_msg("%s %zu is accepted", what, where);
    if (st == KUBE_OK)
        use(back);
    kube_error_free(err);
    kube__free(generations);
    kube_discovery_snapshot_unref(back);
}

static void bytes_that_are_cut_anywhere_are_refused(void **state)
{
    kube_discovery_snapshot *s = legacy();
    uint64_t generations[8] = { 1 };
    bytes b = encode(s, generations);
    size_t whole = b.len;

    (void)state;
    for (b.len = 0; b.len < whole; b.len++)
        try_bytes(b, true, "cut at", b.len);
    kube__free(b.data);
    kube_discovery_snapshot_unref(s);
}

static void any_word_may_have_any_value(void **state)
{
    static const uint32_t values[] = { 0,          1,          2,          7,     0x7fffffff, 0x80000000,
                                       0x80000001, 0xffffffff, 0x100, 0x900, 0x10000 };
    kube_discovery_snapshot *s = legacy();
    uint64_t generations[8] = { 1 };
    bytes b = encode(s, generations);

    (void)state;
    for (size_t at = 0; at + 4 <= b.len; at += 4) {
        for (size_t i = 0; i < COUNT_OF(values); i++) {
            char old[4];

            memcpy(old, b.data + at, 4);
            memcpy(b.data + at, &values[i], 4);
            try_bytes(b, false, "another value at", at);
            memcpy(b.data + at, old, 4);
        }
    }
    kube__free(b.data);
    kube_discovery_snapshot_unref(s);
}

static uint32_t head_word(bytes b, size_t at)
{
    uint32_t value;

    memcpy(&value, b.data + 4 * at, 4);
    return value;
}

/* The word where the groups begin. */
static size_t first_group(bytes b)
{
    size_t texts = head_word(b, KUBE__WIRE_HEAD_TEXT_BYTES) + head_word(b, KUBE__WIRE_HEAD_ERROR_BYTES);

    return KUBE__WIRE_HEAD_WORDS + (head_word(b, KUBE__WIRE_HEAD_IDENTITY_BYTES) + 3) / 4 + (texts + 3) / 4 +
           head_word(b, KUBE__WIRE_HEAD_LIST_WORDS);
}

static size_t first_version(bytes b)
{
    return first_group(b) + head_word(b, KUBE__WIRE_HEAD_GROUPS) * KUBE__WIRE_GROUP_WORDS;
}

static void a_key_that_says_something_else_is_refused(void **state)
{
    static const size_t others[] = { KUBE__WIRE_VERSION_GROUP, KUBE__WIRE_VERSION_VERSION,
                                     KUBE__WIRE_VERSION_LIST_NAME };
    kube_discovery_snapshot *s = legacy();
    bytes b = encode(s, NULL);
    size_t at = first_version(b);
    char *key = b.data + 4 * (at + KUBE__WIRE_VERSION_KEY), old[4];

    (void)state;
    memcpy(old, key, 4);
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        memcpy(key, b.data + 4 * (at + others[i]), 4);
        try_bytes(b, true, "a key that is another text", i);
    }
    memcpy(key, old, 4);
    try_bytes(b, false, "the key itself", 0);
    kube__free(b.data);
    kube_discovery_snapshot_unref(s);
}

/* Small bytes that would need a large index: one long list, in each of many resources twice. */
static void lists_that_all_resources_have_are_counted_for_each_of_them(void **state)
{
    enum { RESOURCES = 500, NAMES = 10000 };
    kube_buf document = KUBE_BUF_INIT(1 << 20);
    kube_discovery_snapshot *s, *back = NULL;
    uint64_t *generations = NULL;
    kube_error *err = NULL;
    size_t at;
    bytes b;

    (void)state;
    kube_buf_append_c(&document, "{\"items\":[{\"metadata\":{\"name\":\"a\"},\"versions\":[{\"version\":\"v1\","
                                 "\"resources\":[");
    for (int i = 0; i < RESOURCES; i++)
        kube_buf_append_f(&document, "{\"resource\":\"r%d\",\"responseKind\":{\"kind\":\"R\"}},", i);
    kube_buf_append_c(&document, "{\"resource\":\"many\",\"responseKind\":{\"kind\":\"R\"},\"shortNames\":[\"0\"");
    for (int i = 1; i < NAMES; i++)
        kube_buf_append_f(&document, ",\"%d\"", i);
    kube_buf_append_c(&document, "]}]}]}]}");
    s = aggregated_snapshot(NULL, document.data);
    b = encode(s, NULL);
    at = first_version(b) + KUBE__WIRE_VERSION_WORDS;
    for (size_t i = 0; i < RESOURCES; i++) {
        char *r = b.data + 4 * (at + i * KUBE__WIRE_RESOURCE_WORDS);
        const char *many = b.data + 4 * (at + RESOURCES * KUBE__WIRE_RESOURCE_WORDS + KUBE__WIRE_RESOURCE_SHORT_NAMES);

        memcpy(r + 4 * KUBE__WIRE_RESOURCE_SHORT_NAMES, many, 4);
        memcpy(r + 4 * KUBE__WIRE_RESOURCE_CATEGORIES, many, 4);
    }
    assert_int_equal(decode(b, identity, &back, &generations, &err), KUBE_ERR_LIMIT);
    assert_string_equal(kube_error_message(err), "the server offers more than libkube accepts");
    assert_null(back);
    assert_null(generations);
    kube_error_free(err);
    kube_buf_clear(&document);
    kube__free(b.data);
    kube_discovery_snapshot_unref(s);
}

/* Who copies a snapshot goes by its groups, and then writes each group-version: they have to be the same ones. */
static void group_versions_that_belong_to_no_group_are_refused(void **state)
{
    kube_discovery_snapshot *s = legacy();
    bytes b = encode(s, NULL);
    size_t at = first_version(b) - KUBE__WIRE_GROUP_WORDS;

    (void)state;
    assert_int_equal(head_word(b, at + KUBE__WIRE_GROUP_VERSIONS), 1);
    memset(b.data + 4 * (at + KUBE__WIRE_GROUP_LISTED), 0, 4);
    try_bytes(b, true, "listed by none, but its own, in word", at);
    memset(b.data + 4 * (at + KUBE__WIRE_GROUP_VERSIONS), 0, 4);
    try_bytes(b, true, "in no group, in word", at);
    kube__free(b.data);
    kube_discovery_snapshot_unref(s);
}

static void a_name_with_control_characters_is_refused(void **state)
{
    static const char *const bad[] = { "\x1bods", "po\x7fs", "p\xc2\x9bs" };
    kube_discovery_snapshot *s = small();
    bytes b = encode(s, NULL);
    char *name = memmem(b.data, b.len, "pods", 4);

    (void)state;
    assert_non_null(name);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        memcpy(name, bad[i], 4);
        try_bytes(b, true, "control characters", i);
    }
    kube__free(b.data);
    kube_discovery_snapshot_unref(s);
}

/* Its first byte is that of a control character as well. */
static void a_name_with_other_characters_is_kept(void **state)
{
    kube_discovery_snapshot *s = aggregated_snapshot(
        NULL,
        "{\"items\":[{\"metadata\":{\"name\":\"a.io\"},\"versions\":[{\"version\":\"v1\",\"resources\":[{\"resource\":"
        "\"p\xc2\xa9s\",\"responseKind\":{\"kind\":\"P\"},\"verbs\":[\"get\"]}]}]}]}");
    kube_discovery_snapshot *back = NULL;
    uint64_t *generations = NULL;
    bytes b = encode(s, NULL);

    (void)state;
    assert_int_equal(decode(b, identity, &back, &generations, NULL), KUBE_OK);
    assert_string_equal(found_text(back, KUBE_API_RESOURCE_BY_NAME, "p\xc2\xa9s"), "a.io/v1/p\xc2\xa9s");
    kube__free(generations);
    kube__free(b.data);
    kube_discovery_snapshot_unref(back);
    kube_discovery_snapshot_unref(s);
}

/* The messages lie behind the names: a name must not run on into them. */
static void a_name_without_its_end_is_refused(void **state)
{
    kube_discovery_snapshot *s = legacy();
    bytes b = encode(s, NULL);
    char *message = memmem(b.data, b.len, "it is\nbroken", 12);

    (void)state;
    assert_non_null(message);
    assert_int_equal(message[-1], '\0');
    message[-1] = 'x';
    try_bytes(b, true, "a text has no end", 0);
    kube__free(b.data);
    kube_discovery_snapshot_unref(s);
}

static void each_allocation_of_encoding_and_decoding_may_fail(void **state)
{
    kube_discovery_snapshot *s = legacy();

    (void)state;
    for (size_t n = 1;; n++) {
        kube_discovery_snapshot *back = NULL;
        uint64_t *generations = NULL;
        bytes b = { NULL, 0 };
        kube_status st;
        bool reached;

        alloc_trace_fail_at(n);
        st = kube__snapshot_encode(s, kube_str_c(identity), NULL, &b.data, &b.len, NULL);
        if (st == KUBE_OK)
            st = kube__snapshot_decode(kube_str_n(b.data, b.len), kube_str_c(identity), &back, &generations, NULL);
        reached = alloc_trace_stop();
        if (st != KUBE_OK)
            assert_int_equal(st, KUBE_ERR_OUT_OF_MEMORY);
        assert_true(reached || st == KUBE_OK);
        kube__free(b.data);
        kube__free(generations);
        kube_discovery_snapshot_unref(back);
        if (!reached)
            break;
        assert_true(n < 1000);
    }
    kube_discovery_snapshot_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(nothing_is_lost),
        ALLOC_TRACE_TEST(what_is_looked_up_is_found_as_before),
        ALLOC_TRACE_TEST(without_an_identity_it_is_kept_as_well),
        ALLOC_TRACE_TEST(that_of_another_server_is_not_used),
        ALLOC_TRACE_TEST(bytes_that_are_cut_anywhere_are_refused),
        ALLOC_TRACE_TEST(any_word_may_have_any_value),
        ALLOC_TRACE_TEST(a_key_that_says_something_else_is_refused),
        ALLOC_TRACE_TEST(lists_that_all_resources_have_are_counted_for_each_of_them),
        ALLOC_TRACE_TEST(group_versions_that_belong_to_no_group_are_refused),
        ALLOC_TRACE_TEST(a_name_with_control_characters_is_refused),
        ALLOC_TRACE_TEST(a_name_without_its_end_is_refused),
        ALLOC_TRACE_TEST(a_name_with_other_characters_is_kept),
        ALLOC_TRACE_TEST(each_allocation_of_encoding_and_decoding_may_fail),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
