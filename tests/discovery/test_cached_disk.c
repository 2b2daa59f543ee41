/* kubectl's folder: which files there are, what they say, and what happens when they say something else. */
#include "cached_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOST "discovery/server.example.com_6443"
#define ALL "apps/v1: deployments; batch/v1: jobs"
#define TTL KUBE_FRESHNESS_DEFAULT

static cached_fixture f;

static int set_up(void **state)
{
    if (alloc_trace_setup(state) != 0)
        return 1;
    cached_fixture_init(&f, CACHED_KUBECTLS_FOLDER);
    return 0;
}

static int tear_down(void **state)
{
    cached_fixture_clear(&f);
    return alloc_trace_teardown(state);
}

static const char *path_of(const char *name)
{
    static char path[4][512];
    static int turn;

    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[turn], "%s/%s", f.root, name);
    return path[turn];
}

static bool exists(const char *name)
{
    struct stat info;

    return lstat(path_of(name), &info) == 0;
}

static void make_parents(const char *path)
{
    char copy[512];

    snprintf(copy, sizeof copy, "%s", path);
    for (char *p = copy + 1; (p = strchr(p, '/')) != NULL; p++) {
        *p = '\0';
        (void)mkdir(copy, 0750);
        *p = '/';
    }
}

static void write_bytes(const char *name, const char *bytes, size_t len)
{
    FILE *file;

    make_parents(path_of(name));
    file = fopen(path_of(name), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void write_text(const char *name, const char *text)
{
    write_bytes(name, text, strlen(text));
}

static const char *read_text(const char *name)
{
    static char text[1 << 16];
    FILE *file = fopen(path_of(name), "r");
    size_t len;

    assert_non_null(file);
    len = fread(text, 1, sizeof text - 1, file);
    text[len] = '\0';
    fclose(file);
    return text;
}

static const char groups_document[] =
    "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[{\"name\":\"apps\",\"versions\":[{\"groupVersion\":"
    "\"apps/v1\",\"version\":\"v1\"}],\"preferredVersion\":{\"groupVersion\":\"apps/"
    "v1\",\"version\":\"v1\"}},{\"name\":"
    "\"batch\",\"versions\":[{\"groupVersion\":\"batch/"
    "v1\",\"version\":\"v1\"}],\"preferredVersion\":{\"groupVersion\":"
    "\"batch/v1\",\"version\":\"v1\"}}]}\n";

#define LIST(group_version, name)                                                                                      \
    "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"" group_version                            \
    "\",\"resources\":[{\"name\":\"" name "\",\"singularName\":\"\",\"namespaced\":false,\"kind\":\"K\",\"verbs\":["   \
    "\"get\"]}]}\n"

static unsigned count_files(const char *path)
{
    DIR *dir = opendir(path);
    unsigned count = 0;
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char below[1024];

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        count += entry->d_type == DT_DIR ? count_files(below) : 1;
    }
    if (dir != NULL)
        closedir(dir);
    return count;
}

static void a_folder_of_kubectls(void)
{
    write_text(HOST "/servergroups.json", groups_document);
    write_text(HOST "/apps/v1/serverresources.json", LIST("apps/v1", "deployments"));
    write_text(HOST "/batch/v1/serverresources.json", LIST("batch/v1", "jobs"));
}

static void the_folder_holds_what_kubectl_would_have_written_and_nothing_else(void **state)
{
    kube_discovery *d = cached_fixture_client(&f);

    (void)state;
    (void)ask_all(d, TTL);
    assert_string_equal(read_text(HOST "/servergroups.json"), groups_document);
    assert_string_equal(read_text(HOST "/apps/v1/serverresources.json"), LIST("apps/v1", "deployments"));
    assert_string_equal(read_text(HOST "/batch/v1/serverresources.json"), LIST("batch/v1", "jobs"));
    assert_int_equal(count_files(path_of("discovery")), 3);
    kube_discovery_unref(d);
}

static void expect_mode(const char *name, mode_t mode)
{
    struct stat info;

    assert_int_equal(lstat(path_of(name), &info), 0);
    if ((info.st_mode & 07777) != mode)
        fail_msg("%s has the mode %o, not %o", name, info.st_mode & 07777, mode);
}

static void folders_are_0750_and_files_0660_whatever_the_umask(void **state)
{
    mode_t old = umask(0022);
    kube_discovery *d = cached_fixture_client(&f);

    (void)state;
    (void)ask_all(d, TTL);
    umask(old);
    expect_mode("discovery", 0750);
    expect_mode(HOST, 0750);
    expect_mode(HOST "/apps", 0750);
    expect_mode(HOST "/apps/v1", 0750);
    expect_mode(HOST "/servergroups.json", 0660);
    expect_mode(HOST "/apps/v1/serverresources.json", 0660);
    kube_discovery_unref(d);
}

static void a_private_disk_is_nobody_elses(void **state)
{
    kube_discovery *d;
    char name[128];
    struct dirent *entry;
    DIR *dir;

    (void)state;
    f.place = CACHED_PRIVATE_DISK;
    d = cached_fixture_client(&f);
    (void)ask_all(d, TTL);
    assert_false(exists("discovery"));
    expect_mode("libkube", 0700);
    dir = opendir(path_of("libkube"));
    while ((entry = readdir(dir)) != NULL && entry->d_name[0] == '.')
        ;
    assert_non_null(entry);
    snprintf(name, sizeof name, "libkube/%.80s", entry->d_name);
    expect_mode(name, 0700);
    snprintf(name, sizeof name, "libkube/%.80s/snapshot", entry->d_name);
    expect_mode(name, 0600);
    closedir(dir);
    kube_discovery_unref(d);
}

static void a_call_stores_what_it_answered(void **state)
{
    kube_discovery *d = cached_fixture_client(&f);

    (void)state;
    (void)ask_groups(d, TTL);
    assert_int_equal(count_files(path_of("discovery")), 1);
    assert_true(exists(HOST "/servergroups.json"));
    (void)ask_version(d, "batch/v1", TTL);
    assert_int_equal(count_files(path_of("discovery")), 2);
    assert_true(exists(HOST "/batch/v1/serverresources.json"));
    assert_int_equal(f.fake.attempts, 1);
    kube_discovery_unref(d);
}

static void a_folder_that_kubectl_wrote_answers_everything(void **state)
{
    kube_discovery *d = cached_fixture_client(&f);

    (void)state;
    a_folder_of_kubectls();
    f.fake.failure = KUBE_ERR_UNAVAILABLE;
    assert_string_equal(ask_version(d, "apps/v1", TTL), "deployments");
    assert_string_equal(ask_groups(d, TTL), "apps[apps/v1*] batch[batch/v1*]");
    assert_string_equal(ask_all(d, TTL), ALL);
    assert_string_equal(start_all(d, TTL), ALL);
    assert_false(kube_discovery_fresh(d));
    assert_int_equal(f.fake.attempts, 0);
    assert_int_equal(count_files(path_of("discovery")), 3);
    assert_string_equal(f.log, "");
    kube_discovery_unref(d);
}

static void what_was_read_once_is_not_read_again_by_another_process(void **state)
{
    kube_discovery *d = cached_fixture_client(&f);
    kube_cached_discovery_stats stats;

    (void)state;
    a_folder_of_kubectls();
    (void)ask_all(d, TTL);
    kube_cached_discovery_read_stats(d, &stats);
    assert_int_equal(stats.written, 1); /* libkube's snapshot of it */
    kube_discovery_unref(d);
    d = cached_fixture_client(&f);
    assert_string_equal(ask_all(d, TTL), ALL);
    kube_cached_discovery_read_stats(d, &stats);
    assert_int_equal(stats.written, 0);
    assert_int_equal(f.fake.attempts, 0);
    kube_discovery_unref(d);
}

static void one_file_that_kubectl_replaced_counts_beside_the_others(void **state)
{
    kube_discovery *d = cached_fixture_client(&f), *other = cached_fixture_client(&f);

    (void)state;
    (void)ask_all(d, TTL);
    write_text(HOST "/apps/v1/serverresources.json", LIST("apps/v1", "replicasets"));
    assert_string_equal(ask_all(d, TTL), "apps/v1: replicasets; batch/v1: jobs");
    assert_string_equal(ask_version(d, "apps/v1", TTL), "replicasets");
    assert_string_equal(ask_version(other, "apps/v1", TTL), "replicasets");
    assert_string_equal(ask_version(other, "batch/v1", TTL), "jobs");
    assert_string_equal(ask_all(other, TTL), "apps/v1: replicasets; batch/v1: jobs");
    write_text(HOST "/apps/v1/serverresources.json", LIST("apps/v1", "daemonsets"));
    assert_string_equal(ask_version(other, "apps/v1", TTL), "daemonsets");
    assert_string_equal(ask_version(d, "apps/v1", TTL), "daemonsets");
    assert_int_equal(f.fake.attempts, 1);
    kube_discovery_unref(d);
    kube_discovery_unref(other);
}

static void a_list_of_groups_that_kubectl_replaced_decides_what_there_is(void **state)
{
    kube_discovery *d = cached_fixture_client(&f);

    (void)state;
    (void)ask_all(d, TTL);
    write_text(HOST "/servergroups.json",
               "{\"groups\":[{\"name\":\"batch\",\"versions\":[{\"groupVersion\":\"batch/v1\",\"version\":\"v1\"}],"
               "\"preferredVersion\":{\"groupVersion\":\"batch/v1\",\"version\":\"v1\"}}]}");
    assert_string_equal(ask_groups(d, TTL), "batch[batch/v1*]");
    assert_string_equal(ask_all(d, TTL), "batch/v1: jobs");
    assert_int_equal(f.fake.attempts, 1);
    kube_discovery_unref(d);
}

static void a_group_version_that_vanished_from_the_server_is_a_partial_answer(void **state)
{
    kube_discovery *d = cached_fixture_client(&f);

    (void)state;
    a_folder_of_kubectls();
    assert_int_equal(unlink(path_of(HOST "/batch/v1/serverresources.json")), 0);
    f.fake.answers[0] =
        "{\"items\":[{\"metadata\":{\"name\":\"apps\"},\"versions\":[{\"version\":\"v1\",\"resources\":["
        "{\"resource\":\"x\",\"responseKind\":{\"kind\":\"K\"}}]}]}]}";
    assert_string_equal(ask_all(d, TTL),
                        "!partial: unable to retrieve the complete list of server APIs: batch/v1: not found");
    f.fake.answers[0] = "{\"items\":[{\"metadata\":{\"name\":\"batch\"},\"versions\":[{\"version\":\"v1\","
                        "\"freshness\":\"Stale\"}]}]}";
    kube_discovery_unref(d);
    d = cached_fixture_client(&f);
    assert_string_equal(ask_all(d, TTL),
                        "!partial: unable to retrieve the complete list of server APIs: batch/v1: stale "
                        "GroupVersion discovery: batch/v1");
    kube_discovery_unref(d);
}

static void removing_kubectls_folder_means_that_the_server_is_asked(void **state)
{
    kube_discovery *d = cached_fixture_client(&f), *other;

    (void)state;
    (void)ask_all(d, TTL);
    remove_tree(path_of("discovery"));
    other = cached_fixture_client(&f);
    f.fake.answers[0] = cached_newer;
    assert_string_equal(ask_all(other, TTL), "apps/v1: statefulsets; batch/v1: cronjobs");
    assert_int_equal(f.fake.attempts, 2);
    assert_int_equal(count_files(path_of("discovery")), 3);
    kube_discovery_unref(d);
    kube_discovery_unref(other);
}

static void removing_libkubes_folder_costs_no_question(void **state)
{
    kube_discovery *d = cached_fixture_client(&f), *other;

    (void)state;
    (void)ask_all(d, TTL);
    remove_tree(path_of("libkube"));
    other = cached_fixture_client(&f);
    assert_string_equal(ask_all(other, TTL), ALL);
    assert_int_equal(f.fake.attempts, 1);
    kube_discovery_unref(d);
    kube_discovery_unref(other);
}

/* ---- documents that make no sense ---- */

static void expect_replaced(const char *what, const char *bytes, size_t len, const char *complaint)
{
    static const char name[] = HOST "/apps/v1/serverresources.json";
    kube_discovery *d = cached_fixture_client(&f);

    f.log[0] = '\0';
    f.log_lines = 0;
    f.fake.attempts = 0;
    a_folder_of_kubectls();
    write_bytes(name, bytes, len);
    if (strcmp(ask_version(d, "apps/v1", TTL), "deployments") != 0)
        fail_msg("%s is answered with", what);
    assert_int_equal(f.fake.attempts, 1);
    assert_false(kube_discovery_fresh(d)); /* it was read, as far as that goes */
    if (f.log_lines != 1 || strstr(f.log, "apps/v1") == NULL || strstr(f.log, complaint) == NULL)
        fail_msg("%s: \"%s\" does not say \"%s\"", what, f.log, complaint);
    assert_string_equal(read_text(name), LIST("apps/v1", "deployments"));
    kube_discovery_unref(d);
    /* The same when everything is asked for. */
    remove_tree(path_of("libkube"));
    write_bytes(name, bytes, len);
    f.log[0] = '\0';
    f.log_lines = 0;
    d = cached_fixture_client(&f);
    assert_string_equal(ask_all(d, TTL), ALL);
    assert_int_equal(f.fake.attempts, 2);
    assert_int_equal(f.log_lines, 1);
    assert_string_equal(read_text(name), LIST("apps/v1", "deployments"));
    kube_discovery_unref(d);
    remove_tree(path_of("discovery"));
    remove_tree(path_of("libkube"));
}

static void expect_text_replaced(const char *text, const char *complaint)
{
    expect_replaced(text, text, strlen(text), complaint);
}

static void a_document_that_makes_no_sense_is_asked_for_and_replaced(void **state)
{
    (void)state;
    expect_replaced("nothing", "", 0, "APIResourceList");
    expect_text_replaced("null", "empty");
    expect_text_replaced("{}", "empty");
    expect_text_replaced("   \n", "APIResourceList");
    expect_text_replaced("{\"kind\":\"APIResourceList\",\"groupVersion\":\"apps/v1\",\"resources\":[{\"name\":\"depl",
                         "APIResourceList");
    expect_text_replaced(LIST("apps/v1", "deployments") "x", "APIResourceList");
    expect_text_replaced("[]", "APIResourceList");
    expect_text_replaced("7", "APIResourceList");
    expect_text_replaced("{\"kind\":\"APIGroupList\",\"resources\":[{\"name\":\"a\"}]}", "its kind is APIGroupList");
    expect_text_replaced("{\"kind\":\"Status\",\"resources\":[{\"name\":\"a\"}]}", "its kind is Status");
    expect_text_replaced("{\"resources\":{\"name\":\"a\"}}", "APIResourceList");
    expect_text_replaced("{\"resources\":[{\"name\":7}]}", "APIResourceList");
    expect_text_replaced("kind: APIResourceList\nresources:\n- name: a\n", "APIResourceList");
    expect_text_replaced("{\"Resources\":[{\"name\":\"a\"}]}", "empty"); /* keys are told apart by case */
    expect_replaced("binary", "\x00\x01\x02\xff\xfe", 5, "APIResourceList");
    expect_replaced("no UTF-8", "{\"resources\":[{\"name\":\"\xff\"}]}", 27, "APIResourceList");
}

static void a_document_may_leave_out_what_it_is(void **state)
{
    kube_discovery *d = cached_fixture_client(&f);

    (void)state;
    a_folder_of_kubectls();
    write_text(HOST "/apps/v1/serverresources.json", "{\"resources\":[{\"name\":\"a\",\"name\":\"b\",\"x\":[{}]}]}");
    assert_string_equal(ask_version(d, "apps/v1", TTL), "b");
    write_text(HOST "/apps/v1/serverresources.json",
               "{\"kind\":\"APIResourceList\",\"apiVersion\":\"foo/v9\",\"resources\":[{\"name\":\"c\"}]}");
    assert_string_equal(ask_version(d, "apps/v1", TTL), "c");
    assert_int_equal(f.fake.attempts, 0);
    kube_discovery_unref(d);
}

static void a_list_of_groups_that_makes_no_sense_is_asked_for_and_replaced(void **state)
{
    static const char *const bad[] = { "", "null", "{\"groups\":[]}", "{\"kind\":\"APIResourceList\"}", "<html>" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        kube_discovery *d = cached_fixture_client(&f);

        a_folder_of_kubectls();
        write_text(HOST "/servergroups.json", bad[i]);
        f.log[0] = '\0';
        f.log_lines = 0;
        f.fake.attempts = 0;
        assert_string_equal(i % 2 == 0 ? ask_groups(d, TTL) : ask_all(d, TTL),
                            i % 2 == 0 ? "apps[apps/v1*] batch[batch/v1*]" : ALL);
        assert_int_equal(f.fake.attempts, 1);
        assert_int_equal(f.log_lines, 1);
        assert_non_null(strstr(f.log, "servergroups.json"));
        assert_string_equal(read_text(HOST "/servergroups.json"), groups_document);
        kube_discovery_unref(d);
        remove_tree(path_of("discovery"));
        remove_tree(path_of("libkube"));
    }
}

/* ---- a folder that is not what it should be ---- */

static void expect_served(const char *complaint)
{
    kube_discovery *d = cached_fixture_client(&f);

    f.log[0] = '\0';
    f.log_lines = 0;
    assert_string_equal(ask_all(d, TTL), ALL);
    assert_string_equal(ask_all(d, TTL), ALL);
    if (f.log_lines != 1 || strstr(f.log, complaint) == NULL)
        fail_msg("%u lines: \"%s\" does not say \"%s\"", f.log_lines, f.log, complaint);
    kube_discovery_unref(d);
}

static void a_folder_that_cannot_be_is_told_once_and_the_server_answers(void **state)
{
    (void)state;
    write_text("discovery", "a file");
    expect_served("Not a directory");
    assert_int_equal(f.fake.attempts, 1);
}

static void a_fifo_and_a_link_are_not_read_and_replaced(void **state)
{
    static const char name[] = HOST "/apps/v1/serverresources.json";
    struct stat info;

    (void)state;
    a_folder_of_kubectls();
    unlink(path_of(name));
    assert_int_equal(mkfifo(path_of(name), 0600), 0);
    expect_served("not a regular file");
    assert_int_equal(lstat(path_of(name), &info), 0);
    assert_true(S_ISREG(info.st_mode));
    write_text("elsewhere", LIST("apps/v1", "evil"));
    unlink(path_of(name));
    assert_int_equal(symlink(path_of("elsewhere"), path_of(name)), 0);
    expect_served("apps/v1/serverresources.json");
    assert_int_equal(lstat(path_of(name), &info), 0);
    assert_true(S_ISREG(info.st_mode));
    assert_string_equal(read_text("elsewhere"), LIST("apps/v1", "evil"));
}

static void a_folder_of_somebody_else_is_not_used(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("only root can give a folder away: the store's own tests have it by a seam\n");
        skip();
    }
    a_folder_of_kubectls();
    assert_int_equal(chown(path_of(HOST), 12345, 12345), 0);
    expect_served("belongs to user 12345");
    assert_int_equal(f.fake.attempts, 1);
}

static void a_damaged_snapshot_is_told_once_and_made_anew(void **state)
{
    kube_discovery *d = cached_fixture_client(&f);
    char name[256], path[256];
    struct dirent *entry;
    DIR *dir;

    (void)state;
    (void)ask_all(d, TTL);
    dir = opendir(path_of("libkube"));
    while ((entry = readdir(dir)) != NULL && entry->d_name[0] == '.')
        ;
    snprintf(name, sizeof name, "libkube/%.100s/snapshot", entry->d_name);
    closedir(dir);
    snprintf(path, sizeof path, "%s", path_of(name));
    assert_int_equal(truncate(path, 100), 0);
    kube_discovery_unref(d);
    d = cached_fixture_client(&f);
    assert_string_equal(ask_all(d, TTL), ALL);
    assert_int_equal(f.fake.attempts, 1); /* kubectl's documents are there */
    assert_int_equal(f.log_lines, 1);
    assert_non_null(strstr(f.log, "snapshot"));
    kube_discovery_unref(d);
    d = cached_fixture_client(&f);
    assert_string_equal(ask_all(d, TTL), ALL);
    assert_int_equal(f.log_lines, 1);
    kube_discovery_unref(d);
}

/* ---- names from a hostile server ---- */

#define HOSTILE_GROUP(name)                                                                                            \
    "{\"metadata\":{\"name\":\"" name "\"},\"versions\":[{\"version\":\"v1\",\"resources\":[{\"resource\":\"r\","      \
    "\"responseKind\":{\"kind\":\"K\"},\"verbs\":[\"get\"]}]}]}"

static void a_name_no_folder_should_have_is_served_and_not_stored(void **state)
{
    kube_discovery *d = cached_fixture_client(&f), *other = cached_fixture_client(&f);

    (void)state;
    f.fake.answers[0] = "{\"items\":[" HOSTILE_GROUP("apps") "," HOSTILE_GROUP("..") "," HOSTILE_GROUP("UP.io") "," //
        HOSTILE_GROUP("a b") "," HOSTILE_GROUP("-x") "]}";
    assert_string_equal(ask_all(d, TTL), "apps/v1: r; ../v1: r; UP.io/v1: r; a b/v1: r; -x/v1: r");
    assert_string_equal(ask_version(d, "UP.io/v1", TTL), "r");
    assert_int_equal(count_files(path_of("discovery")), 2);
    assert_true(exists(HOST "/apps/v1/serverresources.json"));
    assert_false(exists("discovery/v1"));
    assert_string_equal(ask_all(other, TTL), "apps/v1: r; ../v1: r; UP.io/v1: r; a b/v1: r; -x/v1: r");
    assert_int_equal(f.fake.attempts, 1); /* libkube's snapshot has them */
    assert_string_equal(f.log, "");
    kube_discovery_unref(d);
    kube_discovery_unref(other);
}

static void an_answer_that_had_to_be_cut_is_not_kept_as_if_it_were_whole(void **state)
{
    kube_discovery *d = cached_fixture_client(&f);

    (void)state;
    f.fake.answers[0] = "{\"items\":[" HOSTILE_GROUP("apps") "," HOSTILE_GROUP("con\\u0007trol") "]}";
    assert_string_equal(ask_all(d, TTL), "apps/v1: r");
    assert_int_equal(count_files(f.root), 1); /* the lock */
    assert_string_equal(ask_all(d, TTL), "apps/v1: r");
    assert_int_equal(f.fake.attempts, 1);
    kube_discovery_unref(d);
}

static void nothing_unfinished_is_left_behind(void **state)
{
    kube_discovery *d = cached_fixture_client(&f);

    (void)state;
    (void)ask_all(d, TTL);
    (void)ask_all(d, KUBE_FRESHNESS_REVALIDATE);
    assert_int_equal(count_files(f.root), 5); /* three documents, the snapshot and the lock */
    kube_discovery_unref(d);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_folder_holds_what_kubectl_would_have_written_and_nothing_else),
        TEST(folders_are_0750_and_files_0660_whatever_the_umask),
        TEST(a_private_disk_is_nobody_elses),
        TEST(a_call_stores_what_it_answered),
        TEST(a_folder_that_kubectl_wrote_answers_everything),
        TEST(what_was_read_once_is_not_read_again_by_another_process),
        TEST(one_file_that_kubectl_replaced_counts_beside_the_others),
        TEST(a_list_of_groups_that_kubectl_replaced_decides_what_there_is),
        TEST(a_group_version_that_vanished_from_the_server_is_a_partial_answer),
        TEST(removing_kubectls_folder_means_that_the_server_is_asked),
        TEST(removing_libkubes_folder_costs_no_question),
        TEST(a_document_that_makes_no_sense_is_asked_for_and_replaced),
        TEST(a_document_may_leave_out_what_it_is),
        TEST(a_list_of_groups_that_makes_no_sense_is_asked_for_and_replaced),
        TEST(a_folder_that_cannot_be_is_told_once_and_the_server_answers),
        TEST(a_fifo_and_a_link_are_not_read_and_replaced),
        TEST(a_folder_of_somebody_else_is_not_used),
        TEST(a_damaged_snapshot_is_told_once_and_made_anew),
        TEST(a_name_no_folder_should_have_is_served_and_not_stored),
        TEST(an_answer_that_had_to_be_cut_is_not_kept_as_if_it_were_whole),
        TEST(nothing_unfinished_is_left_behind),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
