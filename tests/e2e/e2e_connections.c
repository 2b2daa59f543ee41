/* What the real server's logs say about our requests: how many, on which connections, and when. */
#include <kube/auth.h>
#include <kube/discovery.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { MAX_REQUESTS = 512, MAX_PAIRS = 200 };

typedef struct logged_request {
    char   uri[128], audit_id[64], peer[64];
    double began, ended; /* seconds of the day; 0: not in the audit log yet */
} logged_request;

static logged_request requests[MAX_REQUESTS];
static size_t request_count;

static FILE *open_log(const char *name)
{
    char path[512];
    FILE *f;

    snprintf(path, sizeof path, "%s/logs/%s", getenv("KUBE_E2E_DIR"), name);
    f = fopen(path, "r");
    if (f == NULL)
        fail_msg("cannot open %s", path);
    return f;
}

/* The text between `before` and the next quote; false when it is not in the line. */
static bool field(const char *line, const char *before, char *out, size_t size)
{
    const char *p = strstr(line, before);

    if (p == NULL)
        return false;
    p += strlen(before);
    snprintf(out, size, "%.*s", (int)strcspn(p, "\""), p);
    return true;
}

/* "2026-11-24T03:03:57.911889Z" as seconds of the day. */
static double seconds(const char *timestamp)
{
    int hours = 0, minutes = 0;
    double s = 0;
    const char *t = strchr(timestamp, 'T');

    if (t == NULL || sscanf(t + 1, "%d:%d:%lf", &hours, &minutes, &s) != 3)
        fail_msg("no timestamp: %s", timestamp);
    return hours * 3600 + minutes * 60 + s;
}

static void read_access_log(const char *agent)
{
    FILE *f = open_log("kube-apiserver.log");
    char *line = NULL, mark[128];
    size_t size = 0;

    snprintf(mark, sizeof mark, "userAgent=\"%s\"", agent);
    request_count = 0;
    while (getline(&line, &size, f) > 0 && request_count < MAX_REQUESTS) {
        logged_request *r = &requests[request_count];

        if (strstr(line, mark) == NULL || !field(line, "audit-ID=\"", r->audit_id, sizeof r->audit_id) ||
            !field(line, "srcIP=\"", r->peer, sizeof r->peer) || !field(line, "URI=\"", r->uri, sizeof r->uri))
            continue;
        r->began = r->ended = 0;
        request_count++;
    }
    free(line);
    fclose(f);
}

static size_t read_audit_log(void)
{
    FILE *f = open_log("audit.log");
    char *line = NULL, id[64], began[64], ended[64];
    size_t size = 0, known = 0;

    while (getline(&line, &size, f) > 0) {
        if (strstr(line, "\"stage\":\"ResponseComplete\"") == NULL || !field(line, "\"auditID\":\"", id, sizeof id))
            continue;
        for (size_t i = 0; i < request_count; i++) {
            if (strcmp(requests[i].audit_id, id) != 0 ||
                !field(line, "\"requestReceivedTimestamp\":\"", began, sizeof began) ||
                !field(line, "\"stageTimestamp\":\"", ended, sizeof ended))
                continue;
            requests[i].began = seconds(began);
            requests[i].ended = seconds(ended);
            known++;
        }
    }
    free(line);
    fclose(f);
    return known;
}

/* The server writes its logs a moment after its answers. */
static void wait_for_requests(const char *agent, size_t expected)
{
    for (int i = 0; i < 200; i++) {
        read_access_log(agent);
        if (request_count >= expected && read_audit_log() >= expected)
            return;
        usleep(20000);
    }
    fail_msg("the server's logs show %zu requests by %s, not %zu", request_count, agent, expected);
}

static size_t count_peers(void)
{
    size_t peers = 0;

    for (size_t i = 0; i < request_count; i++) {
        bool seen = false;

        for (size_t j = 0; j < i && !seen; j++)
            seen = strcmp(requests[i].peer, requests[j].peer) == 0;
        peers += !seen;
    }
    return peers;
}

static kube_discovery *make_discovery(const char *agent, kube_discovery_formats formats)
{
    kube_auth_options auth = KUBE_AUTH_OPTIONS_INIT;
    kube_discovery_client_options opts = KUBE_DISCOVERY_CLIENT_OPTIONS_INIT;
    kube_rest_client *rest = NULL;
    kube_discovery *discovery = NULL;
    kube_error *err = NULL;
    char path[512];

    snprintf(path, sizeof path, "%s/token.kubeconfig", getenv("KUBE_E2E_DIR"));
    auth.kubeconfig = path;
    auth.user_agent = agent;
    opts.formats = formats;
    if (kube_auth_rest_client_from_kubeconfig(&auth, &rest, &err) != KUBE_OK)
        fail_msg("%s", kube_error_message(err));
    assert_int_equal(kube_discovery_client_new(rest, &opts, &discovery, NULL), KUBE_OK);
    kube_rest_client_unref(rest);
    return discovery;
}

/* Cold: a client of its own. Returns how many group-versions the answer has. */
static size_t discover(const char *agent, kube_discovery_formats formats)
{
    kube_discovery *discovery = make_discovery(agent, formats);
    kube_api_group_list *groups = NULL;
    kube_api_resource_lists *lists = NULL;
    kube_error *err = NULL;
    kube_status st = kube_discovery_server_groups_and_resources(discovery, NULL, &groups, &lists, &err);
    size_t count;

    if (st != KUBE_OK && st != KUBE_ERR_PARTIAL)
        fail_msg("%s", kube_error_message(err));
    count = kube_api_resource_lists_count(lists);
    kube_api_resource_lists_unref(lists);
    kube_api_group_list_unref(groups);
    kube_discovery_unref(discovery);
    kube_error_free(err);
    return count;
}

static bool stage_is(const char *stage)
{
    return strcmp(getenv("KUBE_E2E_STAGE"), stage) == 0;
}

/* The second request is on its way a tenth of a millisecond after the first, but whether the server takes it up before
 * it is done with the first is up to its scheduler: on two busy processors it does so in about half of the tries. One
 * that waits for the other's answer never overlaps. */
static void the_aggregated_form_takes_two_overlapping_requests_on_one_connection(void **state)
{
    unsigned overlapping = 0;
    int i;

    (void)state;
    for (i = 0; i < MAX_PAIRS && overlapping < 3; i++) {
        char agent[64];

        snprintf(agent, sizeof agent, "e2e-aggregated-%s-%d-%ld", getenv("KUBE_E2E_STAGE"), i, (long)getpid());
        assert_true(discover(agent, KUBE_DISCOVERY_FORMATS_ALL) > 10);
        wait_for_requests(agent, stage_is("stale") ? 4 : 2); /* a stale group-version makes it try twice */
        assert_int_equal(request_count, stage_is("stale") ? 4 : 2);
        assert_int_equal(count_peers(), 1);
        overlapping += requests[0].began < requests[1].ended && requests[1].began < requests[0].ended;
    }
    print_message("%u of %d pairs overlapped\n", overlapping, i);
    assert_int_equal(overlapping, 3);
}

static void the_legacy_form_takes_a_request_for_each_group_version_on_one_connection(void **state)
{
    char agent[64];
    struct timespec a, b;
    size_t lists, expected;

    (void)state;
    snprintf(agent, sizeof agent, "e2e-legacy-%s-%ld", getenv("KUBE_E2E_STAGE"), (long)getpid());
    clock_gettime(CLOCK_MONOTONIC, &a);
    lists = discover(agent, KUBE_DISCOVERY_FORMATS_LEGACY);
    clock_gettime(CLOCK_MONOTONIC, &b);
    if (stage_is("stale")) {
        print_message("%zu lists\n", lists); /* two tries, and the dead ones answer 503: counted in the other stages */
        return;
    }
    expected = lists + 2;
    wait_for_requests(agent, expected);
    print_message("%zu requests on %zu connection(s) in %.1f ms\n", request_count, count_peers(),
                  (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6);
    assert_int_equal(request_count, expected);
    assert_int_equal(count_peers(), 1);
    if (stage_is("large"))
        assert_int_equal(lists, 223);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_aggregated_form_takes_two_overlapping_requests_on_one_connection),
        cmocka_unit_test(the_legacy_form_takes_a_request_for_each_group_version_on_one_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
