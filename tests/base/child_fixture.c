#include "child_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void on_script_done(void *user, kube_status status, int wait_status, char *output, size_t output_len)
{
    script_run *r = user;

    r->done = true;
    r->calls++;
    r->status = status;
    r->wait_status = wait_status;
    r->len = output_len;
    if (output_len < sizeof r->output) {
        memcpy(r->output, output, output_len);
        r->output[output_len] = '\0';
    }
    memset(output, 0, output_len); /* writable, says the contract */
}

kube_status start_script(script_run *r, kube_io *io, const char *script, size_t max_output, const kube_call *call,
                         kube_error **err)
{
    const char *const argv[] = { "sh", "-c", script, NULL };
    const kube_io_child_options opts = {
        .struct_size = sizeof opts, .path = "/bin/sh", .argv = argv, .max_output_bytes = max_output,
    };

    *r = (script_run){ .io = io };
    return kube_io_child_start(io, &opts, call, on_script_done, r, err);
}

void must_start_script(script_run *r, kube_io *io, const char *script, size_t max_output, const kube_call *call)
{
    assert_int_equal(start_script(r, io, script, max_output, call, NULL), KUBE_PENDING);
}

void assert_no_zombie_stays(kube_io *io)
{
    int64_t end = now_ms() + PATIENCE_MS;

    while (has_children() && now_ms() < end)
        assert_int_equal(kube_io_run(io, 20), KUBE_OK);
    assert_false(has_children());
}

void note_open(note *n)
{
    *n = (note){ .path = "/tmp/kube-test-child-XXXXXX" };
    n->fd = mkstemp(n->path);
    assert_true(n->fd >= 0);
}

void note_await(note *n, kube_io *io)
{
    struct timespec nap = { 0, 1000000 };
    int64_t end = now_ms() + PATIENCE_MS;

    while (strchr(n->text, '\n') == NULL && now_ms() < end) {
        if (io != NULL)
            assert_int_equal(kube_io_run(io, 1), KUBE_OK);
        else
            nanosleep(&nap, NULL);
        assert_true(pread(n->fd, n->text, sizeof n->text - 1, 0) >= 0);
    }
    assert_non_null(strchr(n->text, '\n'));
}

void note_close(note *n)
{
    close(n->fd);
    unlink(n->path);
}
