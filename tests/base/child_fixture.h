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

kube_status start_script(script_run *r, kube_io *io, const char *script, size_t max_output, const kube_call *call,
                         kube_error **err);
void must_start_script(script_run *r, kube_io *io, const char *script, size_t max_output, const kube_call *call);

/* What was killed is reaped by the loop, not by the call that killed it. */
void assert_no_zombie_stays(kube_io *io);

/* A file that a script writes a line into, for the test to know how far it is. */
typedef struct note {
    char path[40];
    int  fd;
    char text[20];
} note;

void note_open(note *n);
/* Until there is a line, of which the text becomes a copy; with a loop, that turns meanwhile. */
void note_await(note *n, kube_io *io);
void note_close(note *n);

#endif
