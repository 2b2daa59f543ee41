/**
 * @file
 * @brief The version a server says it is.
 * @ingroup discovery
 */
#ifndef KUBE_DISCOVERY_SERVER_VERSION_H
#define KUBE_DISCOVERY_SERVER_VERSION_H

#include <kube/base/export.h>

KUBE_BEGIN_DECLS

/**
 * @brief What a server answers at /version. Strings are never NULL; what the server left out reads as "".
 * @threadsafety Immutable, counted: share freely.
 * @since 0.1
 */
typedef struct kube_server_version kube_server_version;

/**
 * @brief One more reference.
 * @param[in] version May be NULL.
 * @return @p version.
 * @ownership    The caller's; release with kube_server_version_unref().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_server_version *kube_server_version_ref(kube_server_version *version);

/**
 * @brief One reference less; the last one frees.
 * @param[in] version May be NULL.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_server_version_unref(kube_server_version *version);

/** @brief The strings of a version. @since 0.1 */
typedef enum kube_server_version_field {
    KUBE_SERVER_VERSION_MAJOR                   = 0,  /**< "1".                                             */
    KUBE_SERVER_VERSION_MINOR                   = 1,  /**< "37"; some vendors write "37+".                  */
    KUBE_SERVER_VERSION_EMULATION_MAJOR         = 2,  /**< Of the version the server behaves as.            */
    KUBE_SERVER_VERSION_EMULATION_MINOR         = 3,  /**< As above.                                        */
    KUBE_SERVER_VERSION_MIN_COMPATIBILITY_MAJOR = 4,  /**< Of the oldest version it can work together with. */
    KUBE_SERVER_VERSION_MIN_COMPATIBILITY_MINOR = 5,  /**< As above.                                        */
    KUBE_SERVER_VERSION_GIT_VERSION             = 6,  /**< "v1.37.2": what to show to a person.             */
    KUBE_SERVER_VERSION_GIT_COMMIT              = 7,  /**< The commit it was built from.                    */
    KUBE_SERVER_VERSION_GIT_TREE_STATE          = 8,  /**< "clean" or "dirty".                              */
    KUBE_SERVER_VERSION_BUILD_DATE              = 9,  /**< RFC 3339.                                        */
    KUBE_SERVER_VERSION_GO_VERSION              = 10, /**< "go1.26.1".                                      */
    KUBE_SERVER_VERSION_COMPILER                = 11, /**< "gc".                                            */
    KUBE_SERVER_VERSION_PLATFORM                = 12  /**< "linux/amd64".                                   */
} kube_server_version_field;

/**
 * @brief One of the strings.
 * @param[in] version The version.
 * @param[in] field   Which.
 * @return The string; "" when the server does not say, or @p field is unknown to this release.
 * @ownership    Borrowed; lives as long as @p version.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_server_version_get(const kube_server_version *version, kube_server_version_field field);

/**
 * @brief What to show to a person.
 * @param[in] version The version.
 * @return "v1.37.2".
 * @ownership    Borrowed; lives as long as @p version.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_server_version_git_version(const kube_server_version *version);

KUBE_END_DECLS

#endif
