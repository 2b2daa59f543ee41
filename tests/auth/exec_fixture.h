/* A credential that runs a shell script of the test's, in a directory of its own. */
#ifndef EXEC_FIXTURE_H
#define EXEC_FIXTURE_H

#include "../../rest/src/plugins.h"
#include "cmocka_all.h"
#include "credentials.h"
#include "fake_clock.h"
#include "fake_host.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define V1 "client.authentication.k8s.io/v1"
#define ANSWER(token) "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"status\":{\"token\":\"" token "\"}}"
#define PRINT(token) "echo '" ANSWER(token) "'\n"
#define PRINT_UNTIL(token, end)                                                                                      \
    "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"status\":{\"token\":\"" token                      \
    "\",\"expirationTimestamp\":\"" end "\"}}'\n"

/* How long a test waits for what has to come. A plugin that nobody ends sleeps for much longer. */
enum { PATIENCE_MS = 60000 };

typedef struct exec_fixture {
    char             dir[64], script[96];
    fake_host        fake;
    fake_clock       clock;
    kube_credential *credential;
    kube_io         *loops[4];
} exec_fixture;

/* What one request came to. */
typedef struct exec_result {
    int         calls;
    kube_status status;
    kube_blob  *header;
    kube_error *err;
} exec_result;

static inline int64_t now_ms(void)
{
    return kube_clock_system()->monotonic_ns(NULL) / 1000000;
}

static inline const char *fixture_path(const exec_fixture *f, const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    return path;
}

/* `body` runs in the fixture's directory, and each run adds a line to the file "runs". */
static inline void fixture_write_script(exec_fixture *f, const char *body)
{
    FILE *file = fopen(f->script, "w");

    assert_non_null(file);
    fprintf(file, "#!/bin/sh\ncd '%s'\necho x >> runs\n%s", f->dir, body);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(f->script, 0700), 0);
}

/* Another credential for the same script. */
static inline void fixture_replace(exec_fixture *f, const char *user, const char *mode, const char *hint)
{
    kube__exec_spec spec = {
        .api_version = V1, .interactive_mode = mode, .install_hint = hint, .command = f->script
    };
    kube__exec_options opts = { &f->fake.host, &spec, user, { NULL, 0 } };

    kube_credential_unref(f->credential);
    f->credential = NULL;
    assert_int_equal(kube__credential_exec_new(&opts, &f->credential, NULL), KUBE_OK);
}

/* A loop on the fixture's clock, which frees it at the end when the test has not. */
static inline kube_io *fixture_loop(exec_fixture *f)
{
    kube_io_options opts = KUBE_IO_OPTIONS_INIT;
    size_t i = 0;

    while (i + 1 < COUNT_OF(f->loops) && f->loops[i] != NULL)
        i++;
    assert_null(f->loops[i]);
    opts.clock = &f->clock.clock;
    assert_int_equal(kube_io_new(&opts, &f->loops[i], NULL), KUBE_OK);
    return f->loops[i];
}

static inline void fixture_free_loop(exec_fixture *f, kube_io *io)
{
    for (size_t i = 0; i < COUNT_OF(f->loops); i++) {
        if (f->loops[i] == io) {
            f->loops[i] = NULL;
            kube_io_free(io);
            return;
        }
    }
    fail_msg("that is no loop of the fixture's");
}

/* Returns its first loop. */
static inline kube_io *fixture_begin(exec_fixture *f, const char *body)
{
    memset(f, 0, sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/kube-exec-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->script, sizeof f->script, "%s/plugin", f->dir);
    fake_host_init(&f->fake);
    fake_clock_init(&f->clock);
    f->fake.environment[0] = "PATH=/usr/bin:/bin";
    fixture_write_script(f, body);
    fixture_replace(f, "u", "Never", "get it");
    return fixture_loop(f);
}

static inline void fixture_end(exec_fixture *f)
{
    static const char *const names[] = { "plugin", "runs", "pid", "gate", "env" };

    for (size_t i = 0; i < COUNT_OF(f->loops); i++)
        kube_io_free(f->loops[i]);
    kube_credential_unref(f->credential);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        unlink(fixture_path(f, names[i]));
    assert_int_equal(rmdir(f->dir), 0);
}

static inline int fixture_runs(const exec_fixture *f)
{
    FILE *file = fopen(fixture_path(f, "runs"), "r");
    int runs = 0, c;

    if (file == NULL)
        return 0;
    while ((c = fgetc(file)) != EOF)
        runs += c == '\n';
    fclose(file);
    return runs;
}

static inline void result_take(void *user, kube_status status, kube_blob *header, kube_error *err)
{
    exec_result *r = user;

    r->calls++;
    r->status = status;
    r->header = header;
    r->err = err;
}

static inline void result_clear(exec_result *r)
{
    kube_blob_unref(r->header);
    kube_error_free(r->err);
    memset(r, 0, sizeof *r);
}

/* KUBE_PENDING, or the final status, which is then in the result too. */
static inline kube_status ask(exec_fixture *f, kube_io *io, const kube_call *call, exec_result *r)
{
    kube_blob *header = NULL;
    kube_error *err = NULL;
    kube_status st;

    memset(r, 0, sizeof *r);
    st = kube__credential_authorization(f->credential, io, call, result_take, r, &header, &err);
    if (st != KUBE_PENDING)
        *r = (exec_result){ 1, st, header, err };
    return st;
}

static inline void run_until_done(kube_io *io, const exec_result *r)
{
    int64_t end = now_ms() + PATIENCE_MS;

    while (r->calls == 0 && now_ms() < end)
        if (kube_io_run(io, 10) != KUBE_OK)
            return;
}

static inline void expect_token(const exec_result *r, const char *token)
{
    char expected[64];

    snprintf(expected, sizeof expected, "Bearer %s", token);
    assert_int_equal(r->calls, 1);
    if (r->status != KUBE_OK)
        fail_msg("%d %s", r->status, kube_error_message(r->err));
    assert_string_equal(kube_blob_str(r->header).data, expected);
}

/* The same when nothing of it is wanted any more. */
static inline void take_token(exec_result *r, const char *token)
{
    expect_token(r, token);
    result_clear(r);
}

static inline void take_failure(exec_result *r, kube_status status, const char *part)
{
    assert_int_equal(r->calls, 1);
    if (r->status != status || strstr(kube_error_message(r->err), part) == NULL)
        fail_msg("%d %s", r->status, kube_error_message(r->err));
    result_clear(r);
}

static inline void get(exec_fixture *f, kube_io *io, exec_result *r)
{
    if (ask(f, io, NULL, r) == KUBE_PENDING)
        run_until_done(io, r);
}

static inline void get_token(exec_fixture *f, kube_io *io, const char *token)
{
    exec_result r;

    get(f, io, &r);
    take_token(&r, token);
}

/* A script says `echo $$ > pid.new; mv pid.new pid`. 0: not within a while. */
static inline pid_t wait_for_pid(const exec_fixture *f, kube_io *io)
{
    int64_t end = now_ms() + PATIENCE_MS;

    while (now_ms() < end) {
        FILE *file = fopen(fixture_path(f, "pid"), "r");
        int pid = 0;

        if (file != NULL) {
            int got = fscanf(file, "%d", &pid);

            fclose(file);
            unlink(fixture_path(f, "pid"));
            return got == 1 ? pid : 0;
        }
        if (io != NULL && kube_io_run(io, 2) != KUBE_OK)
            return 0;
        if (io == NULL)
            usleep(2000);
    }
    return 0;
}

/* Dead, and buried by its loop. */
static inline bool dies(pid_t pid, kube_io *io)
{
    int64_t end = now_ms() + PATIENCE_MS;

    while (pid > 0 && now_ms() < end) {
        if (kill(pid, 0) != 0)
            return errno == ESRCH;
        if (io != NULL && kube_io_run(io, 2) != KUBE_OK)
            return false;
        if (io == NULL)
            usleep(2000);
    }
    return false;
}

#define SAY_PID "echo $$ > pid.new; mv pid.new pid\n"

#endif
