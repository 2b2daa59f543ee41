#include "answer.h"

#include "json_quote.h"
#include "media_type.h"

#include <stdio.h>
#include <strings.h>

/* What a recorded server writes for each. */
static const char json[] = "application/json";
static const char text[] = "text/plain; charset=utf-8";
static const char v2[] = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
static const char v2beta1[] = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList";
static const char not_kept[] = "no-cache, private";
static const char kept[] = "public";

enum { TEXT_BYTES = 64 << 20, HEADER_BYTES = 8192 };

/* One request while its answer is looked for. */
typedef struct question {
    const kube__content        *content;
    const kube_testing_request *request;
    const char                 *token;
    kube_str                    path;
    kube__answer               *out;
} question;

static const struct {
    int code;
    const char *http, *status;
} reasons[] = {
    { 200, "OK", "" },
    { 304, "Not Modified", "" },
    { 400, "Bad Request", "BadRequest" },
    { 401, "Unauthorized", "Unauthorized" },
    { 403, "Forbidden", "Forbidden" },
    { 404, "Not Found", "NotFound" },
    { 405, "Method Not Allowed", "MethodNotAllowed" },
    { 406, "Not Acceptable", "NotAcceptable" },
    { 409, "Conflict", "Conflict" },
    { 410, "Gone", "Expired" },
    { 429, "Too Many Requests", "TooManyRequests" },
    { 500, "Internal Server Error", "InternalError" },
    { 502, "Bad Gateway", "" },
    { 503, "Service Unavailable", "ServiceUnavailable" },
    { 504, "Gateway Timeout", "Timeout" },
};

static size_t reason_of(int code)
{
    size_t i = 0;

    while (i < sizeof reasons / sizeof reasons[0] && reasons[i].code != code)
        i++;
    return i;
}

const char *kube__http_reason(int code)
{
    size_t i = reason_of(code);

    return i < sizeof reasons / sizeof reasons[0] ? reasons[i].http : "Status";
}

static void append_message(int code, const char *path, kube_buf *out)
{
    if (code == 403) {
        kube_buf_append_c(out, "\"forbidden: User \\\"system:anonymous\\\" cannot get path \\\"");
        kube__json_escape(out, path);
        kube_buf_append_c(out, "\\\"\"");
    } else {
        kube__json_quote(out, kube__http_reason(code));
    }
}

void kube__status_object(int code, const char *path, unsigned retry_after_s, kube_buf *out)
{
    size_t i = reason_of(code);

    kube_buf_append_c(out, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",");
    kube_buf_append_c(out, "\"message\":");
    append_message(code, path, out);
    kube_buf_append_f(out, ",\"reason\":\"%s\"", i < sizeof reasons / sizeof reasons[0] ? reasons[i].status : "");
    if (retry_after_s != 0)
        kube_buf_append_f(out, ",\"details\":{\"retryAfterSeconds\":%u}", retry_after_s);
    else if (code == 403)
        kube_buf_append_c(out, ",\"details\":{}");
    kube_buf_append_f(out, ",\"code\":%d}\n", code);
}

void kube__answer_clear(kube__answer *answer)
{
    kube_blob_unref(answer->body);
    answer->body = NULL;
}

static kube_status answer_text(const question *q, int status, const char *type, kube_buf *body)
{
    q->out->status = status;
    q->out->content_type = type;
    q->out->cache_control = not_kept;
    return kube__blob_of(body, &q->out->body, NULL);
}

static kube_status answer_literal(const question *q, int status, const char *type, const char *body)
{
    kube_buf copy = KUBE_BUF_INIT(TEXT_BYTES);

    kube_buf_append_c(&copy, body);
    return answer_text(q, status, type, &copy);
}

static kube_status answer_refusal(const question *q, int code)
{
    kube_buf body = KUBE_BUF_INIT(TEXT_BYTES);

    kube__status_object(code, "", 0, &body);
    return answer_text(q, code, json, &body);
}

/* Word by word what a recorded server says; it indents what it refuses before it routes the request. */
static kube_status answer_not_acceptable(const question *q)
{
    return answer_literal(q, 406, json,
                          "{\n"
                          "  \"kind\": \"Status\",\n"
                          "  \"apiVersion\": \"v1\",\n"
                          "  \"metadata\": {},\n"
                          "  \"status\": \"Failure\",\n"
                          "  \"message\": \"only the following media types are accepted: application/json, "
                          "application/yaml, application/vnd.kubernetes.protobuf\",\n"
                          "  \"reason\": \"NotAcceptable\",\n"
                          "  \"code\": 406\n"
                          "}");
}

static kube_status answer_not_found(const question *q)
{
    return answer_literal(q, 404, text, "404 page not found\n");
}

static kube_status answer_blob(const question *q, const char *type, kube_blob *body)
{
    q->out->status = 200;
    q->out->content_type = type;
    q->out->cache_control = not_kept;
    q->out->body = kube_blob_ref(body);
    return KUBE_OK;
}

static kube__choice choose(const question *q, const char *aggregated)
{
    char accept[HEADER_BYTES];

    kube_testing_request_header(q->request, "Accept", accept, sizeof accept);
    return kube__accept_choose(accept, aggregated);
}

/* An If-None-Match that names the tag, also as a weak one or in a list. */
static bool knows(const question *q, const char *etag)
{
    char tags[HEADER_BYTES];

    return kube_testing_request_header(q->request, "If-None-Match", tags, sizeof tags) &&
           (strstr(tags, etag) != NULL || strcmp(tags, "*") == 0);
}

static kube_status answer_root(const question *q, const kube__root *root)
{
    kube_testing_form form = q->content->form;
    const char *version = form == KUBE_TESTING_FORM_V2 ? "v2" : form == KUBE_TESTING_FORM_V2BETA1 ? "v2beta1" : NULL;
    kube__choice choice = choose(q, version);
    kube__answer *out = q->out;

    if (choice == KUBE__CHOICE_NOTHING)
        return answer_not_acceptable(q);
    if (choice == KUBE__CHOICE_JSON)
        return answer_blob(q, json, root->legacy);
    out->status = 304;
    out->cache_control = kept;
    memcpy(out->etag, root->etag, sizeof out->etag);
    if (!knows(q, root->etag)) {
        out->status = 200;
        out->content_type = form == KUBE_TESTING_FORM_V2 ? v2 : v2beta1;
        out->body = kube_blob_ref(root->aggregated);
    }
    return KUBE_OK;
}

static kube_status answer_resources(const question *q, const kube__tree_group *group, const kube__tree_version *version)
{
    kube_buf body = KUBE_BUF_INIT(TEXT_BYTES);

    if (version->stale)
        return answer_literal(q, 503, text, "service unavailable\n");
    kube__tree_write_resource_list(group, version, &body);
    return answer_text(q, 200, json, &body);
}

static kube_status answer_group(const question *q, const kube__tree_group *group)
{
    kube_buf body = KUBE_BUF_INIT(TEXT_BYTES);

    kube__tree_write_group(group, &body);
    return answer_text(q, 200, json, &body);
}

/* What lies below a root: a version of the core group, or a group and perhaps its version. */
static kube_status answer_below(const question *q, const kube__tree *tree, kube_str rest, bool core)
{
    const char *slash = core ? NULL : memchr(rest.data, '/', rest.len);
    kube_str name = slash != NULL ? kube_str_n(rest.data, (size_t)(slash - rest.data)) : rest;
    kube_str group_name = core ? kube_str_n(NULL, 0) : name;
    kube_str version_name = core ? rest : slash != NULL ? kube_str_n(slash + 1, rest.len - name.len - 1) : group_name;
    const kube__tree_group *group = kube__tree_group_named(tree, group_name);
    const kube__tree_version *version = kube__tree_find(tree, group_name, version_name);
    bool whole_group = !core && slash == NULL;

    if (group == NULL || (version == NULL && !whole_group))
        return answer_not_found(q);
    if (choose(q, NULL) == KUBE__CHOICE_NOTHING)
        return answer_not_acceptable(q);
    return whole_group ? answer_group(q, group) : answer_resources(q, group, version);
}

static bool takes_off(kube_str path, const char *prefix, kube_str *rest)
{
    size_t len = strlen(prefix);
    bool is = path.len > len && memcmp(path.data, prefix, len) == 0;

    if (is)
        *rest = kube_str_n(path.data + len, path.len - len);
    return is;
}

static bool may_come_in(const question *q)
{
    char given[HEADER_BYTES];

    kube_testing_request_header(q->request, "Authorization", given, sizeof given);
    return q->token == NULL || (strncasecmp(given, "Bearer ", 7) == 0 && strcmp(given + 7, q->token) == 0);
}

kube_status kube__answer_request(const kube__content *content, const char *token, const kube_testing_request *request,
                                 const char *path, kube__answer *out)
{
    question q = { content, request, token, kube_str_c(path), out };
    kube_str rest;

    if (q.path.len > 1 && path[q.path.len - 1] == '/')
        q.path.len--; /* a real server does not mind either */
    if (kube_str_is(q.path, "/readyz"))
        return answer_literal(&q, 200, text, "ok");
    if (!may_come_in(&q))
        return answer_refusal(&q, 401);
    if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0)
        return answer_refusal(&q, 405);
    if (kube_str_is(q.path, "/api"))
        return answer_root(&q, &content->api);
    if (kube_str_is(q.path, "/apis"))
        return answer_root(&q, &content->apis);
    if (takes_off(q.path, "/api/", &rest))
        return answer_below(&q, &content->api.tree, rest, true);
    if (takes_off(q.path, "/apis/", &rest))
        return answer_below(&q, &content->apis.tree, rest, false);
    if (kube_str_is(q.path, "/version"))
        return answer_blob(&q, json, content->version);
    if (kube_str_is(q.path, "/openapi/v3") && content->openapi != NULL)
        return answer_blob(&q, text, content->openapi);
    return answer_not_found(&q);
}
