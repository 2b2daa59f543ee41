#include "fault.h"

#include "shared/alloc.h"
#include "shared/options.h"

#include <kube/base/str.h>
#include <kube/sys/error.h>

void kube__faults_init(kube__faults *faults)
{
    memset(faults, 0, sizeof *faults);
    pthread_mutex_init(&faults->lock, NULL);
}

static void unref(kube__fault *f)
{
    if (--f->refs > 0)
        return;
    kube__free(f->path);
    kube__free(f->content_type);
    kube__free(f->bytes);
    kube__free(f);
}

void kube__faults_remove(kube__faults *faults, unsigned id)
{
    pthread_mutex_lock(&faults->lock);
    for (kube__fault **at = &faults->first; *at != NULL;) {
        kube__fault *f = *at;

        if (id == 0 || f->id == id) {
            *at = f->next;
            unref(f);
        } else {
            at = &f->next;
        }
    }
    pthread_mutex_unlock(&faults->lock);
}

void kube__faults_clear(kube__faults *faults)
{
    kube__faults_remove(faults, 0);
    pthread_mutex_destroy(&faults->lock);
}

static kube_status check(const kube_testing_fault *f, kube_error **err)
{
    const char *problem = NULL;

    if (f->http_status != 0 && (f->http_status < 200 || f->http_status > 599))
        problem = "its status is not from 200 to 599";
    else if (f->body < KUBE_TESTING_BODY_OWN || f->body > KUBE_TESTING_BODY_ENDLESS_HEADERS)
        problem = "there is no such body";
    else if (f->ending < KUBE_TESTING_ENDING_WHOLE || f->ending > KUBE_TESTING_ENDING_STALL)
        problem = "there is no such ending";
    else if (f->bytes_len > 0 && f->bytes == NULL)
        problem = "its body is missing";
    else if (f->path != NULL && f->path[0] != '/')
        problem = "its path does not begin with a slash";
    else if (f->content_type != NULL && strpbrk(f->content_type, "\r\n") != NULL)
        problem = "its content type has a line feed";
    return problem == NULL ? KUBE_OK : kube_error_set(err, KUBE_ERR_INVALID_ARG, "adding a fault: %s", problem);
}

/* Copies of everything it points to. */
static bool own(kube__fault *to)
{
    const char *path = to->f.path != NULL ? to->f.path : "/";
    size_t len = strlen(path);

    to->exact = path[len - 1] == '$';
    to->path = kube__strndup(kube_str_n(path, to->exact ? len - 1 : len));
    if (to->f.content_type != NULL)
        to->content_type = kube__strdup(to->f.content_type);
    to->bytes = kube__malloc(to->f.bytes_len);
    if (to->path == NULL || to->bytes == NULL || (to->f.content_type != NULL && to->content_type == NULL))
        return false;
    if (to->f.bytes_len > 0)
        memcpy(to->bytes, to->f.bytes, to->f.bytes_len);
    to->f.path = to->path;
    to->f.content_type = to->content_type;
    to->f.bytes = to->bytes;
    return true;
}

static unsigned append(kube__faults *faults, kube__fault *fault)
{
    kube__fault **at = &faults->first;
    unsigned id;

    pthread_mutex_lock(&faults->lock);
    while (*at != NULL)
        at = &(*at)->next;
    *at = fault;
    id = fault->id = ++faults->last_id;
    pthread_mutex_unlock(&faults->lock);
    return id;
}

kube_status kube__faults_add(kube__faults *faults, const kube_testing_fault *fault, unsigned *id, kube_error **err)
{
    kube__fault *f = NULL;
    kube_testing_fault copy;
    kube_status st = kube__options_import(&copy, sizeof copy, fault, sizeof copy, "kube_testing_fault", err);
    unsigned number;

    if (st == KUBE_OK)
        st = check(&copy, err);
    if (st == KUBE_OK && KUBE__NEW(f) == NULL)
        st = kube_error_no_memory(err);
    if (st != KUBE_OK)
        return st;
    f->f = copy;
    f->refs = 1;
    if (!own(f)) {
        unref(f);
        return kube_error_no_memory(err);
    }
    number = append(faults, f);
    if (id != NULL)
        *id = number;
    return KUBE_OK;
}

/* "/apis" is the beginning of "/apis" and "/apis/apps", and of "/apiservices" too: it is a prefix, as it says. */
static bool matches(const kube__fault *f, const char *path)
{
    size_t len;

    if (path == NULL || f->f.no_handshake)
        return path == NULL && f->f.no_handshake;
    len = strlen(f->path);
    return strncmp(path, f->path, len) == 0 && (!f->exact || path[len] == '\0');
}

kube__fault *kube__faults_take(kube__faults *faults, const char *path)
{
    kube__fault *found = NULL;

    pthread_mutex_lock(&faults->lock);
    for (kube__fault *f = faults->first; f != NULL && found == NULL; f = f->next) {
        if (!matches(f, path))
            continue;
        f->matched++;
        if (f->matched > f->f.skip && (f->f.times == 0 || f->matched <= (uint64_t)f->f.skip + f->f.times)) {
            f->refs++;
            found = f;
        }
    }
    pthread_mutex_unlock(&faults->lock);
    return found;
}

void kube__faults_release(kube__faults *faults, kube__fault *fault)
{
    if (fault == NULL)
        return;
    pthread_mutex_lock(&faults->lock);
    unref(fault);
    pthread_mutex_unlock(&faults->lock);
}
