/* Documents one by one: which of them are looked at, what is never written as one, and what takes the place of those
 * that make no sense. */
#include "cached_fixture.h"

#define TTL KUBE_FRESHNESS_DEFAULT
#define ALL "apps/v1: deployments; batch/v1: jobs"

#define RESOURCE(name) "{\"resource\":\"" name "\",\"responseKind\":{\"kind\":\"K\"},\"verbs\":[\"get\"]}"
#define VERSION(version, resources) "{\"version\":\"" version "\",\"resources\":[" resources "]}"
#define GROUP(name, versions) "{\"metadata\":{\"name\":\"" name "\"},\"versions\":[" versions "]}"
#define ITEMS(groups) "{\"items\":[" groups "]}"

static cached_fixture f;

typedef struct document {
    const char *segments[3];
    size_t count;
} document;

static const document groups_document = { { "servergroups.json" }, 1 };
static const document apps_document = { { "apps", "v1", "serverresources.json" }, 3 };

static kube_store_key key_of(const document *d)
{
    return (kube_store_key){ .segments = d->segments, .count = d->count };
}

/* As another program might. */
static void replace(const document *d, const char *text)
{
    kube_store_key key = key_of(d);

    assert_int_equal(kube_store_put(f.documents, &key, kube_str_c(text), kube_str_c(NULL), NULL, NULL, NULL), KUBE_OK);
}

static unsigned document_puts(void)
{
    return atomic_load(&f.documents_knobs.count[SLOW_STORE_PUT]);
}

static void the_core_group_is_remembered_like_any_other(void **state)
{
    (void)state;
    for (int place = 0; place < CACHED_PLACES; place++) {
        kube_discovery *d, *other;

        cached_fixture_init(&f, (cached_place)place);
        f.fake.answers[0] = ITEMS(GROUP("", VERSION("v1", RESOURCE("pods"))));
        d = cached_fixture_client(&f);
        other = cached_fixture_client(&f);
        assert_string_equal(ask_version(d, "v1", TTL), "pods");
        assert_string_equal(ask_version(d, "v1", TTL), "pods");
        assert_string_equal(ask_version(other, "v1", TTL), "pods");
        assert_int_equal(f.fake.attempts, 1);
        kube_discovery_unref(d);
        kube_discovery_unref(other);
        cached_fixture_clear(&f);
    }
}

static void a_document_that_is_nested_without_end_is_asked_for_and_replaced(void **state)
{
    static const document *const documents[] = { &groups_document, &apps_document };
    char deep[8192] = "{\"x\":";

    (void)state;
    memset(deep + strlen(deep), '[', sizeof deep - 1 - strlen(deep));
    for (size_t i = 0; i < 2 * COUNT_OF(documents); i++) {
        kube_discovery *writer, *d;

        cached_fixture_init(&f, CACHED_DOCUMENTS_IN_MEMORY);
        writer = cached_fixture_client(&f);
        d = cached_fixture_client(&f);
        (void)ask_all(writer, TTL);
        replace(documents[i / 2], deep);
        if (i % 2 == 1)
            assert_string_equal(ask_all(d, TTL), ALL);
        else if (i / 2 == 0)
            assert_string_equal(ask_groups(d, TTL), "apps[apps/v1*] batch[batch/v1*]");
        else
            assert_string_equal(ask_version(d, "apps/v1", TTL), "deployments");
        assert_int_equal(f.fake.attempts, 2);
        assert_int_equal(f.log_lines, 1);
        assert_non_null(strstr(f.log, i / 2 == 0 ? "servergroups.json" : "apps/v1"));
        assert_string_equal(ask_all(writer, TTL), ALL);
        assert_int_equal(f.log_lines, 1); /* it has been replaced */
        kube_discovery_unref(writer);
        kube_discovery_unref(d);
        cached_fixture_clear(&f);
    }
}

static void what_is_stale_in_a_new_list_of_groups_is_stale_beside_documents_that_still_count(void **state)
{
    kube_store_key key = key_of(&groups_document);
    kube_discovery *writer, *d;

    (void)state;
    cached_fixture_init(&f, CACHED_DOCUMENTS_IN_MEMORY);
    writer = cached_fixture_client(&f);
    d = cached_fixture_client(&f);
    (void)ask_all(writer, TTL);
    assert_int_equal(kube_store_remove(f.documents, &key, NULL, NULL), KUBE_OK);
    f.fake.answers[0] = ITEMS(GROUP("apps", VERSION("v1", RESOURCE("newer")) ",{\"version\":\"v2\",\"freshness\":"
                                                                             "\"Stale\"}") "," GROUP(
        "batch", VERSION("v1", RESOURCE("newer"))));
    assert_string_equal(ask_all(d, TTL), ALL);
    assert_string_equal(ask_version(d, "apps/v2", TTL), "!stale: stale GroupVersion discovery: apps/v2");
    assert_int_equal(f.fake.attempts, 2);
    kube_discovery_unref(writer);
    kube_discovery_unref(d);
    cached_fixture_clear(&f);
}

/* A delegate of one's own may know of a group-version, and nothing about it. */
static void what_the_delegate_has_no_list_of_is_missing_beside_documents(void **state)
{
    static const char groups[] =
        "{\"groups\":[{\"name\":\"a\",\"versions\":[{\"groupVersion\":\"a/v1\",\"version\":\"v1\"},"
        "{\"groupVersion\":\"a/v2\",\"version\":\"v2\"}]}]}";
    kube_discovery_snapshot_builder *b = NULL;
    kube_discovery *writer, *d;

    (void)state;
    cached_fixture_init(&f, CACHED_DOCUMENTS_ONLY);
    assert_int_equal(kube_discovery_snapshot_builder_new(0, &b, NULL), KUBE_OK);
    assert_int_equal(
        kube_discovery_snapshot_builder_add_groups(b, KUBE_DISCOVERY_DOCUMENT_GROUP_LIST, kube_str_c(groups), "", NULL),
        KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_builder_add_resources(
                         b, "a/v1", kube_str_c("{\"resources\":[{\"name\":\"as\"}]}"), NULL),
                     KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_builder_build(b, &f.fake.ready, NULL), KUBE_OK);
    kube_discovery_snapshot_builder_free(b);
    writer = cached_fixture_client(&f);
    d = cached_fixture_client(&f);
    assert_string_equal(ask_all(writer, TTL), "a/v1: as");
    assert_string_equal(ask_all(d, TTL),
                        "!partial: unable to retrieve the complete list of server APIs: a/v2: not found");
    kube_discovery_unref(writer);
    kube_discovery_unref(d);
    kube_discovery_snapshot_unref(f.fake.ready);
    cached_fixture_clear(&f);
}

/* It has no document of its own, so the list of groups stands for it: while that says what it said. */
static void a_new_list_of_groups_says_nothing_of_a_group_version_without_resources(void **state)
{
    kube_discovery *d, *other;

    (void)state;
    cached_fixture_init(&f, CACHED_DOCUMENTS_ONLY);
    f.fake.answers[0] = ITEMS(GROUP("apps", VERSION("v1", RESOURCE("a"))) "," GROUP("empty.io", VERSION("v1", "")));
    d = cached_fixture_client(&f);
    other = cached_fixture_client(&f);
    (void)ask_all(d, TTL);
    (void)ask_all(other, KUBE_FRESHNESS_REVALIDATE);
    for (int known = 0; known <= 1; known++) {
        assert_string_equal(ask_version(d, "empty.io/v1", TTL), "");
        assert_string_equal(ask_groups(d, TTL), "apps[apps/v1*] empty.io[empty.io/v1*]"); /* and is known by itself */
    }
    assert_int_equal(f.fake.attempts, 2);
    kube_discovery_unref(d);
    kube_discovery_unref(other);
    cached_fixture_clear(&f);
}

static void what_has_no_resources_or_a_name_no_folder_should_have_is_not_written(void **state)
{
    kube_discovery *d;

    (void)state;
    cached_fixture_init(&f, CACHED_DOCUMENTS_SLOW);
    f.fake.answers[0] = ITEMS(GROUP("apps", VERSION("v1", RESOURCE("a"))) "," GROUP(
        "empty.io", VERSION("v1", "")) "," GROUP("odd.io", VERSION("V1", RESOURCE("odd"))));
    d = cached_fixture_client(&f);
    assert_string_equal(ask_version(d, "empty.io/v1", TTL), "");
    assert_string_equal(ask_version(d, "odd.io/V1", TTL), "odd");
    assert_int_equal(document_puts(), 0);
    assert_string_equal(ask_version(d, "apps/v1", TTL), "a");
    assert_int_equal(document_puts(), 1);
    assert_int_equal(f.fake.attempts, 1);
    assert_string_equal(f.log, "");
    kube_discovery_unref(d);
    cached_fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(the_core_group_is_remembered_like_any_other),
        ALLOC_TRACE_TEST(a_document_that_is_nested_without_end_is_asked_for_and_replaced),
        ALLOC_TRACE_TEST(what_is_stale_in_a_new_list_of_groups_is_stale_beside_documents_that_still_count),
        ALLOC_TRACE_TEST(what_the_delegate_has_no_list_of_is_missing_beside_documents),
        ALLOC_TRACE_TEST(a_new_list_of_groups_says_nothing_of_a_group_version_without_resources),
        ALLOC_TRACE_TEST(what_has_no_resources_or_a_name_no_folder_should_have_is_not_written),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
