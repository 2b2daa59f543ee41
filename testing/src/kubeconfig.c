/* A kubeconfig for the server. */
#include "apiserver.h"

#include <kube/sys/error.h>
#include <openssl/evp.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TEXT_BYTES = 1 << 20 };

/* Piece by piece: 48 bytes are 64 characters. */
static void append_base64(kube_buf *out, const char *text)
{
    unsigned char coded[65];

    for (size_t len = strlen(text), n; len > 0; text += n, len -= n) {
        n = len < 48 ? len : 48;
        EVP_EncodeBlock(coded, (const unsigned char *)text, (int)n);
        kube_buf_append_c(out, (const char *)coded);
    }
}

static void append_kubeconfig(const kube_testing_apiserver *server, kube_buf *out)
{
    kube_buf_append_f(out,
                      "apiVersion: v1\n"
                      "kind: Config\n"
                      "current-context: stub\n"
                      "contexts:\n"
                      "- name: stub\n"
                      "  context:\n"
                      "    cluster: stub\n"
                      "    user: stub\n"
                      "clusters:\n"
                      "- name: stub\n"
                      "  cluster:\n"
                      "    server: %s\n",
                      server->url);
    if (server->ca != NULL) {
        kube_buf_append_c(out, "    certificate-authority-data: ");
        append_base64(out, kube_testing_cert_pem(server->ca));
        kube_buf_append_char(out, '\n');
    }
    kube_buf_append_c(out, "users:\n- name: stub\n");
    if (server->token != NULL)
        kube_buf_append_f(out, "  user:\n    token: \"%s\"\n", server->token);
    else
        kube_buf_append_c(out, "  user: {}\n");
}

static bool write_all(int fd, kube_str text)
{
    while (text.len > 0) {
        ssize_t n = write(fd, text.data, text.len);

        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            text = kube_str_n(text.data + n, text.len - (size_t)n);
    }
    return true;
}

/* Beside the file, then in its place. */
static kube_status replace_file(const char *path, kube_str text, kube_error **err)
{
    kube_buf temporary = KUBE_BUF_INIT(TEXT_BYTES);
    kube_status st;
    int fd = -1, error = 0;

    kube_buf_append_f(&temporary, "%s.XXXXXX", path);
    st = kube_buf_status(&temporary, err);
    if (st == KUBE_OK) {
        fd = mkstemp(temporary.data);
        if (fd < 0 || !write_all(fd, text))
            error = errno;
        if (fd >= 0 && close(fd) != 0 && errno != EINTR && error == 0) /* interrupted: Linux has closed it */
            error = errno;
        if (error == 0 && rename(temporary.data, path) != 0)
            error = errno;
        if (error != 0 && fd >= 0)
            unlink(temporary.data);
        if (error != 0)
            st = kube_error_set_errno(err, KUBE_ERR_IO, error, "writing the kubeconfig %s", path);
    }
    kube_buf_clear(&temporary);
    return st;
}

kube_status kube_testing_apiserver_write_kubeconfig(kube_testing_apiserver *server, const char *path, kube_error **err)
{
    kube_buf text = KUBE_BUF_INIT(TEXT_BYTES);
    kube_status st;

    append_kubeconfig(server, &text);
    st = kube_buf_status(&text, err);
    if (st == KUBE_OK)
        st = replace_file(path, kube_buf_str(&text), err);
    kube_buf_clear(&text);
    return st;
}
