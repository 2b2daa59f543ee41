#include "alloc_trace.h"

#include <kube/base/alloc.h>

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NEW_JUNK = 0xa5, FREED_JUNK = 0xdb, GUARD_BYTES = 8, GUARD_JUNK = 0xc3 };

static const uint64_t LIVE = 0x6c697665626c6f63, FREED = 0x6672656564626c6f;

/* In front of each block. The alignment makes its size a multiple of what malloc promises. */
typedef struct block {
    _Alignas(max_align_t) uint64_t mark;
    struct block *next, *prev;
    size_t        serial;
    size_t        bytes;
} block;

static struct {
    pthread_mutex_t lock;
    block          *blocks;
    size_t          live, live_bytes, serial;
    size_t          test_serial; /* the latest when the present test began */
    size_t          trap_at;
    size_t          fail_in;     /* allocations until the one that fails; 0: none will */
    bool            fail_on;     /* all after it fail too */
    bool            failing, reached;
    bool            in_test;     /* between set-up and teardown */
    bool            wanted;      /* what is asked for now has to fail, unlike with alloc_trace_forbid */
    bool            armed, struck; /* in this test: one that has to happen was asked for, and one did */
    char            secret[64];
    size_t          secret_len, found;
    bool            installed;
} trace = { .lock = PTHREAD_MUTEX_INITIALIZER };

static _Noreturn void die(const char *what, size_t serial)
{
    fprintf(stderr, "alloc_trace: %s (block %zu)\n", what, serial);
    abort();
}

/* Under the lock. */
static bool must_fail(void)
{
    if (trace.failing)
        return true;
    if (trace.fail_in == 0 || --trace.fail_in != 0)
        return false;
    trace.reached = true;
    trace.struck = trace.struck || trace.wanted;
    trace.failing = trace.fail_on;
    return true;
}

static void *trace_allocate(void *state, size_t bytes)
{
    block *b = NULL;

    (void)state;
    if (bytes > SIZE_MAX - sizeof *b - GUARD_BYTES)
        return NULL;
    pthread_mutex_lock(&trace.lock);
    if (++trace.serial == trace.trap_at)
        raise(SIGTRAP);
    if (!must_fail())
        b = malloc(sizeof *b + bytes + GUARD_BYTES);
    if (b != NULL) {
        *b = (block){ .mark = LIVE, .next = trace.blocks, .serial = trace.serial, .bytes = bytes };
        if (b->next != NULL)
            b->next->prev = b;
        trace.blocks = b;
        trace.live++;
        trace.live_bytes += bytes;
    }
    pthread_mutex_unlock(&trace.lock);
    if (b == NULL)
        return NULL;
    memset(b + 1, NEW_JUNK, bytes);
    memset((char *)(b + 1) + bytes, GUARD_JUNK, GUARD_BYTES);
    return b + 1;
}

static block *block_of(void *p)
{
    block *b = (block *)p - 1;
    const unsigned char *guard = (const unsigned char *)p;

    if (b->mark == FREED)
        die("freed twice", b->serial);
    if (b->mark != LIVE)
        die("not a block, or its front was overwritten", 0);
    for (size_t i = 0; i < GUARD_BYTES; i++)
        if (guard[b->bytes + i] != GUARD_JUNK)
            die("written past its end", b->serial);
    return b;
}

static void trace_release(void *state, void *p)
{
    block *b;

    (void)state;
    if (p == NULL)
        return;
    pthread_mutex_lock(&trace.lock);
    b = block_of(p);
    if (b->prev != NULL)
        b->prev->next = b->next;
    else
        trace.blocks = b->next;
    if (b->next != NULL)
        b->next->prev = b->prev;
    trace.live--;
    trace.live_bytes -= b->bytes;
    if (trace.secret_len != 0 && memmem(p, b->bytes, trace.secret, trace.secret_len) != NULL)
        trace.found++;
    b->mark = FREED;
    pthread_mutex_unlock(&trace.lock);
    memset(p, FREED_JUNK, b->bytes);
    free(b);
}

/* Always moves, so that a pointer kept into the old block shows. */
static void *trace_reallocate(void *state, void *p, size_t bytes)
{
    void *moved = trace_allocate(state, bytes);

    if (moved != NULL && p != NULL) {
        size_t old_bytes = block_of(p)->bytes;

        memcpy(moved, p, old_bytes < bytes ? old_bytes : bytes);
        trace_release(state, p);
    }
    return moved;
}

void alloc_trace_install(void)
{
    static const kube_allocator allocator = {
        sizeof(kube_allocator), NULL, trace_allocate, trace_reallocate, trace_release,
    };
    const char *trap = getenv("ALLOC_TRACE_TRAP");

    if (trace.installed)
        return;
    if (kube_set_allocator(&allocator) != KUBE_OK)
        die("installed too late: libkube has allocated already", 0);
    trace.installed = true;
    trace.trap_at = trap != NULL ? (size_t)strtoull(trap, NULL, 10) : 0;
}

static void start_failing(size_t n, bool fail_on, bool wanted)
{
    pthread_mutex_lock(&trace.lock);
    if (!trace.in_test)
        die("failing switched on where no alloc_trace_teardown looks", trace.serial);
    trace.fail_in = n;
    trace.fail_on = fail_on;
    trace.wanted = wanted;
    trace.armed = trace.armed || wanted;
    trace.failing = false;
    trace.reached = false;
    pthread_mutex_unlock(&trace.lock);
}

void alloc_trace_fail_at(size_t n)
{
    start_failing(n, false, true);
}

void alloc_trace_fail_from(size_t n)
{
    start_failing(n, true, true);
}

void alloc_trace_forbid(void)
{
    start_failing(1, true, false);
}

bool alloc_trace_stop(void)
{
    bool reached;

    pthread_mutex_lock(&trace.lock);
    reached = trace.reached;
    trace.fail_in = 0;
    trace.failing = false;
    trace.reached = false;
    pthread_mutex_unlock(&trace.lock);
    return reached;
}

static size_t read_locked(const size_t *value)
{
    size_t copy;

    pthread_mutex_lock(&trace.lock);
    copy = *value;
    pthread_mutex_unlock(&trace.lock);
    return copy;
}

size_t alloc_trace_live(void)
{
    return read_locked(&trace.live);
}

size_t alloc_trace_live_bytes(void)
{
    return read_locked(&trace.live_bytes);
}

size_t alloc_trace_serial(void)
{
    return read_locked(&trace.serial);
}

size_t alloc_trace_report(size_t after_serial)
{
    size_t count = 0;

    pthread_mutex_lock(&trace.lock);
    for (const block *b = trace.blocks; b != NULL; b = b->next) {
        if (b->serial > after_serial) {
            fprintf(stderr, "alloc_trace: block %zu (%zu bytes) is still alive\n", b->serial, b->bytes);
            count++;
        }
    }
    pthread_mutex_unlock(&trace.lock);
    return count;
}

void alloc_trace_look_for(const char *secret)
{
    pthread_mutex_lock(&trace.lock);
    trace.secret_len = secret != NULL ? strnlen(secret, sizeof trace.secret) : 0;
    if (secret != NULL)
        memcpy(trace.secret, secret, trace.secret_len);
    trace.found = 0;
    pthread_mutex_unlock(&trace.lock);
}

size_t alloc_trace_found(void)
{
    return read_locked(&trace.found);
}

int alloc_trace_setup(void **state)
{
    (void)state;
    alloc_trace_install();
    pthread_mutex_lock(&trace.lock);
    trace.test_serial = trace.serial;
    trace.in_test = true;
    trace.armed = trace.struck = false;
    pthread_mutex_unlock(&trace.lock);
    return 0;
}

int alloc_trace_teardown(void **state)
{
    bool left_on, in_vain;

    (void)state;
    pthread_mutex_lock(&trace.lock);
    left_on = trace.failing || trace.fail_in != 0;
    in_vain = trace.armed && !trace.struck;
    trace.in_test = false;
    pthread_mutex_unlock(&trace.lock);
    alloc_trace_stop();
    if (left_on)
        fprintf(stderr, "alloc_trace: the test left failing switched on\n");
    if (in_vain)
        fprintf(stderr, "alloc_trace: the test wanted allocations to fail and none did\n");
    return alloc_trace_report(trace.test_serial) == 0 && !left_on && !in_vain ? 0 : -1;
}
