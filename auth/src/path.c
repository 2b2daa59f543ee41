#include "path.h"

bool kube__path_is_absolute(const char *path)
{
    return path[0] == '/';
}

/* Takes the last segment off out[0..len), unless that is ".." or nothing is left to take. */
static bool step_back(const char *out, size_t *len, size_t floor)
{
    size_t start = *len;

    while (start > floor && out[start - 1] != '/')
        start--;
    if (*len == floor || (*len - start == 2 && out[start] == '.' && out[start + 1] == '.'))
        return false;
    *len = start > floor ? start - 1 : floor;
    return true;
}

char *kube__path_clean(kube__pool *pool, const char *path)
{
    bool rooted = kube__path_is_absolute(path);
    size_t floor = rooted ? 1 : 0, len = floor;
    char *out = kube__pool_alloc(pool, strlen(path) + 2);

    if (out == NULL)
        return NULL;
    if (rooted)
        out[0] = '/';
    for (const char *p = path; *p != '\0';) {
        size_t n = strcspn(p, "/");

        if (n == 2 && p[0] == '.' && p[1] == '.' && (step_back(out, &len, floor) || rooted)) {
            /* the segment before it is gone, or there is nothing above the root */
        } else if (n != 0 && !(n == 1 && p[0] == '.')) {
            if (len > floor)
                out[len++] = '/';
            memcpy(out + len, p, n);
            len += n;
        }
        p += n;
        p += strspn(p, "/");
    }
    if (len == 0)
        out[len++] = '.';
    out[len] = '\0';
    return out;
}

char *kube__path_join(kube__pool *pool, const char *dir, const char *name)
{
    char *both;

    if (kube__path_is_absolute(name) || dir[0] == '\0')
        return kube__path_clean(pool, name);
    both = kube__pool_join(pool, kube_str_c(dir), kube_str_c("/"), kube_str_c(name));
    return both != NULL ? kube__path_clean(pool, both) : NULL;
}

char *kube__path_dir(kube__pool *pool, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *dir;

    if (slash == NULL)
        return kube__pool_strndup(pool, kube_str_c("."));
    dir = kube__pool_strndup(pool, kube_str_n(path, (size_t)(slash - path) + 1));
    return dir != NULL ? kube__path_clean(pool, dir) : NULL;
}
