/* kube-apiserver-stub as a child process, and a client that knows nothing but its kubeconfig. */
#include "stub_fixture.h"

#include <kube/auth.h>
#include <kube/discovery.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 24, WAIT_MS = 20000 };

typedef struct child {
    pid_t pid;
    int in, out, err; /* our ends of its standard streams */
} child;

static char folder[] = "/tmp/kube-stub-XXXXXX";
static char kubeconfig[128], log_file[128];

static bool without_signalfd;

/* From here on, and in what is executed, the system has no descriptor for signals. */
static bool refuse_signalfd(void)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_signalfd4, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EMFILE),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = { COUNT_OF(rules), rules };

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static child start(const char *const arguments[])
{
    const char *argv[ARGUMENTS_MAX] = { KUBE_APISERVER_STUB };
    int in[2], out[2], err[2];
    child c = { .pid = -1 };

    for (size_t i = 0; arguments[i] != NULL; i++)
        argv[i + 1] = arguments[i];
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(pipe2(err, O_CLOEXEC), 0);
    c.pid = fork();
    assert_true(c.pid >= 0);
    if (c.pid == 0) {
        if (dup2(in[0], 0) == 0 && dup2(out[1], 1) == 1 && dup2(err[1], 2) == 2 &&
            (!without_signalfd || refuse_signalfd()))
            execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    close(err[1]);
    c.in = in[1];
    c.out = out[0];
    c.err = err[0];
    return c;
}

/* What comes up to the end, or to the end of the first line. */
static void read_text(int fd, bool line, char *text, size_t size)
{
    struct pollfd p = { fd, POLLIN, 0 };
    size_t len = 0;
    ssize_t n = 1;

    while (n > 0 && len + 1 < size && !(line && len > 0 && text[len - 1] == '\n')) {
        if (poll(&p, 1, WAIT_MS) <= 0)
            fail_msg("nothing came within %d ms", WAIT_MS);
        n = read(fd, text + len, line ? 1 : size - 1 - len);
        len += n > 0 ? (size_t)n : 0;
    }
    text[len] = '\0';
}

static void close_streams(child *c)
{
    if (c->in >= 0)
        close(c->in);
    close(c->out);
    close(c->err);
}

static int exit_code(child *c)
{
    int status = 0;

    assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
    close_streams(c);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* The URL of the line that says it is ready. */
static void await_ready(const child *c, char url[128])
{
    char line[128];

    read_text(c->out, true, line, sizeof line);
    if (sscanf(line, "ready %100s", url) != 1)
        fail_msg("the first line is \"%s\"", line);
}

static int end(child *c, int signal_number)
{
    assert_int_equal(kill(c->pid, signal_number), 0);
    return exit_code(c);
}

/* A discovery with nothing but the kubeconfig; "" or the error's message. */
static kube_status discover(size_t *groups, char *message, size_t size)
{
    kube_auth_options opts = KUBE_AUTH_OPTIONS_INIT;
    kube_rest_client *rest = NULL;
    kube_discovery *d = NULL;
    kube_api_group_list *list = NULL;
    kube_error *err = NULL;
    kube_status st;

    opts.kubeconfig = kubeconfig;
    st = kube_auth_rest_client_from_kubeconfig(&opts, &rest, &err);
    if (st == KUBE_OK)
        st = kube_discovery_client_new(rest, NULL, &d, &err);
    if (st == KUBE_OK)
        st = kube_discovery_server_groups(d, NULL, &list, &err);
    *groups = kube_api_group_list_count(list);
    snprintf(message, size, "%s", st == KUBE_OK ? "" : kube_error_message(err));
    kube_api_group_list_unref(list);
    kube_discovery_unref(d);
    kube_rest_client_unref(rest);
    kube_error_free(err);
    return st;
}

static void its_kubeconfig_is_enough_for_a_client(void **state)
{
    static const char *const forms[] = { "v2", "v2beta1", "legacy" };
    char url[128], message[512];
    size_t groups;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        const char *arguments[] = { "--recording", RECORDING("bare"), "--form", forms[i], "--kubeconfig",
                                    kubeconfig,    "--token",         "secret", NULL };
        child c = start(arguments);

        await_ready(&c, url);
        assert_int_equal(strncmp(url, "https://127.0.0.1:", 18), 0);
        if (discover(&groups, message, sizeof message) != KUBE_OK)
            fail_msg("%s: %s", forms[i], message);
        assert_true(groups > 15);
        assert_int_equal(end(&c, i % 2 == 0 ? SIGTERM : SIGINT), 0);
    }
}

static void a_wrong_certificate_is_noticed(void **state)
{
    static const char *const kinds[] = { "other-host", "expired" };
    char url[128], message[512];
    size_t groups;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        const char *arguments[] = { "--recording", RECORDING("bare"), "--certificate",
                                    kinds[i],      "--kubeconfig",    kubeconfig,
                                    NULL };
        child c = start(arguments);

        await_ready(&c, url);
        assert_int_equal(discover(&groups, message, sizeof message), KUBE_ERR_TLS);
        assert_int_equal(end(&c, SIGTERM), 0);
    }
}

static void the_log_has_a_line_for_each_request(void **state)
{
    const char *arguments[] = { "--recording",
                                RECORDING("bare"),
                                "--http",
                                "--log",
                                log_file,
                                "--kubeconfig",
                                kubeconfig,
                                "--stale",
                                "apps/v1",
                                "--stale",
                                "batch/v1",
                                "--fault",
                                "/api$ status=404",
                                NULL };
    child c = start(arguments);
    char url[128], message[512], *log;
    size_t groups, len, lines = 0;

    (void)state;
    await_ready(&c, url);
    assert_int_equal(strncmp(url, "http://127.0.0.1:", 17), 0);
    if (discover(&groups, message, sizeof message) != KUBE_OK) /* a server may be without /api */
        fail_msg("%s", message);
    log = read_file(log_file, &len); /* while it runs: who has the answer finds the line */
    for (const char *p = log; (p = strchr(p, '\n')) != NULL; p++)
        lines++;
    assert_true(lines >= 2);
    assert_non_null(strstr(log, "\"method\":\"GET\",\"target\":\"/api"));
    assert_non_null(strstr(log, "\"status\":404,"));
    assert_int_equal(log[0], '{');
    free(log);
    assert_int_equal(end(&c, SIGTERM), 0);
}

static void get(const char *url, const char *target)
{
    int fd = raw_connect((uint16_t)strtoul(strrchr(url, ':') + 1, NULL, 10));
    reply r;

    raw_send(fd, "GET ");
    raw_send(fd, target);
    raw_send(fd, " HTTP/1.1\r\nConnection: close\r\n\r\n");
    r = raw_read(fd, 4096);
    assert_int_equal(r.status, 404);
    reply_clear(&r);
    close(fd);
}

/* What is longer than a line may be is cut, and the next line begins where a line begins. */
static void a_long_request_is_still_one_line_of_the_log(void **state)
{
    static char target[20000];
    const char *arguments[] = { "--recording", RECORDING("bare"), "--http", "--log", log_file, NULL };
    char url[128], *log, *end_of_first;
    child c;
    size_t len;

    (void)state;
    unlink(log_file);
    c = start(arguments);
    await_ready(&c, url);
    memset(target, 'x', sizeof target - 1);
    target[0] = '/';
    get(url, target);
    get(url, "/short");
    log = read_file(log_file, &len);
    end_of_first = strchr(log, '\n');
    assert_non_null(end_of_first);
    assert_in_range(end_of_first - log, 16000, 16383);
    assert_int_equal(strncmp(end_of_first + 1, "{\"request\":2,", 13), 0);
    assert_int_equal(log[len - 1], '\n');
    free(log);
    assert_int_equal(end(&c, SIGTERM), 0);
}

static void its_malice_is_that_of_the_catalogue(void **state)
{
    const char *arguments[] = { "--recording", RECORDING("bare"), "--http",  "--kubeconfig",
                                kubeconfig,    "--malice",        "no-http", NULL };
    child c = start(arguments);
    char url[128], message[512];
    size_t groups;

    (void)state;
    await_ready(&c, url);
    assert_int_equal(discover(&groups, message, sizeof message), KUBE_ERR_PROTOCOL);
    assert_int_equal(end(&c, SIGTERM), 0);
}

static void it_ends_with_its_standard_input_when_asked_to(void **state)
{
    const char *arguments[] = { "--recording", RECORDING("bare"), "--until-stdin-ends", NULL };
    child c = start(arguments);
    char url[128];

    (void)state;
    await_ready(&c, url);
    assert_int_equal(write(c.in, "ignored", 7), 7);
    assert_int_equal(waitpid(c.pid, NULL, WNOHANG), 0);
    close(c.in);
    c.in = -1;
    assert_int_equal(exit_code(&c), 0);
}

static void expect_failure(const char *const arguments[], int code, const char *part)
{
    child c = start(arguments);
    char text[1024];

    read_text(c.err, false, text, sizeof text);
    if (strstr(text, part) == NULL || strncmp(text, "error: ", 7) != 0 || strchr(text, '\n') != text + strlen(text) - 1)
        fail_msg("expected one line with \"%s\", got \"%s\"", part, text);
    read_text(c.out, false, text, sizeof text);
    assert_string_equal(text, "");
    assert_int_equal(exit_code(&c), code);
}

#define USAGE(part, ...) expect_failure((const char *const[]){ __VA_ARGS__, NULL }, 2, part)
#define ERROR(part, ...) expect_failure((const char *const[]){ __VA_ARGS__, NULL }, 1, part)

static void a_wrong_command_line_is_one_line_and_status_2(void **state)
{
    static const char *const ports[] = { "65536", "-1", "", "x", "1x", "99999999999999999999" };

    (void)state;
    USAGE("--recording is needed", "--http");
    USAGE("--form is", "--recording", RECORDING("bare"), "--form", "v3");
    USAGE("--certificate is", "--recording", RECORDING("bare"), "--certificate", "bad");
    for (size_t i = 0; i < COUNT_OF(ports); i++)
        USAGE("--port is", "--recording", RECORDING("bare"), "--port", ports[i]);
    USAGE("unknown flag", "--no-such-flag");
    USAGE("\"stauts=1\"", "--recording", RECORDING("bare"), "--fault", "/apis stauts=1");
    USAGE("the token", "--recording", RECORDING("bare"), "--token", "a b");
}

static void what_cannot_be_done_is_one_line_and_status_1(void **state)
{
    (void)state;
    ERROR("/absent/api.aggregated.json", "--recording", "/absent");
    ERROR("there is no malice called \"kindness\", but no-handshake, ", "--recording", RECORDING("bare"), "--malice",
          "kindness");
    ERROR("\"absent/v1\"", "--recording", RECORDING("bare"), "--stale", "absent/v1");
    ERROR("/absent/kubeconfig", "--recording", RECORDING("bare"), "--kubeconfig", "/absent/kubeconfig");
    ERROR("/absent/log", "--recording", RECORDING("bare"), "--log", "/absent/log");
}

/* It would take requests for ever: the signals that end it are blocked. */
static void without_a_descriptor_for_signals_it_does_not_begin(void **state)
{
    const char *arguments[] = { "--recording", RECORDING("bare"), NULL };
    char text[1024];
    child c;
    int code;

    (void)state;
    without_signalfd = true;
    c = start(arguments);
    without_signalfd = false;
    close(c.in);
    c.in = -1;
    read_text(c.out, true, text, sizeof text);
    if (text[0] != '\0')
        kill(c.pid, SIGKILL);
    assert_string_equal(text, "");
    read_text(c.err, false, text, sizeof text);
    code = exit_code(&c);
    if (code == 127) {
        print_message("a filter of system calls is not to be had here\n");
        skip();
    }
    assert_string_equal(text, "error: waiting for signals: Too many open files\n");
    assert_int_equal(code, 1);
}

static int set_up_folder(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN); /* writing to a child that has failed is a failed assertion */
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(kubeconfig, sizeof kubeconfig, "%s/kubeconfig", folder);
    snprintf(log_file, sizeof log_file, "%s/log", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(kubeconfig);
    unlink(log_file);
    return rmdir(folder); /* fails when a temporary file was left behind */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_kubeconfig_is_enough_for_a_client),
        cmocka_unit_test(a_wrong_certificate_is_noticed),
        cmocka_unit_test(the_log_has_a_line_for_each_request),
        cmocka_unit_test(a_long_request_is_still_one_line_of_the_log),
        cmocka_unit_test(its_malice_is_that_of_the_catalogue),
        cmocka_unit_test(it_ends_with_its_standard_input_when_asked_to),
        cmocka_unit_test(a_wrong_command_line_is_one_line_and_status_2),
        cmocka_unit_test(what_cannot_be_done_is_one_line_and_status_1),
        cmocka_unit_test(without_a_descriptor_for_signals_it_does_not_begin),
    };

    return cmocka_run_group_tests(tests, set_up_folder, remove_folder);
}
