/* The group-versions an API server offers, as `kubectl api-versions` prints them. */
#include "support/api_resources_table.h"
#include "support/program.h"

#include <stdio.h>

static const char program[] = "kube-api-versions";

enum { FLAG_COUNT = 1 + SERVER_FLAG_COUNT };

static int answer(const server_choice *server)
{
    kube_discovery_client_options opts = KUBE_DISCOVERY_CLIENT_OPTIONS_INIT;
    kube_rest_client *rest = NULL;
    kube_discovery *discovery = NULL;
    kube_api_group_list *groups = NULL;
    kube_error *err = NULL;
    int code = EXIT_ANSWER;
    kube_status st = server_connect(server, &rest, &err);

    opts.request_timeout_ms = server->request_timeout_ms;
    if (st == KUBE_OK)
        st = kube_discovery_client_new(rest, &opts, &discovery, &err);
    if (st == KUBE_OK)
        st = kube_discovery_server_groups(discovery, NULL, &groups, &err);
    if (st != KUBE_OK) {
        code = fail(err);
    } else if (!print_api_versions(stdout, groups)) {
        warn("out of memory");
        code = EXIT_ERROR;
    }
    code = finish_output(code);

    kube_api_group_list_unref(groups);
    kube_discovery_unref(discovery);
    kube_rest_client_unref(rest);
    kube_error_free(err);
    return code;
}

int main(int argc, char **argv)
{
    server_choice server = { .kubeconfig = NULL };
    flag flags[FLAG_COUNT] = { { .name = "help", .letter = 'h', .kind = FLAG_HELP, .help = "Print this help." } };
    char message[FLAGS_MESSAGE_BYTES];

    server_flags(flags + 1, &server);
    switch (flags_parse(flags, FLAG_COUNT, argc, argv, message)) {
    case FLAGS_HELP:
        printf("Prints the group-versions an API server offers.\n\nUsage: %s [flags]\n\n", program);
        flags_print_help(flags, FLAG_COUNT);
        return finish_output(EXIT_ANSWER);
    case FLAGS_WRONG:
        return fail_usage(program, message);
    default:
        return answer(&server);
    }
}
