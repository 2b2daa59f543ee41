#include "exec_run.h"

#include "shared/alloc.h"

#include <kube/sys/error.h>

#include <limits.h>
#include <sys/wait.h>

enum { ORIGIN_MAX_BYTES = 8192, EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };

typedef struct run {
    const kube__exec_config *config;
    kube__exec_run_done     *done;
    void                    *user;
} run;

static kube_status parse(const kube__exec_config *config, kube_str output, kube__exec_answer *answer, kube_error **err)
{
    kube_buf origin = KUBE_BUF_INIT(ORIGIN_MAX_BYTES);
    kube_status st;

    kube_buf_append_f(&origin, "user \"%s\": what the credential plugin %s printed", config->user, config->command);
    if (origin.failure == KUBE_ERR_OUT_OF_MEMORY)
        st = kube_error_no_memory(err);
    else
        st = kube__exec_output_parse(output, config->api_version,
                                     origin.data != NULL ? origin.data : "the credential plugin", answer, err);
    kube_buf_clear(&origin);
    return st;
}

/* A shell that does not find the program inside a script says so by its exit status. */
static const char *hint_for(const kube__exec_config *config, int exit_status)
{
    return exit_status == EXIT_NOT_FOUND || exit_status == EXIT_NOT_EXECUTABLE ? config->hint : "";
}

static kube_status judge(const kube__exec_config *config, kube_status status, int wait_status, kube_str output,
                         kube__exec_answer *answer, kube_error **err)
{
    if (status == KUBE_ERR_OUT_OF_MEMORY)
        return kube_error_no_memory(err);
    if (status == KUBE_ERR_LIMIT)
        return kube_error_set(err, status, "user \"%s\": the credential plugin %s printed too much", config->user,
                              config->command);
    if (status != KUBE_OK)
        return kube_error_set(err, status, "user \"%s\": the credential plugin %s: %s", config->user, config->command,
                              kube_status_name(status));
    /* -1: the host took the exit status away; what was printed has to speak for itself */
    if (wait_status != -1 && WIFSIGNALED(wait_status))
        return kube_error_set(err, KUBE_ERR_IO, "user \"%s\": the credential plugin %s was ended by signal %d",
                              config->user, config->command, WTERMSIG(wait_status));
    if (wait_status != -1 && WEXITSTATUS(wait_status) != 0) {
        const char *hint = hint_for(config, WEXITSTATUS(wait_status));

        return kube_error_set(err, KUBE_ERR_IO, "user \"%s\": the credential plugin %s failed with exit code %d%s%s",
                              config->user, config->command, WEXITSTATUS(wait_status), hint[0] != '\0' ? ": " : "",
                              hint);
    }
    return parse(config, output, answer, err);
}

static void on_child_done(void *user, kube_status status, int wait_status, char *output, size_t output_len)
{
    run r = *(run *)user;
    kube__exec_answer answer = { NULL, KUBE__NEVER_EXPIRES };
    kube_error *err = NULL;
    kube_status st;

    kube__free(user);
    st = judge(r.config, status, wait_status, kube_str_n(output, output_len), &answer, &err);
    kube__wipe(output, output_len);
    r.done(r.user, st, answer, err);
}

static kube_status start_child(const kube__exec_config *config, kube_io *io, const char *path, bool interactive,
                               kube_cancel *cancel, run *r, kube_error **err)
{
    kube_io_child_options opts = { .struct_size = sizeof opts };
    kube_call call = { 0, cancel };
    kube_status st;

    opts.path = path;
    opts.argv = config->argv;
    opts.envp = config->envp[interactive];
    opts.inherit_stdin = interactive;
    st = kube_io_child_start(io, &opts, &call, on_child_done, r, err);
    if (st == KUBE_PENDING || st == KUBE_ERR_OUT_OF_MEMORY)
        return st;
    if (st != KUBE_ERR_NOT_FOUND)
        return kube_error_wrap(err, st, "user \"%s\": the credential plugin", config->user);
    return kube_error_wrap(err, KUBE_ERR_CONFIG, "user \"%s\": the credential plugin is missing%s%s", config->user,
                           config->hint[0] != '\0' ? ": " : "", config->hint);
}

kube_status kube__exec_run_start(const kube__exec_config *config, kube_io *io, kube_cancel *cancel,
                                 kube__exec_run_done *done, void *user, kube_error **err)
{
    kube_buf path = KUBE_BUF_INIT(PATH_MAX);
    bool interactive = false;
    run *r = NULL;
    kube_status st = kube__exec_interactive(config, &interactive, err);

    if (st == KUBE_OK)
        st = kube__exec_find(config, &path, err);
    if (st == KUBE_OK && KUBE__NEW(r) == NULL)
        st = kube_error_no_memory(err);
    if (st == KUBE_OK) {
        *r = (run){ config, done, user };
        st = start_child(config, io, path.data, interactive, cancel, r, err);
    }
    if (st != KUBE_PENDING)
        kube__free(r);
    kube_buf_clear(&path);
    return st;
}
