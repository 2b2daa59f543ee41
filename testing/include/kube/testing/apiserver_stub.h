/**
 * @file
 * @brief An API server that answers discovery from a recording, and fails on request.
 * @ingroup testing
 *
 * A recording is a folder with `api.aggregated.json` and `apis.aggregated.json` (aggregated discovery as a real server
 * sent it), `version.json`, and, if it is there, `openapi-v3.json`. From it the server answers `/api`, `/apis`,
 * `/api/v1`, `/apis/<group>`, `/apis/<group>/<version>`, `/version`, `/openapi/v3` and `/readyz`, with the headers of
 * a real server; the legacy documents are derived from the aggregated ones as client-go reads them. Everything else is
 * not found. What it serves can be changed while it runs.
 *
 * @code
 * kube_testing_apiserver_options opts = KUBE_TESTING_APISERVER_OPTIONS_INIT;
 *
 * opts.recording = "tests/fixtures/kube-apiserver-1.37/bare";
 * st = kube_testing_apiserver_start(&opts, &server, &err);
 * if (st == KUBE_OK)
 *     st = kube_testing_apiserver_write_kubeconfig(server, "kubeconfig", &err);
 * if (st == KUBE_OK)
 *     st = kube_testing_apiserver_add_fault_text(server, "/apis status=503 times=2", NULL, &err);
 * @endcode
 */
#ifndef KUBE_TESTING_APISERVER_STUB_H
#define KUBE_TESTING_APISERVER_STUB_H

#include <kube/base/clock.h>
#include <kube/base/error.h>
#include <kube/base/export.h>
#include <kube/base/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

KUBE_BEGIN_DECLS

/**
 * @brief A running server: one thread that accepts, one for each connection.
 * @threadsafety Thread-safe, but for kube_testing_apiserver_stop().
 * @since 0.1
 */
typedef struct kube_testing_apiserver kube_testing_apiserver;

/** @brief Which documents `/api` and `/apis` have. Each form also has the legacy ones. @since 0.1 */
typedef enum kube_testing_form {
    KUBE_TESTING_FORM_V2      = 0, /**< Aggregated v2, as servers from 1.30 on.      */
    KUBE_TESTING_FORM_V2BETA1 = 1, /**< Aggregated v2beta1, as servers 1.26 to 1.29. */
    KUBE_TESTING_FORM_LEGACY  = 2  /**< Legacy only, as servers before 1.26.         */
} kube_testing_form;

/** @brief What is wrong with the server's certificate. @since 0.1 */
typedef enum kube_testing_certificate {
    KUBE_TESTING_CERTIFICATE_GOOD       = 0, /**< For localhost and 127.0.0.1. */
    KUBE_TESTING_CERTIFICATE_OTHER_HOST = 1, /**< For other-host.example.      */
    KUBE_TESTING_CERTIFICATE_EXPIRED    = 2  /**< Valid until an hour ago.     */
} kube_testing_certificate;

/** @brief One request as the server's log has it. @since 0.1 */
typedef struct kube_testing_record {
    size_t      struct_size;   /**< Set by KUBE_TESTING_RECORD_INIT.                       */
    uint64_t    body_bytes;    /**< Of the answer's body, as far as it was written.        */
    const char *method;        /**< "GET".                                                 */
    const char *target;        /**< Path and query.                                        */
    const char *accept;        /**< The header; "" when there was none. So the next three. */
    const char *if_none_match; /**< An entity tag with its quotes.                         */
    const char *user_agent;    /**< Who asked.                                             */
    unsigned    number;        /**< Which request of this server, from 1.                  */
    unsigned    connection;    /**< Which connection of this server, from 1.               */
    int         http_status;   /**< What was answered; 0: nothing was.                     */
    uint32_t    reserved;      /**< Zero.                                                  */
} kube_testing_record;

#ifdef __cplusplus
static inline kube_testing_record kube_testing_record_make(void)
{
    kube_testing_record o = kube_testing_record();
    o.struct_size = sizeof o;
    return o;
}
/** Initialises a kube_testing_record. */
#define KUBE_TESTING_RECORD_INIT kube_testing_record_make()
#else
/** Initialises a kube_testing_record. */
#define KUBE_TESTING_RECORD_INIT { .struct_size = sizeof(kube_testing_record) }
#endif

/**
 * @brief Told of each request, in the connection's thread, before the last byte of the answer is written: who has the
 *        answer finds it noted. Calls for two requests may overlap.
 * @since 0.1
 */
typedef void kube_testing_on_request(void *user, const kube_testing_record *record);

/** @brief Options of kube_testing_apiserver_start(). Zeroed members mean the defaults. @since 0.1 */
typedef struct kube_testing_apiserver_options {
    size_t                   struct_size; /**< Set by KUBE_TESTING_APISERVER_OPTIONS_INIT.                      */
    const char              *recording;   /**< A folder. Required.                                              */
    const char              *token;       /**< A bearer token that every request but /readyz needs. NULL: none. */
    const kube_clock        *clock;       /**< For the Date header; outlives the server. NULL: the system's.    */
    kube_testing_on_request *on_request;  /**< NULL: nobody.                                                    */
    void                    *user;        /**< Handed to it.                                                    */
    kube_testing_form        form;        /**< Which documents there are.                                       */
    kube_testing_certificate certificate; /**< What is wrong with the certificate.                              */
    uint16_t                 port;        /**< On 127.0.0.1. 0: any.                                            */
    bool                     plain_http;  /**< Without TLS.                                                     */
    uint8_t                  reserved[5]; /**< Zero.                                                            */
} kube_testing_apiserver_options;

#ifdef __cplusplus
static inline kube_testing_apiserver_options kube_testing_apiserver_options_make(void)
{
    kube_testing_apiserver_options o = kube_testing_apiserver_options();
    o.struct_size = sizeof o;
    return o;
}
/** Initialises a kube_testing_apiserver_options. */
#define KUBE_TESTING_APISERVER_OPTIONS_INIT kube_testing_apiserver_options_make()
#else
/** Initialises a kube_testing_apiserver_options. */
#define KUBE_TESTING_APISERVER_OPTIONS_INIT { .struct_size = sizeof(kube_testing_apiserver_options) }
#endif

/** @name The server
 * @{ */

/**
 * @brief Starts a server on 127.0.0.1. When it returns, connections are taken.
 * @param[in]  opts Options.
 * @param[out] out  Receives it.
 * @param[out] err  Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK                It runs.
 * @retval KUBE_ERR_INVALID_ARG   There is no recording, the token is no header text, or the options were not
 *                                initialised.
 * @retval KUBE_ERR_NOT_FOUND     A file of the recording is missing.
 * @retval KUBE_ERR_PARSE         A file of the recording is not what its name promises.
 * @retval KUBE_ERR_IO            A file cannot be read, the port is taken, or there are no descriptors or threads.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @ownership    `*out` is the caller's; end it with kube_testing_apiserver_stop().
 * @threadsafety Any thread. @blocking For reading files.
 * @since 0.1
 */
KUBE_API kube_status kube_testing_apiserver_start(const kube_testing_apiserver_options *opts,
                                                  kube_testing_apiserver **out, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Ends the server at once, whatever its faults are doing, and frees it.
 * @param[in] server NULL is accepted.
 * @threadsafety Once; not in a callback. @blocking Until the threads have seen it.
 * @since 0.1
 */
KUBE_API void kube_testing_apiserver_stop(kube_testing_apiserver *server);

/**
 * @brief Its base URL.
 * @param[in] server The server.
 * @return "https://127.0.0.1:40123", or the same with http.
 * @ownership    Lives as long as @p server.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_testing_apiserver_url(const kube_testing_apiserver *server);

/**
 * @brief The authority that signed its certificate.
 * @param[in] server The server.
 * @return PEM, NUL-terminated; NULL for a server without TLS.
 * @ownership    Lives as long as @p server.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_testing_apiserver_ca_pem(const kube_testing_apiserver *server);

/**
 * @brief Writes a kubeconfig for the server, authority and token inline, readable by its owner only.
 *
 * A file of that name is replaced in one step: who waits for it never reads a part.
 * @param[in]  server The server.
 * @param[in]  path   The file.
 * @param[out] err    Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK                Written.
 * @retval KUBE_ERR_IO            The file cannot be written.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @threadsafety Any thread. @blocking For writing the file.
 * @since 0.1
 */
KUBE_API kube_status kube_testing_apiserver_write_kubeconfig(kube_testing_apiserver *server, const char *path,
                                                             kube_error **err) KUBE_MUST_CHECK;
/** @} */

/** @name What it serves
 * Changes hold for every request that is read afterwards. Entity tags follow the content.
 * @{ */

/**
 * @brief Serves another recording; what was changed in the old one is gone with it.
 * @param[in]  server    The server.
 * @param[in]  recording The folder.
 * @param[out] err       Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK            It is served.
 * @retval KUBE_ERR_NOT_FOUND, KUBE_ERR_PARSE, KUBE_ERR_IO As kube_testing_apiserver_start() has them; the old one is
 *                            still served.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @threadsafety Any thread. @blocking For reading files.
 * @since 0.1
 */
KUBE_API kube_status kube_testing_apiserver_set_recording(kube_testing_apiserver *server, const char *recording,
                                                          kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Serves another form: a server that is upgraded, or downgraded.
 * @param[in]  server The server.
 * @param[in]  form   The form.
 * @param[out] err    Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK                It is served.
 * @retval KUBE_ERR_INVALID_ARG   There is no such form.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_testing_apiserver_set_form(kube_testing_apiserver *server, kube_testing_form form,
                                                     kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Marks a group-version as stale (its backend is down: its own path answers 503), or as current again.
 * @param[in]  server        The server.
 * @param[in]  group_version "apps/v1", or "v1" for the core group.
 * @param[in]  stale         Which of the two.
 * @param[out] err           Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK                Marked.
 * @retval KUBE_ERR_NOT_FOUND     The server has no such group-version.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_testing_apiserver_set_stale(kube_testing_apiserver *server, const char *group_version,
                                                      bool stale, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Adds what one item of an aggregated document says, as installing a custom resource does.
 *
 * A new group comes last; a new version comes behind those its group has, and one that was there is replaced.
 * @code{.json}
 * {"metadata":{"name":"stable.example.com"},"versions":[{"version":"v1","resources":[{"resource":"crontabs",
 *  "responseKind":{"group":"stable.example.com","version":"v1","kind":"CronTab"},"scope":"Namespaced",
 *  "singularResource":"crontab","verbs":["get","list"]}]}]}
 * @endcode
 * @param[in]  server The server.
 * @param[in]  item   The JSON text.
 * @param[out] err    Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK                Added.
 * @retval KUBE_ERR_PARSE         It is no such item. Nothing was changed.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_testing_apiserver_add_group(kube_testing_apiserver *server, const char *item,
                                                      kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Takes a group-version away, and with its last version the group.
 * @param[in]  server        The server.
 * @param[in]  group_version "stable.example.com/v1".
 * @param[out] err           Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK                It is gone.
 * @retval KUBE_ERR_NOT_FOUND     The server has no such group-version.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_testing_apiserver_remove_group_version(kube_testing_apiserver *server,
                                                                 const char *group_version,
                                                                 kube_error **err) KUBE_MUST_CHECK;
/** @} */

/** @name What it was asked
 * @{ */

/**
 * @brief How many requests the log has. It grows until it is reset.
 * @param[in] server The server.
 * @return The number.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API size_t kube_testing_apiserver_request_count(kube_testing_apiserver *server);

/**
 * @brief How many of them asked for a path.
 * @param[in] server The server.
 * @param[in] path   The path, without a query; queries do not count.
 * @return The number.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API size_t kube_testing_apiserver_request_count_of(kube_testing_apiserver *server, const char *path);

/**
 * @brief One request. Who has received an answer finds its status and size here.
 * @param[in]  server The server.
 * @param[in]  i      Less than kube_testing_apiserver_request_count().
 * @param[out] out    Receives it; initialised with KUBE_TESTING_RECORD_INIT.
 * @return false when @p i is out of range or @p out was not initialised.
 * @ownership    The texts live until the log is reset or the server stopped.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API bool kube_testing_apiserver_request_at(kube_testing_apiserver *server, size_t i, kube_testing_record *out);

/**
 * @brief Empties the log. Requests that are being answered are gone from it too.
 * @param[in] server The server.
 * @threadsafety Any thread, when nobody uses texts of the log. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_testing_apiserver_reset_log(kube_testing_apiserver *server);

/**
 * @brief How many connections were accepted so far.
 * @param[in] server The server.
 * @return The number.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API unsigned kube_testing_apiserver_connection_count(kube_testing_apiserver *server);

/**
 * @brief One line of JSON for a request, as kube-apiserver-stub writes it.
 * @param[in]  record The request.
 * @param[out] out    Receives the line, NUL-terminated, with a line feed; cut where it is too long.
 * @param[in]  size   Bytes of @p out.
 * @return How many bytes the whole line has.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API size_t kube_testing_record_format(const kube_testing_record *record, char *out, size_t size);
/** @} */

/** @name Faults
 * @{ */

/** @brief How an answer ends that is not written to its end. @since 0.1 */
typedef enum kube_testing_ending {
    KUBE_TESTING_ENDING_WHOLE = 0, /**< It is written to its end. */
    KUBE_TESTING_ENDING_CLOSE = 1, /**< The connection is closed. */
    KUBE_TESTING_ENDING_RESET = 2, /**< The connection is reset.  */
    KUBE_TESTING_ENDING_STALL = 3  /**< Nothing more comes.       */
} kube_testing_ending;

/** @brief Where the body of an answer comes from. @since 0.1 */
typedef enum kube_testing_body {
    KUBE_TESTING_BODY_OWN       = 0, /**< What the server would answer; a Status object when the fault has a status. */
    KUBE_TESTING_BODY_GIVEN     = 1, /**< The fault's bytes.                                                         */
    KUBE_TESTING_BODY_ENDLESS   = 2, /**< Blanks without end, in chunks.                                             */
    KUBE_TESTING_BODY_GZIP_BOMB = 3, /**< 4 MiB of gzip that are 4 GiB of zeros.                                     */
    KUBE_TESTING_BODY_RAW       = 4, /**< The fault's bytes are the whole answer, from its status line on; then the
                                          connection is closed.                                                      */
    KUBE_TESTING_BODY_ENDLESS_HEADERS = 5 /**< One header after the other, without end.                              */
} kube_testing_body;

/**
 * @brief Something that goes wrong. Members that are zero change nothing; the others combine.
 *
 * Of the faults that match a request the oldest acts. Each counts the requests it matched, also those it let pass.
 * @since 0.1
 */
typedef struct kube_testing_fault {
    size_t              struct_size;   /**< Set by KUBE_TESTING_FAULT_INIT.                                           */
    const char         *path;          /**< Requests whose path begins so; copied. `$` behind it: only it. NULL: any. */
    const void         *bytes;         /**< KUBE_TESTING_BODY_GIVEN: the body; copied.                                */
    size_t              bytes_len;     /**< Its length.                                                               */
    const char         *content_type;  /**< In place of the right one; copied. "": no header. NULL: unchanged.        */
    uint64_t            ending_bytes;  /**< After how many bytes of the answer, head included.                        */
    int64_t             length_offset; /**< Added to the true Content-Length; then the connection is closed.          */
    uint32_t            skip;          /**< So many matching requests pass first.                                     */
    uint32_t            times;         /**< So many are hit, then the fault is over. 0: all.                          */
    uint32_t            delay_ms;      /**< Before the first byte.                                                    */
    uint32_t            slow_bytes;    /**< So many bytes, then a pause, again and again. 0: at once.                 */
    uint32_t            slow_pause_ms; /**< The pause.                                                                */
    uint32_t            retry_after_s; /**< A Retry-After header. 0: none.                                            */
    int                 http_status;   /**< In place of the right one. 0: unchanged.                                  */
    kube_testing_body   body;          /**< Where the body comes from.                                                */
    kube_testing_ending ending;        /**< How the answer ends.                                                      */
    bool                no_handshake;  /**< It hits connections in place of requests: no byte ever comes. Only skip
                                            and times count besides.                                                  */
    uint8_t             reserved[3];   /**< Zero.                                                                     */
} kube_testing_fault;

#ifdef __cplusplus
static inline kube_testing_fault kube_testing_fault_make(void)
{
    kube_testing_fault o = kube_testing_fault();
    o.struct_size = sizeof o;
    return o;
}
/** Initialises a kube_testing_fault. */
#define KUBE_TESTING_FAULT_INIT kube_testing_fault_make()
#else
/** Initialises a kube_testing_fault. */
#define KUBE_TESTING_FAULT_INIT { .struct_size = sizeof(kube_testing_fault) }
#endif

/**
 * @brief Adds a fault.
 * @param[in]  server The server.
 * @param[in]  fault  What goes wrong.
 * @param[out] id     Receives its number, for removing it; may be NULL.
 * @param[out] err    Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK                It holds for the next request.
 * @retval KUBE_ERR_INVALID_ARG   A value is out of range, or the fault was not initialised.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_testing_apiserver_add_fault(kube_testing_apiserver *server, const kube_testing_fault *fault,
                                                      unsigned *id, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Adds a fault that is written as text: a path, and words behind it.
 *
 * | word | |
 * |---|---|
 * | `status=503` | the code; the body is a Status object, unless there is another |
 * | `retry-after=1` | seconds |
 * | `body=TEXT`, `body=@FILE`, `type=text/html` | a body in place of the right one, and a Content-Type; `type=`: none |
 * | `length=+10`, `length=-10` | a wrong Content-Length |
 * | `delay=100` | milliseconds before the first byte |
 * | `slow=100/10` | 100 bytes, 10 milliseconds, and so on |
 * | `close-after=N`, `reset-after=N`, `stall-after=N` | after N bytes of the answer; 0: before any |
 * | `raw=@FILE` | a whole answer, from its status line on, in place of the right one |
 * | `endless`, `endless-headers`, `gzip-bomb` | a body, or headers, without end; a small one that becomes large |
 * | `no-handshake` | connections on which nothing ever comes |
 * | `skip=1`, `times=2` | let one pass, hit two |
 *
 * `/apis status=503 retry-after=1 times=2`; `/apis$ body=@page.html type=text/html`; `/ delay=100`. A path that is
 * forbidden is `/apis/apps status=403`: the answer is the one that somebody without rights gets.
 * @param[in]  server The server.
 * @param[in]  text   The fault.
 * @param[out] id     Receives its number, for removing it; may be NULL.
 * @param[out] err    Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK                It holds for the next request.
 * @retval KUBE_ERR_INVALID_ARG   A word is unknown, or its value is out of range.
 * @retval KUBE_ERR_NOT_FOUND, KUBE_ERR_IO The file cannot be read.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @threadsafety Any thread. @blocking For reading the file.
 * @since 0.1
 */
KUBE_API kube_status kube_testing_apiserver_add_fault_text(kube_testing_apiserver *server, const char *text,
                                                           unsigned *id, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief Removes a fault. An answer that it is spoiling goes on as it began.
 * @param[in] server The server.
 * @param[in] id     Its number; 0: all of them. One that is not there is fine.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API void kube_testing_apiserver_remove_fault(kube_testing_apiserver *server, unsigned id);
/** @} */

/** @name Malice
 *
 * A catalogue of what a server may do to harm whoever asks it: floods, answers that do not end, nonsense in place of
 * HTTP or of JSON, names that would paint a terminal. Run your own program against each of them.
 * @{ */

/**
 * @brief How many kinds of malice there are.
 * @return The number.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API size_t kube_testing_malice_count(void);

/**
 * @brief The name of a kind of malice, as in "endless-headers".
 * @param[in] i Which one, from 0.
 * @return The name; NULL when there are not so many.
 * @ownership    Static.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API const char *kube_testing_malice_name(size_t i);

/**
 * @brief Lets a server be malicious in this way, whatever it is asked. As a fault it is removed by its number.
 * @param[in]  server The server.
 * @param[in]  name   Which kind.
 * @param[out] id     Receives its number, for removing it; may be NULL.
 * @param[out] err    Receives the explanation of a failure; may be NULL.
 * @retval KUBE_OK                It holds for the next request.
 * @retval KUBE_ERR_NOT_FOUND     There is no such kind.
 * @retval KUBE_ERR_OUT_OF_MEMORY An allocation failed.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_testing_apiserver_add_malice(kube_testing_apiserver *server, const char *name, unsigned *id,
                                                       kube_error **err) KUBE_MUST_CHECK;
/** @} */

KUBE_END_DECLS

#endif
