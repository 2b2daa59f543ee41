/* User name and password. */
#include "base64.h"
#include "credentials.h"

#include <kube/sys/error.h>

enum { PAIR_MAX_BYTES = 64 * 1024, HEADER_MAX_BYTES = 128 * 1024 };

static void destroy(void *state)
{
    kube_blob_unref(state);
}

static kube_status authorization(void *state, kube_io *io, const kube_call *call, kube_credential_done *done,
                                 void *user, kube_blob **out, kube_error **err)
{
    (void)io;
    (void)call;
    (void)done;
    (void)user;
    (void)err;
    *out = kube_blob_ref(state);
    return KUBE_OK;
}

kube_status kube__credential_basic_new(const char *username, const char *password, kube_credential **out,
                                       kube_error **err)
{
    static const kube_credential_ops ops = { sizeof ops, destroy, authorization, NULL };
    kube_buf pair = KUBE_BUF_INIT(PAIR_MAX_BYTES), header = KUBE_BUF_INIT(HEADER_MAX_BYTES);
    kube_blob *value = NULL;
    kube_status st;

    kube_buf_append_c(&pair, username);
    kube_buf_append_char(&pair, ':');
    kube_buf_append_c(&pair, password);
    kube_buf_append_c(&header, "Basic ");
    kube__base64_append(&header, kube_buf_str(&pair));
    st = kube_buf_status(&pair, err);
    if (st == KUBE_OK)
        st = kube_buf_status(&header, err);
    if (st == KUBE_OK)
        st = kube_blob_new(kube_buf_str(&header), &value, err);
    if (st == KUBE_OK)
        st = kube_credential_new(&ops, value, out, err);
    kube_buf_wipe(&pair);
    kube_buf_wipe(&header);
    return st;
}
