/* The public way in: real environment, real files, and a transport that keeps what it was given. */
#include "alloc_trace.h"
#include "cmocka_all.h"

#include <kube/auth.h>
#include <kube/sys/transport.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct fixture {
    char            dir[64], config[96], plugin[96];
    kube_transport *transport;
    char            target[128], authorization[128], user_agent[128];
    bool            gzip;
    int             http_status, requests;
} fixture;

static kube_status keep_request(void *state, kube_io *io, const kube_transport_request *request, const kube_call *call,
                                kube_transport_done *done, void *user, kube_rest_response **out, kube_error **err)
{
    fixture *f = state;

    (void)io;
    (void)call;
    (void)done;
    (void)user;
    f->requests++;
    f->gzip = request->accept_gzip;
    f->authorization[0] = f->user_agent[0] = '\0';
    snprintf(f->target, sizeof f->target, "%s", request->target);
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcasecmp(request->headers[i].name, "Authorization") == 0)
            snprintf(f->authorization, sizeof f->authorization, "%s", request->headers[i].value);
        if (strcasecmp(request->headers[i].name, "User-Agent") == 0)
            snprintf(f->user_agent, sizeof f->user_agent, "%s", request->headers[i].value);
    }
    return kube_rest_response_new(f->http_status, NULL, 0, NULL, out, err);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void begin(fixture *f, const char *kubeconfig)
{
    kube_transport_ops ops = { .struct_size = sizeof ops, .send = keep_request };

    memset(f, 0, sizeof *f);
    f->http_status = 200;
    snprintf(f->dir, sizeof f->dir, "/tmp/kube-client-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->config, sizeof f->config, "%s/config", f->dir);
    snprintf(f->plugin, sizeof f->plugin, "%s/plugin", f->dir);
    write_file(f->config, kubeconfig, 0600);
    assert_int_equal(setenv("KUBECONFIG", f->config, 1), 0);
    assert_int_equal(kube_transport_new(&ops, f, &f->transport, NULL), KUBE_OK);
}

static void end(fixture *f)
{
    kube_transport_unref(f->transport);
    unlink(f->config);
    unlink(f->plugin);
    assert_int_equal(rmdir(f->dir), 0);
    unsetenv("KUBECONFIG");
}

static kube_rest_client *make(fixture *f)
{
    kube_auth_options opts = KUBE_AUTH_OPTIONS_INIT;
    kube_rest_client *client = NULL;
    kube_error *err = NULL;

    opts.transport = f->transport;
    if (kube_auth_rest_client_from_kubeconfig(&opts, &client, &err) != KUBE_OK)
        fail_msg("%s", kube_error_message(err));
    return client;
}

static kube_status get(kube_rest_client *client, const char *path)
{
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    kube_rest_response *response = NULL;
    kube_status st;

    request.path = path;
    st = kube_rest_client_do(client, &request, NULL, &response, NULL);
    kube_rest_response_unref(response);
    return st;
}

static void a_request_goes_to_the_server_of_the_kubeconfig_with_its_token(void **state)
{
    fixture f;
    kube_rest_client *client;

    (void)state;
    begin(&f, "current-context: c\nclusters: [{name: k, cluster: {server: 'https://h:6443/prefix/'}}]\n"
              "users: [{name: u, user: {token: abc}}]\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n");
    client = make(&f);
    assert_string_equal(kube_rest_client_base_url(client), "https://h:6443/prefix");
    assert_int_equal(get(client, "/api"), KUBE_OK);
    assert_string_equal(f.target, "/prefix/api");
    assert_string_equal(f.authorization, "Bearer abc");
    kube_rest_client_unref(client);
    end(&f);
}

static void a_blocking_request_runs_the_plugin_and_runs_it_again_after_a_401(void **state)
{
    fixture f;
    kube_rest_client *client;

    (void)state;
    begin(&f, "current-context: c\nclusters: [{name: k, cluster: {server: 'https://h'}}]\n"
              "users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, "
              "interactiveMode: Never}}}]\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n");
    write_file(f.plugin,
               "#!/bin/sh\necho '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\","
               "\"status\":{\"token\":\"one\"}}'\n",
               0700);
    client = make(&f);
    assert_int_equal(get(client, "/api"), KUBE_OK);
    assert_string_equal(f.authorization, "Bearer one");
    write_file(f.plugin,
               "#!/bin/sh\necho '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\","
               "\"status\":{\"token\":\"two\"}}'\n",
               0700);
    f.http_status = 401;
    assert_int_equal(get(client, "/api"), KUBE_ERR_UNAUTHORIZED);
    f.http_status = 200;
    assert_int_equal(get(client, "/api"), KUBE_OK);
    assert_string_equal(f.authorization, "Bearer two");
    kube_rest_client_unref(client);
    end(&f);
}

static void options_say_the_programs_name_and_whether_to_compress(void **state)
{
    static const struct {
        const char      *user_agent, *cluster;
        kube_compression compression;
        const char      *sent;
        bool             gzip;
    } cases[] = {
        { NULL, "", KUBE_COMPRESSION_AUTO, "libkube/", true },
        { "", ", disable-compression: true", KUBE_COMPRESSION_AUTO, "libkube/", false },
        { "mine/1", ", disable-compression: true", KUBE_COMPRESSION_ALWAYS, "mine/1", true },
        { "mine/1", "", KUBE_COMPRESSION_NEVER, "mine/1", false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kube_auth_options opts = KUBE_AUTH_OPTIONS_INIT;
        kube_rest_client *client = NULL;
        char text[300];
        fixture f;

        snprintf(text, sizeof text,
                 "current-context: c\nclusters: [{name: k, cluster: {server: 'https://h'%s}}]\n"
                 "contexts: [{name: c, context: {cluster: k}}]\n",
                 cases[i].cluster);
        begin(&f, text);
        opts.transport = f.transport;
        opts.user_agent = cases[i].user_agent;
        opts.compression = cases[i].compression;
        assert_int_equal(kube_auth_rest_client_from_kubeconfig(&opts, &client, NULL), KUBE_OK);
        assert_int_equal(get(client, "/api"), KUBE_OK);
        assert_memory_equal(f.user_agent, cases[i].sent, strlen(cases[i].sent));
        assert_int_equal(f.gzip, cases[i].gzip);
        kube_rest_client_unref(client);
        end(&f);
    }
}

static void the_options_must_be_initialised(void **state)
{
    kube_auth_options opts;
    kube_rest_client *client = NULL;

    (void)state;
    memset(&opts, 0, sizeof opts);
    assert_int_equal(kube_auth_rest_client_from_kubeconfig(&opts, &client, NULL), KUBE_ERR_INVALID_ARG);
    assert_null(client);
}

static void a_failure_leaves_the_client_untouched_and_explains_itself(void **state)
{
    fixture f;
    kube_auth_options opts = KUBE_AUTH_OPTIONS_INIT;
    kube_rest_client *client = NULL;
    kube_error *err = NULL;

    (void)state;
    begin(&f, "current-context: c\ncontexts: 5\n");
    assert_int_equal(kube_auth_rest_client_from_kubeconfig(NULL, &client, &err), KUBE_ERR_CONFIG);
    assert_null(client);
    assert_non_null(strstr(kube_error_message(err), "/config:2:11: contexts must be a list, not a number"));
    kube_error_free(err);
    opts.server = "https://user@h";
    opts.kubeconfig = "/dev/null";
    assert_int_equal(kube_auth_rest_client_from_kubeconfig(&opts, &client, NULL), KUBE_ERR_CONFIG);
    assert_null(client);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(a_request_goes_to_the_server_of_the_kubeconfig_with_its_token),
        ALLOC_TRACE_TEST(a_blocking_request_runs_the_plugin_and_runs_it_again_after_a_401),
        ALLOC_TRACE_TEST(options_say_the_programs_name_and_whether_to_compress),
        ALLOC_TRACE_TEST(the_options_must_be_initialised),
        ALLOC_TRACE_TEST(a_failure_leaves_the_client_untouched_and_explains_itself),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
