/**
 * @file
 * @brief Which libkube this is.
 * @ingroup base
 */
#ifndef KUBE_BASE_VERSION_H
#define KUBE_BASE_VERSION_H

#include <kube/base/export.h>

KUBE_BEGIN_DECLS

#define KUBE_VERSION_MAJOR 0
#define KUBE_VERSION_MINOR 1
#define KUBE_VERSION_PATCH 0
#define KUBE_VERSION "0.1.0"

/**
 * @brief The version of the library that is loaded, which may be newer than the headers.
 * @return "major.minor.patch".
 * @ownership    Static.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_version(void);

KUBE_END_DECLS

#endif
