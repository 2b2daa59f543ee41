/* What the kube-* programs have in common: exit codes, error lines, and the flags that choose a server. */
#ifndef EXAMPLES_PROGRAM_H
#define EXAMPLES_PROGRAM_H

#include "flags.h"

#include <kube/auth.h>
#include <kube/base.h>

enum {
    EXIT_ANSWER = 0,
    EXIT_ERROR = 1, /* also when only a part could be answered, and was printed */
    EXIT_USAGE = 2
};

/* One line on standard error, control characters escaped; returns the exit code. */
int fail(const kube_error *err);
int fail_usage(const char *program, const char *message);
void warn(const char *message);
/* What is on standard output must have reached it: EXIT_ERROR with a line when it has not, else the code given. */
int finish_output(int exit_code);

/* Which server, as kubectl's flags of these names say. */
typedef struct server_choice {
    const char *kubeconfig, *context, *server;
    int64_t     request_timeout_ms;
    kube_logger logger; /* zeroed: silence */
} server_choice;

enum { SERVER_FLAG_COUNT = 4 };

/* Fills in the SERVER_FLAG_COUNT flags that set a server_choice. */
void server_flags(flag *flags, server_choice *choice);
kube_status server_connect(const server_choice *choice, kube_rest_client **out, kube_error **err);

#endif
