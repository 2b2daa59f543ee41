/**
 * @file
 * @brief Log messages, handed to a callback of the object's owner. libkube prints nothing.
 * @ingroup base
 */
#ifndef KUBE_BASE_LOG_H
#define KUBE_BASE_LOG_H

#include <kube/base/export.h>
#include <stddef.h>

KUBE_BEGIN_DECLS

/** @brief How much a message matters. @since 0.1 */
typedef enum kube_log_level {
    KUBE_LOG_WARNING = 1, /**< Something was wrong and libkube went on: an operator should know. */
    KUBE_LOG_INFO    = 2, /**< A step worth knowing: a request and its status.                  */
    KUBE_LOG_DEBUG   = 3  /**< Details: headers (secrets masked), decisions.                    */
} kube_log_level;

/**
 * @brief Receives one message.
 *
 * Called from whatever thread does the work, never under a lock of libkube's. It must not call back into the object
 * that logs.
 * @param[in] user    kube_logger::user.
 * @param[in] level   How much it matters.
 * @param[in] message One line without a line feed, free of secrets, control bytes escaped. Valid during the call.
 * @since 0.1
 */
typedef void kube_log_fn(void *user, kube_log_level level, const char *message);

/**
 * @brief Where an object's messages go. A zeroed one logs nothing.
 * @since 0.1
 */
typedef struct kube_logger {
    kube_log_fn   *fn;    /**< NULL: silence.                                         */
    void          *user;  /**< Handed to @ref fn; outlives the object that logs.      */
    kube_log_level level; /**< The most detailed level wanted; 0: KUBE_LOG_WARNING.   */
} kube_logger;

/**
 * @brief Writes one message to a logger, for those who implement parts of libkube.
 * @param[in] logger May be NULL.
 * @param[in] level  How much it matters; nothing is formatted when the logger does not want it.
 * @param[in] format A literal. At most 1024 bytes of the result are kept; control bytes become `\xNN`.
 * @threadsafety Any thread. @blocking As long as the callback does.
 * @since 0.1
 */
KUBE_API void kube_log(const kube_logger *logger, kube_log_level level, const char *format, ...) KUBE_PRINTF(3, 4);

KUBE_END_DECLS

#endif
