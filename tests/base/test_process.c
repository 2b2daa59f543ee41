#include "base_fixture.h"
#include "system_fault.h"

#include "shared/process.h"

#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int exit_code_of(pid_t pid)
{
    int status = -1;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Kernels before 4.14, which know no MADV_WIPEONFORK, or no memory for a page. */
static int number_without_a_page(void *arg)
{
    const char *refused = arg, *failed;
    uint32_t number;
    pid_t child;

    system_fault_at(SYSTEM_REFUSES, strcmp(refused, "mmap") == 0 ? 1 : 2);
    number = kube__process();
    failed = system_fault_stop();
    if (failed == NULL || strcmp(failed, refused) != 0 || number != (uint32_t)getpid() || kube__process() != number)
        return 1;
    child = fork();
    if (child == 0)
        _exit(kube__process() == (uint32_t)getpid() ? 0 : 1);
    return exit_code_of(child);
}

/* Comes first: who has a number already does not look for a page again. */
static void without_a_page_the_systems_number_does(void **state)
{
    static char calls[2][8] = { "mmap", "madvise" };

    (void)state;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(run_forked(number_without_a_page, calls[i]), 0);
}

static void the_number_stays_the_same_within_a_process(void **state)
{
    uint32_t first = kube__process();

    (void)state;
    assert_int_not_equal(first, 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(kube__process(), first);
}

static void a_child_has_another_number_and_so_has_its_child(void **state)
{
    uint32_t ours = kube__process();
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        uint32_t childs = kube__process();
        int status = 1;
        pid_t grandchild = fork();

        if (grandchild == 0)
            _exit(kube__process() != childs && kube__process() != ours ? 0 : 1);
        waitpid(grandchild, &status, 0);
        _exit(childs != ours && childs == kube__process() && childs != 0 && status == 0 ? 0 : 1);
    }
    assert_int_equal(exit_code_of(pid), 0);
    assert_int_equal(kube__process(), ours);
}

static void *read_number(void *arg)
{
    *(uint32_t *)arg = kube__process();
    return NULL;
}

/* The first question in a child may come from several threads at once. */
static void threads_of_a_child_agree(void **state)
{
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        enum { THREADS = 8 };
        pthread_t threads[THREADS];
        uint32_t numbers[THREADS];
        int code = 0;

        for (int i = 0; i < THREADS; i++)
            pthread_create(&threads[i], NULL, read_number, &numbers[i]);
        for (int i = 0; i < THREADS; i++)
            pthread_join(threads[i], NULL);
        for (int i = 0; i < THREADS; i++)
            code |= numbers[i] != kube__process();
        _exit(code);
    }
    assert_int_equal(exit_code_of(pid), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_page_the_systems_number_does),
        cmocka_unit_test(the_number_stays_the_same_within_a_process),
        cmocka_unit_test(a_child_has_another_number_and_so_has_its_child),
        cmocka_unit_test(threads_of_a_child_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
