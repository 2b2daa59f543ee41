/* What the files of the JSON reader share about its state. */
#ifndef KUBE_JSON_READER_H
#define KUBE_JSON_READER_H

#include "json_scan.h"

#include <kube/base/json.h>

/* What may come next in a document. Those from FIRST_KEY on are places inside an object or array. */
enum json_expect {
    JSON__EXPECT_VALUE,         /* `at` is its first byte, or the end of the document                      */
    JSON__EXPECT_END,           /* the document's value is complete                                        */
    JSON__EXPECT_NOTHING,       /* failed                                                                  */
    JSON__EXPECT_FIRST_KEY,     /* or the end of the object                                                */
    JSON__EXPECT_MORE_KEYS,     /* a comma, or the end of the object                                       */
    JSON__EXPECT_FIRST_ELEMENT, /* or the end of the array                                                 */
    JSON__EXPECT_MORE_ELEMENTS, /* a comma, or the end of the array                                        */
    JSON__EXPECT_NULL_END       /* a null was entered as an empty object or array                          */
};

/* The first failure stays. Returns KUBE_JSON_TOKEN_ERROR. */
KUBE__COLD kube_json_token kube__json_reader_fail_at(kube_json_reader *r, kube_status status, const char *at,
                                                     const char *problem);

/* "expected <wanted>, found <what stands at `at`>". Returns false. */
KUBE__COLD bool kube__json_reader_mismatch(kube_json_reader *r, kube_json_token wanted);

/* Reads a number or a null; the token is in the reader. */
bool kube__json_reader_read_number(kube_json_reader *r);

/* The kind of value that begins with this byte, or KUBE_JSON_TOKEN_ERROR. */
kube_json_token kube__json_kind_of(char first);

#endif
