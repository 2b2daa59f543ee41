#include "exec_output.h"

#include "credentials.h"
#include "rfc3339.h"

#include <kube/base/json.h>
#include <kube/sys/error.h>

enum { STRING_MAX_BYTES = 1024 * 1024 };

typedef enum field {
    FIELD_KIND = 0,
    FIELD_API_VERSION = 1,
    FIELD_TOKEN = 2,
    FIELD_CERT = 3,
    FIELD_KEY = 4,
    FIELD_EXPIRES = 5,
    FIELD_COUNT = 6
} field;

static const char *const field_names[FIELD_COUNT] = {
    "kind", "apiVersion", "token", "clientCertificateData", "clientKeyData", "expirationTimestamp",
};

typedef struct document {
    kube_json_reader reader;
    kube_json_string values[FIELD_COUNT]; /* empty: absent */
    bool             has_status;
} document;

/* Reads the value when the key is one of the fields from `first` to `last`; the last of two counts. */
static void read_field(document *d, kube_json_string key, field first, field last)
{
    for (int i = (int)first; i <= (int)last; i++) {
        if (kube_json_string_is(key, field_names[i]))
            kube_json_reader_read_string(&d->reader, &d->values[i]);
    }
}

static void read_status(document *d)
{
    kube_json_string key;

    if (kube_json_reader_read_null(&d->reader))
        return;
    d->has_status = true;
    kube_json_reader_enter_object(&d->reader);
    while (kube_json_reader_next_key(&d->reader, &key))
        read_field(d, key, FIELD_TOKEN, FIELD_EXPIRES);
}

static void read_document(document *d)
{
    kube_json_string key;

    kube_json_reader_enter_object(&d->reader);
    while (kube_json_reader_next_key(&d->reader, &key)) {
        if (kube_json_string_is(key, "status"))
            read_status(d);
        else
            read_field(d, key, FIELD_KIND, FIELD_API_VERSION);
    }
}

static kube_status check_header(const document *d, const char *api_version, const char *origin, kube_error **err)
{
    if (!kube_json_string_is(d->values[FIELD_KIND], "ExecCredential"))
        return kube_error_set(err, KUBE_ERR_PARSE, "%s: kind is not ExecCredential", origin);
    if (!kube_json_string_is(d->values[FIELD_API_VERSION], api_version))
        return kube_error_set(err, KUBE_ERR_PARSE, "%s: apiVersion is not %s, which it was asked for", origin,
                              api_version);
    return KUBE_OK;
}

/* A certificate that came with a token is not quietly left aside: the server may expect both, and the request would be
 * somebody else's than the plugin meant. */
static kube_status check_status(const document *d, const char *origin, kube_error **err)
{
    bool has_cert = d->values[FIELD_CERT].raw.len != 0, has_key = d->values[FIELD_KEY].raw.len != 0;

    if (!d->has_status)
        return kube_error_set(err, KUBE_ERR_PARSE, "%s: there is no status", origin);
    if (has_cert != has_key)
        return kube_error_set(err, KUBE_ERR_PARSE, "%s: status has %s without %s", origin,
                              has_cert ? "clientCertificateData" : "clientKeyData",
                              has_cert ? "clientKeyData" : "clientCertificateData");
    if (has_cert)
        return kube_error_set(err, KUBE_ERR_UNSUPPORTED,
                              "%s: status has a client certificate; this release takes only tokens from plugins",
                              origin);
    if (d->values[FIELD_TOKEN].raw.len == 0)
        return kube_error_set(err, KUBE_ERR_PARSE, "%s: status has neither a token nor a client certificate", origin);
    return KUBE_OK;
}

/* `text` is room for decoding, which holds a secret afterwards. */
static kube_status build(const document *d, const char *origin, kube_buf *text, kube__exec_answer *out,
                         kube_error **err)
{
    kube_json_string expires = d->values[FIELD_EXPIRES], token = d->values[FIELD_TOKEN];
    int64_t expires_unix_ms = KUBE__NEVER_EXPIRES;
    kube_str decoded;
    kube_status st;

    if (expires.raw.len != 0 && !kube__rfc3339_parse(kube_json_string_text(expires, text), &expires_unix_ms) &&
        kube_buf_status(text, NULL) == KUBE_OK)
        return kube_error_set(err, KUBE_ERR_PARSE, "%s: status.expirationTimestamp is no RFC 3339 date", origin);
    decoded = kube_json_string_text(token, text);
    st = kube_buf_status(text, err);
    if (st == KUBE_OK)
        st = kube__bearer_header(decoded, "status.token", &out->header, err);
    if (st == KUBE_OK)
        out->expires_unix_ms = expires_unix_ms;
    return st == KUBE_ERR_CONFIG ? kube_error_wrap(err, KUBE_ERR_PARSE, "%s", origin) : st;
}

kube_status kube__exec_output_parse(kube_str output, const char *api_version, const char *origin,
                                    kube__exec_answer *out, kube_error **err)
{
    document d = { .has_status = false };
    kube_buf text = KUBE_BUF_INIT(STRING_MAX_BYTES);
    kube_status st;

    kube_json_reader_init(&d.reader, output);
    read_document(&d);
    st = kube_json_reader_finish(&d.reader, err);
    if (st != KUBE_OK)
        st = kube_error_wrap(err, KUBE_ERR_PARSE, "%s is no ExecCredential in JSON", origin);
    if (st == KUBE_OK)
        st = check_header(&d, api_version, origin, err);
    if (st == KUBE_OK)
        st = check_status(&d, origin, err);
    if (st == KUBE_OK)
        st = build(&d, origin, &text, out, err);
    kube_buf_wipe(&text);
    return st;
}
