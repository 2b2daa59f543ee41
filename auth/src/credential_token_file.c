/* A token in a file that somebody else renews, as a kubelet does for service accounts.
 *
 * A value counts for 60 seconds and is read again when fewer than 10 are left. When that fails the old value stays: a
 * token outlives its file by minutes, and a request that is refused tells more than one that was never sent. */
#include "credentials.h"

#include "shared/alloc.h"
#include "shared/process.h"

#include <kube/sys/error.h>

#include <pthread.h>
#include <unistd.h>

enum { TOKEN_MAX_BYTES = 1024 * 1024 };

#define REREAD_AFTER_NS ((int64_t)50 * 1000000000)

typedef struct token_file {
    const kube__host *host;
    kube_logger       logger;
    char             *path;
    uint32_t process;
    pthread_mutex_t   lock;   /* held while the file is read: a hundred requests at once read it once */
    kube_blob        *value;
    int64_t           read_ns;
    bool              timed;  /* read_ns is set: the value was read for a request, on the clock of its loop */
    bool              warned; /* the present trouble has been logged */
} token_file;

static void destroy(void *state)
{
    token_file *tf = state;

    kube_blob_unref(tf->value);
    pthread_mutex_destroy(&tf->lock);
    kube__free(tf->path);
    kube__free(tf);
}

static kube_status read_value(const token_file *tf, kube_blob **out, kube_error **err)
{
    kube_buf text = KUBE_BUF_INIT(TOKEN_MAX_BYTES);
    kube_status st = kube__host_read_file(tf->host, tf->path, &text, err);

    if (st == KUBE_OK) {
        st = kube__bearer_header(kube_buf_str(&text), tf->path, out, err);
        if (st == KUBE_ERR_CONFIG)
            st = kube_error_wrap(err, st, "the token file");
    } else if (st == KUBE_ERR_NOT_FOUND) {
        st = kube_error_wrap(err, KUBE_ERR_CONFIG, "the token file");
    }
    kube_buf_wipe(&text);
    return st;
}

static bool is_fresh(const token_file *tf, int64_t now)
{
    return tf->timed && now >= tf->read_ns && now - tf->read_ns <= REREAD_AFTER_NS;
}

/* Under the lock. There always is an old value; `trouble` receives why it had to do, the first time. */
static void refresh(token_file *tf, int64_t now, kube_error **trouble)
{
    kube_blob *value = NULL;
    kube_error *failure = NULL;

    if (read_value(tf, &value, &failure) == KUBE_OK) {
        kube_blob_unref(tf->value);
        tf->value = value;
        tf->read_ns = now;
        tf->timed = true;
        tf->warned = false;
    } else if (!tf->warned) {
        tf->warned = true;
        *trouble = failure;
        failure = NULL;
    }
    kube_error_free(failure);
}

static kube_status authorization(void *state, kube_io *io, const kube_call *call, kube_credential_done *done,
                                 void *user, kube_blob **out, kube_error **err)
{
    token_file *tf = state;
    kube_error *trouble = NULL;
    int64_t now;

    (void)call;
    (void)done;
    (void)user;
    if (tf->process != kube__process()) /* the lock may have been held when this process was made */
        return kube_error_set(err, KUBE_ERR_FORKED, "the credential belongs to the parent process");
    now = kube_io_now_ns(io);
    pthread_mutex_lock(&tf->lock);
    if (!is_fresh(tf, now))
        refresh(tf, now, &trouble);
    *out = kube_blob_ref(tf->value);
    pthread_mutex_unlock(&tf->lock);
    if (trouble != NULL)
        kube_log(&tf->logger, KUBE_LOG_WARNING, "the token read before is still used: %s",
                 kube_error_message(trouble));
    kube_error_free(trouble);
    return KUBE_OK;
}

/* The value from now is only a fallback for when the file is gone at the first request. */
static kube_status first_value(token_file *tf, const char *first_token, kube_error **err)
{
    kube_error *failure = NULL;
    kube_status st = read_value(tf, &tf->value, &failure);

    if (st != KUBE_OK && st != KUBE_ERR_OUT_OF_MEMORY && first_token != NULL) {
        kube_log(&tf->logger, KUBE_LOG_WARNING, "the token of the kubeconfig is used: %s", kube_error_message(failure));
        kube_error_free(failure);
        tf->warned = true;
        return kube__bearer_header(kube_str_c(first_token), "token", &tf->value, err);
    }
    if (err != NULL && st != KUBE_OK)
        *err = failure;
    else
        kube_error_free(failure);
    return st;
}

kube_status kube__credential_token_file_new(const kube__host *host, const kube_logger *logger, const char *path,
                                            const char *first_token, kube_credential **out, kube_error **err)
{
    static const kube_credential_ops ops = { sizeof ops, destroy, authorization, NULL };
    token_file *tf;
    kube_status st;

    if (KUBE__NEW(tf) == NULL)
        return kube_error_no_memory(err);
    tf->host = host;
    tf->logger = *logger;
    tf->process = kube__process();
    pthread_mutex_init(&tf->lock, NULL);
    tf->path = kube__strdup(path);
    st = tf->path != NULL ? first_value(tf, first_token, err) : kube_error_no_memory(err);
    if (st != KUBE_OK) {
        destroy(tf);
        return st;
    }
    return kube_credential_new(&ops, tf, out, err);
}
