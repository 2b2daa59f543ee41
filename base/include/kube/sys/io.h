/**
 * @file
 * @brief Putting descriptors, timers, tasks, child processes and interruptible operations on a loop, for those who
 *        implement a transport, a credential, a resolver, a store or a discovery.
 * @ingroup base
 *
 * Unless a function says otherwise all of this is for the thread that steps the loop, and objects are freed before
 * their loop (or by the callback of their guard, which kube_io_free() calls).
 *
 * Whatever may wait has one form, in every interface of libkube:
 *
 * @code
 * kube_status op(void *state, kube_io *io, const request *, const kube_call *call,
 *                done_fn *done, void *user, T **out, kube_error **err);
 * @endcode
 *
 * It returns a final status with the value in `*out`, and then never calls @c done; or KUBE_PENDING, and calls @c done
 * exactly once, later, from a step of the loop. It never calls @c done before it returns. It ends at once with
 * KUBE_ERR_CANCELLED or KUBE_ERR_TIMEOUT when its call is cancelled or its deadline passes: a kube_io_guard does that.
 */
#ifndef KUBE_SYS_IO_H
#define KUBE_SYS_IO_H

#include <kube/base/call.h>
#include <kube/base/io.h>
#include <kube/base/str.h>
#include <stdbool.h>

KUBE_BEGIN_DECLS

/**
 * @brief What an operation has to respect: its deadline and its cancel.
 *
 * Passed down unchanged from the outermost operation to the innermost.
 * @since 0.1
 */
typedef struct kube_call {
    int64_t      deadline_ns; /**< On the monotonic clock of the loop; 0: none.       */
    kube_cancel *cancel;      /**< Lives until the operation is done. NULL: none.     */
} kube_call;

/**
 * @brief The call that a user's options mean.
 * @param[in]  io                 The loop whose clock counts.
 * @param[in]  opts               The user's options; NULL: the defaults.
 * @param[in]  default_timeout_ms Used where the options say nothing; 0: none.
 * @param[out] out                Receives it; it borrows the cancel.
 * @param[out] err                Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK              Filled in.
 * @retval KUBE_ERR_INVALID_ARG The options were not initialised.
 * @retval KUBE_ERR_UNSUPPORTED They come from a newer release and ask for what this one lacks.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_call_init(kube_io *io, const kube_call_options *opts, int64_t default_timeout_ms,
                                    kube_call *out, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief The loop's monotonic time, read anew.
 * @param[in] io The loop.
 * @return Nanoseconds.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API int64_t kube_io_now_ns(const kube_io *io);

/**
 * @brief The loop's clock.
 * @param[in] io The loop.
 * @return The clock it was made with.
 * @ownership    Lives as long as the loop.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const kube_clock *kube_io_clock(const kube_io *io);

/** @name Descriptors
 * @{ */

/** @brief A watched descriptor. @since 0.1 */
typedef struct kube_io_watch kube_io_watch;

#define KUBE_IO_READ  1u /**< Wait for input; reported when there is some.  */
#define KUBE_IO_WRITE 2u /**< Wait for room; reported when there is some.   */
#define KUBE_IO_ERROR 4u /**< Reported on error or hang-up, asked for or not. */

/**
 * @brief Reports that a descriptor is ready.
 * @param[in] user   As registered.
 * @param[in] events KUBE_IO_READ, KUBE_IO_WRITE, KUBE_IO_ERROR in any combination.
 * @since 0.1
 */
typedef void kube_io_watch_fn(void *user, unsigned events);

/**
 * @brief Watches a descriptor, level-triggered. A descriptor has one watch: a second one is told KUBE_IO_ERROR.
 * @param[in]  io     The loop.
 * @param[in]  fd     Stays the caller's; must be open until the watch is freed.
 * @param[in]  events What to wait for; 0: nothing yet.
 * @param[in]  fn     Called by a step.
 * @param[in]  user   Handed to @p fn.
 * @param[out] out    Receives the watch.
 * @param[out] err    Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK Watched.
 * @retval KUBE_ERR_OUT_OF_MEMORY, KUBE_ERR_FORKED Not watched.
 * @ownership    `*out` is the caller's; free with kube_io_watch_free().
 * @threadsafety The stepping thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_io_watch_new(kube_io *io, int fd, unsigned events, kube_io_watch_fn *fn, void *user,
                                       kube_io_watch **out, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Changes what to wait for. The system is told once per round, and only of differences.
 * @param[in] watch  The watch.
 * @param[in] events What to wait for; 0: nothing.
 * @threadsafety The stepping thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_io_watch_set(kube_io_watch *watch, unsigned events);

/**
 * @brief Ends a watch. Its callback is not called any more, not even for an event already fetched.
 * @param[in] watch The watch; NULL is accepted. Legal inside its own callback.
 * @threadsafety The stepping thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_io_watch_free(kube_io_watch *watch);
/** @} */

/** @name Timers
 * @{ */

/** @brief A one-shot timer, started as often as wanted. @since 0.1 */
typedef struct kube_io_timer kube_io_timer;

/**
 * @brief Makes a timer, not started.
 * @param[in]  io   The loop.
 * @param[in]  fn   Called by a step when the time has come.
 * @param[in]  user Handed to @p fn.
 * @param[out] out  Receives the timer.
 * @param[out] err  Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK Made: starting it cannot fail any more.
 * @retval KUBE_ERR_OUT_OF_MEMORY, KUBE_ERR_FORKED Not made.
 * @ownership    `*out` is the caller's; free with kube_io_timer_free().
 * @threadsafety The stepping thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_io_timer_new(kube_io *io, void (*fn)(void *user), void *user, kube_io_timer **out,
                                       kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Starts or restarts a timer.
 * @param[in] timer The timer.
 * @param[in] at_ns When, on the loop's monotonic clock; a time in the past means the next round.
 * @threadsafety The stepping thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_io_timer_start(kube_io_timer *timer, int64_t at_ns);

/**
 * @brief Stops a timer; nothing happens when it is not running.
 * @param[in] timer The timer.
 * @threadsafety The stepping thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_io_timer_stop(kube_io_timer *timer);

/**
 * @brief Stops and frees a timer.
 * @param[in] timer The timer; NULL is accepted. Legal inside its own callback.
 * @threadsafety The stepping thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_io_timer_free(kube_io_timer *timer);
/** @} */

/** @name Tasks
 * @{ */

/** @brief A function that can be queued without failing, from any thread. @since 0.1 */
typedef struct kube_io_task kube_io_task;

/**
 * @brief Makes a task, not queued.
 * @param[in]  io   The loop.
 * @param[in]  fn   Called by a step.
 * @param[in]  user Handed to @p fn.
 * @param[out] out  Receives the task.
 * @param[out] err  Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK Made: queueing it cannot fail any more.
 * @retval KUBE_ERR_OUT_OF_MEMORY, KUBE_ERR_FORKED Not made.
 * @ownership    `*out` is the caller's; free with kube_io_task_free().
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_io_task_new(kube_io *io, void (*fn)(void *user), void *user, kube_io_task **out,
                                      kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Queues a task; one that is queued already stays where it is.
 * @param[in] task The task.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_io_task_post(kube_io_task *task);

/**
 * @brief Takes a task out of the queue and frees it.
 * @param[in] task The task; NULL is accepted. Legal inside its own callback. No other thread may still post it.
 * @threadsafety The stepping thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_io_task_free(kube_io_task *task);
/** @} */

/** @name Interruption
 * @{ */

/** @brief Watches over one operation: its cancel, its deadline, and the end of its loop. @since 0.1 */
typedef struct kube_io_guard kube_io_guard;

/**
 * @brief Tells an operation to end now.
 *
 * The operation finishes with @p why, frees what it holds (this guard too) and calls its `done`.
 * @param[in] user As registered.
 * @param[in] why  KUBE_ERR_CANCELLED (fired, or the loop is being freed) or KUBE_ERR_TIMEOUT.
 * @since 0.1
 */
typedef void kube_io_guard_fn(void *user, kube_status why);

/**
 * @brief Puts an operation under guard.
 * @param[in]  io   The loop.
 * @param[in]  call Deadline and cancel; NULL: only the end of the loop.
 * @param[in]  fn   Called at most once, by a step or by kube_io_free(); never by this function.
 * @param[in]  user Handed to @p fn.
 * @param[out] out  Receives the guard.
 * @param[out] err  Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK               Guarded.
 * @retval KUBE_ERR_CANCELLED    The call is cancelled already, or the loop is being freed: do not begin.
 * @retval KUBE_ERR_TIMEOUT      The deadline has passed already.
 * @retval KUBE_ERR_OUT_OF_MEMORY, KUBE_ERR_FORKED Not guarded.
 * @ownership    `*out` is the caller's; free with kube_io_guard_free().
 * @threadsafety The stepping thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_io_guard_new(kube_io *io, const kube_call *call, kube_io_guard_fn *fn, void *user,
                                       kube_io_guard **out, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Ends the guard; its callback is not called any more.
 * @param[in] guard The guard; NULL is accepted. Legal inside its own callback.
 * @threadsafety The stepping thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_io_guard_free(kube_io_guard *guard);
/** @} */

/** @name Child processes
 * @{ */

/** @brief What to run. @since 0.1 */
typedef struct kube_io_child_options {
    size_t             struct_size;      /**< sizeof(kube_io_child_options).                                         */
    const char        *path;             /**< The program's file; not looked up in PATH.                             */
    const char *const *argv;             /**< With argv[0]; ends with NULL.                                          */
    const char *const *envp;             /**< "NAME=value" entries, ends with NULL; NULL: the process's own.         */
    size_t             max_output_bytes; /**< Ceiling for standard output; 0: 1 MiB.                                 */
    bool               inherit_stdin;    /**< Hand down standard input; else it is empty.                            */
    bool               reserved[7];      /**< Zero.                                                                  */
} kube_io_child_options;

/**
 * @brief A child has ended, or its run was interrupted.
 * @param[in] user        As registered.
 * @param[in] status      KUBE_OK: it ended by itself, see @p wait_status. KUBE_ERR_CANCELLED, KUBE_ERR_TIMEOUT: it was
 *                        killed. KUBE_ERR_LIMIT: too much output. KUBE_ERR_OUT_OF_MEMORY: no room for it. Either way
 *                        killed, unless it had ended by then. KUBE_ERR_IO: the kernel will not watch it (too many
 *                        watches), killed.
 * @param[in] wait_status As waitpid() gives it; -1 when it was killed, which is told before it has ended, and when the
 *                        host process reaped it first.
 * @param[in] output      Its standard output, writable so that secrets can be overwritten. Valid during the call.
 * @param[in] output_len  How many bytes.
 * @since 0.1
 */
typedef void kube_io_child_done(void *user, kube_status status, int wait_status, char *output, size_t output_len);

/**
 * @brief Starts a program; its standard output is collected, its standard error is the process's own.
 *
 * Signals are at their defaults in it, and no descriptor above 2 is handed down. It is killed (SIGKILL) when the call
 * is cancelled, its deadline passes or the loop is freed. The host needs no SIGCHLD handler; one that waits for any
 * child may take the exit status away.
 * @param[in]  io   The loop.
 * @param[in]  opts What to run.
 * @param[in]  call Deadline and cancel; NULL: none.
 * @param[in]  done Called once, by a step, unless this function fails.
 * @param[in]  user Handed to @p done.
 * @param[out] err  Receives the explanation of a failure; may be NULL.
 * @retval KUBE_PENDING         It runs.
 * @retval KUBE_ERR_NOT_FOUND   There is no such file.
 * @retval KUBE_ERR_IO          The system refused: not executable, too many processes or descriptors.
 * @retval KUBE_ERR_CANCELLED, KUBE_ERR_TIMEOUT, KUBE_ERR_OUT_OF_MEMORY, KUBE_ERR_FORKED Nothing was started.
 * @threadsafety The stepping thread. @blocking Until the kernel has started the program.
 * @since 0.1
 */
KUBE_API kube_status kube_io_child_start(kube_io *io, const kube_io_child_options *opts, const kube_call *call,
                                         kube_io_child_done *done, void *user, kube_error **err) KUBE_MUST_CHECK;
/** @} */

KUBE_END_DECLS

#endif
