/* Whatever libcurl refuses, runs out of or claims to be: a request fails with its reason, nothing is left behind, and
 * the same client serves the next one. The linker hands each of libcurl's calls (--wrap) to the functions here. */
#include "alloc_trace.h"
#include "rest_fixture.h"

#include <kube/sys/error.h>
#include <kube/sys/resolver.h>

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#undef curl_easy_setopt
#undef curl_multi_setopt

/* ---- libcurl, which fails on request ---- */

typedef enum fault_kind { OUT_OF_MEMORY, REFUSAL } fault_kind;

static struct {
    unsigned long n, made; /* the n-th call fails; 0: none */
    fault_kind kind;
    kube_status expected; /* what a request then comes to */
    const curl_version_info_data *version;
    curl_socket_callback on_socket;
    void *on_socket_user;
    curl_multi_timer_callback on_timer;
    char host[64]; /* the Host header it was given last */
    curl_prereq_callback before_request;
    int repeats;    /* so often it sends a request again */
    int local_port; /* what it says of it; 0: the truth  */
    unsigned buffers, bad_buffer; /* handles given one; the one that keeps its own, 0: none */
    bool acting, forgetful; /* what its timer becomes while it acts is not told */
} libcurl;

static bool fails(kube_status when_refused)
{
    if (libcurl.n == 0 || ++libcurl.made != libcurl.n)
        return false;
    libcurl.expected = libcurl.kind == OUT_OF_MEMORY ? KUBE_ERR_OUT_OF_MEMORY : when_refused;
    return true;
}

CURL *__real_curl_easy_init(void);
CURL *__wrap_curl_easy_init(void);
CURLM *__real_curl_multi_init(void);
CURLM *__wrap_curl_multi_init(void);
struct curl_slist *__real_curl_slist_append(struct curl_slist *list, const char *text);
struct curl_slist *__wrap_curl_slist_append(struct curl_slist *list, const char *text);
CURLcode __real_curl_easy_setopt(CURL *easy, CURLoption option, ...);
CURLcode __wrap_curl_easy_setopt(CURL *easy, CURLoption option, ...);
CURLMcode __real_curl_multi_setopt(CURLM *multi, CURLMoption option, ...);
CURLMcode __wrap_curl_multi_setopt(CURLM *multi, CURLMoption option, ...);
CURLMcode __real_curl_multi_add_handle(CURLM *multi, CURL *easy);
CURLMcode __wrap_curl_multi_add_handle(CURLM *multi, CURL *easy);
CURLMcode __real_curl_multi_socket_action(CURLM *multi, curl_socket_t fd, int events, int *running);
CURLMcode __wrap_curl_multi_socket_action(CURLM *multi, curl_socket_t fd, int events, int *running);
const curl_version_info_data *__real_curl_version_info(CURLversion age);
const curl_version_info_data *__wrap_curl_version_info(CURLversion age);

/* What is made of nothing has only one way to fail. */
CURL *__wrap_curl_easy_init(void)
{
    return fails(KUBE_ERR_OUT_OF_MEMORY) ? NULL : __real_curl_easy_init();
}

CURLM *__wrap_curl_multi_init(void)
{
    return fails(KUBE_ERR_OUT_OF_MEMORY) ? NULL : __real_curl_multi_init();
}

struct curl_slist *__wrap_curl_slist_append(struct curl_slist *list, const char *text)
{
    if (strncmp(text, "Host:", 5) == 0)
        snprintf(libcurl.host, sizeof libcurl.host, "%s", text);
    return fails(KUBE_ERR_OUT_OF_MEMORY) ? NULL : __real_curl_slist_append(list, text);
}

static int prepare_request(void *user, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    int code = CURL_PREREQFUNC_OK;

    if (libcurl.local_port != 0)
        local_port = libcurl.local_port;
    for (int i = 0; i <= libcurl.repeats && code == CURL_PREREQFUNC_OK; i++)
        code = libcurl.before_request(user, remote_ip, local_ip, remote_port, local_port);
    return code;
}

/* Each value is a long or a pointer, which are passed alike. */
CURLcode __wrap_curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
    curl_prereq_callback preparer = prepare_request;
    va_list args;
    void *value;

    va_start(args, option);
    value = va_arg(args, void *);
    va_end(args);
    if (option == CURLOPT_PREREQFUNCTION) {
        memcpy(&libcurl.before_request, &value, sizeof value);
        memcpy(&value, &preparer, sizeof value);
    }
    if (option == CURLOPT_BUFFERSIZE && ++libcurl.buffers == libcurl.bad_buffer)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    if (option != CURLOPT_NOSIGNAL && option != CURLOPT_BUFFERSIZE && fails(KUBE_ERR_UNSUPPORTED)) /* set again later */
        return libcurl.kind == OUT_OF_MEMORY ? CURLE_OUT_OF_MEMORY : CURLE_UNKNOWN_OPTION;
    return __real_curl_easy_setopt(easy, option, value);
}

static int tell_of_timer(CURLM *multi, long timeout_ms, void *user)
{
    return libcurl.forgetful && libcurl.acting ? 0 : libcurl.on_timer(multi, timeout_ms, user);
}

CURLMcode __wrap_curl_multi_setopt(CURLM *multi, CURLMoption option, ...)
{
    va_list args;
    void *value;
    curl_multi_timer_callback teller = tell_of_timer;

    va_start(args, option);
    value = va_arg(args, void *);
    va_end(args);
    if (option == CURLMOPT_SOCKETFUNCTION)
        memcpy(&libcurl.on_socket, &value, sizeof value);
    if (option == CURLMOPT_SOCKETDATA)
        libcurl.on_socket_user = value;
    if (option == CURLMOPT_TIMERFUNCTION) {
        memcpy(&libcurl.on_timer, &value, sizeof value);
        memcpy(&value, &teller, sizeof value);
    }
    /* That of connections is set again while a request runs, as well as may be. */
    if (option != CURLMOPT_MAX_TOTAL_CONNECTIONS && libcurl.kind == REFUSAL && fails(KUBE_ERR_UNSUPPORTED))
        return CURLM_UNKNOWN_OPTION;
    return __real_curl_multi_setopt(multi, option, value);
}

CURLMcode __wrap_curl_multi_add_handle(CURLM *multi, CURL *easy)
{
    if (fails(KUBE_ERR_UNAVAILABLE))
        return libcurl.kind == OUT_OF_MEMORY ? CURLM_OUT_OF_MEMORY : CURLM_INTERNAL_ERROR;
    return __real_curl_multi_add_handle(multi, easy);
}

CURLMcode __wrap_curl_multi_socket_action(CURLM *multi, curl_socket_t fd, int events, int *running)
{
    CURLMcode code = CURLM_INTERNAL_ERROR;

    if (libcurl.kind == REFUSAL && fails(KUBE_ERR_UNAVAILABLE))
        return code;
    libcurl.acting = true;
    code = __real_curl_multi_socket_action(multi, fd, events, running);
    libcurl.acting = false;
    return code;
}

const curl_version_info_data *__wrap_curl_version_info(CURLversion age)
{
    return libcurl.version != NULL ? libcurl.version : __real_curl_version_info(age);
}

/* ---- the scene ---- */

static rest_fixture server;

static void handler(void *user, kube_testing_connection *c, const kube_testing_request *r)
{
    (void)user;
    kube_testing_connection_reply(c, 200, NULL, r->head);
}

static int set_up(void **state)
{
    (void)state;
    rest_fixture_start_process(&server, handler, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rest_fixture_clear(&server);
    return 0;
}

static kube_status resolve(void *state, kube_io *io, const char *host, const kube_call *call, kube_resolver_done *done,
                           void *user, kube_blob **out, kube_error **err)
{
    (void)state, (void)io, (void)call, (void)done, (void)user;
    assert_string_equal(host, "api.example");
    return kube_blob_new(kube_str_c("127.0.0.1"), out, err);
}

/* A client that nobody has used, and a loop. */
typedef struct scene {
    kube_rest_client *client;
    kube_io          *io;
} scene;

static scene begin_with(const kube_rest_client_options *o)
{
    scene s = { NULL, NULL };

    assert_int_equal(kube_rest_client_new(o, &s.client, NULL), KUBE_OK);
    assert_int_equal(kube_io_new(NULL, &s.io, NULL), KUBE_OK);
    return s;
}

/* With everything that a handle can be told. */
static scene begin(void)
{
    static const kube_resolver_ops ops = { sizeof ops, NULL, resolve };
    kube_rest_client_options o = rest_fixture_options(&server);
    kube_resolver *resolver = NULL;
    char url[64];
    scene s;

    snprintf(url, sizeof url, "https://api.example:%s", strrchr(server.url, ':') + 1);
    assert_int_equal(kube_resolver_new(&ops, NULL, &resolver, NULL), KUBE_OK);
    o.base_url = url;
    o.resolver = resolver;
    o.tls_server_name = "localhost";
    o.cert_pem = kube_testing_cert_pem(server.client_cert);
    o.cert_pem_len = strlen(o.cert_pem);
    o.key_pem = kube_testing_cert_key_pem(server.client_cert);
    o.key_pem_len = strlen(o.key_pem);
    o.bearer_token = "t";
    o.compression = KUBE_COMPRESSION_ALWAYS;
    s = begin_with(&o);
    kube_resolver_unref(resolver);
    return s;
}

static void end(scene s)
{
    kube_rest_client_unref(s.client);
    kube_io_free(s.io);
}

static void get(scene s, rest_result *r)
{
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    kube_status st;

    memset(r, 0, sizeof *r);
    request.path = "/";
    st = kube_rest_client_start(s.client, s.io, &request, NULL, rest_record, r, &r->err);
    if (st == KUBE_PENDING)
        rest_run_until_done(s.io, r);
    else
        r->status = st;
}

static void get_and_expect(scene s, kube_status status, const char *part)
{
    rest_result r;

    get(s, &r);
    if (r.status != status || (part != NULL && strstr(kube_error_message(r.err), part) == NULL))
        fail_msg("got %s: %s", kube_status_name(r.status), kube_error_message(r.err));
    rest_result_clear(&r);
}

/* ---- the tests ---- */

static void each_call_of_libcurl_may_fail(void **state)
{
    (void)state;
    for (fault_kind kind = OUT_OF_MEMORY; kind <= REFUSAL; kind++) {
        bool reached = true;

        for (unsigned long n = 1; reached; n++) {
            scene s = begin();
            rest_result r;

            libcurl.n = n;
            libcurl.made = 0;
            libcurl.kind = kind;
            get(s, &r);
            reached = libcurl.made >= n;
            libcurl.n = 0;
            assert_true(reached || n > 40); /* so many calls there are at least */
            if (r.status != (reached ? libcurl.expected : KUBE_OK))
                fail_msg("call %lu: %s: %s", n, kube_status_name(r.status), kube_error_message(r.err));
            rest_result_clear(&r);
            get_and_expect(s, KUBE_OK, NULL);
            end(s);
        }
    }
}

/* The second one is for the handle that is put aside, the third when that is taken again. */
static void a_handle_that_keeps_its_buffer_is_not_used_again(void **state)
{
    (void)state;
    for (libcurl.bad_buffer = 3; libcurl.bad_buffer != 0; libcurl.bad_buffer--) {
        scene s = begin();

        libcurl.buffers = 0;
        get_and_expect(s, libcurl.bad_buffer == 1 ? KUBE_ERR_OUT_OF_MEMORY : KUBE_OK, NULL);
        get_and_expect(s, libcurl.bad_buffer == 3 ? KUBE_ERR_OUT_OF_MEMORY : KUBE_OK, NULL);
        end(s);
    }
}

/* A server that takes connections and says nothing. */
static int listen_and_be_silent(char *url, size_t size)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    snprintf(url, size, "https://127.0.0.1:%u", ntohs(address.sin_port));
    return fd;
}

static void a_connection_that_takes_too_long_is_given_up_also_by_a_library_that_forgets_its_timer(void **state)
{
    static const curl_version_info_data forgetful = { .version_num = 0x080b00, .ssl_version = "OpenSSL" };
    kube_rest_client_options o = rest_fixture_options(&server);
    char url[64];
    int fd = listen_and_be_silent(url, sizeof url);

    (void)state;
    o.base_url = url;
    o.connect_timeout_ms = 30;
    for (int forgets = 0; forgets < 2; forgets++) {
        scene s;

        libcurl.version = forgets ? &forgetful : NULL;
        libcurl.forgetful = forgets;
        s = begin_with(&o);
        get_and_expect(s, KUBE_ERR_UNAVAILABLE, "no connection within the time that was set");
        end(s);
    }
    libcurl.forgetful = false;
    libcurl.version = NULL;
    close(fd);
}

static void a_request_that_is_repeated_without_end_has_an_end(void **state)
{
    scene s = begin();

    (void)state;
    libcurl.repeats = 5;
    get_and_expect(s, KUBE_OK, NULL);
    libcurl.repeats = 6;
    get_and_expect(s, KUBE_ERR_UNAVAILABLE, "the connection was lost again and again");
    libcurl.repeats = 0;
    get_and_expect(s, KUBE_OK, NULL);
    end(s);
}

static int tell_of_socket(int fd, int what)
{
    return libcurl.on_socket(NULL, fd, what, libcurl.on_socket_user, NULL);
}

/* One request is over, and there is a pipe that is none of libcurl's. */
static scene begin_beside_a_pipe(int ends[2])
{
    scene s = begin();

    assert_int_equal(pipe(ends), 0);
    get_and_expect(s, KUBE_OK, NULL);
    return s;
}

/* One more request, which comes to so many connections in all. */
static void end_beside_a_pipe(scene s, const int ends[2], uint64_t connections)
{
    kube_rest_client_stats stats;

    get_and_expect(s, KUBE_OK, NULL);
    kube_rest_client_read_stats(s.client, &stats);
    assert_int_equal(stats.connections, connections);
    end(s);
    close(ends[0]);
    close(ends[1]);
}

/* Beside what libcurl may have for itself: a pair of sockets for its resolver, or a pipe. */
static void a_request_on_a_connection_nobody_knows_is_answered_all_the_same(void **state)
{
    int pair[2], ends[2];
    scene s = begin_beside_a_pipe(ends);

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(tell_of_socket(pair[0], CURL_POLL_IN), 0);
    assert_int_equal(tell_of_socket(ends[0], CURL_POLL_IN), 0);
    libcurl.local_port = 1;
    get_and_expect(s, KUBE_OK, NULL);
    libcurl.local_port = 0;
    assert_int_equal(tell_of_socket(pair[0], CURL_POLL_REMOVE), 0);
    assert_int_equal(tell_of_socket(ends[0], CURL_POLL_REMOVE), 0);
    end_beside_a_pipe(s, ends, 1);
    close(pair[0]);
    close(pair[1]);
}

static void a_socket_that_cannot_be_watched_starts_the_network_anew(void **state)
{
    int ends[2];
    scene s = begin_beside_a_pipe(ends);

    (void)state;
    alloc_trace_fail_at(1);
    assert_int_equal(tell_of_socket(ends[0], CURL_POLL_IN), 0);
    assert_true(alloc_trace_stop());
    assert_int_equal(kube_io_run(s.io, 5), KUBE_OK);
    libcurl.on_timer(NULL, 0, libcurl.on_socket_user); /* a timer that the old one left behind */
    assert_int_equal(kube_io_run(s.io, 5), KUBE_OK);
    end_beside_a_pipe(s, ends, 2);
}

static void a_library_that_asks_for_sockets_which_are_none_of_its_own_does_no_harm(void **state)
{
    int ends[2];
    scene s = begin_beside_a_pipe(ends);

    (void)state;
    alloc_trace_forbid();
    assert_int_equal(tell_of_socket(STDIN_FILENO, CURL_POLL_IN), 0);
    assert_false(alloc_trace_stop()); /* nothing was made to watch it */
    assert_int_equal(tell_of_socket(ends[0], CURL_POLL_REMOVE), 0);
    assert_int_equal(tell_of_socket(ends[0], CURL_POLL_IN), 0);
    assert_int_equal(tell_of_socket(ends[0], CURL_POLL_REMOVE), 0);
    end_beside_a_pipe(s, ends, 1);
}

static void the_host_header_has_a_port_unless_it_is_the_usual_one(void **state)
{
    static const char *const cases[][2] = {
        { "https://127.0.0.1", "Host: 127.0.0.1" },
        { "https://127.0.0.1:1", "Host: 127.0.0.1:1" },
        { "https://[::1]:1", "Host: [::1]:1" },
    };
    kube_rest_client_options o = KUBE_REST_CLIENT_OPTIONS_INIT;

    (void)state;
    o.tls_server_name = "name.example"; /* else libcurl makes the header of the URL */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rest_result r;
        scene s;

        o.base_url = cases[i][0];
        s = begin_with(&o);
        get(s, &r);
        assert_true(r.status != KUBE_OK); /* whoever listens there has another name */
        assert_string_equal(libcurl.host, cases[i][1]);
        rest_result_clear(&r);
        end(s);
    }
}

static void each_allocation_of_ours_may_fail(void **state)
{
    bool reached = true;

    (void)state;
    for (size_t n = 1; reached; n++) {
        scene s = begin();
        rest_result r;

        alloc_trace_fail_at(n);
        get(s, &r);
        reached = alloc_trace_stop();
        /* A socket that finds no memory is to libcurl a connection that cannot be made. */
        if (r.status != KUBE_OK ? !reached || (r.status != KUBE_ERR_OUT_OF_MEMORY && r.status != KUBE_ERR_UNAVAILABLE)
                                : reached)
            fail_msg("allocation %zu: %s: %s", n, kube_status_name(r.status), kube_error_message(r.err));
        rest_result_clear(&r);
        get_and_expect(s, KUBE_OK, NULL);
        end(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(each_call_of_libcurl_may_fail),
        ALLOC_TRACE_TEST(a_handle_that_keeps_its_buffer_is_not_used_again),
        ALLOC_TRACE_TEST(a_connection_that_takes_too_long_is_given_up_also_by_a_library_that_forgets_its_timer),
        ALLOC_TRACE_TEST(a_request_that_is_repeated_without_end_has_an_end),
        ALLOC_TRACE_TEST(a_request_on_a_connection_nobody_knows_is_answered_all_the_same),
        ALLOC_TRACE_TEST(a_socket_that_cannot_be_watched_starts_the_network_anew),
        ALLOC_TRACE_TEST(a_library_that_asks_for_sockets_which_are_none_of_its_own_does_no_harm),
        ALLOC_TRACE_TEST(the_host_header_has_a_port_unless_it_is_the_usual_one),
        ALLOC_TRACE_TEST(each_allocation_of_ours_may_fail),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
