#include "pool.h"

#include "shared/alloc.h"
#include "socket.h"
#include "transfer.h"

#include <kube/sys/error.h>

static void append_to_queue(kube__pool *pool, kube__transfer *t)
{
    t->turn = ++pool->turns;
    t->next = NULL;
    t->prev = pool->queue_tail;
    if (t->prev != NULL)
        t->prev->next = t;
    else
        pool->queue_head = t;
    pool->queue_tail = t;
}

static void take_from_queue(kube__pool *pool, kube__transfer *t)
{
    if (t->prev != NULL)
        t->prev->next = t->next;
    else
        pool->queue_head = t->next;
    if (t->next != NULL)
        t->next->prev = t->prev;
    else
        pool->queue_tail = t->prev;
    t->next = t->prev = NULL;
}

static void add_to_running(kube__pool *pool, kube__transfer *t)
{
    t->next = pool->running;
    if (t->next != NULL)
        t->next->prev = t;
    pool->running = t;
}

static void take_from_running(kube__pool *pool, kube__transfer *t)
{
    if (t->prev != NULL)
        t->prev->next = t->next;
    else
        pool->running = t->next;
    if (t->next != NULL)
        t->next->prev = t->prev;
    t->next = t->prev = NULL;
}

/* libcurl before 8.1 puts what comes for one answer into its buffer while it reads for another on the same connection.
 * When that is full it pauses; and when the pause falls into the last bytes that come, the end of the answer is found
 * with the next bytes of whatever answer, which may be never. */
enum { STREAM_BUFFER_BYTES = 4 << 20 };

/* What holds for all transfers of a handle. False: it does not take such a buffer. */
static bool prepare_handle(CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L); /* else its cleanup changes the process's SIGPIPE handler */
    return curl_version_info(CURLVERSION_NOW)->version_num >= 0x080100 ||
           curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)STREAM_BUFFER_BYTES) == CURLE_OK;
}

CURL *kube__pool_take_handle(kube__pool *pool)
{
    CURL *easy = pool->spare_count != 0 ? pool->spare[--pool->spare_count] : curl_easy_init();

    if (easy != NULL && !prepare_handle(easy)) {
        curl_easy_cleanup(easy);
        easy = NULL;
    }
    return easy;
}

/* Keeps a handle for the next transfer of this pool: making one costs more than a small request. */
static void give_back_handle(kube__pool *pool, CURL *easy)
{
    if (pool->spare_count == KUBE__POOL_SPARE_HANDLES || pool->broken) {
        curl_easy_cleanup(easy);
        return;
    }
    curl_easy_reset(easy);
    if (prepare_handle(easy))
        pool->spare[pool->spare_count++] = easy;
    else
        curl_easy_cleanup(easy);
}

void kube__transfer_detach(kube__transfer *t)
{
    kube__pool *pool = t->pool;

    if (t->easy == NULL) {
        take_from_queue(pool, t);
        return;
    }
    take_from_running(pool, t);
    curl_multi_remove_handle(pool->multi, t->easy);
    give_back_handle(pool, t->easy);
    t->easy = NULL;
    kube__gate_finished(&pool->gate, t->opener);
}

void kube__pool_fail_queue(kube__pool *pool, kube_status status, kube_error *err)
{
    kube__transfer *list = pool->queue_head;

    pool->queue_head = pool->queue_tail = NULL; /* a `done` may queue a new one, which is not to fail with these */
    while (list != NULL) {
        kube__transfer *t = list;

        list = t->next;
        kube__transfer_report(t, status, NULL, kube_error_copy(err));
    }
    kube_error_free(err);
}

static void fail_running(kube__pool *pool, kube_status status, const char *why)
{
    while (pool->running != NULL) {
        kube__transfer *t = pool->running;
        kube_error *err = NULL;

        kube__transfer_detach(t);
        kube_error_set(&err, status, "%s", why);
        kube__transfer_report(t, status, NULL, err);
    }
}

/* The watches first: libcurl closes descriptors, and another thread may be given their numbers at once. */
static void clean_up_multi(kube__pool *pool, CURLM *multi)
{
    kube__pool_free_sockets(pool);
    if (multi != NULL)
        curl_multi_cleanup(multi);
    kube__pool_free_sockets(pool); /* what it asked for on its way out */
}

/* What libcurl says after an error of its own is undefined: every transfer fails and the multi is replaced. */
static void replace_multi(kube__pool *pool)
{
    CURLM *multi = pool->multi;

    fail_running(pool, KUBE_ERR_UNAVAILABLE, "the network layer failed and was started anew");
    pool->broken = false;
    pool->multi = NULL;
    clean_up_multi(pool, multi);
}

static void finish_one(kube__pool *pool, kube__transfer *t, CURLcode code)
{
    kube_rest_response *response = NULL;
    kube_error *err = NULL;
    bool nobody_connected = t->opener && pool->gate.connections == 0 && kube__curl_error_is_no_connection(code);
    kube_status st = kube__transfer_result(t, code, &response, &err);
    kube_error *for_queue = nobody_connected ? kube_error_copy(err) : NULL;
    bool none_again = kube__curl_error_is_no_connection(code) && t->attempts > 0; /* libcurl repeats by itself */

    if (kube__curl_error_is_lost_connection(code) || none_again)
        kube__gate_lost(&pool->gate);
    kube__transfer_detach(t);
    if (kube__curl_error_is_no_connection(code) && pool->gate.connections == 0)
        kube__pool_doubt_addresses(pool);
    if (nobody_connected) /* the others would try the same, one after the other, each to its own time-out */
        kube__pool_fail_queue(pool, st, for_queue);
    kube__transfer_report(t, st, response, err); /* last: what its `done` starts is a new try */
}

static bool fetch_finished(kube__pool *pool)
{
    CURLMsg *msg;
    int left;

    if (pool->multi == NULL || (msg = curl_multi_info_read(pool->multi, &left)) == NULL)
        return false;
    if (msg->msg == CURLMSG_DONE) {
        CURLcode code = msg->data.result;
        char *private = NULL;

        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &private);
        finish_one(pool, (kube__transfer *)(void *)private, code);
    }
    return true;
}

/* The queue has not moved: in half a second the gate is told, unless somebody is let in before. */
static void wait_at_gate(kube__pool *pool)
{
    if (kube__gate_may_stall(&pool->gate) && !pool->stall_running) {
        pool->stall_running = true;
        kube_io_timer_start(pool->stall_timer, kube_io_now_ns(pool->io) + (int64_t)KUBE__STALL_MS * 1000000);
    }
}

static void stop_stall_timer(kube__pool *pool)
{
    if (pool->stall_running)
        kube_io_timer_stop(pool->stall_timer);
    pool->stall_running = false;
}

/* What comes into the queue meanwhile has its turn in another round: one that cannot even be started may be tried again
 * by its `done`. */
static void let_in(kube__pool *pool)
{
    uint64_t last = pool->turns;

    while (pool->queue_head != NULL && pool->queue_head->turn <= last && kube__pool_resolved(pool)) {
        kube__transfer *t = pool->queue_head;
        kube__gate_answer answer = kube__gate_admit(&pool->gate);
        kube_error *err = NULL;
        kube_status st;

        if (answer == KUBE__GATE_WAIT) {
            wait_at_gate(pool);
            return;
        }
        stop_stall_timer(pool);
        t->opener = answer == KUBE__GATE_OPEN;
        take_from_queue(pool, t);
        st = kube__transfer_start(t, &err);
        if (st == KUBE_OK) {
            add_to_running(pool, t);
            continue;
        }
        kube__gate_finished(&pool->gate, t->opener);
        kube__transfer_report(t, st, NULL, err);
    }
}

/* A second line of defence: the gate keeps below it by itself while it knows what stands. */
static void bound_connections(kube__pool *pool)
{
    uint32_t bound = kube__gate_bound(&pool->gate);

    if (pool->multi == NULL || pool->gate.protocol == KUBE__GATE_UNKNOWN || bound == pool->bound)
        return;
    pool->bound = bound;
    curl_multi_setopt(pool->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)bound);
}

void kube__pool_pump(kube__pool *pool)
{
    if (pool->broken)
        replace_multi(pool);
    bound_connections(pool);
    do
        let_in(pool);
    while (fetch_finished(pool));
}

static void act(kube__pool *pool, curl_socket_t fd, int events)
{
    int running;

    if (pool->multi != NULL && curl_multi_socket_action(pool->multi, fd, events, &running) != CURLM_OK)
        pool->broken = true;
    kube__pool_check_timer(pool);
    kube__pool_pump(pool);
}

void kube__pool_socket_ready(kube__pool *pool, curl_socket_t fd, unsigned events)
{
    int mask = 0;

    if (events & KUBE_IO_READ)
        mask |= CURL_CSELECT_IN;
    if (events & KUBE_IO_WRITE)
        mask |= CURL_CSELECT_OUT;
    if (events & KUBE_IO_ERROR)
        mask |= CURL_CSELECT_ERR;
    if (curl_version_info(CURLVERSION_NOW)->version_num == 0x080600)
        mask = 0; /* 8.6.0 forgets over what it is told what it wanted to do itself; so it looks */
    act(pool, fd, mask);
}

static void on_timer(void *user)
{
    act(user, CURL_SOCKET_TIMEOUT, 0);
}

static void on_stall(void *user)
{
    kube__pool *pool = user;

    pool->stall_running = false;
    pool->gate.stalled = pool->queue_head != NULL;
    kube__pool_pump(pool);
}

static void on_pump(void *user)
{
    kube__pool_pump(user);
}

/* Transfers that still run have guards of their own, younger than the pool's: when the loop ends they were told
 * before. */
void kube__pool_close(kube__pool *pool)
{
    kube__curl_transport *transport = pool->transport;
    kube__pool **link;

    if (pool->resolving != NULL) {
        pool->closing = true;
        kube__pool_stop_resolving(pool);
        return;
    }
    pthread_mutex_lock(&transport->lock);
    for (link = &transport->pools; *link != NULL && *link != pool; link = &(*link)->next)
        ;
    if (*link != NULL)
        *link = pool->next;
    pthread_mutex_unlock(&transport->lock);
    for (size_t i = 0; i < pool->spare_count; i++)
        curl_easy_cleanup(pool->spare[i]);
    clean_up_multi(pool, pool->multi);
    kube__free(pool->sockets);
    kube_io_timer_free(pool->timer);
    kube_io_timer_free(pool->stall_timer);
    kube_io_task_free(pool->close_task);
    kube_io_task_free(pool->pump_task);
    kube_io_guard_free(pool->guard);
    kube_blob_unref(pool->addresses);
    kube__free(pool);
    kube__curl_transport_unref(transport);
}

static void on_close(void *user)
{
    kube__pool_close(user);
}

static void on_loop_end(void *user, kube_status why)
{
    (void)why;
    kube__pool_close(user);
}

void kube__pool_post_close(kube__pool *pool)
{
    kube_io_task_post(pool->close_task);
}

kube_status kube__pool_new(kube__curl_transport *transport, kube_io *io, kube__pool **out, kube_error **err)
{
    kube__pool *pool = NULL;
    kube_status st;

    if (KUBE__NEW(pool) == NULL)
        return kube_error_no_memory(err);
    pool->transport = transport;
    atomic_fetch_add_explicit(&transport->refs, 1, memory_order_relaxed);
    pool->io = io;
    pool->gate.max_connections = transport->max_connections;
    st = kube_io_timer_new(io, on_timer, pool, &pool->timer, err);
    if (st == KUBE_OK)
        st = kube_io_timer_new(io, on_stall, pool, &pool->stall_timer, err);
    if (st == KUBE_OK)
        st = kube_io_task_new(io, on_close, pool, &pool->close_task, err);
    if (st == KUBE_OK)
        st = kube_io_task_new(io, on_pump, pool, &pool->pump_task, err);
    if (st == KUBE_OK)
        st = kube_io_guard_new(io, NULL, on_loop_end, pool, &pool->guard, err);
    if (st != KUBE_OK) {
        kube__pool_close(pool);
        return st;
    }
    *out = pool;
    return KUBE_OK;
}

kube_status kube__pool_send(kube__pool *pool, const kube_transport_request *request, const kube_call *call,
                            kube_transport_done *done, void *user, kube_error **err)
{
    kube__transfer *t = NULL;
    kube_status st = kube__transfer_new(pool, request, call, done, user, &t, err);

    if (st != KUBE_OK)
        return st;
    append_to_queue(pool, t);
    kube_io_task_post(pool->pump_task); /* not now: a transfer that fails to start must not be reported from in here */
    return KUBE_PENDING;
}
