#include "relay.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAIRS = 32, CHUNK = 16384 };

typedef struct pair {
    int      fds[2]; /* the client's, the server's; -1: the place is free */
    bool     stalled;
    unsigned number;
} pair;

struct relay {
    pthread_t       thread;
    pthread_mutex_t lock; /* what stands below it until `pairs` */
    relay_way       way;
    relay_end       end;
    bool            armed;
    size_t          left;
    unsigned        accepted, counted_after; /* connections */
    pair            pairs[PAIRS]; /* the thread's own */
    int             listener, stop[2];
    int             jam; /* the connection that fills the listener's queue; -1: there is room */
    uint16_t        port, to_port;
};

static struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
}

static void close_pair(pair *p)
{
    for (size_t i = 0; i < 2; i++) {
        if (p->fds[i] >= 0)
            close(p->fds[i]);
        p->fds[i] = -1;
    }
    p->stalled = false;
}

static void reset_pair(pair *p)
{
    const struct linger at_once = { 1, 0 };

    for (size_t i = 0; i < 2; i++)
        setsockopt(p->fds[i], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close_pair(p);
}

static void accept_pair(relay *r)
{
    struct sockaddr_in to = loopback(r->to_port);
    pair *p = r->pairs;
    const int on = 1;
    int client = accept4(r->listener, NULL, NULL, SOCK_CLOEXEC);
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    while (p < r->pairs + PAIRS && p->fds[0] >= 0)
        p++;
    if (p < r->pairs + PAIRS && client >= 0 && server >= 0 &&
        connect(server, (const struct sockaddr *)&to, sizeof to) == 0) {
        pthread_mutex_lock(&r->lock);
        *p = (pair){ { client, server }, false, ++r->accepted };
        pthread_mutex_unlock(&r->lock);
        for (size_t i = 0; i < 2; i++)
            setsockopt(p->fds[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return;
    }
    if (client >= 0)
        close(client);
    if (server >= 0)
        close(server);
}

static bool send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

/* How many of `len` bytes may go on; `breaks` tells whether the connection ends with the last of them. */
static size_t admit(relay *r, const pair *p, relay_way way, size_t len, bool *breaks, relay_end *end)
{
    bool counts;

    pthread_mutex_lock(&r->lock);
    counts = p->number > r->counted_after;
    *breaks = counts && r->armed && way == r->way && len >= r->left;
    if (*breaks) {
        len = r->left;
        *end = r->end;
        r->armed = false;
    } else if (counts && way == r->way) {
        r->left -= len;
    }
    pthread_mutex_unlock(&r->lock);
    return len;
}

/* What is readable on one side goes to the other. */
static void hand_on(relay *r, pair *p, relay_way way)
{
    char chunk[CHUNK];
    size_t from = way == RELAY_TO_SERVER ? 0 : 1;
    ssize_t n = recv(p->fds[from], chunk, sizeof chunk, 0);
    bool breaks = false, sent;
    relay_end end = RELAY_CLOSES;

    if (n <= 0) {
        close_pair(p);
        return;
    }
    n = (ssize_t)admit(r, p, way, (size_t)n, &breaks, &end);
    sent = send_all(p->fds[1 - from], chunk, (size_t)n);
    if (breaks && end == RELAY_STALLS)
        p->stalled = true;
    else if (breaks && end == RELAY_RESETS)
        reset_pair(p);
    else if (breaks || !sent)
        close_pair(p);
}

static void serve_pair(relay *r, pair *p, const struct pollfd *fds)
{
    if (p->stalled) {
        if ((fds[0].revents | fds[1].revents) & (POLLHUP | POLLERR | POLLRDHUP))
            close_pair(p);
        return;
    }
    if (fds[0].revents != 0)
        hand_on(r, p, RELAY_TO_SERVER);
    if (p->fds[0] >= 0 && !p->stalled && fds[1].revents != 0)
        hand_on(r, p, RELAY_TO_CLIENT);
}

static void *run(void *user)
{
    relay *r = user;
    struct pollfd fds[2 + 2 * PAIRS];

    for (;;) {
        fds[0] = (struct pollfd){ .fd = r->stop[0], .events = POLLIN };
        fds[1] = (struct pollfd){ .fd = r->listener, .events = POLLIN };
        for (size_t i = 0; i < 2 * PAIRS; i++)
            fds[2 + i] = (struct pollfd){ .fd = r->pairs[i / 2].fds[i % 2],
                                          .events = r->pairs[i / 2].stalled ? POLLRDHUP : POLLIN };
        if (poll(fds, 2 + 2 * PAIRS, -1) < 0)
            continue;
        if (fds[0].revents != 0)
            break;
        for (size_t i = 0; i < PAIRS; i++) {
            if (r->pairs[i].fds[0] >= 0)
                serve_pair(r, &r->pairs[i], fds + 2 + 2 * i);
        }
        if (fds[1].revents != 0)
            accept_pair(r);
    }
    return NULL;
}

static bool listen_somewhere(relay *r)
{
    struct sockaddr_in at = loopback(0);
    socklen_t len = sizeof at;

    if (bind(r->listener, (const struct sockaddr *)&at, sizeof at) != 0 || listen(r->listener, 64) != 0 ||
        getsockname(r->listener, (struct sockaddr *)&at, &len) != 0)
        return false;
    r->port = ntohs(at.sin_port);
    return true;
}

relay *relay_start(uint16_t to_port)
{
    relay *r = calloc(1, sizeof *r);

    if (r == NULL)
        abort();
    for (size_t i = 0; i < PAIRS; i++)
        r->pairs[i].fds[0] = r->pairs[i].fds[1] = -1;
    r->to_port = to_port;
    r->jam = -1;
    r->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pthread_mutex_init(&r->lock, NULL);
    if (r->listener < 0 || !listen_somewhere(r) || pipe(r->stop) != 0 ||
        pthread_create(&r->thread, NULL, run, r) != 0)
        abort(); /* a test can do nothing without it */
    return r;
}

static void stop_thread(relay *r)
{
    if (r->jam >= 0)
        return;
    close(r->stop[1]);
    pthread_join(r->thread, NULL);
    close(r->stop[0]);
}

static void close_pairs(relay *r)
{
    for (size_t i = 0; i < PAIRS; i++)
        close_pair(&r->pairs[i]);
}

void relay_jam(relay *r)
{
    struct sockaddr_in at = loopback(r->port);

    stop_thread(r);
    r->jam = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listen(r->listener, 0) != 0 || connect(r->jam, (const struct sockaddr *)&at, sizeof at) != 0)
        abort();
    close_pairs(r);
}

void relay_stop(relay *r)
{
    stop_thread(r);
    close(r->listener); /* first: who sees its connection end finds nobody */
    close_pairs(r);
    if (r->jam >= 0)
        close(r->jam);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

uint16_t relay_port(const relay *r)
{
    return r->port;
}

void relay_break_after(relay *r, relay_way way, size_t bytes, relay_end end)
{
    pthread_mutex_lock(&r->lock);
    r->armed = true;
    r->way = way;
    r->left = bytes;
    r->end = end;
    r->counted_after = r->accepted;
    pthread_mutex_unlock(&r->lock);
}

bool relay_broke(relay *r)
{
    bool broke;

    pthread_mutex_lock(&r->lock);
    broke = !r->armed;
    pthread_mutex_unlock(&r->lock);
    return broke;
}
