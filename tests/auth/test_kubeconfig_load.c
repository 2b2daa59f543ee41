#include "alloc_trace.h"
#include "cmocka_all.h"
#include "fake_host.h"
#include "full_pool.h"
#include "kubeconfig.h"

#include <errno.h>
#include <stdio.h>

#define ONE(k, server) "clusters: [{name: " k ", cluster: {server: '" server "'}}]\n"

static const char *server_of(const kube__kubeconfig *config, const char *name)
{
    const kube__cluster *cluster = kube__kubeconfig_cluster(config, name);

    return cluster != NULL ? cluster->server : "none";
}

static void the_first_file_that_has_an_entry_wins_with_the_whole_entry(void **state)
{
    fake_host fake;
    kube__kubeconfig config;

    (void)state;
    fake_host_init(&fake);
    fake_host_set(&fake, "KUBECONFIG", "/a:/b");
    fake_host_add(&fake, "/a", ONE("x", "https://a") "users: [{name: u, user: {username: me}}]\n");
    fake_host_add(&fake, "/b", "current-context: cb\nusers: [{name: u, user: {username: m, password: p}}]\n"
                               "clusters: [{name: x, cluster: {server: 'https://b', tls-server-name: t}}, {name: z1, "
                               "cluster: {server: 'https://y'}}]\n");
    kube__kubeconfig_init(&config);
    assert_int_equal(kube__kubeconfig_load(&config, &fake.host, NULL, NULL), KUBE_OK);
    assert_string_equal(server_of(&config, "x"), "https://a");
    assert_null(kube__kubeconfig_cluster(&config, "x")->tls_server_name);
    assert_null(kube__kubeconfig_user(&config, "u")->password);
    assert_string_equal(server_of(&config, "z1"), "https://y");
    assert_string_equal(server_of(&config, "z"), "none");
    assert_string_equal(kube__kubeconfig_current_context(&config), "cb");
    assert_int_equal(fake.open_count, 0);
    kube__kubeconfig_clear(&config);
}

static void the_first_current_context_that_is_not_empty_wins(void **state)
{
    fake_host fake;
    kube__kubeconfig config;

    (void)state;
    fake_host_init(&fake);
    fake_host_set(&fake, "KUBECONFIG", "/a:/b:/c");
    fake_host_add(&fake, "/a", "current-context: ''\n");
    fake_host_add(&fake, "/b", "current-context: b\n");
    fake_host_add(&fake, "/c", "current-context: c\n");
    kube__kubeconfig_init(&config);
    assert_int_equal(kube__kubeconfig_load(&config, &fake.host, NULL, NULL), KUBE_OK);
    assert_string_equal(kube__kubeconfig_current_context(&config), "b");
    kube__kubeconfig_clear(&config);
}

static void the_list_is_taken_without_duplicates_and_gaps_and_missing_files_are_passed_over(void **state)
{
    fake_host fake;
    fake_file *a;
    kube__kubeconfig config;

    (void)state;
    fake_host_init(&fake);
    fake_host_set(&fake, "KUBECONFIG", ":/none:/a::/a:/none:");
    fake_host_set(&fake, "HOME", "/home");
    a = fake_host_add(&fake, "/a", ONE("x", "https://a"));
    fake_host_add(&fake, "/home/.kube/config", ONE("h", "https://home"));
    kube__kubeconfig_init(&config);
    assert_int_equal(kube__kubeconfig_load(&config, &fake.host, NULL, NULL), KUBE_OK);
    assert_int_equal(a->opened, 1);
    assert_string_equal(server_of(&config, "x"), "https://a");
    assert_string_equal(server_of(&config, "h"), "none");
    assert_string_equal(config.sought.data, "/none does not exist, /a was read");
    kube__kubeconfig_clear(&config);
}

static void without_a_list_the_file_in_the_home_directory_is_read(void **state)
{
    fake_host fake;
    kube__kubeconfig config;

    (void)state;
    for (int empty = 0; empty < 2; empty++) {
        fake_host_init(&fake);
        fake_host_set(&fake, "HOME", "/home/me/");
        if (empty)
            fake_host_set(&fake, "KUBECONFIG", "");
        fake_host_add(&fake, "/home/me/.kube/config", ONE("h", "https://home"));
        kube__kubeconfig_init(&config);
        assert_int_equal(kube__kubeconfig_load(&config, &fake.host, NULL, NULL), KUBE_OK);
        assert_string_equal(server_of(&config, "h"), "https://home");
        kube__kubeconfig_clear(&config);
    }
}

static void an_explicit_file_is_the_only_one_and_must_exist(void **state)
{
    fake_host fake;
    kube__kubeconfig config;
    kube_error *err = NULL;

    (void)state;
    fake_host_init(&fake);
    fake_host_set(&fake, "KUBECONFIG", "/a");
    fake_host_add(&fake, "/a", ONE("x", "https://a"));
    fake_host_add(&fake, "/e", ONE("z1", "https://e"));
    kube__kubeconfig_init(&config);
    assert_int_equal(kube__kubeconfig_load(&config, &fake.host, "/e", NULL), KUBE_OK);
    assert_string_equal(server_of(&config, "x"), "none");
    assert_string_equal(server_of(&config, "z1"), "https://e");
    kube__kubeconfig_clear(&config);
    kube__kubeconfig_init(&config);
    assert_int_equal(kube__kubeconfig_load(&config, &fake.host, "/missing", &err), KUBE_ERR_CONFIG);
    assert_string_equal(kube_error_message(err),
                        "the kubeconfig that was asked for: reading /missing: there is no such file");
    kube_error_free(err);
    kube__kubeconfig_clear(&config);
}

static void nothing_anywhere_is_empty_and_says_what_was_looked_for(void **state)
{
    static const struct {
        const char *list, *home, *sought;
    } cases[] = {
        { NULL, "/h", "KUBECONFIG is not set, /h/.kube/config does not exist" },
        { NULL, NULL, "KUBECONFIG is not set, HOME is not set" },
        { NULL, "", "KUBECONFIG is not set, HOME is not set" },
        { "/a:/b", "/h", "/a does not exist, /b does not exist" },
        { "::", "/h", "KUBECONFIG names no file" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        fake_host fake;
        kube__kubeconfig config;

        fake_host_init(&fake);
        fake_host_set(&fake, "KUBECONFIG", cases[i].list);
        fake_host_set(&fake, "HOME", cases[i].home);
        kube__kubeconfig_init(&config);
        assert_int_equal(kube__kubeconfig_load(&config, &fake.host, NULL, NULL), KUBE_OK);
        assert_true(kube__kubeconfig_is_empty(&config));
        assert_string_equal(config.sought.data, cases[i].sought);
        kube__kubeconfig_clear(&config);
    }
}

static void a_file_with_anything_to_name_is_not_empty(void **state)
{
    static const struct {
        const char *text;
        bool        empty;
    } cases[] = {
        { "clusters: [{name: k}]", false }, { "users: [{name: u}]", false },   { "contexts: [{name: c}]", false },
        { "current-context: c", false },    { "current-context: ''", true }, { "apiVersion: v1", true },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        fake_host fake;
        kube__kubeconfig config;

        fake_host_init(&fake);
        fake_host_add(&fake, "/a", cases[i].text);
        kube__kubeconfig_init(&config);
        assert_int_equal(kube__kubeconfig_load(&config, &fake.host, "/a", NULL), KUBE_OK);
        if (kube__kubeconfig_is_empty(&config) != cases[i].empty)
            fail_msg("%s", cases[i].text);
        kube__kubeconfig_clear(&config);
    }
}

static void a_list_of_more_than_256_files_is_refused(void **state)
{
    static char list[257 * 5 + 1];

    (void)state;
    for (int i = 0; i < 257; i++)
        snprintf(list + 5 * i, sizeof list - 5 * (size_t)i, "/%03d:", i);
    for (int count = 256; count <= 257; count++) {
        fake_host fake;
        kube__kubeconfig config;
        kube_error *err = NULL;

        fake_host_init(&fake);
        fake_host_set(&fake, "KUBECONFIG", list + 5 * (257 - count));
        kube__kubeconfig_init(&config);
        assert_int_equal(kube__kubeconfig_load(&config, &fake.host, NULL, &err),
                         count == 256 ? KUBE_OK : KUBE_ERR_LIMIT);
        assert_true(count == 256 || strcmp(kube_error_message(err), "KUBECONFIG names more than 256 files") == 0);
        kube_error_free(err);
        kube__kubeconfig_clear(&config);
    }
}

static void every_file_that_cannot_be_used_is_named(void **state)
{
    fake_host fake;
    kube__kubeconfig config;
    kube_error *err = NULL;

    (void)state;
    fake_host_init(&fake);
    fake_host_set(&fake, "KUBECONFIG", "/a:/b:/c:/d");
    fake_host_add(&fake, "/a", "")->open_errno = EISDIR;
    fake_host_add(&fake, "/b", ONE("x", "https://b"));
    fake_host_add(&fake, "/c", "a: b: c");
    fake_host_add(&fake, "/d", "some text")->read_errno = EIO;
    kube__kubeconfig_init(&config);
    assert_int_equal(kube__kubeconfig_load(&config, &fake.host, NULL, &err), KUBE_ERR_CONFIG);
    assert_non_null(strstr(kube_error_message(err), "[reading /a: it is a directory, /c:1:5: not valid YAML"));
    assert_non_null(strstr(kube_error_message(err), ", reading /d: "));
    kube_error_free(err);
    kube__kubeconfig_clear(&config);
}

static void a_file_that_may_not_be_read_is_no_missing_file(void **state)
{
    fake_host fake;
    kube__kubeconfig config;

    (void)state;
    fake_host_init(&fake);
    fake_host_set(&fake, "HOME", "/h");
    fake_host_add(&fake, "/h/.kube/config", "")->open_errno = EACCES;
    kube__kubeconfig_init(&config);
    assert_int_equal(kube__kubeconfig_load(&config, &fake.host, NULL, NULL), KUBE_ERR_IO);
    kube__kubeconfig_clear(&config);
}

static void each_file_knows_the_directory_its_paths_start_from(void **state)
{
    fake_host fake;
    kube__kubeconfig config;

    (void)state;
    fake_host_init(&fake);
    fake_host_set(&fake, "KUBECONFIG", "/etc/kube/a:sub/../b:c");
    fake_host_add(&fake, "/etc/kube/a", "");
    fake_host_add(&fake, "sub/../b", "");
    fake_host_add(&fake, "c", "");
    kube__kubeconfig_init(&config);
    assert_int_equal(kube__kubeconfig_load(&config, &fake.host, NULL, NULL), KUBE_OK);
    assert_string_equal(config.files->dir, "/etc/kube");
    assert_string_equal(config.files->next->dir, "/here");
    assert_string_equal(config.files->next->next->dir, "/here");
    kube__kubeconfig_clear(&config);
    fake.cwd = NULL;
    kube__kubeconfig_init(&config);
    assert_int_equal(kube__kubeconfig_load(&config, &fake.host, NULL, NULL), KUBE_ERR_IO);
    kube__kubeconfig_clear(&config);
}

/* Loads with room for so many steps in the pool while the n-th allocation fails. False: it was not reached. */
static bool load_with(const char *explicit, size_t room, size_t n, bool *needed)
{
    fake_host fake;
    kube__kubeconfig config;
    const void *block;
    kube_status st;
    bool reached;

    fake_host_init(&fake);
    if (explicit == NULL)
        fake_host_set(&fake, "KUBECONFIG", "/a:b");
    fake_host_set(&fake, "HOME", "/home");
    fake_host_add(&fake, "/a", ONE("x", "https://a"));
    fake_host_add(&fake, "b", ONE("z1", "https://b"));
    fake_host_add(&fake, "/home/.kube/config", ONE("h", "https://h"));
    kube__kubeconfig_init(&config);
    full_pool(&config.pool, room);
    block = config.pool.blocks;
    alloc_trace_fail_at(n);
    st = kube__kubeconfig_load(&config, &fake.host, explicit != NULL && *explicit != '\0' ? explicit : NULL, NULL);
    reached = alloc_trace_stop();
    assert_int_equal(st, reached ? KUBE_ERR_OUT_OF_MEMORY : KUBE_OK);
    assert_int_equal(fake.open_count, 0);
    *needed = *needed || config.pool.blocks != block;
    kube__kubeconfig_clear(&config);
    return reached;
}

static void memory_may_end_at_any_place(void **state)
{
    static const char *const explicit[] = { NULL, "", "b" }; /* the list, the home directory, this file */

    (void)state;
    for (size_t i = 0; i < COUNT_OF(explicit); i++) {
        bool needed = true;

        for (size_t room = 0; needed; room++) {
            needed = false;
            for (size_t n = 1; load_with(explicit[i], room, n, &needed); n++)
                ;
        }
    }
}

static void when_memory_has_run_out_no_other_file_is_opened(void **state)
{
    fake_host fake;
    fake_file *a, *b;
    kube__kubeconfig config;

    (void)state;
    fake_host_init(&fake);
    fake_host_set(&fake, "KUBECONFIG", "/a:/b");
    a = fake_host_add(&fake, "/a", ONE("x", "https://a"));
    b = fake_host_add(&fake, "/b", ONE("z1", "https://b"));
    kube__kubeconfig_init(&config);
    full_pool(&config.pool, 100); /* its name has room, so it is the contents that have none */
    alloc_trace_fail_at(1);
    assert_int_equal(kube__kubeconfig_load(&config, &fake.host, NULL, NULL), KUBE_ERR_OUT_OF_MEMORY);
    alloc_trace_stop();
    assert_int_equal(a->opened, 1);
    assert_int_equal(b->opened, 0);
    kube__kubeconfig_clear(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(the_first_file_that_has_an_entry_wins_with_the_whole_entry),
        ALLOC_TRACE_TEST(the_first_current_context_that_is_not_empty_wins),
        ALLOC_TRACE_TEST(the_list_is_taken_without_duplicates_and_gaps_and_missing_files_are_passed_over),
        ALLOC_TRACE_TEST(without_a_list_the_file_in_the_home_directory_is_read),
        ALLOC_TRACE_TEST(an_explicit_file_is_the_only_one_and_must_exist),
        ALLOC_TRACE_TEST(nothing_anywhere_is_empty_and_says_what_was_looked_for),
        ALLOC_TRACE_TEST(a_file_with_anything_to_name_is_not_empty),
        ALLOC_TRACE_TEST(a_list_of_more_than_256_files_is_refused),
        ALLOC_TRACE_TEST(every_file_that_cannot_be_used_is_named),
        ALLOC_TRACE_TEST(a_file_that_may_not_be_read_is_no_missing_file),
        ALLOC_TRACE_TEST(each_file_knows_the_directory_its_paths_start_from),
        ALLOC_TRACE_TEST(memory_may_end_at_any_place),
        ALLOC_TRACE_TEST(when_memory_has_run_out_no_other_file_is_opened),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
