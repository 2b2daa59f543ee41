/* An API server that answers discovery from a recording, and fails on request: for demonstrations, and for the tests of
 * programs that are not in C. */
#include "support/escape.h"
#include "support/program.h"

#include <kube/sys/error.h>
#include <kube/testing.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const char program[] = "kube-apiserver-stub";

enum { FLAG_COUNT = 13, LOG_LINE_BYTES = 16384 };

typedef struct stub_flags {
    const char *recording, *form, *certificate, *port, *token, *kubeconfig, *log;
    words stale, faults, malice;
    bool http, until_stdin_ends;
} stub_flags;

static void fill_in(flag flags[FLAG_COUNT], stub_flags *to)
{
    const flag all[FLAG_COUNT] = {
        { .name = "recording", .to = &to->recording, .help = "Folder with the recorded documents. Required." },
        { .name = "form", .to = &to->form, .help = "What /api and /apis have: v2, v2beta1 or legacy." },
        { .name = "port", .to = &to->port, .help = "Port on 127.0.0.1; 0: any." },
        { .name = "http", .kind = FLAG_SWITCH, .to = &to->http, .help = "Without TLS." },
        { .name = "certificate", .to = &to->certificate, .help = "good, other-host or expired." },
        { .name = "token", .to = &to->token, .help = "A bearer token that requests need." },
        { .name = "kubeconfig", .to = &to->kubeconfig, .help = "File to write a kubeconfig to." },
        { .name = "stale", .kind = FLAG_TEXTS, .to = &to->stale, .help = "A group-version that is stale; repeatable." },
        { .name = "fault",
          .kind = FLAG_TEXTS,
          .to = &to->faults,
          .help = "What goes wrong, as in \"/apis status=503 times=2\"; repeatable." },
        { .name = "malice",
          .kind = FLAG_TEXTS,
          .to = &to->malice,
          .help = "How it harms whoever asks it, as in endless-headers; an unknown one: all are listed." },
        { .name = "log", .to = &to->log, .help = "File to append a line of JSON to for each request." },
        { .name = "until-stdin-ends",
          .kind = FLAG_SWITCH,
          .to = &to->until_stdin_ends,
          .help = "End when standard input does." },
        { .name = "help", .letter = 'h', .kind = FLAG_HELP, .help = "Show this." },
    };

    memcpy(flags, all, sizeof all);
}

static void print_help(const flag *flags)
{
    printf("Usage: %s --recording FOLDER [flags]\n\n"
           "Serves recorded API discovery on 127.0.0.1. Prints \"ready URL\" when it takes requests, and runs until\n"
           "SIGTERM or SIGINT.\n\n",
           program);
    flags_print_help(flags, FLAG_COUNT);
    puts("\n"
         "A fault is a path (requests that begin so; with a $ at its end that path only) and words:\n"
         "  status=503 retry-after=1             another status, with a Status object as body\n"
         "  body=TEXT body=@FILE type=text/html  another body, another Content-Type (\"type=\": none)\n"
         "  length=+10 length=-10                a wrong Content-Length\n"
         "  delay=100 slow=100/10                milliseconds before the answer; bytes/milliseconds of pause\n"
         "  close-after=N reset-after=N stall-after=N\n"
         "                                       after N bytes of the answer\n"
         "  endless gzip-bomb                    a body without end; a small one that becomes large\n"
         "  no-handshake                         connections on which nothing ever comes\n"
         "  skip=1 times=2                       let one pass, hit two");
}

/* The place of a name in a list that ends with NULL; -1: it is not there. */
static int place_of(const char *name, const char *const names[])
{
    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(name, names[i]) == 0)
            return i;
    }
    return -1;
}

static const char *read_options(const stub_flags *flags, kube_testing_apiserver_options *opts)
{
    static const char *const forms[] = { "v2", "v2beta1", "legacy", NULL };
    static const char *const certificates[] = { "good", "other-host", "expired", NULL };
    int form = place_of(flags->form, forms), certificate = place_of(flags->certificate, certificates);
    char *end;
    unsigned long port;

    errno = 0;
    port = strtoul(flags->port, &end, 10);
    if (flags->recording == NULL)
        return "--recording is needed";
    if (form < 0)
        return "--form is v2, v2beta1 or legacy";
    if (certificate < 0)
        return "--certificate is good, other-host or expired";
    if (flags->port[0] < '0' || flags->port[0] > '9' || *end != '\0' || errno != 0 || port > UINT16_MAX)
        return "--port is a number up to 65535";
    opts->recording = flags->recording;
    opts->token = flags->token;
    opts->form = (kube_testing_form)form;
    opts->certificate = (kube_testing_certificate)certificate;
    opts->port = (uint16_t)port;
    opts->plain_http = flags->http;
    return NULL;
}

/* One call for each line, so that those of two connections do not mix. */
static void write_log_line(void *user, const kube_testing_record *record)
{
    char line[LOG_LINE_BYTES];
    size_t len = kube_testing_record_format(record, line, sizeof line);

    if (len >= sizeof line) { /* a line stays a line */
        len = sizeof line - 1;
        line[len - 1] = '\n';
    }
    fwrite(line, 1, len, user);
    fflush(user);
}

/* [set up] */
static kube_status set_up(kube_testing_apiserver *server, const stub_flags *flags, kube_error **err)
{
    kube_status st = KUBE_OK;

    for (size_t i = 0; st == KUBE_OK && i < flags->stale.count; i++)
        st = kube_testing_apiserver_set_stale(server, flags->stale.items[i], true, err);
    for (size_t i = 0; st == KUBE_OK && i < flags->faults.count; i++)
        st = kube_testing_apiserver_add_fault_text(server, flags->faults.items[i], NULL, err);
    for (size_t i = 0; st == KUBE_OK && i < flags->malice.count; i++)
        st = kube_testing_apiserver_add_malice(server, flags->malice.items[i], NULL, err);
    if (st == KUBE_OK && flags->kubeconfig != NULL)
        st = kube_testing_apiserver_write_kubeconfig(server, flags->kubeconfig, err);
    return st;
}
/* [set up] */

static bool stdin_has_ended(void)
{
    char ignored[512];

    return read(STDIN_FILENO, ignored, sizeof ignored) <= 0;
}

/* Until a signal, or the end of standard input where that counts. */
static void wait_for_end(int signals, bool until_stdin_ends)
{
    struct pollfd p[2] = { { signals, POLLIN, 0 }, { until_stdin_ends ? STDIN_FILENO : -1, POLLIN, 0 } };
    bool ended = false;

    while (!ended) {
        if (poll(p, 2, -1) < 0)
            ended = errno != EINTR;
        else
            ended = p[0].revents != 0 || stdin_has_ended();
    }
}

/* What is wrong with the words of the command line is a wrong usage; everything else an error. */
static int report(kube_status st, const kube_error *err)
{
    return st == KUBE_ERR_INVALID_ARG ? fail_usage(program, kube_error_message(err)) : fail(err);
}

static int serve(const kube_testing_apiserver_options *opts, const stub_flags *flags)
{
    kube_testing_apiserver *server = NULL;
    kube_error *err = NULL;
    sigset_t set;
    int code = EXIT_ERROR, signals;
    kube_status st;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL); /* before there are threads, which inherit it */
    signals = signalfd(-1, &set, SFD_CLOEXEC);
    st = signals >= 0 ? KUBE_OK : kube_error_set_errno(&err, KUBE_ERR_IO, errno, "waiting for signals");
    if (st == KUBE_OK)
        st = kube_testing_apiserver_start(opts, &server, &err);
    if (st == KUBE_OK)
        st = set_up(server, flags, &err);
    if (st == KUBE_OK) {
        printf("ready %s\n", kube_testing_apiserver_url(server));
        code = finish_output(EXIT_ANSWER);
    } else {
        code = report(st, err);
    }
    if (code == EXIT_ANSWER)
        wait_for_end(signals, flags->until_stdin_ends);
    kube_testing_apiserver_stop(server);
    if (signals >= 0)
        close(signals);
    kube_error_free(err);
    return code;
}

static int open_log_and_serve(kube_testing_apiserver_options *opts, const stub_flags *flags)
{
    FILE *log = NULL;
    int code;

    if (flags->log != NULL) {
        log = fopen(flags->log, "ae");
        if (log == NULL) {
            fputs("error: opening the log ", stderr);
            write_escaped(stderr, flags->log);
            fprintf(stderr, ": %s\n", strerror(errno));
            return EXIT_ERROR;
        }
        opts->on_request = write_log_line;
        opts->user = log;
    }
    code = serve(opts, flags);
    if (log != NULL)
        fclose(log);
    return code;
}

int main(int argc, char **argv)
{
    kube_testing_apiserver_options opts = KUBE_TESTING_APISERVER_OPTIONS_INIT;
    stub_flags given = { .form = "v2", .certificate = "good", .port = "0" };
    char message[FLAGS_MESSAGE_BYTES];
    flag flags[FLAG_COUNT];
    const char *problem;
    int code = EXIT_ANSWER;

    fill_in(flags, &given);
    switch (flags_parse(flags, FLAG_COUNT, argc, argv, message)) {
    case FLAGS_HELP:
        print_help(flags);
        code = finish_output(EXIT_ANSWER);
        break;
    case FLAGS_WRONG:
        code = fail_usage(program, message);
        break;
    case FLAGS_OK:
        problem = read_options(&given, &opts);
        code = problem != NULL ? fail_usage(program, problem) : open_log_and_serve(&opts, &given);
        break;
    }
    words_clear(&given.stale);
    words_clear(&given.faults);
    words_clear(&given.malice);
    return code;
}
