/* What can be changed while the server runs. */
#include "apiserver.h"

#include <kube/sys/error.h>

kube_status kube_testing_apiserver_set_recording(kube_testing_apiserver *server, const char *recording,
                                                 kube_error **err)
{
    kube__content *made = NULL, *old = NULL;
    kube_status st;

    pthread_mutex_lock(&server->lock); /* also while files are read: the form must stay what it is */
    old = server->content;
    st = kube__content_new(recording, old->form, old->address, &made, err);
    if (st == KUBE_OK)
        server->content = made;
    pthread_mutex_unlock(&server->lock);
    if (st == KUBE_OK)
        kube__content_free(old);
    return st;
}

kube_status kube_testing_apiserver_set_form(kube_testing_apiserver *server, kube_testing_form form, kube_error **err)
{
    kube_testing_form before;
    kube_status st;

    if (form < KUBE_TESTING_FORM_V2 || form > KUBE_TESTING_FORM_LEGACY)
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "kube_testing_apiserver_set_form: there is no form %d",
                              (int)form);
    pthread_mutex_lock(&server->lock);
    before = server->content->form;
    server->content->form = form;
    st = kube__content_render(server->content, err);
    if (st != KUBE_OK)
        server->content->form = before;
    pthread_mutex_unlock(&server->lock);
    return st;
}

static kube_status unknown(const char *group_version, kube_error **err)
{
    return kube_error_set(err, KUBE_ERR_NOT_FOUND, "the API server stub has no group-version \"%s\"", group_version);
}

kube_status kube_testing_apiserver_set_stale(kube_testing_apiserver *server, const char *group_version, bool stale,
                                             kube_error **err)
{
    kube__tree_version *found;
    kube_str group, version;
    kube__root *root;
    kube_status st = KUBE_OK;

    pthread_mutex_lock(&server->lock);
    root = kube__content_root(server->content, group_version, &group, &version);
    found = kube__tree_find(&root->tree, group, version);
    if (found == NULL) {
        st = unknown(group_version, err);
    } else if (found->stale != stale) {
        found->stale = stale;
        kube__root_changed(root);
        st = kube__content_render(server->content, err);
        if (st != KUBE_OK)
            found->stale = !stale;
    }
    pthread_mutex_unlock(&server->lock);
    return st;
}

kube_status kube_testing_apiserver_add_group(kube_testing_apiserver *server, const char *item, kube_error **err)
{
    kube__tree probe = { .groups = NULL };
    kube__root *root;
    /* Which of the two trees it belongs to is known only when it has been read. */
    kube_status st = kube__tree_add_item(&probe, kube_str_c(item), err);

    if (st == KUBE_OK) {
        pthread_mutex_lock(&server->lock);
        root = probe.groups[0].name[0] != '\0' ? &server->content->apis : &server->content->api;
        st = kube__tree_add_item(&root->tree, kube_str_c(item), err);
        if (st == KUBE_OK) {
            kube__root_changed(root);
            st = kube__content_render(server->content, err);
        }
        pthread_mutex_unlock(&server->lock);
    }
    kube__tree_clear(&probe);
    return st;
}

kube_status kube_testing_apiserver_remove_group_version(kube_testing_apiserver *server, const char *group_version,
                                                        kube_error **err)
{
    kube_str group, version;
    kube__root *root;
    kube_status st;

    pthread_mutex_lock(&server->lock);
    root = kube__content_root(server->content, group_version, &group, &version);
    if (kube__tree_remove(&root->tree, group, version)) {
        kube__root_changed(root);
        st = kube__content_render(server->content, err);
    } else {
        st = unknown(group_version, err);
    }
    pthread_mutex_unlock(&server->lock);
    return st;
}
