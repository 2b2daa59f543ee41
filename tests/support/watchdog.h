/* For what would hang when it fails: after two minutes the program ends by SIGALRM, and says which test it was in.
 *
 *     watchdog_start();
 *     assert_int_equal(kube_io_run(io, -1), KUBE_OK);
 *     watchdog_stop();
 */
#ifndef WATCHDOG_H
#define WATCHDOG_H

void watchdog_start_in(const char *test);
#define watchdog_start() watchdog_start_in(__func__)

void watchdog_stop(void);

#endif
