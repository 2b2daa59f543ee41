#include "child_fixture.h"

#include <string.h>

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

kube_status start_script(script_run *r, kube_io *io, const char *script, size_t max_output, const kube_call *call)
{
    const char *const argv[] = { "sh", "-c", script, NULL };
    const kube_io_child_options opts = {
        .struct_size = sizeof opts, .path = "/bin/sh", .argv = argv, .max_output_bytes = max_output,
    };

    *r = (script_run){ .io = io };
    return kube_io_child_start(io, &opts, call, on_script_done, r, NULL);
}

void must_start_script(script_run *r, kube_io *io, const char *script, size_t max_output, const kube_call *call)
{
    assert_int_equal(start_script(r, io, script, max_output, call), KUBE_PENDING);
}

void assert_no_zombie_stays(kube_io *io)
{
    for (int i = 0; i < 100 && has_children(); i++)
        assert_int_equal(kube_io_run(io, 20), KUBE_OK);
    assert_false(has_children());
}
