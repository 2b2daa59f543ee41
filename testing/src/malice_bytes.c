#include "malice.h"

#include <stdio.h>
#include <string.h>

#define AGGREGATED "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
#define RESOURCE(name)                                                                                                 \
    "{\"resource\":\"" name "\",\"responseKind\":{\"group\":\"\",\"version\":\"\",\"kind\":\"K\"},"                    \
    "\"scope\":\"Namespaced\",\"verbs\":[\"get\",\"list\"]}"
#define GROUP(name, version, resources)                                                                                \
    "{\"metadata\":{\"name\":\"" name "\"},\"versions\":[{\"version\":\"" version "\",\"freshness\":\"Current\","      \
    "\"resources\":[" resources "]}]}"
#define DOCUMENT(items)                                                                                                \
    "{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":\"apidiscovery.k8s.io/v2\",\"items\":[" items "]}"

enum { MANY_RESOURCES = 1000000, MANY_GROUPS = 100000, LONG_BYTES = 4 << 20, DEEP = 1000000, FLOOD = 20000 };

static void repeat(kube_buf *out, char c, size_t times)
{
    for (size_t i = 0; i < times; i++)
        kube_buf_append_char(out, c);
}

static void append_head(kube_buf *out, const char *status, const char *lines)
{
    kube_buf_append_f(out, "HTTP/1.1 %s\r\n%s\r\n", status, lines);
}

/* A whole answer around a body that is appended next, and ends with the connection. */
static void begin_json(kube_buf *out)
{
    append_head(out, "200 OK", "Content-Type: " AGGREGATED "\r\nConnection: close\r\n");
}

static void append_json(kube_buf *out, const char *body)
{
    begin_json(out);
    kube_buf_append_c(out, body);
}

/* ---- HTTP ---- */

void kube__malice_header_flood(kube_buf *out)
{
    kube_buf_append_c(out, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < FLOOD; i++)
        kube_buf_append_f(out, "X-Header-%d: %d\r\n", i, i);
    kube_buf_append_c(out, "Content-Length: 2\r\n\r\n{}");
}

void kube__malice_long_header(kube_buf *out)
{
    kube_buf_append_c(out, "HTTP/1.1 200 OK\r\nX: ");
    repeat(out, 'x', LONG_BYTES);
    kube_buf_append_c(out, "\r\nContent-Length: 2\r\n\r\n{}");
}

void kube__malice_interim_flood(kube_buf *out)
{
    for (int i = 0; i < FLOOD; i++)
        kube_buf_append_c(out, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
    append_json(out, "{}");
}

void kube__malice_chunk_nonsense(kube_buf *out)
{
    append_head(out, "200 OK", "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n");
    kube_buf_append_c(out, "zz\r\n{}\r\n-1\r\n\r\n");
}

void kube__malice_chunk_huge(kube_buf *out)
{
    append_head(out, "200 OK", "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n");
    kube_buf_append_c(out, "ffffffffffffffffff\r\n{}");
}

void kube__malice_two_lengths(kube_buf *out)
{
    append_head(out, "200 OK", "Content-Type: application/json\r\nContent-Length: 2\r\nContent-Length: 2000000000\r\n");
    kube_buf_append_c(out, "{}");
}

void kube__malice_negative_length(kube_buf *out)
{
    append_head(out, "200 OK", "Content-Type: application/json\r\nContent-Length: -9223372036854775808\r\n");
    kube_buf_append_c(out, "{}");
}

void kube__malice_damaged_gzip(kube_buf *out)
{
    append_head(out, "200 OK", "Content-Type: application/json\r\nContent-Encoding: gzip\r\nConnection: close\r\n");
    kube_buf_append(out, kube_str_n("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xde\xad\xbe\xef", 14));
}

void kube__malice_redirect_elsewhere(kube_buf *out)
{
    append_head(out, "302 Found", "Location: http://127.0.0.1:9/steal?token=\r\nContent-Length: 0\r\n");
}

void kube__malice_redirect_loop(kube_buf *out)
{
    append_head(out, "307 Temporary Redirect", "Location: ?again\r\nContent-Length: 0\r\n");
}

void kube__malice_redirect_script(kube_buf *out)
{
    append_head(out, "301 Moved Permanently", "Location: file:///etc/passwd\r\nContent-Length: 0\r\n");
}

void kube__malice_no_http(kube_buf *out)
{
    for (int i = 0; i < FLOOD; i++)
        kube_buf_append(out, kube_str_n("\x00\xff\x1b[2J\x07SSH-2.0\n", 15));
}

void kube__malice_odd_status(kube_buf *out)
{
    append_head(out, "999 \x1b]0;owned\x07", "Content-Length: 0\r\n");
}

void kube__malice_unasked_304(kube_buf *out)
{
    append_head(out, "304 Not Modified", "ETag: \"\x1b[31m\"\r\n");
}

void kube__malice_upgrade(kube_buf *out)
{
    append_head(out, "101 Switching Protocols", "Upgrade: websocket\r\nConnection: Upgrade\r\n");
    repeat(out, '\xff', FLOOD);
}

void kube__malice_empty(kube_buf *out)
{
    append_head(out, "200 OK", "Content-Type: application/json\r\nContent-Length: 0\r\n");
}

/* ---- documents ---- */

void kube__malice_deep_nesting(kube_buf *out)
{
    append_json(out, "{\"items\":");
    repeat(out, '[', DEEP);
}

void kube__malice_escapes_in_status(kube_buf *out)
{
    append_head(out, "403 Forbidden", "Content-Type: application/json\r\nConnection: close\r\n");
    kube_buf_append_c(
        out, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"message\":\"\\u001b]0;owned\\u0007"
             "\\u001b[2J\\rroot# \\n\\u009b31m\",\"reason\":\"\\u001b[31mForbidden\",\"code\":403}");
}

void kube__malice_escapes_in_names(kube_buf *out)
{
    append_json(out,
                DOCUMENT(GROUP("a.io", "v1", RESOURCE("\\u001b[2Jpods") "," RESOURCE("good")) "," GROUP(
                    "\\u001b]0;owned\\u0007", "v1", RESOURCE("x")) "," GROUP("b.io", "v1\\r\\nX: y", RESOURCE("z"))));
}

void kube__malice_duplicate_groups(kube_buf *out)
{
    append_json(out,
                DOCUMENT(GROUP("a.io", "v1", RESOURCE("things")) "," GROUP("a.io", "v1", RESOURCE("others")) "," GROUP(
                    "a.io", "v2", RESOURCE("things")) "," GROUP("a.io", "v2", "")));
}

void kube__malice_duplicate_keys(kube_buf *out)
{
    append_json(
        out,
        "{\"items\":[],\"items\":[{\"metadata\":{\"name\":\"a.io\"},\"metadata\":null,\"versions\":[],\"versions\":7}],"
        "\"kind\":\"APIGroupDiscoveryList\",\"kind\":\"Status\"}");
}

void kube__malice_many_resources(kube_buf *out)
{
    append_json(out, "{\"items\":[{\"metadata\":{\"name\":\"a.io\"},\"versions\":[{\"version\":\"v1\",\"resources\":[");
    for (int i = 0; i < MANY_RESOURCES; i++)
        kube_buf_append_f(out, "%s{\"resource\":\"r%d\"}", i > 0 ? "," : "", i);
    kube_buf_append_c(out, "]}]}]}");
}

void kube__malice_many_groups(kube_buf *out)
{
    append_json(out, "{\"items\":[");
    for (int i = 0; i < MANY_GROUPS; i++)
        kube_buf_append_f(out, "%s{\"metadata\":{\"name\":\"g%d\"},\"versions\":[{\"version\":\"v1\"}]}",
                          i > 0 ? "," : "", i);
    kube_buf_append_c(out, "]}");
}

void kube__malice_long_names(kube_buf *out)
{
    append_json(out, "{\"items\":[{\"metadata\":{\"name\":\"");
    repeat(out, 'a', LONG_BYTES);
    kube_buf_append_c(out, "\"},\"versions\":[{\"version\":\"v1\",\"resources\":[" RESOURCE("x") "]}]}]}");
}

void kube__malice_nul_in_names(kube_buf *out)
{
    append_json(out, DOCUMENT(GROUP("a\\u0000.io", "v1", RESOURCE("p\\u0000ds")) "," GROUP("b.io", "v1",
                                                                                           RESOURCE("x\\u0000"))));
}

void kube__malice_not_utf8(kube_buf *out)
{
    append_json(out, DOCUMENT(GROUP("a\xff.io", "v1", RESOURCE("p\xc0\x80" "ds"))));
}

void kube__malice_path_names(kube_buf *out)
{
    append_json(
        out, DOCUMENT(GROUP("../../../../tmp", "v1", RESOURCE("a")) "," GROUP("..", "..", RESOURCE("b")) "," GROUP(
                 "/etc", "passwd",
                 RESOURCE("c")) "," GROUP("a/b", "v1",
                                          RESOURCE("d")) "," GROUP(".", "v1", RESOURCE("e")) "," GROUP("~", "v1",
                                                                                                       RESOURCE("f"))));
}

void kube__malice_huge_numbers(kube_buf *out)
{
    append_head(out, "429 Too Many Requests",
                "Content-Type: application/json\r\nRetry-After: 99999999999999999999\r\n"
                "Connection: close\r\n");
    kube_buf_append_c(
        out, "{\"kind\":\"Status\",\"status\":\"Failure\",\"details\":{\"retryAfterSeconds\":1e999},\"code\":1e400}");
}
