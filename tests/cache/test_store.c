/* The interface object, with a store that always answers later, and with tables that lack something. */
#include "alloc_trace.h"
#include "fake_clock.h"
#include "slow_store.h"
#include "store_conformance.h"
#include "store_driver.h"

#include <kube/cache/memory_store.h>
#include <kube/sys/error.h>

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static fake_clock now;
static slow_store_knobs knobs;

static kube_store *make(void *user)
{
    kube_store *store = NULL;

    (void)user;
    knobs = (slow_store_knobs){ .silent = false };
    assert_int_equal(slow_store_new(&now.clock, &knobs, &store, NULL), KUBE_OK);
    return store;
}

static void advance(void *user, int64_t ms)
{
    (void)user;
    fake_clock_advance(&now, ms);
}

/* A store that only says where it was. */
static kube_status null_get(void *state, kube_io *io, const kube_store_key *key, const kube_call *call,
                            kube_store_get_done *done, void *user, kube_store_entry *out, kube_error **err)
{
    (void)state, (void)io, (void)key, (void)call, (void)done, (void)user, (void)out;
    return kube_error_set(err, KUBE_ERR_NOT_FOUND, "there is never anything");
}

static kube_status null_put(void *state, kube_io *io, const kube_store_key *key, const kube_store_value *value,
                            const kube_call *call, kube_store_put_done *done, void *user, kube_store_info *out,
                            kube_error **err)
{
    (void)state, (void)io, (void)key, (void)call, (void)done, (void)user, (void)err;
    *out = (kube_store_info){ 1, 2, value->bytes.len }; /* there always is a place for it */
    return KUBE_OK;
}

static kube_status null_remove(void *state, kube_io *io, const kube_store_key *key, const kube_call *call,
                               kube_store_put_done *done, void *user, kube_error **err)
{
    (void)state, (void)io, (void)key, (void)call, (void)done, (void)user, (void)err;
    return KUBE_OK;
}

static kube_status null_lock(void *state, kube_io *io, const kube_store_key *key, int64_t lease_ms,
                             const kube_call *call, kube_store_lock_done *done, void *user, kube_store_lock **out,
                             kube_error **err)
{
    (void)state, (void)io, (void)key, (void)lease_ms, (void)call, (void)done, (void)user, (void)out;
    return kube_error_set(err, KUBE_ERR_CONFLICT, "never");
}

static void count_destroyed(void *state)
{
    ++*(int *)state;
}

static kube_store_ops minimal(void)
{
    return (kube_store_ops){ .struct_size = sizeof(kube_store_ops), .destroy = count_destroyed, .get = null_get,
                             .put = null_put, .remove = null_remove, .is_local = true };
}

static void assert_refused(const kube_store_ops *ops)
{
    kube_store *store = NULL;
    kube_error *err = NULL;
    int destroyed = 0;

    assert_int_equal(kube_store_new(ops, &destroyed, NULL, &store, &err), KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_error_status(err), KUBE_ERR_INVALID_ARG);
    assert_null(store);
    assert_int_equal(destroyed, ops != NULL && ops->struct_size >= sizeof *ops ? 1 : 0);
    kube_error_free(err);
}

static void a_table_that_lacks_something_is_refused_and_its_state_destroyed(void **state)
{
    kube_store_ops ops = minimal();

    (void)state;
    assert_refused(NULL);
    ops.get = NULL;
    assert_refused(&ops);
    ops = minimal();
    ops.put = NULL;
    assert_refused(&ops);
    ops = minimal();
    ops.remove = NULL;
    assert_refused(&ops);
    ops = minimal();
    ops.try_lock = null_lock;
    assert_refused(&ops);
    ops = minimal();
    ops.struct_size = 0;
    assert_refused(&ops);
}

static void a_table_need_not_destroy_anything(void **state)
{
    kube_store_ops ops = minimal();
    kube_store *store = NULL;
    int destroyed = 0;

    (void)state;
    ops.destroy = NULL;
    assert_int_equal(kube_store_new(&ops, &destroyed, NULL, &store, NULL), KUBE_OK);
    kube_store_unref(store);
    ops.get = NULL;
    assert_int_equal(kube_store_new(&ops, &destroyed, NULL, &store, NULL), KUBE_ERR_INVALID_ARG);
    assert_int_equal(destroyed, 0);
}

static void a_segment_is_utf8_without_control_characters(void **state)
{
    static const struct {
        const char *segment;
        bool        good;
    } cases[] = {
        { "a b~", true },
        { "\x1f", false },
        { "\x7f", false },
        { "\x80", false },
        { "\xc1\xbf", false }, /* overlong */
        { "\xc2", false },
        { "\xc2\x9f", false }, /* U+009F, a control character */
        { "\xc2\xa0", true },
        { "\xc3\x80", true },
        { "\xdf\xbf", true },
        { "\xdfz", false },
        { "\xe0\x9f\xbf", false }, /* overlong */
        { "\xe0\xa0\x80", true },
        { "\xe2\x82\xac", true },
        { "\xe2\x82", false },
        { "\xed\x9f\xbf", true },
        { "\xed\xa0\x80", false }, /* half of a surrogate pair */
        { "\xef\xbf\xbf", true },
        { "\xf0\x8f\xbf\xbf", false }, /* overlong */
        { "\xf0\x90\x80\x80", true },
        { "\xf1\x80\x80\x80", true },
        { "\xf1\x80\x80", false },
        { "\xf4\x8f\xbf\xbf", true },
        { "\xf4\x90\x80\x80", false }, /* beyond U+10FFFF */
        { "\xf5\x80\x80\x80", false },
    };
    kube_store_ops ops = minimal();
    kube_store *store = NULL;
    int destroyed = 0;

    (void)state;
    assert_int_equal(kube_store_new(&ops, &destroyed, NULL, &store, NULL), KUBE_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kube_status st = kube_store_remove(store, KEY("a", cases[i].segment), NULL, NULL);

        if (st != (cases[i].good ? KUBE_OK : KUBE_ERR_INVALID_ARG))
            fail_msg("case %zu: %s", i, kube_status_name(st));
    }
    kube_store_unref(store);
}

static void a_state_is_destroyed_with_the_last_reference(void **state)
{
    kube_store_ops ops = minimal();
    kube_store *store = NULL;
    int destroyed = 0;

    (void)state;
    assert_int_equal(kube_store_new(&ops, &destroyed, NULL, &store, NULL), KUBE_OK);
    assert_ptr_equal(kube_store_ref(store), store);
    kube_store_unref(store);
    assert_int_equal(destroyed, 0);
    kube_store_unref(store);
    assert_int_equal(destroyed, 1);
    assert_null(kube_store_ref(NULL));
    kube_store_unref(NULL);
    kube_store_entry_clear(NULL);
}

static void what_a_store_lacks_is_unsupported(void **state)
{
    kube_store_ops ops = minimal();
    kube_store *store = NULL;
    kube_store_info info = { 0, 0, 0 };
    store_driver d;
    int destroyed = 0;

    (void)state;
    assert_int_equal(kube_store_new(&ops, &destroyed, NULL, &store, NULL), KUBE_OK);
    store_driver_init(&d, store, &now.clock);
    assert_int_equal(driver_touch(&d, KEY("k"), 1), KUBE_ERR_UNSUPPORTED);
    assert_int_equal(driver_lock(&d, KEY("k"), 1), KUBE_ERR_UNSUPPORTED);
    assert_int_equal(kube_store_peek(store, KEY("k"), &info), KUBE_ERR_UNSUPPORTED);
    assert_int_equal(kube_store_put(store, KEY("k"), kube_str_c("abc"), kube_str_c(NULL), NULL, NULL, NULL), KUBE_OK);
    assert_int_equal(kube_store_put(store, KEY("k"), kube_str_c("abc"), kube_str_c(NULL), NULL, &info, NULL), KUBE_OK);
    assert_int_equal(info.bytes, 3);
    store_driver_clear(&d);
}

static void a_value_that_was_not_initialised_is_refused(void **state)
{
    struct {
        kube_store_value value;
        uint64_t         newer;
    } later = { { sizeof later, { "x", 1 }, { NULL, 0 }, 0 }, 1 };
    kube_store_value value = { 0, { "x", 1 }, { NULL, 0 }, 0 };
    kube_store *store = NULL;

    (void)state;
    assert_int_equal(kube_memory_store_new(NULL, &store, NULL), KUBE_OK);
    assert_int_equal(kube_store_begin_put(store, NULL, KEY("k"), &value, NULL, NULL, NULL, NULL, NULL),
                     KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_store_begin_put(store, NULL, KEY("k"), NULL, NULL, NULL, NULL, NULL, NULL),
                     KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_store_begin_put(store, NULL, KEY("k"), &later.value, NULL, NULL, NULL, NULL, NULL),
                     KUBE_ERR_UNSUPPORTED);
    later.newer = 0;
    assert_int_equal(kube_store_begin_put(store, NULL, KEY("k"), &later.value, NULL, NULL, NULL, NULL, NULL), KUBE_OK);
    kube_store_unref(store);
}

static void who_does_not_want_to_know_gives_no_place(void **state)
{
    kube_store *store = NULL;
    kube_store_info put = { 0, 0, 0 }, touched = { 0, 0, 0 };
    kube_store_value value = { sizeof value, { "x", 1 }, { NULL, 0 }, 0 };

    (void)state;
    assert_int_equal(kube_memory_store_new(NULL, &store, NULL), KUBE_OK);
    assert_int_equal(kube_store_begin_put(store, NULL, KEY("k"), &value, NULL, NULL, NULL, &put, NULL), KUBE_OK);
    assert_int_equal(
        kube_store_begin_touch(store, NULL, KEY("k"), put.generation, NULL, NULL, NULL, NULL, NULL), KUBE_OK);
    assert_int_equal(kube_store_peek(store, KEY("k"), &touched), KUBE_OK);
    assert_true(touched.generation != put.generation);
    kube_store_unref(store);
}

static void call_options_that_were_not_initialised_are_refused(void **state)
{
    kube_call_options opts = { .struct_size = 0 };
    kube_store_entry entry = { NULL, NULL, { 0, 0, 0 } };
    kube_store *stores[2] = { NULL, make(NULL) };

    (void)state;
    assert_int_equal(kube_memory_store_new(NULL, &stores[0], NULL), KUBE_OK);
    for (int i = 0; i < 2; i++) {
        kube_error *err = NULL;

        assert_int_equal(kube_store_get(stores[i], KEY("k"), &opts, &entry, &err), KUBE_ERR_INVALID_ARG);
        assert_int_equal(kube_error_status(err), KUBE_ERR_INVALID_ARG);
        kube_error_free(err);
        kube_store_unref(stores[i]);
    }
}

static void no_store_is_refused(void **state)
{
    kube_store_entry entry = { NULL, NULL, { 0, 0, 0 } };
    kube_store_info info;

    (void)state;
    assert_int_equal(kube_store_get(NULL, KEY("k"), NULL, &entry, NULL), KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_store_remove(NULL, KEY("k"), NULL, NULL), KUBE_ERR_INVALID_ARG);
    assert_int_equal(kube_store_peek(NULL, KEY("k"), &info), KUBE_ERR_INVALID_ARG);
    kube_store_unlock(NULL, NULL);
}

static void a_store_that_waits_needs_a_loop(void **state)
{
    kube_store *store = make(NULL);
    kube_store_entry entry = { NULL, NULL, { 0, 0, 0 } };

    (void)state;
    assert_false(kube_store_is_local(store));
    assert_int_equal(kube_store_begin_get(store, NULL, KEY("k"), NULL, NULL, NULL, &entry, NULL),
                     KUBE_ERR_INVALID_ARG);
    kube_store_unref(store);
    assert_int_equal(knobs.destroyed, 1);
}

typedef struct ended {
    int         calls;
    kube_status status;
} ended;

static void on_get(void *user, kube_status status, const kube_store_entry *entry, kube_error *err)
{
    ended *e = user;

    e->calls++;
    e->status = entry == NULL ? status : KUBE_OK;
    kube_error_free(err);
}

/* A get that is never answered, and what ends it. */
static kube_status end_silent_get(kube_call *call, kube_cancel *fires, int64_t later_ms, bool free_loop)
{
    kube_io_options opts = KUBE_IO_OPTIONS_INIT;
    kube_store *store = make(NULL);
    kube_store_entry entry = { NULL, NULL, { 0, 0, 0 } };
    kube_io *io = NULL;
    ended e = { 0, KUBE_PENDING };

    opts.clock = &now.clock;
    knobs.silent = true;
    assert_int_equal(kube_io_new(&opts, &io, NULL), KUBE_OK);
    assert_int_equal(kube_store_begin_get(store, io, KEY("k"), call, on_get, &e, &entry, NULL), KUBE_PENDING);
    assert_int_equal(kube_io_run(io, 0), KUBE_OK);
    assert_int_equal(e.calls, 0);
    if (fires != NULL)
        kube_cancel_fire(fires);
    advance(NULL, later_ms);
    if (!free_loop)
        assert_int_equal(kube_io_run(io, 0), KUBE_OK);
    kube_io_free(io);
    assert_int_equal(e.calls, 1);
    kube_store_unref(store);
    return e.status;
}

static void a_get_that_is_not_answered_ends_by_cancel_deadline_or_loop(void **state)
{
    kube_cancel *cancel = NULL;
    kube_call call = { 0, NULL };

    (void)state;
    assert_int_equal(end_silent_get(&call, NULL, 0, true), KUBE_ERR_CANCELLED);
    call.deadline_ns = now.now_ns + 1000000;
    assert_int_equal(end_silent_get(&call, NULL, 2, false), KUBE_ERR_TIMEOUT);
    assert_int_equal(kube_cancel_new(NULL, &cancel, NULL), KUBE_OK);
    call = (kube_call){ 0, cancel };
    assert_int_equal(end_silent_get(&call, cancel, 0, false), KUBE_ERR_CANCELLED);
    kube_cancel_unref(cancel);
}

static void a_failure_of_the_store_comes_through(void **state)
{
    store_driver d;

    (void)state;
    store_driver_init(&d, make(NULL), &now.clock);
    for (int op = 0; op < SLOW_STORE_OPS; op++)
        knobs.fail[op] = KUBE_ERR_UNAVAILABLE;
    assert_int_equal(driver_get(&d, KEY("k")), KUBE_ERR_UNAVAILABLE);
    assert_int_equal(driver_put_c(&d, KEY("k"), "x"), KUBE_ERR_UNAVAILABLE);
    assert_int_equal(driver_touch(&d, KEY("k"), 1), KUBE_ERR_UNAVAILABLE);
    assert_int_equal(driver_remove(&d, KEY("k")), KUBE_ERR_UNAVAILABLE);
    assert_int_equal(driver_lock(&d, KEY("k"), 1), KUBE_ERR_UNAVAILABLE);
    assert_int_equal(kube_store_remove(d.store, KEY("k"), NULL, NULL), KUBE_ERR_UNAVAILABLE);
    assert_int_equal(knobs.count[SLOW_STORE_REMOVE], 2);
    store_driver_clear(&d);
}

typedef struct inside {
    kube_store *local, *slow;
    kube_status local_status, slow_status;
    bool        called;
} inside;

static void block_inside(void *user)
{
    inside *in = user;
    kube_store_entry entry = { NULL, NULL, { 0, 0, 0 } };

    in->local_status = kube_store_get(in->local, KEY("k"), NULL, &entry, NULL);
    in->slow_status = kube_store_get(in->slow, KEY("k"), NULL, &entry, NULL);
    in->called = true;
}

static void inside_a_callback_only_a_local_store_may_block(void **state)
{
    inside in = { NULL, make(NULL), KUBE_OK, KUBE_OK, false };
    kube_io *io = NULL;

    (void)state;
    assert_int_equal(kube_memory_store_new(NULL, &in.local, NULL), KUBE_OK);
    assert_int_equal(kube_io_new(NULL, &io, NULL), KUBE_OK);
    assert_int_equal(kube_io_submit(io, block_inside, &in, NULL), KUBE_OK);
    while (!in.called)
        assert_int_equal(kube_io_run(io, -1), KUBE_OK);
    assert_int_equal(in.local_status, KUBE_ERR_NOT_FOUND);
    assert_int_equal(in.slow_status, KUBE_ERR_WOULD_DEADLOCK);
    kube_io_free(io);
    kube_store_unref(in.local);
    kube_store_unref(in.slow);
}

static void a_forked_child_is_told(void **state)
{
    kube_store *store = make(NULL);
    kube_store_entry entry = { NULL, NULL, { 0, 0, 0 } };
    int status = 0;
    pid_t child;

    (void)state;
    assert_int_equal(kube_store_get(store, KEY("k"), NULL, &entry, NULL), KUBE_ERR_NOT_FOUND);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        kube_store_info info;
        bool told = kube_store_get(store, KEY("k"), NULL, &entry, NULL) == KUBE_ERR_FORKED &&
                    kube_store_remove(store, KEY("k"), NULL, NULL) == KUBE_ERR_FORKED &&
                    kube_store_peek(store, KEY("k"), &info) == KUBE_ERR_FORKED;

        kube_store_unref(store);
        _exit(told ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(kube_store_get(store, KEY("k"), NULL, &entry, NULL), KUBE_ERR_NOT_FOUND);
    kube_store_unref(store);
}

static kube_status make_and_get(int *destroyed)
{
    kube_store_ops ops = minimal();
    kube_store_entry entry = { NULL, NULL, { 0, 0, 0 } };
    kube_store *store = NULL;
    kube_status st;

    ops.is_local = false;
    st = kube_store_new(&ops, destroyed, &now.clock, &store, NULL);
    if (st == KUBE_OK)
        st = kube_store_get(store, KEY("k"), NULL, &entry, NULL);
    kube_store_unref(store);
    return st;
}

static void a_failed_allocation_is_said_and_the_state_destroyed_once(void **state)
{
    bool reached = true;

    (void)state;
    for (size_t n = 1; reached; n++) {
        kube_status st;
        int destroyed = 0;

        alloc_trace_fail_at(n);
        st = make_and_get(&destroyed);
        reached = alloc_trace_stop();
        assert_int_equal(st, reached ? KUBE_ERR_OUT_OF_MEMORY : KUBE_ERR_NOT_FOUND);
        assert_int_equal(destroyed, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(a_table_that_lacks_something_is_refused_and_its_state_destroyed),
        ALLOC_TRACE_TEST(a_table_need_not_destroy_anything),
        ALLOC_TRACE_TEST(a_segment_is_utf8_without_control_characters),
        ALLOC_TRACE_TEST(a_state_is_destroyed_with_the_last_reference),
        ALLOC_TRACE_TEST(what_a_store_lacks_is_unsupported),
        ALLOC_TRACE_TEST(a_value_that_was_not_initialised_is_refused),
        ALLOC_TRACE_TEST(who_does_not_want_to_know_gives_no_place),
        ALLOC_TRACE_TEST(call_options_that_were_not_initialised_are_refused),
        ALLOC_TRACE_TEST(no_store_is_refused),
        ALLOC_TRACE_TEST(a_store_that_waits_needs_a_loop),
        ALLOC_TRACE_TEST(a_get_that_is_not_answered_ends_by_cancel_deadline_or_loop),
        ALLOC_TRACE_TEST(a_failure_of_the_store_comes_through),
        ALLOC_TRACE_TEST(inside_a_callback_only_a_local_store_may_block),
        ALLOC_TRACE_TEST(a_forked_child_is_told),
        ALLOC_TRACE_TEST(a_failed_allocation_is_said_and_the_state_destroyed_once),
    };
    const store_subject subject = { .name = "a store that answers later", .make = make, .advance = advance,
                                    .clock = &now.clock, .keeps_validators = true };

    alloc_trace_install();
    fake_clock_init(&now);
    return cmocka_run_group_tests(tests, NULL, NULL) + store_conformance(&subject);
}
