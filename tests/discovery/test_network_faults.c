/* The connection ends, is reset or falls silent at any byte, of an answer or below it, to the server or from it. */
#include "relay.h"
#include "road.h"

enum { EACH_UP_TO = 250, STEP = 997, SILENCE_MS = 60, MAX_SILENCE_MS = 8000, PATIENCE_MS = 1000 };

static road r;
static relay *way;

static int set_up(void **state)
{
    (void)state;
    return road_open(&r) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    road_close(&r);
    return 0;
}

static const char *ask_and_expect(const char *fault, size_t n, int64_t timeout_ms)
{
    kube_status st = KUBE_OK;
    const char *answer = road_ask(&r, timeout_ms, &st);

    if (answer == NULL && st != KUBE_ERR_UNAVAILABLE && st != KUBE_ERR_PROTOCOL && st != KUBE_ERR_TIMEOUT)
        fail_msg("%s%zu: %s", fault, n, kube_status_name(st));
    /* A deadline may come while the documents are being written. */
    road_expect_all_or_nothing(&r, fault, n, answer, st == KUBE_ERR_TIMEOUT);
    return answer;
}

/* ---- in an answer ---- */

static bool fail_at(const char *word, size_t n, int64_t timeout_ms)
{
    const char *answer;
    char fault[64];

    assert_int_equal(road_forget(&r, NULL), KUBE_OK);
    snprintf(fault, sizeof fault, "/apis %s%zu times=1", word, n);
    assert_int_equal(kube_testing_apiserver_add_fault_text(r.server, fault, NULL, NULL), KUBE_OK);
    answer = ask_and_expect(word, n, timeout_ms);
    kube_testing_apiserver_remove_fault(r.server, 0);
    road_expect_answer(&r, word, n);
    return answer == NULL;
}

/* A client may ask again by itself, and does now and then. */
static void expect_most_failed(const char *name, size_t failed, size_t places)
{
    print_message("  %s: %zu places, %zu failures\n", name, places, failed);
    assert_true(places > 10);
    assert_true(failed * 4 > places * 3);
}

/* In the head everywhere, in the body now and then. */
static void fail_everywhere(const char *word, int64_t timeout_ms, size_t each_up_to)
{
    kube_testing_record record = KUBE_TESTING_RECORD_INIT;
    size_t bytes = 0, places = 0, failed = 0;

    for (size_t i = 0; kube_testing_apiserver_request_at(r.server, i, &record); i++)
        bytes = record.body_bytes > bytes ? record.body_bytes : bytes;
    assert_true(bytes > 10000);
    for (size_t n = 0; n < bytes; n += n < each_up_to ? 1 : STEP, places++)
        failed += fail_at(word, n, timeout_ms);
    expect_most_failed(word, failed, places);
}

static void an_answer_may_be_cut_off_at_any_byte(void **state)
{
    (void)state;
    fail_everywhere("close-after=", 0, EACH_UP_TO);
}

static void an_answer_may_be_reset_at_any_byte(void **state)
{
    (void)state;
    fail_everywhere("reset-after=", 0, EACH_UP_TO);
}

static void an_answer_may_fall_silent_at_any_byte(void **state)
{
    (void)state;
    fail_everywhere("stall-after=", SILENCE_MS, EACH_UP_TO / 10);
}

/* ---- below TLS, from the first byte of a handshake on ---- */

static void begin_connection(void)
{
    char url[64];

    snprintf(url, sizeof url, "https://127.0.0.1:%u", relay_port(way));
    assert_int_equal(road_connect(&r, url, NULL, NULL), KUBE_OK);
    assert_int_equal(road_forget(&r, NULL), KUBE_OK);
}

/* A connection that fell silent while nobody was waiting for it, after an answer or before its first request, looks
 * like any other: the next request finds out, by its deadline. */
static void use_up_silent_connection(void)
{
    kube_status st;

    (void)road_ask(&r, PATIENCE_MS, &st);
}

/* One place; false: all was said before it. A machine may be so slow that a deadline comes first: then it is a later
 * one's turn. */
static bool break_at(relay_way direction, size_t n, relay_end end, const char *name, int64_t timeout_ms, size_t *failed)
{
    const char *answer;

    do {
        begin_connection();
        relay_break_after(way, direction, n, end);
        answer = ask_and_expect(name, n, timeout_ms);
        timeout_ms *= 2;
    } while (!relay_broke(way) && answer == NULL && timeout_ms > 0 && timeout_ms <= MAX_SILENCE_MS);
    if (!relay_broke(way) && answer == NULL)
        fail_msg("%s%zu: no answer, though the connection was whole", name, n);
    *failed += answer == NULL;
    return relay_broke(way);
}

/* Every `step`th place; with KUBE_SOAK_ROUNDS=0 in the environment each one, except where each is waited for. */
static void break_everywhere(relay_way direction, relay_end end, const char *name, size_t step, int64_t timeout_ms)
{
    const char *rounds = getenv("KUBE_SOAK_ROUNDS");
    size_t places = 0, failed = 0;

    way = relay_start(road_port(&r));
    if (rounds != NULL && strcmp(rounds, "0") == 0 && end != RELAY_STALLS)
        step = 1;
    for (size_t n = 0; break_at(direction, n, end, name, timeout_ms, &failed); n += step, places++) {
        if (end == RELAY_STALLS)
            use_up_silent_connection();
        road_expect_answer(&r, name, n);
    }
    expect_most_failed(name, failed, places);
    relay_stop(way);
}

static void a_connection_may_be_closed_at_any_byte_to_the_server(void **state)
{
    (void)state;
    break_everywhere(RELAY_TO_SERVER, RELAY_CLOSES, "closed, to the server, ", 23, 0);
}

static void a_connection_may_be_reset_at_any_byte_to_the_server(void **state)
{
    (void)state;
    break_everywhere(RELAY_TO_SERVER, RELAY_RESETS, "reset, to the server, ", 19, 0);
}

static void a_connection_may_fall_silent_at_any_byte_to_the_server(void **state)
{
    (void)state;
    break_everywhere(RELAY_TO_SERVER, RELAY_STALLS, "silent, to the server, ", 101, SILENCE_MS);
}

static void a_connection_may_be_closed_at_any_byte_from_the_server(void **state)
{
    (void)state;
    break_everywhere(RELAY_TO_CLIENT, RELAY_CLOSES, "closed, from the server, ", 307, 0);
}

static void a_connection_may_be_reset_at_any_byte_from_the_server(void **state)
{
    (void)state;
    break_everywhere(RELAY_TO_CLIENT, RELAY_RESETS, "reset, from the server, ", 293, 0);
}

static void a_connection_may_fall_silent_at_any_byte_from_the_server(void **state)
{
    (void)state;
    break_everywhere(RELAY_TO_CLIENT, RELAY_STALLS, "silent, from the server, ", 997, SILENCE_MS);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_answer_may_be_cut_off_at_any_byte),
        TEST(an_answer_may_be_reset_at_any_byte),
        TEST(an_answer_may_fall_silent_at_any_byte),
        TEST(a_connection_may_be_closed_at_any_byte_to_the_server),
        TEST(a_connection_may_be_reset_at_any_byte_to_the_server),
        TEST(a_connection_may_fall_silent_at_any_byte_to_the_server),
        TEST(a_connection_may_be_closed_at_any_byte_from_the_server),
        TEST(a_connection_may_be_reset_at_any_byte_from_the_server),
        TEST(a_connection_may_fall_silent_at_any_byte_from_the_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
