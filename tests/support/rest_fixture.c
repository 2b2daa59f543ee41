#include "rest_fixture.h"

#include <signal.h>
#include <sys/prctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void require(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "rest_fixture: %s failed\n", what);
    abort();
}

kube_testing_cert *rest_fixture_cert(kube_testing_cert_options options, const kube_testing_cert *issuer)
{
    kube_testing_cert *cert = NULL;

    options.struct_size = sizeof options;
    require(kube_testing_cert_new(&options, issuer, &cert, NULL) == KUBE_OK, "making a certificate");
    return cert;
}

void rest_fixture_init(rest_fixture *f)
{
    memset(f, 0, sizeof *f);
    f->ca = rest_fixture_cert((kube_testing_cert_options){ .common_name = "test CA", .authority = true }, NULL);
    f->other_ca = rest_fixture_cert((kube_testing_cert_options){ .common_name = "other CA", .authority = true }, NULL);
    f->server_cert = rest_fixture_cert(
        (kube_testing_cert_options){ .common_name = "server", .alt_names = "DNS:localhost,IP:127.0.0.1" }, f->ca);
    f->client_cert = rest_fixture_cert((kube_testing_cert_options){ .common_name = "client" }, f->ca);
}

void rest_fixture_start_with(rest_fixture *f, kube_testing_http_server_options options, const char *host)
{
    options.struct_size = sizeof options;
    require(kube_testing_http_server_start(&options, &f->server, NULL) == KUBE_OK, "starting a server");
    snprintf(f->url, sizeof f->url, "%s://%s:%u", options.cert != NULL ? "https" : "http", host,
             kube_testing_http_server_port(f->server));
}

void rest_fixture_start(rest_fixture *f, kube_testing_handler *handler, void *user)
{
    rest_fixture_init(f);
    rest_fixture_start_with(
        f, (kube_testing_http_server_options){ .handler = handler, .user = user, .cert = f->server_cert }, "127.0.0.1");
}

void rest_fixture_start_process(rest_fixture *f, kube_testing_handler *handler, void *user)
{
    int ready[2];

    rest_fixture_init(f);
    require(pipe(ready) == 0, "making a pipe");
    f->pid = fork();
    require(f->pid >= 0, "forking");
    if (f->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* whatever becomes of the test */
        rest_fixture_start_with(
            f, (kube_testing_http_server_options){ .handler = handler, .user = user, .cert = f->server_cert },
            "127.0.0.1");
        require(write(ready[1], f->url, sizeof f->url) == (ssize_t)sizeof f->url, "telling the port");
        for (;;)
            pause();
    }
    close(ready[1]);
    require(read(ready[0], f->url, sizeof f->url) == (ssize_t)sizeof f->url, "hearing of the port");
    close(ready[0]);
}

void rest_fixture_clear(rest_fixture *f)
{
    if (f->pid > 0) {
        kill(f->pid, SIGKILL);
        waitpid(f->pid, NULL, 0);
    }
    kube_testing_http_server_stop(f->server);
    kube_testing_cert_free(f->ca);
    kube_testing_cert_free(f->other_ca);
    kube_testing_cert_free(f->server_cert);
    kube_testing_cert_free(f->client_cert);
}

kube_rest_client_options rest_fixture_options(const rest_fixture *f)
{
    kube_rest_client_options o = KUBE_REST_CLIENT_OPTIONS_INIT;

    o.base_url = f->url;
    o.ca_pem = kube_testing_cert_pem(f->ca);
    o.ca_pem_len = strlen(o.ca_pem);
    o.timeout_ms = 10000;
    return o;
}

kube_rest_client *rest_fixture_client(const rest_fixture *f)
{
    kube_rest_client_options o = rest_fixture_options(f);
    kube_rest_client *client = NULL;

    require(kube_rest_client_new(&o, &client, NULL) == KUBE_OK, "making a client");
    return client;
}

void rest_get(kube_rest_client *client, const char *path, rest_result *result)
{
    kube_rest_request request = KUBE_REST_REQUEST_INIT;

    memset(result, 0, sizeof *result);
    request.path = path;
    result->status = kube_rest_client_do(client, &request, NULL, &result->response, &result->err);
}

void rest_result_clear(rest_result *result)
{
    kube_rest_response_unref(result->response);
    kube_error_free(result->err);
    memset(result, 0, sizeof *result);
}

void rest_record(void *user, kube_status status, kube_rest_response *response, kube_error *err)
{
    rest_result *result = user;

    result->calls++;
    result->status = status;
    result->response = response;
    result->err = err;
}

int64_t test_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void rest_run_until_done(kube_io *io, const rest_result *result)
{
    int64_t end = test_now_ms() + 20000;

    while (result->calls == 0 && test_now_ms() < end)
        require(kube_io_run(io, 100) == KUBE_OK, "running the loop");
}
