/* A program of ours as a child: what it printed, how it ended, and the most memory it had. */
#ifndef CHILD_PROGRAM_H
#define CHILD_PROGRAM_H

#include <stddef.h>

enum { CHILD_TEXT_BYTES = 1 << 20 };

typedef struct child_result {
    int  status;      /* of exit(); 1000 + the signal's number when it was killed */
    long max_rss_kb;
    char out[CHILD_TEXT_BYTES], err[CHILD_TEXT_BYTES]; /* NUL-terminated, cut at their ends */
} child_result;

/* `arguments` ends with NULL, and does not have the program's name. `environment`: "NAME=value" entries in place of the
 * caller's own, ends with NULL. Killed after `limit_ms`. Large: keep it static. */
void child_run(const char *program, const char *const arguments[], const char *const environment[], int limit_ms,
               child_result *result);

#endif
