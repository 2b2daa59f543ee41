/* Making the live client. */
#include "live.h"
#include "media_type.h"
#include "shared/alloc.h"
#include "shared/options.h"

#include <kube/sys/error.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    DEFAULT_TIMEOUT_MS = 32 * 1000, /* client-go's */
    DEFAULT_MAX_IN_FLIGHT = 256,
    DEFAULT_SLICE_MS = 5,
    CLIENT_GO_ATTEMPTS = 2
};

static const uint64_t default_max_document_bytes = 16 << 20;

static const char *const accepts[] = {
    [KUBE_DISCOVERY_FORMATS_ALL] = KUBE__ACCEPT_V2 "," KUBE__ACCEPT_V2BETA1 "," KUBE__ACCEPT_JSON,
    [KUBE_DISCOVERY_FORMATS_CLIENT_GO] = KUBE__ACCEPT_V2 "," KUBE__ACCEPT_JSON,
    [KUBE_DISCOVERY_FORMATS_NO_PEER] = KUBE__ACCEPT_V2 ";profile=nopeer," KUBE__ACCEPT_V2 "," KUBE__ACCEPT_JSON,
    [KUBE_DISCOVERY_FORMATS_LEGACY] = KUBE__ACCEPT_JSON,
};

/* Whole and fractional seconds; the fraction without zeros at its end. */
static void format_seconds(int64_t ms, char *text, size_t size)
{
    int fraction = (int)(ms % 1000), digits = 3;

    if (fraction == 0) {
        snprintf(text, size, "%" PRId64 "s", ms / 1000);
        return;
    }
    while (fraction % 10 == 0) {
        fraction /= 10;
        digits--;
    }
    snprintf(text, size, "%" PRId64 ".%0*ds", ms / 1000, digits, fraction);
}

void kube__format_go_duration(int64_t ms, char text[KUBE__TIMEOUT_TEXT_BYTES])
{
    const int64_t minute = 60 * 1000, hour = 60 * minute;
    char seconds[KUBE__TIMEOUT_TEXT_BYTES / 2];

    if (ms < 1000) {
        snprintf(text, KUBE__TIMEOUT_TEXT_BYTES, "%" PRId64 "ms", ms);
        return;
    }
    format_seconds(ms % minute, seconds, sizeof seconds);
    if (ms < minute)
        snprintf(text, KUBE__TIMEOUT_TEXT_BYTES, "%s", seconds);
    else if (ms < hour)
        snprintf(text, KUBE__TIMEOUT_TEXT_BYTES, "%" PRId64 "m%s", ms / minute, seconds);
    else
        snprintf(text, KUBE__TIMEOUT_TEXT_BYTES, "%" PRId64 "h%" PRId64 "m%s", ms / hour, ms % hour / minute, seconds);
}

static void destroy(void *state)
{
    kube__live *live = state;

    kube_rest_client_unref(live->rest);
    kube__free(live);
}

static kube_status configure(kube__live *live, const kube_discovery_client_options *opts, kube_error **err)
{
    kube_discovery_client_options o;
    kube_status st = kube__options_import(&o, sizeof o, opts, sizeof o, "kube_discovery_client_options", err);

    if (st != KUBE_OK)
        return st;
    if ((unsigned)o.formats >= sizeof accepts / sizeof accepts[0])
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "formats has a value this release does not know");
    live->accept = accepts[o.formats];
    live->timeout_ms = o.request_timeout_ms != 0 ? o.request_timeout_ms : DEFAULT_TIMEOUT_MS;
    if (live->timeout_ms > 0)
        kube__format_go_duration(live->timeout_ms, live->timeout_text);
    live->max_document_bytes = o.max_document_bytes != 0 ? o.max_document_bytes : default_max_document_bytes;
    live->max_in_flight = o.max_in_flight != 0 ? o.max_in_flight : DEFAULT_MAX_IN_FLIGHT;
    live->slice_ns = (int64_t)(o.slice_ms != 0 ? o.slice_ms : DEFAULT_SLICE_MS) * 1000000;
    return KUBE_OK;
}

kube_status kube_discovery_client_new(kube_rest_client *rest, const kube_discovery_client_options *opts,
                                      kube_discovery **out, kube_error **err)
{
    static const kube_discovery_ops ops = {
        .struct_size = sizeof ops,
        .destroy = destroy,
        .fetch = kube__live_fetch,
        .server_version = kube__live_server_version,
        .max_attempts = CLIENT_GO_ATTEMPTS,
    };
    kube__live *live = NULL;
    kube_status st;

    if (rest == NULL)
        return kube_error_set(err, KUBE_ERR_INVALID_ARG, "a rest client is needed");
    if (KUBE__NEW(live) == NULL)
        return kube_error_no_memory(err);
    st = configure(live, opts, err);
    if (st != KUBE_OK) {
        kube__free(live);
        return st;
    }
    live->rest = kube_rest_client_ref(rest);
    return kube_discovery_new(&ops, live, kube_rest_client_clock(rest), out, err);
}

kube_status kube__live_send(const kube__live *live, kube_io *io, const kube__live_get *get, const kube_call *call,
                            kube_rest_done *done, void *user, kube_rest_response **out, kube_error **err)
{
    kube_rest_param timeout = { .name = "timeout", .value = live->timeout_text };
    kube_rest_param condition = { .name = "If-None-Match", .value = get->if_none_match };
    kube_rest_request request = KUBE_REST_REQUEST_INIT;
    kube_call own = *call;

    request.path = get->path;
    request.accept = get->accept;
    request.query = &timeout;
    request.query_count = live->timeout_text[0] != '\0' ? 1 : 0;
    request.headers = &condition;
    request.header_count = get->if_none_match[0] != '\0' ? 1 : 0;
    request.max_response_bytes = get->max_bytes < live->max_document_bytes ? get->max_bytes : live->max_document_bytes;
    if (live->timeout_ms > 0) {
        int64_t now = kube_io_now_ns(io);
        int64_t until = live->timeout_ms > (INT64_MAX - now) / 1000000 ? INT64_MAX : now + live->timeout_ms * 1000000;

        if (own.deadline_ns == 0 || until < own.deadline_ns)
            own.deadline_ns = until;
    }
    return kube_rest_client_send(live->rest, io, &request, &own, done, user, out, err);
}
