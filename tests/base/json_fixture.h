/* What the tests of the JSON reader share: reading a whole document, and what must come of it. */
#ifndef JSON_FIXTURE_H
#define JSON_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <kube/base/json.h>

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define STR(literal) kube_str_n(literal, sizeof(literal) - 1) /* may hold NUL */

/* A document with something of everything. */
#define JSON_SAMPLE                                                                                                    \
    "{\"kind\":\"APIGroupDiscoveryList\",\"metadata\":{},\"items\":["                                                  \
    "{\"metadata\":{\"name\":\"a\\u0070ps\",\"x\":null},"                                                              \
    "\"versions\":[ {\"version\":\"v1\",\"n\":[-1,0.5e+3,true,false],\"s\":\"\\ud83d\\ude00 \xc3\xa9\\n\"} ]}]}"

/* A reader at the start of the document, which must outlive it. */
kube_json_reader reader(const char *document);

/* Reads all tokens; the reader is left at the end or at its failure. */
kube_status walk(kube_json_reader *r, kube_str document);

/* What is wrong with how the reader treats the document, compared with jansson too (tests/fuzz/fuzz_json_reader.c).
 * NULL: nothing. */
const char *json_disagreement(kube_str document);

/* Walking the document succeeds, or fails at this offset with a message that holds `problem`. */
void assert_accepted(kube_str document);
void assert_refused(kube_str document, size_t offset, const char *problem);

/* The reader has this status, and an error that says exactly this. */
void assert_message(const kube_json_reader *r, kube_status status, const char *message);

/* json_disagreement() finds nothing. */
void assert_agreement(kube_str document);

void assert_str(kube_str actual, const char *expected);

#endif
