/* Asking for the resources of group-versions one by one, many at once. */
#include "live.h"
#include "media_type.h"
#include "names.h"
#include "shared/alloc.h"

#include <kube/sys/error.h>

#include <string.h>

static const uint64_t max_list_bytes = 16 << 20; /* a list of 1,000 resources takes 0.3 MB */

static const char *key_of(const kube__fetch_request *r)
{
    const kube_discovery_snapshot_builder *b = r->fetch->builder;

    return kube__intern_get(&b->in, b->versions[r->version].key);
}

static const char *prefix_of(const kube__fetch_request *r)
{
    return kube_str_is(kube_str_c(key_of(r)), "v1") ? "/api/" : "/apis/";
}

static kube_status load(const kube__fetch_request *r, const kube_rest_response *response, kube_error **err)
{
    kube_str body = kube_rest_response_body(response);
    bool aggregated = false;
    kube_status st = kube__judge_answer(kube_rest_response_header(response, "Content-Type"), body,
                                        kube_rest_response_http_status(response), &aggregated, err);

    return st == KUBE_OK ? kube__builder_load_version(r->fetch->builder, r->version, body, err) : st;
}

/* What is nobody's fault but ours, or was asked for, ends the whole; what one group-version answers is its own
 * matter. */
static bool is_fatal(const kube__fetch *f, kube_status status)
{
    if (f->want == KUBE_DISCOVERY_WANT_GROUP_VERSION)
        return true;
    if (status == KUBE_ERR_TIMEOUT)
        return f->call.deadline_ns != 0 && kube_io_now_ns(f->io) >= f->call.deadline_ns;
    return status == KUBE_ERR_CANCELLED || status == KUBE_ERR_OUT_OF_MEMORY || status == KUBE_ERR_FORKED;
}

static void take_answer(kube__fetch_request *r, kube_status status, kube_rest_response *response, kube_error *err)
{
    kube__fetch *f = r->fetch;

    if (status == KUBE_OK) {
        status = load(r, response, &err);
        kube_rest_response_unref(response);
        /* The builder's own ceilings and memory are not the group-version's. */
        if (f->builder->in.failure != KUBE_OK) {
            kube__fetch_fail(f, status, err);
            return;
        }
        if (status != KUBE_OK)
            (void)kube_error_wrap(&err, status, "GET %s%s%s", kube_rest_client_base_url(f->live->rest), prefix_of(r),
                                  key_of(r));
    }
    if (status == KUBE_OK)
        return;
    if (status == KUBE_ERR_NOT_FOUND && kube_str_is(kube_str_c(key_of(r)), "v1")) {
        kube__builder_load_empty(f->builder, r->version);
        kube_error_free(err);
    } else if (f->failure != KUBE_OK || is_fatal(f, status)) {
        kube__fetch_fail(f, status, err);
    } else {
        kube__builder_fail_version(f->builder, r->version, err);
    }
}

static void on_done(void *user, kube_status status, kube_rest_response *response, kube_error *err)
{
    kube__fetch_request *r = user;

    r->fetch->in_flight--;
    take_answer(r, status, response, err);
    kube__fetch_resume(r->fetch);
}

/* A group or version that could leave its place in the path is not asked for. */
static kube_status append_path(const kube__fetch_request *r, kube_buf *path, kube_error **err)
{
    const kube_discovery_snapshot_builder *b = r->fetch->builder;
    const kube__group_version_record *v = &b->versions[r->version];
    const char *group = kube__intern_get(&b->in, v->group);

    if ((group[0] != '\0' && !kube__is_path_segment(kube_str_c(group))) ||
        !kube__is_path_segment(kube_str_c(kube__intern_get(&b->in, v->version))))
        return kube_error_set(err, KUBE_ERR_PROTOCOL, "its name cannot be used in a path");
    kube_buf_append_c(path, prefix_of(r));
    kube_buf_append_c(path, key_of(r));
    return kube_buf_status(path, err);
}

static void send_one(kube__fetch_request *r)
{
    kube__fetch *f = r->fetch;
    kube_buf path = KUBE_BUF_INIT(64 << 10);
    kube_rest_response *response = NULL;
    kube_error *err = NULL;
    kube_status st = append_path(r, &path, &err);

    if (st == KUBE_OK) {
        kube__live_get get = { .path = path.data, .accept = "application/json, */*", .if_none_match = "" };

        get.max_bytes = max_list_bytes;
        st = kube__live_send(f->live, f->io, &get, &f->call, on_done, r, &response, &err);
    }
    if (st == KUBE_PENDING)
        f->in_flight++;
    else
        take_answer(r, st, response, err);
    kube_buf_clear(&path);
}

kube_status kube__fetch_walk(kube__fetch *f)
{
    while (f->failure == KUBE_OK && f->walk_next < f->walk_count && f->in_flight < f->live->max_in_flight)
        send_one(&f->walk[f->walk_next++]);
    return f->failure != KUBE_OK || f->in_flight != 0 ? KUBE_PENDING : KUBE_OK;
}

/* Those that the groups list and that have no list yet; a group-version that is listed twice is asked for once. A
 * version with a slash is none that another one's key could mean. */
kube_status kube__fetch_plan_walk(kube__fetch *f, kube_error **err)
{
    const kube_discovery_snapshot_builder *b = f->builder;
    kube__id_map planned = { .seed = b->in.seed };
    kube_status st = KUBE_OK;

    f->walk = kube__calloc(b->version_count, sizeof *f->walk);
    if (f->walk == NULL)
        return kube_error_no_memory(err);
    for (size_t i = 0; i < b->version_count && st == KUBE_OK; i++) {
        const kube__group_version_record *v = &b->versions[i];
        bool has_key = strchr(kube__intern_get(&b->in, v->version), '/') == NULL;
        uint32_t *slot, first = KUBE__ID_NONE;

        if (v->state != KUBE_GROUP_VERSION_ABSENT)
            continue;
        slot = has_key ? kube__id_map_put(&planned, v->key) : &first;
        if (slot == NULL) {
            st = kube_error_no_memory(err);
        } else if (*slot == KUBE__ID_NONE) {
            *slot = (uint32_t)i;
            f->walk[f->walk_count++] = (kube__fetch_request){ .fetch = f, .version = i };
        }
    }
    kube__id_map_clear(&planned);
    return st;
}

kube_status kube__fetch_plan_one(kube__fetch *f, const char *group_version, kube_error **err)
{
    size_t version = 0;
    kube_status st = kube__builder_version_named(f->builder, group_version, &version, err);

    if (st != KUBE_OK)
        return st;
    f->walk = kube__calloc(1, sizeof *f->walk);
    if (f->walk == NULL)
        return kube_error_no_memory(err);
    f->walk[0] = (kube__fetch_request){ .fetch = f, .version = version };
    f->walk_count = 1;
    return KUBE_OK;
}
