#include "content.h"

#include "read_file.h"
#include "shared/alloc.h"

#include <kube/sys/error.h>
#include <openssl/evp.h>

#include <stdio.h>

enum { DOCUMENT_BYTES = 256 << 20 };

static void clear_root(kube__root *root)
{
    kube__tree_clear(&root->tree);
    kube_blob_unref(root->recorded);
    kube_blob_unref(root->aggregated);
    kube_blob_unref(root->legacy);
}

void kube__content_free(kube__content *content)
{
    if (content == NULL)
        return;
    clear_root(&content->api);
    clear_root(&content->apis);
    kube_blob_unref(content->version);
    kube_blob_unref(content->openapi);
    kube__free(content);
}

void kube__root_changed(kube__root *root)
{
    kube_blob_unref(root->recorded);
    root->recorded = NULL;
}

kube_status kube__blob_of(kube_buf *text, kube_blob **out, kube_error **err)
{
    kube_status st = kube_buf_status(text, err);

    if (st == KUBE_OK)
        st = kube_blob_new(kube_buf_str(text), out, err);
    kube_buf_clear(text);
    return st;
}

/* One file of the recording. */
static kube_status load(const char *folder, const char *name, kube_blob **out, kube_error **err)
{
    kube_buf path = KUBE_BUF_INIT(DOCUMENT_BYTES), bytes = KUBE_BUF_INIT(DOCUMENT_BYTES);
    kube_status st;

    kube_buf_append_f(&path, "%s/%s", folder, name);
    st = kube_buf_status(&path, err);
    if (st == KUBE_OK)
        st = kube__read_file(path.data, &bytes, err);
    if (st == KUBE_OK)
        st = kube__blob_of(&bytes, out, err);
    kube_buf_clear(&bytes);
    kube_buf_clear(&path);
    return st;
}

static kube_status load_root(const char *folder, const char *name, kube__root *root, kube_error **err)
{
    kube_status st = load(folder, name, &root->recorded, err);

    if (st == KUBE_OK) {
        st = kube__tree_add_document(&root->tree, kube_blob_str(root->recorded), err);
        if (st != KUBE_OK)
            st = kube_error_wrap(err, st, "reading %s/%s", folder, name);
    }
    return st;
}

/* A server's tag is a digest of the document; whose bytes it is over is nobody's concern. */
static kube_status make_etag(const kube_blob *body, char etag[KUBE__ETAG_BYTES], kube_error **err)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    kube_str text = kube_blob_str(body);
    unsigned len = 0;
    size_t at = 1;

    if (EVP_Digest(text.data, text.len, digest, &len, EVP_sha512(), NULL) != 1)
        return kube_error_set(err, KUBE_ERR_TLS, "making an entity tag: OpenSSL failed");
    etag[0] = '"';
    for (unsigned i = 0; i < len; i++, at += 2)
        snprintf(etag + at, 3, "%02X", digest[i]);
    memcpy(etag + at, "\"", 2);
    return KUBE_OK;
}

static kube_status render_aggregated(const kube__content *content, const kube__root *root, kube__root *to,
                                     kube_error **err)
{
    bool v2 = content->form == KUBE_TESTING_FORM_V2;
    kube_buf text = KUBE_BUF_INIT(DOCUMENT_BYTES);
    kube_status st = KUBE_OK;

    if (content->form == KUBE_TESTING_FORM_LEGACY)
        return KUBE_OK;
    if (v2 && root->recorded != NULL) {
        to->aggregated = kube_blob_ref(root->recorded);
    } else {
        kube__tree_write_aggregated(&root->tree, v2 ? "apidiscovery.k8s.io/v2" : "apidiscovery.k8s.io/v2beta1", &text);
        st = kube__blob_of(&text, &to->aggregated, err);
    }
    if (st == KUBE_OK)
        st = make_etag(to->aggregated, to->etag, err);
    return st;
}

static kube_status render_root(const kube__content *content, kube__root *root, kube_error **err)
{
    kube_buf text = KUBE_BUF_INIT(DOCUMENT_BYTES);
    kube__root made = { .recorded = NULL };
    kube_status st = render_aggregated(content, root, &made, err);

    if (root == &content->api)
        kube__tree_write_api_versions(&root->tree, content->address, &text);
    else
        kube__tree_write_group_list(&root->tree, &text);
    if (st == KUBE_OK)
        st = kube__blob_of(&text, &made.legacy, err);
    if (st == KUBE_OK) {
        kube_blob *aggregated = root->aggregated, *legacy = root->legacy;

        root->aggregated = made.aggregated;
        root->legacy = made.legacy;
        memcpy(root->etag, made.etag, sizeof root->etag);
        made.aggregated = aggregated;
        made.legacy = legacy;
    }
    kube_buf_clear(&text);
    clear_root(&made);
    return st;
}

kube_status kube__content_render(kube__content *content, kube_error **err)
{
    kube_status st = render_root(content, &content->api, err);

    return st == KUBE_OK ? render_root(content, &content->apis, err) : st;
}

/* A recording may be without it. */
static kube_status load_openapi(const char *folder, kube__content *content, kube_error **err)
{
    kube_status st = load(folder, "openapi-v3.json", &content->openapi, NULL);

    if (st == KUBE_ERR_NOT_FOUND)
        st = KUBE_OK;
    else if (st != KUBE_OK)
        st = kube_error_set(err, st, "reading %s/openapi-v3.json: %s", folder, kube_status_name(st));
    return st;
}

kube_status kube__content_new(const char *folder, kube_testing_form form, const char *address, kube__content **out,
                              kube_error **err)
{
    kube__content *c = NULL;
    kube_status st = KUBE_OK;

    if (KUBE__NEW(c) == NULL)
        return kube_error_no_memory(err);
    c->form = form;
    snprintf(c->address, sizeof c->address, "%s", address);
    st = load_root(folder, "api.aggregated.json", &c->api, err);
    if (st == KUBE_OK)
        st = load_root(folder, "apis.aggregated.json", &c->apis, err);
    if (st == KUBE_OK)
        st = load(folder, "version.json", &c->version, err);
    if (st == KUBE_OK)
        st = load_openapi(folder, c, err);
    if (st == KUBE_OK)
        st = kube__content_render(c, err);
    if (st == KUBE_OK) {
        *out = c;
        c = NULL;
    }
    kube__content_free(c);
    return st;
}

kube__root *kube__content_root(kube__content *content, const char *group_version, kube_str *group, kube_str *version)
{
    const char *slash = strchr(group_version, '/');

    *group = kube_str_n(group_version, slash != NULL ? (size_t)(slash - group_version) : 0);
    *version = kube_str_c(slash != NULL ? slash + 1 : group_version);
    return slash != NULL ? &content->apis : &content->api;
}
