/**
 * @file
 * @brief Stores: bytes kept under structured keys, on disk, in memory, or wherever somebody implements one.
 *
 * @defgroup cache cache: where answers are remembered
 * @brief The store interface, the disk store and the memory store.
 * @{
 */
#ifndef KUBE_CACHE_STORE_H
#define KUBE_CACHE_STORE_H

#include <kube/base/blob.h>
#include <kube/base/call.h>
#include <kube/base/error.h>
#include <kube/base/export.h>
#include <kube/base/status.h>
#include <stddef.h>
#include <stdint.h>

KUBE_BEGIN_DECLS

/**
 * @brief A place where entries are kept: bytes with the time they were stored, under a key.
 *
 * An entry is replaced as a whole: a reader gets the old one or the new one, never a part of either.
 *
 * The functions here block. On a local store (on disk, in memory) that is for a file at most, they are legal inside a
 * callback of a loop, and a deadline has no say; on others a call takes 5 s at most unless its options say otherwise.
 * @threadsafety Thread-safe; counted.
 * @since 0.1
 */
typedef struct kube_store kube_store;

/** The most segments a key has. */
#define KUBE_STORE_KEY_MAX_SEGMENTS 6

/** The longest segment of a key, in bytes. */
#define KUBE_STORE_SEGMENT_MAX_BYTES 255

/** The longest validator of an entry, in bytes. */
#define KUBE_STORE_VALIDATOR_MAX_BYTES 4096

/**
 * @brief A key: one to six segments, as in {"apps", "v1", "serverresources.json"}.
 *
 * A segment is 1 to 255 bytes of UTF-8 without "/", NUL and control characters, and is neither "." nor "..": on disk
 * it is the name of a folder or a file. Keys that only differ in their case are different keys. One key must not be the
 * beginning of another. What does not fit is refused with KUBE_ERR_INVALID_ARG.
 * @since 0.1
 */
typedef struct kube_store_key {
    const char *const *segments; /**< NUL-terminated. */
    size_t             count;    /**< How many.       */
} kube_store_key;

/** @brief What a store knows of an entry besides its bytes. @since 0.1 */
typedef struct kube_store_info {
    uint64_t generation;        /**< Another number whenever anybody put, touched or restored the entry. Never 0. */
    int64_t  stored_at_unix_ms; /**< When it was put or touched, or since when it was known then. May lie in the
                                     future: clocks are set. */
    uint64_t bytes;             /**< How large it is in the store: its bytes, its validator, and what a store adds. */
} kube_store_info;

/**
 * @brief An entry that was read. Zeroed is a valid empty one.
 * @since 0.1
 */
typedef struct kube_store_entry {
    kube_blob      *bytes;     /**< What was put. Its own reference.                                */
    kube_blob      *validator; /**< What was put beside it, such as an ETag; NULL: nothing was.     */
    kube_store_info info;      /**< The rest.                                                       */
} kube_store_entry;

/**
 * @brief Releases what an entry holds and zeroes it.
 * @param[in,out] entry May be NULL or zeroed.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_store_entry_clear(kube_store_entry *entry);

/**
 * @brief One more reference.
 * @param[in] store May be NULL.
 * @return @p store.
 * @ownership    The caller's; release with kube_store_unref().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_store *kube_store_ref(kube_store *store);

/**
 * @brief One reference less; the last one frees the object. What is stored stays, unless the store is in memory.
 * @param[in] store May be NULL.
 * @threadsafety Any thread; not while a blocking call of this object runs in another thread, unless that thread holds a
 *               reference. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_store_unref(kube_store *store);

/**
 * @brief Reads an entry.
 * @param[in]  store The store.
 * @param[in]  key   Which.
 * @param[in]  opts  Deadline and cancel; NULL: the defaults.
 * @param[out] out   Receives it; untouched on failure.
 * @param[out] err   Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK              Read.
 * @retval KUBE_ERR_NOT_FOUND   There is none.
 * @retval KUBE_ERR_INVALID_ARG @p key is none.
 * @retval KUBE_ERR_LIMIT       It is larger than this store accepts.
 * @retval KUBE_ERR_PARSE       It is damaged: what is there was not put as it stands.
 * @retval KUBE_ERR_IO          It could not be read: the message says why.
 * @retval KUBE_ERR_TIMEOUT, KUBE_ERR_CANCELLED  As asked.
 * @retval KUBE_ERR_WOULD_DEADLOCK Called inside a callback of a loop, on a store that is not local.
 * @retval KUBE_ERR_FORKED      The object belongs to the parent process.
 * @ownership    `*out` is the caller's; release with kube_store_entry_clear().
 * @threadsafety Any thread, any number at once. @blocking Local stores: for the file. Others up to the deadline.
 * @since 0.1
 */
KUBE_API kube_status kube_store_get(kube_store *store, const kube_store_key *key, const kube_call_options *opts,
                                    kube_store_entry *out, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Keeps an entry in place of the one that was there, if any.
 * @param[in]  store     The store.
 * @param[in]  key       Under which key.
 * @param[in]  bytes     What to keep; may be empty.
 * @param[in]  validator Kept beside it; empty: nothing. At most KUBE_STORE_VALIDATOR_MAX_BYTES.
 * @param[in]  opts      Deadline and cancel; NULL: the defaults.
 * @param[out] out       Receives what the store now says of it; may be NULL.
 * @param[out] err       Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK              Kept.
 * @retval KUBE_ERR_INVALID_ARG @p key is none, or @p validator is too long.
 * @retval KUBE_ERR_LIMIT       It is larger than this store accepts.
 * @retval KUBE_ERR_UNSUPPORTED There is a validator, and this store keeps none.
 * @retval KUBE_ERR_IO          It could not be written; what was there before is still there, whole.
 * @retval KUBE_ERR_TIMEOUT, KUBE_ERR_CANCELLED, KUBE_ERR_WOULD_DEADLOCK, KUBE_ERR_FORKED  As kube_store_get().
 * @threadsafety Any thread, any number at once: the last one wins. @blocking As kube_store_get().
 * @since 0.1
 */
KUBE_API kube_status kube_store_put(kube_store *store, const kube_store_key *key, kube_str bytes, kube_str validator,
                                    const kube_call_options *opts, kube_store_info *out,
                                    kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Removes an entry.
 * @param[in]  store The store.
 * @param[in]  key   Which.
 * @param[in]  opts  Deadline and cancel; NULL: the defaults.
 * @param[out] err   Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK              It is not there any more, or never was.
 * @retval KUBE_ERR_INVALID_ARG @p key is none.
 * @retval KUBE_ERR_IO          It could not be removed.
 * @retval KUBE_ERR_TIMEOUT, KUBE_ERR_CANCELLED, KUBE_ERR_WOULD_DEADLOCK, KUBE_ERR_FORKED  As kube_store_get().
 * @threadsafety Any thread, any number at once. @blocking As kube_store_get().
 * @since 0.1
 */
KUBE_API kube_status kube_store_remove(kube_store *store, const kube_store_key *key, const kube_call_options *opts,
                                       kube_error **err) KUBE_MUST_CHECK;

KUBE_END_DECLS

/** @} */
#endif
