#include "alloc_trace.h"
#include "cmocka_all.h"
#include "exec_config.h"
#include "exec_info.h"
#include "fake_host.h"
#include "full_pool.h"
#include "install_hint.h"

#include <stdio.h>

#define V1 "client.authentication.k8s.io/v1"

static kube__exec_spec spec_of(const char *command, const char *mode)
{
    return (kube__exec_spec){ .api_version = V1, .command = command, .interactive_mode = mode };
}

static void init(kube__exec_config *config, fake_host *fake, const kube__exec_spec *spec, const char *cluster)
{
    kube__exec_options opts = { &fake->host, spec, "u", kube_str_c(cluster) };

    assert_int_equal(kube__exec_config_init(config, &opts, NULL), KUBE_OK);
}

static const char *variable(const char *const *envp, const char *name)
{
    const char *found = NULL;
    size_t len = strlen(name);

    for (; envp != NULL && *envp != NULL; envp++) {
        if (strncmp(*envp, name, len) == 0 && (*envp)[len] == '=') {
            assert_null(found);
            found = *envp + len + 1;
        }
    }
    return found;
}

static void later_variables_win_and_the_plugins_own_one_wins_over_all(void **state)
{
    static const kube__env_var env[] = { { "A", "configured" }, { "B", NULL }, { "A", "again" },
                                         { "KUBERNETES_EXEC_INFO", "x" }, { "AB", "ab" } };
    kube__exec_spec spec = spec_of("p", "Never");
    kube__exec_config config;
    fake_host fake;

    (void)state;
    fake_host_init(&fake);
    fake.environment[0] = "A=process";
    fake.environment[1] = "C=c";
    fake.environment[2] = "KUBERNETES_EXEC_INFO=old";
    spec.env = env;
    spec.env_count = COUNT_OF(env);
    init(&config, &fake, &spec, NULL);
    assert_string_equal(variable(config.envp[0], "A"), "again");
    assert_string_equal(variable(config.envp[0], "AB"), "ab");
    assert_string_equal(variable(config.envp[0], "B"), "");
    assert_string_equal(variable(config.envp[0], "C"), "c");
    assert_string_equal(variable(config.envp[0], "KUBERNETES_EXEC_INFO"),
                        "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"spec\":{\"interactive\":false}}");
    assert_null(config.envp[1]);
    kube__exec_config_clear(&config);
}

static void a_plugin_that_wants_it_is_told_about_its_cluster(void **state)
{
    kube__cluster cluster = {
        .name = "k", .server = "https://h", .tls_server_name = "sni", .disable_compression = true
    };
    kube_buf out = KUBE_BUF_INIT(10000);
    kube__pool pool = { NULL };
    const kube__yaml_node *root = NULL;

    (void)state;
    assert_int_equal(kube__exec_cluster_json(&cluster, kube_str_c("PEM"), &out, NULL), KUBE_OK);
    assert_string_equal(out.data,
                        "{\"server\":\"https://h\",\"tls-server-name\":\"sni\","
                        "\"certificate-authority-data\":\"UEVN\",\"disable-compression\":true,\"config\":null}");
    assert_int_equal(kube__yaml_parse(kube_str_c("{audience: x, n: [1, true]}"), "f", &pool, &root, NULL), KUBE_OK);
    cluster = (kube__cluster){
        .name = "k", .server = "https://h", .tls_server_name = "", .insecure = true, .exec_extension = root
    };
    kube_buf_reset(&out);
    assert_int_equal(kube__exec_cluster_json(&cluster, kube_str_c(NULL), &out, NULL), KUBE_OK);
    assert_string_equal(out.data, "{\"server\":\"https://h\",\"insecure-skip-tls-verify\":true,"
                                  "\"config\":{\"audience\":\"x\",\"n\":[1,true]}}");
    kube_buf_clear(&out);
    kube__pool_clear(&pool);
}

static void what_does_not_fit_into_a_variable_is_refused(void **state)
{
    kube__cluster cluster = { .name = "k", .server = "https://h" };
    kube_buf out = KUBE_BUF_INIT(KUBE__EXEC_INFO_MAX_BYTES);
    static char pem[KUBE__EXEC_INFO_MAX_BYTES];
    kube_error *err = NULL;

    (void)state;
    assert_int_equal(kube__exec_cluster_json(&cluster, kube_str_n(pem, sizeof pem), &out, &err), KUBE_ERR_LIMIT);
    assert_non_null(strstr(kube_error_message(err), "what the credential plugin is to be told"));
    kube_error_free(err);
    kube_buf_clear(&out);
}

static void a_cluster_that_fills_the_variable_leaves_no_room_for_the_rest(void **state)
{
    static char cluster[KUBE__EXEC_INFO_MAX_BYTES];
    kube__exec_spec spec = spec_of("p", "Never");
    kube__exec_config config;
    fake_host fake;
    kube__exec_options opts = { &fake.host, &spec, "u", kube_str_n(cluster, sizeof cluster) };
    kube_error *err = NULL;

    (void)state;
    memset(cluster, ' ', sizeof cluster);
    fake_host_init(&fake);
    assert_int_equal(kube__exec_config_init(&config, &opts, &err), KUBE_ERR_LIMIT);
    assert_non_null(strstr(kube_error_message(err), "what the credential plugin is to be told"));
    kube_error_free(err);
}

static void an_extension_that_json_cannot_say_is_refused(void **state)
{
    kube__cluster cluster = { .name = "k", .server = "https://h" };
    kube_buf out = KUBE_BUF_INIT(10000);
    kube__pool pool = { NULL };
    kube_error *err = NULL;

    (void)state;
    assert_int_equal(kube__yaml_parse(kube_str_c("{n: 0x10}"), "f", &pool, &cluster.exec_extension, NULL), KUBE_OK);
    assert_int_equal(kube__exec_cluster_json(&cluster, kube_str_c(NULL), &out, &err), KUBE_ERR_CONFIG);
    assert_string_equal(kube_error_message(err),
                        "the extension client.authentication.k8s.io/exec of cluster \"k\" has no JSON form");
    kube_error_free(err);
    kube_buf_clear(&out);
    kube__pool_clear(&pool);
}

static void a_terminal_is_handed_down_as_the_mode_says(void **state)
{
    static const struct {
        const char *mode;
        bool        terminal;
        kube_status status;
        bool        interactive;
    } cases[] = {
        { "Never", true, KUBE_OK, false },
        { "IfAvailable", true, KUBE_OK, true },
        { "IfAvailable", false, KUBE_OK, false },
        { "Always", true, KUBE_OK, true },
        { "Always", false, KUBE_ERR_CONFIG, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kube__exec_spec spec = spec_of("p", cases[i].mode);
        kube__exec_config config;
        fake_host fake;
        bool interactive = false;

        fake_host_init(&fake);
        fake.terminal = cases[i].terminal;
        init(&config, &fake, &spec, NULL);
        assert_int_equal(kube__exec_interactive(&config, &interactive, NULL), cases[i].status);
        assert_int_equal(interactive, cases[i].interactive);
        if (cases[i].status == KUBE_OK)
            assert_non_null(strstr(variable(config.envp[interactive], "KUBERNETES_EXEC_INFO"),
                                   interactive ? "\"interactive\":true" : "\"interactive\":false"));
        kube__exec_config_clear(&config);
    }
}

/* A directory whose programs have no path, and /b. */
static char too_long[6000];

static void a_command_is_looked_up_in_path_but_not_run_from_the_current_directory(void **state)
{
    static const struct {
        const char *command, *path;
        kube_status status;
        const char *found; /* or a part of the message */
    } cases[] = {
        { "p", too_long, KUBE_OK, "/b/p" },
        { "p", "/a:/b", KUBE_OK, "/b/p" },
        { "p", "/denied:/b:/c", KUBE_OK, "/b/p" },
        { "p", "/a:/x", KUBE_ERR_CONFIG, "the credential plugin p was not found in PATH: get it" },
        { "p", "", KUBE_ERR_CONFIG, "was not found in PATH" },
        { "p", NULL, KUBE_ERR_CONFIG, "was not found in PATH" },
        { "here", ":/b", KUBE_ERR_CONFIG, "relative to the current one" },
        { "here", "/a:.", KUBE_ERR_CONFIG, "relative to the current one" },
        { "here", "rel", KUBE_ERR_CONFIG, "relative to the current one" },
        { "p", ":/b", KUBE_OK, "/b/p" },
        { "/opt/./p", "/b", KUBE_OK, "/opt/p" },
    };

    (void)state;
    snprintf(too_long, sizeof too_long, "/%05000d:/b", 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kube__exec_spec spec = spec_of(cases[i].command, "Never");
        kube_buf path = KUBE_BUF_INIT(4096);
        kube_error *err = NULL;
        kube__exec_config config;
        fake_host fake;
        kube_status st;

        fake_host_init(&fake);
        fake_host_set(&fake, "PATH", cases[i].path);
        fake_host_add(&fake, "/b/p", "");
        fake_host_add(&fake, "/c/p", "");
        fake_host_add(&fake, "/denied/p", "")->open_errno = EACCES;
        fake_host_add(&fake, "./here", "");
        fake_host_add(&fake, "rel/here", "");
        spec.install_hint = "get it";
        init(&config, &fake, &spec, NULL);
        st = kube__exec_find(&config, &path, &err);
        assert_int_equal(st, cases[i].status);
        if (strstr(st == KUBE_OK ? path.data : kube_error_message(err), cases[i].found) == NULL)
            fail_msg("%s in %s: %s", cases[i].command, cases[i].path,
                     st == KUBE_OK ? path.data : kube_error_message(err));
        kube_error_free(err);
        kube_buf_clear(&path);
        kube__exec_config_clear(&config);
    }
}

static void a_plugin_without_a_hint_is_just_not_found(void **state)
{
    kube__exec_spec spec = spec_of("p", "Never");
    kube_buf path = KUBE_BUF_INIT(4096);
    kube_error *err = NULL;
    kube__exec_config config;
    fake_host fake;

    (void)state;
    fake_host_init(&fake);
    fake_host_set(&fake, "PATH", "/a");
    init(&config, &fake, &spec, NULL);
    assert_int_equal(kube__exec_find(&config, &path, &err), KUBE_ERR_CONFIG);
    assert_string_equal(kube_error_message(err), "user \"u\": the credential plugin p was not found in PATH");
    kube_error_free(err);
    kube_buf_clear(&path);
    alloc_trace_fail_at(1);
    assert_int_equal(kube__exec_find(&config, &path, NULL), KUBE_ERR_OUT_OF_MEMORY);
    alloc_trace_stop();
    kube_buf_clear(&path);
    kube__exec_config_clear(&config);
}

/* The user's name comes first and fills the memory up to where it is to end. */
static void memory_may_end_at_any_place_of_a_plugins_configuration(void **state)
{
    static const char *const args[] = { "a", "b" };
    static const kube__env_var env[] = { { "A", "x" }, { "B", "y" } };
    static char user[4096];
    kube__exec_spec spec = spec_of("p", "IfAvailable");
    fake_host fake;
    kube__exec_options opts = { &fake.host, &spec, user, kube_str_c("{}") };

    (void)state;
    fake_host_init(&fake);
    fake.environment[0] = "C=c";
    spec.args = args;
    spec.arg_count = COUNT_OF(args);
    spec.env = env;
    spec.env_count = COUNT_OF(env);
    spec.install_hint = "get it";
    for (size_t len = 0; len < sizeof user; len += POOL_STEP) {
        bool reached = true;

        memset(user, 'u', len);
        for (size_t n = 1; reached; n++) {
            kube__exec_config config;
            kube_status st;

            alloc_trace_fail_at(n);
            st = kube__exec_config_init(&config, &opts, NULL);
            reached = alloc_trace_stop();
            assert_int_equal(st, reached ? KUBE_ERR_OUT_OF_MEMORY : KUBE_OK);
            kube__exec_config_clear(&config);
        }
    }
}

static void a_hint_cannot_reach_the_terminal_with_control_characters(void **state)
{
    static const char *const cases[][2] = {
        { "", "" },
        { "brew install x\n\tor so \xc3\xa9\xe2\x9c\x93\xf0\x9f\x98\x80",
          "brew install x\n\tor so \xc3\xa9\xe2\x9c\x93\xf0\x9f\x98\x80" },
        { "\x1b[31mred\x07\x7f", "U+001B[31mredU+0007U+007F" },
        { "a\xc2\x9b"
          "b",
          "aU+009Bb" },
        { "a\xe2\x80\xae"
          "b\xe2\x81\xa6",
          "aU+202EbU+2066" },
        { "a\xff\xc3(\xed\xa0\x80", "aU+FFFDU+FFFD(U+FFFDU+FFFDU+FFFD" },
        { "\xee\x80\x80", "U+E000" },
        { "\xf3\xa0\x84\x80\xf3\xa0\x83\xbf\xf3\xa0\x87\xb0", "\xf3\xa0\x84\x80U+E00FFU+E01F0" },
        { "\xef\xbf\xbd", "\xef\xbf\xbd" },
        { "\xe0\x80\x80", "U+FFFDU+FFFDU+FFFD" },
        { "\xf4\x90\x80\x80", "U+FFFDU+FFFDU+FFFDU+FFFD" },
    };
    kube__pool pool = { NULL };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(kube__install_hint(&pool, kube_str_c(cases[i][0])), cases[i][1]);
    assert_string_equal(kube__install_hint(&pool, kube_str_n("\xe2\x9c\x93", 2)), "U+FFFDU+FFFD");
    kube__pool_clear(&pool);
}

static void a_long_hint_is_cut_at_a_character(void **state)
{
    kube_buf text = KUBE_BUF_INIT(10000);
    kube__pool pool = { NULL };
    const char *hint;

    (void)state;
    kube_buf_append_char(&text, 'x');
    for (int i = 0; i < 3000; i++)
        kube_buf_append_c(&text, "\xc3\xa9");
    hint = kube__install_hint(&pool, kube_buf_str(&text));
    assert_int_equal(strlen(hint), 4095);
    assert_memory_equal(hint, text.data, 4095);
    kube__pool_clear(&pool);
    kube_buf_clear(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(later_variables_win_and_the_plugins_own_one_wins_over_all),
        ALLOC_TRACE_TEST(a_plugin_that_wants_it_is_told_about_its_cluster),
        ALLOC_TRACE_TEST(what_does_not_fit_into_a_variable_is_refused),
        ALLOC_TRACE_TEST(a_cluster_that_fills_the_variable_leaves_no_room_for_the_rest),
        ALLOC_TRACE_TEST(an_extension_that_json_cannot_say_is_refused),
        ALLOC_TRACE_TEST(a_terminal_is_handed_down_as_the_mode_says),
        ALLOC_TRACE_TEST(a_command_is_looked_up_in_path_but_not_run_from_the_current_directory),
        ALLOC_TRACE_TEST(a_plugin_without_a_hint_is_just_not_found),
        ALLOC_TRACE_TEST(memory_may_end_at_any_place_of_a_plugins_configuration),
        ALLOC_TRACE_TEST(a_hint_cannot_reach_the_terminal_with_control_characters),
        ALLOC_TRACE_TEST(a_long_hint_is_cut_at_a_character),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
