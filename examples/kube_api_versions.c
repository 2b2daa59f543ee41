/* The group-versions an API server offers, as `kubectl api-versions` prints them. */
#include "support/api_resources_table.h"
#include "support/discovery_choice.h"

#include <stdio.h>

static const char program[] = "kube-api-versions";

enum { FLAG_COUNT = 1 + DISCOVERY_FLAG_COUNT };

static int answer(const discovery_choice *choice)
{
    kube_rest_client *rest = NULL;
    kube_discovery *discovery = NULL;
    kube_api_group_list *groups = NULL;
    kube_error *err = NULL;
    round_stats round;
    int code = EXIT_ANSWER;
    kube_status st = discovery_connect(choice, &rest, &discovery, &err);

    if (st == KUBE_OK) {
        round_begin(&round, rest, discovery);
        st = kube_discovery_server_groups(discovery, NULL, &groups, &err);
        if (choice->stats)
            round_print(&round, rest, discovery);
    }
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
    discovery_choice choice = discovery_choice_default;
    flag flags[FLAG_COUNT] = { { .name = "help", .letter = 'h', .kind = FLAG_HELP, .help = "Print this help." } };
    char message[FLAGS_MESSAGE_BYTES];
    const char *problem;

    discovery_flags(flags + 1, &choice);
    switch (flags_parse(flags, FLAG_COUNT, argc, argv, message)) {
    case FLAGS_HELP:
        printf("Prints the group-versions an API server offers.\n\nUsage: %s [flags]\n\n", program);
        flags_print_help(flags, FLAG_COUNT);
        return finish_output(EXIT_ANSWER);
    case FLAGS_WRONG:
        return fail_usage(program, message);
    default:
        problem = discovery_choice_check(&choice);
        return problem != NULL ? fail_usage(program, problem) : answer(&choice);
    }
}
