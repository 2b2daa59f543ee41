/* libcurl's sockets on the loop. A watch is kept, switched off, while libcurl is not interested in its socket: between
 * two requests on one connection one change is told to the kernel instead of two. */
#include "pool.h"

#include "shared/alloc.h"
#include "socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/* Until a connection is given up: with others on it that still have time, their streams end with it. */
#define SILENCE_NS ((int64_t)10 * 1000000000)
#define SILENCE_IN_COMPANY_NS ((int64_t)30 * 1000000000)

/* A peer that vanished is noticed within 30 s, on an idle connection and under load alike. */
enum { KEEPALIVE_IDLE_S = 15, KEEPALIVE_INTERVAL_S = 5, KEEPALIVE_PROBES = 3, USER_TIMEOUT_MS = 30000 };

static kube__socket *find(const kube__pool *pool, curl_socket_t fd)
{
    for (size_t i = 0; i < pool->socket_count; i++) {
        if (pool->sockets[i]->fd == fd)
            return pool->sockets[i];
    }
    return NULL;
}

static void heard(kube__socket *s)
{
    s->heard_ns = kube_io_now_ns(s->pool->io);
    s->silent_ns = 0;
}

static void on_ready(void *user, unsigned events)
{
    kube__socket *s = user;

    if (events & KUBE_IO_READ)
        heard(s);
    kube__pool_socket_ready(s->pool, s->fd, events);
}

static kube__socket *add(kube__pool *pool, curl_socket_t fd, bool ours)
{
    kube__socket *s = NULL;

    if (pool->socket_count == pool->socket_capacity) {
        size_t capacity = pool->socket_capacity != 0 ? pool->socket_capacity * 2 : 8;
        kube__socket **grown = kube__realloc_array(pool->sockets, capacity, sizeof(kube__socket *));

        if (grown == NULL)
            return NULL;
        pool->sockets = grown;
        pool->socket_capacity = capacity;
    }
    if (KUBE__NEW(s) == NULL)
        return NULL;
    s->pool = pool;
    s->fd = fd;
    s->ours = ours;
    if (kube_io_watch_new(pool->io, fd, 0, on_ready, s, &s->watch, NULL) != KUBE_OK) {
        kube__free(s);
        return NULL;
    }
    pool->sockets[pool->socket_count++] = s;
    return s;
}

static void forget(kube__pool *pool, curl_socket_t fd)
{
    for (size_t i = 0; i < pool->socket_count; i++) {
        if (pool->sockets[i]->fd != fd)
            continue;
        kube_io_watch_free(pool->sockets[i]->watch);
        kube__free(pool->sockets[i]);
        pool->sockets[i] = pool->sockets[--pool->socket_count];
        return;
    }
}

void kube__pool_free_sockets(kube__pool *pool)
{
    while (pool->socket_count != 0)
        forget(pool, pool->sockets[pool->socket_count - 1]->fd);
}

/* Never an error to libcurl: after one, what it says is undefined. The pool is marked instead. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *assigned)
{
    kube__pool *pool = user;
    kube__socket *s = find(pool, fd);
    unsigned events = 0;

    (void)easy;
    (void)assigned;
    if (what == CURL_POLL_REMOVE) {
        if (s != NULL && s->ours)
            kube_io_watch_set(s->watch, 0);
        else
            forget(pool, fd); /* libcurl closes what it opened, without a word */
        return 0;
    }
    if (s == NULL && fd == 0)
        return 0; /* 8.12 asks for standard input by mistake; a socket of ours is known since it was opened */
    if (s == NULL)
        s = add(pool, fd, false);
    if (s == NULL) {
        pool->broken = true;
        kube_io_task_post(pool->pump_task);
        return 0;
    }
    if (what != CURL_POLL_OUT)
        events |= KUBE_IO_READ;
    if (what != CURL_POLL_IN)
        events |= KUBE_IO_WRITE;
    kube_io_watch_set(s->watch, events);
    return 0;
}

static int on_timeout(CURLM *multi, long timeout_ms, void *user)
{
    kube__pool *pool = user;

    (void)multi;
    if (timeout_ms < 0)
        kube_io_timer_stop(pool->timer);
    else
        kube_io_timer_start(pool->timer, kube_io_now_ns(pool->io) + (int64_t)timeout_ms * 1000000);
    return 0;
}

void kube__pool_check_timer(kube__pool *pool)
{
    long timeout_ms = -1;

    if (pool->multi != NULL && curl_version_info(CURLVERSION_NOW)->version_num == 0x080b00 &&
        curl_multi_timeout(pool->multi, &timeout_ms) == CURLM_OK && timeout_ms >= 0)
        on_timeout(pool->multi, timeout_ms, pool);
}

CURLMcode kube__pool_init_sockets(kube__pool *pool)
{
    CURLMcode code = curl_multi_setopt(pool->multi, CURLMOPT_SOCKETFUNCTION, on_socket);

    if (code == CURLM_OK)
        code = curl_multi_setopt(pool->multi, CURLMOPT_SOCKETDATA, pool);
    if (code == CURLM_OK)
        code = curl_multi_setopt(pool->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
    if (code == CURLM_OK)
        code = curl_multi_setopt(pool->multi, CURLMOPT_TIMERDATA, pool);
    return code;
}

/* Close-on-exec, which libcurl before 8.21 leaves out: a credential plugin must not inherit connections. A number that
 * comes back belongs to a new socket, whatever is known of the old one. */
static curl_socket_t on_open(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    curl_socket_t fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

    (void)purpose;
    if (fd == CURL_SOCKET_BAD)
        return fd;
    forget(user, fd);
    if (add(user, fd, true) == NULL) {
        close(fd);
        return CURL_SOCKET_BAD;
    }
    return fd;
}

static int on_close(void *user, curl_socket_t fd)
{
    forget(user, fd);
    return close(fd);
}

static int on_options(void *user, curl_socket_t fd, curlsocktype purpose)
{
    static const struct {
        int level, name, value;
    } options[] = {
        { SOL_SOCKET, SO_KEEPALIVE, 1 },
        { IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S },
        { IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S },
        { IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES },
        { IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS },
    };

    (void)user;
    (void)purpose;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) /* best effort: some kernels refuse some */
        setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof options[i].value);
    return CURL_SOCKOPT_OK;
}

static int local_port_of(curl_socket_t fd)
{
    struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
    socklen_t len = sizeof address;

    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)(void *)&address)->sin6_port);
    return address.ss_family == AF_INET ? ntohs(((struct sockaddr_in *)(void *)&address)->sin_port) : 0;
}

static kube__socket *find_by_port(const kube__pool *pool, int local_port)
{
    for (size_t i = 0; i < pool->socket_count; i++) {
        kube__socket *s = pool->sockets[i];

        if (s->local_port == 0)
            s->local_port = local_port_of(s->fd);
        if (s->local_port == local_port)
            return s;
    }
    return NULL;
}

bool kube__pool_has_socket(const kube__pool *pool, int local_port)
{
    return find_by_port(pool, local_port) != NULL;
}

/* libcurl also reads when its timer lets it act, and may find what has just come: no event tells of that. */
void kube__pool_heard(kube__pool *pool, int local_port)
{
    kube__socket *s = find_by_port(pool, local_port);

    if (s != NULL)
        heard(s);
}

/* One request that was short of time says little, many in a row say as much as one that had all of it. */
bool kube__pool_waited_in_vain(kube__pool *pool, int local_port, int64_t since_ns, bool in_company)
{
    kube__socket *s = find_by_port(pool, local_port);
    int64_t now = kube_io_now_ns(pool->io), limit = in_company ? SILENCE_IN_COMPANY_NS : SILENCE_NS;

    if (s == NULL || s->heard_ns > since_ns)
        return false;
    s->silent_ns += now - (since_ns > s->counted_ns ? since_ns : s->counted_ns);
    s->counted_ns = now;
    return s->silent_ns >= limit && shutdown(s->fd, SHUT_RDWR) == 0; /* libcurl sees the end, drops it */
}

CURLcode kube__pool_init_socket_options(kube__pool *pool, CURL *easy)
{
    CURLcode code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);

    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, pool);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, pool);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_options);
    return code;
}
