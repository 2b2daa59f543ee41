/* Clients as a kubeconfig of real files describes them, with each fault. What a plugin does to a request is discovery's
 * whole way. */
#include "fault_sweep.h"
#include "remove_tree.h"

#include <kube/auth.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char folder[64], by_token_file[128], by_certificates[128], by_plugin[128];

static void write_below(const char *name, const char *text)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        abort();
}

/* A file of its own for each, of one cluster, one user and one context. */
static void write_kubeconfig(char *path, size_t size, const char *name, const char *user)
{
    char text[1024];

    snprintf(path, size, "%s/%s", folder, name);
    snprintf(text, sizeof text,
             "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
             "contexts:\n- name: c\n  context: {cluster: c, user: u, namespace: default}\n"
             "clusters:\n- name: c\n  cluster: {server: 'https://api.example:6443/p', certificate-authority: ca,"
             " tls-server-name: kubernetes}\n"
             "users:\n- name: u\n  user: {%s}\n", user);
    write_below(name, text);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/kube-faults-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    write_below("ca", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    write_below("token", "a-token\n");
    write_kubeconfig(by_token_file, sizeof by_token_file, "by-token-file", "tokenFile: token");
    write_kubeconfig(by_certificates, sizeof by_certificates, "by-certificates",
                     "client-certificate: ca, client-key-data: LS0tLS0=");
    write_kubeconfig(by_plugin, sizeof by_plugin, "by-plugin",
                     "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, args: [a, b],"
                     " env: [{name: A, value: b}], interactiveMode: Never}");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_tree(folder);
    return 0;
}

static kube_status make(const char *kubeconfig, kube_error **err)
{
    kube_auth_options o = KUBE_AUTH_OPTIONS_INIT;
    kube_rest_client *client = NULL;
    kube_status st;

    o.kubeconfig = kubeconfig;
    st = kube_auth_rest_client_from_kubeconfig(&o, &client, err);
    assert_true((st == KUBE_OK) == (client != NULL));
    kube_rest_client_unref(client);
    return st;
}

static kube_status a_token_file(kube_error **err)
{
    return make(by_token_file, err);
}

static kube_status certificates(kube_error **err)
{
    return make(by_certificates, err);
}

static kube_status a_plugin(kube_error **err)
{
    return make(by_plugin, err);
}

static const fault_case cases[] = {
    { .name = "a token file", .run = a_token_file, .allocations = 20, .interruptions = 5, .files = 6 },
    { .name = "certificates", .run = certificates, .allocations = 15, .interruptions = 5, .files = 6 },
    { .name = "a plugin", .run = a_plugin, .allocations = 20, .interruptions = 5, .files = 6 },
};

int main(void)
{
    return fault_sweep_main(cases, sizeof cases / sizeof cases[0], set_up, tear_down);
}
