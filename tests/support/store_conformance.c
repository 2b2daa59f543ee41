#include "store_conformance.h"

#include "alloc_trace.h"
#include "store_driver.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { LARGE = 100000, LEASE_MS = 1000, THREADS = 4, ROUNDS = 60 };

static store_subject subject_of_suite;

static int set_up(void **state)
{
    store_driver *d = test_malloc(sizeof *d);

    if (alloc_trace_setup(state) != 0)
        return -1;
    store_driver_init(d, subject_of_suite.make(subject_of_suite.user), subject_of_suite.clock);
    *state = d;
    return 0;
}

static int tear_down(void **state)
{
    store_driver *d = *state;

    store_driver_clear(d);
    test_free(d);
    if (subject_of_suite.clean != NULL)
        subject_of_suite.clean(subject_of_suite.user);
    return alloc_trace_teardown(state);
}

static void assert_bytes(kube_blob *blob, kube_str expected)
{
    kube_str got = kube_blob_str(blob);

    assert_int_equal(got.len, expected.len);
    assert_memory_equal(got.data, expected.len != 0 ? expected.data : "", expected.len);
    assert_int_equal(got.data[got.len], '\0');
}

static void what_was_put_is_read_back(void **state)
{
    store_driver *d = *state;
    char *large = test_malloc(LARGE);
    const kube_str values[] = { kube_str_c("{}"), kube_str_n("a\0b\n\xff", 5), kube_str_n("", 0), kube_str_n(NULL, 0),
                                kube_str_n(large, LARGE) };

    for (size_t i = 0; i < LARGE; i++)
        large[i] = (char)(i * 31 >> 3);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        assert_int_equal(driver_put(d, KEY("apps", "v1", "list.json"), values[i], kube_str_c(NULL)), KUBE_OK);
        assert_int_equal(driver_get(d, KEY("apps", "v1", "list.json")), KUBE_OK);
        assert_bytes(d->entry.bytes, values[i]);
        assert_null(d->entry.validator);
    }
    test_free(large);
}

static void a_validator_is_kept_beside_the_bytes(void **state)
{
    store_driver *d = *state;
    char longest[KUBE_STORE_VALIDATOR_MAX_BYTES + 1];
    kube_status st = driver_put(d, KEY("k"), kube_str_c("x"), kube_str_c("\"etag\""));

    memset(longest, 'v', sizeof longest);
    if (!subject_of_suite.keeps_validators) {
        assert_int_equal(st, KUBE_ERR_UNSUPPORTED);
        assert_int_equal(driver_get(d, KEY("k")), KUBE_ERR_NOT_FOUND);
    } else {
        assert_int_equal(st, KUBE_OK);
        assert_int_equal(driver_get(d, KEY("k")), KUBE_OK);
        assert_bytes(d->entry.validator, kube_str_c("\"etag\""));
        assert_bytes(d->entry.bytes, kube_str_c("x"));
        st = driver_put(d, KEY("k"), kube_str_c("y"), kube_str_n(longest, KUBE_STORE_VALIDATOR_MAX_BYTES));
        assert_int_equal(st, KUBE_OK);
        assert_int_equal(driver_get(d, KEY("k")), KUBE_OK);
        assert_bytes(d->entry.validator, kube_str_n(longest, KUBE_STORE_VALIDATOR_MAX_BYTES));
        assert_int_equal(driver_put_c(d, KEY("k"), "z"), KUBE_OK);
        assert_int_equal(driver_get(d, KEY("k")), KUBE_OK);
        assert_null(d->entry.validator); /* replaced as a whole */
    }
    st = driver_put(d, KEY("k"), kube_str_c("w"), kube_str_n(longest, sizeof longest));
    assert_int_equal(st, KUBE_ERR_INVALID_ARG);
}

static void what_is_not_there_is_not_found(void **state)
{
    store_driver *d = *state;
    kube_store_info info = { 7, 7, 7 };
    kube_status peeked = kube_store_peek(d->store, KEY("apps", "v1"), &info);

    assert_int_equal(driver_get(d, KEY("apps", "v1")), KUBE_ERR_NOT_FOUND);
    assert_true(peeked == KUBE_ERR_NOT_FOUND || peeked == KUBE_ERR_UNSUPPORTED);
    assert_int_equal(info.generation, 7);
    assert_int_equal(driver_put_c(d, KEY("apps", "v2"), "x"), KUBE_OK);
    assert_int_equal(driver_get(d, KEY("apps", "v1")), KUBE_ERR_NOT_FOUND);
}

static void assert_same_info(const kube_store_info *a, const kube_store_info *b)
{
    assert_true(a->generation != 0);
    assert_true(a->generation == b->generation);
    assert_int_equal(a->stored_at_unix_ms, b->stored_at_unix_ms);
    assert_int_equal(a->bytes, b->bytes);
}

static void put_get_and_peek_say_the_same_of_an_entry(void **state)
{
    store_driver *d = *state;
    kube_store_info put, peeked;
    kube_status st;

    assert_int_equal(driver_put_c(d, KEY("a", "b"), "value"), KUBE_OK);
    put = d->info;
    assert_true(put.bytes >= 5);
    assert_int_equal(driver_get(d, KEY("a", "b")), KUBE_OK);
    assert_same_info(&put, &d->entry.info);
    st = kube_store_peek(d->store, KEY("a", "b"), &peeked);
    if (st != KUBE_ERR_UNSUPPORTED) {
        assert_int_equal(st, KUBE_OK);
        assert_same_info(&put, &peeked);
    }
    assert_int_equal(driver_get(d, KEY("a", "b")), KUBE_OK);
    assert_same_info(&put, &d->entry.info); /* reading changes nothing */
}

static void every_put_and_touch_is_another_generation(void **state)
{
    enum { CHANGES = 12 };
    store_driver *d = *state;
    uint64_t seen[CHANGES];

    for (size_t i = 0; i < CHANGES; i++) {
        kube_status st = KUBE_ERR_UNSUPPORTED;

        if (i % 3 == 2)
            st = driver_touch(d, KEY("k"), seen[i - 1]);
        if (i % 6 == 3)
            assert_int_equal(driver_remove(d, KEY("k")), KUBE_OK);
        if (st == KUBE_ERR_UNSUPPORTED)
            st = driver_put_c(d, KEY("k"), "same");
        assert_int_equal(st, KUBE_OK);
        seen[i] = d->info.generation;
        for (size_t j = 0; j < i; j++)
            assert_true(seen[j] != seen[i]);
    }
}

static void an_entry_is_stored_at_the_time_of_the_clock(void **state)
{
    store_driver *d = *state;
    int64_t then = subject_of_suite.clock->unix_ms(subject_of_suite.clock->state);

    assert_int_equal(driver_put_c(d, KEY("k"), "x"), KUBE_OK);
    assert_int_equal(d->info.stored_at_unix_ms, then);
    subject_of_suite.advance(subject_of_suite.user, 60001);
    assert_int_equal(driver_get(d, KEY("k")), KUBE_OK);
    assert_int_equal(d->entry.info.stored_at_unix_ms, then);
    if (driver_touch(d, KEY("k"), d->entry.info.generation) == KUBE_ERR_UNSUPPORTED)
        return;
    assert_int_equal(d->status, KUBE_OK);
    assert_int_equal(d->info.stored_at_unix_ms, then + 60001);
    driver_expect(d, KEY("k"), "x");
    assert_int_equal(d->entry.info.stored_at_unix_ms, then + 60001);
}

static void an_entry_may_be_older_than_its_putting(void **state)
{
    store_driver *d = *state;
    int64_t then = subject_of_suite.clock->unix_ms(subject_of_suite.clock->state) - 540000;

    d->since_unix_ms = then;
    assert_int_equal(driver_put_c(d, KEY("k"), "x"), KUBE_OK);
    assert_int_equal(d->info.stored_at_unix_ms, then);
    assert_int_equal(driver_get(d, KEY("k")), KUBE_OK);
    assert_int_equal(d->entry.info.stored_at_unix_ms, then);
}

static void only_what_was_read_can_be_touched(void **state)
{
    store_driver *d = *state;
    kube_store_info old;

    if (driver_touch(d, KEY("k"), 1) == KUBE_ERR_UNSUPPORTED)
        return;
    assert_int_equal(d->status, KUBE_ERR_NOT_FOUND);
    assert_int_equal(driver_put_c(d, KEY("k"), "old"), KUBE_OK);
    old = d->info;
    assert_int_equal(driver_put_c(d, KEY("k"), "new"), KUBE_OK);
    subject_of_suite.advance(subject_of_suite.user, 5000);
    assert_int_equal(driver_touch(d, KEY("k"), old.generation), KUBE_ERR_CONFLICT);
    driver_expect(d, KEY("k"), "new");
    assert_int_equal(d->entry.info.stored_at_unix_ms, old.stored_at_unix_ms);
}

static void what_was_removed_is_not_found(void **state)
{
    store_driver *d = *state;

    assert_int_equal(driver_remove(d, KEY("a", "b")), KUBE_OK);
    assert_int_equal(driver_put_c(d, KEY("a", "b"), "x"), KUBE_OK);
    assert_int_equal(driver_put_c(d, KEY("a", "c"), "y"), KUBE_OK);
    assert_int_equal(driver_remove(d, KEY("a", "b")), KUBE_OK);
    assert_int_equal(driver_get(d, KEY("a", "b")), KUBE_ERR_NOT_FOUND);
    assert_int_equal(driver_remove(d, KEY("a", "b")), KUBE_OK);
    driver_expect(d, KEY("a", "c"), "y");
}

static void keys_are_kept_apart(void **state)
{
    store_driver *d = *state;
    char longest[KUBE_STORE_SEGMENT_MAX_BYTES + 1];
    const kube_store_key *keys[] = {
        KEY("a", "b", "c"),       KEY("a", "b", "C"),       KEY("A", "b", "c"),          KEY("a-b", "c"),
        KEY("..."),               KEY("a", "b.c"),          KEY("1", "2", "3", "4", "5", "6"),
        KEY("\xc3\xa9t\xc3\xa9"), KEY("\xf0\x9f\x90\xb3"), KEY("with space", "and\\ %s"), KEY("a", longest),
    };

    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char value[8];

        snprintf(value, sizeof value, "%zu", i);
        assert_int_equal(driver_put_c(d, keys[i], value), KUBE_OK);
    }
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char value[8];

        snprintf(value, sizeof value, "%zu", i);
        driver_expect(d, keys[i], value);
    }
}

static void what_is_no_key_is_refused_by_every_operation(void **state)
{
    store_driver *d = *state;
    char too_long[KUBE_STORE_SEGMENT_MAX_BYTES + 2];
    const kube_store_key *keys[] = {
        KEY(""),         KEY("a", ""),     KEY("."),         KEY(".."),           KEY("a", "..", "b"), KEY("a/b"),
        KEY("/"),        KEY("a\nb"),      KEY("a\x7f"),     KEY("\xc2\x85"),     KEY("\xff"),         KEY("\xc3"),
        KEY("\xc0\xaf"), KEY("\xe0\x80\xaf"), KEY("\xed\xa0\x80"), KEY("\xf0\x80\x80\x80"), KEY("\xf4\x90\x80\x80"),
        KEY("\xe2\x82"), KEY(too_long),    KEY(NULL),        KEY("1", "2", "3", "4", "5", "6", "7"),
        &(kube_store_key){ NULL, 1 },      &(kube_store_key){ (const char *const[]){ "a" }, 0 }, NULL,
    };

    memset(too_long, 'x', sizeof too_long - 1);
    too_long[sizeof too_long - 1] = '\0';
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        kube_store_info info;
        kube_status peeked = kube_store_peek(d->store, keys[i], &info);

        assert_int_equal(driver_get(d, keys[i]), KUBE_ERR_INVALID_ARG);
        assert_int_equal(driver_put_c(d, keys[i], "x"), KUBE_ERR_INVALID_ARG);
        assert_int_equal(driver_touch(d, keys[i], 1), KUBE_ERR_INVALID_ARG);
        assert_int_equal(driver_remove(d, keys[i]), KUBE_ERR_INVALID_ARG);
        assert_int_equal(driver_lock(d, keys[i], LEASE_MS), KUBE_ERR_INVALID_ARG);
        assert_int_equal(peeked, KUBE_ERR_INVALID_ARG);
    }
}

static void a_lock_has_one_holder(void **state)
{
    store_driver *d = *state;
    kube_store_lock *first, *other;

    if (driver_lock(d, KEY("locks", "a"), LEASE_MS) == KUBE_ERR_UNSUPPORTED)
        return;
    assert_int_equal(d->status, KUBE_OK);
    first = d->lock;
    assert_int_equal(driver_lock(d, KEY("locks", "a"), LEASE_MS), KUBE_ERR_CONFLICT);
    assert_int_equal(driver_lock(d, KEY("locks", "b"), LEASE_MS), KUBE_OK);
    other = d->lock;
    subject_of_suite.advance(subject_of_suite.user, LEASE_MS - 1);
    assert_int_equal(driver_lock(d, KEY("locks", "a"), LEASE_MS), KUBE_ERR_CONFLICT);
    kube_store_unlock(d->store, first);
    assert_int_equal(driver_lock(d, KEY("locks", "a"), LEASE_MS), KUBE_OK);
    kube_store_unlock(d->store, d->lock);
    kube_store_unlock(d->store, other);
    kube_store_unlock(d->store, NULL);
    assert_int_equal(driver_lock(d, KEY("locks", "a"), 0), KUBE_ERR_INVALID_ARG);
}

static void a_lock_is_given_to_another_one_when_its_lease_is_over(void **state)
{
    store_driver *d = *state;
    kube_store_lock *late, *next;

    if (driver_lock(d, KEY("lock"), LEASE_MS) == KUBE_ERR_UNSUPPORTED)
        return;
    late = d->lock;
    subject_of_suite.advance(subject_of_suite.user, LEASE_MS);
    assert_int_equal(driver_lock(d, KEY("lock"), LEASE_MS), KUBE_OK);
    next = d->lock;
    kube_store_unlock(d->store, late); /* gives nothing away that is not his any more */
    assert_int_equal(driver_lock(d, KEY("lock"), LEASE_MS), KUBE_ERR_CONFLICT);
    kube_store_unlock(d->store, next);
    assert_int_equal(driver_lock(d, KEY("lock"), LEASE_MS), KUBE_OK);
    kube_store_unlock(d->store, d->lock);
}

static void a_lock_says_nothing_about_entries(void **state)
{
    store_driver *d = *state;
    kube_store_lock *lock;

    if (driver_lock(d, KEY("a", "lock"), LEASE_MS) == KUBE_ERR_UNSUPPORTED)
        return;
    lock = d->lock;
    assert_int_equal(driver_put_c(d, KEY("a", "entry"), "x"), KUBE_OK);
    driver_expect(d, KEY("a", "entry"), "x");
    kube_store_unlock(d->store, lock);
}

static void another_object_finds_the_same_entries(void **state)
{
    store_driver *d = *state;
    store_driver other;
    uint64_t generation;

    if (subject_of_suite.again == NULL)
        return;
    assert_int_equal(driver_put_c(d, KEY("a", "b"), "mine"), KUBE_OK);
    generation = d->info.generation;
    store_driver_init(&other, subject_of_suite.again(subject_of_suite.user), subject_of_suite.clock);
    driver_expect(&other, KEY("a", "b"), "mine");
    assert_true(other.entry.info.generation == generation);
    assert_int_equal(driver_put_c(&other, KEY("a", "b"), "yours"), KUBE_OK);
    driver_expect(d, KEY("a", "b"), "yours");
    assert_true(d->entry.info.generation != generation);
    if (driver_lock(d, KEY("lock"), LEASE_MS) == KUBE_OK) {
        kube_store_lock *lock = d->lock;

        assert_int_equal(driver_lock(&other, KEY("lock"), LEASE_MS), KUBE_ERR_CONFLICT);
        kube_store_unlock(d->store, lock);
    }
    store_driver_clear(&other);
}

static void what_was_read_outlives_the_entry(void **state)
{
    store_driver *d = *state;
    kube_blob *bytes;

    assert_int_equal(driver_put_c(d, KEY("k"), "old"), KUBE_OK);
    driver_expect(d, KEY("k"), "old");
    bytes = kube_blob_ref(d->entry.bytes);
    assert_int_equal(driver_put_c(d, KEY("k"), "new"), KUBE_OK);
    assert_int_equal(driver_remove(d, KEY("k")), KUBE_OK);
    assert_string_equal(kube_blob_str(bytes).data, "old");
    kube_blob_unref(bytes);
}

static void an_operation_that_is_cancelled_ends_once(void **state)
{
    store_driver *d = *state;
    kube_cancel *cancel = NULL;

    assert_int_equal(driver_put_c(d, KEY("k"), "old"), KUBE_OK);
    assert_int_equal(kube_cancel_new(NULL, &cancel, NULL), KUBE_OK);
    kube_cancel_fire(cancel);
    d->call.cancel = cancel;
    assert_int_equal(driver_get(d, KEY("k")), kube_store_is_local(d->store) ? KUBE_OK : KUBE_ERR_CANCELLED);
    d->call.cancel = NULL;
    d->call.deadline_ns = 1;
    assert_int_equal(driver_get(d, KEY("k")), kube_store_is_local(d->store) ? KUBE_OK : KUBE_ERR_TIMEOUT);
    d->call.deadline_ns = 0;
    kube_cancel_unref(cancel);
    driver_expect(d, KEY("k"), "old");
}

static void the_blocking_forms_do_the_same(void **state)
{
    store_driver *d = *state;
    kube_call_options opts = KUBE_CALL_OPTIONS_INIT;
    kube_store_entry entry = { NULL, NULL, { 0, 0, 0 } };
    kube_store_info info;
    kube_error *err = NULL;

    assert_int_equal(kube_cancel_new(NULL, &opts.cancel, NULL), KUBE_OK);
    assert_int_equal(kube_store_get(d->store, KEY("k"), &opts, &entry, &err), KUBE_ERR_NOT_FOUND);
    assert_int_equal(kube_error_status(err), KUBE_ERR_NOT_FOUND);
    kube_error_free(err);
    assert_int_equal(kube_store_put(d->store, KEY("k"), kube_str_c("x"), kube_str_c(NULL), &opts, &info, NULL),
                     KUBE_OK);
    assert_int_equal(kube_store_get(d->store, KEY("k"), NULL, &entry, NULL), KUBE_OK);
    assert_string_equal(kube_blob_str(entry.bytes).data, "x");
    assert_same_info(&info, &entry.info);
    kube_store_entry_clear(&entry);
    assert_int_equal(kube_store_remove(d->store, KEY("k"), NULL, NULL), KUBE_OK);
    assert_int_equal(kube_store_get(d->store, KEY("k"), NULL, &entry, NULL), KUBE_ERR_NOT_FOUND);
    kube_cancel_fire(opts.cancel);
    assert_int_equal(kube_store_put(d->store, KEY("k"), kube_str_c("x"), kube_str_c(NULL), &opts, NULL, NULL),
                     KUBE_ERR_CANCELLED);
    assert_int_equal(kube_store_get(d->store, KEY("k"), NULL, &entry, NULL), KUBE_ERR_NOT_FOUND);
    assert_int_equal(kube_store_get(d->store, KEY(".."), NULL, &entry, NULL), KUBE_ERR_INVALID_ARG);
    kube_cancel_unref(opts.cancel);
}

/* Each writes values of one letter, as long as the letter says, and looks whether what it reads is whole. */
static void *write_and_read(void *arg)
{
    kube_store *store = arg;
    char value[26 * 50];
    intptr_t faults = 0;

    for (int i = 0; i < ROUNDS; i++) {
        const char *name = i % 3 == 0 ? "one" : "two";
        kube_store_entry entry = { NULL, NULL, { 0, 0, 0 } };
        size_t letter = (size_t)i % 26;
        kube_str got;

        memset(value, 'a' + (int)letter, (letter + 1) * 50);
        if (kube_store_put(store, KEY("t", name), kube_str_n(value, (letter + 1) * 50), kube_str_c(NULL), NULL, NULL,
                           NULL) != KUBE_OK ||
            kube_store_get(store, KEY("t", name), NULL, &entry, NULL) != KUBE_OK) {
            faults++;
            continue;
        }
        got = kube_blob_str(entry.bytes);
        if (got.len == 0 || got.len != (size_t)(got.data[0] - 'a' + 1) * 50 || got.data[got.len - 1] != got.data[0])
            faults++;
        kube_store_entry_clear(&entry);
    }
    return (void *)faults;
}

static void threads_read_whole_entries(void **state)
{
    store_driver *d = *state;
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_and_read, d->store), 0);
    for (int i = 0; i < THREADS; i++) {
        void *faults = NULL;

        pthread_join(threads[i], &faults);
        assert_null(faults);
    }
}

#define CONFORMANCE_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int store_conformance(const store_subject *subject)
{
    const struct CMUnitTest tests[] = {
        CONFORMANCE_TEST(what_was_put_is_read_back),
        CONFORMANCE_TEST(a_validator_is_kept_beside_the_bytes),
        CONFORMANCE_TEST(what_is_not_there_is_not_found),
        CONFORMANCE_TEST(put_get_and_peek_say_the_same_of_an_entry),
        CONFORMANCE_TEST(every_put_and_touch_is_another_generation),
        CONFORMANCE_TEST(an_entry_is_stored_at_the_time_of_the_clock),
        CONFORMANCE_TEST(an_entry_may_be_older_than_its_putting),
        CONFORMANCE_TEST(only_what_was_read_can_be_touched),
        CONFORMANCE_TEST(what_was_removed_is_not_found),
        CONFORMANCE_TEST(keys_are_kept_apart),
        CONFORMANCE_TEST(what_is_no_key_is_refused_by_every_operation),
        CONFORMANCE_TEST(a_lock_has_one_holder),
        CONFORMANCE_TEST(a_lock_is_given_to_another_one_when_its_lease_is_over),
        CONFORMANCE_TEST(a_lock_says_nothing_about_entries),
        CONFORMANCE_TEST(another_object_finds_the_same_entries),
        CONFORMANCE_TEST(what_was_read_outlives_the_entry),
        CONFORMANCE_TEST(an_operation_that_is_cancelled_ends_once),
        CONFORMANCE_TEST(the_blocking_forms_do_the_same),
        CONFORMANCE_TEST(threads_read_whole_entries),
    };

    subject_of_suite = *subject;
    printf("conformance: %s\n", subject->name);
    return cmocka_run_group_tests_name(subject->name, tests, NULL, NULL);
}
