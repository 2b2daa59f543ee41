/**
 * @file
 * @brief The loop: everything that waits, behind one descriptor.
 * @ingroup base
 *
 * A program that has an event loop adds kube_io_fd() to it and calls kube_io_step() when the descriptor is readable:
 *
 * @code
 * ev.events = EPOLLIN;
 * ev.data.ptr = io;
 * epoll_ctl(my_loop, EPOLL_CTL_ADD, kube_io_fd(io), &ev);
 * ...
 * kube_status st = kube_io_step(io, 10);       // in my loop, when the descriptor is readable
 * @endcode
 *
 * A program without one calls kube_io_run() in a loop, or uses the blocking functions and never sees a kube_io.
 *
 * The rules:
 * - one thread at a time steps a kube_io, and only that thread starts operations on it;
 * - callbacks run only inside kube_io_step(), kube_io_run() and, for what is still in flight, kube_io_free();
 *   a function that starts something never calls back itself;
 * - each started operation gets exactly one `done`, also when it is cancelled;
 * - from other threads kube_io_wake(), kube_io_submit() and kube_cancel_fire() are allowed, nothing else;
 * - inside a callback, functions that block return KUBE_ERR_WOULD_DEADLOCK;
 * - in a forked child every function returns KUBE_ERR_FORKED, and kube_io_free() leaves the parent's state alone.
 */
#ifndef KUBE_BASE_IO_H
#define KUBE_BASE_IO_H

#include <kube/base/clock.h>
#include <kube/base/error.h>
#include <kube/base/export.h>
#include <kube/base/status.h>
#include <stddef.h>
#include <stdint.h>

KUBE_BEGIN_DECLS

/**
 * @brief A loop: descriptors, timers, wake-ups and child processes behind one epoll descriptor.
 * @threadsafety One thread at a time, except where a function says otherwise.
 * @since 0.1
 */
typedef struct kube_io kube_io;

/** @brief Options of kube_io_new(). @since 0.1 */
typedef struct kube_io_options {
    size_t            struct_size; /**< Set by KUBE_IO_OPTIONS_INIT.                                                */
    const kube_clock *clock;       /**< NULL: the system's. With another clock timers fire only when a step is made
                                        after it advanced; the descriptor does not become readable by itself.       */
} kube_io_options;

#ifdef __cplusplus
static inline kube_io_options kube_io_options_make(void)
{
    kube_io_options o = kube_io_options();
    o.struct_size = sizeof o;
    return o;
}
/** Initialises a kube_io_options. */
#define KUBE_IO_OPTIONS_INIT kube_io_options_make()
#else
/** Initialises a kube_io_options. */
#define KUBE_IO_OPTIONS_INIT { .struct_size = sizeof(kube_io_options) }
#endif

/**
 * @brief Makes a loop. It takes three descriptors and no thread.
 * @param[in]  opts Options; NULL: the defaults.
 * @param[out] out  Receives it.
 * @param[out] err  Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK         Made.
 * @retval KUBE_ERR_IO     The process or the system has no descriptor left.
 * @ownership    `*out` is the caller's; free with kube_io_free().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_io_new(const kube_io_options *opts, kube_io **out, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Ends everything in flight and frees the loop.
 *
 * Each operation still in flight gets its `done` with KUBE_ERR_CANCELLED before this returns; afterwards nothing runs.
 * Clients that were used with the loop stay valid.
 * @param[in] io The loop; NULL is accepted. Not inside one of its own callbacks.
 * @threadsafety The stepping thread; no other thread may use @p io any more. @blocking Up to one second, and only while
 *               a child process that was killed has not ended yet.
 * @since 0.1
 */
KUBE_API void kube_io_free(kube_io *io);

/**
 * @brief The descriptor to poll for reading, level-triggered.
 *
 * Edge-triggered works too when kube_io_step() is repeated until it returns KUBE_OK.
 * @param[in] io The loop.
 * @return The descriptor; it never changes. Do not read, write or close it.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API int kube_io_fd(const kube_io *io);

/**
 * @brief Does what is ready to be done, without waiting for more.
 * @param[in] io        The loop.
 * @param[in] budget_ms After this time nothing new is begun; what is left keeps the descriptor readable. 0: one round.
 * @retval KUBE_OK                 Nothing is left to do now.
 * @retval KUBE_PENDING            The budget was used up first: call again soon.
 * @retval KUBE_ERR_WOULD_DEADLOCK Called inside a callback of a loop.
 * @retval KUBE_ERR_INVALID_STATE  Another thread is stepping it.
 * @retval KUBE_ERR_FORKED         The loop belongs to the parent process.
 * @threadsafety One thread at a time. @blocking Never waits; callbacks take the time they take.
 * @since 0.1
 */
KUBE_API kube_status kube_io_step(kube_io *io, uint32_t budget_ms) KUBE_MUST_CHECK;

/**
 * @brief Waits until something is ready, then does it: one round, for programs without a loop of their own.
 * @param[in] io          The loop.
 * @param[in] max_wait_ms How long to wait at most; negative: as long as it takes.
 * @retval KUBE_OK      A round was made, perhaps with nothing to do (time passed, a signal, kube_io_wake()).
 * @retval KUBE_ERR_IO  The system refused to wait.
 * @retval KUBE_ERR_WOULD_DEADLOCK, KUBE_ERR_INVALID_STATE, KUBE_ERR_FORKED As for kube_io_step().
 * @threadsafety One thread at a time. @blocking Up to @p max_wait_ms.
 * @since 0.1
 */
KUBE_API kube_status kube_io_run(kube_io *io, int64_t max_wait_ms) KUBE_MUST_CHECK;

/**
 * @brief Makes the descriptor readable, or kube_io_run() return.
 * @param[in] io The loop.
 * @threadsafety Any thread, also a signal handler. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_io_wake(kube_io *io);

/**
 * @brief Has a function called by the next step, in the thread that makes it.
 * @param[in]  io   The loop.
 * @param[in]  fn   Called once. When the loop is freed first, it is called by kube_io_free().
 * @param[in]  user Handed to @p fn.
 * @param[out] err  Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK Queued; calls are made in the order of submission.
 * @retval KUBE_ERR_OUT_OF_MEMORY, KUBE_ERR_FORKED Not queued.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_io_submit(kube_io *io, void (*fn)(void *user), void *user, kube_error **err) KUBE_MUST_CHECK;

KUBE_END_DECLS

#endif
