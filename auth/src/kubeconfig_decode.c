/* From a document to clusters, users and contexts. Field names are case-sensitive and unknown ones are ignored. */
#include "kubeconfig.h"
#include "yaml_read.h"

#include <kube/sys/error.h>

#include <assert.h>

static_assert(offsetof(kube__cluster, name) == 0 && offsetof(kube__user, name) == 0 &&
                  offsetof(kube__context, name) == 0,
              "decode_entries() writes the name of any entry");

static const char exec_extension_name[] = "client.authentication.k8s.io/exec";

/* Extensions are free-form; only their names are held to the rules. */
static const kube__yaml_node *check_extensions(kube__yaml_reader *r, const kube__yaml_node *map)
{
    const kube__yaml_node *list = kube__yaml_list(r, map, "extensions");

    kube__yaml_check_named(r, list, "extensions");
    return list;
}

static const kube__yaml_node *find_extension(const kube__yaml_node *list, const char *name)
{
    for (const kube__yaml_item *item = list != NULL ? list->first : NULL; item != NULL; item = item->next) {
        const kube__yaml_node *found = kube__yaml_get(item->value, "name");

        if (found != NULL && kube_str_is(found->text, name))
            return kube__yaml_get(item->value, "extension");
    }
    return NULL;
}

static void decode_cluster(kube__yaml_reader *r, const kube__yaml_node *map, void *entry)
{
    kube__cluster *cluster = entry;

    cluster->server = kube__yaml_string(r, map, "server");
    cluster->tls_server_name = kube__yaml_string(r, map, "tls-server-name");
    cluster->insecure = kube__yaml_bool(r, map, "insecure-skip-tls-verify");
    cluster->ca_file = kube__yaml_string(r, map, "certificate-authority");
    cluster->ca_data = kube__yaml_bytes(r, map, "certificate-authority-data");
    cluster->proxy_url = kube__yaml_string(r, map, "proxy-url");
    cluster->disable_compression = kube__yaml_bool(r, map, "disable-compression");
    cluster->exec_extension = find_extension(check_extensions(r, map), exec_extension_name);
}

/* The types are checked although the values are not used: a file that kubectl refuses is refused here. */
static const char *decode_impersonation(kube__yaml_reader *r, const kube__yaml_node *map)
{
    const char *name = kube__yaml_string(r, map, "as");
    const char *uid = kube__yaml_string(r, map, "as-uid");
    const kube__yaml_node *groups = kube__yaml_list(r, map, "as-groups");
    const kube__yaml_node *extra = kube__yaml_map(r, map, "as-user-extra");

    if (name != NULL && name[0] != '\0')
        return "as";
    if (uid != NULL && uid[0] != '\0')
        return "as-uid";
    if (groups != NULL && groups->count != 0)
        return "as-groups";
    return extra != NULL && extra->count != 0 ? "as-user-extra" : NULL;
}

static void decode_user(kube__yaml_reader *r, const kube__yaml_node *map, void *entry)
{
    kube__user *user = entry;
    const kube__yaml_node *exec;

    user->cert_file = kube__yaml_string(r, map, "client-certificate");
    user->cert_data = kube__yaml_bytes(r, map, "client-certificate-data");
    user->key_file = kube__yaml_string(r, map, "client-key");
    user->key_data = kube__yaml_bytes(r, map, "client-key-data");
    user->token = kube__yaml_string(r, map, "token");
    user->token_file = kube__yaml_string(r, map, "tokenFile");
    user->username = kube__yaml_string(r, map, "username");
    user->password = kube__yaml_string(r, map, "password");
    user->impersonates = decode_impersonation(r, map);
    user->auth_provider = kube__yaml_map(r, map, "auth-provider") != NULL;
    exec = kube__yaml_map(r, map, "exec");
    if (exec != NULL)
        user->exec = kube__exec_spec_decode(r, exec);
    check_extensions(r, map);
}

static void decode_context(kube__yaml_reader *r, const kube__yaml_node *map, void *entry)
{
    kube__context *context = entry;

    context->cluster = kube__yaml_string(r, map, "cluster");
    context->user = kube__yaml_string(r, map, "user");
    context->name_space = kube__yaml_string(r, map, "namespace");
    check_extensions(r, map);
}

typedef struct entry_kind {
    const char *list;  /* "clusters" */
    const char *field; /* "cluster"  */
    size_t      size;
    void (*decode)(kube__yaml_reader *r, const kube__yaml_node *map, void *entry);
} entry_kind;

/* The entries of one list, or NULL. Every entry begins with its name. */
static void *decode_entries(kube__yaml_reader *r, const kube__yaml_node *root, const entry_kind *kind, size_t *count)
{
    const kube__yaml_node *list = kube__yaml_list(r, root, kind->list);
    char *entries;
    size_t n = 0;

    kube__yaml_check_named(r, list, kind->list);
    if (r->status != KUBE_OK || list == NULL || list->count == 0)
        return NULL;
    entries = kube__pool_alloc_array(r->pool, list->count, kind->size);
    if (entries == NULL) {
        kube__yaml_reader_no_memory(r);
        return NULL;
    }
    for (const kube__yaml_item *item = list->first; item != NULL && r->status == KUBE_OK; item = item->next) {
        void *entry = entries + n++ * kind->size;
        const char *name;
        const kube__yaml_node *inner;

        r->section = kind->list;
        name = kube__yaml_string(r, item->value, "name");
        inner = kube__yaml_map(r, item->value, kind->field);
        memcpy(entry, &name, sizeof name);
        r->section = kind->field;
        if (inner != NULL)
            kind->decode(r, inner, entry);
    }
    r->section = "";
    *count = n;
    return entries;
}

static void link_entries(kube__kubeconfig_file *file, kube__cluster *clusters, kube__user *users)
{
    for (size_t i = 0; i < file->cluster_count; i++)
        clusters[i].file = file;
    for (size_t i = 0; i < file->user_count; i++)
        users[i].file = file;
}

static void check_header(kube__yaml_reader *r, const kube__yaml_node *root)
{
    const char *version = kube__yaml_string(r, root, "apiVersion");
    const char *kind = kube__yaml_string(r, root, "kind");

    if (version != NULL && version[0] != '\0' && strcmp(version, "v1") != 0)
        kube__yaml_reader_fail(r, kube__yaml_get(root, "apiVersion"), "apiVersion", KUBE_ERR_CONFIG,
                               "must be \"v1\", not \"%s\"", version);
    if (kind != NULL && kind[0] != '\0' && strcmp(kind, "Config") != 0)
        kube__yaml_reader_fail(r, kube__yaml_get(root, "kind"), "kind", KUBE_ERR_CONFIG,
                               "must be \"Config\", not \"%s\": is this a kubeconfig?", kind);
}

kube_status kube__kubeconfig_decode(kube_str text, kube__pool *pool, kube__kubeconfig_file *file, kube_error **err)
{
    static const entry_kind clusters_kind = { "clusters", "cluster", sizeof(kube__cluster), decode_cluster };
    static const entry_kind users_kind = { "users", "user", sizeof(kube__user), decode_user };
    static const entry_kind contexts_kind = { "contexts", "context", sizeof(kube__context), decode_context };
    kube__yaml_reader r = { file->path, "", pool, 0, KUBE_OK, err };
    const kube__yaml_node *root = NULL;
    kube__cluster *clusters;
    kube__user *users;
    kube_status st = kube__yaml_parse(text, file->path, pool, &root, err);

    if (st != KUBE_OK || root == NULL || root->kind == KUBE__YAML_NULL)
        return st;
    if (root->kind != KUBE__YAML_MAP)
        return kube_error_set(err, KUBE_ERR_CONFIG, "%s:%u:%u: a kubeconfig is a mapping, not %s", file->path,
                              root->line, root->column, kube__yaml_kind_name(root->kind));
    check_header(&r, root);
    file->current_context = kube__yaml_string(&r, root, "current-context");
    clusters = decode_entries(&r, root, &clusters_kind, &file->cluster_count);
    users = decode_entries(&r, root, &users_kind, &file->user_count);
    file->contexts = decode_entries(&r, root, &contexts_kind, &file->context_count);
    file->clusters = clusters;
    file->users = users;
    link_entries(file, clusters, users);
    check_extensions(&r, root);
    check_extensions(&r, kube__yaml_map(&r, root, "preferences"));
    return r.status;
}
