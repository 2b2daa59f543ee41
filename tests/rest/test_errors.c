/* What libcurl's codes mean to a program, and the words a person reads. */
#include "curl/transfer.h"

#include <kube/base/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void each_code_has_a_status_and_words(void **state)
{
    static const struct {
        CURLcode code;
        const char *text; /* libcurl's own; "": none */
        kube_status status;
        const char *message;
    } cases[] = {
        { CURLE_COULDNT_RESOLVE_HOST, "a", KUBE_ERR_UNAVAILABLE, "the name of the server is unknown: a" },
        { CURLE_COULDNT_CONNECT, "", KUBE_ERR_UNAVAILABLE, "no connection: Couldn't connect to server" },
        { CURLE_OPERATION_TIMEDOUT, "a", KUBE_ERR_UNAVAILABLE, "no connection within the time that was set: a" },
        { CURLE_ABORTED_BY_CALLBACK, "a", KUBE_ERR_UNAVAILABLE, "the connection was lost again and again: a" },
        { CURLE_PARTIAL_FILE, "a", KUBE_ERR_UNAVAILABLE, "the connection was lost before the answer was complete: a" },
        { CURLE_GOT_NOTHING, "a", KUBE_ERR_UNAVAILABLE, "the connection was lost: a" },
        { CURLE_SEND_ERROR, "a", KUBE_ERR_UNAVAILABLE, "the connection was lost: a" },
        { CURLE_RECV_ERROR, "a", KUBE_ERR_UNAVAILABLE, "the connection was lost: a" },
        { CURLE_HTTP2, "a", KUBE_ERR_UNAVAILABLE, "the connection was lost: a" },
        { CURLE_HTTP2_STREAM, "a", KUBE_ERR_UNAVAILABLE, "the connection was lost: a" },
        { CURLE_WEIRD_SERVER_REPLY, "a", KUBE_ERR_PROTOCOL, "the exchange failed: a" },
        { CURLE_BAD_CONTENT_ENCODING, "a", KUBE_ERR_PROTOCOL, "the exchange failed: a" },
        { (CURLcode)100, "a", KUBE_ERR_LIMIT, "the exchange failed: a" }, /* CURLE_TOO_LARGE */
        { CURLE_OUT_OF_MEMORY, "a", KUBE_ERR_OUT_OF_MEMORY, "out of memory" },
        { CURLE_SSL_CIPHER, "a", KUBE_ERR_TLS, "TLS: a" },
        { CURLE_PEER_FAILED_VERIFICATION, "a", KUBE_ERR_TLS, "TLS: a (the server's certificate does not fit)" },
        { CURLE_SSL_CERTPROBLEM, "a", KUBE_ERR_TLS, "TLS: a (the client certificate and its key)" },
        { CURLE_SEND_ERROR, "alert bad", KUBE_ERR_TLS, "TLS: the server refused: alert bad" },
        { CURLE_RECV_ERROR, "alert bad", KUBE_ERR_TLS, "TLS: the server refused: alert bad" },
        { CURLE_HTTP2, "alert bad", KUBE_ERR_UNAVAILABLE, "the connection was lost: alert bad" },
        { CURLE_SSL_CONNECT_ERROR, "rsa routines::x", KUBE_ERR_TLS,
          "TLS: rsa routines::x (the server's certificate is not from the certificate authority that is trusted, but "
          "from one of that name)" },
        { CURLE_SSL_CONNECT_ERROR, "asn1 encoding routines::x", KUBE_ERR_TLS,
          "TLS: asn1 encoding routines::x (the server's certificate is not from the certificate authority that is "
          "trusted, but from one of that name)" },
        { CURLE_SSL_CONNECT_ERROR, "else", KUBE_ERR_TLS, "TLS: else" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kube__transfer t = { .easy = curl_easy_init() };
        kube_error *err = NULL;

        snprintf(t.error_text, sizeof t.error_text, "%s", cases[i].text);
        assert_int_equal(kube__curl_error(&t, cases[i].code, &err), cases[i].status);
        assert_string_equal(kube_error_message(err), cases[i].message);
        kube_error_free(err);
        curl_easy_cleanup(t.easy);
    }
}

/* libcurl keeps what it said of the connection that a request had first. */
static void the_words_for_a_lost_connection_are_not_those_for_the_next_that_fails(void **state)
{
    static const char *const kept = "Recv failure: Connection reset by peer, rsa routines";
    static const CURLcode codes[] = { CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_COULDNT_CONNECT,
                                      CURLE_RECV_ERROR };

    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        kube__transfer t = { .easy = curl_easy_init(), .attempts = 1 };
        kube_status expected = codes[i] == CURLE_PEER_FAILED_VERIFICATION ? KUBE_ERR_TLS : KUBE_ERR_UNAVAILABLE;
        kube_error *err = NULL;

        snprintf(t.error_text, sizeof t.error_text, "%s", kept);
        assert_int_equal(kube__curl_error(&t, codes[i], &err), expected);
        assert_int_equal(strstr(kube_error_message(err), kept) != NULL, codes[i] == CURLE_RECV_ERROR);
        if (codes[i] != CURLE_RECV_ERROR)
            assert_non_null(strstr(kube_error_message(err), curl_easy_strerror(codes[i])));
        assert_null(strstr(kube_error_message(err), "but from one of that name"));
        kube_error_free(err);
        curl_easy_cleanup(t.easy);
    }
}

static void a_connection_that_was_never_there_and_one_that_was_lost_are_told_apart(void **state)
{
    static const CURLcode never[] = { CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_OPERATION_TIMEDOUT,
                                      CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION };
    static const CURLcode lost[] = { CURLE_HTTP2, CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING,
                                     CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_HTTP2_STREAM };
    static const CURLcode neither[] = { CURLE_OK, CURLE_OUT_OF_MEMORY, CURLE_WRITE_ERROR, CURLE_WEIRD_SERVER_REPLY };

    (void)state;
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        assert_true(kube__curl_error_is_no_connection(never[i]));
        assert_false(kube__curl_error_is_lost_connection(never[i]));
    }
    for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++) {
        assert_false(kube__curl_error_is_no_connection(lost[i]));
        assert_true(kube__curl_error_is_lost_connection(lost[i]));
    }
    for (size_t i = 0; i < sizeof neither / sizeof neither[0]; i++) {
        assert_false(kube__curl_error_is_no_connection(neither[i]));
        assert_false(kube__curl_error_is_lost_connection(neither[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_code_has_a_status_and_words),
        cmocka_unit_test(the_words_for_a_lost_connection_are_not_those_for_the_next_that_fails),
        cmocka_unit_test(a_connection_that_was_never_there_and_one_that_was_lost_are_told_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
