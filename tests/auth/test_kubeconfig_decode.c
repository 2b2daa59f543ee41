#include "alloc_trace.h"
#include "cmocka_all.h"
#include "full_pool.h"
#include "kubeconfig.h"

static kube_status decode(const char *text, kube__pool *pool, kube__kubeconfig_file *file, kube_error **err)
{
    memset(file, 0, sizeof *file);
    file->path = "f";
    file->dir = "/d";
    return kube__kubeconfig_decode(kube_str_c(text), pool, file, err);
}

static const char whole[] =
    "apiVersion: v1\n"
    "kind: Config\n"
    "current-context: c1\n"
    "preferences: {colors: true}\n"
    "unknown: {field: [1]}\n"
    "extensions: [{name: a, extension: 1}, {name: b}]\n"
    "clusters:\n"
    "- name: k1\n"
    "  cluster:\n"
    "    server: https://h:6443\n"
    "    tls-server-name: sni\n"
    "    insecure-skip-tls-verify: true\n"
    "    certificate-authority: ca.crt\n"
    "    certificate-authority-data: Zm9v\n"
    "    proxy-url: http://p\n"
    "    disable-compression: true\n"
    "    extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: x}}]\n"
    "users:\n"
    "- name: u1\n"
    "  user:\n"
    "    client-certificate: c.crt\n"
    "    client-key-data: YmFy\n"
    "    token: t\n"
    "    tokenFile: tf\n"
    "    username: me\n"
    "    password: \"12\"\n"
    "    as-groups: [g]\n"
    "    auth-provider: {name: oidc}\n"
    "    exec:\n"
    "      apiVersion: client.authentication.k8s.io/v1beta1\n"
    "      command: cmd\n"
    "      args: [a, b]\n"
    "      env: [{name: VAR, value: V}, {name: M}]\n"
    "      installHint: h\n"
    "      provideClusterInfo: true\n"
    "contexts:\n"
    "- {name: c1, context: {cluster: k1, user: u1, namespace: ns}}\n"
    "- {name: c2, context: {}}\n";

static void every_field_is_read(void **state)
{
    kube__pool pool = { NULL };
    kube__kubeconfig_file file;
    const kube__cluster *k;
    const kube__user *u;

    (void)state;
    assert_int_equal(decode(whole, &pool, &file, NULL), KUBE_OK);
    assert_string_equal(file.current_context, "c1");
    assert_int_equal(file.cluster_count, 1);
    k = &file.clusters[0];
    assert_string_equal(k->name, "k1");
    assert_ptr_equal(k->file, &file);
    assert_string_equal(k->server, "https://h:6443");
    assert_string_equal(k->tls_server_name, "sni");
    assert_true(k->insecure && k->disable_compression);
    assert_string_equal(k->ca_file, "ca.crt");
    assert_true(kube_str_is(k->ca_data, "foo"));
    assert_string_equal(k->proxy_url, "http://p");
    assert_int_equal(k->exec_extension->kind, KUBE__YAML_MAP);
    u = &file.users[0];
    assert_string_equal(u->cert_file, "c.crt");
    assert_true(kube_str_is(u->key_data, "bar"));
    assert_null(u->key_file);
    assert_string_equal(u->token, "t");
    assert_string_equal(u->token_file, "tf");
    assert_string_equal(u->username, "me");
    assert_string_equal(u->password, "12");
    assert_string_equal(u->impersonates, "as-groups");
    assert_true(u->auth_provider);
    assert_int_equal(file.context_count, 2);
    assert_string_equal(file.contexts[0].name_space, "ns");
    assert_null(file.contexts[1].cluster);
    kube__pool_clear(&pool);
}

static void a_plugin_is_read_with_its_default_mode(void **state)
{
    kube__pool pool = { NULL };
    kube__kubeconfig_file file;
    const kube__exec_spec *exec;

    (void)state;
    assert_int_equal(decode(whole, &pool, &file, NULL), KUBE_OK);
    exec = file.users[0].exec;
    assert_string_equal(exec->command, "cmd");
    assert_int_equal(exec->arg_count, 2);
    assert_string_equal(exec->args[1], "b");
    assert_int_equal(exec->env_count, 2);
    assert_string_equal(exec->env[0].value, "V");
    assert_null(exec->env[1].value);
    assert_true(exec->provide_cluster_info);
    assert_string_equal(exec->interactive_mode, "IfAvailable");
    assert_int_equal(
        decode("users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1}}}]", &pool, &file, NULL),
        KUBE_OK);
    assert_null(file.users[0].exec->interactive_mode);
    kube__pool_clear(&pool);
}

static void what_is_set_to_nothing_is_not_set(void **state)
{
    kube__pool pool = { NULL };
    kube__kubeconfig_file file;
    const kube__exec_spec *exec;

    (void)state;
    assert_int_equal(
        decode("clusters: [{name: k, cluster: {certificate-authority-data: '', disable-compression: false}}]\n"
               "users: [{name: u, user: {as: '', as-uid: '', as-groups: [], as-user-extra: {}, exec: {apiVersion: "
               "client.authentication.k8s.io/v1alpha1, interactiveMode: '', args: [], env: []}}},\n"
               "  {name: v, user: {exec: {args: [a, ~, '']}}}]",
               &pool, &file, NULL),
        KUBE_OK);
    assert_int_equal(file.clusters[0].ca_data.len, 0);
    assert_false(file.clusters[0].disable_compression);
    assert_null(file.users[0].impersonates);
    exec = file.users[0].exec;
    assert_string_equal(exec->interactive_mode, "IfAvailable");
    assert_int_equal(exec->arg_count + exec->env_count, 0);
    exec = file.users[1].exec;
    assert_int_equal(exec->arg_count, 3);
    assert_string_equal(exec->args[1], "");
    kube__pool_clear(&pool);
}

static void nothing_is_an_empty_kubeconfig(void **state)
{
    static const char *const empty[] = {
        "",
        "\n# nothing\n",
        "---\n",
        "null",
        "{}",
        "clusters: null\nusers: []\ncontexts:\n",
        "apiVersion: v1\nkind: Config",
        "apiVersion: ''\nkind: ''",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(empty); i++) {
        kube__pool pool = { NULL };
        kube__kubeconfig_file file;

        assert_int_equal(decode(empty[i], &pool, &file, NULL), KUBE_OK);
        assert_int_equal(file.cluster_count + file.user_count + file.context_count, 0);
        kube__pool_clear(&pool);
    }
}

static void json_is_a_kubeconfig_too(void **state)
{
    kube__pool pool = { NULL };
    kube__kubeconfig_file file;

    (void)state;
    assert_int_equal(
        decode("{\"apiVersion\":\"v1\",\"kind\":\"Config\",\"current-context\":\"c\",\n\t\"clusters\":[{\"name\":"
               "\"k\",\"cluster\":{\"server\":\"https://h\"}}]}",
               &pool, &file, NULL),
        KUBE_OK);
    assert_string_equal(file.clusters[0].server, "https://h");
    kube__pool_clear(&pool);
}

static const char *const wrong[][2] = {
    { "[]", "f:1:1: a kubeconfig is a mapping, not a list" },
    { "text", "f:1:1: a kubeconfig is a mapping, not a string" },
    { "apiVersion: v2", "f:1:13: apiVersion must be \"v1\", not \"v2\"" },
    { "kind: Pod", "f:1:7: kind must be \"Config\", not \"Pod\"" },
    { "apiVersion: v2\nkind: Pod", "f:1:13: apiVersion must be \"v1\"" }, /* the first one counts */
    { "current-context: 1", "f:1:18: current-context must be a string, not a number" },
    { "clusters: {}", "f:1:11: clusters must be a list, not a mapping" },
    { "clusters: [x]", "f:1:12: clusters must be a mapping, not a string" },
    { "clusters: [x, {name: 1}]", "f:1:12: clusters must be a mapping, not a string" },
    { "clusters: [{name: \"a\\0b\"}]", "f:1:19: clusters holds a NUL byte" },
    { "clusters:\n- name: 0\n", "f:2:9: clusters must be a string, not a number" },
    { "clusters:\n- name: 433e40\n", "f:2:9: clusters must be a string, not a number" },
    { "clusters:\n- name: a\n  cluster: x\n", "f:3:12: clusters.cluster must be a mapping, not a string" },
    { "clusters: [{name: a, cluster: {server: true}}]", "f:1:40: cluster.server must be a string, not a boolean" },
    { "clusters: [{name: a, cluster: {insecure-skip-tls-verify: 'true'}}]",
      "f:1:58: cluster.insecure-skip-tls-verify must be a boolean, not a string" },
    { "clusters: [{name: a, cluster: {certificate-authority-data: 'Zg='}}]",
      "f:1:60: cluster.certificate-authority-data is not base64" },
    { "clusters: [{name: a, cluster: {server: \"a\\0b\"}}]", "f:1:40: cluster.server holds a NUL byte" },
    { "clusters: [{name: a}, {name: b}, {name: a}]", "f:1:41: clusters has a duplicate name \"a\"" },
    { "clusters: [&a {name: x}, *a]", "f:1:22: clusters has a duplicate name \"x\"" },
    { "{o: &a {name: x}, clusters: [{name: x}, *a]}", "f:1:37: clusters has a duplicate name \"x\"" },
    { "o: &a {name: x}\nclusters: [{name: x}, *a]", "f:2:19: clusters has a duplicate name \"x\"" },
    { "users:\n- name: u\n- name: u\n", "f:3:9: users has a duplicate name \"u\"" },
    { "contexts: [{name: c}, {name: c}]", "contexts has a duplicate name \"c\"" },
    { "extensions: [{name: e}, {name: e}]", "extensions has a duplicate name \"e\"" },
    { "preferences: {extensions: [{name: e}, {name: e}]}", "extensions has a duplicate name \"e\"" },
    { "clusters: [{name: c, cluster: {extensions: [{name: e}, {name: e}]}}]",
      "cluster.extensions has a duplicate name \"e\"" },
    { "users: [{name: c, user: {extensions: [{name: e}, {name: e}]}}]",
      "user.extensions has a duplicate name \"e\"" },
    { "contexts: [{name: c, context: {extensions: [{name: e}, {name: e}]}}]",
      "context.extensions has a duplicate name \"e\"" },
    { "users: [{name: u, user: {token: 123}}]", "f:1:33: user.token must be a string, not a number" },
    { "users: [{name: u, user: {password: 123}}]", "user.password must be a string, not a number" },
    { "users: [{name: u, user: {client-key-data: '%'}}]", "user.client-key-data is not base64" },
    { "users: [{name: u, user: {as-groups: a}}]", "user.as-groups must be a list, not a string" },
    { "users: [{name: u, user: {exec: x}}]", "user.exec must be a mapping, not a string" },
    { "users: [{name: u, user: {exec: {args: [1]}}}]", "user.exec.args must be a string, not a number" },
    { "users: [{name: u, user: {exec: {args: [[], 1]}}}]", "f:1:40: user.exec.args must be a string, not a list" },
    { "users: [{name: u, user: {exec: {env: [[], 1]}}}]",
      "f:1:39: user.exec.env.[] must be a mapping, not a list" },
    { "users: [{name: u, user: {exec: {env: [1]}}}]", "user.exec.env.[] must be a mapping, not a number" },
    { "users: [{name: u, user: {exec: {env: [{value: 1}]}}}]",
      "user.exec.env.value must be a string, not a number" },
    { "users: [{name: u, user: {exec: {provideClusterInfo: 1}}}]",
      "user.exec.provideClusterInfo must be a boolean, not a number" },
    { "contexts: [{name: c, context: {namespace: 5}}]", "context.namespace must be a string, not a number" },
    { "a: b: c", "f:1:5: not valid YAML" },
};

static void what_is_wrong_is_refused_with_file_line_column_and_field(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        kube__pool pool = { NULL };
        kube__kubeconfig_file file;
        kube_error *err = NULL;

        assert_int_equal(decode(wrong[i][0], &pool, &file, &err), KUBE_ERR_CONFIG);
        if (strstr(kube_error_message(err), wrong[i][1]) == NULL)
            fail_msg("%s\ngave       %s\ninstead of %s", wrong[i][0], kube_error_message(err), wrong[i][1]);
        kube_error_free(err);
        kube__pool_clear(&pool);
    }
}

static void a_value_that_is_too_long_to_be_repeated_is_still_complained_about(void **state)
{
    kube_buf text = KUBE_BUF_INIT(4096);
    kube__pool pool = { NULL };
    kube__kubeconfig_file file;
    kube_error *err = NULL;

    (void)state;
    kube_buf_append_f(&text, "apiVersion: v%02000d\n", 0);
    assert_int_equal(decode(text.data, &pool, &file, &err), KUBE_ERR_CONFIG);
    assert_string_equal(kube_error_message(err), "f:1:13: apiVersion is not valid");
    kube_error_free(err);
    kube__pool_clear(&pool);
    kube_buf_clear(&text);
}

static void no_message_repeats_a_secret(void **state)
{
    static const char *const texts[] = {
        "users: [{name: u, user: {token: 31337}}]",
        "users: [{name: u, user: {password: 31337}}]",
        "users: [{name: u, user: {client-key-data: '31337!'}}]",
        "users: [{name: u, user: {token: [31337]}}]",
        "users: [{name: u, user: {token: \"31337}}]",
        "users: [{name: u, user: {token: 31337: 31337: x}}]",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        kube__pool pool = { NULL };
        kube__kubeconfig_file file;
        kube_error *err = NULL;

        assert_int_not_equal(decode(texts[i], &pool, &file, &err), KUBE_OK);
        assert_null(strstr(kube_error_message(err), "31337"));
        kube_error_free(err);
        kube__pool_clear(&pool);
    }
}

static void field_names_are_told_apart_by_case(void **state)
{
    kube__pool pool = { NULL };
    kube__kubeconfig_file file;

    (void)state;
    assert_int_equal(decode("users: [{name: u, user: {Token: t, tokenfile: f, token-file: f}}]", &pool, &file, NULL),
                     KUBE_OK);
    assert_null(file.users[0].token);
    assert_null(file.users[0].token_file);
    kube__pool_clear(&pool);
}

/* Decodes `count` clusters that are all `cluster`; the text is cleared. */
static void check_that_aliases_reach_the_limit(kube_buf *cluster, int count, const char *message)
{
    kube__pool pool = { NULL };
    kube__kubeconfig_file file;
    kube_error *err = NULL;

    for (int i = 0; i < count; i++)
        kube_buf_append_c(cluster, "- cluster: *a\n");
    assert_int_equal(kube_buf_status(cluster, NULL), KUBE_OK);
    assert_int_equal(decode(cluster->data, &pool, &file, &err), KUBE_ERR_LIMIT);
    assert_non_null(strstr(kube_error_message(err), message));
    assert_true(alloc_trace_live_bytes() < 100 * 1024 * 1024);
    kube_error_free(err);
    kube__pool_clear(&pool);
    kube_buf_clear(cluster);
}

static void what_aliases_repeat_is_bounded_in_bytes(void **state)
{
    kube_buf text = KUBE_BUF_INIT(4 << 20);

    (void)state;
    kube_buf_append_c(&text, "clusters:\n- cluster: &a\n    certificate-authority-data: ");
    for (int i = 0; i < 250000; i++)
        kube_buf_append_c(&text, "AAAA");
    kube_buf_append_char(&text, '\n');
    check_that_aliases_reach_the_limit(
        &text, 300, "f:3:33: cluster.certificate-authority-data is repeated by too many aliases");
}

static void what_aliases_repeat_is_bounded_in_text(void **state)
{
    kube_buf text = KUBE_BUF_INIT(4 << 20);

    (void)state;
    kube_buf_append_c(&text, "clusters:\n- cluster: &a\n    server: ");
    for (int i = 0; i < 250000; i++)
        kube_buf_append_c(&text, "AAAA");
    kube_buf_append_char(&text, '\n');
    check_that_aliases_reach_the_limit(&text, 300, "f:3:13: cluster.server is repeated by too many aliases");
}

static void what_aliases_repeat_is_bounded_in_keys(void **state)
{
    kube_buf text = KUBE_BUF_INIT(4 << 20);

    (void)state;
    kube_buf_append_c(&text, "clusters:\n- cluster: &a\n");
    for (int i = 0; i < 60000; i++)
        kube_buf_append_f(&text, "    k%d: v\n", i);
    check_that_aliases_reach_the_limit(&text, 5000, "f:2:12: cluster.proxy-url is repeated by too many aliases");
}

static void what_aliases_repeat_is_bounded_in_items(void **state)
{
    kube_buf text = KUBE_BUF_INIT(4 << 20);

    (void)state;
    kube_buf_append_c(&text, "clusters:\n- cluster: &a\n    extensions: [");
    for (int i = 0; i < 60000; i++)
        kube_buf_append_c(&text, "{},");
    kube_buf_append_c(&text, "]\n");
    check_that_aliases_reach_the_limit(&text, 5000, "f:3:17: cluster.extensions is repeated by too many aliases");
}

static void a_plugin_has_a_thousand_arguments_and_variables_at_most(void **state)
{
    static const char *const items[][3] = {
        { "args", "x,", "f:1:39: user.exec.args has more than 1024 items" },
        { "env", "{name: x},", "f:1:38: user.exec.env has more than 1024 items" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(items); i++) {
        kube_buf text = KUBE_BUF_INIT(1 << 20);
        kube__pool pool = { NULL };
        kube__kubeconfig_file file;
        kube_error *err = NULL;

        for (int count = 1024; count <= 1025; count++) {
            kube_buf_reset(&text);
            kube_buf_append_f(&text, "users: [{name: u, user: {exec: {%s: [", items[i][0]);
            for (int j = 0; j < count; j++)
                kube_buf_append_c(&text, items[i][1]);
            kube_buf_append_c(&text, "]}}}]");
            assert_int_equal(decode(text.data, &pool, &file, &err), count == 1024 ? KUBE_OK : KUBE_ERR_LIMIT);
        }
        assert_string_equal(kube_error_message(err), items[i][2]);
        kube_error_free(err);
        kube__pool_clear(&pool);
        kube_buf_clear(&text);
    }
}

/* Memory ends at each place of the document in turn; the document has everything in it. */
static void memory_may_end_at_any_place(void **state)
{
    kube_buf text = KUBE_BUF_INIT(1 << 20);
    bool needed = true;

    (void)state;
    kube_buf_append_c(&text, whole);
    kube_buf_append_c(&text, "anchored: [&a x, &b {y: *a}, &c [*b]]\n");
    for (size_t room = 0; needed; room++) {
        needed = false;
        for (size_t n = 1;; n++) {
            kube__pool pool = { NULL };
            kube__kubeconfig_file file;
            kube_status st;
            const void *block;
            bool reached;

            full_pool(&pool, room);
            block = pool.blocks;
            alloc_trace_fail_at(n);
            st = decode(text.data, &pool, &file, NULL);
            reached = alloc_trace_stop();
            assert_int_equal(st, reached ? KUBE_ERR_OUT_OF_MEMORY : KUBE_OK);
            needed = needed || pool.blocks != block;
            kube__pool_clear(&pool);
            if (!reached)
                break;
        }
    }
    kube_buf_clear(&text);
}

static void a_shared_authority_may_be_larger_than_the_rest(void **state)
{
    kube_buf text = KUBE_BUF_INIT(1 << 20);
    kube__pool pool = { NULL };
    kube__kubeconfig_file file;

    (void)state;
    kube_buf_append_c(&text, "clusters:\n- cluster: &a {certificate-authority-data: ");
    for (int i = 0; i < 10000; i++)
        kube_buf_append_c(&text, "AAAA");
    kube_buf_append_c(&text, "}\n");
    for (int i = 0; i < 300; i++)
        kube_buf_append_c(&text, "- cluster: *a\n");
    assert_int_equal(decode(text.data, &pool, &file, NULL), KUBE_OK);
    assert_int_equal(file.clusters[300].ca_data.len, 30000);
    kube__pool_clear(&pool);
    kube_buf_clear(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(every_field_is_read),
        ALLOC_TRACE_TEST(a_plugin_is_read_with_its_default_mode),
        ALLOC_TRACE_TEST(what_is_set_to_nothing_is_not_set),
        ALLOC_TRACE_TEST(nothing_is_an_empty_kubeconfig),
        ALLOC_TRACE_TEST(json_is_a_kubeconfig_too),
        ALLOC_TRACE_TEST(what_is_wrong_is_refused_with_file_line_column_and_field),
        ALLOC_TRACE_TEST(a_value_that_is_too_long_to_be_repeated_is_still_complained_about),
        ALLOC_TRACE_TEST(no_message_repeats_a_secret),
        ALLOC_TRACE_TEST(field_names_are_told_apart_by_case),
        ALLOC_TRACE_TEST(what_aliases_repeat_is_bounded_in_bytes),
        ALLOC_TRACE_TEST(what_aliases_repeat_is_bounded_in_text),
        ALLOC_TRACE_TEST(what_aliases_repeat_is_bounded_in_keys),
        ALLOC_TRACE_TEST(what_aliases_repeat_is_bounded_in_items),
        ALLOC_TRACE_TEST(a_shared_authority_may_be_larger_than_the_rest),
        ALLOC_TRACE_TEST(a_plugin_has_a_thousand_arguments_and_variables_at_most),
        ALLOC_TRACE_TEST(memory_may_end_at_any_place),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
