/* As much of an HTTP/2 server as shows what a client does with its connections: every request is answered with "ok", at
 * once or when the test says so. It looks at no path. */
#ifndef HTTP2_SERVER_H
#define HTTP2_SERVER_H

#include <stdbool.h>

typedef struct http2_server http2_server;

typedef struct http2_server_options {
    const char *cert_pem, *key_pem;
    unsigned    max_streams; /* on a connection, as it says. 0: 100 */
    bool        ipv6;        /* on ::1 instead of 127.0.0.1 */
} http2_server_options;

/* NULL: there is no such address. */
http2_server *http2_server_start(const http2_server_options *options);
void http2_server_stop(http2_server *server);
unsigned http2_server_port(const http2_server *server);

/* The next `count` requests are left without an answer. */
void http2_server_hold(http2_server *server, unsigned count);
/* Answers them. */
void http2_server_release(http2_server *server);
/* How many requests were read so far. */
unsigned http2_server_requests(http2_server *server);
/* How many connections were accepted so far. */
unsigned http2_server_connections(http2_server *server);
/* From now on connections are refused. */
void http2_server_stop_listening(http2_server *server);

#endif
