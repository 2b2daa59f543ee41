#include "apiserver.h"

#include "answer.h"
#include "send.h"
#include "shared/alloc.h"
#include "shared/options.h"

#include <kube/sys/error.h>

#include <stdio.h>
#include <strings.h>
#include <time.h>

enum { DATE_BYTES = 64, SPEC_BYTES = 64 * 1024, FILE_BYTES = 256 << 20 };

/* As HTTP wants it; strftime() would ask the locale for the names. */
static void format_date(const kube_clock *clock, char date[DATE_BYTES])
{
    static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    time_t now = (time_t)(clock->unix_ms(clock->state) / 1000);
    struct tm tm;

    gmtime_r(&now, &tm); /* no number of milliseconds is beyond its years */
    snprintf(date, DATE_BYTES, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
             tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static bool wants_to_close(const kube_testing_request *request)
{
    char value[32];

    return kube_testing_request_header(request, "Connection", value, sizeof value) && strcasecmp(value, "close") == 0;
}

static void handle(void *user, kube_testing_connection *connection, const kube_testing_request *request)
{
    kube_testing_apiserver *server = user;
    kube__sending s = { .connection = connection,
                        .log = &server->log,
                        .on_request = server->on_request,
                        .user = server->user,
                        .body_less = strcmp(request->method, "HEAD") == 0 };
    char *path = kube__strndup(kube_str_n(request->target, strcspn(request->target, "?")));
    kube__answer answer = { .status = 0 };
    kube__fault *fault = NULL;
    char date[DATE_BYTES];
    kube_status st = path != NULL ? KUBE_OK : KUBE_ERR_OUT_OF_MEMORY;

    format_date(server->clock, date);
    s.date = date;
    s.entry = kube__request_log_add(&server->log, request);
    if (st == KUBE_OK) {
        pthread_mutex_lock(&server->lock);
        st = kube__answer_request(server->content, server->token, request, path, &answer);
        pthread_mutex_unlock(&server->lock);
        s.fault = fault = kube__faults_take(&server->faults, path);
    }
    if (st == KUBE_OK)
        kube__send(&s, &answer, path); /* else nothing is written, and the connection closed */
    if (wants_to_close(request))
        kube_testing_connection_close(connection);
    kube__faults_release(&server->faults, fault);
    kube__request_log_release(&server->log, s.entry);
    kube__answer_clear(&answer);
    kube__free(path);
}

static bool admit(void *user, unsigned connection)
{
    kube_testing_apiserver *server = user;
    kube__fault *fault = kube__faults_take(&server->faults, NULL);
    bool admitted = fault == NULL;

    (void)connection;
    kube__faults_release(&server->faults, fault);
    return admitted;
}

static kube_status make_certificates(kube_testing_apiserver *server, kube_testing_certificate kind, kube_error **err)
{
    kube_testing_cert_options ca = KUBE_TESTING_CERT_OPTIONS_INIT, cert = KUBE_TESTING_CERT_OPTIONS_INIT;
    kube_status st;

    ca.common_name = "kube-apiserver-stub CA";
    ca.authority = true;
    cert.common_name = "kube-apiserver-stub";
    cert.alt_names =
        kind == KUBE_TESTING_CERTIFICATE_OTHER_HOST ? "DNS:other-host.example" : "DNS:localhost,IP:127.0.0.1";
    cert.expired = kind == KUBE_TESTING_CERTIFICATE_EXPIRED;
    st = kube_testing_cert_new(&ca, NULL, &server->ca, err);
    if (st == KUBE_OK)
        st = kube_testing_cert_new(&cert, server->ca, &server->cert, err);
    return st;
}

/* A token goes into a header, and into a kubeconfig in quotes. */
static bool is_token(const char *token)
{
    bool ok = token[0] != '\0';

    for (const char *p = token; ok && *p != '\0'; p++)
        ok = *p > ' ' && *p < 0x7f && *p != '"' && *p != '\\';
    return ok;
}

static kube_status check(const kube_testing_apiserver_options *o, kube_error **err)
{
    const char *problem = NULL;

    if (o->recording == NULL)
        problem = "a recording is needed";
    else if (o->token != NULL && !is_token(o->token))
        problem = "the token is not printable ASCII without blanks, quotes and backslashes";
    else if (o->form < KUBE_TESTING_FORM_V2 || o->form > KUBE_TESTING_FORM_LEGACY)
        problem = "there is no such form";
    else if (o->certificate < KUBE_TESTING_CERTIFICATE_GOOD || o->certificate > KUBE_TESTING_CERTIFICATE_EXPIRED)
        problem = "there is no such certificate";
    return problem == NULL ? KUBE_OK
                           : kube_error_set(err, KUBE_ERR_INVALID_ARG, "starting an API server stub: %s", problem);
}

/* The port is known only now, and a document names it: requests that are already there wait for the content. */
static kube_status listen_and_load(kube_testing_apiserver *server, const kube_testing_apiserver_options *o,
                                   kube_error **err)
{
    kube_testing_http_server_options http = KUBE_TESTING_HTTP_SERVER_OPTIONS_INIT;
    char address[KUBE__ADDRESS_BYTES];
    kube_status st;

    http.handler = handle;
    http.admission = admit;
    http.user = server;
    http.cert = server->cert;
    http.port = o->port;
    http.backlog = 1024;
    pthread_mutex_lock(&server->lock);
    st = kube_testing_http_server_start(&http, &server->http, err);
    if (st == KUBE_OK) {
        snprintf(address, sizeof address, "127.0.0.1:%u", (unsigned)kube_testing_http_server_port(server->http));
        snprintf(server->url, sizeof server->url, "%s://%s", o->plain_http ? "http" : "https", address);
        snprintf(server->content->address, sizeof server->content->address, "%s", address);
        st = kube__content_render(server->content, err);
    }
    pthread_mutex_unlock(&server->lock);
    return st;
}

kube_status kube_testing_apiserver_start(const kube_testing_apiserver_options *opts, kube_testing_apiserver **out,
                                         kube_error **err)
{
    kube_testing_apiserver *server = NULL;
    kube_testing_apiserver_options o;
    kube_status st = kube__options_import(&o, sizeof o, opts, sizeof o, "kube_testing_apiserver_options", err);

    if (st == KUBE_OK)
        st = check(&o, err);
    if (st == KUBE_OK && KUBE__NEW(server) == NULL)
        st = kube_error_no_memory(err);
    if (st != KUBE_OK)
        return st;
    pthread_mutex_init(&server->lock, NULL);
    kube__faults_init(&server->faults);
    kube__request_log_init(&server->log);
    server->clock = o.clock != NULL ? o.clock : kube_clock_system();
    server->on_request = o.on_request;
    server->user = o.user;
    if (o.token != NULL && (server->token = kube__strdup(o.token)) == NULL)
        st = kube_error_no_memory(err);
    if (st == KUBE_OK && !o.plain_http)
        st = make_certificates(server, o.certificate, err);
    if (st == KUBE_OK)
        st = kube__content_new(o.recording, o.form, "", &server->content, err);
    if (st == KUBE_OK)
        st = listen_and_load(server, &o, err);
    if (st == KUBE_OK) {
        *out = server;
        server = NULL;
    }
    kube_testing_apiserver_stop(server);
    return st;
}

void kube_testing_apiserver_stop(kube_testing_apiserver *server)
{
    if (server == NULL)
        return;
    kube_testing_http_server_stop(server->http);
    kube__content_free(server->content);
    kube__request_log_clear(&server->log);
    kube__faults_clear(&server->faults);
    pthread_mutex_destroy(&server->lock);
    kube_testing_cert_free(server->ca);
    kube_testing_cert_free(server->cert);
    kube__free(server->token);
    kube__free(server);
}

const char *kube_testing_apiserver_url(const kube_testing_apiserver *server)
{
    return server->url;
}

const char *kube_testing_apiserver_ca_pem(const kube_testing_apiserver *server)
{
    return server->ca != NULL ? kube_testing_cert_pem(server->ca) : NULL;
}

unsigned kube_testing_apiserver_connection_count(kube_testing_apiserver *server)
{
    return kube_testing_http_server_connection_count(server->http);
}

size_t kube_testing_apiserver_request_count(kube_testing_apiserver *server)
{
    return kube__request_log_count(&server->log, NULL);
}

size_t kube_testing_apiserver_request_count_of(kube_testing_apiserver *server, const char *path)
{
    return kube__request_log_count(&server->log, path);
}

bool kube_testing_apiserver_request_at(kube_testing_apiserver *server, size_t i, kube_testing_record *out)
{
    return kube__request_log_at(&server->log, i, out);
}

void kube_testing_apiserver_reset_log(kube_testing_apiserver *server)
{
    kube__request_log_reset(&server->log);
}

kube_status kube_testing_apiserver_add_fault(kube_testing_apiserver *server, const kube_testing_fault *fault,
                                             unsigned *id, kube_error **err)
{
    return kube__faults_add(&server->faults, fault, id, err);
}

kube_status kube_testing_apiserver_add_fault_text(kube_testing_apiserver *server, const char *text, unsigned *id,
                                                  kube_error **err)
{
    kube_testing_fault fault = KUBE_TESTING_FAULT_INIT;
    kube_buf words = KUBE_BUF_INIT(SPEC_BYTES), file = KUBE_BUF_INIT(FILE_BYTES);
    kube_status st;

    kube_buf_append_c(&words, text);
    kube_buf_append_char(&words, ' ');
    st = kube_buf_status(&words, err);
    if (st == KUBE_OK)
        st = kube__fault_read(words.data, &fault, &file, err);
    if (st == KUBE_OK)
        st = kube__faults_add(&server->faults, &fault, id, err);
    kube_buf_clear(&words);
    kube_buf_clear(&file);
    return st;
}

void kube_testing_apiserver_remove_fault(kube_testing_apiserver *server, unsigned id)
{
    kube__faults_remove(&server->faults, id);
}
