/* File names as text: no file is touched here. */
#ifndef KUBE_AUTH_PATH_H
#define KUBE_AUTH_PATH_H

#include "pool.h"

#include <stdbool.h>

bool kube__path_is_absolute(const char *path);
/* The path in its shortest form: no doubled slashes, "." and ".." resolved as text. NULL: no memory. */
char *kube__path_clean(kube__pool *pool, const char *path);
/* dir/name, cleaned; name alone when it is absolute. NULL: no memory. */
char *kube__path_join(kube__pool *pool, const char *dir, const char *name);
/* What is before the last slash, cleaned; "." where there is none. NULL: no memory. */
char *kube__path_dir(kube__pool *pool, const char *path);

#endif
