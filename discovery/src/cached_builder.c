/* The builder of cached clients. */
#include "cached_config.h"
#include "shared/alloc.h"

#include <kube/cache.h>
#include <kube/discovery/cached.h>
#include <kube/sys/discovery.h>
#include <kube/sys/error.h>
#include <kube/sys/rest.h>

enum {
    SHARED_DIR_MODE = 0750, /* client-go's */
    SHARED_FILE_MODE = 0660,
    PRIVATE_DIR_MODE = 0700,
    PRIVATE_FILE_MODE = 0600,
    PATH_BYTES = 64 << 10
};

typedef enum place { PLACE_NONE, PLACE_DISK, PLACE_PRIVATE_DISK, PLACE_MEMORY, PLACE_STORE } place;

struct kube_cached_discovery_builder {
    kube_rest_client *rest;
    kube_discovery *delegate;
    kube_discovery_client_options client_options;
    bool has_client_options;
    char *server, *user, *root;
    place where;
    kube_store *store, *documents;
    int64_t ttl_ms;
    kube_freshness policy;
    const kube_clock *clock;
    kube_logger logger;
    kube_status failure; /* the first */
    kube_error *err;
};

kube_cached_discovery_builder *kube_cached_discovery_builder_new(void)
{
    kube_cached_discovery_builder *b;

    return KUBE__NEW(b);
}

void kube_cached_discovery_builder_free(kube_cached_discovery_builder *b)
{
    if (b == NULL)
        return;
    kube_rest_client_unref(b->rest);
    kube_discovery_unref(b->delegate);
    kube_store_unref(b->store);
    kube_store_unref(b->documents);
    kube_error_free(b->err);
    kube__free(b->server);
    kube__free(b->user);
    kube__free(b->root);
    kube__free(b);
}

/* Takes the error; only the first is kept. */
static void fail(kube_cached_discovery_builder *b, kube_status status, kube_error *err)
{
    if (b->failure != KUBE_OK) {
        kube_error_free(err);
        return;
    }
    b->failure = status;
    b->err = err;
}

static void refuse(kube_cached_discovery_builder *b, const char *why)
{
    kube_error *err = NULL;

    (void)kube_error_set(&err, KUBE_ERR_INVALID_ARG, "cached discovery: %s", why);
    fail(b, KUBE_ERR_INVALID_ARG, err);
}

static void copy_text(kube_cached_discovery_builder *b, char **to, const char *text)
{
    kube_error *err = NULL;

    kube__free(*to);
    *to = text != NULL ? kube__strdup(text) : NULL;
    if (text != NULL && *to == NULL) {
        (void)kube_error_no_memory(&err);
        fail(b, KUBE_ERR_OUT_OF_MEMORY, err);
    }
}

static void remember_in(kube_cached_discovery_builder *b, place where)
{
    if (b->where != PLACE_NONE)
        refuse(b, "it is told two places to remember in");
    b->where = where;
}

void kube_cached_discovery_builder_rest(kube_cached_discovery_builder *b, kube_rest_client *rest)
{
    if (b == NULL)
        return;
    kube_rest_client_unref(b->rest);
    b->rest = kube_rest_client_ref(rest);
}

void kube_cached_discovery_builder_client_options(kube_cached_discovery_builder *b,
                                                  const kube_discovery_client_options *opts)
{
    if (b == NULL)
        return;
    b->has_client_options = opts != NULL;
    if (opts != NULL && opts->struct_size == sizeof *opts)
        b->client_options = *opts;
    else if (opts != NULL)
        refuse(b, "the live client's options were not initialised for this release");
}

void kube_cached_discovery_builder_delegate(kube_cached_discovery_builder *b, kube_discovery *delegate)
{
    if (b == NULL)
        return;
    kube_discovery_unref(b->delegate);
    b->delegate = kube_discovery_ref(delegate);
}

void kube_cached_discovery_builder_server(kube_cached_discovery_builder *b, const char *url)
{
    if (b != NULL)
        copy_text(b, &b->server, url);
}

void kube_cached_discovery_builder_user(kube_cached_discovery_builder *b, const char *user)
{
    if (b != NULL)
        copy_text(b, &b->user, user);
}

void kube_cached_discovery_builder_disk(kube_cached_discovery_builder *b, const char *root)
{
    if (b == NULL)
        return;
    remember_in(b, PLACE_DISK);
    copy_text(b, &b->root, root);
}

void kube_cached_discovery_builder_private_disk(kube_cached_discovery_builder *b, const char *root)
{
    if (b == NULL)
        return;
    remember_in(b, PLACE_PRIVATE_DISK);
    copy_text(b, &b->root, root);
}

void kube_cached_discovery_builder_memory(kube_cached_discovery_builder *b)
{
    if (b != NULL)
        remember_in(b, PLACE_MEMORY);
}

void kube_cached_discovery_builder_store(kube_cached_discovery_builder *b, kube_store *store)
{
    if (b == NULL)
        return;
    remember_in(b, PLACE_STORE);
    if (store == NULL)
        refuse(b, "the store is missing");
    kube_store_unref(b->store);
    b->store = kube_store_ref(store);
}

void kube_cached_discovery_builder_documents(kube_cached_discovery_builder *b, kube_store *documents)
{
    if (b == NULL)
        return;
    if (documents == NULL)
        refuse(b, "the store of documents is missing");
    kube_store_unref(b->documents);
    b->documents = kube_store_ref(documents);
}

void kube_cached_discovery_builder_ttl_ms(kube_cached_discovery_builder *b, int64_t ttl_ms)
{
    if (b == NULL)
        return;
    if (ttl_ms < 0 && ttl_ms != KUBE_TTL_ALWAYS_EXPIRED)
        refuse(b, "a time to live that is negative");
    b->ttl_ms = ttl_ms;
}

void kube_cached_discovery_builder_policy(kube_cached_discovery_builder *b, kube_freshness policy)
{
    if (b == NULL)
        return;
    if ((unsigned)policy > KUBE_FRESHNESS_ONLY_IF_CACHED)
        refuse(b, "a policy this release does not know");
    b->policy = policy;
}

void kube_cached_discovery_builder_clock(kube_cached_discovery_builder *b, const kube_clock *clock)
{
    if (b != NULL)
        b->clock = clock;
}

void kube_cached_discovery_builder_logger(kube_cached_discovery_builder *b, const kube_logger *logger)
{
    if (b != NULL)
        b->logger = logger != NULL ? *logger : (kube_logger){ .fn = NULL };
}

/* ---- building ---- */

/* What becomes of a builder's words. */
typedef struct plan {
    kube_cached_discovery_builder *b;
    kube_discovery *delegate;
    kube_store *store, *documents;
    const char *url;
    const kube_clock *clock;
    kube_buf identity, folder;
} plan;

static void check(kube_cached_discovery_builder *b)
{
    bool is_shared = b->where == PLACE_DISK || b->where == PLACE_PRIVATE_DISK || b->store != NULL;

    if ((b->rest == NULL) == (b->delegate == NULL))
        refuse(b, "either a rest client or a delegate is needed");
    else if (is_shared && b->rest == NULL && (b->server == NULL || b->server[0] == '\0'))
        refuse(b, "with a delegate on disk or in a store the server's URL is needed, to keep servers apart");
    else if (b->where == PLACE_DISK && b->documents != NULL)
        refuse(b, "it is told two places for kubectl's documents");
    else if ((b->where == PLACE_DISK || b->documents != NULL) && b->user != NULL)
        refuse(b, "kubectl's documents know no users: a private disk does");
}

static kube_status identify(plan *p, kube_error **err)
{
    const kube_cached_discovery_builder *b = p->b;
    kube_status st;

    p->url = b->rest != NULL ? kube_rest_client_given_url(b->rest) : b->server;
    if (p->url == NULL)
        p->url = "";
    p->clock = b->clock == NULL && b->rest != NULL ? kube_rest_client_clock(b->rest) : b->clock;
    kube_buf_append_f(&p->identity, "user %s\n", b->user != NULL ? b->user : "");
    if (b->where == PLACE_PRIVATE_DISK) /* what kubectl's folder was read into is another's */
        kube_buf_append_c(&p->identity, "private\n");
    if (b->rest != NULL)
        kube_rest_client_append_identity(b->rest, &p->identity);
    else
        kube_buf_append_c(&p->identity, p->url);
    st = kube_buf_status(&p->identity, err);
    if (st != KUBE_OK)
        return st;
    kube__append_server_folder(&p->folder, p->url, kube_buf_str(&p->identity));
    return kube_buf_status(&p->folder, err);
}

static kube_status make_delegate(plan *p, kube_error **err)
{
    const kube_cached_discovery_builder *b = p->b;

    if (b->delegate != NULL) {
        p->delegate = kube_discovery_ref(b->delegate);
        return KUBE_OK;
    }
    return kube_discovery_client_new(b->rest, b->has_client_options ? &b->client_options : NULL, &p->delegate, err);
}

static kube_status append_root(const plan *p, kube_buf *path, kube_error **err)
{
    const char *root = p->b->root;

    if (root == NULL || root[0] == '\0')
        return kube_disk_cache_root(path, err);
    kube_buf_append_c(path, root);
    return KUBE_OK;
}

/* libkube's own folder: <root>/libkube/<server>. */
static kube_status open_own(plan *p, uint32_t dir_mode, kube_error **err)
{
    kube_disk_store_options o = KUBE_DISK_STORE_OPTIONS_INIT;
    kube_buf path = KUBE_BUF_INIT(PATH_BYTES);
    kube_status st = append_root(p, &path, err);

    kube_buf_append_f(&path, "/libkube/%s", p->folder.data);
    if (st == KUBE_OK)
        st = kube_buf_status(&path, err);
    if (st == KUBE_OK) {
        o.path = path.data;
        o.clock = p->clock;
        o.dir_mode = dir_mode;
        o.file_mode = PRIVATE_FILE_MODE;
        st = kube_disk_store_new(&o, &p->store, err);
    }
    kube_buf_clear(&path);
    return st;
}

/* kubectl's folder: <root>/discovery/<host>. What is being written lies in libkube's. */
static kube_status open_kubectls(plan *p, kube_error **err)
{
    kube_disk_store_options o = KUBE_DISK_STORE_OPTIONS_INIT;
    kube_buf path = KUBE_BUF_INIT(PATH_BYTES), temp = KUBE_BUF_INIT(PATH_BYTES);
    kube_status st = append_root(p, &path, err);

    kube_buf_append(&temp, kube_buf_str(&path));
    kube_buf_append_c(&path, "/discovery/");
    kube__append_host_folder(&path, p->url);
    kube_buf_append_f(&temp, "/libkube/%s/.tmp", p->folder.data);
    if (st == KUBE_OK)
        st = kube_buf_status(&path, err);
    if (st == KUBE_OK)
        st = kube_buf_status(&temp, err);
    if (st == KUBE_OK) {
        o.path = path.data;
        o.temp_path = temp.data;
        o.clock = p->clock;
        o.dir_mode = SHARED_DIR_MODE;
        o.file_mode = SHARED_FILE_MODE;
        o.form = KUBE_DISK_STORE_FORM_PLAIN;
        st = kube_disk_store_new(&o, &p->documents, err);
    }
    kube_buf_clear(&path);
    kube_buf_clear(&temp);
    return st;
}

static kube_status open_stores(plan *p, kube_error **err)
{
    kube_status st = KUBE_OK;

    switch (p->b->where) {
    case PLACE_DISK:
        st = open_kubectls(p, err);
        return st == KUBE_OK ? open_own(p, SHARED_DIR_MODE, err) : st;
    case PLACE_PRIVATE_DISK:
        st = open_own(p, PRIVATE_DIR_MODE, err);
        break;
    case PLACE_STORE:
        p->store = kube_store_ref(p->b->store);
        break;
    default: /* in memory: the client itself remembers */
        break;
    }
    p->documents = kube_store_ref(p->b->documents);
    return st;
}

static kube_status make(plan *p, kube_discovery **out, kube_error **err)
{
    const kube_cached_discovery_builder *b = p->b;
    kube__cached_config config = { .ttl_ms = b->ttl_ms, .policy = b->policy, .logger = b->logger };
    kube_status st = identify(p, err);

    if (st == KUBE_OK)
        st = make_delegate(p, err);
    if (st == KUBE_OK)
        st = open_stores(p, err);
    if (st != KUBE_OK)
        return st;
    config.delegate = p->delegate;
    config.store = p->store;
    config.documents = p->documents;
    config.identity = kube_buf_str(&p->identity);
    config.folder = b->where == PLACE_STORE ? p->folder.data : NULL;
    config.clock = p->clock;
    return kube__cached_new(&config, out, err);
}

kube_status kube_cached_discovery_builder_build(kube_cached_discovery_builder *b, kube_discovery **out,
                                                kube_error **err)
{
    plan p = { .b = b, .identity = KUBE_BUF_INIT(16 << 20), .folder = KUBE_BUF_INIT(64 << 10) };
    kube_status st;

    if (b == NULL)
        return kube_error_no_memory(err);
    check(b);
    st = b->failure;
    if (st == KUBE_OK) {
        st = make(&p, out, err);
    } else if (err != NULL) {
        *err = b->err;
        b->err = NULL;
    }
    kube_discovery_unref(p.delegate);
    kube_store_unref(p.store);
    kube_store_unref(p.documents);
    kube_buf_clear(&p.identity);
    kube_buf_clear(&p.folder);
    kube_cached_discovery_builder_free(b);
    return st;
}
