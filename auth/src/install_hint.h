/* The text a kubeconfig gives to those who lack a plugin. */
#ifndef KUBE_AUTH_INSTALL_HINT_H
#define KUBE_AUTH_INSTALL_HINT_H

#include "pool.h"

/* A copy that a terminal can be trusted with: control characters, characters that change the direction of text, private
 * ones and bytes that are no UTF-8 are written as U+XXXX. At most 4096 bytes. NULL: no memory. */
char *kube__install_hint(kube__pool *pool, kube_str text);

#endif
