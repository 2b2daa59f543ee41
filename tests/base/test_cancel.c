#include "base_fixture.h"

#include "shared/cancel.h"

#include <pthread.h>
#include <stdlib.h>

static kube_cancel *make(kube_cancel *parent)
{
    kube_cancel *cancel = NULL;

    assert_int_equal(kube_cancel_new(parent, &cancel, NULL), KUBE_OK);
    return cancel;
}

static void null_is_never_fired(void **state)
{
    (void)state;
    kube_cancel_fire(NULL);
    kube_cancel_unref(NULL);
    assert_null(kube_cancel_ref(NULL));
    assert_false(kube_cancel_is_fired(NULL));
}

static void firing_reaches_what_is_below_and_nothing_else(void **state)
{
    kube_cancel *root = make(NULL), *left = make(root), *right = make(root), *leaf = make(left), *leaf2 = make(left);

    (void)state;
    kube_cancel_fire(left);
    assert_false(kube_cancel_is_fired(root));
    assert_true(kube_cancel_is_fired(left));
    assert_false(kube_cancel_is_fired(right));
    assert_true(kube_cancel_is_fired(leaf));
    assert_true(kube_cancel_is_fired(leaf2));
    kube_cancel_fire(root);
    assert_true(kube_cancel_is_fired(right));
    kube_cancel_unref(root);
    kube_cancel_unref(leaf);
    kube_cancel_unref(left);
    kube_cancel_unref(leaf2);
    kube_cancel_unref(right);
}

static void a_child_of_a_fired_parent_is_born_fired(void **state)
{
    kube_cancel *parent = make(NULL), *child, *grandchild;

    (void)state;
    kube_cancel_fire(parent);
    child = make(parent);
    grandchild = make(child);
    assert_true(kube_cancel_is_fired(child));
    assert_true(kube_cancel_is_fired(grandchild));
    kube_cancel_unref(parent);
    kube_cancel_unref(child);
    kube_cancel_unref(grandchild);
}

static void a_child_keeps_its_parents(void **state)
{
    kube_cancel *root = make(NULL), *middle = make(root), *leaf = make(middle);

    (void)state;
    kube_cancel_unref(middle);
    kube_cancel_fire(root);
    kube_cancel_unref(root);
    assert_true(kube_cancel_is_fired(leaf));
    kube_cancel_unref(leaf);
}

static void a_very_deep_tree_is_fired_and_freed(void **state)
{
    enum { DEPTH = 300000 };
    kube_cancel *root = make(NULL), *leaf = kube_cancel_ref(root);

    (void)state;
    for (int i = 0; i < DEPTH; i++) {
        kube_cancel *child = make(leaf);

        kube_cancel_unref(leaf);
        leaf = child;
    }
    kube_cancel_fire(root);
    assert_true(kube_cancel_is_fired(leaf));
    kube_cancel_unref(root);
    kube_cancel_unref(leaf);
}

static void a_very_wide_tree_is_fired_and_freed_in_any_order(void **state)
{
    enum { WIDTH = 10000 };
    kube_cancel **children = malloc(WIDTH * sizeof *children), *root = make(NULL);
    uint32_t random = 3;

    (void)state;
    for (int i = 0; i < WIDTH; i++)
        children[i] = make(i % 3 == 0 || i < 10 ? root : children[i / 2]);
    kube_cancel_fire(root);
    for (int i = 0; i < WIDTH; i++)
        assert_true(kube_cancel_is_fired(children[i]));
    kube_cancel_unref(root);
    for (int i = WIDTH - 1; i >= 0; i--) {
        uint32_t j = next_random(&random) % (uint32_t)(i + 1);
        kube_cancel *gone = children[j];

        children[j] = children[i];
        kube_cancel_unref(gone);
    }
    free(children);
}

static void listeners_are_posted_once_and_not_after_unsubscribing(void **state)
{
    kube_io *io = make_io();
    kube_cancel *cancel = make(NULL);
    kube__cancel_listener listeners[3] = { { 0 } };
    kube_io_task *tasks[3];
    int calls[3] = { 0 };

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(kube_io_task_new(io, count_call, &calls[i], &tasks[i], NULL), KUBE_OK);
        kube__cancel_subscribe(cancel, &listeners[i], tasks[i]);
    }
    kube__cancel_unsubscribe(&listeners[1]);
    kube__cancel_unsubscribe(&listeners[1]); /* again is nothing */
    kube_cancel_fire(cancel);
    kube_cancel_fire(cancel);
    assert_true(settle(io));
    assert_int_equal(calls[0], 1);
    assert_int_equal(calls[1], 0);
    assert_int_equal(calls[2], 1);
    kube__cancel_subscribe(cancel, &listeners[1], tasks[1]); /* to a fired one: told at once */
    assert_true(settle(io));
    assert_int_equal(calls[1], 1);
    kube_cancel_unref(cancel);
    for (int i = 0; i < 3; i++) {
        kube__cancel_unsubscribe(&listeners[i]);
        kube_io_task_free(tasks[i]);
    }
    kube__cancel_subscribe(NULL, &listeners[0], NULL);
    kube__cancel_unsubscribe(&listeners[0]);
    kube_io_free(io);
}

static void *make_and_drop_children(void *arg)
{
    for (int i = 0; i < 300; i++) {
        kube_cancel *child = NULL, *grandchild = NULL;

        if (kube_cancel_new(arg, &child, NULL) == KUBE_OK && kube_cancel_new(child, &grandchild, NULL) == KUBE_OK &&
            i % 10 == 0)
            kube_cancel_fire(child);
        kube_cancel_unref(child);
        kube_cancel_unref(grandchild);
    }
    kube_cancel_unref(arg);
    return NULL;
}

static void threads_may_grow_and_prune_a_tree_that_is_being_fired(void **state)
{
    pthread_t threads[4];
    kube_cancel *root = make(NULL), *middle = make(root);

    (void)state;
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, make_and_drop_children, kube_cancel_ref(i % 2 == 0 ? root : middle));
    kube_cancel_fire(root);
    kube_cancel_unref(middle);
    kube_cancel_unref(root);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

typedef struct firing {
    kube_cancel *root, *leaf;
    atomic_int   missed;
} firing;

static void *fire_and_look(void *arg)
{
    firing *f = arg;

    kube_cancel_fire(f->root);
    if (!kube_cancel_is_fired(f->leaf))
        atomic_fetch_add(&f->missed, 1);
    return NULL;
}

static void when_fire_returns_all_below_is_fired_whoever_was_first(void **state)
{
    (void)state;
    for (int round = 0; round < 30; round++) {
        firing f = { .root = make(NULL) };
        pthread_t threads[3];

        f.leaf = kube_cancel_ref(f.root);
        for (int i = 0; i < 200; i++) {
            kube_cancel *child = make(f.leaf);

            kube_cancel_unref(f.leaf);
            f.leaf = child;
        }
        for (int i = 0; i < 3; i++)
            pthread_create(&threads[i], NULL, fire_and_look, &f);
        for (int i = 0; i < 3; i++)
            pthread_join(threads[i], NULL);
        assert_int_equal(atomic_load(&f.missed), 0);
        kube_cancel_unref(f.root);
        kube_cancel_unref(f.leaf);
    }
}

static void every_failed_allocation_is_said(void **state)
{
    kube_cancel *parent = make(NULL), *child = NULL;
    kube_error *err = NULL;

    (void)state;
    alloc_trace_fail_at(1);
    assert_int_equal(kube_cancel_new(parent, &child, &err), KUBE_ERR_OUT_OF_MEMORY);
    assert_true(alloc_trace_stop());
    assert_null(child);
    assert_error(err, KUBE_ERR_OUT_OF_MEMORY, "memory");
    kube_cancel_fire(parent);
    kube_cancel_unref(parent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(null_is_never_fired),
        ALLOC_TRACE_TEST(firing_reaches_what_is_below_and_nothing_else),
        ALLOC_TRACE_TEST(a_child_of_a_fired_parent_is_born_fired),
        ALLOC_TRACE_TEST(a_child_keeps_its_parents),
        ALLOC_TRACE_TEST(a_very_deep_tree_is_fired_and_freed),
        ALLOC_TRACE_TEST(a_very_wide_tree_is_fired_and_freed_in_any_order),
        ALLOC_TRACE_TEST(listeners_are_posted_once_and_not_after_unsubscribing),
        ALLOC_TRACE_TEST(threads_may_grow_and_prune_a_tree_that_is_being_fired),
        ALLOC_TRACE_TEST(when_fire_returns_all_below_is_fired_whoever_was_first),
        ALLOC_TRACE_TEST(every_failed_allocation_is_said),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
