#include "alloc_trace.h"
#include "cmocka_all.h"
#include "exec_output.h"

#define V1 "client.authentication.k8s.io/v1"
#define HEAD "\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\""

static kube_status parse(const char *text, kube__exec_answer *out, kube_error **err)
{
    *out = (kube__exec_answer){ NULL, 0 };
    return kube__exec_output_parse(kube_str_c(text), V1, "it", out, err);
}

static void a_token_is_taken_with_its_date(void **state)
{
    static const struct {
        const char *text, *header;
        int64_t     expires;
    } cases[] = {
        { "{" HEAD ",\"status\":{\"token\":\"abc\"}}", "Bearer abc", KUBE__NEVER_EXPIRES },
        { "{\"status\":{\"expirationTimestamp\":\"1970-01-01T00:00:01Z\",\"token\":\"abc\"}," HEAD "}\n", "Bearer abc",
          1000 },
        { "{" HEAD ",\"spec\":{\"x\":[1]},\"status\":{\"token\":\"a\\u0062\\/c\",\"expirationTimestamp\":null}}",
          "Bearer ab/c", KUBE__NEVER_EXPIRES },
        { "{" HEAD ",\"status\":{\"token\":\"t\",\"clientCertificateData\":\"\",\"clientKeyData\":null}}", "Bearer t",
          KUBE__NEVER_EXPIRES },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kube__exec_answer answer;

        assert_int_equal(parse(cases[i].text, &answer, NULL), KUBE_OK);
        assert_true(kube_str_is(kube_blob_str(answer.header), cases[i].header));
        assert_true(answer.expires_unix_ms == cases[i].expires);
        kube_blob_unref(answer.header);
    }
}

static void what_is_no_credential_is_refused_with_a_reason_and_without_the_secret(void **state)
{
    static const struct {
        const char *text;
        kube_status status;
        const char *message;
    } cases[] = {
        { "", KUBE_ERR_PARSE, "it is no ExecCredential in JSON" },
        { "kind: ExecCredential\nstatus: {token: SECRET}", KUBE_ERR_PARSE, "it is no ExecCredential in JSON" },
        { "{" HEAD ",\"status\":{\"token\":\"SECRET\"}} trailing", KUBE_ERR_PARSE, "it is no ExecCredential in JSON" },
        { "{" HEAD ",\"status\":{\"token\":\"SECRET", KUBE_ERR_PARSE, "it is no ExecCredential in JSON" },
        { "{" HEAD ",\"status\":{\"token\":1}}", KUBE_ERR_PARSE, "it is no ExecCredential in JSON" },
        { "[]", KUBE_ERR_PARSE, "it is no ExecCredential in JSON" },
        { "null", KUBE_ERR_PARSE, "it: kind is not ExecCredential" },
        { "{\"status\":{\"token\":\"SECRET\"}}", KUBE_ERR_PARSE, "it: kind is not ExecCredential" },
        { "{\"kind\":\"Status\",\"apiVersion\":\"" V1 "\",\"status\":{\"token\":\"SECRET\"}}", KUBE_ERR_PARSE,
          "it: kind is not ExecCredential" },
        { "{\"kind\":\"ExecCredential\",\"status\":{\"token\":\"SECRET\"}}", KUBE_ERR_PARSE,
          "it: apiVersion is not " V1 },
        { "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "beta1\",\"status\":{\"token\":\"SECRET\"}}",
          KUBE_ERR_PARSE, "it: apiVersion is not " V1 },
        { "{" HEAD "}", KUBE_ERR_PARSE, "it: there is no status" },
        { "{" HEAD ",\"status\":null}", KUBE_ERR_PARSE, "it: there is no status" },
        { "{" HEAD ",\"status\":{}}", KUBE_ERR_PARSE, "it: status has neither a token nor a client certificate" },
        { "{" HEAD ",\"status\":{\"token\":\"\"}}", KUBE_ERR_PARSE, "neither a token nor" },
        { "{" HEAD ",\"status\":{\"token\":\" \"}}", KUBE_ERR_PARSE, "it: status.token is empty" },
        { "{" HEAD ",\"status\":{\"token\":\"SECRET\\n\\u0000X\"}}", KUBE_ERR_PARSE, "it: status.token holds a byte" },
        { "{" HEAD ",\"status\":{\"clientCertificateData\":\"c\"}}", KUBE_ERR_PARSE, "clientCertificateData without" },
        { "{" HEAD ",\"status\":{\"token\":\"SECRET\",\"clientKeyData\":\"SECRET\"}}", KUBE_ERR_PARSE,
          "clientKeyData without" },
        { "{" HEAD ",\"status\":{\"clientCertificateData\":\"c\",\"clientKeyData\":\"SECRET\"}}", KUBE_ERR_UNSUPPORTED,
          "it: status has a client certificate" },
        { "{" HEAD ",\"status\":{\"token\":\"SECRET\",\"clientCertificateData\":\"c\",\"clientKeyData\":\"SECRET\"}}",
          KUBE_ERR_UNSUPPORTED, "it: status has a client certificate" },
        { "{" HEAD ",\"status\":{\"token\":\"SECRET\",\"expirationTimestamp\":\"tomorrow\"}}", KUBE_ERR_PARSE,
          "it: status.expirationTimestamp is no RFC 3339 date" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kube__exec_answer answer;
        kube_error *err = NULL;
        kube_status st = parse(cases[i].text, &answer, &err);

        if (st != cases[i].status || strstr(kube_error_message(err), cases[i].message) == NULL)
            fail_msg("%s: %d %s", cases[i].text, st, kube_error_message(err));
        assert_null(strstr(kube_error_message(err), "SECRET"));
        assert_null(answer.header);
        kube_error_free(err);
    }
}

static void each_allocation_may_fail(void **state)
{
    static const char text[] = "{" HEAD ",\"status\":{\"token\":\"a\\u0062c\",\"expirationTimestamp\":"
                               "\"\\u0031970-01-01T00:00:01Z\"}}";
    bool reached = true;

    (void)state;
    for (size_t n = 1; reached; n++) {
        kube__exec_answer answer;
        kube_status st;

        alloc_trace_fail_at(n);
        st = parse(text, &answer, NULL);
        reached = alloc_trace_stop();
        assert_int_equal(st, reached ? KUBE_ERR_OUT_OF_MEMORY : KUBE_OK);
        assert_true((answer.header == NULL) == reached);
        assert_true(reached || answer.expires_unix_ms == 1000);
        kube_blob_unref(answer.header);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(a_token_is_taken_with_its_date),
        ALLOC_TRACE_TEST(what_is_no_credential_is_refused_with_a_reason_and_without_the_secret),
        ALLOC_TRACE_TEST(each_allocation_may_fail),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
