#include "alloc_trace.h"
#include "fake_clock.h"
#include "store_conformance.h"
#include "store_driver.h"
#include "system_fault.h"

#include <kube/cache/memory_store.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static fake_clock now;

static kube_store *make(void *user)
{
    kube_memory_store_options opts = KUBE_MEMORY_STORE_OPTIONS_INIT;
    kube_store *store = NULL;

    (void)user;
    opts.clock = &now.clock;
    assert_int_equal(kube_memory_store_new(&opts, &store, NULL), KUBE_OK);
    return store;
}

static void advance(void *user, int64_t ms)
{
    (void)user;
    fake_clock_advance(&now, ms);
}

static void open_store(store_driver *d, uint64_t max_bytes)
{
    kube_memory_store_options opts = KUBE_MEMORY_STORE_OPTIONS_INIT;
    kube_store *store = NULL;

    opts.clock = &now.clock;
    opts.max_bytes = max_bytes;
    assert_int_equal(kube_memory_store_new(&opts, &store, NULL), KUBE_OK);
    store_driver_init(d, store, &now.clock);
}

static void options_that_were_not_initialised_are_refused(void **state)
{
    kube_memory_store_options opts = { .struct_size = 0 };
    kube_store *store = NULL;

    (void)state;
    assert_int_equal(kube_memory_store_new(&opts, &store, NULL), KUBE_ERR_INVALID_ARG);
    assert_null(store);
    assert_int_equal(kube_memory_store_new(NULL, &store, NULL), KUBE_OK);
    assert_true(kube_store_is_local(store));
    kube_store_unref(store);
}

static void reading_copies_nothing(void **state)
{
    store_driver d;
    kube_blob *first;

    (void)state;
    open_store(&d, 0);
    assert_int_equal(driver_put_c(&d, KEY("k"), "x"), KUBE_OK);
    assert_int_equal(driver_get(&d, KEY("k")), KUBE_OK);
    first = kube_blob_ref(d.entry.bytes);
    assert_int_equal(driver_get(&d, KEY("k")), KUBE_OK);
    assert_ptr_equal(d.entry.bytes, first);
    kube_blob_unref(first);
    store_driver_clear(&d);
}

static void put_kilobyte(store_driver *d, const char *name)
{
    char value[1000];

    memset(value, 'x', sizeof value);
    assert_int_equal(driver_put(d, KEY(name), kube_str_n(value, sizeof value), kube_str_c(NULL)), KUBE_OK);
}

static void what_was_not_used_for_longest_makes_room(void **state)
{
    store_driver d;

    (void)state;
    open_store(&d, 3600); /* three entries of a kilobyte with what comes with them */
    put_kilobyte(&d, "a");
    put_kilobyte(&d, "b");
    put_kilobyte(&d, "c");
    assert_int_equal(driver_get(&d, KEY("a")), KUBE_OK);
    put_kilobyte(&d, "d");
    assert_int_equal(driver_get(&d, KEY("b")), KUBE_ERR_NOT_FOUND);
    assert_int_equal(driver_get(&d, KEY("a")), KUBE_OK);
    assert_int_equal(driver_get(&d, KEY("c")), KUBE_OK);
    assert_int_equal(driver_get(&d, KEY("d")), KUBE_OK);
    put_kilobyte(&d, "c"); /* its own room is enough for it */
    assert_int_equal(driver_get(&d, KEY("a")), KUBE_OK);
    store_driver_clear(&d);
}

static void what_is_too_large_is_refused_and_the_old_entry_stays(void **state)
{
    store_driver d;
    char value[1000] = { 0 };

    (void)state;
    open_store(&d, 900);
    assert_int_equal(driver_put_c(&d, KEY("k"), "old"), KUBE_OK);
    assert_int_equal(driver_put(&d, KEY("k"), kube_str_n(value, sizeof value), kube_str_c(NULL)), KUBE_ERR_LIMIT);
    driver_expect(&d, KEY("k"), "old");
    assert_int_equal(driver_put(&d, KEY("k"), kube_str_n(value, 900), kube_str_c(NULL)), KUBE_ERR_LIMIT);
    driver_expect(&d, KEY("k"), "old");
    store_driver_clear(&d);
}

static void thousands_of_entries_are_found(void **state)
{
    enum { MANY = 3000 };
    store_driver d;
    char name[16];

    (void)state;
    open_store(&d, 0);
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "%d", i);
        assert_int_equal(driver_put_c(&d, KEY("many", name), name), KUBE_OK);
    }
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "%d", i);
        driver_expect(&d, KEY("many", name), name);
        if (i % 2 == 0)
            assert_int_equal(driver_remove(&d, KEY("many", name)), KUBE_OK);
    }
    assert_int_equal(driver_get(&d, KEY("many", "0")), KUBE_ERR_NOT_FOUND);
    driver_expect(&d, KEY("many", "1"), "1");
    store_driver_clear(&d);
}

static void without_random_numbers_a_store_works_all_the_same(void **state)
{
    store_driver d;

    (void)state;
    system_fault_at(SYSTEM_REFUSES, 1);
    open_store(&d, 0);
    assert_string_equal(system_fault_stop(), "getrandom");
    assert_int_equal(driver_put_c(&d, KEY("a", "b"), "x"), KUBE_OK);
    assert_int_equal(driver_put_c(&d, KEY("a", "c"), "y"), KUBE_OK);
    driver_expect(&d, KEY("a", "b"), "x");
    driver_expect(&d, KEY("a", "c"), "y");
    store_driver_clear(&d);
}

static void growing_is_given_up_when_there_is_no_memory_for_it(void **state)
{
    store_driver d;
    char name[16];

    (void)state;
    open_store(&d, 0);
    for (int i = 0; i < 256; i++) {
        snprintf(name, sizeof name, "%d", i);
        assert_int_equal(driver_put_c(&d, KEY(name), name), KUBE_OK);
    }
    alloc_trace_fail_at(3); /* the entry, its bytes, the larger table */
    assert_int_equal(driver_put_c(&d, KEY("last"), "last"), KUBE_OK);
    assert_true(alloc_trace_stop());
    driver_expect(&d, KEY("last"), "last");
    driver_expect(&d, KEY("255"), "255");
    store_driver_clear(&d);
}

static void a_lease_without_end_does_not_overflow(void **state)
{
    store_driver d;
    kube_store_lock *lock;

    (void)state;
    open_store(&d, 0);
    assert_int_equal(driver_lock(&d, KEY("k"), INT64_MAX), KUBE_OK);
    lock = d.lock;
    advance(NULL, INT64_C(1000) * 3600 * 24 * 365);
    assert_int_equal(driver_lock(&d, KEY("k"), 1), KUBE_ERR_CONFLICT);
    kube_store_unlock(d.store, lock);
    store_driver_clear(&d);
}

static void a_forked_child_is_told_and_harms_nothing(void **state)
{
    store_driver d;
    kube_store_lock *lock;
    int status = 0;
    pid_t child;

    (void)state;
    open_store(&d, 0);
    assert_int_equal(driver_put_c(&d, KEY("k"), "x"), KUBE_OK);
    assert_int_equal(driver_lock(&d, KEY("lock"), 1000), KUBE_OK);
    lock = d.lock;
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        kube_store_entry entry;
        kube_store_info info;
        bool told = kube_store_get(d.store, KEY("k"), NULL, &entry, NULL) == KUBE_ERR_FORKED &&
                    kube_store_put(d.store, KEY("k"), kube_str_c("y"), kube_str_c(NULL), NULL, NULL, NULL) ==
                        KUBE_ERR_FORKED &&
                    kube_store_peek(d.store, KEY("k"), &info) == KUBE_ERR_FORKED;

        kube_store_unlock(d.store, lock);
        kube_store_unref(d.store);
        _exit(told ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(driver_lock(&d, KEY("lock"), 1000), KUBE_ERR_CONFLICT);
    kube_store_unlock(d.store, lock);
    store_driver_clear(&d);
}

/* Put, read, touched, locked, removed, with the n-th allocation failing. */
static kube_status use(store_driver *d)
{
    kube_status st = driver_put(d, KEY("k"), kube_str_c("new"), kube_str_c("etag"));

    if (st == KUBE_OK)
        st = driver_get(d, KEY("k"));
    if (st == KUBE_OK)
        st = driver_touch(d, KEY("k"), d->entry.info.generation);
    if (st == KUBE_OK)
        st = driver_lock(d, KEY("lock"), 1000);
    if (st == KUBE_OK)
        kube_store_unlock(d->store, d->lock);
    return st == KUBE_OK ? driver_remove(d, KEY("k")) : st;
}

static void a_failed_allocation_leaves_the_old_entry(void **state)
{
    bool reached = true;

    (void)state;
    for (size_t n = 1; reached; n++) {
        store_driver d;
        kube_status st;

        open_store(&d, 0);
        assert_int_equal(driver_put_c(&d, KEY("k"), "old"), KUBE_OK);
        alloc_trace_fail_at(n);
        st = use(&d);
        reached = alloc_trace_stop();
        assert_int_equal(st, reached ? KUBE_ERR_OUT_OF_MEMORY : KUBE_OK);
        if (n <= 3) /* what a put with a validator takes */
            driver_expect(&d, KEY("k"), "old");
        store_driver_clear(&d);
    }
}

static void a_failed_allocation_makes_no_store(void **state)
{
    bool reached = true;

    (void)state;
    for (size_t n = 1; reached; n++) {
        kube_store *store = NULL;
        kube_status st;

        alloc_trace_fail_at(n);
        st = kube_memory_store_new(NULL, &store, NULL);
        reached = alloc_trace_stop();
        assert_int_equal(st, reached ? KUBE_ERR_OUT_OF_MEMORY : KUBE_OK);
        assert_int_equal(store == NULL, reached);
        kube_store_unref(store);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(options_that_were_not_initialised_are_refused),
        ALLOC_TRACE_TEST(reading_copies_nothing),
        ALLOC_TRACE_TEST(what_was_not_used_for_longest_makes_room),
        ALLOC_TRACE_TEST(what_is_too_large_is_refused_and_the_old_entry_stays),
        ALLOC_TRACE_TEST(thousands_of_entries_are_found),
        ALLOC_TRACE_TEST(without_random_numbers_a_store_works_all_the_same),
        ALLOC_TRACE_TEST(growing_is_given_up_when_there_is_no_memory_for_it),
        ALLOC_TRACE_TEST(a_lease_without_end_does_not_overflow),
        ALLOC_TRACE_TEST(a_forked_child_is_told_and_harms_nothing),
        ALLOC_TRACE_TEST(a_failed_allocation_leaves_the_old_entry),
        ALLOC_TRACE_TEST(a_failed_allocation_makes_no_store),
    };
    const store_subject subject = { .name = "memory store", .make = make, .advance = advance, .clock = &now.clock,
                                    .keeps_validators = true };

    alloc_trace_install();
    fake_clock_init(&now);
    return cmocka_run_group_tests(tests, NULL, NULL) + store_conformance(&subject);
}
