/* Shell scripts as children of a loop. */
#ifndef CHILD_FIXTURE_H
#define CHILD_FIXTURE_H

#include "base_fixture.h"

/* One run of a script. */
typedef struct script_run {
    kube_io    *io;
    bool        done;
    int         calls;
    kube_status status;
    int         wait_status;
    size_t      len;
    char        output[8192];
} script_run;

/* A kube_io_child_done; `user` is the run. */
void on_script_done(void *user, kube_status status, int wait_status, char *output, size_t output_len);

kube_status start_script(script_run *r, kube_io *io, const char *script, size_t max_output, const kube_call *call);
void must_start_script(script_run *r, kube_io *io, const char *script, size_t max_output, const kube_call *call);

/* What was killed is reaped by the loop, not by the call that killed it. */
void assert_no_zombie_stays(kube_io *io);

#endif
