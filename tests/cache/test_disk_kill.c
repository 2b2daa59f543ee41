/* Writers that are killed at any moment, with a reader beside them: what is read is always whole. KUBE_KILL_ROUNDS
 * says how many are killed (200). */
#include "disk_fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 200, LARGEST = 60000, PATIENCE_MS = 60000 };

static atomic_ulong *puts_done; /* by all writers: memory that they share with the reader */

/* The first two bytes say how long a value is; each byte follows from that and its place. */
static void fill(char *value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        value[i] = (char)(i * 7 + len);
    value[0] = (char)(len & 0xff);
    value[1] = (char)(len >> 8);
}

static bool is_whole(kube_str got)
{
    static char expected[LARGEST];

    if (got.len < 2 || got.len > LARGEST)
        return false;
    fill(expected, got.len);
    return memcmp(got.data, expected, got.len) == 0;
}

static void write_until_killed(const disk_fixture *f, unsigned seed)
{
    static char value[LARGEST];
    kube_disk_store_options opts = f->opts;
    kube_store *store = NULL;

    opts.clock = NULL;
    if (kube_disk_store_new(&opts, &store, NULL) != KUBE_OK)
        _exit(1);
    for (;;) {
        size_t len = 2 + (size_t)rand_r(&seed) % (LARGEST - 2);

        fill(value, len);
        if (kube_store_put(store, KEY("a", "b"), kube_str_n(value, len), kube_str_c(NULL), NULL, NULL, NULL) != KUBE_OK)
            _exit(1);
        atomic_fetch_add(puts_done, 1);
    }
}

static int64_t now_ms(void)
{
    return kube_clock_system()->monotonic_ns(NULL) / 1000000;
}

/* Nothing is proven by killing one that has not begun. */
static void wait_for_a_put(pid_t writer, unsigned long before)
{
    int64_t end = now_ms() + PATIENCE_MS;

    while (atomic_load(puts_done) == before && now_ms() < end && waitpid(writer, NULL, WNOHANG) == 0)
        usleep(50);
    assert_true(atomic_load(puts_done) > before);
}

static void read_whole(store_driver *d)
{
    kube_status st = driver_get(d, KEY("a", "b"));

    assert_int_equal(st, KUBE_OK);
    assert_true(is_whole(kube_blob_str(d->entry.bytes)));
}

static void kill_one(disk_fixture *f, unsigned *seed)
{
    unsigned long before = atomic_load(puts_done);
    pid_t child = fork();
    int status = 0, reads = rand_r(seed) % 40;

    assert_true(child >= 0);
    if (child == 0)
        write_until_killed(f, *seed);
    for (int i = 0; i < reads; i++)
        read_whole(&f->d);
    wait_for_a_put(child, before);
    usleep((useconds_t)(rand_r(seed) % 1500));
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status)); /* it did not end by itself, with a failure */
    read_whole(&f->d);
}

static void kill_writers(disk_fixture *f, kube_disk_store_form form)
{
    const char *wanted = getenv("KUBE_KILL_ROUNDS");
    long rounds = wanted != NULL ? strtol(wanted, NULL, 10) : ROUNDS;
    unsigned seed = 20260101;
    size_t leftovers;
    char value[100];

    puts_done = mmap(NULL, sizeof *puts_done, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(puts_done != MAP_FAILED);
    f->opts.form = form;
    fill(value, sizeof value);
    assert_int_equal(driver_put(disk_open(f), KEY("a", "b"), kube_str_n(value, sizeof value), kube_str_c(NULL)),
                     KUBE_OK);
    for (long i = 0; i < rounds; i++)
        kill_one(f, &seed);
    leftovers = count_files(below(f, ".tmp"));
    print_message("%ld writers killed after %lu puts, %zu leftovers\n", rounds, atomic_load(puts_done), leftovers);
    assert_true(leftovers > 0 || rounds < ROUNDS); /* some were killed in the midst of it */
    munmap(puts_done, sizeof *puts_done);
    f->now.now_unix_ms = kube_clock_system()->unix_ms(NULL) + 120000;
    assert_int_equal(driver_put_c(disk_open(f), KEY("a", "b"), "x"), KUBE_OK);
    assert_int_equal(count_files(below(f, ".tmp")), 0);
    assert_int_equal(count_files(f->path), 1);
}

static void a_framed_entry_is_whole_whenever_its_writer_is_killed(void **state)
{
    kill_writers(*state, KUBE_DISK_STORE_FORM_FRAMED);
}

static void a_plain_entry_is_whole_whenever_its_writer_is_killed(void **state)
{
    kill_writers(*state, KUBE_DISK_STORE_FORM_PLAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DISK_TEST(a_framed_entry_is_whole_whenever_its_writer_is_killed),
        DISK_TEST(a_plain_entry_is_whole_whenever_its_writer_is_killed),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
