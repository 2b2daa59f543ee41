/**
 * @file
 * @brief A store in a folder on a local disk.
 * @ingroup cache
 */
#ifndef KUBE_CACHE_DISK_STORE_H
#define KUBE_CACHE_DISK_STORE_H

#include <kube/base/buf.h>
#include <kube/base/clock.h>
#include <kube/cache/store.h>

KUBE_BEGIN_DECLS

/** @brief What an entry's file looks like. @since 0.1 */
typedef enum kube_disk_store_form {
    KUBE_DISK_STORE_FORM_FRAMED = 0, /**< A header with a checksum, and the validator, before the bytes;
                                          docs/formats.md. */
    KUBE_DISK_STORE_FORM_PLAIN  = 1  /**< The bytes and nothing else, as other programs write and read them. No
                                          validator can be kept, and damage is not noticed. */
} kube_disk_store_form;

/** @brief Options of kube_disk_store_new(). Zeroed members mean the defaults. @since 0.1 */
typedef struct kube_disk_store_options {
    size_t      struct_size;     /**< Set by KUBE_DISK_STORE_OPTIONS_INIT. */
    const char *path;            /**< Required: the folder. It, and what is missing above it, is made by the first entry
                                      that is put. Copied. */
    const char *temp_path;       /**< Where files are written before they take their place; on the same file system,
                                      else each is written twice. Made when missing. NULL: ".tmp" in @ref path, and no
                                      key may begin with that. Copied. */
    uint64_t    max_entry_bytes; /**< More is refused, when read and when put. 0: 64 MiB. */
    const kube_clock *clock;     /**< Outlives the store; says when an entry is stored, which leftovers are old, and
                                      when a lease is over. NULL: the system's. */
    uint32_t    dir_mode;        /**< Of new folders, less the umask. 0: 0700. */
    uint32_t    file_mode;       /**< Of files, whatever the umask. 0: 0600. */
    kube_disk_store_form form;   /**< What a file looks like. */
    uint32_t    reserved;        /**< Zero. */
} kube_disk_store_options;

#ifdef __cplusplus
static inline kube_disk_store_options kube_disk_store_options_make(void)
{
    kube_disk_store_options o = kube_disk_store_options();
    o.struct_size = sizeof o;
    return o;
}
/** Initialises a kube_disk_store_options. */
#define KUBE_DISK_STORE_OPTIONS_INIT kube_disk_store_options_make()
#else
/** Initialises a kube_disk_store_options. */
#define KUBE_DISK_STORE_OPTIONS_INIT { .struct_size = sizeof(kube_disk_store_options) }
#endif

/**
 * @brief Makes a store over a folder. Nothing is touched before the first operation.
 *
 * The segments of a key are folders and, at the end, a file, whose modification time is when it was stored. It is
 * written in the folder for temporary files and renamed: a reader sees the old entry or the new one, also when the
 * writer is killed. What a killed writer left there is removed by the first put of another store, once it has not
 * been changed for a minute. Nothing is flushed to the disk: after a power failure an entry may be gone or damaged,
 * which a framed entry notices.
 *
 * Below @ref kube_disk_store_options::path no symbolic link is followed and only regular files are read; what else is
 * there is KUBE_ERR_IO. A folder that belongs to somebody else than this process's user or root is not used: reading
 * and writing are KUBE_ERR_IO. A folder that somebody removed is made anew by the next put.
 *
 * A relative path means the current folder of the moment in which it is opened. Operations answer at once. Each holds
 * at most three descriptors, the store itself one. Peeking looks at a file's metadata only, and follows links above it.
 * @param[in]  opts Options; the path is required.
 * @param[out] out  Receives it.
 * @param[out] err  Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK                Made.
 * @retval KUBE_ERR_INVALID_ARG   @p opts is NULL or not initialised, has no path or a mode that is none.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @ownership    `*out` is the caller's; release with kube_store_unref().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_disk_store_new(const kube_disk_store_options *opts, kube_store **out,
                                         kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Appends the path of kubectl's cache folder: `$KUBECACHEDIR`, else `$HOME/.kube/cache`.
 *
 * In a set-uid program the environment is not looked at.
 * @param[in,out] out Receives it behind what it holds; its own failure is kube_buf_status().
 * @param[out]    err Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK         Appended.
 * @retval KUBE_ERR_CONFIG Neither variable is set.
 * @threadsafety Any thread, as long as none changes the environment. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_disk_cache_root(kube_buf *out, kube_error **err) KUBE_MUST_CHECK;

KUBE_END_DECLS

#endif
