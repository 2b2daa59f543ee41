/* A delegate and a store of somebody's own, written against public headers only, in every combination with those of
 * libkube. */
#include "remove_tree.h"
#include "slow_store.h"

#include <kube/auth.h>
#include <kube/discovery.h>
#include <kube/sys/discovery.h>
#include <kube/sys/error.h>
#include <kube/testing.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char root[64];
static kube_testing_apiserver *server;

/* ---- a delegate of one's own: it knows one group, and says when nothing has changed ---- */

typedef struct own_discovery {
    unsigned asked, unchanged;
} own_discovery;

static const char document[] =
    "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[{\"metadata\":{\"name\":\"apps\"},\"versions\":[{\"version\":"
    "\"v1\","
    "\"resources\":[{\"resource\":\"deployments\",\"responseKind\":{\"group\":\"apps\",\"version\":\"v1\",\"kind\":"
    "\"Deployment\"},\"scope\":\"Namespaced\",\"verbs\":[\"get\"]}]}]}]}";

static kube_status own_fetch(void *state, kube_io *io, const kube_discovery_request *request, const kube_call *call,
                             kube_discovery_fetch_done *done, void *user, kube_discovery_snapshot **out,
                             kube_error **err)
{
    own_discovery *own = state;
    kube_discovery_snapshot_builder *b = NULL;
    kube_status st;

    (void)io;
    (void)call;
    (void)done;
    (void)user;
    own->asked++;
    if (request->known != NULL) {
        own->unchanged++;
        return kube_error_set(err, KUBE_ERR_NOT_MODIFIED, "it is as it was");
    }
    st = kube_discovery_snapshot_builder_new(1, &b, err);
    if (st == KUBE_OK)
        st = kube_discovery_snapshot_builder_add_groups(b, KUBE_DISCOVERY_DOCUMENT_AGGREGATED, kube_str_c(document),
                                                        "my own", err);
    if (st == KUBE_OK)
        st = kube_discovery_snapshot_builder_build(b, out, err);
    kube_discovery_snapshot_builder_free(b);
    return st;
}

/* ---- the combinations ---- */

typedef enum place { OWN_STORE, OWN_DOCUMENTS, DISK, PRIVATE_DISK, MEMORY, PLACES } place;

typedef struct combination {
    bool own_delegate;
    place where;
    own_discovery own;
    slow_store_knobs knobs;
    kube_discovery *delegate;
    kube_store *store, *memory;
    kube_rest_client *rest;
    char folder[128];
} combination;

static kube_rest_client *connect_rest(void)
{
    kube_auth_options opts = KUBE_AUTH_OPTIONS_INIT;
    kube_rest_client *rest = NULL;
    char path[128];

    snprintf(path, sizeof path, "%s/kubeconfig", root);
    opts.kubeconfig = path;
    assert_int_equal(kube_auth_rest_client_from_kubeconfig(&opts, &rest, NULL), KUBE_OK);
    return rest;
}

static void set_up_combination(combination *c, bool own_delegate, place where)
{
    const kube_discovery_ops ops = { .struct_size = sizeof ops, .fetch = own_fetch };

    memset(c, 0, sizeof *c);
    c->own_delegate = own_delegate;
    c->where = where;
    snprintf(c->folder, sizeof c->folder, "%s/%d-%d", root, own_delegate, (int)where);
    if (own_delegate)
        assert_int_equal(kube_discovery_new(&ops, &c->own, NULL, &c->delegate, NULL), KUBE_OK);
    else
        c->rest = connect_rest();
    if (where == OWN_STORE || where == OWN_DOCUMENTS)
        assert_int_equal(slow_store_new(NULL, &c->knobs, &c->store, NULL), KUBE_OK);
    if (where == MEMORY)
        assert_int_equal(kube_memory_store_new(NULL, &c->memory, NULL), KUBE_OK);
}

static void tear_down_combination(combination *c)
{
    kube_discovery_unref(c->delegate);
    kube_rest_client_unref(c->rest);
    kube_store_unref(c->store);
    kube_store_unref(c->memory);
}

static kube_discovery *compose(const combination *c)
{
    kube_cached_discovery_builder *b = kube_cached_discovery_builder_new();
    kube_discovery *d = NULL;
    kube_error *err = NULL;

    if (c->own_delegate)
        kube_cached_discovery_builder_delegate(b, c->delegate);
    else
        kube_cached_discovery_builder_rest(b, c->rest);
    kube_cached_discovery_builder_server(b, "https://my.own:1");
    switch (c->where) {
    case OWN_STORE:
        kube_cached_discovery_builder_store(b, c->store);
        break;
    case OWN_DOCUMENTS:
        kube_cached_discovery_builder_documents(b, c->store);
        break;
    case DISK:
        kube_cached_discovery_builder_disk(b, c->folder);
        break;
    case PRIVATE_DISK:
        kube_cached_discovery_builder_private_disk(b, c->folder);
        break;
    default:
        kube_cached_discovery_builder_store(b, c->memory);
        break;
    }
    if (kube_cached_discovery_builder_build(b, &d, &err) != KUBE_OK)
        fail_msg("%s", kube_error_message(err));
    return d;
}

/* How often the delegate was asked: by its own count, or in requests of the live client, two each time. */
static unsigned times_asked(const combination *c)
{
    kube_rest_client_stats stats;

    if (c->own_delegate)
        return c->own.asked;
    kube_rest_client_read_stats(c->rest, &stats);
    assert_int_equal(stats.requests % 2, 0);
    return (unsigned)stats.requests / 2;
}

static void expect_deployments(kube_discovery *d)
{
    kube_api_resource_list *list = NULL;
    kube_api_resource_lists *all = NULL;
    bool found = false;

    assert_int_equal(kube_discovery_server_resources_for_group_version(d, "apps/v1", NULL, &list, NULL), KUBE_OK);
    for (size_t i = 0; i < kube_api_resource_list_count(list); i++)
        found = found || strcmp(kube_api_resource_name(kube_api_resource_list_at(list, i)), "deployments") == 0;
    assert_true(found);
    assert_int_equal(kube_discovery_server_groups_and_resources(d, NULL, NULL, &all, NULL), KUBE_OK);
    assert_true(kube_api_resource_lists_count(all) >= 1);
    kube_api_resource_lists_unref(all);
    kube_api_resource_list_unref(list);
}

static void check(bool own_delegate, place where)
{
    combination c;
    kube_discovery *first, *second;

    set_up_combination(&c, own_delegate, where);
    first = compose(&c);
    expect_deployments(first);
    expect_deployments(first);
    assert_int_equal(times_asked(&c), 1);
    assert_true(kube_discovery_fresh(first));
    second = compose(&c); /* served by what the first one kept */
    expect_deployments(second);
    assert_int_equal(times_asked(&c), 1);
    assert_false(kube_discovery_fresh(second));
    kube_discovery_invalidate(second);
    expect_deployments(second);
    assert_int_equal(times_asked(&c), 2);
    assert_true(kube_discovery_fresh(second));
    if (own_delegate && where != OWN_DOCUMENTS) /* documents alone do not say what they came with */
        assert_int_equal(c.own.unchanged, 1);
    kube_discovery_unref(first);
    kube_discovery_unref(second);
    tear_down_combination(&c);
}

static void what_is_ones_own_works_in_every_combination(void **state)
{
    (void)state;
    for (int own_delegate = 0; own_delegate <= 1; own_delegate++) {
        for (int where = 0; where < PLACES; where++) {
            print_message("  %s delegate, place %d\n", own_delegate ? "own" : "live", where);
            check(own_delegate, (place)where);
        }
    }
}

static int set_up(void **state)
{
    kube_testing_apiserver_options opts = KUBE_TESTING_APISERVER_OPTIONS_INIT;
    char path[128];

    (void)state;
    snprintf(root, sizeof root, "/tmp/kube-own-XXXXXX");
    if (mkdtemp(root) == NULL)
        return -1;
    opts.recording = KUBE_FIXTURES "/kube-apiserver-1.37/bare";
    snprintf(path, sizeof path, "%s/kubeconfig", root);
    if (kube_testing_apiserver_start(&opts, &server, NULL) != KUBE_OK)
        return -1;
    return kube_testing_apiserver_write_kubeconfig(server, path, NULL) == KUBE_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    kube_testing_apiserver_stop(server);
    remove_tree(root);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(what_is_ones_own_works_in_every_combination) };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
