/* What a started program finds: the test starts itself and has itself tell. */
#include "base_fixture.h"

#include "shared/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- in the started program ---- */

static int tell_descriptors(void)
{
    for (int fd = 0; fd < 1024; fd++) {
        if (fcntl(fd, F_GETFD) != -1)
            dprintf(1, "%d ", fd);
    }
    return 0;
}

static int tell_signals(void)
{
    sigset_t mask;

    sigprocmask(SIG_SETMASK, NULL, &mask);
    for (int number = 1; number < 32; number++) {
        struct sigaction action;

        if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
            dprintf(1, "ignored %d ", number);
        if (sigismember(&mask, number) == 1)
            dprintf(1, "blocked %d ", number);
    }
    return 0;
}

static int tell_stdin(void)
{
    char bytes[100];
    ssize_t n = read(0, bytes, sizeof bytes);

    dprintf(1, "%zd:%.*s", n, (int)(n > 0 ? n : 0), bytes);
    return 0;
}

static int tell_stdout(void)
{
    dprintf(1, "%s", (fcntl(1, F_GETFL) & O_NONBLOCK) != 0 ? "non-blocking" : "blocking");
    return 0;
}

static int tell_environment(void)
{
    const char *value = getenv("KUBE_TEST_VALUE");

    dprintf(1, "%s", value != NULL ? value : "unset");
    return 0;
}

static int tell(const char *what)
{
    static const struct {
        const char *what;
        int       (*fn)(void);
    } tellers[] = {
        { "descriptors", tell_descriptors }, { "signals", tell_signals },         { "stdin", tell_stdin },
        { "stdout", tell_stdout },           { "environment", tell_environment },
    };

    for (size_t i = 0; i < sizeof tellers / sizeof tellers[0]; i++) {
        if (strcmp(what, tellers[i].what) == 0)
            return tellers[i].fn();
    }
    return 100;
}

/* ---- in the test ---- */

static char self[4096];

/* Starts itself, reads to the end, and returns what was said. */
static const char *told(const char *what, const char *const *envp, bool inherit_stdin)
{
    static char text[4096];
    const char *const argv[] = { "test_spawn", "--tell", what, NULL };
    const kube_io_child_options opts = {
        .struct_size = sizeof opts, .path = self, .argv = argv, .envp = envp, .inherit_stdin = inherit_stdin,
    };
    size_t len = 0;
    int fd = -1, status;
    kube_error *err = NULL;
    pid_t pid;
    ssize_t n;

    if (kube__spawn(&opts, &pid, &fd, &err) != KUBE_OK)
        fail_msg("%s", kube_error_message(err));
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    fcntl(fd, F_SETFL, 0);
    while ((n = read(fd, text + len, sizeof text - 1 - len)) > 0)
        len += (size_t)n;
    text[len] = '\0';
    close(fd);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    return text;
}

static void no_descriptor_above_two_is_handed_down(void **state)
{
    int fds[10];

    (void)state;
    for (int i = 0; i < 10; i++)
        fds[i] = fcntl(0, F_DUPFD, 3 + 40 * i); /* not close-on-exec */
    assert_string_equal(told("descriptors", NULL, false), "0 1 2 ");
    for (int i = 0; i < 10; i++) {
        assert_true(fcntl(fds[i], F_GETFD) != -1); /* still the host's */
        close(fds[i]);
    }
}

static void signals_are_at_their_defaults(void **state)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN }, old[2];
    sigset_t blocked, before;

    (void)state;
    sigaction(SIGPIPE, &ignore, &old[0]);
    sigaction(SIGHUP, &ignore, &old[1]);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    assert_string_equal(told("signals", NULL, false), "");
    sigprocmask(SIG_SETMASK, &before, NULL);
    sigaction(SIGPIPE, &old[0], NULL);
    sigaction(SIGHUP, &old[1], NULL);
}

static void standard_input_is_empty_or_the_hosts(void **state)
{
    int ends[2], saved = dup(0);

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "hello", 5), 5);
    dup2(ends[0], 0);
    assert_string_equal(told("stdin", NULL, false), "0:");
    assert_string_equal(told("stdin", NULL, true), "5:hello");
    dup2(saved, 0);
    close(saved);
    close(ends[0]);
    close(ends[1]);
}

static void standard_output_is_blocking(void **state)
{
    (void)state;
    assert_string_equal(told("stdout", NULL, false), "blocking");
}

static void the_environment_is_the_given_one(void **state)
{
    static const char *const envp[] = { "KUBE_TEST_VALUE=given", NULL }, *const none[] = { NULL };

    (void)state;
    setenv("KUBE_TEST_VALUE", "inherited", 1);
    assert_string_equal(told("environment", envp, false), "given");
    assert_string_equal(told("environment", NULL, false), "inherited");
    assert_string_equal(told("environment", none, false), "unset");
    unsetenv("KUBE_TEST_VALUE");
}

/* A daemon has closed all three: the pipe itself then takes those numbers. */
static int start_without_standard_files(void *arg)
{
    const char *const argv[] = { "test_spawn", "--tell", arg, NULL };
    const kube_io_child_options opts = { .struct_size = sizeof opts, .path = self, .argv = argv };
    char text[100] = "";
    int fd = -1, status;
    pid_t pid;

    close(0);
    close(1);
    close(2);
    if (kube__spawn(&opts, &pid, &fd, NULL) != KUBE_OK)
        return 1;
    fcntl(fd, F_SETFL, 0);
    if (read(fd, text, sizeof text - 1) <= 0)
        return 2;
    if (waitpid(pid, &status, 0) != pid || status != 0)
        return 3;
    return strncmp(text, "0:", 2) == 0 ? 0 : 4;
}

static void a_host_without_standard_files_can_start_programs(void **state)
{
    char what[] = "stdin";

    (void)state;
    assert_int_equal(run_forked(start_without_standard_files, what), 0);
}

static void assert_not_started(const char *path, kube_status expected, const char *message)
{
    const char *const argv[] = { "x", NULL };
    const kube_io_child_options opts = { .struct_size = sizeof opts, .path = path, .argv = argv };
    size_t before = open_descriptors();
    kube_error *err = NULL;
    int fd = -1;
    pid_t pid;

    assert_int_equal(kube__spawn(&opts, &pid, &fd, &err), expected);
    assert_error(err, expected, path);
    assert_int_equal(kube__spawn(&opts, &pid, &fd, &err), expected);
    assert_error(err, expected, message);
    assert_int_equal(fd, -1);
    assert_int_equal(open_descriptors(), before);
    assert_false(has_children());
}

static void what_cannot_be_started_is_said(void **state)
{
    char path[] = "/tmp/kube-test-spawn-XXXXXX";
    int fd = mkstemp(path);

    (void)state;
    assert_int_equal(write(fd, "no program\n", 11), 11);
    close(fd);
    assert_not_started("/nonexistent/kube-test", KUBE_ERR_NOT_FOUND, "No such file");
    assert_not_started("", KUBE_ERR_NOT_FOUND, "No such file");
    assert_not_started("/tmp", KUBE_ERR_IO, "Permission denied");
    chmod(path, 0600);
    assert_not_started(path, KUBE_ERR_IO, "Permission denied");
    chmod(path, 0700);
    assert_not_started(path, KUBE_ERR_IO, "format error");
    unlink(path);
}

static void without_descriptors_nothing_is_started(void **state)
{
    const char *const argv[] = { "true", NULL };
    const kube_io_child_options opts = { .struct_size = sizeof opts, .path = "/bin/true", .argv = argv };
    struct rlimit old, low;
    kube_error *err = NULL;
    kube_status st;
    int fd = -1, lowest = 0;
    pid_t pid;

    (void)state;
    while (fcntl(lowest, F_GETFD) != -1)
        lowest++;
    getrlimit(RLIMIT_NOFILE, &old);
    low = old;
    low.rlim_cur = (rlim_t)lowest + 1;
    setrlimit(RLIMIT_NOFILE, &low);
    st = kube__spawn(&opts, &pid, &fd, &err);
    setrlimit(RLIMIT_NOFILE, &old);
    assert_int_equal(st, KUBE_ERR_IO);
    assert_error(err, KUBE_ERR_IO, "/bin/true");
    assert_false(has_children());
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(no_descriptor_above_two_is_handed_down),
        ALLOC_TRACE_TEST(signals_are_at_their_defaults),
        ALLOC_TRACE_TEST(standard_input_is_empty_or_the_hosts),
        ALLOC_TRACE_TEST(standard_output_is_blocking),
        ALLOC_TRACE_TEST(the_environment_is_the_given_one),
        ALLOC_TRACE_TEST(a_host_without_standard_files_can_start_programs),
        ALLOC_TRACE_TEST(what_cannot_be_started_is_said),
        ALLOC_TRACE_TEST(without_descriptors_nothing_is_started),
    };

    if (argc == 3 && strcmp(argv[1], "--tell") == 0)
        return tell(argv[2]);
    if (readlink("/proc/self/exe", self, sizeof self - 1) <= 0)
        return 1;
    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
