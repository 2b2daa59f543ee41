#include "cached_fixture.h"

#include "fetch_outcome.h"

#include <time.h>
#include <unistd.h>

#define RESOURCE(name) "{\"resource\":\"" name "\",\"responseKind\":{\"kind\":\"K\"},\"verbs\":[\"get\"]}"
#define GROUP(name, resource)                                                                                          \
    "{\"metadata\":{\"name\":\"" name "\"},\"versions\":[{\"version\":\"v1\",\"resources\":[" RESOURCE(resource) "]}]" \
                                                                                                                 "}"

const char cached_apps_and_batch[] = "{\"items\":[" GROUP("apps", "deployments") "," GROUP("batch", "jobs") "]}";
const char cached_newer[] = "{\"items\":[" GROUP("apps", "statefulsets") "," GROUP("batch", "cronjobs") "]}";

bool cached_place_has_documents(cached_place place)
{
    return place <= CACHED_DOCUMENTS_SLOW;
}

static void write_down(void *user, kube_log_level level, const char *message)
{
    cached_fixture *f = user;
    size_t len = strlen(f->log);

    assert_int_equal(level, KUBE_LOG_WARNING);
    snprintf(f->log + len, sizeof f->log - len, "%s\n", message);
    f->log_lines++;
}

static kube_store *new_memory(cached_fixture *f)
{
    kube_memory_store_options o = KUBE_MEMORY_STORE_OPTIONS_INIT;
    kube_store *store = NULL;

    o.clock = &f->clock.clock;
    assert_int_equal(kube_memory_store_new(&o, &store, NULL), KUBE_OK);
    return store;
}

static kube_store *new_slow(cached_fixture *f, slow_store_knobs *knobs)
{
    kube_store *store = NULL;

    assert_int_equal(slow_store_new(&f->clock.clock, knobs, &store, NULL), KUBE_OK);
    return store;
}

void cached_fixture_init(cached_fixture *f, cached_place place)
{
    memset(f, 0, sizeof *f);
    f->place = place;
    fake_clock_init(&f->clock);
    f->clock.now_unix_ms = (int64_t)time(NULL) * 1000;
    f->fake.answers[0] = cached_apps_and_batch;
    f->delegate = fake_discovery_new(&f->fake, 0);
    snprintf(f->root, sizeof f->root, "/tmp/kube-cached-XXXXXX");
    assert_non_null(mkdtemp(f->root));
    if (place == CACHED_DOCUMENTS_IN_MEMORY || place == CACHED_MEMORY)
        f->store = new_memory(f);
    if (place == CACHED_DOCUMENTS_IN_MEMORY || place == CACHED_DOCUMENTS_ONLY)
        f->documents = new_memory(f);
    if (place == CACHED_DOCUMENTS_SLOW || place == CACHED_SLOW)
        f->store = new_slow(f, &f->store_knobs);
    if (place == CACHED_DOCUMENTS_SLOW)
        f->documents = new_slow(f, &f->documents_knobs);
}

void cached_fixture_clear(cached_fixture *f)
{
    kube_discovery_unref(f->delegate);
    kube_store_unref(f->store);
    kube_store_unref(f->documents);
    remove_tree(f->root);
}

kube_discovery *cached_fixture_client(cached_fixture *f)
{
    kube_cached_discovery_builder *b = kube_cached_discovery_builder_new();
    kube_logger logger = { .fn = write_down, .user = f };
    kube_discovery *d = NULL;
    kube_error *err = NULL;

    kube_cached_discovery_builder_delegate(b, f->delegate);
    kube_cached_discovery_builder_server(b, "https://server.example.com:6443");
    kube_cached_discovery_builder_clock(b, &f->clock.clock);
    kube_cached_discovery_builder_logger(b, &logger);
    kube_cached_discovery_builder_ttl_ms(b, f->ttl_ms);
    kube_cached_discovery_builder_policy(b, f->policy);
    if (f->place == CACHED_KUBECTLS_FOLDER)
        kube_cached_discovery_builder_disk(b, f->root);
    else if (f->place == CACHED_PRIVATE_DISK)
        kube_cached_discovery_builder_private_disk(b, f->root);
    if (f->store != NULL)
        kube_cached_discovery_builder_store(b, f->store);
    if (f->documents != NULL)
        kube_cached_discovery_builder_documents(b, f->documents);
    if (kube_cached_discovery_builder_build(b, &d, &err) != KUBE_OK)
        fail_msg("%s", kube_error_message(err));
    return d;
}

static const char *failure_text(kube_status st, kube_error *err)
{
    static char text[1024];

    snprintf(text, sizeof text, "!%s: %s", kube_status_name(st), kube_error_message(err));
    kube_error_free(err);
    return text;
}

static kube_call_options options(kube_freshness freshness)
{
    kube_call_options o = KUBE_CALL_OPTIONS_INIT;

    o.freshness = freshness;
    return o;
}

const char *ask_groups(kube_discovery *d, kube_freshness freshness)
{
    kube_call_options o = options(freshness);
    kube_api_group_list *groups = NULL;
    kube_error *err = NULL;
    kube_status st = kube_discovery_server_groups(d, &o, &groups, &err);
    const char *text;

    if (st != KUBE_OK)
        return failure_text(st, err);
    text = groups_text(groups);
    kube_api_group_list_unref(groups);
    return text;
}

const char *ask_version(kube_discovery *d, const char *group_version, kube_freshness freshness)
{
    kube_call_options o = options(freshness);
    kube_api_resource_list *list = NULL;
    kube_error *err = NULL;
    kube_status st = kube_discovery_server_resources_for_group_version(d, group_version, &o, &list, &err);
    const char *text;

    if (st != KUBE_OK)
        return failure_text(st, err);
    text = list_text(list);
    kube_api_resource_list_unref(list);
    return text;
}

const char *ask_all(kube_discovery *d, kube_freshness freshness)
{
    kube_call_options o = options(freshness);
    kube_api_resource_lists *lists = NULL;
    kube_error *err = NULL;
    kube_status st = kube_discovery_server_groups_and_resources(d, &o, NULL, &lists, &err);
    const char *text;

    if (st != KUBE_OK) {
        kube_api_resource_lists_unref(lists);
        return failure_text(st, err);
    }
    text = lists_text(lists);
    kube_api_resource_lists_unref(lists);
    return text;
}

const char *start_all(kube_discovery *d, kube_freshness freshness)
{
    kube_call_options o = options(freshness);
    kube_api_resource_lists *lists = NULL;
    outcome out = { .calls = 0 };
    kube_io *io = NULL;
    const char *text;

    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    assert_int_equal(kube_discovery_fetch_start(d, io, KUBE_DISCOVERY_WANT_ALL, NULL, &o, on_fetched, &out, NULL),
                     KUBE_PENDING);
    assert_int_equal(out.calls, 0);
    while (out.calls == 0)
        assert_int_equal(kube_io_run(io, 1000), KUBE_OK);
    kube_io_free(io);
    assert_int_equal(out.calls, 1);
    if (out.snapshot == NULL)
        return failure_text(out.status, out.err);
    assert_int_equal(kube_discovery_snapshot_groups_and_resources(out.snapshot, NULL, &lists, NULL), out.status);
    text = lists_text(lists);
    kube_api_resource_lists_unref(lists);
    outcome_clear(&out);
    return text;
}
