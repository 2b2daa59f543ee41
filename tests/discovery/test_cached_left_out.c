/* An answer of which something had to be left out is answered, but never remembered as if it were whole. */
#include "flight.h"

#include <kube/cache.h>

#define TTL KUBE_FRESHNESS_DEFAULT
#define RESOURCE(name) "{\"resource\":\"" name "\",\"responseKind\":{\"kind\":\"K\"},\"verbs\":[\"get\"]}"
#define GROUP(name, resources)                                                                                         \
    "{\"metadata\":{\"name\":\"" name "\"},\"versions\":[{\"version\":\"v1\",\"resources\":[" resources "]}]}"

/* One of the resources has a name that could not be shown. */
static const char shortened[] = "{\"items\":[" GROUP(
    "apps", RESOURCE("deployments") "," RESOURCE("a\\u0007b")) "," GROUP("batch", RESOURCE("jobs")) "]}";

static cached_fixture f;

static const kube_store_key *apps_document(void)
{
    static const char *const segments[] = { "apps", "v1", "serverresources.json" };
    static const kube_store_key key = { .segments = segments, .count = 3 };

    return &key;
}

static void expect_no_document(kube_store *documents)
{
    kube_store_info info;

    assert_int_equal(kube_store_peek(documents, apps_document(), &info), KUBE_ERR_NOT_FOUND);
}

static void a_shortened_list_is_not_written_beside_documents_that_are_whole(void **state)
{
    kube_discovery *writer, *d;

    (void)state;
    cached_fixture_init(&f, CACHED_DOCUMENTS_IN_MEMORY);
    writer = cached_fixture_client(&f);
    d = cached_fixture_client(&f);
    (void)ask_all(writer, TTL);
    assert_int_equal(kube_store_remove(f.documents, apps_document(), NULL, NULL), KUBE_OK);
    f.fake.answers[0] = shortened;
    assert_string_equal(ask_all(d, TTL), "apps/v1: deployments; batch/v1: jobs");
    assert_int_equal(f.fake.attempts, 2);
    expect_no_document(f.documents);
    assert_string_equal(ask_version(d, "apps/v1", TTL), "deployments");
    expect_no_document(f.documents);
    kube_discovery_unref(writer);
    kube_discovery_unref(d);
    cached_fixture_clear(&f);
}

static size_t left_out_of_everything(kube_discovery *d)
{
    kube_io *io = flight_io(NULL);
    outcome o;
    size_t count;

    flight_start(d, io, NULL, NULL, &o);
    flight_run_until(io, &o);
    assert_int_equal(o.status, KUBE_OK);
    count = kube_discovery_snapshot_left_out_count(o.snapshot);
    outcome_clear(&o);
    kube_io_free(io);
    return count;
}

/* Another program's document is used as it is; what it is composed into is not whole either. */
static void what_another_programs_document_lacks_stays_counted(void **state)
{
    static const char document[] =
        "{\"kind\":\"APIResourceList\",\"groupVersion\":\"apps/v1\",\"resources\":[{\"name\":\"deployments\"},"
        "{\"name\":\"a\\u0007b\"}]}";
    kube_discovery *writer, *d, *other;

    (void)state;
    cached_fixture_init(&f, CACHED_DOCUMENTS_IN_MEMORY);
    writer = cached_fixture_client(&f);
    d = cached_fixture_client(&f);
    other = cached_fixture_client(&f);
    (void)ask_all(writer, TTL);
    assert_int_equal(
        kube_store_put(f.documents, apps_document(), kube_str_c(document), kube_str_c(NULL), NULL, NULL, NULL),
        KUBE_OK);
    assert_string_equal(ask_version(d, "apps/v1", TTL), "deployments"); /* it is known by itself now */
    assert_int_equal(left_out_of_everything(d), 1);
    assert_int_equal(left_out_of_everything(other), 1);
    kube_discovery_unref(writer);
    kube_discovery_unref(d);
    kube_discovery_unref(other);
    cached_fixture_clear(&f);
}

/* One of two documents of an answer may be as it was. */
static void a_shortened_answer_is_not_asked_about(void **state)
{
    (void)state;
    for (int place = 0; place < CACHED_PLACES; place++) {
        kube_discovery *d;

        cached_fixture_init(&f, (cached_place)place);
        f.fake.answers[0] = shortened;
        d = cached_fixture_client(&f);
        (void)ask_all(d, TTL);
        (void)ask_all(d, KUBE_FRESHNESS_REVALIDATE);
        assert_int_equal(f.fake.attempts, 2);
        assert_int_equal(f.fake.asked_about_known, 0);
        kube_discovery_unref(d);
        cached_fixture_clear(&f);
    }
}

static void a_shortened_answer_is_not_written_at_all(void **state)
{
    (void)state;
    for (int place = 0; place < CACHED_PLACES; place++) {
        kube_discovery *d, *other;

        cached_fixture_init(&f, (cached_place)place);
        f.fake.answers[0] = shortened;
        d = cached_fixture_client(&f);
        assert_string_equal(ask_all(d, TTL), "apps/v1: deployments; batch/v1: jobs");
        assert_string_equal(ask_all(d, TTL), "apps/v1: deployments; batch/v1: jobs");
        assert_int_equal(f.fake.attempts, 1);
        other = cached_fixture_client(&f);
        (void)ask_all(other, TTL);
        assert_int_equal(f.fake.attempts, 2);
        kube_discovery_unref(d);
        kube_discovery_unref(other);
        cached_fixture_clear(&f);
    }
}

/* One group-version is away, and something of the other one had to be left out. */
static kube_discovery_snapshot *one_failed_and_one_shortened(void)
{
    static const char groups[] =
        "{\"groups\":[{\"name\":\"a\",\"versions\":[{\"groupVersion\":\"a/v1\",\"version\":\"v1\"}]},"
        "{\"name\":\"b\",\"versions\":[{\"groupVersion\":\"b/v1\",\"version\":\"v1\"}]}]}";
    kube_discovery_snapshot_builder *b = NULL;
    kube_discovery_snapshot *s = NULL;
    kube_error *failure = NULL;

    (void)kube_error_set(&failure, KUBE_ERR_UNAVAILABLE, "it is away");
    assert_int_equal(kube_discovery_snapshot_builder_new(0, &b, NULL), KUBE_OK);
    assert_int_equal(
        kube_discovery_snapshot_builder_add_groups(b, KUBE_DISCOVERY_DOCUMENT_GROUP_LIST, kube_str_c(groups), "", NULL),
        KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_builder_add_failure(b, "a/v1", failure, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_builder_add_resources(
                         b, "b/v1", kube_str_c("{\"resources\":[{\"name\":\"bs\"},{\"name\":\"a\\u0007b\"}]}"), NULL),
                     KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_builder_build(b, &s, NULL), KUBE_OK);
    kube_discovery_snapshot_builder_free(b);
    return s;
}

static void what_is_left_out_stays_counted_when_one_group_version_is_asked_for_again(void **state)
{
    (void)state;
    for (int place = 0; place < CACHED_PLACES; place++) {
        kube_io *io = flight_io(NULL);
        kube_discovery *d;
        outcome o;

        cached_fixture_init(&f, (cached_place)place);
        f.fake.ready = one_failed_and_one_shortened();
        d = cached_fixture_client(&f);
        (void)ask_all(d, TTL);
        kube_discovery_snapshot_unref(f.fake.ready);
        f.fake.ready = NULL;
        f.fake.answers[0] = "{\"items\":[" GROUP("a", RESOURCE("as")) "]}";
        flight_start(d, io, "a/v1", NULL, &o);
        flight_run_until(io, &o);
        assert_int_equal(o.status, KUBE_OK);
        assert_int_equal(kube_discovery_snapshot_left_out_count(o.snapshot), 1);
        outcome_clear(&o);
        assert_string_equal(ask_version(d, "a/v1", TTL), "as");
        assert_int_equal(f.fake.attempts, 2);
        kube_io_free(io);
        kube_discovery_unref(d);
        cached_fixture_clear(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(a_shortened_list_is_not_written_beside_documents_that_are_whole),
        ALLOC_TRACE_TEST(what_another_programs_document_lacks_stays_counted),
        ALLOC_TRACE_TEST(a_shortened_answer_is_not_asked_about),
        ALLOC_TRACE_TEST(a_shortened_answer_is_not_written_at_all),
        ALLOC_TRACE_TEST(what_is_left_out_stays_counted_when_one_group_version_is_asked_for_again),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
