#!/usr/bin/env bash
# The suites of the dev build under valgrind. libcurl and OpenSSL keep memory until the process ends, which is reachable
# and no leak; definite losses and invalid accesses fail.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/modules.sh

# Left out: the loop proof, which measures time, and what runs child processes, because valgrind does not know the
# system call they are watched with (pidfd_open; 3.19), or because what they measure is the child. Also what counts
# descriptors: valgrind lets the kernel accept a connection that is one too many, and closes it. What a forked child
# gives up on purpose is no leak, and the suites of broken connections run for too long.
left_out='loop_proof|io_child|spawn|credential_exec|auth_test_client|exec_run|_program'
left_out+='|server_limits|system_faults|_test_faults|transport_library|test_malice|network_faults|rest_test_fork'

passed=0
pattern="^build/tests/($(IFS='|'; echo "${modules[*]}"))_test_"
for test in build/tests/*_test_*; do
    [[ -x $test && $test =~ $pattern && ! $test =~ $left_out ]] || continue
    (cd build/tests && valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
        --suppressions=../../scripts/valgrind.supp "../../$test" >/dev/null 2>../valgrind.log) ||
        { cat build/valgrind.log >&2; echo "$test failed" >&2; exit 1; }
    passed=$((passed + 1))
done
[[ $passed -gt 0 ]] || { echo "valgrind: there are no suites in build/tests" >&2; exit 1; }
echo "$passed passed, 0 failed"
