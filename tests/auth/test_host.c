#include "alloc_trace.h"
#include "cmocka_all.h"
#include "fake_host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static kube_status read_it(const kube__host *host, const char *path, size_t max, kube_buf *out, kube_error **err)
{
    kube_buf_init(out, max);
    return kube__host_read_file(host, path, out, err);
}

static void a_file_is_read_whole_however_short_the_reads_are(void **state)
{
    fake_host fake;
    fake_file *file;
    kube_buf out;

    (void)state;
    fake_host_init(&fake);
    file = fake_host_add(&fake, "/f", "some text");
    file->chunk = 2;
    file->interrupts = true;
    assert_int_equal(read_it(&fake.host, "/f", 100, &out, NULL), KUBE_OK);
    assert_true(kube_str_is(kube_buf_str(&out), "some text"));
    assert_int_equal(fake.open_count, 0);
    kube_buf_wipe(&out);
}

static void each_failure_of_a_file_has_its_status_and_names_the_file(void **state)
{
    static const struct {
        int         open_errno, read_errno;
        size_t      max;
        kube_status status;
        const char *message;
    } cases[] = {
        { ENOENT, 0, 100, KUBE_ERR_NOT_FOUND, "reading /f: there is no such file" },
        { ENOTDIR, 0, 100, KUBE_ERR_NOT_FOUND, "reading /f: there is no such file" },
        { EACCES, 0, 100, KUBE_ERR_IO, "reading /f: Permission denied" },
        { EISDIR, 0, 100, KUBE_ERR_IO, "reading /f: it is a directory" },
        { ENOTSUP, 0, 100, KUBE_ERR_IO, "reading /f: it is not a regular file" },
        { 0, EIO, 100, KUBE_ERR_IO, "reading /f: Input/output error" },
        { 0, 0, 4, KUBE_ERR_LIMIT, "reading /f: the file is too large" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        fake_host fake;
        fake_file *file;
        kube_buf out;
        kube_error *err = NULL;

        fake_host_init(&fake);
        file = fake_host_add(&fake, "/f", "12345");
        file->open_errno = cases[i].open_errno;
        file->read_errno = cases[i].read_errno;
        file->fail_at = 3;
        assert_int_equal(read_it(&fake.host, "/f", cases[i].max, &out, &err), cases[i].status);
        assert_string_equal(kube_error_message(err), cases[i].message);
        assert_int_equal(fake.open_count, 0);
        kube_error_free(err);
        kube_buf_wipe(&out);
    }
}

static void a_fifo_a_directory_and_a_device_are_refused_without_waiting(void **state)
{
    char dir[] = "/tmp/kube-auth-XXXXXX", fifo[64];
    kube_buf out;
    kube_error *err = NULL;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(fifo, sizeof fifo, "%s/fifo", dir);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(read_it(kube__host_system(), fifo, 100, &out, &err), KUBE_ERR_IO);
    assert_non_null(strstr(kube_error_message(err), "not a regular file"));
    kube_error_free(err);
    assert_int_equal(read_it(kube__host_system(), dir, 100, &out, NULL), KUBE_ERR_IO);
    assert_int_equal(read_it(kube__host_system(), "/dev/zero", 100, &out, NULL), KUBE_ERR_IO);
    unlink(fifo);
    rmdir(dir);
}

static void the_null_device_is_an_empty_file(void **state)
{
    kube_buf out;

    (void)state;
    assert_int_equal(read_it(kube__host_system(), "/dev/null", 100, &out, NULL), KUBE_OK);
    assert_int_equal(out.len, 0);
    kube_buf_wipe(&out);
}

static void only_what_can_be_run_is_a_program(void **state)
{
    const kube__host *host = kube__host_system();

    (void)state;
    assert_int_equal(host->check_program(NULL, "/bin/sh"), 0);
    assert_int_equal(host->check_program(NULL, "/bin"), EISDIR);
    assert_int_equal(host->check_program(NULL, "/nonexistent"), ENOENT);
    assert_int_equal(host->check_program(NULL, "/etc/passwd"), EACCES);
}

static void reading_what_is_not_open_fails_with_its_reason(void **state)
{
    char byte;

    (void)state;
    assert_int_equal(kube__host_system()->read(NULL, -1, &byte, 1), -EBADF);
}

static void a_process_may_have_no_environment(void **state)
{
    const kube__host *host = kube__host_system();
    char **kept = environ;
    bool has_path = false;

    (void)state;
    for (const char *const *entry = host->environment(NULL); *entry != NULL; entry++)
        has_path = has_path || strncmp(*entry, "PATH=", 5) == 0;
    assert_true(has_path);
    environ = NULL;
    assert_null(*host->environment(NULL));
    environ = kept;
}

static void the_current_directory_is_told_when_it_fits(void **state)
{
    const kube__host *host = kube__host_system();
    char wanted[PATH_MAX], here[PATH_MAX];

    (void)state;
    assert_non_null(getcwd(wanted, sizeof wanted));
    assert_true(host->current_dir(NULL, here, sizeof here));
    assert_string_equal(here, wanted);
    assert_false(host->current_dir(NULL, here, strlen(wanted)));
}

/* Whether the host sees a terminal when this is its standard input. */
static bool is_terminal(int fd)
{
    int kept = dup(STDIN_FILENO);
    bool terminal;

    assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    terminal = kube__host_system()->stdin_is_terminal(NULL);
    if (kept >= 0) {
        assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
        close(kept);
    }
    return terminal;
}

static void a_terminal_is_told_from_what_is_none(void **state)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC), terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

    (void)state;
    assert_true(null >= 0);
    assert_false(is_terminal(null));
    close(null);
    if (terminal < 0) {
        print_message("there are no pseudoterminals\n");
        skip();
    }
    assert_true(is_terminal(terminal));
    close(terminal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(a_file_is_read_whole_however_short_the_reads_are),
        ALLOC_TRACE_TEST(each_failure_of_a_file_has_its_status_and_names_the_file),
        ALLOC_TRACE_TEST(a_fifo_a_directory_and_a_device_are_refused_without_waiting),
        ALLOC_TRACE_TEST(the_null_device_is_an_empty_file),
        ALLOC_TRACE_TEST(only_what_can_be_run_is_a_program),
        ALLOC_TRACE_TEST(reading_what_is_not_open_fails_with_its_reason),
        ALLOC_TRACE_TEST(a_process_may_have_no_environment),
        ALLOC_TRACE_TEST(the_current_directory_is_told_when_it_fits),
        ALLOC_TRACE_TEST(a_terminal_is_told_from_what_is_none),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
