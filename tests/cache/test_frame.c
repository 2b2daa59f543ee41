#include "alloc_trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "frame.h"

static void header_of(const char *validator, const char *payload, unsigned char header[KUBE__FRAME_HEADER_BYTES])
{
    kube__frame_encode(kube_str_c(validator), kube_str_c(payload), header);
}

static void what_was_encoded_is_decoded(void **state)
{
    unsigned char header[KUBE__FRAME_HEADER_BYTES];
    kube__frame frame;

    (void)state;
    header_of("v1", "abc", header);
    assert_null(kube__frame_decode(header, sizeof header + 5, &frame));
    assert_int_equal(frame.validator_bytes, 2);
    assert_int_equal(frame.payload_bytes, 3);
    assert_null(kube__frame_verify(&frame, kube_str_c("v1"), kube_str_c("abc")));
    assert_string_equal(kube__frame_verify(&frame, kube_str_c("v1"), kube_str_c("abd")), "its checksum is wrong");
}

/* These stand in docs/formats.md: a file that is written here is read by every release. */
static void the_checksum_is_the_documented_one(void **state)
{
    static const struct {
        const char *validator, *payload;
        uint64_t    checksum;
    } cases[] = {
        { "", "", UINT64_C(0x463b6ac2dc9841f1) },
        { "v1", "abc", UINT64_C(0xd0b47e6ecf500960) },
        { "\"etag\"", "0123456789abcdef!", UINT64_C(0x1db32043202bf5b7) },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned char header[KUBE__FRAME_HEADER_BYTES];
        kube__frame frame;
        uint64_t bytes = sizeof header + strlen(cases[i].validator) + strlen(cases[i].payload);

        header_of(cases[i].validator, cases[i].payload, header);
        assert_null(kube__frame_decode(header, bytes, &frame));
        assert_true(frame.checksum == cases[i].checksum);
    }
}

/* No word may be lost, wherever it stands, and zeros count. */
static void each_byte_and_each_length_counts(void **state)
{
    unsigned char header[KUBE__FRAME_HEADER_BYTES];
    char zeros[64] = { 0 };
    uint64_t seen[64];

    (void)state;
    for (size_t len = 0; len < sizeof zeros; len++) {
        kube__frame frame;

        kube__frame_encode(kube_str_n(NULL, 0), kube_str_n(zeros, len), header);
        assert_null(kube__frame_decode(header, sizeof header + len, &frame));
        seen[len] = frame.checksum;
        for (size_t other = 0; other < len; other++)
            assert_true(seen[other] != seen[len]);
        for (size_t at = 0; at < len; at++) {
            zeros[at] = 1;
            assert_non_null(kube__frame_verify(&frame, kube_str_n(NULL, 0), kube_str_n(zeros, len)));
            zeros[at] = 0;
        }
    }
}

static void lengths_that_overflow_are_refused(void **state)
{
    unsigned char header[KUBE__FRAME_HEADER_BYTES];
    kube__frame frame = { 7, 7, 7 };

    (void)state;
    header_of("", "", header);
    memset(header + 16, 0xff, 8);
    assert_string_equal(kube__frame_decode(header, sizeof header, &frame), "it is cut short");
    assert_string_equal(kube__frame_decode(header, UINT64_MAX, &frame), "it is cut short");
    memset(header + 12, 0xff, 4);
    assert_string_equal(kube__frame_decode(header, UINT64_MAX, &frame), "its header is damaged");
    header_of("", "", header);
    assert_string_equal(kube__frame_decode(header, 5, &frame), "it is cut short");
    assert_string_equal(kube__frame_decode(header, sizeof header + 1, &frame), "it has bytes behind its end");
    assert_int_equal(frame.validator_bytes, 7); /* untouched */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(what_was_encoded_is_decoded),
        ALLOC_TRACE_TEST(the_checksum_is_the_documented_one),
        ALLOC_TRACE_TEST(each_byte_and_each_length_counts),
        ALLOC_TRACE_TEST(lengths_that_overflow_are_refused),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
