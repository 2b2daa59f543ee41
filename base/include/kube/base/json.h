/**
 * @file
 * @brief Reading JSON without building a tree: a validating pull reader over one whole buffer.
 * @ingroup base
 *
 * A decoder is one function per kind of object, and each function reads like the document it expects:
 *
 * @code
 * // {"resource":"deployments","responseKind":{"group":"","version":"","kind":"Deployment"},"scope":"Namespaced",
 * //  "verbs":["get","list"],"shortNames":["deploy"],"subresources":[…]}
 * static void read_resource(kube_json_reader *r, resource *out)
 * {
 *     kube_json_string key;
 *
 *     kube_json_reader_enter_object(r);
 *     while (kube_json_reader_next_key(r, &key)) {
 *         if (kube_json_string_is(key, "resource"))
 *             kube_json_reader_read_string(r, &out->name);
 *         else if (kube_json_string_is(key, "responseKind"))
 *             read_kind(r, &out->kind);
 *         else if (kube_json_string_is(key, "verbs"))
 *             read_verbs(r, out);
 *     }                                       // a value that was not read is skipped, and checked all the same
 * }
 *
 * static void read_verbs(kube_json_reader *r, resource *out)
 * {
 *     kube_json_string verb;
 *
 *     kube_json_reader_enter_array(r);
 *     while (kube_json_reader_next_element(r))
 *         if (kube_json_reader_read_string(r, &verb))
 *             out->verbs |= verb_bit(verb);
 * }
 *
 * kube_status read_document(kube_str body, resource *out, kube_error **err)
 * {
 *     kube_json_reader r;
 *
 *     kube_json_reader_init(&r, body);
 *     read_resource(&r, out);
 *     return kube_json_reader_finish(&r, err); // one check for everything; there is nothing to free
 * }
 * @endcode
 *
 * What a failure says: `line 1, column 311, at .items[0].versions[0].resources: expected an array, found a string`.
 *
 * The rules that make this short:
 * - **The first failure stays.** After it every function does nothing, loops end, and values read are empty: read on
 *   freely and check once.
 * - **null is the empty value**, as in Go, where a nil slice is written as null: an object without keys, an array
 *   without elements, "", 0, false. Who must tell them apart asks kube_json_reader_read_null() first.
 * - **What is not read is skipped.** kube_json_reader_next_key() and kube_json_reader_next_element() pass over a value
 *   that nobody read. A loop that was left early must say kube_json_reader_leave(), which passes over the rest.
 * - **What is skipped is checked.** When kube_json_reader_finish() returns KUBE_OK the whole document is JSON as RFC
 *   8259 has it, to the last byte: grammar, escapes, surrogate pairs, UTF-8.
 * - **Keys come as they stand**, duplicates too: assigning as they come lets the last one win, as in Go and jansson.
 *
 * The reader allocates nothing, never changes or copies the document, and reads no byte outside it (a NUL after its
 * end is not needed). Strings are slices of the document: the document must outlive them.
 */
#ifndef KUBE_BASE_JSON_H
#define KUBE_BASE_JSON_H

#include <kube/base/buf.h>
#include <kube/base/error.h>
#include <kube/base/export.h>
#include <kube/base/status.h>
#include <kube/base/str.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

KUBE_BEGIN_DECLS

/** How many objects and arrays may be open at once; one more is KUBE_ERR_LIMIT. */
#define KUBE_JSON_MAX_DEPTH 2048

/**
 * @brief What stands at a place of a document.
 * @since 0.1
 */
typedef enum kube_json_token {
    KUBE_JSON_TOKEN_ERROR        = 0,  /**< The reader has failed; see kube_json_reader_status().         */
    KUBE_JSON_TOKEN_END          = 1,  /**< The document is over, and nothing but white space follows.    */
    KUBE_JSON_TOKEN_OBJECT_BEGIN = 2,  /**< `{`                                                           */
    KUBE_JSON_TOKEN_OBJECT_END   = 3,  /**< `}`                                                           */
    KUBE_JSON_TOKEN_ARRAY_BEGIN  = 4,  /**< `[`                                                           */
    KUBE_JSON_TOKEN_ARRAY_END    = 5,  /**< `]`                                                           */
    KUBE_JSON_TOKEN_KEY          = 6,  /**< A name in an object; its value comes next.                    */
    KUBE_JSON_TOKEN_STRING       = 7,  /**< A string.                                                     */
    KUBE_JSON_TOKEN_NUMBER       = 8,  /**< A number, of any size: it is text until somebody asks for it. */
    KUBE_JSON_TOKEN_TRUE         = 9,  /**< `true`                                                        */
    KUBE_JSON_TOKEN_FALSE        = 10, /**< `false`                                                       */
    KUBE_JSON_TOKEN_NULL         = 11  /**< `null`                                                        */
} kube_json_token;

/** @name Strings
 * @{ */

/**
 * @brief A string or key as it stands in the document: checked, not decoded.
 *
 * Compare with kube_json_string_is(), get its text with kube_json_string_text() or kube_json_string_copy(). Where
 * @ref escaped is 0 the text is @ref raw itself.
 * @since 0.1
 */
typedef struct kube_json_string {
    kube_str raw;     /**< The bytes between the quotes; part of the document.                       */
    size_t   escaped; /**< Not 0: there is a backslash in it, raw and text differ. (As wide as the rest, because passing
                           a struct with one odd byte by value costs more than scanning a string.)    */
} kube_json_string;

/**
 * @brief Tells whether a string has a given text, however it is escaped.
 * @param[in] s    The string.
 * @param[in] text What to compare with; may hold NUL.
 * @return true when the decoded string equals @p text.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API bool kube_json_string_equal(kube_json_string s, kube_str text);

/**
 * @brief Tells whether a string has the text of a C string, however it is escaped.
 * @param[in] s    The string.
 * @param[in] text NUL-terminated. A literal costs no strlen().
 * @return true when the decoded string equals @p text.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
static inline bool kube_json_string_is(kube_json_string s, const char *text)
{
    return s.escaped != 0 ? kube_json_string_equal(s, kube_str_c(text)) : kube_str_is(s.raw, text);
}

/**
 * @brief Decodes a string into memory that is known to suffice, such as a block of an arena.
 * @param[in]  s   The string.
 * @param[out] dst Room for `s.raw.len` bytes: text is never longer than what stands in the document. No NUL is added.
 * @return How many bytes were written.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API size_t kube_json_string_copy(kube_json_string s, char *dst);

/**
 * @brief Appends the text of a string to a buffer.
 * @param[in]     s   The string.
 * @param[in,out] out The buffer; remembers a failure, see kube_buf_status().
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_json_string_append(kube_json_string s, kube_buf *out);

/**
 * @brief The text of a string, without copying where there is nothing to decode.
 * @param[in]     s       The string.
 * @param[in,out] scratch What it held is replaced where the string has escapes. Once it has failed (no memory, ceiling)
 *                        it stays failed and the answer is empty: check kube_buf_status() at the end.
 * @return The text: part of the document, or of @p scratch.
 * @ownership    Lives as long as the document, and until the next change of @p scratch.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_str kube_json_string_text(kube_json_string s, kube_buf *scratch);

/**
 * @brief Tells whether a string has a NUL in its text (written as \\u0000, which JSON allows).
 *
 * Who hands the text on as a C string asks this first, or looks into the decoded bytes.
 * @param[in] s The string.
 * @return true when there is one.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API bool kube_json_string_has_nul(kube_json_string s);
/** @} */

/** @name The reader
 * @{ */

/**
 * @brief A reader, in the caller's storage. All members are private.
 *
 * It holds no memory of its own: there is nothing to clear, and a copy is a reader of its own at the same place.
 * @threadsafety One thread at a time.
 * @since 0.1
 */
typedef struct kube_json_reader {
    const char *begin;     /**< Private. */
    const char *end;       /**< Private. */
    const char *at;        /**< Private. */
    const char *token;     /**< Private. */
    const char *token_end; /**< Private. */
    const char *problem;   /**< Private. */
    kube_status failure;   /**< Private. */
    uint32_t    depth;     /**< Private. */
    uint8_t     expect;    /**< Private. */
    uint8_t     after;     /**< Private. */
    uint8_t     kind;      /**< Private. */
    uint8_t     wanted;    /**< Private. */
    bool        escaped;   /**< Private. */
    uint8_t     spare[3];  /**< Private. */
    void       *reserved[4];                      /**< Private. */
    uint8_t     nesting[KUBE_JSON_MAX_DEPTH / 8]; /**< Private. */
} kube_json_reader;

/**
 * @brief Starts reading a document.
 * @param[out] r        The caller's storage.
 * @param[in]  document Borrowed: it must stay as it is while the reader and the strings it gave are in use.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_json_reader_init(kube_json_reader *r, kube_str document);

/**
 * @brief Ends reading: passes over whatever was not read, and checks that nothing follows the document.
 * @param[in,out] r   The reader. Reading on gives the end, or the failure.
 * @param[out]    err Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK        The whole document is valid, and every read found what it expected.
 * @retval KUBE_ERR_PARSE It is not JSON, or a value has another type than the caller expected.
 * @retval KUBE_ERR_LIMIT It is nested deeper than @ref KUBE_JSON_MAX_DEPTH, or a number does not fit.
 * @retval KUBE_ERR_INVALID_STATE A read was tried where no value stands: a mistake in the caller.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_json_reader_finish(kube_json_reader *r, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief The first failure so far. Line, column and path are found only now, and only when @p err asks for them.
 * @param[in]  r   The reader.
 * @param[out] err Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK None so far. The part that was not read yet may still be wrong.
 * @retval KUBE_ERR_PARSE, KUBE_ERR_LIMIT, KUBE_ERR_INVALID_STATE As kube_json_reader_finish() has them.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_json_reader_status(const kube_json_reader *r, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Fails the reader for a reason only the caller knows: "a version must not be empty".
 * @param[in,out] r       The reader; a failure it already has stays. The place reported is that of the last token.
 * @param[in]     problem What is wrong; kept by reference, so a literal.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_json_reader_fail(kube_json_reader *r, const char *problem);

/**
 * @brief Where the last token or skipped value begins; after a failure, where that is.
 * @param[in] r The reader.
 * @return Bytes from the beginning of the document.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API size_t kube_json_reader_offset(const kube_json_reader *r);
/** @} */

/** @name Objects and arrays
 * @{ */

/**
 * @brief Enters the object that stands next; null is entered as an object without keys.
 * @param[in,out] r The reader.
 * @return false when something else stands there, or the reader has failed; the loop over the keys then ends at once.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API bool kube_json_reader_enter_object(kube_json_reader *r);

/**
 * @brief Goes on to the next key of the object that was entered, past a value nobody read.
 * @param[in,out] r   The reader. Afterwards the key's value stands next.
 * @param[out]    key Receives the key; empty when there is none.
 * @return false after the last one (the object is left), and after a failure.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API bool kube_json_reader_next_key(kube_json_reader *r, kube_json_string *key);

/**
 * @brief Enters the array that stands next; null is entered as an array without elements.
 * @param[in,out] r The reader.
 * @return false when something else stands there, or the reader has failed; the loop over the elements then ends at
 *         once.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API bool kube_json_reader_enter_array(kube_json_reader *r);

/**
 * @brief Goes on to the next element of the array that was entered, past an element nobody read.
 * @param[in,out] r The reader. Afterwards the element stands next.
 * @return false after the last one (the array is left), and after a failure.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API bool kube_json_reader_next_element(kube_json_reader *r);

/**
 * @brief Passes over the rest of the innermost object or array that is open: for a loop that has found what it wanted.
 *
 * Not after a loop that ran to its end, which has left the object or array already.
 * @param[in,out] r The reader. Afterwards it stands behind that object or array.
 * @return false after a failure.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API bool kube_json_reader_leave(kube_json_reader *r);
/** @} */

/** @name Values
 * Each reads the value that stands next: the document itself, or the one after kube_json_reader_next_key() or
 * kube_json_reader_next_element(). Unlike elsewhere in libkube, what they fill in is set on failure too, to the empty
 * value, so that it can be used before the one check at the end.
 * @{ */

/**
 * @brief The kind of the value that stands next, judged by its first byte; nothing is read.
 * @param[in] r The reader.
 * @return A kind of value (an object or array shows as its BEGIN); KUBE_JSON_TOKEN_ERROR where no value can begin, and
 *         after a failure.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_json_token kube_json_reader_peek(const kube_json_reader *r);

/**
 * @brief Reads a string; null is "".
 * @param[in,out] r   The reader.
 * @param[out]    out Receives it, as a slice of the document; empty on failure.
 * @return false when something else stands there (KUBE_ERR_PARSE) or the reader has failed.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API bool kube_json_reader_read_string(kube_json_reader *r, kube_json_string *out);

/**
 * @brief Reads an integer; null is 0. As in Go, 1.0 and 1e2 are not integers.
 * @param[in,out] r   The reader.
 * @param[out]    out Receives it; 0 on failure.
 * @return false when something else stands there (KUBE_ERR_PARSE), it does not fit (KUBE_ERR_LIMIT), or the reader has
 *         failed.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API bool kube_json_reader_read_int64(kube_json_reader *r, int64_t *out);

/**
 * @brief Reads any number as the nearest double, as strtod() in the C locale whatever the process's locale; null is 0.
 *
 * What is too small becomes a subnormal or zero.
 * @param[in,out] r   The reader.
 * @param[out]    out Receives it; 0 on failure.
 * @return false when something else stands there (KUBE_ERR_PARSE), the number is too large for a double or longer than
 *         1023 bytes (KUBE_ERR_LIMIT), or the reader has failed.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API bool kube_json_reader_read_double(kube_json_reader *r, double *out);

/**
 * @brief Reads true or false; null is false.
 * @param[in,out] r   The reader.
 * @param[out]    out Receives it; false on failure.
 * @return false when something else stands there (KUBE_ERR_PARSE) or the reader has failed.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API bool kube_json_reader_read_bool(kube_json_reader *r, bool *out);

/**
 * @brief Reads null if it stands there, and nothing otherwise.
 * @param[in,out] r The reader.
 * @return true when null was read. Otherwise the value still stands next.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API bool kube_json_reader_read_null(kube_json_reader *r);

/**
 * @brief Reads any value, checked, as the bytes it has in the document: for keeping an object as it came.
 * @param[in,out] r   The reader.
 * @param[out]    out Receives the bytes, without white space around them, as a slice of the document; empty on failure.
 * @return false after a failure.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API bool kube_json_reader_read_raw(kube_json_reader *r, kube_str *out);

/**
 * @brief Passes over any value, checking it. kube_json_reader_raw() then gives its bytes.
 * @param[in,out] r The reader.
 * @return false after a failure.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API bool kube_json_reader_skip(kube_json_reader *r);
/** @} */

/** @name Token by token
 * For documents without a known shape. It mixes freely with the functions above.
 * @{ */

/**
 * @brief Reads one token.
 * @param[in,out] r The reader.
 * @return The token. After the document KUBE_JSON_TOKEN_END, again and again; after a failure KUBE_JSON_TOKEN_ERROR.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_json_token kube_json_reader_next(kube_json_reader *r);

/**
 * @brief The bytes of the last token (a string or key with its quotes), or of the value that was just skipped.
 * @param[in] r The reader.
 * @return A slice of the document; empty before the first token, at the end and after a failure.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_str kube_json_reader_raw(const kube_json_reader *r);

/**
 * @brief The key or string that the last token is.
 * @param[in] r The reader.
 * @return The string; empty when the last token is neither.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_json_string kube_json_reader_string(const kube_json_reader *r);

/**
 * @brief How many objects and arrays are open.
 * @param[in] r The reader.
 * @return The depth: 0 before and after the document's value.
 * @threadsafety One thread at a time. @blocking Never.
 * @since 0.1
 */
KUBE_API size_t kube_json_reader_depth(const kube_json_reader *r);
/** @} */

KUBE_END_DECLS

#endif
