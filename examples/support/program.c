#include "program.h"

#include "escape.h"

#include <stdio.h>

int fail(const kube_error *err)
{
    fputs("error: ", stderr);
    write_escaped(stderr, kube_error_message(err));
    fputc('\n', stderr);
    return EXIT_ERROR;
}

int fail_usage(const char *program, const char *message)
{
    fputs("error: ", stderr);
    write_escaped(stderr, message);
    fprintf(stderr, " (see %s --help)\n", program);
    return EXIT_USAGE;
}

void warn(const char *message)
{
    fputs("warning: ", stderr);
    write_escaped(stderr, message);
    fputc('\n', stderr);
}

int finish_output(int exit_code)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("error: standard output could not be written\n", stderr);
        return EXIT_ERROR;
    }
    return exit_code;
}

void server_flags(flag *flags, server_choice *choice)
{
    flags[0] = (flag){ .name = "kubeconfig", .to = &choice->kubeconfig, .help = "Path of the kubeconfig file to use." };
    flags[1] = (flag){ .name = "context", .to = &choice->context, .help = "The kubeconfig's context to use." };
    flags[2] = (flag){ .name = "server",
                       .letter = 's',
                       .to = &choice->server,
                       .help = "Address and port of the API server." };
    flags[3] = (flag){ .name = "request-timeout",
                       .kind = FLAG_DURATION,
                       .to = &choice->request_timeout_ms,
                       .help = "How long to wait for one answer, as in 30s or 2m; 0: the default, 32s." };
}

kube_status server_connect(const server_choice *choice, kube_rest_client **out, kube_error **err)
{
    kube_auth_options opts = KUBE_AUTH_OPTIONS_INIT;

    opts.kubeconfig = choice->kubeconfig;
    opts.context = choice->context;
    opts.server = choice->server;
    opts.timeout_ms = choice->request_timeout_ms;
    opts.logger = choice->logger;
    return kube_auth_rest_client_from_kubeconfig(&opts, out, err);
}
