/* Which files, and reading them. */
#include "kubeconfig.h"
#include "path.h"
#include "problems.h"

#include <kube/sys/error.h>

#include <limits.h>

enum { SOUGHT_MAX_BYTES = 16 * 1024, MAX_FILES = 256 };

typedef struct loader {
    kube__kubeconfig      *config;
    const kube__host      *host;
    kube__kubeconfig_file *last;
    size_t                 count;
    kube__problems         problems;
} loader;

void kube__kubeconfig_init(kube__kubeconfig *config)
{
    memset(config, 0, sizeof *config);
    kube_buf_init(&config->sought, SOUGHT_MAX_BYTES);
}

void kube__kubeconfig_clear(kube__kubeconfig *config)
{
    kube__pool_clear(&config->pool);
    kube_buf_clear(&config->sought);
    config->files = NULL;
}

/* A path in the file is meant from where the file is, whatever the current directory is by then: so it is made absolute
 * now. Without a current directory only files named absolutely can be read. */
static kube_status set_dir(const loader *l, kube__kubeconfig_file *file, kube_error **err)
{
    char here[PATH_MAX];
    char *dir = kube__path_dir(&l->config->pool, file->path);

    if (dir == NULL)
        return kube_error_no_memory(err);
    if (!kube__path_is_absolute(dir)) {
        if (!l->host->current_dir(l->host->state, here, sizeof here))
            return kube_error_set(err, KUBE_ERR_IO, "reading %s: the current directory is not known", file->path);
        dir = kube__path_join(&l->config->pool, here, dir);
        if (dir == NULL)
            return kube_error_no_memory(err);
    }
    file->dir = dir;
    return KUBE_OK;
}

static void append_file(loader *l, kube__kubeconfig_file *file)
{
    if (l->last != NULL)
        l->last->next = file;
    else
        l->config->files = file;
    l->last = file;
}

/* KUBE_ERR_NOT_FOUND: there is no such file. */
static kube_status load_file(loader *l, const char *path, kube_error **err)
{
    kube_buf text = KUBE_BUF_INIT(KUBE__KUBECONFIG_MAX_BYTES);
    kube__kubeconfig_file *file;
    kube_status st = kube__host_read_file(l->host, path, &text, err);

    if (st == KUBE_OK) {
        file = kube__pool_alloc(&l->config->pool, sizeof *file);
        if (file != NULL)
            file->path = kube__pool_strndup(&l->config->pool, kube_str_c(path));
        if (file == NULL || file->path == NULL)
            st = kube_error_no_memory(err);
        else
            st = set_dir(l, file, err);
        if (st == KUBE_OK)
            st = kube__kubeconfig_decode(kube_buf_str(&text), &l->config->pool, file, err);
        if (st == KUBE_OK)
            append_file(l, file);
    }
    kube_buf_wipe(&text);
    return st;
}

static void note(loader *l, const char *path, const char *what)
{
    kube_buf_append_f(&l->config->sought, "%s%s %s", l->count == 0 ? "" : ", ", path, what);
    l->count++;
}

/* Missing files are passed over; what is there must be readable and right. Out of memory ends everything at once. */
static void try_file(loader *l, const char *path)
{
    kube_error *failure = NULL;
    kube_status st = load_file(l, path, &failure);

    if (st == KUBE_ERR_NOT_FOUND)
        note(l, path, "does not exist");
    else if (st == KUBE_OK)
        note(l, path, "was read");
    else
        kube__problems_add(&l->problems, st, "%s", kube_error_message(failure));
    kube_error_free(failure);
}

static bool named_before(const char *list, const char *element, size_t len)
{
    while (list < element) {
        size_t n = strcspn(list, ":");

        if (n == len && memcmp(list, element, len) == 0)
            return true;
        list += n + 1;
    }
    return false;
}

static kube_status load_list(loader *l, const char *list, kube_error **err)
{
    size_t files = 0;

    for (const char *p = list; *p != '\0' && l->problems.status != KUBE_ERR_OUT_OF_MEMORY;) {
        size_t n = strcspn(p, ":");

        if (n != 0 && !named_before(list, p, n)) {
            const char *path = kube__pool_strndup(&l->config->pool, kube_str_n(p, n));

            if (path == NULL)
                return kube_error_no_memory(err);
            if (++files > MAX_FILES)
                return kube_error_set(err, KUBE_ERR_LIMIT, "KUBECONFIG names more than %d files", MAX_FILES);
            try_file(l, path);
        }
        p += n;
        p += *p == ':';
    }
    return KUBE_OK;
}

static kube_status load_home(loader *l, kube_error **err)
{
    const char *home = l->host->getenv(l->host->state, "HOME");
    const char *path;

    kube_buf_append_c(&l->config->sought, "KUBECONFIG is not set, ");
    if (home == NULL || home[0] == '\0') {
        kube_buf_append_c(&l->config->sought, "HOME is not set");
        return KUBE_OK;
    }
    path = kube__path_join(&l->config->pool, home, ".kube/config");
    if (path == NULL)
        return kube_error_no_memory(err);
    try_file(l, path);
    return KUBE_OK;
}

/* Somebody who names a file means that file: when it is missing nothing else is tried. */
static kube_status load_explicit(loader *l, const char *path, kube_error **err)
{
    kube_status st = load_file(l, path, err);

    if (st == KUBE_ERR_NOT_FOUND)
        return kube_error_wrap(err, KUBE_ERR_CONFIG, "the kubeconfig that was asked for");
    if (st == KUBE_OK)
        note(l, path, "was read");
    return st;
}

kube_status kube__kubeconfig_load(kube__kubeconfig *config, const kube__host *host, const char *explicit_path,
                                  kube_error **err)
{
    const char *list = host->getenv(host->state, "KUBECONFIG");
    loader l = { .config = config, .host = host };
    kube_status st, problem;

    if (explicit_path != NULL)
        st = load_explicit(&l, explicit_path, err);
    else if (list != NULL && list[0] != '\0')
        st = load_list(&l, list, err);
    else
        st = load_home(&l, err);
    problem = kube__problems_end(&l.problems, "", st == KUBE_OK ? err : NULL);
    if (st == KUBE_OK)
        st = problem;
    if (st == KUBE_OK && l.count == 0 && config->sought.len == 0)
        kube_buf_append_c(&config->sought, "KUBECONFIG names no file");
    if (st == KUBE_OK && config->sought.failure == KUBE_ERR_OUT_OF_MEMORY)
        st = kube_error_no_memory(err);
    return st;
}

bool kube__kubeconfig_is_empty(const kube__kubeconfig *config)
{
    for (const kube__kubeconfig_file *f = config->files; f != NULL; f = f->next) {
        if (f->cluster_count != 0 || f->user_count != 0 || f->context_count != 0 ||
            (f->current_context != NULL && f->current_context[0] != '\0'))
            return false;
    }
    return true;
}
