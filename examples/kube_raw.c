/* One GET of any path of an API server, body to standard output: `kubectl get --raw`. It stands on rest and auth
 * alone. */
#include "support/escape.h"
#include "support/program.h"

#include <kube/rest.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char program[] = "kube-raw";

enum { OWN_FLAGS = 5, MAX_MIB = 1 << 20, FLAG_COUNT = OWN_FLAGS + SERVER_FLAG_COUNT };

typedef struct raw_flags {
    const char *accept, *max_size;
    bool        show_headers, verbose;
} raw_flags;

static void write_log_line(void *user, kube_log_level level, const char *message)
{
    (void)user;
    (void)level;
    fprintf(stderr, "%s: %s\n", program, message);
}

static void print_headers(const kube_rest_response *response)
{
    static const char *const names[] = { "Content-Type", "Content-Length", "Content-Encoding", "ETag", "Vary",
                                         "Cache-Control", "Expires", "Last-Modified", "Warning", "Audit-Id",
                                         "X-Kubernetes-Pf-Flowschema-Uid" };

    fprintf(stderr, "%d\n", kube_rest_response_http_status(response));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = kube_rest_response_header(response, names[i]);

        if (value == NULL)
            continue;
        fprintf(stderr, "%s: ", names[i]);
        write_escaped(stderr, value);
        fputc('\n', stderr);
    }
}

static bool is_size(const char *text)
{
    size_t len = strlen(text);

    return len != 0 && len < 8 && strspn(text, "0123456789") == len && strtoul(text, NULL, 10) - 1 < MAX_MIB;
}

/* [get] */
static int get(kube_rest_client *rest, const char *uri, const raw_flags *flags, kube_error **err)
{
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    kube_rest_response *response = NULL;
    kube_str body;

    request.uri = uri;
    request.max_response_bytes = strtoull(flags->max_size, NULL, 10) << 20;
    request.accept = flags->accept;
    if (kube_rest_client_do(rest, &request, NULL, &response, err) != KUBE_OK)
        return fail(*err);
    if (flags->show_headers)
        print_headers(response);
    body = kube_rest_response_body(response);
    fwrite(body.data, 1, body.len, stdout);
    kube_rest_response_unref(response);
    return EXIT_ANSWER;
}
/* [get] */

static int answer(const char *uri, server_choice *server, const raw_flags *flags)
{
    kube_rest_client *rest = NULL;
    kube_error *err = NULL;
    int code;

    if (flags->verbose)
        server->logger = (kube_logger){ write_log_line, NULL, KUBE_LOG_INFO };
    if (server_connect(server, &rest, &err) == KUBE_OK)
        code = get(rest, uri, flags, &err);
    else
        code = fail(err);
    code = finish_output(code);

    kube_rest_client_unref(rest);
    kube_error_free(err);
    return code;
}

int main(int argc, char **argv)
{
    server_choice server = { .kubeconfig = NULL };
    raw_flags raw = { .max_size = "32" };
    flag flags[FLAG_COUNT] = {
        { .name = "help", .letter = 'h', .kind = FLAG_HELP, .help = "Print this help." },
        { .name = "accept", .kind = FLAG_TEXT, .to = &raw.accept, .help = "The media types to ask for." },
        { .name = "max-size", .to = &raw.max_size, .help = "The largest answer to take, in MiB; 32." },
        { .name = "headers", .letter = 'i', .kind = FLAG_SWITCH, .to = &raw.show_headers,
          .help = "Print status and headers on standard error." },
        { .name = "verbose", .letter = 'v', .kind = FLAG_SWITCH, .to = &raw.verbose,
          .help = "Print a line for each request on standard error." },
    };
    char message[FLAGS_MESSAGE_BYTES];
    bool has_uri = argc > 1 && argv[1][0] == '/';

    server_flags(flags + OWN_FLAGS, &server);
    switch (flags_parse(flags, FLAG_COUNT, has_uri ? argc - 1 : argc, has_uri ? argv + 1 : argv, message)) {
    case FLAGS_HELP:
        printf("Prints what an API server answers to a GET, byte for byte.\n\nUsage: %s /path?query [flags]\n\n",
               program);
        flags_print_help(flags, FLAG_COUNT);
        return finish_output(EXIT_ANSWER);
    case FLAGS_WRONG:
        return fail_usage(program, message);
    default:
        if (!has_uri)
            return fail_usage(program, "the first argument must be a path that begins with a slash");
        if (!is_size(raw.max_size))
            return fail_usage(program, "--max-size is a number from 1 to 1048576");
        return answer(argv[1], &server, &raw);
    }
}
