#!/usr/bin/env bash
# The end-to-end tests: everything here against a real API server, in three stages on one cluster.
#
#   run.sh BUILD_DIR
#
# Stages: bare, as the server starts; large, with 500 custom resources; stale, with API services that nobody serves.
# Each compares our programs in BUILD_DIR/bin with kubectl, lets both share a cache folder, then runs the programs
# BUILD_DIR/tests/e2e_*: one for each e2e_*.c here and the two loop proofs. One that was not built has failed. Then
# client-go and libkube are asked in many situations, which the stub makes; at the end the server is stopped, and the
# folders serve without it. The executables find in their environment:
#
#   KUBE_E2E_DIR    the cluster's folder (see cluster.sh)      KUBE_E2E_STAGE  bare, large or stale
#   KUBE_E2E_TOOLS  the folder of kubectl                      KUBE_E2E_BIN    the folder of our programs
#
# An executable that prints TAP counts case by case (cmocka is asked to), and has to have as many cases as it planned;
# any other counts once, by its exit status. The last line is `N passed, M failed`. When something failed, the servers'
# logs are kept in BUILD_DIR/e2e-logs.
set -euo pipefail

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

readonly PROGRAM_LIMIT_S=1800

PASSED=0
FAILED=0
COMPLETE=false
CHILD=

# tally NAME STATUS OUTPUT_FILE: adds what one program did. A program that fails without naming a case is one failure;
# so is one that says it failed no case and exits with an error, and one whose cases are not as many as it planned.
tally() {
    local name=$1 status=$2 output=$3 passed failed skipped planned
    skipped=$(grep -ciE '^(not )?ok [0-9].*# *skip' "$output" || true)
    passed=$(grep -iE '^ok [0-9]' "$output" | grep -civE '# *skip' || true)
    failed=$(grep -iE '^not ok' "$output" | grep -civE '# *skip' || true)
    planned=$(awk '/^1\.\.[0-9]+/ { sub(/^1\.\./, ""); n += $1 } END { print n + 0 }' "$output")
    if ((passed + failed + skipped > 0 && passed + failed + skipped != planned)); then
        printf 'not ok - %s planned %d cases and had %d\n' "$name" "$planned" $((passed + failed + skipped))
        failed=$((failed + 1))
    elif ((planned > 0 && passed + failed + skipped == 0)); then
        printf 'not ok - %s planned %d cases and had none\n' "$name" "$planned"
        failed=1
    elif ((status != 0 && failed == 0)); then
        printf 'not ok - %s ended with status %d\n' "$name" "$status"
        failed=1
    elif ((status == 0 && passed + failed + skipped == 0)); then
        printf 'ok - %s\n' "$name"
        passed=1
    fi
    ((skipped == 0)) || printf '# %s skipped %d\n' "$name" "$skipped"
    PASSED=$((PASSED + passed))
    FAILED=$((FAILED + failed))
}

# run_case NAME COMMAND...: runs it, shows and counts what it prints. The program runs in the background, so that a
# signal ends this script at once, and under job control, because a background job would ignore Ctrl-C otherwise.
run_case() {
    local name=$1 status=0
    shift
    printf '# %s\n' "$name"
    set -m
    timeout "$PROGRAM_LIMIT_S" "$@" >"$DIR/output" 2>&1 </dev/null &
    CHILD=$!
    set +m
    wait "$CHILD" || status=$?
    CHILD=
    cat "$DIR/output"
    tally "$name" "$status" "$DIR/output"
}

# programs_expected: the names of all that BUILD_DIR/tests has to hold.
programs_expected() {
    basename -s .c "$E2E_HERE"/e2e_*.c
    printf '%s\n' e2e_loop_proof e2e_loop_proof_cached
}

run_stage() {
    local stage=$1 program
    run_case "$stage: kubectl" "$E2E_HERE/compare-kubectl.sh" "$BUILD_DIR/bin" "$DIR/cluster" "$stage"
    run_case "$stage: one cache with kubectl" "$E2E_HERE/cache-kubectl.sh" "$BUILD_DIR/bin" "$DIR/cluster" "$stage"
    for program in $(programs_expected); do
        run_case "$stage: $program" env KUBE_E2E_DIR="$DIR/cluster" KUBE_E2E_STAGE="$stage" \
            KUBE_E2E_TOOLS="$E2E_TOOLS" KUBE_E2E_BIN="$BUILD_DIR/bin" CMOCKA_MESSAGE_OUTPUT=TAP \
            "$BUILD_DIR/tests/$program"
    done
}

keep_logs() {
    local kept=$BUILD_DIR/e2e-logs
    rm -rf "$kept"
    [[ -d $DIR/cluster/logs && -d $BUILD_DIR ]] || return 0
    cp -r "$DIR/cluster/logs" "$kept"
    note "the servers' logs are in $kept"
}

# finish: on every way out. A run that did not reach its end has failed, whatever was counted until then.
finish() {
    trap - EXIT
    [[ -z $CHILD ]] || kill -- "-$CHILD" 2>/dev/null || true
    [[ ! -d $DIR/cluster/logs ]] || "$E2E_HERE/cluster.sh" stop "$DIR/cluster" || FAILED=$((FAILED + 1))
    if ! $COMPLETE; then
        printf 'not ok - the run ended early\n'
        FAILED=$((FAILED + 1))
    fi
    ((FAILED == 0)) || keep_logs
    rm -rf "$DIR"
    printf '%d passed, %d failed\n' "$PASSED" "$FAILED"
    ((FAILED == 0)) || exit 1
    exit 0
}

main() {
    (($# == 1)) || die "usage: run.sh BUILD_DIR"
    BUILD_DIR=$(realpath "$1")
    # Short, because unix sockets and kubectl's cache folders below it have limits.
    DIR=$(mktemp -d /tmp/kube-e2e.XXXXXX)
    trap finish EXIT
    trap 'exit 130' INT TERM HUP

    E2E_TOOLS=$(e2e_tools)
    export E2E_TOOLS
    "$E2E_HERE/cluster.sh" start "$DIR/cluster"
    run_stage bare
    "$E2E_HERE/large-cluster.sh" "$DIR/cluster/admin.kubeconfig"
    run_stage large
    "$E2E_HERE/dead-apiservice.sh" "$DIR/cluster/admin.kubeconfig"
    run_stage stale
    run_case "client-go: one situation after the other" "$E2E_HERE/compare-client-go.sh" "$BUILD_DIR"
    run_case "stopped: one cache with kubectl" "$E2E_HERE/cache-stopped.sh" "$BUILD_DIR/bin" "$DIR/cluster"
    COMPLETE=true
}

main "$@"
