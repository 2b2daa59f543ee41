/* Locks between processes. */
#include "disk_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LEASE_MS = 1000, PROCESSES = 4, TURNS = 100 };

/* A process that holds the lock, until it is told or killed. */
typedef struct holder {
    pid_t pid;
    int   told[2], tells[2];
} holder;

static void hold(disk_fixture *f, const holder *h)
{
    kube_store_lock *lock = NULL;
    kube_store *store = NULL;
    char byte = 'x';

    if (kube_disk_store_new(&f->opts, &store, NULL) != KUBE_OK ||
        kube_store_begin_lock(store, NULL, KEY("locks", "l"), LEASE_MS, NULL, NULL, NULL, &lock, NULL) != KUBE_OK)
        _exit(1);
    if (write(h->tells[1], &byte, 1) != 1 || read(h->told[0], &byte, 1) != 1)
        _exit(1);
    kube_store_unlock(store, lock);
    kube_store_unref(store);
    _exit(0);
}

static void start_holder(disk_fixture *f, holder *h)
{
    char byte;

    assert_int_equal(pipe(h->told), 0);
    assert_int_equal(pipe(h->tells), 0);
    h->pid = fork();
    assert_true(h->pid >= 0);
    if (h->pid == 0)
        hold(f, h);
    close(h->tells[1]); /* so that the pipe ends with a holder that fails */
    assert_int_equal(read(h->tells[0], &byte, 1), 1);
}

static int end_holder(holder *h)
{
    int status = 0;

    assert_int_equal(waitpid(h->pid, &status, 0), h->pid);
    close(h->told[0]);
    close(h->told[1]);
    close(h->tells[0]);
    return status;
}

static kube_status try_lock(store_driver *d)
{
    return driver_lock(d, KEY("locks", "l"), LEASE_MS);
}

static void a_lock_that_was_given_back_holds_nothing(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f);
    size_t descriptors;

    assert_int_equal(try_lock(d), KUBE_OK); /* the store keeps its folder open from here on */
    kube_store_unlock(d->store, d->lock);
    descriptors = count_descriptors();
    for (int i = 0; i < 3; i++) {
        assert_int_equal(try_lock(d), KUBE_OK);
        kube_store_unlock(d->store, d->lock);
    }
    assert_int_equal(count_descriptors(), descriptors);
}

static void a_lock_of_another_process_is_respected(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f);
    holder h;

    start_holder(f, &h);
    assert_int_equal(try_lock(d), KUBE_ERR_CONFLICT);
    assert_says(d, "/locks/l: somebody holds it");
    assert_int_equal(write(h.told[1], "x", 1), 1);
    assert_int_equal(end_holder(&h), 0);
    assert_int_equal(try_lock(d), KUBE_OK);
    kube_store_unlock(d->store, d->lock);
}

static void the_lock_of_a_killed_process_is_free_at_once(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f);
    holder h;

    start_holder(f, &h);
    assert_int_equal(try_lock(d), KUBE_ERR_CONFLICT);
    kill(h.pid, SIGKILL);
    assert_true(WIFSIGNALED(end_holder(&h)));
    assert_int_equal(try_lock(d), KUBE_OK);
    kube_store_unlock(d->store, d->lock);
}

static void a_holder_that_does_not_move_loses_it_with_its_lease(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f), other;
    kube_store_lock *lock;
    holder h;

    start_holder(f, &h);
    fake_clock_advance(&f->now, LEASE_MS - 1);
    assert_int_equal(try_lock(d), KUBE_ERR_CONFLICT);
    fake_clock_advance(&f->now, 1);
    assert_int_equal(try_lock(d), KUBE_OK);
    lock = d->lock;
    disk_open_other(f, &other);
    assert_int_equal(try_lock(&other), KUBE_ERR_CONFLICT);
    assert_int_equal(write(h.told[1], "x", 1), 1); /* it moves after all, and gives back what it has not */
    assert_int_equal(end_holder(&h), 0);
    assert_int_equal(try_lock(&other), KUBE_ERR_CONFLICT);
    kube_store_unlock(d->store, lock);
    assert_int_equal(try_lock(&other), KUBE_OK);
    kube_store_unlock(other.store, other.lock);
    store_driver_clear(&other);
}

/* Reads a number, adds one and writes it, as often as it gets the lock: without it some would be lost. */
static void count_under_lock(const disk_fixture *f)
{
    kube_disk_store_options opts = f->opts;
    kube_store *store = NULL;
    int turns = 0;

    opts.clock = NULL;
    if (kube_disk_store_new(&opts, &store, NULL) != KUBE_OK)
        _exit(1);
    while (turns < TURNS) {
        kube_store_lock *lock = NULL;
        char text[32] = { 0 };
        kube_status st = kube_store_begin_lock(store, NULL, KEY("locks", "l"), 3600000, NULL, NULL, NULL, &lock, NULL);

        if (st == KUBE_ERR_CONFLICT)
            continue;
        if (st != KUBE_OK || read_file(below(f, "count"), text, sizeof text - 1) < 0)
            _exit(1);
        snprintf(text, sizeof text, "%ld", strtol(text, NULL, 10) + 1);
        write_file(below(f, "count"), text, strlen(text));
        kube_store_unlock(store, lock);
        turns++;
    }
    _exit(0);
}

static void only_one_process_at_a_time_has_the_lock(void **state)
{
    disk_fixture *f = *state;
    pid_t children[PROCESSES];
    char text[16] = { 0 };

    assert_int_equal(driver_put_c(disk_open(f), KEY("entry"), "x"), KUBE_OK);
    write_file(below(f, "count"), "0", 1);
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0)
            count_under_lock(f);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = 0;

        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_true(read_file(below(f, "count"), text, sizeof text - 1) > 0);
    assert_int_equal(strtol(text, NULL, 10), PROCESSES * TURNS);
}

static void a_child_does_not_give_its_parents_lock_back(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f), other;
    kube_store_lock *lock;
    int status = 0;
    pid_t child;

    assert_int_equal(try_lock(d), KUBE_OK);
    lock = d->lock;
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        kube_store_unlock(d->store, lock);
        kube_store_unref(d->store);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    disk_open_other(f, &other);
    assert_int_equal(try_lock(&other), KUBE_ERR_CONFLICT);
    kube_store_unlock(d->store, lock);
    assert_int_equal(try_lock(&other), KUBE_OK);
    kube_store_unlock(other.store, other.lock);
    store_driver_clear(&other);
}

/* A child that does not know of the lock has a copy of its descriptor, which must not keep it. */
static void a_child_does_not_keep_its_parents_lock(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f), other;
    int pipe_fds[2], status = 0;
    kube_store_lock *lock;
    pid_t child;

    assert_int_equal(try_lock(d), KUBE_OK);
    lock = d->lock;
    assert_int_equal(pipe(pipe_fds), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char byte;

        close(pipe_fds[1]);
        _exit(read(pipe_fds[0], &byte, 1) == 1 ? 0 : 1);
    }
    kube_store_unlock(d->store, lock);
    disk_open_other(f, &other);
    assert_int_equal(try_lock(&other), KUBE_OK);
    kube_store_unlock(other.store, other.lock);
    store_driver_clear(&other);
    assert_int_equal(write(pipe_fds[1], "x", 1), 1);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void the_file_tells_the_lease_and_stays(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f);
    struct stat info;
    char text[64];

    for (int i = 0; i < 2; i++) {
        assert_int_equal(try_lock(d), KUBE_OK);
        kube_store_unlock(d->store, d->lock);
        assert_int_equal(read_file(below(f, "locks/l"), text, sizeof text), 20);
        assert_memory_equal(text, "0000000000000001000\n", 20);
        assert_int_equal(stat(below(f, "locks/l"), &info), 0);
        assert_int_equal(kube__disk_mtime_ms(&info), f->now.now_unix_ms);
        fake_clock_advance(&f->now, 12345);
    }
}

static void what_is_in_the_file_does_not_matter_when_nobody_holds_it(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f), other;
    static const char *const texts[] = { "", "garbage", "99999999999999999999", "-000000000000000001\n",
                                         "000000000000000001a\n", "0000000000000000000\n" };

    assert_int_equal(try_lock(d), KUBE_OK);
    kube_store_unlock(d->store, d->lock);
    disk_open_other(f, &other);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct timespec times[2] = { { 0, UTIME_OMIT }, { f->now.now_unix_ms / 1000, 0 } };
        kube_store_lock *lock;

        write_file(below(f, "locks/l"), texts[i], strlen(texts[i]));
        assert_int_equal(try_lock(d), KUBE_OK);
        lock = d->lock;
        /* Damaged while it is held: no lease can be read, so it is not over. */
        write_file(below(f, "locks/l"), texts[i], strlen(texts[i]));
        assert_int_equal(utimensat(AT_FDCWD, below(f, "locks/l"), times, 0), 0);
        fake_clock_advance(&f->now, 2 * LEASE_MS);
        assert_int_equal(try_lock(&other), KUBE_ERR_CONFLICT);
        kube_store_unlock(d->store, lock);
    }
    store_driver_clear(&other);
}

/* Between the lock and the look whether its file is still there, somebody took it away: the next one is taken. */
static void a_lock_file_that_went_away_is_made_again(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f);

    f->files.once[CALL_FSTATAT] = ENOENT;
    assert_int_equal(try_lock(d), KUBE_OK);
    assert_int_equal(f->files.count[CALL_FLOCK], 2);
    kube_store_unlock(d->store, d->lock);
    f->files.always[CALL_FSTATAT] = ENOENT;
    assert_int_equal(try_lock(d), KUBE_ERR_CONFLICT); /* given up after a few attempts */
}

static void replace_the_file(void *user)
{
    const disk_fixture *f = user;

    assert_int_equal(unlink(below(f, "locks/l")), 0);
    write_file(below(f, "locks/l"), "", 0);
}

/* Who saw the old lease took the file away, and the next one has made his own: that is the one that counts. */
static void a_lock_file_that_was_replaced_meanwhile_is_no_lock(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f), other;
    kube_store_lock *lock;

    f->files.before = CALL_FUTIMENS;
    f->files.meanwhile = replace_the_file;
    f->files.meanwhile_user = f;
    assert_int_equal(try_lock(d), KUBE_OK);
    lock = d->lock;
    assert_int_equal(f->files.count[CALL_FLOCK], 2);
    disk_open_other(f, &other);
    assert_int_equal(try_lock(&other), KUBE_ERR_CONFLICT);
    kube_store_unlock(d->store, lock);
    store_driver_clear(&other);
}

static void fail_the_next_fstat(void *user)
{
    disk_fixture *f = user;

    f->files.once[CALL_FSTAT] = EIO;
}

/* What cannot be seen of another's lock is not held against him; what cannot be done is said. */
static void a_failure_while_a_lost_lock_is_taken_away_is_no_lock(void **state)
{
    disk_fixture *f = *state;
    static const struct {
        file_call   call;
        int         failure;
        kube_status status;
    } cases[] = {
        { CALL_READ, EIO, KUBE_ERR_CONFLICT },
        { CALL_FSTAT, EIO, KUBE_ERR_CONFLICT },
        { CALL_FSTATAT, EIO, KUBE_OK }, /* as if the file had gone: looked for again */
        { CALL_UNLINKAT, EACCES, KUBE_ERR_IO },
        { CALL_UNLINKAT, ENOENT, KUBE_OK }, /* another one was faster */
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        store_driver *d = disk_open(f), other;
        kube_store_lock *lost;

        assert_int_equal(try_lock(d), KUBE_OK);
        lost = d->lock;
        disk_open_other(f, &other);
        assert_int_equal(try_lock(&other), KUBE_ERR_CONFLICT); /* its folder is open now */
        fake_clock_advance(&f->now, LEASE_MS);
        if (cases[i].call == CALL_FSTAT) { /* not that of the descriptor, but that for the time */
            f->files.before = CALL_READ;
            f->files.meanwhile = fail_the_next_fstat;
            f->files.meanwhile_user = f;
        } else {
            f->files.once[cases[i].call] = cases[i].failure;
        }
        assert_int_equal(try_lock(&other), cases[i].status);
        assert_int_equal(f->files.once[cases[i].call], 0);
        kube_store_unlock(other.store, other.lock);
        kube_store_unlock(d->store, lost);
        store_driver_clear(&other);
    }
}

/* Nor does the arithmetic go round: with a clock at its very beginning nothing is over. */
static void a_clock_before_1970_takes_no_lock_away(void **state)
{
    disk_fixture *f = *state;
    store_driver *d = disk_open(f), other;
    static const int64_t times[] = { -1, INT64_MIN };
    kube_store_lock *lock;

    assert_int_equal(try_lock(d), KUBE_OK);
    lock = d->lock;
    disk_open_other(f, &other);
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        f->now.now_unix_ms = times[i];
        assert_int_equal(try_lock(&other), KUBE_ERR_CONFLICT);
    }
    kube_store_unlock(d->store, lock);
    store_driver_clear(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DISK_TEST(a_lock_that_was_given_back_holds_nothing),
        DISK_TEST(a_lock_of_another_process_is_respected),
        DISK_TEST(the_lock_of_a_killed_process_is_free_at_once),
        DISK_TEST(a_holder_that_does_not_move_loses_it_with_its_lease),
        DISK_TEST(only_one_process_at_a_time_has_the_lock),
        DISK_TEST(a_child_does_not_give_its_parents_lock_back),
        DISK_TEST(a_child_does_not_keep_its_parents_lock),
        DISK_TEST(the_file_tells_the_lease_and_stays),
        DISK_TEST(what_is_in_the_file_does_not_matter_when_nobody_holds_it),
        DISK_TEST(a_lock_file_that_went_away_is_made_again),
        DISK_TEST(a_lock_file_that_was_replaced_meanwhile_is_no_lock),
        DISK_TEST(a_failure_while_a_lost_lock_is_taken_away_is_no_lock),
        DISK_TEST(a_clock_before_1970_takes_no_lock_away),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
