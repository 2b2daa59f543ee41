#include "alloc_trace.h"
#include "cmocka_all.h"
#include "fake_host.h"
#include "full_pool.h"
#include "identity.h"
#include "../../rest/src/plugins.h"

#include <errno.h>
#include <stdio.h>

#define TOKEN_PATH "/var/run/secrets/kubernetes.io/serviceaccount/token"
#define CA_PATH "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"

typedef struct setup {
    fake_host         fake;
    kube_auth_options opts;
    kube__identity    id;
    kube_error       *err;
    char              log[1024];
} setup;

static void keep_log(void *user, kube_log_level level, const char *message)
{
    setup *s = user;
    size_t used = strlen(s->log);

    (void)level;
    snprintf(s->log + used, sizeof s->log - used, "%s", message);
}

static void begin(setup *s, const char *kubeconfig)
{
    memset(s, 0, sizeof *s);
    fake_host_init(&s->fake);
    s->opts.logger = (kube_logger){ keep_log, s, KUBE_LOG_WARNING };
    if (kubeconfig != NULL) {
        fake_host_set(&s->fake, "KUBECONFIG", "/k/config");
        fake_host_add(&s->fake, "/k/config", kubeconfig);
    }
}

static kube_status load(setup *s)
{
    kube_status st = kube__identity_load(&s->fake.host, &s->opts, &s->id, &s->err);

    assert_int_equal(s->fake.open_count, 0);
    return st;
}

static void end(setup *s)
{
    kube__identity_clear(&s->id);
    kube_error_free(s->err);
}

/* What the credential answers at once. */
static void assert_header(setup *s, const char *expected)
{
    kube_io *io = NULL;
    kube_blob *header = NULL;

    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    assert_int_equal(kube__credential_authorization(s->id.credential, io, NULL, NULL, NULL, &header, NULL), KUBE_OK);
    if (!kube_str_is(kube_blob_str(header), expected))
        fail_msg("%s", kube_blob_str(header).data);
    kube_blob_unref(header);
    kube_io_free(io);
}

/* A kubeconfig of one context with these fields. */
static const char *one(char *text, size_t size, const char *cluster, const char *user)
{
    snprintf(text, size,
             "current-context: c\nclusters: [{name: k, cluster: {%s}}]\nusers: [{name: u, user: {%s}}]\n"
             "contexts: [{name: c, context: {cluster: k, user: u, namespace: ns}}]\n",
             cluster, user);
    return text;
}

static void server_trust_and_certificate_come_from_data_or_files(void **state)
{
    char text[2000];
    setup s;

    (void)state;
    begin(&s, one(text, sizeof text,
                  "server: 'https://h', certificate-authority: ca.crt, tls-server-name: sni, disable-compression: true",
                  "client-certificate-data: Q0VSVA==, client-key: key.pem"));
    fake_host_add(&s.fake, "/k/ca.crt", "CA");
    fake_host_add(&s.fake, "/k/key.pem", "KEY");
    assert_int_equal(load(&s), KUBE_OK);
    assert_string_equal(s.id.server, "https://h");
    assert_string_equal(s.id.tls_server_name, "sni");
    assert_string_equal(s.id.name_space, "ns");
    assert_true(kube_str_is(s.id.ca_pem, "CA"));
    assert_true(kube_str_is(s.id.cert_pem, "CERT"));
    assert_true(kube_str_is(s.id.key_pem, "KEY"));
    assert_true(s.id.disable_compression);
    assert_null(s.id.credential);
    assert_null(s.id.bearer_token);
    end(&s);
}

static void the_token_of_a_user_is_sent_and_its_plugin_left_alone(void **state)
{
    char text[2000];
    setup s;

    (void)state;
    begin(&s, one(text, sizeof text, "server: 'https://h', insecure-skip-tls-verify: true",
                  "token: abc, exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}"));
    assert_int_equal(load(&s), KUBE_OK);
    assert_string_equal(s.id.bearer_token, "abc");
    assert_null(s.id.credential);
    assert_true(s.id.insecure);
    end(&s);
}

#define V1 "client.authentication.k8s.io/v1"

static void a_plugin_is_left_alone_beside_any_other_credential(void **state)
{
    static const struct {
        const char *user;
        bool        has_credential, has_cert;
    } cases[] = {
        { "exec: {apiVersion: " V1 "alpha1, command: x}, username: a", true, false },
        { "exec: {apiVersion: " V1 "alpha1, command: x}, client-certificate-data: eA==, client-key-data: eA==", false,
          true },
        { "exec: {apiVersion: " V1 ", command: x, interactiveMode: Always}", true, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[2000];
        setup s;

        begin(&s, one(text, sizeof text, "server: 'https://h', tls-server-name: ''", cases[i].user));
        if (load(&s) != KUBE_OK)
            fail_msg("%s: %s", cases[i].user, kube_error_message(s.err));
        assert_null(s.id.tls_server_name);
        assert_true((s.id.credential != NULL) == cases[i].has_credential);
        assert_true((s.id.cert_pem.len != 0) == cases[i].has_cert);
        end(&s);
    }
}

static void user_name_and_password_make_a_basic_header(void **state)
{
    char text[2000];
    setup s;

    (void)state;
    begin(&s, one(text, sizeof text, "server: 'https://h'", "username: Aladdin, password: 'open sesame'"));
    assert_int_equal(load(&s), KUBE_OK);
    assert_header(&s, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    end(&s);
    begin(&s, one(text, sizeof text, "server: 'https://h'", "username: a"));
    assert_int_equal(load(&s), KUBE_OK);
    assert_header(&s, "Basic YTo=");
    end(&s);
}

static void a_token_file_beats_the_token_which_stands_in_when_it_is_missing(void **state)
{
    char text[2000];
    setup s;

    (void)state;
    begin(&s, one(text, sizeof text, "server: 'https://h'", "token: first, tokenFile: t"));
    fake_host_add(&s.fake, "/k/t", " from-file\n");
    assert_int_equal(load(&s), KUBE_OK);
    assert_header(&s, "Bearer from-file");
    end(&s);
    begin(&s, one(text, sizeof text, "server: 'https://h'", "token: first, tokenFile: t"));
    assert_int_equal(load(&s), KUBE_OK);
    assert_header(&s, "Bearer first");
    assert_non_null(strstr(s.log, "/k/t"));
    end(&s);
    begin(&s, one(text, sizeof text, "server: 'https://h'", "tokenFile: t"));
    assert_int_equal(load(&s), KUBE_ERR_CONFIG);
    assert_string_equal(kube_error_message(s.err), "the token file: reading /k/t: there is no such file");
    end(&s);
}

static const struct {
    const char *cluster, *user;
    kube_status status;
    const char *message;
} problems[] = {
    { "", "", KUBE_ERR_CONFIG, "invalid configuration: cluster \"k\" has no server" },
    { "server: ''", "", KUBE_ERR_CONFIG, "invalid configuration: cluster \"k\" has no server" },
    { "server: 'https://h', certificate-authority: ca, certificate-authority-data: eA==", "", KUBE_ERR_CONFIG,
      "cluster \"k\" has both certificate-authority and certificate-authority-data" },
    { "server: 'https://h', certificate-authority-data: eA==, insecure-skip-tls-verify: true", "", KUBE_ERR_CONFIG,
      "cluster \"k\" has a certificate authority and insecure-skip-tls-verify" },
    { "server: 'https://h', certificate-authority: ca, insecure-skip-tls-verify: true", "", KUBE_ERR_CONFIG,
      "cluster \"k\" has a certificate authority and insecure-skip-tls-verify" },
    { "server: 'https://h', certificate-authority: none", "", KUBE_ERR_CONFIG,
      "certificate-authority of \"k\": reading /k/none: there is no such file" },
    { "server: 'https://h', certificate-authority: denied", "", KUBE_ERR_IO,
      "certificate-authority of \"k\": reading "
      "/k/denied" },
    { "server: 'https://h', certificate-authority: empty", "", KUBE_ERR_CONFIG,
      "certificate-authority of \"k\": /k/empty is empty" },
    { "server: 'https://h', proxy-url: 'http://p'", "", KUBE_ERR_UNSUPPORTED, "cluster \"k\" has a proxy-url" },
    { "server: 'https://h'", "client-certificate: ca, client-certificate-data: eA==, client-key-data: eA==",
      KUBE_ERR_CONFIG, "user \"u\" has both client-certificate and client-certificate-data" },
    { "server: 'https://h'", "client-certificate-data: eA==, client-key: ca, client-key-data: eA==",
      KUBE_ERR_CONFIG, "user \"u\" has both client-key and client-key-data" },
    { "server: 'https://h'", "client-certificate-data: eA==", KUBE_ERR_CONFIG,
      "user \"u\" has a client certificate, but neither client-key nor client-key-data" },
    { "server: 'https://h'", "client-certificate: none, client-key: none2", KUBE_ERR_CONFIG,
      "[client-certificate of \"u\": reading /k/none: there is no such file, client-key of \"u\": reading "
      "/k/none2: "
      "there is no such file]" },
    { "server: 'https://h'", "token: t, username: x", KUBE_ERR_CONFIG,
      "user \"u\" has both a token and a username" },
    { "server: 'https://h'", "tokenFile: t, username: x", KUBE_ERR_CONFIG,
      "user \"u\" has both a token and a username" },
    { "server: 'https://h'", "password: x", KUBE_ERR_CONFIG, "user \"u\" has a password, but no username" },
    { "server: 'https://h'", "username: 'a:b'", KUBE_ERR_CONFIG, "a username cannot have a colon" },
    { "server: 'https://h'", "token: \"a\\nb\"", KUBE_ERR_CONFIG, "token holds a byte that cannot be sent" },
    { "server: 'https://h'", "token: \"a\\x7fb\"", KUBE_ERR_CONFIG, "token holds a byte that cannot be sent" },
    { "server: 'https://h'", "auth-provider: {name: oidc}", KUBE_ERR_UNSUPPORTED,
      "user \"u\" has an auth-provider" },
    { "server: 'https://h'", "as: x", KUBE_ERR_UNSUPPORTED, "user \"u\" impersonates somebody (\"as\")" },
    { "server: 'https://h'", "as-uid: x", KUBE_ERR_UNSUPPORTED, "(\"as-uid\")" },
    { "server: 'https://h'", "as-groups: [x]", KUBE_ERR_UNSUPPORTED, "(\"as-groups\")" },
    { "server: 'https://h'", "as-user-extra: {a: [x]}", KUBE_ERR_UNSUPPORTED, "(\"as-user-extra\")" },
    { "server: 'https://h'", "exec: {}", KUBE_ERR_CONFIG,
      "[user \"u\": exec has no command, user \"u\": exec has no apiVersion, user \"u\": exec has no "
      "interactiveMode]" },
    { "server: 'https://h'", "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}",
      KUBE_ERR_CONFIG,
      "exec.apiVersion must be client.authentication.k8s.io/v1 or /v1beta1, not "
      "\"client.authentication.k8s.io/v1alpha1\"" },
    { "server: 'https://h'",
      "exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Maybe}", KUBE_ERR_CONFIG,
      "exec.interactiveMode must be Never, IfAvailable or Always, not \"Maybe\"" },
    { "server: 'https://h'",
      "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: x, env: [{value: v}, {name: a=b}]}",
      KUBE_ERR_CONFIG, "[user \"u\": exec.env has an entry without a name, user \"u\": exec.env has a name with" },
    { "server: 'https://h'",
      "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: x, env: [{value: v}, {value: w}]}",
      KUBE_ERR_CONFIG, "invalid configuration: user \"u\": exec.env has an entry without a name" },
    { "server: 'https://h'",
      "auth-provider: {name: x}, exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: x}",
      KUBE_ERR_CONFIG, "user \"u\" has both exec and auth-provider" },
    { "proxy-url: 'http://p'", "as: x, password: p", KUBE_ERR_CONFIG,
      "invalid configuration: [cluster \"k\" has no server, cluster \"k\" has a proxy-url, which this release "
      "cannot use, user \"u\" has a password, but no username, user \"u\" impersonates somebody (\"as\"), which "
      "this release cannot do]" },
    { "server: 'h:6443'", "token: t", KUBE_ERR_CONFIG, "server \"h:6443\" is no https:// or http:// URL" },
    { "server: 'h:6443', insecure-skip-tls-verify: true", "", KUBE_ERR_CONFIG, "server \"h:6443\" is no https" },
    { "server: 'h:6443', certificate-authority: ca", "", KUBE_ERR_CONFIG, "server \"h:6443\" is no https" },
    { "server: 'h:6443', certificate-authority-data: eA==", "", KUBE_ERR_CONFIG, "server \"h:6443\" is no https" },
    { "server: 'h:6443', tls-server-name: x", "", KUBE_ERR_CONFIG, "server \"h:6443\" is no https" },
    { "server: 'http://h'", "token: t", KUBE_ERR_CONFIG,
      "the credentials of user \"u\" cannot be sent to http://h" },
    { "server: 'http://h'", "client-certificate-data: eA==, client-key-data: eA==", KUBE_ERR_CONFIG,
      "the credentials of user \"u\" cannot be sent to http://h" },
};

static void every_problem_of_a_configuration_is_reported(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(problems); i++) {
        char text[2000];
        setup s;
        kube_status st;

        begin(&s, one(text, sizeof text, problems[i].cluster, problems[i].user));
        fake_host_add(&s.fake, "/k/ca", "CA");
        fake_host_add(&s.fake, "/k/empty", "");
        fake_host_add(&s.fake, "/k/denied", "")->open_errno = EACCES;
        st = load(&s);
        if (st != problems[i].status || strstr(kube_error_message(s.err), problems[i].message) == NULL)
            fail_msg("{%s} {%s}: %d %s", problems[i].cluster, problems[i].user, st, kube_error_message(s.err));
        end(&s);
    }
}

static void plain_http_on_this_machine_is_asked_without_credentials_and_with_a_warning(void **state)
{
    char text[2000];
    setup s;

    (void)state;
    begin(&s, one(text, sizeof text, "server: 'https://h', certificate-authority-data: eA==", "token: secret"));
    s.opts.server = "http://127.0.0.1:8001";
    assert_int_equal(load(&s), KUBE_OK);
    assert_null(s.id.bearer_token);
    assert_null(s.id.credential);
    assert_int_equal(s.id.ca_pem.len, 0);
    assert_string_equal(s.log, "user \"u\": nothing of it is sent to http://127.0.0.1:8001, which is plain http");
    end(&s);
}

static void a_server_without_scheme_and_secrets_is_plain_http(void **state)
{
    char text[2000];
    setup s;

    (void)state;
    begin(&s, one(text, sizeof text, "server: '127.0.0.1:8080'", ""));
    assert_int_equal(load(&s), KUBE_OK);
    assert_string_equal(s.id.server, "http://127.0.0.1:8080");
    end(&s);
}

static void add_pod(setup *s)
{
    fake_host_set(&s->fake, "KUBERNETES_SERVICE_HOST", "10.0.0.1");
    fake_host_set(&s->fake, "KUBERNETES_SERVICE_PORT", "443");
    fake_host_add(&s->fake, TOKEN_PATH, "pod-token\n");
    fake_host_add(&s->fake, CA_PATH, "POD CA");
}

static void without_any_kubeconfig_the_service_account_is_used(void **state)
{
    static const char *const nothing[] = { NULL, "", "apiVersion: v1\nkind: Config\nclusters: []\n" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(nothing); i++) {
        setup s;

        begin(&s, nothing[i]);
        add_pod(&s);
        assert_int_equal(load(&s), KUBE_OK);
        assert_string_equal(s.id.server, "https://10.0.0.1:443");
        assert_true(kube_str_is(s.id.ca_pem, "POD CA"));
        assert_header(&s, "Bearer pod-token");
        end(&s);
    }
}

static void the_address_of_a_pods_server_may_be_ipv6(void **state)
{
    setup s;

    (void)state;
    begin(&s, NULL);
    add_pod(&s);
    fake_host_set(&s.fake, "KUBERNETES_SERVICE_HOST", "fd00::1");
    assert_int_equal(load(&s), KUBE_OK);
    assert_string_equal(s.id.server, "https://[fd00::1]:443");
    end(&s);
}

static void half_an_address_of_a_server_is_no_pod(void **state)
{
    static const char *const cases[][2] = { { "", "443" }, { "10.0.0.1", "" }, { "10.0.0.1", NULL }, { NULL, "443" } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        setup s;

        begin(&s, NULL);
        add_pod(&s);
        fake_host_set(&s.fake, "KUBERNETES_SERVICE_HOST", cases[i][0]);
        fake_host_set(&s.fake, "KUBERNETES_SERVICE_PORT", cases[i][1]);
        assert_int_equal(load(&s), KUBE_ERR_CONFIG);
        assert_non_null(strstr(kube_error_message(s.err), "not in a pod: "));
        end(&s);
    }
}

static void a_pod_without_its_ca_trusts_the_system_and_says_so(void **state)
{
    setup s;

    (void)state;
    begin(&s, NULL);
    add_pod(&s);
    s.fake.files[1].open_errno = ENOENT;
    assert_int_equal(load(&s), KUBE_OK);
    assert_int_equal(s.id.ca_pem.len, 0);
    assert_non_null(strstr(s.log, CA_PATH));
    end(&s);
    begin(&s, NULL);
    add_pod(&s);
    s.fake.files[1].text = "";
    assert_int_equal(load(&s), KUBE_OK);
    assert_int_equal(s.id.ca_pem.len, 0);
    assert_string_equal(s.log, "the system's certificate authorities are used: the service account's is empty");
    end(&s);
}

static void a_kubeconfig_or_a_wish_keeps_the_service_account_out(void **state)
{
    setup s;
    char text[2000];

    (void)state;
    begin(&s, one(text, sizeof text, "server: 'https://h'", ""));
    add_pod(&s);
    assert_int_equal(load(&s), KUBE_OK);
    assert_string_equal(s.id.server, "https://h");
    end(&s);
    begin(&s, "contexts: [{name: c}]");
    add_pod(&s);
    assert_int_equal(load(&s), KUBE_ERR_CONFIG);
    end(&s);
    begin(&s, NULL);
    add_pod(&s);
    s.opts.context = "c";
    assert_int_equal(load(&s), KUBE_ERR_CONFIG);
    end(&s);
    begin(&s, NULL);
    add_pod(&s);
    s.opts.server = "https://other";
    assert_int_equal(load(&s), KUBE_OK);
    assert_string_equal(s.id.server, "https://other");
    assert_null(s.id.credential);
    end(&s);
    begin(&s, NULL);
    add_pod(&s);
    s.opts.kubeconfig = s.opts.context = s.opts.server = ""; /* no wish at all */
    assert_int_equal(load(&s), KUBE_OK);
    assert_string_equal(s.id.server, "https://10.0.0.1:443");
    end(&s);
}

static void when_nothing_is_configured_the_message_names_all_that_was_looked_for(void **state)
{
    setup s;

    (void)state;
    begin(&s, NULL);
    fake_host_set(&s.fake, "HOME", "/home");
    assert_int_equal(load(&s), KUBE_ERR_CONFIG);
    assert_string_equal(
        kube_error_message(s.err),
        "no configuration was found: KUBECONFIG is not set, /home/.kube/config does not exist; not in a "
        "pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not both set");
    end(&s);
    begin(&s, NULL);
    add_pod(&s);
    s.fake.files[0].open_errno = EACCES;
    assert_int_equal(load(&s), KUBE_ERR_CONFIG);
    assert_non_null(strstr(kube_error_message(s.err), "no service account: " TOKEN_PATH " cannot be read: Permission"));
    end(&s);
}

/* Every allocation fails in turn: nothing leaks, nothing is half made, the error is out of memory. Where a failing
 * allocation only costs a message, the result is that of the run without failures. */
static void fail_each_allocation(const char *kubeconfig, kube_status wanted)
{
    for (size_t n = 1;; n++) {
        setup s;
        kube_status st;
        bool reached;

        begin(&s, kubeconfig);
        add_pod(&s);
        fake_host_add(&s.fake, "/k/ca", "CA");
        fake_host_add(&s.fake, "/k/t", "token");
        alloc_trace_fail_at(n);
        st = kube__identity_load(&s.fake.host, &s.opts, &s.id, n % 2 == 0 ? &s.err : NULL);
        reached = alloc_trace_stop();
        assert_int_equal(s.fake.open_count, 0);
        if (st != wanted && st != KUBE_ERR_OUT_OF_MEMORY)
            fail_msg("allocation %zu: status %d", n, st);
        end(&s);
        if (!reached) {
            assert_int_equal(st, wanted);
            return;
        }
    }
}

static void each_allocation_may_fail(void **state)
{
    char text[2000];

    (void)state;
    fail_each_allocation(NULL, KUBE_OK);
    fail_each_allocation(one(text, sizeof text, "server: 'https://h', certificate-authority: ca",
                             "tokenFile: t, client-certificate: ca, client-key: ca"), KUBE_OK);
    fail_each_allocation(one(text, sizeof text, "server: '127.0.0.1'", ""), KUBE_OK);
    fail_each_allocation(one(text, sizeof text, "server: 'https://h'", "username: a, password: b"), KUBE_OK);
    fail_each_allocation(
        one(text, sizeof text,
            "server: 'https://h', certificate-authority: ca, extensions: [{name: "
            "client.authentication.k8s.io/exec, extension: {a: [1, b]}}]",
            "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: ./x, args: [a], env: [{name: "
            "a, value: b}], installHint: h, provideClusterInfo: true}"),
        KUBE_OK);
    fail_each_allocation(one(text, sizeof text, "", "as: x, password: z"), KUBE_ERR_CONFIG);
    fail_each_allocation(one(text, sizeof text, "server: 1", ""), KUBE_ERR_CONFIG);
    fail_each_allocation("current-context: nope", KUBE_ERR_CONFIG);
    fail_each_allocation("a: b: c", KUBE_ERR_CONFIG);
}

/* One of the two ways to an identity, with room for so many steps in its pool while the n-th allocation fails. False:
 * it was not reached. */
static bool make_with(bool in_pod, size_t room, size_t n, bool *needed)
{
    static const kube__resolved resolved = {
        .cluster = { .name = "k", .server = "https://h", .ca_file = "/k/ca" },
        .user = { .name = "u", .cert_file = "/k/ca", .key_file = "/k/ca", .token_file = "/k/t" },
    };
    const void *block;
    kube_status st;
    bool reached;
    setup s;

    begin(&s, NULL);
    add_pod(&s);
    fake_host_add(&s.fake, "/k/ca", "CA");
    fake_host_add(&s.fake, "/k/t", "token");
    kube__kubeconfig_init(&s.id.config);
    full_pool(&s.id.config.pool, room);
    block = s.id.config.pool.blocks;
    alloc_trace_fail_at(n);
    st = in_pod ? kube__identity_in_cluster(&s.fake.host, &s.opts, &s.id, NULL)
                : kube__identity_from_kubeconfig(&s.fake.host, &resolved, &s.opts, &s.id, NULL);
    reached = alloc_trace_stop();
    assert_int_equal(st, reached ? KUBE_ERR_OUT_OF_MEMORY : KUBE_OK);
    *needed = *needed || s.id.config.pool.blocks != block;
    end(&s);
    return reached;
}

static void memory_may_end_at_any_place(void **state)
{
    (void)state;
    for (int in_pod = 0; in_pod < 2; in_pod++) {
        bool needed = true;

        for (size_t room = 0; needed; room++) {
            needed = false;
            for (size_t n = 1; make_with(in_pod, room, n, &needed); n++)
                ;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(server_trust_and_certificate_come_from_data_or_files),
        ALLOC_TRACE_TEST(the_token_of_a_user_is_sent_and_its_plugin_left_alone),
        ALLOC_TRACE_TEST(a_plugin_is_left_alone_beside_any_other_credential),
        ALLOC_TRACE_TEST(user_name_and_password_make_a_basic_header),
        ALLOC_TRACE_TEST(a_token_file_beats_the_token_which_stands_in_when_it_is_missing),
        ALLOC_TRACE_TEST(every_problem_of_a_configuration_is_reported),
        ALLOC_TRACE_TEST(plain_http_on_this_machine_is_asked_without_credentials_and_with_a_warning),
        ALLOC_TRACE_TEST(a_server_without_scheme_and_secrets_is_plain_http),
        ALLOC_TRACE_TEST(without_any_kubeconfig_the_service_account_is_used),
        ALLOC_TRACE_TEST(the_address_of_a_pods_server_may_be_ipv6),
        ALLOC_TRACE_TEST(half_an_address_of_a_server_is_no_pod),
        ALLOC_TRACE_TEST(a_pod_without_its_ca_trusts_the_system_and_says_so),
        ALLOC_TRACE_TEST(a_kubeconfig_or_a_wish_keeps_the_service_account_out),
        ALLOC_TRACE_TEST(when_nothing_is_configured_the_message_names_all_that_was_looked_for),
        ALLOC_TRACE_TEST(each_allocation_may_fail),
        ALLOC_TRACE_TEST(memory_may_end_at_any_place),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
