/* Child processes: started by posix_spawn, their end seen through a pidfd, their standard output collected. */
#include "io_internal.h"
#include "shared/alloc.h"
#include "shared/spawn.h"

#include <kube/base/buf.h>
#include <kube/sys/error.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { READ_CHUNK = 4096, DEFAULT_MAX_OUTPUT = 1 << 20, REAP_WAIT_MS = 1000, FIRST_LOOK_MS = 10, LAST_LOOK_MS = 1000 };

/* Where the C library is older than the kernel. */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#define BY_PIDFD ((idtype_t)3)

typedef struct child {
    kube_io *io;
    kube_io_child_done *done;
    void *user;
    pid_t pid;
    int pid_fd;
    int out_fd;
    kube_io_watch *pid_watch;
    kube_io_watch *out_watch;
    kube_io_guard *guard;     /* of what is reported                                                    */
    kube_io_guard *end_guard; /* of the zombie; the older one, so that the end of the loop meets it last */
    kube_io_timer *look;      /* at a zombie whose end the kernel does not tell                         */
    int look_ms;
    bool unwatched; /* the kernel gave no descriptor: known by its number, for it was not reaped yet */
    kube_buf output;
} child;

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* As waitpid() would give it, but through the descriptor: when the host reaps, the number may be another process's by
 * now. False while it still runs; -1 when the host was first. */
static bool reap(const child *c, int *wait_status)
{
    siginfo_t info = { .si_pid = 0 };
    idtype_t by = c->unwatched ? P_PID : BY_PIDFD;
    int which = c->unwatched ? (int)c->pid : c->pid_fd;

    *wait_status = -1;
    if (which < 0 || waitid(by, (id_t)which, &info, WEXITED | WNOHANG) != 0)
        return true;
    if (info.si_pid == 0)
        return false;
    if (info.si_code == CLD_EXITED)
        *wait_status = (info.si_status & 0xff) << 8;
    else
        *wait_status = info.si_status | (info.si_code == CLD_DUMPED ? 0x80 : 0);
    return true;
}

static void kill_child(const child *c)
{
    if (c->pid_fd >= 0)
        syscall(SYS_pidfd_send_signal, c->pid_fd, SIGKILL, NULL, 0u);
}

static int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for a process that was killed, where its loop ends and nowhere else. One that sleeps in the kernel may take its
 * time: then it stays a zombie. */
static void reap_killed(const child *c)
{
    struct pollfd p = { .fd = c->pid_fd, .events = POLLIN }; /* without one it is only a pause */
    int64_t until_ms = monotonic_ms() + REAP_WAIT_MS;
    int wait_status;

    while (!reap(c, &wait_status) && monotonic_ms() < until_ms) {
        if (poll(&p, 1, FIRST_LOOK_MS) > 0)
            p.fd = -1; /* it has ended, but a debugger has not looked yet */
    }
}

static void release(child *c)
{
    kube_io_timer_free(c->look);
    kube_io_guard_free(c->guard);
    kube_io_guard_free(c->end_guard);
    kube_io_watch_free(c->out_watch);
    kube_io_watch_free(c->pid_watch);
    close_fd(&c->out_fd);
    close_fd(&c->pid_fd);
    kube_buf_wipe(&c->output);
    kube__free(c);
}

/* What a watch is told when the kernel will not have it. There is more to come, and nobody will say so. */
static bool is_refusal(unsigned events)
{
    return events == KUBE_IO_ERROR;
}

static void on_loop_end(void *user, kube_status why)
{
    child *c = user;

    (void)why;
    reap_killed(c);
    release(c);
}

static void look_later(child *c)
{
    kube_io_timer_start(c->look, kube_io_now_ns(c->io) + (int64_t)c->look_ms * 1000000);
}

static void on_look(void *user)
{
    child *c = user;
    int wait_status;

    if (reap(c, &wait_status)) {
        release(c);
        return;
    }
    c->look_ms = c->look_ms < LAST_LOOK_MS / 2 ? c->look_ms * 2 : LAST_LOOK_MS;
    look_later(c);
}

/* Where the loop is not told of the end, it looks now and then: a process that was killed ends soon. */
static void on_killed(void *user, unsigned events)
{
    child *c = user;
    int wait_status;

    if (reap(c, &wait_status))
        release(c);
    else if (is_refusal(events))
        look_later(c);
}

/* From here on only the zombie is waited for. SIGKILL cannot be ignored, but a process that sleeps in the kernel may
 * take its time, so it is the loop that waits, with what was made before the program was started. */
static void bury(child *c)
{
    kube_io_watch_free(c->out_watch);
    kube_io_guard_free(c->guard);
    c->out_watch = NULL;
    c->guard = NULL;
    close_fd(&c->out_fd);
    if (c->io->closing || c->pid_fd < 0) {
        on_loop_end(c, KUBE_ERR_CANCELLED);
        return;
    }
    c->pid_watch->fn = on_killed;
    kube_io_watch_set(c->pid_watch, KUBE_IO_READ); /* anew, where it was refused */
}

static void report(child *c, kube_status status, int wait_status)
{
    char nothing = '\0';

    c->done(c->user, status, wait_status, c->output.data != NULL ? c->output.data : &nothing, c->output.len);
}

static void kill_and_report(child *c, kube_status status)
{
    kill_child(c);
    report(c, status, -1);
    bury(c);
}

static void on_interrupt(void *user, kube_status why)
{
    kill_and_report(user, why);
}

/* Reads what is there. False when reading has to stop: the output is over, or more than it may be. */
static bool read_output(child *c)
{
    char chunk[READ_CHUNK];
    bool more = true;

    for (;;) {
        ssize_t n = read(c->out_fd, chunk, sizeof chunk);

        if (n > 0) {
            kube_buf_append(&c->output, kube_str_n(chunk, (size_t)n));
            if (kube_buf_status(&c->output, NULL) != KUBE_OK)
                more = false;
        } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            more = false;
        }
        if (!more || (n < 0 && errno == EAGAIN))
            break;
    }
    kube__wipe(chunk, sizeof chunk);
    return more;
}

static void on_output(void *user, unsigned events)
{
    child *c = user;
    kube_status st;

    if (read_output(c)) {
        if (is_refusal(events))
            kill_and_report(c, KUBE_ERR_IO);
        return;
    }
    st = kube_buf_status(&c->output, NULL);
    kube_io_watch_free(c->out_watch);
    c->out_watch = NULL;
    if (st != KUBE_OK)
        kill_and_report(c, st);
}

/* What the child wrote before it ended is in the pipe now. A grandchild may keep the pipe open: nobody waits for
 * it. */
static void on_exit_of_child(void *user, unsigned events)
{
    child *c = user;
    int wait_status;
    kube_status st;

    if (!reap(c, &wait_status)) {
        if (is_refusal(events))
            kill_and_report(c, KUBE_ERR_IO);
        return;
    }
    if (c->out_watch != NULL)
        read_output(c);
    st = kube_buf_status(&c->output, NULL);
    report(c, st, wait_status);
    release(c);
}

/* Everything that can fail is made before the program is started: nothing has to be taken back afterwards. */
static kube_status prepare(child *c, const kube_call *call, kube_error **err)
{
    kube_status st = kube_io_guard_new(c->io, NULL, on_loop_end, c, &c->end_guard, err);

    if (st == KUBE_OK)
        st = kube_io_guard_new(c->io, call, on_interrupt, c, &c->guard, err);
    if (st == KUBE_OK)
        st = kube_io_timer_new(c->io, on_look, c, &c->look, err);
    if (st == KUBE_OK)
        st = kube_io_watch_new(c->io, -1, 0, on_exit_of_child, c, &c->pid_watch, err);
    if (st == KUBE_OK)
        st = kube_io_watch_new(c->io, -1, 0, on_output, c, &c->out_watch, err);
    return st;
}

/* A process that the host has reaped already has no descriptor: the loop refuses to watch -1 and says so in the next
 * round, which is how this child's end is seen. */
static kube_status open_pid_fd(child *c, kube_error **err)
{
    c->pid_fd = (int)syscall(SYS_pidfd_open, c->pid, 0u); /* close-on-exec by definition */
    if (c->pid_fd >= 0 || errno == ESRCH)
        return KUBE_OK;
    c->unwatched = true;
    return kube_error_set_errno(err, KUBE_ERR_IO, errno, "watching a child process");
}

/* Nobody hears of it. What is short of descriptors has one now, which is better than the number: that may be another
 * process's when the host reaps. */
static void give_up(child *c)
{
    if (!c->unwatched) {
        release(c);
        return;
    }
    close_fd(&c->out_fd);
    c->pid_fd = (int)syscall(SYS_pidfd_open, c->pid, 0u);
    if (c->pid_fd >= 0) {
        c->unwatched = false;
        c->pid_watch->fd = c->pid_fd;
        kill_child(c);
        bury(c);
        return;
    }
    kill(c->pid, SIGKILL);
    kube_io_guard_free(c->guard);
    c->guard = NULL;
    look_later(c);
}

static void watch_fd(kube_io_watch *watch, int fd)
{
    watch->fd = fd;
    kube_io_watch_set(watch, KUBE_IO_READ);
}

kube_status kube_io_child_start(kube_io *io, const kube_io_child_options *opts, const kube_call *call,
                                kube_io_child_done *done, void *user, kube_error **err)
{
    child *c = NULL;
    kube_status st;

    if (opts == NULL || opts->struct_size < sizeof *opts || opts->path == NULL || opts->argv == NULL)
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "kube_io_child_options is incomplete");
    if (KUBE__NEW(c) == NULL)
        return kube_error_no_memory(err);
    c->io = io;
    c->done = done;
    c->user = user;
    c->pid_fd = c->out_fd = -1;
    c->look_ms = FIRST_LOOK_MS;
    kube_buf_init(&c->output, opts->max_output_bytes != 0 ? opts->max_output_bytes : DEFAULT_MAX_OUTPUT);
    st = prepare(c, call, err);
    if (st == KUBE_OK)
        st = kube__spawn(opts, &c->pid, &c->out_fd, err);
    if (st == KUBE_OK)
        st = open_pid_fd(c, err);
    if (st != KUBE_OK) {
        give_up(c);
        return st;
    }
    watch_fd(c->pid_watch, c->pid_fd);
    watch_fd(c->out_watch, c->out_fd);
    return KUBE_PENDING;
}
