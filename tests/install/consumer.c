/* Somebody else's program: uses base and rest the way an installed library is used. Ends with 0 when all is as
 * promised. */
#include <kube/base.h>
#include <kube/rest.h>

#include <stdio.h>
#include <string.h>

static void note(void *user)
{
    *(int *)user = 1;
}

static kube_status use_rest(const char *url)
{
    kube_rest_client_options opts = KUBE_REST_CLIENT_OPTIONS_INIT;
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    kube_rest_response *response = NULL;
    kube_rest_client *client = NULL;
    kube_error *err = NULL;
    kube_status st;

    opts.base_url = url;
    request.path = "/version";
    st = kube_rest_client_new(&opts, &client, &err);
    if (st == KUBE_OK)
        st = kube_rest_client_do(client, &request, NULL, &response, &err);
    printf("%s: %s\n", kube_status_name(st), kube_error_message(err));
    kube_rest_response_unref(response);
    kube_rest_client_unref(client);
    kube_error_free(err);
    return st;
}

int main(void)
{
    kube_buf buf = KUBE_BUF_INIT(100);
    kube_io *io = NULL;
    int called = 0;

    if (kube_io_new(NULL, &io, NULL) != KUBE_OK || kube_io_submit(io, note, &called, NULL) != KUBE_OK)
        return 1;
    if (kube_io_run(io, 1000) != KUBE_OK || !called)
        return 2;
    kube_io_free(io);
    kube_buf_append_f(&buf, "libkube %s", kube_version());
    if (kube_buf_status(&buf, NULL) != KUBE_OK || strcmp(buf.data, "libkube " KUBE_VERSION) != 0)
        return 3;
    puts(buf.data);
    kube_buf_clear(&buf);
    if (use_rest("gopher://not-a-kubernetes-server") == KUBE_OK)
        return 4;
    /* Nobody listens on port 1. To find that out the library has to load its transport, from wherever it is
     * installed. */
    return use_rest("http://127.0.0.1:1") == KUBE_ERR_UNAVAILABLE ? 0 : 5;
}
