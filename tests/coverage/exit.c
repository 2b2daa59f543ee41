/* _exit() writes no counts, and a forked child of a test ends with it: linked into the tests of the coverage build with
 * --wrap=_exit, so that what such a child reached is seen. */
#include <unistd.h>

void __gcov_dump(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

_Noreturn void __wrap__exit(int status)
{
    __gcov_dump();
    __real__exit(status);
}
