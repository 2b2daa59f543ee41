#include "alloc_trace.h"
#include "cmocka_all.h"
#include "fake_host.h"
#include "full_pool.h"
#include "kubeconfig.h"

static const char two[] =
    "current-context: c1\n"
    "clusters:\n"
    "- {name: k1, cluster: {server: 'https://one', tls-server-name: sni, certificate-authority: pki/ca.crt}}\n"
    "- {name: k2, cluster: {server: 'https://two', certificate-authority: /etc/ca.crt}}\n"
    "users:\n"
    "- {name: u1, user: {client-certificate: ../c.crt, client-key: ./k.key, tokenFile: t, exec: {command: "
    "bin/plugin}}}\n"
    "- {name: u2, user: {exec: {command: plugin}}}\n"
    "contexts:\n"
    "- {name: c1, context: {cluster: k1, user: u1, namespace: ns}}\n"
    "- {name: c2, context: {cluster: k2, user: u2}}\n"
    "- {name: nobody, context: {cluster: k2}}\n"
    "- {name: nowhere, context: {user: u1}}\n"
    "- {name: lost-user, context: {cluster: k1, user: u9}}\n"
    "- {name: lost-cluster, context: {cluster: k9}}\n";

typedef struct setup {
    fake_host        fake;
    kube__kubeconfig config;
    kube__resolved   resolved;
    kube_error      *err;
} setup;

static kube_status resolve(setup *s, const char *text, const char *context, const char *server)
{
    memset(s, 0, sizeof *s);
    fake_host_init(&s->fake);
    fake_host_set(&s->fake, "KUBECONFIG", "/etc/kube/config");
    fake_host_add(&s->fake, "/etc/kube/config", text);
    kube__kubeconfig_init(&s->config);
    assert_int_equal(kube__kubeconfig_load(&s->config, &s->fake.host, NULL, NULL), KUBE_OK);
    return kube__kubeconfig_resolve(&s->config, context, server, &s->resolved, &s->err);
}

static void clear(setup *s)
{
    kube_error_free(s->err);
    kube__kubeconfig_clear(&s->config);
}

static void the_current_context_is_used_unless_another_is_asked_for(void **state)
{
    static const struct {
        const char *asked, *context, *server;
    } cases[] = { { NULL, "c1", "https://one" }, { "", "c1", "https://one" }, { "c2", "c2", "https://two" } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        setup s;

        assert_int_equal(resolve(&s, two, cases[i].asked, NULL), KUBE_OK);
        assert_string_equal(s.resolved.context, cases[i].context);
        assert_string_equal(s.resolved.cluster.server, cases[i].server);
        clear(&s);
    }
}

static void paths_start_from_the_directory_of_their_file(void **state)
{
    setup s;

    (void)state;
    assert_int_equal(resolve(&s, two, NULL, NULL), KUBE_OK);
    assert_string_equal(s.resolved.cluster.ca_file, "/etc/kube/pki/ca.crt");
    assert_string_equal(s.resolved.user.cert_file, "/etc/c.crt");
    assert_string_equal(s.resolved.user.key_file, "/etc/kube/k.key");
    assert_string_equal(s.resolved.user.token_file, "/etc/kube/t");
    assert_string_equal(s.resolved.user.exec->command, "/etc/kube/bin/plugin");
    assert_string_equal(s.resolved.name_space, "ns");
    clear(&s);
    assert_int_equal(resolve(&s, two, "c2", NULL), KUBE_OK);
    assert_string_equal(s.resolved.cluster.ca_file, "/etc/ca.crt");
    assert_string_equal(s.resolved.user.exec->command, "plugin");
    assert_null(s.resolved.name_space);
    clear(&s);
}

static void another_server_takes_the_old_ones_tls_name_away_and_leaves_the_rest(void **state)
{
    setup s;

    (void)state;
    assert_int_equal(resolve(&s, two, NULL, "https://three"), KUBE_OK);
    assert_string_equal(s.resolved.cluster.server, "https://three");
    assert_null(s.resolved.cluster.tls_server_name);
    assert_string_equal(s.resolved.cluster.ca_file, "/etc/kube/pki/ca.crt");
    assert_string_equal(s.resolved.user.name, "u1");
    clear(&s);
}

static void a_server_alone_needs_no_context(void **state)
{
    setup s;

    (void)state;
    assert_int_equal(resolve(&s, "", NULL, "https://three"), KUBE_OK);
    assert_string_equal(s.resolved.cluster.server, "https://three");
    assert_null(s.resolved.context);
    assert_null(s.resolved.user.name);
    clear(&s);
    assert_int_equal(resolve(&s, two, "nowhere", "https://three"), KUBE_OK);
    assert_string_equal(s.resolved.user.name, "u1");
    clear(&s);
}

static void a_context_without_a_user_is_nobody(void **state)
{
    setup s;

    (void)state;
    assert_int_equal(resolve(&s, two, "nobody", NULL), KUBE_OK);
    assert_null(s.resolved.user.name);
    assert_string_equal(s.resolved.cluster.server, "https://two");
    clear(&s);
}

static void what_is_named_and_does_not_exist_is_an_error(void **state)
{
    static const struct {
        const char *text, *context, *message;
    } cases[] = {
        { two, "c9", "context was not found for specified context: \"c9\" (/etc/kube/config was read)" },
        { "current-context: c9\n", NULL,
          "context was not found for specified context: \"c9\" (/etc/kube/config was read)" },
        { two, "lost-user", "context \"lost-user\" names the user \"u9\", which does not exist" },
        { two, "lost-cluster", "context \"lost-cluster\" names the cluster \"k9\", which does not exist" },
        { two, "nowhere", "context \"nowhere\" names no cluster" },
        { "contexts: [{name: c}]", NULL, "no context was asked for, and no current-context is set" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        setup s;

        assert_int_equal(resolve(&s, cases[i].text, cases[i].context, NULL), KUBE_ERR_CONFIG);
        if (strstr(kube_error_message(s.err), cases[i].message) == NULL)
            fail_msg("%s", kube_error_message(s.err));
        clear(&s);
    }
}

static void entries_without_a_name_are_passed_over(void **state)
{
    setup s;

    (void)state;
    assert_int_equal(resolve(&s,
                             "current-context: c\n"
                             "clusters: [{cluster: {server: 'https://nameless'}}, {name: k, cluster: {server: "
                             "'https://named'}}]\n"
                             "users: [{user: {token: nobody}}, {name: u, user: {token: me}}]\n"
                             "contexts: [{context: {}}, {name: c, context: {cluster: k, user: u}}]\n",
                             NULL, NULL),
                     KUBE_OK);
    assert_string_equal(s.resolved.cluster.server, "https://named");
    assert_string_equal(s.resolved.user.token, "me");
    clear(&s);
}

static void memory_may_end_at_any_place(void **state)
{
    bool reached = true;
    setup s;

    (void)state;
    assert_int_equal(resolve(&s, two, NULL, "https://three"), KUBE_OK);
    for (size_t room = 0; reached; room++) {
        kube__kubeconfig config = { .files = s.config.files, .sought = s.config.sought };
        kube__resolved resolved = { .context = "untouched" };
        kube_status st;

        full_pool(&config.pool, room);
        alloc_trace_fail_from(1);
        st = kube__kubeconfig_resolve(&config, NULL, "https://three", &resolved, NULL);
        reached = alloc_trace_stop();
        assert_int_equal(st, reached ? KUBE_ERR_OUT_OF_MEMORY : KUBE_OK);
        assert_string_equal(resolved.context, reached ? "untouched" : "c1");
        kube__pool_clear(&config.pool);
    }
    clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(the_current_context_is_used_unless_another_is_asked_for),
        ALLOC_TRACE_TEST(paths_start_from_the_directory_of_their_file),
        ALLOC_TRACE_TEST(another_server_takes_the_old_ones_tls_name_away_and_leaves_the_rest),
        ALLOC_TRACE_TEST(a_server_alone_needs_no_context),
        ALLOC_TRACE_TEST(a_context_without_a_user_is_nobody),
        ALLOC_TRACE_TEST(what_is_named_and_does_not_exist_is_an_error),
        ALLOC_TRACE_TEST(entries_without_a_name_are_passed_over),
        ALLOC_TRACE_TEST(memory_may_end_at_any_place),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
