/* What goes wrong on request, seen from a socket and by the rest client. */
#include "stub_fixture.h"

#include <curl/curl.h>
#include <kube/rest.h>

#include <sys/socket.h>
#include <unistd.h>

static unsigned add(kube_testing_apiserver *server, const char *text)
{
    kube_error *err = NULL;
    unsigned id = 0;

    if (kube_testing_apiserver_add_fault_text(server, text, &id, &err) != KUBE_OK)
        fail_msg("%s: %s", text, kube_error_message(err));
    assert_true(id > 0);
    return id;
}

/* The one answer of a server with one fault. */
static reply one_answer(const char *fault, const char *target, const char *headers)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);
    reply r;

    add(server, fault);
    r = stub_get(server, target, headers);
    kube_testing_apiserver_stop(server);
    return r;
}

static reply long_answer(const char *fault, const char *path)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);
    int fd = raw_connect(stub_port(server));
    reply r;

    add(server, fault);
    raw_send(fd, "GET ");
    raw_send(fd, path);
    raw_send(fd, " HTTP/1.1\r\nConnection: close\r\n\r\n");
    r = raw_read(fd, 1 << 20);
    close(fd);
    kube_testing_apiserver_stop(server);
    return r;
}

static int status_of(const kube_testing_apiserver *server, const char *target)
{
    reply r = stub_get(server, target, NULL);

    reply_clear(&r);
    return r.status;
}

static void a_status_comes_with_its_object_and_goes_after_its_times(void **state)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);
    reply r;

    (void)state;
    add(server, "/apis status=503 retry-after=1 times=2");
    r = stub_get(server, "/apis/apps/v1", "Accept: application/json\r\n");
    assert_int_equal(r.status, 503);
    assert_string_equal(reply_header(&r, "Retry-After"), "1");
    assert_string_equal(reply_header(&r, "Content-Type"), "application/json");
    assert_string_equal(r.body, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
                                "\"message\":\"Service Unavailable\",\"reason\":\"ServiceUnavailable\","
                                "\"details\":{\"retryAfterSeconds\":1},\"code\":503}\n");
    reply_clear(&r);
    assert_int_equal(status_of(server, "/version"), 200); /* not its path */
    assert_int_equal(status_of(server, "/apis"), 503);
    assert_int_equal(status_of(server, "/apis"), 200);
    kube_testing_apiserver_stop(server);
}

static void a_forbidden_path_is_refused_as_a_real_server_does(void **state)
{
    reply r = one_answer("/apis$ status=403", "/apis", NULL);
    size_t len;
    char *recorded = read_file(RECORDING("bare") "/errors/403-anonymous.json", &len);

    (void)state;
    assert_int_equal(r.status, 403);
    assert_string_equal(r.body, recorded);
    free(recorded);
    reply_clear(&r);
}

static void a_fault_lets_pass_whom_it_is_told_to(void **state)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);

    (void)state;
    add(server, "/apis$ status=500 skip=1 times=1");
    add(server, "/apis$ status=429 skip=2");
    assert_int_equal(status_of(server, "/apis"), 200);
    assert_int_equal(status_of(server, "/apis/apps"), 200); /* `$`: this path only */
    assert_int_equal(status_of(server, "/apis?x=y"), 500);
    assert_int_equal(status_of(server, "/apis"), 200); /* the second counts what the first did not take */
    assert_int_equal(status_of(server, "/apis"), 429);
    kube_testing_apiserver_stop(server);
}

static void a_removed_fault_is_over(void **state)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);
    unsigned first = add(server, "/version status=500"), second = add(server, "/version status=502");

    (void)state;
    assert_int_equal(status_of(server, "/version"), 500);
    kube_testing_apiserver_remove_fault(server, first);
    kube_testing_apiserver_remove_fault(server, first); /* it is gone already */
    assert_int_equal(status_of(server, "/version"), 502);
    assert_true(second != first);
    add(server, "/ status=504");
    kube_testing_apiserver_remove_fault(server, 0);
    assert_int_equal(status_of(server, "/version"), 200);
    kube_testing_apiserver_stop(server);
}

static void an_answer_ends_where_it_is_told_to(void **state)
{
    static const struct {
        const char *fault;
        size_t len;
        bool reset;
    } cases[] = {
        { "/version close-after=0", 0, false },     { "/version close-after=1", 1, false },
        { "/version close-after=300", 300, false }, { "/version reset-after=0", 0, true },
        { "/version reset-after=200", 200, true },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        reply r = one_answer(cases[i].fault, "/version", NULL);

        assert_true(r.closed);
        assert_int_equal(r.reset, cases[i].reset);
        if (!r.reset) /* a reset may overtake what was sent before */
            assert_int_equal(r.len, cases[i].len);
        reply_clear(&r);
    }
}

static void the_log_knows_what_was_not_answered(void **state)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);
    kube_testing_record record = KUBE_TESTING_RECORD_INIT;
    reply r;

    (void)state;
    add(server, "/version close-after=0 times=1");
    add(server, "/version close-after=300");
    r = stub_get(server, "/version", NULL);
    reply_clear(&r);
    assert_true(kube_testing_apiserver_request_at(server, 0, &record));
    assert_int_equal(record.http_status, 0);
    assert_int_equal(record.body_bytes, 0);
    r = stub_get(server, "/version", NULL);
    assert_true(kube_testing_apiserver_request_at(server, 1, &record));
    assert_int_equal(record.http_status, 200);
    assert_int_equal(record.body_bytes, r.body_len);
    assert_true(r.body_len > 0 && r.body_len < 300);
    reply_clear(&r);
    kube_testing_apiserver_stop(server);
}

static void a_length_can_be_wrong_in_both_directions(void **state)
{
    reply right = one_answer("/none status=500", "/version", NULL), more, less;
    long long length = strtoll(reply_header(&right, "Content-Length"), NULL, 10);

    (void)state;
    assert_int_equal(length, right.body_len);
    more = one_answer("/version length=+10", "/version", NULL);
    assert_int_equal(strtoll(reply_header(&more, "Content-Length"), NULL, 10), length + 10);
    less = one_answer("/version length=-10", "/version", NULL);
    assert_int_equal(strtoll(reply_header(&less, "Content-Length"), NULL, 10), length - 10);
    assert_int_equal(more.body_len, length);
    assert_int_equal(less.body_len, length);
    reply_clear(&right);
    reply_clear(&more);
    reply_clear(&less);
}

static void body_and_type_can_be_anything(void **state)
{
    static const char invalid[] = { '{', '"', (char)0xff, '\0', '"', '}' };
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);
    kube_testing_fault fault = KUBE_TESTING_FAULT_INIT;
    char text[2048];
    reply r;

    (void)state;
    add(server, "/a body=<html> type=text/html;charset=utf-8 status=200");
    add(server, "/version type=");
    snprintf(text, sizeof text, "/apis body=@%s", RECORDING("bare") "/errors/401.json");
    add(server, text);
    fault.path = "/openapi";
    fault.body = KUBE_TESTING_BODY_GIVEN;
    fault.bytes = invalid;
    fault.bytes_len = sizeof invalid;
    assert_int_equal(kube_testing_apiserver_add_fault(server, &fault, NULL, NULL), KUBE_OK);

    r = stub_get(server, "/absent", NULL);
    assert_int_equal(r.status, 200);
    assert_string_equal(r.body, "<html>");
    assert_string_equal(reply_header(&r, "Content-Type"), "text/html;charset=utf-8");
    reply_clear(&r);
    r = stub_get(server, "/version", NULL);
    assert_int_equal(r.status, 200);
    assert_null(reply_header(&r, "Content-Type"));
    reply_clear(&r);
    r = stub_get(server, "/openapi/v3", NULL);
    assert_int_equal(r.body_len, sizeof invalid);
    assert_memory_equal(r.body, invalid, sizeof invalid);
    reply_clear(&r);
    kube_testing_apiserver_remove_fault(server, 1); /* its path begins "/apis" too */
    r = stub_get(server, "/apis", "Accept: " ACCEPT_V2 "\r\nIf-None-Match: *\r\n");
    assert_int_equal(r.status, 200); /* such a body is not what the client has */
    assert_null(reply_header(&r, "Etag"));
    assert_non_null(strstr(r.body, "\"reason\":\"Unauthorized\""));
    reply_clear(&r);
    kube_testing_apiserver_stop(server);
}

static void an_answer_can_be_late_and_slow(void **state)
{
    int64_t before = now_ms();
    reply r = one_answer("/version delay=40", "/version", NULL), whole;

    (void)state;
    assert_true(now_ms() - before >= 40);
    assert_int_equal(r.status, 200);
    whole = one_answer("/none status=500", "/version", NULL);
    before = now_ms();
    reply_clear(&r);
    r = one_answer("/version slow=100/10", "/version", NULL);
    assert_true(now_ms() - before >= 30);
    assert_string_equal(r.body, whole.body);
    reply_clear(&r);
    reply_clear(&whole);
}

static void an_endless_body_goes_on(void **state)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);
    int fd = raw_connect(stub_port(server));
    reply r;

    (void)state;
    add(server, "/apis endless");
    raw_send(fd, "GET /apis HTTP/1.1\r\n\r\n");
    r = raw_read(fd, 8 << 20);
    assert_int_equal(r.len, 8 << 20);
    assert_string_equal(reply_header(&r, "Transfer-Encoding"), "chunked");
    assert_int_equal(strncmp(r.body, "1000\r\n    ", 10), 0);
    reply_clear(&r);
    close(fd);
    kube_testing_apiserver_stop(server);
}

/* Counts zeros, up to a limit. */
static size_t count_zeros(char *data, size_t size, size_t n, void *user)
{
    size_t *zeros = user;

    for (size_t i = 0; i < size * n; i++)
        *zeros += data[i] == '\0';
    return *zeros < (size_t)100 << 20 ? size * n : 0;
}

static void a_gzip_bomb_is_small_outside_and_large_inside(void **state)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);
    CURL *curl = curl_easy_init();
    curl_off_t received = 0;
    size_t zeros = 0;
    char url[128];

    (void)state;
    assert_non_null(curl);
    add(server, "/apis gzip-bomb");
    snprintf(url, sizeof url, "%s/apis", kube_testing_apiserver_url(server));
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, count_zeros);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &zeros);
    assert_int_equal(curl_easy_perform(curl), CURLE_WRITE_ERROR);
    assert_true(zeros >= (size_t)100 << 20);
    curl_easy_getinfo(curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &received);
    assert_in_range(received, 4 << 20, (4 << 20) + 100);
    curl_easy_cleanup(curl);
    kube_testing_apiserver_stop(server);
}

static void a_connection_may_wait_for_a_handshake_for_ever(void **state)
{
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);
    char one;
    int fd;

    (void)state;
    add(server, "/ no-handshake times=1");
    fd = raw_connect(stub_port(server));
    raw_send(fd, "GET /version HTTP/1.1\r\n\r\n");
    assert_int_equal(status_of(server, "/version"), 200); /* the second connection */
    assert_int_equal(kube_testing_apiserver_request_count(server), 1);
    assert_int_equal(recv(fd, &one, 1, MSG_DONTWAIT), -1);
    close(fd);
    kube_testing_apiserver_stop(server);
}

static void no_fault_keeps_a_server_from_stopping(void **state)
{
    static const char *const faults[] = {
        "/ delay=600000", "/ slow=1/600000",        "/ endless", "/ gzip-bomb", "/ stall-after=10",
        "/ no-handshake", "/ endless slow=1/600000", "/ delay=600000 raw=x"
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);
        bool admitted = strstr(faults[i], "no-handshake") == NULL;
        int64_t before;
        int fd;

        add(server, faults[i]);
        fd = raw_connect(stub_port(server));
        raw_send(fd, "GET /apis HTTP/1.1\r\n\r\n");
        while (admitted ? kube_testing_apiserver_request_count(server) == 0
                        : kube_testing_apiserver_connection_count(server) == 0)
            usleep(1000);
        before = now_ms();
        kube_testing_apiserver_stop(server);
        if (now_ms() - before > 60000) /* what it interrupts would last ten minutes, or for ever */
            fail_msg("%s: stopping took %d ms", faults[i], (int)(now_ms() - before));
        close(fd);
    }
}

/* What a client with its own bounds makes of each. */
static void the_rest_client_tells_the_faults_apart(void **state)
{
    static const struct {
        const char *fault;
        kube_status status;
    } cases[] = {
        { "/ delay=1", KUBE_OK },
        { "/ slow=1000/1", KUBE_OK },
        { "/ status=401", KUBE_ERR_UNAUTHORIZED },
        { "/ status=403", KUBE_ERR_FORBIDDEN },
        { "/ status=404", KUBE_ERR_NOT_FOUND },
        { "/ status=429 retry-after=7", KUBE_ERR_TOO_MANY_REQUESTS },
        { "/ status=500", KUBE_ERR_SERVER },
        { "/ status=503", KUBE_ERR_UNAVAILABLE },
        { "/ delay=600000", KUBE_ERR_TIMEOUT },
        { "/ stall-after=300", KUBE_ERR_TIMEOUT },
        { "/ no-handshake", KUBE_ERR_TIMEOUT },
        { "/ endless", KUBE_ERR_LIMIT },
        { "/ close-after=0", KUBE_ERR_UNAVAILABLE },
        { "/ close-after=300", KUBE_ERR_UNAVAILABLE },
        { "/ reset-after=0", KUBE_ERR_UNAVAILABLE },
        { "/ length=+10", KUBE_ERR_UNAVAILABLE },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kube_testing_apiserver_options stub = KUBE_TESTING_APISERVER_OPTIONS_INIT;
        kube_rest_client_options opts = KUBE_REST_CLIENT_OPTIONS_INIT;
        kube_rest_request request = KUBE_REST_REQUEST_INIT;
        kube_testing_apiserver *server = NULL;
        kube_rest_response *response = NULL;
        kube_rest_client *client = NULL;
        kube_error *err = NULL;
        kube_status st;

        stub.recording = RECORDING("bare");
        assert_int_equal(kube_testing_apiserver_start(&stub, &server, NULL), KUBE_OK);
        add(server, cases[i].fault);
        opts.base_url = kube_testing_apiserver_url(server);
        opts.ca_pem = kube_testing_apiserver_ca_pem(server);
        opts.ca_pem_len = strlen(opts.ca_pem);
        opts.timeout_ms = cases[i].status == KUBE_ERR_TIMEOUT ? 150 : 10000;
        assert_int_equal(kube_rest_client_new(&opts, &client, NULL), KUBE_OK);
        request.path = "/apis";
        request.max_response_bytes = 1 << 20;
        st = kube_rest_client_do(client, &request, NULL, &response, &err);
        if (st != cases[i].status)
            fail_msg("%s: %s: %s", cases[i].fault, kube_status_name(st), kube_error_message(err));
        if (st == KUBE_ERR_TOO_MANY_REQUESTS)
            assert_int_equal(kube_error_retry_after_ms(err), 7000);
        kube_rest_response_unref(response);
        kube_error_free(err);
        kube_rest_client_unref(client);
        kube_testing_apiserver_stop(server);
    }
}

static void what_is_no_fault_is_refused(void **state)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        { "", "begins with a path" },
        { "status=503", "\"status=503\"" },
        { "/apis stauts=503", "\"stauts=503\"" },
        { "/apis status", "\"status\"" },
        { "/apis endless=1", "\"endless=1\"" },
        { "/apis status=abc", "\"abc\"" },
        { "/apis status=199", "\"199\"" },
        { "/apis status=99999999999999999999", "\"99999999999999999999\"" },
        { "/apis status=600", "\"600\"" },
        { "/apis times=-1", "\"-1\"" },
        { "/apis times=4294967296", "\"4294967296\"" },
        { "/apis times=1x", "\"1x\"" },
        { "/apis times=x", "\"x\"" },
        { "/apis length=+", "\"+\"" },
        { "/apis slow=10/", "\"10/\"" },
        { "/apis slow=10/1x", "\"10/1x\"" },
        { "/apis length=10", "\"10\"" },
        { "/apis slow=10", "\"10\"" },
        { "/apis slow=0/10", "\"0/10\"" },
        { "/apis close-after=", "\"\"" },
        { "/apis body=@/absent/file", "/absent/file" },
    };
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);
    kube_testing_fault blank = { .path = "/" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kube_error *err = NULL;
        kube_status st = kube_testing_apiserver_add_fault_text(server, cases[i].text, NULL, &err);

        if (st == KUBE_OK || strstr(kube_error_message(err), cases[i].part) == NULL)
            fail_msg("\"%s\": %s", cases[i].text, kube_error_message(err));
        kube_error_free(err);
    }
    assert_int_equal(kube_testing_apiserver_add_fault(server, &blank, NULL, NULL), KUBE_ERR_INVALID_ARG);
    assert_int_equal(status_of(server, "/apis"), 200);
    kube_testing_apiserver_stop(server);
}

static void a_fault_without_sense_is_refused(void **state)
{
    static const struct {
        kube_testing_fault fault;
        const char *part;
    } cases[] = {
        { { .http_status = 199 }, "status" },
        { { .http_status = 600 }, "status" },
        { { .http_status = -1 }, "status" },
        { { .body = (kube_testing_body)6 }, "no such body" },
        { { .ending = (kube_testing_ending)4 }, "no such ending" },
        { { .bytes_len = 1 }, "body is missing" },
        { { .content_type = "text/html\r\nX-Injected: 1" }, "line feed" },
        { { .path = "apis" }, "slash" },
    };
    kube_testing_apiserver *server = stub_start(RECORDING("bare"), KUBE_TESTING_FORM_V2);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kube_testing_fault fault = cases[i].fault;
        kube_error *err = NULL;

        fault.struct_size = sizeof fault;
        assert_int_equal(kube_testing_apiserver_add_fault(server, &fault, NULL, &err), KUBE_ERR_INVALID_ARG);
        if (strstr(kube_error_message(err), cases[i].part) == NULL)
            fail_msg("%zu: %s", i, kube_error_message(err));
        kube_error_free(err);
    }
    assert_int_equal(status_of(server, "/apis"), 200);
    kube_testing_apiserver_stop(server);
}

static void a_raw_answer_has_no_head_of_ours(void **state)
{
    static const struct {
        const char *fault, *text;
    } cases[] = {
        { "/apis raw=SSH-2.0", "SSH-2.0" },
        { "/apis raw=SSH-2.0 close-after=3", "SSH" },
        { "/apis raw=SSH-2.0 slow=3/1", "SSH-2.0" },
        { "/apis raw=SSH-2.0 close-after=0", "" },
        { "/apis raw=", "" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        reply r = one_answer(cases[i].fault, "/apis", NULL);

        assert_true(r.closed && !r.reset);
        assert_string_equal(r.body, cases[i].text);
        reply_clear(&r);
    }
}

static void a_status_without_a_name_is_one_all_the_same(void **state)
{
    reply r = one_answer("/apis status=418", "/apis", NULL);

    (void)state;
    assert_int_equal(strncmp(r.head, "HTTP/1.1 418 Status\r\n", 21), 0);
    assert_non_null(strstr(r.body, "\"message\":\"Status\",\"reason\":\"\",\"code\":418}"));
    reply_clear(&r);
}

static void a_refusal_quotes_the_path_as_json(void **state)
{
    static char path[12000], expected[12100];
    reply r = one_answer("/a status=403", "/a\"\\b", NULL);

    (void)state;
    assert_non_null(strstr(r.body, "cannot get path \\\"/a\\\"\\\\b\\\"\",\"reason\":\"Forbidden\""));
    reply_clear(&r);
    memset(path, 'a', sizeof path - 1);
    path[0] = '/';
    snprintf(expected, sizeof expected, "cannot get path \\\"%s\\\"\",", path);
    r = long_answer("/a status=403", path);
    assert_int_equal(r.status, 403);
    assert_non_null(strstr(r.body, expected));
    reply_clear(&r);
    memset(path + 1, '\xe9', sizeof path - 2); /* six times as long in JSON: more than there is room for */
    r = long_answer("/ status=403", path);
    assert_true(r.closed && r.len == 0);
    reply_clear(&r);
}

static void what_is_not_touched_by_a_fault_stays_as_it_was(void **state)
{
    reply plain = one_answer("/none status=500", "/apis", "Accept: " ACCEPT_V2 "\r\n"), fast, known;

    (void)state;
    fast = one_answer("/apis slow=1000000/1", "/apis", "Accept: " ACCEPT_V2 "\r\n"); /* in pieces of 16 KiB */
    assert_string_equal(fast.body, plain.body);
    known = one_answer("/apis delay=1", "/apis", "Accept: " ACCEPT_V2 "\r\nIf-None-Match: *\r\n");
    assert_int_equal(known.status, 304);
    assert_null(reply_header(&known, "Content-Type"));
    reply_clear(&plain);
    reply_clear(&fast);
    reply_clear(&known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(a_status_comes_with_its_object_and_goes_after_its_times),
        ALLOC_TRACE_TEST(a_forbidden_path_is_refused_as_a_real_server_does),
        ALLOC_TRACE_TEST(a_fault_lets_pass_whom_it_is_told_to),
        ALLOC_TRACE_TEST(a_removed_fault_is_over),
        ALLOC_TRACE_TEST(an_answer_ends_where_it_is_told_to),
        ALLOC_TRACE_TEST(the_log_knows_what_was_not_answered),
        ALLOC_TRACE_TEST(a_length_can_be_wrong_in_both_directions),
        ALLOC_TRACE_TEST(body_and_type_can_be_anything),
        ALLOC_TRACE_TEST(an_answer_can_be_late_and_slow),
        ALLOC_TRACE_TEST(an_endless_body_goes_on),
        ALLOC_TRACE_TEST(a_gzip_bomb_is_small_outside_and_large_inside),
        ALLOC_TRACE_TEST(a_connection_may_wait_for_a_handshake_for_ever),
        ALLOC_TRACE_TEST(no_fault_keeps_a_server_from_stopping),
        ALLOC_TRACE_TEST(the_rest_client_tells_the_faults_apart),
        ALLOC_TRACE_TEST(what_is_no_fault_is_refused),
        ALLOC_TRACE_TEST(a_fault_without_sense_is_refused),
        ALLOC_TRACE_TEST(a_raw_answer_has_no_head_of_ours),
        ALLOC_TRACE_TEST(a_status_without_a_name_is_one_all_the_same),
        ALLOC_TRACE_TEST(a_refusal_quotes_the_path_as_json),
        ALLOC_TRACE_TEST(what_is_not_touched_by_a_fault_stays_as_it_was),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
