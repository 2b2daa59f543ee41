/* Somebody else's program: uses base and rest the way an installed library is used. Ends with 0 when all is as promised. */
#include <kube/base.h>
#include <kube/rest.h>

#include <stdio.h>
#include <string.h>

static void note(void *user)
{
    *(int *)user = 1;
}

static int use_rest(void)
{
    kube_rest_client_options opts = KUBE_REST_CLIENT_OPTIONS_INIT;
    kube_rest_client *client = NULL;
    kube_error *err = NULL;
    kube_status st;
    int bad;

    opts.base_url = "gopher://not-a-kubernetes-server";
    st = kube_rest_client_new(&opts, &client, &err);
    printf("%s: %s\n", kube_status_name(st), kube_error_message(err));
    bad = st == KUBE_OK || kube_error_status(err) != st;
    kube_error_free(err);
    return bad;
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
    return use_rest() ? 4 : 0;
}
