/* What an API server offers, as `kubectl api-resources` prints it. */
#include "support/api_resources_table.h"
#include "support/discovery_choice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char program[] = "kube-api-resources";

typedef struct settings {
    discovery_choice discovery;
    api_resources_view view;
    const char *output, *sort_by, *repeat;
    bool cached;
    long rounds;
} settings;

enum { OWN_FLAGS = 10, FLAG_COUNT = OWN_FLAGS + DISCOVERY_FLAG_COUNT, MAX_ROUNDS = 1000000 };

static void make_flags(flag flags[FLAG_COUNT], settings *s)
{
    api_resources_view *v = &s->view;
    const flag own[OWN_FLAGS] = {
        { .name = "api-group", .to = &v->group, .given = &v->by_group, .help = "Only resources of this API group." },
        { .name = "namespaced",
          .kind = FLAG_SWITCH,
          .to = &v->namespaced,
          .given = &v->by_namespaced,
          .help = "Only namespaced resources; with =false, only the others." },
        { .name = "verbs", .kind = FLAG_WORDS, .to = &v->verbs, .help = "Only resources with all these verbs." },
        { .name = "categories",
          .kind = FLAG_WORDS,
          .to = &v->categories,
          .help = "Only resources that belong to all these categories." },
        { .name = "output", .letter = 'o', .to = &s->output, .help = "Output format: wide or name." },
        { .name = "sort-by", .to = &s->sort_by, .help = "Sort by name or kind instead of by group." },
        { .name = "no-headers", .kind = FLAG_SWITCH, .to = &v->no_headers, .help = "Print no headers." },
        { .name = "cached",
          .kind = FLAG_SWITCH,
          .to = &s->cached,
          .help = "Use what is remembered while its time lasts; else the server is asked whether it is still true." },
        { .name = "repeat", .to = &s->repeat, .help = "Ask so many times, and print the last answer." },
        { .name = "help", .letter = 'h', .kind = FLAG_HELP, .help = "Print this help." },
    };

    memcpy(flags, own, sizeof own);
    discovery_flags(flags + OWN_FLAGS, &s->discovery);
}

/* NULL, or what is wrong with the values. */
static const char *interpret(settings *s)
{
    api_resources_view *v = &s->view;
    char *end = NULL;

    if (strcmp(s->output, "wide") == 0)
        v->output = OUTPUT_WIDE;
    else if (strcmp(s->output, "name") == 0)
        v->output = OUTPUT_NAME;
    else if (strcmp(s->output, "json") == 0 || strcmp(s->output, "yaml") == 0)
        return "--output json and yaml are not available yet, only wide and name are";
    else if (s->output[0] != '\0')
        return "--output accepts only wide or name";
    if (strcmp(s->sort_by, "name") == 0)
        v->order = ORDER_NAME;
    else if (strcmp(s->sort_by, "kind") == 0)
        v->order = ORDER_KIND;
    else if (s->sort_by[0] != '\0')
        return "--sort-by accepts only name or kind";
    s->rounds = strtol(s->repeat, &end, 10);
    if (s->repeat[0] == '\0' || *end != '\0' || s->rounds < 1 || s->rounds > MAX_ROUNDS)
        return "--repeat accepts only a number from 1 to 1000000";
    if (s->cached)
        s->discovery.freshness = KUBE_FRESHNESS_TTL;
    return discovery_choice_check(&s->discovery);
}

/* kubectl does not speak of group-versions that the server itself calls stale; they are worth a line, but no
 * failure. */
static bool only_stale(const kube_error *err)
{
    size_t count = kube_error_child_count(err);

    for (size_t i = 0; i < count; i++) {
        if (kube_error_status(kube_error_child_at(err, i)) != KUBE_ERR_STALE)
            return false;
    }
    return count != 0;
}

/* Each time the same question; the last answer counts. */
static kube_status ask(const settings *s, kube_rest_client *rest, kube_discovery *discovery,
                       kube_api_resource_lists **out, kube_error **err)
{
    kube_status st = KUBE_OK;

    for (long i = 0; i < s->rounds; i++) {
        round_stats round;

        kube_api_resource_lists_unref(*out);
        kube_error_free(*err);
        *out = NULL;
        *err = NULL;
        round_begin(&round, rest, discovery);
        st = kube_discovery_server_preferred_resources(discovery, NULL, out, err);
        if (s->discovery.stats)
            round_print(&round, rest, discovery);
    }
    return st;
}

static int answer(const settings *s)
{
    kube_rest_client *rest = NULL;
    kube_discovery *discovery = NULL;
    kube_api_resource_lists *lists = NULL;
    kube_error *err = NULL;
    int code = EXIT_ANSWER;
    kube_status st = discovery_connect(&s->discovery, &rest, &discovery, &err);

    if (st == KUBE_OK)
        st = ask(s, rest, discovery, &lists, &err);
    if (lists != NULL && !print_api_resources(stdout, lists, &s->view)) {
        warn("out of memory");
        code = EXIT_ERROR;
    }
    code = finish_output(code);
    if (st == KUBE_ERR_PARTIAL && only_stale(err))
        warn(kube_error_message(err));
    else if (st != KUBE_OK)
        code = fail(err);

    kube_api_resource_lists_unref(lists);
    kube_discovery_unref(discovery);
    kube_rest_client_unref(rest);
    kube_error_free(err);
    return code;
}

int main(int argc, char **argv)
{
    settings s = { .output = "", .sort_by = "", .repeat = "1", .view = { .group = "" } };
    flag flags[FLAG_COUNT];
    char message[FLAGS_MESSAGE_BYTES];
    const char *problem;
    int code;

    s.discovery = discovery_choice_default;
    make_flags(flags, &s);
    switch (flags_parse(flags, FLAG_COUNT, argc, argv, message)) {
    case FLAGS_HELP:
        printf("Prints the resources an API server offers.\n\nUsage: %s [flags]\n\n", program);
        flags_print_help(flags, FLAG_COUNT);
        code = finish_output(EXIT_ANSWER);
        break;
    case FLAGS_WRONG:
        code = fail_usage(program, message);
        break;
    default:
        problem = interpret(&s);
        code = problem != NULL ? fail_usage(program, problem) : answer(&s);
        break;
    }
    words_clear(&s.view.verbs);
    words_clear(&s.view.categories);
    return code;
}
