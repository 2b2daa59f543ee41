/**
 * @file
 * @brief Implementing a store, and using one as a part of a larger operation.
 * @ingroup cache
 *
 * Whatever may wait has the form that <kube/sys/io.h> describes: a final status now, or KUBE_PENDING and `done` later,
 * from a step of the loop. A store on this machine answers now; one that talks to a network must answer KUBE_PENDING.
 */
#ifndef KUBE_SYS_STORE_H
#define KUBE_SYS_STORE_H

#include <kube/base/clock.h>
#include <kube/base/str.h>
#include <kube/cache/store.h>
#include <kube/sys/io.h>
#include <stdbool.h>

KUBE_BEGIN_DECLS

/** @brief What is put. Valid until the operation has ended. @since 0.1 */
typedef struct kube_store_value {
    size_t   struct_size; /**< sizeof(kube_store_value).                                               */
    kube_str bytes;       /**< The entry.                                                              */
    kube_str validator;   /**< Kept beside it; empty: nothing. At most KUBE_STORE_VALIDATOR_MAX_BYTES. */
    int64_t  stored_at_unix_ms; /**< Since when it is known, where that is not now; 0: now. It is what
                                     kube_store_info::stored_at_unix_ms will say.                          */
} kube_store_value;

/**
 * @brief A lock that is held. The store makes and frees it.
 * @since 0.1
 */
typedef struct kube_store_lock kube_store_lock;

/**
 * @brief A get has ended.
 * @param[in] user   As given.
 * @param[in] status KUBE_OK or a failure.
 * @param[in] entry  Valid during the call; its blobs are the callee's to unref. NULL on failure.
 * @param[in] err    The explanation, the callee's to free; NULL on success.
 * @since 0.1
 */
typedef void kube_store_get_done(void *user, kube_status status, const kube_store_entry *entry, kube_error *err);

/**
 * @brief A put, a touch or a remove has ended.
 * @param[in] user   As given.
 * @param[in] status KUBE_OK or a failure.
 * @param[in] info   Of the entry, valid during the call; NULL on failure and after a remove.
 * @param[in] err    The explanation, the callee's to free; NULL on success.
 * @since 0.1
 */
typedef void kube_store_put_done(void *user, kube_status status, const kube_store_info *info, kube_error *err);

/**
 * @brief An attempt to lock has ended.
 * @param[in] user   As given.
 * @param[in] status KUBE_OK; KUBE_ERR_CONFLICT: somebody else holds it; or another failure.
 * @param[in] lock   The lock; NULL on failure.
 * @param[in] err    The explanation, the callee's to free; NULL on success.
 * @since 0.1
 */
typedef void kube_store_lock_done(void *user, kube_status status, kube_store_lock *lock, kube_error *err);

/**
 * @brief What a store can do. Called from any thread; on one loop from one thread at a time.
 *
 * Keys and values have been checked, and `out` is never NULL. `io` may be NULL in calls to a store that says
 * @ref is_local. In a forked child only `unlock` and `destroy` are called.
 * @since 0.1
 */
typedef struct kube_store_ops {
    size_t struct_size; /**< sizeof(kube_store_ops). */

    /** Frees the state; exactly once, after the last call and the last `done`. Any thread. May be NULL. */
    void (*destroy)(void *state);

    /** Reads an entry. KUBE_ERR_NOT_FOUND: there is none. Required. */
    kube_status (*get)(void *state, kube_io *io, const kube_store_key *key, const kube_call *call,
                       kube_store_get_done *done, void *user, kube_store_entry *out, kube_error **err);

    /** Replaces an entry; on failure the old one is still there. Required. */
    kube_status (*put)(void *state, kube_io *io, const kube_store_key *key, const kube_store_value *value,
                       const kube_call *call, kube_store_put_done *done, void *user, kube_store_info *out,
                       kube_error **err);

    /**
     * Says that the entry is still true: it counts as stored now. Only when its generation is still @p generation; else
     * KUBE_ERR_CONFLICT, and KUBE_ERR_NOT_FOUND when it is gone. May be NULL: the entry is put again.
     */
    kube_status (*touch)(void *state, kube_io *io, const kube_store_key *key, uint64_t generation,
                         const kube_call *call, kube_store_put_done *done, void *user, kube_store_info *out,
                         kube_error **err);

    /** Removes an entry; KUBE_OK when there is none. Required. */
    kube_status (*remove)(void *state, kube_io *io, const kube_store_key *key, const kube_call *call,
                          kube_store_put_done *done, void *user, kube_error **err);

    /**
     * What is known of an entry, at once: KUBE_OK, or KUBE_ERR_NOT_FOUND, or KUBE_ERR_IO when it cannot be told. Any
     * thread, no loop. May be NULL: this store would have to wait, and readers that hold an entry go by its age.
     */
    kube_status (*peek)(void *state, const kube_store_key *key, kube_store_info *out);

    /**
     * Takes the lock of this key unless somebody holds it: KUBE_ERR_CONFLICT, without waiting for it. A lock says
     * nothing about entries, and no entry may have its key. After @p lease_ms it may be given to another one, whether
     * or not its holder is still there; that of a process that ended is given away at once where that can be known. May
     * be NULL: there are no locks.
     */
    kube_status (*try_lock)(void *state, kube_io *io, const kube_store_key *key, int64_t lease_ms,
                            const kube_call *call, kube_store_lock_done *done, void *user, kube_store_lock **out,
                            kube_error **err);

    /**
     * Gives a lock back, never waiting, from any thread. Required with try_lock. In a forked child it lets go of what
     * the child holds of it, and the lock stays the parent's.
     */
    void (*unlock)(void *state, kube_store_lock *lock);

    /**
     * Another number whenever any entry was put, touched or removed: at once and cheap, any thread. Who has seen an
     * entry need not look again while it stays. May be NULL: it cannot be told.
     */
    uint64_t (*changes)(void *state);

    bool is_local;    /**< Every operation answers now, never KUBE_PENDING. */
    bool reserved[7]; /**< Zero.                                            */
} kube_store_ops;

/**
 * @brief Makes a store of functions and a state.
 * @param[in]  ops   Copied; `get`, `put` and `remove` are required.
 * @param[in]  state Handed to each function. Taken, on failure too: then it is destroyed at once.
 * @param[in]  clock For blocking calls; outlives the object. NULL: the system's.
 * @param[out] out   Receives it.
 * @param[out] err   Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK Made.
 * @retval KUBE_ERR_INVALID_ARG, KUBE_ERR_OUT_OF_MEMORY Not made.
 * @ownership    `*out` is the caller's; release with kube_store_unref().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_store_new(const kube_store_ops *ops, void *state, const kube_clock *clock, kube_store **out,
                                    kube_error **err) KUBE_MUST_CHECK;

/** @name The operations, for those who compose them
 *
 * Each is the op of the same name, behind a check of what it is given: KUBE_ERR_INVALID_ARG for a key or value that is
 * none, or no loop for a store that is not local; KUBE_ERR_FORKED in a process that did not make the store. The store
 * must live until the operation has ended.
 * @{ */

/**
 * @brief Reads an entry; see kube_store_ops::get.
 * @param[in]  store The store.
 * @param[in]  io    The loop; may be NULL for a local store.
 * @param[in]  key   Valid until the operation has ended.
 * @param[in]  call  Deadline and cancel; valid until the operation has ended.
 * @param[in]  done  Called once when KUBE_PENDING is returned.
 * @param[in]  user  Handed to @p done.
 * @param[out] out   Receives the entry when KUBE_OK is returned.
 * @param[out] err   Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK      `*out` is set.
 * @retval KUBE_PENDING @p done will be called.
 * @retval KUBE_ERR_NOT_FOUND There is no such entry. Other failures as kube_store_get().
 * @ownership    `*out` is the caller's; release with kube_store_entry_clear().
 * @threadsafety The thread that steps @p io. @blocking Never for long: local stores read a file.
 * @since 0.1
 */
KUBE_API kube_status kube_store_begin_get(kube_store *store, kube_io *io, const kube_store_key *key,
                                          const kube_call *call, kube_store_get_done *done, void *user,
                                          kube_store_entry *out, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Replaces an entry; see kube_store_ops::put.
 * @param[in]  store The store.
 * @param[in]  io    The loop; may be NULL for a local store.
 * @param[in]  key   Valid until the operation has ended.
 * @param[in]  value Valid until the operation has ended.
 * @param[in]  call  Deadline and cancel; valid until the operation has ended.
 * @param[in]  done  Called once when KUBE_PENDING is returned.
 * @param[in]  user  Handed to @p done.
 * @param[out] out   Receives what is known of the entry when KUBE_OK is returned; may be NULL.
 * @param[out] err   Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK              Put.
 * @retval KUBE_PENDING         @p done will be called.
 * @retval KUBE_ERR_INVALID_ARG @p store, @p key or @p value is none, or its validator is too long; or there is no
 *                              loop for a store that waits.
 * @retval KUBE_ERR_LIMIT       It is larger than this store accepts.
 * @retval KUBE_ERR_UNSUPPORTED There is a validator, and this store keeps none.
 * @retval KUBE_ERR_IO          It could not be written; what was there before is still there, whole.
 * @retval KUBE_ERR_FORKED      The store belongs to the parent process.
 * @retval KUBE_ERR_TIMEOUT, KUBE_ERR_CANCELLED As @p call says, of stores that wait.
 * @threadsafety The thread that steps @p io. @blocking Never for long: local stores write a file.
 * @since 0.1
 */
KUBE_API kube_status kube_store_begin_put(kube_store *store, kube_io *io, const kube_store_key *key,
                                          const kube_store_value *value, const kube_call *call,
                                          kube_store_put_done *done, void *user, kube_store_info *out,
                                          kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Says that an entry is still true; see kube_store_ops::touch.
 * @param[in]  store      The store.
 * @param[in]  io         The loop; may be NULL for a local store.
 * @param[in]  key        Valid until the operation has ended.
 * @param[in]  generation What it must still be.
 * @param[in]  call       Deadline and cancel; valid until the operation has ended.
 * @param[in]  done       Called once when KUBE_PENDING is returned.
 * @param[in]  user       Handed to @p done.
 * @param[out] out        Receives what is known of the entry when KUBE_OK is returned; may be NULL.
 * @param[out] err        Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK              It counts as stored now.
 * @retval KUBE_PENDING         @p done will be called.
 * @retval KUBE_ERR_CONFLICT    Somebody replaced it.
 * @retval KUBE_ERR_NOT_FOUND   It is gone.
 * @retval KUBE_ERR_UNSUPPORTED This store cannot: put it again.
 * @threadsafety The thread that steps @p io. @blocking Never for long.
 * @since 0.1
 */
KUBE_API kube_status kube_store_begin_touch(kube_store *store, kube_io *io, const kube_store_key *key,
                                            uint64_t generation, const kube_call *call, kube_store_put_done *done,
                                            void *user, kube_store_info *out, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Removes an entry; see kube_store_ops::remove.
 * @param[in]  store The store.
 * @param[in]  io    The loop; may be NULL for a local store.
 * @param[in]  key   Valid until the operation has ended.
 * @param[in]  call  Deadline and cancel; valid until the operation has ended.
 * @param[in]  done  Called once when KUBE_PENDING is returned.
 * @param[in]  user  Handed to @p done.
 * @param[out] err   Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK              It is not there.
 * @retval KUBE_PENDING         @p done will be called.
 * @retval KUBE_ERR_INVALID_ARG @p store or @p key is none, or there is no loop for a store that waits.
 * @retval KUBE_ERR_IO          It could not be removed.
 * @retval KUBE_ERR_FORKED      The store belongs to the parent process.
 * @retval KUBE_ERR_TIMEOUT, KUBE_ERR_CANCELLED As @p call says, of stores that wait.
 * @threadsafety The thread that steps @p io. @blocking Never for long.
 * @since 0.1
 */
KUBE_API kube_status kube_store_begin_remove(kube_store *store, kube_io *io, const kube_store_key *key,
                                             const kube_call *call, kube_store_put_done *done, void *user,
                                             kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief What is known of an entry, at once; see kube_store_ops::peek.
 * @param[in]  store The store.
 * @param[in]  key   Which.
 * @param[out] out   Receives it when KUBE_OK is returned.
 * @retval KUBE_OK              `*out` is set.
 * @retval KUBE_ERR_NOT_FOUND   There is no such entry.
 * @retval KUBE_ERR_IO          It cannot be told.
 * @retval KUBE_ERR_UNSUPPORTED This store cannot tell without waiting.
 * @retval KUBE_ERR_INVALID_ARG, KUBE_ERR_FORKED As kube_store_get().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_store_peek(kube_store *store, const kube_store_key *key,
                                     kube_store_info *out) KUBE_MUST_CHECK;

/**
 * @brief Takes a lock unless somebody holds it; see kube_store_ops::try_lock.
 * @param[in]  store    The store.
 * @param[in]  io       The loop; may be NULL for a local store.
 * @param[in]  key      The lock's; no entry may have it. Valid until the operation has ended.
 * @param[in]  lease_ms After this it may be given to another one. More than 0.
 * @param[in]  call     Deadline and cancel; valid until the operation has ended.
 * @param[in]  done     Called once when KUBE_PENDING is returned.
 * @param[in]  user     Handed to @p done.
 * @param[out] out      Receives the lock when KUBE_OK is returned.
 * @param[out] err      Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK              It is held until kube_store_unlock(), or until the lease is over.
 * @retval KUBE_PENDING         @p done will be called.
 * @retval KUBE_ERR_CONFLICT    Somebody holds it.
 * @retval KUBE_ERR_UNSUPPORTED This store has no locks.
 * @ownership    `*out` is given back with kube_store_unlock(), by the process that took it.
 * @threadsafety The thread that steps @p io. @blocking Never for long.
 * @since 0.1
 */
KUBE_API kube_status kube_store_begin_lock(kube_store *store, kube_io *io, const kube_store_key *key,
                                           int64_t lease_ms, const kube_call *call, kube_store_lock_done *done,
                                           void *user, kube_store_lock **out, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Gives a lock back.
 * @param[in] store The store that gave it.
 * @param[in] lock  May be NULL. Not after the last reference to the store.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_store_unlock(kube_store *store, kube_store_lock *lock);

/**
 * @brief Whether anything has changed; see kube_store_ops::changes.
 * @param[in]  store The store.
 * @param[out] out   Receives a number that is another one after each change.
 * @retval KUBE_OK              `*out` is set.
 * @retval KUBE_ERR_UNSUPPORTED This store cannot tell.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_store_changes(kube_store *store, uint64_t *out) KUBE_MUST_CHECK;

/**
 * @brief Whether a store answers every operation at once, and may be given no loop.
 * @param[in] store The store.
 * @return kube_store_ops::is_local.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API bool kube_store_is_local(const kube_store *store);
/** @} */

KUBE_END_DECLS

#endif
