/* A tree of flags under one lock, the root's: firing walks the tree without recursion, however deep it is, and when it
 * returns every node below is fired. The lock of a loop's queue is taken below it. */
#include <kube/base/cancel.h>
#include <kube/sys/error.h>

#include "shared/alloc.h"
#include "shared/cancel.h"

#include <pthread.h>
#include <stdatomic.h>

struct kube_cancel {
    atomic_uint            refs;
    atomic_bool            fired;
    pthread_mutex_t        lock;     /* of the root: guards the lists of the whole tree */
    kube_cancel           *root;     /* lives as long as any node: each holds its parent */
    kube_cancel           *parent;
    kube_cancel           *children; /* not counted: a child unlinks itself before it dies */
    kube_cancel           *next, *prev;
    kube__cancel_listener *listeners;
};

/* Under the tree's lock: a parent that is being fired either sees the new child in its list, or we see its flag. */
static void link_child(kube_cancel *parent, kube_cancel *child)
{
    pthread_mutex_lock(&parent->root->lock);
    child->root = parent->root;
    child->parent = kube_cancel_ref(parent);
    child->next = parent->children;
    if (child->next != NULL)
        child->next->prev = child;
    parent->children = child;
    if (atomic_load(&parent->fired))
        atomic_store(&child->fired, true);
    pthread_mutex_unlock(&parent->root->lock);
}

static void unlink_child(kube_cancel *parent, kube_cancel *child)
{
    pthread_mutex_lock(&child->root->lock);
    if (child->prev != NULL)
        child->prev->next = child->next;
    else
        parent->children = child->next;
    if (child->next != NULL)
        child->next->prev = child->prev;
    pthread_mutex_unlock(&child->root->lock);
}

kube_status kube_cancel_new(kube_cancel *parent, kube_cancel **out, kube_error **err)
{
    kube_cancel *cancel;

    if (KUBE__NEW(cancel) == NULL)
        return kube_error_no_memory(err);
    atomic_init(&cancel->refs, 1);
    atomic_init(&cancel->fired, false);
    if (parent != NULL) {
        link_child(parent, cancel);
    } else {
        cancel->root = cancel;
        pthread_mutex_init(&cancel->lock, NULL);
    }
    *out = cancel;
    return KUBE_OK;
}

kube_cancel *kube_cancel_ref(kube_cancel *cancel)
{
    if (cancel != NULL)
        atomic_fetch_add_explicit(&cancel->refs, 1, memory_order_relaxed);
    return cancel;
}

/* A loop, not a recursion: a long chain of parents must not eat the stack. */
void kube_cancel_unref(kube_cancel *cancel)
{
    while (cancel != NULL && atomic_fetch_sub_explicit(&cancel->refs, 1, memory_order_acq_rel) == 1) {
        kube_cancel *parent = cancel->parent;

        if (parent != NULL)
            unlink_child(parent, cancel);
        else
            pthread_mutex_destroy(&cancel->lock);
        kube__free(cancel);
        cancel = parent;
    }
}

/* Under the tree's lock. What was fired before has nothing left to fire below it. */
static bool fire_node(kube_cancel *cancel)
{
    if (atomic_exchange(&cancel->fired, true))
        return false;
    for (kube__cancel_listener *l = cancel->listeners; l != NULL; l = l->next)
        kube_io_task_post(l->task);
    return true;
}

static void fire_tree(kube_cancel *top)
{
    kube_cancel *node = top;

    for (;;) {
        if (fire_node(node) && node->children != NULL) {
            node = node->children;
            continue;
        }
        while (node != top && node->next == NULL)
            node = node->parent;
        if (node == top)
            return;
        node = node->next;
    }
}

void kube_cancel_fire(kube_cancel *cancel)
{
    if (cancel == NULL)
        return;
    pthread_mutex_lock(&cancel->root->lock);
    fire_tree(cancel);
    pthread_mutex_unlock(&cancel->root->lock);
}

bool kube_cancel_is_fired(const kube_cancel *cancel)
{
    return cancel != NULL && atomic_load(&cancel->fired);
}

void kube__cancel_subscribe(kube_cancel *cancel, kube__cancel_listener *listener, kube_io_task *task)
{
    if (cancel == NULL)
        return;
    listener->task = task;
    listener->cancel = kube_cancel_ref(cancel);
    pthread_mutex_lock(&cancel->root->lock);
    listener->prev = NULL;
    listener->next = cancel->listeners;
    if (listener->next != NULL)
        listener->next->prev = listener;
    cancel->listeners = listener;
    if (atomic_load(&cancel->fired))
        kube_io_task_post(task);
    pthread_mutex_unlock(&cancel->root->lock);
}

void kube__cancel_unsubscribe(kube__cancel_listener *listener)
{
    kube_cancel *cancel = listener->cancel;

    if (cancel == NULL)
        return;
    pthread_mutex_lock(&cancel->root->lock);
    if (listener->prev != NULL)
        listener->prev->next = listener->next;
    else
        cancel->listeners = listener->next;
    if (listener->next != NULL)
        listener->next->prev = listener->prev;
    pthread_mutex_unlock(&cancel->root->lock);
    listener->cancel = NULL;
    kube_cancel_unref(cancel);
}
