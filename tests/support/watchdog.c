#include "watchdog.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_S = 120 };

static char message[200];

static void on_alarm(int number)
{
    ssize_t written = write(STDERR_FILENO, message, strlen(message));

    (void)written;
    raise(number); /* once more, and nobody catches it now */
}

void watchdog_start_in(const char *test)
{
    struct sigaction action = { .sa_handler = on_alarm, .sa_flags = (int)SA_RESETHAND };

    snprintf(message, sizeof message, "watchdog: %.120s has waited for two minutes\n", test);
    sigaction(SIGALRM, &action, NULL);
    alarm(PATIENCE_S);
}

void watchdog_stop(void)
{
    alarm(0);
}
