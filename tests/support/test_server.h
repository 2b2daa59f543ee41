/* An HTTP/1.1 server for tests, with or without TLS, a thread per connection. It writes the bytes it is told to, so
 * that it can misbehave in every way a real one would not. */
#ifndef TEST_SERVER_H
#define TEST_SERVER_H

#include "test_pki.h"

#include <stddef.h>
#include <stdint.h>

typedef struct test_server test_server;
typedef struct test_connection test_connection;

typedef struct test_request {
    char     method[16];
    char     target[4096];
    char     head[16384]; /* request line and headers, with their line ends */
    unsigned connection;  /* counts from 1 */
    unsigned number;      /* of all requests, from 1 */
} test_request;

/* Called in the connection's thread for each request. Nothing written: the connection is closed. */
typedef void test_handler(void *user, test_connection *connection, const test_request *request);

typedef struct test_server_options {
    test_handler    *handler;
    void            *user;
    const test_cert *cert;           /* NULL: no TLS */
    const test_cert *client_ca;      /* a client certificate is required and must be from it; NULL: not asked for */
    unsigned         accept_backlog; /* 0: 64 */
} test_server_options;

test_server *test_server_start(const test_server_options *options);
/* Closes every connection and waits for the threads. */
void test_server_stop(test_server *server);
uint16_t test_server_port(const test_server *server);
unsigned test_server_connections(test_server *server); /* accepted so far */
unsigned test_server_requests(test_server *server);    /* read so far     */

/* For handlers. */
void test_write(test_connection *connection, const void *data, size_t len);
void test_writef(test_connection *connection, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A whole answer with Content-Length; `headers` are lines that end with CRLF, or NULL. */
void test_reply(test_connection *connection, int status, const char *headers, const char *body);
void test_close(test_connection *connection); /* with close_notify */
void test_reset(test_connection *connection); /* RST */
/* Holds the handler until the server is stopped, or the time is over. */
void test_hold(test_connection *connection, unsigned ms);
/* The value of a header of the request in `value`; "" when absent. */
void test_request_header(const test_request *request, const char *name, char *value, size_t size);

#endif
