/* The system's own calls, as the disk store sees them: what fails is a negative errno value. */
#include "disk_fixture.h"
#include "system_fault.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

static void count_name(void *user, const char *name)
{
    (void)name;
    ++*(int *)user;
}

static void a_descriptor_that_is_not_open_is_refused_by_every_call(void **state)
{
    const kube__file_ops *ops = kube__file_ops_system();
    const struct timespec times[2] = { { 0, UTIME_NOW }, { 0, UTIME_NOW } };
    struct stat info;
    char byte = 'x';
    int names = 0;

    (void)state;
    assert_int_equal(ops->openat(NULL, -1, "x", O_RDONLY, 0), -EBADF);
    assert_int_equal(ops->fstat(NULL, -1, &info), -EBADF);
    assert_int_equal(ops->fstatat(NULL, -1, "x", &info, 0), -EBADF);
    assert_int_equal(ops->read(NULL, -1, &byte, 1), -EBADF);
    assert_int_equal(ops->write(NULL, -1, &byte, 1), -EBADF);
    assert_int_equal(ops->fchmod(NULL, -1, 0600), -EBADF);
    assert_int_equal(ops->futimens(NULL, -1, times), -EBADF);
    assert_int_equal(ops->close(NULL, -1), -EBADF);
    assert_int_equal(ops->mkdirat(NULL, -1, "x", 0700), -EBADF);
    assert_int_equal(ops->renameat(NULL, -1, "x", -1, "y"), -EBADF);
    assert_int_equal(ops->unlinkat(NULL, -1, "x"), -EBADF);
    assert_int_equal(ops->flock(NULL, -1, LOCK_EX), -EBADF);
    assert_int_equal(ops->list(NULL, -1, count_name, &names), -EBADF);
    assert_int_equal(names, 0);
}

/* The descriptor is given away whatever comes of it. */
static void what_is_no_folder_has_no_names_and_is_closed(void **state)
{
    const kube__file_ops *ops = kube__file_ops_system();
    size_t before = count_descriptors();
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), names = 0;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(ops->list(NULL, fd, count_name, &names), -ENOTDIR);
    assert_int_equal(names, 0);
    assert_int_equal(count_descriptors(), before);
}

static void an_interrupted_close_has_closed(void **state)
{
    const kube__file_ops *ops = kube__file_ops_system();
    size_t before = count_descriptors();
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    (void)state;
    assert_true(fd >= 0);
    system_fault_at(SYSTEM_INTERRUPTS, 1);
    assert_int_equal(ops->close(NULL, fd), 0);
    assert_string_equal(system_fault_stop(), "close");
    assert_int_equal(count_descriptors(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_descriptor_that_is_not_open_is_refused_by_every_call),
        cmocka_unit_test(what_is_no_folder_has_no_names_and_is_closed),
        cmocka_unit_test(an_interrupted_close_has_closed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
