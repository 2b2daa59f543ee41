/* A server's URL, where a server redirects to, and what is asked for. What is accepted as a URL libcurl must accept
 * too, and take apart into the same pieces. The first line is the URL, the second the location or the path. */
#include "url.h"

#include <curl/curl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool truth)
{
    if (!truth)
        abort();
}

static void expect_part(CURLU *curl, CURLUPart part, unsigned flags, const char *ours)
{
    char *theirs = NULL;

    demand(curl_url_get(curl, part, &theirs, flags) == CURLUE_OK);
    demand(strcmp(theirs, ours) == 0);
    curl_free(theirs);
}

/* libcurl keeps the brackets of an IPv6 address, and says "/" where there is no path. */
static void compare(const kube__url *url)
{
    CURLU *curl = curl_url();
    char port[8], host[KUBE__URL_MAX_BYTES + 3];

    demand(curl != NULL && curl_url_set(curl, CURLUPART_URL, url->text, CURLU_PATH_AS_IS) == CURLUE_OK);
    snprintf(port, sizeof port, "%u", url->port);
    snprintf(host, sizeof host, strchr(url->host, ':') != NULL ? "[%s]" : "%s", url->host);
    expect_part(curl, CURLUPART_SCHEME, 0, url->https ? "https" : "http");
    expect_part(curl, CURLUPART_PORT, CURLU_DEFAULT_PORT, port);
    expect_part(curl, CURLUPART_PATH, 0, url->path[0] != '\0' ? url->path : "/");
    if (!kube__url_host_is_address(url->host)) /* those libcurl writes in a normal form of its own */
        expect_part(curl, CURLUPART_HOST, 0, host);
    curl_url_cleanup(curl);
}

/* A target is of this server: it begins with a slash, and could not end the request line. */
static void demand_target(kube_buf *out, kube_status st)
{
    demand(st != KUBE_OK || (out->len != 0 && out->data[0] == '/'));
    for (size_t i = 0; st == KUBE_OK && i < out->len; i++)
        demand((unsigned char)out->data[i] > 0x20 && (unsigned char)out->data[i] < 0x7f);
    kube_buf_clear(out);
}

static void redirect(const kube__url *url, const char *location)
{
    kube_buf out = KUBE_BUF_INIT(1 << 20);

    demand_target(&out, kube__url_append_redirect(&out, url, "/api/v1?limit=5", location, NULL));
}

/* The same text as a path, as one that is escaped already, and as a parameter of both. */
static void ask(const kube__url *url, const char *text)
{
    const kube_rest_param param = { text, text };
    kube_rest_request as_path = KUBE_REST_REQUEST_INIT, as_uri = KUBE_REST_REQUEST_INIT;
    kube_buf out = KUBE_BUF_INIT(1 << 20);

    as_path.path = as_uri.uri = text;
    as_path.query = as_uri.query = &param;
    as_path.query_count = as_uri.query_count = 1;
    demand_target(&out, kube__url_append_target(&out, url, &as_path, NULL));
    demand_target(&out, kube__url_append_target(&out, url, &as_uri, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *location;
    kube__url url, again;
    kube_error *err = NULL;

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    location = strchr(text, '\n');
    if (location != NULL)
        *location++ = '\0';
    if (kube__url_parse(text, &url, &err) == KUBE_OK) {
        compare(&url);
        demand(kube__url_parse(url.text, &again, NULL) == KUBE_OK && strcmp(again.text, url.text) == 0);
        kube__url_clear(&again);
        if (location != NULL) {
            redirect(&url, location);
            ask(&url, location);
        }
        kube__url_clear(&url);
    } else {
        demand(err != NULL);
    }
    kube_error_free(err);
    free(text);
    return 0;
}
