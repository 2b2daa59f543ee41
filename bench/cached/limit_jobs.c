/* What the same bytes cost with nothing around them: libcurl without a library on it, files without a cache. */
#include "bench.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ACCEPT "Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"

/* --- libcurl ------------------------------------------------------------------------------------------------------ */

static size_t count_bytes(char *data, size_t size, size_t n, void *user)
{
    (void)data;
    *(size_t *)user += size * n;
    return size * n;
}

static struct curl_blob blob(const char *pem, size_t len)
{
    return (struct curl_blob){ (char *)pem, len, CURL_BLOB_NOCOPY };
}

static CURL *make_request(const bench *b, const char *path, struct curl_slist *headers, size_t *bytes)
{
    struct curl_blob ca = blob(b->rest.ca_pem, b->rest.ca_pem_len);
    struct curl_blob cert = blob(b->rest.cert_pem, b->rest.cert_pem_len);
    struct curl_blob key = blob(b->rest.key_pem, b->rest.key_pem_len);
    char url[BENCH_PATH_MAX];
    CURL *easy = curl_easy_init();

    snprintf(url, sizeof url, "%s%s", b->rest.base_url, path);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "libkube-bench");
    curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &ca);
    curl_easy_setopt(easy, CURLOPT_SSLCERT_BLOB, &cert);
    curl_easy_setopt(easy, CURLOPT_SSLKEY_BLOB, &key);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, count_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, bytes);
    return easy;
}

static void perform(CURLM *multi)
{
    int running = 1;

    while (running != 0) {
        if (curl_multi_perform(multi, &running) != CURLM_OK)
            return;
        if (running != 0)
            curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
}

/* Both documents at once, on one connection. */
static kube_status libcurl_alone(bench *b, answer *a, kube_error **err)
{
    const char *const paths[] = { "/api", "/apis" };
    size_t bytes[2] = { 0 };
    long codes[2] = { 0 }, connections = 0;
    CURL *easy[2];
    struct curl_slist *headers;
    CURLM *multi;
    double began;

    curl_global_init(CURL_GLOBAL_DEFAULT);
    began = now_ns();
    headers = curl_slist_append(NULL, ACCEPT);
    multi = curl_multi_init();
    for (size_t i = 0; i < 2; i++) {
        easy[i] = make_request(b, paths[i], headers, &bytes[i]);
        curl_multi_add_handle(multi, easy[i]);
    }
    perform(multi);
    a->figure = now_ns() - began;
    for (size_t i = 0; i < 2; i++) {
        long opened = 0;

        curl_easy_getinfo(easy[i], CURLINFO_RESPONSE_CODE, &codes[i]);
        curl_easy_getinfo(easy[i], CURLINFO_NUM_CONNECTS, &opened);
        connections += opened;
        curl_multi_remove_handle(multi, easy[i]);
        curl_easy_cleanup(easy[i]);
    }
    curl_multi_cleanup(multi);
    curl_slist_free_all(headers);
    if (codes[0] != 200 || codes[1] != 200 || connections != 1)
        return kube_error_set(err, KUBE_ERR_INVALID_STATE, "HTTP %ld and %ld on %ld connections", codes[0], codes[1],
                              connections);
    return KUBE_OK;
}

/* --- files -------------------------------------------------------------------------------------------------------- */

static bench *listing;

static int list_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)ftw;
    if (kind == FTW_F && listing->file_count < BENCH_FILES_MAX)
        listing->files[listing->file_count++] = strdup(path);
    return 0;
}

static kube_status list_files(bench *b, kube_error **err)
{
    char path[BENCH_PATH_MAX];

    if (b->file_count == 0) {
        listing = b;
        snprintf(path, sizeof path, "%s/kubectl/discovery", b->work);
        nftw(path, list_one, 16, FTW_PHYS);
    }
    return b->file_count != 0 ? KUBE_OK : kube_error_set(err, KUBE_ERR_NOT_FOUND, "no files in %s", path);
}

/* How many bytes there were; 0 when it could not be read. */
static size_t load(const char *path, char *to, size_t max)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, to, max) : 0;

    if (fd >= 0)
        close(fd);
    return n > 0 ? (size_t)n : 0;
}

static bool read_one(const char *path)
{
    static char buffer[1u << 20];

    return load(path, buffer, sizeof buffer) != 0;
}

static bool stat_one(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0;
}

static kube_status each_file(bench *b, answer *a, bool visit(const char *path), kube_error **err)
{
    kube_status st = list_files(b, err);
    double began = now_ns();

    for (size_t i = 0; i < b->file_count && st == KUBE_OK; i++) {
        if (!visit(b->files[i]))
            st = kube_error_set(err, KUBE_ERR_IO, "cannot read %s", b->files[i]);
    }
    a->figure = now_ns() - began;
    return st;
}

static kube_status read_files(bench *b, answer *a, kube_error **err)
{
    return each_file(b, a, read_one, err);
}

static kube_status stat_files(bench *b, answer *a, kube_error **err)
{
    return each_file(b, a, stat_one, err);
}

/* The same tree once more: folders, and each file written to a temporary one and renamed, as both caches do; or, with
 * less than any cache could do, straight into its place. */
static bool make_folders(char *path, size_t from)
{
    for (char *slash = strchr(path + from, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        int made;

        *slash = '\0';
        made = mkdir(path, 0750);
        *slash = '/';
        if (made != 0 && errno != EEXIST)
            return false;
    }
    return true;
}

static bool write_one(const char *path, const char *temporary, const char *bytes, size_t len)
{
    int fd = open(temporary != NULL ? temporary : path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0660);
    bool ok = fd >= 0 && write(fd, bytes, len) == (ssize_t)len;

    if (fd >= 0)
        close(fd);
    return ok && (temporary == NULL || rename(temporary, path) == 0);
}

static kube_status write_tree(bench *b, answer *a, bool renaming, kube_error **err)
{
    static char bytes[1u << 20];
    char root[BENCH_PATH_MAX], path[2 * BENCH_PATH_MAX], temporary[BENCH_PATH_MAX];
    size_t source = strlen(b->work) + sizeof "/kubectl" - 1;
    kube_status st = list_files(b, err);
    double began, took = 0;

    snprintf(root, sizeof root, "%s/cold-limit", b->work);
    snprintf(temporary, sizeof temporary, "%s/cold-limit/temporary", b->work);
    for (size_t i = 0; i < b->file_count && st == KUBE_OK; i++) {
        size_t len = load(b->files[i], bytes, sizeof bytes);

        snprintf(path, sizeof path, "%s%s", root, b->files[i] + source);
        began = now_ns();
        if (!make_folders(path, strlen(b->work) + 1) || !write_one(path, renaming ? temporary : NULL, bytes, len))
            st = kube_error_set(err, KUBE_ERR_IO, "cannot write %s", path);
        took += now_ns() - began;
    }
    a->figure = took;
    put_aside(b, "cold-limit");
    return st;
}

static kube_status rename_files(bench *b, answer *a, kube_error **err)
{
    return write_tree(b, a, true, err);
}

static kube_status write_files(bench *b, answer *a, kube_error **err)
{
    return write_tree(b, a, false, err);
}

const job limit_jobs[] = {
    { "libcurl", libcurl_alone },   { "read-files", read_files },     { "stat-files", stat_files },
    { "write-files", write_files }, { "rename-files", rename_files }, { NULL, NULL },
};
